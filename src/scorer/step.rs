//! What changes lists since their position.

use std::collections::{BTreeSet, HashSet};

use kulta_events::{CustomerId, RecordId};
use kulta_projections::scores::rows::ScoreRow;

use super::notes;
use super::plan::Wanted;
use super::rows::{facts_wanted, outcome, rows};
use super::{Error, Scorer};
use crate::projector::{Source, Still};
use crate::replay::ground::Held;
use crate::replay::part::{parts, read};
use crate::replay::read::Cancel;
use crate::store::scores::{ScoreChanges, ScoreSet, SetChange, SetState};
use crate::store::views::Generation;
use crate::store::{Page, Select};

/// Events read at a time.
const PAGE: usize = 10_000;

/// The records that events are about.
#[derive(Debug, Default)]
pub(super) struct Touched {
    records: HashSet<RecordId>,
    /// Up to which position the log was looked through.
    pub until: u64,
}

/// Customers that changed, as they are at a position.
#[derive(Debug)]
pub(super) struct Changed {
    members: Vec<(RecordId, CustomerId)>,
    gone: Vec<CustomerId>,
    to: u64,
    epoch: i64,
}

impl Touched {
    pub fn from(position: u64) -> Self {
        Self { records: HashSet::new(), until: position }
    }

    /// Looks through the log up to a position.
    pub async fn look(&mut self, source: &Source, until: u64) -> Result<(), Error> {
        while self.until < until {
            let page = Page { until: Some(until), parts: false, ..Page::forwards(Select::All, self.until, PAGE) };
            let events = source.log.read(&page).await?;
            let Some(last) = events.last() else { break };
            self.until = last.position;
            self.records.extend(events.iter().filter_map(|event| event.record));
        }
        Ok(())
    }
}

/// Who changed, while the projections stand still.
pub(super) async fn changed(source: &Source, still: &Still<'_>, mut touched: Touched) -> Result<Changed, Error> {
    touched.look(source, still.position).await?;
    let generation = &still.generation;
    let records: Vec<RecordId> = touched.records.into_iter().collect();
    let mut customers: BTreeSet<CustomerId> = generation.changed_customers(still.position).await?.into_iter().collect();
    if !records.is_empty() {
        customers.extend(generation.customers_of(&records).await?);
    }
    let ids: Vec<CustomerId> = customers.iter().copied().collect();
    let members = if ids.is_empty() { Vec::new() } else { generation.records_of(&ids).await? };
    for (_, customer) in &members {
        customers.remove(customer);
    }
    Ok(Changed { members, gone: customers.into_iter().collect(), to: still.position, epoch: still.epoch })
}

/// Lists that are built become live at a position to which they were brought. Apart from bringing them there: whoever
/// reads the documented view for long holds this up, and not that.
async fn swap(
    generation: &dyn Generation,
    follow: &[(ScoreSet, Wanted)],
    at: u64,
    epoch: i64,
    noted: bool,
) -> Result<(), Error> {
    let built = follow.iter().filter(|(set, _)| set.state == SetState::Built);
    let change = |(set, _): &(ScoreSet, Wanted)| SetChange {
        set: ScoreSet { position: at, ..set.clone() },
        state: SetState::Live,
        rows: Vec::new(),
    };
    let sets: Vec<_> = built.map(change).collect();
    if !sets.is_empty() {
        let notes = if noted { notes::of_swap(generation, follow, at).await? } else { Vec::new() };
        let changes = ScoreChanges { sets, to: at, notes, ..ScoreChanges::default() };
        generation.advance_scores(&changes, epoch).await?;
    }
    Ok(())
}

impl Scorer {
    /// Brings lists to where customers changed. `kept`: positions from which on lists in the making still need to know who
    /// changed.
    pub(super) async fn write(
        &self,
        generation: &dyn Generation,
        follow: &[(ScoreSet, Wanted)],
        changed: Changed,
        kept: Option<u64>,
    ) -> Result<(), Error> {
        let Changed { members, gone, to, epoch } = changed;
        let rows = self.rows_of(&members, follow, to).await?;
        let noted = self.topic.is_some();
        let notes = if noted { notes::of_step(generation, follow, &rows, &gone, to).await? } else { Vec::new() };
        let mut rows = rows.into_iter();
        let change = |(set, _): &(ScoreSet, Wanted)| SetChange {
            set: set.clone(),
            state: set.state,
            rows: rows.next().unwrap_or_default(),
        };
        let sets = follow.iter().map(change).collect();
        let done = kept.map_or(to, |kept| kept.min(to));
        generation.advance_scores(&ScoreChanges { sets, gone, to, done, notes }, epoch).await?;
        swap(generation, follow, to, epoch, noted).await
    }

    /// For each list the rows of these customers.
    async fn rows_of(
        &self,
        members: &[(RecordId, CustomerId)],
        follow: &[(ScoreSet, Wanted)],
        to: u64,
    ) -> Result<Vec<Vec<ScoreRow>>, Error> {
        let facets = self.scores.facets();
        let lists: Vec<Wanted> = follow.iter().map(|(_, wanted)| wanted.clone()).collect();
        let facts = facts_wanted(&lists, &facets);
        let cancel = Cancel::default();
        let mut found = vec![Vec::new(); lists.len()];
        for part in parts(members) {
            let data = read(&self.scores.reads().source, part, facts.clone(), to).await?;
            let held = Held::Whole(Box::new(data));
            for (list, found) in lists.iter().zip(&mut found) {
                let outcome = outcome(&self.scores, &held, list, &cancel).await?;
                found.extend(rows(&held, &outcome, list, 0..held.people().ids.len())?);
            }
        }
        Ok(found)
    }
}
