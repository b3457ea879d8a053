//! Random rule sets and random events of a customer, with many coincidences.

use jiff::tz::TimeZone;
use kulta_projections::expr::{Expression, Scope, Value};
use kulta_projections::scores::rules::{
    AtLeast, Cap, ForAbsence, ForEvents, Limit, Money, Pays, Rate, Rule, RuleSet, Tier, Tiers, Window, Worth,
};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;

pub const DAY: i64 = 86_400_000_000;
/// 2025-06-01T00:00:00Z.
pub const BEGIN: i64 = 20_240 * DAY;
pub const DAYS: i64 = 420;
const KINDS: [&str; 3] = ["p", "r", "v"];

/// An event of the customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    pub at: i64,
    pub source: &'static str,
    pub id: u32,
    pub kind: &'static str,
    pub amount: Option<Decimal>,
    pub currency: Option<&'static str>,
    pub market: Option<&'static str>,
    pub unit: Option<&'static str>,
}

impl Scope for Fact {
    fn get(&self, path: &str) -> Option<Value<'_>> {
        match path {
            "type" => Some(self.kind.into()),
            "source" => Some(self.source.into()),
            "time" => Some(Value::Time(self.at)),
            "amount" => self.amount.map(Value::Number),
            "currency" => self.currency.map(Value::from),
            "market" => self.market.map(Value::from),
            "unit" => self.unit.map(Value::from),
            _ => None,
        }
    }
}

/// The facts of the customer.
pub struct Customer;

impl Scope for Customer {
    fn get(&self, path: &str) -> Option<Value<'_>> {
        (path == "customer.weight").then(|| Value::Number(Decimal::new(-325, 2)))
    }
}

pub fn is_money(kind: &str, facet: &str) -> bool {
    kind != "v" && facet == "amount"
}

/// Times that lie at one moment, or about midnight in one of the zones, more often than by chance.
pub fn time() -> impl Strategy<Value = i64> {
    let minutes = prop_oneof![
        0..1_440_i64,
        select(&[0, 240, 300, 599, 600, 1_094, 1_095, 1_259, 1_260, 1_319, 1_320, 1_439][..])
    ];
    let day = prop_oneof![0..DAYS, 140..160_i64, 295..305_i64];
    (day, minutes).prop_map(|(day, minute)| BEGIN + day * DAY + minute * 60_000_000)
}

fn fact() -> impl Strategy<Value = Fact> {
    let amount = option::weighted(
        0.9,
        prop_oneof![
            (0..20_000_i64).prop_map(|cents| Decimal::new(cents, 2)),
            select(&[0, 20, 50, 100, 150][..]).prop_map(Decimal::from),
        ],
    );
    let currency = option::weighted(0.9, select(&["EUR", "EUR", "SEK", "USD"][..]));
    let market = option::weighted(0.8, select(&["FI", "SE"][..]));
    let unit = option::weighted(0.8, select(&["north", "south"][..]));
    (time(), select(&["a", "b"][..]), select(&KINDS[..]), amount, currency, market, unit).prop_map(
        |(at, source, kind, amount, currency, market, unit)| Fact {
            at,
            source,
            id: 0,
            kind,
            amount,
            currency,
            market,
            unit,
        },
    )
}

/// Events in (time, source, id) order.
pub fn facts() -> impl Strategy<Value = Vec<Fact>> {
    vec(fact(), 0..24).prop_map(|mut facts| {
        for (id, fact) in (0..).zip(&mut facts) {
            fact.id = id;
        }
        sorted(facts)
    })
}

pub fn sorted(mut facts: Vec<Fact>) -> Vec<Fact> {
    facts.sort_by_key(|fact| (fact.at, fact.source, fact.id));
    facts
}

fn expression(text: &str) -> Expression {
    Expression::parse(text).unwrap()
}

fn kinds() -> impl Strategy<Value = Vec<Box<str>>> {
    btree_set(select(&KINDS[..]), 1..=3).prop_map(|kinds| kinds.into_iter().map(Into::into).collect())
}

fn window() -> impl Strategy<Value = Window> {
    select(&[Window::Day, Window::Week, Window::Month, Window::Quarter, Window::Year, Window::Lifetime][..])
}

fn points() -> impl Strategy<Value = Expression> {
    prop_oneof![
        20 => select(&[
            "2",
            "-0.5",
            "amount",
            "floor(amount)",
            "amount * 0.125 - 3",
            "-amount",
            "amount > 50 ? 1 : customer.weight",
            "amount / 7",
            "market == \"FI\" ? 3 : amount",
        ][..]),
        1 => select(&["customer.unknown", "10 / floor(amount / 20)"][..]),
    ]
    .prop_map(expression)
}

