//! One generation: a file with a connection that writes and a few that read.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use kulta_events::{CustomerId, RecordId};
use kulta_projections::batch::{Answer, Changes, Needs};
use kulta_projections::crosswalk::Decision;
use kulta_projections::rows::{CustomerRow, MatchPolicyRow, PolicyRow, RecordRow, RelationRow, UnknownRow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteExecutor, SqlitePool};
use uuid::Uuid;

use super::super::view_sql::Texts;
use super::super::views::{Bulk, Crosswalk, Generation, NamedCustomer, RecordName, Refold, Seen, StoredCustomer};
use super::super::{Error, number, view_rows};
use super::generation_schema::{create_indexes, create_tables};
use super::generation_write::{fill, raise, write};
use super::{generation_read as read, generation_relations as relations, generation_schema as schema};

/// Others than this process read the file, never for long; what plants or repairs a row by hand may write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Pages in the WAL after which a commit copies them into the file: 16 MiB.
const CHECKPOINT_PAGES: &str = "4096";
/// Beyond this the writer waits until no reader needs the WAL: while one reader always follows another, it would never
/// be begun anew and grow for ever.
const LONGEST_WAL_BYTES: u64 = 64 << 20;

const EPOCH: &str = "SELECT epoch FROM owner WHERE name = 'projector'";

/// The epoch that a projector believes to hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Epoch(pub i64);

impl Epoch {
    /// # Errors
    /// [`Error::Fenced`] when it is not the newest one, on the log's file.
    pub(super) async fn check(self, log: impl SqliteExecutor<'_>) -> Result<(), Error> {
        let newest: Option<i64> = sqlx::query_scalar(EPOCH).fetch_optional(log).await?;
        if newest == Some(self.0) { Ok(()) } else { Err(Error::Fenced) }
    }
}

/// The tables of one generation.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) number: i64,
    pub(super) texts: Texts,
    /// One connection.
    pub(super) writer: SqlitePool,
    pub(super) readers: SqlitePool,
    pub(super) log: SqlitePool,
    wal: PathBuf,
    /// The length of the WAL from which on the writer tries to empty it.
    too_long: AtomicU64,
}

impl Tables {
    pub(super) async fn open(
        number: i64,
        path: PathBuf,
        create: bool,
        readers: u32,
        log: SqlitePool,
    ) -> Result<Self, Error> {
        // What a power failure takes away is projected again: the checkpoint goes with it.
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY_TIMEOUT)
            .disable_statement_logging();
        let pool = || SqlitePoolOptions::new().idle_timeout(None).max_lifetime(None).test_before_acquire(false);
        let writing = options.clone().create_if_missing(create).pragma("cache_size", "-32768");
        let writing = writing.pragma("wal_autocheckpoint", CHECKPOINT_PAGES);
        let writer = pool().max_connections(1).connect_with(writing).await?;
        if create {
            let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
            create_tables(&mut transaction).await?;
            transaction.commit().await?;
        }
        let reading = options.create_if_missing(false).pragma("query_only", "ON");
        let readers = pool().max_connections(readers.max(1)).connect_lazy_with(reading);
        let (wal, too_long) = (schema::beside(&path, "-wal"), AtomicU64::new(LONGEST_WAL_BYTES));
        Ok(Self { number, texts: Texts::new("", schema::SIDES), writer, readers, log, wal, too_long })
    }

    /// Makes the indexes that filling does without.
    pub(super) async fn index(&self) -> Result<(), Error> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        create_indexes(&mut transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Empties the WAL when it has grown too long. Somebody who reads one state of it for hours is waited for once per
    /// growth, not with every write.
    pub(super) async fn keep_wal_short(&self) {
        let length = || std::fs::metadata(&self.wal).map_or(0, |file| file.len());
        let before = length();
        if before <= self.too_long.load(Ordering::Relaxed) {
            return;
        }
        if let Err(error) = self.empty_wal().await {
            tracing::warn!(%error, bytes = before, generation = self.number, "the WAL could not be emptied");
        }
        self.too_long.store(length() + LONGEST_WAL_BYTES, Ordering::Relaxed);
    }

    async fn empty_wal(&self) -> Result<(), Error> {
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.writer).await?;
        Ok(())
    }

    /// Waits until nobody uses it, and lets go of its file.
    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

#[async_trait]
impl Generation for Tables {
    fn number(&self) -> i64 {
        self.number
    }

    async fn checkpoint(&self) -> Result<u64, Error> {
        let position: i64 = sqlx::query_scalar(self.texts.checkpoint.clone()).fetch_one(&self.readers).await?;
        number::unsigned(position)
    }

    async fn policy(&self) -> Result<Option<PolicyRow>, Error> {
        Ok(view_rows::in_force(self.policies().await?))
    }

    async fn look_up(&self, needs: &Needs) -> Result<Answer, Error> {
        read::look_up(self, needs).await
    }

    async fn advance(
        &self,
        from: u64,
        changes: &Changes,
        to: u64,
        epoch: i64,
        refold: Option<Refold<'_>>,
    ) -> Result<(), Error> {
        write(self, changes, (from, to), Epoch(epoch), refold).await?;
        self.keep_wal_short().await;
        Ok(())
    }

    async fn fill(&self, bulk: Bulk) -> Result<(), Error> {
        fill(self, bulk).await
    }

    async fn filled(&self, to: u64) -> Result<(), Error> {
        let to = view_rows::signed(to)?;
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        create_indexes(&mut transaction).await?;
        sqlx::query(schema::SET_CHECKPOINT).bind(to).execute(&mut *transaction).await?;
        transaction.commit().await?;
        self.empty_wal().await
    }

