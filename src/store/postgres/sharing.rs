//! Rebuilds and steps shared by nodes: shares and what they make stand in the schema of the generation, until it is
//! filled, or until the next step; what is other with a step stands in `steps`.
//!
//! A node that is ready keeps a session with a shared advisory lock, by which the others see it; it asks for work and tells
//! that it goes on over the same session. The server ends the session of a node that is frozen, so it is not counted on.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kulta_projections::rows::RecordRow;
use kulta_projections::whole::{Assigned, bounds};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection, SqlStr};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::super::sharing::{Filling, Held, Plan, Sharing, Stage, Standing};
use super::super::view_rows::{self, signed};
use super::super::views::Generation;
use super::super::{Error, number, view_sql};
use super::connect;
use super::generation_schema::named;
use super::generations::{Generations, fence};
use super::names::{END_WHEN_SILENT, LOCKS};
use super::share_filling::Share;
use super::share_tables::{GIVE_UP, TABLES, VERSION, add_members, number_of, open, open_first, text};

const READY: &str = "SELECT pg_try_advisory_lock_shared($1, hashtext('rebuild ' || $2))";
const OTHERS: &str = "
SELECT count(DISTINCT pid) FROM pg_locks
WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted AND pid <> pg_backend_pid()
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND classid = $1::integer::oid AND objid = hashtext('rebuild ' || $2)::oid";
/// A generation that somebody began to build may be left, so the live one is looked at as well.
const SHARED: &str = "
SELECT number FROM generation
WHERE state IN ('building', 'live') AND to_regclass('kulta_g' || number || '.share_plan') IS NOT NULL
ORDER BY number DESC";
const PLAN: &str = "
SELECT p.epoch, p.after, p.until, (SELECT max(stage) FROM {g}share) FROM {g}share_plan AS p JOIN owner AS o ON o.name = 'projector' AND o.epoch = p.epoch
WHERE p.version = $1";

/// In the order in which a node that has lost a share, and does not know it yet, takes its locks.
const DROP: &str = "DROP TABLE {g}share_state, {g}share_member, {g}share, {g}share_plan";
const TAKE: &str = "
UPDATE {g}share AS s SET token = s.token + 1, holder = $1, seen_at = clock_timestamp()
FROM (SELECT stage, number FROM {g}share
      WHERE stage = $4 AND rows IS NULL AND (seen_at IS NULL OR seen_at < clock_timestamp() - interval '5 seconds')
      ORDER BY number LIMIT $2 FOR UPDATE SKIP LOCKED) AS free
WHERE s.stage = free.stage AND s.number = free.number
  AND EXISTS (SELECT FROM {g}share_plan AS p JOIN owner AS o ON o.epoch = p.epoch
              WHERE o.name = 'projector' AND p.epoch = $3 AND p.until = $5)
RETURNING s.number, s.token";
const KEEP: &str = "
UPDATE {g}share AS s SET seen_at = clock_timestamp()
FROM unnest($1::smallint[], $2::smallint[], $3::bigint[]) AS held (stage, number, token)
WHERE s.stage = held.stage AND s.number = held.number AND s.token = held.token
  AND EXISTS (SELECT FROM {g}share_plan AS p JOIN owner AS o ON o.epoch = p.epoch
              WHERE o.name = 'projector' AND p.epoch = $4 AND p.until = $5)";
const STANDING: &str = "
SELECT count(*) FILTER (WHERE rows IS NULL), coalesce(sum(rows), 0)::bigint,
       EXISTS (SELECT FROM owner WHERE name = 'projector' AND epoch = $2)
FROM {g}share WHERE stage = $1";

const INDEX_STATES: &str = "CREATE INDEX ON {g}share_state (record_id)";
const GATHERED: &str = "ANALYZE {g}share_state";
const INDEX_MEMBERS: &str = "
CREATE INDEX ON {g}share_member (record_id);
CREATE INDEX ON {g}share_member (customer_id);
ANALYZE {g}share_member";

const RECORDS: &str = "
SELECT record_id, customer_id, first_position, shaped_at, source, subject, state
FROM {g}share_state WHERE record_id >= $1 AND record_id <= $2 ORDER BY record_id LIMIT $3";
/// Records from $1 to $2 that founded their customers.
const FOUNDERS: &str = "
SELECT s.record_id, s.record_id, s.first_position, coalesce(m.shaped_at, s.shaped_at), s.source, s.subject, s.state
FROM {g}share_state AS s LEFT JOIN {g}share_member AS m ON m.record_id = s.record_id
WHERE s.record_id >= $1 AND s.record_id <= $2 AND coalesce(m.customer_id, s.record_id) = s.record_id
ORDER BY s.record_id LIMIT $3";
/// The other records of customers from $1 to $2.
const MEMBERS: &str = "
SELECT s.record_id, m.customer_id, s.first_position, m.shaped_at, s.source, s.subject, s.state
FROM {g}share_member AS m JOIN {g}share_state AS s ON s.record_id = m.record_id
WHERE m.customer_id >= $1 AND m.customer_id <= $2 AND m.customer_id <> m.record_id";

