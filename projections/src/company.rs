//! Who belonged to a company, and on which days: so that it can roll up what its contacts and subsidiaries did while they
//! were its own.
//!
//! A record keeps only its present word on a relation: when a relation begins anew, the days before its end are gone
//! there ([`crate::record`]). So this is folded from the events themselves, in the order of facts; late and doubled ones
//! are harmless. Each record's words follow one another as there: what is given changes, `null` clears, and what says
//! nothing new is no word. Of a customer's records the newest word holds, as in [`crate::relations`]. Beyond that:
//!
//! - After its end a relation begins anew, and the days before stay. So it does where a word names a first day on or
//!   after that which had ended it.
//! - When nobody said from when, it holds from the beginning; anew, from the day (UTC) on which that was said.
//! - Who ends a relation says nothing of its beginning.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use kulta_events::ids::KULTA;
use kulta_events::{CustomerId, Instant, Json, RecordId, Recorded};

use crate::pipeline::period::{date_of, midnight};

/// A person to the company for which they speak.
pub const CONTACT_OF: &str = "contact_of";
/// A company to its parent.
pub const SUBSIDIARY_OF: &str = "subsidiary_of";

/// Days on which a customer belonged to a company.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Belonging {
    /// Who belonged to it.
    pub customer: CustomerId,
    /// As what: `contact_of`, `subsidiary_of`.
    pub relation: Box<str>,
    /// The first day; `None`: from the beginning.
    pub from: Option<Date>,
    /// The first day on which it no longer did; `None`: it does.
    pub until: Option<Date>,
    /// In which role, in the source's words.
    pub role: Option<Box<str>>,
}

impl Belonging {
    /// Whether it did at a moment, by the days of a time zone.
    pub fn holds(&self, at: Instant, zone: &TimeZone) -> bool {
        date_of(at, zone).is_some_and(|day| self.holds_on(day))
    }

    /// Whether it did on a day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day < until)
    }

    /// The same in moments, half-open.
    pub fn moments(&self, zone: &TimeZone) -> (Option<Instant>, Option<Instant>) {
        let moment = |day: Option<Date>| day.and_then(|day| midnight(day, zone));
        (moment(self.from), moment(self.until))
    }

    /// The days that lie between two as well; `None` when there are none.
    fn within(mut self, (from, until): Days) -> Option<Self> {
        self.from = self.from.max(from);
        self.until = match (self.until, until) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        (!is_empty((self.from, self.until))).then_some(self)
    }
}

/// From a day on to before another; `None`: without end on that side.
type Days = (Option<Date>, Option<Date>);

fn is_empty((from, until): Days) -> bool {
    from.zip(until).is_some_and(|(from, until)| from >= until)
}

/// What a record says of a relation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Word {
    role: Option<Box<str>>,
    from: Option<Date>,
    until: Option<Date>,
    ended: bool,
}

impl Word {
    /// Follows `customer.related`.
    fn relate(&mut self, data: &Json) {
        if self.ended {
            *self = Self::default();
        }
        match data.get("role") {
            Some(Json::String(text)) => self.role = Some(text.as_str().into()),
            Some(Json::Null) => self.role = None,
            _ => {}
        }
        for (name, slot) in [("valid_from", &mut self.from), ("valid_until", &mut self.until)] {
            match data.get(name) {
                Some(Json::Null) => *slot = None,
                Some(value) => *slot = day(value).or(*slot),
                None => {}
            }
        }
    }

    /// Follows `customer.unrelated`: without a day of its own the relation ends on that of the event, unless it had ended
    /// before.
    fn unrelate(&mut self, data: &Json, today: Option<Date>) {
        self.ended = true;
        self.until = data.get("valid_until").and_then(day).or(match (self.until, today) {
            (Some(before), Some(today)) => Some(before.min(today)),
            (before, today) => before.or(today),
        });
    }
}

fn day(value: &Json) -> Option<Date> {
    value.as_str().filter(|text| text.len() == 10)?.parse().ok()
}

/// What a customer's records say of its relation to one record.
#[derive(Debug, Default)]
struct Told {
    words: BTreeMap<RecordId, Word>,
    /// Who said the newest word.
    last: Option<RecordId>,
    /// Its stretches in the order in which they were told, each as its last word has it.
    stretches: Vec<Word>,
}

