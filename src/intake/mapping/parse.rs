//! From the text of a mapping file to a [`Mapping`].

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use kulta_projections::expr::{Expression, Kind, Names, instant};
use serde_json::Value as Json;
use toml::de::DeValue;

use super::column::{NTH, Named, ROW};
use super::document::{Item, Table, parse};
use super::encoding::Encoding;
use super::error::{MappingError, MappingFault};
use super::spec::{EventSpec, Formula, Member, Members, Text, Time, Written};
use super::template::Template;
use super::time::{Reading, is_format, read};
use super::{Format, Mapping};

const TOP: &[&str] = &["source", "unit", "time_zone", "delimiter", "encoding", "decimal_separator", "event"];
const EVENT: &[&str] = &["type", "id", "subject", "source", "unit", "when", "time", "data"];
const TIME: &[&str] = &["column", "template", "const", "expr", "formats", "default"];
/// What makes a table in `data` a value rather than an object.
const VALUE: &[&str] = &["column", "template", "const", "expr"];
const VALUE_WITH_OPTIONS: &[&str] = &["column", "template", "const", "expr", "formats", "not_after", "default"];

pub(super) fn mapping(toml: &str) -> Result<Mapping, MappingError> {
    let document = parse(toml)?;
    let top = Table::root(toml, &document);
    top.only(TOP)?;
    let time_zone = match top.get("time_zone") {
        Some(item) => {
            TimeZone::get(item.text()?).map_err(|_| item.refuse("the name of a time zone, such as Europe/Helsinki"))?
        }
        None => TimeZone::UTC,
    };
    let source = top.get("source").map(|item| text(&item)).transpose()?;
    let unit = top.get("unit").map(|item| text(&item)).transpose()?;
    let format = format(&top)?;
    let item = top.need("event")?;
    let events = item.as_list().ok_or_else(|| item.refuse("one or more [[event]]"))?;
    let events = events.iter().map(|item| event(item, &time_zone)).collect::<Result<Vec<_>, _>>()?;
    if events.is_empty() {
        return Err(item.refuse("one or more [[event]]"));
    }
    Ok(Mapping { source, unit, time_zone, format, events })
}

fn format(top: &Table<'_>) -> Result<Format, MappingError> {
    let delimiter = match top.get("delimiter") {
        Some(item) => match item.as_text().map(str::as_bytes) {
            Some([byte]) if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n') => *byte,
            _ => return Err(item.refuse("one ASCII character, such as \";\" or \"\\t\"")),
        },
        None => b',',
    };
    let encoding = match top.get("encoding") {
        Some(item) => item
            .as_text()
            .and_then(Encoding::named)
            .ok_or_else(|| item.refuse(format!("one of: {}", Encoding::NAMES.join(", "))))?,
        None => Encoding::Utf8,
    };
    let decimal_separator = match top.get("decimal_separator") {
        Some(item) => match item.as_text() {
            Some(".") => '.',
            Some(",") => ',',
            _ => return Err(item.refuse("\".\" or \",\"")),
        },
        None => '.',
    };
    Ok(Format { delimiter, encoding, decimal_separator })
}

fn event(item: &Item<'_>, zone: &TimeZone) -> Result<EventSpec<Named>, MappingError> {
    let table = item.table()?.without_prefix();
    table.only(EVENT)?;
    let optional = |key| table.get(key).map(|item| text(&item)).transpose();
    let data = match table.get("data") {
        Some(item) => members(&item.table()?)?,
        None => Vec::new(),
    };
    let when = table.get("when").map(|item| {
        let formula = formula(&item, &item)?;
        match formula.1 {
            Kind::Bool => Ok(formula.0),
            _ => Err(item.refuse("a condition")),
        }
    });
    Ok(EventSpec {
        line: item.line,
        event_type: table.need("type")?.text()?.trim().into(),
        id: text(&table.need("id")?)?,
        subject: text(&table.need("subject")?)?,
        source: optional("source")?,
        unit: optional("unit")?,
        when: when.transpose()?,
        time: time(&table.need("time")?, zone)?,
        data,
    })
}

