//! The scores of all customers, from columns: what the interpreter says of each, found for many at once.
//!
//! Rules run one after the other over batches of customers that fit in a cache. An expression is computed for all events
//! of a batch at a time, on integers; only limits, counts, tiers, caps and gaps walk event by event. Every operation is
//! exact. Where something does not fit in the integers at hand, or cannot be computed over columns, or is wrong, the
//! customers concerned are scored by the [interpreter](super::interpret), so the result never depends on which of the two
//! was at work, nor on the number of threads.
//!
//! The form follows MonetDB/X100 (Boncz, Zukowski and Nes, CIDR 2005): vectors of a column at a time, selections as lists
//! of rows.

mod absence;
mod batch;
mod breakdown;
mod compiled;
mod credit;
mod customers;
mod events;
mod lanes;
mod money;
mod narrow;
mod parts;
mod program;
mod scope;
mod shelf;
mod spare;
mod tally;
mod total;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bigdecimal::BigDecimal;

use super::calendar::Calendar;
use super::facts::Facts;
use super::interpret::{Interpreter, IsMoney, ScoreError};
use super::rules::{Rule, RuleSet};
use crate::expr::Scope;

pub use breakdown::Breakdown;
pub use customers::Customers;
pub use parts::{Chunk, Columns, Parts, Unread};

pub use scope::RowScope;
pub use shelf::Shelf;
pub use total::{Sum, Sums};

use batch::{Batch, Seen};
use breakdown::{Gathered, Totals};
use compiled::{Compiled, Over, Work};
use parts::Holding;
use tally::{Tally, mark};

/// What rules read of customers.
pub trait OfCustomers: Sync {
    /// The facts of a customer, under their names as expressions write them, `customer.…`.
    fn scope(&self, customer: usize) -> Box<dyn Scope + '_>;
}

/// What is replayed.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The rules.
    pub rules: &'a RuleSet,
    /// Which facets are amounts of money.
    pub is_money: IsMoney<'a>,
    /// Times of events that are seen, half-open, microseconds since 1970-01-01T00:00:00Z.
    pub seen: (i64, i64),
    /// Events at or after it are left out, and ages are measured at it.
    pub as_of: i64,
    /// Only events up to this position of the log; `None`: all that there are.
    pub position: Option<u64>,
    /// What rules read of customers.
    pub customer: &'a dyn OfCustomers,
    /// Whether to sum up, over all customers, what rules and business units gave.
    pub breakdown: bool,
    /// On so many threads.
    pub threads: usize,
    /// Whether to go on when a customer has no score; it is named among the [refused](Replayed::refused) then.
    pub tolerant: bool,
    /// Is told how many more customers are done; answers whether to go on.
    pub go_on: &'a (dyn Fn(usize) -> bool + Sync),
}

/// The scores of all customers.
#[derive(Clone, Debug, Default)]
pub struct Replayed {
    /// By customer.
    pub sums: Sums,
    /// By rule: events, or gaps, to which it did not apply because a value that it came to read is missing.
    pub missing: Vec<u64>,
    /// By rule: events that it left out because their money could not be converted.
    pub without_rate: Vec<u64>,
    /// The currencies of money that a rule read.
    pub currencies: BTreeSet<Box<str>>,
    /// How many customers the interpreter scored.
    pub interpreted: u64,
    /// What rules and business units gave, where it was asked for.
    pub breakdown: Option<Breakdown>,
    /// Customers that have no score, in their order; their sums are 0.
    pub refused: Vec<Unscored>,
}

/// Why a customer has no score.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}{}", position.map(|at| format!(" (event at position {at})")).unwrap_or_default())]
pub struct Unscored {
    /// Which customer.
    pub customer: usize,
    /// The place in the log of the event for which a rule failed.
    pub position: Option<u64>,
    /// Why.
    #[source]
    pub error: ScoreError,
}

/// Why there are no scores.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// Somebody did not want to go on.
    #[error("the replay was cancelled")]
    Cancelled,
    /// A customer has no score.
    #[error(transparent)]
    Refused(#[from] Unscored),
    /// Rows could not be read.
    #[error(transparent)]
    Unread(#[from] Unread),
}

/// Scores all customers.
///
/// # Errors
/// When it was cancelled, rows could not be read, or a customer has no score and that is not tolerated: then the first of
/// those that were found.
pub fn replay(columns: Columns<'_>, asked: &Asked<'_>) -> Result<Replayed, Stopped> {
    let run = Run::new(columns, asked);
    let threads = asked.threads.clamp(1, columns.customers().max(1));
    let parts = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let part = run.work();
                parts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(part);
            });
        }
    });
    let parts = parts.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    run.join(parts)
}

