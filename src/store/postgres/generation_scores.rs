//! The lists of scores of a generation.

use async_trait::async_trait;
use kulta_events::{CustomerId, RecordId};
use kulta_projections::scores::rows::ScoreRow;
use kulta_projections::scores::service::Balance;
use sqlx::{PgConnection, SqlStr};
use uuid::Uuid;

use super::super::scores::{
    BalancePlace, Listed, MadeBy, Place, PointsOf, ScoreChanges, ScoreLists, ScorePage, ScoreSet, SetChange, SetState,
};
use super::super::view_rows::signed;
use super::super::views::Seen;
use super::super::{Error, number, score_sql, view_sql};
use super::generation::Tables;
use super::generation_notes as notes;
use super::generation_schema::{SCORES, schema_of};
use super::generations::fence;

/// Rows per statement.
const ROWS: usize = 4_000;

const INSERT: &str = "
SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[],
    $9::bigint[], $10::text[], $11::bigint[])";
const REPLACE: &str = "
ON CONFLICT (customer_id) DO UPDATE SET points = excluded.points, rank_key = excluded.rank_key, grade = excluded.grade,
    minutes = excluded.minutes, cost = excluded.cost, balance = excluded.balance, balance_key = excluded.balance_key,
    share = excluded.share, refused = excluded.refused, refused_at = excluded.refused_at";
const NOTE: &str = "
INSERT INTO {g}score_due (position, customer_id)
SELECT $1, changed FROM unnest($2::uuid[]) AS changed WHERE EXISTS (SELECT 1 FROM {g}score_set)";
const VIEW: &str = "
s.rule_set, (s.made_by::json ->> 'version')::bigint AS version, r.customer_id, r.points::numeric AS points, r.grade,
r.minutes::numeric AS minutes, r.cost::numeric AS cost, r.balance, r.refused,
(s.made_by::json ->> 'as_of')::timestamptz AS scored_as_of, s.position";
const NO_ROWS: &str = "
SELECT NULL::text COLLATE \"C\" AS rule_set, NULL::bigint AS version, NULL::uuid AS customer_id, NULL::numeric AS points,
       NULL::text COLLATE \"C\" AS grade, NULL::numeric AS minutes, NULL::numeric AS cost,
       NULL::text COLLATE \"C\" AS balance, NULL::text AS refused, NULL::timestamptz AS scored_as_of,
       NULL::bigint AS position WHERE false";

/// Points the documented view at the live lists of a generation.
pub(super) async fn create_view(connection: &mut PgConnection, generation: i64) -> Result<(), Error> {
    let tables = format!("{}.", schema_of(generation));
    let live: Vec<i64> =
        sqlx::query_scalar(score_sql::named(score_sql::ALL_LIVE, &tables, 0)).fetch_all(&mut *connection).await?;
    let rows = if live.is_empty() { NO_ROWS.to_owned() } else { score_sql::view(VIEW, &tables, &live) };
    sqlx::query(view_sql::text(format!("CREATE OR REPLACE VIEW kulta.scores AS {rows}"))).execute(connection).await?;
    Ok(())
}

/// Notes which customers change at a position, while there are lists.
pub(super) async fn note(
    tables: &Tables,
    connection: &mut PgConnection,
    at: u64,
    changed: impl Iterator<Item = CustomerId>,
) -> Result<(), Error> {
    let ids: Vec<Uuid> = changed.map(|id| id.0).collect();
    if !ids.is_empty() {
        sqlx::query(tables.scores_text(NOTE, 0)).bind(signed(at)?).bind(ids).execute(connection).await?;
    }
    Ok(())
}

impl Tables {
    pub(super) fn scores_text(&self, sql: &str, set: i64) -> SqlStr {
        score_sql::named(sql, &format!("{}.", schema_of(self.number)), set)
    }