/// A text of the envelope: a template, or `{ expr = … }`.
fn text(item: &Item<'_>) -> Result<Text<Named>, MappingError> {
    let Some(table) = item.as_table() else {
        return Template::parse(item.text()?, &item.key, item.line).map(Text::Template);
    };
    table.only(&["expr"])?;
    Ok(Text::Formula(formula(&table.need("expr")?, item)?.0))
}

/// An expression, under the name of what it gives.
fn formula(item: &Item<'_>, named_after: &Item<'_>) -> Result<(Formula<Named>, Kind), MappingError> {
    let key = || named_after.key.clone();
    let fault = |fault| MappingError::new(item.line, fault);
    let expression =
        Expression::parse(item.text()?).map_err(|error| fault(MappingFault::Expression { key: key(), error }))?;
    let names = expression.variables().iter().fold(Names::new(), |names, name| {
        let kind = if matches!(&**name, ROW | NTH) { Kind::Number } else { Kind::Cell };
        names.with(&**name, kind)
    });
    let kind = expression.check(&names).map_err(|error| fault(MappingFault::Type { key: key(), error }))?;
    let column = |name: &Arc<str>| Named { name: name.clone(), line: item.line, numbers_too: true };
    let columns = expression.variables().iter().map(column).collect();
    Ok((Formula { key: key().into(), expression: Arc::new(expression), columns }, kind))
}

fn time(item: &Item<'_>, zone: &TimeZone) -> Result<Time<Named>, MappingError> {
    let key: Arc<str> = item.key.as_str().into();
    if item.as_text().is_some() {
        let from = Written::Column(column(item)?);
        return Ok(Time::Written { key, from, formats: Arc::new([]), default: None });
    }
    let table = item.table()?;
    table.only(TIME)?;
    one_of(item, &table, VALUE)?;
    let formats = formats(&table)?;
    let alone = |what: &Item<'_>| match table.has_any(&["formats", "default"]) {
        true => Err(what.refuse("no `formats` or `default` beside it")),
        false => Ok(()),
    };
    if let Some(fixed) = table.get("const") {
        alone(&fixed)?;
        return point(&fixed, zone).map(Time::Const);
    }
    if let Some(expr) = table.get("expr") {
        alone(&expr)?;
        let (formula, kind) = formula(&expr, item)?;
        return match kind {
            Kind::Bool | Kind::Number => Err(expr.refuse("an expression that gives a time or a text")),
            _ => Ok(Time::Formula(formula)),
        };
    }
    let default = table.get("default").map(|item| point(&item, zone)).transpose()?;
    Ok(Time::Written { key, from: written(&table)?, formats, default })
}

/// A point in time in the mapping itself.
fn point(item: &Item<'_>, zone: &TimeZone) -> Result<i64, MappingError> {
    let text = item.text()?;
    let day = || match read(text, &["%Y-%m-%d".to_owned()], zone) {
        Ok(Reading::Day(date)) => super::time::beginning(date, zone).ok(),
        _ => None,
    };
    let expected = "a date such as \"2026-03-02\", or with time and offset \"2026-03-02T10:15:00+02:00\", in quotes";
    instant(text).or_else(day).ok_or_else(|| item.refuse(expected))
}

fn formats(table: &Table<'_>) -> Result<Arc<[String]>, MappingError> {
    let Some(item) = table.get("formats") else {
        return Ok(Arc::new([]));
    };
    let expected = "a list of strftime formats that say at least the day, such as [\"%d.%m.%Y %H:%M\", \"%d.%m.%Y\"]";
    let list = item.as_list().filter(|list| !list.is_empty()).ok_or_else(|| item.refuse(expected))?;
    let format = |item: Item<'_>| match item.as_text().filter(|format| is_format(format)) {
        Some(format) => Ok(format.to_owned()),
        None => Err(item.refuse(expected)),
    };
    list.into_iter().map(format).collect()
}