struct Run<'a> {
    columns: Columns<'a>,
    asked: &'a Asked<'a>,
    calendar: Calendar,
    rules: Vec<Compiled<'a>>,
    interpreter: Interpreter<'a>,
    seen: Seen,
    next: AtomicUsize,
    stop: AtomicBool,
}

/// What one thread found.
#[derive(Default)]
struct Part {
    sums: Vec<(Range<usize>, Vec<Sum>)>,
    missing: Vec<u64>,
    without_rate: Vec<u64>,
    currencies: BTreeSet<Box<str>>,
    marked: Vec<bool>,
    interpreted: u64,
    refused: Vec<Unscored>,
    totals: Option<Totals>,
    stopped: Option<Stopped>,
}

impl<'a> Run<'a> {
    fn new(columns: Columns<'a>, asked: &'a Asked<'a>) -> Self {
        let seen = (asked.seen.0, asked.seen.1.min(asked.as_of));
        let facts = columns.head();
        let (first, last) = columns.span().unwrap_or((asked.as_of, asked.as_of));
        let calendar =
            Calendar::new(asked.rules.zone.clone(), first, last.max(asked.as_of.min(last.saturating_add(1))));
        let days = (calendar.day(first), calendar.day(last));
        let over = Over { facts, is_money: asked.is_money, days, today: calendar.day(asked.as_of) };
        let compile = |rule: &'a Rule| Compiled::of(rule, &over);
        let rules: Vec<Compiled<'a>> = asked.rules.rules.iter().map(compile).collect();
        let position = asked.position.filter(|position| facts.reach() > *position);
        let all = position.is_none() && seen.0 <= first && last < seen.1;
        let in_order = rules.iter().any(Compiled::needs_order);
        Self {
            rules,
            interpreter: Interpreter::new(asked.rules, asked.is_money, seen, asked.as_of),
            seen: Seen { times: seen, position, all, in_order },
            columns,
            asked,
            calendar,
            next: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
        }
    }

    /// Takes batches until there are none.
    fn work(&self) -> Part {
        let rules = self.rules.len();
        let mut part = Part { missing: vec![0; rules], without_rate: vec![0; rules], ..Part::default() };
        let (mut batch, mut tally) = (Batch::default(), Tally::default());
        let head = self.columns.head();
        if self.asked.breakdown {
            part.totals = Some(Totals::new(head, rules));
            tally.gathered = Some(Gathered::new(head));
        }
        let mut held = Holding::of(self.columns);
        while let Some(range) = self.take() {
            let count = range.len();
            let facts = match self.rows(range.clone(), &mut held, &mut batch) {
                Ok(facts) => facts,
                Err(unread) => {
                    self.stop.store(true, Ordering::Relaxed);
                    part.stopped = Some(unread.into());
                    return part;
                }
            };
            tally.begin(count, rules);
            for (index, rule) in self.rules.iter().enumerate() {
                match &rule.work {
                    Work::Events(work) => self.events(index, rule, work, facts, &mut batch, &mut tally),
                    Work::Absence(work) => self.absence(index, rule, work, &batch, &mut tally),
                    Work::Interpreted { from_first_event } => mark(rule, *from_first_event, &batch, &mut tally),
                }
            }
            match self.sums(facts, &batch, &tally, &mut part) {
                Ok(sums) => part.sums.push((range, sums)),
                Err(stopped) => {
                    self.stop.store(true, Ordering::Relaxed);
                    part.stopped = Some(stopped);
                    return part;
                }
            }
            if !(self.asked.go_on)(count) {
                self.stop.store(true, Ordering::Relaxed);
                part.stopped = Some(Stopped::Cancelled);
            }
        }
        part.marked = tally.marked;
        part
    }

    /// Brings the rows of some customers into a batch; gives the columns that they are of.
    fn rows<'b>(&'b self, range: Range<usize>, held: &'b mut Holding, batch: &mut Batch) -> Result<&'b Facts, Unread> {
        match self.columns {
            Columns::Parts(parts) => {
                let chunk = held.load(parts, &range)?;
                batch.fill(&chunk.customers, &chunk.facts, 0..range.len(), &self.seen);
                batch.customers = range;
                Ok(&chunk.facts)
            }
            Columns::Whole(facts, customers) => {
                batch.fill(customers, facts, range, &self.seen);
                Ok(facts)
            }
        }
    }

