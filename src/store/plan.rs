//! What a group of appends does to the log: decided here, purely, for both stores.
//!
//! The store locks the log, looks up what [`Wanted`] names, and hands it over as [`Known`]; [`plan`] says which rows to
//! insert at which positions and what to answer whom. Requests of one group see each other in their order.

use std::borrow::{Borrow, Cow};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use kulta_events::field::Retention;
use kulta_events::ids::{RECORD, category};
use kulta_events::{CustomerId, Instant, RecordId};
use uuid::Uuid;

use super::log::{
    Append, AppendError, Appended, CommandResult, EventOutcome, Expected, Mode, NewDeadLetter, NewEvent, NewKey,
    NewRecord,
};
use super::{Sent, SentCustomer};

/// What the store must look up before planning.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Event keys.
    pub events: Vec<Uuid>,
    /// Streams.
    pub streams: Vec<Arc<str>>,
    /// Idempotency keys.
    pub results: Vec<Uuid>,
    /// Cursors.
    pub cursors: Vec<String>,
    /// Records of which something is to be stored.
    pub records: Vec<RecordId>,
    /// Those of them that are new, as far as the callers know.
    pub new_records: HashSet<RecordId>,
}

impl Wanted {
    /// What this group needs.
    pub fn of(group: &[Append]) -> Self {
        let mut wanted = Self::default();
        let mut streams = HashSet::new();
        let mut records = HashSet::new();
        for append in group {
            for event in &append.events {
                wanted.events.push(event.key);
                streams.insert(event.stream.clone());
            }
            streams.extend(append.expect.iter().map(|(stream, _)| stream.clone()));
            wanted.results.extend(append.result.iter().map(|result| result.key));
            wanted.cursors.extend(append.cursors.iter().map(|cursor| cursor.name.clone()));
            wanted.new_records.extend(append.records.iter().map(|record| record.record));
            records.extend(append.keys.iter().map(|key| key.record));
        }
        wanted.streams.extend(streams);
        records.extend(&wanted.new_records);
        wanted.records.extend(records);
        wanted
    }
}

/// An event that the log already holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownEvent {
    /// Where.
    pub position: u64,
    /// Its content.
    pub fingerprint: Uuid,
    /// Its payload version: the fingerprint of an older one is of the payload as it was before it is lifted.
    pub version: i16,
}

/// What the log holds of what was wanted, read under its lock.
#[derive(Debug, Default)]
pub struct Known {
    /// The last position.
    pub head: u64,
    /// The latest `recorded_at`.
    pub recorded_at: Instant,
    /// Stored events by key.
    pub events: HashMap<Uuid, KnownEvent>,
    /// Last revisions of the streams that exist.
    pub revisions: HashMap<Arc<str>, u64>,
    /// Kept answers.
    pub results: HashMap<Uuid, CommandResult>,
    /// Cursors that exist.
    pub cursors: HashMap<String, String>,
    /// Records that exist.
    pub records: HashSet<RecordId>,
    /// Data keys that exist.
    pub keys: HashMap<(RecordId, i16), Vec<u8>>,
    /// First positions that this group gives to records.
    pub first_positions: HashMap<RecordId, u64>,
}

/// A row to insert.
#[derive(Debug)]
pub struct Row<'a> {
    /// The event.
    pub event: &'a NewEvent,
    /// Its place in the log.
    pub position: u64,
    /// Its place in its stream.
    pub revision: u64,
}

/// What to write, and what to answer.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Events, positions rising by one from `head` before.
    pub rows: Vec<Row<'a>>,
    /// New records with their first positions.
    pub records: Vec<(&'a NewRecord, u64)>,
    /// New data keys.
    pub keys: Vec<&'a NewKey>,
    /// Cursors to set; the last word of the group per name.
    pub cursors: BTreeMap<&'a str, &'a str>,
    /// What topics hold from now on, and what no more.
    pub sent: Vec<&'a Sent>,
    /// Dead letters to add.
    pub dead_letters: Vec<NewDeadLetter>,
    /// Dead letters to mark as resubmitted, with the position.
    pub settles: Vec<(i64, u64)>,
    /// Answers to keep.
    pub results: Vec<CommandResult>,
    /// The log's last position afterwards.
    pub head: u64,
    /// When the group is recorded: never earlier than what is recorded already.
    pub recorded_at: Instant,
    /// One per request.
    pub outcomes: Vec<Result<Appended, AppendError>>,
}

