//! The causes of customers, found once more: slowly, fact by fact, by the words of the definition.

use std::collections::BTreeSet;

use jiff::{Span, Timestamp, Zoned};
use kulta_events::{Instant, Json, Recorded};
use kulta_projections::automation::definition::When;
use kulta_projections::automation::facets::Condition;
use proptest::prelude::*;

use super::world::{LENGTH, World, plan};

/// When it came to be, when it was over, and the events that it is made of.
type Found = (Instant, Option<Instant>, BTreeSet<u64>);

fn zoned(world: &World, at: Instant) -> Zoned {
    Timestamp::from_microsecond(at.micros()).unwrap().to_zoned(world.zone().clone())
}

fn later(world: &World, at: Instant, days: u32) -> Instant {
    zoned(world, at).checked_add(Span::new().days(days)).unwrap().timestamp().into()
}

fn said<'e>(event: &'e Recorded, member: &str) -> Option<&'e str> {
    event.payload.data.get(member).and_then(Json::as_str)
}

fn meant(event: &Recorded, on: &[Box<str>], only: Option<&Condition>) -> bool {
    on.iter().any(|name| **name == event.type_name) && only.is_none_or(|only| only.holds(event))
}

fn speaks(event: &Recorded) -> bool {
    let types =
        ["email.replied", "form.submitted", "complaint.opened", "complaint.answered", "complaint.customer_reacted"];
    types.contains(&event.type_name.as_str())
        || event.type_name == "activity.logged" && said(event, "direction") != Some("internal")
}

fn silences(world: &World, heard: &[&Recorded], days: u32) -> Vec<Found> {
    let mut found = Vec::new();
    for event in heard {
        let at = later(world, event.order.time, days);
        let after: Vec<_> =
            heard.iter().filter(|other| other.order > event.order).map(|other| other.order.time).collect();
        if after.iter().all(|time| *time > at) {
            found.push((at, after.into_iter().min(), [event.position].into()));
        }
    }
    found
}

fn not_opened(world: &World, events: &[&Recorded], days: u32) -> Vec<Found> {
    let mut found = Vec::new();
    for message in ["a", "b", "c"] {
        let of = |types: &[&str]| -> Vec<&Recorded> {
            let is = |event: &&&Recorded| {
                types.contains(&event.type_name.as_str()) && said(event, "message") == Some(message)
            };
            events.iter().filter(is).copied().collect()
        };
        let out = of(&["email.sent", "email.delivered"]);
        let answers = of(&["email.opened", "email.link_clicked", "email.replied"]);
        let Some(first) = out.iter().map(|event| event.order.time).min() else { continue };
        let at = later(world, first, days);
        let answered = answers.iter().map(|event| event.order.time).min();
        if answered.is_none_or(|answered| answered > at) {
            found.push((at, answered, out.iter().map(|event| event.position).collect()));
        }
    }
    found
}

fn counted(world: &World, events: &[&Recorded], count: usize, within_days: u32) -> Vec<Found> {
    let mut events = events.to_vec();
    events.sort_by(|a, b| a.order.cmp(&b.order));
    let (mut found, mut unused) = (Vec::new(), 0);
    for last in 0..events.len() {
        if last + 1 < unused + count {
            continue;
        }
        let counted = &events[last + 1 - count..=last];
        let [from, until] = [counted[0], counted[count - 1]].map(|event| zoned(world, event.order.time).date());
        if from.until(until).unwrap().get_days() < i32::try_from(within_days).unwrap() {
            let at = events[last].order.time;
            let parts = counted.iter().map(|event| event.position).collect();
            found.push((at, Some(later(world, at, within_days)), parts));
            unused = last + 1;
        }
    }
    found
}

/// `None`: not of a customer.
fn causes(world: &World, as_of: Instant) -> Option<Vec<Found>> {
    let seen: Vec<_> = world.events.iter().filter(|event| event.order.time < as_of).collect();
    let those = |is: &dyn Fn(&Recorded) -> bool| -> Vec<&Recorded> { seen.iter().copied().filter(|e| is(e)).collect() };
    let mut found = match &world.definition.when {
        When::NoContact { days } => silences(world, &those(&speaks), *days),
        When::Nothing { on, days, only } => silences(world, &those(&|event| meant(event, on, only.as_ref())), *days),
        When::NotOpened { days } => not_opened(world, &seen, *days),
        When::Count { on, count, within_days, only } => {
            let events = those(&|event| meant(event, on, only.as_ref()));
            counted(world, &events, *count as usize, *within_days)
        }
        _ => return None,
    };
    found.retain(|(at, ..)| *at < as_of);
    found.sort_unstable();
    Some(found)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn causes_are_those_that_the_definition_means(plan in plan(), now in 0..LENGTH + 30) {
        let world = plan.world(false);
        let Some(expected) = causes(&world, world.at(now)) else { return Ok(()) };
        let standings = world.causes(&world.events, world.at(now)).standings;
        let mut found: Vec<Found> = standings
            .iter()
            .map(|standing| (standing.cause.at, standing.ends, standing.parts().collect()))
            .collect();
        found.sort_unstable();
        prop_assert_eq!(found, expected);
    }
}
