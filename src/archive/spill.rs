//! Events put aside in files while the log is read, so that memory does not grow with the log.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use kulta_events::{Json, RecordId};
use kulta_projections::expr::Value;
use kulta_projections::scores::facts::each_value;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::Error;
use super::columns::Survey;

/// What waits in memory for each part.
const BUFFER: usize = 128 << 10;

/// Bytes in parts: in memory, and what is too much in a file for each.
#[derive(Debug)]
pub struct Spill {
    paths: Vec<PathBuf>,
    buffers: Vec<Vec<u8>>,
}

impl Spill {
    /// Without bytes. The files are made when they are needed, and go with this.
    pub fn new(dir: &Path, name: &str, parts: usize) -> Self {
        let paths: Vec<PathBuf> = (0..parts).map(|part| dir.join(format!("spill-{name}-{part:05}"))).collect();
        for path in &paths {
            // What a run that was killed left behind is not what is put aside now. Mostly there is nothing.
            let _ = fs::remove_file(path);
        }
        Self { paths, buffers: vec![Vec::new(); parts] }
    }

    /// How many parts there are.
    pub fn parts(&self) -> usize {
        self.paths.len()
    }

    /// Adds to a part.
    pub fn add(&mut self, part: usize, put: impl FnOnce(&mut Vec<u8>)) -> Result<(), Error> {
        let buffer = &mut self.buffers[part];
        put(buffer);
        if buffer.len() >= BUFFER {
            let path = &self.paths[part];
            let file = fs::File::options().create(true).append(true).open(path);
            file.and_then(|mut file| file.write_all(buffer)).map_err(Error::io(path))?;
            buffer.clear();
        }
        Ok(())
    }

    /// All bytes of a part.
    pub fn read(&self, part: usize) -> Result<Vec<u8>, Error> {
        let path = &self.paths[part];
        let mut bytes = match fs::read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            read => read.map_err(Error::io(path))?,
        };
        bytes.extend_from_slice(&self.buffers[part]);
        Ok(bytes)
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        for path in &self.paths {
            // What cannot be removed now is removed with the next archive.
            let _ = fs::remove_file(path);
        }
    }
}

/// What every event has. Type, source and unit are numbers of whoever put it aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The record.
    pub record: RecordId,
    /// When it happened.
    pub time: i64,
    /// Its place in the log.
    pub position: u64,
    /// Its type.
    pub type_code: u16,
    /// Its source.
    pub source: u16,
    /// Its unit.
    pub unit: u16,
}

const NUMBER: u8 = 0;
const TEXT: u8 = 1;
const FALSE: u8 = 2;
const TRUE: u8 = 3;

/// Puts an event down, with the values that rules can read.
pub fn put(head: &Head, facts: &Json, survey: &mut Survey, out: &mut Vec<u8>) {
    survey.note_time(head.time);
    out.extend_from_slice(head.record.0.as_bytes());
    out.extend_from_slice(&head.time.to_le_bytes());
    out.extend_from_slice(&head.position.to_le_bytes());
    for code in [head.type_code, head.source, head.unit] {
        out.extend_from_slice(&code.to_le_bytes());
    }
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    let mut count = 0_u32;
    each_value(facts, |name, value| {
        out.extend_from_slice(&survey.note(name, &value).to_le_bytes());
        count += 1;
        match value {
            Value::Number(number) => {
                out.push(NUMBER);
                out.extend_from_slice(&number.serialize());
            }
            Value::Bool(value) => out.push(if value { TRUE } else { FALSE }),
            other => {
                let text = other.into_text();
                out.push(TEXT);
                out.extend_from_slice(&(text.len() as u32).to_le_bytes());
                out.extend_from_slice(text.as_bytes());
            }
        }
    });
    out[at..at + 4].copy_from_slice(&count.to_le_bytes());
}

/// An event that was put down: its facets by their numbers in the survey.
pub type Row<'a> = (Head, Vec<(u32, Value<'a>)>);

/// Takes up the next event; `None` when there is none.
pub fn take<'a>(bytes: &mut &'a [u8]) -> Option<Row<'a>> {
    fn fixed<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
        let (first, rest) = bytes.split_first_chunk::<N>()?;
        *bytes = rest;
        Some(*first)
    }
    let record = RecordId(Uuid::from_bytes(fixed(bytes)?));
    let time = i64::from_le_bytes(fixed(bytes)?);
    let position = u64::from_le_bytes(fixed(bytes)?);
    let mut code = || Some(u16::from_le_bytes(fixed(bytes)?));
    let (type_code, source, unit) = (code()?, code()?, code()?);
    let mut values = Vec::new();
    for _ in 0..u32::from_le_bytes(fixed(bytes)?) {
        let facet = u32::from_le_bytes(fixed(bytes)?);
        let [kind] = fixed(bytes)?;
        let value = match kind {
            NUMBER => Value::Number(Decimal::deserialize(fixed(bytes)?)),
            TEXT => {
                let length = u32::from_le_bytes(fixed(bytes)?) as usize;
                let (text, rest) = bytes.split_at_checked(length)?;
                *bytes = rest;
                Value::from(std::str::from_utf8(text).ok()?)
            }
            other => Value::Bool(other == TRUE),
        };
        values.push((facet, value));
    }
    Some((Head { record, time, position, type_code, source, unit }, values))
}
