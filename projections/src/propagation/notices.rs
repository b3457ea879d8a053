//! What customers had to say twice, and old values that came back.
//!
//! Known of a field is what was told anew last, in the order of facts, whoever told it: the first report of a new address
//! is known from then on, whether or not the survivorship policy prefers it. A system that repeats what it said before tells
//! nothing anew; people mean what they say.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use kulta_events::ids::KULTA;
use kulta_events::{Instant, Order, RecordId, Recorded};

use super::fields::Fields;
use crate::normal::{equal_key, says_nothing};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Somebody reported a value that was known already.
    ReportedAgain,
    /// A source sent a value that had been replaced.
    OldValueBack,
}

/// Something that somebody is to be told if a subscriber holds old data still. It holds no values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What happened.
    pub what: What,
    /// In which field.
    pub field: &'static str,
    /// When it was told.
    pub at: Instant,
    /// The place in the log of the event that told it.
    pub position: u64,
    /// Who told it.
    pub source: Box<str>,
    /// Since when the value is known, or the one that replaced it.
    pub known_at: Instant,
    /// The place in the log of the event that told it first.
    pub known_position: u64,
}

/// One event about one field.
struct Telling<'a> {
    order: &'a Order,
    position: u64,
    record: Option<RecordId>,
    is_edit: bool,
    /// `None`: it was cleared.
    key: Option<String>,
}

impl Telling<'_> {
    fn is_of_people(&self) -> bool {
        self.order.source == KULTA
    }
}

/// What stands out in the `customer.` events of one customer, in whatever order they come. `sources` are those of
/// subscribers; only these fields are looked at.
pub fn notices(events: &[Recorded], sources: &BTreeSet<Box<str>>, fields: Fields) -> Vec<Notice> {
    let is_telling =
        |event: &&Recorded| matches!(event.type_name.as_str(), "customer.registered" | "customer.contact_edited");
    let mut telling: Vec<&Recorded> = events.iter().filter(is_telling).collect();
    telling.sort_by(|a, b| a.order.cmp(&b.order));
    let of_field = |field| of_field(field, &tellings(field, &telling), sources);
    fields.names().flat_map(of_field).collect()
}

fn tellings<'a>(field: &str, events: &[&'a Recorded]) -> Vec<Telling<'a>> {
    let read = |event: &&'a Recorded| {
        let value = event.payload.data.get(field)?;
        let key = if value.is_null() { None } else { Some(equal_key(field, value)) };
        let is_empty = !value.is_null() && says_nothing(value);
        let is_edit = event.type_name == "customer.contact_edited";
        (!is_empty).then_some(Telling {
            order: &event.order,
            position: event.position,
            record: event.record,
            is_edit,
            key,
        })
    };
    events.iter().filter_map(read).collect()
}

/// What is known while tellings are gone through.
#[derive(Default)]
struct Known<'a> {
    /// What was told anew last.
    now: Option<&'a Telling<'a>>,
    /// What each record said last.
    last: HashMap<Option<RecordId>, Option<&'a str>>,
    /// Values that were known and replaced.
    replaced: HashSet<&'a str>,
}

fn of_field<'a>(field: &'static str, tellings: &'a [Telling<'a>], sources: &BTreeSet<Box<str>>) -> Vec<Notice> {
    let mut known = Known::default();
    let mut again: Vec<(&Telling<'_>, &Telling<'_>)> = Vec::new();
    // By source and what was known: the first telling of an old value.
    let mut back: BTreeMap<(&str, u64), (&Telling<'_>, &Telling<'_>)> = BTreeMap::new();
    for telling in tellings {
        let key = telling.key.as_deref();
        let repeats = known.last.insert(telling.record, key) == Some(key) && !telling.is_of_people();
        let Some(now) = known.now else {
            known.now = Some(telling).filter(|_| !repeats && key.is_some());
            continue;
        };
        if now.key.as_deref() == key {
            if telling.is_edit && !repeats && (telling.record != now.record || telling.is_of_people()) {
                again.push((telling, now));
            }
            continue;
        }
        let is_old = key.is_some_and(|key| known.replaced.contains(key)) || repeats;
        // What was on its way when the change became known is no mistake of its sender.
        if is_old && sources.contains(&*telling.order.source) && now.position < telling.position {
            back.entry((&telling.order.source, now.position)).or_insert((telling, now));
        }
        if !repeats {
            known.replaced.extend(now.key.as_deref());
            known.now = Some(telling).filter(|_| key.is_some());
        }
    }
    let still = |position: u64| known.now.is_some_and(|now| now.position == position);
    again.retain(|(_, first)| still(first.position));
    back.retain(|_, (telling, replaced)| {
        let says_so = known.last.get(&telling.record) == Some(&telling.key.as_deref());
        says_so && (still(replaced.position) || still(telling.position))
    });
    let again = again.into_iter().map(|pair| (What::ReportedAgain, pair));
    let back = back.into_values().map(|pair| (What::OldValueBack, pair));
    let notice = |(what, (telling, first)): (What, (&Telling<'_>, &Telling<'_>))| Notice {
        what,
        field,
        at: telling.order.time,
        position: telling.position,
        source: telling.order.source.as_str().into(),
        known_at: first.order.time,
        known_position: first.position,
    };
    again.chain(back).map(notice).collect()
}
