//! Expressions, and the names and kinds in them.

use toml::de::DeValue;

use super::document::{Item, Problems, shown};
use super::source::written_at;
use crate::expr::{CheckError, Expression, Kind, Names, Position};
use crate::scores::rules::Facets;

/// The most names of one expression that are told to be wrong.
const MOST_WRONG_NAMES: usize = 8;

/// What an expression may read.
pub(super) struct Readable<'f> {
    pub(super) facets: &'f Facets,
    /// The types of the events; none where only the customer may be read.
    pub(super) on: &'f [Box<str>],
    pub(super) names: Names,
}

impl<'f> Readable<'f> {
    /// What a rule for these events may read.
    pub(super) fn of_events(facets: &'f Facets, on: &'f [Box<str>]) -> Self {
        Self { facets, on, names: facets.names(on) }
    }

    /// What a rule for what did not happen may read.
    pub(super) fn of_customers(facets: &'f Facets) -> Self {
        Self { facets, on: &[], names: Facets::customer_names() }
    }
}

impl Item<'_> {
    /// A condition. `readable` is none where the event types are in doubt: then names are not looked at.
    pub(super) fn condition(&self, readable: Option<&Readable<'_>>, problems: &mut Problems<'_>) -> Option<Expression> {
        match self.value {
            DeValue::String(text) => self.expression(text, Kind::Bool, readable, problems),
            _ => self.refuse("a condition, as a text such as 'amount > 0'", problems),
        }
    }

    /// An expression of a number, or a number.
    pub(super) fn points(&self, readable: Option<&Readable<'_>>, problems: &mut Problems<'_>) -> Option<Expression> {
        match self.value {
            DeValue::String(text) => self.expression(text, Kind::Number, readable, problems),
            DeValue::Integer(_) | DeValue::Float(_) => {
                let number = self.number("a number of at most 28 digits", |_| true, problems)?;
                Expression::parse(&number.to_string()).ok().or_else(|| self.refuse("a number", problems))
            }
            _ => self.refuse("a number, or an expression as a text such as 'floor(amount)'", problems),
        }
    }

    fn expression(
        &self,
        text: &str,
        kind: Kind,
        readable: Option<&Readable<'_>>,
        problems: &mut Problems<'_>,
    ) -> Option<Expression> {
        let expression = match Expression::parse(text) {
            Ok(expression) => expression,
            Err(error) => {
                let at = self.at_place(Position { line: error.line, column: error.column });
                problems.add(at, &self.path, error.expected, error.found);
                return None;
            }
        };
        let Some(readable) = readable else {
            return Some(expression);
        };
        let names_are_known = self.check_names(&expression, readable, problems);
        (names_are_known && self.check_kind(text, &expression, kind, readable, problems)).then_some(expression)
    }

    /// The byte of the file at which this place of the text stands.
    fn at_place(&self, place: Position) -> usize {
        self.at + written_at(self.written, place)
    }

    fn check_names(&self, expression: &Expression, readable: &Readable<'_>, problems: &mut Problems<'_>) -> bool {
        let is_wrong = |name: &&str| {
            // `customer.…` is open, since classifications have names of their own; what is personal stays closed.
            let is_closed = |name: &str| !readable.facets.personal_in(name, readable.on).is_empty();
            readable.names.kind_of(name).is_none() || (name.starts_with("customer.") && is_closed(name))
        };
        let wrong: Vec<_> = expression.variables().iter().map(|name| &**name).filter(is_wrong).collect();
        for name in wrong.iter().take(MOST_WRONG_NAMES) {
            // Knowing all names but this one, the check tells where it stands.
            let others = expression.variables().iter().filter(|other| ***other != **name);
            let others = others.fold(Names::new(), |names, other| names.with(&**other, Kind::Any));
            let place = expression.check(&others).err().map_or(Position { line: 1, column: 1 }, |error| error.at());
            let (expected, found) = readable.explain(name);
            problems.add(self.at_place(place), &self.path, expected, found);
        }
        wrong.is_empty()
    }

    fn check_kind(
        &self,
        text: &str,
        expression: &Expression,
        kind: Kind,
        readable: &Readable<'_>,
        problems: &mut Problems<'_>,
    ) -> bool {
        match expression.check(&readable.names) {
            Ok(found) if found == kind || found == Kind::Any => return true,
            Ok(found) => {
                let start = text.chars().take_while(|c| c.is_whitespace());
                let place = start.fold(Position { line: 1, column: 1 }, |at, c| match c {
                    '\n' => Position { line: at.line + 1, column: 1 },
                    _ => Position { column: at.column + 1, ..at },
                });
                problems.add(self.at_place(place), &self.path, kind.name(), found.name());
            }
            Err(CheckError::Type { expected, found, at }) => {
                problems.add(self.at_place(at), &self.path, expected, found);
            }
            Err(error) => problems.add(self.at_place(error.at()), &self.path, "an expression", error.to_string()),
        }
        false
    }
}

impl Readable<'_> {
    /// What was expected in the place of a name that cannot be read, and what it is.
    fn explain(&self, name: &str) -> (String, String) {
        let expected = format!("one of {}", self.names.listed().join(", "));
        let name_shown = shown(name);
        let personal = self.facets.personal_in(name, self.on);
        if !personal.is_empty() {
            let found = format!("`{name_shown}`, which is personal in {}: rules read facts only", personal.join(", "));
            return (expected, found);
        }
        let elsewhere = self.facets.types_with(name);
        if !elsewhere.is_empty() {
            return (expected, format!("`{name_shown}`, a facet of {}", elsewhere.join(", ")));
        }
        (expected, format!("`{name_shown}`"))
    }
}
