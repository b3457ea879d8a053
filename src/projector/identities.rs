//! The records as matching holds them: in memory, beside a generation of projections and as far as that is.
//!
//! What is in memory is a function of what the generation holds, so a node that starts, takes over or follows reads it
//! from there. When a write fails, what matching was told of it is read back.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use kulta_events::RecordId;
use kulta_projections::batch::{Folded, Found, Needs};
use kulta_projections::crosswalk::Decision;
use kulta_projections::identity::live::{Question, Resolver, Snapshot, WhatIf};
use kulta_projections::identity::policy::MatchPolicy;
use kulta_projections::identity::prepared::Prepared;
use kulta_projections::rows::{MatchPolicyRow, RecordRow};
use tokio::sync::watch;
use uuid::Uuid;

use super::Error;
use super::load::{Loaded, load, prepare};
use crate::store::views::Generation;

/// Customers followed at a time.
const PAGE: usize = 1_000;
/// Records that are told while readers wait.
const AT_ONCE: usize = 64;

/// The records of one node, shared with whoever asks who is who.
#[derive(Clone, Debug)]
pub struct Identities {
    resident: Arc<RwLock<Option<Resident>>>,
    loaded: watch::Sender<bool>,
    kept: Arc<Mutex<Kept>>,
}

/// What was worked out for those who asked, to be used again.
#[derive(Debug, Default)]
struct Kept {
    /// The stewards' questions at a change.
    questions: Option<(u64, Arc<Vec<Question>>)>,
    /// All records with their agreements, for as long as somebody previews policies.
    snapshot: Option<(Instant, u64, Arc<Snapshot>)>,
    /// What policies would change, the last previews, the oldest first.
    previews: Vec<(Instant, Uuid, Arc<Previewed>)>,
}

/// What a policy would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Previewed {
    /// By the records as they were at this position.
    pub position: u64,
    /// What changes.
    pub found: WhatIf,
}

/// How many previews are kept.
const PREVIEWS: usize = 4;

/// For how long a snapshot is used for previews, and a preview can be read: a snapshot takes as much memory as the records.
const SNAPSHOT_LIVES: Duration = Duration::from_secs(300);

/// What is in memory, and of what.
#[derive(Debug)]
pub(super) struct Resident {
    resolver: Resolver,
    policy: MatchPolicyRow,
    /// Every source that a record is of.
    sources: BTreeSet<String>,
    /// Of each record its first position, and the highest that shaped it.
    places: HashMap<RecordId, (u64, u64)>,
    generation: i64,
    /// As far as the generation was when this was the same.
    position: u64,
    /// How often it changed.
    changes: u64,
    /// Told, but not yet known to be written.
    doubtful: (BTreeSet<RecordId>, BTreeSet<Uuid>),
}

impl Resident {
    pub(super) fn new(resolver: Resolver, seen: Seen, policy: MatchPolicyRow, generation: i64, position: u64) -> Self {
        let Seen { sources, places } = seen;
        Self { resolver, policy, sources, places, generation, position, changes: 0, doubtful: Default::default() }
    }

    fn see(&mut self, seen: Seen) {
        self.sources.extend(seen.sources);
        self.places.extend(seen.places);
    }
}

/// What else is kept of all records.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Every source that a record is of.
    pub sources: BTreeSet<String>,
    /// Of each record its first position, and the highest that shaped it.
    pub places: HashMap<RecordId, (u64, u64)>,
}

impl Seen {
    pub(super) fn see(&mut self, rows: &[RecordRow]) {
        for row in rows {
            if !self.sources.contains(&row.source) {
                self.sources.insert(row.source.clone());
            }
            self.places.insert(row.record, (row.first_position, row.shaped_at));
        }
    }
}

impl Default for Identities {
    fn default() -> Self {
        let (loaded, _) = watch::channel(false);
        Self { resident: Arc::default(), loaded, kept: Arc::default() }
    }
}

impl Identities {
    /// Waits until the records are loaded; false when they are not in time.
    pub async fn loaded(&self, within: Duration) -> bool {
        let mut loaded = self.loaded.subscribe();
        matches!(tokio::time::timeout(within, loaded.wait_for(|loaded| *loaded)).await, Ok(Ok(_)))
    }

