//! Folds.

pub mod expr;
