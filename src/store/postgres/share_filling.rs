//! Writing the rows of one share: one transaction, which ends with the mark that the share is done.

use std::sync::Arc;

use async_trait::async_trait;
use kulta_projections::rows::{CustomerRow, RecordRow, UnknownRow};
use sqlx::{Executor, PgPool, Postgres, Transaction};

use super::super::sharing::{Filling, Held, Plan};
use super::super::view_rows::signed;
use super::super::{Error, view_sql};
use super::generation::Tables;
use super::generation_copy as copy;
use super::generation_relations as relations;
use super::generation_schema::named;
use super::generation_write as write;
use super::generations::fence;
use super::steps;

/// A node that is frozen in the middle of a COPY keeps its locks, for which whoever builds the indexes waits. Between
/// statements the session's own limit holds.
const PATIENCE: &str = "SET LOCAL statement_timeout = '10s'";
const STATES: &str = "COPY {g}share_state (record_id, customer_id, first_position, shaped_at, source, subject, state) FROM STDIN (FORMAT binary)";
/// The last statement of a share: two nodes that have both made it do not wait for each other longer than that.
const DONE: &str = "
UPDATE {g}share SET rows = $4
WHERE stage = $1 AND number = $2 AND token = $3 AND rows IS NULL
  AND EXISTS (SELECT FROM {g}share_plan WHERE epoch = $5 AND until = $6)";
/// Rows of one COPY, which must end within the patience above.
pub(super) const ROWS: usize = 10_000;

/// A share that is being written.
#[derive(Debug)]
pub(super) struct Share {
    tables: Arc<Tables>,
    transaction: Transaction<'static, Postgres>,
    plan: Plan,
    held: Held,
    stage: i16,
}

impl Share {
    pub(super) async fn begin(
        pool: &PgPool,
        tables: Arc<Tables>,
        plan: Plan,
        held: Held,
        stage: i16,
    ) -> Result<Self, Error> {
        let mut transaction = pool.begin().await?;
        transaction.execute(PATIENCE).await?;
        Ok(Self { tables, transaction, plan, held, stage })
    }
}

#[async_trait]
impl Filling for Share {
    async fn records(&mut self, rows: &[RecordRow]) -> Result<(), Error> {
        let sql = named(STATES, self.plan.generation);
        for some in rows.chunks(ROWS) {
            copy::records(&mut self.transaction, &sql, some).await?;
        }
        if self.plan.from.is_some() {
            steps::stage_relations(&mut self.transaction, self.plan, rows).await?;
        }
        Ok(())
    }

    async fn customers(&mut self, records: &[RecordRow], customers: &[CustomerRow]) -> Result<(), Error> {
        let Self { tables, transaction, plan, .. } = self;
        if plan.from.is_some() {
            return steps::stage_customers(transaction, *plan, customers).await;
        }
        for some in records.chunks(ROWS) {
            copy::records(transaction, &tables.writes.copy_records, some).await?;
        }
        relations::write(transaction, &tables.relations, records).await?;
        for some in customers.chunks(ROWS) {
            copy::customers(transaction, &tables.writes.copy_customers, some).await?;
        }
        Ok(())
    }

    async fn done(self: Box<Self>, rows: u64, unknown: &[UnknownRow]) -> Result<(), Error> {
        let Self { tables, mut transaction, plan, held, stage } = *self;
        fence(&mut transaction, plan.epoch).await?;
        match plan.from {
            Some(_) => steps::stage_unknown(&mut transaction, plan, unknown).await?,
            None => write::unknown(&mut transaction, &tables.writes, unknown).await?,
        }
        let done = sqlx::query(view_sql::text(named(DONE, plan.generation)))
            .bind(stage)
            .bind(i16::from(held.share))
            .bind(held.token)
            .bind(signed(rows)?)
            .bind(plan.epoch)
            .bind(signed(plan.until)?);
        if done.execute(&mut *transaction).await?.rows_affected() != 1 {
            return Err(Error::Fenced);
        }
        transaction.commit().await?;
        Ok(())
    }
}
