//! Points for events: conditions, tiers, caps, limits, numbers of events.

use super::*;
use crate::expr::{EvalError, Position};
use crate::scores::rules::{AtLeast, Cap, Limit, Tier, Tiers, Window};

#[test]
fn an_event_of_the_type_that_meets_the_condition_gives_points() {
    let mut pays = points(&["purchase.made"], "floor(amount) * customer.weight");
    pays.when = Some(Expression::parse("market == \"FI\" && customer.segment == \"key\"").unwrap());
    let facts = [
        fact("2026-01-01T00:00:00Z", "purchase.made", &[("amount", "9.99"), ("market", "FI")]),
        fact("2026-01-02T00:00:00Z", "purchase.made", &[("amount", "9.99"), ("market", "SE")]),
        fact("2026-01-03T00:00:00Z", "invoice.paid", &[("amount", "9.99"), ("market", "FI")]),
        fact("2026-01-04T00:00:00Z", "purchase.made", &[("amount", "0.5"), ("market", "FI")]),
    ];
    let scored = score(&only(pays), &facts);
    assert_eq!(parts(&scored), some(&[(0, "27")]));
    assert_eq!((scored.total, scored.rounding), (d("27"), None));
    assert_eq!(scored.parts[0].at, facts[0].at);
    assert_eq!((scored.parts[0].credited.clone(), scored.parts[0].factor), (big("27"), None));
}

#[test]
fn a_sign_turns_points_and_measures() {
    let mut pays = points(&["purchase.made", "purchase.returned"], "amount");
    pays.negated = vec!["purchase.returned".into()];
    let facts = [
        purchase("2026-01-01T00:00:00Z", "10"),
        fact("2026-01-02T00:00:00Z", "purchase.returned", &[("amount", "2.5")]),
    ];
    assert_eq!(parts(&score(&only(pays), &facts)), some(&[(0, "10"), (1, "-2.5")]));
}

fn tiered() -> ForEvents {
    let tier = |up_to: Option<&str>, rate| Tier { up_to: up_to.map(d), rate: d(rate) };
    let tiers = vec![tier(Some("500"), "1"), tier(Some("2000"), "0.5"), tier(None, "0.1")];
    let measure = Expression::parse("amount").unwrap();
    let worth = Worth::Tiers(Tiers { measure, per: Window::Year, tiers });
    let mut pays = for_events(&["purchase.made", "purchase.returned"], worth);
    pays.negated = vec!["purchase.returned".into()];
    pays
}

fn returned(at: &str, amount: &'static str) -> Fact {
    fact(at, "purchase.returned", &[("amount", amount)])
}

#[test]
fn a_purchase_on_a_border_is_split_and_a_return_goes_back_down() {
    let facts = [
        purchase("2026-01-01T10:00:00Z", "400"),    // 400: 400
        purchase("2026-01-02T10:00:00Z", "200"),    // 600: 550
        purchase("2026-01-03T10:00:00Z", "2000"),   // 2600: 1310
        returned("2026-01-04T10:00:00Z", "2300"),   // 300: 300
        returned("2026-01-05T10:00:00Z", "1000"),   // -700: 0
        purchase("2026-01-06T10:00:00Z", "700"),    // 0: 0
        purchase("2026-01-07T10:00:00Z", "0.25"),   // 0.25: 0.25
        purchase("2026-12-31T21:59:59Z", "499.75"), // 500: 500, the last second of the year in Helsinki
    ];
    let expected = [(0, "400"), (1, "150"), (2, "760"), (3, "-1010"), (4, "-300"), (6, "0.25"), (7, "499.75")];
    assert_eq!(parts(&score(&only(tiered()), &facts)), some(&expected));
    let new_year = [purchase("2025-12-31T21:59:59Z", "600"), purchase("2025-12-31T22:00:00Z", "600")];
    assert_eq!(parts(&score(&only(tiered()), &new_year)), some(&[(0, "550"), (1, "550")]));
}

#[test]
fn a_cap_holds_in_both_directions_and_what_was_cut_off_is_lost() {
    let mut set = only({
        let mut pays = points(&["purchase.made", "purchase.returned"], "amount");
        pays.negated = vec!["purchase.returned".into()];
        pays
    });
    set.rules[0].cap = Some(Cap { points: d("10"), per: Window::Month });
    let facts = [
        purchase("2026-03-01T10:00:00Z", "7"),
        purchase("2026-03-02T10:00:00Z", "7"),
        purchase("2026-03-03T10:00:00Z", "7"),
        returned("2026-03-04T10:00:00Z", "4"),
        returned("2026-03-05T10:00:00Z", "50"),
        purchase("2026-03-06T10:00:00Z", "1"),
        purchase("2026-03-31T20:59:59Z", "1"),
        purchase("2026-03-31T21:00:00Z", "20"), // April in Helsinki
    ];
    let expected = [(0, "7"), (1, "3"), (3, "-4"), (4, "-16"), (5, "1"), (6, "1"), (7, "10")];
    let scored = score(&set, &facts);
    assert_eq!(parts(&scored), some(&expected));
    assert_eq!(scored.total, d("2"));
}

