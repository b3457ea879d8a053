//! From the columns that a mapping names to the columns that a file has, and from a row to its events.

use std::sync::Arc;

use super::column::{Column, Header, Named, Row};
use super::error::{MappingError, MappingFault, RejectReason, RowReject};
use super::event::MappedEvent;
use super::spec::{EventSpec, Formula, Found, Member, Members, Text, Time, Written};
use super::value::object;
use super::{BoundMapping, Mapping};

impl Mapping {
    /// Finds the mapping's columns in a header.
    ///
    /// # Errors
    /// When one is missing (naming those that there are) or there several times, and when nobody said who publishes.
    pub fn bind(&self, header: &csv::StringRecord) -> Result<BoundMapping, MappingError> {
        let header = Header::new(header);
        let bind = |event: &EventSpec<Named>| {
            let source = event.source.as_ref().or(self.source.as_ref());
            let source = source.ok_or_else(|| MappingError::new(event.line, MappingFault::NoSource))?;
            let unit = event.unit.as_ref().or(self.unit.as_ref());
            event.bind(&header, source, unit)
        };
        let events = self.events.iter().map(bind).collect::<Result<Vec<_>, _>>()?;
        Ok(BoundMapping {
            time_zone: self.time_zone.clone(),
            decimal_separator: self.format.decimal_separator,
            counts_rows: events.iter().any(EventSpec::counts_rows),
            events,
            columns: header.columns,
        })
    }
}

impl BoundMapping {
    /// Whether `nth` is asked for anywhere, so that identical rows have to be counted.
    pub fn counts_rows(&self) -> bool {
        self.counts_rows
    }

    /// The file's columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The events of one row: `line` in the file, `nth` identical one in it, from 1. Never empty: a row that makes no
    /// event is a reject. A reason that holds for several of its events is told once.
    pub fn map_row(&self, line: u64, cells: &csv::StringRecord, nth: u64) -> Vec<Result<MappedEvent, RowReject>> {
        if cells.len() != self.columns.len() {
            let reason = RejectReason::WrongColumns { found: cells.len(), expected: self.columns.len() };
            return vec![Err(RowReject { line, reason })];
        }
        let row = Row { cells, line, nth, decimal_separator: self.decimal_separator };
        let mut results: Vec<Result<MappedEvent, RowReject>> = Vec::with_capacity(self.events.len());
        let mut empty: Vec<Arc<str>> = Vec::new();
        for event in &self.events {
            let result = match event.of(&row, self) {
                Ok(Found::Value(event)) => Ok(event),
                Ok(Found::Empty(column)) => {
                    empty.extend(column.filter(|column| !empty.contains(column)));
                    continue;
                }
                Err(reason) => Err(RowReject { line, reason }),
            };
            if result.is_ok() || !results.contains(&result) {
                results.push(result);
            }
        }
        if results.is_empty() {
            results.push(Err(RowReject { line, reason: RejectReason::NoEvent { empty } }));
        }
        results
    }
}

impl EventSpec<Named> {
    fn bind(
        &self,
        header: &Header,
        source: &Text<Named>,
        unit: Option<&Text<Named>>,
    ) -> Result<EventSpec<Column>, MappingError> {
        Ok(EventSpec {
            line: self.line,
            event_type: self.event_type.clone(),
            id: self.id.bind(header)?,
            subject: self.subject.bind(header)?,
            source: Some(source.bind(header)?),
            unit: unit.map(|unit| unit.bind(header)).transpose()?,
            when: self.when.as_ref().map(|when| when.bind(header)).transpose()?,
            time: self.time.bind(header)?,
            data: bind_members(&self.data, header)?,
        })
    }
}

fn bind_members(members: &Members<Named>, header: &Header) -> Result<Members<Column>, MappingError> {
    members.iter().map(|(name, member)| Ok((name.clone(), member.bind(header)?))).collect()
}

impl Text<Named> {
    fn bind(&self, header: &Header) -> Result<Text<Column>, MappingError> {
        match self {
            Text::Template(template) => template.bind(header).map(Text::Template),
            Text::Formula(formula) => formula.bind(header).map(Text::Formula),
        }
    }
}

impl Formula<Named> {
    fn bind(&self, header: &Header) -> Result<Formula<Column>, MappingError> {
        let columns = self.columns.iter().map(|named| header.find(named)).collect::<Result<_, _>>()?;
        Ok(Formula { key: self.key.clone(), expression: self.expression.clone(), columns })
    }
}

