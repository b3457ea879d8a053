//! The law: whatever the order in which records, changes and decisions come, the clusters are those of the batch.

mod malformed;

use super::*;
use crate::crosswalk::{self, Made};
use crate::identity::attributes::{AddressText, Attributes};
use crate::identity::resolve::{Records, resolve};
use kulta_events::payload::Verdict;
use proptest::prelude::*;

/// A small generator: the same seed, the same world.
pub(super) struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for at in (1..all.len()).rev() {
            all.swap(at, self.below(at as u64 + 1) as usize);
        }
    }
}

/// K of these tests: small, so that mailboxes, names and addresses cross it all the time.
const LIMIT: u32 = 4;

pub(super) fn policy() -> MatchPolicy {
    let mut policy = MatchPolicy::built_in();
    policy.block_limit = LIMIT;
    // As in a small file, so that names and dates alone link.
    policy.persons.customer = 0.01;
    policy.organisations.customer = 0.01;
    policy
}

/// A record out of few values: shared mailboxes, families at one address, namesakes, companies whose ids contradict.
pub(super) fn attributes(dice: &mut Dice) -> Attributes {
    let mut said = Attributes::default();
    if dice.below(4) == 0 {
        said.kind = "organisation".into();
        said.name = dice.pick(&["Acme Oy", "Acme Holding Oy", "Acmee Oy", "Beta Ab"]).into();
        said.business_id = dice.pick(&["", "0112038-9", "2331972-7", "1234567-1"]).into();
    } else {
        said.given_name = dice.pick(&["", "Matti", "Mati", "Maija", "M", "Liisa"]).into();
        said.family_name = dice.pick(&["", "Virtanen", "Virtaen", "Korhonen", "Virtanen-Korhonen"]).into();
        said.birth_dates = vec![dice.pick(&["", "1980-02-03", "1980-03-02", "1951-12-08"]).into()];
    }
    said.emails = vec![dice.pick(&["", "info@example.fi", "matti@example.com", "liisa.k@example.com"]).into()];
    said.phones = vec![dice.pick(&["", "+358401234567", "0401234567", "+358509876543"]).into()];
    let (street, city) = (dice.pick(&["", "Katu 1", "Tie 2 B 3"]).into(), dice.pick(&["", "Espoo", "Oulu"]).into());
    said.addresses = vec![AddressText { street, city, ..AddressText::default() }];
    said
}

pub(super) fn id(number: u64) -> RecordId {
    // Ids in no order of the numbers.
    RecordId(Uuid::from_u128(u128::from(crate::identity::hash::pair(number, 77)) << 64 | u128::from(number)))
}

fn decision(dice: &mut Dice, number: u64, records: u64) -> Decision {
    let mut side = || (0..=dice.below(2)).map(|_| id(dice.below(records))).collect::<Vec<_>>();
    let (one, from) = (side(), side());
    let verdict = if dice.below(2) == 0 { Verdict::Link } else { Verdict::Separate };
    let event = crate::given::decision("identity.linked", u128::from(number) + 1, number as i64, &one, &from);
    let made = Made { verdict, records: one, from, order: event.order.clone(), position: number + 1 };
    let withdrawn =
        (dice.below(5) == 0).then(|| crosswalk::Withdrawn { order: made.order.clone(), position: number + 100 });
    Decision { id: Uuid::from_u128(u128::from(number) + 1), made: Some(made), withdrawn }
}

#[derive(Clone)]
pub(super) enum Step {
    Put(RecordId, Attributes),
    Remove(RecordId),
    Decide(Decision),
}

pub(super) struct World {
    pub steps: Vec<Step>,
    pub last: Vec<(RecordId, Attributes)>,
    pub decisions: Vec<Decision>,
}