impl Plan<'_> {
    /// The personal parts of the rows that are kept, in their order: position, class, blob.
    pub fn parts(&self) -> impl Iterator<Item = (u64, Retention, &[u8])> {
        self.rows
            .iter()
            .flat_map(|row| row.event.parts.iter().map(|(class, blob)| (row.position, *class, blob.as_slice())))
            .filter(|(_, _, blob)| !blob.is_empty())
    }

    /// What topics hold from now on.
    pub fn put(&self) -> impl Iterator<Item = (&str, &SentCustomer)> {
        self.sent.iter().flat_map(|sent| sent.put.iter().map(|put| (sent.topic.as_str(), put)))
    }

    /// What topics hold no more.
    pub fn removed(&self) -> impl Iterator<Item = (&str, CustomerId)> {
        self.sent.iter().flat_map(|sent| sent.removed.iter().map(|id| (sent.topic.as_str(), *id)))
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
            && self.records.is_empty()
            && self.keys.is_empty()
            && self.cursors.is_empty()
            && self.sent.is_empty()
            && self.dead_letters.is_empty()
            && self.settles.is_empty()
            && self.results.is_empty()
    }
}

/// A group as it can be stored: what was sealed by keys that do not hold is sealed again by those that do. Done while the
/// log is locked, or nobody else writes: a second try could come too late again, where two nodes are told of the same
/// new people at the same time.
pub fn sealed_anew<'a>(group: &'a [Append], known: &Known) -> Vec<Cow<'a, Append>> {
    let anew = |append: &'a Append| {
        let reseal = append.reseal.as_ref()?;
        let mut stored: BTreeMap<_, Vec<_>> = stale(append, known).map(|key| (key.record, Vec::new())).collect();
        if stored.is_empty() {
            return None;
        }
        for (record, keys) in &mut stored {
            let held = |class| Some((class, known.keys.get(&(*record, class as i16))?));
            let held = Retention::ALL.into_iter().filter_map(held);
            keys.extend(held.map(|(class, wrapped)| NewKey { record: *record, class, wrapped: wrapped.clone() }));
        }
        reseal.reseal(append, &stored)
    };
    group.iter().map(|append| anew(append).map_or(Cow::Borrowed(append), Cow::Owned)).collect()
}

/// Decides what a group of appends does.
pub fn plan<A: Borrow<Append>>(group: &[A], mut known: Known, now: Instant) -> Plan<'_> {
    let recorded_at = now.max(known.recorded_at);
    let mut plan = Plan {
        rows: Vec::new(),
        records: Vec::new(),
        keys: Vec::new(),
        cursors: BTreeMap::new(),
        sent: Vec::new(),
        dead_letters: Vec::new(),
        settles: Vec::new(),
        results: Vec::new(),
        head: known.head,
        recorded_at,
        outcomes: Vec::with_capacity(group.len()),
    };
    for append in group {
        let outcome = request(append.borrow(), &mut known, &mut plan);
        plan.outcomes.push(outcome);
    }
    plan.head = known.head;
    plan
}

fn request<'a>(append: &'a Append, known: &mut Known, plan: &mut Plan<'a>) -> Result<Appended, AppendError> {
    if let Some(earlier) = append.result.as_ref().and_then(|result| known.results.get(&result.key)) {
        return Ok(Appended { head: known.head, events: Vec::new(), earlier: Some(earlier.clone()) });
    }
    check_cursors(append, known)?;
    check_keys(append, known)?;
    let repetition = append.mode == Mode::AllOrNothing && is_repetition(append, known)?;
    if !repetition {
        check_expectations(append, known)?;
    }
    let events: Vec<_> = append.events.iter().map(|event| place(event, known, plan)).collect();
    store_people(append, known, plan);
    for cursor in &append.cursors {
        known.cursors.insert(cursor.name.clone(), cursor.to.clone());
        plan.cursors.insert(&cursor.name, &cursor.to);
    }
    plan.sent.extend(&append.sent);
    plan.dead_letters.extend(append.dead_letters.iter().cloned());
    // A dead letter that conflicts again stays open.
    if !events.iter().any(|event| matches!(event, EventOutcome::Conflict(_) | EventOutcome::Older(_))) {
        plan.settles.extend(append.settles.iter().map(|id| (*id, known.head)));
    }
    if let Some(result) = &append.result {
        // A repetition is answered with the position to wait for, as the first was.
        let result = CommandResult { position: known.head, ..result.clone() };
        known.results.insert(result.key, result.clone());
        plan.results.push(result);
    }
    Ok(Appended { head: known.head, events, earlier: None })
}

