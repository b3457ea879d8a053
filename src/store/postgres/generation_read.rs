//! Looking up many rows at once: the ids go over as one array.

use std::collections::HashSet;

use kulta_events::RecordId;
use kulta_projections::batch::{Answer, Needs};
use kulta_projections::crosswalk::Decision;
use kulta_projections::rows::RecordRow;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgPool, SqlStr};
use uuid::Uuid;

use super::super::{Error, number, view_rows, view_sql};
use super::generation::Tables;
use super::generation_schema::{SIDES, named};

/// The statements of one generation.
#[derive(Debug)]
pub(super) struct LookUps {
    exist: SqlStr,
    records: SqlStr,
    members: SqlStr,
    decisions: SqlStr,
}

impl LookUps {
    pub(super) fn new(number: i64) -> Self {
        let text = |sql: String| view_sql::text(named(&sql, number));
        let records = view_sql::records();
        Self {
            exist: text("SELECT record_id FROM {g}record WHERE record_id = ANY ($1)".to_owned()),
            records: text(format!("{records} WHERE record_id = ANY ($1)")),
            members: text(format!("{records} WHERE customer_id = ANY ($1)")),
            decisions: text(format!(
                "{} WHERE d.decision_id IN (SELECT unnest($1) UNION \
                 SELECT decision_id FROM {{g}}decision_record WHERE record_id = ANY ($2)) ORDER BY d.decision_id",
                view_sql::decisions(SIDES)
            )),
        }
    }
}

pub(super) async fn look_up(tables: &Tables, needs: &Needs) -> Result<Answer, Error> {
    let mut answer = Answer::default();
    if !needs.exist.is_empty() {
        let ids: Vec<Uuid> = needs.exist.iter().map(|id| id.0).collect();
        let query = sqlx::query_scalar(tables.look_ups.exist.clone()).bind(ids);
        let found: Vec<Uuid> = query.fetch_all(&tables.writers).await.map_err(|error| tables.failed(error))?;
        answer.exist = found.into_iter().map(RecordId).collect();
    }
    if !needs.members_of.is_empty() {
        let ids = needs.members_of.iter().map(|id| id.0).collect();
        answer.records = records(tables, &tables.look_ups.members, ids).await?;
    }
    let there: HashSet<RecordId> = answer.records.iter().map(|row| row.record).collect();
    let others: Vec<Uuid> = needs.records.iter().filter(|id| !there.contains(id)).map(|id| id.0).collect();
    if !others.is_empty() {
        answer.records.extend(records(tables, &tables.look_ups.records, others).await?);
    }
    if !needs.decisions.is_empty() {
        let ids = needs.decisions.iter().copied().collect();
        answer.decisions = decisions(tables, &tables.writers, ids, Vec::new()).await?;
    }
    Ok(answer)
}

async fn records(tables: &Tables, sql: &SqlStr, ids: Vec<Uuid>) -> Result<Vec<RecordRow>, Error> {
    let query = sqlx::query_as(sql.clone()).bind(ids);
    let rows = query.fetch_all(&tables.writers).await.map_err(|error| tables.failed(error))?;
    view_rows::all(rows, view_rows::record)
}

/// These decisions, and those that name one of these records.
pub(super) async fn decisions(
    tables: &Tables,
    pool: &PgPool,
    ids: Vec<Uuid>,
    records: Vec<Uuid>,
) -> Result<Vec<Decision>, Error> {
    let query = sqlx::query_as(tables.look_ups.decisions.clone()).bind(ids).bind(records);
    let rows = query.fetch_all(pool).await.map_err(|error| tables.failed(error))?;
    view_rows::all(rows, view_rows::decision)
}

/// A page by id, behind `after`.
pub(super) async fn page<T>(tables: &Tables, sql: &SqlStr, after: Option<Uuid>, limit: usize) -> Result<Vec<T>, Error>
where
    T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    let Some(first) = view_sql::first_behind(after) else { return Ok(Vec::new()) };
    let query = sqlx::query_as(sql.clone()).bind(first).bind(number::limit(limit));
    query.fetch_all(&tables.readers).await.map_err(|error| tables.failed(error))
}
