//! The program on either store, as its users meet it, and what is asked of its database past the service.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kulta_test_support::http::{Client, Response};
use kulta_test_support::pg::{self, TestDatabase};
use kulta_test_support::process::{Program, Server};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

/// The master key of databases on PostgreSQL, which makes none of its own.
pub const MASTER_KEY: &str = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";
/// How long a server may take to end.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub const BATCH: &str = "application/cloudevents-batch+json";
pub const SINGLE: &str = "application/cloudevents+json";
pub const LINES: &str = "application/x-ndjson";

/// A database of its own, and the program set up for it.
pub struct Place {
    kulta: Program,
    database: Option<TestDatabase>,
}

impl Place {
    /// `sqlite://kulta.db` in the program's directory: what kulta takes when it is told nothing.
    pub fn sqlite() -> Self {
        Self { kulta: Program::new(env!("CARGO_BIN_EXE_kulta")), database: None }
    }

    pub fn postgresql() -> Self {
        let database = block_on(pg::database());
        let kulta = Program::new(env!("CARGO_BIN_EXE_kulta"))
            .env("KULTA_DATABASE_URL", database.url())
            .env("KULTA_MASTER_KEY", MASTER_KEY);
        Self { kulta, database: Some(database) }
    }

    pub fn is_sqlite(&self) -> bool {
        self.database.is_none()
    }

    pub fn database_url(&self) -> String {
        let sqlite = || format!("sqlite://{}", self.kulta.directory().join("kulta.db").display());
        self.database.as_ref().map_or_else(sqlite, |database| database.url().to_owned())
    }

    pub fn directory(&self) -> PathBuf {
        self.kulta.directory().to_owned()
    }

    pub fn kulta<const N: usize>(&self, arguments: [&str; N]) -> Program {
        self.kulta.clone().args(arguments)
    }

    /// The program in the same directory, told of no database.
    pub fn alone<const N: usize>(&self, arguments: [&str; N]) -> Program {
        self.kulta(arguments).env("KULTA_DATABASE_URL", "sqlite:///nowhere/kulta.db")
    }

    pub fn server(&self) -> Program {
        self.kulta(["serve", "--listen", "127.0.0.1:0"])
    }

    pub fn serve(&self) -> Server {
        self.server().serve()
    }

    /// Writes a file that the program finds by this name.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.kulta.directory().join(name), content).unwrap();
    }

    /// Runs statements on the log's database.
    pub fn execute(&self, sql: &str) {
        self.run("kulta.db", sql);
    }

    /// Runs statements on the tables of the live generation.
    pub fn execute_live(&self, sql: &str) {
        self.run("kulta.db-live", sql);
    }

    fn run(&self, file: &str, sql: &str) {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        block_on(async {
            match self.connect(file).await {
                Connected::Sqlite(mut connection) => {
                    sql.execute(&mut connection).await.unwrap();
                    connection.close().await.unwrap();
                }
                Connected::Postgres(mut connection) => {
                    sql.execute(&mut connection).await.unwrap();
                    connection.close().await.unwrap();
                }
            }
        });
    }

    /// The first column, which is text, of what a query of the log's database gives.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        self.query("kulta.db", sql)
    }

    /// The same of the tables of the live generation.
    pub fn texts_live(&self, sql: &str) -> Vec<String> {
        self.query("kulta.db-live", sql)
    }

    fn query(&self, file: &str, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        block_on(async {
            match self.connect(file).await {
                // Closed before it answers: SQLite takes away its own files when it closes, which must not be while they are
                // looked at.
                Connected::Sqlite(mut connection) => {
                    let found = sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap();
                    connection.close().await.unwrap();
                    found
                }
                Connected::Postgres(mut connection) => {
                    let found = sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap();
                    connection.close().await.unwrap();
                    found
                }
            }
        })
    }

    async fn connect(&self, file: &str) -> Connected {
        match &self.database {
            None => {
                // The link is followed first: SQLite keeps its own files beside the name that it was given.
                let path = self.kulta.directory().join(file).canonicalize().unwrap();
                let url = format!("sqlite://{}", path.display());
                Connected::Sqlite(SqliteConnection::connect(&url).await.unwrap())
            }
            Some(database) => {
                let mut connection = PgConnection::connect(database.url()).await.unwrap();
                let live: i64 =
                    sqlx::query_scalar("SELECT coalesce(max(number), 0) FROM public.generation WHERE state = 'live'")
                        .fetch_one(&mut connection)
                        .await
                        .unwrap_or(0);
                let first = if file.ends_with("-live") { format!("kulta_g{live}, ") } else { String::new() };
                let path = format!("SET search_path TO {first}public");
                sqlx::raw_sql(AssertSqlSafe(path)).execute(&mut connection).await.unwrap();
                Connected::Postgres(connection)
            }
        }
    }

    /// An id as it stands in a statement.
    pub fn id(&self, id: &str) -> String {
        if self.is_sqlite() { format!("x'{}'", id.replace('-', "")) } else { format!("'{id}'::uuid") }
    }

    /// Every row of every table, of the log and of the live generation, as text.
    pub fn rows(&self) -> BTreeMap<String, Vec<String>> {
        let mut rows = self.rows_of("kulta.db", "log");
        rows.extend(self.rows_of("kulta.db-live", "live"));
        rows
    }

    fn rows_of(&self, file: &str, prefix: &str) -> BTreeMap<String, Vec<String>> {
        let tables = if self.is_sqlite() {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        } else if prefix == "log" {
            "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'"
        } else {
            "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()"
        };
        let all = |table: &String| {
            let sql = if self.is_sqlite() {
                let columns = format!(
                    "SELECT group_concat('quote(\"' || name || '\")', '||''|''||') FROM pragma_table_info('{table}')"
                );
                format!("SELECT {} AS row FROM \"{table}\" ORDER BY row", self.query(file, &columns)[0])
            } else {
                format!("SELECT t::text AS row FROM \"{table}\" AS t ORDER BY row")
            };
            (format!("{prefix}.{table}"), self.query(file, &sql))
        };
        self.query(file, tables).iter().map(all).collect()
    }
}

