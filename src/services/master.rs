//! Where the master key comes from: the settings, or for SQLite a file beside the database, made on first start.

use std::path::{Path, PathBuf};

use crate::config::Settings;
use crate::privacy::{Error, MasterKey};
use crate::store::{self, Log};

/// A master key that was given, or where one may be found or made.
#[derive(Debug)]
pub(super) enum Given {
    Key(MasterKey),
    Beside(PathBuf),
}

/// What the settings say, before anything is opened.
///
/// # Errors
/// When a key was given that is none, or none was given where one is demanded.
pub(super) fn given(settings: &Settings) -> Result<Given, Error> {
    if let Some(key) = &settings.master_key {
        return MasterKey::parse(key.expose()).map(Given::Key);
    }
    if let Some(path) = &settings.master_key_file {
        return MasterKey::read(path).map(Given::Key);
    }
    match store::file_of(&settings.database_url)? {
        Some(file) => Ok(Given::Beside(MasterKey::path_beside(&file))),
        None => Err(Error::NoMasterKey(
            "PostgreSQL needs a master key: set KULTA_MASTER_KEY or KULTA_MASTER_KEY_FILE \
             (64 hexadecimal digits, such as `openssl rand -hex 32` gives)"
                .to_owned(),
        )),
    }
}

impl Given {
    /// The key; made when this is a new database without one.
    pub(super) async fn key(self, log: &dyn Log) -> Result<MasterKey, Error> {
        let path = match self {
            Self::Key(key) => return Ok(key),
            Self::Beside(path) => path,
        };
        if path.try_exists().map_err(|source| Error::File { path: path.display().to_string(), source })? {
            return MasterKey::read(&path);
        }
        if log.secret().await?.is_some() {
            return Err(Error::NoMasterKey(format!(
                "this database was made with a master key, but {} is missing: put the file back, \
                 or set KULTA_MASTER_KEY or KULTA_MASTER_KEY_FILE; nothing was written",
                path.display()
            )));
        }
        let key = MasterKey::create(&path)?;
        warn(&path);
        Ok(key)
    }
}

/// Not through the log, which may be filtered.
fn warn(path: &Path) {
    eprintln!(
        "\n\
         !!! A master key was made: {}\n\
         !!! All personal data in this database is sealed under it. Keep a copy in another place:\n\
         !!! without this file, names, addresses and texts can never be read again.\n",
        path.display()
    );
}
