//! Automations: each cause is fired for once, whatever happens.

use std::time::Duration;

use kulta_test_support::http::Client;
use kulta_test_support::wait::eventually;
use serde_json::{Value, json};

use super::{customer, items, read};
use crate::kit::{Asks, PATIENCE, Place, block_on, event, pages, text};

/// How long an automation may take.
const SOON: Duration = Duration::from_secs(60);

fn define(client: &mut Client, id: &str, when: &Value, then: &Value) {
    let definition = json!({"when": when, "then": then, "from": "2020-01-01T00:00:00Z"});
    client.send("PUT", &format!("/v1/automations/{id}"), &json!({"definition": definition})).expect_status(200);
}

/// When the log learned of its last event.
fn now(client: &mut Client) -> String {
    let before = client.caught_up() - 1;
    text(&client.read(&format!("/v1/events?after={before}&limit=1"))["items"][0], "recordedat").to_owned()
}

/// Waits until so many items are there, and makes sure that they stay so many.
fn until(client: &mut Client, target: &str, count: usize) -> Vec<Value> {
    let found = block_on(eventually(SOON, || {
        client.caught_up();
        let found = pages(client, target);
        let enough = found.len() >= count;
        async move { enough.then_some(found) }
    }));
    assert_eq!(found.len(), count, "{target} {found:?}");
    found
}

fn bought(subject: &str, id: &str, time: &str) -> Value {
    event("crm", subject, id, time, "purchase.made", json!({"amount": "10", "currency": "EUR"}))
}

fn causes_are_fired_for_once(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let (quiet, buying) = (customer(&mut client, "7"), customer(&mut client, "8"));
    client.accepted(&[bought("7", "p1", "2026-01-05T08:00:00Z"), bought("8", "p2", "2026-01-05T08:00:00Z")]);
    let lately = now(&mut client);
    client.accepted(&[bought("8", "p3", &lately)]);
    let task = json!([{"task": {"title": "Call them", "owner": "maija", "due_days": 7}}, {"tag": "quiet"}, {"enter_list": "quiet"}]);
    define(&mut client, "quiet", &json!({"nothing": {"on": ["purchase.made"], "days": 100}}), &task);
    let raised = until(&mut client, "/v1/tasks?owner=maija", 1);
    assert_eq!([&raised[0]["customer_id"], &raised[0]["title"]], [&json!(quiet), &json!("Call them")]);
    assert!(text(&raised[0], "cause").starts_with("quiet/"), "{raised:?}");
    assert_eq!(items(&mut client, "/v1/lists/quiet")[0]["customer_id"], json!(quiet));
    let fired = items(&mut client, &format!("/v1/customers/{quiet}/timeline?type=automation"));
    assert_eq!(fired[0]["data"]["action"], "task,tag,list", "{fired:?}");

    // A thing in a stage, a complaint, clicks: each looks at its own.
    let told = |id: &str, what: &str, data: Value| event("crm", "7", id, "2026-02-01T08:00:00Z", what, data);
    client.accepted(&[
        told("o", "offer.created", json!({"offer": "o1", "stage": "proposal"})),
        told("c", "complaint.opened", json!({"complaint": "c1"})),
        told("m", "email.sent", json!({"message": "m1"})),
    ]);
    client.accepted(
        &[1, 2, 3, 4].map(|n| told(&format!("k{n}"), "email.link_clicked", json!({"message": format!("k{n}")}))),
    );
    let task = |title: &str| json!([{"task": {"title": title, "owner": "pekka"}}]);
    let stage = json!({"in_stage": {"for": "offers", "pipeline": "default", "stage": "proposal", "days": 30}});
    define(&mut client, "stage", &stage, &task("stage"));
    define(&mut client, "answer", &json!({"unanswered": {"hours_before_due": 0}}), &task("answer"));
    define(&mut client, "mail", &json!({"not_opened": {"days": 2}}), &task("mail"));
    let clicks = json!({"count": {"on": ["email.link_clicked"], "count": 3, "within_days": 30_000}});
    define(&mut client, "clicks", &clicks, &json!([{"lead": {"title": "clicks", "owner": "pekka", "origin": "mail"}}]));
    define(&mut client, "contact", &json!({"no_contact": {"days": 90}}), &task("contact"));
    let raised = until(&mut client, "/v1/tasks?owner=pekka", 4);
    let mut titles: Vec<_> = raised.iter().map(|task| text(task, "title")).collect();
    titles.sort_unstable();
    assert_eq!(titles, ["answer", "contact", "mail", "stage"]);
    let of = |title: &str, member: &str| raised.iter().find(|task| task["title"] == title).unwrap()[member].clone();
    assert_eq!((of("stage", "offer"), of("answer", "complaint")), (json!("o1"), json!("c1")));
    assert_eq!(items(&mut client, "/v1/tasks?offer=o1")[0]["title"], "stage");
    assert_eq!(until(&mut client, "/v1/leads?origin=mail", 1)[0]["owner"], "pekka");

    // Neither a restart, nor a rebuild, nor a merge fires again; another cause does.
    server.terminate(PATIENCE);
    place.kulta(["rebuild"]).run().expect_code(0);
    let server = place.serve();
    let mut client = server.client();
    client.caught_up();
    client.send("POST", &format!("/v1/customers/{quiet}/merge"), &json!({"with": buying})).expect_status(200);
    client.accepted(&[told("o2", "offer.created", json!({"offer": "o2", "stage": "proposal"}))]);
    until(&mut client, "/v1/tasks?owner=pekka", 5);
    until(&mut client, "/v1/tasks?owner=maija", 1);
    let all = read(&mut client, "/v1/automations");
    let counts: Vec<_> = all["items"].as_array().unwrap().iter().map(|one| one["fired"].clone()).collect();
    assert_eq!(counts, [1, 1, 1, 1, 1, 2], "{all}");
    // Disabled, it does nothing more.
    let stage =
        json!({"definition": {"when": stage, "then": task("stage"), "from": "2020-01-01T00:00:00Z"}, "enabled": false});
    client.send("PUT", "/v1/automations/stage", &stage).expect_status(200);
    client.accepted(&[told("o3", "offer.created", json!({"offer": "o3", "stage": "proposal"}))]);
    define(&mut client, "other", &json!({"unanswered": {"hours_before_due": 1}}), &task("other"));
    until(&mut client, "/v1/tasks?owner=pekka", 6);
    server.terminate(PATIENCE);
    place.kulta(["verify"]).run().expect_code(0);
}

