//! One process per database file: a lock beside it that a crash cannot leave behind.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::store::Error;

/// The lock on a database file, held until dropped.
#[derive(Debug)]
pub(super) struct FileLock {
    _file: File,
}

impl FileLock {
    /// Locks `FILE.lock` and writes into it who holds it.
    ///
    /// # Errors
    /// [`Error::InUse`] with what stands in it when another process (or this one) holds it.
    pub(super) fn take(database: &Path, holder: &str) -> Result<Self, Error> {
        let path = lock_path(database);
        let failed = |source| Error::Io { what: format!("the lock file {} cannot be used", path.display()), source };
        // The operating system drops the lock with its process; the file itself stays, so that nobody locks a file
        // that another is about to remove.
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse { holder: read_holder(&mut file) }),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let told = format!("process {} ({holder})\n", std::process::id());
        file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(told.as_bytes())).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

fn read_holder(file: &mut File) -> String {
    let mut holder = String::new();
    match file.read_to_string(&mut holder) {
        Ok(_) if !holder.trim().is_empty() => holder.trim().to_owned(),
        _ => "another process".to_owned(),
    }
}

fn lock_path(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    path.into()
}
