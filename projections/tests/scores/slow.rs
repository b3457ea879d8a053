//! A second interpreter, written for being obviously right: for every event it looks again at all earlier ones. Its
//! numbers are whole units of 10^−12 (credited) and 10^−27 (at as-of), its calendar is jiff's, its factors are found by
//! comparing powers of whole numbers.

use std::cell::RefCell;
use std::collections::HashMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use kulta_projections::expr::{EvalError, Expression, Scope, Value};
use kulta_projections::scores::rules::{
    AtLeast, Cap, ForAbsence, ForEvents, Limit, Pays, Rule, RuleSet, Tiers, Window, Worth,
};
use rust_decimal::Decimal;

use crate::given::{Customer, Fact, is_money};
use crate::rational::Whole;

/// Units of a credited point.
const CREDITED: u32 = 12;
/// Units of a factor.
const FACTOR: u32 = 15;

/// Part of a score: rule, event, time, credited in 10^−12, points in 10^−27.
pub type Part = (usize, Option<usize>, i64, i128, i128);

#[derive(Debug, Default, PartialEq)]
pub struct Slow {
    pub parts: Vec<Part>,
    pub missing: Vec<u64>,
    pub without_rate: Vec<u64>,
}

/// An interpreter over one customer's events; the events that it does not see are gone already.
pub struct Interpreter<'a> {
    pub set: &'a RuleSet,
    pub events: Vec<(usize, &'a Fact)>,
    /// No gap counts that has its length here or later.
    pub horizon: i64,
    pub as_of: i64,
}

/// What an event is to a rule.
#[derive(Clone, Copy, PartialEq)]
enum Entry {
    None,
    Missing,
    WithoutRate,
    /// Points or measure with their sign; `None` where the expression fails.
    Worth(Option<i128>),
}

/// Which rule fails for which event.
pub type Failed = (usize, Option<usize>);

pub fn score(set: &RuleSet, facts: &[Fact], span: (i64, i64), as_of: i64) -> Result<Slow, Failed> {
    let horizon = span.1.min(as_of);
    let is_seen = |fact: &Fact| fact.at >= span.0 && fact.at < horizon;
    let events = facts.iter().enumerate().filter(|(_, fact)| is_seen(fact)).collect();
    let interpreter = Interpreter { set, events, horizon, as_of };
    let mut slow = Slow::default();
    for (index, rule) in set.rules.iter().enumerate() {
        let (credited, missing, without_rate) = match &rule.pays {
            Pays::Events(pays) => interpreter.events(index, rule, pays)?,
            Pays::Absence(pays) => interpreter.absence(rule, pays),
        };
        slow.missing.push(missing);
        slow.without_rate.push(without_rate);
        for place in 0..credited.len() {
            let (event, at, _) = credited[place];
            let credited = interpreter.capped(rule.cap, &credited[..=place]);
            let (age, factor) = interpreter.age_and_factor(rule, at);
            if rule.expires_after_days.is_none_or(|days| age < i64::from(days)) && credited * factor != 0 {
                slow.parts.push((index, event, at, credited, credited * factor));
            }
        }
    }
    Ok(slow)
}

type Credits = Vec<(Option<usize>, i64, i128)>;