fn scores_that_cross_a_bar(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let ids = ["1", "2", "3"].map(|subject| customer(&mut client, subject));
    let points = |client: &mut Client, subject: &str, id: &str, points: &str| {
        let data = json!({"amount": points, "currency": "EUR"});
        let at = now(client);
        client.accepted(&[event("crm", subject, id, &at, "purchase.made", data)]);
    };
    points(&mut client, "1", "a", "150");
    let rules = "name = \"value\"\n[[rule]]\nid = \"buying\"\non = [\"purchase.made\", \"purchase.returned\"]\n\
                 points = 'type == \"purchase.made\" ? amount : -amount'\n[[grade]]\nname = \"A\"\nfrom = 100\n";
    client.send("POST", "/v1/rule-sets/value/publish", &json!({"rules": rules})).expect_status(200);
    let definition = json!({"when": {"points": {"rule_set": "value", "above": "100", "again_below": "50"}},
        "then": [{"task": {"title": "big", "owner": "maija"}}]});
    client.send("PUT", "/v1/automations/big", &json!({"definition": definition})).expect_status(200);
    let graded = json!({"when": {"grade": {"rule_set": "value", "to": ["A"]}},
        "then": [{"untag": "small"}, {"leave_list": "small"}, {"webhook": {"subscriber": "erp"}}]});
    client.send("PUT", "/v1/automations/graded", &json!({"definition": graded})).expect_status(200);
    client.send("PUT", &format!("/v1/lists/small/{}", ids[1]), &json!({})).expect_status(201);
    let head = client.caught_up();
    client.read(&format!("/v1/rule-sets/value/scores?after={head}"));
    // The first was above it before, the second comes there, the third does not.
    points(&mut client, "2", "b", "120");
    points(&mut client, "3", "c", "99");
    let raised = until(&mut client, "/v1/tasks?owner=maija", 1);
    assert_eq!(raised[0]["customer_id"], json!(ids[1]));
    let told = until(&mut client, "/v1/outbox?channel=webhook", 1);
    assert_eq!([&told[0]["customer_id"], &told[0]["automation"]], [&json!(ids[1]), &json!("graded")]);
    assert_eq!(items(&mut client, "/v1/lists/small").len(), 0);
    let untagged = format!("/v1/customers/{}/timeline?type=customer.untagged", ids[1]);
    assert_eq!(items(&mut client, &untagged)[0]["data"]["tag"], "small");
    let send = format!("/v1/outbox/{}/send", text(&told[0], "message"));
    assert_eq!(client.send("POST", &send, &json!({})).expect_status(200).json()["send"], true);
    let stopped = json!({"definition": graded, "enabled": false});
    client.send("PUT", "/v1/automations/graded", &stopped).expect_status(200);
    // Trembling about the bar fires for nothing; coming back from far below does.
    let back = |client: &mut Client, id: &str, amount: &str| {
        let data = json!({"amount": amount, "currency": "EUR"});
        let at = now(client);
        client.accepted(&[event("crm", "2", id, &at, "purchase.returned", data)]);
        let head = client.caught_up();
        client.read(&format!("/v1/rule-sets/value/scores?after={head}"));
    };
    back(&mut client, "d", "30");
    points(&mut client, "2", "e", "30");
    points(&mut client, "3", "f", "2");
    until(&mut client, "/v1/tasks?owner=maija", 2);
    back(&mut client, "g", "100");
    let rearmed = format!("/v1/customers/{}/timeline?type=automation.rearmed", ids[1]);
    until(&mut client, &rearmed, 1);
    points(&mut client, "2", "h", "100");
    until(&mut client, "/v1/tasks?owner=maija", 3);
    server.terminate(PATIENCE);
}

