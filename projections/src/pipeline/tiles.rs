//! What boards of now are made of: a small row for each open thing, close together in memory.
//!
//! Cards are large and lie all over memory, and a board looks at every open one. Here lies only what a board needs, words
//! as numbers and money as whole millionths, kept up with each change ([`Tiles::put`]). [`Tiles::board`] gives what
//! [`Board::of`] gives, and those that stand longest in each column, in one pass.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use kulta_events::{Instant, RecordId};
use uuid::Uuid;

use super::board::Board;
use super::card::Card;
use super::definition::Definition;
use super::money::{Sum, micros};

/// The number of what is not said.
const UNSAID: u32 = u32::MAX;
/// Records that are looked through one by one.
const NEAR: usize = 8;

/// Open things; see the module.
#[derive(Clone, Debug, Default)]
pub struct Tiles {
    rows: Vec<Row>,
    by_id: HashMap<Uuid, usize>,
    words: Words,
}

/// What a board needs of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    /// In whole millionths, as the percentage.
    amount: Option<i128>,
    percent: Option<i128>,
    id: Uuid,
    record: Option<RecordId>,
    stage_since: i64,
    pipeline: u32,
    stage: u32,
    currency: u32,
    owner: u32,
    team: u32,
    origin: u32,
}

/// Pipelines, stages, currencies, owners, teams and origins by number. There are few, so none is forgotten.
#[derive(Clone, Debug, Default)]
struct Words {
    by_text: HashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
}

impl Words {
    fn number(&mut self, text: Option<&str>) -> u32 {
        let Some(text) = text else { return UNSAID };
        if let Some(known) = self.by_text.get(text) {
            return *known;
        }
        // Four billion words are more than memory holds.
        let number = u32::try_from(self.texts.len()).unwrap_or(UNSAID);
        self.by_text.insert(text.into(), number);
        self.texts.push(text.into());
        number
    }

    fn text(&self, number: u32) -> Option<&str> {
        self.texts.get(number as usize).map(|text| &**text)
    }
}

/// Which of the pipeline's things are meant; what is not said does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'w> {
    /// In this stage.
    pub stage: Option<&'w str>,
    /// Of this owner.
    pub owner: Option<&'w str>,
    /// Of this team.
    pub team: Option<&'w str>,
    /// From there.
    pub origin: Option<&'w str>,
    /// About one of these records.
    pub records: Option<&'w [RecordId]>,
}

/// A board, and those that stand longest in its columns.
#[derive(Clone, Debug)]
pub struct Filled {
    /// Columns and sums.
    pub board: Board,
    /// By stage the ids of those that stand there longest; of equal ones the larger amount goes first, what has none last,
    /// then the lower id.
    pub longest: HashMap<Box<str>, Vec<Uuid>>,
}

impl Tiles {
    /// Takes in how a thing stands now; one that is not open is taken out.
    pub fn put<S>(&mut self, card: &Card<S>, is_open: bool) {
        if !is_open {
            return self.remove(card.id);
        }
        let row = Row {
            amount: card.amount.map(micros),
            percent: card.probability.map(micros),
            id: card.id,
            record: card.record,
            stage_since: card.stage_since.micros(),
            pipeline: self.words.number(card.pipeline.as_deref()),
            stage: self.words.number(card.stage.as_deref()),
            currency: self.words.number(card.currency.as_deref()),
            owner: self.words.number(card.owner.as_deref()),
            team: self.words.number(card.team.as_deref()),
            origin: self.words.number(card.origin.as_deref()),
        };
        match self.by_id.get(&card.id) {
            Some(place) => self.rows[*place] = row,
            None => {
                self.by_id.insert(card.id, self.rows.len());
                self.rows.push(row);
            }
        }
    }

    /// Takes a thing out, if it is there.
    pub fn remove(&mut self, id: Uuid) {
        let Some(place) = self.by_id.remove(&id) else { return };
        self.rows.swap_remove(place);
        if let Some(moved) = self.rows.get(place) {
            self.by_id.insert(moved.id, place);
        }
    }

    /// How many things are open.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing is open.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether an open thing names this pipeline.
    pub fn names(&self, pipeline: &str) -> bool {
        let number = self.words.by_text.get(pipeline);
        number.is_some_and(|number| self.rows.iter().any(|row| row.pipeline == *number))
    }

    /// The board of a pipeline with the open things that are meant, and so many of those that stand longest in each
    /// column. What names no pipeline is on the default one.
    pub fn board(
        &self,
        definition: &Definition,
        is_default: bool,
        as_of: Instant,
        wanted: Wanted<'_>,
        most: usize,
    ) -> Filled {
        let mut filling = Filling::new(Board::new(definition, as_of), &self.words, as_of, most);
        if let Some(sieve) = Sieve::new(&self.words, definition, is_default, wanted) {
            self.rows.iter().filter(|row| sieve.passes(row)).for_each(|row| filling.add(row));
        }
        filling.filled()
    }
}

/// What is meant, in numbers.
struct Sieve<'w> {
    pipeline: u32,
    is_default: bool,
    stage: Option<u32>,
    /// Whether the stage that is meant is the first: then what names none is meant too.
    is_first: bool,
    owner: Option<u32>,
    team: Option<u32>,
    origin: Option<u32>,
    records: Option<Records<'w>>,
}

/// Records to look a record up in.
enum Records<'w> {
    Few(&'w [RecordId]),
    Many(HashSet<RecordId>),
}

