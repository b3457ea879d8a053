//! Values that contend for a field, and which of them survives.

use std::cmp::Ordering;
use std::collections::HashMap;

use kulta_events::ids::KULTA;
use kulta_events::payload::{Criterion, FieldPolicy};
use kulta_events::recorded::EventName;
use kulta_events::{Instant, Json};

use super::{Member, Value};
use crate::normal::{equal_key, says_nothing};
use crate::record::Moment;

/// One item of what one record says about a field.
pub(super) struct Candidate<'a> {
    pub value: &'a Json,
    /// Empty until it is needed.
    key: String,
    pub member: &'a Member<'a>,
    /// Place in the record's list: the earlier, the more it is preferred there.
    index: usize,
    pub since: &'a Moment,
    pub said: &'a Moment,
    pub verified: Option<Instant>,
}

/// That one record cleared a field.
struct Clear<'a> {
    member: &'a Member<'a>,
    at: &'a Moment,
    keys: Vec<String>,
}

/// What is known of one field: the survivor first, then the values that lost, each once, best first.
pub(super) fn survivors<'a>(field: &str, members: &'a [Member<'a>], policy: &FieldPolicy) -> Vec<Candidate<'a>> {
    let mut standing = standing(field, members);
    if standing.len() < 2 {
        return standing;
    }
    let winner = nominees(&standing, policy).max_by(|a, b| better(policy, a, b)).map(identity);
    standing.sort_by(|a, b| better(policy, b, a));
    if let Some(place) = winner.and_then(|winner| standing.iter().position(|candidate| identity(candidate) == winner)) {
        let winner = standing.remove(place);
        standing.insert(0, winner);
    }
    let mut seen = std::collections::HashSet::new();
    standing.retain(|candidate| seen.insert(candidate.key.clone()));
    standing
}

fn identity(candidate: &Candidate<'_>) -> (kulta_events::RecordId, usize) {
    (candidate.member.record, candidate.index)
}

/// What records say of a field, but for what others suppress by having cleared it.
fn standing<'a>(field: &str, members: &'a [Member<'a>]) -> Vec<Candidate<'a>> {
    let (mut found, mut clears) = (Vec::new(), Vec::new());
    for member in members {
        let Some(view) = member.state.field(field) else { continue };
        match view.value {
            Some(value) => {
                let said = items(value).iter().enumerate().filter(|(_, item)| !says_nothing(item));
                found.extend(said.map(|(index, value)| Candidate {
                    value,
                    key: String::new(),
                    member,
                    index,
                    since: view.since,
                    said: view.said,
                    verified: None,
                }));
            }
            None => {
                let keys = view.held.map_or(&[][..], items).iter().map(|item| equal_key(field, item)).collect();
                clears.push(Clear { member, at: view.since, keys });
            }
        }
    }
    // Most fields are known to one record only, and nobody verified them: then no keys are needed.
    if found.len() < 2 && clears.is_empty() && !members.iter().any(|member| member.state.has_verified(field)) {
        return found;
    }
    for candidate in &mut found {
        candidate.key = equal_key(field, candidate.value);
        candidate.verified = members.iter().filter_map(|m| m.state.verified(field, &candidate.key)).max();
    }
    found.retain(|candidate| !clears.iter().any(|clear| clear.suppresses(candidate)));
    found
}

fn items(value: &Json) -> &[Json] {
    match value {
        Json::Array(items) => items,
        single => std::slice::from_ref(single),
    }
}

impl Clear<'_> {
    /// A record that clears a field takes back the value that it held, also where others took it over before. What a
    /// person clears in kulta is cleared for the whole customer. Whatever was observed or confirmed later stands.
    fn suppresses(&self, candidate: &Candidate<'_>) -> bool {
        let earlier = place(candidate.member, candidate.since) < place(self.member, self.at);
        let confirmed_since = candidate.verified.is_some_and(|verified| verified > self.at.time);
        let meant = self.member.source == KULTA || self.keys.contains(&candidate.key);
        earlier && !confirmed_since && meant
    }
}

/// The place of a moment in the order of facts: time, source, id.
fn place<'a>(member: &Member<'a>, moment: &'a Moment) -> (Instant, &'a str, &'a EventName) {
    (moment.time, member.source, &moment.id)
}

/// Each record sends its best item. Within a list only what was confirmed since comes before the order of the list.
fn nominees<'a, 'c>(
    candidates: &'c [Candidate<'a>],
    policy: &FieldPolicy,
) -> impl Iterator<Item = &'c Candidate<'a>> + use<'a, 'c> {
    let within = |a: &Candidate<'_>, b: &Candidate<'_>| {
        let of_the_item = policy.by.iter().filter(|by| matches!(by, Criterion::Recency | Criterion::Verification));
        by_criteria(policy, of_the_item, a, b).then(b.index.cmp(&a.index))
    };
    let mut best: HashMap<_, &Candidate<'a>> = HashMap::new();
    for candidate in candidates {
        let known = best.entry(candidate.member.record).or_insert(candidate);
        if within(candidate, known).is_gt() {
            *known = candidate;
        }
    }
    best.into_values()
}

/// Total: which candidate is the better one. Two are equal only when they are the same.
fn better(policy: &FieldPolicy, a: &Candidate<'_>, b: &Candidate<'_>) -> Ordering {
    by_criteria(policy, policy.by.iter(), a, b)
        .then_with(|| place(a.member, a.since).cmp(&place(b.member, b.since)))
        .then_with(|| b.member.record.cmp(&a.member.record))
        .then_with(|| b.index.cmp(&a.index))
}

fn by_criteria<'p>(
    policy: &FieldPolicy,
    criteria: impl Iterator<Item = &'p Criterion>,
    a: &Candidate<'_>,
    b: &Candidate<'_>,
) -> Ordering {
    let rank = |candidate: &Candidate<'_>| {
        policy.sources.iter().position(|source| source == candidate.member.source).unwrap_or(usize::MAX)
    };
    for criterion in criteria {
        let ordering = match criterion {
            Criterion::Recency => a.confirmed().cmp(&b.confirmed()),
            Criterion::Verification => a.verified.is_some().cmp(&b.verified.is_some()),
            Criterion::SourceRank => rank(b).cmp(&rank(a)),
            Criterion::Completeness => completeness(a.value).cmp(&completeness(b.value)),
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
    Ordering::Equal
}

/// Parts of an object, characters of a text.
fn completeness(value: &Json) -> usize {
    match value {
        Json::Object(members) => members.iter().filter(|(_, part)| !says_nothing(part)).count(),
        Json::String(text) => text.trim().chars().count(),
        _ => 0,
    }
}

impl Candidate<'_> {
    /// When the value was observed first or confirmed last.
    fn confirmed(&self) -> Instant {
        self.verified.map_or(self.since.time, |verified| verified.max(self.since.time))
    }

    pub fn into_value(self) -> Value {
        Value {
            value: self.value.clone(),
            source: self.member.source.to_owned(),
            subject: self.member.subject.map(str::to_owned),
            record: self.member.record,
            observed_at: self.since.time,
            verified_at: self.verified,
        }
    }
}