fn whoever_did_not_agree_is_left_alone(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let subjects = ["1", "2", "3"];
    let ids = subjects.map(|subject| customer(&mut client, subject));
    let consent = |subject: &str, id: &str, what: &str| {
        event("crm", subject, id, "2026-01-03T08:00:00Z", what, json!({"purpose": "marketing"}))
    };
    client.accepted(&subjects.map(|subject| bought(subject, &format!("p{subject}"), "2026-01-05T08:00:00Z")));
    client.accepted(&[consent("1", "c1", "customer.consent_given"), consent("2", "c2", "customer.consent_given")]);
    let then = json!([{"message": {"channel": "email", "purpose": "marketing", "template": "miss-you"}}, {"webhook": {"subscriber": "erp"}}]);
    define(&mut client, "quiet", &json!({"nothing": {"on": ["purchase.made"], "days": 100}}), &then);
    let mails = until(&mut client, "/v1/outbox?channel=email&limit=2", 3);
    assert_eq!(until(&mut client, "/v1/outbox?channel=webhook", 3)[0]["subscriber"], "erp");
    // What is learned before it is sent counts.
    client.accepted(&[event(
        "crm",
        "2",
        "w",
        "2026-10-03T08:00:00Z",
        "customer.consent_withdrawn",
        json!({"purpose": "marketing"}),
    )]);
    let mut send = |id: &str, key: &str| {
        let mail = mails.iter().find(|mail| mail["customer_id"] == id).unwrap();
        let target = format!("/v1/outbox/{}/send", text(mail, "message"));
        let request = client.post(&target).header("idempotency-key", key).json(&json!({}));
        request.send()
    };
    assert_eq!(send(&ids[0], "a").expect_status(200).json()["send"], true);
    assert_eq!(send(&ids[0], "a").expect_status(200).json()["send"], true, "the same command again");
    let refused = send(&ids[1], "b").expect_status(200).json();
    assert_eq!((&refused["send"], &refused["reason"]), (&json!(false), &json!("no_consent")));
    assert_eq!(send(&ids[2], "c").expect_status(200).json()["reason"], "no_consent");
    client.caught_up();
    let again = client.send("POST", &format!("/v1/outbox/{}/send", text(&mails[0], "message")), &json!({}));
    again.expect_status(404);
    assert_eq!(items(&mut client, "/v1/outbox?channel=email").len(), 0);
    let sent = items(&mut client, &format!("/v1/customers/{}/timeline?type=message.logged", ids[0]));
    assert_eq!((sent.len(), &sent[0]["data"]["channel"]), (1, &json!("email")));
    // One a week is enough: the second automation's mail is withheld.
    let then = json!([{"message": {"channel": "email", "purpose": "marketing", "template": "again"}}]);
    define(&mut client, "quieter", &json!({"nothing": {"on": ["purchase.made"], "days": 110}}), &then);
    let mails = until(&mut client, "/v1/outbox?channel=email", 3);
    let mail = mails.iter().find(|mail| mail["customer_id"] == json!(ids[0])).unwrap();
    let answer = client.send("POST", &format!("/v1/outbox/{}/send", text(mail, "message")), &json!({}));
    assert_eq!(answer.expect_status(200).json()["reason"], "too_often");
    server.terminate(PATIENCE);
}

