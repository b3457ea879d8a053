//! Black-box tests: the real binary, real servers. One binary, so that they are linked once.
#![cfg(test)]

mod crash;
mod imports;
mod laws;
mod load;
mod node;
mod own_writes;
mod readers;
mod rebuild_under_load;
mod repository;
mod serve;
mod story;
