//! The lists of scores of a generation.

use async_trait::async_trait;
use kulta_events::{CustomerId, RecordId};
use kulta_projections::batch::Changes;
use kulta_projections::scores::rows::ScoreRow;
use sqlx::{SqlStr, SqliteConnection};
use uuid::Uuid;

use super::super::scores::{
    BalancePlace, Listed, MadeBy, Place, PointsOf, ScoreChanges, ScoreLists, ScorePage, ScoreSet, SetChange, SetState,
};
use super::super::view_rows::signed;
use super::super::views::Seen;
use super::super::{Error, number, score_sql, view_sql};
use super::generation::{Epoch, Tables};
use super::generation_notes as notes;
use super::generation_read::id_list;
use super::generation_schema::{SCORES, with_ids_as_text};
use super::generation_write::{Bound, Insert};

/// How many columns a row has.
const COLUMNS: usize = 11;
const REPLACE: &str = "ON CONFLICT (customer_id) DO UPDATE SET points = excluded.points, rank_key = excluded.rank_key, \
    grade = excluded.grade, minutes = excluded.minutes, cost = excluded.cost, balance = excluded.balance, \
    balance_key = excluded.balance_key, share = excluded.share, refused = excluded.refused, \
    refused_at = excluded.refused_at";
const NOTE: &str = "INSERT INTO score_due (position, customer_id) SELECT $1, unhex(value) FROM json_each($2) \
    WHERE EXISTS (SELECT 1 FROM score_set)";
const DELETE: &str = "DELETE FROM {s} WHERE customer_id IN (SELECT unhex(value) FROM json_each($1))";
const OWNERS: &str =
    "SELECT DISTINCT customer_id FROM record WHERE record_id IN (SELECT unhex(value) FROM json_each($1))";
const RECORDS: &str = "SELECT record_id, customer_id FROM record \
    WHERE customer_id IN (SELECT unhex(value) FROM json_each($1)) ORDER BY customer_id, first_position, record_id";
const VIEW: &str = "s.rule_set, s.made_by ->> '$.version' AS version, {r.customer_id} AS customer_id, r.points, r.grade, \
    r.minutes, r.cost, r.balance, r.refused, s.made_by ->> '$.as_of' AS scored_as_of, s.position";
const NO_ROWS: &str = "SELECT NULL AS rule_set, NULL AS version, NULL AS customer_id, NULL AS points, NULL AS grade, \
    NULL AS minutes, NULL AS cost, NULL AS balance, NULL AS refused, NULL AS scored_as_of, NULL AS position WHERE false";

/// Points the documented view at the live lists.
pub(super) async fn create_view(connection: &mut SqliteConnection) -> Result<(), Error> {
    let live: Vec<i64> = sqlx::query_scalar(text(score_sql::ALL_LIVE, 0)).fetch_all(&mut *connection).await?;
    let rows = if live.is_empty() { NO_ROWS.to_owned() } else { score_sql::view(VIEW, "", &live) };
    sqlx::query("DROP VIEW IF EXISTS kulta_scores").execute(&mut *connection).await?;
    let view = view_sql::text(with_ids_as_text(&format!("CREATE VIEW kulta_scores AS {rows}")));
    sqlx::query(view).execute(connection).await?;
    Ok(())
}

/// Notes which customers change at a position, while there are lists.
pub(super) async fn note(connection: &mut SqliteConnection, at: u64, changes: &Changes) -> Result<(), Error> {
    let mut ids: Vec<Uuid> = changes.customers.iter().map(|row| row.customer.0).collect();
    ids.extend(changes.deleted.iter().map(|id| id.0));
    if !ids.is_empty() {
        let ids = id_list(ids);
        sqlx::query(NOTE).bind(signed(at)?).bind(ids).execute(connection).await?;
    }
    Ok(())
}

pub(super) fn text(sql: &str, set: i64) -> SqlStr {
    score_sql::named(sql, "", set)
}

/// What a read of a list that is no more gives.
fn removed<T>(result: Result<T, sqlx::Error>) -> Result<Option<T>, Error> {
    match result {
        Err(sqlx::Error::Database(error)) if error.message().starts_with("no such table") => Ok(None),
        result => Ok(Some(result?)),
    }
}

