//! What a node is made of, for whoever answers requests: made once by [`crate::app`], shared by all.

use std::sync::Arc;

use kulta_events::Vocabulary;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::commands::Customers;
use crate::config::Settings;
use crate::intake::Intake;
use crate::metrics::Metrics;
use crate::privacy::Vault;
use crate::projector::Projector;
use crate::reads::Reads;
use crate::store::Log;

/// The parts of a running node.
#[derive(Debug)]
pub struct Services {
    /// The settings.
    pub settings: Settings,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The event types.
    pub vocabulary: Arc<Vocabulary>,
    /// The log.
    pub log: Arc<dyn Log>,
    /// Keys and seals.
    pub vault: Arc<Vault>,
    /// The way into the log.
    pub intake: Intake,
    /// Customers and timelines, on both time axes.
    pub reads: Reads,
    /// What people do.
    pub customers: Customers,
    /// Keeps the projections up.
    pub projector: Arc<Projector>,
    /// What is counted.
    pub metrics: Metrics,
    /// Becomes true when the node stops: whoever waits for something new gives up then.
    pub stopping: watch::Receiver<bool>,
}