/// The column or template that a time, date or text is read from.
fn written(table: &Table<'_>) -> Result<Written<Named>, MappingError> {
    match table.get("template") {
        Some(item) => Template::parse(item.text()?, &item.key, item.line).map(Written::Template),
        None => column(&table.need("column")?).map(Written::Column),
    }
}

fn column(item: &Item<'_>) -> Result<Named, MappingError> {
    Ok(Named { name: item.text()?.trim().into(), line: item.line, numbers_too: false })
}

/// Exactly one of these keys.
fn one_of(item: &Item<'_>, table: &Table<'_>, keys: &[&str]) -> Result<(), MappingError> {
    match keys.iter().filter(|key| table.has_any(&[key])).count() {
        1 => Ok(()),
        _ => Err(item.refuse(format!("exactly one of: {}", keys.join(", ")))),
    }
}

fn members(table: &Table<'_>) -> Result<Members<Named>, MappingError> {
    table.entries().into_iter().map(|(name, item)| Ok((name.into(), member(&item)?))).collect()
}

fn member(item: &Item<'_>) -> Result<Member<Named>, MappingError> {
    if let Some(items) = item.as_list() {
        return items.iter().map(member).collect::<Result<_, _>>().map(Member::List);
    }
    let Some(table) = item.as_table() else {
        let named = item.as_text().ok_or_else(|| {
            item.refuse(
                "the name of a column in quotes, { const = … } for a fixed value, { expr = … }, a list or a table",
            )
        })?;
        return match named.trim() {
            "" => Err(item.refuse("the name of a column")),
            _ => Ok(Member::Text { from: Written::Column(column(item)?), default: None }),
        };
    };
    if !table.has_any(VALUE) {
        let members = members(&table)?;
        let reads = members.iter().any(|(_, member)| member.reads());
        return Ok(Member::Object { members, reads });
    }
    value(item, &table)
}

/// `{ const = … }`, `{ expr = … }`, `{ column = … }`, `{ template = … }`.
fn value(item: &Item<'_>, table: &Table<'_>) -> Result<Member<Named>, MappingError> {
    table.only(VALUE_WITH_OPTIONS)?;
    one_of(item, table, VALUE)?;
    let options = ["formats", "not_after", "default"];
    if let Some(alone) = table.get("const").or_else(|| table.get("expr"))
        && table.has_any(&options)
    {
        return Err(alone.refuse("no `formats`, `not_after` or `default` beside it"));
    }
    if let Some(fixed) = table.get("const") {
        return constant(&fixed).map(Member::Const);
    }
    if let Some(expr) = table.get("expr") {
        let (formula, _) = formula(&expr, item)?;
        let json_numbers = item.key.starts_with("data.attributes.");
        return Ok(Member::Formula { formula, json_numbers });
    }
    let from = written(table)?;
    let default = table.get("default").map(|item| constant(&item)).transpose()?;
    let not_after = table.get("not_after").map(|item| {
        let date = item.text()?.trim().parse::<Date>();
        date.map_err(|_| item.refuse("a date such as \"2018-12-31\", in quotes"))
    });
    match (table.has_any(&["formats"]), not_after.transpose()?) {
        (false, Some(_)) => Err(item.refuse("`formats` beside `not_after`")),
        (false, None) => Ok(Member::Text { from, default }),
        (true, not_after) => {
            Ok(Member::Date { key: item.key.as_str().into(), from, formats: formats(table)?, not_after, default })
        }
    }
}

/// A fixed value of a payload.
fn constant(item: &Item<'_>) -> Result<Json, MappingError> {
    let number = |digits: &str| digits.trim_start_matches('+').parse().ok().map(Json::Number);
    let value = match item.value {
        DeValue::String(text) => Some(Json::String(text.to_string())),
        DeValue::Boolean(value) => Some(Json::Bool(*value)),
        DeValue::Integer(whole) if whole.radix() == 10 => number(whole.as_str()),
        DeValue::Float(fraction) => number(fraction.as_str()),
        _ => None,
    };
    value.ok_or_else(|| item.refuse("a text, a decimal number, true or false"))
}
