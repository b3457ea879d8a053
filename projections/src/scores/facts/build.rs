//! Columns from events as they come.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use kulta_events::recorded::EventName;
use kulta_events::{Json, RecordId};
use rust_decimal::Decimal;

use super::column::{Facet, permute};
use super::{Facts, runs};
use crate::expr::Value;

/// What of the events is wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Facets by name, members of `attributes` as `attributes.name`; `None`: all.
    pub facets: Option<BTreeSet<Box<str>>>,
    /// Event types whose facets are wanted; of others there are rows, but without facets. `None`: all.
    pub types: Option<BTreeSet<Box<str>>>,
}

impl Wanted {
    /// Whether facts by this hold all that another wants.
    pub fn holds(&self, other: &Self) -> bool {
        let all = |own: &Option<BTreeSet<Box<str>>>, other: &Option<BTreeSet<Box<str>>>| match (own, other) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(other)) => other.is_subset(own),
        };
        all(&self.facets, &other.facets) && all(&self.types, &other.types)
    }
}

/// An event to be added.
#[derive(Clone, Copy, Debug)]
pub struct NewRow<'a> {
    /// The record that it is about.
    pub record: RecordId,
    /// When it happened, microseconds since 1970-01-01T00:00:00Z.
    pub time: i64,
    /// Its place in the log.
    pub position: u64,
    /// Its type.
    pub type_name: &'a str,
    /// Its source.
    pub source: &'a str,
    /// Its business unit.
    pub unit: Option<&'a str>,
    /// Its payload without personal parts, of the newest version.
    pub facts: &'a Json,
}

/// Events of one time and source: their order is that of their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tied {
    /// Their positions in the log, ascending.
    pub positions: Vec<u64>,
}

/// Takes events in any order; each once.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    wanted: Wanted,
    facts: Facts,
    /// For each row the place of its record among `records`.
    of: Vec<u32>,
    known: HashMap<RecordId, u32>,
    facets: HashMap<Arc<str>, usize>,
}

/// There are more different types, sources or units than columns can tell apart, or more rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than 65,536 different event types, sources or units, or more than 4 billion events")]
pub struct TooMany;

impl Builder {
    /// Without rows.
    pub fn new(wanted: Wanted) -> Self {
        Self { wanted, ..Self::default() }
    }

    /// One more event.
    ///
    /// # Errors
    /// When columns cannot tell more apart.
    pub fn push(&mut self, row: &NewRow<'_>) -> Result<(), TooMany> {
        let number = self.row(row)?;
        if self.reads(row.type_name) {
            each_value(row.facts, |name, value| self.set(number, name, &value));
        }
        Ok(())
    }

