use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;

use super::*;

const ZONES: [&str; 11] = [
    "Europe/Helsinki",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Africa/Monrovia",
    "Asia/Manila",
    "UTC",
];
const YEAR_1900: i64 = -25_567 * DAY;
const YEAR_2200: i64 = 84_006 * DAY;

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn time(text: &str) -> i64 {
    micros(text.parse().unwrap())
}

fn shown(at: i64) -> String {
    timestamp(at).to_string()
}

/// Calendars of one zone with tables of several spans, the answers of which must be the same.
fn calendars(zone: &TimeZone) -> Vec<Calendar> {
    [(YEAR_1900, YEAR_2200), (time("2024-05-01T00:00:00Z"), time("2025-11-30T00:00:00Z")), (0, 0), (i64::MIN, 0)]
        .map(|(from, until)| Calendar::new(zone.clone(), from, until))
        .to_vec()
}

fn jiff_day(zone: &TimeZone, at: i64) -> i32 {
    let date = zone.to_datetime(timestamp(at)).date();
    (date - date_of_epoch()).get_days()
}

fn date_of_epoch() -> jiff::civil::Date {
    date(1970, 1, 1)
}

fn first_monday() -> jiff::civil::Date {
    date(1969, 12, 29)
}

fn jiff_plus_days(zone: &TimeZone, at: i64, days: u32) -> i64 {
    micros(timestamp(at).to_zoned(zone.clone()).checked_add(i64::from(days).days()).unwrap().timestamp())
}

/// Times that matter: around every transition of the zone.
fn around_transitions(zone: &TimeZone) -> Vec<i64> {
    let transitions = zone.following(timestamp(YEAR_1900)).map(|found| micros(found.timestamp()));
    let transitions: Vec<_> = transitions.take_while(|at| *at < YEAR_2200).collect();
    let around = [-DAY, -3_600_000_000, -1, 0, 1, 1_799_999_999, 1_800_000_000, 3_600_000_000, DAY];
    transitions.iter().flat_map(|at| around.map(|by| at + by)).collect()
}

#[test]
fn days_and_days_later_around_every_transition_are_those_of_jiff() {
    for name in ZONES {
        let zone = zone(name);
        let calendars = calendars(&zone);
        for at in around_transitions(&zone) {
            let (day, later) = (jiff_day(&zone, at), jiff_plus_days(&zone, at, 1));
            for calendar in &calendars {
                assert_eq!(calendar.day(at), day, "{name} {}", shown(at));
                assert_eq!(shown(calendar.plus_days(at, 1)), shown(later), "{name} {}", shown(at));
                let midnight = date_of_epoch().checked_add(day.days()).unwrap().at(0, 0, 0, 0);
                let midnight = micros(zone.to_ambiguous_timestamp(midnight).compatible().unwrap());
                assert_eq!(shown(calendar.midnight(day)), shown(midnight), "{name} {}", shown(at));
            }
        }
        let times = around_transitions(&zone);
        for calendar in &calendars {
            let mut days = Vec::new();
            calendar.days(&times, &mut days);
            assert!(days.into_iter().eq(times.iter().map(|at| calendar.day(*at))), "{name}");
        }
    }
}

#[test]
fn a_day_can_be_skipped() {
    let calendar = Calendar::new(zone("Pacific/Apia"), 0, YEAR_2200);
    let (thursday, saturday) = (time("2011-12-29T12:00:00-10:00"), time("2011-12-31T12:00:00+14:00"));
    assert_eq!(calendar.day(saturday) - calendar.day(thursday), 2);
    assert_eq!(saturday - thursday, DAY);
    // Friday noon did not exist; moved forward by the day that was skipped.
    assert_eq!(calendar.plus_days(thursday, 1), saturday);
    assert_eq!(calendar.plus_days(thursday, 2), saturday);
}

#[test]
fn a_wall_clock_time_that_is_skipped_or_comes_twice_is_resolved_as_compatible() {
    let calendar = Calendar::new(zone("Europe/Helsinki"), 0, YEAR_2200);
    let later = |from: &str, days| shown(calendar.plus_days(time(from), days));
    // 2026-03-29 03:00 to 04:00 is skipped.
    assert_eq!(later("2026-03-28T03:30:00+02:00", 1), "2026-03-29T01:30:00Z");
    // 2026-10-25 03:00 to 04:00 comes twice.
    assert_eq!(later("2026-10-24T03:30:00+03:00", 1), "2026-10-25T00:30:00Z");
    assert_eq!(later("2026-10-25T03:30:00+02:00", 1), "2026-10-26T01:30:00Z");
}

