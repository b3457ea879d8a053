//! Actors, the log's secret, and who holds a name.

use std::time::Duration;

use sqlx::postgres::PgPool;
use sqlx::{Connection, PgConnection};
use tokio::sync::{oneshot, watch};
use tokio::time::{sleep, timeout};

use super::{Store, connect};
use crate::store::{Claim, Error, sql};

/// Namespace of our advisory locks: "kult".
pub(super) const LOCKS: i32 = 0x6b75_6c74;
const TRY_LOCK: &str = "SELECT pg_try_advisory_lock($1, hashtext($2))";
/// How often a holder makes sure that its session lives, and how long that may take.
const BEAT: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_secs(5);
/// A holder that is frozen keeps its session open, and the lock with it: the server ends a session that is silent for
/// several beats (PostgreSQL 14 and newer can).
pub(super) const END_WHEN_SILENT: &str =
    "SELECT set_config(name, '5000', false) FROM pg_settings WHERE name = 'idle_session_timeout'";

/// The number of an actor, made when the name is new.
pub(super) async fn actor(readers: &PgPool, name: &str) -> Result<i64, Error> {
    if let Some(actor) = sqlx::query_scalar(sql::ACTOR).bind(name).fetch_optional(readers).await? {
        return Ok(actor);
    }
    sqlx::query(sql::ADD_ACTOR).bind(name).execute(readers).await?;
    Ok(sqlx::query_scalar(sql::ACTOR).bind(name).fetch_one(readers).await?)
}

/// The name of an actor, unless it was erased.
pub(super) async fn actor_name(readers: &PgPool, actor: i64) -> Result<Option<String>, Error> {
    let name: Option<Option<String>> = sqlx::query_scalar(sql::ACTOR_NAME).bind(actor).fetch_optional(readers).await?;
    Ok(name.flatten())
}

/// The log's own secret.
pub(super) async fn secret(readers: &PgPool) -> Result<Option<Vec<u8>>, Error> {
    Ok(sqlx::query_scalar(sql::SECRET).fetch_one(readers).await?)
}

/// Stores the secret if there is none; the one that holds.
pub(super) async fn init_secret(readers: &PgPool, wrapped: &[u8]) -> Result<Vec<u8>, Error> {
    sqlx::query(sql::INIT_SECRET).bind(wrapped).execute(readers).await?;
    let secret: Option<Vec<u8>> = sqlx::query_scalar(sql::SECRET).fetch_one(readers).await?;
    secret.ok_or_else(|| Error::Inconsistent("the secret that was stored is not there".to_owned()))
}

/// Claims a name: an advisory lock of a session of its own. The server lets go of it when the session ends, however it
/// ends; the epoch in table `owner` then fences off who has not noticed.
pub(super) async fn claim(store: &Store, name: &str, holder: &str) -> Result<Option<Claim>, Error> {
    let mut session = connect::single(&store.shared.connect).await?;
    if !sqlx::query_scalar::<_, bool>(TRY_LOCK).bind(LOCKS).bind(name).fetch_one(&mut session).await? {
        session.close().await?;
        return Ok(None);
    }
    sqlx::query(END_WHEN_SILENT).execute(&mut session).await?;
    let epoch = sqlx::query_scalar(sql::CLAIM).bind(name).bind(holder).fetch_one(&mut session).await?;
    let (release, released) = oneshot::channel();
    let (held, holding) = watch::channel(true);
    tokio::spawn(keep(session, released, held));
    Ok(Some(Claim::new(epoch, holding, release)))
}

/// Keeps the session until the claim is dropped or the session breaks.
async fn keep(mut session: PgConnection, mut released: oneshot::Receiver<()>, held: watch::Sender<bool>) {
    loop {
        tokio::select! {
            _ = &mut released => break,
            () = sleep(BEAT) => {
                if !matches!(timeout(ANSWER, session.ping()).await, Ok(Ok(()))) {
                    tracing::warn!("the session that holds a name is lost");
                    held.send_replace(false);
                    return;
                }
            }
        }
    }
    held.send_replace(false);
    let _ = timeout(ANSWER, session.close()).await;
}
