//! What took too long: a stay in a stage, a silence. Such a thing is a cause, for which an automation fires once.
//!
//! Causes follow from facts and a time alone: the same facts give the same causes, in whatever order they arrived,
//! over all of history as for today. A cause is named by the event that began it, so whoever remembers the names of
//! those that were answered answers none twice, also through a rebuild. One that a late fact takes away no longer
//! follows.
//!
//! Days are those of a time zone: so many days later is the same time by the wall clock, over changes of daylight
//! saving and leap days. A time that is skipped moves forward by what was skipped; of one that comes twice it is the
//! first.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use kulta_events::{Instant, Order};
use uuid::Uuid;

use super::funnel::Journey;

/// Something that took too long.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cause {
    /// When it had taken too long.
    pub at: Instant,
    /// What took too long: an offer; of a customer the record that the event which began it is about, since a merge
    /// changes whose record that is, and not the cause.
    pub thing: Uuid,
    /// The event that began it: its place in the log.
    pub began: u64,
}

impl Cause {
    /// A name that no other cause of the same automation has.
    pub fn name(&self) -> String {
        format!("{}/{}", self.thing, self.began)
    }
}

/// The same time by the wall clock, so many days later; `None` beyond the year 9999.
pub fn days_later(at: Instant, days: u32, zone: &TimeZone) -> Option<Instant> {
    let timestamp = Timestamp::from_microsecond(at.micros()).ok()?;
    let span = Span::new().try_days(days).ok()?;
    let later = zone.to_datetime(timestamp).checked_add(span).ok()?;
    let found = zone.to_ambiguous_timestamp(later).compatible().ok()?;
    Some(Instant::from_micros(found.as_microsecond()))
}

/// The stays of a thing in a stage of a pipeline that took longer than so many days by a time, oldest first.
pub fn overstays(
    thing: Uuid,
    journey: &Journey,
    (pipeline, stage): (&str, &str),
    days: u32,
    zone: &TimeZone,
    as_of: Instant,
) -> Vec<Cause> {
    let here = journey.stays.iter().filter(|stay| *stay.pipeline == *pipeline && *stay.stage == *stage);
    here.filter_map(|stay| {
        let at = days_later(stay.from, days, zone)?;
        let until = stay.until.map_or(as_of, |until| until.min(as_of));
        (until > at).then_some(Cause { at, thing, began: stay.position })
    })
    .collect()
}

/// The silences of a thing that took longer than so many days by a time, oldest first. `heard` are the facts that
/// break a silence (contacts, purchases), each with its place in the log, in whatever order; those at or after the
/// time are passed over. A silence begins with a fact: who was never heard is not silent.
pub fn silences<'o>(
    thing: Uuid,
    heard: impl IntoIterator<Item = (&'o Order, u64)>,
    days: u32,
    zone: &TimeZone,
    as_of: Instant,
) -> Vec<Cause> {
    let mut heard: Vec<_> = heard.into_iter().filter(|(order, _)| order.time < as_of).collect();
    heard.sort_unstable();
    heard.dedup_by_key(|(order, _)| *order);
    let nexts = heard.iter().skip(1).map(|(order, _)| order.time).chain([as_of]);
    heard
        .iter()
        .zip(nexts)
        .filter_map(|((order, position), next)| {
            let at = days_later(order.time, days, zone)?;
            (next > at).then_some(Cause { at, thing, began: *position })
        })
        .collect()
}

#[cfg(test)]
mod tests;
