//! The archive: the facts of the log by columns, in Parquet files that other tools read too.
//!
//! `docs/archive.md` says what lies in its directory. The only place that uses the `parquet` crate.
//!
//! | file | what |
//! |---|---|
//! | `manifest` | what belongs to an archive, and what each file must be |
//! | `columns` | which columns the facets have |
//! | `segment` | facts to a file |
//! | `segments` | facts to all files of an archive, on all cores |
//! | `blocks` | files of the rows of each customer packed together, for replays |
//! | `pack` | the rows of each record packed, as a base is written |
//! | `together` | those of the records of a customer as one block |
//! | `ordered` | blocks in the order of customers |
//! | `packed` | a column of some rows in few bytes |
//! | `opened` | blocks back to facts |
//! | `held` | where the rows of records lie |
//! | `stream` | the rows of some records at a time |
//! | `pieces` | the files that a stream is made of, open |
//! | `growing` | an archive with what came since, which stands in the log only |
//! | `keep` | the archive of a node, kept up in the background |
//! | `plan` | a file back to facts |
//! | `pages` | the pages of a column straight into numbers |
//! | `bits` | packed bits to numbers |
//! | `members` | the crosswalk as a file |
//! | `spill` | events put aside in files while the log is read, a part of the records in each |
//! | `ties` | the order by id of events of one time and source |
//! | `types` | the event types that the log registers |
//! | `write` | a new archive from the log |
//! | `update` | brings an archive up to date |
//! | `merge` | a new base from an old one and what came since |
//! | `synthetic` | archives of made facts, for benches |
//! | `read` | an archive into memory, checked |

mod bits;
mod blocks;
mod columns;
mod files;
mod growing;
mod held;
mod keep;
mod manifest;
mod members;
mod merge;
mod opened;
mod ordered;
mod pack;
mod packed;
mod pages;
mod pieces;
mod plan;
mod read;
mod segment;
mod segments;
mod spill;
mod stream;
mod synthetic;
mod ties;
mod together;
mod types;
mod update;
mod write;

pub use columns::{Column, Kind};
pub use growing::{Growing, Open};
pub use keep::{Doing, Keeper, Kept, Unusable};
pub use manifest::{File, Manifest, Role};
pub use members::Members;
pub use read::{Archived, read};
pub use segments::{Effort, Step};
pub use stream::{Stream, Streamed};
pub use synthetic::{Makes, write_made};
pub use types::vocabulary;
pub use update::{Basis, Checked, How, Written, update};
pub use write::write;

use std::path::{Path, PathBuf};

/// What belongs to the archive in a directory.
///
/// # Errors
/// When there is none, or its manifest is damaged.
pub fn manifest(dir: &Path) -> Result<Manifest, Error> {
    Manifest::read(dir)
}

/// Why an archive could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of the archive is not what was written.
    #[error("the archive is damaged: {file}: {what}")]
    Damaged {
        /// Its name within the archive.
        file: String,
        /// What is wrong with it.
        what: String,
    },
    /// There is none.
    #[error("{} holds no archive", .0.display())]
    None(PathBuf),
    /// It tells of another log.
    #[error("{} holds the archive of another log", .0.display())]
    OtherLog(PathBuf),
    /// Another process writes it.
    #[error("another process is writing the archive in {}", .0.display())]
    InUse(PathBuf),
    /// A file could not be read or written.
    #[error("{}", file.display())]
    Io {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Columns could not be encoded.
    #[error("columns could not be written")]
    Encode(#[from] parquet::errors::ParquetError),
    /// The log could not be read, columns cannot tell more apart, or somebody ended it.
    #[error(transparent)]
    Log(#[from] crate::replay::Error),
}

impl Error {
    fn io(file: &Path) -> impl Fn(std::io::Error) -> Self + use<> {
        let file = file.to_owned();
        move |source| Self::Io { file: file.clone(), source }
    }

    fn damaged(file: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Damaged { file: file.into(), what: what.into() }
    }
}

impl From<kulta_projections::scores::facts::TooMany> for Error {
    fn from(error: kulta_projections::scores::facts::TooMany) -> Self {
        Self::Log(error.into())
    }
}
