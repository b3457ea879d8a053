//! The log in a PostgreSQL database, written by any number of nodes.
//!
//! A node has one connection that writes, a few that read, and one that listens for what other nodes write.

mod append;
mod connect;
mod follow;
mod generation;
mod generation_copy;
mod generation_notes;
mod generation_reached;
mod generation_read;
mod generation_relations;
mod generation_schema;
mod generation_scores;
mod generation_write;
mod generations;
mod known;
mod letters;
mod names;
mod read;
mod schema;
mod sent;
mod share_filling;
mod share_tables;
mod sharing;
mod steps;
#[cfg(test)]
mod tests;
mod write;

pub(super) use generations::Generations;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use kulta_events::{CustomerId, Instant, RecordId};
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgPool};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use self::connect::Doubt;
use super::number::unsigned;
use super::writer::Writer;
use super::{
    Append, AppendError, Appended, Claim, Clock, CommandResult, DeadLetter, Error, Log, NewKey, Options, Page,
    SentCustomer, StoredEvent, StoredRecord, TimelinePage, sql,
};

/// A log on a server.
#[derive(Debug)]
pub(super) struct Store {
    shared: Arc<Shared>,
    readers: PgPool,
    doubt: Doubt,
    listening: PgPool,
    writer: Writer,
    tasks: [JoinHandle<()>; 2],
}

/// What the writer's task and the followers share.
struct Shared {
    connect: PgConnectOptions,
    clock: Clock,
    /// The last position committed by any node, as far as known.
    head: watch::Sender<u64>,
    /// The last position committed by this node.
    committed: watch::Sender<u64>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("head", &*self.head.borrow()).finish_non_exhaustive()
    }
}

impl Shared {
    /// This node has committed up to `head`.
    fn committed(&self, head: u64) {
        if self.learn(head) {
            self.committed.send_replace(head);
        }
    }

    /// Some node has committed up to `head`. Words may come late: the head never falls.
    fn learn(&self, head: u64) -> bool {
        self.head.send_if_modified(|known| {
            let news = head > *known;
            *known = head.max(*known);
            news
        })
    }
}

impl Store {
    /// Connects, checks the server's settings, brings the schema to this version.
    pub(super) async fn open(url: &str, options: &Options) -> Result<Self, Error> {
        let connect = connect::options(url)?;
        let mut writer = connect::writer(&connect).await?;
        // Migrations lock the database in their session: a session of their own lets go of it whatever happens.
        let mut migrating = connect::single(&connect).await?;
        schema::migrate(&mut migrating).await?;
        migrating.close().await?;
        let head = unsigned(sqlx::query_scalar(sql::HEAD).fetch_one(&mut writer).await?)?;
        let doubt = Doubt::default();
        let readers = connect::readers(&connect, options.readers, &doubt);
        let listening = connect::readers(&connect, 1, &doubt);
        let shared = Arc::new(Shared {
            connect,
            clock: options.clock.clone(),
            head: watch::Sender::new(head),
            committed: watch::Sender::new(head),
        });
        let tasks = [
            tokio::spawn(follow::follow(shared.clone(), readers.clone(), listening.clone())),
            tokio::spawn(follow::tell(shared.committed.subscribe(), readers.clone())),
        ];
        let writer = Writer::start(append::Group::new(shared.clone(), writer));
        Ok(Self { shared, readers, doubt, listening, writer, tasks })
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Reads once more when the connection was dead: that it was cut since its last use says nothing about the server.
macro_rules! retried {
    ($store:ident, $read:expr) => {
        match $read {
            Err(error) if error.is_cut() => {
                $store.doubt.raise();
                $read
            }
            done => done,
        }
    };
}

#[async_trait]
impl Log for Store {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.writer.append(append).await
    }

    async fn read(&self, page: &Page) -> Result<Vec<StoredEvent>, Error> {
        retried!(self, read::page(&self.readers, page).await)
    }

    async fn timeline(&self, page: &TimelinePage) -> Result<Vec<StoredEvent>, Error> {
        retried!(self, read::timeline(&self.readers, page).await)
    }

    fn head(&self) -> watch::Receiver<u64> {
        self.shared.head.subscribe()
    }

    async fn revision(&self, stream: &str) -> Result<Option<u64>, Error> {
        retried!(self, read::revision(&self.readers, stream).await)
    }

    async fn position_at(&self, at: Instant) -> Result<u64, Error> {
        retried!(self, read::position_at(&self.readers, at).await)
    }

    async fn records(&self, ids: &[RecordId]) -> Result<Vec<StoredRecord>, Error> {
        retried!(self, read::records(&self.readers, ids).await)
    }

    async fn keys(&self, ids: &[RecordId]) -> Result<BTreeMap<RecordId, Vec<NewKey>>, Error> {
        retried!(self, read::keys(&self.readers, ids).await)
    }

    async fn cursor(&self, name: &str) -> Result<Option<String>, Error> {
        retried!(self, letters::cursor(&self.readers, name).await)
    }

    async fn sent(&self, topic: &str, ids: &[CustomerId]) -> Result<Vec<SentCustomer>, Error> {
        retried!(self, sent::sent(&self.readers, topic, ids).await)
    }

    async fn sent_page(
        &self,
        topic: &str,
        after: Option<CustomerId>,
        limit: usize,
    ) -> Result<Vec<SentCustomer>, Error> {
        retried!(self, sent::page(&self.readers, topic, after, limit).await)
    }

    async fn command_result(&self, key: Uuid) -> Result<Option<CommandResult>, Error> {
        retried!(self, letters::command_result(&self.readers, key).await)
    }

    async fn dead_letters(&self, after: i64, limit: usize, only_open: bool) -> Result<Vec<DeadLetter>, Error> {
        retried!(self, letters::dead_letters(&self.readers, after, limit, only_open).await)
    }

    async fn dead_letter(&self, id: i64) -> Result<Option<DeadLetter>, Error> {
        retried!(self, letters::dead_letter(&self.readers, id).await)
    }

    async fn open_dead_letters(&self) -> Result<u64, Error> {
        retried!(self, letters::open_dead_letters(&self.readers).await)
    }

    async fn dismiss_dead_letter(&self, id: i64) -> Result<bool, Error> {
        letters::dismiss(&self.readers, id).await
    }

    async fn actor(&self, name: &str) -> Result<i64, Error> {
        names::actor(&self.readers, name).await
    }

    async fn actor_name(&self, actor: i64) -> Result<Option<String>, Error> {
        retried!(self, names::actor_name(&self.readers, actor).await)
    }

    async fn secret(&self) -> Result<Option<Vec<u8>>, Error> {
        retried!(self, names::secret(&self.readers).await)
    }

    async fn init_secret(&self, wrapped: &[u8]) -> Result<Vec<u8>, Error> {
        names::init_secret(&self.readers, wrapped).await
    }

    async fn claim(&self, name: &str, holder: &str) -> Result<Option<Claim>, Error> {
        names::claim(self, name, holder).await
    }

    async fn ping(&self) -> Result<(), Error> {
        let head: i64 = sqlx::query_scalar(sql::HEAD).fetch_one(&self.readers).await?;
        self.shared.learn(unsigned(head)?);
        Ok(())
    }

    async fn close(&self) {
        self.writer.close().await;
        for task in &self.tasks {
            task.abort();
        }
        self.readers.close().await;
        self.listening.close().await;
    }
}
