//! The node itself: health, numbers, documentation.

pub mod docs;
pub mod health;
pub mod metrics;
pub mod openapi;
pub mod problems;
pub mod ready;
