//! Reading pages of the log.

use std::collections::BTreeMap;

use kulta_events::field::Retention;
use kulta_events::{Instant, RecordId};
use sqlx::postgres::{PgArguments, PgPool, PgRow};
use sqlx::{Arguments, Encode, PgConnection, Postgres, Row, Type};
use uuid::Uuid;

use super::known;
use crate::store::number::{limit, retention, signed, unsigned};
use crate::store::{Direction, Error, NewKey, Page, Select, StoredEvent, StoredRecord, TimelinePage, sql};

/// The texts, with the columns that [`event`] reads.
pub(super) mod text {
    use crate::store::sql::{selections, timeline};

    macro_rules! columns {
        ($stamp:ident, $($rest:tt)+) => {
            $stamp!(
                (
                    "SELECT position, stream, revision, event_key, fingerprint, type, version, source, record_id, ",
                    "time, recorded_at, actor, unit, facts, sealed_id, part_count, unknown"
                ),
                "",
                $($rest)+
            );
        };
    }

    // Ranges are compared as rows: else the planner walks the log for a rare category or type.
    columns!(
        selections,
        "split_part(stream, '-', 1)",
        "(split_part(stream, '-', 1), position) >= ($1, $2) AND (split_part(stream, '-', 1), position) <= ($1, $3)",
        "(type, position) >= ($1, $2) AND (type, position) <= ($1, $3)",
        "record_id = ANY($1)",
        // The upper five bits of the first byte.
        "(get_byte(uuid_send(record_id), 0) >> 3)",
        "(CASE WHEN starts_with(stream, 'record-') THEN revision END)",
        "NOT starts_with(stream, 'record-')"
    );
    columns!(timeline, "record_id = ANY($1)");
}

/// Parts of consecutive events.
pub(super) const PARTS_BETWEEN: &str =
    "SELECT position, class, blob FROM sealed WHERE position >= $1 AND position <= $2 ORDER BY position, class";
/// Parts of scattered events.
pub(super) const PARTS: &str =
    "SELECT position, class, blob FROM sealed WHERE position = ANY($1) ORDER BY position, class";
pub(super) const RECORDS: &str = "
SELECT record_id, source, sealed_subject, first_position
FROM record WHERE record_id = ANY($1) ORDER BY first_position, record_id";
pub(super) const KEYS: &str = "
SELECT record_id, class, wrapped FROM record LEFT JOIN record_key USING (record_id)
WHERE record_id = ANY($1) ORDER BY record_id, class";

/// One page of the log.
pub(super) async fn page(readers: &PgPool, page: &Page) -> Result<Vec<StoredEvent>, Error> {
    let (lowest, highest) = page.bounds();
    let mut arguments = PgArguments::default();
    let texts = match &page.select {
        Select::All => &text::ALL,
        Select::Stream(stream) => match RecordId::of_stream(stream) {
            Some(record) => {
                add(&mut arguments, record.0)?;
                &text::RECORD_STREAM
            }
            None => {
                add(&mut arguments, stream.as_str())?;
                &text::STREAM
            }
        },
        Select::Category(category) if category == "record" => &text::RECORD_CATEGORY,
        Select::Category(category) => {
            add(&mut arguments, category.as_str())?;
            &text::CATEGORY
        }
        Select::Type(name) => {
            add(&mut arguments, name.as_str())?;
            &text::TYPE
        }
        Select::Records { ids, type_prefix } => {
            add(&mut arguments, uuids(ids))?;
            add(&mut arguments, type_prefix.as_deref().unwrap_or_default())?;
            &text::RECORDS
        }
        Select::Shares { shares, beside } => {
            add(&mut arguments, i64::from(shares.mask()))?;
            add(&mut arguments, *beside)?;
            &text::SHARES
        }
    };
    add(&mut arguments, signed(lowest))?;
    add(&mut arguments, signed(highest))?;
    add(&mut arguments, limit(page.limit))?;
    let text = texts[usize::from(page.direction == Direction::Backwards)];
    let mut connection = readers.acquire().await?;
    let mut events = fetch(&mut connection, text, arguments).await?;
    if page.parts {
        add_parts(&mut connection, &mut events).await?;
    }
    Ok(events)
}

/// One page of a timeline.
pub(super) async fn timeline(readers: &PgPool, page: &TimelinePage) -> Result<Vec<StoredEvent>, Error> {
    let mut arguments = PgArguments::default();
    add(&mut arguments, uuids(&page.records))?;
    add(&mut arguments, page.before.map_or(i64::MAX, Instant::micros))?;
    add(&mut arguments, signed(page.until.unwrap_or(u64::MAX)))?;
    add(&mut arguments, limit(page.limit))?;
    let mut connection = readers.acquire().await?;
    let mut events = fetch(&mut connection, text::TIMELINE, arguments).await?;
    add_parts(&mut connection, &mut events).await?;
    Ok(events)
}

