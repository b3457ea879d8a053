//! From a row to the values of an event.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::tz::TimeZone;
use kulta_projections::expr::Value;
use serde_json::{Map, Value as Json};

use super::column::{Column, Row};
use super::error::{RejectReason, TimeFault};
use super::spec::{Found, Member, Members, Text, Time, Written};
use super::time::{Reading, beginning, not_after, read, rfc3339};

impl Text<Column> {
    /// The text for a row. With `whole`, a column that is empty empties all of it.
    pub(super) fn of(&self, row: &Row<'_>, whole: bool) -> Result<Found<String>, RejectReason> {
        let (text, empty) = match self {
            Text::Template(template) => {
                let (text, empty) = template.render(row);
                (text, empty.map(|column| column.name.clone()))
            }
            Text::Formula(formula) => match formula.value(row)? {
                Found::Value(value) => (value.into_text(), None),
                Found::Empty(column) => return Ok(Found::Empty(column)),
            },
        };
        let trimmed = text.trim();
        if trimmed.is_empty() || (whole && empty.is_some()) {
            return Ok(Found::Empty(empty));
        }
        Ok(Found::Value(if trimmed.len() == text.len() { text } else { trimmed.to_owned() }))
    }
}

impl Written<Column> {
    fn text<'a>(&self, row: &Row<'a>) -> Option<Cow<'a, str>> {
        match self {
            Written::Column(column) => row.text(column),
            Written::Template(template) => template.render_if_any(row).map(Cow::Owned),
        }
    }

    /// The columns in words.
    fn named(&self) -> Option<String> {
        match self {
            Written::Column(column) => Some(column.name.to_string()),
            Written::Template(template) => {
                let names: Vec<_> = template.columns().map(|column| &*column.name).collect();
                (!names.is_empty()).then(|| names.join("`, `"))
            }
        }
    }

    fn fault(&self, key: &Arc<str>, fault: TimeFault) -> RejectReason {
        RejectReason::Time { key: key.clone(), column: self.named(), fault }
    }
}

impl Time<Column> {
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub(super) fn of(&self, row: &Row<'_>, zone: &TimeZone) -> Result<Found<i64>, RejectReason> {
        match self {
            Time::Const(micros) => Ok(Found::Value(*micros)),
            Time::Formula(formula) => match formula.value(row)? {
                Found::Empty(column) => Ok(Found::Empty(column)),
                Found::Value(Value::Time(micros)) => Ok(Found::Value(micros)),
                Found::Value(other) => match read(&other.into_text(), &[], zone) {
                    Ok(Reading::Instant(micros)) => Ok(Found::Value(micros)),
                    _ => {
                        Err(RejectReason::Time { key: formula.key.clone(), column: None, fault: TimeFault::NotRfc3339 })
                    }
                },
            },
            Time::Written { key, from, formats, default } => {
                let Some(text) = from.text(row) else {
                    let empty = match from {
                        Written::Column(column) => Some(column.name.clone()),
                        Written::Template(template) => template.columns().next().map(|column| column.name.clone()),
                    };
                    return Ok(default.map_or(Found::Empty(empty), Found::Value));
                };
                let micros = match read(&text, formats, zone) {
                    Ok(Reading::Instant(micros)) => Ok(micros),
                    Ok(Reading::Day(date)) => beginning(date, zone),
                    Err(fault) => Err(fault),
                };
                micros.map(Found::Value).map_err(|fault| from.fault(key, fault))
            }
        }
    }
}

impl Member<Column> {
    /// The value for a row; `None` when it is absent.
    pub(super) fn of(&self, row: &Row<'_>, zone: &TimeZone) -> Result<Option<Json>, RejectReason> {
        match self {
            Member::Const(value) => Ok(Some(value.clone())),
            Member::Text { from, default } => {
                Ok(from.text(row).map(|text| Json::String(text.into_owned())).or_else(|| default.clone()))
            }
            Member::Date { key, from, formats, not_after: latest, default } => {
                let Some(text) = from.text(row) else {
                    return Ok(default.clone());
                };
                let shown = match read(&text, formats, zone).map_err(|fault| from.fault(key, fault))? {
                    Reading::Day(date) => not_after(date, *latest, formats, &text).to_string(),
                    Reading::Instant(micros) => rfc3339(micros),
                };
                Ok(Some(Json::String(shown)))
            }
            Member::Formula { formula, json_numbers } => match formula.value(row)? {
                Found::Value(value) => Ok(json(value, *json_numbers)),
                Found::Empty(_) => Ok(None),
            },
            Member::List(items) => {
                let mut found = Vec::with_capacity(items.len());
                for item in items {
                    found.extend(item.of(row, zone)?);
                }
                Ok((!found.is_empty()).then_some(Json::Array(found)))
            }
            Member::Object { members, reads } => {
                let (object, any) = object(members, row, zone)?;
                Ok((any || !reads).then_some(Json::Object(object)))
            }
        }
    }
}

/// The members that are there, and whether any of them came from the row.
pub(super) fn object(
    members: &Members<Column>,
    row: &Row<'_>,
    zone: &TimeZone,
) -> Result<(Map<String, Json>, bool), RejectReason> {
    let (mut object, mut any) = (Map::new(), false);
    for (name, member) in members {
        if let Some(value) = member.of(row, zone)? {
            any |= member.reads();
            object.insert(name.to_string(), value);
        }
    }
    Ok((object, any))
}

/// The value in JSON; an empty text is none.
fn json(value: Value<'_>, numbers: bool) -> Option<Json> {
    match value {
        Value::Bool(value) => Some(Json::Bool(value)),
        // The digits of a decimal are those of a JSON number.
        Value::Number(number) if numbers => number.to_string().parse().ok().map(Json::Number),
        value => Some(value.into_text()).filter(|text| !text.trim().is_empty()).map(Json::String),
    }
}
