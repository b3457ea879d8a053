//! The laws of DESIGN.md section 1 for causes, and what holds of every cause.
//!
//! Law 4 (a replay has no side effects) needs no test here: what is found is handed back and nothing is done.

use std::collections::BTreeSet;

use jiff::Timestamp;
use kulta_events::{Instant, Recorded};
use kulta_projections::automation::causes::{Causes, Standing};
use kulta_projections::automation::definition::When;
use proptest::prelude::*;
use uuid::Uuid;

use super::world::{LENGTH, World, erased, plan, shuffled};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn before(events: &[Recorded], as_of: Instant) -> Vec<Recorded> {
    events.iter().filter(|event| event.order.time < as_of).cloned().collect()
}

/// Causes without the records that name them.
fn unnamed(causes: &Causes) -> Vec<(Instant, Option<Instant>, Vec<u64>)> {
    let of = |standing: &Standing| (standing.cause.at, standing.ends, standing.parts().collect());
    let mut all: Vec<_> = causes.standings.iter().map(of).collect();
    all.sort_unstable();
    all
}

fn local(world: &World, at: Instant) -> jiff::civil::DateTime {
    world.zone().to_datetime(Timestamp::from_microsecond(at.micros()).unwrap())
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn law_2_order_of_arrival_is_not_order_of_fact(
        plan in plan(),
        order in proptest::collection::vec(any::<usize>(), 60),
        now in 0..LENGTH + 30,
    ) {
        let world = plan.world(true);
        let late = shuffled(&world.events, &order);
        prop_assert_eq!(world.causes(&late, world.at(now)), world.causes(&world.events, world.at(now)));
    }

    #[test]
    fn what_happens_later_changes_nothing_now(plan in plan(), now in 0..LENGTH) {
        let world = plan.world(true);
        let as_of = world.at(now);
        let with = world.causes(&world.events, as_of);
        let without = world.causes(&before(&world.events, as_of), as_of);
        prop_assert_eq!(&with.standings, &without.standings);
        prop_assert!(with.next.is_none_or(|next| next > as_of));
        // What is known of later only brings the next look forward.
        prop_assert!(without.next.is_none_or(|next| with.next.is_some_and(|sooner| sooner <= next)));
    }

    #[test]
    fn erasing_a_person_takes_no_cause(plan in plan(), now in 0..LENGTH + 30) {
        let world = plan.world(true);
        let left: Vec<_> = world.events.iter().map(erased).collect();
        prop_assert_eq!(world.causes(&left, world.at(now)), world.causes(&world.events, world.at(now)));
    }

    /// Law 3: two customers who are one have the causes of one whose events were always its own, and two again after it.
    #[test]
    fn law_3_split_undoes_merge(plan in plan(), now in 0..LENGTH + 30) {
        // Own ids are those of a record; without any that come twice, whose they are is of no account.
        let world = plan.world(false);
        let as_of = world.at(now);
        let mut always_one = world.events.clone();
        always_one.iter_mut().for_each(|event| event.record = Some(kulta_events::RecordId(Uuid::nil())));
        prop_assert_eq!(unnamed(&world.causes(&world.events, as_of)), unnamed(&world.causes(&always_one, as_of)));
        // A cause of both that is made of one record's events keeps its name when they are two again, if it still is one.
        let merged = world.causes(&world.events, as_of);
        let records: BTreeSet<_> = world.events.iter().filter_map(|event| event.record).collect();
        for record in records {
            let own: Vec<_> = world.events.iter().filter(|event| event.record == Some(record)).cloned().collect();
            for standing in world.causes(&own, as_of).standings {
                let same = merged.standings.iter().find(|known| known.cause.began == standing.cause.began);
                prop_assert!(same.is_none_or(|same| same.cause.name() == standing.cause.name()));
            }
        }
    }

    /// Names and events belong to one cause each, and what is over was not over at its own moment.
    #[test]
    fn every_cause_is_one_of_its_own(plan in plan(), now in 0..LENGTH + 30) {
        let world = plan.world(true);
        let causes = world.causes(&world.events, world.at(now));
        let (mut names, mut parts) = (BTreeSet::new(), BTreeSet::new());
        for standing in &causes.standings {
            prop_assert!(names.insert(standing.cause.name()));
            prop_assert!(standing.parts().all(|part| parts.insert(part)), "{standing:?}");
            prop_assert!(standing.cause.at < world.at(now) && standing.stands_at(standing.cause.at));
        }
        prop_assert!(causes.standings.is_sorted());
    }

    /// Looking at every moment finds nothing before `next`, and something at it: a cause or a fact.
    #[test]
    fn next_is_the_first_moment_at_which_there_is_more(plan in plan(), now in 0..LENGTH + 30) {
        let world = plan.world(true);
        let as_of = world.at(now);
        let causes = world.causes(&world.events, as_of);
        let known: BTreeSet<_> = causes.standings.iter().map(|standing| standing.cause.name()).collect();
        let more = |at: Instant| {
            let later = world.causes(&world.events, at);
            later.standings.iter().any(|standing| !known.contains(&standing.cause.name()))
        };
        let until = causes.next.unwrap_or(world.end());
        let mut moments: Vec<_> = (0..).map(|step| as_of.plus_micros(step * Instant::DAY / 24)).take_while(|at| *at < until).collect();
        moments.push(until.plus_micros(-1));
        prop_assert!(!moments.into_iter().filter(|at| *at >= as_of && *at < until).any(more));
        if let Some(next) = causes.next {
            let fact = world.events.iter().any(|event| event.order.time.plus_micros(1) == next);
            prop_assert!(more(next) || fact, "{next}");
        }
    }

    /// Over changes of the clocks and leap days a day later is the same time of the next date.
    #[test]
    fn days_are_those_of_the_calendar(plan in plan()) {
        let world = plan.world(false);
        let days = match &world.definition.when {
            When::NoContact { days } | When::Nothing { days, .. } | When::NotOpened { days } | When::InStage { days, .. } => *days,
            _ => return Ok(()),
        };
        for standing in world.causes(&world.events, world.end()).standings {
            let began = world.events.iter().find(|event| event.position == standing.cause.began).unwrap();
            let (from, until) = (local(&world, began.order.time), local(&world, standing.cause.at));
            let date = (0..days).fold(from.date(), |date, _| date.tomorrow().unwrap());
            prop_assert_eq!(until.date(), date);
            // An hour may be skipped; none else is another.
            let skipped = until.time() != from.time();
            prop_assert!(!skipped || from.time().until(until.time()).unwrap().get_hours() == 1 && from.hour() < 4);
        }
    }
}
