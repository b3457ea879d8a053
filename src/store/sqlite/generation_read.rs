//! Looking up many rows at once: the ids go over as one JSON array.

use std::collections::HashSet;
use std::sync::LazyLock;

use kulta_events::RecordId;
use kulta_projections::batch::{Answer, Needs};
use kulta_projections::crosswalk::Decision;
use kulta_projections::rows::RecordRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, SqlStr};
use uuid::Uuid;

use super::super::{Error, number, view_rows, view_sql};
use super::generation::Tables;
use super::generation_schema::SIDES;

const EXIST: &str = "SELECT record_id FROM record WHERE record_id IN (SELECT unhex(value) FROM json_each($1))";

pub(super) static RECORDS: LazyLock<SqlStr> = LazyLock::new(|| records_where("record_id"));
pub(super) static MEMBERS: LazyLock<SqlStr> = LazyLock::new(|| records_where("customer_id"));

static DECISIONS: LazyLock<SqlStr> = LazyLock::new(|| {
    let select = view_sql::decisions(SIDES).replace("{g}", "");
    view_sql::text(format!(
        "{select} WHERE d.decision_id IN (SELECT unhex(value) FROM json_each($1) UNION \
         SELECT decision_id FROM decision_record WHERE record_id IN (SELECT unhex(value) FROM json_each($2))) \
         ORDER BY d.decision_id"
    ))
});

fn records_where(column: &str) -> SqlStr {
    let select = view_sql::records().replace("{g}", "");
    view_sql::text(format!("{select} WHERE {column} IN (SELECT unhex(value) FROM json_each($1))"))
}

/// A JSON array of ids in hexadecimal digits.
pub(super) fn id_list(ids: impl IntoIterator<Item = Uuid>) -> String {
    let mut list = String::from("[");
    let mut digits = Uuid::encode_buffer();
    for id in ids {
        if list.len() > 1 {
            list.push(',');
        }
        list.push('"');
        list.push_str(id.simple().encode_lower(&mut digits));
        list.push('"');
    }
    list.push(']');
    list
}

pub(super) async fn look_up(tables: &Tables, needs: &Needs) -> Result<Answer, Error> {
    let mut answer = Answer::default();
    if !needs.exist.is_empty() {
        let ids = id_list(needs.exist.iter().map(|id| id.0));
        let found: Vec<Uuid> = sqlx::query_scalar(EXIST).bind(ids).fetch_all(&tables.readers).await?;
        answer.exist = found.into_iter().map(RecordId).collect();
    }
    if !needs.members_of.is_empty() {
        let ids = id_list(needs.members_of.iter().map(|id| id.0));
        answer.records = records(tables, &MEMBERS, ids).await?;
    }
    let there: HashSet<RecordId> = answer.records.iter().map(|row| row.record).collect();
    let others: Vec<RecordId> = needs.records.iter().copied().filter(|id| !there.contains(id)).collect();
    if !others.is_empty() {
        let ids = id_list(others.iter().map(|id| id.0));
        answer.records.extend(records(tables, &RECORDS, ids).await?);
    }
    if !needs.decisions.is_empty() {
        let ids: Vec<Uuid> = needs.decisions.iter().copied().collect();
        answer.decisions = decisions(tables, &ids, &[]).await?;
    }
    Ok(answer)
}

pub(super) async fn records(tables: &Tables, sql: &SqlStr, ids: String) -> Result<Vec<RecordRow>, Error> {
    let rows = sqlx::query_as(sql.clone()).bind(ids).fetch_all(&tables.readers).await?;
    view_rows::all(rows, view_rows::record)
}

/// These decisions, and those that name one of these records.
pub(super) async fn decisions(tables: &Tables, ids: &[Uuid], records: &[RecordId]) -> Result<Vec<Decision>, Error> {
    let query = sqlx::query_as(DECISIONS.clone());
    let query = query.bind(id_list(ids.iter().copied())).bind(id_list(records.iter().map(|id| id.0)));
    view_rows::all(query.fetch_all(&tables.readers).await?, view_rows::decision)
}

/// A page by id, behind `after`.
pub(super) async fn page<T>(tables: &Tables, sql: &SqlStr, after: Option<Uuid>, limit: usize) -> Result<Vec<T>, Error>
where
    T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
{
    let Some(first) = view_sql::first_behind(after) else { return Ok(Vec::new()) };
    let query = sqlx::query_as(sql.clone()).bind(first).bind(number::limit(limit));
    Ok(query.fetch_all(&tables.readers).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_become_a_json_array() {
        assert_eq!(id_list([]), "[]");
        let ids = [Uuid::from_u128(1), Uuid::from_u128(0xab)];
        let list: Vec<Uuid> = serde_json::from_str(&id_list(ids)).unwrap();
        assert_eq!(list, ids);
    }
}
