//! What a writer remembers of the groups that it committed last, so that most groups need no look-up.
//!
//! A guess takes events and records to be new unless they were committed lately. When they are not new, a unique index
//! refuses them, nothing is written, and the group is looked up after all.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use kulta_events::{Instant, RecordId};
use uuid::Uuid;

use super::log::{Append, NewKey};
use super::plan::{CONTACT, Known, KnownEvent, Plan, Row, Wanted};
use crate::lately::Lately;

/// Streams, and keys, that are remembered at most (twice that for a moment).
const REMEMBERED: usize = 100_000;
/// Records that are remembered: until whoever made keys for them has heard that they are stored.
const REMEMBERED_RECORDS: usize = 10_000;
/// So many groups are looked up after a wrong guess, since duplicates seldom come alone; twice as many after the next, at
/// most so many.
const LOOK_UPS: std::ops::Range<u32> = 16..4_096;

/// The data keys of a record that this writer stored, by class.
type Wrapped = HashMap<i16, Vec<u8>>;

/// The memory of one writer.
#[derive(Debug, Default)]
pub(super) struct Recent {
    state: Option<State>,
    revisions: Lately<Arc<str>, u64, REMEMBERED>,
    events: Lately<Uuid, KnownEvent, REMEMBERED>,
    records: Lately<RecordId, Wrapped, REMEMBERED_RECORDS>,
    /// Groups that are looked up yet.
    look_ups: u32,
    /// How many were, after the last wrong guess.
    looked_up: u32,
}

/// What a group needs to know, but for revisions that must be asked for.
#[derive(Debug)]
pub(super) struct Guess {
    pub known: Known,
    /// The number of commits that it is of.
    pub commits: i64,
    /// Streams that are not remembered: mostly those that begin with an event of this group.
    pub asked: Vec<Arc<str>>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    head: u64,
    recorded_at: Instant,
    commits: i64,
}

impl Recent {
    /// Takes it for known that what was stored of the keys of records that were met lately is stored still. Answers the
    /// keys of the group that this holds of: somebody may have been erased since, which nothing in the log tells, so they
    /// must be made sure of as the group is written. `None` where the keys must be looked up.
    pub(super) fn rely<'a>(&self, group: &'a [Append], known: &mut Known) -> Option<Vec<&'a NewKey>> {
        let (mut relied, mut seen) = (Vec::new(), HashSet::new());
        for key in group.iter().flat_map(|append| &append.keys) {
            let (record, class) = (key.record, key.class as i16);
            let Some(stored) = self.records.get(&record) else { continue };
            match stored.get(&class) {
                Some(wrapped) if *wrapped != key.wrapped => return None,
                Some(_) if seen.insert((record, class)) => relied.push(key),
                Some(_) => {}
                // It is remembered from a moment when another of its keys was new.
                None if class == CONTACT => return None,
                None => {}
            }
            known.keys.extend(stored.iter().map(|(class, wrapped)| ((record, *class), wrapped.clone())));
        }
        Some(relied)
    }

    /// What there is to know but keys, for which there is [`Recent::rely`], and but the revisions of some streams.
    pub(super) fn guess(&mut self, wanted: &Wanted) -> Option<Guess> {
        if self.look_ups > 0 {
            self.look_ups -= 1;
            return None;
        }
        let State { head, recorded_at, commits } = self.state?;
        if !wanted.cursors.is_empty() {
            return None;
        }
        let (revisions, asked) = self.share(wanted);
        let mut known = Known { head, recorded_at, revisions, ..Known::default() };
        let met = wanted.events.iter().filter_map(|key| Some((*key, *self.events.get(key)?)));
        known.events.extend(met);
        for record in &wanted.records {
            // Whoever sealed for a record that is not stored has just looked: it is new, and so is its stream. Of a
            // stored one, only what it has no key for yet is sealed under a new key.
            if !wanted.new_records.contains(record) || self.records.get(record).is_some() {
                known.records.insert(*record);
            }
        }
        Some(Guess { known, commits, asked })
    }

    /// For a look-up: the revisions that are remembered, and the streams that must be asked for. The streams of records
    /// that are taken to be new are not among these.
    pub(super) fn share(&self, wanted: &Wanted) -> (HashMap<Arc<str>, u64>, Vec<Arc<str>>) {
        let new: HashSet<String> = wanted.new_records.iter().map(|record| record.stream()).collect();
        let (mut remembered, mut asked) = (HashMap::new(), Vec::new());
        for stream in &wanted.streams {
            match self.revisions.get(stream) {
                Some(revision) => drop(remembered.insert(stream.clone(), *revision)),
                None if new.contains(&**stream) => {}
                None => asked.push(stream.clone()),
            }
        }
        (remembered, asked)
    }

    /// Whether a record that was taken to be new is not, and its stream was neither asked for nor is it remembered.
    pub(super) fn overlooked(wanted: &Wanted, known: &Known, remembered: &HashMap<Arc<str>, u64>) -> bool {
        let mut stored = wanted.new_records.iter().filter(|record| known.records.contains(record));
        stored.any(|record| !remembered.contains_key(&*record.stream()))
    }

    /// Whether nobody else has written since, if that is the number of commits now.
    pub(super) fn is_of(&self, commits: i64) -> bool {
        self.state.is_some_and(|state| state.commits == commits)
    }

    /// A plan was committed; the number of commits before it was this.
    pub(super) fn committed(&mut self, plan: &Plan<'_>, commits: i64) {
        self.state = Some(State { head: plan.head, recorded_at: plan.recorded_at, commits: commits + 1 });
        let revision = |row: &Row<'_>| (row.event.stream.clone(), row.revision);
        self.revisions.extend(plan.rows.iter().map(revision), plan.rows.len());
        let known = |Row { event, position, .. }: &Row<'_>| {
            let (fingerprint, version) = (event.fingerprint, event.version);
            (event.key, KnownEvent { position: *position, fingerprint, version })
        };
        self.events.extend(plan.rows.iter().map(known), plan.rows.len());
        self.stored(plan);
        if self.look_ups == 0 {
            self.looked_up = 0;
        }
    }

    fn stored(&mut self, plan: &Plan<'_>) {
        let mut met = HashMap::<RecordId, Wrapped>::new();
        let named = plan.records.iter().map(|(record, _)| record.record);
        for record in named.chain(plan.keys.iter().map(|key| key.record)) {
            met.entry(record).or_insert_with(|| self.records.get(&record).cloned().unwrap_or_default());
        }
        for key in &plan.keys {
            met.entry(key.record).or_default().insert(key.class as i16, key.wrapped.clone());
        }
        let count = met.len();
        self.records.extend(met, count);
    }

    /// A guess was wrong: something of it was there already.
    pub(super) fn was_wrong(&mut self) {
        self.looked_up = (self.looked_up * 2).clamp(LOOK_UPS.start, LOOK_UPS.end);
        self.look_ups = self.looked_up;
    }

    /// Somebody else has written, or may have.
    pub(super) fn forget(&mut self) {
        *self = Self { look_ups: self.look_ups, looked_up: self.looked_up, ..Self::default() };
    }
}

#[cfg(test)]
mod tests;
