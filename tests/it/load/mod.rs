//! Load on real servers that may die: clients that repeat until they are answered, an account of what they were told,
//! and an audit of the log against it.
//!
//! - [`deployment`]: a database and the program that serves it, started as often as need be
//! - [`target`]: where the server is now
//! - [`client`]: a client that repeats until it is answered
//! - [`ledger`]: what was sent, and what was told about it
//! - [`link`]: the network between a node and its database
//! - [`worker`]: one thread of mixed load
//! - [`crew`]: several workers, watched while somebody makes trouble
//! - [`audit`]: the log against the ledger, customers against the log

pub mod audit;
pub mod client;
pub mod crew;
pub mod deployment;
pub mod ledger;
pub mod link;
pub mod rng;
pub mod target;
pub mod worker;

pub use client::Patient;
pub use crew::Crew;
pub use deployment::Deployment;
pub use ledger::Ledger;
pub use link::Link;
pub use rng::Rng;
pub use target::Target;

use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};

/// Tells threads to stop, also when the test has failed: a scope waits for them.
pub struct StopOnDrop<'a>(pub &'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A number from the environment, for runs that are longer than a usual one.
pub fn setting<T: FromStr>(name: &str, default: T) -> T {
    let Ok(text) = std::env::var(name) else { return default };
    text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}"))
}