/// Of two who read on from the same place, one stores what is there; the other finds the cursor moved.
fn check_cursors(append: &Append, known: &Known) -> Result<(), AppendError> {
    let moved = append.cursors.iter().find(|cursor| known.cursors.get(&cursor.name) != cursor.from.as_ref());
    moved.map_or(Ok(()), |cursor| Err(AppendError::CursorMoved { name: cursor.name.clone() }))
}

/// Two nodes (or two requests) may have made different keys for one record: the first stored one holds.
fn check_keys(append: &Append, known: &Known) -> Result<(), AppendError> {
    let stale: Vec<_> = stale(append, known).map(|key| key.record).collect();
    if stale.is_empty() { Ok(()) } else { Err(AppendError::StaleKeys(stale)) }
}

/// The keys of an append that do not hold.
fn stale<'a>(append: &'a Append, known: &Known) -> impl Iterator<Item = &'a NewKey> {
    append.keys.iter().filter(|key| {
        let stored = known.keys.get(&(key.record, key.class as i16));
        // A record that exists without this contact key was erased: no key is made again.
        stored
            .map_or(known.records.contains(&key.record) && key.class as i16 == CONTACT, |stored| *stored != key.wrapped)
    })
}

/// Whether all events of a command are stored already. Some stored with other content is a conflict.
fn is_repetition(append: &Append, known: &Known) -> Result<bool, AppendError> {
    let mut all = !append.events.is_empty();
    for event in &append.events {
        match known.events.get(&event.key) {
            Some(stored) if stored.fingerprint == event.fingerprint => {}
            Some(stored) => return Err(AppendError::Conflict { position: stored.position }),
            None => all = false,
        }
    }
    Ok(all)
}

fn check_expectations(append: &Append, known: &Known) -> Result<(), AppendError> {
    for (stream, expected) in &append.expect {
        let actual = known.revisions.get(stream).copied();
        let holds = match expected {
            Expected::Any => true,
            Expected::None => actual.is_none(),
            Expected::Exists => actual.is_some(),
            Expected::Exact(revision) => actual == Some(*revision),
        };
        if !holds {
            return Err(AppendError::WrongRevision { stream: stream.to_string(), expected: *expected, actual });
        }
    }
    Ok(())
}

fn place<'a>(event: &'a NewEvent, known: &mut Known, plan: &mut Plan<'a>) -> EventOutcome {
    if let Some(stored) = known.events.get(&event.key) {
        if stored.fingerprint == event.fingerprint {
            return EventOutcome::Duplicate(stored.position);
        }
        if stored.version < event.version {
            return EventOutcome::Older(stored.position);
        }
        plan.dead_letters.extend(event.letter.as_ref().map(|letter| letter.make()));
        return EventOutcome::Conflict(stored.position);
    }
    // The log finds the streams of records by the records' ids.
    debug_assert!(
        category(&event.stream) != RECORD || event.record.is_some_and(|record| *record.stream() == *event.stream),
        "what is about nobody, or somebody else, has no place in the stream of a record"
    );
    known.head += 1;
    let position = known.head;
    let revision = match known.revisions.get_mut(&event.stream) {
        Some(last) => {
            *last += 1;
            *last
        }
        None => {
            known.revisions.insert(event.stream.clone(), 0);
            0
        }
    };
    known.events.insert(event.key, KnownEvent { position, fingerprint: event.fingerprint, version: event.version });
    if let Some(record) = event.record {
        known.first_positions.entry(record).or_insert(position);
    }
    plan.rows.push(Row { event, position, revision });
    EventOutcome::Accepted(position)
}

/// The retention class whose key every record has from its beginning.
pub(super) const CONTACT: i16 = Retention::Contact as i16;

/// A record comes into being with the first event that names it; without an accepted event there is none.
fn store_people<'a>(append: &'a Append, known: &mut Known, plan: &mut Plan<'a>) {
    for record in &append.records {
        if known.records.contains(&record.record) {
            continue;
        }
        if let Some(first) = known.first_positions.get(&record.record) {
            known.records.insert(record.record);
            plan.records.push((record, *first));
        }
    }
    for key in &append.keys {
        let at = (key.record, key.class as i16);
        if known.records.contains(&key.record) && !known.keys.contains_key(&at) {
            known.keys.insert(at, key.wrapped.clone());
            plan.keys.push(key);
        }
    }
}

#[cfg(test)]
mod tests;
