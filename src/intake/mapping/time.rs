//! Times and dates as files write them.

use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, Zoned};
use kulta_projections::expr::instant;

use super::error::TimeFault;

/// What a text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// A day, without a time of day.
    Day(Date),
    /// A point in time, microseconds since 1970-01-01T00:00:00Z.
    Instant(i64),
}

/// A date and time that no calendar rule makes special, to try formats on.
fn sample() -> Option<Zoned> {
    jiff::civil::date(2003, 4, 5).at(16, 7, 8, 0).to_zoned(TimeZone::UTC).ok()
}

/// Whether a format can be read, and says at least which day.
pub(super) fn is_format(format: &str) -> bool {
    let read_back = || {
        let sample = sample()?;
        let written = BrokenDownTime::from(&sample).to_string(format).ok()?;
        let read = BrokenDownTime::parse(format, &written).ok()?;
        let same_day = read.to_date().is_ok_and(|date| date == sample.date());
        let same_hour = read.hour().is_none_or(|hour| hour == sample.hour());
        let same_instant = read.to_timestamp().is_ok_and(|timestamp| timestamp == sample.timestamp());
        Some(same_instant || (same_day && same_hour && (read.hour().is_some() || !has_hour(format))))
    };
    read_back().unwrap_or(false)
}

/// Whether a format asks for an hour, which one without `%p` leaves undecided on a 12-hour clock.
fn has_hour(format: &str) -> bool {
    ["%I", "%l", "%-I", "%_I", "%0I"].iter().any(|directive| format.contains(directive))
}

/// Reads a text by the first format that fits; without formats as RFC 3339 with offset.
pub(super) fn read(text: &str, formats: &[String], zone: &TimeZone) -> Result<Reading, TimeFault> {
    if formats.is_empty() {
        return instant(text).map(Reading::Instant).ok_or(TimeFault::NotRfc3339);
    }
    for format in formats {
        let Ok(read) = BrokenDownTime::parse(format, text) else {
            continue;
        };
        if let Some(reading) = reading(&read, format, text, zone)? {
            return Ok(reading);
        }
    }
    Err(TimeFault::NoFormat)
}

/// `None` when this is not how the text was meant.
fn reading(read: &BrokenDownTime, format: &str, text: &str, zone: &TimeZone) -> Result<Option<Reading>, TimeFault> {
    let date = read.to_date();
    // `%Y` would take the two digits of 5/3/20 for the year 20.
    if date.as_ref().is_ok_and(|date| date.year() < 1000) {
        return Ok(None);
    }
    if is_leap_second(read, format, text) {
        return Err(TimeFault::LeapSecond);
    }
    if read.offset().is_some() || (date.is_err() && read.to_timestamp().is_ok()) {
        return Ok(read.to_timestamp().ok().map(|timestamp| Reading::Instant(micros(timestamp))));
    }
    let Ok(date) = date else {
        return Ok(None);
    };
    if read.hour().is_none() {
        return Ok(Some(Reading::Day(date)));
    }
    match read.to_time() {
        Ok(time) => local(date.to_datetime(time), zone).map(|micros| Some(Reading::Instant(micros))),
        Err(_) => Ok(None),
    }
}

/// Second 60 is read as 59. It was 60 when another pair of digits in its place is read as that pair.
fn is_leap_second(read: &BrokenDownTime, format: &str, text: &str) -> bool {
    read.second() == Some(59)
        && text.match_indices("60").any(|(index, _)| {
            let other = format!("{}58{}", &text[..index], &text[index + 2..]);
            BrokenDownTime::parse(format, &other).is_ok_and(|read| read.second() == Some(58))
        })
}

fn local(time: DateTime, zone: &TimeZone) -> Result<i64, TimeFault> {
    match zone.to_ambiguous_timestamp(time).offset() {
        AmbiguousOffset::Unambiguous { offset } => {
            offset.to_timestamp(time).map(micros).map_err(|_| TimeFault::OutOfRange)
        }
        AmbiguousOffset::Gap { .. } => Err(TimeFault::DoesNotExist),
        AmbiguousOffset::Fold { .. } => Err(TimeFault::OccursTwice),
    }
}

/// When a day begins: midnight, or the first moment after it where midnight is skipped.
pub(super) fn beginning(date: Date, zone: &TimeZone) -> Result<i64, TimeFault> {
    date.to_zoned(zone.clone()).map(|zoned| micros(zoned.timestamp())).map_err(|_| TimeFault::OutOfRange)
}

/// RFC 3339 in UTC.
pub(super) fn rfc3339(micros: i64) -> String {
    Timestamp::from_microsecond(micros).map_or_else(|_| micros.to_string(), |timestamp| timestamp.to_string())
}

/// The date, a century earlier when it was written with a two-digit year and would be after `not_after`.
pub(super) fn not_after(date: Date, latest: Option<Date>, formats: &[String], text: &str) -> Date {
    let Some(latest) = latest.filter(|latest| date > *latest) else {
        return date;
    };
    let two_digits = |format: &String| format.contains("%y") || format.contains("%D");
    let read_by = formats.iter().find(|format| {
        let read = BrokenDownTime::parse(format.as_str(), text).and_then(|read| read.to_date());
        read.is_ok_and(|read| read == date)
    });
    let earlier = date.with().year(date.year() - 100).build();
    match (read_by.is_some_and(two_digits), earlier) {
        (true, Ok(earlier)) if earlier <= latest => earlier,
        _ => date,
    }
}

