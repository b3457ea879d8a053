//! Files into the log: NDJSON of CloudEvents, or CSV through a mapping.
//!
//! A thread reads and maps; batches are published in their order while the next ones are being read. What cannot be
//! accepted goes to the dead letters with file and line, in the transaction of the events around it, so that a file that
//! is imported twice changes nothing the second time.

use std::io::{BufRead, Read, Write};
use std::sync::Arc;

use futures::StreamExt;
use kulta_events::Problem;
use kulta_events::envelope::MAX_EVENT_BYTES;
use serde::Serialize;
use tokio::sync::mpsc;

use super::mapping::{MappedRow, Mapping, ReadError, RejectReason};
use super::publish::{Along, Arrival, Intake, Status};

/// Events published in one append.
const BATCH: usize = 2_000;
/// Batches that are read ahead, and that are under way at once.
const AHEAD: usize = 3;

/// How many events of a file came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Stored now.
    pub accepted: u64,
    /// Stored before.
    pub duplicate: u64,
    /// Another content under a stored id: among the dead letters.
    pub conflict: u64,
    /// Not valid: among the dead letters.
    pub rejected: u64,
}

impl Counts {
    /// All together.
    pub fn total(&self) -> u64 {
        self.accepted + self.duplicate + self.conflict + self.rejected
    }

    /// Adds the counts of another file.
    pub fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.duplicate += other.duplicate;
        self.conflict += other.conflict;
        self.rejected += other.rejected;
    }
}

impl std::fmt::Display for Counts {
    /// The last line of `kulta import`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { accepted, duplicate, conflict, rejected } = self;
        write!(f, "accepted={accepted} duplicate={duplicate} conflict={conflict} rejected={rejected}")
    }
}

/// Why a file could not be imported to its end. What was published until then stands, and the file can be imported
/// again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read on.
    #[error("{file}: cannot read on after line {line}")]
    Read {
        /// Which file.
        file: String,
        /// The last line that was read.
        line: u64,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The CSV file, or the mapping against it.
    #[error("{file}: {source}")]
    Csv {
        /// Which file.
        file: String,
        /// What is wrong with it.
        source: ReadError,
    },
    /// The log refused a batch.
    #[error(transparent)]
    Publish(#[from] super::Error),
    /// The file of rejects cannot be written.
    #[error("the file of rejects cannot be written")]
    Rejects(#[source] std::io::Error),
}

/// How events stand in a file.
#[derive(Clone, Debug)]
pub enum Format {
    /// One CloudEvent in structured form a line.
    CloudEvents,
    /// Rows that a mapping makes into events.
    Csv(Arc<Mapping>),
}

/// One file to import.
pub struct File {
    /// Its name, without folders: it stands in the dead letters.
    pub name: String,
    /// What it holds, unpacked.
    pub content: Box<dyn Read + Send>,
    /// How.
    pub format: Format,
}

/// Where rejected events are written besides the dead letters, one JSON object a line.
pub type Rejects<'a> = Option<&'a mut (dyn Write + Send)>;

impl Intake {
    /// Imports one file. `progress` hears the counts after every batch.
    ///
    /// # Errors
    /// When the file cannot be read to its end, or the store fails.
    pub async fn import(
        &self,
        file: File,
        actor: i64,
        mut rejects: Rejects<'_>,
        mut progress: impl FnMut(&Counts),
    ) -> Result<Counts, Error> {
        let (batches, read) = mpsc::channel(AHEAD);
        let reader = std::thread::spawn(move || read_file(file, &batches));
        let along = Along { keep_rejected: true, ..Along::default() };
        let published = futures::stream::unfold(read, async |mut read| read.recv().await.map(|batch| (batch, read)))
            .map(|batch: Vec<Arrival>| async {
                let origins: Vec<_> = batch.iter().map(|arrival| arrival.origin.clone()).collect();
                let published = self.publish(batch, "file", actor, along.clone()).await?;
                Ok::<_, Error>((published, origins))
            })
            .buffered(AHEAD);
        let mut published = std::pin::pin!(published);
        let mut counts = Counts::default();
        while let Some(batch) = published.next().await {
            let (batch, origins) = batch?;
            let [accepted, duplicate, conflict, rejected] = batch.counts();
            counts.add(Counts { accepted, duplicate, conflict, rejected });
            if let Some(out) = &mut rejects {
                write_rejects(&mut **out, &batch.results, &origins).map_err(Error::Rejects)?;
            }
            progress(&counts);
        }
        match reader.join() {
            Ok(end) => end.map(|()| counts),
            Err(_) => {
                Err(super::Error::Store(crate::store::Error::Inconsistent("the reader failed".to_owned())).into())
            }
        }
    }
}

fn write_rejects(
    out: &mut (dyn Write + Send),
    results: &[super::EventResult],
    origins: &[String],
) -> std::io::Result<()> {
    for (result, origin) in results.iter().zip(origins) {
        let (status, problems) = match &result.status {
            Status::Rejected(problems) => ("rejected", problems.as_slice()),
            Status::Conflict(_) => ("conflict", &[][..]),
            Status::Accepted(_) | Status::Duplicate(_) => continue,
        };
        let line = serde_json::json!({
            "origin": origin, "status": status, "source": result.source, "id": result.id, "problems": problems,
        });
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn read_file(file: File, batches: &mpsc::Sender<Vec<Arrival>>) -> Result<(), Error> {
    let mut batch = Batch { arrivals: Vec::with_capacity(BATCH), batches };
    match &file.format {
        Format::CloudEvents => read_lines(file.name, file.content, &mut batch)?,
        Format::Csv(mapping) => read_rows(&file.name, file.content, mapping, &mut batch)?,
    }
    batch.send();
    Ok(())
}

struct Batch<'a> {
    arrivals: Vec<Arrival>,
    batches: &'a mpsc::Sender<Vec<Arrival>>,
}

impl Batch<'_> {
    /// Takes an event; false when nobody listens any more.
    fn push(&mut self, arrival: Arrival) -> bool {
        self.arrivals.push(arrival);
        self.arrivals.len() < BATCH || self.send()
    }

    fn send(&mut self) -> bool {
        let full = std::mem::replace(&mut self.arrivals, Vec::with_capacity(BATCH));
        full.is_empty() || self.batches.blocking_send(full).is_ok()
    }
}

fn read_lines(name: String, content: Box<dyn Read + Send>, batch: &mut Batch<'_>) -> Result<(), Error> {
    let mut lines = std::io::BufReader::with_capacity(1 << 20, content);
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        let failed = |source| Error::Read { file: name.clone(), line: line - 1, source };
        // One byte more than is allowed tells a line that is too long without holding all of it.
        let most = MAX_EVENT_BYTES as u64 + 2;
        if lines.by_ref().take(most).read_until(b'\n', &mut bytes).map_err(failed)? == 0 {
            return Ok(());
        }
        let whole = bytes.ends_with(b"\n") || (bytes.len() as u64) < most;
        if !whole {
            lines.skip_until(b'\n').map_err(failed)?;
        }
        let text = bytes.trim_ascii();
        let text = if line == 1 { text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text) } else { text };
        if text.is_empty() {
            continue;
        }
        let origin = format!("{name}:{line}");
        if !batch.push(if whole { of_line(text, origin) } else { of_long_line(text, origin) }) {
            return Ok(());
        }
    }
    Ok(())
}

