use super::*;
use crate::pipeline::cause::Cause;

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

#[test]
fn causes_are_counted_by_month_and_by_thing() {
    let zone = TimeZone::get("Europe/Helsinki").unwrap();
    let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let standing = |text| Standing::of(Cause { at: at(text), thing: one, began: 1 }, Some(at("2026-12-01T00:00:00Z")));
    let during = (at("2026-02-01T00:00:00Z"), at("2026-04-01T00:00:00Z"));
    let mut run = DryRun::default();
    run.add(
        one,
        &["2026-01-31T23:59:59Z", "2026-02-28T22:30:00Z", "2026-02-01T00:00:00Z"].map(standing),
        during,
        &zone,
    );
    let mut rest = DryRun::default();
    rest.add_moments(other, [at("2026-03-31T23:59:59Z"), at("2026-04-01T00:00:00Z")], during, &zone);
    rest.add(Uuid::from_u128(3), &[], during, &zone);
    run.merge(rest);
    assert_eq!(run.fired, 3);
    let months: Vec<_> = run.by_month.iter().map(|(month, fired)| (month.as_str(), *fired)).collect();
    assert_eq!(months, [("2026-02", 1), ("2026-03", 1), ("2026-04", 1)], "months are those of the time zone");
    assert_eq!(run.by_thing.keys().collect::<Vec<_>>(), [&one, &other]);
    assert!(run.by_thing[&one].is_sorted());
}
