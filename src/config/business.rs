//! When the company works, and what counts as contact with a customer.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use kulta_projections::pipeline::business::{BusinessHours, Error, Openings};
use kulta_projections::pipeline::contact::{ContactPolicy, Direction};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Business {
    /// Whose days and hours these are.
    pub time_zone: TimeZone,
    /// The openings from Monday on; closed: none.
    pub week: [Openings; 7],
    /// On these days it is closed.
    pub holidays: BTreeSet<Date>,
    /// Within how much open time complaints are to be answered.
    pub answer_within: Duration,
    /// How much open time before that a warning is due.
    pub warn_before: Duration,
    /// What counts as contact.
    pub contact: ContactPolicy,
}

impl Default for Business {
    /// Answers within 24 hours, of which those of Saturdays and Sundays do not count.
    fn default() -> Self {
        let day = |weekend: bool| if weekend { Openings::default() } else { Openings::whole_day() };
        Self {
            time_zone: TimeZone::UTC,
            week: [false, false, false, false, false, true, true].map(day),
            holidays: BTreeSet::new(),
            answer_within: Duration::from_hours(24),
            warn_before: Duration::from_hours(4),
            contact: ContactPolicy::default(),
        }
    }
}

impl Business {
    /// When it is open.
    ///
    /// # Errors
    /// When it never is, or answers are due within less than a minute.
    pub fn hours(&self) -> Result<BusinessHours, Error> {
        let minutes = u32::try_from(self.answer_within.as_secs() / 60).unwrap_or(u32::MAX);
        BusinessHours::new(self.time_zone.clone(), self.week.clone(), self.holidays.iter().copied(), minutes)
    }

    /// How much open time before the end a warning is due, in microseconds.
    pub fn warn_before_micros(&self) -> i64 {
        i64::try_from(self.warn_before.as_micros()).unwrap_or(i64::MAX)
    }
}

/// The parts of `a, b, c`.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

pub(super) fn time_zone(text: &str) -> Result<TimeZone, String> {
    // Not the machine's own: two nodes must count the same days.
    TimeZoneDatabase::bundled().get(text).map_err(|_| "expected a time zone such as Europe/Helsinki".to_owned())
}

pub(super) fn show_time_zone(zone: TimeZone) -> String {
    zone.iana_name().unwrap_or("UTC").to_owned()
}

pub(super) fn openings(text: &str) -> Result<Openings, String> {
    Openings::parse(text).map_err(|error| error.to_string())
}

pub(super) fn days(text: &str) -> Result<BTreeSet<Date>, String> {
    let day = |part: &str| part.parse().map_err(|_| "expected days such as 2026-12-24, 2026-12-25".to_owned());
    parts(text).map(day).collect()
}

pub(super) fn show_days(days: BTreeSet<Date>) -> String {
    let days: Vec<_> = days.iter().map(Date::to_string).collect();
    days.join(", ")
}

const DIRECTIONS: [(&str, Direction); 3] =
    [("incoming", Direction::Incoming), ("outgoing", Direction::Outgoing), ("internal", Direction::Internal)];

pub(super) fn directions(text: &str) -> Result<BTreeSet<Direction>, String> {
    let direction = |part: &str| DIRECTIONS.iter().find(|(name, _)| *name == part).map(|(_, direction)| *direction);
    let read = |part| direction(part).ok_or_else(|| "expected some of incoming, outgoing, internal".to_owned());
    parts(text).map(read).collect()
}

pub(super) fn show_directions(directions: BTreeSet<Direction>) -> String {
    let named = DIRECTIONS.iter().filter(|(_, direction)| directions.contains(direction));
    let names: Vec<_> = named.map(|(name, _)| *name).collect();
    names.join(", ")
}

pub(super) fn names(text: &str) -> Result<BTreeSet<Box<str>>, String> {
    Ok(parts(text).map(Into::into).collect())
}

pub(super) fn show_names(names: BTreeSet<Box<str>>) -> String {
    let names: Vec<_> = names.iter().map(|name| &**name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_shown() {
        assert_eq!(show_time_zone(time_zone("Europe/Helsinki").unwrap()), "Europe/Helsinki");
        assert_eq!(show_days(days("2026-12-25, 2026-12-24").unwrap()), "2026-12-24, 2026-12-25");
        assert_eq!(show_directions(directions("outgoing,incoming").unwrap()), "incoming, outgoing");
        assert_eq!(show_names(names("email.sent, web.visited").unwrap()), "email.sent, web.visited");
        assert_eq!(openings("08:00-12:00, 13:00-16:00").unwrap().to_string(), "08:00-12:00, 13:00-16:00");
        for wrong in [time_zone("Helsinki").err(), days("24.12.").err(), directions("both").err()] {
            assert!(wrong.unwrap().starts_with("expected"));
        }
        assert!(openings("16:00-08:00").is_err());
    }

    #[test]
    fn hours_must_be_possible() {
        assert!(Business::default().hours().is_ok());
        let closed = Business { week: Default::default(), ..Business::default() };
        assert_eq!(closed.hours().unwrap_err(), Error::NeverOpen);
        let hasty = Business { answer_within: Duration::from_secs(59), ..Business::default() };
        assert_eq!(hasty.hours().unwrap_err(), Error::NoTime);
    }
}
