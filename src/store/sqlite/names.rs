//! Actors, the log's secret, and who holds a name.

use std::sync::{Arc, Weak};

use sqlx::SqliteConnection;
use sqlx::sqlite::SqlitePool;
use tokio::sync::{oneshot, watch};

use super::Store;
use crate::store::{Claim, Error, sql};

/// The number of an actor, made when the name is new.
pub(super) async fn actor(connection: &mut SqliteConnection, name: &str) -> Result<i64, Error> {
    if let Some(actor) = sqlx::query_scalar(sql::ACTOR).bind(name).fetch_optional(&mut *connection).await? {
        return Ok(actor);
    }
    sqlx::query(sql::ADD_ACTOR).bind(name).execute(&mut *connection).await?;
    Ok(sqlx::query_scalar(sql::ACTOR).bind(name).fetch_one(connection).await?)
}

/// The name of an actor, unless it was erased.
pub(super) async fn actor_name(readers: &SqlitePool, actor: i64) -> Result<Option<String>, Error> {
    let name: Option<Option<String>> = sqlx::query_scalar(sql::ACTOR_NAME).bind(actor).fetch_optional(readers).await?;
    Ok(name.flatten())
}

/// The log's own secret.
pub(super) async fn secret(readers: &SqlitePool) -> Result<Option<Vec<u8>>, Error> {
    Ok(sqlx::query_scalar(sql::SECRET).fetch_one(readers).await?)
}

/// Stores the secret if there is none; the one that holds.
pub(super) async fn init_secret(connection: &mut SqliteConnection, wrapped: &[u8]) -> Result<Vec<u8>, Error> {
    sqlx::query(sql::INIT_SECRET).bind(wrapped).execute(&mut *connection).await?;
    let secret: Option<Vec<u8>> = sqlx::query_scalar(sql::SECRET).fetch_one(connection).await?;
    secret.ok_or_else(|| Error::Inconsistent("the secret that was stored is not there".to_owned()))
}

/// Claims a name. The file lock keeps other processes out, so only this one's claims can stand in the way.
pub(super) async fn claim(store: &Store, name: &str, holder: &str) -> Result<Option<Claim>, Error> {
    let mut claims = store.claims.lock().await;
    if claims.get(name).is_some_and(|claim| claim.strong_count() > 0) {
        return Ok(None);
    }
    let epoch = {
        let mut connection = store.shared.write().await?;
        sqlx::query_scalar(sql::CLAIM).bind(name).bind(holder).fetch_one(&mut *connection).await?
    };
    let alive = Arc::new(());
    claims.insert(name.to_owned(), Arc::downgrade(&alive));
    let (release, released) = oneshot::channel::<()>();
    let (held, holding) = watch::channel(true);
    tokio::spawn(async move {
        let _ = released.await;
        drop((alive, held));
    });
    Ok(Some(Claim::new(epoch, holding, release)))
}

/// The claims of this process by name; a claim that was dropped no longer counts.
pub(super) type Claims = std::collections::HashMap<String, Weak<()>>;
