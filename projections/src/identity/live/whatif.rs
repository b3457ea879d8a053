//! What another policy would change, and what a policy would learn, by the records as they are at one moment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kulta_events::{CustomerId, RecordId};

use super::{Resolver, record_id};
use crate::identity::compare::Compared;
use crate::identity::pairs::{Index, Pair, Pairs};
use crate::identity::policy::MatchPolicy;
use crate::identity::prepared::{Kind, Prepared};
use crate::identity::preview::{Preview, comparable, difference};
use crate::identity::resolve::{Records, clusters, resolve};
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
    known: Arc<Known>,
    records: Vec<Prepared>,
    /// Made when they are first needed.
    agreements: Option<Agreements>,
}

/// The records of a snapshot by their numbers.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    /// Ascending.
    ids: Vec<u128>,
    /// Where the log first names them.
    first: Vec<u64>,
    /// For each record the number of the lowest one in its cluster.
    today: Vec<u32>,
}

/// A customer by numbers: the record that came first, and all records.
type Founded = (u32, Vec<u32>);

/// Which records meet, and how they agree.
#[derive(Clone, Debug)]
struct Agreements {
    index: Index,
    pairs: Vec<Pair>,
}

/// What becomes of the customers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhatIf {
    /// The numbers.
    pub preview: Preview,
    /// Customer ids that lead to a customer of their own before and afterwards.
    pub ids_stay: usize,
    /// Customer ids that would lead on to another customer.
    pub ids_end: usize,
    /// Record ids that would come to be customer ids.
    pub ids_begin: usize,
    records: Arc<Known>,
    then: Vec<u32>,
    changes: Vec<Vec<u32>>,
}

/// Customers that change together: all their records are those of the customers that hold them afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// As they are.
    pub before: Vec<Customer>,
    /// As they would be.
    pub after: Vec<Customer>,
}

/// A customer of one side of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Its id: the record id of the record that came first.
    pub id: CustomerId,
    /// All its records.
    pub records: Vec<RecordId>,
}

impl Resolver {
    /// All records as they are now. `first` tells of each where the log first names it.
    pub fn snapshot(&self, first: impl Fn(RecordId) -> u64) -> Snapshot {
        let all = (0..).zip(self.residents.places.iter());
        let mut places: Vec<u32> = all.filter(|(_, resident)| resident.is_some()).map(|(place, _)| place).collect();
        places.sort_unstable_by_key(|place| self.residents.id(*place));
        let mut numbers = vec![0_u32; self.residents.places.len()];
        for (number, place) in (0..).zip(&places) {
            numbers[*place as usize] = number;
        }
        let residents = || places.iter().filter_map(|place| self.residents.get(*place));
        let known = Known {
            ids: residents().map(|resident| resident.id).collect(),
            first: residents().map(|resident| first(record_id(resident.id))).collect(),
            today: residents().map(|resident| numbers[resident.cluster as usize]).collect(),
        };
        Snapshot {
            policy: self.policy.clone(),
            decisions: self.decisions.clone(),
            known: Arc::new(known),
            records: residents().map(|resident| resident.prepared.clone()).collect(),
            agreements: None,
        }
    }
}

impl Snapshot {
    fn records<'a>(&'a self, records: &'a [Prepared], threads: usize) -> Records<'a> {
        Records { records, ids: &self.known.ids, between: false, threads }
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
        let pairs = Pairs::find(&self.records, &self.known.ids, &index, false, threads, keep).kept;
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
        let then = match &self.agreements {
            Some(Agreements { index, pairs }) if self.agreements_tell(new) => {
                let of = self.records(&self.records, threads);
                clusters(of, index, pairs, new, &self.decisions)
            }
            _ => {
                let mut records = self.records.clone();
                records.iter_mut().for_each(|record| record.weigh(&new.terms));
                resolve(self.records(&records, threads), new, &self.decisions)
            }
        };
        WhatIf::of(self.known.clone(), then)
    }