impl Interpreter<'_> {
    fn zoned(&self, at: i64) -> Zoned {
        zoned(&self.set.zone, at)
    }

    fn days_between(&self, from: i64, to: i64) -> i64 {
        let days = (self.zoned(to).date() - self.zoned(from).date()).get_days();
        i64::from(days)
    }

    /// A text that two times have in common when they lie in one window.
    fn window(&self, at: i64, per: Window) -> String {
        let date: Date = self.zoned(at).date();
        match per {
            Window::Day => date.to_string(),
            Window::Week => format!("{:?}", (date.iso_week_date().year(), date.iso_week_date().week())),
            Window::Month => date.strftime("%Y-%m").to_string(),
            Window::Quarter => format!("{} {}", date.year(), (date.month() + 2) / 3),
            Window::Year => date.year().to_string(),
            Window::Lifetime => String::new(),
        }
    }

    fn events(&self, index: usize, rule: &Rule, pays: &ForEvents) -> Result<(Credits, u64, u64), Failed> {
        let entries: Vec<_> = self.events.iter().map(|(_, fact)| self.entry(rule, pays, fact)).collect();
        let count = |wanted| entries.iter().filter(|entry| **entry == wanted).count() as u64;
        let entered: Vec<_> = (0..entries.len()).filter(|place| matches!(entries[*place], Entry::Worth(_))).collect();
        let limited: Vec<_> = (0..entered.len())
            .filter(|rank| self.within_limit(pays.limit, &entered[..*rank], entered[*rank]))
            .map(|rank| entered[rank])
            .collect();
        let paid = self.completing(pays.at_least, &limited);
        let mut values = Vec::new();
        let mut credits = Credits::new();
        for place in paid {
            let (event, fact) = self.events[place];
            let Entry::Worth(Some(value)) = entries[place] else {
                return Err((index, Some(event)));
            };
            values.push((fact.at, value));
            let points = match &pays.worth {
                Worth::Points(_) => value,
                Worth::Tiers(tiers) => self.tiered(tiers, &values),
            };
            credits.push((Some(event), fact.at, points));
        }
        Ok((credits, count(Entry::Missing), count(Entry::WithoutRate)))
    }

    fn entry(&self, rule: &Rule, pays: &ForEvents, fact: &Fact) -> Entry {
        if !pays.on.iter().any(|kind| **kind == *fact.kind) || fact.at < rule.valid.0 || fact.at >= rule.valid.1 {
            return Entry::None;
        }
        let worth = match &pays.worth {
            Worth::Points(expression) => expression,
            Worth::Tiers(tiers) => &tiers.measure,
        };
        for expression in pays.when.iter().chain([worth]) {
            let reads_money = expression.variables().iter().any(|path| is_money(fact.kind, path));
            let rate = self.rate(fact);
            if reads_money && fact.amount.is_some() && rate.is_none() {
                return Entry::WithoutRate;
            }
            let scope = Converted { fact, rate: rate.unwrap_or(Decimal::ONE) };
            match expression.evaluate(&scope) {
                Err(EvalError::Missing { .. }) => return Entry::Missing,
                Ok(Value::Bool(false)) => return Entry::None,
                Ok(Value::Bool(true)) => {}
                Ok(Value::Number(number)) => {
                    let sign = if pays.negated.iter().any(|kind| **kind == *fact.kind) { -1 } else { 1 };
                    return Entry::Worth(Some(sign * units(number)));
                }
                _ => return Entry::Worth(None),
            }
        }
        unreachable!("points are a number")
    }

    fn rate(&self, fact: &Fact) -> Option<Decimal> {
        let Some(money) = &self.set.money else {
            return Some(Decimal::ONE);
        };
        match fact.currency? {
            "EUR" => Some(Decimal::ONE),
            currency => {
                let (_, rates) = money.rates.iter().find(|(code, _)| **code == *currency)?;
                rates.iter().rev().find(|rate| rate.from <= fact.at).map(|rate| rate.rate)
            }
        }
    }

    fn within_limit(&self, limit: Option<Limit>, earlier: &[usize], place: usize) -> bool {
        limit.is_none_or(|Limit { count, per }| {
            let window = |place: usize| self.window(self.events[place].1.at, per);
            let before = earlier.iter().filter(|earlier| window(**earlier) == window(place)).count();
            before < count as usize
        })
    }

    /// The events that complete a number: with those since the last completion there are enough, close enough.
    fn completing(&self, at_least: Option<AtLeast>, limited: &[usize]) -> Vec<usize> {
        let Some(AtLeast { count, within_days }) = at_least else {
            return limited.to_vec();
        };
        let (mut unused, mut completing) = (0, Vec::new());
        for rank in 0..limited.len() {
            let Some(first) = (rank + 1).checked_sub(count as usize).filter(|first| *first >= unused) else {
                continue;
            };
            let at = |rank: usize| self.events[limited[rank]].1.at;
            if self.days_between(at(first), at(rank)) < i64::from(within_days) {
                completing.push(limited[rank]);
                unused = rank + 1;
            }
        }
        completing
    }

    /// What the last value adds.
    fn tiered(&self, tiers: &Tiers, values: &[(i64, i128)]) -> i128 {
        let Some(((at, _), earlier)) = values.split_last() else {
            return 0;
        };
        let sum = |values: &[(i64, i128)]| -> i128 {
            let same = |other: &i64| self.window(*other, tiers.per) == self.window(*at, tiers.per);
            values.iter().filter(|(other, _)| same(other)).map(|(_, value)| value).sum()
        };
        worth(tiers, sum(values)) - worth(tiers, sum(earlier))
    }

    /// What is credited of the last points.
    fn capped(&self, cap: Option<Cap>, credits: &[(Option<usize>, i64, i128)]) -> i128 {
        let Some((_, at, points)) = credits.last() else {
            return 0;
        };
        let Some(Cap { points: most, per }) = cap else {
            return *points;
        };
        let (mut before, mut after) = (0, 0);
        for (_, other, points) in credits {
            if self.window(*other, per) == self.window(*at, per) {
                before = after;
                after = (after + points).clamp(-units(most), units(most));
            }
        }
        after - before
    }

    /// Every event that ends a gap also begins one, and so does the first event of all, if wanted.
    fn absence(&self, rule: &Rule, pays: &ForAbsence) -> (Credits, u64, u64) {
        let of_type = |fact: &Fact| pays.on.iter().any(|kind| **kind == *fact.kind);
        let (mut credits, mut missing) = (Credits::new(), 0);
        for (place, (_, fact)) in self.events.iter().enumerate() {
            let begins = of_type(fact) || (pays.from_first_event && place == 0);
            if !begins {
                continue;
            }
            let end = self.zoned(fact.at).checked_add(i64::from(pays.days).days()).unwrap();
            let end = end.timestamp().as_microsecond();
            let ended_before = self.events[place + 1..].iter().any(|(_, later)| of_type(later) && later.at < end);
            if ended_before || end >= self.horizon || end < rule.valid.0 || end >= rule.valid.1 {
                continue;
            }
            match number(&pays.points) {
                Some(points) => credits.push((None, end, points)),
                None => missing += 1,
            }
        }
        (credits, missing, 0)
    }

    fn age_and_factor(&self, rule: &Rule, at: i64) -> (i64, i128) {
        let age = self.days_between(at, self.as_of);
        let factor = match rule.half_life_days {
            Some(half_life) => factor(half_life, age),
            None => 10_i128.pow(FACTOR),
        };
        (age, factor)
    }
}