#[test]
fn a_limit_counts_the_first_events_of_a_window_of_the_zone() {
    let mut pays = points(&["purchase.made"], "amount");
    pays.limit = Some(Limit { count: 2, per: Window::Day });
    let facts = [
        purchase("2026-06-01T20:58:00Z", "1"), // 23:58 in Helsinki
        purchase("2026-06-01T20:59:00Z", "2"),
        purchase("2026-06-01T20:59:59.999999Z", "4"),
        purchase("2026-06-01T21:00:00Z", "8"), // midnight
        purchase("2026-06-02T12:00:00Z", "16"),
        purchase("2026-06-02T20:59:59Z", "32"),
    ];
    assert_eq!(parts(&score(&only(pays.clone()), &facts)), some(&[(0, "1"), (1, "2"), (3, "8"), (4, "16")]));
    pays.limit = Some(Limit { count: 1, per: Window::Lifetime });
    assert_eq!(parts(&score(&only(pays.clone()), &facts)), some(&[(0, "1")]));
    // What the condition turned away takes no place.
    pays.when = Some(Expression::parse("amount > 5").unwrap());
    assert_eq!(parts(&score(&only(pays), &facts)), some(&[(3, "8")]));
}

#[test]
fn a_number_of_events_pays_once_and_uses_them_up() {
    let mut pays = points(&["purchase.made"], "amount");
    pays.at_least = Some(AtLeast { count: 3, within_days: 7 });
    let facts = [
        purchase("2026-06-01T10:00:00Z", "1"),
        purchase("2026-06-03T10:00:00Z", "2"),
        purchase("2026-06-08T00:00:00Z", "4"), // seven days after the first: too late for it
        purchase("2026-06-09T20:59:00Z", "8"), // six days after the second: complete
        purchase("2026-06-09T20:59:10Z", "16"),
        purchase("2026-06-09T20:59:20Z", "32"),
        purchase("2026-06-15T20:59:59Z", "64"), // six days later in Helsinki: complete again
        purchase("2026-06-15T20:59:59Z", "128"),
    ];
    assert_eq!(parts(&score(&only(pays.clone()), &facts)), some(&[(3, "8"), (6, "64")]));
    pays.limit = Some(Limit { count: 2, per: Window::Day });
    // The sixth is beyond the limit of its day, so the seventh is the second only, and the eighth the third.
    assert_eq!(parts(&score(&only(pays.clone()), &facts)), some(&[(3, "8"), (7, "128")]));
    pays.limit = None;
    pays.at_least = Some(AtLeast { count: 1, within_days: 1 });
    assert_eq!(score(&only(pays), &facts).total, d("255"));
}

#[test]
fn an_event_without_a_facet_is_none_of_the_rules_events() {
    let mut pays = points(&["purchase.made"], "amount * discount");
    pays.when = Some(Expression::parse("market == \"FI\" || amount > 1").unwrap());
    pays.limit = Some(Limit { count: 1, per: Window::Lifetime });
    let facts = [
        fact("2026-01-01T00:00:00Z", "purchase.made", &[("amount", "3")]), // no market
        fact("2026-01-02T00:00:00Z", "purchase.made", &[("market", "FI"), ("amount", "2")]), // no discount
        fact("2026-01-03T00:00:00Z", "purchase.made", &[("market", "SE")]), // no amount
        fact("2026-01-04T00:00:00Z", "purchase.made", &[("market", "FI"), ("amount", "2"), ("discount", "5")]),
        fact("2026-01-05T00:00:00Z", "purchase.made", &[("market", "FI"), ("discount", "5")]), // no amount
    ];
    let scored = score(&only(pays), &facts);
    assert_eq!(parts(&scored), some(&[(3, "10")]));
    assert_eq!(scored.missing, [4]);
    let scored = score(&only(points(&["purchase.made"], "customer.unknown")), &facts);
    assert_eq!((scored.missing, scored.total), (vec![5], d("0")));
}

fn refusal(set: &RuleSet, facts: &[Fact]) -> Refusal {
    match score_at(set, facts, AS_OF) {
        Err(ScoreError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_fault_names_rule_event_and_place() {
    let mut set = only(points(&["purchase.made"], "1"));
    set.rules.push(Rule { id: "shares".into(), ..rule(Pays::Events(points(&["purchase.made"], "10 / amount"))) });
    let facts = [purchase("2026-01-01T00:00:00Z", "1"), purchase("2026-01-02T00:00:00Z", "0")];
    let refused = refusal(&set, &facts);
    let at = Position { line: 1, column: 6 };
    let why = Fault::Expression(EvalError::DivisionByZero { at });
    assert_eq!(refused, Refusal { rule: 1, id: "shares".into(), event: Some(1), at, why });
    assert_eq!(refused.to_string(), "rule `shares`: line 1, column 6: division by zero");
    // No number, no points.
    let set = only(points(&["purchase.made"], "type"));
    assert!(matches!(refusal(&set, &facts).why, Fault::Expression(EvalError::Type { .. })));
    // What is not going to be credited needs no value.
    let mut pays = points(&["purchase.made"], "10 / amount");
    pays.limit = Some(Limit { count: 1, per: Window::Lifetime });
    assert_eq!(score(&only(pays), &facts).total, d("10"));
}

#[test]
fn a_total_that_is_too_long_is_refused() {
    let pays = points(&["purchase.made"], "amount");
    let facts = [purchase("2026-01-01T00:00:00Z", "9999999999999999999999999999")];
    assert_eq!(score_at(&only(pays), &facts, AS_OF), Err(ScoreError::TotalTooLong));
}

#[test]
fn grades_are_those_of_the_total() {
    let mut set = only(points(&["purchase.made"], "amount"));
    let grade = |name: &str, from| rules_grade(name, d(from));
    set.grades = vec![grade("A", "1000"), grade("B", "0")];
    let name = |total| set.grade(d(total)).map(|grade| &*grade.name);
    assert_eq!([name("1000"), name("999.9999"), name("-0.0001")], [Some("A"), Some("B"), None]);
}

fn rules_grade(name: &str, from: Decimal) -> crate::scores::rules::Grade {
    crate::scores::rules::Grade { name: name.into(), from, service: None, allows: Default::default() }
}
