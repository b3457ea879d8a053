//! PostgreSQL: the log, and each generation of projections in a schema of its own.

mod generation;
mod generation_copy;
mod generation_read;
mod generation_schema;
mod generation_write;
mod generations;

pub(super) use generations::Generations;
