//! Relations between records, and what is asked for to show them.

use kulta_events::{CustomerId, RecordId};
use kulta_projections::rows::{RecordRow, RelationRow};
use sqlx::{PgConnection, SqlStr};
use uuid::Uuid;

use super::super::views::{NamedCustomer, RecordName};
use super::super::{Error, number, view_rows, view_sql};
use super::generation::Tables;
use super::generation_schema::named as text_of;

/// Rows per statement.
const ROWS: usize = 4_000;

/// The statements of one generation.
#[derive(Debug)]
pub(super) struct Relations {
    write: SqlStr,
    records: SqlStr,
    related: SqlStr,
    members: SqlStr,
    names: SqlStr,
    named: SqlStr,
}

/// No record ever stops speaking of a relation: what ended was. So rows are only added or changed.
const WRITE: &str = "
INSERT INTO {g}relation (to_record_id, record_id, relation, valid_from, valid_until)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[])";
/// See [`WRITE`].
pub(super) const REPLACE: &str = "
ON CONFLICT (to_record_id, record_id, relation) DO UPDATE SET valid_from = excluded.valid_from,
    valid_until = excluded.valid_until";

impl Relations {
    pub(super) fn new(generation: i64) -> Self {
        let text = |sql: String| view_sql::text(text_of(&sql, generation));
        let records = view_sql::records();
        Self {
            write: text(format!("{WRITE}{REPLACE}")),
            records: text(format!("{records} WHERE record_id = ANY ($1)")),
            related: text(format!(
                "{records} WHERE record_id IN (SELECT record_id FROM {{g}}relation WHERE to_record_id = ANY ($1))"
            )),
            members: text(format!("{records} WHERE customer_id = ANY ($1)")),
            names: text(view_sql::record_names("= ANY ($1)")),
            named: text("SELECT customer_id, kind, name FROM {g}customer WHERE customer_id = ANY ($1)".to_owned()),
        }
    }
}

/// Writes what records say of relations; nothing is sent when they say nothing.
pub(super) async fn write(
    connection: &mut PgConnection,
    texts: &Relations,
    records: &[RecordRow],
) -> Result<(), Error> {
    write_by(connection, &texts.write, records).await
}

/// The same by another statement.
pub(super) async fn write_by(connection: &mut PgConnection, sql: &SqlStr, records: &[RecordRow]) -> Result<(), Error> {
    let rows: Vec<_> = records.iter().flat_map(RelationRow::of).collect();
    for some in rows.chunks(ROWS) {
        sqlx::query(sql.clone())
            .bind(some.iter().map(|row| row.to.0).collect::<Vec<_>>())
            .bind(some.iter().map(|row| row.record.0).collect::<Vec<_>>())
            .bind(some.iter().map(|row| row.relation.as_str()).collect::<Vec<_>>())
            .bind(some.iter().map(|row| row.valid_from.as_deref()).collect::<Vec<_>>())
            .bind(some.iter().map(|row| row.valid_until.as_deref()).collect::<Vec<_>>())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn records_by(tables: &Tables, sql: &SqlStr, ids: Vec<Uuid>) -> Result<Vec<RecordRow>, Error> {
    let query = sqlx::query_as(sql.clone()).bind(ids);
    let rows = query.fetch_all(&tables.readers).await.map_err(|error| tables.failed(error))?;
    view_rows::all(rows, view_rows::record)
}

pub(super) async fn records(tables: &Tables, ids: &[RecordId]) -> Result<Vec<RecordRow>, Error> {
    records_by(tables, &tables.relations.records, ids.iter().map(|id| id.0).collect()).await
}

pub(super) async fn related_to(tables: &Tables, ids: &[RecordId]) -> Result<Vec<RecordRow>, Error> {
    records_by(tables, &tables.relations.related, ids.iter().map(|id| id.0).collect()).await
}

pub(super) async fn members_of(tables: &Tables, ids: &[CustomerId]) -> Result<Vec<RecordRow>, Error> {
    records_by(tables, &tables.relations.members, ids.iter().map(|id| id.0).collect()).await
}

pub(super) async fn record_names(tables: &Tables, of: &[CustomerId]) -> Result<Vec<RecordName>, Error> {
    let ids: Vec<Uuid> = of.iter().map(|id| id.0).collect();
    let query = sqlx::query_as(tables.relations.names.clone()).bind(ids);
    let rows = query.fetch_all(&tables.readers).await.map_err(|error| tables.failed(error))?;
    view_rows::all(rows, view_rows::record_name)
}

pub(super) async fn named(tables: &Tables, ids: &[CustomerId]) -> Result<Vec<NamedCustomer>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let query = sqlx::query_as(tables.relations.named.clone()).bind(ids);
    let rows = query.fetch_all(&tables.readers).await.map_err(|error| tables.failed(error))?;
    Ok(rows.into_iter().map(view_rows::named).collect())
}

pub(super) async fn page(
    tables: &Tables,
    after: Option<&RelationRow>,
    limit: usize,
) -> Result<Vec<RelationRow>, Error> {
    let (to, record) = after.map_or((Uuid::nil(), Uuid::nil()), |row| (row.to.0, row.record.0));
    let relation = after.map_or("", |row| row.relation.as_str());
    let query = sqlx::query_as(tables.texts.relations_page.clone()).bind(to).bind(record);
    let query = query.bind(relation).bind(number::limit(limit));
    let rows = query.fetch_all(&tables.readers).await.map_err(|error| tables.failed(error))?;
    Ok(rows.into_iter().map(view_rows::relation).collect())
}
