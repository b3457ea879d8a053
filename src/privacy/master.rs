//! The master key: wraps every data key, never stands in the database.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::Error;
use super::seal::{DataKey, random};

/// The master key, 32 bytes, from a file or the environment as 64 hexadecimal digits.
#[derive(Debug)]
pub struct MasterKey {
    key: DataKey,
}

impl MasterKey {
    /// A master key from its text.
    ///
    /// # Errors
    /// When the text is not 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let bytes = from_hex(text.trim())
            .ok_or_else(|| Error::NoMasterKey("a master key is 64 hexadecimal digits".to_owned()))?;
        Ok(Self { key: DataKey::new(&bytes)? })
    }

    /// Reads the key from a file.
    ///
    /// # Errors
    /// When the file cannot be read or holds no key.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Self::parse(&std::fs::read_to_string(path).map_err(|source| file_error(path, source))?)
    }

    /// Makes a new key and writes it to a file that must not exist yet, readable by its owner only.
    ///
    /// # Errors
    /// When the file exists or cannot be written.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let bytes: [u8; 32] = random()?;
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(|source| file_error(path, source))?;
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(file, "{text}").and_then(|()| file.sync_all()).map_err(|source| file_error(path, source))?;
        Ok(Self { key: DataKey::new(&bytes)? })
    }

    /// Where the key of an SQLite database stands unless configured: beside it.
    pub fn path_beside(database: &Path) -> PathBuf {
        let mut name = database.as_os_str().to_owned();
        name.push(".key");
        PathBuf::from(name)
    }

    /// Wraps a data key, bound to whom it belongs to.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn wrap(&self, belongs_to: &[u8], key: &[u8]) -> Result<Vec<u8>, Error> {
        self.key.seal(belongs_to, key)
    }

    /// Unwraps a data key.
    ///
    /// # Errors
    /// When it was wrapped by another master key or belongs to somebody else.
    pub fn unwrap_key<const N: usize>(&self, belongs_to: &[u8], wrapped: &[u8]) -> Result<[u8; N], Error> {
        self.key.open(belongs_to, wrapped)?.try_into().map_err(|_| Error::Broken)
    }
}

fn file_error(path: &Path, source: std::io::Error) -> Error {
    Error::File { path: path.display().to_string(), source }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_key_is_read_back_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k.key");
        let made = MasterKey::create(&path).unwrap();
        let wrapped = made.wrap(b"who", &[5; 32]).unwrap();
        let read = MasterKey::read(&path).unwrap();
        assert_eq!(read.unwrap_key::<32>(b"who", &wrapped).unwrap(), [5; 32]);
        assert!(read.unwrap_key::<32>(b"other", &wrapped).is_err());
        assert!(matches!(MasterKey::create(&path), Err(Error::File { .. })));
        assert!(MasterKey::parse(&"0".repeat(64)).unwrap().unwrap_key::<32>(b"who", &wrapped).is_err());
        assert!(MasterKey::parse("abc").is_err());
    }
}
