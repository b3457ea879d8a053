//! Leads: a role of a customer, from marketing to an offer.

use serde_json::{Value, json};

use super::{act, customer, items, read, refused};
use crate::kit::{Asks, PATIENCE, Place, event, text};

fn from_marketing_to_an_offer(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let id = customer(&mut client, "7");
    let made = json!({"customer": id, "title": "Asked at the fair", "origin": "fair", "tags": ["pumps", "fair"],
        "amount": "500", "currency": "EUR", "owner": "marketing"});
    let lead = client.send("POST", "/v1/leads", &made).expect_status(201).json();
    assert_eq!(text(&lead, "customer_id"), id);
    let lead = format!("/v1/leads/{}", text(&lead, "lead_id"));
    let stands = read(&mut client, &lead);
    assert_eq!([&stands["stage"], &stands["status"], &stands["origin"]], ["new", "open", "fair"]);
    assert_eq!(stands["tags"], json!(["fair", "pumps"]));

    act(&mut client, &lead, "stage", &json!({"stage": "contacted"}));
    assert_eq!(refused(&mut client, &lead, "stage", &json!({"stage": "contacted"})), "same-stage");
    assert_eq!(refused(&mut client, &lead, "stage", &json!({"stage": "proposal"})), "unknown-stage");
    assert_eq!(refused(&mut client, &lead, "accept", &json!({})), "no-handover");
    act(&mut client, &lead, "undo", &json!({}));
    assert_eq!(read(&mut client, &lead)["stage"], "new");

    // Handed over, given back, handed over again and taken.
    act(&mut client, &lead, "hand-over", &json!({"owner": "pekka", "team": "north"}));
    assert_eq!(refused(&mut client, &lead, "hand-over", &json!({"owner": "maija"})), "handover-waits");
    act(&mut client, &lead, "reject", &json!({"reason_code": "no time", "reason": "on holiday"}));
    assert_eq!(read(&mut client, &lead)["owner"], "marketing");
    act(&mut client, &lead, "hand-over", &json!({"owner": "maija", "team": "north"}));
    act(&mut client, &lead, "accept", &json!({}));
    let stands = read(&mut client, &lead);
    assert_eq!([&stands["owner"], &stands["team"]], ["maija", "north"]);
    let answers: Vec<_> = stands["handovers"].as_array().unwrap().iter().map(|one| one["answer"].clone()).collect();
    assert_eq!(answers, ["rejected", "accepted"]);

    // The offer is made with what is known of the lead.
    let qualified = act(&mut client, &lead, "qualify", &json!({"offer": {"amount": "750", "currency": "EUR"}}));
    let offer = read(&mut client, &format!("/v1/offers/{}", text(&qualified, "offer_id")));
    assert_eq!(
        [&offer["amount"], &offer["owner"], &offer["title"], &offer["customer_id"]],
        ["750", "maija", "Asked at the fair", &id]
    );
    let stands = read(&mut client, &lead);
    assert_eq!((text(&stands, "status"), &stands["offer"]["name"]), ("qualified", &offer["name"]));
    assert_eq!(refused(&mut client, &lead, "stage", &json!({"stage": "interested"})), "closed");
    client.send("POST", &format!("{lead}/qualify"), &json!({"offer": 7})).expect_status(422);

    let board = read(&mut client, "/v1/pipelines/default/board?for=leads");
    assert_eq!((&board["count"], board["columns"].as_array().unwrap().len()), (&json!(0), 3));
    assert_eq!(items(&mut client, "/v1/leads?status=qualified&origin=fair").len(), 1);
    assert_eq!(items(&mut client, "/v1/leads?status=open").len(), 0);
    let funnel = read(&mut client, "/v1/pipelines/default/funnel?for=leads");
    assert_eq!([&funnel["count"], &funnel["won"]], [&json!(1), &json!(1)]);
    server.terminate(PATIENCE);
    place.kulta(["verify"]).run().expect_code(0);
}

fn other_systems_tell_in_any_order(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let told = |id: &str, day: u32, what: &str, data: &Value| {
        let mut all = json!({"lead": "l1"});
        all.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
        event("crm", "7", id, &format!("2026-01-{day:02}T10:00:00Z"), &format!("lead.{what}"), all)
    };
    // Disqualified before it was made, as far as the order of arrival goes.
    client.accepted(&[told("d", 9, "disqualified", &json!({"reason_code": "budget"}))]);
    client.accepted(&[told("m", 5, "stage_changed", &json!({"stage": "interested"}))]);
    client.accepted(&[told("c", 2, "created", &json!({"origin": "web", "import_batch": "b1", "owner": "maija"}))]);
    let found = items(&mut client, "/v1/leads?owner=maija");
    assert_eq!(
        [&found[0]["status"], &found[0]["stage"], &found[0]["reason_code"]],
        ["disqualified", "interested", "budget"]
    );
    let lead = format!("/v1/leads/{}", text(&found[0], "lead_id"));
    assert_eq!(read(&mut client, &lead)["import_batch"], "b1");
    let board = read(&mut client, "/v1/pipelines/default/board?for=leads&as_of=2026-01-08T00:00:00Z");
    let interested = &board["columns"][2];
    assert_eq!((&interested["count"], &interested["leads"][0]["days_in_stage"]), (&json!(1), &json!(2)));
    // A move takes it up again.
    act(&mut client, &lead, "stage", &json!({"stage": "contacted"}));
    assert_eq!(read(&mut client, &lead)["status"], "open");
    server.terminate(PATIENCE);
}

#[test]
fn leads_on_sqlite() {
    from_marketing_to_an_offer(&Place::sqlite());
    other_systems_tell_in_any_order(&Place::sqlite());
}

#[test]
fn leads_on_postgresql() {
    from_marketing_to_an_offer(&Place::postgresql());
    other_systems_tell_in_any_order(&Place::postgresql());
}