impl Told {
    fn tell(&mut self, event: &Recorded, record: RecordId) {
        let (data, today) = (&event.payload.data, date_of(event.order.time, &TimeZone::UTC));
        let is_first = !self.words.contains_key(&record);
        let word = self.words.entry(record).or_default();
        let before = word.clone();
        if event.type_name == "customer.related" {
            word.relate(data);
        } else {
            word.unrelate(data, today);
        }
        // A system that repeats itself says nothing new; people mean it also when they say it again.
        if *word == before && !is_first && event.order.source != KULTA {
            return;
        }
        let mut word = word.clone();
        let same = self.last.replace(record) == Some(record);
        match self.stretches.last_mut() {
            Some(last) if begins_anew(last, &word) => {
                word.from = word.from.or(today);
                self.stretches.push(word);
            }
            Some(last) => {
                if !same || word.ended {
                    word.from = word.from.or(last.from);
                    word.role = word.role.or_else(|| last.role.take());
                }
                *last = word;
            }
            None => self.stretches.push(word),
        }
    }
}

/// Whether a word tells of other days than the last one.
fn begins_anew(last: &Word, word: &Word) -> bool {
    let anew = last.until.zip(word.from).is_some_and(|(until, from)| from >= until);
    (last.ended && !word.ended) || (anew && !is_empty((last.from, last.until)) && !is_empty((word.from, word.until)))
}

/// Who belonged to a company by these relations, on which days: by customer, relation and day. `events` are those of the
/// types `customer.related` and `customer.unrelated` which name the company's records, in any order; others are passed
/// over. `holder` tells whose a record is.
pub fn belongings(
    events: &[Recorded],
    company: CustomerId,
    relations: &[&str],
    holder: impl Fn(RecordId) -> Option<CustomerId>,
) -> Vec<Belonging> {
    let mut sorted: Vec<&Recorded> = events.iter().filter(|event| is_relation(event)).collect();
    sorted.sort_by(|a, b| a.order.cmp(&b.order));
    sorted.dedup_by(|a, b| a.order == b.order);
    let mut told: BTreeMap<(CustomerId, &str, RecordId), Told> = BTreeMap::new();
    for event in sorted {
        let text = |name: &str| event.payload.data.get(name).and_then(Json::as_str);
        let to = text("to").and_then(|to| to.parse().ok()).map(RecordId);
        let (Some(record), Some(to), Some(relation)) = (event.record, to, text("relation")) else { continue };
        let Some(customer) = holder(record).filter(|customer| *customer != company) else { continue };
        if relations.contains(&relation) && holder(to).unwrap_or_else(|| to.into()) == company {
            told.entry((customer, relation, to)).or_default().tell(event, record);
        }
    }
    let each = told.into_iter().flat_map(|((customer, relation, _), told)| {
        let belonging = move |Word { role, from, until, .. }| {
            Belonging { customer, relation: relation.into(), from, until, role }.within((None, None))
        };
        told.stretches.into_iter().filter_map(belonging)
    });
    let found: BTreeSet<Belonging> = each.collect();
    found.into_iter().collect()
}

fn is_relation(event: &Recorded) -> bool {
    matches!(event.type_name.as_str(), "customer.related" | "customer.unrelated")
}

/// Everybody who belonged to a company or to what belonged to it: contacts of its subsidiaries too, on the days on which
/// those were its own. `of` tells who belonged to a company itself. Companies that own each other are no hindrance.
pub fn group(company: CustomerId, mut of: impl FnMut(CustomerId) -> Vec<Belonging>) -> Vec<Belonging> {
    let (mut found, mut known) = (BTreeSet::new(), BTreeMap::new());
    let mut ahead: Vec<(CustomerId, Days)> = vec![(company, (None, None))];
    while let Some((parent, days)) = ahead.pop() {
        let own: &Vec<Belonging> = known.entry(parent).or_insert_with(|| of(parent));
        for belonging in own.iter().filter(|own| own.customer != company) {
            let Some(belonging) = belonging.clone().within(days) else { continue };
            let next = (belonging.customer, (belonging.from, belonging.until));
            let is_company = *belonging.relation == *SUBSIDIARY_OF;
            // What was found on just these days was followed already.
            if found.insert(belonging) && is_company {
                ahead.push(next);
            }
        }
    }
    found.into_iter().collect()
}

/// The company at the top of a customer, going up by `parent_of`; itself where it has no parent. Where companies own each
/// other in a circle the lowest id of the circle stands for all of it.
pub fn top(customer: CustomerId, parent_of: impl Fn(CustomerId) -> Option<CustomerId>) -> CustomerId {
    let mut way = vec![customer];
    let mut here = customer;
    while let Some(parent) = parent_of(here) {
        if let Some(begin) = way.iter().position(|known| *known == parent) {
            return way[begin..].iter().copied().min().unwrap_or(parent);
        }
        way.push(parent);
        here = parent;
    }
    here
}

#[cfg(test)]
mod tests;
