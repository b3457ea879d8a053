//! A projector that remembers nothing but which events it has fired for, over facts that come in at random.

use std::collections::BTreeSet;

use kulta_events::{Instant, Recorded};
use kulta_projections::automation::causes::{Standing, to_fire};
use kulta_projections::automation::dry_run::DryRun;
use proptest::prelude::*;

use super::world::{LENGTH, THING, World, plan};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// What survives a restart.
#[derive(Default)]
struct Memory {
    spent: BTreeSet<u64>,
    fired: Vec<(Instant, Standing)>,
}

impl Memory {
    /// One look: fires for what stands, and says when to look again.
    fn look(&mut self, world: &World, events: &[Recorded], from: Instant, now: Instant) -> Option<Instant> {
        let causes = world.causes(events, now);
        for standing in to_fire(from, &causes.standings, now) {
            if standing.parts().all(|part| !self.spent.contains(&part)) {
                self.spent.extend(standing.parts());
                self.fired.push((now, standing.clone()));
            }
        }
        causes.next
    }

    fn names(&self) -> BTreeSet<String> {
        self.fired.iter().map(|(_, standing)| standing.cause.name()).collect()
    }

    /// No name, and no event, was fired for twice.
    fn check(&self) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.names().len(), self.fired.len());
        let began = self.fired.iter().map(|(_, standing)| standing.cause.began);
        let mut events: Vec<_> =
            began.chain(self.fired.iter().flat_map(|(_, standing)| standing.also.clone())).collect();
        let all = events.len();
        events.sort_unstable();
        events.dedup();
        prop_assert_eq!(events.len(), all);
        prop_assert!(self.fired.iter().all(|(now, standing)| standing.stands_at(*now)));
        Ok(())
    }
}

proptest! {
    #![proptest_config(config(400))]

    /// Facts come in at their own time, and the projector looks at each of them and whenever it asked to.
    #[test]
    fn who_looks_at_every_next_fires_for_every_cause_at_its_own_moment(plan in plan(), from in 0..LENGTH) {
        let world = plan.world(false);
        let from = world.at(from);
        let (mut memory, mut now) = (Memory::default(), world.at(0));
        let mut looks = 0;
        // Facts of later times are known and pass for facts to come: `next` is woken up by them too.
        while let Some(next) = memory.look(&world, &world.events, from, now) {
            prop_assert!(next > now);
            now = next;
            looks += 1;
            prop_assert!(looks < 500, "it comes to an end");
        }
        memory.check()?;
        let all = world.causes(&world.events, world.end()).standings;
        let expected: BTreeSet<_> =
            all.iter().filter(|standing| standing.cause.at >= from).map(|standing| standing.cause.name()).collect();
        prop_assert_eq!(memory.names(), expected);
        for (now, standing) in &memory.fired {
            prop_assert_eq!(*now, standing.cause.at.plus_micros(1).max(world.at(0)));
        }
        // The dry run says the same without living through it.
        let mut run = DryRun::default();
        run.add(THING, &all, (from, world.end()), world.zone());
        prop_assert_eq!(run.fired, memory.fired.len() as u64);
        prop_assert_eq!(run.by_month.values().sum::<u64>(), run.fired);
        prop_assert_eq!(run.by_thing.values().map(|moments| moments.len() as u64).sum::<u64>(), run.fired);
    }

    /// Facts come in in any order at any time, are corrected, and come twice; the projector dies and comes back, looks
    /// by chance and forgets what it asked for.
    #[test]
    fn whatever_comes_when_nothing_is_fired_for_twice(
        plan in plan(),
        arrivals in proptest::collection::vec(0..LENGTH + 40, 60),
        looks in proptest::collection::vec(0..LENGTH + 40, 0..30),
    ) {
        let world = plan.world(true);
        let mut memory = Memory::default();
        let moments: BTreeSet<_> = looks.iter().chain(&arrivals).copied().collect();
        for moment in moments {
            let arrived = world.events.iter().zip(&arrivals).filter(|(_, at)| **at <= moment);
            let arrived: Vec<_> = arrived.map(|(event, _)| event.clone()).collect();
            memory.look(&world, &arrived, world.at(0), world.at(moment));
            let before = memory.fired.len();
            // As after a restart between firing and the end of a batch: the same is looked at again.
            memory.look(&world, &arrived, world.at(0), world.at(moment));
            prop_assert_eq!(memory.fired.len(), before);
        }
        memory.check()?;
    }

    /// Two customers become one and two again, and one memory serves them all.
    #[test]
    fn a_merge_fires_for_nothing_again(plan in plan(), merged in 0..LENGTH, split in 0..LENGTH) {
        let world = plan.world(true);
        let mut memory = Memory::default();
        let mut records: Vec<_> = world.events.iter().filter_map(|event| event.record).collect();
        records.sort_unstable();
        records.dedup();
        for moment in 0..LENGTH + 30 {
            let now = world.at(moment);
            let one = (merged..split).contains(&moment);
            let parts: Vec<Vec<Recorded>> = if one {
                vec![world.events.clone()]
            } else {
                let of = |record| world.events.iter().filter(|event| event.record == Some(record)).cloned().collect();
                records.iter().map(|record| of(*record)).collect()
            };
            for events in parts {
                memory.look(&world, &events, world.at(0), now);
            }
        }
        memory.check()?;
    }
}