    /// One more event whose values were read before, as [`each_value`] gives them; `row.facts` is of no account.
    ///
    /// # Errors
    /// When columns cannot tell more apart.
    pub fn push_values<'a>(
        &mut self,
        row: &NewRow<'_>,
        values: impl IntoIterator<Item = (&'a str, Value<'a>)>,
    ) -> Result<(), TooMany> {
        let number = self.row(row)?;
        if self.reads(row.type_name) {
            values.into_iter().for_each(|(name, value)| self.set(number, name, &value));
        }
        Ok(())
    }

    fn reads(&self, type_name: &str) -> bool {
        self.wanted.types.as_ref().is_none_or(|types| types.contains(type_name))
    }

    fn row(&mut self, row: &NewRow<'_>) -> Result<usize, TooMany> {
        let number = self.facts.times.len();
        u32::try_from(number + 1).map_err(|_| TooMany)?;
        let coded = self.facts.types.push(row.type_name)
            && self.facts.sources.push(row.source)
            && self.facts.units.push(row.unit.unwrap_or_default());
        if !coded {
            return Err(TooMany);
        }
        let record = self.facts.records.len() as u32;
        let record = *self.known.entry(row.record).or_insert(record);
        if record as usize == self.facts.records.len() {
            self.facts.records.push(row.record);
        }
        self.of.push(record);
        self.facts.times.push(row.time);
        self.facts.positions.push(row.position);
        Ok(number)
    }

    fn set(&mut self, row: usize, name: &str, value: &Value<'_>) {
        if self.wanted.facets.as_ref().is_some_and(|facets| !facets.contains(name)) {
            return;
        }
        let place = match self.facets.get(name) {
            Some(place) => *place,
            None => {
                let name: Arc<str> = name.into();
                self.facts.facets.push((name.clone(), Facet::default()));
                self.facets.insert(name, self.facts.facets.len() - 1);
                self.facts.facets.len() - 1
            }
        };
        self.facts.facets[place].1.set(row, value);
    }

    /// The records that events are about, each once.
    pub fn records(&self) -> &[RecordId] {
        &self.facts.records
    }

    /// Events that share their time and source with others that may be read together with them: their ids are needed to
    /// tell their order. `together` names for each record the customer, or whatever else, that it may be read with.
    pub fn tied(&self, together: impl Fn(RecordId) -> u64) -> Vec<Tied> {
        let facts = &self.facts;
        let groups: Vec<u64> = facts.records.iter().map(|record| together(*record)).collect();
        let key = |row: u32| {
            let row = row as usize;
            (groups[self.of[row] as usize], facts.times[row], facts.sources.codes[row])
        };
        let mut rows: Vec<u32> = (0..facts.len() as u32).collect();
        rows.sort_unstable_by_key(|row| (key(*row), facts.positions[*row as usize]));
        rows.chunk_by(|one, other| key(*one) == key(*other))
            .filter(|group| group.len() > 1)
            .map(|group| Tied { positions: group.iter().map(|row| facts.positions[*row as usize]).collect() })
            .collect()
    }

    /// The columns, sorted. `ids` holds, by position, the ids of all events that are [tied](Self::tied).
    pub fn finish(self, tied: Vec<Tied>, ids: &HashMap<u64, EventName>) -> Facts {
        let mut by_position: HashMap<u64, u32> = HashMap::new();
        for Tied { mut positions } in tied {
            positions.sort_by(|one, other| ids.get(one).cmp(&ids.get(other)).then(one.cmp(other)));
            by_position.extend(positions.into_iter().zip(0..));
        }
        self.finish_ranked(|position| by_position.get(&position).copied().unwrap_or(0))
    }

    /// The columns, sorted, where the order by id among events of one time and source is known by position.
    pub fn finish_ranked(self, rank: impl Fn(u64) -> u32) -> Facts {
        let ranks = self.facts.positions.iter().map(|position| rank(*position)).collect();
        let Self { mut facts, of, .. } = self;
        facts.ranks = ranks;
        let mut order: Vec<u32> = (0..facts.len() as u32).collect();
        order.sort_unstable_by(|one, other| {
            let record = |row: u32| facts.records[of[row as usize] as usize];
            record(*one).cmp(&record(*other)).then_with(|| runs::compare(&facts, *one, *other))
        });
        let mut records: Vec<RecordId> = Vec::with_capacity(facts.records.len());
        let mut starts = Vec::with_capacity(facts.records.len() + 1);
        for (row, old) in (0..).zip(&order) {
            let record = facts.records[of[*old as usize] as usize];
            if records.last() != Some(&record) {
                records.push(record);
                starts.push(row);
            }
        }
        starts.push(order.len() as u32);
        facts.records = records;
        facts.starts = starts;
        permute(&mut facts.times, &order);
        permute(&mut facts.positions, &order);
        permute(&mut facts.ranks, &order);
        facts.types.permute(&order);
        facts.sources.permute(&order);
        facts.units.permute(&order);
        facts.facets.iter_mut().for_each(|(_, facet)| facet.finish(&order));
        facts
    }
}

/// Gives every value of facts that rules can read, members of `attributes` as `attributes.name`.
pub fn each_value(facts: &Json, mut take: impl FnMut(&str, Value<'_>)) {
    for (name, value) in facts.members() {
        if name == "attributes" {
            for (name, value) in value.members() {
                if let Some(value) = scalar(value) {
                    take(&format!("attributes.{name}"), value);
                }
            }
        } else if let Some(value) = scalar(value) {
            take(name, value);
        }
    }
}

/// What rules can read of a value; `None`: nothing.
pub fn scalar(value: &Json) -> Option<Value<'_>> {
    match value {
        Json::Bool(value) => Some(Value::Bool(*value)),
        Json::String(text) => Some(Value::from(text.as_str())),
        Json::Number(text) => number(text).map(Value::Number),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

fn number(text: &str) -> Option<Decimal> {
    kulta_events::json::exact_decimal(text).map(|number| number.normalize())
}
