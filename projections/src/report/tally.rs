//! Counting: things in, in any order, a report out.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use kulta_events::json::exact_decimal;
use kulta_events::{Instant, RecordId};
use rust_decimal::Decimal;

use super::definition::{Condition, Definition, Grouping, How, Measure, Test};
use super::exact::{Exact, median};
use super::field::{Field, Kind, Of};
use super::item::Item;
use super::span;
use super::{Cell, Overflow, Report};
use crate::pipeline::period::date_of;

/// What follows from the record that a thing is about: its `customer`, `customer_name`, `parent`, `parent_name` and
/// `customer.x`, as the caller knows them; `None`: nobody said.
pub type Lookup<'l> = &'l dyn Fn(RecordId, &str) -> Option<String>;

/// A value by which things are counted apart. What nobody said comes last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(Decimal),
    Text(Box<str>),
    Unsaid,
}

/// What a measure holds of one group.
#[derive(Clone, Debug)]
enum Held {
    Count(u64),
    Sum(Exact),
    Average(Exact),
    Median(Vec<Decimal>),
    Smallest(Option<Decimal>),
    Largest(Option<Decimal>),
}

/// A report that is being filled. The order in which things come is of no account, and tallies of parts add up
/// ([`Tally::merge`]).
#[derive(Clone, Debug)]
pub struct Tally<'d> {
    definition: &'d Definition,
    zone: TimeZone,
    /// The days that it is about.
    days: (Option<Date>, Option<Date>),
    groupings: Vec<Grouping>,
    groups: BTreeMap<Vec<Key>, Vec<Held>>,
    left_out: BTreeMap<Box<str>, u64>,
}

/// A thing, with what the caller knows of its record.
struct Read<'r, I> {
    item: &'r I,
    lookup: Lookup<'r>,
    zone: &'r TimeZone,
}

impl<I: Item> Read<'_, I> {
    fn text(&self, field: &Field) -> Option<Cow<'_, str>> {
        match (field.of, field.kind) {
            (Of::Customer, _) => self.label(field).map(Cow::Owned),
            (Of::Thing, Kind::Number | Kind::Money) => {
                self.number(field).map(|number| number.normalize().to_string().into())
            }
            (Of::Thing, _) => self.item.text(&field.name),
        }
    }

    fn number(&self, field: &Field) -> Option<Decimal> {
        match field.of {
            Of::Customer => exact_decimal(&self.label(field)?),
            Of::Thing => self.item.number(&field.name),
        }
    }

    fn label(&self, field: &Field) -> Option<String> {
        (self.lookup)(self.item.record()?, &field.name).filter(|label| !label.is_empty())
    }

    fn day(&self, field: &Field) -> Option<Date> {
        match field.kind {
            Kind::Date => self.item.text(&field.name)?.parse().ok(),
            _ => date_of(self.item.time(&field.name)?, self.zone),
        }
    }

    fn is_said(&self, field: &Field) -> bool {
        match field.kind {
            Kind::Number | Kind::Money => self.number(field).is_some(),
            Kind::Time => self.item.time(&field.name).is_some(),
            Kind::Text | Kind::Date | Kind::Any => self.text(field).is_some(),
        }
    }

    fn passes(&self, condition: &Condition) -> bool {
        let field = &condition.field;
        let is = |words: &[Box<str>]| {
            self.text(field).is_some_and(|text| words.binary_search_by(|word| (**word).cmp(&*text)).is_ok())
        };
        condition.tests.iter().all(|test| match test {
            Test::Is(words) => is(words),
            Test::IsNot(words) => !is(words),
            Test::AtLeast(least) => self.number(field).is_some_and(|number| number >= *least),
            Test::Below(most) => self.number(field).is_some_and(|number| number < *most),
            Test::From(from) => self.day(field).is_some_and(|day| day >= *from),
            Test::Until(until) => self.day(field).is_some_and(|day| day < *until),
            Test::Missing(missing) => self.is_said(field) != *missing,
        })
    }

    fn key(&self, grouping: &Grouping) -> Key {
        let text = |text: Option<Cow<'_, str>>| text.map_or(Key::Unsaid, |text| Key::Text(text.into()));
        match grouping {
            Grouping::Of(field) if field.kind == Kind::Number => {
                self.number(field).map_or(Key::Unsaid, |number| Key::Number(number.normalize()))
            }
            // The currency of its money, also where a word of the thing itself is none.
            Grouping::Of(field) if &*field.name == "currency" => text(self.item.currency().map(Cow::Borrowed)),
            Grouping::Of(field) => text(self.text(field)),
            Grouping::Days(unit, field) => text(self.day(field).map(|day| unit.of(day).into())),
        }
    }
}