#[test]
fn windows_change_where_the_calendar_says() {
    let day = |text: &str| (text.parse::<jiff::civil::Date>().unwrap() - date_of_epoch()).get_days();
    let window = |text: &str, window| window_of(day(text), window);
    // ISO week 1 of 2026 begins on Monday, 2025-12-29.
    assert_eq!(window("2025-12-29", Window::Week), window("2026-01-04", Window::Week));
    assert_eq!(window("2025-12-28", Window::Week) + 1, window("2025-12-29", Window::Week));
    assert_eq!(window("1970-01-01", Window::Week), 0);
    assert_eq!(window("2024-02-29", Window::Month), 54 * 12 + 1);
    assert_eq!(window("2024-03-01", Window::Month), 54 * 12 + 2);
    assert_eq!(window("2024-03-31", Window::Quarter) + 1, window("2024-04-01", Window::Quarter));
    assert_eq!(window("1969-12-31", Window::Year), -1);
    assert_eq!(window("1800-01-01", Window::Year), -170);
    assert_eq!(window("1800-01-01", Window::Lifetime), 0);
    assert_eq!(window("1969-12-31", Window::Day), -1);
}

#[test]
fn the_ends_of_time_do_not_panic() {
    for name in ZONES {
        let zone = zone(name);
        for (from, until) in
            [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (i64::MAX, i64::MAX), (i64::MIN, i64::MIN), (0, 0)]
        {
            let calendar = Calendar::new(zone.clone(), from, until);
            for at in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX] {
                let day = calendar.day(at);
                assert!((day - (at / DAY) as i32).abs() <= 1, "{name} {at} {day}");
                for per in [Window::Week, Window::Month, Window::Quarter, Window::Year, Window::Lifetime] {
                    assert_eq!(calendar.window(at, per), window_of(day, per));
                }
                calendar.midnight(day);
                calendar.plus_days(at, 0);
                assert_eq!(calendar.plus_days(at, u32::MAX), i64::MAX, "{name} {at}");
            }
            calendar.midnight(i32::MIN);
            calendar.midnight(i32::MAX);
            // What events can have: the years 1800 to 9999.
            for at in ["1800-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-30T21:59:59.999999Z"] {
                assert_eq!(calendar.day(time(at)), jiff_day(&zone, time(at)), "{name} {at}");
            }
        }
        window_of(i32::MIN, Window::Month);
        window_of(i32::MAX, Window::Month);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_time_has_the_day_that_jiff_says(
        name in proptest::sample::select(&ZONES[..]),
        at in prop_oneof![YEAR_1900..YEAR_2200, -5_364_662_400_000_000_i64..249_000_000_000_000_000],
        days in prop_oneof![1_u32..400, 1_u32..40_000],
    ) {
        let zone = zone(name);
        for calendar in calendars(&zone) {
            prop_assert_eq!(calendar.day(at), jiff_day(&zone, at));
            prop_assert_eq!(calendar.plus_days(at, days), jiff_plus_days(&zone, at, days));
        }
    }

    #[test]
    fn any_day_lies_in_the_windows_that_jiff_says(day in -3_000_000_i32..2_900_000) {
        let date = date_of_epoch().checked_add(day.days()).unwrap();
        let year = i32::from(date.year());
        let month = (year - 1970) * 12 + i32::from(date.month()) - 1;
        prop_assert_eq!(window_of(day, Window::Month), month);
        prop_assert_eq!(window_of(day, Window::Quarter), (year - 1970) * 4 + (i32::from(date.month()) - 1) / 3);
        prop_assert_eq!(window_of(day, Window::Year), year - 1970);
        let monday = date.checked_sub((i32::from(date.weekday().to_monday_zero_offset())).days()).unwrap();
        let week = (monday - first_monday()).get_days() / 7;
        prop_assert_eq!(window_of(day, Window::Week), week);
    }
}
