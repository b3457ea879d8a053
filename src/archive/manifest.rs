//! What belongs to an archive, and what each file must be.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use kulta_events::RecordId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::columns::{Column, Precision};
use super::{Error, files};

/// Its name.
pub const NAME: &str = "manifest.json";
const FORMAT: &str = "kulta-archive";
/// The version of the format that this binary reads and writes.
const VERSION: u32 = 1;

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Events: all of a range of records, as of when the base was written.
    Base,
    /// Events that came since.
    Delta,
    /// Which record belongs to which customer.
    Crosswalk,
    /// What archives had in the place of [`Role::Customers`] at first, by record: not read any more.
    Rows,
    /// The same in the order of customers: not read any more.
    Blocks,
    /// The events of the base once more, for replays: a block for each customer.
    Customers,
}

impl Role {
    /// Whether files of this role are events as Parquet.
    pub fn is_events(self) -> bool {
        matches!(self, Role::Base | Role::Delta)
    }
}

/// A file of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// How many rows it has.
    pub rows: u64,
    /// How many bytes it has.
    pub bytes: u64,
    /// Their SHA-256, in hexadecimal digits.
    pub sha256: String,
    /// Its first and last record; `None` without rows.
    pub records: Option<(RecordId, RecordId)>,
    /// Of blocks: the SHA-256 of the index at the end of the file, by which each customer's rows are checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
}

/// What belongs to an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `kulta-archive`.
    pub format: String,
    /// The format's version.
    pub version: u32,
    /// Tells the archives of different logs apart.
    pub log: Uuid,
    /// The position of the log up to which it tells everything.
    pub position: u64,
    /// What beside the log it was made of: another basis, and it is written anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Uuid>,
    /// How many events it holds: those that are about a record.
    pub events: u64,
    /// The earliest and the latest time of its events, microseconds since 1970-01-01T00:00:00Z.
    pub times: Option<(i64, i64)>,
    /// How finely its files tell times.
    pub precision: Precision,
    /// The facets' columns.
    pub columns: Vec<Column>,
    /// The event types that the log registers, as they were registered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<serde_json::Value>,
    /// The files; base files, and so the files of one delta, by record.
    pub files: Vec<File>,
}

/// A manifest as it stands in its file.
#[derive(Serialize, Deserialize)]
struct Sealed {
    /// SHA-256 of the manifest as JSON without white space.
    sha256: String,
    manifest: serde_json::Value,
}

impl Manifest {
    /// Of nothing.
    pub fn new(log: Uuid, position: u64, precision: Precision, columns: Vec<Column>) -> Self {
        let (format, version) = (FORMAT.to_owned(), VERSION);
        Self {
            format,
            version,
            log,
            position,
            basis: None,
            events: 0,
            times: None,
            precision,
            columns,
            types: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Its files of one role.
    pub fn files(&self, role: Role) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |file| file.role == role)
    }

    /// How many rows its files of one role have.
    pub fn rows(&self, role: Role) -> u64 {
        self.files(role).map(|file| file.rows).sum()
    }

    /// How many bytes all its files have.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Widens the range of times.
    pub fn spans(&mut self, times: Option<(i64, i64)>) {
        self.times = match (self.times, times) {
            (Some((low, high)), Some((first, last))) => Some((low.min(first), high.max(last))),
            (known, new) => known.or(new),
        };
    }

    /// Reads the manifest of an archive.
    pub fn read(dir: &Path) -> Result<Self, Error> {
        let damaged = |what: &str| Error::damaged(NAME, what);
        let path = dir.join(NAME);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(missing(dir)),
            Err(error) => return Err(Error::io(&path)(error)),
        };
        let sealed: Sealed = serde_json::from_slice(&text).map_err(|error| damaged(&error.to_string()))?;
        let version = sealed.manifest.get("version").and_then(serde_json::Value::as_u64);
        if sealed.manifest.get("format").and_then(serde_json::Value::as_str) != Some(FORMAT) {
            return Err(damaged("this is no manifest of an archive of kulta"));
        }
        if version != Some(u64::from(VERSION)) {
            let version = version.map_or_else(|| "unknown".to_owned(), |version| version.to_string());
            return Err(damaged(&format!("format version {version}; this program knows version {VERSION}")));
        }
        let manifest: Self = serde_json::from_value(sealed.manifest).map_err(|error| damaged(&error.to_string()))?;
        if manifest.digest() != sealed.sha256 {
            return Err(damaged("its content does not have its SHA-256"));
        }
        Ok(manifest)
    }

    /// Puts it in the place of the one that is there.
    pub fn write(&self, dir: &Path) -> Result<(), Error> {
        let manifest = serde_json::to_value(self).unwrap_or_default();
        let sealed = Sealed { sha256: self.digest(), manifest };
        let text = serde_json::to_string_pretty(&sealed).unwrap_or_default() + "\n";
        let new = dir.join(format!("{NAME}.new"));
        files::write(&new, text.as_bytes())?;
        files::rename(&new, &dir.join(NAME))?;
        files::sync(dir)
    }

    fn digest(&self) -> String {
        files::sha256(&serde_json::to_vec(self).unwrap_or_default())
    }
}

/// Without a manifest, files that only an archive has tell that there was one.
fn missing(dir: &Path) -> Error {
    let has_files = fs::read_dir(dir).is_ok_and(|mut entries| {
        entries.any(|entry| {
            entry.is_ok_and(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with("events-")))
        })
    });
    if has_files { Error::damaged(NAME, "it is missing") } else { Error::None(dir.to_owned()) }
}
