//! Events from Kafka, each once: the offset of a partition is a cursor of the log, moved by the append that stores the
//! events (ADR 17).
//!
//! One thread polls ([`Consumer`]). What it takes waits in a lane per partition ([`lanes`]), and goes from there through
//! the one intake in batches, one at a time per partition ([`batch`]). While the store is slow nothing more is fetched.
//!
//! The other way ([`out`]) the log is the outbox: a publisher per topic goes on from its checkpoint (ADR 18).

mod batch;
mod config;
mod consumer;
mod lanes;
mod message;
mod out;
mod watch;

pub use consumer::Consumer;
pub use out::{Publisher, publishers};

/// The door of what comes this way, and who brings it.
const DOOR: &str = "kafka";

/// Why Kafka cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings do not make a client.
    #[error("Kafka cannot be used with these settings")]
    Settings(#[source] rdkafka::error::KafkaError),
    /// A file with a secret cannot be read.
    #[error("kafka.sasl_password_file {path}")]
    Password {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The log does not answer.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
}
