//! Files that are there whole or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use aws_lc_rs::digest;

use super::Error;

/// SHA-256 in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a file and sees that it is on the disk.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let written = File::create(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(Error::io(path))
}

/// Puts a file in the place of another, or where there is none.
pub fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    fs::rename(from, to).map_err(Error::io(to))
}

/// Sees that names in a directory are on the disk.
pub fn sync(dir: &Path) -> Result<(), Error> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(Error::io(dir))
}

/// Removes every file of a directory, if there, whose name is one of an archive's but not kept.
pub fn tidy(dir: &Path, keep: impl Fn(&str) -> bool) -> Result<(), Error> {
    for entry in fs::read_dir(dir).map_err(Error::io(dir))? {
        let path = entry.map_err(Error::io(dir))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let ours = (name.starts_with("events-") || name.starts_with("crosswalk-"))
            && (name.contains(".parquet") || name.contains(super::blocks::SUFFIX))
            || name.starts_with("spill-")
            || name == "manifest.json.new";
        if ours && !keep(name) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(Error::io(&path)(error)),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Ends the names of files that do not belong to the archive yet.
pub const NEW: &str = ".new";

/// Gives new files the names under which the manifest knows them.
pub fn settle(dir: &Path, names: impl Iterator<Item = impl AsRef<str>>) -> Result<(), Error> {
    for name in names {
        let name = name.as_ref();
        rename(&dir.join(format!("{name}{NEW}")), &dir.join(name))?;
    }
    sync(dir)
}
