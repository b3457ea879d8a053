//! Black-box tests: the real binary, real servers. One binary, so that they are linked once.
#![cfg(test)]

mod imports;
mod laws;
mod node;
mod repository;
mod serve;
mod story;
mod versions;