/// A line as it came; what is no text is kept as far as it is.
pub fn of_line(line: &[u8], origin: String) -> Arrival {
    match std::str::from_utf8(line) {
        Ok(text) => Arrival { text: text.into(), problems: Vec::new(), origin },
        Err(error) => {
            let detail = format!("not UTF-8 from byte {}", error.valid_up_to());
            let text = String::from_utf8_lossy(line).replace('\0', "\u{fffd}");
            Arrival { text: text.into(), problems: vec![Problem::new("malformed", "", detail)], origin }
        }
    }
}

/// The beginning of a line that is too long: it may end inside a character, which is nobody's fault.
fn of_long_line(line: &[u8], origin: String) -> Arrival {
    let detail = format!("an event is at most {MAX_EVENT_BYTES} bytes");
    let text = String::from_utf8_lossy(line).replace('\0', "\u{fffd}");
    Arrival { text: text.into(), problems: vec![Problem::new("too-large", "", detail)], origin }
}

fn read_rows(name: &str, content: Box<dyn Read + Send>, mapping: &Mapping, batch: &mut Batch<'_>) -> Result<(), Error> {
    let failed = |source| Error::Csv { file: name.to_owned(), source };
    let mut rows = mapping.rows(content).map_err(failed)?;
    while let Some(MappedRow { line, events }) = rows.next_row().map_err(failed)? {
        for event in events {
            let origin = format!("{name}:{line}");
            let arrival = match event {
                Ok(event) => Arrival { text: event.into_cloudevent().to_string().into(), problems: Vec::new(), origin },
                Err(reject) => Arrival {
                    text: row_text(rows.raw()).into(),
                    problems: vec![Problem::new(
                        code_of(&reject.reason),
                        place_of(&reject.reason),
                        reject.reason.to_string(),
                    )],
                    origin,
                },
            };
            if !batch.push(arrival) {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn code_of(reason: &RejectReason) -> &'static str {
    match reason {
        RejectReason::NotUtf8 { .. } => "malformed",
        RejectReason::WrongColumns { .. } => "wrong-columns",
        RejectReason::NoEvent { .. } => "no-event-applies",
        RejectReason::Empty { .. } => "missing",
        RejectReason::Time { .. } => "time",
        RejectReason::NotANumber { .. } | RejectReason::Expression { .. } => "invalid",
    }
}

/// Where in the event it would be wrong, as a JSON pointer.
fn place_of(reason: &RejectReason) -> String {
    match reason {
        RejectReason::Empty { part, .. } => format!("/{part}"),
        RejectReason::Time { key, .. }
        | RejectReason::NotANumber { key, .. }
        | RejectReason::Expression { key, .. }
            // Other keys, such as `when`, make no part of an event.
            if ["data", "id", "source", "subject", "time", "unit"]
                .contains(&key.split('.').next().unwrap_or_default()) =>
        {
            format!("/{}", key.replace('.', "/"))
        }
        _ => String::new(),
    }
}

/// A row as a line of CSV again.
fn row_text(row: &csv::ByteRecord) -> String {
    let mut line = csv::WriterBuilder::new().from_writer(Vec::new());
    let bytes = line.write_byte_record(row).ok().and_then(|()| line.into_inner().ok()).unwrap_or_default();
    String::from_utf8_lossy(bytes.trim_ascii_end()).replace('\0', "\u{fffd}")
}
