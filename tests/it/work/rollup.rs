//! Somebody who goes from one company to another: what they did is shown by the company for which they spoke that day.

use kulta_test_support::http::Client;
use serde_json::{Value, json};

use super::{customer, items, read};
use crate::kit::{Asks, PATIENCE, Place, event};

fn told(id: &str, time: &str, type_name: &str, data: Value) -> Value {
    event("crm", "anna", id, &format!("{time}T10:00:00Z"), type_name, data)
}

fn relation(id: &str, time: &str, what: &str, company: &str, mut more: Value) -> Value {
    more["relation"] = json!("contact_of");
    more["to"] = json!({"source": "crm", "subject": company});
    told(id, time, &format!("customer.{what}"), more)
}

/// The own names of offers, or leads, on a list.
fn names(client: &mut Client, target: &str, of: &str) -> Vec<String> {
    let ids: Vec<String> = items(client, target).iter().map(|item| item[of].as_str().unwrap().to_owned()).collect();
    let family = of.trim_end_matches("_id");
    let name = |id: String| read(client, &format!("/v1/{family}s/{id}"))["title"].as_str().unwrap().to_owned();
    let mut names: Vec<String> = ids.into_iter().map(name).collect();
    names.sort();
    names
}

fn what_contacts_did_goes_with_the_days(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let (old, new) = (customer(&mut client, "A"), customer(&mut client, "B"));
    let anna = json!({"kind": "person", "name": "Anna Virtanen"});
    let offer = |name: &str| json!({"offer": name, "title": name});
    client.accepted(&[
        told("r", "2026-01-01", "customer.registered", anna),
        // Of A until March, of B from March to June, then of A again.
        relation("1", "2026-01-01", "related", "A", json!({"valid_from": "2026-01-10"})),
        relation("2", "2026-03-01", "unrelated", "A", json!({})),
        relation("3", "2026-03-01", "related", "B", json!({"valid_from": "2026-03-01"})),
        relation("4", "2026-06-01", "unrelated", "B", json!({})),
        relation("5", "2026-06-01", "related", "A", json!({"valid_from": "2026-06-01"})),
        told("o0", "2026-01-09", "offer.created", offer("too early")),
        told("o1", "2026-02-28", "offer.created", offer("first")),
        told("o2", "2026-03-01", "offer.created", offer("second")),
        told("o3", "2026-06-01", "offer.created", offer("third")),
        told("l1", "2026-04-01", "lead.created", json!({"lead": "l", "title": "lead"})),
        told("m1", "2026-02-01", "email.replied", json!({})),
        told("m2", "2026-04-01", "email.replied", json!({})),
        told("m3", "2026-07-01", "email.replied", json!({})),
        event("crm", "A", "own", "2026-04-01T10:00:00Z", "offer.created", offer("of A itself")),
    ]);
    client.caught_up();
    let person = client.record("crm", "anna");

    let offers = |id: &str, rest: &str| format!("/v1/offers?customer={id}{rest}");
    let with = "&contacts=true";
    assert_eq!(names(&mut client, &offers(&old, with), "offer_id"), ["first", "of A itself", "third"]);
    assert_eq!(names(&mut client, &offers(&new, with), "offer_id"), ["second"]);
    assert_eq!(names(&mut client, &offers(&old, ""), "offer_id"), ["of A itself"]);
    assert_eq!(names(&mut client, &offers(&new, "&contacts=false"), "offer_id"), Vec::<String>::new());
    let own = names(&mut client, &offers(&person, with), "offer_id");
    assert_eq!(own, ["first", "second", "third", "too early"], "never a company's");
    let then = names(&mut client, &offers(&old, "&contacts=true&as_of=2026-03-01T00:00:00Z"), "offer_id");
    assert_eq!(then, ["first"]);
    let leads = |id: &str| format!("/v1/leads?customer={id}&contacts=true");
    assert_eq!(names(&mut client, &leads(&old), "lead_id"), Vec::<String>::new());
    assert_eq!(names(&mut client, &leads(&new), "lead_id"), ["lead"]);
    client.get("/v1/offers?contacts=true").send().expect_status(400);
    client.get(&offers(&old, "&contacts=true&known_at=2026-03-01T00:00:00Z")).send().expect_status(400);
    client.get(&offers(&old, "&contacts=some")).send().expect_status(400);

    let mut mails = |id: &str| -> Vec<Value> {
        let target = format!("/v1/customers/{id}/timeline?contacts=true&type=email");
        items(&mut client, &target).iter().map(|item| item["id"].clone()).collect()
    };
    assert_eq!(mails(&old), ["m3", "m1"], "also those of the first time");
    assert_eq!(mails(&new), ["m2"]);
    assert_eq!(mails(&person), ["m3", "m2", "m1"]);
    server.terminate(PATIENCE);
}

#[test]
fn rollup_on_sqlite() {
    what_contacts_did_goes_with_the_days(&Place::sqlite());
}

#[test]
fn rollup_on_postgresql() {
    what_contacts_did_goes_with_the_days(&Place::postgresql());
}
