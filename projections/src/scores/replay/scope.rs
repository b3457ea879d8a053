//! A row of facts as an expression reads it.

use crate::expr::{Scope, Value};
use crate::scores::facts::Facts;
use crate::scores::interpret::Event;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct RowScope<'a> {
    facts: &'a Facts,
    row: u32,
}

impl<'a> RowScope<'a> {
    /// The scope of a row.
    pub fn new(facts: &'a Facts, row: u32) -> Self {
        Self { facts, row }
    }

    /// The event of the row.
    pub fn event(&self) -> Event<'_> {
        let row = self.row as usize;
        Event { at: self.facts.times[row], kind: self.facts.types.get(row), facts: self }
    }
}

impl Scope for RowScope<'_> {
    fn get(&self, path: &str) -> Option<Value<'_>> {
        let row = self.row as usize;
        match path {
            "type" => Some(Value::from(self.facts.types.get(row))),
            "source" => Some(Value::from(self.facts.sources.get(row))),
            "unit" => Some(self.facts.units.get(row)).filter(|unit| !unit.is_empty()).map(Value::from),
            "time" => Some(Value::Time(self.facts.times[row])),
            facet => self.facts.value(self.facts.facet(facet)?, self.row),
        }
    }
}
