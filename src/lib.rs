//! kulta: a company's memory of its customers.
//!
//! | module | what |
//! |---|---|
//! | [`clock`] | the clock, handed in |
//! | [`config`] | defaults, file, environment, flags |
//! | [`intake`] | every door: parse, validate, seal, append, one answer per event |
//! | [`store`] | the log and its two stores; the only place that knows SQL |
//! | [`privacy`] | keys, seals, keyed hashes |

pub mod clock;
pub mod config;
pub mod intake;
pub mod privacy;
pub mod store;
