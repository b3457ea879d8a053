//! Columns: numbers as integers of one scale, texts as numbers of a dictionary.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rust_decimal::Decimal;

use crate::expr::Value;

/// The most decimals that a column's integers have; a number that needs more stands beside them.
pub const MOST_DECIMALS: u32 = 12;
/// Stands for a value that is not there.
pub(super) const MISSING: i64 = i64::MIN;
/// Stands for a number that is no integer of the column's scale.
pub(super) const WIDE: i64 = i64::MIN + 1;

/// Few different texts, one in every row.
#[derive(Clone, Debug, Default)]
pub struct Codes {
    /// The texts; shared by whoever has other rows of the same column.
    pub names: Arc<Vec<Arc<str>>>,
    /// For each row the place of its text.
    pub codes: Vec<u16>,
    pub(super) known: Arc<HashMap<Arc<str>, u16>>,
}

impl Codes {
    /// The text of a row.
    pub fn get(&self, row: usize) -> &str {
        &self.names[usize::from(self.codes[row])]
    }

    /// The place of a text; `None`: no row has it.
    pub fn code(&self, name: &str) -> Option<u16> {
        self.known.get(name).copied()
    }

    /// One more row. False, and nothing is added, when there are too many different texts.
    pub fn push(&mut self, name: &str) -> bool {
        let code = self.intern(name);
        self.codes.extend(code);
        code.is_some()
    }

    /// The place that a text has from now on; `None` when there are too many different ones.
    pub fn intern(&mut self, name: &str) -> Option<u16> {
        if let Some(code) = self.known.get(name) {
            return Some(*code);
        }
        let code = u16::try_from(self.names.len()).ok()?;
        let name: Arc<str> = name.into();
        Arc::make_mut(&mut self.names).push(name.clone());
        Arc::make_mut(&mut self.known).insert(name, code);
        Some(code)
    }

    pub(super) fn permute(&mut self, order: &[u32]) {
        permute(&mut self.codes, order);
    }

    /// Other rows of the same column: these, in this order.
    pub(super) fn taken(&self, rows: &[u32]) -> Self {
        Self { names: self.names.clone(), codes: taken(&self.codes, rows), known: self.known.clone() }
    }
}

/// What events say of one facet: a value is of one of these kinds.
#[derive(Clone, Debug, Default)]
pub struct Facet {
    /// Numbers.
    pub numbers: Option<Numbers>,
    /// Texts.
    pub texts: Option<Texts>,
    /// `true` and `false`.
    pub bools: Option<Bools>,
}

impl Facet {
    /// The value of a row.
    pub fn get(&self, row: usize) -> Option<Value<'_>> {
        if let Some(number) = self.numbers.as_ref().and_then(|numbers| numbers.get(row)) {
            return Some(Value::Number(number));
        }
        if let Some(text) = self.texts.as_ref().and_then(|texts| texts.get(row)) {
            return Some(Value::from(text));
        }
        self.bools.as_ref().and_then(|bools| bools.get(row)).map(Value::Bool)
    }

    /// Sets the value of a row behind all rows so far; those between have none.
    pub(super) fn set(&mut self, row: usize, value: &Value<'_>) {
        match value {
            Value::Number(number) => self.numbers.get_or_insert_default().set(row, *number),
            Value::Text(text) => self.texts.get_or_insert_default().set(row, text),
            Value::Bool(value) => self.bools.get_or_insert_default().set(row, *value),
            Value::Time(_) => {}
        }
    }

    /// Other rows of the same columns, which are as long as there are rows: these, in this order.
    pub(super) fn taken(&self, rows: &[u32]) -> Self {
        let numbers = self.numbers.as_ref().map(|numbers| {
            let values = taken(&numbers.values, rows);
            let wide = if numbers.wide.is_empty() {
                BTreeMap::new()
            } else {
                let number = |(new, old): (u32, &u32)| Some((new, *numbers.wide.get(old)?));
                (0..).zip(rows).filter_map(number).collect()
            };
            Numbers { scale: numbers.scale, values, wide }
        });
        let texts = self.texts.as_ref().map(|texts| Texts {
            dictionary: texts.dictionary.clone(),
            codes: taken(&texts.codes, rows),
            known: texts.known.clone(),
        });
        let bools = self.bools.as_ref().map(|bools| Bools { values: taken(&bools.values, rows) });
        Self { numbers, texts, bools }
    }

    /// Makes every column as long as there are rows, and brings it into another order.
    pub(super) fn finish(&mut self, order: &[u32]) {
        if let Some(numbers) = &mut self.numbers {
            numbers.values.resize(order.len(), MISSING);
            permute(&mut numbers.values, order);
            if !numbers.wide.is_empty() {
                let places: HashMap<u32, u32> = (0..).zip(order).map(|(new, old)| (*old, new)).collect();
                numbers.wide =
                    std::mem::take(&mut numbers.wide).into_iter().map(|(row, number)| (places[&row], number)).collect();
            }
        }
        if let Some(texts) = &mut self.texts {
            texts.codes.resize(order.len(), 0);
            permute(&mut texts.codes, order);
        }
        if let Some(bools) = &mut self.bools {
            bools.values.resize(order.len(), 0);
            permute(&mut bools.values, order);
        }
    }
}

/// Numbers of one facet.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    /// How many decimals the integers have.
    pub scale: u32,
    /// In each row the number × 10^`scale`, or one of two values that stand for other things: see [`Numbers::held`].
    pub(super) values: Vec<i64>,
    /// Numbers that do not fit, by row.
    pub(super) wide: BTreeMap<u32, Decimal>,
}

