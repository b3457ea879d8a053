//! Goals, win rates, funnels.

use serde_json::{Value, json};

use super::{customer, items, read};
use crate::kit::{Asks, PATIENCE, Place, event};

fn told(offer: &str, id: &str, day: &str, what: &str, data: &Value) -> Value {
    let mut all = json!({"offer": offer});
    all.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
    event("crm", "7", &format!("{offer}{id}"), &format!("{day}T22:30:00Z"), &format!("offer.{what}"), all)
}

/// An offer of an owner that goes through `stages` and ends `end`, on these days.
fn offer(name: &str, owner: &str, amount: &str, days: [&str; 3], end: &str) -> Vec<Value> {
    let created = json!({"owner": owner, "amount": amount, "currency": "EUR", "product": "pumps"});
    vec![
        told(name, "c", days[0], "created", &created),
        told(name, "m", days[1], "stage_changed", &json!({"stage": "proposal"})),
        told(name, "e", days[2], end, &json!({"reason_code": "price"})),
    ]
}

fn what_was_won_is_counted(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    customer(&mut client, "7");
    let mut events = offer("a", "maija", "100", ["2026-01-05", "2026-01-09", "2026-01-31"], "won");
    events.extend(offer("b", "maija", "50.5", ["2026-01-05", "2026-01-07", "2026-02-10"], "lost"));
    events.extend(offer("c", "pekka", "200", ["2026-02-05", "2026-02-09", "2026-03-01"], "won"));
    events.push(told("d", "c", "2026-03-05", "created", &json!({"owner": "pekka"})));
    client.accepted(&events);

    let wins = read(&mut client, "/v1/wins?by=owner");
    let row =
        |owner: &str, won: u64, lost: u64, rate: &str| (json!({"owner": owner}), json!(won), json!(lost), json!(rate));
    let rows: Vec<_> = wins["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["by"].clone(), row["won"].clone(), row["lost"].clone(), row["win_rate"].clone()))
        .collect();
    assert_eq!(rows, [row("maija", 1, 1, "0.5"), row("pekka", 1, 0, "1")]);
    assert_eq!(wins["total"]["won_sums"][0]["amount"], "300");
    // 22:30 in Greenwich on the last of January is February in Helsinki.
    let months = |zone: &str, client: &mut kulta_test_support::http::Client| -> Vec<Value> {
        let wins = read(client, &format!("/v1/wins?by=month&time_zone={zone}"));
        wins["items"].as_array().unwrap().iter().map(|row| row["by"]["month"].clone()).collect()
    };
    assert_eq!(months("UTC", &mut client), ["2026-01", "2026-02", "2026-03"]);
    assert_eq!(months("Europe/Helsinki", &mut client), ["2026-02", "2026-03"]);
    let some = read(&mut client, "/v1/wins?from=2026-02-01&until=2026-03-01&by=reason_code");
    assert_eq!((&some["total"]["won"], &some["total"]["lost"]), (&json!(0), &json!(1)));
    client.get("/v1/wins?by=shoe").send().expect_status(400);
    client.get("/v1/wins?from=2026-02-01&until=2026-02-01").send().expect_status(400);

    let goal =
        json!({"measure": "money", "target": "400", "currency": "EUR", "from": "2026-01-01", "until": "2026-04-01"});
    client.send("PUT", "/v1/goals/q1", &goal).expect_status(200);
    let goal =
        json!({"measure": "count", "target": "1", "owner": "maija", "from": "2026-01-01", "until": "2026-02-01"});
    client.send("PUT", "/v1/goals/maija", &goal).expect_status(200);
    let goals = items(&mut client, "/v1/goals");
    let progress = |goal: &Value| [&goal["goal"], &goal["reached"], &goal["share"], &goal["missing"]].map(Clone::clone);
    assert_eq!(progress(&goals[0]), ["maija", "1", "1", "0"]);
    assert_eq!(progress(&goals[1]), ["q1", "300", "0.75", "100"]);
    assert_eq!(items(&mut client, "/v1/goals?owner=maija&time_zone=Europe/Helsinki")[0]["reached"], "0");
    let bad = json!({"measure": "money", "target": "400", "from": "2026-01-01", "until": "2026-04-01"});
    assert_eq!(client.send("PUT", "/v1/goals/q1", &bad).expect_status(409).json()["rule"], "amount-without-currency");

    let funnel = read(&mut client, "/v1/pipelines/default/funnel");
    assert_eq!([&funnel["count"], &funnel["won"], &funnel["lost"]], [4, 2, 1].map(|n| json!(n)).each_ref());
    let steps: Vec<_> = funnel["steps"].as_array().unwrap().iter().map(|step| step["reached"].clone()).collect();
    assert_eq!(steps, [4, 3, 3, 2], "what skipped a stage came further, what was won through all");
    assert_eq!(funnel["steps"][0]["median_days"], 4.0);
    let january = read(&mut client, "/v1/pipelines/default/funnel?until=2026-02-01&owner=maija");
    assert_eq!(january["count"], 2);
    let then = read(&mut client, "/v1/pipelines/default/funnel?as_of=2026-01-08T00:00:00Z");
    assert_eq!([&then["count"], &then["won"]], [&json!(2), &json!(0)]);
    client.get("/v1/pipelines/nothing/funnel").send().expect_status(404);
    server.terminate(PATIENCE);
}

#[test]
fn reports_on_sqlite() {
    what_was_won_is_counted(&Place::sqlite());
}

#[test]
fn reports_on_postgresql() {
    what_was_won_is_counted(&Place::postgresql());
}
