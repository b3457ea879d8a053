//! Generations as schemas of the log's database, `kulta_g<number>`.
//!
//! Which one is live stands in table `generation`; other nodes learn of a swap by asking again. What they still read of
//! a generation that is removed meanwhile fails as [`Error::Unavailable`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Executor, PgConnection, PgPool, Postgres, Transaction};

use super::super::sharing::Sharing;
use super::super::{Clock, Error, Options, views};
use super::connect::{self, Doubt, SCHEMA};
use super::generation::Tables;
use super::generation_reached::Reached;
use super::generation_schema::{create_indexes, create_tables, create_views, drop_schema};
use super::sharing::Session;

/// Connections that write: the live tables, and the workers that fill new ones.
const WRITERS: u32 = 4;
/// Connections for shares, while there are any: some that write, and some that read for them.
const SHARERS: u32 = 8;
/// How long those are kept afterwards.
const UNUSED: Duration = Duration::from_secs(30);

/// The tail of what a crash takes away is projected again: the checkpoint goes with it. So commits need not wait. And a
/// node that is frozen while it writes must not keep the others from taking over.
///
/// Golden records are compressed; lz4 costs a fraction of what the server's default does, where it was built in.
const SESSION: &str = "SET synchronous_commit = off; SET idle_in_transaction_session_timeout = '5s';
SELECT set_config(name, 'lz4', false) FROM pg_settings
WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)";
/// Whoever reads a view for long must not stop all others, who would wait behind the swap.
const LOCK: &str = "SET LOCAL lock_timeout = '3s'; LOCK TABLE generation IN SHARE ROW EXCLUSIVE MODE";

/// Its tables may be missing: somebody may have brought back a part of the database only.
const LIVE: &str = "
SELECT number FROM generation
WHERE state = 'live' AND to_regclass('kulta_g' || number || '.checkpoint') IS NOT NULL";
const ADD: &str = "INSERT INTO generation (created_at, state) VALUES ($1, 'building') RETURNING number";
const TAKE_BUILDING: &str = "DELETE FROM generation WHERE state = 'building' RETURNING number";
const TAKE_OTHERS: &str = "DELETE FROM generation WHERE state <> 'live' AND number <> ALL ($1) RETURNING number";
const RETIRE: &str = "UPDATE generation SET state = 'retired' WHERE state = 'live' AND number <> $1";
const SET_LIVE: &str = "UPDATE generation SET state = 'live' WHERE number = $1";
const FENCE: &str = "SELECT epoch FROM owner WHERE name = 'projector' AND epoch = $1 FOR SHARE";

/// The generations in one database.
pub(in crate::store) struct Generations {
    readers: PgPool,
    writers: PgPool,
    /// For shares of a rebuild, whose transactions are long.
    pub(super) sharers: PgPool,
    /// What this node shares rebuilds with others by.
    pub(super) session: Session,
    reached: Reached,
    clock: Clock,
    /// One handle for each, so that its statements are prepared once.
    opened: Mutex<HashMap<i64, Weak<Tables>>>,
}

impl std::fmt::Debug for Generations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Generations").finish_non_exhaustive()
    }
}

