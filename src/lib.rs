//! kulta: a company's memory of its customers.
//!
//! | module | what |
//! |---|---|
//! | [`store`] | the log and its two stores; the only place that knows SQL |
//! | [`privacy`] | keys, seals, keyed hashes |

pub mod privacy;
pub mod store;
