//! Streams.

pub mod read;
