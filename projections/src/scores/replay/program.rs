//! Expressions compiled to run over columns.
//!
//! What reads one column of texts is computed once for each different text and looked up by its number. What cannot be
//! computed over columns (two texts joined, times, facts of the customer) is no program: the interpreter does it.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::lanes::{BEYOND, BoolLanes, Bools, FINE, MISSING, NumberLanes, States, power};
use super::money::Conversion;
use super::spare::Spare;
use crate::expr::ast::{Literal, Node, NodeKind, Operator};
use crate::expr::functions::Function;
use crate::expr::{Expression, Scope, Value};
use crate::scores::facts::Facts;

/// The most decimals of a literal.
const MOST_DECIMALS: u32 = 12;

/// A program for numbers.
#[derive(Debug)]
pub(super) enum Number {
    Literal(i64, u32),
    /// The numbers of a facet, by its place.
    Facet(usize),
    /// The same, as amounts of money.
    Money(usize),
    /// What no event says.
    Missing,
    Negate(Box<Number>),
    Sum(i128, Box<[Number; 2]>),
    Product(Box<[Number; 2]>),
    Quotient(Box<[Number; 2]>),
    Extreme(bool, Vec<Number>),
    One(Function, Box<Number>),
    Round(Box<Number>, u32),
    Choose(Box<Condition>, Box<[Number; 2]>),
}

/// A program for conditions.
#[derive(Debug)]
pub(super) enum Condition {
    Literal(bool),
    /// The conditions of a facet, by its place.
    Flag(usize),
    Missing,
    /// Whether a facet has a value.
    Has(usize),
    /// What is computed for each text of a column: 0 false, 1 true, else a state and [`DECIDED`].
    Table(Column, Vec<u8>),
    Not(Box<Condition>),
    /// `&&` and `||`, by the value of the left one that decides.
    Both(bool, Box<[Condition; 2]>),
    Compare(Operator, Box<[Number; 2]>),
    Choose(Box<[Condition; 3]>),
}

/// Texts that stand in a dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Facet(usize),
    Type,
    Source,
    Unit,
}

/// Added to a state in a table, so that it is told from false and true.
const STATE: u8 = 16;

/// Compiles over the columns that there are.
pub(super) struct Compiler<'a> {
    pub(super) facts: &'a Facts,
    /// Whether a facet is an amount of money for the events in question; `None`: for some.
    pub(super) is_money: &'a dyn Fn(&str) -> Option<bool>,
}

/// What a name stands for.
enum Named {
    Numbers(usize),
    Flags(usize),
    Texts(Column),
    Nothing,
}

