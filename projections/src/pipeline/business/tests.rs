use proptest::prelude::*;

use super::*;

const HOUR: i64 = 60 * MINUTE;

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn all_week(openings: &str) -> [Openings; 7] {
    [(); 7].map(|()| Openings::parse(openings).unwrap())
}

fn hours(openings: &str, within_minutes: u32) -> BusinessHours {
    BusinessHours::new(zone("Europe/Helsinki"), all_week(openings), [], within_minutes).unwrap()
}

#[test]
fn by_default_a_day_on_working_days() {
    let hours = BusinessHours::built_in(zone("Europe/Helsinki"));
    for (from, due) in [
        ("2026-03-04T10:15:00+02:00", "2026-03-05T10:15:00+02:00"),
        // Friday afternoon to Monday afternoon, Saturday to the end of Monday.
        ("2026-03-06T15:00:00+02:00", "2026-03-09T15:00:00+02:00"),
        ("2026-03-07T15:00:00+02:00", "2026-03-10T00:00:00+02:00"),
        // The weekend of the change to summer time: 47 hours long, but none of it counts.
        ("2026-03-27T15:00:00+02:00", "2026-03-30T15:00:00+03:00"),
    ] {
        assert_eq!(hours.due(at(from)), Some(at(due)), "{from}");
    }
}

#[test]
fn days_of_23_and_25_hours_are_as_long_as_they_are() {
    let hours = hours("00:00-24:00", 24 * 60);
    // Helsinki: 2026-03-29 03:00 +02 to 04:00 +03, 2026-10-25 04:00 +03 to 03:00 +02.
    for (from, due) in [
        ("2026-03-28T12:00:00+02:00", "2026-03-29T13:00:00+03:00"),
        ("2026-10-24T12:00:00+03:00", "2026-10-25T11:00:00+02:00"),
        ("2026-10-24T03:30:00+03:00", "2026-10-25T03:30:00+03:00"),
        ("2026-10-24T04:30:00+03:00", "2026-10-25T03:30:00+02:00"),
    ] {
        assert_eq!(hours.due(at(from)), Some(at(due)), "{from}");
    }
    let open = |from, until| hours.open_between(at(from), at(until)) / HOUR;
    assert_eq!(open("2026-03-29T00:00:00+02:00", "2026-03-30T00:00:00+03:00"), 23);
    assert_eq!(open("2026-10-25T00:00:00+03:00", "2026-10-26T00:00:00+02:00"), 25);
}

#[test]
fn skipped_openings_are_empty_and_repeated_ones_come_once() {
    // 03:00 to 04:00 does not exist on 2026-03-29.
    let night = hours("03:00-03:30, 03:30-05:00", 90);
    assert_eq!(night.open_between(at("2026-03-29T00:00:00+02:00"), at("2026-03-30T00:00:00+03:00")), HOUR);
    assert_eq!(night.due(at("2026-03-29T00:00:00+02:00")), Some(at("2026-03-30T03:30:00+03:00")));
    // 03:00 to 04:00 comes twice on 2026-10-25.
    let night = hours("03:00-03:30", 30);
    assert_eq!(night.due(at("2026-10-25T00:00:00+03:00")), Some(at("2026-10-25T03:30:00+03:00")));
    assert_eq!(night.open_between(at("2026-10-25T00:00:00+03:00"), at("2026-10-26T00:00:00+02:00")), HOUR / 2);
}