    /// What it would change that the records were these, matched otherwise. `then` must hold the same records; others are
    /// passed over.
    pub fn preview_of(&self, then: &Resolver) -> WhatIf {
        let number = |record: &RecordId| self.known.ids.binary_search(&record.0.as_u128()).ok();
        let mut found: Vec<u32> = (0..self.known.ids.len() as u32).collect();
        for cluster in then.clusters() {
            let numbers: Vec<usize> = cluster.iter().filter_map(number).collect();
            let Some(lowest) = numbers.first().copied() else { continue };
            numbers.iter().for_each(|number| found[*number] = lowest as u32);
        }
        WhatIf::of(self.known.clone(), found)
    }

    /// A policy learned from the records, with the thresholds, the limit and the strong ids of today's. Of persons or
    /// organisations of which there are too few it keeps today's weights: priors follow the number of records, and those
    /// of a few records would link too much as more come.
    pub fn train(&self, threads: usize) -> MatchPolicy {
        let mut records = self.records.clone();
        let index = Index::of(&records, self.policy.block_limit, threads);
        let mut trained = train(&mut records, &self.known.ids, &self.policy, &index, false, threads).policy;
        let of_organisations = records.iter().filter(|record| record.kind() == Kind::Organisation).count();
        if records.len() - of_organisations < LEAST {
            trained.persons = self.policy.persons.clone();
        }
        if of_organisations < LEAST {
            trained.organisations = self.policy.organisations.clone();
        }
        trained
    }
}

impl WhatIf {
    fn of(records: Arc<Known>, mut then: Vec<u32>) -> Self {
        // A cluster goes by its lowest record, whichever it was found by.
        let mut lowest = vec![u32::MAX; then.len()];
        for (record, lead) in (0..).zip(&mut then) {
            let lowest = &mut lowest[*lead as usize];
            *lowest = record.min(*lowest);
            *lead = *lowest;
        }
        let (preview, changes) = difference(&records.today, &then);
        let mut found = Self { preview, ids_stay: preview.unchanged, ids_end: 0, ids_begin: 0, records, then, changes };
        for change in 0..found.changes.len() {
            let ids = |side: Vec<Founded>| -> BTreeSet<u32> { side.into_iter().map(|(founder, _)| founder).collect() };
            let (before, after) = found.sides(change);
            let (before, after) = (ids(before), ids(after));
            found.ids_stay += before.intersection(&after).count();
            found.ids_end += before.difference(&after).count();
            found.ids_begin += after.difference(&before).count();
        }
        found
    }

    /// How many changes there are.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// A change by its number, those of most records first; `None` beyond the last.
    pub fn change(&self, number: usize) -> Option<Change> {
        if number >= self.len() {
            return None;
        }
        let id = |number: u32| record_id(self.records.ids[number as usize]);
        let customers = |side: Vec<Founded>| -> Vec<Customer> {
            let customer = |(founder, records): Founded| Customer {
                id: id(founder).into(),
                records: records.into_iter().map(id).collect(),
            };
            side.into_iter().map(customer).collect()
        };
        let (before, after) = self.sides(number);
        Some(Change { before: customers(before), after: customers(after) })
    }

    /// The customers of both sides of a change: who founded them, and all their records.
    fn sides(&self, number: usize) -> (Vec<Founded>, Vec<Founded>) {
        let side = |of: &[u32]| {
            let mut clusters: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
            for record in &self.changes[number] {
                clusters.entry(of[*record as usize]).or_default().push(*record);
            }
            let first = |record: &&u32| (self.records.first[**record as usize], **record);
            let founded =
                clusters.into_values().filter_map(|records| Some((*records.iter().min_by_key(first)?, records)));
            founded.collect()
        };
        (side(&self.records.today), side(&self.then))
    }
}

/// Of fewer records of a kind no weights are learned.
const LEAST: usize = 1_000;