impl Compiler<'_> {
    /// A program for a number; `None` when there is none.
    pub(super) fn number(&self, expression: &Expression) -> Option<Number> {
        self.number_of(expression, expression.root())
    }

    /// A program for a condition; `None` when there is none.
    pub(super) fn condition(&self, expression: &Expression) -> Option<Condition> {
        self.condition_of(expression, expression.root())
    }

    fn named(&self, name: &str) -> Option<Named> {
        match name {
            "type" => return Some(Named::Texts(Column::Type)),
            "source" => return Some(Named::Texts(Column::Source)),
            "unit" => return Some(Named::Texts(Column::Unit)),
            "time" => return None,
            customer if customer.starts_with("customer.") => return None,
            _ => {}
        }
        let Some(place) = self.facts.facet(name) else { return Some(Named::Nothing) };
        let facet = &self.facts.facets[place].1;
        match (&facet.numbers, &facet.texts, &facet.bools) {
            (Some(_), None, None) => Some(Named::Numbers(place)),
            (None, Some(_), None) => Some(Named::Texts(Column::Facet(place))),
            (None, None, Some(_)) => Some(Named::Flags(place)),
            (None, None, None) => Some(Named::Nothing),
            _ => None,
        }
    }

    fn number_of(&self, of: &Expression, node: &Node) -> Option<Number> {
        let two = |left: &Node, right: &Node| Some(Box::new([self.number_of(of, left)?, self.number_of(of, right)?]));
        match &node.kind {
            NodeKind::Literal(literal) => self.literal(literal),
            NodeKind::Variable(slot) => {
                let name = &of.variables()[*slot];
                match self.named(name)? {
                    Named::Numbers(place) if (self.is_money)(name)? => Some(Number::Money(place)),
                    Named::Numbers(place) => Some(Number::Facet(place)),
                    Named::Nothing => Some(Number::Missing),
                    Named::Flags(_) | Named::Texts(_) => None,
                }
            }
            NodeKind::Negate(operand) => Some(Number::Negate(Box::new(self.number_of(of, operand)?))),
            NodeKind::Binary(Operator::Add, left, right) => Some(Number::Sum(1, two(left, right)?)),
            NodeKind::Binary(Operator::Subtract, left, right) => Some(Number::Sum(-1, two(left, right)?)),
            NodeKind::Binary(Operator::Multiply, left, right) => Some(Number::Product(two(left, right)?)),
            NodeKind::Binary(Operator::Divide, left, right) => Some(Number::Quotient(two(left, right)?)),
            NodeKind::Conditional(parts) => {
                let [condition, yes, no] = &**parts;
                Some(Number::Choose(Box::new(self.condition_of(of, condition)?), two(yes, no)?))
            }
            NodeKind::Call(function, arguments) => self.call(of, *function, arguments),
            _ => None,
        }
    }

    fn literal(&self, literal: &Literal) -> Option<Number> {
        let Literal::Number(number) = literal else { return None };
        let number = number.normalize();
        let mantissa = i64::try_from(number.mantissa()).ok()?;
        (number.scale() <= MOST_DECIMALS).then_some(Number::Literal(mantissa, number.scale()))
    }

    fn call(&self, of: &Expression, function: Function, arguments: &[Node]) -> Option<Number> {
        let first = || Some(Box::new(self.number_of(of, arguments.first()?)?));
        match function {
            Function::Floor | Function::Ceil | Function::Abs => Some(Number::One(function, first()?)),
            Function::Sqrt | Function::Log => Some(Number::One(function, first()?)),
            Function::Round => {
                let decimals = match arguments.get(1).map(|node| &node.kind) {
                    None => 0,
                    Some(NodeKind::Literal(Literal::Number(decimals))) => whole(*decimals)?,
                    Some(_) => return None,
                };
                Some(Number::Round(first()?, decimals))
            }
            Function::Min | Function::Max => {
                let numbers: Option<Vec<Number>> = arguments.iter().map(|node| self.number_of(of, node)).collect();
                Some(Number::Extreme(function == Function::Max, numbers?))
            }
            _ => None,
        }
    }

    fn condition_of(&self, of: &Expression, node: &Node) -> Option<Condition> {
        if let Some(table) = self.table(of, node) {
            return Some(table);
        }
        let both = |decides, left: &Node, right: &Node| {
            Some(Condition::Both(decides, Box::new([self.condition_of(of, left)?, self.condition_of(of, right)?])))
        };
        match &node.kind {
            NodeKind::Literal(Literal::Bool(value)) => Some(Condition::Literal(*value)),
            NodeKind::Variable(slot) => match self.named(&of.variables()[*slot])? {
                Named::Flags(place) => Some(Condition::Flag(place)),
                Named::Nothing => Some(Condition::Missing),
                Named::Numbers(_) | Named::Texts(_) => None,
            },
            NodeKind::Has(slot) => match self.named(&of.variables()[*slot])? {
                Named::Nothing => Some(Condition::Literal(false)),
                Named::Numbers(place) | Named::Flags(place) => Some(Condition::Has(place)),
                Named::Texts(_) => None,
            },
            NodeKind::Not(operand) => Some(Condition::Not(Box::new(self.condition_of(of, operand)?))),
            NodeKind::Binary(Operator::And, left, right) => both(false, left, right),
            NodeKind::Binary(Operator::Or, left, right) => both(true, left, right),
            NodeKind::Binary(Operator::Equal | Operator::NotEqual, left, right) if is_bool(left) || is_bool(right) => {
                self.equal_bools(of, node)
            }
            NodeKind::Binary(operator, left, right) if is_comparison(*operator) => {
                let sides = Box::new([self.number_of(of, left)?, self.number_of(of, right)?]);
                Some(Condition::Compare(*operator, sides))
            }
            NodeKind::In(operand, list) => self.is_in(of, operand, list),
            NodeKind::Conditional(parts) => {
                let [condition, yes, no] = &**parts;
                let part = |node| self.condition_of(of, node);
                Some(Condition::Choose(Box::new([part(condition)?, part(yes)?, part(no)?])))
            }
            _ => None,
        }
    }

    /// A condition beside `true` or `false`.
    fn equal_bools(&self, of: &Expression, node: &Node) -> Option<Condition> {
        let NodeKind::Binary(operator, left, right) = &node.kind else { return None };
        let (literal, other) = if is_bool(right) { (right, left) } else { (left, right) };
        let NodeKind::Literal(Literal::Bool(value)) = literal.kind else { return None };
        let found = self.condition_of(of, other)?;
        let same = value == (*operator == Operator::Equal);
        Some(if same { found } else { Condition::Not(Box::new(found)) })
    }

    fn is_in(&self, of: &Expression, operand: &Node, list: &[Literal]) -> Option<Condition> {
        let one = |literal: &Literal| {
            let sides = Box::new([self.literal(literal)?, self.number_of(of, operand)?]);
            Some(Condition::Compare(Operator::Equal, sides))
        };
        let mut items = list.iter().map(one).collect::<Option<Vec<_>>>()?.into_iter();
        let first = items.next()?;
        Some(items.fold(first, |found, next| Condition::Both(true, Box::new([found, next]))))
    }

    /// What is computed for each text of the one column of texts that a condition reads.
    fn table(&self, of: &Expression, node: &Node) -> Option<Condition> {
        let slot = only_slot(node)?;
        let name = &of.variables()[slot];
        let Named::Texts(column) = self.named(name)? else { return None };
        let of_text = |text: Option<&str>| {
            let scope = OneText { name, text };
            match of.evaluate_part(node, &scope) {
                Ok(Value::Bool(value)) => Some(u8::from(value)),
                Ok(_) => None,
                Err(error) if error.is_missing() => Some(MISSING + STATE),
                Err(_) => Some(BEYOND + STATE),
            }
        };
        let codes = |codes: &crate::scores::facts::Codes| -> Option<Vec<u8>> {
            let text = |name: &str| of_text(Some(name).filter(|name| column != Column::Unit || !name.is_empty()));
            codes.names.iter().map(|name| text(name)).collect()
        };
        let table = match column {
            Column::Facet(place) => {
                let texts = self.facts.facets[place].1.texts.as_ref()?;
                let others = texts.dictionary.iter().skip(1).map(|text| of_text(Some(text)));
                std::iter::once(of_text(None)).chain(others).collect::<Option<Vec<u8>>>()?
            }
            Column::Type => codes(&self.facts.types)?,
            Column::Source => codes(&self.facts.sources)?,
            Column::Unit => codes(&self.facts.units)?,
        };
        Some(Condition::Table(column, table))
    }
}

