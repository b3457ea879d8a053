//! Some customers at a time: their rows, one customer behind the other; in the order of facts, if a rule asks for it.

use std::borrow::Cow;
use std::ops::Range;

use super::narrow::Stamp;
use super::{Columns, Customers};
use crate::scores::calendar::Calendar;
use crate::scores::facts::{Facts, Room};

/// Rows of a batch; one customer may have more.
const ROWS: usize = 4_096;
/// Customers of a batch.
const CUSTOMERS: usize = 2_048;

/// Which rows are seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// Of times from .0 until .1.
    pub(super) times: (i64, i64),
    /// Up to this position of the log; `None`: all.
    pub(super) position: Option<u64>,
    /// Whether that is every row.
    pub(super) all: bool,
    /// Whether the rows of a customer are to be in the order of facts; else those of each record are.
    pub(super) in_order: bool,
}

impl Seen {
    fn sees(&self, facts: &Facts, row: u32) -> bool {
        let row = row as usize;
        (self.times.0..self.times.1).contains(&facts.times[row])
            && self.position.is_none_or(|position| facts.positions[row] <= position)
    }
}

/// The rows of some customers.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Which customers.
    pub(super) customers: Range<usize>,
    /// Their rows that are seen.
    pub(super) rows: Vec<u32>,
    /// For each row the customer, counted within the batch.
    pub(super) of: Vec<u32>,
    /// For each row when it happened.
    pub(super) times: Vec<i64>,
    /// For each row the number of its type.
    pub(super) types: Vec<u16>,
    /// Behind the last row of each customer.
    ends: Vec<u32>,
    /// The places of the rows of each type, ascending.
    by_type: Vec<Vec<u32>>,
    days: Vec<i32>,
    stamps: Vec<Stamp>,
    /// Where rows of several records are merged.
    room: Room,
}

impl Batch {
    /// How many customers from one on make a batch.
    pub(super) fn customers_from(columns: &Columns<'_>, first: usize) -> usize {
        let (mut rows, mut count) = (0, 0);
        for customer in first..columns.customers().min(first + CUSTOMERS) {
            let own = columns.rows_of(customer);
            if count > 0 && rows + own > ROWS {
                break;
            }
            rows += own;
            count += 1;
        }
        count
    }

    /// Takes the rows of other customers, of each in the order that is wanted.
    pub(super) fn fill(&mut self, customers: &Customers, facts: &Facts, range: Range<usize>, seen: &Seen) {
        self.rows.clear();
        self.times.clear();
        self.of.clear();
        self.ends.clear();
        self.days.clear();
        for (number, customer) in (0..).zip(range.clone()) {
            match customers.places(customer) {
                [] => {}
                places if places.len() == 1 || !seen.in_order => {
                    for place in places {
                        let from = self.rows.len();
                        let rows = facts.rows_at(*place);
                        self.times.extend_from_slice(&facts.times[rows.start as usize..rows.end as usize]);
                        self.rows.extend(rows);
                        self.keep_seen(facts, from, seen);
                    }
                }
                places => {
                    let from = self.rows.len();
                    facts.merge_into(places, &mut self.room, &mut self.rows, &mut self.times);
                    self.keep_seen(facts, from, seen);
                }
            }
            self.of.resize(self.rows.len(), number);
            self.ends.push(self.rows.len() as u32);
        }
        self.customers = range;
        self.gather(facts);
    }

    /// Brings what every rule looks at side by side.
    fn gather(&mut self, facts: &Facts) {
        self.types.clear();
        self.types.extend(self.rows.iter().map(|row| facts.types.codes[*row as usize]));
        self.by_type.resize(facts.types.names.len(), Vec::new());
        self.by_type.iter_mut().for_each(Vec::clear);
        for (place, kind) in (0..).zip(&self.types) {
            self.by_type[usize::from(*kind)].push(place);
        }
    }

    /// The places of the rows of some types, ascending; by the number of a type whether it is one of them. `spare` is room
    /// to work in.
    pub(super) fn of_types<'b>(&'b self, wanted: &[bool], spare: &'b mut Vec<u32>) -> &'b [u32] {
        let mut kinds = wanted.iter().zip(&self.by_type).filter(|(wanted, places)| **wanted && !places.is_empty());
        match (kinds.next(), kinds.next()) {
            (None, _) => &[],
            (Some((_, only)), None) => only,
            _ => {
                // Which rows are wanted cannot be foreseen, so nothing here branches on it.
                spare.clear();
                spare.resize(self.types.len(), 0);
                let mut kept = 0;
                for (place, kind) in (0..).zip(&self.types) {
                    spare[kept] = place;
                    kept += usize::from(wanted[usize::from(*kind)]);
                }
                spare.truncate(kept);
                spare
            }
        }
    }

    /// Of rows in the order of facts, which begin at a place, leaves those that are seen.
    fn keep_seen(&mut self, facts: &Facts, from: usize, seen: &Seen) {
        if seen.all {
            return;
        }
        let own = &self.times[from..];
        let (Some(first), Some(last)) = (own.first(), own.last()) else { return };
        if seen.position.is_none() && *first >= seen.times.0 && *last < seen.times.1 {
            return;
        }
        let mut kept = from;
        for at in from..self.rows.len() {
            let row = self.rows[at];
            if seen.sees(facts, row) {
                (self.rows[kept], self.times[kept]) = (row, self.times[at]);
                kept += 1;
            }
        }
        self.rows.truncate(kept);
        self.times.truncate(kept);
    }

    /// The places of the rows of a customer, counted within the batch.
    pub(super) fn places_of(&self, number: usize) -> Range<usize> {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        start..self.ends[number] as usize
    }

    /// The rows of a customer, counted within the batch.
    pub(super) fn rows_of(&self, number: usize) -> &[u32] {
        &self.rows[self.places_of(number)]
    }

    /// The same in the order of facts.
    pub(super) fn ordered_rows_of(&self, number: usize, facts: &Facts, seen: &Seen) -> Cow<'_, [u32]> {
        let mut rows = Cow::Borrowed(self.rows_of(number));
        if !seen.in_order {
            facts.sort(rows.to_mut());
        }
        rows
    }

    /// Finds the day of each row.
    pub(super) fn days(&mut self, calendar: &Calendar) {
        if self.days.len() == self.rows.len() {
            return;
        }
        self.days.clear();
        calendar.days(&self.times, &mut self.days);
        self.stamps.clear();
        self.stamps.extend(self.of.iter().zip(&self.days).map(|(of, day)| Stamp::new(*of, *day)));
    }

    /// The day of a row, if [`Self::days`] was called; else some day.
    pub(super) fn day(&self, lane: u32) -> i32 {
        self.days.get(lane as usize).copied().unwrap_or_default()
    }

    /// The customer and the day of a row; [`Self::days`] was called.
    pub(super) fn stamp(&self, lane: u32) -> Stamp {
        self.stamps[lane as usize]
    }
}
