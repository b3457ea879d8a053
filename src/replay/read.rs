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

/// The ids of the events at these positions, which ascend, by position. Pages are read while others are opened.
pub(crate) async fn ids(source: &Source, positions: &[u64], cancel: &Cancel) -> Result<HashMap<u64, EventName>, Error> {
    let mut ids = HashMap::with_capacity(positions.len());
    let mut pages = read_spans(source.clone(), spans(positions).into_iter());
    while let Some(page) = pages.recv().await {
        cancel.check()?;
        let mut events = page?;
        events.retain(|event| positions.binary_search(&event.position).is_ok());
        let opened = source.vault.open_events(&source.vocabulary.now(), events, |_| true).await?;
        ids.extend(opened.into_iter().map(|event| (event.position, event.order.id)));
    }
    Ok(ids)
}

/// Pages of the log in which these positions are, which ascend: behind a position, up to another.
fn spans(positions: &[u64]) -> Vec<(u64, u64)> {
    let (mut spans, mut left) = (Vec::new(), positions);
    while let Some(first) = left.first().copied() {
        let until = first + PAGE as u64 - 1;
        spans.push((first - 1, until));
        left = &left[left.partition_point(|position| *position <= until)..];
    }
    spans
}

/// Reads the log behind a position page by page, some pages ahead of whoever takes them.
pub(crate) fn read_ahead(source: Source, after: u64, until: u64) -> mpsc::Receiver<Result<Vec<StoredEvent>, Error>> {
    let starts = (after..until).step_by(PAGE);
    read_spans(source, starts.map(move |after| (after, until.min(after + PAGE as u64))))
}

/// Reads pages of the log, each behind a position and up to another, some ahead of whoever takes them.
fn read_spans(
    source: Source,
    spans: impl Iterator<Item = (u64, u64)> + Send + 'static,
) -> mpsc::Receiver<Result<Vec<StoredEvent>, Error>> {
    let (sender, pages) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        for (after, until) in spans {
            let page = Page { until: Some(until), parts: false, ..Page::forwards(Select::All, after, PAGE) };
            let read = source.log.read(&page).await.map_err(Error::from);
            let broken = read.is_err();
            if sender.send(read).await.is_err() || broken {
                return;
            }
        }
    });
    pages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_hold_the_positions_that_are_asked_for() {
        let page = PAGE as u64;
        assert_eq!(spans(&[]), []);
        assert_eq!(spans(&[1, 2, page]), [(0, page)]);
        assert_eq!(
            spans(&[5, page + 4, page + 5, 9 * page]),
            [(4, page + 4), (page + 4, 2 * page + 4), (9 * page - 1, 10 * page - 1)]
        );
    }
}
