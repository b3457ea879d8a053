//! Stores with a log and no generation yet, and rows to put into them.

use std::path::PathBuf;
use std::sync::Arc;

use kulta::store::Options;
use kulta::store::views::{self, Generations};
use kulta_events::Instant;
use kulta_projections::rows::RecordRow;
use kulta_test_support::pg::{self, TestDatabase};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Column, Connection, Executor, PgConnection, Row, SqlSafeStr, SqliteConnection};

/// The epoch that the projector holds at first.
pub const EPOCH: i64 = 1;

/// Rows of text.
pub type Table = Vec<Vec<Option<String>>>;

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
        self.set_head(1_000_000).await;
        self
    }

    /// What another node sees, or this one after a restart.
    pub async fn again(&self) -> Arc<dyn Generations> {
        open(&self.place).await
    }

    /// The log ends here.
    pub async fn set_head(&self, head: u64) {
        self.on_log(&format!("UPDATE log_state SET head = {head}")).await;
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

    /// The columns of a documented view of the live generation, and all it gives, as text.
    pub async fn view(&self, name: &str, order: &str) -> (Vec<String>, Table) {
        let sql = format!("SELECT * FROM kulta.{name}");
        let columns = match &self.place {
            Place::Sqlite(_) => columns_in_file(&mut self.reader().await, &sql.replace("kulta.", "kulta_")).await,
            Place::Postgres(_) => columns_on_server(&mut self.server().await, &sql).await,
        };
        let rows = self.query(&format!("{sql} ORDER BY {order}")).await;
        (columns, rows)
    }

    /// Runs a query as docs/sql-views.md has it; what it gives must be text, or is cast to it.
    pub async fn query(&self, sql: &str) -> Table {
        let sql = sql.trim().trim_end_matches(';');
        match &self.place {
            Place::Sqlite(_) => {
                let mut file = self.reader().await;
                let sql = sql.replace("kulta.", "kulta_");
                let texts = as_text(&columns_in_file(&mut file, &sql).await);
                let sql = format!("SELECT {texts} FROM ({sql}) AS result");
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut file).await.unwrap();
                rows.iter().map(|row| (0..row.len()).map(|at| row.get(at)).collect()).collect()
            }
            Place::Postgres(_) => {
                let mut server = self.server().await;
                sqlx::query("SET TIME ZONE 'UTC'").execute(&mut server).await.unwrap();
                let texts = as_text(&columns_on_server(&mut server, sql).await);
                let sql = format!("SELECT {texts} FROM ({sql}) AS result");
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut server).await.unwrap();
                rows.iter().map(|row| (0..row.len()).map(|at| row.get(at)).collect()).collect()
            }
        }
    }

    /// Puts a purchase by a record into the log, past the service.
    pub async fn add_purchase(&self, position: u64, record: &RecordRow) {
        let id = record.record.0.simple();
        let (uuid, bytes) =
            if self.has_files() { (format!("x'{id}'"), "x'00'") } else { (format!("'{id}'"), "'\\x00'") };
        let time = 1_700_000_000_000_000 + position;
        self.on_log(&format!(
            "INSERT INTO log (position, stream, revision, event_key, fingerprint, type, version, source, record_id, \
             time, recorded_at, actor, unit, part_count, unknown, sealed_id, facts) VALUES ({position}, 'record-{id}', \
             0, {uuid}, {uuid}, 'purchase.made', 1, '{}', {uuid}, {time}, {time}, 1, 'helsinki', 0, 0, {bytes}, \
             '{{\"amount\":\"{position}.50\",\"currency\":\"EUR\"}}')",
            record.source
        ))
        .await;
    }

    /// A session as docs/sql-views.md has it, with the view of the timeline (SQLite).
    async fn reader(&self) -> SqliteConnection {
        let mut file = self.live_file().await;
        let log = self.folder().join("kulta.db");
        let timeline = super::views::timeline_on_sqlite().replace("'kulta.db'", &format!("'{}'", log.display()));
        sqlx::raw_sql(AssertSqlSafe(timeline)).execute(&mut file).await.unwrap();
        file
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

/// The names of what a query gives (SQLite).
async fn columns_in_file(file: &mut SqliteConnection, sql: &str) -> Vec<String> {
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE TEMP VIEW query AS {sql}"))).execute(&mut *file).await.unwrap();
    let names = sqlx::query_scalar("SELECT name FROM pragma_table_info('query') ORDER BY cid");
    let names = names.fetch_all(&mut *file).await.unwrap();
    sqlx::raw_sql("DROP VIEW query").execute(file).await.unwrap();
    names
}

/// The names of what a query gives (PostgreSQL).
async fn columns_on_server(server: &mut PgConnection, sql: &str) -> Vec<String> {
    let described = server.describe(AssertSqlSafe(sql.to_owned()).into_sql_str()).await.unwrap();
    described.columns().iter().map(|column| column.name().to_owned()).collect()
}

fn as_text(columns: &[String]) -> String {
    let texts: Vec<_> = columns.iter().map(|name| format!("CAST(\"{name}\" AS text)")).collect();
    texts.join(", ")
}
