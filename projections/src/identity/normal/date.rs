//! The dates that a text may mean.
//!
//! A text that can be read in two ways counts as either: `12/11/1978` is the 12th of November or December the 11th.
//! Dots are only ever written day first. A year of two digits is one of the twentieth century and, up to 35, also one
//! of the twenty-first: no clock is read here, and nobody who is a customer was born later.

mod months;

use super::text::{ascii_digit, clip};

/// Bytes of a text that are read.
const MOST_BYTES: usize = 80;
/// The highest year of two digits that may lie in the twenty-first century.
const PIVOT: i16 = 35;
/// Years that a date may lie in.
const YEARS: std::ops::Range<i16> = 1800..2100;

/// A day, a month or a year; month and day are 0 when unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Year of the Gregorian calendar.
    pub year: i16,
    /// 1-12; 0: unknown.
    pub month: u8,
    /// 1-31; 0: unknown.
    pub day: u8,
}

impl Date {
    /// The date, or `None` when the calendar has no such day or the year is not one of 1800-2099.
    pub fn new(year: i16, month: u8, day: u8) -> Option<Self> {
        let known = YEARS.contains(&year) && (month > 0 || day == 0) && day <= days_of(year, month);
        known.then_some(Self { year, month, day })
    }

    /// Whether day and month are known.
    pub fn is_whole(self) -> bool {
        self.day > 0
    }
}

/// Days of a month; of an unknown month none, of one that there is not none either.
fn days_of(year: i16, month: u8) -> u8 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

/// The dates that one text may mean, without doubles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dates {
    dates: [Date; 4],
    len: u8,
    /// Whether it only fills a field: 1900-01-01.
    pub placeholder: bool,
}

impl Dates {
    /// The candidates, the likeliest first.
    pub fn as_slice(&self) -> &[Date] {
        self.dates.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Whether the text means no date at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The date, when there is but one reading and it is a whole day.
    pub fn only(&self) -> Option<Date> {
        match self.as_slice() {
            [date] if date.is_whole() => Some(*date),
            _ => None,
        }
    }

    fn push(&mut self, year: i16, month: Number, day: Number) {
        let (Ok(month), Ok(day)) = (u8::try_from(month.value), u8::try_from(day.value)) else { return };
        let Some(date) = month_or_none(month).and_then(|month| Date::new(year, month, day)) else { return };
        if self.as_slice().contains(&date) {
            return;
        }
        if let Some(place) = self.dates.get_mut(usize::from(self.len)) {
            *place = date;
            self.len += 1;
        }
    }

    /// A date whose year is written with two digits or four.
    fn push_year(&mut self, year: Number, month: Number, day: Number) {
        let Ok(value) = i16::try_from(year.value) else { return };
        match year.digits {
            4 => self.push(value, month, day),
            1 | 2 => {
                self.push(1900 + value, month, day);
                if value <= PIVOT {
                    self.push(2000 + value, month, day);
                }
            }
            _ => {}
        }
    }
}

/// Month 13 is none; month 0 is an unknown one.
fn month_or_none(month: u8) -> Option<u8> {
    (month <= 12).then_some(month)
}

/// A number as it was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Number {
    value: u32,
    digits: u8,
}

const UNKNOWN: Number = Number { value: 0, digits: 0 };

#[derive(Clone, Copy, Debug)]
enum Field {
    Number(Number),
    Month(u8),
}

/// The first three fields of a text, and what stands between the first two.
#[derive(Default)]
struct Fields {
    fields: [Option<Field>; 3],
    separator: char,
}

/// The dates that a text may mean.
pub fn candidates(text: &str) -> Dates {
    let mut dates = Dates::default();
    let Fields { fields, separator } = fields_of(clip(text.trim(), MOST_BYTES));
    match fields {
        [Some(Field::Number(only)), None, None] => compact(&mut dates, only),
        [Some(first), Some(second), None] => two(&mut dates, first, second),
        [Some(Field::Number(first)), Some(Field::Number(second)), Some(Field::Number(third))] => {
            three(&mut dates, [first, second, third], separator);
        }
        [Some(Field::Month(month)), Some(Field::Number(day)), Some(Field::Number(year))]
        | [Some(Field::Number(day)), Some(Field::Month(month)), Some(Field::Number(year))] => {
            let month = Number { value: month.into(), digits: 2 };
            if day.digits == 4 {
                dates.push_year(day, month, year);
            } else {
                dates.push_year(year, month, day);
            }
        }
        _ => {}
    }
    dates.placeholder |= dates.as_slice().iter().any(|date| is_placeholder(*date));
    dates
}