    fn take(&self) -> Option<Range<usize>> {
        loop {
            let first = self.next.load(Ordering::Relaxed);
            if first >= self.columns.customers() || self.stop.load(Ordering::Relaxed) {
                return None;
            }
            let last = first + Batch::customers_from(&self.columns, first);
            if self.next.compare_exchange(first, last, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                return Some(first..last);
            }
        }
    }

    /// The sums of a batch, those of customers that are left to the interpreter included.
    fn sums(&self, facts: &Facts, batch: &Batch, tally: &Tally, part: &mut Part) -> Result<Vec<Sum>, Stopped> {
        let count = batch.customers.len();
        if let (Some(totals), Some(gathered)) = (&mut part.totals, &tally.gathered) {
            totals.take(gathered, &tally.beyond);
        }
        let mut sums = Vec::with_capacity(count);
        for number in 0..count {
            if !tally.beyond[number] {
                sums.push(Sum::Short(tally.sums[number]));
                for rule in 0..self.rules.len() {
                    part.missing[rule] += u64::from(tally.missing[rule * count + number]);
                    part.without_rate[rule] += u64::from(tally.without_rate[rule * count + number]);
                }
                continue;
            }
            part.interpreted += 1;
            match self.interpret(facts, batch, number, part) {
                Ok(sum) => sums.push(Sum::Long(sum)),
                Err(unscored) if self.asked.tolerant => {
                    part.refused.push(unscored);
                    sums.push(Sum::Short(0));
                }
                Err(unscored) => return Err(unscored.into()),
            }
        }
        Ok(sums)
    }

    fn interpret(&self, facts: &Facts, batch: &Batch, number: usize, part: &mut Part) -> Result<BigDecimal, Unscored> {
        let customer = batch.customers.start + number;
        let rows = &*batch.ordered_rows_of(number, facts, &self.seen);
        let scopes: Vec<RowScope<'_>> = rows.iter().map(|row| RowScope::new(facts, *row)).collect();
        let events: Vec<_> = scopes.iter().map(RowScope::event).collect();
        let scored = self.interpreter.score(&events, &*self.asked.customer.scope(customer)).map_err(|error| {
            let event = match &error {
                ScoreError::Refused(refusal) => refusal.event,
                ScoreError::TotalTooLong => None,
            };
            let position =
                event.and_then(|event| rows.get(event)).and_then(|row| facts.positions.get(*row as usize)).copied();
            Unscored { customer, position, error }
        })?;
        for rule in 0..self.rules.len() {
            part.missing[rule] += scored.missing[rule];
            part.without_rate[rule] += scored.without_rate[rule];
        }
        if let Some(totals) = &mut part.totals {
            totals.take_parts(facts, rows, &scored.parts);
        }
        part.currencies.extend(scored.currencies);
        Ok(scored.exact)
    }

    fn join(self, parts: Vec<Part>) -> Result<Replayed, Stopped> {
        let rules = self.rules.len();
        let mut found = Replayed { missing: vec![0; rules], without_rate: vec![0; rules], ..Replayed::default() };
        let mut stopped: Vec<&Stopped> = parts.iter().filter_map(|part| part.stopped.as_ref()).collect();
        stopped.sort_by_key(|stopped| match stopped {
            Stopped::Refused(unscored) => unscored.customer,
            Stopped::Unread(_) | Stopped::Cancelled => usize::MAX,
        });
        if let Some(first) = stopped.first() {
            return Err((*first).clone());
        }
        let mut sums: Vec<(Range<usize>, Vec<Sum>)> = Vec::new();
        for part in parts {
            if let Some(totals) = &part.totals {
                found.breakdown.get_or_insert_default().add(&totals.named(self.columns.head(), self.asked.rules));
            }
            (0..rules).for_each(|rule| found.missing[rule] += part.missing[rule]);
            (0..rules).for_each(|rule| found.without_rate[rule] += part.without_rate[rule]);
            found.currencies.extend(part.currencies);
            found.currencies.extend(money::names(self.columns.head(), &part.marked));
            found.interpreted += part.interpreted;
            sums.extend(part.sums);
            found.refused.extend(part.refused);
        }
        found.refused.sort_by_key(|unscored| unscored.customer);
        sums.sort_by_key(|(range, _)| range.start);
        found.sums.0.reserve_exact(self.columns.customers());
        sums.into_iter().for_each(|(_, sums)| found.sums.0.extend(sums));
        Ok(found)
    }
}