/// After so long without a word the session may have been ended.
const SILENT: Duration = Duration::from_secs(2);
/// How long the end of a session is waited for.
const GOODBYE: Duration = Duration::from_secs(5);
/// A session of its own, connected when it is needed.
#[derive(Debug)]
pub(super) struct Session {
    connect: PgConnectOptions,
    own: Mutex<Option<Own>>,
}

#[derive(Debug)]
struct Own {
    connection: PgConnection,
    /// Whether it holds the lock that says so.
    is_ready: bool,
    used: Instant,
}

impl Session {
    pub(super) fn new(connect: PgConnectOptions) -> Self {
        Self { connect, own: Mutex::default() }
    }

    /// Does something in the session; when that fails, the next use has another.
    async fn within<T>(&self, work: impl AsyncFnOnce(&mut Own) -> Result<T, Error>) -> Result<T, Error> {
        let mut place = self.own.lock().await;
        let mut known = place.take();
        if let Some(own) = &mut known
            && own.used.elapsed() > SILENT
            && own.connection.ping().await.is_err()
        {
            known = None;
        }
        let mut own = match known {
            Some(own) => own,
            None => {
                let mut connection = connect::single(&self.connect).await?;
                sqlx::query(END_WHEN_SILENT).execute(&mut connection).await?;
                Own { connection, is_ready: false, used: Instant::now() }
            }
        };
        let done = work(&mut own).await?;
        own.used = Instant::now();
        *place = Some(own);
        Ok(done)
    }

    pub(super) async fn end(&self) {
        let own = self.own.lock().await.take();
        if let Some(own) = own {
            // The server lets go of what it held either way.
            drop(timeout(GOODBYE, own.connection.close()).await);
        }
    }
}

fn stage_of(number: i16) -> Stage {
    if number == number_of(Stage::Records) { Stage::Records } else { Stage::Customers }
}

fn held(stage: Stage, (share, token): (i16, i64)) -> Result<Held, Error> {
    let share = u8::try_from(share).map_err(|_| Error::Inconsistent(format!("there is no share {share}")))?;
    Ok(Held { stage, share, token })
}

/// The first id of a share that lies behind another, and the last.
fn range(share: u8, after: Option<Uuid>) -> Option<(Uuid, Uuid)> {
    let (first, last) = bounds(share);
    let first = after.map_or(Some(first), |after| view_sql::first_behind(Some(after)))?;
    (first <= last).then_some((first, last))
}

impl Generations {
    async fn shared_rows(
        &self,
        sql: SqlStr,
        (first, last): (Uuid, Uuid),
        limit: usize,
    ) -> Result<Vec<RecordRow>, Error> {
        let query = sqlx::query_as(sql).bind(first).bind(last).bind(number::limit(limit));
        view_rows::all(query.fetch_all(&self.sharers).await?, view_rows::record)
    }
}

#[async_trait]
impl Sharing for Generations {
    async fn attend(&self) -> Result<Option<(Plan, Stage)>, Error> {
        self.session
            .within(async |own| {
                if !own.is_ready {
                    let ready = sqlx::query_scalar(READY).bind(LOCKS).bind(VERSION);
                    own.is_ready = ready.fetch_one(&mut own.connection).await?;
                }
                let shared: Vec<i64> = sqlx::query_scalar(SHARED).fetch_all(&mut own.connection).await?;
                for generation in shared {
                    let query = sqlx::query_as(view_sql::text(named(PLAN, generation))).bind(VERSION);
                    let found: Option<(i64, Option<i64>, i64, i16)> = query.fetch_optional(&mut own.connection).await?;
                    if let Some((epoch, from, until, stage)) = found {
                        let (from, until) = (from.map(number::unsigned).transpose()?, number::unsigned(until)?);
                        return Ok(Some((Plan { generation, epoch, from, until }, stage_of(stage))));
                    }
                }
                Ok(None)
            })
            .await
    }

    async fn leave(&self) {
        self.session.end().await;
    }

    async fn others(&self) -> Result<usize, Error> {
        self.session
            .within(async |own| {
                let query = sqlx::query_scalar(OTHERS).bind(LOCKS).bind(VERSION);
                let count: i64 = query.fetch_one(&mut own.connection).await?;
                Ok(usize::try_from(count).unwrap_or(0))
            })
            .await
    }

