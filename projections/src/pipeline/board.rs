//! A board: what stands in each stage of a pipeline, as of a time.
//!
//! A board is made in one pass over tiles, in any order, and boards of parts add up ([`Board::merge`]). Hand in the
//! open offers of the pipeline: those that name it, and for the default one also those that name none. For leads alike.

use std::collections::HashMap;

use kulta_events::Instant;
use rust_decimal::Decimal;

use super::card::Tile;
use super::definition::{Definition, Stage};
use super::money::Sums;

/// Columns that are looked through one by one.
const NEAR: usize = 12;

/// A column of a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The stage's id.
    pub stage: Box<str>,
    /// The stage as it is defined; `None`: only facts name it.
    pub definition: Option<Stage>,
    /// How many stand here.
    pub count: u64,
    /// How many of them stand here for too long.
    pub stale: u64,
    /// How many come without an amount.
    pub without_amount: u64,
    /// How many come with an amount and without any probability: they weigh nothing.
    pub without_probability: u64,
    /// Their sums by currency, plain and weighted.
    pub sums: Sums,
}

/// Where a tile lies on a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Whole days of 24 hours in its stage; 0 when that lies ahead of the board's time.
    pub days_in_stage: i64,
    /// Whether it stands there for longer than its stage allows.
    pub stale: bool,
    /// In percent: its own, or that of its stage.
    pub probability: Option<Decimal>,
}

/// A board that is being filled.
#[derive(Clone, Debug)]
pub struct Board {
    as_of: Instant,
    columns: Vec<Column>,
    by_stage: HashMap<Box<str>, usize>,
    defined: usize,
}

impl Board {
    /// The empty board of a pipeline; one that nobody defined is [`Definition::unknown`].
    pub fn new(definition: &Definition, as_of: Instant) -> Self {
        let mut board = Self { as_of, columns: Vec::new(), by_stage: HashMap::new(), defined: 0 };
        for stage in &definition.stages {
            board.add_column(&stage.stage, Some(stage.clone()));
        }
        board.defined = board.columns.len();
        board
    }

    /// The board of a pipeline with these tiles.
    pub fn of<'a>(definition: &Definition, as_of: Instant, tiles: impl IntoIterator<Item = Tile<'a>>) -> Self {
        let mut board = Self::new(definition, as_of);
        for tile in tiles {
            board.add(tile);
        }
        board
    }

    /// Puts a tile on the board.
    pub fn add(&mut self, tile: Tile<'_>) -> Placed {
        let place = self.place_of(tile.stage);
        let column = &mut self.columns[place];
        let placed = placed(column.definition.as_ref(), tile, self.as_of);
        column.count += 1;
        column.stale += u64::from(placed.stale);
        match tile.amount {
            None => column.without_amount += 1,
            Some(amount) => {
                column.without_probability += u64::from(placed.probability.is_none());
                column.sums.add(tile.currency, amount, placed.probability);
            }
        }
        placed
    }

    /// Adds a board of the same pipeline and time that was made of other tiles.
    pub fn merge(&mut self, other: &Self) {
        for column in &other.columns {
            let place = self.place_of(Some(&column.stage));
            let known = &mut self.columns[place];
            known.count += column.count;
            known.stale += column.stale;
            known.without_amount += column.without_amount;
            known.without_probability += column.without_probability;
            known.sums.merge(&column.sums);
        }
    }

    /// The columns: defined stages in their order, then unknown ones by id.
    pub fn columns(&self) -> Vec<&Column> {
        let mut columns: Vec<_> = self.columns.iter().collect();
        if let Some(unknown) = columns.get_mut(self.defined..) {
            unknown.sort_by(|a, b| a.stage.cmp(&b.stage));
        }
        columns
    }

    /// The sums of all columns.
    pub fn total(&self) -> (u64, Sums) {
        let mut total = (0, Sums::default());
        for column in &self.columns {
            total.0 += column.count;
            total.1.merge(&column.sums);
        }
        total
    }

    /// The columns in the order in which they came.
    pub(super) fn all(&self) -> &[Column] {
        &self.columns
    }

    /// The column at a place.
    pub(super) fn column_mut(&mut self, place: usize) -> &mut Column {
        &mut self.columns[place]
    }

    /// Where the column of a stage lies; `None`: of the first. It is put there when it is new.
    pub(super) fn place_of(&mut self, stage: Option<&str>) -> usize {
        let stage = match stage {
            None if self.defined > 0 => return 0,
            // A pipeline without stages has no first one.
            None => "",
            Some(stage) => stage,
        };
        // There are few stages, and hashing a text takes longer than comparing some.
        let near = self.columns.iter().take(NEAR).position(|column| *column.stage == *stage);
        match near.or_else(|| self.by_stage.get(stage).copied()) {
            Some(place) => place,
            None => self.add_column(stage, None),
        }
    }

    fn add_column(&mut self, stage: &str, definition: Option<Stage>) -> usize {
        let place = self.columns.len();
        self.by_stage.insert(stage.into(), place);
        self.columns.push(Column {
            stage: stage.into(),
            definition,
            count: 0,
            stale: 0,
            without_amount: 0,
            without_probability: 0,
            sums: Sums::default(),
        });
        place
    }
}

