//! Which rules count, and which facts: as of a time, as was known, in force then.

use serde_json::{Value, json};

use super::{AS_OF, CLICKS, FROM, RULES, facts, publish, score, sums_up};
use crate::kit::{Asks, PATIENCE, Place, event, text};

fn rules_of_their_time(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&facts());
    let erp = client.record("erp", "1");
    publish(&mut client, RULES, FROM);
    let first = text(&client.read("/v1/rule-sets/value/versions/1"), "published_at").to_owned();
    publish(&mut client, CLICKS, "2026-02-01T00:00:00Z");

    let told = |score: &Value| {
        let versions = score["versions"].as_array().unwrap().iter().map(|version| version["version"].as_u64().unwrap());
        (text(score, "points").to_owned(), score["grade"]["name"].clone(), versions.collect::<Vec<_>>())
    };
    let mut ask = |query: &str| {
        let score = score(&mut client, &erp, &format!("rule_set=value&explain=true&{query}"));
        sums_up(&score);
        told(&score)
    };
    // The second version for all of history, and before it was in force the first.
    assert_eq!(ask(&format!("as_of={AS_OF}")), ("14".to_owned(), json!("C"), vec![2]));
    assert_eq!(ask("as_of=2026-01-31T00:00:00Z"), ("1040.05".to_owned(), json!("A"), vec![1]));
    // Each over the events of its time: the return and the gap are February's, the clicks too.
    assert_eq!(ask(&format!("reading=in-force&as_of={AS_OF}")), ("1054.05".to_owned(), json!("C"), vec![1, 2]));
    assert_eq!(ask("reading=in-force&as_of=2026-01-31T00:00:00Z"), ("1040.05".to_owned(), json!("A"), vec![1]));
    assert_eq!(ask("reading=in-force&as_of=2025-12-31T00:00:00Z"), ("0".to_owned(), Value::Null, vec![]));
    // What was known when only the first was published; commands get their times before they are recorded.
    let recorded = text(&client.read("/v1/streams/ruleset-value?limit=1")["items"][0], "recordedat").to_owned();
    assert!(recorded >= first);
    let known = score(&mut client, &erp, &format!("as_of={AS_OF}&known_at={recorded}"));
    assert_eq!((text(&known, "points"), &known["version"]), ("981.05", &json!(1)));
    let before = "2025-01-01T00:00:00Z";
    client.get(&format!("/v1/customers/{erp}/score?rule_set=value&known_at={before}")).send().expect_status(404);

    late_facts_were_not_known(&mut client, &erp);
    refusals(&mut client, &erp);
    server.terminate(PATIENCE);
}

/// What arrives late is counted where it happened, and was not known before.
fn late_facts_were_not_known(client: &mut kulta_test_support::http::Client, erp: &str) {
    let head = client.caught_up();
    let page = client.read(&format!("/v1/events?after={}", head - 1));
    let known_at = text(&page["items"][0], "recordedat").to_owned();
    let before = score(client, erp, &format!("as_of={AS_OF}&rule_set=value"));
    let late = event("erp", "1", "late", "2026-01-03T00:00:00Z", "email.link_clicked", json!({}));
    let position = client.accepted(&[late]);
    let after = client.read(&format!("/v1/customers/{erp}/score?as_of={AS_OF}&after={position}"));
    assert_eq!((text(&before, "points"), text(&after, "points")), ("14", "21"));
    assert_eq!(after["position"], position);
    let known = score(client, erp, &format!("as_of={AS_OF}&known_at={known_at}"));
    assert_eq!(known["points"], before["points"]);
}

fn refusals(client: &mut kulta_test_support::http::Client, erp: &str) {
    let mut problem = |query: &str, status: u16| {
        client.get(&format!("/v1/customers/{erp}/score{query}")).send().expect_status(status).json()
    };
    assert_eq!(problem("?rule_set=nothing", 404)["detail"], "there is no published rule set `nothing`");
    for query in ["?reading=newst", "?as_of=2026-01-01", "?known_at=x", "?explain=yes", "?rules=value", "?after=99999"]
    {
        assert_eq!(problem(query, 400)["code"], "invalid-parameter", "{query}");
    }
    for query in [
        "/history?every=year",
        "/history?from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
        "/history?as_of=x",
        "/history?every=day&from=2020-01-01T00:00:00Z",
    ] {
        assert_eq!(problem(query, 400)["code"], "invalid-parameter", "{query}");
    }
    let nobody = "/v1/customers/00000000-0000-0000-0000-000000000000/score?rule_set=value";
    client.get(nobody).send().expect_status(404);
    // A second one: which?
    let other = CLICKS.replace("\"value\"", "\"other\"");
    client.send("POST", "/v1/rule-sets/other/publish", &json!({"rules": other})).expect_status(200);
    let unnamed = client.get(&format!("/v1/customers/{erp}/score")).send().expect_status(400).json();
    assert_eq!(unnamed["errors"][0]["pointer"], "?rule_set");
    client.send("POST", "/v1/rule-sets/other/retire", &json!({})).expect_status(200);
    client.read(&format!("/v1/customers/{erp}/score"));

    // A rule that fails names the event, and nothing of what stands in it.
    let fails = "name = \"fails\"\n[[rule]]\nid = \"a\"\non = \"purchase.made\"\npoints = \"1 / (amount - 300)\"\n";
    client.send("POST", "/v1/rule-sets/fails/publish", &json!({"rules": fails})).expect_status(200);
    let problem = client.get(&format!("/v1/customers/{erp}/score?rule_set=fails")).send().expect_status(422).json();
    assert_eq!(text(&problem, "code"), "no-score");
    assert!(text(&problem, "detail").contains("rule `a`"), "{problem}");
    assert_eq!(problem["position"].as_u64().map(|position| position > 0), Some(true));
}

#[test]
fn readings_on_sqlite() {
    rules_of_their_time(&Place::sqlite());
}

#[test]
fn readings_on_postgresql() {
    rules_of_their_time(&Place::postgresql());
}