impl<'w> Sieve<'w> {
    /// `None`: no thing ever said a word that is asked for, so nothing is meant.
    fn new(words: &Words, definition: &Definition, is_default: bool, wanted: Wanted<'w>) -> Option<Self> {
        let number = |text: &str| words.by_text.get(text).copied();
        let one = |text: Option<&str>| text.map_or(Some(None), |text| number(text).map(Some));
        let first = definition.stages.first().map(|stage| &*stage.stage);
        let is_first = wanted.stage.is_some() && wanted.stage == first;
        let (pipeline, stage) = (number(&definition.pipeline), wanted.stage.map(number));
        if (pipeline.is_none() && !is_default) || (stage == Some(None) && !is_first) {
            return None;
        }
        Some(Self {
            pipeline: pipeline.unwrap_or(UNSAID),
            is_default,
            stage: stage.map(|stage| stage.unwrap_or(UNSAID)),
            is_first,
            owner: one(wanted.owner)?,
            team: one(wanted.team)?,
            origin: one(wanted.origin)?,
            records: wanted.records.map(|records| match records.len() {
                0..=NEAR => Records::Few(records),
                _ => Records::Many(records.iter().copied().collect()),
            }),
        })
    }

    fn passes(&self, row: &Row) -> bool {
        let is = |wanted: Option<u32>, has: u32| wanted.is_none_or(|wanted| wanted == has);
        let has = |record: RecordId| match &self.records {
            None => true,
            Some(Records::Few(records)) => records.contains(&record),
            Some(Records::Many(records)) => records.contains(&record),
        };
        let in_pipeline = if row.pipeline == UNSAID { self.is_default } else { row.pipeline == self.pipeline };
        in_pipeline
            && (is(self.stage, row.stage) || (self.is_first && row.stage == UNSAID))
            && is(self.owner, row.owner)
            && is(self.team, row.team)
            && is(self.origin, row.origin)
            && (self.records.is_none() || row.record.is_some_and(has))
    }
}

/// One that stands long: since when, its amount, its id. The least is the first.
type Longest = (i64, Reverse<Option<i128>>, Uuid);

/// A column that is being filled.
#[derive(Default)]
struct Counted {
    /// The percentage of its stage.
    percent: Option<i128>,
    /// For how long something stands there until it is stale.
    stale_after: Option<i64>,
    count: u64,
    stale: u64,
    without_amount: u64,
    without_probability: u64,
    /// There are few currencies: looking through them is quicker than hashing.
    sums: Vec<(u32, Sum)>,
    /// The last of them on top.
    longest: BinaryHeap<Longest>,
}

impl Counted {
    fn add(&mut self, row: &Row, as_of: i64, most: usize) {
        self.count += 1;
        let stale = self.stale_after.is_some_and(|after| as_of > row.stage_since.saturating_add(after));
        self.stale += u64::from(stale);
        match row.amount {
            None => self.without_amount += 1,
            Some(amount) => {
                let percent = row.percent.or(self.percent);
                self.without_probability += u64::from(percent.is_none());
                self.sum(row.currency).add(amount, percent.unwrap_or(0));
            }
        }
        self.hold(row, most);
    }

    fn sum(&mut self, currency: u32) -> &mut Sum {
        let known = self.sums.iter().position(|(known, _)| *known == currency);
        let place = known.unwrap_or_else(|| {
            self.sums.push((currency, Sum::default()));
            self.sums.len() - 1
        });
        &mut self.sums[place].1
    }

    /// Holds it while it is among those that stand longest.
    fn hold(&mut self, row: &Row, most: usize) {
        let this = (row.stage_since, Reverse(row.amount), row.id);
        if self.longest.len() < most {
            self.longest.push(this);
        } else if let Some(mut last) = self.longest.peek_mut().filter(|last| this < **last) {
            *last = this;
        }
    }
}

/// A board that is being filled.
struct Filling<'t> {
    board: Board,
    words: &'t Words,
    as_of: i64,
    most: usize,
    /// The column of each stage by its number; the last is that of what names none.
    places: Vec<Option<usize>>,
    columns: Vec<Counted>,
}

impl<'t> Filling<'t> {
    fn new(board: Board, words: &'t Words, as_of: Instant, most: usize) -> Self {
        let places = vec![None; words.texts.len() + 1];
        let mut filling = Self { board, words, as_of: as_of.micros(), most, places, columns: Vec::new() };
        filling.widen();
        filling
    }

    /// Counts for the columns that have come to the board.
    fn widen(&mut self) {
        let known = self.columns.len();
        for column in &self.board.all()[known..] {
            let stage = column.definition.as_ref();
            let days = stage.and_then(|stage| stage.stale_after_days);
            self.columns.push(Counted {
                percent: stage.and_then(|stage| stage.probability).map(|number| micros(number.0)),
                stale_after: days.map(|days| i64::from(days).saturating_mul(Instant::DAY)),
                ..Counted::default()
            });
        }
    }

    fn add(&mut self, row: &Row) {
        let number = (row.stage as usize).min(self.places.len() - 1);
        let place = match self.places[number] {
            Some(place) => place,
            None => {
                let place = self.board.place_of(self.words.text(row.stage));
                self.places[number] = Some(place);
                self.widen();
                place
            }
        };
        self.columns[place].add(row, self.as_of, self.most);
    }

    fn filled(mut self) -> Filled {
        let mut longest = HashMap::new();
        for (place, counted) in self.columns.into_iter().enumerate() {
            let column = self.board.column_mut(place);
            column.count = counted.count;
            column.stale = counted.stale;
            column.without_amount = counted.without_amount;
            column.without_probability = counted.without_probability;
            for (currency, mut sum) in counted.sums {
                sum.currency = self.words.text(currency).map(Into::into);
                column.sums.put(sum);
            }
            let ids: Vec<Uuid> = counted.longest.into_sorted_vec().into_iter().map(|(_, _, id)| id).collect();
            longest.insert(column.stage.clone(), ids);
        }
        Filled { board: self.board, longest }
    }
}

#[cfg(test)]
mod tests;
