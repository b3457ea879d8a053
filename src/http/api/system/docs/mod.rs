//! The browsable documentation: one page without scripts, and its style.

pub mod page;
mod render;
pub mod style;