/// A number as its column holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// There is none.
    Missing,
    /// × 10^−scale.
    Integer(i64),
    /// It does not fit: [`Numbers::get`] has it.
    Wide,
}

impl Held {
    /// What an integer of a column stands for.
    pub fn of(value: i64) -> Self {
        match value {
            MISSING => Held::Missing,
            WIDE => Held::Wide,
            integer => Held::Integer(integer),
        }
    }
}

impl Numbers {
    /// The integers themselves, for whoever fills columns: [`Numbers::NONE`] stands for a number that is not there.
    pub fn integers_mut(&mut self) -> &mut Vec<i64> {
        &mut self.values
    }

    /// Stands for a number that is not there.
    pub const NONE: i64 = MISSING;

    /// How a row's number is held.
    pub fn held(&self, row: usize) -> Held {
        Held::of(self.values.get(row).copied().unwrap_or(MISSING))
    }

    /// Appends how the numbers of some rows are held, as integers that [`Held::of`] tells apart; false: each of them is a
    /// number, and there is nothing to tell.
    pub fn gather(&self, rows: &[u32], out: &mut Vec<i64>) -> bool {
        let from = out.len();
        out.extend(rows.iter().map(|row| self.values.get(*row as usize).copied().unwrap_or(MISSING)));
        out[from..].iter().copied().fold(i64::MAX, i64::min) <= WIDE
    }

    /// The number of a row, without zeros at the end of its fraction.
    pub fn get(&self, row: usize) -> Option<Decimal> {
        match self.held(row) {
            Held::Missing => None,
            Held::Wide => self.wide.get(&u32::try_from(row).ok()?).copied(),
            Held::Integer(integer) => {
                Decimal::try_from_i128_with_scale(i128::from(integer), self.scale).ok().map(|number| number.normalize())
            }
        }
    }

    fn set(&mut self, row: usize, number: Decimal) {
        let number = number.normalize();
        self.values.resize(row, MISSING);
        if number.scale() > self.scale && number.scale() <= MOST_DECIMALS {
            self.rescale(number.scale());
        }
        match integer(number, self.scale) {
            Some(integer) => self.values.push(integer),
            None => {
                self.values.push(WIDE);
                self.wide.insert(row as u32, number);
            }
        }
    }

    fn rescale(&mut self, scale: u32) {
        let factor = 10_i64.pow(scale - self.scale);
        let before = self.scale;
        for (row, value) in self.values.iter_mut().enumerate().filter(|(_, value)| **value > WIDE) {
            match value.checked_mul(factor).filter(|value| *value > WIDE) {
                Some(wider) => *value = wider,
                None => {
                    if let Ok(number) = Decimal::try_from_i128_with_scale(i128::from(*value), before) {
                        self.wide.insert(row as u32, number.normalize());
                    }
                    *value = WIDE;
                }
            }
        }
        self.scale = scale;
    }
}

/// number × 10^scale, when that is a whole number of 64 bits.
pub(super) fn integer(number: Decimal, scale: u32) -> Option<i64> {
    let factor = 10_i128.checked_pow(scale.checked_sub(number.scale())?)?;
    i64::try_from(number.mantissa().checked_mul(factor)?).ok().filter(|value| *value > WIDE)
}

/// Texts of one facet.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// The different texts, of which the first one stands for none; shared by whoever has other rows of the same column.
    pub dictionary: Arc<Vec<Arc<str>>>,
    /// In each row the place of its text; 0: it has none.
    pub codes: Vec<u32>,
    pub(super) known: Arc<HashMap<Arc<str>, u32>>,
}

impl Texts {
    /// The text of a row.
    pub fn get(&self, row: usize) -> Option<&str> {
        let code = *self.codes.get(row)? as usize;
        (code > 0).then(|| &*self.dictionary[code])
    }

    fn set(&mut self, row: usize, text: &str) {
        self.codes.resize(row, 0);
        let code = self.intern(text);
        self.codes.push(code);
    }

    /// The place that a text has from now on.
    pub fn intern(&mut self, text: &str) -> u32 {
        if self.dictionary.is_empty() {
            Arc::make_mut(&mut self.dictionary).push("".into());
        }
        if let Some(code) = self.known.get(text) {
            return *code;
        }
        let (code, text): (u32, Arc<str>) = (self.dictionary.len() as u32, text.into());
        Arc::make_mut(&mut self.dictionary).push(text.clone());
        Arc::make_mut(&mut self.known).insert(text, code);
        code
    }
}

/// Conditions of one facet.
#[derive(Clone, Debug, Default)]
pub struct Bools {
    /// In each row 0: none, 1: false, 2: true.
    pub values: Vec<u8>,
}

impl Bools {
    /// The value of a row.
    pub fn get(&self, row: usize) -> Option<bool> {
        match self.values.get(row)? {
            0 => None,
            value => Some(*value == 2),
        }
    }

    fn set(&mut self, row: usize, value: bool) {
        self.values.resize(row, 0);
        self.values.push(if value { 2 } else { 1 });
    }
}

pub(super) fn permute<T: Copy>(values: &mut Vec<T>, order: &[u32]) {
    *values = taken(values, order);
}

/// The values of these rows, in this order.
pub(super) fn taken<T: Copy>(values: &[T], rows: &[u32]) -> Vec<T> {
    rows.iter().map(|row| values[*row as usize]).collect()
}