/// Records that come, change and go, and decisions that come whenever.
pub(super) fn world(dice: &mut Dice, records: u64) -> World {
    let mut last = Vec::new();
    let mut of_records: Vec<Vec<Step>> = Vec::new();
    for number in 0..records {
        let mut steps = Vec::new();
        for _ in 0..dice.below(3) {
            steps.push(if dice.below(4) == 0 {
                Step::Remove(id(number))
            } else {
                Step::Put(id(number), attributes(dice))
            });
        }
        if dice.below(10) == 0 {
            steps.push(Step::Remove(id(number)));
        } else {
            let said = attributes(dice);
            last.push((id(number), said.clone()));
            steps.push(Step::Put(id(number), said));
        }
        steps.reverse();
        of_records.push(steps);
    }
    let count = dice.below(4);
    let decisions: Vec<_> = (0..count).map(|number| decision(dice, number, records)).collect();
    of_records.extend(decisions.iter().map(|decision| vec![Step::Decide(decision.clone())]));
    // Steps of one record keep their order, everything else is shuffled.
    let mut turns: Vec<usize> = of_records.iter().enumerate().flat_map(|(at, steps)| vec![at; steps.len()]).collect();
    dice.shuffle(&mut turns);
    let steps = turns.into_iter().filter_map(|at| of_records[at].pop()).collect();
    World { steps, last, decisions }
}

fn batch(last: &[(RecordId, Attributes)], decisions: &[Decision], policy: &MatchPolicy) -> Vec<Vec<RecordId>> {
    let mut known = Decisions::default();
    for decision in decisions {
        known.put(decision.clone());
    }
    let records: Vec<_> = last.iter().map(|(_, said)| Prepared::of(said, policy)).collect();
    let ids: Vec<u128> = last.iter().map(|(record, _)| record.0.as_u128()).collect();
    let of = Records { records: &records, ids: &ids, between: false, threads: 2 };
    let mut clusters: std::collections::BTreeMap<u32, Vec<RecordId>> = std::collections::BTreeMap::new();
    for (number, cluster) in resolve(of, policy, &known).into_iter().enumerate() {
        clusters.entry(cluster).or_default().push(last[number].0);
    }
    let mut clusters: Vec<Vec<RecordId>> = clusters.into_values().collect();
    clusters.iter_mut().for_each(|cluster| cluster.sort_unstable());
    clusters.sort_unstable();
    clusters
}

fn live(steps: &[Step], policy: &MatchPolicy) -> Resolver {
    let mut resolver = Resolver::new(policy.clone());
    for step in steps {
        match step.clone() {
            Step::Put(record, said) => resolver.upsert(record, Prepared::of(&said, policy)),
            Step::Remove(record) => resolver.remove(record),
            Step::Decide(decision) => resolver.decide(decision),
        }
    }
    resolver
}

/// Records that contradict each other (different valid strong ids, generations) are one customer only where stewards
/// linked what they stand for.
fn contradictions_are_stewards_work(resolver: &Resolver, clusters: &[Vec<RecordId>]) {
    for cluster in clusters {
        let ids: Vec<u128> = cluster.iter().map(|record| record.0.as_u128()).collect();
        let prepared = |id: &u128| {
            let place = resolver.residents.place(*id).unwrap();
            &resolver.residents.get(place).unwrap().prepared
        };
        let mut linked = resolver.decisions.sets(&ids);
        for (at, one) in ids.iter().enumerate() {
            for (beyond, other) in ids.iter().enumerate().skip(at + 1) {
                let contradict = prepared(one).contradicts(prepared(other));
                assert!(!contradict || linked.find(at) == linked.find(beyond), "{cluster:?}");
            }
        }
    }
}

#[test]
fn a_thousand_orders_end_as_the_batch() {
    let policy = policy();
    let mut joined = 0;
    for seed in 0..1_000 {
        let mut dice = Dice(seed);
        let records = 6 + dice.below(24);
        let world = world(&mut dice, records);
        let expected = batch(&world.last, &world.decisions, &policy);
        joined += expected.iter().filter(|cluster| cluster.len() > 1).count();
        let resolver = live(&world.steps, &policy);
        assert_eq!(resolver.clusters(), expected, "seed {seed}");
        contradictions_are_stewards_work(&resolver, &expected);
    }
    // The worlds are such that there is something to join.
    assert!(joined > 1_000, "{joined}");
}

