//! What serving a customer took, against what its grade allows.

use std::collections::BTreeMap;

use kulta_events::Instant;
use rust_decimal::Decimal;

use super::facts::Facts;
use super::rules::{Allowance, Money};
use crate::expr::Value;

/// The families of events that are service.
const FAMILIES: [&str; 6] = ["complaint.", "enquiry.", "feedback.", "subscription.", "ticket.", "warranty."];
/// The length of the time that is looked at.
const YEAR_DAYS: i64 = 365;

/// What serving a customer took in the 365 days before a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Events of service.
    pub events: u64,
    /// Minutes of work.
    pub minutes: Decimal,
    /// Cost in the currency of the rules or, without one, as written.
    pub cost: Decimal,
    /// Cost as written, by currency; the empty text where an event names none.
    pub by_currency: BTreeMap<Box<str>, Decimal>,
    /// Events whose cost is left out, since it could not be converted.
    pub without_rate: u64,
}

/// How what was spent stands to what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balance {
    /// More was spent than is allowed.
    Over,
    /// Less than half of it.
    Under,
    /// Neither.
    Within,
}

impl Balance {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Balance::Over => "over",
            Balance::Under => "under",
            Balance::Within => "within",
        }
    }

    /// How minutes and cost stand to an allowance: over when either is more than allowed, under when each of those that
    /// are limited is less than half; `None` when nothing is limited.
    pub fn of(spent: &Spent, allows: &Allowance) -> Option<Self> {
        let limited = [(spent.minutes, allows.minutes_per_year), (spent.cost, allows.cost_per_year)];
        let limited: Vec<_> = limited.into_iter().filter_map(|(spent, most)| Some((spent, most?))).collect();
        if limited.is_empty() {
            return None;
        }
        if limited.iter().any(|(spent, most)| spent > most) {
            return Some(Balance::Over);
        }
        let under = limited.iter().all(|(spent, most)| spent.saturating_add(*spent) < *most);
        Some(if under { Balance::Under } else { Balance::Within })
    }
}

impl Spent {
    /// What these rows of a customer tell of the 365 days before `as_of` (exclusive).
    pub fn of(facts: &Facts, rows: &[u32], money: Option<&Money>, as_of: Instant) -> Self {
        let seen = as_of.plus_days(-YEAR_DAYS).micros()..as_of.micros();
        let mut spent = Self::default();
        for row in rows {
            let place = *row as usize;
            let kind = facts.types.get(place);
            if !seen.contains(&facts.times[place]) || !FAMILIES.iter().any(|family| kind.starts_with(family)) {
                continue;
            }
            spent.events += 1;
            if let Some(minutes) = number(facts, "minutes", *row) {
                spent.minutes = spent.minutes.saturating_add(minutes);
            }
            if let Some(cost) = number(facts, "cost", *row) {
                let currency = text(facts, "currency", *row).unwrap_or_default();
                spent.add_cost(cost, currency, money, facts.times[place]);
            }
        }
        spent
    }

    fn add_cost(&mut self, cost: Decimal, currency: Box<str>, money: Option<&Money>, at: i64) {
        let converted = match money {
            None => Some(cost),
            Some(money) => money.times(&currency, at).and_then(|times| times.convert(cost)),
        };
        match converted {
            Some(converted) => self.cost = self.cost.saturating_add(converted),
            None => self.without_rate += 1,
        }
        let of_currency = self.by_currency.entry(currency).or_default();
        *of_currency = of_currency.saturating_add(cost);
    }

    /// The numbers, against an allowance.
    pub fn reason(&self, allows: &Allowance, currency: Option<&str>) -> String {
        let unit = currency.map(|currency| format!(" {currency}")).unwrap_or_default();
        let of = |spent: Decimal, most: Option<Decimal>, unit: &str| match most {
            Some(most) => format!("{} of {}{unit}", spent.normalize(), most.normalize()),
            None => format!("{}{unit}, no limit", spent.normalize()),
        };
        let minutes = of(self.minutes, allows.minutes_per_year, " minutes");
        format!("{minutes}; cost {}", of(self.cost, allows.cost_per_year, &unit))
    }
}

