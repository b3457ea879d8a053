//! Black-box tests: the real binary, real servers. One binary, so that they are linked once.
#![cfg(test)]

mod archive;
mod bad_input;
mod commands;
mod crash;
mod disk_full;
mod erased;
mod event_types;
mod followers;
mod identities;
mod imports;
mod kafka;
mod kit;
mod laws;
mod load;
mod matching;
mod node;
mod own_writes;
mod pipelines;
mod propagation;
mod readers;
mod real_input;
mod rebuild_under_load;
mod refusals;
mod relations;
mod replays;
mod repository;
mod scores;
mod serve;
mod several_nodes;
mod story;
mod verify_finds;
mod versions;
mod work;
