//! How old a field is, and the few that are worth asking for at the next encounter.

use std::collections::BTreeSet;

use kulta_events::Instant;
use kulta_events::payload::SurvivorshipPolicy;

use crate::golden::{Golden, GoldenField};

/// At most so many fields are asked for at one encounter.
pub const MOST_ASKED: usize = 3;

/// Why a field is worth asking for. What is missing weighs four times, what is stale twice the weight of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// Nobody knows it.
    Missing,
    /// It was confirmed longer ago than the policy's `ask_after_days`.
    Stale,
    /// It is fresh, but nobody ever made sure of it, and records disagree.
    Disputed,
    /// It is fresh, but nobody ever made sure of it.
    Unverified,
}

/// A field worth asking for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Ask {
    /// Its name.
    pub field: String,
    /// Why.
    pub reason: Reason,
    /// How much it matters: the larger, the sooner.
    pub weight: u32,
}

/// Fields that customers can be asked for, with the kind that has them (`None`: both).
const ASKABLE: [(&str, Option<&str>); 13] = [
    ("given_name", Some("person")),
    ("family_name", Some("person")),
    ("name", Some("organisation")),
    ("email", None),
    ("phone", None),
    ("address", None),
    ("birth_date", Some("person")),
    ("gender", Some("person")),
    ("business_id", Some("organisation")),
    ("vat_id", Some("organisation")),
    ("website", None),
    ("language", None),
    ("country", None),
];

/// Whole days of 24 hours since a field was observed first or confirmed last; 0 when that lies after `as_of`.
pub fn age_days(field: &GoldenField, as_of: Instant) -> u32 {
    let micros = as_of.micros().saturating_sub(field.confirmed_at().micros()).max(0);
    u32::try_from(micros / Instant::DAY).unwrap_or(u32::MAX)
}

/// The fields worth asking for, the most important first. What the customer declined to tell is never asked again.
///
/// A field is considered when the policy gives it a weight; it is asked when it is missing, older than the policy's
/// `ask_after_days`, or was never verified.
pub fn ask(golden: &Golden, policy: &SurvivorshipPolicy, as_of: Instant) -> Vec<Ask> {
    let other_kind = |wanted: Option<&str>| matches!((wanted, &golden.kind), (Some(a), Some(b)) if a != b);
    let askable = ASKABLE.iter().filter(|(_, kind)| !other_kind(*kind)).map(|(field, _)| *field);
    let unknown_to_us = |field: &&str| !ASKABLE.iter().any(|(known, _)| known == field);
    let named = policy.fields.keys().map(String::as_str).filter(unknown_to_us);
    let fields: BTreeSet<&str> = askable.chain(named).filter(|field| !golden.declined.contains_key(*field)).collect();

    let mut asks: Vec<Ask> = fields.into_iter().filter_map(|field| ask_for(field, golden, policy, as_of)).collect();
    asks.sort_by(|a, b| b.weight.cmp(&a.weight).then(a.reason.cmp(&b.reason)).then_with(|| a.field.cmp(&b.field)));
    asks.truncate(MOST_ASKED);
    asks
}

fn ask_for(field: &str, golden: &Golden, policy: &SurvivorshipPolicy, as_of: Instant) -> Option<Ask> {
    let policy = policy.of(field);
    let reason = match golden.fields.get(field) {
        None => Reason::Missing,
        Some(known) if policy.ask_after_days.is_some_and(|days| age_days(known, as_of) > days) => Reason::Stale,
        Some(known) if known.verified_at.is_some() => return None,
        Some(known) if known.others.is_empty() => Reason::Unverified,
        Some(_) => Reason::Disputed,
    };
    let times = match reason {
        Reason::Missing => 4,
        Reason::Stale => 2,
        Reason::Disputed | Reason::Unverified => 1,
    };
    let weight = policy.ask_weight.saturating_mul(times);
    (weight > 0).then(|| Ask { field: field.to_owned(), reason, weight })
}
