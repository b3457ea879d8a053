//! A database and the program that serves it.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::time::Duration;

use kulta_test_support::http::Client;
use kulta_test_support::process::{Program, Server};

const MASTER: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// How long a server may take to stop.
const STOP: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct Deployment {
    program: Program,
    /// The secret of its one access token: a client of a server that is gone must not talk to another test's.
    pub token: String,
    url: String,
}

impl Deployment {
    /// On a file of its own.
    pub fn sqlite() -> Self {
        let mut made = Self::postgres("");
        made.url = format!("sqlite://{}", made.program.directory().join("kulta.db").display());
        made
    }

    /// On this database.
    pub fn postgres(url: &str) -> Self {
        let token = format!("{:016x}", RandomState::new().hash_one(url));
        let program = Program::new(env!("CARGO_BIN_EXE_kulta")).env("KULTA_MASTER_KEY", MASTER).env("RUST_LOG", "warn");
        let configuration = format!("[[token]]\nname = \"tester\"\nsecret = \"{token}\"\n");
        fs::write(program.directory().join("kulta.toml"), configuration).unwrap();
        Self { program, token, url: url.to_owned() }
    }

    /// With something in the environment of each program.
    pub fn with(self, name: &str, value: &str) -> Self {
        Self { program: self.program.env(name, value), ..self }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The database's file, on SQLite.
    pub fn database_file(&self) -> Option<&Path> {
        self.url.strip_prefix("sqlite://").map(Path::new)
    }

    fn program(&self, verb: &str) -> Program {
        self.program.clone().args([verb, "--database-url", &self.url, "--config", "kulta.toml"])
    }

    pub fn serve(&self) -> Server {
        self.serve_at(&self.url, &[])
    }

    /// A node with these flags, whose database is reached at this address.
    pub fn serve_at(&self, url: &str, flags: &[&str]) -> Server {
        let program = self.program.clone().args(["serve", "--database-url", url, "--config", "kulta.toml"]);
        program.args(["--listen", "127.0.0.1:0"]).args(flags.iter().copied()).serve()
    }

    pub fn client(&self, server: &Server) -> Client {
        server.client().with_token(&self.token)
    }

    /// Stops the server in good order and compares the projections with the log.
    pub fn verify(&self, server: Server) {
        let log = server.stderr();
        assert_eq!(server.terminate(STOP).code(), Some(0), "{log}");
        let verified = self.program("verify").run();
        assert!(verified.last_line().ends_with("differences=0"), "{verified:#?}\nthe server said:\n{log}");
        assert_eq!(verified.status.code(), Some(0), "{verified:#?}");
    }
}
