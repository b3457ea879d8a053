//! Saved reports: over offers, leads, activities, complaints and purchases, by customers and their parents, as of any date.

use kulta_test_support::http::Client;
use serde_json::{Value, json};

use super::{customer, items, read};
use crate::kit::{Asks, PATIENCE, Place, event, text};

fn told(subject: &str, id: &str, time: &str, type_name: &str, data: Value) -> Value {
    event("crm", subject, id, time, type_name, data)
}

/// A group of two companies and a company of its own, and what they did.
fn world(client: &mut Client) {
    for subject in ["1", "2", "3"] {
        customer(client, subject);
    }
    let offer = |name: &str, amount: &str, currency: &str, owner: &str| json!({"offer": name, "amount": amount, "currency": currency, "owner": owner});
    let activity =
        |name: &str, minutes: u64| json!({"activity": name, "kind": "call", "owner": "maija", "minutes": minutes});
    let purchase = |amount: &str, product: &str| json!({"amount": amount, "currency": "EUR", "product": product});
    client.accepted(&[
        told(
            "2",
            "s",
            "2026-01-02T10:00:00Z",
            "customer.related",
            json!({"relation": "subsidiary_of",
            "to": {"source": "crm", "subject": "1"}, "valid_from": "2026-02-01"}),
        ),
        told("2", "c", "2026-01-02T10:00:00Z", "customer.classified", json!({"scheme": "segment", "class": "gold"})),
        told("1", "o1", "2026-01-05T10:00:00Z", "offer.created", offer("a", "100.10", "EUR", "=maija")),
        told("2", "o2", "2026-01-06T10:00:00Z", "offer.created", offer("b", "200.20", "EUR", "pekka")),
        told("3", "o3", "2026-01-07T10:00:00Z", "offer.created", offer("c", "7", "SEK", "pekka")),
        told("3", "o4", "2026-01-08T10:00:00Z", "offer.created", json!({"offer": "d"})),
        told("2", "w2", "2026-03-06T10:00:00Z", "offer.won", json!({"offer": "b"})),
        told("1", "l1", "2026-01-05T10:00:00Z", "lead.created", json!({"lead": "x", "origin": "fair"})),
        told("1", "a1", "2026-01-05T10:00:00Z", "activity.logged", activity("1", 30)),
        told("1", "a2", "2026-01-06T10:00:00Z", "activity.logged", activity("1", 20)),
        told("2", "a3", "2026-01-07T10:00:00Z", "activity.logged", activity("2", 5)),
        told("1", "k1", "2026-01-05T10:00:00Z", "complaint.opened", json!({"complaint": "k", "topic": "late"})),
        told("1", "p1", "2026-01-05T10:00:00Z", "purchase.made", purchase("10.50", "pump")),
        told("1", "p2", "2026-02-05T10:00:00Z", "purchase.made", purchase("5", "hose")),
        told("2", "p3", "2026-02-06T10:00:00Z", "purchase.made", purchase("1", "pump")),
        told("1", "p4", "2026-03-01T10:00:00Z", "purchase.returned", purchase("0.50", "pump")),
    ]);
    client.caught_up();
}

fn run(client: &mut Client, query: &str, definition: Value) -> Value {
    let target = format!("/v1/reports/run{query}");
    client.send("POST", &target, &json!({"definition": definition})).expect_status(200).json()
}

fn rows(client: &mut Client, definition: Value) -> Value {
    run(client, "", definition)["rows"].clone()
}

