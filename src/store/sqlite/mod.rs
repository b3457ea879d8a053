//! SQLite: the log and keys in one file, each generation of projections in a file beside it.

mod generation;
mod generation_read;
mod generation_schema;
mod generation_write;
mod generations;

pub use generations::Generations;
