//! What is asked of resident records: questions, what-if, the past.

use super::tests::{Dice, Step, attributes, id, policy, world};
use super::*;
use crate::crosswalk::{Made, Withdrawn};
use crate::identity::attributes::Attributes;
use crate::identity::past::Past;
use kulta_events::payload::Verdict;

/// The built-in block limit: nothing is crowded in so small a world.
fn roomy() -> MatchPolicy {
    MatchPolicy { block_limit: 50, ..policy() }
}

fn resident(seed: u64, policy: &MatchPolicy) -> (Resolver, Vec<(RecordId, Attributes)>, Vec<Decision>) {
    let world = world(&mut Dice(seed), 25);
    let mut resolver = Resolver::new(policy.clone());
    for step in &world.steps {
        match step {
            Step::Put(record, said) => resolver.upsert(*record, Prepared::of(said, policy)),
            Step::Remove(record) => resolver.remove(*record),
            Step::Decide(decision) => resolver.decide(decision.clone()),
        }
    }
    (resolver, world.last, world.decisions)
}

fn decided(number: u64, verdict: Verdict, one: RecordId, other: RecordId) -> Decision {
    let event = crate::given::decision("identity.linked", u128::from(number), number as i64, &[one], &[other]);
    let made = Made { verdict, records: vec![one], from: vec![other], order: event.order, position: number };
    Decision { id: Uuid::from_u128(u128::from(number)), made: Some(made), withdrawn: None }
}

#[test]
fn a_question_is_asked_once_for_two_customers_and_not_when_a_steward_answered() {
    let mut asked = 0;
    for seed in 0..60 {
        let (mut resolver, _, _) = resident(seed, &policy());
        let questions = resolver.questions();
        let mut pairs = BTreeSet::new();
        for question in &questions {
            let of = |record| resolver.customer_of(record).unwrap();
            let (one, other) = (of(question.review.one), of(question.review.other));
            assert_ne!(one, other, "seed {seed}");
            assert!(pairs.insert([one[0].min(other[0]), one[0].max(other[0])]), "asked twice, seed {seed}");
        }
        let Some(first) = questions.first().cloned() else { continue };
        asked += 1;
        let about = |questions: &[Question]| {
            questions
                .iter()
                .any(|question| (question.review.one, question.review.other) == (first.review.one, first.review.other))
        };
        let (one, other) = (first.review.one, first.review.other);
        let later = decided(900, Verdict::Later, one, other);
        resolver.decide(later.clone());
        let put_off = resolver.questions();
        assert_eq!(put_off.len(), questions.len(), "seed {seed}");
        assert!(put_off.last().is_some_and(|last| last.postponed.is_some()), "seed {seed}");
        let order = later.made.as_ref().unwrap().order.clone();
        resolver.decide(Decision { withdrawn: Some(Withdrawn { order, position: 901 }), ..later });
        assert_eq!(resolver.questions(), questions, "seed {seed}");
        resolver.decide(decided(950, Verdict::Separate, one, other));
        assert!(!about(&resolver.questions()), "asked though it was answered, seed {seed}");
    }
    assert!(asked > 30, "{asked} worlds ask anything");
}

