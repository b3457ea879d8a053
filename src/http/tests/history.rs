//! What golden records were over time, and what another policy would make of them.

use kulta_events::Instant;
use serde_json::{Value, json};

use super::kit::{FIRST, NOW, Node, PATIENCE, code};

const LATER: &str = "2026-03-03T12:00:00Z";

fn told(source: &str, subject: &str, id: &str, time: &str, data: &Value) -> Value {
    json!({"specversion": "1.0", "id": id, "source": source, "type": "customer.contact_edited", "subject": subject,
        "time": time, "data": data})
}

fn record(node: &Node, source: &str, subject: &str) -> String {
    node.get(&format!("/v1/records/{source}/{subject}?after={}", node.number("kulta_log_head")))["record_id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// A customer of two records, by a person's word; what each said, one of it late, and a day later one thing more.
async fn customer(node: &Node) -> (String, String) {
    node.publish(&[
        told(
            "crm",
            "7",
            "1",
            "2026-01-01T00:00:00Z",
            &json!({"email": "a@x.fi", "language": "fi", "attributes": {"hat": "7"}}),
        ),
        told("erp", "9", "2", "2026-02-01T00:00:00Z", &json!({"email": "b@x.fi"})),
        told("crm", "7", "3", "2026-01-15T00:00:00Z", &json!({"email": "late@x.fi", "language": "sv"})),
    ]);
    let (crm, erp) = (record(node, "crm", "7"), record(node, "erp", "9"));
    let body = json!({"with": erp, "reason": "a test"});
    node.client().post(&format!("/v1/customers/{crm}/merge")).json(&body).send().expect_status(200);
    node.clock.set(Instant::parse(LATER).unwrap());
    node.publish(&[told("erp", "9", "4", "2026-03-03T11:00:00Z", &json!({"email": null}))]);
    (crm, erp)
}

/// Position, field, value before, value after.
fn short<'a>(page: &'a Value) -> Vec<(u64, &'a str, &'a Value, &'a Value)> {
    let short = |item: &'a Value| {
        let place = number(item) + 1 - FIRST;
        (place, name(item), &item["before"]["value"], &item["after"]["value"])
    };
    page["items"].as_array().unwrap().iter().map(short).collect()
}

fn number(item: &Value) -> u64 {
    item["position"].as_u64().unwrap()
}

