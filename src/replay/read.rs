//! The facts of a log, read into columns.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kulta_events::recorded::EventName;
use kulta_events::{Json, RecordId, Vocabulary};
use kulta_projections::scores::facts::{Builder, Facts, NewRow, Wanted};
use tokio::sync::mpsc;

use super::Error;
use crate::projector::Source;
use crate::store::{Page, Select, StoredEvent};

/// Events read at a time.
const PAGE: usize = 10_000;
/// Pages that wait for the columns.
const AHEAD: usize = 3;

/// Whoever started long work may end it.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Ends the work.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Refuses to go on when the work is ended.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub fn check(&self) -> Result<(), Error> {
        if self.0.load(Ordering::Relaxed) { Err(Error::Cancelled) } else { Ok(()) }
    }
}

/// The facts of all events about records, up to a position. `together` names the customer of each record.
///
/// # Errors
/// When the store fails, or there are more different types or sources than columns can tell apart.
pub async fn facts(
    source: &Source,
    until: u64,
    wanted: Wanted,
    together: impl Fn(RecordId) -> u64 + Send,
    cancel: &Cancel,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Facts, Error> {
    let builder = gathered(source, (0, until), wanted, cancel, progress).await?;
    finished(source, builder, together, cancel).await
}

/// The events about records behind a position, up to another one.
pub(super) async fn gathered(
    source: &Source,
    (after, until): (u64, u64),
    wanted: Wanted,
    cancel: &Cancel,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Builder, Error> {
    let mut builder = Builder::new(wanted);
    let vocabulary = source.vocabulary.now();
    let mut pages = read_ahead(source.clone(), after, until);
    while let Some(page) = pages.recv().await {
        cancel.check()?;
        let page = page?;
        let at = page.last().map_or(until, |event| event.position);
        tokio::task::block_in_place(|| page.iter().try_for_each(|event| push(&mut builder, &vocabulary, event)))?;
        progress(at, until);
    }
    Ok(builder)
}

/// Columns of what was gathered. `together` names the customer of each record.
pub(super) async fn finished(
    source: &Source,
    builder: Builder,
    together: impl Fn(RecordId) -> u64 + Send,
    cancel: &Cancel,
) -> Result<Facts, Error> {
    let tied = tokio::task::block_in_place(|| builder.tied(together));
    let mut positions: Vec<u64> = tied.iter().flat_map(|tied| &tied.positions).copied().collect();
    positions.sort_unstable();
    let ids = ids(source, &positions, cancel).await?;
    Ok(tokio::task::block_in_place(|| builder.finish(tied, &ids)))
}

pub(crate) fn push(builder: &mut Builder, vocabulary: &Vocabulary, event: &StoredEvent) -> Result<(), Error> {
    let Some(record) = event.record else { return Ok(()) };
    let facts = facts_of(vocabulary, event);
    let row = NewRow {
        record,
        time: event.time.micros(),
        position: event.position,
        type_name: &event.type_name,
        source: &event.source,
        unit: event.unit.as_deref(),
        facts: &facts,
    };
    Ok(builder.push(&row)?)
}

/// What an event says without its personal parts, in the newest version.
pub(crate) fn facts_of(vocabulary: &Vocabulary, event: &StoredEvent) -> Json {
    // What this binary cannot read is an event without facts, not the end of a replay.
    let facts = Json::parse(event.facts.as_bytes()).unwrap_or(Json::Object(Vec::new()));
    match vocabulary.get(&event.type_name) {
        Some(known) => known.upcast(u16::try_from(event.version).unwrap_or(1), facts),
        None => facts,
    }
}

/// The ids of the events at these positions, which ascend, by position.
pub(crate) async fn ids(source: &Source, positions: &[u64], cancel: &Cancel) -> Result<HashMap<u64, EventName>, Error> {
    let mut ids = HashMap::with_capacity(positions.len());
    let mut left = positions;
    while let Some(first) = left.first().copied() {
        cancel.check()?;
        let until = first + PAGE as u64 - 1;
        let page = Page { until: Some(until), parts: false, ..Page::forwards(Select::All, first - 1, PAGE) };
        let mut events = source.log.read(&page).await?;
        events.retain(|event| left.binary_search(&event.position).is_ok());
        let opened = source.vault.open_events(&source.vocabulary.now(), events, |_| true).await?;
        ids.extend(opened.into_iter().map(|event| (event.position, event.order.id)));
        left = &left[left.partition_point(|position| *position <= until)..];
    }
    Ok(ids)
}

/// Reads the log behind a position page by page, some pages ahead of whoever takes them.
pub(crate) fn read_ahead(
    source: Source,
    mut after: u64,
    until: u64,
) -> mpsc::Receiver<Result<Vec<StoredEvent>, Error>> {
    let (sender, pages) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        loop {
            let page = Page { until: Some(until), parts: false, ..Page::forwards(Select::All, after, PAGE) };
            let read = source.log.read(&page).await.map_err(Error::from);
            let next = read.as_ref().ok().and_then(|events| events.last()).map(|event| event.position);
            if read.as_ref().is_ok_and(Vec::is_empty) || sender.send(read).await.is_err() {
                return;
            }
            let Some(next) = next else { return };
            after = next;
        }
    });
    pages
}
