//! How a node learns of what other nodes have committed.
//!
//! A node tells the others over NOTIFY, after its commits and apart from them: inside, NOTIFY takes a lock of the whole
//! server until the commit is durable. Should the word get lost, a look at the counter every half second finds it out.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgListener, PgPool};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::Shared;
use crate::store::{Error, number, sql};

const CHANNEL: &str = "kulta_log";
const TELL: &str = "SELECT pg_notify('kulta_log', $1)";
/// Without a word for so long, the node looks itself.
const LOOK: Duration = Duration::from_millis(500);
/// The least time between two words: what was committed meanwhile is in the next one.
const PAUSE: Duration = Duration::from_millis(20);

/// Follows the other nodes until it is dropped.
pub(super) async fn follow(shared: Arc<Shared>, readers: PgPool, listening: PgPool) {
    let mut listener = None;
    loop {
        if let Err(error) = turn(&shared, &readers, &listening, &mut listener).await {
            listener = None;
            tracing::warn!(%error, "the head of the log cannot be followed, trying again");
            sleep(LOOK).await;
        }
    }
}

async fn turn(
    shared: &Shared,
    readers: &PgPool,
    listening: &PgPool,
    listener: &mut Option<PgListener>,
) -> Result<(), Error> {
    let listener = match listener {
        Some(listener) => listener,
        None => {
            let mut new = PgListener::connect_with(listening).await?;
            new.listen(CHANNEL).await?;
            listener.insert(new)
        }
    };
    if let Ok(word) = timeout(LOOK, listener.recv()).await {
        // Said after the commit, so it is committed.
        if let Ok(head) = word?.payload().parse() {
            shared.learn(head);
            return Ok(());
        }
    }
    let head: i64 = sqlx::query_scalar(sql::HEAD).fetch_one(readers).await?;
    shared.learn(number::unsigned(head)?);
    Ok(())
}

/// Tells the other nodes what this one has committed, until it is dropped.
pub(super) async fn tell(mut committed: watch::Receiver<u64>, readers: PgPool) {
    while committed.changed().await.is_ok() {
        let head = *committed.borrow_and_update();
        if let Err(error) = sqlx::query(TELL).bind(head.to_string()).execute(&readers).await {
            tracing::debug!(%error, "the other nodes were not told");
        }
        sleep(PAUSE).await;
    }
}