    /// Asks matching something; `None` while nothing is loaded yet. Whoever asks holds up the projector.
    pub fn ask<T>(&self, question: impl FnOnce(&Resolver, &MatchPolicyRow) -> T) -> Option<T> {
        self.look(|resident| question(&resident.resolver, &resident.policy))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Resident) -> T) -> Option<T> {
        self.resident.write().unwrap_or_else(PoisonError::into_inner).as_mut().map(|resident| {
            resident.changes += 1;
            change(resident)
        })
    }

    pub(super) fn put(&self, mut resident: Resident) {
        let before = {
            let mut place = self.resident.write().unwrap_or_else(PoisonError::into_inner);
            // Whoever kept something of what was there before is not to take it for this.
            resident.changes = place.as_ref().map_or(0, |before| before.changes) + 1;
            place.replace(resident)
        };
        // It takes a while, and nobody is to wait for it.
        drop(before);
        // It may have been of another policy.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).snapshot = None;
        self.loaded.send_replace(true);
    }

    /// Takes what another has.
    pub(super) fn take_over(&self, other: &Self) {
        if let Some(resident) = other.resident.write().unwrap_or_else(PoisonError::into_inner).take() {
            self.put(resident);
        }
    }

    /// Every source that a record is of.
    pub fn sources(&self) -> Option<BTreeSet<String>> {
        self.look(|resident| resident.sources.clone())
    }

    /// Whether a record is known, as far as its generation is; `None` where that cannot be told at once.
    pub(super) fn knows(&self, record: RecordId) -> Option<(bool, u64)> {
        let resident = self.resident.try_read().ok()?;
        let resident = resident.as_ref()?;
        Some((resident.places.contains_key(&record), resident.position))
    }

    /// The records that came up to a position and were shaped after it; `None` when they are more than `most`.
    pub fn changed_since(&self, position: u64, most: usize) -> Option<Vec<RecordId>> {
        self.look(|resident| {
            let changed = |(_, (first, shaped)): &(&RecordId, &(u64, u64))| *first <= position && *shaped > position;
            let found: Vec<RecordId> =
                resident.places.iter().filter(changed).map(|(record, _)| *record).take(most + 1).collect();
            (found.len() <= most).then_some(found)
        })
        .flatten()
    }

    fn look<T>(&self, look: impl FnOnce(&Resident) -> T) -> Option<T> {
        self.resident.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(look)
    }

    /// What is asked of stewards, the first to be answered first; found anew after every change.
    pub fn questions(&self) -> Option<Arc<Vec<Question>>> {
        let changes = self.look(|resident| resident.changes)?;
        let kept =
            |kept: &Kept| kept.questions.as_ref().filter(|(at, _)| *at == changes).map(|(_, found)| found.clone());
        if let Some(questions) = kept(&self.kept.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Some(questions);
        }
        let (changes, found) = self.look(|resident| (resident.changes, Arc::new(resident.resolver.questions())))?;
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).questions = Some((changes, found.clone()));
        Some(found)
    }

    /// All records as they are, or were some minutes ago when somebody previewed a policy, and at which position.
    pub fn snapshot(&self) -> Option<(u64, Arc<Snapshot>)> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        kept.snapshot = kept.snapshot.take().filter(|(until, ..)| *until > now);
        if let Some((_, position, snapshot)) = &kept.snapshot {
            return Some((*position, snapshot.clone()));
        }
        drop(kept);
        let (position, mut snapshot) = self.look(|resident| {
            let first = |record: RecordId| resident.places.get(&record).map_or(u64::MAX, |(first, _)| *first);
            (resident.position, resident.resolver.snapshot(first))
        })?;
        snapshot.compare(crate::threads());
        let snapshot = Arc::new(snapshot);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.snapshot = Some((now + SNAPSHOT_LIVES, position, snapshot.clone()));
        Some((position, snapshot))
    }

    /// Lets go of a snapshot that nobody used for some minutes.
    pub(super) fn tidy(&self) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        kept.snapshot = kept.snapshot.take().filter(|(until, ..)| *until > now);
        kept.previews.retain(|(until, ..)| *until > now);
    }

    /// Keeps a preview to be read for some minutes, by the id that is answered.
    pub fn keep_preview(&self, previewed: Arc<Previewed>) -> Uuid {
        let (id, until) = (Uuid::new_v4(), Instant::now() + SNAPSHOT_LIVES);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let too_many = (kept.previews.len() + 1).saturating_sub(PREVIEWS);
        kept.previews.drain(..too_many);
        kept.previews.push((until, id, previewed));
        id
    }

    /// A preview that is kept still.
    pub fn preview(&self, id: Uuid) -> Option<Arc<Previewed>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.previews.iter().find(|(until, known, _)| *known == id && *until > Instant::now());
        found.map(|(_, _, previewed)| previewed.clone())
    }

    /// The match policy by which records are matched now.
    pub fn policy(&self) -> Option<MatchPolicyRow> {
        self.ask(|_, policy| policy.clone())
    }

    /// Tells matching of a batch; what it finds.
    pub(super) fn tell(&self, folded: &Folded, policy: &MatchPolicy) -> Result<Found, Error> {
        let prepared = in_place(folded.told().0.count(), || folded.prepared(policy));
        self.tell_prepared(folded, prepared)
    }

    /// The same with the records of the batch normalised already.
    pub(super) fn tell_prepared(&self, folded: &Folded, prepared: Vec<(RecordId, Prepared)>) -> Result<Found, Error> {
        let (records, decisions) = folded.told();
        let told = (records.collect(), decisions.collect());
        let begun = self.change(|resident| resident.doubtful = told);
        begun.ok_or(Error::NoProgress)?;
        in_place(prepared.len(), || {
            let mut prepared = prepared.into_iter().peekable();
            while prepared.peek().is_some() {
                let some: Vec<(RecordId, Prepared)> = prepared.by_ref().take(AT_ONCE).collect();
                self.change(|resident| {
                    some.into_iter().for_each(|(record, prepared)| resident.resolver.put(record, prepared));
                });
            }
            self.change(|resident| folded.tell_decisions(&mut resident.resolver)).ok_or(Error::NoProgress)
        })
    }

    /// What was told is written, up to a position, and these rows with it. A match policy among them that comes into
    /// force says the same as the one before: any other is taken in a batch of its own.
    pub(super) fn written(&self, to: u64, rows: &[RecordRow], policies: &[MatchPolicyRow]) {
        let mut seen = Seen::default();
        seen.see(rows);
        let published = policies.iter().max_by(|a, b| a.order.cmp(&b.order)).cloned();
        self.change(|resident| {
            if let Some(published) = published.filter(|row| row.order > resident.policy.order) {
                resident.policy = published;
            }
            resident.see(seen);
            resident.position = to;
            resident.doubtful = Default::default();
        });
    }

    /// Brings what is in memory to where the generation is. Answers customers that are not what matching finds: then the
    /// generation was made by another program.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn sync(&self, generation: &Arc<dyn Generation>) -> Result<Vec<Vec<RecordId>>, Error> {
        let checkpoint = generation.checkpoint().await?;
        if self.is_at(generation.number(), checkpoint) {
            return Ok(Vec::new());
        }
        let policy = generation.match_policy().await?;
        let state = self.look(|resident| {
            let same = resident.generation == generation.number() && resident.policy.policy == policy.policy;
            (same && resident.position <= checkpoint).then(|| (resident.position, resident.doubtful.clone()))
        });
        let Some((position, doubtful)) = state.flatten() else {
            let loaded = load(generation, &policy.policy).await?;
            let Loaded { resolver, seen, differing } = loaded;
            self.put(Resident::new(resolver, seen, policy, generation.number(), checkpoint));
            return Ok(differing);
        };
        self.read_back(generation, doubtful).await?;
        if position < checkpoint {
            self.follow(generation, position).await?;
        }
        self.written(checkpoint, &[], &[policy]);
        Ok(Vec::new())
    }

    /// Whether there is nothing to bring: the projector's own writes are known.
    pub(super) fn is_at(&self, generation: i64, position: u64) -> bool {
        let told = self.look(|resident| {
            let (records, decisions) = &resident.doubtful;
            let sure = records.is_empty() && decisions.is_empty();
            sure && resident.generation == generation && resident.position == position
        });
        told.unwrap_or(false)
    }

    /// Reads records and decisions back, of which it is not sure whether they were written.
    async fn read_back(
        &self,
        generation: &Arc<dyn Generation>,
        (records, decisions): (BTreeSet<RecordId>, BTreeSet<Uuid>),
    ) -> Result<(), Error> {
        if records.is_empty() && decisions.is_empty() {
            return Ok(());
        }
        let needs = Needs { records: records.clone(), decisions: decisions.clone(), ..Needs::default() };
        let answer = generation.look_up(&needs).await?;
        let there: BTreeSet<RecordId> = answer.records.iter().map(|row| row.record).collect();
        let known: BTreeSet<Uuid> = answer.decisions.iter().map(|decision| decision.id).collect();
        self.change(|resident| {
            records.difference(&there).for_each(|record| resident.resolver.remove(*record));
            for id in decisions.difference(&known) {
                resident.resolver.decide(Decision { id: *id, made: None, withdrawn: None });
            }
        });
        self.take_rows(answer.records, answer.decisions);
        Ok(())
    }

    /// Reads what changed after a position.
    async fn follow(&self, generation: &Arc<dyn Generation>, position: u64) -> Result<(), Error> {
        let mut after = (position, Uuid::max());
        loop {
            let page = generation.customers_since(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = (last.position, last.customer.0);
            let members_of = page.iter().map(|customer| customer.customer).collect();
            let rows = generation.look_up(&Needs { members_of, ..Needs::default() }).await?.records;
            let ids: Vec<RecordId> = rows.iter().map(|row| row.record).collect();
            let decisions = generation.decisions_of(&ids).await?;
            self.take_rows(rows, decisions);
        }
    }

    fn take_rows(&self, rows: Vec<RecordRow>, decisions: Vec<Decision>) {
        let Some(policy) = self.policy() else { return };
        let prepared: Vec<_> = rows.iter().map(|row| (row.record, prepare(row, &policy.policy))).collect();
        let mut seen = Seen::default();
        seen.see(&rows);
        self.change(|resident| {
            resident.see(seen);
            prepared.into_iter().for_each(|(record, prepared)| resident.resolver.put(record, prepared));
            resident.resolver.mend();
            decisions.into_iter().for_each(|decision| resident.resolver.decide(decision));
            // Whose they are stands in the rows already.
            drop(resident.resolver.clusters_changed());
        });
    }
}

/// Works on so many records: beside the other tasks of this thread only where it takes some milliseconds, since those must
/// move to another thread for it.
fn in_place<T>(records: usize, work: impl FnOnce() -> T) -> T {
    if records < AT_ONCE { work() } else { tokio::task::block_in_place(work) }
}
