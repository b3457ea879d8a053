//! Days of a time zone: when a period begins and ends, and which month or quarter a moment lies in.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use kulta_events::Instant;

/// When a day begins; of a midnight that the zone skips the next moment, of one that comes twice the first. `None`
/// beyond the year 9999.
pub fn midnight(date: Date, zone: &TimeZone) -> Option<Instant> {
    let found = zone.to_ambiguous_timestamp(date.at(0, 0, 0, 0)).compatible().ok()?;
    Some(Instant::from_micros(found.as_microsecond()))
}

/// The day of a moment. `None` outside the years −9999 to 9999.
pub fn date_of(at: Instant, zone: &TimeZone) -> Option<Date> {
    let timestamp = Timestamp::from_microsecond(at.micros()).ok()?;
    Some(zone.to_datetime(timestamp).date())
}

/// Days of a time zone, half-open.
#[derive(Clone, Debug)]
pub struct Period {
    zone: TimeZone,
    from: Option<Instant>,
    until: Option<Instant>,
}

impl Period {
    /// From the first day to before the last; `None`: without end on that side.
    pub fn new(zone: TimeZone, from: Option<Date>, until: Option<Date>) -> Self {
        let from = from.and_then(|date| midnight(date, &zone));
        let until = until.and_then(|date| midnight(date, &zone));
        Self { zone, from, until }
    }

    /// All days of a time zone.
    pub fn ever(zone: TimeZone) -> Self {
        Self::new(zone, None, None)
    }

    /// Whether a moment lies in it.
    pub fn holds(&self, at: Instant) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }

    /// The month of a moment, such as `2026-03`.
    pub fn month(&self, at: Instant) -> Option<String> {
        date_of(at, &self.zone).map(|date| format!("{:04}-{:02}", date.year(), date.month()))
    }

    /// The quarter of a moment, such as `2026-Q1`.
    pub fn quarter(&self, at: Instant) -> Option<String> {
        date_of(at, &self.zone).map(|date| format!("{:04}-Q{}", date.year(), (date.month() + 2) / 3))
    }

    /// The year of a moment.
    pub fn year(&self, at: Instant) -> Option<String> {
        date_of(at, &self.zone).map(|date| format!("{:04}", date.year()))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_period_begins_and_ends_at_midnight_of_its_zone() {
        let at = |text: &str| Instant::parse(text).unwrap();
        let zone = TimeZone::get("Europe/Helsinki").unwrap();
        let quarter = Period::new(zone, Some(date(2026, 1, 1)), Some(date(2026, 4, 1)));
        assert!(quarter.holds(at("2026-01-01T00:00:00+02:00")) && !quarter.holds(at("2025-12-31T23:59:59+02:00")));
        assert!(quarter.holds(at("2026-03-31T23:59:59+03:00")) && !quarter.holds(at("2026-04-01T00:00:00+03:00")));
        let late = at("2025-12-31T22:30:00Z");
        assert_eq!(quarter.quarter(late).as_deref(), Some("2026-Q1"));
        assert_eq!(quarter.month(late).as_deref(), Some("2026-01"));
        assert_eq!(quarter.year(late).as_deref(), Some("2026"));
        assert_eq!(quarter.month(Instant::from_micros(i64::MAX)), None);
        for (month, expected) in [(3, "2026-Q1"), (4, "2026-Q2"), (9, "2026-Q3"), (10, "2026-Q4"), (12, "2026-Q4")] {
            let noon = at(&format!("2026-{month:02}-15T12:00:00Z"));
            assert_eq!(quarter.quarter(noon).as_deref(), Some(expected));
        }
    }
}
