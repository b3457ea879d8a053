//! Reading pages of the log.
//!
//! SQLite packs a whole page of events into one value: sqlx copies every column of every row and sends each row from
//! its thread to ours, which costs four times as much as reading it.

use std::collections::BTreeMap;

use kulta_events::{Instant, RecordId};
use sqlx::Row;
use sqlx::sqlite::{SqliteArguments, SqlitePool};

use super::known::{self, json_array, key};
use super::{add, unpack};
use crate::store::number::{limit, signed, unsigned};
use crate::store::{Direction, Error, NewKey, Page, Select, StoredEvent, StoredRecord, TimelinePage, sql};

pub(super) const RECORDS: &str = "
SELECT record_id, source, sealed_subject, first_position
FROM json_each($1) AS wanted CROSS JOIN record ON record_id = unhex(wanted.value) ORDER BY first_position, record_id";

pub(super) const KEYS: &str = "
SELECT record.record_id, class, wrapped
FROM json_each($1) AS wanted CROSS JOIN record ON record.record_id = unhex(wanted.value)
LEFT JOIN record_key ON record_key.record_id = record.record_id ORDER BY record.record_id, class";

/// One page of the log.
pub(super) async fn page(readers: &SqlitePool, page: &Page) -> Result<Vec<StoredEvent>, Error> {
    let (lowest, highest) = page.bounds();
    let mut arguments = SqliteArguments::default();
    let texts = match (&page.select, page.parts) {
        (Select::All, true) => &unpack::with_parts::ALL,
        (Select::All, false) => &unpack::without_parts::ALL,
        (Select::Stream(stream), parts) => match (RecordId::of_stream(stream), parts) {
            (Some(record), parts) => {
                add(&mut arguments, record.0)?;
                if parts { &unpack::with_parts::RECORD_STREAM } else { &unpack::without_parts::RECORD_STREAM }
            }
            (None, parts) => {
                add(&mut arguments, stream.as_str())?;
                if parts { &unpack::with_parts::STREAM } else { &unpack::without_parts::STREAM }
            }
        },
        (Select::Category(category), parts) if category == "record" => {
            if parts {
                &unpack::with_parts::RECORD_CATEGORY
            } else {
                &unpack::without_parts::RECORD_CATEGORY
            }
        }
        (Select::Category(category), parts) => {
            add(&mut arguments, category.as_str())?;
            if parts { &unpack::with_parts::CATEGORY } else { &unpack::without_parts::CATEGORY }
        }
        (Select::Type(name), parts) => {
            add(&mut arguments, name.as_str())?;
            if parts { &unpack::with_parts::TYPE } else { &unpack::without_parts::TYPE }
        }
        (Select::Records { ids, type_prefix }, parts) => {
            add(&mut arguments, json_array(ids.iter().map(|id| id.0)))?;
            add(&mut arguments, type_prefix.as_deref().unwrap_or_default())?;
            if parts { &unpack::with_parts::RECORDS } else { &unpack::without_parts::RECORDS }
        }
        (Select::Shares { shares, beside }, parts) => {
            add(&mut arguments, i64::from(shares.mask()))?;
            add(&mut arguments, *beside)?;
            if parts { &unpack::with_parts::SHARES } else { &unpack::without_parts::SHARES }
        }
    };
    add(&mut arguments, signed(lowest))?;
    add(&mut arguments, signed(highest))?;
    add(&mut arguments, limit(page.limit))?;
    let text = texts[usize::from(page.direction == Direction::Backwards)];
    fetch(readers, text, arguments).await
}

/// One page of a timeline.
pub(super) async fn timeline(readers: &SqlitePool, page: &TimelinePage) -> Result<Vec<StoredEvent>, Error> {
    let mut arguments = SqliteArguments::default();
    add(&mut arguments, json_array(page.records.iter().map(|id| id.0)))?;
    add(&mut arguments, page.before.map_or(i64::MAX, Instant::micros))?;
    add(&mut arguments, signed(page.until.unwrap_or(u64::MAX)))?;
    add(&mut arguments, limit(page.limit))?;
    fetch(readers, unpack::with_parts::TIMELINE, arguments).await
}

async fn fetch(
    readers: &SqlitePool,
    text: &'static str,
    arguments: SqliteArguments,
) -> Result<Vec<StoredEvent>, Error> {
    let row = sqlx::query_with(text, arguments).fetch_one(readers).await?;
    match row.try_get::<Option<&[u8]>, _>(0)? {
        Some(packed) => unpack::events(packed),
        None => Ok(Vec::new()),
    }
}

/// The last revision of a stream.
pub(super) async fn revision(readers: &SqlitePool, stream: &str) -> Result<Option<u64>, Error> {
    let mut connection = readers.acquire().await?;
    Ok(known::revisions(&mut connection, &[stream.into()]).await?.remove(stream))
}

/// The last position recorded at or before a moment.
pub(super) async fn position_at(readers: &SqlitePool, at: Instant) -> Result<u64, Error> {
    unsigned(sqlx::query_scalar(sql::POSITION_AT).bind(at.micros()).fetch_one(readers).await?)
}

/// The records that the log knows.
pub(super) async fn records(readers: &SqlitePool, ids: &[RecordId]) -> Result<Vec<StoredRecord>, Error> {
    let rows = sqlx::query(RECORDS).bind(json_array(ids.iter().map(|id| id.0))).fetch_all(readers).await?;
    let record = |row: &sqlx::sqlite::SqliteRow| {
        Ok(StoredRecord {
            record: RecordId(row.try_get(0)?),
            source: row.try_get(1)?,
            sealed_subject: row.try_get(2)?,
            first_position: unsigned(row.try_get(3)?)?,
        })
    };
    rows.iter().map(record).collect()
}

/// The data keys of those of these records that exist.
pub(super) async fn keys(readers: &SqlitePool, ids: &[RecordId]) -> Result<BTreeMap<RecordId, Vec<NewKey>>, Error> {
    let rows = sqlx::query(KEYS).bind(json_array(ids.iter().map(|id| id.0))).fetch_all(readers).await?;
    let mut keys = BTreeMap::<RecordId, Vec<NewKey>>::new();
    for row in &rows {
        let of = keys.entry(RecordId(row.try_get(0)?)).or_default();
        if row.try_get::<Option<i64>, _>(1)?.is_some() {
            of.push(key(row, 0)?);
        }
    }
    Ok(keys)
}
