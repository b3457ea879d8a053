use super::em::{Pattern, train};
use super::*;
use crate::identity::compare::slots::{PERSON, person};
use crate::identity::compare::{Agreement, Compared};

fn table(records: u64) -> Table {
    Table::of(&Weights::built_in(false, records), &Terms::default(), false)
}

fn pair(levels: &[(usize, u8)]) -> Compared {
    let agreement = levels.iter().fold(Agreement::new(false), |all, (slot, level)| all.with(*slot, *level));
    Compared { agreement, common: 0, own: 0 }
}

#[test]
fn what_is_missing_weighs_nothing_and_the_prior_follows_size() {
    let nothing = table(1_000).score(&pair(&[]));
    assert!((nothing.bits - table(1_000).prior).abs() < 0.01);
    // Ten times the records, a tenth of the odds.
    let fall = table(1_000).prior - table(10_000).prior;
    assert!((fall - 10_f32.log2()).abs() < 0.01, "{fall}");
}

#[test]
fn a_household_does_not_outweigh_another_given_name() {
    let shared = [(person::FAMILY, 1), (person::PHONE, 1), (person::ADDRESS, 6)];
    let table = table(100_000);
    let with = |more: &[(usize, u8)]| table.score(&pair(&[&shared[..], more].concat())).bits;
    assert!(with(&[(person::GIVEN, 8), (person::BIRTH, 8)]) < 0.0);
    assert!(with(&[(person::GIVEN, 1), (person::BIRTH, 1)]) > 10.0);
}

#[test]
fn few_pairs_move_the_built_in_shares_little() {
    let found = train(PERSON, false, 50, &[], &Terms::default());
    let before = Weights::built_in(false, 50);
    for (found, before) in found.slots.iter().zip(&before.slots) {
        for (found, before) in found.levels.iter().zip(&before.levels) {
            assert!((found.m - before.m).abs() < 1e-9 && (found.u - before.u).abs() < 1e-9);
        }
    }
}

#[test]
fn training_learns_how_often_customers_disagree() {
    // Customers agree in e-mail and given name; one in four of their dates of birth is wrong by a digit.
    let sure = |birth: u8| pair(&[(person::GIVEN, 1), (person::FAMILY, 1), (person::EMAIL, 1), (person::BIRTH, birth)]);
    let strange = pair(&[(person::GIVEN, 8), (person::FAMILY, 8), (person::EMAIL, 6), (person::BIRTH, 8)]);
    let patterns = [
        Pattern { compared: sure(1), blocked: 3_000.0, random: 0.0 },
        Pattern { compared: sure(4), blocked: 1_000.0, random: 0.0 },
        Pattern { compared: strange, blocked: 5_000.0, random: 400_000.0 },
    ];
    let found = train(PERSON, false, 10_000, &patterns, &Terms::default());
    let birth = &found.slots[person::BIRTH].levels;
    assert!((birth[1].m - 0.75).abs() < 0.02 && (birth[4].m - 0.25).abs() < 0.02, "{birth:?}");
    assert!(found.slots[person::EMAIL].levels[6].m < 0.01);
    // 4,000 pairs among 10,000 records: 0.8 partners each.
    assert!((found.customer * 9_999.0 - 0.8).abs() < 0.02);
    assert!(found.fit(PERSON));
}
