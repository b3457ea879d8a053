use kulta_events::Recorded;

use super::*;
use crate::given::{event, record};
use crate::record::RecordState;

/// A record of a customer with what its events say.
fn row(source: &str, subject: &str, customer: RecordId, events: &[Recorded]) -> RecordRow {
    let mut row = RecordRow::new(record(source, subject), source.to_owned(), Some(subject.to_owned()), 1);
    row.customer = customer.into();
    row.state = RecordState::fold(events);
    row
}

fn related(source: &str, subject: &str, on: i64, to: RecordId, more: &str) -> Recorded {
    let data = format!(r#"{{"relation":"contact_of","to":"{to}"{more}}}"#);
    event(source, subject, on, "customer.related", &data)
}

fn ended(source: &str, subject: &str, on: i64, to: RecordId) -> Recorded {
    let data = format!(r#"{{"relation":"contact_of","to":"{to}","valid_until":"2024-09-01"}}"#);
    event(source, subject, on, "customer.unrelated", &data)
}

fn roles(found: &[Relation]) -> Vec<Option<&str>> {
    found.iter().map(|relation| relation.claims[0].role.as_deref()).collect()
}

const TODAY: Option<&str> = Some("2024-10-10");

#[test]
fn both_sides_see_the_relation_and_whose_word_it_is() {
    let (contact, company) = (record("crm", "1"), record("erp", "100"));
    let said = [related("crm", "1", 1, company, r#","role":"buyer""#)];
    let (one, other) = (row("crm", "1", contact, &said), row("erp", "100", company, &[]));
    let whose = |id: RecordId| Some(id.into());

    let outgoing = relations(std::slice::from_ref(&one), &[], whose, TODAY);
    assert_eq!((outgoing[0].direction, outgoing[0].other), (Direction::Outgoing, Some(company.into())));
    let incoming = relations(std::slice::from_ref(&other), std::slice::from_ref(&one), whose, TODAY);
    assert_eq!((incoming[0].direction, incoming[0].other), (Direction::Incoming, Some(contact.into())));
    assert_eq!((outgoing[0].other_record, incoming[0].other_record), (company, contact));
    assert_eq!((roles(&outgoing), roles(&incoming)), (vec![Some("buyer")], vec![Some("buyer")]));
    assert_eq!(incoming[0].claims[0].subject.as_deref(), Some("1"));

    // Nobody spoke of the company itself yet.
    let unknown = relations(std::slice::from_ref(&one), &[], |_| None, TODAY);
    assert_eq!((unknown[0].other, unknown[0].other_record), (None, company));
    // They were merged: nobody is a contact of themselves.
    let merged = [one, RecordRow { customer: contact.into(), ..other }];
    assert_eq!(relations(&merged, &merged, |_| Some(contact.into()), TODAY), []);
}

#[test]
fn the_newest_word_of_a_customers_records_holds() {
    let (customer, company) = (record("crm", "1"), record("erp", "100"));
    let crm = |last| (1..=last).map(|on| related("crm", "1", on, company, r#","role":"buyer""#)).collect::<Vec<_>>();
    let person = row("kulta", "1", customer, &[ended("kulta", "1", 5, company)]);
    let whose = |id: RecordId| Some(id.into());
    let holds = |rows: &[RecordRow]| relations(rows, &[], whose, TODAY).len();

    let nightly = row("crm", "1", customer, &crm(9));
    assert_eq!(holds(std::slice::from_ref(&nightly)), 1);
    assert_eq!(holds(&[nightly.clone(), person.clone()]), 0, "saying it again is no news");
    let ever = relations(&[nightly, person.clone()], &[], whose, None);
    assert_eq!((ever.len(), ever[0].claims.len(), ever[0].claims[0].ended), (1, 2, true));
    assert!(ever[0].newest().all(|claim| claim.ended));

    let mut promoted = crm(6);
    promoted.push(related("crm", "1", 7, company, r#","role":"director""#));
    let found = relations(&[row("crm", "1", customer, &promoted), person], &[], whose, TODAY);
    assert_eq!(roles(&found), [Some("director")]);
}

#[test]
fn records_of_one_customer_are_one_other_side() {
    let (contact, company) = (record("crm", "1"), record("erp", "100"));
    let second = record("billing", "B");
    let said = [
        related("crm", "1", 1, company, r#","role":"buyer""#),
        related("crm", "1", 2, second, r#","role":"payer""#),
        ended("crm", "1", 3, second),
    ];
    let one = [row("crm", "1", contact, &said)];
    let apart = relations(&one, &[], |id| Some(id.into()), None);
    assert_eq!(apart.len(), 2);
    let merged = relations(&one, &[], |_| Some(company.into()), None);
    assert_eq!((roles(&merged), merged[0].claims.len()), (vec![Some("buyer")], 2), "what did not end stands first");
    assert_eq!(
        merged[0].newest().map(|claim| (claim.to, claim.ended)).collect::<Vec<_>>(),
        [(company, false), (second, true)]
    );
    assert_eq!(roles(&relations(&one, &[], |_| Some(company.into()), TODAY)), [Some("buyer")]);
}

#[test]
fn a_relation_holds_from_its_first_day_until_the_day_that_ends_it() {
    let (contact, company) = (record("crm", "1"), record("erp", "100"));
    let said = [related("crm", "1", 1, company, r#","valid_from":"2024-01-01","valid_until":"2025-01-01""#)];
    let one = [row("crm", "1", contact, &said)];
    for (day, count) in [("2023-12-31", 0), ("2024-01-01", 1), ("2024-12-31", 1), ("2025-01-01", 0)] {
        assert_eq!(relations(&one, &[], |id| Some(id.into()), Some(day)).len(), count, "{day}");
    }
    assert_eq!(relations(&[], &one, |_| None, None), []);
}