#[test]
fn breaks_evenings_and_holidays_do_not_count() {
    let holidays = [jiff::civil::date(2026, 4, 3), jiff::civil::date(2026, 4, 6)];
    let mut week = all_week("08:00-12:00, 13:00-16:00");
    (week[5], week[6]) = (Openings::default(), Openings::default());
    let hours = BusinessHours::new(zone("Europe/Helsinki"), week, holidays, 8 * 60).unwrap();
    for (from, due) in [
        ("2026-03-31T08:00:00+03:00", "2026-04-01T09:00:00+03:00"),
        ("2026-03-31T12:30:00+03:00", "2026-04-01T14:00:00+03:00"),
        ("2026-03-31T23:00:00+03:00", "2026-04-02T09:00:00+03:00"),
        // Over Easter.
        ("2026-04-02T15:00:00+03:00", "2026-04-07T16:00:00+03:00"),
    ] {
        assert_eq!(hours.due(at(from)), Some(at(due)), "{from}");
    }
    let due = at("2026-04-07T16:00:00+03:00");
    assert_eq!(hours.left(at("2026-04-04T12:00:00+03:00"), due), 7 * HOUR);
    assert_eq!(hours.left(at("2026-04-08T12:30:00+03:00"), due), -4 * HOUR);
    assert_eq!(hours.left(due, due), 0);
}

#[test]
fn what_is_no_opening_is_refused() {
    for text in
        ["8:00-12:00", "08:00", "12:00-08:00", "08:00-08:00", "08:00-24:01", "08:60-09:00", "a-b", "+1:00-02:00"]
    {
        assert_eq!(Openings::parse(text), Err(Error::Opening), "{text}");
    }
    assert_eq!(Openings::parse("08:00-12:00,11:00-13:00"), Err(Error::Overlap));
    assert_eq!(Openings::parse(" "), Ok(Openings::default()));
    let new = |openings, within| BusinessHours::new(TimeZone::UTC, all_week(openings), [], within);
    assert_eq!(new("", 60).err(), Some(Error::NeverOpen));
    assert_eq!(new("08:00-12:00", 0).err(), Some(Error::NoTime));
}

#[test]
fn the_ends_of_time_are_no_panic() {
    let hours = hours("08:00-16:00", 60);
    for micros in [i64::MIN, i64::MIN + 1, -377_705_116_800_000_000, 253_402_207_200_000_000, i64::MAX] {
        let from = Instant::from_micros(micros);
        let _ = (hours.due(from), hours.left(from, Instant::default()), hours.left(Instant::default(), from));
    }
    // Less than a minute in a year, for ten years and no longer.
    let holidays = std::iter::successors(Some(jiff::civil::date(2026, 1, 1)), |date| date.tomorrow().ok());
    let closed = BusinessHours::new(TimeZone::UTC, all_week("08:00-16:00"), holidays.take(4_000), 60).unwrap();
    assert_eq!(closed.due(at("2026-01-02T00:00:00Z")), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// In zones with changes at three o'clock, at midnight, and of half an hour.
    #[test]
    fn open_time_until_due_is_what_was_granted_and_later_is_never_due_earlier(
        zone_name in prop_oneof![
            Just("Europe/Helsinki"), Just("America/St_Johns"), Just("Australia/Lord_Howe"), Just("Africa/Cairo")
        ],
        openings in prop_oneof![Just("00:00-24:00"), Just("00:00-03:30"), Just("08:00-12:00, 13:00-16:30"), Just("23:00-24:00")],
        within in 1_u32..3_000,
        start in 0_i64..(20 * 366 * 24 * 60),
        later in 0_i64..(5 * 24 * 60),
    ) {
        let hours = BusinessHours::new(zone(zone_name), all_week(openings), [], within).unwrap();
        // From 1990 on, when St John's changed its clocks at one minute past midnight.
        let from = Instant::from_micros(631_152_000 * Instant::SECOND + start * MINUTE);
        let due = hours.due(from).unwrap();
        prop_assert_eq!(hours.open_between(from, due), i64::from(within) * MINUTE);
        prop_assert_eq!(hours.left(from, due), i64::from(within) * MINUTE);
        let other = from.plus_micros(later * MINUTE);
        prop_assert!(hours.due(other).unwrap() >= due);
        let (one, two) = (hours.open_between(from, other), hours.open_between(other, other.plus_days(3)));
        prop_assert_eq!(one + two, hours.open_between(from, other.plus_days(3)));
    }
}
