//! How hard the data is: the shares that the command line's documentation states, measured on 20,000 customers.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use super::{Row, facts, rows, run};
use crate::generate::events;
use crate::generate::life::Known;
use crate::generate::records::{Field, Quality, Records};
use crate::generate::world::{Group, Role, World};

const CUSTOMERS: u64 = 20_000;

static WORLD: LazyLock<World> =
    LazyLock::new(|| World::new(super::YEAR.seed, CUSTOMERS, super::YEAR.start_us, super::YEAR.end_us));
static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| rows(run(CUSTOMERS, 0)));

/// Checks that a share lies within bounds.
fn share(what: &str, part: usize, whole: usize, bounds: std::ops::Range<f64>) {
    let share = part as f64 / whole as f64;
    assert!(bounds.contains(&share), "{what}: {share:.4} is not in {bounds:?}");
}

/// The rows of people or of companies; the column `kind` may be missing.
fn of_kind(organisation: bool) -> impl Iterator<Item = &'static Row> {
    let is_organisation = |row: &Row| Role::of(&WORLD, row["cluster_id"].parse().unwrap()).organisation();
    TABLE.iter().filter(move |row| is_organisation(row) == organisation)
}

#[test]
fn customers_have_one_to_six_records_in_four_sources() {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for row in TABLE.iter() {
        *counts.entry(&row["cluster_id"]).or_default() += 1;
    }
    assert_eq!(counts.len() as u64, CUSTOMERS);
    let seen: HashSet<_> = counts.values().copied().collect();
    assert_eq!(seen, (1..=6).collect());
    let mean = TABLE.len() as f64 / CUSTOMERS as f64;
    assert!((2.45..2.55).contains(&mean), "{mean}");
    for source in ["erp", "billing", "newsletter", "crm"] {
        share(source, TABLE.iter().filter(|row| row["source"] == source).count(), TABLE.len(), 0.18..0.32);
    }
    let places: HashSet<_> = TABLE.iter().map(|row| (&row["cluster_id"], &row["source"])).collect();
    share("duplicates within a source", TABLE.len() - places.len(), TABLE.len(), 0.03..0.15);
}

#[test]
fn each_field_is_missing_in_ten_to_forty_in_a_hundred_records() {
    let missing = |organisation, columns: &[&str]| {
        let all = of_kind(organisation).count();
        for column in columns {
            let missing = of_kind(organisation).filter(|row| !row.contains_key(*column)).count();
            share(column, missing, all, 0.10..0.40);
        }
    };
    let everybody = ["kind", "email", "phone", "street", "postal_code", "city", "region", "country"];
    missing(false, &everybody);
    missing(true, &everybody);
    missing(false, &["birth_date", "gender"]);
    missing(true, &["name", "business_id", "vat_id"]);
    // A person's name stands in one text or in parts.
    let people = of_kind(false).count();
    let unknown =
        |part: &str| of_kind(false).filter(|row| !row.contains_key(part) && !row.contains_key("name")).count();
    share("given name", unknown("given_name"), people, 0.05..0.40);
    share("surname", unknown("family_name"), people, 0.05..0.40);
}

#[test]
fn fifteen_in_a_hundred_values_are_wrong_or_out_of_date() {
    let mut seen: BTreeMap<usize, [usize; 4]> = BTreeMap::new();
    for index in 0..CUSTOMERS / 4 {
        let known = Known::of(&WORLD, index);
        for place in 0..known.records.all().len() {
            for field in Field::ALL {
                seen.entry(field as usize).or_default()[known.quality(place, field) as usize] += 1;
            }
        }
    }
    for field in Field::ALL {
        let counts = seen[&(field as usize)];
        let present = counts.iter().sum::<usize>() - counts[Quality::Missing as usize];
        let bad = counts[Quality::Outdated as usize] + counts[Quality::Wrong as usize];
        let bounds = match field {
            Field::Kind => 0.0..0.001,
            // These go out of date with the address, and are not mistyped.
            Field::Region | Field::Country => 0.06..0.15,
            _ => 0.13..0.17,
        };
        share(&format!("{field:?}"), bad, present, bounds);
    }
}

