//! Stores with a log and no generation yet, and rows to put into them.

use std::path::PathBuf;
use std::sync::Arc;

use kulta::store::Options;
use kulta::store::views::{self, Generations};
use kulta_events::Instant;
use kulta_test_support::pg::{self, TestDatabase};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Column, Connection, PgConnection, Row, SqliteConnection};

/// The epoch that the projector holds at first.
pub const EPOCH: i64 = 1;

/// A store under test.
pub struct Store {
    pub generations: Arc<dyn Generations>,
    place: Place,
}

enum Place {
    Sqlite(tempfile::TempDir),
    Postgres(TestDatabase),
}

impl Store {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kulta.db");
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let mut log = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::query("PRAGMA journal_mode = WAL").execute(&mut log).await.unwrap();
        migrations("sqlite").await.run(&mut log).await.unwrap();
        log.close().await.unwrap();
        let place = Place::Sqlite(folder);
        Self { generations: open(&place).await, place }.with_epoch(EPOCH).await
    }

    pub async fn postgres() -> Self {
        let database = pg::database().await;
        migrations("postgres").await.run(&mut database.connect().await).await.unwrap();
        let place = Place::Postgres(database);
        Self { generations: open(&place).await, place }.with_epoch(EPOCH).await
    }

    async fn with_epoch(self, epoch: i64) -> Self {
        self.set_epoch(epoch).await;
        self
    }

    /// What another node sees, or this one after a restart.
    pub async fn again(&self) -> Arc<dyn Generations> {
        open(&self.place).await
    }

    /// Another projector takes over.
    pub async fn set_epoch(&self, epoch: i64) {
        self.on_log(&format!(
            "INSERT INTO owner (name, epoch, holder) VALUES ('projector', {epoch}, 'test') \
             ON CONFLICT (name) DO UPDATE SET epoch = excluded.epoch"
        ))
        .await;
    }

    /// Runs SQL on the log's database.
    pub async fn on_log(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.place {
            Place::Sqlite(_) => {
                sqlx::raw_sql(sql).execute(&mut self.file("kulta.db").await).await.unwrap();
            }
            Place::Postgres(database) => {
                sqlx::raw_sql(sql).execute(&mut database.connect().await).await.unwrap();
            }
        }
    }

    /// Runs SQL on the tables of a generation, which `{g}` stands before.
    pub async fn on_tables(&self, number: i64, sql: &str) {
        match &self.place {
            Place::Sqlite(_) => {
                let sql = AssertSqlSafe(sql.replace("{g}", ""));
                let mut file = self.file(&format!("kulta.db-g{number}")).await;
                sqlx::raw_sql(sql).execute(&mut file).await.unwrap();
            }
            Place::Postgres(_) => self.on_log(&sql.replace("{g}", &format!("kulta_g{number}."))).await,
        }
    }

    /// The columns of a documented view as the live generation has it, and all it gives, as text.
    pub async fn view(&self, name: &str, order: &str) -> (Vec<String>, Vec<Vec<Option<String>>>) {
        match &self.place {
            Place::Sqlite(_) => sqlite_view(&mut self.live_file().await, name, order).await,
            Place::Postgres(database) => postgres_view(&mut database.connect().await, name, order).await,
        }
    }

    /// What is found through the link to the live generation (SQLite).
    pub async fn live_file(&self) -> SqliteConnection {
        self.file("kulta.db-live").await
    }

    /// A connection to the log's database (PostgreSQL).
    pub async fn server(&self) -> PgConnection {
        match &self.place {
            Place::Sqlite(_) => panic!("SQLite has no server"),
            Place::Postgres(database) => database.connect().await,
        }
    }

    /// Whether a generation is a file.
    pub fn has_files(&self) -> bool {
        matches!(self.place, Place::Sqlite(_))
    }

    /// Takes the tables of a generation away, as when the log alone is brought back from a backup.
    pub async fn lose_tables(&self, number: i64) {
        match &self.place {
            Place::Sqlite(folder) => {
                std::fs::remove_file(folder.path().join(format!("kulta.db-g{number}"))).unwrap();
            }
            Place::Postgres(_) => self.on_log(&format!("DROP SCHEMA kulta_g{number} CASCADE")).await,
        }
    }

    /// The folder of the files (SQLite).
    pub fn folder(&self) -> PathBuf {
        match &self.place {
            Place::Sqlite(folder) => folder.path().to_owned(),
            Place::Postgres(_) => panic!("PostgreSQL has no folder"),
        }
    }

    /// The generations of which there are files or schemas, by number.
    pub async fn traces(&self) -> Vec<i64> {
        let mut found: Vec<i64> = match &self.place {
            Place::Sqlite(folder) => {
                let files = std::fs::read_dir(folder.path()).unwrap();
                let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
                names.filter_map(|name| name.strip_prefix("kulta.db-g")?.parse().ok()).collect()
            }
            Place::Postgres(_) => {
                let sql = "SELECT substr(nspname, 8)::bigint FROM pg_namespace WHERE nspname LIKE 'kulta\\_g%'";
                sqlx::query_scalar(sql).fetch_all(&mut self.server().await).await.unwrap()
            }
        };
        found.sort_unstable();
        found
    }

    async fn file(&self, name: &str) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.folder().join(name)).create_if_missing(false);
        SqliteConnection::connect_with(&options).await.unwrap()
    }
}

async fn open(place: &Place) -> Arc<dyn Generations> {
    let options = Options::new(Arc::new(|| Instant::from_micros(1_767_225_600_000_000)));
    let url = match place {
        Place::Sqlite(folder) => folder.path().join("kulta.db").to_str().unwrap().to_owned(),
        Place::Postgres(database) => database.url().to_owned(),
    };
    views::open(&url, &options).await.unwrap()
}

async fn migrations(of: &str) -> Migrator {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("migrations").join(of);
    Migrator::new(folder).await.unwrap()
}

async fn sqlite_view(file: &mut SqliteConnection, name: &str, order: &str) -> (Vec<String>, Vec<Vec<Option<String>>>) {
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info($1) ORDER BY cid")
        .bind(format!("kulta_{name}"))
        .fetch_all(&mut *file)
        .await
        .unwrap();
    let texts: Vec<_> = names.iter().map(|name| format!("CAST(\"{name}\" AS TEXT)")).collect();
    let sql = format!("SELECT {} FROM kulta_{name} ORDER BY {order}", texts.join(", "));
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(file).await.unwrap();
    (names, rows.iter().map(|row| (0..row.len()).map(|at| row.get(at)).collect()).collect())
}

async fn postgres_view(
    connection: &mut PgConnection,
    name: &str,
    order: &str,
) -> (Vec<String>, Vec<Vec<Option<String>>>) {
    let sql = format!("SELECT * FROM kulta.{name} LIMIT 0");
    let described = sqlx::Executor::describe(&mut *connection, sqlx::SqlSafeStr::into_sql_str(AssertSqlSafe(sql)));
    let names: Vec<String> =
        described.await.unwrap().columns().iter().map(|column| column.name().to_owned()).collect();
    let texts: Vec<_> = names.iter().map(|name| format!("\"{name}\"::text")).collect();
    sqlx::query("SET TIME ZONE 'UTC'").execute(&mut *connection).await.unwrap();
    let sql = format!("SELECT {} FROM kulta.{name} ORDER BY {order}", texts.join(", "));
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap();
    (names, rows.iter().map(|row| (0..row.len()).map(|at| row.get(at)).collect()).collect())
}
