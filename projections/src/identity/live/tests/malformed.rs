//! Records that say nothing, too little, too much, or it in the wrong place do no harm, one at a time or all at once.

use super::*;

/// As published before any training: for a large file, so little evidence links nobody.
fn resolved(all: &[Attributes]) -> Resolver {
    let policy = MatchPolicy::built_in();
    let last: Vec<(RecordId, Attributes)> = (0..).map(id).zip(all.iter().cloned()).collect();
    let steps: Vec<Step> = last.iter().map(|(record, said)| Step::Put(*record, said.clone())).collect();
    let resolver = live(&steps, &policy);
    assert_eq!(resolver.clusters(), batch(&last, &[], &policy));
    resolver
}

fn person(given: &str, family: &str) -> Attributes {
    Attributes { given_name: given.into(), family_name: family.into(), ..Attributes::default() }
}

/// A word that no other number has, of different letters throughout.
fn word(number: u64) -> String {
    let hash = crate::identity::hash::pair(number, 5);
    (0..8).map(|at| char::from(b'a' + (hash >> (8 * at)) as u8 % 26)).collect()
}

#[test]
fn records_that_say_nothing_stay_alone() {
    for nothing in ["", " ", "-", "\0", "n/a"] {
        let said = Attributes {
            given_name: nothing.into(),
            name: nothing.into(),
            emails: vec![nothing.into()],
            phones: vec![nothing.into()],
            birth_dates: vec![nothing.into()],
            business_id: nothing.into(),
            ..Attributes::default()
        };
        assert_eq!(resolved(&vec![said; 120]).clusters().len(), 120, "{nothing:?}");
    }
}

#[test]
fn a_telephone_number_alone_joins_nobody() {
    let said = Attributes { phones: vec!["+358401112233".into()], ..Attributes::default() };
    for count in [2, 30, 120] {
        assert_eq!(resolved(&vec![said.clone(); count]).clusters().len(), count);
    }
}

#[test]
fn one_mailbox_on_thousands_of_records_chains_no_strangers() {
    const STRANGERS: u64 = 5_000;
    let policy = MatchPolicy::built_in();
    for address in ["info@firma.fi", "everybody.here@firma.fi"] {
        let said = |number: u64| Attributes {
            emails: vec![address.into()],
            ..person(&word(2 * number), &word(2 * number + 1))
        };
        let mut resolver = Resolver::new(policy.clone());
        for number in 0..STRANGERS {
            let prepared = Prepared::of(&said(number), &policy);
            resolver.upsert(id(number), prepared);
        }
        assert_eq!(resolver.clusters().len() as u64, STRANGERS, "{address}");
        // Nobody is linked by the mailbox alone, so nothing grows with those who share it.
        let links = |number| resolver.residents.get(resolver.residents.place(id(number).0.as_u128())?);
        let most = (0..STRANGERS).filter_map(links).map(|resident| resident.links.len()).max();
        assert!(most.is_some_and(|most| most <= 8), "{most:?}");
        // What else two of them share still counts.
        resolver.upsert(
            id(STRANGERS),
            Prepared::of(&Attributes { birth_dates: vec!["1980-02-03".into()], ..said(7) }, &policy),
        );
        resolver
            .upsert(id(7), Prepared::of(&Attributes { birth_dates: vec!["1980-02-03".into()], ..said(7) }, &policy));
        assert_eq!(resolver.customer_of(id(7)).map(|records| records.len()), Some(2));
    }
}

#[test]
fn an_endless_name_is_a_name() {
    let endless = "Matti ".repeat(17_000);
    let all = [
        person(&endless, "Virtanen"),
        person("Matti", &endless),
        Attributes { name: endless.clone(), ..Attributes::default() },
        Attributes { name: endless.clone(), kind: "organisation".into(), ..Attributes::default() },
        Attributes { emails: vec![endless.clone()], phones: vec![endless.clone()], ..person("Matti", "Virtanen") },
        Attributes {
            birth_dates: vec![endless.clone()],
            website: endless.clone(),
            aliases: vec![endless; 50],
            ..person("M", "V")
        },
    ];
    let policy = MatchPolicy::built_in();
    for said in &all {
        let size = Prepared::of(said, &policy).size();
        assert!(size < 8_000, "{size} bytes");
    }
    resolved(&all);
}

#[test]
fn fields_in_each_others_places_join_nobody_and_harm_nobody() {
    let right = |number: u64| Attributes {
        emails: vec![format!("{}@example.fi", word(number))],
        phones: vec![format!("+35840{:07}", number * 7919)],
        birth_dates: vec![format!("{}-02-03", 1950 + number)],
        ..person(&word(2 * number), &word(2 * number + 1))
    };
    let swapped = |number: u64| {
        let right = right(number);
        Attributes {
            given_name: right.phones[0].clone(),
            family_name: right.birth_dates[0].clone(),
            name: right.emails[0].clone(),
            emails: vec![right.given_name.clone()],
            phones: vec![right.family_name.clone()],
            birth_dates: vec![right.emails[0].clone()],
            business_id: right.phones[0].clone(),
            addresses: vec![AddressText {
                street: right.emails[0].clone(),
                city: right.phones[0].clone(),
                ..AddressText::default()
            }],
            ..Attributes::default()
        }
    };
    let all: Vec<Attributes> = (0..40).map(right).chain((0..40).map(right)).chain((0..40).map(swapped)).collect();
    let clusters = resolved(&all).clusters();
    // Each that is right finds its like; those that are not belong to nobody but one of the same customer.
    for number in 0..40 {
        let of = |record: RecordId| clusters.iter().position(|cluster| cluster.contains(&record));
        assert_eq!(of(id(number)), of(id(number + 40)));
        let around = of(id(number + 80)).map_or(&[][..], |at| &clusters[at]);
        assert!(around.iter().all(|record| [number, number + 40, number + 80].map(id).contains(record)), "{number}");
    }
}

#[test]
fn what_is_said_again_changes_nothing() {
    let policy = MatchPolicy::built_in();
    let said = Attributes { emails: vec!["matti.v@example.fi".into()], ..person("Matti", "Virtanen") };
    let mut resolver = Resolver::new(policy.clone());
    for number in 0..2 {
        resolver.upsert(id(number), Prepared::of(&said, &policy));
    }
    let first = resolver.clusters_changed();
    assert_eq!(first.clusters.len(), 1);
    resolver.upsert(id(1), Prepared::of(&said, &policy));
    assert_eq!(resolver.clusters_changed(), Changed::default());
    // One letter is another record.
    let other = Attributes { given_name: "Mattias".into(), ..said };
    resolver.upsert(id(1), Prepared::of(&other, &policy));
    assert_ne!(resolver.clusters_changed(), Changed::default());
}
