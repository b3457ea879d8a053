//! Which columns the facets have. A column has one type in all files of an archive.

use std::collections::HashMap;
use std::sync::Arc;

use kulta_projections::expr::Value;
use kulta_projections::scores::facts::{MOST_DECIMALS, Shape, Wanted};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How many digits a decimal of 64 bits has.
pub const DIGITS: u32 = 18;
/// The most digits before the point that columns make room for: as many as money has.
const MOST_WHOLE: u32 = 13;
/// How many decimals columns have: few different ones, so that an update seldom needs more than there are.
const DECIMALS: [u32; 6] = [0, 2, 4, 6, 9, MOST_DECIMALS];

/// What values a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Numbers.
    Number,
    /// Texts.
    Text,
    /// `true` and `false`.
    Bool,
    /// Numbers that the column of numbers cannot hold, as text.
    Wide,
}

/// A column of values of one kind of a facet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name in the files.
    pub name: String,
    /// The facet.
    pub facet: String,
    /// The kind.
    pub kind: Kind,
    /// How many decimals numbers have.
    #[serde(default)]
    pub decimals: u32,
}

/// How finely times are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Whole milliseconds, as long as every time is one: they take much less room.
    #[default]
    Milliseconds,
    /// Microseconds.
    Microseconds,
}

impl Precision {
    /// How many microseconds its unit has.
    pub fn micros(self) -> i64 {
        match self {
            Self::Milliseconds => 1000,
            Self::Microseconds => 1,
        }
    }
}

/// What was seen of one facet.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// In the order in which they were met.
    kinds: Vec<Kind>,
    decimals: u32,
    whole_digits: u32,
    beyond: bool,
}

/// What was seen of facets.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// What the times need.
    pub precision: Precision,
    names: Vec<Arc<str>>,
    seen: Vec<Seen>,
    places: HashMap<Arc<str>, u32>,
}

impl Survey {
    /// The number of a facet in this survey.
    pub fn place(&mut self, facet: &str) -> u32 {
        if let Some(place) = self.places.get(facet) {
            return *place;
        }
        let (place, name): (u32, Arc<str>) = (self.names.len() as u32, facet.into());
        self.names.push(name.clone());
        self.places.insert(name, place);
        self.seen.push(Seen::default());
        place
    }

    /// The name of a facet.
    pub fn name(&self, place: u32) -> Option<&Arc<str>> {
        self.names.get(place as usize)
    }

    /// Takes note of a time.
    pub fn note_time(&mut self, time: i64) {
        if time % Precision::Milliseconds.micros() != 0 {
            self.precision = Precision::Microseconds;
        }
    }

    /// Takes note of a value; gives the number of its facet.
    pub fn note(&mut self, facet: &str, value: &Value<'_>) -> u32 {
        let place = self.place(facet);
        let seen = &mut self.seen[place as usize];
        let kind = match value {
            Value::Number(number) => {
                seen.number(number);
                Kind::Number
            }
            Value::Bool(_) => Kind::Bool,
            Value::Text(_) | Value::Time(_) => Kind::Text,
        };
        if !seen.kinds.contains(&kind) {
            seen.kinds.push(kind);
        }
        place
    }

    /// The columns that there are, and those that what was seen needs besides. `None`: a column that there is has too few
    /// decimals, all files are to be written anew.
    pub fn columns(&self, mut columns: Vec<Column>) -> Option<Vec<Column>> {
        for (name, seen) in self.names.iter().zip(&self.seen) {
            for kind in &seen.kinds {
                let there = columns.iter().find(|column| column.facet == **name && column.kind == *kind);
                let decimals = match there {
                    Some(column) if *kind == Kind::Number && column.decimals < seen.wanted_decimals() => return None,
                    Some(column) => column.decimals,
                    None if *kind == Kind::Number => seen.wanted_decimals(),
                    None => 0,
                };
                if there.is_none() {
                    add(&mut columns, name, *kind, decimals);
                }
                let fits = !seen.beyond && seen.whole_digits + decimals <= DIGITS && seen.decimals <= decimals;
                let has_wide = columns.iter().any(|column| column.facet == **name && column.kind == Kind::Wide);
                if *kind == Kind::Number && !fits && !has_wide {
                    add(&mut columns, name, Kind::Wide, 0);
                }
            }
        }
        Some(columns)
    }
}

impl Seen {
    fn number(&mut self, number: &Decimal) {
        let number = number.normalize();
        let digits = number.mantissa().unsigned_abs().checked_ilog10().map_or(0, |log| log + 1);
        let whole_digits = digits.saturating_sub(number.scale());
        if number.scale() > MOST_DECIMALS || whole_digits > MOST_WHOLE {
            // One absurd number must not take the decimals of all others.
            self.beyond = true;
        } else {
            self.decimals = self.decimals.max(number.scale());
            self.whole_digits = self.whole_digits.max(whole_digits);
        }
    }

    /// As many as were seen, unless large numbers leave no room for them.
    fn wanted_decimals(&self) -> u32 {
        let room = DIGITS.saturating_sub(self.whole_digits);
        let enough = DECIMALS.into_iter().find(|decimals| *decimals >= self.decimals).unwrap_or(MOST_DECIMALS);
        DECIMALS.into_iter().rfind(|decimals| *decimals <= room.min(enough)).unwrap_or(0)
    }
}

/// The kind that came first has the facet's own name.
fn add(columns: &mut Vec<Column>, facet: &str, kind: Kind, decimals: u32) {
    let suffix = match kind {
        Kind::Number => "#number",
        Kind::Text => "#text",
        Kind::Bool => "#bool",
        Kind::Wide => "#wide",
    };
    let is_first = !columns.iter().any(|column| column.facet == facet);
    let mut name = if is_first && !RESERVED.contains(&facet) { facet.to_owned() } else { format!("{facet}{suffix}") };
    // A facet may be called as another one's column is.
    while columns.iter().any(|column| column.name == name) {
        name.push('#');
    }
    columns.push(Column { name, facet: facet.to_owned(), kind, decimals });
}

/// The columns that every event has.
pub const RESERVED: [&str; 7] = ["record_id", "time", "position", "type", "source", "unit", "rank"];

/// The facets that are wanted of an archive, as they are in memory.
pub fn shapes(columns: &[Column], wanted: &Wanted) -> Vec<Shape> {
    let mut shapes: Vec<Shape> = Vec::new();
    for column in columns {
        if wanted.facets.as_ref().is_some_and(|facets| !facets.contains(column.facet.as_str())) {
            continue;
        }
        let place = shapes.iter().position(|shape| *shape.name == *column.facet).unwrap_or(shapes.len());
        if place == shapes.len() {
            shapes.push(Shape { name: column.facet.as_str().into(), numbers: None, texts: false, bools: false });
        }
        match column.kind {
            Kind::Number => shapes[place].numbers = Some(column.decimals),
            Kind::Wide => {}
            Kind::Text => shapes[place].texts = true,
            Kind::Bool => shapes[place].bools = true,
        }
    }
    shapes
}