async fn fetch(
    connection: &mut PgConnection,
    text: &'static str,
    arguments: PgArguments,
) -> Result<Vec<StoredEvent>, Error> {
    let rows = sqlx::query_with(text, arguments).fetch_all(connection).await?;
    rows.iter().map(event).collect()
}

fn event(row: &PgRow) -> Result<StoredEvent, Error> {
    Ok(StoredEvent {
        position: unsigned(row.try_get(0)?)?,
        stream: row.try_get(1)?,
        revision: unsigned(row.try_get(2)?)?,
        key: row.try_get(3)?,
        fingerprint: row.try_get(4)?,
        type_name: row.try_get(5)?,
        version: row.try_get(6)?,
        source: row.try_get(7)?,
        record: row.try_get::<Option<Uuid>, _>(8)?.map(RecordId),
        time: Instant::from_micros(row.try_get(9)?),
        recorded_at: Instant::from_micros(row.try_get(10)?),
        actor: row.try_get(11)?,
        unit: row.try_get(12)?,
        // JSON travels as its text.
        facts: row.try_get_unchecked(13)?,
        sealed_id: row.try_get(14)?,
        parts: Vec::new(),
        part_count: row.try_get(15)?,
        unknown: row.try_get(16)?,
    })
}

/// Brings the personal parts of these events. A part erased between the two reads is one erased before.
async fn add_parts(connection: &mut PgConnection, events: &mut [StoredEvent]) -> Result<(), Error> {
    let mut wanted: Vec<i64> =
        events.iter().filter(|event| event.part_count > 0).map(|event| signed(event.position)).collect();
    wanted.sort_unstable();
    let (Some(first), Some(last)) = (wanted.first().copied(), wanted.last().copied()) else { return Ok(()) };
    let consecutive = last - first < limit(events.len());
    let rows = if consecutive {
        sqlx::query(PARTS_BETWEEN).bind(first).bind(last).fetch_all(connection).await?
    } else {
        sqlx::query(PARTS).bind(wanted).fetch_all(connection).await?
    };
    let mut parts = std::collections::HashMap::<u64, Vec<(Retention, Vec<u8>)>>::with_capacity(rows.len());
    for row in &rows {
        let part = (retention(row.try_get(1)?)?, row.try_get(2)?);
        parts.entry(unsigned(row.try_get(0)?)?).or_default().push(part);
    }
    for event in events.iter_mut().filter(|event| event.part_count > 0) {
        event.parts = parts.remove(&event.position).unwrap_or_default();
    }
    Ok(())
}

/// The last revision of a stream.
pub(super) async fn revision(readers: &PgPool, stream: &str) -> Result<Option<u64>, Error> {
    let mut connection = readers.acquire().await?;
    let (mut revisions, _) = known::revisions(&mut connection, &[stream.into()]).await?;
    Ok(revisions.remove(stream))
}

/// The last position recorded at or before a moment.
pub(super) async fn position_at(readers: &PgPool, at: Instant) -> Result<u64, Error> {
    unsigned(sqlx::query_scalar(sql::POSITION_AT).bind(at.micros()).fetch_one(readers).await?)
}

/// The records that the log knows.
pub(super) async fn records(readers: &PgPool, ids: &[RecordId]) -> Result<Vec<StoredRecord>, Error> {
    let rows = sqlx::query(RECORDS).bind(uuids(ids)).fetch_all(readers).await?;
    let record = |row: &PgRow| {
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
pub(super) async fn keys(readers: &PgPool, ids: &[RecordId]) -> Result<BTreeMap<RecordId, Vec<NewKey>>, Error> {
    let rows = sqlx::query(KEYS).bind(uuids(ids)).fetch_all(readers).await?;
    let mut keys = BTreeMap::<RecordId, Vec<NewKey>>::new();
    for row in &rows {
        let of = keys.entry(RecordId(row.try_get(0)?)).or_default();
        if row.try_get::<Option<i16>, _>(1)?.is_some() {
            of.push(known::key(row)?);
        }
    }
    Ok(keys)
}

fn uuids(ids: &[RecordId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}

/// Adds a parameter.
fn add<'q, T: Encode<'q, Postgres> + Type<Postgres>>(arguments: &mut PgArguments, value: T) -> Result<(), Error> {
    arguments.add(value).map_err(|error| sqlx::Error::Encode(error).into())
}
