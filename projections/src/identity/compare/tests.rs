use super::slots::{names, organisation, person};
use super::*;
use crate::identity::attributes::{AddressText, Attributes, IdText};
use crate::identity::policy::MatchPolicy;
use proptest::prelude::*;

fn prepared(said: &Attributes) -> Prepared {
    Prepared::of(said, &MatchPolicy::built_in())
}

fn level(one: &Attributes, other: &Attributes, slot: usize) -> u8 {
    let free = |_: u64| false;
    let there = compare(&prepared(one), &prepared(other), &free);
    let back = compare(&prepared(other), &prepared(one), &free);
    assert_eq!(there.agreement, back.agreement);
    there.agreement.level(slot) as u8
}

fn named(given: &str, family: &str) -> Attributes {
    Attributes { given_name: given.into(), family_name: family.into(), ..Attributes::default() }
}

#[test]
fn names_in_their_levels() {
    let given = |one: &str, other: &str| level(&named(one, "Virtanen"), &named(other, "Virtanen"), person::GIVEN);
    assert_eq!(given("Matti", "MATTI"), names::SAME);
    assert_eq!(given("Matti", "M."), names::INITIAL);
    assert_eq!(given("Matti", "Mattti"), names::CLOSE);
    assert_eq!(given("Mohamed", "Mhd"), names::INITIAL);
    assert_eq!(given("Matti", "Liisa"), names::DIFFER);
    assert_eq!(given("Matti", ""), 0);
    assert_eq!(given("Juho Matti", "Matti"), names::SAME);
    assert_eq!(given("Anna", "Annabelle"), names::DIFFER);
    assert_eq!(given("Darla", "Darletta"), names::DIFFER);
    assert_eq!(given("Katarzyna", "Katarzina"), names::CLOSE);
    let family = |one: &str, other: &str| level(&named("Matti", one), &named("Matti", other), person::FAMILY);
    assert_eq!(family("Virtanen-Korhonen", "Korhonen"), names::RELATED);
    assert_eq!(family("Mäkinen", "Makinen"), names::SAME);
}

#[test]
fn fields_that_change_places_are_found() {
    let (one, other) = (named("Matti", "Virtanen"), named("Virtanen", "Matti"));
    assert_eq!(level(&one, &other, person::GIVEN), names::SAME);
    assert_eq!(level(&one, &other, person::FAMILY), names::SAME);
    // What agrees in one half only is the family name: Kaarina and Matti are two.
    let other = named("Virtanen", "Kaarina");
    assert_eq!(level(&one, &other, person::FAMILY), names::SAME);
    assert_eq!(level(&one, &other, person::GIVEN), names::DIFFER);
}

#[test]
fn a_name_in_another_script_is_compared_in_latin_letters_too() {
    let (khmer, latin) = (named("តារា", "គឹម"), named("Dara", "Kim"));
    assert_eq!(level(&khmer, &latin, person::GIVEN), names::SOUND);
    assert_eq!(level(&khmer, &latin, person::FAMILY), names::SOUND);
    let (han, latin) = (named("", ""), named("Jie", "Wang"));
    let han = Attributes { name: "王杰".into(), kind: "person".into(), ..han };
    assert_eq!(level(&han, &latin, person::FAMILY), names::SAME);
    // Nothing in common says nothing: the letters may be read in another way.
    assert_eq!(level(&han, &named("Matti", "Virtanen"), person::FAMILY), 0);
}

#[test]
fn a_postal_code_outranks_the_name_of_its_town() {
    let at = |city: &str, postal_code: &str| {
        let (street, city, postal_code) = ("405 Lexington Avenue".into(), city.into(), postal_code.into());
        let address = AddressText { street, city, postal_code, ..AddressText::default() };
        Attributes { addresses: vec![address], ..named("", "X") }
    };
    assert_eq!(level(&at("New York", "10174"), &at("Manhattan", "10174"), person::ADDRESS), 6);
    assert_eq!(level(&at("New York", "10174"), &at("New York", "22222"), person::ADDRESS), 8);
}

