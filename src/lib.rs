//! kulta: a company's memory of its customers.
//!
//! | module | what |
//! |---|---|
//! | [`cli`] | the command line, one file per verb |
//! | [`app`] | the application: built, then run until told to stop |
//! | [`automations`] | what kulta does by itself, once per cause |
//! | [`webhooks`] | tells subscribers what changed |
//! | [`work`] | leads, offers, complaints, tasks and notes, in memory from the log |
//! | [`archive`] | the facts of the log by columns, in Parquet files |
//! | [`clock`] | the clock, handed in |
//! | [`config`] | defaults, file, environment, flags |
//! | [`demo`] | the demo's history |
//! | [`event_types`] | the event types that a node knows: built in, and registered in its log |
//! | [`generate`] | synthetic input, hard as real data is |
//! | [`http`] | the HTTP edge: server, problems, one endpoint per file |
//! | [`intake`] | every door: parse, validate, seal, append, one answer per event |
//! | [`kafka`] | events from Kafka, each once |
//! | [`matching`] | files of records for `kulta match` |
//! | [`commands`] | what people do, through cqrs-es aggregates over the log |
//! | [`projector`] | keeps the projections up, live and rebuilt |
//! | [`propagation`] | who holds old data |
//! | [`reports`] | reports counted over everything that a node knows |
//! | [`replay`] | scores from all of history, under any rules |
//! | [`scores`] | rule sets, and the score of one customer |
//! | [`reads`] | what front ends read, on both time axes |
//! | [`generate`] | synthetic customers and their history, for tests, benches and the demo |
//! | [`store`] | the log and its two stores; the only place that knows SQL |
//! | [`privacy`] | keys, seals, keyed hashes |
//! | [`metrics`] | what a node counts |
//! | [`services`] | the parts of a running node, shared by all who answer requests |

pub mod app;
pub mod archive;
pub mod automations;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod demo;
pub mod event_types;
pub mod generate;
pub mod http;
pub mod intake;
pub mod kafka;
mod lately;
pub mod matching;
pub mod metrics;
pub mod privacy;
pub mod projector;
pub mod propagation;
pub mod reads;
pub mod replay;
pub mod reports;
pub mod scorer;
pub mod scores;
pub mod services;
pub mod store;
mod together;
pub mod webhooks;
pub mod work;

/// How many threads may work at once.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
