//! The calendar of a time zone over event times: days, windows, days later.
//!
//! A score asks for the day of every event, so the zone's offsets stand in a sorted table, made once for a span of
//! times. Times beyond the span are looked up in the time zone itself: slower, and as exact. Times beyond the years
//! −9999 to 9999, which no event has, take the offset that the zone has at that end.
//!
//! Days do not always go forward with time: where clocks are set back across midnight, an evening comes again after
//! its tomorrow has begun (St John's, 1987 to 2011, at 00:01). What counts by day therefore keeps a window open for
//! events that come back to it.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use super::rules::Window;

/// Microseconds of a day of 24 hours.
pub const DAY: i64 = 86_400_000_000;
/// More than any offset from UTC, in microseconds.
const BEYOND_OFFSETS: i64 = 2 * DAY;
/// How far the table reaches beyond its span: gaps end after the last event, mostly within a year.
const AHEAD: i64 = 366 * DAY;

/// The calendar of a time zone.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    /// In the order of time; at least one. The first begins at `known.0`.
    stretches: Vec<Stretch>,
    /// The times for which the table answers, half-open; `i64::MAX` as the end holds itself too.
    known: (i64, i64),
}

/// A time in which the zone's offset does not change.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    /// When it begins, microseconds since 1970-01-01T00:00:00Z.
    start: i64,
    /// The wall-clock time, as microseconds since 1970-01-01T00:00:00, from which on it is this offset that turns it
    /// into an instant.
    wall_start: i64,
    /// Microseconds that the wall clock is ahead of UTC.
    offset: i64,
}

impl Calendar {
    /// A calendar that is fast from `from` until `until` (microseconds since 1970-01-01T00:00:00Z) and exact always.
    pub fn new(zone: TimeZone, from: i64, until: i64) -> Self {
        let first = timestamp(from);
        let last = timestamp(until.max(from).saturating_add(AHEAD));
        let start = zone.preceding(at_second_after(first)).next().map_or(i64::MIN, |found| micros(found.timestamp()));
        let mut stretches = vec![Stretch { start, wall_start: i64::MIN, offset: offset_micros(zone.to_offset(first)) }];
        let mut end = i64::MAX;
        for transition in zone.following(first) {
            let (start, offset) = (micros(transition.timestamp()), offset_micros(transition.offset()));
            if transition.timestamp() > last {
                end = start;
                break;
            }
            let before = stretches.last().map_or(offset, |stretch| stretch.offset);
            // Many transitions change but a name.
            if offset != before {
                // Skipped wall-clock times take the offset before the transition, and so do those that come twice:
                // the same as "compatible" in RFC 5545 and in jiff.
                let wall_start = start.saturating_add(before.max(offset));
                stretches.push(Stretch { start, wall_start, offset });
            }
        }
        Self { zone, stretches, known: (start, end) }
    }

    /// The time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The day of a time (microseconds since 1970-01-01T00:00:00Z): whole days from 1970-01-01 in this zone.
    pub fn day(&self, at: i64) -> i32 {
        day_of_wall(at.saturating_add(self.offset(at)))
    }

    /// Appends the days of times; fastest when neighbours are close to each other.
    pub fn days(&self, times: &[i64], days: &mut Vec<i32>) {
        let (mut offset, mut holds, mut index) = (0, (0, 0), 0);
        days.extend(times.iter().map(|at| {
            if !(holds.0..holds.1).contains(at) {
                // Times mostly go forward: then it is the next stretch.
                match self.stretch(index + 1).filter(|(_, (start, end))| (*start..*end).contains(at)) {
                    Some(next) => (index, (offset, holds)) = (index + 1, next),
                    None => (index, (offset, holds)) = self.about(*at),
                }
            }
            day_of_wall(at.saturating_add(offset))
        }));
    }

    /// The number of the window that a time lies in.
    pub fn window(&self, at: i64, window: Window) -> i32 {
        window_of(self.day(at), window)
    }

    /// The same wall-clock time so many days later. A wall-clock time that the zone skips is moved forward by what was
    /// skipped, of one that comes twice it is the first; `i64::MAX` where there is no such time.
    pub fn plus_days(&self, at: i64, days: u32) -> i64 {
        let wall = at.saturating_add(self.offset(at));
        let wall = i128::from(wall) + i128::from(DAY) * i128::from(days);
        self.at_wall(i64::try_from(wall).unwrap_or(i64::MAX))
    }

