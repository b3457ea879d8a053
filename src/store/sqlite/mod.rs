//! The log in one SQLite file.
//!
//! One process holds the file (`lock.rs`), one connection writes it, a few read it. WAL with `synchronous = FULL`: a
//! commit that was answered survives a loss of power.

mod append;
mod generation;
mod generation_notes;
mod generation_read;
mod generation_relations;
mod generation_schema;
mod generation_scores;
mod generation_write;
mod generations;
mod known;
mod letters;
mod lock;
mod names;
mod read;
mod schema;
mod sent;
#[cfg(test)]
mod tests;
mod unpack;
mod wal;
mod write;

pub(super) use generations::Generations;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use async_trait::async_trait;
use kulta_events::{CustomerId, Instant, RecordId};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Encode, Sqlite, SqliteConnection, Type};
use tokio::sync::{Mutex, watch};
use uuid::Uuid;

use self::lock::FileLock;
use super::writer::Writer;
use super::{
    Append, AppendError, Appended, Claim, Clock, CommandResult, DeadLetter, Error, Log, NewKey, Options, Page,
    SentCustomer, StoredEvent, StoredRecord, TimelinePage, sql,
};

/// How long a statement waits for another connection; only checkpoints make connections wait at all.
const BUSY: Duration = Duration::from_secs(10);
/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 256;

/// A log in a file.
#[derive(Debug)]
pub(super) struct Store {
    shared: Arc<Shared>,
    readers: SqlitePool,
    writer: Writer,
    claims: Mutex<names::Claims>,
}

/// What the writer's task and the other writing calls share.
struct Shared {
    writer: Mutex<Option<SqliteConnection>>,
    head: watch::Sender<u64>,
    clock: Clock,
    wal: PathBuf,
    /// How long the WAL may be until it is tried again to empty it.
    next_wal_bytes: AtomicU64,
    /// Here and not in the store: a store that is dropped while its writer is at work keeps the file until that is done.
    lock: Mutex<Option<FileLock>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("wal", &self.wal).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the file, makes it when missing.
    pub(super) async fn open(path: &Path, options: &Options) -> Result<Self, Error> {
        let lock = FileLock::take(path, &options.holder)?;
        let connect = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(BUSY)
            .statement_cache_capacity(STATEMENTS)
            .foreign_keys(false)
            .pragma("temp_store", "MEMORY")
            .disable_statement_logging();
        // Looked at before a setting is: setting the journal mode writes to the file.
        let mut first = connect.clone().create_if_missing(true).connect().await?;
        let checked = schema::check_version(&mut first).await;
        // Closed in any case: what is dropped may leave its WAL behind when the process ends at once.
        first.close().await?;
        checked?;

        let mut writer = connect
            .clone()
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("cache_size", "-65536")
            .pragma("wal_autocheckpoint", wal::CHECKPOINT_PAGES)
            .connect()
            .await?;
        schema::migrate(&mut writer).await?;
        let head: i64 = sqlx::query_scalar(sql::HEAD).fetch_one(&mut writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(options.readers.max(1))
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(connect.read_only(true).pragma("query_only", "ON").pragma("cache_size", "-16384"));
        let shared = Arc::new(Shared {
            writer: Mutex::new(Some(writer)),
            head: watch::Sender::new(super::number::unsigned(head)?),
            clock: options.clock.clone(),
            wal: wal::path_of(path),
            next_wal_bytes: AtomicU64::new(0),
            lock: Mutex::new(Some(lock)),
        });
        let writer = Writer::start(append::Group { shared: shared.clone(), recent: super::recent::Recent::default() });
        Ok(Self { shared, readers, writer, claims: Mutex::default() })
    }
}

#[async_trait]
impl Log for Store {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.writer.append(append).await
    }

    async fn read(&self, page: &Page) -> Result<Vec<StoredEvent>, Error> {
        read::page(&self.readers, page).await
    }

    async fn timeline(&self, page: &TimelinePage) -> Result<Vec<StoredEvent>, Error> {
        read::timeline(&self.readers, page).await
    }

    fn head(&self) -> watch::Receiver<u64> {
        self.shared.head.subscribe()
    }

    async fn revision(&self, stream: &str) -> Result<Option<u64>, Error> {
        read::revision(&self.readers, stream).await
    }

    async fn position_at(&self, at: Instant) -> Result<u64, Error> {
        read::position_at(&self.readers, at).await
    }

    async fn records(&self, ids: &[RecordId]) -> Result<Vec<StoredRecord>, Error> {
        read::records(&self.readers, ids).await
    }

    async fn keys(&self, ids: &[RecordId]) -> Result<BTreeMap<RecordId, Vec<NewKey>>, Error> {
        read::keys(&self.readers, ids).await
    }

    async fn cursor(&self, name: &str) -> Result<Option<String>, Error> {
        letters::cursor(&self.readers, name).await
    }

    async fn sent(&self, topic: &str, ids: &[CustomerId]) -> Result<Vec<SentCustomer>, Error> {
        sent::sent(&self.readers, topic, ids).await
    }

    async fn sent_page(
        &self,
        topic: &str,
        after: Option<CustomerId>,
        limit: usize,
    ) -> Result<Vec<SentCustomer>, Error> {
        sent::page(&self.readers, topic, after, limit).await
    }

    async fn command_result(&self, key: Uuid) -> Result<Option<CommandResult>, Error> {
        letters::command_result(&self.readers, key).await
    }

    async fn dead_letters(&self, after: i64, limit: usize, only_open: bool) -> Result<Vec<DeadLetter>, Error> {
        letters::dead_letters(&self.readers, after, limit, only_open).await
    }

    async fn dead_letter(&self, id: i64) -> Result<Option<DeadLetter>, Error> {
        letters::dead_letter(&self.readers, id).await
    }

    async fn open_dead_letters(&self) -> Result<u64, Error> {
        letters::open_dead_letters(&self.readers).await
    }

    async fn dismiss_dead_letter(&self, id: i64) -> Result<bool, Error> {
        letters::dismiss(&mut *self.shared.write().await?, id).await
    }

    async fn actor(&self, name: &str) -> Result<i64, Error> {
        names::actor(&mut *self.shared.write().await?, name).await
    }

    async fn actor_name(&self, actor: i64) -> Result<Option<String>, Error> {
        names::actor_name(&self.readers, actor).await
    }

    async fn secret(&self) -> Result<Option<Vec<u8>>, Error> {
        names::secret(&self.readers).await
    }

    async fn init_secret(&self, wrapped: &[u8]) -> Result<Vec<u8>, Error> {
        names::init_secret(&mut *self.shared.write().await?, wrapped).await
    }

    async fn claim(&self, name: &str, holder: &str) -> Result<Option<Claim>, Error> {
        names::claim(self, name, holder).await
    }

    async fn ping(&self) -> Result<(), Error> {
        sqlx::query_scalar::<_, i64>(sql::HEAD).fetch_one(&self.readers).await?;
        Ok(())
    }

    async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
        if let Some(writer) = self.shared.writer.lock().await.take()
            && let Err(error) = writer.close().await
        {
            tracing::warn!(%error, "the database file was not closed well");
        }
        // Last: the next process must find nobody at the file.
        self.shared.lock.lock().await.take();
    }
}

/// Adds a parameter.
fn add<'q, T: Encode<'q, Sqlite> + Type<Sqlite>>(arguments: &mut SqliteArguments, value: T) -> Result<(), Error> {
    sqlx::Arguments::add(arguments, value).map_err(|error| sqlx::Error::Encode(error).into())
}