fn name(item: &Value) -> &str {
    item["field"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_change_of_a_golden_record_is_told_with_what_changed_it() {
    let node = Node::start().await;
    let (crm, erp) = customer(&node).await;
    let head = node.number("kulta_log_head");
    let all = node.get(&format!("/v1/customers/{crm}/history?after={head}"));
    let text = Value::from;
    let (a, b, late, fi, sv, hat) =
        (text("a@x.fi"), text("b@x.fi"), text("late@x.fi"), text("fi"), text("sv"), text("7"));
    // Behind the merge, which changes no value by itself: both records count from their first events on.
    assert_eq!(
        short(&all),
        [
            (5, "email", &b, &late),
            (3, "language", &fi, &sv),
            (2, "email", &a, &b),
            (1, "attributes.hat", &Value::Null, &hat),
            (1, "email", &Value::Null, &a),
            (1, "language", &Value::Null, &fi),
        ]
    );
    assert_eq!(all["next"], Value::Null);
    let last = &all["items"][0];
    assert_eq!(
        (&last["type"], &last["source"], &last["subject"], &last["record_id"], &last["time"], &last["recorded_at"]),
        (
            &json!("customer.contact_edited"),
            &json!("erp"),
            &json!("9"),
            &json!(erp),
            &json!("2026-03-03T11:00:00Z"),
            &json!(LATER)
        )
    );
    assert_eq!((&last["before"]["source"], &last["before"]["subject"]), (&json!("erp"), &json!("9")));
    assert_eq!((&last["after"]["source"], &last["after"]["record_id"]), (&json!("crm"), &json!(crm)));
    assert_eq!(last["after"]["observed_at"], "2026-01-15T00:00:00Z");
    let now = node.get(&format!("/v1/customers/{crm}"));
    assert_eq!(now["fields"]["email"]["value"], last["after"]["value"]);

    // By pages of one, each with its own cursor, while something comes in between.
    let (mut found, mut target) = (Vec::new(), format!("/v1/customers/{crm}/history?limit=1"));
    loop {
        let page = node.get(&target);
        found.extend(page["items"].as_array().unwrap().clone());
        if found.len() == 1 {
            node.publish(&[told("crm", "7", "5", "2026-03-03T11:30:00Z", &json!({"language": "en"}))]);
        }
        let Some(next) = page["next"].as_str() else { break };
        target = format!("/v1/customers/{crm}/history?limit=1&cursor={next}&after={}", node.number("kulta_log_head"));
    }
    assert_eq!(json!(found), all["items"]);
    node.stop().done().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_is_read_by_field_and_on_both_time_axes() {
    let node = Node::start().await;
    let (crm, erp) = customer(&node).await;
    let head = node.number("kulta_log_head");
    let fields = |query: &str| -> Vec<String> {
        let page = node.get(&format!("/v1/customers/{crm}/history?after={head}&{query}"));
        short(&page).into_iter().map(|(position, field, ..)| format!("{position} {field}")).collect()
    };
    assert_eq!(fields("field=language"), ["3 language", "1 language"]);
    assert_eq!(fields("field=attributes"), ["1 attributes.hat"]);
    assert_eq!(fields("field=attributes.hat"), ["1 attributes.hat"]);
    assert_eq!(fields("field=nothing"), Vec::<String>::new());
    // The address that came late happened before the one that was there.
    assert_eq!(fields("field=email&as_of=2026-02-01T00:00:00Z"), ["3 email", "1 email"]);
    assert_eq!(fields(&format!("field=email&known_at={NOW}")), ["2 email", "1 email"]);

    let moved = node.client().get(&format!("/v1/customers/{erp}/history?field=email")).send().expect_status(307);
    assert_eq!(moved.header("location"), Some(format!("/v1/customers/{crm}/history?field=email").as_str()));
    let nobody = uuid::Uuid::nil();
    assert_eq!(
        code(&node.client().get(&format!("/v1/customers/{nobody}/history")).send().expect_status(404)),
        "not-found"
    );
    for query in ["cursor=00", "limit=0", "fields=email", "as_of=yesterday"] {
        let response = node.client().get(&format!("/v1/customers/{crm}/history?{query}")).send().expect_status(400);
        assert_eq!(code(&response), "invalid-parameter", "{query}");
    }
    node.stop().done().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_is_previewed_before_it_is_published_and_then_does_what_was_said() {
    let node = Node::start().await;
    let (crm, _) = customer(&node).await;
    node.publish(&[
        told("erp", "9", "6", "2026-03-03T11:30:00Z", &json!({"email": "new@x.fi"})),
        told("crm", "1", "7", "2026-01-01T00:00:00Z", &json!({"email": "one@x.fi"})),
    ]);
    let head = node.number("kulta_log_head");
    let policy =
        json!({"default": {"by": ["recency"]}, "fields": {"email": {"by": ["source_rank"], "sources": ["crm"]}}});
    let preview =
        |body: &Value| node.client().post(&format!("/v1/survivorship-policy/preview?after={head}")).json(body).send();
    let told = preview(&json!({"policy": policy, "note": "as for PUT"})).expect_status(200).json();
    assert_eq!(
        (&told["position"], &told["customers"], &told["changed"]),
        (&json!(head), &json!(2), &json!(1)),
        "{told}"
    );
    assert_eq!(told["fields"], json!({"email": 1}));
    let examples = told["examples"].as_array().unwrap();
    let example = &examples[0];
    assert_eq!((examples.len(), &example["customer_id"], &example["field"]), (1, &json!(crm), &json!("email")));
    assert_eq!((&example["before"]["value"], &example["before"]["source"]), (&json!("new@x.fi"), &json!("erp")));
    assert_eq!((&example["after"]["value"], &example["after"]["source"]), (&json!("late@x.fi"), &json!("crm")));

    // Nothing was stored; and when it is published, what was said comes true and stands in the history.
    assert_eq!(node.number("kulta_log_head"), head);
    let published = node.client().put("/v1/survivorship-policy").json(&json!({"policy": policy})).send();
    let position = published.expect_status(200).json()["position"].clone();
    let changes = node.get(&format!("/v1/customers/{crm}/history?after={position}&limit=1"));
    let change = &changes["items"][0];
    assert_eq!((&change["before"], &change["after"]), (&example["before"], &example["after"]));
    assert_eq!((&change["type"], &change["record_id"]), (&json!("survivorship_policy.published"), &Value::Null));
    assert_eq!(change["position"], position);
    let again = preview(&json!({"policy": policy})).expect_status(200).json();
    assert_eq!((&again["changed"], &again["examples"]), (&json!(0), &json!([])));

    for (body, pointer) in [
        (json!({}), "/policy"),
        (json!({"policy": {"default": {"by": ["age"]}}}), "/policy"),
        (json!({"policy": policy, "nota": ""}), "/nota"),
    ] {
        let refused = preview(&body).expect_status(422);
        assert_eq!((code(&refused).as_str(), &refused.json()["errors"][0]["pointer"]), ("invalid", &json!(pointer)));
    }
    node.stop().done().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preview_that_takes_too_long_is_given_up() {
    let node = Node::with(|settings| settings.timeouts.wait = std::time::Duration::ZERO).await;
    node.publish(&[told("crm", "7", "1", "2026-01-01T00:00:00Z", &json!({"email": "a@x.fi"}))]);
    let body = json!({"policy": {"default": {"by": ["recency"]}}});
    // No reader of this node can wait for the projections: until they have got there, there is nobody to look at.
    let refused = || async {
        let response = node.client().post("/v1/survivorship-policy/preview").json(&body).send();
        if response.status == 503 { Ok(code(&response)) } else { Err(response.text()) }
    };
    assert_eq!(kulta_test_support::eventually(PATIENCE, refused).await, "took-too-long");
    node.stop().done().await;
}
