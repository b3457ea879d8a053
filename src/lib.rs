//! kulta: a company's memory of its customers.
//!
//! | module | what |
//! |---|---|
//! | [`generate`] | synthetic customers and their history, for tests, benches and the demo |
//! | [`store`] | the log and its two stores; the only place that knows SQL |
//! | [`privacy`] | keys, seals, keyed hashes |

pub mod generate;
pub mod privacy;
pub mod store;
