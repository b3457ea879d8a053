//! What kulta concludes from events: pure folds over the log.
//!
//! Nothing here does I/O, reads a clock or draws a random number. What a fold needs is handed in, and what it concludes
//! is handed back as rows, so a replay gives what the live service gave, and tests take milliseconds.
//!
//! | module | what |
//! |---|---|
//! | [`normal`] | when two values of a field count as equal |
//! | [`record`] | what one record says now, [`record::RecordState`] |
//! | [`golden`] | the golden record of a customer: survivors, provenance, losers |
//! | [`expr`] | expressions over exact decimals: mapping files, later rules |
//! | [`freshness`] | how old a field is, and which few are worth asking for |
//! | [`crosswalk`] | stewards' decisions, and the customers that follow from them |
//! | [`relations`] | who is whose contact, subsidiary, owner: shown, never a reason to be one customer |
//! | [`company`] | who belonged to a company, on which days |
//! | [`timeline`] | events as somebody reads them, with importance |
//! | [`identity`] | which records are one customer |
//! | [`pipeline`] | pipelines, offers, leads, boards; complaints, tasks, activities, notes |
//! | [`propagation`] | who holds which customer as of when, and who holds old data |
//! | [`report`] | counts and sums that people define |
//! | [`rows`] | what a store keeps of all this |
//! | [`scores`] | points by rules that people edit |
//! | [`automation`] | what is done by itself: definitions, causes, consent |
//! | [`batch`] | the live step: what to load for a batch of events, and what changes |
//! | [`whole`] | the same rows from a whole log, for rebuilds and verification |
//! | [`nesting`] | how deep a TOML file nests, before it is read |
//! | [`as_of`] | the golden record as of a time |
//!
//! How to add a projection: fold from [`kulta_events::Recorded`], be total over erased payloads and unknown types,
//! order facts by [`kulta_events::Order`] and never by arrival, and put the four laws of `tests/laws.rs` on it.
#![deny(missing_docs)]

pub mod as_of;
pub mod automation;
pub mod batch;
pub mod company;
pub mod crosswalk;
pub mod expr;
pub mod freshness;
#[cfg(test)]
mod given;
pub mod golden;
pub mod identity;
pub mod nesting;
pub mod normal;
pub mod pipeline;
pub mod propagation;
pub mod record;
pub mod relations;
pub mod report;
pub mod rows;
pub mod scores;
pub mod timeline;
pub mod whole;
