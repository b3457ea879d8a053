//! Event types.

pub mod get;
pub mod list;
pub mod register;
