//! The settings of a node: defaults < file (`--config`) < environment (`KULTA_*`) < flags.
//!
//! Every key stands once, in [`keys::KEYS`]: file, environment and flags go through the same reader, and the table in
//! `docs/configuration.md` is checked against it. Access tokens stand in the file only.

mod archive;
mod business;
mod file;
mod kafka;
pub mod keys;
mod roles;
pub mod token;
mod value;
mod webhooks;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use archive::Archive;
pub use business::Business;
pub use kafka::Kafka;
use keys::KEYS;
pub use roles::{Role, Roles};
pub use token::{Permission, Permissions, Token};
pub use webhooks::Webhooks;

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret of this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// The settings of a node.
#[derive(Clone)]
pub struct Settings {
    /// Where the log is, `sqlite://FILE` or `postgres://…`.
    pub database_url: String,
    /// Where to listen.
    pub listen: SocketAddr,
    /// What the node does beside answering requests.
    pub roles: Roles,
    /// The master key itself.
    pub master_key: Option<Secret>,
    /// The file that holds the master key.
    pub master_key_file: Option<PathBuf>,
    /// How log lines look.
    pub log_format: LogFormat,
    /// What bounds requests and answers.
    pub limits: Limits,
    /// How long things may take.
    pub timeouts: Timeouts,
    /// When the company works, and what counts as contact with a customer.
    pub business: Business,
    /// The archive that the node keeps for its replays.
    pub archive: Archive,
    /// How Kafka is reached, and what is read there.
    pub kafka: Kafka,
    /// How subscribers are called.
    pub webhooks: Webhooks,
    /// The access tokens; when there are none, everybody on this machine is trusted.
    pub tokens: Vec<Token>,
}

/// What bounds requests and answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest body of a request, in bytes, also after decompression.
    pub body_bytes: usize,
    /// All bodies that are in work at one time, in bytes.
    pub bodies_bytes: usize,
    /// The most events of one request.
    pub batch_events: usize,
    /// The most open connections.
    pub connections: usize,
    /// Items of a page when the caller names no limit.
    pub page_size: usize,
    /// The most items of a page.
    pub max_page_size: usize,
    /// The most events that the projecting node may be behind before it folds together with others that are ready.
    pub fold_alone: usize,
}

/// How long things may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// From the first byte of a request (or the opening of a connection) to the end of its headers.
    pub header: Duration,
    /// From the headers to the end of the body.
    pub body: Duration,
    /// An idle connection between two requests.
    pub idle: Duration,
    /// An answer whose reader takes nothing.
    pub write: Duration,
    /// The longest that a reader may ask to wait for something new.
    pub wait: Duration,
    /// Requests in work when the node is told to stop.
    pub shutdown: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        const MIB: usize = 1 << 20;
        Self {
            database_url: "sqlite://kulta.db".to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 7373)),
            roles: Roles::default(),
            master_key: None,
            master_key_file: None,
            log_format: LogFormat::Text,
            limits: Limits {
                body_bytes: 32 * MIB,
                bodies_bytes: 128 * MIB,
                batch_events: 10_000,
                connections: 1_024,
                page_size: 100,
                max_page_size: 1_000,
                fold_alone: 400_000,
            },
            timeouts: Timeouts {
                header: Duration::from_secs(10),
                body: Duration::from_secs(60),
                idle: Duration::from_secs(75),
                write: Duration::from_secs(30),
                wait: Duration::from_secs(30),
                shutdown: Duration::from_secs(20),
            },
            business: Business::default(),
            archive: Archive::default(),
            kafka: Kafka::default(),
            webhooks: Webhooks::default(),
            tokens: Vec::new(),
        }
    }
}

impl std::fmt::Debug for Settings {
    /// Without secrets: neither the master key nor a password in the database's address.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Settings");
        for key in KEYS {
            shown.field(key.name, &format_args!("{}", (key.show)(self)));
        }
        shown.field("tokens", &self.tokens).finish()
    }
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read.
    #[error("{path}")]
    File {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Something in the file is wrong.
    #[error("{path}:{line}: {reason}")]
    InFile {
        /// Which file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// Something in the environment is wrong.
    #[error("environment variable {name}: {reason}")]
    Environment {
        /// Which variable.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A flag is wrong.
    #[error("--{name}: {reason}")]
    Flag {
        /// Which flag, without its hyphens.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// Each setting is fine, but not with the others.
    #[error("{0}")]
    Together(String),
}

impl Settings {
    /// Settings from all places. `environment` is what the process was given; `flags` are pairs of key and value.
    ///
    /// # Errors
    /// Names the file and line, variable or flag that is wrong, without the value.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &[(&'static str, String)],
    ) -> Result<Self, Error> {
        let mut settings = Self::default();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|source| Error::File { path: path.display().to_string(), source })?;
            file::read(&mut settings, &text).map_err(|(line, reason)| Error::InFile {
                path: path.display().to_string(),
                line,
                reason,
            })?;
        }
        for (name, value) in environment {
            // What else is called KULTA_… is not refused: container platforms set such variables by themselves.
            if let Some(key) = KEYS.iter().find(|key| key.variable() == name) {
                (key.set)(&mut settings, &value).map_err(|reason| Error::Environment { name, reason })?;
            }
        }
        for (name, value) in flags {
            if let Some(key) = KEYS.iter().find(|key| key.name == *name) {
                let flag = name.replace('_', "-");
                (key.set)(&mut settings, value).map_err(|reason| Error::Flag { name: flag, reason })?;
            }
        }
        settings.check()?;
        Ok(settings)
    }

    /// Whether these settings can stand together.
    ///
    /// # Errors
    /// [`Error::Together`].
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |reason: String| Err(Error::Together(reason));
        if !self.listen.ip().to_canonical().is_loopback() && self.tokens.is_empty() {
            return refuse(format!(
                "refusing to listen on {}, which other machines can reach, without access tokens: \
                 configure at least one [[token]], or listen on 127.0.0.1",
                self.listen
            ));
        }
        if self.master_key.is_some() && self.master_key_file.is_some() {
            return refuse("both master_key and master_key_file are given: give one".to_owned());
        }
        let alone = !["postgres://", "postgresql://"].iter().any(|scheme| self.database_url.starts_with(scheme));
        if alone && !self.roles.have(Role::Project) {
            return refuse("the one node of a SQLite database must have the role project".to_owned());
        }
        if self.limits.page_size > self.limits.max_page_size {
            return refuse("limits.page_size is greater than limits.max_page_size".to_owned());
        }
        if self.limits.body_bytes > self.limits.bodies_bytes {
            return refuse("limits.body_bytes is greater than limits.bodies_bytes".to_owned());
        }
        if let Err(error) = self.business.hours() {
            return refuse(format!("business: {error}"));
        }
        self.kafka.check().map_err(Error::Together)?;
        token::check_all(&self.tokens).map_err(Error::Together)
    }
}

#[cfg(test)]
mod tests;
