//! What holds for all rule sets and all events.

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::BigInt;
use kulta_projections::scores::exact::exact;
use kulta_projections::scores::interpret::{Event, InForce, Interpreter, ScoreError, Scored};
use kulta_projections::scores::rules::{Pays, RuleSet, Worth};
use proptest::prelude::*;

use crate::given::{Customer, Fact, as_of, facts, is_money, rule_set, sorted, span, time};
use crate::slow::{self, Failed, Slow};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 20_000, ..ProptestConfig::default() }
}

fn events(facts: &[Fact]) -> Vec<Event<'_>> {
    facts.iter().map(|fact| Event { at: fact.at, kind: fact.kind, facts: fact }).collect()
}

fn score(set: &RuleSet, facts: &[Fact], span: (i64, i64), as_of: i64) -> Result<Scored, ScoreError> {
    Interpreter::new(set, &is_money, span, as_of).score(&events(facts), &Customer)
}

fn failed(error: &ScoreError) -> Failed {
    match error {
        ScoreError::Refused(refusal) => (refusal.rule, refusal.event),
        ScoreError::TotalTooLong => panic!("{error}"),
    }
}

fn same(scored: &Scored, slow: &Slow) -> Result<(), TestCaseError> {
    let number = |units: i128, scale| BigDecimal::new(BigInt::from(units), scale);
    let parts: Vec<_> = scored
        .parts
        .iter()
        .map(|part| (part.rule, part.event, part.at, part.credited.clone(), part.points.clone()))
        .collect();
    let expected: Vec<_> = slow
        .parts
        .iter()
        .map(|(rule, event, at, credited, points)| (*rule, *event, *at, number(*credited, 12), number(*points, 27)))
        .collect();
    prop_assert_eq!(parts, expected);
    prop_assert_eq!(&scored.missing, &slow.missing);
    prop_assert_eq!(&scored.without_rate, &slow.without_rate);
    let sum: i128 = slow.parts.iter().map(|part| part.4).sum();
    prop_assert_eq!(&scored.exact, &number(sum, 27));
    // Half-even to units of 10^−4.
    let unit = 10_i128.pow(23);
    let (floor, rest) = (sum.div_euclid(unit), sum.rem_euclid(unit));
    let up = i128::from(rest * 2 > unit || (rest * 2 == unit && floor % 2 != 0));
    prop_assert_eq!(exact(scored.total), number(floor + up, 4));
    Ok(())
}

/// A part is explained by what was credited and what age left, and the parts by what rounding added make the total.
fn explained(scored: &Scored) -> Result<(), TestCaseError> {
    let mut sum = BigDecimal::default();
    for part in &scored.parts {
        let left = part.factor.map_or_else(|| exact(1.into()), exact);
        prop_assert_eq!(&part.credited * left, part.points.clone());
        sum += &part.points;
    }
    prop_assert_eq!(&sum, &scored.exact);
    prop_assert_ne!(scored.rounding.clone(), Some(BigDecimal::default()));
    prop_assert_eq!(sum + scored.rounding.clone().unwrap_or_default(), exact(scored.total));
    Ok(())
}

/// The same rules without anything that looks at more than one event.
fn without_memory(mut set: RuleSet) -> RuleSet {
    set.rules.retain_mut(|rule| {
        rule.cap = None;
        match &mut rule.pays {
            Pays::Absence(_) => false,
            Pays::Events(pays) => {
                (pays.limit, pays.at_least) = (None, None);
                matches!(pays.worth, Worth::Points(_))
            }
        }
    });
    set
}

proptest! {
    #![proptest_config(config(4_000))]

    #[test]
    fn two_interpreters_agree(set in rule_set(), facts in facts(), span in span(), as_of in as_of()) {
        match (score(&set, &facts, span, as_of), slow::score(&set, &facts, span, as_of)) {
            (Ok(scored), Ok(slow)) => {
                same(&scored, &slow)?;
                explained(&scored)?;
            }
            (Err(error), Err(expected)) => prop_assert_eq!(failed(&error), expected),
            (scored, slow) => prop_assert!(false, "{:?} but {:?}", scored, slow),
        }
    }
}

proptest! {
    #![proptest_config(config(500))]

    #[test]
    fn the_order_of_arrival_does_not_matter(
        set in rule_set(),
        (facts, shuffled) in facts().prop_flat_map(|facts| (Just(facts.clone()), Just(facts).prop_shuffle())),
        as_of in as_of(),
    ) {
        let all = (i64::MIN, i64::MAX);
        prop_assert_eq!(score(&set, &facts, all, as_of), score(&set, &sorted(shuffled), all, as_of));
    }

    #[test]
    fn rules_without_memory_give_the_same_in_two_halves(
        set in rule_set(),
        facts in facts(),
        (at, as_of) in (time(), as_of()),
    ) {
        let set = without_memory(set);
        let [whole, before, after] = [(i64::MIN, i64::MAX), (i64::MIN, at), (at, i64::MAX)]
            .map(|span| score(&set, &facts, span, as_of));
        match (whole, before, after) {
            (Ok(whole), Ok(before), Ok(after)) => {
                prop_assert_eq!(whole.exact, before.exact + after.exact);
                prop_assert_eq!(whole.parts.len(), before.parts.len() + after.parts.len());
            }
            (whole, before, after) => prop_assert!(whole.is_err() && (before.is_err() || after.is_err())),
        }
    }

    #[test]
    fn versions_are_scored_each_over_its_time(
        sets in proptest::collection::vec((time(), rule_set()), 1..4),
        facts in facts(),
        as_of in as_of(),
    ) {
        let mut versions: Vec<_> = sets.iter().map(|(from, set)| (*from, set)).collect();
        versions.sort_by_key(|(from, _)| *from);
        let scored = InForce::new(&versions, &is_money, as_of).score(&events(&facts), &Customer);
        let mut sum = BigDecimal::default();
        for (index, (from, set)) in versions.iter().enumerate() {
            let until = versions.get(index + 1).map_or(i64::MAX, |(from, _)| *from);
            match (&scored, slow::score(set, &facts, (*from, until), as_of)) {
                (Ok(scored), Ok(slow)) => {
                    same(&scored.versions[index], &slow)?;
                    sum += &scored.versions[index].exact;
                }
                (Err((version, error)), Err(expected)) => {
                    prop_assert_eq!((*version, failed(error)), (index, expected));
                    return Ok(());
                }
                (Err((version, _)), Ok(_)) => prop_assert!(*version > index),
                (Ok(scored), Err(expected)) => prop_assert!(false, "{:?} but {:?}", scored, expected),
            }
        }
        if let Ok(scored) = scored {
            prop_assert_eq!(&sum, &scored.exact);
            prop_assert_eq!(sum + scored.rounding.unwrap_or_default(), exact(scored.total));
        }
    }
}
