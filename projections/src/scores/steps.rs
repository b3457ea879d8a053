//! The ends of days, weeks and months, for scores in the course of time.

use super::calendar::{Calendar, window_of};
use super::rules::Window;

/// The ends of windows between two times (microseconds since 1970-01-01T00:00:00Z), the first one later than `from`,
/// and `to` at last, where the last window is cut off; `None` when there are more than `most`.
pub fn ends(calendar: &Calendar, window: Window, (from, to): (i64, i64), most: usize) -> Option<Vec<i64>> {
    let mut ends = Vec::new();
    for day in calendar.day(from)..=calendar.day(to) {
        let begins = window_of(day, window) != window_of(day.saturating_sub(1), window);
        let midnight = calendar.midnight(day);
        if begins && from < midnight && midnight < to {
            if ends.len() + 1 >= most {
                return None;
            }
            ends.push(midnight);
        }
    }
    ends.push(to);
    Some(ends)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use kulta_events::Instant;

    use super::*;

    fn told(window: Window, from: &str, to: &str, most: usize) -> Option<Vec<String>> {
        let at = |text: &str| Instant::parse(text).unwrap().micros();
        let calendar = Calendar::new(TimeZone::get("Europe/Helsinki").unwrap(), at(from), at(to));
        let ends = ends(&calendar, window, (at(from), at(to)), most)?;
        Some(ends.into_iter().map(|end| Instant::from_micros(end).to_string()).collect())
    }

    #[test]
    fn steps_end_at_midnight_of_the_zone_and_the_last_where_it_is_cut() {
        // Summer time begins on 29 March 2026, a Sunday.
        let days = ["2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z", "2026-03-30T09:00:00Z"];
        assert_eq!(told(Window::Day, "2026-03-28T12:00:00Z", "2026-03-30T09:00:00Z", 3).unwrap(), days);
        assert_eq!(told(Window::Day, "2026-03-28T12:00:00Z", "2026-03-30T09:00:00Z", 2), None);
        let weeks = ["2026-03-29T21:00:00Z", "2026-04-01T00:00:00Z"];
        assert_eq!(told(Window::Week, "2026-03-24T12:00:00Z", "2026-04-01T00:00:00Z", 9).unwrap(), weeks);
        let months = ["2026-03-31T21:00:00Z", "2026-04-30T21:00:00Z"];
        assert_eq!(told(Window::Month, "2026-02-28T22:00:00Z", "2026-04-30T21:00:00Z", 9).unwrap(), months);
    }
}
