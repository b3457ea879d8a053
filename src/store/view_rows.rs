//! Rows of a generation as both stores hold them: what is no column is JSON text.
//!
//! The tuples are what the selects of `view_sql` give, in the order of their columns.

use std::sync::Arc;

use kulta_events::payload::Verdict;
use kulta_events::{CustomerId, RecordId};
use kulta_projections::crosswalk::{Decision, Made, Withdrawn};
use kulta_projections::identity::policy::MatchPolicy;
use kulta_projections::rows::{CustomerRow, MatchPolicyRow, PolicyRow, RecordRow, RelationRow, UnknownRow};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::Error;
use super::number::unsigned;
use super::views::{Crosswalk, NamedCustomer, RecordName, Seen, StoredCustomer};

/// Record, customer, first position, shaped at, source, subject, state.
pub type RecordTuple = (Uuid, Uuid, i64, i64, String, Option<String>, String);
/// Record, customer, first position, source, subject.
pub type RecordNameTuple = (Uuid, Uuid, i64, String, Option<String>);
/// Customer, position, number of records, kind, name, golden record.
pub type CustomerTuple = (Uuid, i64, i64, Option<String>, Option<String>, String);
/// Customer, position, golden record.
pub type GoldenTuple = (Uuid, i64, String);
/// Decision, verdict, order and position of its making, order and position of its withdrawal, records of both sides.
pub type DecisionTuple =
    (Uuid, Option<String>, Option<String>, Option<i64>, Option<String>, Option<i64>, Option<String>, Option<String>);
/// Position, order, policy.
pub type PolicyTuple = (i64, String, String);
/// Source, type, count.
pub type UnknownTuple = (String, String, i64);

/// The other record, the record that says so, relation, first day, first day no longer.
pub type RelationTuple = (Uuid, Uuid, String, Option<String>, Option<String>);
/// Customer, kind, name.
pub type NamedTuple = (Uuid, Option<String>, Option<String>);

/// Most golden records and states of records are no longer: their text is written without moving.
const TYPICAL_BYTES: usize = 2_048;

/// A number that is stored: unlike one that is looked for, it must fit.
pub fn signed(number: u64) -> Result<i64, Error> {
    i64::try_from(number).map_err(|_| Error::Inconsistent(format!("{number} is no position")))
}

/// The JSON text of a value.
pub fn to_text<T: Serialize>(value: &T) -> Result<String, Error> {
    // The cause may quote what it could not write; it is left out, as everywhere here.
    let no_form = || Error::Inconsistent("a row has no JSON form".to_owned());
    let mut text = Vec::with_capacity(TYPICAL_BYTES);
    serde_json::to_writer(&mut text, value).map_err(|_| no_form())?;
    String::from_utf8(text).map_err(|_| no_form())
}

/// The way back of [`to_text`].
fn from_text<T: DeserializeOwned>(text: &str, what: &str, id: impl std::fmt::Display) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|_| Error::Inconsistent(format!("the {what} of {id} cannot be read")))
}

pub fn record(tuple: RecordTuple) -> Result<RecordRow, Error> {
    let (record, customer, first_position, shaped_at, source, subject, state) = tuple;
    Ok(RecordRow {
        record: RecordId(record),
        source,
        subject,
        first_position: unsigned(first_position)?,
        shaped_at: unsigned(shaped_at)?,
        customer: CustomerId(customer),
        state: from_text(&state, "state", record)?,
    })
}

pub fn record_name(tuple: RecordNameTuple) -> Result<RecordName, Error> {
    let (record, customer, first_position, source, subject) = tuple;
    let (record, customer) = (RecordId(record), CustomerId(customer));
    Ok(RecordName { record, customer, first_position: unsigned(first_position)?, source, subject })
}

pub fn customer(tuple: CustomerTuple) -> Result<CustomerRow, Error> {
    let (customer, position, records, kind, name, golden) = tuple;
    Ok(CustomerRow {
        customer: CustomerId(customer),
        kind,
        name,
        position: unsigned(position)?,
        records: u32::try_from(records)
            .map_err(|_| Error::Inconsistent(format!("customer {customer} has {records} records")))?,
        golden: from_text(&golden, "golden record", customer)?,
    })
}

pub fn stored_customer((customer, position, golden): GoldenTuple) -> Result<StoredCustomer, Error> {
    Ok(StoredCustomer { customer: CustomerId(customer), position: unsigned(position)?, golden })
}

pub fn decision(tuple: DecisionTuple) -> Result<Decision, Error> {
    let (id, verdict, made, made_position, withdrawn, withdrawn_position, records, from) = tuple;
    let ids = |list: Option<String>| list.map_or(Ok(Vec::new()), |list| from_text(&list, "records", id));
    let made = match (verdict, made, made_position) {
        (Some(verdict), Some(order), Some(position)) => Some(Made {
            verdict: verdict_of(&verdict, id)?,
            records: ids(records)?,
            from: ids(from)?,
            order: from_text(&order, "order", id)?,
            position: unsigned(position)?,
        }),
        (None, None, None) => None,
        _ => return Err(Error::Inconsistent(format!("decision {id} is made in part"))),
    };
    let withdrawn = match (withdrawn, withdrawn_position) {
        (Some(order), Some(position)) => {
            Some(Withdrawn { order: from_text(&order, "order", id)?, position: unsigned(position)? })
        }
        (None, None) => None,
        _ => return Err(Error::Inconsistent(format!("decision {id} is withdrawn in part"))),
    };
    Ok(Decision { id, made, withdrawn })
}

