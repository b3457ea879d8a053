//! The laws of DESIGN.md section 1, on small worlds.
//!
//! Law 4 (a replay has no side effects) needs no test here: a step gives back its changes and can do nothing else.

mod world;

use std::collections::HashSet;

use kulta_events::{RecordId, Recorded};
use proptest::prelude::*;
use world::{Store, decision, events, log, told, withdrawal};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// A log that takes each event once, as the real one does.
fn delivered(events: Vec<Recorded>) -> Vec<Recorded> {
    let mut seen = HashSet::new();
    log(events.into_iter().filter(|event| seen.insert(event.key)).collect())
}

/// The events in another order, some of them twice.
fn shuffled(events: &[Recorded], order: &[usize]) -> Vec<Recorded> {
    let mut events: Vec<_> = events.iter().chain(events.iter().step_by(3)).cloned().collect();
    for (place, by) in order.iter().enumerate().take(events.len()) {
        let other = by % events.len();
        events.swap(place, other);
    }
    events
}

/// Live and replayed rows are the same.
fn same(live: &Store, whole: &Store) -> Result<(), TestCaseError> {
    prop_assert_eq!(live.rows_like(whole), whole.rows_like(whole));
    Ok(())
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn law_1_replay_is_live(told in told(), sizes in proptest::collection::vec(1_usize..9, 1..5), shards in 1_usize..4) {
        let log = delivered(events(&told));
        same(&Store::live(&log, &sizes), &Store::whole(&log, shards))?;
    }

    #[test]
    fn law_1_holds_for_nodes_that_share_a_rebuild(
        told in told(),
        order in proptest::collection::vec(any::<usize>(), 60),
        nodes in 1_u8..5,
    ) {
        let log = delivered(shuffled(&events(&told), &order));
        let (shared, whole) = (Store::shared(&log, nodes), Store::whole(&log, 2));
        prop_assert_eq!(shared.rows_like(&shared), whole.rows_like(&whole));
    }

    #[test]
    fn a_step_that_is_shared_is_the_step_of_one(
        told in told(),
        order in proptest::collection::vec(any::<usize>(), 60),
        sizes in proptest::collection::vec(1_usize..25, 1..5),
        nodes in 1_u8..5,
    ) {
        let log = delivered(shuffled(&events(&told), &order));
        let (shared, alone) = (Store::sharing_steps(&log, &sizes, nodes), Store::in_steps(&log, &sizes));
        prop_assert_eq!(shared.rows_like(&shared), alone.rows_like(&alone));
        same(&shared, &Store::whole(&log, 1))?;
    }

    #[test]
    fn law_1_does_not_depend_on_the_batches_when_events_come_late(
        told in told(),
        order in proptest::collection::vec(any::<usize>(), 60),
        sizes in proptest::collection::vec(1_usize..9, 1..5),
    ) {
        let log = delivered(shuffled(&events(&told), &order));
        let whole = Store::whole(&log, 1);
        for sizes in [&sizes[..], &[1], &[log.len()]] {
            same(&Store::live(&log, sizes), &whole)?;
        }
    }

    #[test]
    fn law_2_order_of_arrival_is_not_order_of_fact(
        told in told(),
        order in proptest::collection::vec(any::<usize>(), 80),
    ) {
        let events = events(&told);
        let (one, other) = (delivered(events.clone()), delivered(shuffled(&events, &order)));
        let (first, second) = (Store::whole(&one, 1), Store::whole(&other, 2));
        prop_assert_eq!(first.meaning(), second.meaning());
        prop_assert_eq!(first.relations(), second.relations());
        prop_assert_eq!(first.timelines(&one), second.timelines(&other));
    }
}

/// The customers of `store`, taken two by two.
fn merge(log: &mut Vec<Recorded>, number: u8, choice: usize) -> Option<(Vec<RecordId>, Vec<RecordId>)> {
    let members: Vec<_> = Store::whole(log, 1).members().into_values().collect();
    if members.len() < 2 {
        return None;
    }
    let one = members[choice % members.len()].clone();
    let other = members[(choice + 1) % members.len()].clone();
    append(log, decision("identity.linked", number, 50 + number % 50, &one, &other));
    Some((one, other))
}

fn append(events: &mut Vec<Recorded>, event: Recorded) {
    let grown = events.drain(..).chain([event]).collect();
    *events = log(grown);
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn law_3_split_undoes_merge(
        told in told(),
        choices in proptest::collection::vec(any::<usize>(), 5),
        by_withdrawal in any::<bool>(),
    ) {
        let mut log = delivered(events(&told));
        let mut undo = Vec::new();
        for (number, choice) in (205..).zip(choices) {
            let before = Store::whole(&log, 1);
            let before = (before.meaning(), before.relations());
            if let Some(sides) = merge(&mut log, number, choice) {
                let joined = [sides.0.clone(), sides.1.clone()].concat();
                let after = Store::live(&log, &[3]);
                let together = after.members().into_values().any(|members| joined.iter().all(|id| members.contains(id)));
                prop_assert!(together, "a merge joins");
                undo.push((number, sides, before));
            }
        }
        for (number, (one, other), before) in undo.into_iter().rev() {
            let split = if by_withdrawal {
                withdrawal(number, number + 20, 200)
            } else {
                decision("identity.separated", number + 20, 255 - (number - 205), &one, &other)
            };
            append(&mut log, split);
            let after = Store::live(&log, &[4]);
            prop_assert_eq!((after.meaning(), after.relations()), before);
        }
    }
}