impl Generations {
    /// The generations in the database at `url`, whose schema must be at this binary's version.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(in crate::store) async fn open(url: &str, options: &Options) -> Result<Self, Error> {
        let connect: PgConnectOptions = url.parse()?;
        let connect = connect.application_name("kulta projections").options([SCHEMA]).disable_statement_logging();
        let writers = connect::pool(WRITERS, &Doubt::default())
            .after_connect(|connection, _| Box::pin(async move { connection.execute(SESSION).await.map(drop) }))
            .connect_with(connect.clone())
            .await?;
        let sharers = connect::pool(SHARERS, &Doubt::default())
            .after_connect(|connection, _| Box::pin(async move { connection.execute(SESSION).await.map(drop) }))
            .min_connections(0)
            .idle_timeout(UNUSED)
            .connect_lazy_with(connect.clone());
        let reached = Reached::default();
        let held_against = reached.clone();
        let readers = connect::pool(options.readers, &Doubt::default()).after_connect(move |connection, _| {
            let reached = held_against.clone();
            Box::pin(async move {
                connection.execute(SESSION).await?;
                let behind = || sqlx::Error::Protocol("the server has lost commits of the projections".to_owned());
                if reached.is_there_still(connection).await? { Ok(()) } else { Err(behind()) }
            })
        });
        let session = Session::new(connect.clone());
        let readers = readers.connect_lazy_with(connect);
        Ok(Self { readers, writers, sharers, session, reached, clock: options.clock.clone(), opened: Mutex::default() })
    }

    pub(super) fn handle(&self, number: i64) -> Arc<Tables> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tables) = opened.get(&number).and_then(Weak::upgrade) {
            return tables;
        }
        let tables = Arc::new(Tables::new(number, self.readers.clone(), self.writers.clone(), self.reached.clone()));
        opened.retain(|_, tables| tables.strong_count() > 0);
        opened.insert(number, Arc::downgrade(&tables));
        tables
    }

    /// A transaction that no other node's can run beside; readers of the table go on.
    async fn alone(&self) -> Result<Transaction<'static, Postgres>, Error> {
        let mut transaction = self.writers.begin().await?;
        transaction.execute(LOCK).await?;
        Ok(transaction)
    }

    async fn find_live(&self) -> Result<i64, Error> {
        let number = sqlx::query_scalar(LIVE).fetch_optional(&self.writers).await?;
        if let Some(number) = number {
            return Ok(number);
        }
        let mut transaction = self.alone().await?;
        // Another node may have been quicker.
        let number = sqlx::query_scalar(LIVE).fetch_optional(&mut *transaction).await?;
        if let Some(number) = number {
            return Ok(number);
        }
        let number = self.add(&mut transaction).await?;
        create_indexes(&mut transaction, number).await?;
        make_live(&mut transaction, number).await?;
        transaction.commit().await?;
        Ok(number)
    }

    async fn add(&self, connection: &mut PgConnection) -> Result<i64, Error> {
        let created_at = (self.clock)().micros();
        let number = sqlx::query_scalar(ADD).bind(created_at).fetch_one(&mut *connection).await?;
        create_tables(connection, number).await?;
        Ok(number)
    }
}

/// Holds the projector's epoch until the end of the transaction.
pub(super) async fn fence(connection: &mut PgConnection, epoch: i64) -> Result<(), Error> {
    let held: Option<i64> = sqlx::query_scalar(FENCE).bind(epoch).fetch_optional(connection).await?;
    held.map(drop).ok_or(Error::Fenced)
}

async fn make_live(connection: &mut PgConnection, number: i64) -> Result<(), Error> {
    sqlx::query(RETIRE).bind(number).execute(&mut *connection).await?;
    if sqlx::query(SET_LIVE).bind(number).execute(&mut *connection).await?.rows_affected() != 1 {
        return Err(Error::Inconsistent(format!("generation {number} was removed")));
    }
    create_views(connection, number).await
}

#[async_trait]
impl views::Generations for Generations {
    async fn live(&self) -> Result<Arc<dyn views::Generation>, Error> {
        Ok(self.handle(self.find_live().await?))
    }

    async fn build(&self, epoch: i64) -> Result<Arc<dyn views::Generation>, Error> {
        let mut transaction = self.alone().await?;
        fence(&mut transaction, epoch).await?;
        let left: Vec<i64> = sqlx::query_scalar(TAKE_BUILDING).fetch_all(&mut *transaction).await?;
        for number in left {
            drop_schema(&mut transaction, number).await?;
        }
        let number = self.add(&mut transaction).await?;
        transaction.commit().await?;
        Ok(self.handle(number))
    }

    async fn swap(&self, generation: &Arc<dyn views::Generation>, epoch: i64) -> Result<(), Error> {
        let number = generation.number();
        let mut transaction = self.alone().await?;
        fence(&mut transaction, epoch).await?;
        make_live(&mut transaction, number).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn remove_others(&self, keep: &[i64], epoch: i64) -> Result<(), Error> {
        let mut transaction = self.alone().await?;
        fence(&mut transaction, epoch).await?;
        let removed: Vec<i64> = sqlx::query_scalar(TAKE_OTHERS).bind(keep).fetch_all(&mut *transaction).await?;
        for number in removed {
            drop_schema(&mut transaction, number).await?;
        }
        transaction.commit().await?;
        self.reached.keep(keep);
        Ok(())
    }

    fn are_shared(&self) -> bool {
        true
    }

    fn sharing(&self) -> Option<&dyn Sharing> {
        Some(self)
    }

    async fn close(&self) {
        self.session.end().await;
        self.readers.close().await;
        self.sharers.close().await;
        self.writers.close().await;
    }
}
