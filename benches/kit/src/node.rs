//! The real binary: a fresh database, started, its memory.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use kulta_test_support::process::{Program, Server};

use crate::postgres::{Database, Postgres};

const MASTER: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Which store a bench runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Store {
    /// Both, or the one that `KULTA_BENCH_STORE` names: `sqlite` or `postgres`.
    pub fn wanted() -> Vec<Self> {
        match std::env::var("KULTA_BENCH_STORE").as_deref() {
            Ok("sqlite") => vec![Self::Sqlite],
            Ok("postgres") => vec![Self::Postgres],
            _ => vec![Self::Postgres, Self::Sqlite],
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// A running kulta on a database of its own.
#[derive(Debug)]
pub struct Node {
    /// The server.
    pub server: Server,
    /// Where its database is.
    pub url: String,
    program: Program,
    database: Option<Database>,
}

impl Node {
    /// Starts another node on the same database, which must be PostgreSQL.
    pub fn beside(&self, binary: &str) -> Server {
        program(binary).args(["serve", "--listen", "127.0.0.1:0", "--database-url", &self.url]).serve()
    }

    /// Starts the binary (`env!("CARGO_BIN_EXE_kulta")`, or another build of it that `KULTA_BENCH_BINARY` names) on a
    /// fresh database.
    pub async fn start(binary: &str, store: Store, postgres: &Postgres) -> Self {
        let program = program(binary);
        let (url, database) = match store {
            Store::Sqlite => (format!("sqlite://{}", program.directory().join("kulta.db").display()), None),
            Store::Postgres => {
                let database = postgres.database().await;
                (database.url.clone(), Some(database))
            }
        };
        let program = program.args(["serve", "--listen", "127.0.0.1:0", "--database-url", &url]);
        Self { server: program.serve(), url, program, database }
    }

    /// Stops it and starts it again on its database, with these variables set.
    pub fn again(self, variables: &[(&str, &str)]) -> Self {
        let Self { server, url, mut program, database } = self;
        server.terminate(Duration::from_secs(120));
        for (name, value) in variables {
            program = program.env(name, value);
        }
        Self { server: program.serve(), url, program, database }
    }

    /// The sum of its numbers whose names begin like this.
    pub fn metric(&self, name: &str) -> f64 {
        let text = self.server.client().get("/metrics").send().expect_status(200).text();
        let numbers = text.lines().filter(|line| line.starts_with(name)).filter_map(|line| line.rsplit(' ').next());
        numbers.filter_map(|number| number.parse::<f64>().ok()).sum()
    }

    /// Its log's head and how far the projections are behind.
    pub fn standing(&self) -> (u64, u64) {
        let answer = self.server.client().get("/v1/projections").send().expect_status(200).json();
        let number = |name: &str| answer["items"][0][name].as_u64().expect("a projection has a position and a lag");
        (number("position") + number("lag"), number("lag"))
    }

    /// Waits until the projections have got to the head: how long that took.
    ///
    /// # Panics
    /// When they have not in ten minutes.
    pub fn catch_up(&self) -> Duration {
        self.catch_up_within(Duration::from_secs(600))
    }

    /// The same, with a bound of its own.
    ///
    /// # Panics
    /// When they have not until then.
    pub fn catch_up_within(&self, most: Duration) -> Duration {
        let start = Instant::now();
        let (head, _) = self.standing();
        let target = format!("/v1/customers/00000000-0000-0000-0000-000000000000?after={head}");
        let mut client = self.server.client();
        // Waits in the server until it has got there; its own bound ends in 503, then we ask again.
        while self.standing().1 > 0 {
            let _ = client.get(&target).send();
            assert!(start.elapsed() < most, "the projections do not catch up");
        }
        start.elapsed()
    }

    /// Resident memory now and at its highest, in MB.
    pub fn memory(&self) -> (f64, f64) {
        memory(self.server.pid())
    }

    /// Stops it and drops its database.
    pub async fn stop(self) {
        self.server.terminate(Duration::from_secs(120));
        if let Some(database) = self.database {
            database.drop().await;
        }
    }
}

fn program(binary: &str) -> Program {
    let other = std::env::var_os("KULTA_BENCH_BINARY");
    let program = Program::new(other.as_deref().map_or(Path::new(binary), Path::new));
    program.env("KULTA_MASTER_KEY", MASTER).env("RUST_LOG", "warn")
}

/// Resident memory of a process now and at its highest, in MB.
pub fn memory(pid: u32) -> (f64, f64) {
    let status = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("status")).unwrap_or_default();
    let of = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
        kilobytes.unwrap_or(0.0) / 1024.0
    };
    (of("VmRSS:"), of("VmHWM:"))
}
