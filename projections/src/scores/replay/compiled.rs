//! A rule compiled over the columns that there are.

use super::credit::Credit;
use super::program::{Compiler, Condition, Number};
use crate::expr::{Expression, Scope, Value};
use crate::scores::facts::{Codes, Facts};
use crate::scores::interpret::IsMoney;
use crate::scores::rules::{ForAbsence, ForEvents, Pays, Rule, Worth};

/// See the module.
#[derive(Debug)]
pub(super) struct Compiled<'a> {
    /// Times of events, or of the ends of gaps, that count.
    pub(super) valid: (i64, i64),
    /// By the number of a type: whether it is one of the rule's.
    pub(super) of_type: Vec<bool>,
    pub(super) work: Work<'a>,
}

/// What the rule does with a customer's rows.
#[derive(Debug)]
pub(super) enum Work<'a> {
    Events(Box<Events<'a>>),
    Absence(Box<Absence<'a>>),
    /// What cannot be computed over columns.
    Interpreted {
        from_first_event: bool,
    },
}

/// Points for events.
#[derive(Debug)]
pub(super) struct Events<'a> {
    /// By the number of a type: whether it counts with the other sign.
    pub(super) negated: Vec<bool>,
    pub(super) when: Option<(Condition, Vec<usize>)>,
    pub(super) worth: Number,
    /// Facets that are read as money, by their places.
    pub(super) money: Vec<usize>,
    pub(super) credit: Credit<'a>,
}

/// Points for gaps.
#[derive(Debug)]
pub(super) struct Absence<'a> {
    pub(super) days: u32,
    pub(super) from_first_event: bool,
    /// Points, with so many decimals.
    pub(super) points: i64,
    pub(super) decimals: u32,
    pub(super) credit: Credit<'a>,
}

/// What compiling takes.
pub(super) struct Over<'a> {
    pub(super) facts: &'a Facts,
    pub(super) is_money: IsMoney<'a>,
    /// The first and the last day that there may be.
    pub(super) days: (i32, i32),
    pub(super) today: i32,
}

impl<'a> Compiled<'a> {
    pub(super) fn of(rule: &'a Rule, over: &Over<'_>) -> Self {
        let (on, work) = match &rule.pays {
            Pays::Events(pays) => (&pays.on, events(rule, pays, over)),
            Pays::Absence(pays) => (&pays.on, absence(rule, pays, over)),
        };
        let valid = (rule.valid.0, rule.valid.1);
        Self { valid, of_type: marked(&over.facts.types, on), work }
    }

    /// Whether it is of account which row comes first.
    pub(super) fn needs_order(&self) -> bool {
        match &self.work {
            Work::Events(work) => work.credit.needs_order(),
            Work::Absence(_) => true,
            // The interpreter is given its rows in order, whatever the batch has.
            Work::Interpreted { .. } => false,
        }
    }

    pub(super) fn is_valid(&self, at: i64) -> bool {
        let (from, to) = self.valid;
        from <= at && (at < to || to == i64::MAX)
    }
}

fn marked(types: &Codes, names: &[Box<str>]) -> Vec<bool> {
    types.names.iter().map(|name| names.iter().any(|known| **known == **name)).collect()
}

fn events<'a>(rule: &'a Rule, pays: &'a ForEvents, over: &Over<'_>) -> Work<'a> {
    let is_money = |facet: &str| {
        let mut kinds = pays.on.iter().map(|type_name| (over.is_money)(type_name, facet));
        let first = kinds.next().unwrap_or(false);
        kinds.all(|kind| kind == first).then_some(first)
    };
    let compiler = Compiler { facts: over.facts, is_money: &is_money };
    let money = |expression: &Expression| -> Option<Vec<usize>> {
        let mut places = Vec::new();
        for name in expression.variables() {
            if is_money(name)? {
                places.extend(over.facts.facet(name));
            }
        }
        Some(places)
    };
    let compile = || {
        let when = match &pays.when {
            Some(when) => Some((compiler.condition(when)?, money(when)?)),
            None => None,
        };
        let (expression, tiers) = match &pays.worth {
            Worth::Points(points) => (points, None),
            Worth::Tiers(tiers) => (&tiers.measure, Some(tiers)),
        };
        let credit = Credit::new(rule, (pays.limit, pays.at_least, tiers), over.days, over.today);
        let (worth, money) = (compiler.number(expression)?, money(expression)?);
        let negated = marked(&over.facts.types, &pays.negated);
        Some(Work::Events(Box::new(Events { negated, when, worth, money, credit })))
    };
    compile().unwrap_or(Work::Interpreted { from_first_event: false })
}

fn absence<'a>(rule: &'a Rule, pays: &'a ForAbsence, over: &Over<'_>) -> Work<'a> {
    let from_first_event = pays.from_first_event;
    let points = pays.points.evaluate_number(&Nothing).ok().map(|points| points.normalize());
    let points = points.filter(|points| points.scale() <= 12);
    match points.and_then(|points| Some((i64::try_from(points.mantissa()).ok()?, points.scale()))) {
        Some((points, decimals)) => {
            let credit = Credit::new(rule, (None, None, None), over.days, over.today);
            Work::Absence(Box::new(Absence { days: pays.days, from_first_event, points, decimals, credit }))
        }
        None => Work::Interpreted { from_first_event },
    }
}

/// A scope without names: what can be computed over it is a constant.
struct Nothing;

impl Scope for Nothing {
    fn get(&self, _: &str) -> Option<Value<'_>> {
        None
    }
}
