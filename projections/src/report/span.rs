//! The days that a report is about, named by dates or counted back from its as-of.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use kulta_events::Instant;

use crate::pipeline::period::date_of;

/// By what days are taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Such as `2026-03-02`.
    Day,
    /// From Monday on, by ISO 8601, such as `2026-W10`.
    Week,
    /// Such as `2026-03`.
    Month,
    /// Such as `2026-Q1`.
    Quarter,
    /// Such as `2026`.
    Year,
}

impl Unit {
    /// All, the shortest first.
    pub const ALL: [Unit; 5] = [Unit::Day, Unit::Week, Unit::Month, Unit::Quarter, Unit::Year];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Unit::Day => "day",
            Unit::Week => "week",
            Unit::Month => "month",
            Unit::Quarter => "quarter",
            Unit::Year => "year",
        }
    }

    /// Its word for many.
    pub fn plural(self) -> &'static str {
        match self {
            Unit::Day => "days",
            Unit::Week => "weeks",
            Unit::Month => "months",
            Unit::Quarter => "quarters",
            Unit::Year => "years",
        }
    }

    /// The one in which a day lies, in words that sort as days do.
    pub fn of(self, date: Date) -> String {
        let year = date.year();
        match self {
            Unit::Day => date.to_string(),
            Unit::Week => {
                let week = date.iso_week_date();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            Unit::Month => format!("{year:04}-{:02}", date.month()),
            Unit::Quarter => format!("{year:04}-Q{}", (date.month() + 2) / 3),
            Unit::Year => format!("{year:04}"),
        }
    }

    /// The first day of the one in which a day lies.
    fn start(self, date: Date) -> Option<Date> {
        let first = |month| Date::new(date.year(), month, 1).ok();
        match self {
            Unit::Day => Some(date),
            Unit::Week => date.checked_sub(i64::from(date.weekday().since(Weekday::Monday)).days()).ok(),
            Unit::Month => first(date.month()),
            Unit::Quarter => first((date.month() - 1) / 3 * 3 + 1),
            Unit::Year => first(1),
        }
    }

    fn times(self, count: u32) -> Option<Span> {
        let (count, span) = (i64::from(count), Span::new());
        let found = match self {
            Unit::Day => span.try_days(count),
            Unit::Week => span.try_weeks(count),
            Unit::Month => span.try_months(count),
            Unit::Quarter => span.try_months(3 * count),
            Unit::Year => span.try_years(count),
        };
        found.ok()
    }
}

/// Which days are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Days {
    /// From a day on to before another; `None`: without end on that side.
    Between(Option<Date>, Option<Date>),
    /// So many up to the as-of, its day included.
    Last(u32, Unit),
    /// So many whole ones that are over.
    Whole(u32, Unit),
    /// The one in which the as-of lies.
    This(Unit),
}

impl Days {
    /// From which day on, to before which. An as-of is exclusive: its day is that of the moment before it, so that
    /// midnight belongs to the day that it ends. What cannot be counted has no end.
    pub fn at(self, as_of: Instant, zone: &TimeZone) -> (Option<Date>, Option<Date>) {
        if let Days::Between(from, until) = self {
            return (from, until);
        }
        let Some(today) = date_of(as_of.plus_micros(-1), zone) else { return (None, None) };
        let end = today.tomorrow().ok();
        let back = |until: Option<Date>, count, unit: Unit| until?.checked_sub(unit.times(count)?).ok();
        match self {
            Days::Between(from, until) => (from, until),
            Days::Last(count, unit) => (back(end, count, unit), end),
            Days::Whole(count, unit) => {
                let until = end.and_then(|end| unit.start(end));
                (back(until, count, unit), until)
            }
            Days::This(unit) => {
                let from = unit.start(today);
                (from, from.and_then(|from| from.checked_add(unit.times(1)?).ok()))
            }
        }
    }
}

/// Whether a day lies between two, half-open.
pub fn holds((from, until): (Option<Date>, Option<Date>), date: Date) -> bool {
    from.is_none_or(|from| from <= date) && until.is_none_or(|until| date < until)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    fn days(days: Days, as_of: &str) -> (String, String) {
        let (from, until) = days.at(at(as_of), &TimeZone::get("Europe/Helsinki").unwrap());
        (from.unwrap().to_string(), until.unwrap().to_string())
    }

    #[test]
    fn days_are_counted_back_from_the_as_of() {
        let is = |from: &str, until: &str| (from.to_owned(), until.to_owned());
        let noon = "2017-05-31T12:00:00+03:00";
        assert_eq!(days(Days::Last(3, Unit::Month), noon), is("2017-03-01", "2017-06-01"));
        assert_eq!(days(Days::Last(1, Unit::Day), noon), is("2017-05-31", "2017-06-01"));
        assert_eq!(days(Days::Whole(1, Unit::Quarter), noon), is("2017-01-01", "2017-04-01"));
        assert_eq!(days(Days::This(Unit::Quarter), noon), is("2017-04-01", "2017-07-01"));
        assert_eq!(days(Days::This(Unit::Week), noon), is("2017-05-29", "2017-06-05"));
        assert_eq!(days(Days::This(Unit::Year), noon), is("2017-01-01", "2018-01-01"));
        // Midnight of the zone ends the quarter: it is over, and the as-of lies in none after it.
        let midnight = "2017-04-01T00:00:00+03:00";
        assert_eq!(days(Days::Whole(1, Unit::Quarter), midnight), is("2017-01-01", "2017-04-01"));
        assert_eq!(days(Days::Last(3, Unit::Month), midnight), is("2017-01-01", "2017-04-01"));
        assert_eq!(days(Days::This(Unit::Quarter), midnight), is("2017-01-01", "2017-04-01"));
    }

    #[test]
    fn units_sort_as_days_do() {
        let words: Vec<_> = Unit::ALL.map(|unit| unit.of(date(2026, 1, 1))).into();
        assert_eq!(words, ["2026-01-01", "2026-W01", "2026-01", "2026-Q1", "2026"]);
        assert_eq!(Unit::Week.of(date(2027, 1, 1)), "2026-W53");
        assert_eq!(Unit::Quarter.start(date(2026, 12, 31)), Some(date(2026, 10, 1)));
    }

    #[test]
    fn what_cannot_be_counted_has_no_end() {
        let far = Instant::from_micros(i64::MAX);
        assert_eq!(Days::Last(1, Unit::Day).at(far, &TimeZone::UTC), (None, None));
        let (from, until) = Days::Last(u32::MAX, Unit::Day).at(at("2026-01-01T00:00:00Z"), &TimeZone::UTC);
        assert_eq!((from, until), (None, Some(date(2026, 1, 1))));
    }
}