#[test]
fn many_at_once_are_as_one_by_one() {
    let policy = policy();
    for seed in 0..300 {
        let mut dice = Dice(seed + 20_000);
        let world = world(&mut dice, 30);
        let mut resolver = Resolver::new(policy.clone());
        for step in &world.steps {
            match step.clone() {
                Step::Put(record, said) => resolver.put(record, Prepared::of(&said, &policy)),
                Step::Remove(record) => resolver.remove(record),
                Step::Decide(decision) => resolver.decide(decision),
            }
            if dice.below(7) == 0 {
                resolver.mend();
            }
        }
        resolver.mend();
        assert_eq!(resolver.clusters(), batch(&world.last, &world.decisions, &policy), "seed {seed}");
    }
}

#[test]
fn loading_is_as_coming_one_by_one() {
    let policy = policy();
    for seed in 0..50 {
        let world = world(&mut Dice(seed + 5_000), 40);
        let records = world.last.iter().map(|(record, said)| (*record, Prepared::of(said, &policy))).collect();
        let mut resolver = Resolver::new(policy.clone());
        resolver.load(records, world.decisions.clone(), 2);
        assert_eq!(resolver.clusters(), batch(&world.last, &world.decisions, &policy), "seed {seed}");
        // And goes on as if they had come one by one.
        for step in &world.steps {
            if let Step::Put(record, said) = step {
                resolver.upsert(*record, Prepared::of(said, &policy));
            }
        }
        let mut known = Resolver::new(policy.clone());
        for (record, said) in &world.last {
            known.upsert(*record, Prepared::of(said, &policy));
        }
        let last = world.steps.iter().filter_map(|step| match step {
            Step::Put(record, said) => Some((*record, said.clone())),
            _ => None,
        });
        let last: std::collections::BTreeMap<RecordId, Attributes> = last.collect();
        let last: Vec<_> = last.into_iter().collect();
        assert_eq!(resolver.clusters(), batch(&last, &world.decisions, &policy), "seed {seed}");
    }
}

#[test]
fn what_changed_is_told_once() {
    let policy = policy();
    for seed in 0..100 {
        let world = world(&mut Dice(seed + 9_000), 20);
        let mut resolver = Resolver::new(policy.clone());
        let mut followed: std::collections::BTreeMap<RecordId, Vec<RecordId>> = std::collections::BTreeMap::new();
        for step in &world.steps {
            match step.clone() {
                Step::Put(record, said) => resolver.upsert(record, Prepared::of(&said, &policy)),
                Step::Remove(record) => resolver.remove(record),
                Step::Decide(decision) => resolver.decide(decision),
            }
            let changed = resolver.clusters_changed();
            for record in changed.removed {
                followed.remove(&record);
            }
            for cluster in changed.clusters {
                for record in &cluster {
                    followed.insert(*record, cluster.clone());
                }
            }
            assert_eq!(resolver.clusters_changed(), Changed::default());
        }
        let clusters = resolver.clusters();
        assert_eq!(followed.len(), clusters.iter().map(Vec::len).sum::<usize>());
        for cluster in clusters {
            for record in &cluster {
                assert_eq!(followed.get(record), Some(&cluster), "seed {seed}");
                assert_eq!(resolver.customer_of(*record), Some(cluster.clone()));
            }
        }
    }
}

#[test]
fn without_anything_alike_the_decisions_alone_count() {
    let policy = policy();
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let decisions: Vec<_> = (0..6).map(|number| decision(&mut dice, number, 8)).collect();
        let mut resolver = Resolver::new(policy.clone());
        for decision in &decisions {
            resolver.decide(decision.clone());
        }
        let records: Vec<_> = (0..8).map(|number| (id(number), number)).collect();
        for (record, _) in &records {
            resolver.upsert(*record, Prepared::of(&Attributes::default(), &policy));
        }
        let mut expected: Vec<Vec<RecordId>> =
            crosswalk::clusters(&records, &decisions).into_iter().map(|cluster| cluster.members).collect();
        expected.iter_mut().for_each(|cluster| cluster.sort_unstable());
        expected.sort_unstable();
        assert_eq!(resolver.clusters(), expected, "seed {seed}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn any_order_ends_as_the_batch(seed in any::<u64>(), records in 1_u64..60) {
        let policy = policy();
        let world = world(&mut Dice(seed), records);
        let expected = batch(&world.last, &world.decisions, &policy);
        prop_assert_eq!(live(&world.steps, &policy).clusters(), expected);
    }
}
