//! How a record's customer stands to others: a contact to its company, a company to its parent.
//!
//! There is one relation of each kind between two records. What an event gives changes it, `null` clears, what is absent
//! stays; after its end a relation begins anew.

use std::collections::BTreeMap;

use kulta_events::ids::KULTA;
use kulta_events::{Json, RecordId, Recorded};
use serde::{Deserialize, Serialize};

use super::{Moment, RecordState, is_zero};

/// The other record → the relation's name → what is held of it.
pub(super) type Relations = BTreeMap<RecordId, BTreeMap<Box<str>, Held>>;

/// One relation, in the compact form in which it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Held {
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    role: Option<Box<str>>,
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    from: Option<Box<str>>,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    until: Option<Box<str>>,
    #[serde(rename = "e", default, skip_serializing_if = "std::ops::Not::not")]
    ended: bool,
    /// Where what is held was said first.
    #[serde(rename = "o", default, skip_serializing_if = "is_zero")]
    since: u32,
    /// Where it was said last; `None`: at `since`.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    said: Option<u32>,
}

/// One relation of a record, to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelationView<'a> {
    /// Which, such as `contact_of`.
    pub relation: &'a str,
    /// The other record.
    pub to: RecordId,
    /// As what, in the source's words.
    pub role: Option<&'a str>,
    /// The first day on which it holds; `None`: not known.
    pub valid_from: Option<&'a str>,
    /// The first day on which it no longer holds.
    pub valid_until: Option<&'a str>,
    /// Whether somebody said that it ended.
    pub ended: bool,
    /// Where the record began to say just this.
    pub since: &'a Moment,
    /// Where it was said last.
    pub said: &'a Moment,
}

impl RecordState {
    /// Every relation that the record ever spoke of, by the other record and name.
    pub fn relations(&self) -> impl Iterator<Item = RelationView<'_>> {
        let each = self.relations.iter().flat_map(|(to, held)| held.iter().map(move |(name, held)| (*to, name, held)));
        each.filter_map(|(to, relation, held)| {
            let since = self.moment(held.since)?;
            Some(RelationView {
                relation,
                to,
                role: held.role.as_deref(),
                valid_from: held.from.as_deref(),
                valid_until: held.until.as_deref(),
                ended: held.ended,
                since,
                said: held.said.map_or(Some(since), |said| self.moment(said))?,
            })
        })
    }
}

/// Folds `customer.related`. `deliberate`: as for fields, people mean it also when they say it again.
pub(super) fn relate(relations: &mut Relations, data: &Json, at: u32, deliberate: bool) {
    say(relations, data, at, deliberate, |held| {
        if held.ended {
            *held = Held { since: held.since, said: held.said, ..Held::default() };
        }
        for (name, slot) in [("role", &mut held.role), ("valid_from", &mut held.from), ("valid_until", &mut held.until)]
        {
            match data.get(name) {
                Some(Json::String(text)) => *slot = Some(text.as_str().into()),
                Some(Json::Null) => *slot = None,
                _ => {}
            }
        }
    });
}

/// Folds `customer.unrelated`. Without a day of its own a relation ends on that of the event, unless it had ended before.
pub(super) fn unrelate(relations: &mut Relations, event: &Recorded, at: u32) {
    let data = &event.payload.data;
    say(relations, data, at, event.order.source == KULTA, |held| {
        held.ended = true;
        held.until = match data.get("valid_until").and_then(Json::as_str) {
            Some(day) => Some(day.into()),
            None => {
                let today: Box<str> = event.order.time.to_string().chars().take(10).collect();
                Some(held.until.take().map_or(today.clone(), |before| before.min(today)))
            }
        };
    });
}

/// The places of moments that relations point at.
pub(super) fn places(relations: &mut Relations) -> impl Iterator<Item = &mut u32> {
    let held = relations.values_mut().flat_map(BTreeMap::values_mut);
    held.flat_map(|held| std::iter::once(&mut held.since).chain(&mut held.said))
}

