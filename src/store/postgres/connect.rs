//! Connections, and what is set on each.

use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};
use tokio::time::Instant;

use super::schema;
use crate::store::Error;

/// How long a read waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(10);
/// How long a new connection may take.
const CONNECT: Duration = Duration::from_secs(15);
/// A connection that was not used for so long may be dead.
const RESTED: Duration = Duration::from_millis(500);
/// How long all connections are tried before use after one was found dead.
const DOUBTED: Duration = Duration::from_secs(10);
/// The writer's setting, held fast against a change of the server's while it is connected.
const HOLD_DURABILITY: &str = "SELECT set_config('synchronous_commit', current_setting('synchronous_commit'), false)";

/// Where the tables are. Left to the server, a user called `kulta` would find the schema of the documented views first,
/// and from its second start on make and see another, empty log there.
pub(super) const SCHEMA: (&str, &str) = ("search_path", "public");

/// Reads the address.
pub(super) fn options(url: &str) -> Result<PgConnectOptions, Error> {
    // The text may hold a password, the parser's complaint does not.
    let parsed = PgConnectOptions::from_str(url).map_err(|error| Error::Address(format!("postgres ({error})")))?;
    // The log is read by index only. Without statistics, as after a first import, the planner believes the tables small,
    // and a plan that it has kept would walk them for minutes.
    let settings = [
        SCHEMA,
        ("enable_seqscan", "off"),
        ("jit", "off"),
        // Statements are few and always go by index: planning them anew for each set of parameters costs more than many of
        // them take.
        ("plan_cache_mode", "force_generic_plan"),
        // A node that is frozen while it holds the log's lock must not stop the others for long.
        ("idle_in_transaction_session_timeout", "10000"),
        ("tcp_keepalives_idle", "30"),
        ("tcp_keepalives_interval", "10"),
        ("tcp_keepalives_count", "3"),
    ];
    Ok(parsed.application_name("kulta").options(settings).disable_statement_logging())
}

/// A connection of its own.
pub(super) async fn single(options: &PgConnectOptions) -> Result<PgConnection, Error> {
    let connecting = tokio::time::timeout(CONNECT, options.connect()).await;
    Ok(connecting.map_err(|_| Error::timed_out("no connection in time"))??)
}

/// The connection that writes the log, on a server that loses nothing.
pub(super) async fn writer(options: &PgConnectOptions) -> Result<PgConnection, Error> {
    let mut connection = single(options).await?;
    schema::check_settings(&mut connection).await?;
    connection.execute(HOLD_DURABILITY).await?;
    connection.execute("SET work_mem = '64MB'").await?;
    Ok(connection)
}

/// The connections that read, and what is known to be wrong with them.
pub(super) fn readers(options: &PgConnectOptions, count: u32, doubt: &Doubt) -> PgPool {
    pool(count, doubt).acquire_timeout(ACQUIRE).connect_lazy_with(options.clone())
}

/// When a connection of a pool was found dead last: others may have died with it.
#[derive(Clone, Debug, Default)]
pub(super) struct Doubt(Arc<Mutex<Option<Instant>>>);

impl Doubt {
    /// One was found dead now.
    pub(super) fn raise(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn is_fresh(&self) -> bool {
        let raised = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        raised.is_some_and(|raised| raised.elapsed() < DOUBTED)
    }
}

/// A pool that makes sure of a connection only when it has rested, or another was found dead lately: asking before each
/// read would double its round trips.
pub(super) fn pool(size: u32, doubt: &Doubt) -> PgPoolOptions {
    let doubt = doubt.clone();
    PgPoolOptions::new().max_connections(size.max(1)).test_before_acquire(false).before_acquire(
        move |connection, meta| {
            let unsure = meta.idle_for > RESTED || doubt.is_fresh();
            Box::pin(async move {
                if unsure {
                    connection.ping().await?;
                }
                Ok(true)
            })
        },
    )
}
