//! A step that is shared: records are folded by several, each some of them; one finds whose they are; customers are made
//! by several again.
//!
//! What comes out is what [`super::fold`] and [`super::settle`] make of the same events. The span holds no policies: these are
//! taken in steps that are not shared.
//!
//! ```text
//! each share of records:   part = ask_until_answered(|| fold_part(&loaded, &events of its records))
//! one:                     beside = ask_until_answered(|| fold_beside(&loaded, &events about no one record))
//!                          folded = Folded::gathered(&loaded, all parts, beside, span)
//!                          found = folded.tell(prepared records of all parts, &mut resolver)
//!                          places = ask_until_answered(|| settle_places(&loaded, &folded, &found))
//! each share of customers: customers = customers_touched(&records of its customers in `places`, &policy, span)
//! ```
//!
//! The one needs no states: its rows may come without.

use std::collections::{BTreeMap, BTreeSet};

use kulta_events::{CustomerId, RecordId, Recorded};
use uuid::Uuid;

use super::digest::{Digest, decided};
use super::fold::{Folded, Found, of_records};
use super::settle::{Rows, customers_of};
use super::{Loaded, Needs, Span};
use crate::crosswalk::Decision;
use crate::rows::{CustomerRow, PolicyRow, RecordRow, UnknownCounts, UnknownRow};

/// What some records say after a span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// New records, and those that the events shape, by id; whose they are is as before.
    pub records: Vec<RecordRow>,
    /// By how much to raise the counts of members that no schema knows.
    pub unknown: Vec<UnknownRow>,
}

/// What a span says beside what it says of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    decisions: BTreeMap<Uuid, Decision>,
    unknown: UnknownCounts,
}

/// Whose records are after a span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// New and changed records, by id, with the states that their rows came with.
    pub records: Vec<RecordRow>,
    /// Customers with changed records, and those that records left: to be made again, or gone when they have none.
    pub touched: BTreeSet<CustomerId>,
    /// New and changed decisions, by id.
    pub decisions: Vec<Decision>,
    /// By how much to raise the counts of members that no schema knows, by what is about no record.
    pub unknown: Vec<UnknownRow>,
}

/// Folds all events of a span about some records, in the order of the log.
///
/// # Errors
/// What must be looked up first; never empty.
pub fn fold_part(loaded: &Loaded, events: &[Recorded]) -> Result<Part, Box<Needs>> {
    let folded = of_records(loaded, &Digest::of_records(events))?;
    let mut unknown = UnknownCounts::default();
    events.iter().for_each(|event| unknown.count(event));
    Ok(Part { records: folded.records.into_values().collect(), unknown: unknown.rows().collect() })
}

/// Folds all events of a span that name no record or that decide; others do no harm.
///
/// # Errors
/// What must be looked up first; never empty.
pub fn fold_beside(loaded: &Loaded, events: &[Recorded]) -> Result<Beside, Box<Needs>> {
    let digest = Digest::of_decisions(events);
    let needs = loaded.missing_for(&digest);
    if !needs.is_empty() {
        return Err(Box::new(needs));
    }
    let mut unknown = UnknownCounts::default();
    events.iter().filter(|event| event.record.is_none()).for_each(|event| unknown.count(event));
    Ok(Beside { decisions: decided(loaded, &digest), unknown })
}

impl Folded {
    /// A span, folded, put together from the records of all its parts.
    pub fn gathered(loaded: &Loaded, records: impl IntoIterator<Item = RecordRow>, beside: Beside, span: Span) -> Self {
        let records: BTreeMap<RecordId, RecordRow> = records.into_iter().map(|row| (row.record, row)).collect();
        let came = records.values().filter(|row| row.first_position > span.from).map(|row| row.record).collect();
        let Beside { decisions, unknown } = beside;
        let said = records.keys().copied().collect();
        let mut folded = Self { records, came, said, decisions, unknown, ..Self::default() };
        folded.decide(loaded);
        folded
    }
}

/// Whose records are after a span, given what matching found.
///
/// # Errors
/// What must be looked up first; never empty.
pub fn settle_places(loaded: &Loaded, folded: &Folded, found: &Found) -> Result<Places, Box<Needs>> {
    let rows = Rows::assigned(loaded, folded, found, false)?;
    Ok(Places {
        touched: rows.touched(),
        records: rows.changed.into_values().collect(),
        decisions: folded.decisions.values().cloned().collect(),
        unknown: folded.unknown.rows().collect(),
    })
}

/// The customers that these records make up after a span that touched them; each customer's records are all among them.
pub fn customers_touched(records: &[RecordRow], policy: &PolicyRow, span: Span) -> Vec<CustomerRow> {
    let mut members: BTreeMap<CustomerId, Vec<&RecordRow>> = BTreeMap::new();
    records.iter().for_each(|row| members.entry(row.customer).or_default().push(row));
    customers_of(&members, policy, span)
}
