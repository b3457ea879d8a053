//! A published survivorship policy makes every golden record anew; earlier ones hold for what was known then.

use kulta_test_support::http::Client;
use serde_json::{Value, json};

use super::{after, etag, refused, registered};
use crate::kit::{Asks, Place, event, text};

fn a_policy_changes_golden_records(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    client.caught_up();
    let built_in = client.read("/v1/survivorship-policy");
    assert_eq!((&built_in["position"], &built_in["policy"]["default"]["by"][0]), (&json!(1), &json!("recency")));
    client.accepted(&[
        registered("crm", "7", "1", json!({"email": "crm@b.fi", "name": "Aino"})),
        event(
            "erp",
            "7",
            "1",
            "2026-02-01T10:00:00Z",
            "customer.registered",
            json!({"email": "erp@b.fi", "phone": "1"}),
        ),
        registered("crm", "8", "2", json!({"email": "eight@b.fi"})),
    ]);
    let (crm, erp, eight) = (client.record("crm", "7"), client.record("erp", "7"), client.record("crm", "8"));
    let merged = super::merge(&mut client, &crm, &erp);
    assert_eq!(after(&mut client, &crm, &merged)["fields"]["email"]["value"], "erp@b.fi", "the newer one");
    let (tag, other_tag) = (etag(&mut client, &crm), etag(&mut client, &eight));

    let ranked = json!({"default": {"by": ["recency"]},
        "fields": {"email": {"by": ["source_rank", "recency"], "sources": ["crm", "erp"], "ask_after_days": 30, "ask_weight": 9}}});
    let body = json!({"policy": ranked, "note": "the CRM knows e-mail addresses best"});
    let done = client.send("PUT", "/v1/survivorship-policy", &body).expect_status(200).json();
    let golden = after(&mut client, &crm, &done);
    assert_eq!(
        (&golden["fields"]["email"]["value"], &golden["fields"]["email"]["source"]),
        (&json!("crm@b.fi"), &json!("crm"))
    );
    assert_eq!(golden["fields"]["email"]["others"][0]["value"], "erp@b.fi", "the loser is kept");
    assert_eq!(golden["fields"]["phone"]["value"], "1");
    assert_ne!(etag(&mut client, &crm), tag);
    assert_ne!(etag(&mut client, &eight), other_tag, "every golden record stands under the new policy");
    let in_force = client.read(&format!("/v1/survivorship-policy?after={}", done["position"]));
    assert_eq!(in_force["policy"]["fields"]["email"]["sources"], json!(["crm", "erp"]));
    assert_eq!(in_force["position"], done["position"]);

    // The policy that was known then.
    let stream = client.read("/v1/streams/policy-survivorship");
    let recorded = text(stream["items"].as_array().unwrap().last().unwrap(), "recordedat").to_owned();
    assert_eq!(stream["items"][1]["data"]["note"], "the CRM knows e-mail addresses best");
    let at = |known_at: &str| format!("/v1/customers/{crm}?known_at={known_at}");
    assert_eq!(client.read(&at(&recorded))["fields"]["email"]["value"], "crm@b.fi", "recorded by then");
    let merge = client.read(&format!("/v1/streams/decision-{}", text(&merged, "decision_id")));
    let before = text(&merge["items"][0], "recordedat");
    assert_eq!(client.read(&at(before))["fields"]["email"]["value"], "erp@b.fi", "before the policy");

    // What to ask follows the policy too.
    let freshness = client.read(&format!("/v1/customers/{eight}/freshness?as_of=2026-01-11T10:00:00Z"));
    assert_eq!(freshness["fields"]["email"]["age_days"], 10);
    assert_eq!(freshness["ask"], json!([{"field": "email", "reason": "unverified", "weight": 9}]));
    let then = format!("/v1/customers/{eight}/freshness?as_of=2026-01-11T10:00:00Z&known_at={before}");
    assert_ne!(client.read(&then)["ask"][0]["weight"], 9, "by the policy that was known then");
    let later = client.read(&format!("/v1/customers/{eight}/freshness?as_of=2026-02-11T10:00:00Z"));
    assert_eq!(later["ask"], json!([{"field": "email", "reason": "stale", "weight": 18}]));
    let verify = json!({"field": "email", "value": "eight@b.fi"});
    let done = client.send("POST", &format!("/v1/customers/{eight}/verify"), &verify).expect_status(200).json();
    let now = client.read(&format!("/v1/customers/{eight}/freshness?after={}", done["position"]));
    assert_eq!((&now["ask"], &now["fields"]["email"]["age_days"]), (&json!([]), &json!(0)));
    assert_ne!(now["fields"]["email"]["verified_at"], Value::Null);
    let verified = client.post("/v1/projections/verify").send().expect_status(200).json();
    assert_eq!(verified["differences"], json!([]));
}

/// What stands there when the projections have got to what a command answered, and its entity tag.
fn read(client: &mut Client, target: &str, done: &Value) -> (String, Value) {
    let response = client.get(&format!("{target}?after={}", done["position"])).send().expect_status(200);
    (response.header("etag").unwrap().to_owned(), response.json())
}

/// Policies and automations are defined whole: who changes one that somebody else changed meanwhile would undo that.
fn who_publishes_what_was_read_undoes_nobodys_word(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    client.caught_up();
    let automation = |days| json!({"name": "Quiet", "definition": {"when": {"no_contact": {"days": days}}, "time_zone": "UTC", "then": [{"tag": "quiet"}]}});
    let quiet = "/v1/automations/quiet";
    let nothing_yet = client.put(quiet).header("if-match", "\"7\"").json(&automation(1)).send();
    assert_eq!(refused(nothing_yet, 412, "changed")["position"], 0);
    let first = client.send("PUT", quiet, &automation(1)).expect_status(200).json();
    let survivorship = |by| json!({"policy": {"default": {"by": [by]}}});
    for (target, versions) in [
        ("/v1/survivorship-policy", [survivorship("verification"), survivorship("recency")]),
        ("/v1/match-policy", [json!({"policy": {"link": 2.5}}), json!({"policy": {"link": 3.5}})]),
        (quiet, [automation(2), automation(3)]),
    ] {
        let (tag, before) = read(&mut client, target, &first);
        let done = client.put(target).header("if-match", &tag).json(&versions[0]).send().expect_status(200).json();
        let late = client.put(target).header("if-match", &tag).json(&versions[1]).send();
        assert_eq!(refused(late, 412, "changed")["position"], done["position"], "{target}");
        let (tag, now) = read(&mut client, target, &done);
        assert_eq!(tag, format!("\"{}\"", done["position"]), "{target}");
        assert_ne!(now, before, "{target}");
        client.put(target).header("if-match", &tag).json(&versions[1]).send().expect_status(200);
    }
}

#[test]
fn conditions_on_sqlite() {
    who_publishes_what_was_read_undoes_nobodys_word(&Place::sqlite());
}

#[test]
fn conditions_on_postgresql() {
    who_publishes_what_was_read_undoes_nobodys_word(&Place::postgresql());
}

#[test]
fn policies_on_sqlite() {
    a_policy_changes_golden_records(&Place::sqlite());
}

#[test]
fn policies_on_postgresql() {
    a_policy_changes_golden_records(&Place::postgresql());
}
