//! What the log holds of what a group of appends wants to know: all looked up in one call.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use futures::TryStreamExt;
use kulta_events::{Instant, RecordId};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Either, Executor, Row, SqliteConnection};
use uuid::Uuid;

use crate::store::log::NewKey;
use crate::store::number::{retention, unsigned};
use crate::store::plan::{Known, KnownEvent, Wanted};
use crate::store::{CommandResult, Error};

/// The last revision of the stream that is wanted.
macro_rules! last {
    () => {
        "CASE WHEN substr(wanted.value, 1, 7) = 'record-'
    THEN (SELECT revision FROM log WHERE record_id = unhex(substr(wanted.value, 8), '-')
        AND (CASE WHEN substr(stream, 1, 7) = 'record-' THEN revision END) >= 0
        ORDER BY (CASE WHEN substr(stream, 1, 7) = 'record-' THEN revision END) DESC LIMIT 1)
    ELSE (SELECT revision FROM log WHERE stream = wanted.value AND substr(stream, 1, 7) <> 'record-'
        ORDER BY revision DESC LIMIT 1)
    END"
    };
}

/// sqlx takes as long to hand over a statement as SQLite to run it, so all of them are one text. Each list is one JSON
/// array, so that the text is always the same; CROSS JOIN makes SQLite look up each of its members.
pub(super) const KNOWN: &str = concat!(
    "
SELECT 0, head, recorded_at FROM log_state;
SELECT 1, event_key, position, fingerprint, version
FROM json_each(?) AS wanted CROSS JOIN log ON event_key = unhex(wanted.value);
SELECT 2, wanted.key, ",
    last!(),
    "
FROM json_each(?) AS wanted;
SELECT 3, record_id FROM json_each(?) AS wanted CROSS JOIN record ON record_id = unhex(wanted.value);
SELECT 4, record_id, class, wrapped
FROM json_each(?) AS wanted CROSS JOIN record_key ON record_id = unhex(wanted.value);
SELECT 5, command_result.key, request, status, position, sealed_body
FROM json_each(?) AS wanted CROSS JOIN command_result ON command_result.key = unhex(wanted.value);
SELECT 6, name, cursor.value FROM json_each(?) AS wanted CROSS JOIN cursor ON name = wanted.value"
);

/// The last revisions of streams alone, for a group of which all else is remembered.
pub(super) const REVISIONS: &str = concat!(
    "
SELECT wanted.key, ",
    last!(),
    "
FROM json_each($1) AS wanted"
);

/// The last revisions of the streams among these that there are.
pub(super) async fn revisions(
    connection: &mut SqliteConnection,
    asked: &[Arc<str>],
) -> Result<HashMap<Arc<str>, u64>, Error> {
    let mut found = HashMap::new();
    for row in sqlx::query(REVISIONS).bind(json_strings(asked)?).fetch_all(connection).await? {
        learn_revision(&mut found, asked, &row, 0)?;
    }
    Ok(found)
}

fn learn_revision(
    found: &mut HashMap<Arc<str>, u64>,
    asked: &[Arc<str>],
    row: &SqliteRow,
    first: usize,
) -> Result<(), Error> {
    let nth = usize::try_from(row.try_get::<i64, _>(first)?).unwrap_or(usize::MAX);
    if let (Some(stream), Some(last)) = (asked.get(nth), row.try_get(first + 1)?) {
        found.insert(stream.clone(), unsigned(last)?);
    }
    Ok(())
}

/// Looks up what is wanted, of the streams only these.
pub(super) async fn look_up(
    connection: &mut SqliteConnection,
    wanted: &Wanted,
    asked: &[Arc<str>],
) -> Result<Known, Error> {
    let mut arguments = SqliteArguments::default();
    let records = json_array(wanted.records.iter().map(|record| record.0));
    for list in [
        json_array(wanted.events.iter().copied()),
        json_strings(asked)?,
        records.clone(),
        records,
        json_array(wanted.results.iter().copied()),
        json_strings(&wanted.cursors)?,
    ] {
        super::add(&mut arguments, list)?;
    }
    let mut known = Known::default();
    let mut rows = connection.fetch_many(sqlx::query_with(KNOWN, arguments));
    while let Some(item) = rows.try_next().await? {
        if let Either::Right(row) = item {
            learn(&mut known, asked, &row)?;
        }
    }
    Ok(known)
}

fn learn(known: &mut Known, asked: &[Arc<str>], row: &SqliteRow) -> Result<(), Error> {
    match row.try_get::<i64, _>(0)? {
        0 => {
            known.head = position(row, 1)?;
            known.recorded_at = Instant::from_micros(row.try_get(2)?);
        }
        1 => {
            let (fingerprint, version) = (row.try_get(3)?, row.try_get(4)?);
            let stored = KnownEvent { position: position(row, 2)?, fingerprint, version };
            known.events.insert(row.try_get(1)?, stored);
        }
        2 => learn_revision(&mut known.revisions, asked, row, 1)?,
        3 => {
            known.records.insert(RecordId(row.try_get(1)?));
        }
        4 => {
            let key = key(row, 1)?;
            known.keys.insert((key.record, key.class as i16), key.wrapped);
        }
        5 => {
            let result = result(row, 1)?;
            known.results.insert(result.key, result);
        }
        _ => {
            known.cursors.insert(row.try_get(1)?, row.try_get(2)?);
        }
    }
    Ok(())
}

/// The records of table `record_key` from column `first` on.
pub(super) fn key(row: &SqliteRow, first: usize) -> Result<NewKey, Error> {
    let class = retention(row.try_get(first + 1)?)?;
    Ok(NewKey { record: RecordId(row.try_get(first)?), class, wrapped: row.try_get(first + 2)? })
}

/// A kept answer from column `first` on.
pub(super) fn result(row: &SqliteRow, first: usize) -> Result<CommandResult, Error> {
    Ok(CommandResult {
        key: row.try_get(first)?,
        request: row.try_get(first + 1)?,
        status: row.try_get(first + 2)?,
        position: position(row, first + 3)?,
        sealed_body: row.try_get(first + 4)?,
    })
}

fn position(row: &SqliteRow, column: usize) -> Result<u64, Error> {
    unsigned(row.try_get(column)?)
}

/// A JSON array of ids as SQLite's `unhex` reads them.
pub(super) fn json_array(ids: impl Iterator<Item = Uuid>) -> String {
    let mut text = String::with_capacity(2 + ids.size_hint().0 * 35);
    text.push('[');
    for id in ids {
        if text.len() > 1 {
            text.push(',');
        }
        // Writing to a String does not fail.
        let _ = write!(text, "\"{}\"", id.simple());
    }
    text.push(']');
    text
}

/// A JSON array of record, class and wrapped key of each.
pub(super) fn json_keys(keys: &[&NewKey]) -> String {
    let mut text = String::with_capacity(2 + keys.len() * 192);
    for NewKey { record, class, wrapped } in keys {
        let start = if text.is_empty() { '[' } else { ',' };
        // Writing to a String does not fail.
        let _ = write!(text, "{start}[\"{}\",{},\"", record.0.simple(), *class as i16);
        for byte in wrapped {
            let _ = write!(text, "{byte:02x}");
        }
        text.push_str("\"]");
    }
    text.push(']');
    text
}

fn json_strings(texts: &[impl serde::Serialize]) -> Result<String, Error> {
    serde_json::to_string(texts).map_err(|error| Error::Inconsistent(error.to_string()))
}