impl Written<Named> {
    fn bind(&self, header: &Header) -> Result<Written<Column>, MappingError> {
        match self {
            Written::Column(named) => header.find(named).map(Written::Column),
            Written::Template(template) => template.bind(header).map(Written::Template),
        }
    }
}

impl Time<Named> {
    fn bind(&self, header: &Header) -> Result<Time<Column>, MappingError> {
        match self {
            Time::Const(micros) => Ok(Time::Const(*micros)),
            Time::Formula(formula) => formula.bind(header).map(Time::Formula),
            Time::Written { key, from, formats, default } => Ok(Time::Written {
                key: key.clone(),
                from: from.bind(header)?,
                formats: formats.clone(),
                default: *default,
            }),
        }
    }
}

impl Member<Named> {
    fn bind(&self, header: &Header) -> Result<Member<Column>, MappingError> {
        Ok(match self {
            Member::Const(value) => Member::Const(value.clone()),
            Member::Text { from, default } => Member::Text { from: from.bind(header)?, default: default.clone() },
            Member::Date { key, from, formats, not_after, default } => Member::Date {
                key: key.clone(),
                from: from.bind(header)?,
                formats: formats.clone(),
                not_after: *not_after,
                default: default.clone(),
            },
            Member::Formula { formula, json_numbers } => {
                Member::Formula { formula: formula.bind(header)?, json_numbers: *json_numbers }
            }
            Member::List(items) => Member::List(items.iter().map(|item| item.bind(header)).collect::<Result<_, _>>()?),
            Member::Object { members, reads } => {
                Member::Object { members: bind_members(members, header)?, reads: *reads }
            }
        })
    }
}

impl EventSpec<Column> {
    /// The event that a row makes; empty when it does not apply, with the column that left that undecided.
    fn of(&self, row: &Row<'_>, mapping: &BoundMapping) -> Result<Found<MappedEvent>, RejectReason> {
        match self.when.as_ref().map_or(Ok(Found::Value(true)), |when| when.holds(row))? {
            Found::Value(true) => {}
            Found::Value(false) => return Ok(Found::Empty(None)),
            Found::Empty(column) => return Ok(Found::Empty(column)),
        }
        let subject = needed("subject", self.subject.of(row, true)?)?;
        let source = match &self.source {
            Some(source) => needed("source", source.of(row, true)?)?,
            None => return Err(RejectReason::Empty { part: "source", column: None }),
        };
        let id = needed("id", self.id.of(row, false)?)?;
        let time = needed("time", self.time.of(row, &mapping.time_zone)?)?;
        let unit = match self.unit.as_ref().map(|unit| unit.of(row, true)).transpose()? {
            Some(Found::Value(unit)) => Some(unit),
            _ => None,
        };
        let data = serde_json::Value::Object(object(&self.data, row, &mapping.time_zone)?.0);
        let event_type = self.event_type.clone();
        Ok(Found::Value(MappedEvent { event_type, id, source, subject, time, unit, data }))
    }

    fn counts_rows(&self) -> bool {
        let texts = [Some(&self.id), Some(&self.subject), self.source.as_ref(), self.unit.as_ref()];
        let in_time = match &self.time {
            Time::Const(_) => false,
            Time::Formula(formula) => formula.counts_rows(),
            Time::Written { from, .. } => from.counts_rows(),
        };
        in_time
            || texts.into_iter().flatten().any(|text| match text {
                Text::Template(template) => template.columns().any(Column::is_nth),
                Text::Formula(formula) => formula.counts_rows(),
            })
            || self.when.as_ref().is_some_and(Formula::counts_rows)
            || self.data.iter().any(|(_, member)| member.counts_rows())
    }
}

fn needed<T>(part: &'static str, found: Found<T>) -> Result<T, RejectReason> {
    match found {
        Found::Value(value) => Ok(value),
        Found::Empty(column) => Err(RejectReason::Empty { part, column }),
    }
}

impl Formula<Column> {
    fn counts_rows(&self) -> bool {
        self.columns.iter().any(Column::is_nth)
    }
}

impl Written<Column> {
    fn counts_rows(&self) -> bool {
        match self {
            Written::Column(column) => column.is_nth(),
            Written::Template(template) => template.columns().any(Column::is_nth),
        }
    }
}

impl Member<Column> {
    fn counts_rows(&self) -> bool {
        match self {
            Member::Const(_) => false,
            Member::Text { from, .. } | Member::Date { from, .. } => from.counts_rows(),
            Member::Formula { formula, .. } => formula.counts_rows(),
            Member::List(items) => items.iter().any(Member::counts_rows),
            Member::Object { members, .. } => members.iter().any(|(_, member)| member.counts_rows()),
        }
    }
}
