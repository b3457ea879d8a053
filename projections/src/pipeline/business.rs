//! Opening hours: until when something is to be answered, and how much open time is left.
//!
//! Open time is real time: an opening that spans a change of the clocks is an hour shorter or longer than the wall
//! clock says. Openings are given by the wall clock of a time zone. A time that the zone skips counts as the moment
//! of the jump; of a time that comes twice the first counts.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use kulta_events::Instant;

const MINUTES_OF_DAY: u16 = 24 * 60;
const MINUTE: i64 = 60 * Instant::SECOND;
/// How far ahead open time is looked for: ten years.
const MOST_DAYS: u32 = 3_660;

/// Why opening hours are none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An opening is no pair of times of a day, the first before the second.
    #[error("expected openings such as 08:00-12:00, 13:00-16:30")]
    Opening,
    /// Openings of a day overlap, or stand in the wrong order.
    #[error("the openings of a day overlap or stand in the wrong order")]
    Overlap,
    /// It is never open.
    #[error("it is never open")]
    NeverOpen,
    /// Nothing can be answered within no time.
    #[error("the time to answer is zero")]
    NoTime,
}

/// The openings of one day, in minutes from midnight, half-open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Openings(Vec<(u16, u16)>);

impl Openings {
    /// Open from midnight to midnight.
    pub fn whole_day() -> Self {
        Self(vec![(0, MINUTES_OF_DAY)])
    }

    /// Reads `08:00-12:00, 13:00-16:30`; the end may be `24:00`. Empty text: closed.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut openings = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (from, until) = part.split_once('-').ok_or(Error::Opening)?;
            let (from, until) = (minutes(from.trim())?, minutes(until.trim())?);
            if from >= until {
                return Err(Error::Opening);
            }
            if openings.last().is_some_and(|(_, last)| from < *last) {
                return Err(Error::Overlap);
            }
            openings.push((from, until));
        }
        Ok(Self(openings))
    }
}

impl std::fmt::Display for Openings {
    /// As [`Openings::parse`] reads it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, (from, until)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, until / 60, until % 60)?;
        }
        Ok(())
    }
}