fn condition() -> impl Strategy<Value = Expression> {
    select(
        &[
            "market == \"FI\"",
            "amount >= 20",
            "has(market)",
            "currency == \"EUR\" || amount > 100",
            "type == \"p\" && amount < 100",
            "time > timestamp(\"2025-10-26T00:00:00+03:00\")",
        ][..],
    )
    .prop_map(expression)
}

fn tiers() -> impl Strategy<Value = Tiers> {
    let rates = vec((1..200_u32, -50..100_i64), 1..4);
    (select(&["amount", "amount - 30"][..]), window(), rates, any::<bool>()).prop_map(|(measure, per, widths, open)| {
        let (mut end, mut tiers) = (0_u32, Vec::new());
        let last = widths.len() - 1;
        for (index, (width, rate)) in widths.into_iter().enumerate() {
            end += width;
            let up_to = (index < last || !open).then(|| Decimal::from(end));
            tiers.push(Tier { up_to, rate: Decimal::new(rate, 1) });
        }
        Tiers { measure: expression(measure), per, tiers }
    })
}

fn for_events() -> impl Strategy<Value = ForEvents> {
    let limit = option::weighted(0.4, (1..4_u32, window()).prop_map(|(count, per)| Limit { count, per }));
    let at_least =
        option::weighted(0.3, (1..4_u32, 1..60_u32).prop_map(|(count, within_days)| AtLeast { count, within_days }));
    let worth = prop_oneof![2 => points().prop_map(Worth::Points), 1 => tiers().prop_map(Worth::Tiers)];
    (kinds(), kinds(), option::weighted(0.5, condition()), limit, at_least, worth).prop_map(
        |(on, mut negated, when, limit, at_least, worth)| {
            negated.retain(|kind| on.contains(kind) && on.len() > 1);
            ForEvents { on, negated, when, limit, at_least, worth }
        },
    )
}

fn for_absence() -> impl Strategy<Value = ForAbsence> {
    let points = select(&["-5", "-5.25", "customer.weight", "customer.unknown"][..]);
    (kinds(), prop_oneof![1..10_u32, 20..200_u32], any::<bool>(), points).prop_map(
        |(on, days, from_first_event, points)| ForAbsence { on, days, from_first_event, points: expression(points) },
    )
}

fn rule() -> impl Strategy<Value = Rule> {
    let pays = prop_oneof![3 => for_events().prop_map(Pays::Events), 1 => for_absence().prop_map(Pays::Absence)];
    let valid = (option::weighted(0.2, time()), option::weighted(0.2, time()))
        .prop_map(|(from, to)| (from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX)));
    let cap = (select(&[0, 3, 10, 100][..]), window()).prop_map(|(points, per)| Cap { points: points.into(), per });
    // Half-lives the roots of which the slow interpreter can find.
    let half_life = select(&["0.5", "1", "2", "2.5", "3", "40"][..]).prop_map(|days| days.parse::<Decimal>().unwrap());
    let ages = (option::weighted(0.3, half_life), option::weighted(0.2, 1..300_u32));
    (pays, valid, option::weighted(0.4, cap), ages).prop_map(|(pays, valid, cap, ages)| Rule {
        id: "random".into(),
        pays,
        valid,
        cap,
        half_life_days: ages.0,
        expires_after_days: ages.1,
    })
}

fn money() -> impl Strategy<Value = Money> {
    vec(time(), 0..3).prop_map(|mut times| {
        times.sort_unstable();
        let rates = (80_i64..).zip(times).map(|(rate, from)| Rate { from, rate: Decimal::new(rate, 3) });
        Money { currency: "EUR".into(), rates: vec![("SEK".into(), rates.collect())] }
    })
}

pub fn rule_set() -> impl Strategy<Value = RuleSet> {
    let zones = [
        "Europe/Helsinki",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "America/Santiago",
        "UTC",
    ];
    (select(zones.to_vec()), option::of(money()), vec(rule(), 1..4)).prop_map(|(zone, money, rules)| RuleSet {
        name: "random".into(),
        zone: TimeZone::get(zone).unwrap(),
        money,
        rules,
        grades: Vec::new(),
    })
}

/// Times of events that are seen.
pub fn span() -> impl Strategy<Value = (i64, i64)> {
    (option::weighted(0.3, time()), option::weighted(0.3, time()))
        .prop_map(|(from, until)| (from.unwrap_or(i64::MIN), until.unwrap_or(i64::MAX)))
}

/// Mostly after all events.
pub fn as_of() -> impl Strategy<Value = i64> {
    prop_oneof![
        time(),
        (0..200_i64, 0..1_440_i64).prop_map(|(day, minute)| { BEGIN + (DAYS + day) * DAY + minute * 60_000_000 })
    ]
}