fn reports_are_saved_and_counted(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    world(&mut client);

    let definition = json!({"over": "offers", "measures": ["count", {"sum": "amount"}], "by": ["owner"]});
    let saved = json!({"name": "By owner", "definition": definition, "reason": "asked by sales"});
    client.send("PUT", "/v1/reports/owners", &saved).expect_status(200);
    let listed = items(&mut client, "/v1/reports");
    assert_eq!(listed.len(), 1);
    assert_eq!([&listed[0]["report"], &listed[0]["name"]], ["owners", "By owner"]);
    assert_eq!(listed[0]["definition"], definition);
    let names = |columns: &Value| -> Vec<Value> {
        columns.as_array().unwrap().iter().map(|column| column["name"].clone()).collect()
    };
    assert_eq!(names(&listed[0]["columns"]), ["owner", "currency", "count", "sum_amount"]);
    let report = read(&mut client, "/v1/reports/owners");
    assert_eq!([&report["report"], &report["name"]], ["owners", "By owner"]);
    assert_eq!(names(&report["columns"]), ["owner", "currency", "count", "sum_amount"]);
    let expected = json!([
        ["=maija", "EUR", 1, "100.1"],
        ["pekka", "EUR", 1, "200.2"],
        ["pekka", "SEK", 1, "7"],
        [null, null, 1, null]
    ]);
    assert_eq!(report["rows"], expected, "{report}");
    assert_eq!(report["totals"], json!([[null, "EUR", 2, "300.3"], [null, "SEK", 1, "7"], [null, null, 1, null]]));
    assert_eq!((&report["left_out"], &report["groups"]), (&json!({"amount": 1}), &json!(4)));
    assert!(report["position"].as_u64().unwrap() > 0);
    let then = read(&mut client, "/v1/reports/owners?as_of=2026-01-06T00:00:00Z");
    assert_eq!(
        (&then["rows"], text(&then, "as_of")),
        (&json!([["=maija", "EUR", 1, "100.1"]]), "2026-01-06T00:00:00Z")
    );
    let before = read(&mut client, "/v1/reports/owners?known_at=2026-01-01T00:00:00Z");
    assert_eq!(before["rows"], json!([]), "nothing was known then");

    let csv = client.get("/v1/reports/owners?format=csv").send().expect_status(200);
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(csv.header("content-disposition"), Some("attachment; filename=\"report-owners.csv\""));
    let expected = "owner,currency,count,sum_amount\n'=maija,EUR,1,100.1\npekka,EUR,1,200.2\npekka,SEK,1,7\n,,1,\n";
    assert_eq!(csv.text(), expected, "no spreadsheet takes it for a formula");

    let bad = json!({"definition": {"over": "offers", "measure": {"sum": "amuont"}, "by": ["shoe"]}});
    let problem = client.send("PUT", "/v1/reports/owners", &bad).expect_status(422).json();
    let pointers = |problem: &Value| -> Vec<Value> {
        problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect()
    };
    assert_eq!(pointers(&problem), ["/definition/measure/sum", "/definition/by/0"], "{problem}");
    let problem = client.send("POST", "/v1/reports/run", &bad).expect_status(422).json();
    assert_eq!(pointers(&problem), ["/definition/measure/sum", "/definition/by/0"], "{problem}");
    client.send("PUT", "/v1/reports/owners", &json!({"name": "nothing"})).expect_status(422);
    client.send("PUT", "/v1/reports/owners", &json!({"definition": definition, "shoe": 1})).expect_status(422);
    client.send("POST", "/v1/reports/run", &json!({})).expect_status(422);
    client.get("/v1/reports/owners?format=xml").send().expect_status(400);
    client.get("/v1/reports/owners?asof=2026-01-06T00:00:00Z").send().expect_status(400);
    client.get("/v1/reports/nothing").send().expect_status(404);
    client.send("PUT", "/v1/reports/owners", &json!({"definition": definition, "retired": true})).expect_status(200);
    assert_eq!(items(&mut client, "/v1/reports"), Vec::<Value>::new());
    client.get("/v1/reports/owners").send().expect_status(404);

    what_there_is_is_counted(&mut client);
    server.terminate(PATIENCE);
}

