//! A fresh database per test on the PostgreSQL server that `tests/run.sh` brings up.
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Address of the server, with a superuser.
///
/// # Panics
/// When there is none: a test that needs PostgreSQL is never skipped in silence.
pub fn server_url() -> String {
    std::env::var("KULTA_TEST_PG_URL")
        .expect("KULTA_TEST_PG_URL is not set: these tests need PostgreSQL, run ./tests/run.sh")
}

/// Where the server of an address listens, and the same address by way of somebody who stands before it.
///
/// # Panics
/// When the address names no user or no database.
pub fn by_way_of(url: &str, somebody: SocketAddr) -> (String, String) {
    let (start, rest) = url.split_once('@').expect("an address with a user");
    let (server, database) = rest.split_once('/').expect("an address with a database");
    (server.to_owned(), format!("{start}@{somebody}/{database}"))
}

/// A database of one test's own, dropped with this value.
#[derive(Debug)]
pub struct TestDatabase {
    server: String,
    name: String,
    url: String,
    gone: bool,
}

/// Makes an empty database.
pub async fn database() -> TestDatabase {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let server = server_url();
    let made = MADE.fetch_add(1, Ordering::Relaxed);
    // A named server may hold what an earlier run left behind, or serve another machine's runs too.
    let random = RandomState::new().hash_one(made);
    let name = format!("kulta_test_{}_{made}_{random:016x}", std::process::id());
    execute(&server, format!("CREATE DATABASE {name}"))
        .await
        .unwrap_or_else(|error| panic!("cannot make a database on the server of KULTA_TEST_PG_URL: {error}"));
    TestDatabase { url: with_database(&server, &name), server, name, gone: false }
}

impl TestDatabase {
    /// `postgres://…` address of the database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name on the server.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A connection of its own, for planting and looking up rows past the service.
    pub async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.expect("a database made a moment ago takes connections")
    }

    /// Drops the database now, with whoever is connected to it.
    pub async fn close(mut self) {
        self.gone = true;
        let _ = execute(&self.server, self.drop_statement()).await;
    }

    fn drop_statement(&self) -> String {
        format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)
    }
}

/// Best effort: the server may be gone, or be stopped and removed a moment later anyway.
impl Drop for TestDatabase {
    fn drop(&mut self) {
        if self.gone {
            return;
        }
        let (server, statement) = (self.server.clone(), self.drop_statement());
        // The caller may be inside a runtime, which must not be blocked on by itself.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                let _ = runtime.block_on(execute(&server, statement));
            }
        });
        let _ = dropping.join();
    }
}

async fn execute(url: &str, statement: String) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
    connection.close().await
}

/// The address with another database name; user, host and parameters stay.
fn with_database(url: &str, name: &str) -> String {
    let (address, parameters) = match url.split_once('?') {
        Some((address, parameters)) => (address, format!("?{parameters}")),
        None => (url, String::new()),
    };
    let authority = address.find("://").map_or(0, |scheme| scheme + "://".len());
    let server = match address[authority..].find('/') {
        Some(slash) => &address[..authority + slash],
        None => address,
    };
    format!("{server}/{name}{parameters}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_database_of_an_address_changes() {
        for (url, expected) in [
            ("postgres://kulta@127.0.0.1:5432/postgres", "postgres://kulta@127.0.0.1:5432/t"),
            ("postgres://h", "postgres://h/t"),
            ("postgres://u:p@h/db?sslmode=disable&a=/b", "postgres://u:p@h/t?sslmode=disable&a=/b"),
            ("postgresql:///db?host=/run/pg", "postgresql:///t?host=/run/pg"),
        ] {
            assert_eq!(with_database(url, "t"), expected);
        }
    }

    async fn exists(name: &str) -> bool {
        let mut connection = PgConnection::connect(&server_url()).await.unwrap();
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(name)
            .fetch_one(&mut connection)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn databases_are_fresh_and_go_with_their_test() {
        let (first, second) = (database().await, database().await);
        let mut connection = first.connect().await;
        sqlx::query("CREATE TABLE t (a integer)").execute(&mut connection).await.unwrap();
        let mut other = second.connect().await;
        let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_tables WHERE tablename = 't'")
            .fetch_one(&mut other)
            .await
            .unwrap();
        assert_eq!(tables, 0);

        // Somebody still connected does not keep it alive.
        let (first_name, second_name) = (first.name().to_owned(), second.name().to_owned());
        assert!(exists(&first_name).await);
        first.close().await;
        drop(second);
        assert!(!exists(&first_name).await);
        assert!(!exists(&second_name).await);
    }

    #[tokio::test]
    async fn the_server_keeps_what_it_acknowledges() {
        let database = database().await;
        let mut connection = database.connect().await;
        for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
            let value: String = sqlx::query_scalar("SELECT current_setting($1)")
                .bind(setting)
                .fetch_one(&mut connection)
                .await
                .unwrap();
            assert_eq!(value, "on", "{setting}");
        }
    }
}