/// One name that has a text, or none.
struct OneText<'a> {
    name: &'a str,
    text: Option<&'a str>,
}

impl Scope for OneText<'_> {
    fn get(&self, path: &str) -> Option<Value<'_>> {
        if path == self.name { self.text.map(Value::from) } else { None }
    }
}

/// The only name that a part reads.
fn only_slot(node: &Node) -> Option<usize> {
    let mut slots = Vec::new();
    node.visit(&mut |part| {
        if let NodeKind::Variable(slot) | NodeKind::Has(slot) = part.kind {
            slots.push(slot);
        }
    });
    let first = *slots.first()?;
    slots.iter().all(|slot| *slot == first).then_some(first)
}

fn is_bool(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Literal(Literal::Bool(_)))
}

fn is_comparison(operator: Operator) -> bool {
    use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    matches!(operator, Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual)
}

fn whole(decimals: Decimal) -> Option<u32> {
    u32::try_from(decimals).ok().filter(|whole| *whole <= MOST_DECIMALS && decimals.fract().is_zero())
}

/// Rows of facts, a lane each.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) facts: &'a Facts,
    pub(super) rows: &'a [u32],
    /// How the money of each lane is converted; `None`: it is taken as written.
    pub(super) money: Option<&'a Conversion>,
    /// Vectors to be used again.
    pub(super) spare: &'a Spare,
}

