//! What the golden record was over time: every change of a value, as the log told of it.
//!
//! The events of a customer's records and the published policies are walked in the order of the log, each folded into
//! what was known before it: a fact that arrives late changes the golden record where it was recorded, not where it
//! happened. Who belongs to the customer stays the same for the whole walk. After an event only the fields that it names
//! are looked at, so the walk is as long as the events are many.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kulta_events::payload::SurvivorshipPolicy;
use kulta_events::vocabulary::customer::ATTRIBUTES;
use kulta_events::{Instant, Json, RecordId, Recorded};

use super::candidates::{Candidate, survivors};
use super::{Fact, Member, UNIONS, Value, sections};
use crate::as_of::Named;
use crate::record::{RecordState, shapes_golden};
use crate::rows::PolicyRow;
use line::Line;

mod line;

/// That a value came, went, or made way for another; or that another record says the same value now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The field by its name in the golden record. Beside fields: `aliases` and `ids`, of which each value comes and goes
    /// by itself, `classes.SCHEME`, `tags.TAG`, `preferences.NAME`, `consents.PURPOSE` and `consents.PURPOSE.CHANNEL`,
    /// whose value is whether it is given.
    pub field: String,
    /// What the golden record held; `None`: nothing.
    pub before: Option<Value>,
    /// What it held from then on; `None`: nothing.
    pub after: Option<Value>,
    /// What changed it.
    pub cause: Cause,
    /// Which of the changes at this place of the log it is, from 0.
    pub number: usize,
}

/// The event that changed something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Its place in the log.
    pub position: u64,
    /// When it happened.
    pub time: Instant,
    /// When the log learned of it.
    pub recorded_at: Instant,
    /// Its type.
    pub type_name: String,
    /// The system that said so.
    pub source: String,
    /// The record that it is about; `None`: a policy was published.
    pub record: Option<RecordId>,
}

/// The changes of the golden record of `members`, in the order of the log. The events and policies come in any order;
/// events that happened at or after `as_of` are left out, as are those of other records and other types.
pub fn history(members: &[Named], events: &[Recorded], as_of: Option<Instant>, policies: &[PolicyRow]) -> Vec<Change> {
    let counts =
        |event: &&Recorded| shapes_golden(&event.type_name) && as_of.is_none_or(|as_of| event.order.time < as_of);
    let mut steps: Vec<Step<'_>> = events.iter().filter(counts).map(Step::Event).collect();
    steps.extend(policies.iter().map(Step::Policy));
    steps.sort_by_key(Step::position);
    let mut walk = Walk::over(members);
    for step in steps {
        match step {
            Step::Event(event) => walk.take(event),
            Step::Policy(policy) => walk.choose(policy),
        }
    }
    walk.changes
}

enum Step<'a> {
    Event(&'a Recorded),
    Policy(&'a PolicyRow),
}

impl Step<'_> {
    fn position(&self) -> u64 {
        match self {
            Self::Event(event) => event.position,
            Self::Policy(policy) => policy.position,
        }
    }
}

/// What is known at one place of the log.
struct Walk<'a> {
    members: &'a [Named],
    places: HashMap<RecordId, usize>,
    /// What each member said so far.
    lines: Vec<Line<'a>>,
    policy: PolicyRow,
    /// The values that are held, by field; several only of what does not contend.
    held: BTreeMap<String, Vec<Value>>,
    changes: Vec<Change>,
}

impl<'a> Walk<'a> {
    fn over(members: &'a [Named]) -> Self {
        Self {
            members,
            places: members.iter().enumerate().map(|(place, member)| (member.record, place)).collect(),
            lines: members.iter().map(|_| Line::default()).collect(),
            policy: PolicyRow::built_in(),
            held: BTreeMap::new(),
            changes: Vec::new(),
        }
    }

    fn take(&mut self, event: &'a Recorded) {
        let place = event.record.and_then(|record| self.places.get(&record).copied());
        let Some((place, line)) = place.and_then(|place| Some((place, self.lines.get_mut(place)?))) else { return };
        if !line.take(event) {
            return;
        }
        let named = self.lines.get(place).map(|line| named(event, line.state())).unwrap_or_default();
        let cause = Cause {
            position: event.position,
            time: event.order.time,
            recorded_at: event.recorded_at,
            type_name: event.type_name.clone(),
            source: event.order.source.clone(),
            record: event.record,
        };
        self.look(named, &cause);
    }

    fn choose(&mut self, policy: &PolicyRow) {
        if policy.order < self.policy.order {
            return;
        }
        self.policy = policy.clone();
        // What does not contend may stand in another order, which is no change.
        let fields: BTreeSet<String> =
            self.lines.iter().flat_map(|line| line.state().fields()).map(|(name, _)| name.to_owned()).collect();
        let cause = Cause {
            position: policy.position,
            time: policy.order.time,
            // Published by kulta itself, at the time of its clock.
            recorded_at: policy.order.time,
            type_name: "survivorship_policy.published".to_owned(),
            source: policy.order.source.clone(),
            record: None,
        };
        self.look(fields, &cause);
    }