pub fn verdict_text(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Link => "link",
        Verdict::Separate => "separate",
        Verdict::Later => "later",
    }
}

/// One record of one side of a decision.
#[derive(Clone, Copy, Debug)]
pub struct Side {
    pub decision: Uuid,
    /// 0: `records`, 1: `from`.
    pub side: i16,
    pub ordinal: i32,
    pub record: Uuid,
}

/// The records that a decision names.
pub fn sides(decision: &Decision) -> impl Iterator<Item = Side> {
    let made = decision.made.as_ref();
    let lists = [made.map(|made| &made.records), made.map(|made| &made.from)];
    (0_i16..).zip(lists).flat_map(move |(side, list)| {
        let records = list.into_iter().flatten();
        (0_i32..).zip(records).map(move |(ordinal, record)| Side {
            decision: decision.id,
            side,
            ordinal,
            record: record.0,
        })
    })
}

fn verdict_of(text: &str, id: Uuid) -> Result<Verdict, Error> {
    match text {
        "link" => Ok(Verdict::Link),
        "separate" => Ok(Verdict::Separate),
        "later" => Ok(Verdict::Later),
        _ => Err(Error::Inconsistent(format!("the verdict of {id} cannot be read"))),
    }
}

pub fn policy((position, order, policy): PolicyTuple) -> Result<PolicyRow, Error> {
    Ok(PolicyRow {
        order: from_text(&order, "order of the policy", position)?,
        position: unsigned(position)?,
        policy: from_text(&policy, "text of the policy", position)?,
    })
}

fn match_policy((position, order, policy): PolicyTuple) -> Result<MatchPolicyRow, Error> {
    let unusable = |_| Error::Inconsistent(format!("the match policy at {position} cannot be used"));
    Ok(MatchPolicyRow {
        order: from_text(&order, "order of the match policy", position)?,
        position: unsigned(position)?,
        policy: Arc::new(MatchPolicy::read(&policy).map_err(unusable)?),
    })
}

/// Sees a match policy.
pub fn seen_match_policy(tuple: PolicyTuple) -> Seen<u64, MatchPolicyRow> {
    let (position, text) = (u64::try_from(tuple.0).unwrap_or(0), tuple.2.clone());
    (position, match_policy(tuple).ok().filter(|row| is_text_of(&*row.policy, &text)))
}

/// A customer's id and position.
pub fn position((customer, position): (Uuid, i64)) -> Result<(CustomerId, u64), Error> {
    Ok((CustomerId(customer), unsigned(position)?))
}

/// Records with their customers and the checkpoint; `None` without any.
pub fn crosswalk(rows: Vec<(Uuid, Uuid, i64)>) -> Result<Option<Crosswalk>, Error> {
    let Some((_, _, position)) = rows.first() else { return Ok(None) };
    let position = unsigned(*position)?;
    let records = rows.into_iter().map(|(record, customer, _)| (RecordId(record), CustomerId(customer))).collect();
    Ok(Some(Crosswalk { position, records }))
}

/// The one in force: that with the highest order, however they arrived.
pub fn in_force(policies: Vec<PolicyRow>) -> Option<PolicyRow> {
    policies.into_iter().max_by(|a, b| a.order.cmp(&b.order))
}

/// A count below zero, which nothing can have made, is seen as none.
pub fn unknown((source, type_name, count): UnknownTuple) -> UnknownRow {
    UnknownRow { source, type_name, count: u64::try_from(count).unwrap_or(0) }
}

pub fn relation((to, record, relation, valid_from, valid_until): RelationTuple) -> RelationRow {
    RelationRow { to: RecordId(to), record: RecordId(record), relation, valid_from, valid_until }
}

pub fn named((customer, kind, name): NamedTuple) -> NamedCustomer {
    NamedCustomer { customer: CustomerId(customer), kind, name }
}

/// Sees a record for verification.
pub fn seen_record(tuple: RecordTuple) -> Seen<RecordId, RecordRow> {
    let (id, state) = (RecordId(tuple.0), tuple.6.clone());
    (id, record(tuple).ok().filter(|row| is_text_of(&row.state, &state)))
}

/// Sees a customer for verification. Its golden record is served as it stands, so what no reader of rows looks at counts.
pub fn seen_customer(tuple: CustomerTuple) -> Seen<CustomerId, CustomerRow> {
    let (id, golden) = (CustomerId(tuple.0), tuple.5.clone());
    (id, customer(tuple).ok().filter(|row| is_text_of(&row.golden, &golden)))
}

/// Sees a decision for verification.
pub fn seen_decision(tuple: DecisionTuple) -> Seen<Uuid, Decision> {
    (tuple.0, decision(tuple).ok())
}

/// Sees a policy for verification.
pub fn seen_policy(tuple: PolicyTuple) -> Seen<u64, PolicyRow> {
    let (position, text) = (u64::try_from(tuple.0).unwrap_or(0), tuple.2.clone());
    (position, policy(tuple).ok().filter(|row| is_text_of(&row.policy, &text)))
}

/// Whether this is how kulta writes the value.
fn is_text_of(value: &impl Serialize, text: &str) -> bool {
    to_text(value).is_ok_and(|written| written == text)
}

/// The rows that `read` makes of what a select gave.
pub fn all<T, R>(tuples: Vec<T>, read: impl Fn(T) -> Result<R, Error>) -> Result<Vec<R>, Error> {
    tuples.into_iter().map(read).collect()
}
