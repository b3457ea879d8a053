//! What kulta publishes: the log is the outbox (ADR 18).
//!
//! | file | what |
//! |---|---|
//! | `publisher` | a loop per topic: holds the topic's name, goes on where the checkpoint is, sends batch by batch |
//! | `producer` | a batch as one transaction of Kafka |
//! | `topic` | makes a topic that is missing |
//! | `message` | a CloudEvent in binary mode |
//! | `events`, `customers`, `scores` | what comes next for a topic |
//! | `oversized` | messages that are larger than the brokers take |
//! | `settled` | whether a generation has got to what was published before it was there |
//!
//! Of all nodes one publishes to a topic. It sends a batch, waits until the brokers have it, and moves the checkpoint; no
//! more than that batch and the next is in memory, however long the brokers are away.

mod customers;
mod events;
mod message;
mod oversized;
mod producer;
mod publisher;
mod scores;
mod settled;
mod topic;

pub use publisher::{Publisher, publishers};

use async_trait::async_trait;

use self::message::Message;
use crate::store::{AppendError, Sent};

/// Why a batch is not published yet.
#[derive(Debug, thiserror::Error)]
enum Error {
    /// The settings do not make a producer.
    #[error(transparent)]
    Settings(#[from] super::Error),
    /// The brokers did not take it.
    #[error("Kafka does not take what is published")]
    Kafka(#[from] rdkafka::error::KafkaError),
    /// Some messages, by their places in the batch, are too large for them, or were packed with such.
    #[error("Kafka does not take messages of this size")]
    TooLarge(std::collections::BTreeSet<usize>),
    /// The log or the projections cannot be read.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// The checkpoint cannot be moved.
    #[error(transparent)]
    Checkpoint(#[from] AppendError),
    /// It is to be tried at once, in another way.
    #[error("the batch is sent in another way")]
    Again,
    /// Another node publishes to this topic by now.
    #[error("another node publishes to this topic")]
    TakenOver,
    /// What is stored is not as kulta writes it.
    #[error("what is to be published cannot be read")]
    Unreadable(#[from] serde_json::Error),
    /// The thread that speaks to the brokers has ended.
    #[error("the thread that speaks to Kafka has ended")]
    Thread,
}

/// What goes out together.
#[derive(Debug, Default)]
struct Batch {
    /// The messages; those of one key in their order.
    messages: Vec<Message>,
    /// The place behind them.
    to: String,
    /// What the topic holds by them.
    sent: Option<Sent>,
}

/// What comes next for a topic.
#[async_trait]
trait Feed: std::fmt::Debug + Send + Sync {
    /// What comes behind a place (`None`: at the beginning); `None` when there is nothing for now.
    async fn next(&mut self, place: Option<&str>) -> Result<Option<Batch>, Error>;

    /// The last batch is published, and its place stored.
    async fn published(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Returns when there may be more than the last [`Feed::next`] saw.
    async fn news(&mut self);

    /// Up to which position of the log everything is published, when everything up to a place is.
    fn reached(&self, place: Option<&str>) -> u64;
}