    /// What a read of a list that is no more gives.
    fn removed<T>(&self, result: Result<T, sqlx::Error>) -> Result<Option<T>, Error> {
        match result.map_err(|error| self.failed(error)) {
            Ok(found) => Ok(Some(found)),
            Err(Error::Unavailable(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn write_scores(
        &self,
        connection: &mut PgConnection,
        set: i64,
        rows: &[ScoreRow],
        replace: &str,
    ) -> Result<(), Error> {
        let text = self.scores_text(&format!("INSERT INTO {{s}} ({}) {INSERT}{replace}", score_sql::COLUMNS), set);
        for some in rows.chunks(ROWS) {
            let column = |of: &dyn Fn(&ScoreRow) -> Option<String>| some.iter().map(of).collect::<Vec<_>>();
            let service = |row: &ScoreRow| row.service.clone();
            let refused_at = |row: &ScoreRow| row.refused.as_ref().and_then(|refused| refused.position).map(signed);
            sqlx::query(text.clone())
                .bind(some.iter().map(|row| row.customer.0).collect::<Vec<_>>())
                .bind(column(&|row| row.points.map(|points| points.to_string())))
                .bind(some.iter().map(ScoreRow::rank_key).collect::<Vec<_>>())
                .bind(column(&|row| row.grade.as_deref().map(str::to_owned)))
                .bind(column(&|row| service(row).map(|service| service.minutes.to_string())))
                .bind(column(&|row| service(row).map(|service| service.cost.to_string())))
                .bind(column(&|row| service(row).map(|service| service.balance.name().to_owned())))
                .bind(some.iter().map(ScoreRow::balance_key).collect::<Vec<_>>())
                .bind(some.iter().map(|row| service(row).map(|service| service.share)).collect::<Vec<_>>())
                .bind(column(&|row| row.refused.as_ref().map(|refused| refused.reason.clone())))
                .bind(some.iter().map(|row| refused_at(row).transpose()).collect::<Result<Vec<_>, _>>()?)
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }

    async fn write_change(
        &self,
        connection: &mut PgConnection,
        change: &SetChange,
        gone: &[Uuid],
        to: u64,
    ) -> Result<(), Error> {
        let set = change.set.number;
        if change.state == SetState::Live && change.set.state != SetState::Live {
            let retire = sqlx::query(self.scores_text(score_sql::RETIRE, set));
            retire.bind(&change.set.made_by.rule_set).execute(&mut *connection).await?;
        }
        let moved = sqlx::query(self.scores_text(score_sql::MOVE, set)).bind(change.state.name()).bind(signed(to)?);
        let moved = moved.bind(set).bind(signed(change.set.position)?).execute(&mut *connection).await?;
        if moved.rows_affected() != 1 {
            return Err(Error::Fenced);
        }
        if !gone.is_empty() {
            let delete = self.scores_text("DELETE FROM {s} WHERE customer_id = ANY ($1)", set);
            sqlx::query(delete).bind(gone).execute(&mut *connection).await?;
        }
        self.write_scores(connection, set, &change.rows, REPLACE).await
    }
}

#[async_trait]
impl ScoreLists for Tables {
    async fn score_sets(&self) -> Result<Vec<ScoreSet>, Error> {
        let query = sqlx::query_as(self.scores_text(score_sql::SETS, 0));
        let rows = query.fetch_all(&self.writers).await.map_err(|error| self.failed(error))?;
        rows.into_iter().map(score_sql::set).collect()
    }

    async fn begin_scores(&self, made_by: &MadeBy, epoch: i64) -> Result<i64, Error> {
        let mut transaction = self.writers.begin().await?;
        fence(&mut transaction, epoch).await?;
        let begin = sqlx::query_scalar(self.scores_text(score_sql::BEGIN, 0)).bind(&made_by.rule_set);
        let set: i64 = begin.bind(score_sql::made_by(made_by)?).fetch_one(&mut *transaction).await?;
        sqlx::query(self.scores_text(SCORES, set)).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(set)
    }

    async fn fill_scores(&self, set: i64, rows: &[ScoreRow]) -> Result<(), Error> {
        let mut connection = self.writers.acquire().await?;
        self.write_scores(&mut connection, set, rows, "").await
    }

    async fn filled_scores(&self, set: i64, position: u64, epoch: i64) -> Result<(), Error> {
        let mut transaction = self.writers.begin().await?;
        fence(&mut transaction, epoch).await?;
        let filled = sqlx::query(self.scores_text(score_sql::FILLED, set)).bind(signed(position)?).bind(set);
        if filled.execute(&mut *transaction).await?.rows_affected() != 1 {
            return Err(Error::Fenced);
        }
        for index in score_sql::INDEXES {
            sqlx::query(self.scores_text(index, set)).execute(&mut *transaction).await?;
        }
        sqlx::query(self.scores_text("ANALYZE {s}", set)).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn advance_scores(&self, changes: &ScoreChanges, epoch: i64) -> Result<(), Error> {
        let mut transaction = self.writers.begin().await?;
        fence(&mut transaction, epoch).await?;
        let gone: Vec<Uuid> = changes.gone.iter().map(|id| id.0).collect();
        for change in &changes.sets {
            self.write_change(&mut transaction, change, &gone, changes.to).await?;
        }
        notes::write(self, &mut transaction, &changes.notes).await?;
        let done = sqlx::query(self.scores_text(score_sql::DONE, 0)).bind(signed(changes.done)?);
        done.execute(&mut *transaction).await?;
        if changes.sets.iter().any(|change| change.state != change.set.state) {
            create_view(&mut transaction, self.number).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    async fn remove_scores(&self, sets: &[i64], epoch: i64) -> Result<(), Error> {
        let mut transaction = self.writers.begin().await?;
        fence(&mut transaction, epoch).await?;
        for set in sets {
            sqlx::query(self.scores_text(score_sql::FORGET, *set)).bind(set).execute(&mut *transaction).await?;
        }
        create_view(&mut transaction, self.number).await?;
        for set in sets {
            sqlx::query(self.scores_text("DROP TABLE IF EXISTS {s}", *set)).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    async fn changed_customers(&self, until: u64) -> Result<Vec<CustomerId>, Error> {
        let query = sqlx::query_scalar(self.scores_text(score_sql::DUE, 0)).bind(signed(until)?);
        let ids: Vec<Uuid> = query.fetch_all(&self.writers).await.map_err(|error| self.failed(error))?;
        Ok(ids.into_iter().map(CustomerId).collect())
    }

    async fn customers_of(&self, records: &[RecordId]) -> Result<Vec<CustomerId>, Error> {
        let text = self.scores_text("SELECT DISTINCT customer_id FROM {g}record WHERE record_id = ANY ($1)", 0);
        let query = sqlx::query_scalar(text).bind(records.iter().map(|id| id.0).collect::<Vec<_>>());
        let ids: Vec<Uuid> = query.fetch_all(&self.writers).await.map_err(|error| self.failed(error))?;
        Ok(ids.into_iter().map(CustomerId).collect())
    }

    async fn records_of(&self, customers: &[CustomerId]) -> Result<Vec<(RecordId, CustomerId)>, Error> {
        let text = self.scores_text(
            "SELECT record_id, customer_id FROM {g}record WHERE customer_id = ANY ($1) \
             ORDER BY customer_id, first_position, record_id",
            0,
        );
        let query = sqlx::query_as(text).bind(customers.iter().map(|id| id.0).collect::<Vec<_>>());
        let rows: Vec<(Uuid, Uuid)> = query.fetch_all(&self.writers).await.map_err(|error| self.failed(error))?;
        Ok(rows.into_iter().map(|(record, customer)| (RecordId(record), CustomerId(customer))).collect())
    }

    async fn score_page(&self, set: i64, place: &Place, limit: usize) -> Result<Option<ScorePage>, Error> {
        let query = sqlx::query_as(self.scores_text(&score_sql::score_page(), set)).bind(&place.key);
        let query = query.bind(place.customer).bind(&place.lowest).bind(number::limit(limit)).bind(set);
        match self.removed(query.fetch_all(&self.readers).await)? {
            Some(rows) => score_sql::page_of(rows),
            None => Ok(None),
        }
    }

    async fn balance_page(&self, set: i64, place: &BalancePlace, limit: usize) -> Result<Option<ScorePage>, Error> {
        let BalancePlace { balance, behind } = place;
        let (key, customer) = behind.clone().unwrap_or((Place::first().key, Uuid::nil()));
        let query = sqlx::query_as(self.scores_text(&score_sql::balance_page(), set)).bind(key).bind(customer);
        let query = query.bind(Balance::name(*balance)).bind(number::limit(limit)).bind(set);
        match self.removed(query.fetch_all(&self.readers).await)? {
            Some(rows) => score_sql::page_of(rows),
            None => Ok(None),
        }
    }

    async fn listed(&self, set: i64, customer: CustomerId) -> Result<Option<Listed>, Error> {
        let query = sqlx::query_as(self.scores_text(&score_sql::listed(), set)).bind(customer.0).bind(set);
        match self.removed(query.fetch_optional(&self.readers).await)?.flatten() {
            Some(row) => score_sql::listed_of(row),
            None => Ok(None),
        }
    }

    async fn points_of(&self, set: i64, customers: &[CustomerId]) -> Result<Vec<PointsOf>, Error> {
        let sql = format!("{} = ANY ($1)", score_sql::POINTS);
        let ids: Vec<Uuid> = customers.iter().map(|id| id.0).collect();
        let query = sqlx::query_as(self.scores_text(&sql, set)).bind(ids);
        let rows = self.removed(query.fetch_all(&self.readers).await)?.unwrap_or_default();
        rows.into_iter().map(score_sql::points_row).collect()
    }

    async fn grades(&self, set: i64) -> Result<Vec<(Option<String>, u64)>, Error> {
        let query = sqlx::query_as(self.scores_text(score_sql::GRADES, set));
        let rows: Vec<(Option<String>, i64)> = self.removed(query.fetch_all(&self.readers).await)?.unwrap_or_default();
        rows.into_iter().map(|(grade, count)| Ok((grade, number::unsigned(count)?))).collect()
    }

    async fn scores_seen(
        &self,
        set: i64,
        after: Option<CustomerId>,
        limit: usize,
    ) -> Result<Vec<Seen<CustomerId, ScoreRow>>, Error> {
        let Some(first) = view_sql::first_behind(after.map(|id| id.0)) else { return Ok(Vec::new()) };
        let query = sqlx::query_as(self.scores_text(&score_sql::seen(), set)).bind(first).bind(number::limit(limit));
        let rows = query.fetch_all(&self.writers).await.map_err(|error| self.failed(error))?;
        Ok(rows.into_iter().map(score_sql::seen_row).collect())
    }
}
