//! Money in several currencies.

use super::*;
use crate::expr::Position;
use crate::scores::rules::{Limit, Money, Rate, Tier, Tiers, Window};

fn with_rates(mut set: RuleSet) -> RuleSet {
    let rate = |from: &str, rate| Rate { from: time(from), rate: d(rate) };
    let sek = vec![rate("2026-01-01T00:00:00Z", "0.087"), rate("2026-06-01T00:00:00Z", "0.09")];
    set.money = Some(Money { currency: "EUR".into(), rates: vec![("SEK".into(), sek)] });
    set
}

fn bought(at: &str, amount: &'static str, currency: &'static str) -> Fact {
    fact(at, "purchase.made", &[("amount", amount), ("currency", currency)])
}

fn several() -> [Fact; 6] {
    [
        bought("2025-12-31T23:59:59Z", "100", "SEK"), // before the first rate
        bought("2026-01-01T00:00:00Z", "100", "SEK"),
        bought("2026-05-31T23:59:59Z", "100.5", "EUR"),
        bought("2026-06-01T00:00:00Z", "100", "SEK"),
        bought("2026-06-02T00:00:00Z", "100", "USD"),
        purchase("2026-06-03T00:00:00Z", "100"),
    ]
}

#[test]
fn amounts_are_converted_at_the_rate_of_the_event() {
    let set = with_rates(only(points(&["purchase.made"], "amount")));
    let scored = score(&set, &several());
    assert_eq!(parts(&scored), some(&[(1, "8.7"), (2, "100.5"), (3, "9")]));
    assert_eq!((scored.without_rate, scored.missing), (vec![3], vec![0]));
    assert_eq!(scored.currencies.iter().map(|code| &**code).collect::<Vec<_>>(), ["EUR", "SEK", "USD"]);
}

#[test]
fn conversion_reaches_conditions_and_measures() {
    let mut pays = points(&["purchase.made"], "amount");
    pays.when = Some(Expression::parse("amount < 9").unwrap());
    assert_eq!(parts(&score(&with_rates(only(pays)), &several())), some(&[(1, "8.7")]));
    let tiers = vec![Tier { up_to: Some(d("10")), rate: d("1") }];
    let measure = Expression::parse("amount").unwrap();
    let pays = for_events(&["purchase.made"], Worth::Tiers(Tiers { measure, per: Window::Year, tiers }));
    assert_eq!(parts(&score(&with_rates(only(pays)), &several())), some(&[(1, "8.7"), (2, "1.3")]));
}

#[test]
fn a_rule_that_reads_no_money_takes_every_event() {
    let set = with_rates(only(points(&["purchase.made"], "currency == \"USD\" ? 1 : 2")));
    let scored = score(&set, &several());
    // The last one has no currency at all.
    assert_eq!((scored.total, scored.missing, scored.without_rate), (d("9"), vec![1], vec![0]));
    assert!(scored.currencies.is_empty());
    // Nor does an event without the amount need a rate.
    let set = with_rates(only(points(&["purchase.made"], "has(amount) ? amount : 5")));
    let facts = [fact("2026-01-01T00:00:00Z", "purchase.made", &[])];
    assert_eq!(score(&set, &facts).total, d("5"));
    // A facet that is money for other types only.
    let set = with_rates(only(points(&["goal.set"], "amount")));
    let facts = [fact("2026-01-01T00:00:00Z", "goal.set", &[("amount", "7")])];
    assert_eq!(score(&set, &facts).total, d("7"));
}

#[test]
fn an_event_without_a_rate_is_none_of_the_rules_events() {
    let mut pays = points(&["purchase.made"], "amount");
    pays.limit = Some(Limit { count: 1, per: Window::Lifetime });
    assert_eq!(parts(&score(&with_rates(only(pays.clone())), &several())), some(&[(1, "8.7")]));
    // What the condition turned away without reading money is not counted.
    pays.when = Some(Expression::parse("currency == \"EUR\"").unwrap());
    let scored = score(&with_rates(only(pays)), &several());
    assert_eq!((scored.total, scored.without_rate, scored.missing), (d("100.5"), vec![0], vec![1]));
}

#[test]
fn without_a_currency_amounts_are_as_written_and_currencies_noted() {
    let scored = score(&only(points(&["purchase.made"], "amount")), &several());
    assert_eq!((scored.total, scored.without_rate), (d("600.5"), vec![0]));
    assert_eq!(scored.currencies.len(), 3);
}

#[test]
fn a_conversion_that_does_not_fit_is_refused() {
    let mut set = with_rates(only(points(&["purchase.made"], "1 + amount")));
    if let Some(money) = &mut set.money {
        money.rates[0].1[0].rate = d("0.0871234567890123456789012");
    }
    let facts = [bought("2026-01-01T00:00:00Z", "1234567.89", "SEK")];
    let at = Position { line: 1, column: 5 };
    let why = Fault::Conversion { path: "amount".into(), at };
    let refused = Refusal { rule: 0, id: "tested".into(), event: Some(0), at, why };
    assert_eq!(score_at(&set, &facts, AS_OF), Err(refused.into()));
}
