//! What can happen to a customer: the vocabulary of kulta's events.
//!
//! This crate knows how an event looks on the wire, what each type may carry, which members are personal, and how old
//! payload versions are lifted to today's. It does no I/O, reads no clock and draws no ids: time and ids are handed in.
//!
//! | module | what |
//! |---|---|
//! | [`instant`] | points in time, UTC microseconds |
//! | [`json`] | JSON read strictly: exact numbers, no duplicate keys, no NUL, bounded depth |
//! | [`field`] | the members of a payload: kind, class (fact or personal), JSON Schema |
//! | [`vocabulary`] | every event type, one file per family |
//! | [`registered`] | event types that are described at run time |
//! | [`envelope`] | CloudEvents in, [`envelope::Fact`] out: the one validator for every door |
//! | [`ids`] | record ids, customer ids, streams |
//! | [`payload`] | the typed payloads that folds read |
//!
//! How to add a family: `docs/adding-a-family.md`.
#![deny(missing_docs)]

pub mod envelope;
pub mod field;
pub mod ids;
pub mod instant;
pub mod json;
pub mod payload;
pub mod recorded;
pub mod registered;
pub mod vocabulary;

pub use envelope::{Fact, Problem};
pub use ids::{CustomerId, RecordId};
pub use instant::Instant;
pub use json::Json;
pub use recorded::{Order, Recorded};
pub use vocabulary::Vocabulary;
