//! What an automation would have done: how often, when, and for whom.
//!
//! A cause counts at the moment it came to be, since it stood then, whatever became of it later: as if somebody had
//! looked at every moment. What is known today counts, also what was learned later than that. Nothing is said of
//! messages that consent or the cap would have withheld: that depends on what else was sent.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kulta_events::Instant;
use uuid::Uuid;

use super::causes::Standing;

/// How often an automation would have fired in a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DryRun {
    /// In all.
    pub fired: u64,
    /// By month, `2026-03`; months without any are not there.
    pub by_month: BTreeMap<String, u64>,
    /// When, by the customer, offer, lead or complaint that the causes were found for; each in the order of time.
    pub by_thing: BTreeMap<Uuid, Vec<Instant>>,
}

impl DryRun {
    /// Adds the causes of one thing that came to be in a time, half-open. Months are those of a time zone.
    pub fn add(&mut self, thing: Uuid, standings: &[Standing], during: (Instant, Instant), zone: &TimeZone) {
        self.add_moments(thing, standings.iter().map(|standing| standing.cause.at), during, zone);
    }

    /// The same for moments, such as those of [`super::crossing::Crossing::over`].
    pub fn add_moments(
        &mut self,
        thing: Uuid,
        moments: impl IntoIterator<Item = Instant>,
        (from, until): (Instant, Instant),
        zone: &TimeZone,
    ) {
        let moments: Vec<_> = moments.into_iter().filter(|at| (from..until).contains(at)).collect();
        if moments.is_empty() {
            return;
        }
        self.fired += moments.len() as u64;
        for month in moments.iter().filter_map(|at| month(*at, zone)) {
            *self.by_month.entry(month).or_default() += 1;
        }
        let of_thing = self.by_thing.entry(thing).or_default();
        of_thing.extend(moments);
        of_thing.sort_unstable();
    }

    /// Adds what was found for other things, by somebody else.
    pub fn merge(&mut self, other: Self) {
        self.fired += other.fired;
        for (month, fired) in other.by_month {
            *self.by_month.entry(month).or_default() += fired;
        }
        for (thing, moments) in other.by_thing {
            let of_thing = self.by_thing.entry(thing).or_default();
            of_thing.extend(moments);
            of_thing.sort_unstable();
        }
    }
}

fn month(at: Instant, zone: &TimeZone) -> Option<String> {
    let timestamp = Timestamp::from_microsecond(at.micros()).ok()?;
    let date = zone.to_datetime(timestamp).date();
    Some(format!("{:04}-{:02}", date.year(), date.month()))
}

#[cfg(test)]
mod tests;
