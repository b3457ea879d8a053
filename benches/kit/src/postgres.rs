//! PostgreSQL: the server of `KULTA_TEST_PG_URL` or one of our own, fresh databases, and the yardsticks over them.

use std::ffi::OsStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use kulta_test_support::cluster::Cluster;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::row::{Row, row};

const SCHEMA: &str = "CREATE TABLE event (position bigint PRIMARY KEY, stream text NOT NULL, revision bigint NOT NULL,
    event uuid NOT NULL UNIQUE, kind text NOT NULL, time bigint NOT NULL, payload jsonb NOT NULL,
    UNIQUE (stream, revision))";
const MANY: &str = "INSERT INTO event SELECT p, s, r, e, k, t, j::jsonb
    FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::uuid[], $5::text[], $6::bigint[], $7::text[])
    AS new (p, s, r, e, k, t, j)";
const ONE: &str = "INSERT INTO event VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb)";

/// A server.
#[derive(Debug)]
pub struct Postgres {
    url: String,
    _own: Option<Cluster>,
}

impl Postgres {
    /// The server that is named in the environment, or a cluster of our own.
    pub async fn start() -> Self {
        match std::env::var("KULTA_TEST_PG_URL") {
            Ok(url) => Self { url, _own: None },
            Err(_) => {
                let own = Cluster::new().await;
                Self { url: own.url(), _own: Some(own) }
            }
        }
    }

    /// Its version.
    pub async fn version(&self) -> String {
        let mut connection = connect(&self.url).await;
        sqlx::query_scalar("SHOW server_version").fetch_one(&mut connection).await.expect("the server has a version")
    }

    /// Makes an empty database; checkpoints first, so that nobody pays for the round before.
    pub async fn database(&self) -> Database {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("kulta_bench_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        execute(&self.url, "CHECKPOINT".to_owned()).await;
        execute(&self.url, format!("CREATE DATABASE {name}")).await;
        let (server, _) = self.url.rsplit_once('/').expect("an address names a database");
        Database { url: format!("{server}/{name}"), server: self.url.clone(), name }
    }
}

/// A database, to be dropped by hand.
#[derive(Debug)]
pub struct Database {
    /// Its address.
    pub url: String,
    server: String,
    name: String,
}

impl Database {
    /// Drops it, with whoever is connected.
    pub async fn drop(self) {
        execute(&self.server, format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)).await;
    }

    /// A connection.
    pub async fn connect(&self) -> PgConnection {
        connect(&self.url).await
    }
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("the server takes connections")
}

async fn execute(url: &str, statement: String) {
    let mut connection = connect(url).await;
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.expect("the statement is run");
}

/// Makes the yardsticks' table.
pub async fn make_table(database: &Database) {
    execute(&database.url, SCHEMA.to_owned()).await;
}

/// Inserts rows, 1,000 a statement.
pub async fn insert_many(connection: &mut PgConnection, rows: &[Row]) {
    for rows in rows.chunks(1_000) {
        sqlx::query(MANY)
            .bind(rows.iter().map(|row| row.position).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.stream.as_str()).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.revision).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.event).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.kind).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.time).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.payload.as_str()).collect::<Vec<_>>())
            .execute(&mut *connection)
            .await
            .expect("rows are inserted");
    }
}

/// Yardstick of batches: rows per second by INSERT … SELECT unnest of 1,000 rows with a jsonb payload, one connection.
pub async fn many_rows(server: &Postgres, rows: &[Row]) -> f64 {
    let database = server.database().await;
    make_table(&database).await;
    let mut connection = database.connect().await;
    let start = Instant::now();
    insert_many(&mut connection, rows).await;
    let rate = rows.len() as f64 / start.elapsed().as_secs_f64();
    drop(connection);
    database.drop().await;
    rate
}

/// Yardstick of single events: rows per second, one INSERT a transaction on so many connections, for so long.
pub async fn one_row(server: &Postgres, connections: u64, time: Duration) -> f64 {
    let database = server.database().await;
    make_table(&database).await;
    let mut tasks = Vec::new();
    for own in 0..connections {
        let mut connection = database.connect().await;
        tasks.push(async move {
            let (start, mut done) = (Instant::now(), 0_u64);
            while start.elapsed() < time {
                let row = row(done * connections + own + 1);
                let insert = sqlx::query(ONE).bind(row.position).bind(row.stream).bind(row.revision).bind(row.event);
                let insert = insert.bind(row.kind).bind(row.time).bind(row.payload);
                insert.execute(&mut connection).await.expect("a row is inserted");
                done += 1;
            }
            done
        });
    }
    let rate = per_second(tasks).await;
    database.drop().await;
    rate
}

/// What tasks that run side by side have done, each so many, per second.
async fn per_second(tasks: Vec<impl Future<Output = u64> + Send + 'static>) -> f64 {
    let start = Instant::now();
    let running: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
    let mut done = 0;
    for task in running {
        done += task.await.expect("a writer does not panic");
    }
    done as f64 / start.elapsed().as_secs_f64()
}

