//! What another policy would change, and what a policy would learn, by the records as they are at one moment.

use kulta_events::RecordId;

use super::{Resolver, record_id};
use crate::identity::compare::Compared;
use crate::identity::pairs::{Index, Pair, Pairs};
use crate::identity::policy::MatchPolicy;
use crate::identity::prepared::{Kind, Prepared};
use crate::identity::preview::{Preview, comparable, difference, preview};
use crate::identity::resolve::{Records, resolve};
use crate::identity::steward::Decisions;
use crate::identity::train::train;
use crate::identity::weights::{Scorer, lift};

/// Pairs that fall short of being asked about by up to so many bits are kept.
const MARGIN: f32 = 8.0;

/// All records of one moment. It takes about as much memory as the records themselves.
#[derive(Clone, Debug)]
pub struct Snapshot {
    policy: MatchPolicy,
    decisions: Decisions,
    /// Ascending.
    ids: Vec<u128>,
    records: Vec<Prepared>,
    /// For each record the number of the lowest one in its cluster.
    today: Vec<u32>,
    /// Made when they are first needed.
    agreements: Option<Agreements>,
}

/// Which records meet, and how they agree.
#[derive(Clone, Debug)]
struct Agreements {
    index: Index,
    pairs: Vec<Pair>,
}

/// What becomes of some customers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhatIf {
    /// The counts.
    pub preview: Preview,
    /// Customers that would change: their records, and the customers that hold these afterwards, with all their records.
    pub examples: Vec<(Vec<RecordId>, Vec<Vec<RecordId>>)>,
}

impl Resolver {
    /// All records as they are now.
    pub fn snapshot(&self) -> Snapshot {
        let all = (0..).zip(self.residents.places.iter());
        let mut places: Vec<u32> = all.filter(|(_, resident)| resident.is_some()).map(|(place, _)| place).collect();
        places.sort_unstable_by_key(|place| self.residents.id(*place));
        let mut numbers = vec![0_u32; self.residents.places.len()];
        for (number, place) in (0..).zip(&places) {
            numbers[*place as usize] = number;
        }
        let residents = || places.iter().filter_map(|place| self.residents.get(*place));
        Snapshot {
            policy: self.policy.clone(),
            decisions: self.decisions.clone(),
            ids: residents().map(|resident| resident.id).collect(),
            records: residents().map(|resident| resident.prepared.clone()).collect(),
            today: residents().map(|resident| numbers[resident.cluster as usize]).collect(),
            agreements: None,
        }
    }
}

impl Snapshot {
    fn records<'a>(&'a self, records: &'a [Prepared], threads: usize) -> Records<'a> {
        Records { records, ids: &self.ids, between: false, threads }
    }

    /// Whether [`Self::preview`] can tell of a policy: it must have been made for the same normaliser and comparer, and
    /// call the same ids strong. Otherwise records are to be normalised anew.
    pub fn can_preview(&self, new: &MatchPolicy) -> bool {
        (new.normaliser, new.comparer) == (self.policy.normaliser, self.policy.comparer)
            && new.strong_ids == self.policy.strong_ids
    }

    /// Compares the records under their own policy, unless that was done, so that other weights are mere arithmetic.
    pub fn compare(&mut self, threads: usize) {
        if self.agreements.is_some() {
            return;
        }
        let index = Index::of(&self.records, self.policy.block_limit, threads);
        let scorer = Scorer::of(&self.policy);
        let keep = |compared: &Compared| scorer.score(compared).bits >= self.policy.ask - MARGIN;
        let pairs = Pairs::find(&self.records, &self.ids, &index, false, threads, keep).kept;
        self.agreements = Some(Agreements { index, pairs });
    }

    /// Whether agreements that were kept tell all of what a policy would change: other frequencies or limits ask for new
    /// comparisons, and so do weights by which a pair may rise further than the margin to which pairs were kept.
    pub fn agreements_tell(&self, new: &MatchPolicy) -> bool {
        let room = MARGIN + new.ask.min(new.link) - self.policy.ask;
        comparable(&self.policy, new) && lift(&self.policy, new) <= room
    }

    /// What a policy would change.
    pub fn preview(&self, new: &MatchPolicy, threads: usize) -> WhatIf {
        let (then, counts) = match &self.agreements {
            Some(Agreements { index, pairs }) if self.agreements_tell(new) => {
                let of = self.records(&self.records, threads);
                preview(of, index, pairs, &self.today, new, &self.decisions)
            }
            _ => {
                let mut records = self.records.clone();
                records.iter_mut().for_each(|record| record.weigh(&new.terms));
                let then = resolve(self.records(&records, threads), new, &self.decisions);
                let counts = difference(&self.today, &then);
                (then, counts)
            }
        };
        self.what_if(counts, &then)
    }

    /// What it would change that the records were these, matched otherwise. `then` must hold the same records; others are
    /// passed over.
    pub fn preview_of(&self, then: &Resolver) -> WhatIf {
        let number = |record: &RecordId| self.ids.binary_search(&record.0.as_u128()).ok();
        let mut found: Vec<u32> = (0..self.ids.len() as u32).collect();
        for cluster in then.clusters() {
            let numbers: Vec<usize> = cluster.iter().filter_map(number).collect();
            let Some(lowest) = numbers.first().copied() else { continue };
            numbers.iter().for_each(|number| found[*number] = lowest as u32);
        }
        self.what_if(difference(&self.today, &found), &found)
    }

    /// A policy learned from the records, with the thresholds, the limit and the strong ids of today's. Of persons or
    /// organisations of which there are too few it keeps today's weights: priors follow the number of records, and those
    /// of a few records would link too much as more come.
    pub fn train(&self, threads: usize) -> MatchPolicy {
        let mut records = self.records.clone();
        let index = Index::of(&records, self.policy.block_limit, threads);
        let mut trained = train(&mut records, &self.ids, &self.policy, &index, false, threads).policy;
        let of_organisations = records.iter().filter(|record| record.kind() == Kind::Organisation).count();
        if records.len() - of_organisations < LEAST {
            trained.persons = self.policy.persons.clone();
        }
        if of_organisations < LEAST {
            trained.organisations = self.policy.organisations.clone();
        }
        trained
    }

    fn what_if(&self, preview: Preview, then: &[u32]) -> WhatIf {
        let ids = |numbers: &mut dyn Iterator<Item = usize>| -> Vec<RecordId> {
            numbers.map(|number| record_id(self.ids[number])).collect()
        };
        let all = |of: &[u32], lowest: u32| -> Vec<usize> {
            of.iter().enumerate().filter(|(_, one)| **one == lowest).map(|(number, _)| number).collect()
        };
        let example = |lowest: &u32| {
            let records = all(&self.today, *lowest);
            let mut leads: Vec<u32> = records.iter().map(|number| then[*number]).collect();
            leads.sort_unstable();
            leads.dedup();
            let becomes = leads.into_iter().map(|lead| ids(&mut all(then, lead).into_iter())).collect();
            (ids(&mut records.into_iter()), becomes)
        };
        let examples = preview.examples.iter().take(EXAMPLES).map(example).collect();
        WhatIf { preview, examples }
    }
}

/// Of fewer records of a kind no weights are learned.
const LEAST: usize = 1_000;
/// Examples with their records.
const EXAMPLES: usize = 20;