#[test]
fn an_address_is_one_comparison() {
    let at = |street: &str, city: &str| {
        let address = AddressText { street: street.into(), city: city.into(), ..AddressText::default() };
        Attributes { addresses: vec![address], ..named("", "X") }
    };
    let level =
        |one: (&str, &str), other: (&str, &str)| level(&at(one.0, one.1), &at(other.0, other.1), person::ADDRESS);
    assert_eq!(level(("Katu 1", "Espoo"), ("katu 1", "ESPOO")), 6);
    assert_eq!(level(("Katu 1", "Espoo"), ("Katu 2", "Espoo")), 21);
    assert_eq!(level(("Katu 1", ""), ("Katu 1", "Oulu")), 5);
    assert_eq!(level(("", "Espoo"), ("Katu 1", "Espoo")), 1);
    assert_eq!(level(("Katu 1", "Espoo"), ("Tie 7", "Rovaniemi")), 29);
}

#[test]
fn a_crowded_value_says_nothing() {
    let mail = |given: &str| Attributes { emails: vec!["anna.karenina@example.fi".into()], ..named(given, "X") };
    let (one, other) = (prepared(&mail("A")), prepared(&mail("B")));
    assert_eq!(compare(&one, &other, &|_| false).agreement.level(person::EMAIL), 1);
    assert_eq!(compare(&one, &other, &|_| true).agreement.level(person::EMAIL), 0);
}

#[test]
fn ids_are_compared_type_by_type() {
    let id = |kind: &str, value: &str| Attributes {
        ids: vec![IdText { kind: kind.into(), value: value.into(), ..IdText::default() }],
        ..Attributes::default()
    };
    let level = |one: (&str, &str), other: (&str, &str)| level(&id(one.0, one.1), &id(other.0, other.1), person::ID);
    assert_eq!(level(("card", "1234567"), ("card", "123 4567")), 1);
    assert_eq!(level(("card", "1234567"), ("card", "1234568")), 2);
    assert_eq!(level(("card", "1234567"), ("card", "9999999")), 3);
    assert_eq!(level(("card", "1234567"), ("desk", "1234567")), 0);
}

#[test]
fn organisations_by_name_form_and_id() {
    let company = |name: &str, id: &str| Attributes {
        kind: "organisation".into(),
        name: name.into(),
        business_id: id.into(),
        ..Attributes::default()
    };
    let of = |one: &Attributes, other: &Attributes, slot: usize| level(one, other, slot);
    let (acme, sister) = (company("Acme Rakennus Oy", "0112038-9"), company("Acme Holding Oy", "2331972-7"));
    assert_eq!(of(&acme, &company("ACME RAKENNUS OYJ", ""), organisation::NAME), 1);
    assert_eq!(of(&acme, &company("Acme Rakenus", ""), organisation::NAME), 3);
    assert_eq!(of(&acme, &sister, organisation::REGISTERED), 3);
    assert!(prepared(&acme).contradicts(&prepared(&sister)));
    assert!(!prepared(&acme).contradicts(&prepared(&company("Acme", ""))));
}

proptest! {
    /// Any two records are compared, and what is missing on either side is missing in both directions.
    #[test]
    fn missing_has_no_direction(
        texts in proptest::collection::vec("[a-cä .,@0-9]{0,12}", 12),
        organisation in any::<bool>(),
    ) {
        let side = |at: usize| Attributes {
            kind: if organisation { "organisation".into() } else { String::new() },
            given_name: texts[at].clone(),
            family_name: texts[at + 1].clone(),
            name: texts[at + 2].clone(),
            emails: vec![texts[at + 3].clone()],
            phones: vec![texts[at + 4].clone()],
            birth_dates: vec![texts[at + 5].clone()],
            ..Attributes::default()
        };
        let (one, other) = (prepared(&side(0)), prepared(&side(6)));
        let free = |_: u64| false;
        let (there, back) = (compare(&one, &other, &free).agreement, compare(&other, &one, &free).agreement);
        for slot in 2..slots::slots(organisation).len() {
            prop_assert_eq!(there.level(slot) == 0, back.level(slot) == 0);
        }
    }
}
