//! Commits a group of appends in one transaction.
//!
//! Several nodes write. What orders them is the one row of `log_state`: whoever changes it first has given out the next
//! positions, and its number of commits tells everybody else that what they have looked up is old.
//!
//! A group looks up without a lock and writes everything with one statement that begins by advancing that row from the
//! number of commits that was looked up: two round trips, no lock held in between; one, when all that it needs is
//! remembered, and a small one besides for streams that are not ([`Recent`]). When another node was faster nothing is written; then the group locks the row, looks up, writes,
//! commits, and so do the next few.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::{Executor, PgConnection};
use tokio::time::timeout;
use uuid::Uuid;

use super::{Shared, connect, known, write};
use crate::store::log::Append;
use crate::store::number::signed;
use crate::store::plan::{Known, Plan, Wanted, plan, sealed_anew};
use crate::store::recent::{Guess, Recent};
use crate::store::writer::{Attempt, Commit, Outcome, Trace};
use crate::store::{Error, sql};

/// How many groups lock after another node was faster: it will be so again.
const LOCK_AFTER_LOSS: u32 = 32;
/// How long a group may take; then its connection is given up as dead.
const COMMIT: Duration = Duration::from_secs(60);
/// How long a connection may take to roll back.
const ROLLBACK: Duration = Duration::from_secs(5);
/// A new statement after it sees everything that was committed before.
const LOCK: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT 1 FROM log_state FOR UPDATE";
const STORED_EVENT: &str = "SELECT event_key, sealed_id, recorded_at FROM log WHERE position = $1";

/// The writer's way into the database.
pub(super) struct Group {
    shared: Arc<Shared>,
    connection: Option<PgConnection>,
    /// Groups that still take the lock at once.
    lock_for: u32,
    /// Whether the group at work has begun a transaction.
    locked: bool,
    recent: Recent,
}

impl Group {
    pub(super) fn new(shared: Arc<Shared>, connection: PgConnection) -> Self {
        Self { shared, connection: Some(connection), lock_for: 0, locked: false, recent: Recent::default() }
    }
}

#[async_trait]
impl Commit for Group {
    async fn commit(&mut self, group: &[Append], attempt: &mut Attempt) -> Result<Vec<Outcome>, Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect::writer(&self.shared.connect).await?,
        };
        let result = timeout(COMMIT, self.commit_on(&mut connection, group, attempt)).await;
        match result.unwrap_or_else(|_| Err(Error::timed_out("the log was not written in time"))) {
            Ok(head) => {
                self.connection = Some(connection);
                self.shared.committed(head);
                Ok(attempt.answers())
            }
            Err(error) => {
                self.recent.forget();
                // A connection in doubt is dropped, which rolls back too; the next try makes another.
                let sound = matches!(error, Error::Refused(_))
                    && (!self.locked || matches!(timeout(ROLLBACK, connection.execute("ROLLBACK")).await, Ok(Ok(_))));
                self.connection = sound.then_some(connection);
                Err(error)
            }
        }
    }
}

impl Group {
    /// Commits; the head that is committed afterwards.
    async fn commit_on(
        &mut self,
        connection: &mut PgConnection,
        group: &[Append],
        attempt: &mut Attempt,
    ) -> Result<u64, Error> {
        self.locked = false;
        let wanted = Wanted::of(group);
        // After a lost connection its transaction may still be at work: only the lock makes sure that it has ended.
        let retry = attempt.trace().is_some();
        if !retry && self.lock_for == 0 {
            if let Some(head) = self.write_guessing(connection, group, &wanted, attempt).await? {
                return Ok(head);
            }
            let (known, commits) = self.look_up(connection, &wanted).await?;
            let group = sealed_anew(group, &known);
            let mut plan = plan(&group, known, (self.shared.clock)());
            attempt.note(&mut plan);
            if plan.is_empty() {
                return Ok(plan.head);
            }
            if write::write(connection, &plan, commits, &[]).await? {
                self.recent.committed(&plan, commits);
                return Ok(plan.head);
            }
            self.lock_for = LOCK_AFTER_LOSS;
        } else {
            self.lock_for = self.lock_for.saturating_sub(1);
        }
        self.recent.forget();
        self.locked = true;
        sqlx::raw_sql(LOCK).execute(&mut *connection).await?;
        if retry && is_committed(connection, attempt.trace()).await? {
            let head = sqlx::query_scalar(sql::HEAD).fetch_one(&mut *connection).await?;
            connection.execute("COMMIT").await?;
            return crate::store::number::unsigned(head);
        }
        let (known, commits) = known::look_up(connection, &wanted, &wanted.streams).await?;
        let group = sealed_anew(group, &known);
        let mut plan = plan(&group, known, (self.shared.clock)());
        attempt.note(&mut plan);
        write_locked(connection, &plan, commits).await?;
        Ok(plan.head)
    }
}

