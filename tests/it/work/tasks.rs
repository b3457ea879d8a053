//! Tasks, and the list that somebody works from.

use kulta_test_support::http::Client;
use serde_json::{Value, json};

use super::{act, customer, items, read, refused};
use crate::kit::{Asks, PATIENCE, Place, event, pages, text};

const RULES: &str = "name = \"value\"\n[[rule]]\nid = \"buying\"\non = \"purchase.made\"\npoints = \"amount\"\n";

fn raise(client: &mut Client, customer: &str, title: &str, rest: &Value) -> String {
    let mut body = json!({"customer": customer, "title": title, "owner": "maija"});
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    let raised = client.send("POST", "/v1/tasks", &body).expect_status(201).json();
    format!("/v1/tasks/{}", text(&raised, "task_id"))
}

fn titles(client: &mut Client, query: &str) -> Vec<String> {
    client.caught_up();
    let found = pages(client, &format!("/v1/tasks?limit=2&{query}"));
    found.iter().map(|task| text(task, "title").to_owned()).collect()
}

fn the_first_to_do_stands_first(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let (small, big) = (customer(&mut client, "7"), customer(&mut client, "8"));
    client.accepted(&[
        event("erp", "7", "p1", "2026-01-02T08:00:00Z", "purchase.made", json!({"amount": "10", "currency": "EUR"})),
        event("crm", "8", "p2", "2026-01-02T08:00:00Z", "purchase.made", json!({"amount": "900", "currency": "EUR"})),
    ]);
    client.send("POST", "/v1/rule-sets/value/publish", &json!({"rules": RULES})).expect_status(200);
    let head = client.caught_up();
    client.read(&format!("/v1/rule-sets/value/scores?after={head}"));

    raise(&mut client, &small, "overdue", &json!({"due": "2026-03-01"}));
    let pressing = raise(&mut client, &small, "pressing", &json!({"due": "2026-03-20", "priority": 5}));
    raise(&mut client, &small, "small", &json!({"due": "2026-03-20"}));
    raise(&mut client, &big, "big", &json!({"due": "2026-03-20"}));
    let someday = raise(&mut client, &big, "someday", &json!({}));
    // As of a day in March all of them were there already, by the time of their facts or not at all.
    let told = |id: &str, task: &str, rest: Value| {
        let mut data = json!({"task": task, "title": task, "owner": "pekka"});
        data.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        event("crm", "8", id, "2026-03-01T08:00:00Z", "task.raised", data)
    };
    client.accepted(&[
        told("t1", "today", json!({"due": "2026-03-10T16:00:00+02:00"})),
        told("t2", "soon", json!({"due": "2026-03-16"})),
        told("t3", "late", json!({"due": "2026-03-09"})),
        told("t4", "later", json!({"due": "2026-05-01"})),
    ]);
    let as_of = "as_of=2026-03-10T12:00:00%2B02:00&time_zone=Europe/Helsinki";
    assert_eq!(titles(&mut client, &format!("owner=pekka&{as_of}")), ["late", "today", "soon", "later"]);
    let first = &items(&mut client, &format!("/v1/tasks?owner=pekka&{as_of}"))[0];
    assert_eq!([&first["urgency"], &first["points"], &first["rule_set"]], ["overdue", "900", "value"]);

    // All of maija's dates have passed: priority decides, then points.
    let order = titles(&mut client, "owner=maija");
    assert_eq!(order, ["pressing", "big", "overdue", "small", "someday"]);
    act(&mut client, &pressing, "snooze", &json!({"until": "2999-01-01"}));
    act(&mut client, &someday, "assign", &json!({"owner": "pekka"}));
    assert_eq!(titles(&mut client, "owner=maija"), ["big", "overdue", "small"]);
    assert_eq!(titles(&mut client, "owner=maija&snoozed=true"), ["big", "overdue", "small", "pressing"]);
    act(&mut client, &pressing, "done", &json!({"outcome": "sold", "minutes": 5}));
    assert_eq!(refused(&mut client, &pressing, "snooze", &json!({"until": "2999-01-01"})), "closed");
    assert_eq!(refused(&mut client, &pressing, "cancel", &json!({})), "closed");
    act(&mut client, &someday, "cancel", &json!({"reason_code": "moved"}));
    assert_eq!(titles(&mut client, "status=done"), ["pressing"]);
    let cancelled = read(&mut client, &someday);
    assert_eq!([&cancelled["status"], &cancelled["outcome"], &cancelled["owner"]], ["cancelled", "moved", "pekka"]);
    assert_eq!(titles(&mut client, &format!("customer={big}&owner=maija")), ["big"]);
    client.send("POST", "/v1/tasks", &json!({"customer": small, "due": "soon"})).expect_status(422);
    server.terminate(PATIENCE);
}

#[test]
fn tasks_on_sqlite() {
    the_first_to_do_stands_first(&Place::sqlite());
}

#[test]
fn tasks_on_postgresql() {
    the_first_to_do_stands_first(&Place::postgresql());
}