fn zoned(zone: &TimeZone, at: i64) -> Zoned {
    Timestamp::from_microsecond(at).unwrap().to_zoned(zone.clone())
}

/// In units of 10^−12.
fn units(number: Decimal) -> i128 {
    number.mantissa() * 10_i128.pow(CREDITED - number.scale())
}

fn number(expression: &Expression) -> Option<i128> {
    match expression.evaluate(&Customer) {
        Ok(Value::Number(number)) => Some(units(number)),
        _ => None,
    }
}

/// The area under the rates from zero to a sum.
fn worth(tiers: &Tiers, sum: i128) -> i128 {
    let mut area = 0;
    for (index, tier) in tiers.tiers.iter().enumerate() {
        let low = index.checked_sub(1).and_then(|before| tiers.tiers[before].up_to).map_or(0, units);
        let high = tier.up_to.map_or(i128::MAX, units);
        let inside = sum.clamp(low, high) - low;
        // Rates have one decimal, sums at most eleven.
        let product = inside * (units(tier.rate) / 10_i128.pow(CREDITED - 1));
        assert_eq!(product % 10, 0);
        area += product / 10;
    }
    area
}

struct Converted<'a> {
    fact: &'a Fact,
    rate: Decimal,
}

impl Scope for Converted<'_> {
    fn get(&self, path: &str) -> Option<Value<'_>> {
        match self.fact.get(path) {
            Some(Value::Number(amount)) if is_money(self.fact.kind, path) => Some(Value::Number(amount * self.rate)),
            None => Customer.get(path),
            other => other,
        }
    }
}

thread_local! {
    static FACTORS: RefCell<HashMap<(Decimal, i64), i128>> = RefCell::default();
}

/// 10^15 × 2^−(age/half-life), rounded: the largest n for which n − ½ is not above. Ties are exact quotients.
fn factor(half_life: Decimal, age: i64) -> i128 {
    if let Some(factor) = FACTORS.with_borrow(|known| known.get(&(half_life, age)).copied()) {
        return factor;
    }
    let half_life_unit = 10_i128.pow(half_life.scale());
    let (above, below) = (i128::from(age) * half_life_unit, half_life.mantissa());
    let divisor = greatest_common_divisor(above, below);
    let (above, below) = (above / divisor, below / divisor);
    let factor = if above > 60 * below { 0 } else { root(above, below) };
    FACTORS.with_borrow_mut(|known| known.insert((half_life, age), factor));
    factor
}

fn root(above: i128, below: i128) -> i128 {
    // n − ½ ≤ 10^15 × 2^−(above/below) ⇔ (2n − 1)^below × 2^above ≤ (2 × 10^15)^below
    let right = power(&Whole::from_digits("2000000000000000"), below);
    let twos = power(&Whole::from_digits("2"), above);
    let compare = |n: i128| power(&Whole::from_digits(&(2 * n - 1).to_string()), below).multiply(&twos).compare(&right);
    let (mut low, mut high) = (0, 10_i128.pow(FACTOR));
    while low < high {
        let middle = (low + high + 1) / 2;
        if compare(middle).is_le() { low = middle } else { high = middle - 1 }
    }
    let is_tie = low > 0 && compare(low).is_eq();
    if is_tie { low - low % 2 } else { low }
}

fn power(base: &Whole, exponent: i128) -> Whole {
    (0..exponent).fold(Whole::from_digits("1"), |product, _| product.multiply(base))
}

fn greatest_common_divisor(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[test]
fn roots_are_those_of_the_tables() {
    let factor = |days: &str, age| factor(days.parse().unwrap(), age);
    assert_eq!(factor("1", 16), 15_258_789_062);
    assert_eq!(factor("1", 1), 500_000_000_000_000);
    assert_eq!(factor("2", 1), 707_106_781_186_548);
    assert_eq!(factor("2.5", 0), 1_000_000_000_000_000);
    assert_eq!(factor("40", 500), 172_633_491_501);
}