fn number(facts: &Facts, facet: &str, row: u32) -> Option<Decimal> {
    match facts.value(facts.facet(facet)?, row)? {
        Value::Number(number) => Some(number),
        _ => None,
    }
}

fn text(facts: &Facts, facet: &str, row: u32) -> Option<Box<str>> {
    match facts.value(facts.facet(facet)?, row)? {
        Value::Text(text) => Some(text.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use kulta_events::Json;

    use super::*;
    use crate::given::{day, record};
    use crate::scores::facts::{Builder, NewRow, Wanted};
    use crate::scores::rules::Rate;

    fn facts(events: &[(i64, &str, &str)]) -> Facts {
        let mut builder = Builder::new(Wanted::default());
        for (position, (time, type_name, facts)) in (1..).zip(events) {
            let facts = Json::parse(facts.as_bytes()).unwrap();
            let row = NewRow {
                record: record("crm", "1"),
                time: *time,
                position,
                type_name,
                source: "crm",
                unit: None,
                facts: &facts,
            };
            builder.push(&row).unwrap();
        }
        let tied = builder.tied(|_| 0);
        builder.finish(tied, &HashMap::new())
    }

    fn d(number: i64) -> Decimal {
        number.into()
    }

    #[test]
    fn the_last_365_days_of_service_count() {
        let now = day(400);
        let at = |days: i64| now.plus_days(-days).micros();
        let facts = facts(&[
            (at(365) - 1, "ticket.closed", r#"{"minutes":1000}"#),
            (at(365), "ticket.closed", r#"{"minutes":10,"cost":5.50,"currency":"EUR"}"#),
            (at(2), "complaint.answered", r#"{"minutes":20,"cost":100,"currency":"SEK"}"#),
            (at(1), "warranty.settled", r#"{"cost":7,"currency":"USD"}"#),
            (at(1) + 1, "purchase.made", r#"{"minutes":500,"cost":9}"#),
            (at(0), "ticket.closed", r#"{"minutes":1000}"#),
        ]);
        let rows = facts.rows_of(&[record("crm", "1")]);
        let money = Money {
            currency: "EUR".into(),
            rates: vec![("SEK".into(), vec![Rate { from: 0, rate: Decimal::new(9, 2) }])],
        };
        let spent = Spent::of(&facts, &rows, Some(&money), now);
        assert_eq!((spent.events, spent.minutes, spent.cost, spent.without_rate), (3, d(30), Decimal::new(1450, 2), 1));
        let spent = Spent::of(&facts, &rows, None, now);
        assert_eq!((spent.cost, spent.by_currency.len(), spent.without_rate), (Decimal::new(11250, 2), 3, 0));
        let allows = Allowance { minutes_per_year: Some(d(60)), cost_per_year: None };
        assert_eq!(spent.reason(&allows, None), "30 of 60 minutes; cost 112.5, no limit");
    }

    #[test]
    fn either_limit_makes_it_over_and_all_of_them_under() {
        let balance = |minutes: i64, cost: i64, most: (Option<i64>, Option<i64>)| {
            let spent = Spent { minutes: d(minutes), cost: d(cost), ..Spent::default() };
            let allows = Allowance { minutes_per_year: most.0.map(d), cost_per_year: most.1.map(d) };
            Balance::of(&spent, &allows).map(Balance::name)
        };
        assert_eq!(balance(999, 999, (None, None)), None);
        assert_eq!(balance(60, 0, (Some(60), None)), Some("within"));
        assert_eq!(balance(61, 0, (Some(60), Some(10))), Some("over"));
        assert_eq!(balance(0, 11, (Some(60), Some(10))), Some("over"));
        assert_eq!(balance(29, 0, (Some(60), None)), Some("under"));
        assert_eq!(balance(30, 0, (Some(60), Some(10))), Some("within"));
        assert_eq!(balance(29, 4, (Some(60), Some(10))), Some("under"));
        assert_eq!(balance(0, 0, (Some(0), None)), Some("within"));
    }
}
