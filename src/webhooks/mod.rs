//! Tells subscribers by webhook: customers that changed, and what automations ask to be sent.
//!
//! | file | what |
//! |---|---|
//! | `address` | where a webhook may lead |
//! | `client` | one call: resolved, checked, connected to the checked address |
//! | `sign` | Standard Webhooks: ids, signatures, headers |
//! | `schedule` | when a message that did not get there is tried again |
//! | `message` | what is sent |
//! | `lane` | the messages of one subscriber, in their order |
//! | `live` | the lanes of a node that holds the claim |
//!
//! What is to be sent follows from the log: who is behind ([`crate::propagation`]), what waits in the outbox, and what was tried
//! in vain. What got there is acknowledged in the log. So a restart goes on where it was, and a replay sends nothing; a
//! message that got there a moment before a crash is sent again, under the same id.

pub mod address;
mod client;
mod lane;
mod live;
mod message;
pub mod schedule;
pub mod sign;

use std::sync::Arc;

pub use client::{Answer, Client, Failure};

use crate::clock::Clock;
use crate::commands::Customers;
use crate::config::Webhooks;
use crate::metrics::Deliveries;
use crate::propagation::Propagation;

/// Why a lane could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// Customers could not be read.
    #[error(transparent)]
    Reads(#[from] crate::reads::Error),
    /// What became of messages could not be written down.
    #[error(transparent)]
    Command(#[from] crate::commands::Error),
    /// The certificates that receivers are checked against cannot be used.
    #[error("webhooks.ca_file cannot be used")]
    Certificates(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Sends for one node. A clone is the same.
#[derive(Clone, Debug)]
pub struct Sender {
    customers: Customers,
    propagation: Propagation,
    clock: Arc<dyn Clock>,
    client: Arc<Client>,
    /// How many calls may be under way.
    calls: Arc<tokio::sync::Semaphore>,
    deliveries: Deliveries,
    holder: String,
}

impl Sender {
    /// A sender over a node's commands.
    ///
    /// # Errors
    /// [`Error::Certificates`].
    pub fn new(
        customers: Customers,
        propagation: Propagation,
        clock: Arc<dyn Clock>,
        settings: &Webhooks,
        deliveries: Deliveries,
        holder: String,
    ) -> Result<Self, Error> {
        let client = Arc::new(Client::new(settings)?);
        let calls = Arc::new(tokio::sync::Semaphore::new(settings.concurrency));
        Ok(Self { customers, propagation, clock, client, calls, deliveries, holder })
    }
}
