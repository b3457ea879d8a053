//! Relations between records, and what is asked for to show them.

use std::sync::LazyLock;

use kulta_events::{CustomerId, RecordId};
use kulta_projections::rows::{RecordRow, RelationRow};
use sqlx::{SqlStr, SqliteConnection};
use uuid::Uuid;

use super::super::views::{NamedCustomer, RecordName};
use super::super::{Error, number, view_rows, view_sql};
use super::generation::Tables;
use super::generation_read::{self as read, id_list};
use super::generation_write::{Bound, Insert};

/// No record ever stops speaking of a relation: what ended was. So rows are only added or changed.
static RELATIONS: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "relation (to_record_id, record_id, relation, valid_from, valid_until)",
        5,
        "ON CONFLICT (to_record_id, record_id, relation) DO UPDATE SET valid_from = excluded.valid_from, \
         valid_until = excluded.valid_until",
    )
});

static RELATED: LazyLock<SqlStr> = LazyLock::new(|| {
    let select = view_sql::records().replace("{g}", "");
    view_sql::text(format!(
        "{select} WHERE record_id IN (SELECT record_id FROM relation \
         WHERE to_record_id IN (SELECT unhex(value) FROM json_each($1)))"
    ))
});

static RECORD_NAMES: LazyLock<SqlStr> = LazyLock::new(|| {
    let select = view_sql::record_names("IN (SELECT unhex(value) FROM json_each($1))");
    view_sql::text(select.replace("{g}", ""))
});

const NAMED: &str =
    "SELECT customer_id, kind, name FROM customer WHERE customer_id IN (SELECT unhex(value) FROM json_each($1))";

/// Writes what records say of relations.
pub(super) async fn write(connection: &mut SqliteConnection, records: &[RecordRow]) -> Result<(), Error> {
    let rows: Vec<_> = records.iter().flat_map(RelationRow::of).collect();
    let bind = |query: Bound, row: &RelationRow| {
        let query = query.bind(row.to.0).bind(row.record.0).bind(row.relation.clone());
        Ok(query.bind(row.valid_from.clone()).bind(row.valid_until.clone()))
    };
    RELATIONS.run(connection, &rows, bind).await
}

pub(super) async fn records(tables: &Tables, ids: &[RecordId]) -> Result<Vec<RecordRow>, Error> {
    read::records(tables, &read::RECORDS, id_list(ids.iter().map(|id| id.0))).await
}

pub(super) async fn related_to(tables: &Tables, ids: &[RecordId]) -> Result<Vec<RecordRow>, Error> {
    read::records(tables, &RELATED, id_list(ids.iter().map(|id| id.0))).await
}

pub(super) async fn members_of(tables: &Tables, ids: &[CustomerId]) -> Result<Vec<RecordRow>, Error> {
    read::records(tables, &read::MEMBERS, id_list(ids.iter().map(|id| id.0))).await
}

pub(super) async fn record_names(tables: &Tables, of: &[CustomerId]) -> Result<Vec<RecordName>, Error> {
    let query = sqlx::query_as(RECORD_NAMES.clone()).bind(id_list(of.iter().map(|id| id.0)));
    view_rows::all(query.fetch_all(&tables.readers).await?, view_rows::record_name)
}

pub(super) async fn named(tables: &Tables, ids: &[CustomerId]) -> Result<Vec<NamedCustomer>, Error> {
    let rows = sqlx::query_as(NAMED).bind(id_list(ids.iter().map(|id| id.0))).fetch_all(&tables.readers).await?;
    Ok(rows.into_iter().map(view_rows::named).collect())
}

pub(super) async fn page(
    tables: &Tables,
    after: Option<&RelationRow>,
    limit: usize,
) -> Result<Vec<RelationRow>, Error> {
    let (to, record) = after.map_or((Uuid::nil(), Uuid::nil()), |row| (row.to.0, row.record.0));
    let relation = after.map_or("", |row| row.relation.as_str()).to_owned();
    let query = sqlx::query_as(tables.texts.relations_page.clone()).bind(to).bind(record);
    let rows = query.bind(relation).bind(number::limit(limit)).fetch_all(&tables.readers).await?;
    Ok(rows.into_iter().map(view_rows::relation).collect())
}