impl Number {
    /// The number of each lane; `None` when they cannot be computed here.
    pub(super) fn run(&self, on: Rows<'_>) -> Option<NumberLanes> {
        let lanes = on.rows.len();
        let two = |sides: &[Number; 2]| Some((sides[0].run(on)?, sides[1].run(on)?));
        match self {
            Number::Literal(number, scale) => Some(NumberLanes::one(*number, *scale)),
            Number::Missing => {
                let mut found = NumberLanes::one(0, 0);
                (0..lanes).for_each(|lane| found.states.set(lane, MISSING, lanes));
                Some(found)
            }
            Number::Facet(place) => column(on, *place),
            Number::Money(place) => {
                let found = column(on, *place)?;
                match on.money {
                    None => Some(found),
                    Some(conversion) => conversion.convert(found, lanes),
                }
            }
            Number::Negate(operand) => {
                let found = operand.run(on)?;
                let scale = found.scale;
                Some(found.map(scale, lanes, i64::checked_neg))
            }
            Number::Sum(sign, sides) => two(sides).and_then(|(one, other)| one.add(other, lanes, *sign)),
            Number::Product(sides) => two(sides).and_then(|(one, other)| one.multiply(other, lanes)),
            Number::Quotient(sides) => two(sides).and_then(|(one, other)| one.divide(other, lanes)),
            Number::Extreme(larger, numbers) => {
                let mut found = numbers.first()?.run(on)?;
                for number in &numbers[1..] {
                    found = found.extreme(number.run(on)?, lanes, *larger)?;
                }
                Some(found)
            }
            Number::One(function, operand) => one(*function, operand.run(on)?, lanes),
            Number::Round(operand, decimals) => Some(round(operand.run(on)?, *decimals, lanes)),
            Number::Choose(condition, sides) => {
                let (yes, no) = two(sides)?;
                condition.run(on)?.choose(yes, no, lanes)
            }
        }
    }
}

fn column(on: Rows<'_>, place: usize) -> Option<NumberLanes> {
    let numbers = on.facts.facets[place].1.numbers.as_ref()?;
    Some(NumberLanes::of(numbers, on.rows, on.spare))
}

fn one(function: Function, operand: NumberLanes, lanes: usize) -> Option<NumberLanes> {
    let scale = operand.scale;
    match function {
        Function::Floor => Some(operand.floor(lanes)),
        Function::Ceil => Some(operand.ceil(lanes)),
        Function::Abs => Some(operand.map(scale, lanes, i64::checked_abs)),
        _ => {
            let compute = |number: i64| {
                let number = Decimal::try_from_i128_with_scale(i128::from(number), scale).ok()?;
                let found = if function == Function::Sqrt {
                    crate::expr::number::square_root(number)?
                } else {
                    crate::expr::number::logarithm(number)?
                };
                let factor = power(MOST_DECIMALS.checked_sub(found.scale())?);
                i64::try_from(found.mantissa().checked_mul(factor)?).ok()
            };
            Some(operand.map(MOST_DECIMALS, lanes, compute))
        }
    }
}

/// Rounded to so many decimals, halves away from zero.
fn round(operand: NumberLanes, decimals: u32, lanes: usize) -> NumberLanes {
    let Some(drop) = operand.scale.checked_sub(decimals).filter(|drop| *drop > 0) else { return operand };
    let unit = power(drop);
    operand.map(decimals, lanes, |number| {
        let (number, half) = (i128::from(number), unit / 2);
        let rounded = if number < 0 { -((half - number) / unit) } else { (number + half) / unit };
        i64::try_from(rounded).ok()
    })
}