    async fn begin(&self, plan: Plan) -> Result<(), Error> {
        let mut transaction = self.sharers.begin().await?;
        fence(&mut transaction, plan.epoch).await?;
        sqlx::raw_sql(text(TABLES, plan)).execute(&mut *transaction).await?;
        open_first(&mut transaction, plan).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn take(&self, plan: Plan, stage: Stage, holder: &str, at_most: usize) -> Result<Vec<Held>, Error> {
        self.session
            .within(async |own| {
                let query = sqlx::query_as(text(TAKE, plan))
                    .bind(holder)
                    .bind(number::limit(at_most))
                    .bind(plan.epoch)
                    .bind(number_of(stage))
                    .bind(signed(plan.until)?);
                view_rows::all(query.fetch_all(&mut own.connection).await?, |taken| held(stage, taken))
            })
            .await
    }

    async fn keep(&self, plan: Plan, held: &[Held]) -> Result<usize, Error> {
        self.session
            .within(async |own| {
                let query = sqlx::query(text(KEEP, plan))
                    .bind(held.iter().map(|held| number_of(held.stage)).collect::<Vec<_>>())
                    .bind(held.iter().map(|held| i16::from(held.share)).collect::<Vec<_>>())
                    .bind(held.iter().map(|held| held.token).collect::<Vec<_>>())
                    .bind(plan.epoch)
                    .bind(signed(plan.until)?);
                let kept = query.execute(&mut own.connection).await?.rows_affected();
                Ok(usize::try_from(kept).unwrap_or(usize::MAX))
            })
            .await
    }

    async fn fill(&self, plan: Plan, held: Held) -> Result<Box<dyn Filling>, Error> {
        Ok(Box::new(
            Share::begin(&self.sharers, self.handle(plan.generation), plan, held, number_of(held.stage)).await?,
        ))
    }

    async fn standing(&self, plan: Plan, stage: Stage) -> Result<Standing, Error> {
        self.session
            .within(async |own| {
                let query = sqlx::query_as(text(STANDING, plan)).bind(number_of(stage)).bind(plan.epoch);
                let (open, rows, is_own): (i64, i64, bool) = query.fetch_one(&mut own.connection).await?;
                if !is_own {
                    return Err(Error::Fenced);
                }
                Ok(Standing { open: number::unsigned(open)?, rows: number::unsigned(rows)? })
            })
            .await
    }

    async fn gathered(&self, plan: Plan) -> Result<(), Error> {
        if plan.from.is_none() {
            sqlx::raw_sql(text(INDEX_STATES, plan)).execute(&self.sharers).await?;
        }
        sqlx::raw_sql(text(GATHERED, plan)).execute(&self.sharers).await?;
        Ok(())
    }

    async fn records_page(
        &self,
        plan: Plan,
        share: u8,
        after: Option<&RecordRow>,
        limit: usize,
    ) -> Result<Vec<RecordRow>, Error> {
        let Some(range) = range(share, after.map(|row| row.record.0)) else { return Ok(Vec::new()) };
        self.shared_rows(text(RECORDS, plan), range, limit).await
    }

    async fn assigned(&self, plan: Plan, assigned: &[Assigned]) -> Result<(), Error> {
        let mut transaction = self.sharers.begin().await?;
        fence(&mut transaction, plan.epoch).await?;
        add_members(&mut transaction, plan, assigned).await?;
        sqlx::raw_sql(text(INDEX_MEMBERS, plan)).execute(&mut *transaction).await?;
        open(&mut transaction, plan, Stage::Customers).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn customers_page(
        &self,
        plan: Plan,
        share: u8,
        after: Option<&RecordRow>,
        customers: usize,
    ) -> Result<Vec<RecordRow>, Error> {
        let Some(range) = range(share, after.map(|row| row.customer.0)) else { return Ok(Vec::new()) };
        let mut rows = self.shared_rows(text(FOUNDERS, plan), range, customers).await?;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(rows) };
        let query = sqlx::query_as(text(MEMBERS, plan)).bind(first.record.0).bind(last.record.0);
        rows.extend(view_rows::all(query.fetch_all(&self.sharers).await?, view_rows::record)?);
        rows.sort_unstable_by_key(|row| (row.customer, row.first_position, row.record));
        Ok(rows)
    }

    fn generation(&self, plan: Plan) -> Arc<dyn Generation> {
        self.handle(plan.generation)
    }

    async fn give_up(&self, plan: Plan) -> Result<(), Error> {
        sqlx::raw_sql(text(GIVE_UP, plan)).execute(&self.sharers).await?;
        Ok(())
    }

    async fn end(&self, plan: Plan) -> Result<(), Error> {
        if plan.from.is_some() {
            // The next step begins with the same tables.
            return self.give_up(plan).await;
        }
        sqlx::raw_sql(text(DROP, plan)).execute(&self.sharers).await?;
        self.session.end().await;
        Ok(())
    }
}