impl Group {
    /// Looks up what this node does not remember.
    async fn look_up(&mut self, connection: &mut PgConnection, wanted: &Wanted) -> Result<(Known, i64), Error> {
        let (remembered, asked) = self.recent.share(wanted);
        let (mut known, commits) = known::look_up(connection, wanted, &asked).await?;
        if self.recent.is_of(commits) && !Recent::overlooked(wanted, &known, &remembered) {
            known.revisions.extend(remembered);
            return Ok((known, commits));
        }
        if !self.recent.is_of(commits) {
            self.recent.forget();
        }
        if asked.len() == wanted.streams.len() {
            return Ok((known, commits));
        }
        known::look_up(connection, wanted, &wanted.streams).await
    }

    /// Writes by what this node remembers; `None` when that is not enough, or was wrong. Nothing is written then.
    async fn write_guessing(
        &mut self,
        connection: &mut PgConnection,
        group: &[Append],
        wanted: &Wanted,
        attempt: &mut Attempt,
    ) -> Result<Option<u64>, Error> {
        let Some(Guess { mut known, commits, asked }) = self.recent.guess(wanted) else { return Ok(None) };
        let Some(relied) = self.recent.rely(group, &mut known) else { return Ok(None) };
        if !asked.is_empty() {
            let (revisions, now) = known::revisions(connection, &asked).await?;
            if now != commits {
                return Ok(None);
            }
            known.revisions.extend(revisions);
        }
        let group = sealed_anew(group, &known);
        let mut plan = plan(&group, known, (self.shared.clock)());
        attempt.note(&mut plan);
        if plan.is_empty() {
            return Ok(Some(plan.head));
        }
        match write::write(connection, &plan, commits, &relied).await {
            Ok(true) => {
                self.recent.committed(&plan, commits);
                Ok(Some(plan.head))
            }
            Ok(false) => {
                self.recent.forget();
                Ok(None)
            }
            Err(Error::Refused(_)) => {
                self.recent.was_wrong();
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

async fn write_locked(connection: &mut PgConnection, plan: &Plan<'_>, commits: i64) -> Result<(), Error> {
    if !plan.is_empty() && !write::write(connection, plan, commits, &[]).await? {
        return Err(Error::Inconsistent("the log was written although its counter was locked".to_owned()));
    }
    connection.execute("COMMIT").await?;
    Ok(())
}

/// Whether an earlier try of this group was committed although its answer was lost.
async fn is_committed(connection: &mut PgConnection, trace: Option<&Trace>) -> Result<bool, Error> {
    match trace {
        None | Some(Trace::None) => Ok(false),
        Some(Trace::Event { position, key, sealed_id, recorded_at }) => {
            let stored: Option<(Uuid, Vec<u8>, i64)> =
                sqlx::query_as(STORED_EVENT).bind(signed(*position)).fetch_optional(connection).await?;
            Ok(stored.is_some_and(|stored| stored == (*key, sealed_id.clone(), recorded_at.micros())))
        }
        Some(Trace::Result(result)) => {
            let row = sqlx::query(sql::COMMAND_RESULT).bind(result.key).fetch_optional(connection).await?;
            row.map_or(Ok(false), |row| Ok(known::result(&row)? == *result))
        }
    }
}