fn minutes(text: &str) -> Result<u16, Error> {
    let (hours, minutes) = text.split_once(':').ok_or(Error::Opening)?;
    let number = |text: &str| match text.len() {
        2 if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse::<u16>().map_err(|_| Error::Opening),
        _ => Err(Error::Opening),
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let of_day = hours * 60 + minutes;
    if minutes < 60 && of_day <= MINUTES_OF_DAY { Ok(of_day) } else { Err(Error::Opening) }
}

/// When it is open, and within how much open time an answer is due.
#[derive(Clone, Debug)]
pub struct BusinessHours {
    zone: TimeZone,
    /// From Monday on.
    week: [Openings; 7],
    holidays: BTreeSet<Date>,
    within_minutes: u32,
}

impl BusinessHours {
    /// Opening hours of a week that begins on Monday, closed on holidays.
    ///
    /// # Errors
    /// When it is never open, or an answer is due within no time.
    pub fn new(
        zone: TimeZone,
        week: [Openings; 7],
        holidays: impl IntoIterator<Item = Date>,
        within_minutes: u32,
    ) -> Result<Self, Error> {
        if week.iter().all(|day| day.0.is_empty()) {
            return Err(Error::NeverOpen);
        }
        if within_minutes == 0 {
            return Err(Error::NoTime);
        }
        Ok(Self { zone, week, holidays: holidays.into_iter().collect(), within_minutes })
    }

    /// What holds while nothing else is configured: answers are due within 24 hours, of which those of Saturdays and
    /// Sundays do not count. (Open on every day it would be 24 hours by any clock.)
    pub fn built_in(zone: TimeZone) -> Self {
        let day = |weekend: bool| if weekend { Openings::default() } else { Openings::whole_day() };
        let week = [false, false, false, false, false, true, true].map(day);
        Self { zone, week, holidays: BTreeSet::new(), within_minutes: 24 * 60 }
    }

    /// The time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Until when what began at `from` is to be answered; `None`: not within ten years. Never earlier for what began
    /// later.
    pub fn due(&self, from: Instant) -> Option<Instant> {
        let mut missing = i64::from(self.within_minutes) * MINUTE;
        for (begin, end) in self.openings(from) {
            if end - begin >= missing {
                return Some(Instant::from_micros(begin + missing));
            }
            missing -= end - begin;
        }
        None
    }

    /// How much open time lies between two instants, in microseconds; 0 when the second is not later. What lies more
    /// than ten years after the first does not count.
    pub fn open_between(&self, from: Instant, until: Instant) -> i64 {
        let until = until.micros();
        let openings = self.openings(from).take_while(|(begin, _)| *begin < until);
        openings.map(|(begin, end)| end.min(until) - begin).sum()
    }

    /// How much open time is left until `due`, in microseconds; negative: how much has passed since.
    pub fn left(&self, as_of: Instant, due: Instant) -> i64 {
        if as_of <= due { self.open_between(as_of, due) } else { -self.open_between(due, as_of) }
    }

    /// The openings from an instant on, in microseconds since 1970-01-01T00:00:00Z, half-open, without overlap, none
    /// empty.
    fn openings(&self, from: Instant) -> impl Iterator<Item = (i64, i64)> {
        // Where clocks are set back across midnight, the evening before may come again.
        let first = self.date(from).and_then(|date| date.yesterday().ok());
        let mut dates = std::iter::successors(first, |date| date.tomorrow().ok()).take(MOST_DAYS as usize);
        let mut cursor = from.micros();
        let mut today = Vec::new().into_iter();
        std::iter::from_fn(move || {
            loop {
                for (begin, end) in today.by_ref() {
                    let begin: i64 = cursor.max(begin);
                    if begin < end {
                        cursor = end;
                        return Some((begin, end));
                    }
                }
                today = self.of_date(dates.next()?).into_iter();
            }
        })
    }

    fn of_date(&self, date: Date) -> Vec<(i64, i64)> {
        if self.holidays.contains(&date) {
            return Vec::new();
        }
        let day = match date.weekday() {
            Weekday::Monday => 0,
            Weekday::Tuesday => 1,
            Weekday::Wednesday => 2,
            Weekday::Thursday => 3,
            Weekday::Friday => 4,
            Weekday::Saturday => 5,
            Weekday::Sunday => 6,
        };
        let openings: &Openings = &self.week[day];
        let at = |minutes| self.instant(date, minutes);
        openings.0.iter().filter_map(|(from, until)| Some((at(*from)?, at(*until)?))).collect()
    }

    fn date(&self, at: Instant) -> Option<Date> {
        let timestamp = Timestamp::from_microsecond(at.micros()).ok()?;
        Some(self.zone.to_datetime(timestamp).date())
    }

    /// When the wall clock says so many minutes after midnight.
    fn instant(&self, date: Date, minutes: u16) -> Option<i64> {
        let (date, minutes) = if minutes == MINUTES_OF_DAY { (date.tomorrow().ok()?, 0) } else { (date, minutes) };
        let (hour, minute) = (i8::try_from(minutes / 60).ok()?, i8::try_from(minutes % 60).ok()?);
        let ambiguous = self.zone.to_ambiguous_timestamp(date.at(hour, minute, 0, 0));
        let found = match ambiguous.offset() {
            AmbiguousOffset::Gap { .. } => self.jump_before(ambiguous.later().ok()?)?,
            _ => ambiguous.earlier().ok()?,
        };
        Some(found.as_microsecond())
    }

    /// The last change of the clocks up to a time.
    fn jump_before(&self, at: Timestamp) -> Option<Timestamp> {
        // Changes lie on whole seconds, and one at the time itself counts.
        let after = Timestamp::from_second(at.as_second().checked_add(1)?).ok()?;
        self.zone.preceding(after).next().map(|found| found.timestamp())
    }
}

#[cfg(test)]
mod tests;
