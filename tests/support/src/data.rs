//! Data sets that are shared beside the repository and are not part of it, and gzip for tests.
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

/// Where the data sets lie: `KULTA_SHARED_DATA`, or `shared/data` beside the repository.
pub fn directory() -> PathBuf {
    let beside = || {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
        let parent = repository.and_then(Path::parent).unwrap_or(Path::new("/"));
        parent.join("shared/data")
    };
    std::env::var_os("KULTA_SHARED_DATA").map_or_else(beside, PathBuf::from)
}

/// The path of a shared data file such as `real/cdnow_master.csv.gz`. When it is missing, says so on standard error
/// (past the capturing of tests that pass) and gives `None`: the caller returns.
pub fn shared(relative: &str) -> Option<PathBuf> {
    find(&directory(), relative, &mut io::stderr())
}

fn find(directory: &Path, relative: &str, complaints: &mut impl Write) -> Option<PathBuf> {
    let path = directory.join(relative);
    if path.exists() {
        return Some(path);
    }
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let _ = writeln!(
        complaints,
        "NOT TESTED: {test} needs {relative}, which is not in {} (KULTA_SHARED_DATA names another folder)",
        directory.display()
    );
    None
}

/// Opens a file, unpacking it when its name ends in `.gz`.
pub fn open(path: &Path) -> Box<dyn BufRead + Send> {
    let file = File::open(path).unwrap_or_else(|error| panic!("cannot open {}: {error}", path.display()));
    if path.extension().is_some_and(|extension| extension == "gz") {
        Box::new(BufReader::new(MultiGzDecoder::new(file)))
    } else {
        Box::new(BufReader::new(file))
    }
}

/// The whole text of a file, unpacked when its name ends in `.gz`.
pub fn read(path: &Path) -> String {
    let mut text = String::new();
    open(path).read_to_string(&mut text).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
    text
}

/// Packs bytes as gzip, for compressed bodies and files.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("a vector takes what is written");
    encoder.finish().expect("a vector takes what is written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_plain_and_packed_files_alike() {
        let directory = tempfile::tempdir().unwrap();
        let plain = directory.path().join("a.csv");
        let packed = directory.path().join("a.csv.gz");
        std::fs::write(&plain, "id,name\n1,Åsa\n").unwrap();
        // Two members, as concatenated log files have them.
        let members = [gzip(b"id,name\n"), gzip("1,Åsa\n".as_bytes())].concat();
        std::fs::write(&packed, members).unwrap();
        assert_eq!(read(&plain), read(&packed));
        assert_eq!(open(&packed).lines().count(), 2);
    }

    #[test]
    fn what_is_missing_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let mut complaints = Vec::new();
        std::fs::write(directory.path().join("there.csv"), "").unwrap();
        assert!(find(directory.path(), "there.csv", &mut complaints).is_some());
        assert_eq!(complaints, b"");
        assert!(find(directory.path(), "gone.csv", &mut complaints).is_none());
        let complaints = String::from_utf8(complaints).unwrap();
        assert!(complaints.contains("what_is_missing_is_told needs gone.csv"), "{complaints}");
    }
}
