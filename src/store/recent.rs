//! What a writer remembers of the groups that it committed last, so that most small groups need no look-up.
//!
//! A guess takes events and records to be new. When they are not, a unique index refuses them, nothing is written, and
//! the group is looked up after all. A key that was committed lately is remembered, so that a client that repeats what it
//! has just sent costs no failed statement.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use kulta_events::{Instant, RecordId};
use uuid::Uuid;

use super::plan::{Known, Plan, Wanted};

/// Larger groups are looked up: one duplicate would spoil the work on all of it.
const LARGEST_GUESS: usize = 64;
/// Streams, and keys, that are remembered at most (twice that for a moment).
const REMEMBERED: usize = 100_000;
/// So many groups are looked up after a wrong guess: duplicates seldom come alone.
const LOOK_UPS_AFTER_A_WRONG_GUESS: u32 = 16;

/// The memory of one writer.
#[derive(Debug, Default)]
pub(super) struct Recent {
    state: Option<State>,
    revisions: [HashMap<Arc<str>, u64>; 2],
    keys: [HashSet<Uuid>; 2],
    records: [HashSet<RecordId>; 2],
    look_ups: u32,
}

#[derive(Clone, Copy, Debug)]
struct State {
    head: u64,
    recorded_at: Instant,
    commits: i64,
}

impl Recent {
    /// What there is to know, and the number of commits that it is of, if no look-up is needed.
    pub(super) fn guess(&mut self, wanted: &Wanted) -> Option<(Known, i64)> {
        if self.look_ups > 0 {
            self.look_ups -= 1;
            return None;
        }
        let State { head, recorded_at, commits } = self.state?;
        let few = wanted.events.len() <= LARGEST_GUESS && wanted.results.is_empty() && wanted.cursors.is_empty();
        if !few || wanted.events.iter().any(|key| has(&self.keys, key)) {
            return None;
        }
        // Whoever sealed for a record that is not stored has just looked: it is new, and so is its stream.
        let all_new = wanted.records.len() == wanted.new_records.len();
        if !all_new || wanted.records.iter().any(|record| has(&self.records, record)) {
            return None;
        }
        let (revisions, asked) = self.share(wanted);
        let known = Known { head, recorded_at, revisions, ..Known::default() };
        asked.is_empty().then_some((known, commits))
    }

    /// For a look-up: the revisions that are remembered, and the streams that must be asked for. The streams of records
    /// that are taken to be new are not among these.
    pub(super) fn share(&self, wanted: &Wanted) -> (HashMap<Arc<str>, u64>, Vec<Arc<str>>) {
        let new: HashSet<String> = wanted.new_records.iter().map(|record| record.stream()).collect();
        let (mut remembered, mut asked) = (HashMap::new(), Vec::new());
        for stream in &wanted.streams {
            match self.revisions.iter().find_map(|revisions| revisions.get(stream)) {
                Some(revision) => drop(remembered.insert(stream.clone(), *revision)),
                None if new.contains(&**stream) => {}
                None => asked.push(stream.clone()),
            }
        }
        (remembered, asked)
    }

    /// Whether nobody else has written since, if that is the number of commits now.
    pub(super) fn is_of(&self, commits: i64) -> bool {
        self.state.is_some_and(|state| state.commits == commits)
    }

    /// A plan was committed; the number of commits before it was this.
    pub(super) fn committed(&mut self, plan: &Plan<'_>, commits: i64) {
        self.state = Some(State { head: plan.head, recorded_at: plan.recorded_at, commits: commits + 1 });
        make_room(&mut self.revisions, |young| young.len() + plan.rows.len());
        make_room(&mut self.keys, |young| young.len() + plan.rows.len());
        make_room(&mut self.records, |young| young.len() + plan.records.len());
        for row in &plan.rows {
            self.revisions[0].insert(row.event.stream.clone(), row.revision);
            self.keys[0].insert(row.event.key);
        }
        self.records[0].extend(plan.records.iter().map(|(record, _)| record.record));
    }

    /// A guess was wrong: something of it was there already.
    pub(super) fn was_wrong(&mut self) {
        self.look_ups = LOOK_UPS_AFTER_A_WRONG_GUESS;
    }

    /// Somebody else has written, or may have.
    pub(super) fn forget(&mut self) {
        *self = Self { look_ups: self.look_ups, ..Self::default() };
    }
}

fn has<T: Eq + Hash>(sets: &[HashSet<T>; 2], item: &T) -> bool {
    sets.iter().any(|set| set.contains(item))
}

/// Two generations: what was not met during a whole generation is forgotten.
fn make_room<T: Default>(generations: &mut [T; 2], filled: impl Fn(&T) -> usize) {
    let [young, old] = generations;
    if filled(young) > REMEMBERED {
        *old = std::mem::take(young);
    }
}

#[cfg(test)]
mod tests;
