//! Filling tables by COPY in its binary form, which spares the server parsing and planning.

use kulta_projections::rows::{CustomerRow, RecordRow};
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::Error;
use super::super::view_rows::{signed, to_text};

/// Signature, flags, length of the header's extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// In the place of a row's number of columns: there are no more rows.
const END: i16 = -1;
/// Bytes that are sent at once.
const PIECE: usize = 512 * 1024;

/// Rows as COPY reads them.
struct Rows(Vec<u8>);

impl Rows {
    fn begin(&mut self, columns: i16) {
        self.0.extend_from_slice(&columns.to_be_bytes());
    }

    fn value(&mut self, bytes: &[u8]) -> Result<(), Error> {
        // The server's own limit on a value is half of that.
        let length =
            i32::try_from(bytes.len()).map_err(|_| Error::Inconsistent("a value is longer than 2 GiB".to_owned()))?;
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn id(&mut self, id: Uuid) -> Result<(), Error> {
        self.value(id.as_bytes())
    }

    fn number(&mut self, number: i64) -> Result<(), Error> {
        self.value(&number.to_be_bytes())
    }

    fn text(&mut self, text: Option<&str>) -> Result<(), Error> {
        match text {
            Some(text) => self.value(text.as_bytes()),
            None => {
                self.0.extend_from_slice(&(-1_i32).to_be_bytes());
                Ok(())
            }
        }
    }
}

/// Copies rows by a COPY … FROM STDIN (FORMAT binary).
async fn copy<T>(
    connection: &mut PgConnection,
    sql: &str,
    rows: &[T],
    write: impl Fn(&mut Rows, &T) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut copy = connection.copy_in_raw(sql).await?;
    let mut buffer = Rows(HEADER.to_vec());
    for row in rows {
        write(&mut buffer, row)?;
        if buffer.0.len() >= PIECE {
            copy.send(buffer.0.as_slice()).await?;
            buffer.0.clear();
        }
    }
    buffer.begin(END);
    copy.send(buffer.0).await?;
    copy.finish().await?;
    Ok(())
}

/// `sql` names the columns record, customer, first position, shaped at, source, subject, state.
pub(super) async fn records(connection: &mut PgConnection, sql: &str, rows: &[RecordRow]) -> Result<(), Error> {
    copy(connection, sql, rows, |out, row| {
        out.begin(7);
        out.id(row.record.0)?;
        out.id(row.customer.0)?;
        out.number(signed(row.first_position)?)?;
        out.number(signed(row.shaped_at)?)?;
        out.text(Some(&row.source))?;
        out.text(row.subject.as_deref())?;
        out.text(Some(&to_text(&row.state)?))
    })
    .await
}

/// `sql` names the columns customer, position, records, kind, name, golden record.
pub(super) async fn customers(connection: &mut PgConnection, sql: &str, rows: &[CustomerRow]) -> Result<(), Error> {
    copy(connection, sql, rows, |out, row| {
        out.begin(6);
        out.id(row.customer.0)?;
        out.number(signed(row.position)?)?;
        out.number(i64::from(row.records))?;
        out.text(row.kind.as_deref())?;
        out.text(row.name.as_deref())?;
        out.text(Some(&to_text(&row.golden)?))
    })
    .await
}
