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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::{day, event, record};
    use crate::golden::Member;
    use crate::record::RecordState;

    /// The golden record of one record after these events, which come as (day, type, data).
    fn golden(events: &[(i64, &str, &str)]) -> Golden {
        let events: Vec<_> = events.iter().map(|(on, kind, data)| event("erp", "1", *on, kind, data)).collect();
        let state = RecordState::fold(&events);
        let member = Member { record: record("erp", "1"), source: "erp", subject: None, state: &state };
        Golden::of(&[member], &SurvivorshipPolicy::built_in())
    }

    fn asked(golden: &Golden, on: i64) -> Vec<(String, Reason, u32)> {
        let asks = ask(golden, &SurvivorshipPolicy::built_in(), day(on));
        asks.into_iter().map(|ask| (ask.field, ask.reason, ask.weight)).collect()
    }

    const KNOWN: (i64, &str, &str) =
        (0, "customer.registered", r#"{"email":"a@x.fi","phone":"1","address":{"city":"Oulu"}}"#);
    const CONFIRMED: (i64, &str, &str) = (300, "customer.contact_verified", r#"{"field":"email","value":"a@x.fi"}"#);

    #[test]
    fn a_field_is_as_old_as_its_observation_or_its_last_confirmation() {
        let before = golden(&[KNOWN]);
        assert_eq!(age_days(&before.fields["email"], day(400)), 400);
        assert_eq!(age_days(&before.fields["email"], day(1).plus_micros(-1)), 0);
        assert_eq!(age_days(&before.fields["email"], day(-1)), 0);
        assert_eq!(age_days(&golden(&[KNOWN, CONFIRMED]).fields["email"], day(400)), 100);
    }

    #[test]
    fn what_is_missing_comes_before_what_is_stale_before_what_nobody_verified() {
        let golden = golden(&[(0, "customer.registered", r#"{"email":"a@x.fi","phone":"1"}"#), CONFIRMED]);
        let fresh = [("address".to_owned(), Reason::Missing, 40), ("phone".to_owned(), Reason::Unverified, 20)];
        assert_eq!(asked(&golden, 300), fresh);
        let stale = [("address", Reason::Missing, 40), ("phone", Reason::Stale, 40)];
        assert_eq!(asked(&golden, 366), stale.map(|(field, reason, weight)| (field.to_owned(), reason, weight)));
    }

    #[test]
    fn nothing_is_asked_before_its_time_has_passed() {
        assert_eq!(asked(&golden(&[KNOWN]), 365)[0], ("email".to_owned(), Reason::Unverified, 30));
        assert_eq!(asked(&golden(&[KNOWN]), 366)[0], ("email".to_owned(), Reason::Stale, 60));
    }

    #[test]
    fn what_the_customer_declined_is_never_asked_again() {
        let events = [KNOWN, (1, "customer.contact_declined", r#"{"field":"email"}"#)];
        assert!(asked(&golden(&events), 1000).iter().all(|(field, ..)| field != "email"));
        assert!(asked(&golden(&events[1..]), 1000).iter().all(|(field, ..)| field != "email"));
    }

    #[test]
    fn at_most_three_fields_are_asked_and_only_those_that_the_kind_has() {
        let mut policy = SurvivorshipPolicy::built_in();
        policy.default.ask_weight = 1;
        let person = golden(&[(0, "customer.registered", r#"{"kind":"person"}"#)]);
        assert_eq!(ask(&person, &policy, day(0)).len(), MOST_ASKED);
        policy.fields.values_mut().for_each(|field| field.ask_weight = 0);
        policy.fields.insert("vat_id".to_owned(), SurvivorshipPolicy::built_in().fields["email"].clone());
        policy.fields.insert("attributes.shoe".to_owned(), SurvivorshipPolicy::built_in().fields["phone"].clone());
        let asks = ask(&person, &policy, day(0));
        assert_eq!(asks[0].field, "attributes.shoe");
        assert!(asks.iter().all(|ask| ask.field != "vat_id"));
    }

    #[test]
    fn records_that_disagree_about_an_unverified_value_are_a_dispute() {
        let golden = golden(&[(0, "customer.registered", r#"{"email":["a@x.fi","b@x.fi"]}"#)]);
        let email = asked(&golden, 1).into_iter().find(|(field, ..)| field == "email");
        assert_eq!(email, Some(("email".to_owned(), Reason::Disputed, 30)));
    }
}
