//! Who was one customer at an earlier `known_at`: recomputed for the records concerned, not stored.
//!
//! From the record that is asked about, the records that it was linked to then are gathered step by step, each as it
//! stood then. They are found by the values that records hold now, and by those that records held then which changed
//! since, unless these are very many.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use kulta_events::RecordId;
use kulta_projections::crosswalk::Decision;
use kulta_projections::identity::past::Past;
use kulta_projections::identity::policy::MatchPolicy;
use kulta_projections::identity::prepared::Prepared;
use kulta_projections::identity::said::attributes;
use kulta_projections::rows::{MatchPolicyRow, RecordRow};

use super::{Error, Reads};
use crate::store::views::Generation;

/// So many records that changed since are read back; if there were more, those are found by what they hold now only.
const MOST_CHANGED: usize = 5_000;
/// A customer and all that was linked to it, at most.
const MOST_LINKED: usize = 2_000;

impl Reads {
    /// Whether a record's id was that of a customer at a position, as far as was known then.
    ///
    /// # Errors
    /// When the store fails, or matching is not loaded yet.
    pub async fn was_customer(&self, id: RecordId, position: u64) -> Result<bool, Error> {
        Ok(self.customer_then(id, position).await?.first().is_some_and(|founder| founder.record == id))
    }

    /// The records, the founder first, of the customer that held a record at a position, by their present rows; empty:
    /// the record was not known. For a position that the projections have got to.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn customer_then(&self, id: RecordId, cut: u64) -> Result<Vec<RecordRow>, Error> {
        // Fourteen kilobytes, which every reading of a customer and every command would carry with it else.
        Box::pin(self.find_then(id, cut)).await
    }

    async fn find_then(&self, id: RecordId, cut: u64) -> Result<Vec<RecordRow>, Error> {
        let live = self.projections.live();
        let policy = policy_at(&live, cut).await?;
        let mut gathering = Gathering {
            reads: self,
            live,
            cut,
            policy: &policy,
            rows: BTreeMap::new(),
            asked: BTreeSet::new(),
            then: HashMap::new(),
            changed: HashMap::new(),
        };
        let mut past = Past::new(&policy);
        gathering.read_changed().await?;
        gathering.add(&mut past, BTreeSet::from([id])).await?;
        if past.get(id).is_none() {
            return Ok(Vec::new());
        }
        let mut component = BTreeSet::from([id]);
        let mut open = vec![id];
        while !open.is_empty() && component.len() < MOST_LINKED {
            gathering.add_around(&mut past, &open).await?;
            let beside: Vec<RecordId> = open.iter().flat_map(|record| past.beside(*record)).collect();
            open = beside.into_iter().filter(|record| component.insert(*record)).collect();
        }
        let members = past.customer(id, &component);
        let mut rows: Vec<RecordRow> = members.iter().filter_map(|id| gathering.rows.get(id).cloned()).collect();
        rows.sort_by_key(|row| (row.first_position, row.record));
        Ok(rows)
    }
}

/// The match policy that was in force as of a position.
async fn policy_at(live: &Arc<dyn Generation>, cut: u64) -> Result<Arc<MatchPolicy>, Error> {
    let known = live.match_policies_seen().await?.into_iter().filter_map(|(_, row)| row);
    Ok(MatchPolicyRow::in_force(known.filter(|row| row.position <= cut)).policy)
}

/// What was known of a decision at a position.
fn known_by(mut decision: Decision, cut: u64) -> Decision {
    decision.made = decision.made.filter(|made| made.position <= cut);
    decision.withdrawn = decision.withdrawn.filter(|withdrawn| withdrawn.position <= cut);
    decision
}

/// Records as they stood, read when they are needed.
struct Gathering<'a> {
    reads: &'a Reads,
    live: Arc<dyn Generation>,
    cut: u64,
    policy: &'a MatchPolicy,
    /// Their present rows.
    rows: BTreeMap<RecordId, RecordRow>,
    asked: BTreeSet<RecordId>,
    /// Records that changed since, as they stood.
    then: HashMap<RecordId, Prepared>,
    /// Keys that records held then which changed since.
    changed: HashMap<u64, Vec<RecordId>>,
}

impl Gathering<'_> {
    /// Reads what records that changed since said then.
    async fn read_changed(&mut self) -> Result<(), Error> {
        let Some(changed) = self.reads.identities.changed_since(self.cut, MOST_CHANGED) else { return Ok(()) };
        for (record, prepared) in self.prepared_then(changed.into_iter().collect()).await? {
            for key in prepared.keys() {
                self.changed.entry(*key).or_default().push(record);
            }
            self.then.insert(record, prepared);
        }
        Ok(())
    }

    /// Adds records as they stood, with what stewards had decided about them.
    async fn add(&mut self, past: &mut Past<'_>, mut records: BTreeSet<RecordId>) -> Result<(), Error> {
        records.retain(|record| self.asked.insert(*record));
        let ids: Vec<RecordId> = records.iter().copied().collect();
        for decision in self.live.decisions_of(&ids).await? {
            past.decide(known_by(decision, self.cut));
        }
        for (record, prepared) in self.prepared_then(records).await? {
            let crowded = self.reads.ask(|resolver, _| resolver.crowded(&prepared)).await?;
            past.add(record, prepared, crowded);
        }
        Ok(())
    }

    /// Adds the records that may be linked to these.
    async fn add_around(&mut self, past: &mut Past<'_>, records: &[RecordId]) -> Result<(), Error> {
        let mut around = BTreeSet::new();
        for record in records {
            around.extend(past.named_with(*record));
            let Some(prepared) = past.get(*record) else { continue };
            around.extend(self.reads.ask(|resolver, _| resolver.sharing(prepared)).await?);
            around.extend(prepared.keys().iter().filter_map(|key| self.changed.get(key)).flatten());
        }
        self.add(past, around).await
    }

    /// Those of these records that were known then, as they stood.
    async fn prepared_then(&mut self, records: BTreeSet<RecordId>) -> Result<Vec<(RecordId, Prepared)>, Error> {
        let missing: Vec<RecordId> = records.iter().copied().filter(|record| !self.rows.contains_key(record)).collect();
        let found = self.live.records(&missing).await?;
        self.rows.extend(found.into_iter().map(|row| (row.record, row)));
        let there = records.iter().filter_map(|record| self.rows.get(record));
        let known: Vec<&RecordRow> = there.filter(|row| row.first_position <= self.cut).collect();
        let changed = known.iter().filter(|row| row.shaped_at > self.cut && !self.then.contains_key(&row.record));
        let changed: Vec<RecordId> = changed.map(|row| row.record).collect();
        let folded: HashMap<_, _> = self.reads.source.refold(changed, self.cut).await?.into_iter().collect();
        let prepare = |row: &&RecordRow| {
            if let Some(prepared) = self.then.get(&row.record) {
                return (row.record, prepared.clone());
            }
            let state = folded.get(&row.record).unwrap_or(&row.state);
            (row.record, Prepared::of(&attributes(&row.source, state), self.policy))
        };
        Ok(known.iter().map(prepare).collect())
    }
}