enum Connected {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub fn event(source: &str, subject: &str, id: &str, time: &str, type_name: &str, data: Value) -> Value {
    json!({"specversion": "1.0", "id": id, "source": source, "type": type_name, "subject": subject, "time": time,
        "data": data})
}

/// What asks in the tests.
pub trait Asks {
    /// Publishes a batch; every event of it is accepted. Gives the position to wait for.
    fn accepted(&mut self, events: &[Value]) -> u64;
    /// Publishes a batch: one result per event.
    fn publish(&mut self, events: &[Value]) -> Vec<Value>;
    /// A GET that is answered 200.
    fn read(&mut self, target: &str) -> Value;
    /// A command as JSON.
    fn send(&mut self, method: &str, target: &str, body: &Value) -> Response;
    /// Waits until everything that the log holds is projected; gives its last position.
    fn caught_up(&mut self) -> u64;
    /// The id of a record, when everything is projected.
    fn record(&mut self, source: &str, subject: &str) -> String;
    /// A customer by source and subject of one of its records, when everything is projected.
    fn customer(&mut self, source: &str, subject: &str) -> Value;
}

impl Asks for Client {
    fn accepted(&mut self, events: &[Value]) -> u64 {
        let request = self.post("/v1/events").body(BATCH, json!(events).to_string());
        let answer = request.send().expect_status(200).json();
        let refused = answer["results"].as_array().unwrap().iter().find(|result| result["status"] != "accepted");
        assert_eq!(refused, None);
        answer["position"].as_u64().unwrap()
    }

    fn publish(&mut self, events: &[Value]) -> Vec<Value> {
        let request = self.post("/v1/events").body(BATCH, json!(events).to_string());
        request.send().expect_status(200).json()["results"].as_array().unwrap().clone()
    }

    fn read(&mut self, target: &str) -> Value {
        self.get(target).send().expect_status(200).json()
    }

    fn send(&mut self, method: &str, target: &str, body: &Value) -> Response {
        self.request(method, target).json(body).send()
    }

    fn caught_up(&mut self) -> u64 {
        let standing = self.read("/v1/projections")["items"][0].clone();
        let head = standing["position"].as_u64().unwrap() + standing["lag"].as_u64().unwrap();
        for _ in 0..20 {
            let response = self.get(&format!("/v1/survivorship-policy?after={head}")).send();
            if response.status == 200 {
                return head;
            }
            response.expect_status(503);
        }
        panic!("not projected up to {head}: {standing}");
    }

    fn record(&mut self, source: &str, subject: &str) -> String {
        self.caught_up();
        let record = self.read(&format!("/v1/records/{}/{}", encoded(source), encoded(subject)));
        record["record_id"].as_str().unwrap().to_owned()
    }

    fn customer(&mut self, source: &str, subject: &str) -> Value {
        self.caught_up();
        let record = self.read(&format!("/v1/records/{}/{}", encoded(source), encoded(subject)));
        self.read(&format!("/v1/customers/{}", text(&record, "customer_id")))
    }
}

/// A member that is text.
#[track_caller]
pub fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("{member} is no text in {value}"))
}

/// Percent-encoded, as a part of a path.
pub fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// The page of a list, and all behind it.
pub fn pages(client: &mut Client, target: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut page = client.read(target);
    loop {
        items.append(page["items"].as_array_mut().unwrap());
        let Some(next) = page["next"].as_str() else { return items };
        let joint = if target.contains('?') { '&' } else { '?' };
        page = client.read(&format!("{target}{joint}cursor={next}"));
    }
}

/// Every file of the directory that belongs to the database and holds data: not the lock, nor what looking at a file
/// in WAL mode makes beside it.
pub fn database_files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> = entries
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .filter(|(name, _)| name.starts_with("kulta.db") && !name.ends_with(".lock") && !name.ends_with("-shm"))
        .map(|(name, path)| (name, fs::read(path).unwrap()))
        .filter(|(_, bytes)| !bytes.is_empty())
        .collect();
    files.sort();
    files
}

/// That nothing was written: the same files or tables hold the same.
#[track_caller]
pub fn unchanged(before: &[(String, Vec<u8>)], after: &[(String, Vec<u8>)]) {
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(after), names(before));
    let changed: Vec<_> = before.iter().zip(after).filter(|(one, two)| one != two).map(|(one, _)| &one.0).collect();
    assert!(changed.is_empty(), "a refused start changed {changed:?}");
}
