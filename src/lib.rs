//! kulta.

pub mod intake;