/// From when on what stands in a stage since `since` is stale: later than this. `None`: never.
pub fn stale_after(stage: &Stage, since: Instant) -> Option<Instant> {
    stage.stale_after_days.map(|days| since.plus_days(i64::from(days)))
}

/// How a tile stands in a stage (`None`: an unknown one) at a time.
pub fn placed(stage: Option<&Stage>, tile: Tile<'_>, as_of: Instant) -> Placed {
    let micros = as_of.micros().saturating_sub(tile.stage_since.micros()).max(0);
    let stale = stage.and_then(|stage| stale_after(stage, tile.stage_since));
    Placed {
        days_in_stage: micros / Instant::DAY,
        stale: stale.is_some_and(|stale| as_of > stale),
        probability: tile.probability.or_else(|| stage.and_then(|stage| stage.probability).map(|number| number.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::day;
    use crate::pipeline::definition::Passing;

    fn d(text: &str) -> Decimal {
        Decimal::from_str_exact(text).unwrap()
    }

    fn tile<'a>(stage: Option<&'a str>, amount: Option<&str>, currency: Option<&'a str>, since: i64) -> Tile<'a> {
        Tile { stage, amount: amount.map(d), currency, probability: None, stage_since: day(since) }
    }

    #[test]
    fn columns_count_and_weigh_by_stage_and_currency() {
        let definition = Definition::built_in(Passing::Offers);
        let own = Tile { probability: Some(d("75")), ..tile(Some("new"), Some("200"), Some("EUR"), 29) };
        let tiles = [
            tile(None, Some("100.10"), Some("EUR"), 30),
            own,
            tile(Some("new"), Some("7"), Some("SEK"), 15),
            tile(Some("new"), None, None, 16),
            tile(Some("proposal"), Some("50"), None, 40),
            tile(Some("zeta"), Some("3"), Some("EUR"), 0),
            tile(Some("alpha"), None, None, 0),
        ];
        let board = Board::of(&definition, day(30), tiles);
        let columns = board.columns();
        let stages: Vec<_> = columns.iter().map(|column| (&*column.stage, column.count, column.stale)).collect();
        assert_eq!(
            stages,
            [
                ("new", 4, 1),
                ("qualified", 0, 0),
                ("proposal", 1, 0),
                ("negotiation", 0, 0),
                ("alpha", 1, 0),
                ("zeta", 1, 0)
            ]
        );
        let eur = columns[0].sums.of("EUR").map(|sum| (sum.amount(), sum.weighted()));
        assert_eq!(eur, Some((d("300.1"), d("160.01"))));
        assert_eq!((columns[0].without_amount, columns[5].without_probability), (1, 1));
        let (count, sums) = board.total();
        assert_eq!((count, sums.of("EUR").map(|sum| sum.amount())), (7, Some(d("303.1"))));
        // Halves add up to the whole, and order is of no account.
        let mut halves = Board::of(&definition, day(30), tiles[4..].iter().rev().copied());
        halves.merge(&Board::of(&definition, day(30), tiles[..4].iter().copied()));
        assert_eq!(halves.columns(), columns);
    }

    #[test]
    fn days_are_whole_and_stale_begins_after_the_last_allowed_moment() {
        let definition = Definition::built_in(Passing::Offers);
        let stage = definition.stage("new").map(|(_, stage)| stage);
        let stands = |as_of: Instant| {
            let placed = placed(stage, tile(Some("new"), None, None, 10), as_of);
            (placed.days_in_stage, placed.stale)
        };
        assert_eq!(stands(day(24)), (14, false));
        assert_eq!(stands(day(24).plus_micros(1)), (14, true));
        assert_eq!(stands(day(24).plus_micros(-1)), (13, false));
        assert_eq!(stands(day(3)), (0, false));
    }

    #[test]
    fn a_pipeline_that_nobody_defined_has_the_stages_that_facts_name() {
        let definition = Definition::unknown("old crm", Passing::Offers);
        let board = Board::of(&definition, day(1), [tile(Some("b"), None, None, 0), tile(None, None, None, 0)]);
        let stages: Vec<_> = board.columns().iter().map(|column| &*column.stage).collect();
        assert_eq!(stages, ["", "b"]);
    }
}