    /// When the wall clock says midnight at the beginning of a day (days from 1970-01-01), microseconds since
    /// 1970-01-01T00:00:00Z; resolved as in [`Calendar::plus_days`] when midnight is skipped or comes twice.
    pub fn midnight(&self, day: i32) -> i64 {
        self.at_wall(DAY.saturating_mul(i64::from(day)))
    }

    /// Microseconds that the wall clock is ahead of UTC.
    fn offset(&self, at: i64) -> i64 {
        self.about(at).1.0
    }

    /// The same, and about that time a half-open span in which it is no other, which the table has at a place; an empty span
    /// where the table has no answer.
    fn about(&self, at: i64) -> (usize, (i64, (i64, i64))) {
        let index = self.stretches.partition_point(|stretch| stretch.start <= at).saturating_sub(1);
        let known = self.stretch(index).filter(|_| self.knows(at));
        (index, known.unwrap_or_else(|| (offset_micros(self.zone.to_offset(timestamp(at))), (0, 0))))
    }

    /// The offset of a stretch, and the half-open span that it is of.
    fn stretch(&self, index: usize) -> Option<(i64, (i64, i64))> {
        let stretch = self.stretches.get(index)?;
        let end = self.stretches.get(index + 1).map_or(self.known.1, |next| next.start);
        Some((stretch.offset, (stretch.start, end)))
    }

    fn knows(&self, at: i64) -> bool {
        at >= self.known.0 && (at < self.known.1 || self.known.1 == i64::MAX)
    }

    /// The instant of a wall-clock time (microseconds since 1970-01-01T00:00:00 on that clock).
    fn at_wall(&self, wall: i64) -> i64 {
        let (first, end) = self.known;
        let known = (first == i64::MIN || wall >= first.saturating_add(BEYOND_OFFSETS))
            && (end == i64::MAX || wall < end.saturating_sub(BEYOND_OFFSETS));
        if !known {
            return self.look_up_wall(wall);
        }
        let index = self.stretches.partition_point(|stretch| stretch.wall_start <= wall).saturating_sub(1);
        instant_of(wall, self.stretches[index].offset)
    }

    fn look_up_wall(&self, wall: i64) -> i64 {
        let civil = wall_clock(wall);
        let found = civil.and_then(|civil| self.zone.to_ambiguous_timestamp(civil).compatible().ok());
        found.map_or_else(|| instant_of(wall, offset_micros(self.zone.to_offset(timestamp(wall)))), micros)
    }
}

/// The number of the window that a day (days from 1970-01-01) lies in; the windows of a kind are numbered in the order
/// of time, and that of 1970-01-01 is 0.
///
/// Years and months by Howard Hinnant's `civil_from_days` (<https://howardhinnant.github.io/date_algorithms.html>).
pub fn window_of(day: i32, window: Window) -> i32 {
    /// 1970-01-01 was a Thursday, its ISO week began three days earlier.
    const SINCE_MONDAY: i64 = 3;
    let number = match window {
        Window::Day => return day,
        Window::Week => (i64::from(day) + SINCE_MONDAY).div_euclid(7),
        Window::Month => month_of(day),
        Window::Quarter => month_of(day).div_euclid(3),
        Window::Year => month_of(day).div_euclid(12),
        Window::Lifetime => 0,
    };
    // Fewer windows than days.
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Months from January 1970.
fn month_of(day: i32) -> i64 {
    // Years that begin on 1 March, eras of 400 years from the year 0.
    let day = i64::from(day) + 719_468;
    let (era, day_of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    (era * 400 + year_of_era - 1_970) * 12 + month_from_march + 2
}

fn day_of_wall(wall: i64) -> i32 {
    // At most 106,751,991 days fit into the microseconds of an i64.
    i32::try_from(wall.div_euclid(DAY)).unwrap_or(if wall < 0 { i32::MIN } else { i32::MAX })
}

/// The end of time stays the end of time, whatever the offset.
fn instant_of(wall: i64, offset: i64) -> i64 {
    if wall == i64::MAX { wall } else { wall.saturating_sub(offset) }
}

/// The nearest time that the time zone database can be asked for.
fn timestamp(at: i64) -> Timestamp {
    Timestamp::from_microsecond(at).unwrap_or(if at < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// So that a transition at the time itself counts as one before it; transitions lie on whole seconds.
fn at_second_after(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().saturating_add(1)).unwrap_or(Timestamp::MAX)
}

fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

fn offset_micros(offset: Offset) -> i64 {
    i64::from(offset.seconds()) * 1_000_000
}

fn wall_clock(wall: i64) -> Option<DateTime> {
    Timestamp::from_microsecond(wall).ok().map(|at| Offset::UTC.to_datetime(at))
}

#[cfg(test)]
mod tests;
