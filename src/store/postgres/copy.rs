//! Rows in the binary form of COPY: the cheapest way to hand many of them to PostgreSQL.

use sqlx::PgConnection;
use sqlx::postgres::PgCopyIn;

use super::write::{LOG, RECORD, RECORD_KEY, SEALED};
use crate::store::Error;
use crate::store::number::{signed, small};
use crate::store::plan::{Plan, Row};

/// Sent whenever so much has gathered: the server works on it while we go on encoding.
const CHUNK: usize = 128 << 10;
/// Magic, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// A row of −1 columns.
const END: [u8; 2] = (-1_i16).to_be_bytes();

/// Copies the events of a plan, their parts, records and keys.
pub(super) async fn copy(connection: &mut PgConnection, plan: &Plan<'_>) -> Result<(), Error> {
    let recorded_at = plan.recorded_at.micros();
    copy_rows(connection, "log", &LOG, plan.rows.iter(), |out, row| event(out, row, recorded_at)).await?;
    let parts = plan.parts();
    copy_rows(connection, "sealed", &SEALED, parts, |out, (position, class, blob)| {
        out.bigint(signed(position));
        out.smallint(class as i16);
        out.bytes(blob);
    })
    .await?;
    copy_rows(connection, "record", &RECORD, plan.records.iter(), |out, (record, first)| {
        out.bigint(signed(*first));
        out.bytes(record.record.0.as_bytes());
        out.bytes(record.source.as_bytes());
        out.bytes(&record.sealed_subject);
    })
    .await?;
    copy_rows(connection, "record_key", &RECORD_KEY, plan.keys.iter(), |out, key| {
        out.bytes(key.record.0.as_bytes());
        out.smallint(key.class as i16);
        out.bytes(&key.wrapped);
    })
    .await
}

fn event(out: &mut Buffer, row: &Row<'_>, recorded_at: i64) {
    let event = row.event;
    out.bigint(signed(row.position));
    out.bigint(signed(row.revision));
    out.bigint(event.time.micros());
    out.bigint(recorded_at);
    out.bigint(event.actor);
    out.bytes(event.key.as_bytes());
    out.bytes(event.fingerprint.as_bytes());
    out.optional(event.record.as_ref().map(|record| record.0.as_bytes().as_slice()));
    out.smallint(event.version);
    out.smallint(small(event.parts.len()));
    out.smallint(event.unknown);
    out.bytes(event.stream.as_bytes());
    out.bytes(event.type_name.as_bytes());
    out.bytes(event.source.as_bytes());
    out.optional(event.unit.as_deref().map(str::as_bytes));
    out.bytes(&event.sealed_id);
    out.bytes(event.facts.as_bytes());
}

async fn copy_rows<R>(
    connection: &mut PgConnection,
    table: &str,
    columns: &[&str],
    rows: impl Iterator<Item = R>,
    encode: impl Fn(&mut Buffer, R),
) -> Result<(), Error> {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    let count = i16::try_from(columns.len()).unwrap_or(i16::MAX).to_be_bytes();
    let columns = columns.join(", ").replace("::json", "");
    let mut copy = connection.copy_in_raw(&format!("COPY {table} ({columns}) FROM STDIN (FORMAT binary)")).await?;
    let mut buffer = Buffer(HEADER.to_vec());
    for row in rows {
        buffer.0.extend(count);
        encode(&mut buffer, row);
        if buffer.0.len() >= CHUNK {
            send(&mut copy, &mut buffer).await?;
        }
    }
    buffer.0.extend(END);
    send(&mut copy, &mut buffer).await?;
    copy.finish().await?;
    Ok(())
}

async fn send(copy: &mut PgCopyIn<&mut PgConnection>, buffer: &mut Buffer) -> Result<(), Error> {
    copy.send(buffer.0.as_slice()).await?;
    buffer.0.clear();
    Ok(())
}

/// Columns: length and bytes, numbers big end first.
struct Buffer(Vec<u8>);

impl Buffer {
    fn bytes(&mut self, bytes: &[u8]) {
        // Beyond 1 GiB PostgreSQL refuses a value anyway.
        self.0.extend(i32::try_from(bytes.len()).unwrap_or(i32::MAX).to_be_bytes());
        self.0.extend_from_slice(bytes);
    }

    fn optional(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => self.bytes(bytes),
            None => self.0.extend((-1_i32).to_be_bytes()),
        }
    }

    fn bigint(&mut self, number: i64) {
        self.bytes(&number.to_be_bytes());
    }

    fn smallint(&mut self, number: i16) {
        self.bytes(&number.to_be_bytes());
    }
}
