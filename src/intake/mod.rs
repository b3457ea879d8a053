//! How facts come in.

pub mod mapping;