impl Condition {
    /// The condition of each lane; `None` when they cannot be computed here.
    pub(super) fn run(&self, on: Rows<'_>) -> Option<BoolLanes> {
        let lanes = on.rows.len();
        match self {
            Condition::Literal(value) => Some(BoolLanes::one(*value)),
            Condition::Missing => {
                let mut found = BoolLanes::one(false);
                (0..lanes).for_each(|lane| found.states.set(lane, MISSING, lanes));
                Some(found)
            }
            Condition::Flag(place) => {
                let flags = on.facts.facets[*place].1.bools.as_ref()?;
                let mut states = States::default();
                let flag = |(lane, row): (usize, &u32)| {
                    let value = flags.get(*row as usize);
                    states.set(lane, if value.is_some() { FINE } else { MISSING }, lanes);
                    value.unwrap_or(false)
                };
                let values = on.rows.iter().enumerate().map(flag).collect();
                Some(BoolLanes { bools: Bools::Each(values), states })
            }
            Condition::Has(place) => {
                let facet = &on.facts.facets[*place].1;
                let values = on.rows.iter().map(|row| facet.get(*row as usize).is_some()).collect();
                Some(BoolLanes { bools: Bools::Each(values), states: States::default() })
            }
            Condition::Table(column, table) => Some(look_up(on, *column, table)),
            Condition::Not(operand) => Some(operand.run(on)?.not()),
            Condition::Both(decides, sides) => {
                let (left, right) = (sides[0].run(on)?, sides[1].run(on)?);
                let both = left.both(&right, lanes, *decides);
                on.spare.bools(right);
                Some(both)
            }
            Condition::Compare(operator, sides) => {
                compare(*operator, sides[0].run(on)?, sides[1].run(on)?, (lanes, on.spare))
            }
            Condition::Choose(parts) => {
                let (condition, yes, no) = (parts[0].run(on)?, parts[1].run(on)?, parts[2].run(on)?);
                // As (condition && yes) || (!condition && no), but asking only the one that the condition names.
                let mut states = States::default();
                let mut values = Vec::with_capacity(lanes);
                for lane in 0..lanes {
                    let chosen = if condition.bools.at(lane) { &yes } else { &no };
                    let state = condition.states.at(lane);
                    states.set(lane, if state == FINE { chosen.states.at(lane) } else { state }, lanes);
                    values.push(chosen.bools.at(lane));
                }
                Some(BoolLanes { bools: Bools::Each(values), states })
            }
        }
    }
}

fn look_up(on: Rows<'_>, column: Column, table: &[u8]) -> BoolLanes {
    let coded = |codes: &[u16]| looked_up(on, table, |row| usize::from(codes[row]));
    match column {
        Column::Facet(place) => {
            let codes = on.facts.facets[place].1.texts.as_ref().map_or(&[][..], |texts| &texts.codes);
            looked_up(on, table, |row| codes[row] as usize)
        }
        Column::Type => coded(&on.facts.types.codes),
        Column::Source => coded(&on.facts.sources.codes),
        Column::Unit => coded(&on.facts.units.codes),
    }
}

fn looked_up(on: Rows<'_>, table: &[u8], code: impl Fn(usize) -> usize) -> BoolLanes {
    let of = |row: &u32| table[code(*row as usize)];
    let mut most = 0;
    let bools = on.spare.bools.of(on.rows.iter().map(|row| {
        most = most.max(of(row));
        of(row) == 1
    }));
    let mut states = States::default();
    if most > STATE {
        let each = on.rows.iter().enumerate();
        each.for_each(|(lane, row)| states.set(lane, of(row).saturating_sub(STATE), on.rows.len()));
    }
    BoolLanes { bools: Bools::Each(bools), states }
}

fn compare(operator: Operator, left: NumberLanes, right: NumberLanes, lanes: (usize, &Spare)) -> Option<BoolLanes> {
    match operator {
        Operator::Equal => left.compare(right, lanes, Ordering::is_eq),
        Operator::NotEqual => left.compare(right, lanes, Ordering::is_ne),
        Operator::Less => left.compare(right, lanes, Ordering::is_lt),
        Operator::LessOrEqual => left.compare(right, lanes, Ordering::is_le),
        Operator::Greater => left.compare(right, lanes, Ordering::is_gt),
        Operator::GreaterOrEqual => left.compare(right, lanes, Ordering::is_ge),
        _ => None,
    }
}