fn is_placeholder(date: Date) -> bool {
    matches!((date.year, date.month, date.day), (1800 | 1900 | 1901 | 1970, 1, 1) | (1899, 12, 30 | 31))
}

fn fields_of(text: &str) -> Fields {
    let mut found = Fields::default();
    let mut at = 0;
    let mut rest = text;
    while let Some(c) = rest.chars().next().map(ascii_digit) {
        let is_digit = c.is_ascii_digit();
        let same = |other: char| {
            if is_digit { ascii_digit(other).is_ascii_digit() } else { other.is_alphabetic() }
        };
        let end = rest.find(|other| !same(other)).unwrap_or(rest.len());
        let field = if is_digit {
            Some(Field::Number(number(rest.get(..end).unwrap_or_default())))
        } else if c.is_alphabetic() {
            months::month(rest.get(..end).unwrap_or_default()).map(Field::Month)
        } else {
            if at == 1 && !c.is_whitespace() && found.separator == '\0' {
                found.separator = c;
            }
            None
        };
        if let (Some(_), Some(place)) = (field, found.fields.get_mut(at)) {
            *place = field;
            at += 1;
        }
        rest = rest.get(end.max(c_len(rest))..).unwrap_or_default();
    }
    found
}

/// Bytes of the first character.
fn c_len(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

fn number(digits: &str) -> Number {
    let mut number = UNKNOWN;
    for digit in digits.chars().filter_map(|c| ascii_digit(c).to_digit(10)) {
        number.digits = number.digits.saturating_add(1);
        // Eight digits are the longest date; a time may follow them.
        if number.digits <= 8 {
            number.value = number.value * 10 + digit;
        }
    }
    number
}

/// A date without separators: 19081209, 09121908, 091208, 1908.
fn compact(dates: &mut Dates, number: Number) {
    let two = |at: u32| Number { value: number.value / 10_u32.pow(at) % 100, digits: 2 };
    let four = |at: u32| Number { value: number.value / 10_u32.pow(at) % 10_000, digits: 4 };
    match number.digits {
        4 => dates.push_year(number, UNKNOWN, UNKNOWN),
        6 => {
            dates.push_year(two(0), two(2), two(4));
            dates.push_year(two(4), two(2), two(0));
        }
        8 | 12 | 14 => {
            dates.placeholder = is_filler(four(4), two(2), two(0));
            dates.push_year(four(4), two(2), two(0));
            if dates.is_empty() {
                dates.push_year(four(0), two(4), two(6));
                dates.push_year(four(0), two(6), two(4));
            }
        }
        _ => {}
    }
}

/// A year and a month.
fn two(dates: &mut Dates, first: Field, second: Field) {
    let (year, month) = match (first, second) {
        (Field::Number(year), Field::Number(month)) if year.digits == 4 && month.digits <= 2 => (year, month),
        (Field::Number(month), Field::Number(year)) if year.digits == 4 && month.digits <= 2 => (year, month),
        (Field::Month(month), Field::Number(year)) | (Field::Number(year), Field::Month(month))
            if year.digits == 4 || (year.digits == 2 && year.value > 31) =>
        {
            (year, Number { value: month.into(), digits: 2 })
        }
        _ => return,
    };
    dates.push_year(year, month, UNKNOWN);
}

fn three(dates: &mut Dates, [first, second, third]: [Number; 3], separator: char) {
    if first.digits == 4 {
        dates.placeholder = is_filler(first, second, third);
        dates.push_year(first, second, third);
        return;
    }
    dates.placeholder = third.digits == 4 && is_filler(third, second, first);
    if first.value > 31 {
        dates.push_year(first, second, third);
        return;
    }
    dates.push_year(third, second, first);
    if separator != '.' || dates.is_empty() {
        dates.push_year(third, first, second);
    }
    // 08-12-09: the year may come first.
    if third.digits <= 2 && separator == '-' {
        dates.push_year(first, second, third);
    }
}

/// Dates outside the years that are read which programs write for an unknown one.
fn is_filler(year: Number, month: Number, day: Number) -> bool {
    matches!(
        (year.value, month.value, day.value),
        (0, _, _) | (1 | 1000 | 1600 | 1601 | 1753 | 9999, 1, 1) | (1111, 11, 11) | (9999, 12, 31) | (2222, 2, 2)
    )
}

#[cfg(test)]
mod tests;