fn bind(query: Bound, row: &ScoreRow) -> Result<Bound, Error> {
    let (service, refused) = (row.service.as_ref(), row.refused.as_ref());
    let query = query.bind(row.customer.0).bind(row.points.map(|points| points.to_string()));
    let query = query.bind(row.rank_key()).bind(row.grade.as_deref().map(str::to_owned));
    let query = query.bind(service.map(|service| service.minutes.to_string()));
    let query = query.bind(service.map(|service| service.cost.to_string()));
    let query = query.bind(service.map(|service| service.balance.name())).bind(row.balance_key());
    let query = query.bind(service.map(|service| service.share)).bind(refused.map(|refused| refused.reason.clone()));
    Ok(query.bind(refused.and_then(|refused| refused.position).map(signed).transpose()?))
}

async fn write_rows(
    connection: &mut SqliteConnection,
    set: i64,
    rows: &[ScoreRow],
    replace: &str,
) -> Result<(), Error> {
    let into = format!("score_{set} ({})", score_sql::COLUMNS);
    Insert::new(&into, COLUMNS, replace).run(connection, rows, bind).await
}

async fn write_change(
    connection: &mut SqliteConnection,
    change: &SetChange,
    gone: Option<&str>,
    to: u64,
) -> Result<(), Error> {
    let set = change.set.number;
    if change.state == SetState::Live && change.set.state != SetState::Live {
        let retire = sqlx::query(text(score_sql::RETIRE, set)).bind(change.set.made_by.rule_set.clone());
        retire.execute(&mut *connection).await?;
    }
    let moved = sqlx::query(text(score_sql::MOVE, set)).bind(change.state.name()).bind(signed(to)?).bind(set);
    let moved = moved.bind(signed(change.set.position)?).execute(&mut *connection).await?;
    if moved.rows_affected() != 1 {
        return Err(Error::Fenced);
    }
    if let Some(gone) = gone {
        sqlx::query(text(DELETE, set)).bind(gone.to_owned()).execute(&mut *connection).await?;
    }
    write_rows(connection, set, &change.rows, REPLACE).await
}

#[async_trait]
impl ScoreLists for Tables {
    async fn score_sets(&self) -> Result<Vec<ScoreSet>, Error> {
        let rows = sqlx::query_as(text(score_sql::SETS, 0)).fetch_all(&self.readers).await?;
        rows.into_iter().map(score_sql::set).collect()
    }