fn micros(timestamp: Timestamp) -> i64 {
    i64::try_from(timestamp.as_nanosecond().div_euclid(1_000)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn shown(text: &str, formats: &[&str], zone_name: &str) -> Result<String, TimeFault> {
        let formats: Vec<_> = formats.iter().map(|format| (*format).to_owned()).collect();
        read(text, &formats, &zone(zone_name)).map(|reading| match reading {
            Reading::Day(date) => date.to_string(),
            Reading::Instant(micros) => rfc3339(micros),
        })
    }

    #[test]
    fn local_times_are_those_of_the_zone() {
        const FORMAT: &[&str] = &["%Y-%m-%d %H:%M:%S"];
        assert_eq!(shown("2011-10-06 16:20:00", FORMAT, "Europe/London").unwrap(), "2011-10-06T15:20:00Z");
        assert_eq!(shown("2011-12-06 16:20:00", FORMAT, "Europe/London").unwrap(), "2011-12-06T16:20:00Z");
        assert_eq!(shown("2011-12-06 16:20:00", FORMAT, "UTC").unwrap(), "2011-12-06T16:20:00Z");
    }

    #[test]
    fn clocks_that_are_changed_make_no_guess() {
        const FORMAT: &[&str] = &["%d.%m.%Y %H:%M"];
        assert_eq!(shown("29.3.2026 03:30", FORMAT, "Europe/Helsinki"), Err(TimeFault::DoesNotExist));
        assert_eq!(shown("25.10.2026 03:30", FORMAT, "Europe/Helsinki"), Err(TimeFault::OccursTwice));
        assert_eq!(shown("25.10.2026 04:00", FORMAT, "Europe/Helsinki").unwrap(), "2026-10-25T02:00:00Z");
        assert!(shown("29.3.2026 03:30", FORMAT, "UTC").is_ok());
    }

    #[test]
    fn an_offset_in_the_text_wins() {
        let formats = &["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S%:z", "%s"];
        assert_eq!(shown("2026-10-25T03:30:00+0300", formats, "Europe/Helsinki").unwrap(), "2026-10-25T00:30:00Z");
        assert_eq!(shown("2026-10-25T03:30:00-01:30", formats, "UTC").unwrap(), "2026-10-25T05:00:00Z");
        assert_eq!(shown("86400", formats, "Europe/Helsinki").unwrap(), "1970-01-02T00:00:00Z");
        assert_eq!(shown("2026-03-02T10:15:00+02:00", &[], "UTC").unwrap(), "2026-03-02T08:15:00Z");
        assert_eq!(shown("2026-03-02 10:15", &[], "UTC"), Err(TimeFault::NotRfc3339));
    }

    #[test]
    fn formats_are_tried_in_order() {
        let formats = &["%m/%d/%Y", "%m/%d/%y", "%d/%m/%Y", "%b %d %Y", "%d-%b-%y"];
        for (text, date) in [
            ("12/11/1978", "1978-12-11"),
            ("1/7/80", "1980-01-07"),
            ("20/8/1991", "1991-08-20"),
            ("Mar 1 1970", "1970-03-01"),
            ("24-May-11", "2011-05-24"),
        ] {
            assert_eq!(shown(text, formats, "UTC").unwrap(), date, "{text}");
        }
        for text in ["", "2010", "30/30/2020", "2/30/2020", "12/11/1978 "] {
            assert_eq!(shown(text, formats, "UTC"), Err(TimeFault::NoFormat), "{text}");
        }
    }

    #[test]
    fn leap_seconds_are_refused_but_other_sixties_are_not() {
        const FORMAT: &[&str] = &["%Y-%m-%d %H:%M:%S", "%H:%M:%S %Y-%m-%d"];
        assert_eq!(shown("2016-12-31 23:59:60", FORMAT, "UTC"), Err(TimeFault::LeapSecond));
        assert_eq!(shown("23:59:60 1960-12-31", FORMAT, "UTC"), Err(TimeFault::LeapSecond));
        assert_eq!(shown("1960-12-31 23:59:59", FORMAT, "UTC").unwrap(), "1960-12-31T23:59:59Z");
    }

    #[test]
    fn a_day_begins_with_its_first_moment() {
        let date = jiff::civil::date(2018, 11, 4);
        assert_eq!(rfc3339(beginning(date, &zone("America/Sao_Paulo")).unwrap()), "2018-11-04T03:00:00Z");
        assert_eq!(rfc3339(beginning(date, &zone("Europe/Helsinki")).unwrap()), "2018-11-03T22:00:00Z");
    }

    #[test]
    fn formats_that_say_no_day_are_none() {
        for format in ["%Y-%m-%d", "%d.%m.%y %H.%M", "%F %T", "%s", "%m/%d/%Y %I:%M %p", "%A %d %B %Y", "%Y-%j"] {
            assert!(is_format(format), "{format}");
        }
        for format in ["", "%H:%M", "%Y-%m", "%Y-%m-%d %!", "%Q", "%Y-%m-%d %I:%M", "dd.mm.yyyy", "%Y-%m-%d %"] {
            assert!(!is_format(format), "{format}");
        }
    }

    #[test]
    fn two_digit_years_may_be_of_the_last_century() {
        let formats = ["%m/%d/%y".to_owned(), "%m/%d/%Y".to_owned()];
        let latest = Some(jiff::civil::date(2018, 12, 31));
        let date = jiff::civil::date(2031, 2, 4);
        assert_eq!(not_after(date, latest, &formats, "2/4/31").to_string(), "1931-02-04");
        assert_eq!(not_after(date, latest, &formats, "2/4/2031"), date);
        assert_eq!(not_after(date, None, &formats, "2/4/31"), date);
    }
}