    /// Notes what changed of these fields.
    fn look(&mut self, fields: BTreeSet<String>, cause: &Cause) {
        let members: Vec<Member<'_>> = self
            .members
            .iter()
            .zip(&self.lines)
            .map(|(member, line)| Member {
                record: member.record,
                source: &member.source,
                subject: member.subject.as_deref(),
                state: line.state(),
            })
            .collect();
        let mut number = 0;
        for field in fields {
            let now = held(&field, &members, &self.policy.policy);
            let before = self.held.remove(&field).unwrap_or_default();
            for (before, after) in differences(&field, before, &now) {
                let field = field.clone();
                self.changes.push(Change { field, before, after, cause: cause.clone(), number });
                number += 1;
            }
            if !now.is_empty() {
                self.held.insert(field, now);
            }
        }
    }
}

/// The fields that an event may change; `state` is what its record says after it.
fn named(event: &Recorded, state: &RecordState) -> BTreeSet<String> {
    let data = &event.payload.data;
    let text = |name: &str| data.get(name).and_then(Json::as_str);
    let under = |section: &str, name: Option<&str>| name.map(|name| format!("{section}.{name}"));
    let one = match event.type_name.as_str() {
        "customer.registered" | "customer.contact_edited" => return edited(data, state),
        "customer.contact_verified" => text("field").map(str::to_owned),
        "customer.classified" => under("classes", text("scheme")),
        "customer.tagged" | "customer.untagged" => under("tags", text("tag")),
        "customer.preference_stated" => under("preferences", text("preference")),
        "customer.consent_given" | "customer.consent_withdrawn" => {
            let channel = text("channel").filter(|channel| !channel.is_empty());
            text("purpose").map(|purpose| consent(purpose, channel))
        }
        _ => None,
    };
    one.into_iter().collect()
}

fn edited(data: &Json, state: &RecordState) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    for (name, value) in data.members() {
        if name == "attributes" {
            let said = value.members().iter().map(|(name, _)| format!("attributes.{name}"));
            fields.extend(said);
            if value.is_null() {
                let known = state.fields().map(|(name, _)| name).filter(|name| name.starts_with("attributes."));
                fields.extend(known.map(str::to_owned));
            }
        } else if ATTRIBUTES.iter().any(|known| known.name == name) {
            fields.insert(name.clone());
        }
    }
    fields
}

fn consent(purpose: &str, channel: Option<&str>) -> String {
    channel.map_or_else(|| format!("consents.{purpose}"), |channel| format!("consents.{purpose}.{channel}"))
}

/// What the golden record holds under a name.
fn held(field: &str, members: &[Member<'_>], policy: &SurvivorshipPolicy) -> Vec<Value> {
    let fact = |facts: BTreeMap<String, Fact>, name: &str| facts.into_iter().find(|(known, _)| known == name);
    let fact = |facts, name| fact(facts, name).map(|(_, fact)| value(fact)).into_iter().collect();
    match field.split_once('.') {
        Some(("classes", name)) => return fact(sections::classes(members), name),
        Some(("tags", name)) => return fact(sections::tags(members), name),
        Some(("preferences", name)) => return fact(sections::preferences(members), name),
        Some(("consents", _)) => {
            let all = sections::consents(members).into_iter();
            let of_name = all.filter(|given| consent(&given.purpose, given.channel.as_deref()) == field);
            return of_name.take(1).map(agreed).collect();
        }
        _ => {}
    }
    let most = if UNIONS.contains(&field) { usize::MAX } else { 1 };
    survivors(field, members, policy.of(field)).into_iter().take(most).map(Candidate::into_value).collect()
}

fn value(Fact { value, source, subject, record, at }: Fact) -> Value {
    Value { value, source, subject, record, observed_at: at, verified_at: None }
}

fn agreed(consent: super::Consent) -> Value {
    Value {
        value: Json::Bool(consent.given),
        source: consent.source,
        subject: consent.subject,
        record: consent.record,
        observed_at: consent.at,
        verified_at: None,
    }
}

/// Pairs of what was and what is, where they differ in the value or in the record that says it.
fn differences(field: &str, before: Vec<Value>, now: &[Value]) -> Vec<(Option<Value>, Option<Value>)> {
    let same = |a: &Value, b: &Value| a.value == b.value && a.record == b.record;
    if !UNIONS.contains(&field) {
        let (before, after) = (before.into_iter().next(), now.first());
        return match (before, after) {
            (None, None) => Vec::new(),
            (Some(before), Some(after)) if same(&before, after) => Vec::new(),
            (before, after) => vec![(before, after.cloned())],
        };
    }
    let mut found = Vec::new();
    let mut left: Vec<&Value> = now.iter().collect();
    for old in before {
        let place = left.iter().position(|new| new.value == old.value);
        match place.map(|place| left.remove(place)) {
            Some(new) if same(&old, new) => {}
            new => found.push((Some(old), new.cloned())),
        }
    }
    found.extend(left.into_iter().map(|new| (None, Some(new.clone()))));
    found
}

#[cfg(test)]
mod tests;