/// Customers fall silent while the service dies again and again.
fn nothing_is_fired_for_twice_after_kill_9(place: &Place) {
    const CUSTOMERS: usize = 120;
    let mut server = place.serve();
    let mut client = server.client();
    define(
        &mut client,
        "quiet",
        &json!({"nothing": {"on": ["purchase.made"], "days": 100}}),
        &json!([{"task": {"title": "Call them", "owner": "maija"}}, {"tag": "quiet"}]),
    );
    for (round, first) in (0..CUSTOMERS).step_by(30).enumerate() {
        let events: Vec<_> = (first..first + 30)
            .flat_map(|n| {
                [1, 2].map(|day| bought(&n.to_string(), &format!("{n}-{day}"), &format!("2026-01-0{day}T08:00:00Z")))
            })
            .collect();
        client.accepted(&events);
        // Some are fired for by then, some are not.
        until_some(&mut client, first + 3 * round);
        server.kill_9();
        server = place.serve();
        client = server.client();
    }
    let raised = until(&mut client, "/v1/tasks?owner=maija&limit=1000", CUSTOMERS);
    let mut causes: Vec<_> = raised.iter().map(|task| text(task, "cause")).collect();
    causes.sort_unstable();
    causes.dedup();
    assert_eq!(causes.len(), CUSTOMERS);
    client.post("/v1/projections/rebuild").send().expect_status(200);
    // A late purchase begins another silence for the first of them, which is the only one that is fired for again.
    client.accepted(&[bought("0", "late", "2026-02-01T08:00:00Z")]);
    until(&mut client, "/v1/tasks?owner=maija&limit=1000", CUSTOMERS + 1);
    let fired = read(&mut client, "/v1/automations/quiet");
    assert_eq!(fired["fired"], CUSTOMERS + 1);
    server.terminate(PATIENCE);
    place.kulta(["verify"]).run().expect_code(0);
}

fn until_some(client: &mut Client, count: usize) {
    block_on(eventually(SOON, || {
        client.caught_up();
        let found = pages(client, "/v1/tasks?owner=maija&limit=1000").len();
        async move { (found >= count).then_some(()) }
    }));
}

fn a_dry_run_tells_and_does_nothing(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let id = customer(&mut client, "7");
    customer(&mut client, "8");
    client.accepted(&[
        bought("7", "p1", "2025-01-05T08:00:00Z"),
        bought("7", "p2", "2025-06-05T08:00:00Z"),
        bought("8", "p3", "2025-06-05T08:00:00Z"),
        bought("8", "p4", "2025-07-05T08:00:00Z"),
    ]);
    client.caught_up();
    let definition = json!({"when": {"nothing": {"on": ["purchase.made"], "days": 100}}, "then": [{"tag": "x"}]});
    let asked = json!({"definition": definition, "from": "2025-01-01T00:00:00Z", "until": "2025-12-31T00:00:00Z"});
    let dry = client.send("POST", "/v1/automations/dry-run", &asked).expect_status(200).json();
    assert_eq!([&dry["fired"], &dry["things"]], [&json!(3), &json!(2)]);
    assert_eq!(dry["by_month"], json!({"2025-04": 1, "2025-09": 1, "2025-10": 1}));
    assert_eq!((text(&dry["most"][0], "id"), &dry["most"][0]["at"][0]), (&*id, &json!("2025-04-15T08:00:00Z")));
    assert_eq!(items(&mut client, &format!("/v1/customers/{id}/timeline?type=customer.tagged")).len(), 0);
    let bad = json!({"definition": {"when": {"nothing": {"on": ["purchase.mad"], "days": 0}}, "then": []}});
    let problem = client.send("PUT", "/v1/automations/bad", &bad).expect_status(422).json();
    let pointers: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| text(error, "pointer")).collect();
    assert!(pointers.contains(&"/definition/when/nothing/days"), "{problem}");
    client.send("POST", "/v1/automations/dry-run", &bad).expect_status(422);
    server.terminate(PATIENCE);
}

macro_rules! on_both {
    ($($story:ident as $sqlite:ident, $postgresql:ident;)+) => {
        $(
            #[test]
            fn $sqlite() {
                $story(&Place::sqlite());
            }

            #[test]
            fn $postgresql() {
                $story(&Place::postgresql());
            }
        )+
    };
}

on_both! {
    causes_are_fired_for_once as automations_on_sqlite, automations_on_postgresql;
    scores_that_cross_a_bar as crossings_on_sqlite, crossings_on_postgresql;
    whoever_did_not_agree_is_left_alone as consent_on_sqlite, consent_on_postgresql;
    nothing_is_fired_for_twice_after_kill_9 as kill_9_on_sqlite, kill_9_on_postgresql;
    a_dry_run_tells_and_does_nothing as dry_run_on_sqlite, dry_run_on_postgresql;
}
