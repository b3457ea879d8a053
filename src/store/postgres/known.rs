//! What the log holds of what a group of appends wants to know: one statement, one row of arrays.

use std::collections::HashMap;
use std::sync::Arc;

use kulta_events::{Instant, RecordId};
use sqlx::postgres::PgRow;
use sqlx::{Decode, PgConnection, Postgres, Row, Type};
use uuid::Uuid;

use crate::store::log::NewKey;
use crate::store::number::{retention, unsigned};
use crate::store::plan::{Known, KnownEvent, Wanted};
use crate::store::{CommandResult, Error};

/// The last revisions of streams that are named by one list or, where they are those of records, by the other.
macro_rules! revisions {
    ($names:literal, $records:literal) => {
        concat!(
            "SELECT array_agg(number) AS numbers, array_agg(revision) AS revisions
    FROM (
        SELECT wanted.number, CASE WHEN wanted.record_id IS NULL
            THEN (SELECT revision FROM log WHERE stream = wanted.stream AND NOT starts_with(stream, 'record-')
                ORDER BY revision DESC LIMIT 1)
            ELSE (SELECT revision FROM log WHERE record_id = wanted.record_id
                AND (CASE WHEN starts_with(stream, 'record-') THEN revision END) >= 0
                ORDER BY (CASE WHEN starts_with(stream, 'record-') THEN revision END) DESC LIMIT 1)
            END AS revision
        FROM unnest(",
            $names,
            "::text[], ",
            $records,
            "::uuid[]) WITH ORDINALITY AS wanted (stream, record_id, number)
    ) AS stream
    WHERE revision IS NOT NULL"
        )
    };
}

pub(super) const KNOWN: &str = concat!(
    "
SELECT state.head, state.recorded_at, state.commits,
    events.keys, events.positions, events.fingerprints, streams.numbers, streams.revisions, people.ids,
    keys.ids, keys.classes, keys.wrapped, results.keys, results.requests, results.statuses, results.positions,
    results.bodies, events.versions, cursors.names, cursors.places
FROM log_state AS state
CROSS JOIN LATERAL (
    SELECT array_agg(event_key) AS keys, array_agg(position) AS positions, array_agg(fingerprint) AS fingerprints,
        array_agg(version) AS versions
    FROM log WHERE event_key = ANY($1)
) AS events
CROSS JOIN LATERAL (
    ",
    revisions!("$2", "$6"),
    "
) AS streams
CROSS JOIN LATERAL (SELECT array_agg(record_id) AS ids FROM record WHERE record_id = ANY($3)) AS people
CROSS JOIN LATERAL (
    SELECT array_agg(record_id) AS ids, array_agg(class) AS classes, array_agg(wrapped) AS wrapped
    FROM record_key WHERE record_id = ANY($3)
) AS keys
CROSS JOIN LATERAL (
    SELECT array_agg(key) AS keys, array_agg(request) AS requests, array_agg(status) AS statuses,
        array_agg(position) AS positions, array_agg(sealed_body) AS bodies
    FROM command_result WHERE key = ANY($4)
) AS results
CROSS JOIN LATERAL (
    SELECT array_agg(name) AS names, array_agg(value) AS places FROM cursor WHERE name = ANY($5)
) AS cursors"
);

/// The last revisions of streams alone, for a group of which all else is remembered.
pub(super) const REVISIONS: &str = concat!(
    "
SELECT state.commits, streams.numbers, streams.revisions
FROM log_state AS state
CROSS JOIN LATERAL (
    ",
    revisions!("$1", "$2"),
    "
) AS streams"
);

/// The last revisions of the streams among these that there are; besides, the number of commits that the answer is of.
pub(super) async fn revisions(
    connection: &mut PgConnection,
    asked: &[Arc<str>],
) -> Result<(HashMap<Arc<str>, u64>, i64), Error> {
    let (names, own) = named(asked);
    let row = sqlx::query(REVISIONS).bind(names).bind(own).fetch_one(connection).await?;
    let mut found = HashMap::new();
    learn_revisions(&mut found, asked, &row, 1)?;
    Ok((found, row.try_get(0)?))
}

/// Streams as the log finds them: by their names, or by the records whose they are.
fn named(streams: &[Arc<str>]) -> (Vec<Option<&str>>, Vec<Option<Uuid>>) {
    let own = streams.iter().map(|stream| RecordId::of_stream(stream).map(|record| record.0));
    streams.iter().zip(own).map(|(stream, own)| (own.is_none().then_some(&**stream), own)).unzip()
}

fn learn_revisions(
    found: &mut HashMap<Arc<str>, u64>,
    asked: &[Arc<str>],
    row: &PgRow,
    first: usize,
) -> Result<(), Error> {
    for (number, revision) in list::<i64>(row, first)?.into_iter().zip(list::<i64>(row, first + 1)?) {
        let nth = usize::try_from(number - 1).unwrap_or(usize::MAX);
        if let Some(stream) = asked.get(nth) {
            found.insert(stream.clone(), unsigned(revision)?);
        }
    }
    Ok(())
}

/// Looks up what is wanted, of the streams only these; besides, the number of commits that the answer is of.
pub(super) async fn look_up(
    connection: &mut PgConnection,
    wanted: &Wanted,
    asked: &[Arc<str>],
) -> Result<(Known, i64), Error> {
    let (names, own) = named(asked);
    let records: Vec<Uuid> = wanted.records.iter().map(|record| record.0).collect();
    let row = sqlx::query(KNOWN)
        .bind(&wanted.events)
        .bind(names)
        .bind(records)
        .bind(&wanted.results)
        .bind(&wanted.cursors)
        .bind(own)
        .fetch_one(connection)
        .await?;
    Ok((learn(&row, asked)?, row.try_get(2)?))
}

fn learn(row: &PgRow, asked: &[Arc<str>]) -> Result<Known, Error> {
    let mut known = Known {
        head: unsigned(row.try_get(0)?)?,
        recorded_at: Instant::from_micros(row.try_get(1)?),
        ..Known::default()
    };
    let (keys, positions, fingerprints) = (list::<Uuid>(row, 3)?, list::<i64>(row, 4)?, list::<Uuid>(row, 5)?);
    let versions = list::<i16>(row, 17)?;
    for (((key, position), fingerprint), version) in keys.into_iter().zip(positions).zip(fingerprints).zip(versions) {
        known.events.insert(key, KnownEvent { position: unsigned(position)?, fingerprint, version });
    }
    learn_revisions(&mut known.revisions, asked, row, 6)?;
    known.records.extend(list::<Uuid>(row, 8)?.into_iter().map(RecordId));
    let keys = list::<Uuid>(row, 9)?.into_iter().zip(list::<i16>(row, 10)?).zip(list::<Vec<u8>>(row, 11)?);
    known.keys.extend(keys.map(|((record, class), wrapped)| ((RecordId(record), class), wrapped)));
    let (keys, requests) = (list::<Uuid>(row, 12)?, list::<Uuid>(row, 13)?);
    let answers = list::<i16>(row, 14)?.into_iter().zip(list::<i64>(row, 15)?).zip(list::<Vec<u8>>(row, 16)?);
    for ((key, request), ((status, position), sealed_body)) in keys.into_iter().zip(requests).zip(answers) {
        let position = unsigned(position)?;
        known.results.insert(key, CommandResult { key, request, status, position, sealed_body });
    }
    known.cursors.extend(list::<String>(row, 18)?.into_iter().zip(list::<String>(row, 19)?));
    Ok(known)
}

/// An array; of nothing, PostgreSQL makes NULL.
fn list<'r, T>(row: &'r PgRow, column: usize) -> Result<Vec<T>, Error>
where
    Vec<T>: Decode<'r, Postgres> + Type<Postgres>,
{
    Ok(row.try_get::<Option<Vec<T>>, _>(column)?.unwrap_or_default())
}

/// A row of table `record_key`.
pub(super) fn key(row: &PgRow) -> Result<NewKey, Error> {
    let class = retention(row.try_get(1)?)?;
    Ok(NewKey { record: RecordId(row.try_get(0)?), class, wrapped: row.try_get(2)? })
}

/// A kept answer.
pub(super) fn result(row: &PgRow) -> Result<CommandResult, Error> {
    Ok(CommandResult {
        key: row.try_get(0)?,
        request: row.try_get(1)?,
        status: row.try_get(2)?,
        position: unsigned(row.try_get(3)?)?,
        sealed_body: row.try_get(4)?,
    })
}
