//! What a golden record holds beside its fields. Among records the one that spoke last, in the order of facts, holds.

use std::collections::BTreeMap;

use kulta_events::recorded::EventName;
use kulta_events::{Instant, Json};

use super::{Consent, Fact, Member, RecordRef};
use crate::record::{Latest, Moment, RecordState};

/// The place of a statement in the order of facts; the record id makes it total.
type Place<'a> = (Instant, &'a str, &'a EventName, kulta_events::RecordId);

fn place<'a>(member: &Member<'a>, moment: &'a Moment) -> Place<'a> {
    (moment.time, member.source, &moment.id, member.record)
}

pub(super) fn records(members: &[Member<'_>]) -> Vec<RecordRef> {
    let mut records: Vec<_> = members
        .iter()
        .map(|member| RecordRef {
            source: member.source.to_owned(),
            subject: member.subject.map(str::to_owned),
            record: member.record,
            closed_at: member.state.closed(),
        })
        .collect();
    records.sort_unstable();
    records
}

pub(super) fn declined(members: &[Member<'_>]) -> BTreeMap<String, Instant> {
    let mut latest: BTreeMap<String, Instant> = BTreeMap::new();
    for (field, at) in members.iter().flat_map(|member| member.state.declined()) {
        let known = latest.entry(field.to_owned()).or_insert(at);
        *known = at.max(*known);
    }
    latest
}

pub(super) fn classes(members: &[Member<'_>]) -> BTreeMap<String, Fact> {
    latest(members, |state| &state.classes, |class| Json::from(&**class))
}

pub(super) fn tags(members: &[Member<'_>]) -> BTreeMap<String, Fact> {
    latest(members, |state| &state.tags, |on| Json::Bool(*on))
}

pub(super) fn preferences(members: &[Member<'_>]) -> BTreeMap<String, Fact> {
    latest(members, |state| &state.preferences, |value| Json::from(&**value))
}

fn latest<'a, T: 'a>(
    members: &'a [Member<'a>],
    map: impl Fn(&'a RecordState) -> &'a Latest<T>,
    value: impl Fn(&T) -> Json,
) -> BTreeMap<String, Fact> {
    let mut found: BTreeMap<&str, (Place<'_>, &Member<'_>, &Option<T>)> = BTreeMap::new();
    for member in members {
        for (name, (said, at)) in map(member.state) {
            let Some(moment) = member.state.moment(*at) else { continue };
            let this = (place(member, moment), member, said);
            match found.get(&**name) {
                Some(known) if known.0 >= this.0 => {}
                _ => drop(found.insert(name, this)),
            }
        }
    }
    let fact = |(name, (place, member, said)): (&str, (Place<'_>, &Member<'_>, &Option<T>))| {
        let fact = Fact {
            value: value(said.as_ref()?),
            source: member.source.to_owned(),
            subject: member.subject.map(str::to_owned),
            record: member.record,
            at: place.0,
        };
        Some((name.to_owned(), fact))
    };
    found.into_iter().filter_map(fact).collect()
}

pub(super) fn consents(members: &[Member<'_>]) -> Vec<Consent> {
    let mut found: BTreeMap<(&str, &str), (Place<'_>, Consent)> = BTreeMap::new();
    for member in members {
        let said = member.state.consents.iter().flat_map(|(purpose, channels)| {
            channels.iter().map(move |(channel, consent)| (&**purpose, &**channel, consent))
        });
        for (purpose, channel, consent) in said {
            let Some(moment) = member.state.moment(consent.at) else { continue };
            let place = place(member, moment);
            if found.get(&(purpose, channel)).is_some_and(|known| known.0 >= place) {
                continue;
            }
            let consent = Consent {
                purpose: purpose.to_owned(),
                channel: Some(channel).filter(|channel| !channel.is_empty()).map(str::to_owned),
                given: consent.given,
                method: consent.method.as_deref().map(str::to_owned),
                double_opt_in: consent.double_opt_in,
                source: member.source.to_owned(),
                subject: member.subject.map(str::to_owned),
                record: member.record,
                at: moment.time,
            };
            found.insert((purpose, channel), (place, consent));
        }
    }
    found.into_values().map(|(_, consent)| consent).collect()
}
