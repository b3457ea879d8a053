//! What an expression of a rule reads: the event, the customer, and money in the currency of the rules.

use rust_decimal::Decimal;

use super::{Event, Fault, Found, Refusal, Run};
use crate::expr::{EvalError, Expression, Position, Scope, Value};
use crate::scores::money::Times;

/// Why a rule does not go on with an event.
pub(super) enum Stop {
    /// A value that it came to read is missing.
    Missing,
    /// Its money cannot be converted.
    WithoutRate,
    /// Something is wrong.
    Fault(Fault),
}

impl From<EvalError> for Stop {
    fn from(error: EvalError) -> Self {
        if error.is_missing() { Stop::Missing } else { Stop::Fault(error.into()) }
    }
}

/// An event and its customer.
struct Facts<'a> {
    event: &'a dyn Scope,
    customer: &'a dyn Scope,
    /// Facets that were converted.
    converted: Vec<(&'a str, Decimal)>,
}

impl Scope for Facts<'_> {
    fn get(&self, path: &str) -> Option<Value<'_>> {
        if path.starts_with("customer.") {
            return self.customer.get(path);
        }
        match self.converted.iter().find(|(converted, _)| *converted == path) {
            Some((_, amount)) => Some(Value::Number(*amount)),
            None => self.event.get(path),
        }
    }
}

impl Run<'_, '_> {
    /// Whether the condition holds for the event.
    pub(super) fn holds(&self, condition: &Expression, event: &Event<'_>, found: &mut Found) -> Result<bool, Stop> {
        let facts = self.facts(condition, event, found)?;
        Ok(condition.evaluate_bool(&facts)?)
    }

    /// The number that the expression is for the event.
    pub(super) fn number(&self, value: &Expression, event: &Event<'_>, found: &mut Found) -> Result<Decimal, Stop> {
        let facts = self.facts(value, event, found)?;
        Ok(value.evaluate_number(&facts)?)
    }

    /// Counts what the rule does not go on with, or refuses the score.
    pub(super) fn stopped(&self, event: Option<usize>, stop: Stop, found: &mut Found) -> Result<(), Refusal> {
        match stop {
            Stop::Missing => found.missing[self.index] += 1,
            Stop::WithoutRate => found.without_rate[self.index] += 1,
            Stop::Fault(why) => {
                let id = self.rule.id.clone();
                return Err(Refusal { rule: self.index, id, event, at: why.at(), why });
            }
        }
        Ok(())
    }

    /// What an expression reads of an event. Money that is there and named in the expression is converted, also when
    /// the evaluation would not have come to it: whether an event can be converted must not depend on other facets.
    fn facts<'f>(
        &'f self,
        expression: &'f Expression,
        event: &'f Event<'_>,
        found: &mut Found,
    ) -> Result<Facts<'f>, Stop> {
        let mut facts = Facts { event: event.facts, customer: self.customer, converted: Vec::new() };
        let is_money = |path: &str| (self.interpreter.is_money)(event.kind, path);
        for path in expression.variables().iter().filter(|path| is_money(path)) {
            let Some(Value::Number(amount)) = event.facts.get(path) else {
                continue;
            };
            if let Some(times) = self.times(event, found)? {
                let converted = times.convert(amount).ok_or_else(|| too_long(expression, path))?;
                facts.converted.push((path, converted));
            }
        }
        Ok(facts)
    }

    /// How the event's money is converted; `None` when it is taken as written.
    fn times(&self, event: &Event<'_>, found: &mut Found) -> Result<Option<Times>, Stop> {
        let currency = match event.facts.get("currency") {
            Some(Value::Text(currency)) => Some(currency),
            _ => None,
        };
        if let Some(currency) = currency.as_deref().filter(|currency| !found.currencies.contains(*currency)) {
            found.currencies.insert(currency.into());
        }
        match (&self.interpreter.set.money, currency) {
            (None, _) => Ok(None),
            (Some(_), None) => Err(Stop::WithoutRate),
            (Some(money), Some(currency)) => money.times(&currency, event.at).map(Some).ok_or(Stop::WithoutRate),
        }
    }
}

fn too_long(expression: &Expression, path: &str) -> Stop {
    let at = expression.position_of(path).unwrap_or(Position { line: 1, column: 1 });
    Stop::Fault(Fault::Conversion { path: path.into(), at })
}
