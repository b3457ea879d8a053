//! What the benches share. They measure the real binary over HTTP, and a yardstick in the same run on the same machine:
//! figures are ratios, because machines differ. A bench that cannot be run has failed: it panics with what it saw.
//!
//! - [`input`]: events of `kulta generate`, made before the clock starts
//! - [`postgres`], [`sqlite`]: yardsticks, and fresh databases
//! - [`node`]: the real binary, its memory, load on it
//! - [`report`]: medians of rounds, and the table with targets
#![expect(clippy::expect_used, reason = "a bench that cannot be run fails")]

pub mod input;
pub mod load;
pub mod node;
pub mod postgres;
pub mod report;
pub mod row;
pub mod sqlite;

/// The value of an environment variable that sizes a bench.
///
/// # Panics
/// When it is set to something else than a number.
pub fn size(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().expect("a size is a whole number"),
        Err(_) => default,
    }
}
