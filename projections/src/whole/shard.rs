//! Records folded side by side, packed: there may be millions of them.

use std::collections::{BTreeMap, HashMap};

use kulta_events::{RecordId, Recorded};

use crate::identity::policy::MatchPolicy;
use crate::identity::prepared::Prepared;
use crate::identity::said::attributes;
use crate::record::{Applied, RecordState, shapes_golden};
use crate::rows::{RecordRow, UnknownCounts};
use crate::whole::share_of;

/// Some records of a [`super::Whole`].
#[derive(Debug, Default)]
pub struct Shard {
    records: HashMap<RecordId, Cell>,
    sources: Sources,
    /// By share.
    unknown: BTreeMap<u8, UnknownCounts>,
}

/// One record.
#[derive(Debug)]
struct Cell {
    first_position: u64,
    shaped_at: u64,
    state: Packed,
    source: u32,
    late: bool,
}

/// A state as JSON text, a third of what it takes in memory otherwise.
#[derive(Debug)]
enum Packed {
    Text(Box<str>),
    /// What has no text; nothing that was read from JSON is like that.
    Plain(Box<RecordState>),
}

impl Packed {
    fn pack(state: &RecordState) -> Self {
        match serde_json::to_string(state) {
            Ok(text) => Self::Text(text.into()),
            Err(_) => Self::Plain(Box::new(state.clone())),
        }
    }

    /// The state; as though it said nothing, should its own text be unreadable.
    fn unpack(&self) -> RecordState {
        match self {
            Self::Text(text) if text.is_empty() => RecordState::default(),
            Self::Text(text) => serde_json::from_str(text).unwrap_or_default(),
            Self::Plain(state) => (**state).clone(),
        }
    }
}

/// The few names of sources, each kept once.
#[derive(Debug, Default)]
struct Sources {
    names: Vec<String>,
    numbers: BTreeMap<String, u32>,
}

impl Sources {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    fn name(&self, number: u32) -> String {
        usize::try_from(number).ok().and_then(|number| self.names.get(number)).cloned().unwrap_or_default()
    }
}

impl Shard {
    /// Folds the next event of the log that is about a record of this shard; others are passed over.
    pub fn apply(&mut self, event: &Recorded) {
        let Some(record) = event.record else { return };
        if event.unknown > 0 {
            self.unknown.entry(share_of(record)).or_default().count(event);
        }
        let cell = self.records.entry(record).or_insert_with(|| Cell {
            first_position: event.position,
            shaped_at: event.position,
            state: Packed::Text(Box::default()),
            source: self.sources.number(&event.order.source),
            late: false,
        });
        if !shapes_golden(&event.type_name) {
            return;
        }
        cell.shaped_at = cell.shaped_at.max(event.position);
        if cell.late {
            return;
        }
        let mut state = cell.state.unpack();
        match state.apply(event) {
            Applied::Folded => cell.state = Packed::pack(&state),
            Applied::Late => cell.late = true,
            Applied::Ignored => {}
        }
    }

    /// The records that must be folded again.
    pub fn late(&self) -> impl Iterator<Item = RecordId> + '_ {
        self.records.iter().filter(|(_, cell)| cell.late).map(|(record, _)| *record)
    }

    /// See [`super::Whole::set_state`].
    pub fn set_state(&mut self, record: RecordId, state: &RecordState) {
        if let Some(cell) = self.records.get_mut(&record) {
            cell.state = Packed::pack(state);
            cell.late = false;
        }
    }

    /// All records, in no order.
    pub fn records(&self) -> impl Iterator<Item = RecordId> + '_ {
        self.records.keys().copied()
    }

    /// Every record, normalised.
    pub(super) fn prepared(&self, policy: &MatchPolicy) -> impl Iterator<Item = (RecordId, Prepared)> {
        self.records.iter().map(|(record, cell)| {
            let said = attributes(&self.sources.name(cell.source), &cell.state.unpack());
            (*record, Prepared::of(&said, policy))
        })
    }

    pub(super) fn places(&self) -> impl Iterator<Item = (RecordId, u64, u64)> {
        self.records.iter().map(|(record, cell)| (*record, cell.first_position, cell.shaped_at))
    }

    pub(super) fn source_names(&self) -> impl Iterator<Item = &str> {
        self.sources.names.iter().map(String::as_str)
    }

    pub(super) fn unknown(&self) -> impl Iterator<Item = &UnknownCounts> {
        self.unknown.values()
    }

    pub(super) fn unknown_of(&self, share: u8) -> Option<&UnknownCounts> {
        self.unknown.get(&share)
    }

    pub(super) fn first_position(&self, record: RecordId) -> Option<u64> {
        self.records.get(&record).map(|cell| cell.first_position)
    }

    pub(super) fn row(&self, record: RecordId, subject: Option<String>) -> Option<RecordRow> {
        let cell = self.records.get(&record)?;
        let mut row = RecordRow::new(record, self.sources.name(cell.source), subject, cell.first_position);
        row.shaped_at = cell.shaped_at;
        row.state = cell.state.unpack();
        Some(row)
    }
}