fn what_there_is_is_counted(client: &mut Client) {
    let found = rows(client, json!({"over": "leads", "measure": "count", "by": ["origin", "stage"]}));
    assert_eq!(found, json!([["fair", "new", 1]]));
    let found = rows(
        client,
        json!({"over": "activities", "measures": ["count", {"sum": "minutes"}],
        "by": ["customer_name", "owner"]}),
    );
    assert_eq!(found, json!([["Pumppu 1 Oy", "maija", 1, "20"], ["Pumppu 2 Oy", "maija", 1, "5"]]), "the last word");
    let then = run(client, "?as_of=2026-01-06T00:00:00Z", json!({"over": "activities", "measure": {"sum": "minutes"}}));
    assert_eq!(then["rows"], json!([["30"]]));
    let found =
        rows(client, json!({"over": "complaints", "measures": ["count", {"sum": "breached"}], "by": ["topic"]}));
    assert_eq!(found, json!([["late", 1, "1"]]), "nobody has answered since January");

    let bought = json!({"over": "purchases", "measures": ["count", {"sum": "amount"}], "by": ["product"]});
    assert_eq!(rows(client, bought.clone()), json!([["hose", "EUR", 1, "5"], ["pump", "EUR", 3, "11"]]));
    let then = run(client, "?as_of=2026-02-06T00:00:00Z", bought.clone());
    assert_eq!(then["rows"], json!([["hose", "EUR", 1, "5"], ["pump", "EUR", 1, "10.5"]]));
    assert_eq!(run(client, "?known_at=2026-01-01T00:00:00Z", bought)["rows"], json!([]));

    // A subsidiary belongs to its parent from the first of February on.
    let by_parent = json!({"over": "purchases", "measure": {"sum": "amount"}, "by": ["parent_name"]});
    assert_eq!(rows(client, by_parent.clone()), json!([["Pumppu 1 Oy", "EUR", "16"]]));
    let then = run(client, "?as_of=2026-01-31T00:00:00Z", by_parent);
    assert_eq!(then["rows"], json!([["Pumppu 1 Oy", "EUR", "10.5"]]));
    let offers = |of: &str| json!({"over": "offers", "measure": "count", "by": [of]});
    assert_eq!(rows(client, offers("parent_name")), json!([["Pumppu 1 Oy", 2], ["Pumppu 3 Oy", 2]]));
    let then = run(client, "?as_of=2026-01-31T00:00:00Z", offers("parent_name"));
    assert_eq!(then["rows"], json!([["Pumppu 1 Oy", 1], ["Pumppu 2 Oy", 1], ["Pumppu 3 Oy", 2]]));
    let ids = ["1", "2", "3"].map(|subject| text(&client.customer("crm", subject), "customer_id").to_owned());
    let mut expected = vec![json!([ids[0], 1]), json!([ids[1], 1]), json!([ids[2], 2])];
    expected.sort_by_key(|row| text(&json!({"id": row[0]}), "id").to_owned());
    assert_eq!(rows(client, offers("customer")), Value::Array(expected));
    assert_eq!(rows(client, offers("customer.segment")), json!([["gold", 1], [null, 3]]));
    let gold = json!({"over": "purchases", "measure": "count", "where": [{"field": "customer.segment", "is": "gold"}]});
    assert_eq!(rows(client, gold), json!([[1]]));

    // What no decimal holds is said, not rounded.
    let steps = |steps: &str| json!({"amount": "1", "currency": "EUR", "attributes": {"steps": steps}});
    client.accepted(&[
        told("1", "h1", "2026-03-05T10:00:00Z", "purchase.made", steps("9999999999999999999999999999")),
        told("1", "h2", "2026-03-05T10:00:00Z", "purchase.made", steps("0.0001")),
    ]);
    client.caught_up();
    let asked = json!({"definition": {"over": "purchases", "measure": {"sum": "attributes.steps"}}});
    let problem = client.send("POST", "/v1/reports/run", &asked).expect_status(422).json();
    assert_eq!(problem["column"], "sum_attributes.steps", "{problem}");
}

#[test]
fn counted_on_sqlite() {
    reports_are_saved_and_counted(&Place::sqlite());
}

#[test]
fn counted_on_postgresql() {
    reports_are_saved_and_counted(&Place::postgresql());
}
