//! Activities, notes, tags, lists, the last contact.

use serde_json::{Value, json};

use super::{customer, items, read};
use crate::kit::{Asks, PATIENCE, Place, event, pages, text};

fn activities_have_defined_kinds(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let id = customer(&mut client, "7");
    let log = |client: &mut kulta_test_support::http::Client, data: Value, status: u16| {
        let mut body = json!({"customer": id});
        body.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
        client.send("POST", "/v1/activities", &body).expect_status(status).json()
    };
    // While nobody defined any kind, anything goes.
    log(&mut client, json!({"kind": "visit", "direction": "outgoing", "text": "Saw the plant"}), 201);
    let call = json!({"name": "Call", "outcomes": ["reached", "not reached"]});
    client.send("PUT", "/v1/activity-types/call", &call).expect_status(200);
    let research = json!({"is_contact": false, "outcomes": []});
    client.send("PUT", "/v1/activity-types/research", &research).expect_status(200);
    client.caught_up();
    assert_eq!(log(&mut client, json!({"kind": "visit"}), 409)["rule"], "unknown-kind");
    assert_eq!(log(&mut client, json!({"kind": "call", "outcome": "sold"}), 409)["rule"], "unknown-outcome");
    log(&mut client, json!({"outcome": "reached"}), 422);
    let called = json!({"kind": "call", "outcome": "not reached", "owner": "maija", "text": "Nobody there"});
    let called = log(&mut client, called, 201);
    let found = items(&mut client, "/v1/activities?kind=call");
    assert_eq!(
        [&found[0]["text"], &found[0]["outcome"], &found[0]["customer_id"]],
        ["Nobody there", "not reached", &id]
    );
    // The same once more corrects it.
    let own = text(&called, "activity_id").to_owned();
    log(&mut client, json!({"activity": own, "kind": "call", "outcome": "reached", "owner": "maija"}), 201);
    log(&mut client, json!({"kind": "research", "owner": "maija"}), 201);
    let found = items(&mut client, "/v1/activities?kind=call");
    assert_eq!((found.len(), &found[0]["outcome"]), (1, &json!("reached")));
    client.caught_up();
    let all = pages(&mut client, &format!("/v1/activities?customer={id}&limit=1"));
    let kinds: Vec<_> = all.iter().map(|one| text(one, "kind")).collect();
    assert_eq!(kinds, ["research", "call", "visit"]);

    // Research is no contact, and neither are mails to many.
    client.accepted(&[event(
        "newsletter",
        "a@b.fi",
        "s1",
        "2026-05-01T08:00:00Z",
        "email.sent",
        json!({"message": "m"}),
    )]);
    let last = read(&mut client, &format!("/v1/customers/{id}/contact"));
    assert_eq!(
        [&last["last"]["kind"], &last["last"]["owner"], &last["days"]],
        [&json!("call"), &json!("maija"), &json!(0)]
    );
    let before = read(&mut client, &format!("/v1/customers/{id}/contact?as_of=2026-01-01T00:00:00Z"));
    assert_eq!(before["last"], Value::Null);
    server.terminate(PATIENCE);
}

fn what_people_write_down(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let (id, other) = (customer(&mut client, "7"), customer(&mut client, "8"));
    let write = |client: &mut kulta_test_support::http::Client, words: &str| {
        let body = json!({"customer": id, "text": words, "owner": "maija"});
        text(&client.send("POST", "/v1/notes", &body).expect_status(201).json(), "note_id").to_owned()
    };
    let first = write(&mut client, "Speaks Swedish");
    write(&mut client, "Moves in May");
    client.caught_up();
    client.send("POST", &format!("/v1/notes/{first}/pin"), &json!({})).expect_status(201);
    let texts = |found: &[Value]| -> Vec<String> { found.iter().map(|note| text(note, "text").to_owned()).collect() };
    assert_eq!(texts(&items(&mut client, &format!("/v1/notes?customer={id}"))), ["Speaks Swedish", "Moves in May"]);
    client.send("POST", &format!("/v1/notes/{first}/unpin"), &json!({})).expect_status(201);
    assert_eq!(texts(&items(&mut client, &format!("/v1/notes?customer={id}"))), ["Moves in May", "Speaks Swedish"]);
    client.send("POST", "/v1/notes/nothing/pin", &json!({})).expect_status(404);
    client.get("/v1/notes").send().expect_status(400);

    for customer in [&id, &other] {
        client.send("PUT", &format!("/v1/lists/fair%202026/{customer}"), &json!({})).expect_status(201);
    }
    client.accepted(&[event("crm", "8", "l", "2999-01-01T00:00:00Z", "list.left", json!({"list": "fair 2026"}))].map(
        |event| {
            let mut event = event;
            event["time"] = json!(format!("{}-01-01T00:00:00Z", 2026));
            event
        },
    ));
    // What was said later holds, whatever arrived last.
    client.caught_up();
    assert_eq!(pages(&mut client, "/v1/lists/fair%202026?limit=1").len(), 2);
    client.send("DELETE", &format!("/v1/lists/fair%202026/{other}"), &json!({"reason": "asked"})).expect_status(201);
    let members = items(&mut client, "/v1/lists/fair%202026");
    assert_eq!((members.len(), text(&members[0], "customer_id")), (1, &*id));
    assert_eq!(items(&mut client, "/v1/lists"), [json!({"list": "fair 2026"})]);

    client.send("PUT", &format!("/v1/customers/{id}/tags/vip"), &json!({})).expect_status(201);
    let tagged = items(&mut client, &format!("/v1/customers/{id}/timeline?type=customer.tagged"));
    assert_eq!(tagged[0]["data"]["tag"], "vip", "{tagged:?}");
    client.send("DELETE", &format!("/v1/customers/{id}/tags/vip"), &json!({})).expect_status(201);

    // One customer now: its notes and lists are of both.
    client.send("POST", &format!("/v1/customers/{id}/merge"), &json!({"with": other})).expect_status(200);
    assert_eq!(texts(&items(&mut client, &format!("/v1/notes?customer={other}"))), ["Moves in May", "Speaks Swedish"]);
    assert_eq!(items(&mut client, "/v1/lists/fair%202026").len(), 0, "the last word on it was that it left");
    server.terminate(PATIENCE);
    place.kulta(["verify"]).run().expect_code(0);
}

#[test]
fn daily_on_sqlite() {
    activities_have_defined_kinds(&Place::sqlite());
    what_people_write_down(&Place::sqlite());
}

#[test]
fn daily_on_postgresql() {
    activities_have_defined_kinds(&Place::postgresql());
    what_people_write_down(&Place::postgresql());
}