impl<'d> Tally<'d> {
    /// Nothing counted yet. The time zone is that of the definition, else this one.
    pub fn new(definition: &'d Definition, as_of: Instant, zone: &TimeZone) -> Self {
        let zone = definition.time_zone.clone().unwrap_or_else(|| zone.clone());
        let days = definition.period.as_ref().map_or((None, None), |period| period.days.at(as_of, &zone));
        let groupings = definition.groupings();
        Self { definition, zone, days, groupings, groups: BTreeMap::new(), left_out: BTreeMap::new() }
    }

    /// Counts a thing, if it is meant. What is not of the kind that the report goes over is passed over.
    pub fn add<I: Item>(&mut self, item: &I, lookup: Lookup<'_>) {
        if item.over() != self.definition.over {
            return;
        }
        let read = Read { item, lookup, zone: &self.zone };
        if !self.definition.conditions.iter().all(|condition| read.passes(condition)) {
            return;
        }
        if let Some(period) = &self.definition.period {
            match read.day(&period.of) {
                None => return leave_out(&mut self.left_out, &period.of.name),
                Some(day) if !span::holds(self.days, day) => return,
                Some(_) => {}
            }
        }
        let key: Vec<Key> = self.groupings.iter().map(|grouping| read.key(grouping)).collect();
        let measures = &self.definition.measures;
        let held = self.groups.entry(key).or_insert_with(|| measures.iter().map(Held::nothing_of).collect());
        // Several measures of one field leave a thing out once.
        let mut unsaid: Vec<&str> = Vec::new();
        for (measure, held) in measures.iter().zip(held) {
            if let Some(field) = held.take(measure, &read).filter(|field| !unsaid.contains(field)) {
                unsaid.push(field);
                leave_out(&mut self.left_out, field);
            }
        }
    }

    /// Adds what was counted elsewhere for the same definition, as-of and time zone.
    pub fn merge(&mut self, other: Self) {
        for (key, others) in other.groups {
            match self.groups.get_mut(&key) {
                None => drop(self.groups.insert(key, others)),
                Some(held) => held.iter_mut().zip(others).for_each(|(held, other)| held.merge(other)),
            }
        }
        for (field, count) in other.left_out {
            *self.left_out.entry(field).or_default() += count;
        }
    }

    /// The report with this id.
    ///
    /// # Errors
    /// When a sum is larger, or finer, than 28 digits hold.
    pub fn report(mut self, report: &str) -> Result<Report, Overflow> {
        let columns = self.definition.columns();
        // Where nothing is counted apart, nothing is a number as well.
        if self.groupings.is_empty() && self.groups.is_empty() {
            self.groups.insert(Vec::new(), self.definition.measures.iter().map(Held::nothing_of).collect());
        }
        let currency = self.groupings.iter().position(|by| &*by.field().name == "currency");
        let mut totals: BTreeMap<Key, Vec<Held>> = BTreeMap::new();
        let mut rows = Vec::with_capacity(self.groups.len());
        let row = |key: Vec<Key>, held: Vec<Held>| -> Result<Vec<Cell>, Overflow> {
            let mut row: Vec<Cell> = key.into_iter().map(Cell::from).collect();
            for held in held {
                let overflow = || Overflow { report: report.to_owned(), column: columns[row.len()].name.clone() };
                let cell = held.cell().map_err(|()| overflow())?;
                row.push(cell);
            }
            Ok(row)
        };
        for (key, held) in self.groups {
            let of = currency.filter(|_| self.definition.measures_money()).map_or(Key::Unsaid, |at| key[at].clone());
            match totals.get_mut(&of) {
                None => drop(totals.insert(of, held.clone())),
                Some(total) => total.iter_mut().zip(held.clone()).for_each(|(total, held)| total.merge(held)),
            }
            rows.push(row(key, held)?);
        }
        let total = |(of, held): (Key, Vec<Held>)| {
            let mut key = vec![Key::Unsaid; self.groupings.len()];
            if let Some(at) = currency {
                key[at] = of;
            }
            row(key, held)
        };
        let totals = totals.into_iter().map(total).collect::<Result<_, _>>()?;
        let groups = rows.len();
        self.definition.arrange(&mut rows);
        Ok(Report { columns, rows, groups, totals, left_out: self.left_out })
    }
}

