//! Cases computed by hand.

mod absence;
mod events;
mod money;
mod time;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::*;
use crate::expr::{Expression, Value};
use crate::scores::rules::{ForAbsence, ForEvents, Worth};

/// An event with its facets.
struct Fact {
    at: i64,
    kind: &'static str,
    facets: BTreeMap<&'static str, &'static str>,
}

/// What is a decimal number counts as one.
fn value<'a>(text: &'a str) -> Value<'a> {
    Decimal::from_str_exact(text).map_or_else(|_| Value::from(text), Value::Number)
}

impl Scope for Fact {
    fn get(&self, path: &str) -> Option<Value<'_>> {
        if path == "type" { Some(self.kind.into()) } else { self.facets.get(path).copied().map(value) }
    }
}

fn time(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_microsecond()
}

fn fact(at: &str, kind: &'static str, facets: &[(&'static str, &'static str)]) -> Fact {
    Fact { at: time(at), kind, facets: facets.iter().copied().collect() }
}

fn purchase(at: &str, amount: &'static str) -> Fact {
    fact(at, "purchase.made", &[("amount", amount)])
}

fn big(text: &str) -> BigDecimal {
    text.parse().unwrap()
}

fn d(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap()
}

fn rule(pays: Pays) -> Rule {
    let valid = (i64::MIN, i64::MAX);
    Rule { id: "tested".into(), pays, valid, cap: None, half_life_days: None, expires_after_days: None }
}

fn for_events(on: &[&str], worth: Worth) -> ForEvents {
    let on = on.iter().map(|kind| (*kind).into()).collect();
    ForEvents { on, negated: Vec::new(), when: None, limit: None, at_least: None, worth }
}

fn points(on: &[&str], points: &str) -> ForEvents {
    for_events(on, Worth::Points(Expression::parse(points).unwrap()))
}

fn absent(on: &str, days: u32, points: &str) -> ForAbsence {
    ForAbsence { on: vec![on.into()], days, from_first_event: false, points: Expression::parse(points).unwrap() }
}

fn rules(rules: Vec<Rule>) -> RuleSet {
    let zone = TimeZone::get("Europe/Helsinki").unwrap();
    RuleSet { name: "tested".into(), zone, money: None, rules, grades: Vec::new() }
}

fn only(pays: ForEvents) -> RuleSet {
    rules(vec![rule(Pays::Events(pays))])
}

const AS_OF: &str = "2027-01-01T00:00:00+02:00";

fn is_money(kind: &str, facet: &str) -> bool {
    matches!((kind, facet), ("purchase.made" | "purchase.returned", "amount" | "margin"))
}

fn seen(facts: &[Fact]) -> Vec<Event<'_>> {
    facts.iter().map(|fact| Event { at: fact.at, kind: fact.kind, facts: fact }).collect()
}

fn score_at(set: &RuleSet, facts: &[Fact], as_of: &str) -> Result<Scored, ScoreError> {
    let customer = fact("1970-01-01T00:00:00Z", "", &[("customer.segment", "key"), ("customer.weight", "3")]);
    Interpreter::new(set, &is_money, (i64::MIN, i64::MAX), time(as_of)).score(&seen(facts), &customer)
}

fn score(set: &RuleSet, facts: &[Fact]) -> Scored {
    score_at(set, facts, AS_OF).unwrap()
}

/// The parts as (event, points), a gap as `None`.
fn parts(scored: &Scored) -> Vec<(Option<usize>, String)> {
    let sum: BigDecimal = scored.parts.iter().map(|part| &part.points).sum();
    assert_eq!(sum, scored.exact);
    let rounding = scored.rounding.clone().unwrap_or_default();
    assert_eq!(sum + rounding, exact(scored.total));
    scored.parts.iter().map(|part| (part.event, part.points.normalized().to_plain_string())).collect()
}

fn some(parts: &[(usize, &str)]) -> Vec<(Option<usize>, String)> {
    parts.iter().map(|(event, points)| (Some(*event), (*points).to_owned())).collect()
}

#[test]
fn one_interpreter_serves_many_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Interpreter<'_>>();
    shared::<InForce<'_>>();
}