/// The customers that share a value with another one.
fn sharing(column: &str, alike: impl Fn(&str) -> String) -> HashMap<String, HashSet<&'static str>> {
    let mut holders: HashMap<String, HashSet<&str>> = HashMap::new();
    for row in TABLE.iter() {
        if let Some(value) = row.get(column) {
            holders.entry(alike(value)).or_default().insert(&row["cluster_id"]);
        }
    }
    holders.retain(|_, customers| customers.len() > 1);
    holders
}

#[test]
fn people_share_addresses_mailboxes_and_names() {
    let roles = |what: &str, wanted: fn(Role) -> bool, bounds| {
        let found = (0..CUSTOMERS).filter(|index| wanted(Role::of(&WORLD, *index))).count();
        share(what, found, CUSTOMERS as usize, bounds);
    };
    let household = |role: Role| matches!(role.group(), Some((Group::Couple | Group::Family, _)));
    roles("households", household, 0.0499..0.0501);
    roles("relatives of one name", |role| matches!(role.group(), Some((Group::Namesakes, _))), 0.0199..0.0201);
    roles("shared mailboxes", Role::shared_mailbox, 0.0299..0.0301);
    roles("organisations", Role::organisation, 0.15..0.20);
    // And it shows in the records, as far as they know their customers.
    let digits = |text: &str| {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits[digits.len().saturating_sub(8)..].to_owned()
    };
    let phones = sharing("phone", digits);
    let callers: HashSet<_> = phones.values().flatten().collect();
    share("shared telephones", callers.len(), CUSTOMERS as usize, 0.03..0.12);
    let mailboxes = sharing("email", str::to_lowercase);
    let writers: HashSet<_> = mailboxes.values().flatten().collect();
    share("shared mailboxes that show", writers.len(), CUSTOMERS as usize, 0.02..0.10);
    let largest = mailboxes.values().map(HashSet::len).max().unwrap();
    assert!(largest >= 15, "some mailboxes are known to many: {largest}");
}

#[test]
fn names_are_frequent_and_rare() {
    let mut surnames: HashMap<&str, usize> = HashMap::new();
    for row in of_kind(false) {
        if let Some(surname) = row.get("family_name") {
            *surnames.entry(surname).or_default() += 1;
        }
    }
    let total: usize = surnames.values().sum();
    assert!(surnames.len() > total / 6, "{} of {total}", surnames.len());
    let most = surnames.values().max().copied().unwrap();
    share("the most frequent surname", most, total, 0.004..0.05);
}

#[test]
fn companies_of_right_records_have_valid_ids_of_their_own() {
    let mut owners: HashMap<String, u64> = HashMap::new();
    let mut wrong = 0;
    let mut all = 0;
    for row in of_kind(true).filter(|row| row.get("business_id").is_some_and(|id| is_finnish(id))) {
        all += 1;
        let digits: Vec<u32> = row["business_id"].chars().filter_map(|c| c.to_digit(10)).collect();
        let sum: u32 = digits.iter().zip([7, 9, 10, 5, 8, 4, 2, 1]).map(|(digit, weight)| digit * weight).sum();
        if !sum.is_multiple_of(11) {
            wrong += 1;
            continue;
        }
        let customer = row["cluster_id"].parse().unwrap();
        let key: String = digits.iter().map(u32::to_string).collect();
        assert_eq!(*owners.entry(key).or_insert(customer), customer, "a valid id is nobody else's");
    }
    share("invalid business ids", wrong, all, 0.12..0.18);
}

fn is_finnish(id: &str) -> bool {
    id.len() == 9 && id.as_bytes()[7] == b'-'
}

#[test]
fn about_a_fifth_of_the_events_is_personal() {
    let all = facts(events(run(1_000, 30_000)));
    let personal = all.iter().filter(|(fact, _)| !fact.parts.contact.is_empty() || !fact.parts.conversation.is_empty());
    share("personal events", personal.count(), all.len(), 0.17..0.23);
}

#[test]
fn records_are_counted_without_being_made() {
    for index in 0..2_000 {
        assert_eq!(Records::count(&WORLD, index), Records::of(&WORLD, index).all().len());
        let mut before = -1;
        for record in Records::of(&WORLD, index).all() {
            assert!((0..=WORLD.span).contains(&record.registered) && record.registered >= before);
            before = record.registered;
        }
    }
}