const COMMANDS: &str = "CREATE TABLE events (aggregate_type text NOT NULL, aggregate_id text NOT NULL,
    sequence bigint CHECK (sequence >= 0) NOT NULL, event_type text NOT NULL, event_version text NOT NULL,
    payload json NOT NULL, metadata json NOT NULL, PRIMARY KEY (aggregate_type, aggregate_id, sequence))";
const LOAD: &str =
    "SELECT aggregate_type, aggregate_id, sequence, event_type, event_version, payload::text, metadata::text
    FROM events WHERE aggregate_type = $1 AND aggregate_id = $2 ORDER BY sequence";
const PERSIST: &str = "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload,
    metadata) VALUES ($1, $2, $3, $4, $5, $6::text::json, $7::text::json)";

/// Yardstick of commands: what postgres-es does for one (it needs an older sqlx, so its statements are repeated here over
/// its table): load the aggregate's events and decode each, then insert one event in a transaction. Commands per second
/// on so many connections for so long.
pub async fn commands(server: &Postgres, connections: u64, time: Duration) -> f64 {
    let database = server.database().await;
    execute(&database.url, COMMANDS.to_owned()).await;
    let mut tasks = Vec::new();
    for own in 0..connections {
        let mut connection = database.connect().await;
        tasks.push(async move {
            let (start, mut done) = (Instant::now(), 0_u64);
            while start.elapsed() < time {
                // About 2,000 aggregates in turn, as in kulta's bench.
                let aggregate = format!("{:032x}", u128::from(done % 62 * connections + own));
                command(&mut connection, &aggregate).await;
                done += 1;
            }
            done
        });
    }
    let rate = per_second(tasks).await;
    database.drop().await;
    rate
}

/// The same through cqrs-es and postgres-es themselves, by the executable of `benches/with_postgres_es`.
pub async fn commands_of(executable: &OsStr, server: &Postgres, connections: u64, time: Duration) -> f64 {
    let database = server.database().await;
    let mut process = std::process::Command::new(executable);
    process.arg(&database.url).arg(connections.to_string()).arg(time.as_secs_f64().to_string());
    let output = process.output().expect("the yardstick starts");
    assert!(output.status.success(), "the yardstick failed: {}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8_lossy(&output.stdout).trim().parse().expect("commands per second are told");
    database.drop().await;
    told
}

async fn command(connection: &mut PgConnection, aggregate: &str) {
    type Loaded = (String, String, i64, String, String, String, String);
    let loaded: Vec<Loaded> =
        sqlx::query_as(LOAD).bind("customer").bind(aggregate).fetch_all(&mut *connection).await.expect("loads");
    let mut last = 0;
    for (_, _, sequence, _, _, payload, metadata) in &loaded {
        let decoded: [serde_json::Value; 2] =
            [payload, metadata].map(|text| serde_json::from_str(text).expect("what was written is JSON"));
        last = last.max(sequence + i64::from(decoded[0].is_null()));
    }
    let mut transaction = connection.begin().await.expect("begins");
    let payload =
        r#"{"ContactEdited":{"email":"anna.virtanen@example.fi","phone":"+358401234567","name":"Anna Virtanen"}}"#;
    let insert = sqlx::query(PERSIST).bind("customer").bind(aggregate).bind(last + 1).bind("customer.contact_edited");
    let insert = insert.bind("1").bind(payload).bind("{}");
    insert.execute(&mut *transaction).await.expect("an event is inserted");
    transaction.commit().await.expect("commits");
}

const PAGE: &str = "SELECT position, stream, revision, event, kind, time, payload FROM event WHERE position > $1
    ORDER BY position LIMIT 5000";

/// Yardstick of rebuilds: events per second of a paged read of a jsonb log, 5,000 a page, each payload decoded.
pub async fn read_log(server: &Postgres, rows: &[Row]) -> f64 {
    let database = server.database().await;
    make_table(&database).await;
    let mut connection = database.connect().await;
    insert_many(&mut connection, rows).await;
    sqlx::raw_sql("VACUUM ANALYZE event").execute(&mut connection).await.expect("vacuums");
    let (start, mut after, mut read) = (Instant::now(), 0_i64, 0_u64);
    loop {
        type Stored = (i64, String, i64, uuid::Uuid, String, i64, sqlx::types::Json<serde_json::Value>);
        let page: Vec<Stored> =
            sqlx::query_as(PAGE).bind(after).fetch_all(&mut connection).await.expect("a page is read");
        let Some(last) = page.last() else { break };
        after = last.0;
        read += page.iter().filter(|row| row.6.is_object()).count() as u64;
    }
    let rate = read as f64 / start.elapsed().as_secs_f64();
    drop(connection);
    database.drop().await;
    rate
}