fn say(relations: &mut Relations, data: &Json, at: u32, deliberate: bool, change: impl FnOnce(&mut Held)) {
    let text = |name: &str| data.get(name).and_then(Json::as_str);
    let other = text("to").and_then(|to| to.parse().ok()).map(RecordId);
    let (Some(to), Some(relation)) = (other, text("relation")) else { return };
    let of = relations.entry(to).or_default();
    let Some(held) = of.get_mut(relation) else {
        let mut held = Held { since: at, ..Held::default() };
        change(&mut held);
        of.insert(relation.into(), held);
        return;
    };
    let before = held.clone();
    change(held);
    if *held == before && !deliberate {
        held.said = Some(at);
    } else {
        (held.since, held.said) = (at, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::{event, record};

    fn related(on: i64, more: &str) -> Recorded {
        told("customer.related", "crm", on, more)
    }

    fn told(type_name: &str, source: &str, on: i64, more: &str) -> Recorded {
        let to = record("erp", "100");
        event(source, "1", on, type_name, &format!(r#"{{"relation":"contact_of","to":"{to}"{more}}}"#))
    }

    type Seen = (Option<String>, Option<String>, Option<String>, bool);

    fn seen(state: &RecordState) -> Vec<Seen> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let view =
            |view: RelationView<'_>| (owned(view.role), owned(view.valid_from), owned(view.valid_until), view.ended);
        state.relations().map(view).collect()
    }

    fn is(role: &str, from: &str, until: &str, ended: bool) -> Seen {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        (given(role), given(from), given(until), ended)
    }

    #[test]
    fn what_is_given_changes_null_clears_and_absent_says_nothing() {
        let mut events = vec![related(1, r#","role":"buyer","valid_from":"2020-01-01""#)];
        assert_eq!(seen(&RecordState::fold(&events)), [is("buyer", "2020-01-01", "", false)]);
        events.push(related(2, r#","valid_until":"2030-01-01""#));
        assert_eq!(seen(&RecordState::fold(&events)), [is("buyer", "2020-01-01", "2030-01-01", false)]);
        events.push(related(3, r#","role":null"#));
        assert_eq!(seen(&RecordState::fold(&events)), [is("", "2020-01-01", "2030-01-01", false)]);
    }

    #[test]
    fn a_relation_ends_on_a_day_and_begins_anew() {
        let mut events = vec![related(1, r#","role":"buyer""#), told("customer.unrelated", "crm", 5, "")];
        let day = events[1].order.time.to_string()[..10].to_owned();
        assert_eq!(seen(&RecordState::fold(&events)), [is("buyer", "", &day, true)]);
        events.push(told("customer.unrelated", "crm", 6, r#","valid_until":"2024-09-01""#));
        events.push(told("customer.unrelated", "crm", 7, ""));
        assert_eq!(seen(&RecordState::fold(&events)), [is("buyer", "", "2024-09-01", true)], "it had ended before");
        events.push(related(8, ""));
        assert_eq!(seen(&RecordState::fold(&events)), [is("", "", "", false)]);
    }

    #[test]
    fn the_order_of_arrival_does_not_count() {
        let events = [
            related(1, r#","role":"buyer""#),
            told("customer.unrelated", "crm", 3, ""),
            related(2, r#","role":"director""#),
        ];
        let sorted = [&events[0], &events[2], &events[1]];
        assert_eq!(RecordState::fold_unsorted(&events), RecordState::fold(sorted));
        assert_eq!(RecordState::fold(sorted).relations().next().unwrap().role, Some("director"));
        let mut state = RecordState::fold(&events[..2]);
        assert_eq!(state.apply(&events[2]), super::super::Applied::Late);
    }

    #[test]
    fn saying_it_again_makes_it_no_newer_unless_a_person_says_so() {
        for (source, since) in [("crm", 1), ("kulta", 2)] {
            let events = [1, 2].map(|on| told("customer.related", source, on, r#","role":"buyer""#));
            let state = RecordState::fold(&events);
            let view = state.relations().next().unwrap();
            assert_eq!((view.since.time, view.said.time), (crate::given::day(since), crate::given::day(2)), "{source}");
        }
    }

    #[test]
    fn what_names_no_record_is_passed_over() {
        let state = RecordState::fold(&[
            event(
                "crm",
                "1",
                1,
                "customer.related",
                r#"{"relation":"contact_of","to":{"source":"erp","subject":"1"}}"#,
            ),
            event("crm", "1", 2, "customer.unrelated", "{}"),
        ]);
        assert_eq!(state.relations().count(), 0);
        assert_eq!(state.moments().len(), 1);
    }
}