    async fn positions(&self) -> Result<Vec<(CustomerId, u64)>, Error> {
        let query = sqlx::query_as(self.texts.positions.clone());
        view_rows::all(query.fetch_all(&self.readers).await?, view_rows::position)
    }

    async fn crosswalk(&self) -> Result<Crosswalk, Error> {
        let query = sqlx::query_as(self.texts.crosswalk.clone());
        match view_rows::crosswalk(query.fetch_all(&self.readers).await?)? {
            Some(found) => Ok(found),
            None => Ok(Crosswalk { position: self.checkpoint().await?, records: Vec::new() }),
        }
    }

    async fn raise(&self, positions: &[(CustomerId, u64)]) -> Result<(), Error> {
        raise(self, positions).await
    }

    async fn customer(&self, id: CustomerId) -> Result<Option<StoredCustomer>, Error> {
        let query = sqlx::query_as(self.texts.customer.clone()).bind(id.0);
        query.fetch_optional(&self.readers).await?.map(view_rows::stored_customer).transpose()
    }

    async fn record(&self, id: RecordId) -> Result<Option<RecordRow>, Error> {
        let query = sqlx::query_as(self.texts.record.clone()).bind(id.0);
        query.fetch_optional(&self.readers).await?.map(view_rows::record).transpose()
    }

    async fn members(&self, id: CustomerId) -> Result<Vec<RecordRow>, Error> {
        let query = sqlx::query_as(self.texts.members.clone()).bind(id.0);
        view_rows::all(query.fetch_all(&self.readers).await?, view_rows::record)
    }

    async fn customers_since(&self, after: (u64, Uuid), limit: usize) -> Result<Vec<StoredCustomer>, Error> {
        let query = sqlx::query_as(self.texts.customers_since.clone());
        let query = query.bind(view_rows::signed(after.0)?).bind(after.1).bind(number::limit(limit));
        view_rows::all(query.fetch_all(&self.readers).await?, view_rows::stored_customer)
    }

    async fn decisions_of(&self, records: &[RecordId]) -> Result<Vec<Decision>, Error> {
        read::decisions(self, &[], records).await
    }

    async fn records(&self, ids: &[RecordId]) -> Result<Vec<RecordRow>, Error> {
        relations::records(self, ids).await
    }

    async fn related_to(&self, records: &[RecordId]) -> Result<Vec<RecordRow>, Error> {
        relations::related_to(self, records).await
    }

    async fn members_of(&self, ids: &[CustomerId]) -> Result<Vec<RecordRow>, Error> {
        relations::members_of(self, ids).await
    }

    async fn record_names(&self, of: &[CustomerId]) -> Result<Vec<RecordName>, Error> {
        relations::record_names(self, of).await
    }

    async fn named(&self, ids: &[CustomerId]) -> Result<Vec<NamedCustomer>, Error> {
        relations::named(self, ids).await
    }

    async fn relations_page(&self, after: Option<&RelationRow>, limit: usize) -> Result<Vec<RelationRow>, Error> {
        relations::page(self, after, limit).await
    }

    async fn records_page(
        &self,
        after: Option<RecordId>,
        limit: usize,
    ) -> Result<Vec<Seen<RecordId, RecordRow>>, Error> {
        let page = read::page(self, &self.texts.records_page, after.map(|id| id.0), limit).await?;
        Ok(page.into_iter().map(view_rows::seen_record).collect())
    }

    async fn customers_page(
        &self,
        after: Option<CustomerId>,
        limit: usize,
    ) -> Result<Vec<Seen<CustomerId, CustomerRow>>, Error> {
        let page = read::page(self, &self.texts.customers_page, after.map(|id| id.0), limit).await?;
        Ok(page.into_iter().map(view_rows::seen_customer).collect())
    }

    async fn decisions_page(&self, after: Option<Uuid>, limit: usize) -> Result<Vec<Seen<Uuid, Decision>>, Error> {
        let page = read::page(self, &self.texts.decisions_page, after, limit).await?;
        Ok(page.into_iter().map(view_rows::seen_decision).collect())
    }

    async fn orphans(&self) -> Result<Vec<Uuid>, Error> {
        let query = sqlx::query_scalar(self.texts.orphans.clone());
        Ok(query.fetch_all(&self.readers).await?)
    }

    async fn policies_seen(&self) -> Result<Vec<Seen<u64, PolicyRow>>, Error> {
        let query = sqlx::query_as(self.texts.policies.clone());
        let rows = query.fetch_all(&self.readers).await?;
        Ok(rows.into_iter().map(view_rows::seen_policy).collect())
    }

    async fn match_policies_seen(&self) -> Result<Vec<Seen<u64, MatchPolicyRow>>, Error> {
        let query = sqlx::query_as(self.texts.match_policies.clone());
        let rows = query.fetch_all(&self.readers).await?;
        Ok(rows.into_iter().map(view_rows::seen_match_policy).collect())
    }

    async fn policies(&self) -> Result<Vec<PolicyRow>, Error> {
        let query = sqlx::query_as(self.texts.policies.clone());
        view_rows::all(query.fetch_all(&self.readers).await?, view_rows::policy)
    }

    async fn unknown(&self) -> Result<Vec<UnknownRow>, Error> {
        let query = sqlx::query_as(self.texts.unknown.clone());
        Ok(query.fetch_all(&self.readers).await?.into_iter().map(view_rows::unknown).collect())
    }
}