    async fn begin_scores(&self, made_by: &MadeBy, epoch: i64) -> Result<i64, Error> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let begin = sqlx::query_scalar(text(score_sql::BEGIN, 0)).bind(made_by.rule_set.clone());
        let set: i64 = begin.bind(score_sql::made_by(made_by)?).fetch_one(&mut *transaction).await?;
        sqlx::query(text(SCORES, set)).execute(&mut *transaction).await?;
        Epoch(epoch).check(&self.log).await?;
        transaction.commit().await?;
        Ok(set)
    }

    async fn fill_scores(&self, set: i64, rows: &[ScoreRow]) -> Result<(), Error> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        write_rows(&mut transaction, set, rows, "").await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn filled_scores(&self, set: i64, position: u64, epoch: i64) -> Result<(), Error> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let filled = sqlx::query(text(score_sql::FILLED, set)).bind(signed(position)?).bind(set);
        if filled.execute(&mut *transaction).await?.rows_affected() != 1 {
            return Err(Error::Fenced);
        }
        for index in score_sql::INDEXES {
            sqlx::query(text(index, set)).execute(&mut *transaction).await?;
        }
        Epoch(epoch).check(&self.log).await?;
        transaction.commit().await?;
        self.keep_wal_short().await;
        Ok(())
    }

    async fn advance_scores(&self, changes: &ScoreChanges, epoch: i64) -> Result<(), Error> {
        let gone = (!changes.gone.is_empty()).then(|| id_list(changes.gone.iter().map(|id| id.0)));
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        for change in &changes.sets {
            write_change(&mut transaction, change, gone.as_deref(), changes.to).await?;
        }
        notes::write(&mut transaction, &changes.notes).await?;
        let done = sqlx::query(text(score_sql::DONE, 0)).bind(signed(changes.done)?);
        done.execute(&mut *transaction).await?;
        if changes.sets.iter().any(|change| change.state != change.set.state) {
            create_view(&mut transaction).await?;
        }
        Epoch(epoch).check(&self.log).await?;
        transaction.commit().await?;
        self.keep_wal_short().await;
        Ok(())
    }

    async fn remove_scores(&self, sets: &[i64], epoch: i64) -> Result<(), Error> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        for set in sets {
            sqlx::query(text(score_sql::FORGET, *set)).bind(set).execute(&mut *transaction).await?;
        }
        create_view(&mut transaction).await?;
        for set in sets {
            sqlx::query(text("DROP TABLE IF EXISTS {s}", *set)).execute(&mut *transaction).await?;
        }
        Epoch(epoch).check(&self.log).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn changed_customers(&self, until: u64) -> Result<Vec<CustomerId>, Error> {
        let query = sqlx::query_scalar(text(score_sql::DUE, 0)).bind(signed(until)?);
        let ids: Vec<Uuid> = query.fetch_all(&self.readers).await?;
        Ok(ids.into_iter().map(CustomerId).collect())
    }

    async fn customers_of(&self, records: &[RecordId]) -> Result<Vec<CustomerId>, Error> {
        let query = sqlx::query_scalar(OWNERS).bind(id_list(records.iter().map(|id| id.0)));
        let ids: Vec<Uuid> = query.fetch_all(&self.readers).await?;
        Ok(ids.into_iter().map(CustomerId).collect())
    }

    async fn records_of(&self, customers: &[CustomerId]) -> Result<Vec<(RecordId, CustomerId)>, Error> {
        let query = sqlx::query_as(RECORDS).bind(id_list(customers.iter().map(|id| id.0)));
        let rows: Vec<(Uuid, Uuid)> = query.fetch_all(&self.readers).await?;
        Ok(rows.into_iter().map(|(record, customer)| (RecordId(record), CustomerId(customer))).collect())
    }

    async fn score_page(&self, set: i64, place: &Place, limit: usize) -> Result<Option<ScorePage>, Error> {
        let query = sqlx::query_as(text(&score_sql::score_page(), set)).bind(place.key.clone()).bind(place.customer);
        let query = query.bind(place.lowest.clone()).bind(number::limit(limit)).bind(set);
        match removed(query.fetch_all(&self.readers).await)? {
            Some(rows) => score_sql::page_of(rows),
            None => Ok(None),
        }
    }

    async fn balance_page(&self, set: i64, place: &BalancePlace, limit: usize) -> Result<Option<ScorePage>, Error> {
        let BalancePlace { balance, behind } = place;
        let (key, customer) = behind.clone().unwrap_or((Place::first().key, Uuid::nil()));
        let query = sqlx::query_as(text(&score_sql::balance_page(), set)).bind(key).bind(customer);
        let query = query.bind(balance.name()).bind(number::limit(limit)).bind(set);
        match removed(query.fetch_all(&self.readers).await)? {
            Some(rows) => score_sql::page_of(rows),
            None => Ok(None),
        }
    }

    async fn listed(&self, set: i64, customer: CustomerId) -> Result<Option<Listed>, Error> {
        let query = sqlx::query_as(text(&score_sql::listed(), set)).bind(customer.0).bind(set);
        match removed(query.fetch_optional(&self.readers).await)?.flatten() {
            Some(row) => score_sql::listed_of(row),
            None => Ok(None),
        }
    }

    async fn points_of(&self, set: i64, customers: &[CustomerId]) -> Result<Vec<PointsOf>, Error> {
        let sql = format!("{} IN (SELECT unhex(value) FROM json_each($1))", score_sql::POINTS);
        let query = sqlx::query_as(text(&sql, set)).bind(id_list(customers.iter().map(|id| id.0)));
        let rows = removed(query.fetch_all(&self.readers).await)?.unwrap_or_default();
        rows.into_iter().map(score_sql::points_row).collect()
    }

    async fn grades(&self, set: i64) -> Result<Vec<(Option<String>, u64)>, Error> {
        let query = sqlx::query_as(text(score_sql::GRADES, set));
        let rows: Vec<(Option<String>, i64)> = removed(query.fetch_all(&self.readers).await)?.unwrap_or_default();
        rows.into_iter().map(|(grade, count)| Ok((grade, number::unsigned(count)?))).collect()
    }

    async fn scores_seen(
        &self,
        set: i64,
        after: Option<CustomerId>,
        limit: usize,
    ) -> Result<Vec<Seen<CustomerId, ScoreRow>>, Error> {
        let Some(first) = view_sql::first_behind(after.map(|id| id.0)) else { return Ok(Vec::new()) };
        let query = sqlx::query_as(text(&score_sql::seen(), set)).bind(first).bind(number::limit(limit));
        Ok(query.fetch_all(&self.readers).await?.into_iter().map(score_sql::seen_row).collect())
    }
}
