//! The log's side: appends made before the clock starts, since parsing and sealing are measured elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use kulta::store::{Append, Direction, Log, Mode, NewEvent, NewKey, NewRecord, Options, Page, Select};
use kulta_events::field::Retention;
use kulta_events::{Instant, RecordId};

use crate::{BATCH, CLIENTS, Rate, events, id, payload, rate, singles};

pub async fn open(url: &str) -> Arc<dyn Log> {
    let clock = AtomicI64::new(0);
    let clock = Arc::new(move || Instant::from_micros(clock.fetch_add(1, Ordering::Relaxed)));
    kulta::store::open(url, &Options::new(clock)).await.unwrap()
}

/// An append of events `first..first + count`.
fn append(first: usize, count: usize) -> Append {
    let mut append = Append::new(Mode::EachAlone);
    for number in first..first + count {
        let record = RecordId(id(number / 4, 1));
        if number % 4 == 0 || append.events.is_empty() {
            append.records.push(NewRecord { record, source: "erp".into(), sealed_subject: vec![7; 50] });
            append.keys.push(NewKey { record, class: Retention::Contact, wrapped: vec![7; 60] });
        }
        let parts = if number.is_multiple_of(5) { vec![(Retention::Contact, vec![7; 150])] } else { Vec::new() };
        append.events.push(NewEvent {
            stream: record.stream().into(),
            key: id(number, 2),
            fingerprint: id(number, 3),
            type_name: "purchase.made",
            version: 1,
            source: "erp".into(),
            record: Some(record),
            time: Instant::from_micros(number as i64 * 1_000_000),
            actor: 1,
            unit: Some("helsinki".into()),
            facts: payload(number),
            sealed_id: vec![7; 44],
            parts,
            unknown: 0,
            letter: None,
        });
    }
    append
}

/// One caller, batch after batch.
pub async fn batches(log: &Arc<dyn Log>) -> Rate {
    let batches: Vec<_> = (0..events() / BATCH).map(|batch| append(batch * BATCH, BATCH)).collect();
    rate(events(), async {
        for batch in batches {
            log.append(batch).await.unwrap();
        }
    })
    .await
}

/// As many callers as are served at the same time, batch after batch each, above what is there.
pub async fn concurrent_batches(log: &Arc<dyn Log>, callers: usize) -> Rate {
    let each = events() / BATCH / callers;
    let batches = |caller| (0..each).map(move |batch| append(10_000_000 + (caller * each + batch) * BATCH, BATCH));
    let prepared: Vec<Vec<_>> = (0..callers).map(|caller| batches(caller).collect()).collect();
    rate(each * callers * BATCH, all(log, prepared)).await
}

/// So many callers, one event at a time each.
pub async fn single(log: &Arc<dyn Log>, clients: usize) -> Rate {
    let each = singles(clients) / clients;
    let start = 20_000_000 + clients * 1_000_000;
    let singles = |client| (0..each).map(move |nth| append(start + client * each + nth, 1));
    let prepared: Vec<Vec<_>> = (0..clients).map(|client| singles(client).collect()).collect();
    rate(each * clients, all(log, prepared)).await
}

async fn all(log: &Arc<dyn Log>, prepared: Vec<Vec<Append>>) {
    let callers = prepared.into_iter().map(|appends| {
        let log = log.clone();
        tokio::spawn(async move {
            for append in appends {
                log.append(append).await.unwrap();
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
}

/// The whole log once, in pages.
pub async fn read(log: &Arc<dyn Log>) -> Rate {
    let head = *log.head().borrow();
    let mut after = 0;
    rate(head as usize, async {
        while after < head {
            let page = Page { direction: Direction::Forwards, ..Page::forwards(Select::All, after, 5_000) };
            after = log.read(&page).await.unwrap().last().unwrap().position;
        }
    })
    .await
}

/// Everything that is measured on a log: each with its yardstick's figure.
pub const CLIENT_COUNTS: [usize; 2] = [1, CLIENTS];