fn leave_out(left_out: &mut BTreeMap<Box<str>, u64>, field: &str) {
    match left_out.get_mut(field) {
        Some(count) => *count += 1,
        None => drop(left_out.insert(field.into(), 1)),
    }
}

impl Definition {
    /// Sorts rows that stand in the order of their groups, and cuts them off. Empty cells come last either way.
    fn arrange(&self, rows: &mut Vec<Vec<Cell>>) {
        if let Some(sort) = self.sort {
            rows.sort_by(|a, b| {
                let (a, b) = (&a[sort.column], &b[sort.column]);
                let order = if sort.descending { b.cmp(a) } else { a.cmp(b) };
                (*a == Cell::Empty).cmp(&(*b == Cell::Empty)).then(order)
            });
        }
        if let Some(limit) = self.limit {
            rows.truncate(limit as usize);
        }
    }
}

impl Held {
    fn nothing_of(measure: &Measure) -> Self {
        match measure {
            Measure::Count => Held::Count(0),
            Measure::Of(How::Sum | How::Weighted, _) => Held::Sum(Exact::default()),
            Measure::Of(How::Average, _) => Held::Average(Exact::default()),
            Measure::Of(How::Median, _) => Held::Median(Vec::new()),
            Measure::Of(How::Smallest, _) => Held::Smallest(None),
            Measure::Of(How::Largest, _) => Held::Largest(None),
        }
    }

    /// Takes in a thing; gives back the field that it would have needed.
    fn take<'m, I: Item>(&mut self, measure: &'m Measure, read: &Read<'_, I>) -> Option<&'m str> {
        let Measure::Of(how, field) = measure else {
            if let Held::Count(count) = self {
                *count += 1;
            }
            return None;
        };
        let Some(mut number) = read.number(field) else { return Some(&field.name) };
        if *how == How::Weighted {
            let Some(percent) = read.item.probability() else { return Some("probability") };
            // An amount has 19 digits at most and a percentage 9, so this is exact.
            let weighted = number.normalize().checked_mul(percent.normalize() * Decimal::new(1, 2));
            let Some(weighted) = weighted else { return Some(&field.name) };
            number = weighted;
        }
        if matches!(how, How::Sum | How::Weighted) && read.item.is_taken_back() {
            number = -number;
        }
        self.put(number.normalize());
        None
    }

    fn put(&mut self, number: Decimal) {
        match self {
            Held::Count(count) => *count += 1,
            Held::Sum(exact) | Held::Average(exact) => exact.add(number),
            Held::Median(numbers) => numbers.push(number),
            Held::Smallest(least) => *least = Some(least.map_or(number, |least| least.min(number))),
            Held::Largest(most) => *most = Some(most.map_or(number, |most| most.max(number))),
        }
    }

    fn merge(&mut self, other: Self) {
        match (self, other) {
            (Held::Count(count), Held::Count(other)) => *count += other,
            (Held::Sum(exact), Held::Sum(other)) | (Held::Average(exact), Held::Average(other)) => exact.merge(&other),
            (Held::Median(numbers), Held::Median(mut others)) => numbers.append(&mut others),
            (held @ (Held::Smallest(_) | Held::Largest(_)), Held::Smallest(other) | Held::Largest(other)) => {
                other.into_iter().for_each(|number| held.put(number));
            }
            // Tallies of other definitions have nothing to give.
            _ => {}
        }
    }

    /// What stands in the report: nothing where nothing was measured; an error where it does not fit.
    fn cell(self) -> Result<Cell, ()> {
        let number = match self {
            Held::Count(count) => return Ok(Cell::Count(count)),
            Held::Sum(exact) if exact.count == 0 => None,
            Held::Sum(exact) => Some(exact.sum().ok_or(())?),
            Held::Average(exact) if exact.count == 0 => None,
            Held::Average(exact) => Some(exact.average().ok_or(())?),
            Held::Median(numbers) if numbers.is_empty() => None,
            Held::Median(mut numbers) => Some(median(&mut numbers).ok_or(())?),
            Held::Smallest(found) | Held::Largest(found) => found,
        };
        Ok(number.map_or(Cell::Empty, Cell::Number))
    }
}

impl From<Key> for Cell {
    fn from(key: Key) -> Self {
        match key {
            Key::Number(number) => Cell::Number(number),
            Key::Text(text) => Cell::Text(text),
            Key::Unsaid => Cell::Empty,
        }
    }
}