/// Records came in another order than that of their ids.
fn first(record: RecordId) -> u64 {
    (record.0.as_u128() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40
}

/// A diff tells every customer of either side that is not the same on the other, once, by the id that it has.
fn whole(preview: &WhatIf, before: &Resolver, after: &Resolver) {
    let named = |clusters: Vec<Vec<RecordId>>| -> BTreeSet<(RecordId, Vec<RecordId>)> {
        let founder =
            |records: &Vec<RecordId>| *records.iter().min_by_key(|record| (first(**record), **record)).unwrap();
        clusters.into_iter().map(|records| (founder(&records), records)).collect()
    };
    let (before, after) = (named(before.clusters()), named(after.clusters()));
    let (mut gone, mut come) = (BTreeSet::new(), BTreeSet::new());
    for change in (0..preview.len()).filter_map(|number| preview.change(number)) {
        let side = |customers: &[Customer]| -> Vec<(RecordId, Vec<RecordId>)> {
            customers.iter().map(|customer| (RecordId(customer.id.0), customer.records.clone())).collect()
        };
        for customer in side(&change.before) {
            assert!(gone.insert(customer), "told twice");
        }
        for customer in side(&change.after) {
            assert!(come.insert(customer), "told twice");
        }
    }
    assert_eq!(gone, before.difference(&after).cloned().collect());
    assert_eq!(come, after.difference(&before).cloned().collect());
    let ids = |side: &BTreeSet<(RecordId, Vec<RecordId>)>| side.iter().map(|(id, _)| *id).collect::<BTreeSet<_>>();
    let (before, after) = (ids(&before), ids(&after));
    assert_eq!(preview.ids_stay, before.intersection(&after).count());
    assert_eq!(preview.ids_end, before.difference(&after).count());
    assert_eq!(preview.ids_begin, after.difference(&before).count());
    assert_eq!(preview.change(preview.len()), None);
}

#[test]
fn kept_agreements_tell_what_resolving_anew_tells() {
    let (mut told, mut changed) = (0, 0);
    for seed in 0..60 {
        let old = policy();
        let (resolver, last, decisions) = resident(seed, &old);
        let mut snapshot = resolver.snapshot(first);
        snapshot.compare(2);
        let mut dice = Dice(seed + 5_000);
        let mut new = old.clone();
        new.link += dice.below(9) as f32 - 4.0;
        new.ask = new.ask.min(new.link);
        if dice.below(2) == 0 {
            let factor = [0.3, 0.7, 1.5, 4.0][dice.below(4) as usize];
            for slot in &mut new.persons.slots {
                slot.levels[1].m = (slot.levels[1].m * factor).min(0.9);
            }
        }
        told += usize::from(snapshot.agreements_tell(&new));
        let preview = snapshot.preview(&new, 2);
        let mut anew = Resolver::new(new.clone());
        let prepared = last.iter().map(|(record, said)| (*record, Prepared::of(said, &new))).collect();
        anew.load(prepared, decisions, 2);
        assert_eq!(preview, snapshot.preview_of(&anew), "seed {seed}");
        assert_eq!(preview.preview.after, anew.clusters().len(), "seed {seed}");
        changed += usize::from(preview.preview.unchanged < preview.preview.before);
        whole(&preview, &resolver, &anew);
    }
    assert!(told > 30 && changed > 15, "{told} told, {changed} changed anything");
}

#[test]
fn a_few_records_teach_no_weights() {
    let policy = policy();
    let (resolver, _, _) = resident(1, &policy);
    let trained = resolver.snapshot(first).train(2);
    assert_eq!((&trained.persons, &trained.organisations), (&policy.persons, &policy.organisations));
    let mut many = Resolver::new(policy.clone());
    let persons = (0..1_500).map(|number| {
        let said = Attributes {
            given_name: format!("Given{}", number % 40),
            family_name: format!("Family{}", number % 300),
            ..Attributes::default()
        };
        (id(number), Prepared::of(&said, &policy))
    });
    many.load(persons.collect(), Vec::new(), 2);
    let trained = many.snapshot(first).train(2);
    assert_ne!(trained.persons, policy.persons);
    assert_eq!(trained.organisations, policy.organisations, "there is none");
}

#[test]
fn the_past_of_now_is_now() {
    let mut large = 0;
    for seed in 0..60 {
        let policy = roomy();
        let (resolver, last, decisions) = resident(seed, &policy);
        let mut past = Past::new(&policy);
        for (record, said) in &last {
            let prepared = Prepared::of(said, &policy);
            let crowded = resolver.crowded(&prepared);
            past.add(*record, prepared, crowded);
        }
        decisions.into_iter().for_each(|decision| past.decide(decision));
        for (record, _) in &last {
            let mut component = BTreeSet::from([*record]);
            let mut open = vec![*record];
            while let Some(next) = open.pop() {
                open.extend(past.beside(next).into_iter().filter(|other| component.insert(*other)));
            }
            let members = resolver.customer_of(*record).unwrap();
            large += usize::from(members.len() > 2);
            assert_eq!(past.customer(*record, &component), members, "seed {seed}");
        }
    }
    assert!(large > 60, "{large}");
}

#[test]
fn search_finds_by_a_part_of_what_is_known() {
    let policy = policy();
    let mut resolver = Resolver::new(policy.clone());
    for number in 0..40 {
        let said = attributes(&mut Dice(number));
        resolver.upsert(id(number), Prepared::of(&said, &policy));
    }
    let whole = Attributes {
        given_name: "Esteri".into(),
        family_name: "Ojanperä".into(),
        emails: vec!["esteri@ojanpera.fi".into()],
        phones: vec!["+358 44 9876512".into()],
        ..Attributes::default()
    };
    resolver.upsert(id(99), Prepared::of(&whole, &policy));
    for part in [
        Attributes { name: "ojanpera".into(), ..Attributes::default() },
        Attributes { name: "Ester Ojanperä".into(), ..Attributes::default() },
        Attributes { emails: vec!["Esteri@Ojanpera.fi".into()], ..Attributes::default() },
        Attributes { phones: vec!["044-987 6512".into()], ..Attributes::default() },
    ] {
        let query = Prepared::of(&part, &policy);
        let hits = resolver.search(&query, 5);
        assert_eq!(hits.first().map(|hit| hit.record), Some(id(99)), "{part:?}");
        assert!(resolver.explain_new(&query, id(99)).is_some_and(|why| !why.lines.is_empty()));
    }
    // What many share is found too, though it says nothing for matching.
    let shared = Prepared::of(&Attributes { emails: vec!["info@example.fi".into()], ..Attributes::default() }, &policy);
    assert!(resolver.search(&shared, 100).len() > 4);
    assert!(resolver.search(&Prepared::default(), 5).is_empty());
}
