//! `Idempotency-Key`: the same command again gets the same answer and happens once.

use kulta_test_support::http::{Client, Response};
use serde_json::{Value, json};

use super::{refused, registered};
use crate::kit::{Asks, Place, text};

fn keyed(client: &mut Client, method: &str, target: &str, key: &str, body: &Value) -> Response {
    client.request(method, target).header("idempotency-key", key).json(body).send()
}

fn commands_happen_once(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let aino = json!({"name": "Aino"});
    let first = keyed(&mut client, "POST", "/v1/customers", "k1", &aino).expect_status(201).json();
    assert!(first["position"].is_u64(), "{first}");
    let head = client.caught_up();
    client.accepted(&[registered("crm", "7", "1", json!({"name": "A"}))]);
    for _ in 0..2 {
        // Another spelling of the same body is the same body.
        let again = client.post("/v1/customers").header("idempotency-key", "k1");
        let again = again.body("application/json", "{ \"name\" : \"Aino\" }").send().expect_status(201).json();
        assert_eq!(again, first, "also where it stands");
    }
    assert_eq!(client.caught_up(), head + 1, "only the fact in between");
    refused(keyed(&mut client, "POST", "/v1/customers", "k1", &json!({"name": "Eve"})), 422, "key-reused");
    let id = text(&first, "customer_id").to_owned();
    refused(keyed(&mut client, "PATCH", &format!("/v1/customers/{id}"), "k1", &aino), 422, "key-reused");

    // Every kind of command.
    let crm = client.record("crm", "7");
    let customer = |what: &str| format!("/v1/customers/{id}{what}");
    for (n, (method, target, body)) in [
        ("PATCH", customer(""), json!({"phone": "040 1"})),
        ("POST", customer("/verify"), json!({"field": "phone", "value": "040 1"})),
        ("POST", customer("/decline"), json!({"field": "email"})),
        ("POST", customer("/merge"), json!({"with": crm})),
        ("POST", customer("/split"), json!({"records": [crm]})),
        ("PUT", "/v1/survivorship-policy".to_owned(), json!({"policy": {"default": {"by": ["recency"]}}})),
        ("PUT", "/v1/sources".to_owned(), json!({"source": "crm", "description": "the CRM"})),
    ]
    .into_iter()
    .enumerate()
    {
        let key = format!("every-{n}");
        let first = keyed(&mut client, method, &target, &key, &body).expect_status(200).json();
        assert_eq!(first["position"], client.caught_up(), "{method} {target}");
        // A merge of what is merged would be refused, were it a new one.
        let again = keyed(&mut client, method, &target, &key, &body).expect_status(200).json();
        assert_eq!(again, first, "{method} {target}");
        assert_eq!(first["position"], client.caught_up(), "{method} {target} happened again");
    }

    // A refusal is not kept: when the reason is gone, the same command goes through.
    let patch = |client: &mut Client, tag: &str| {
        let request = client.patch(&customer("")).header("idempotency-key", "late").header("if-match", tag);
        request.json(&json!({"phone": "040 2"})).send()
    };
    refused(patch(&mut client, "\"1\""), 412, "changed");
    let tag = super::etag(&mut client, &id);
    let done = patch(&mut client, &tag).expect_status(200).json();
    // Its repetition is the same command, though the customer has changed by it.
    assert_eq!(patch(&mut client, &tag).expect_status(200).json(), done);
    for key in ["", &"x".repeat(256)] {
        refused(keyed(&mut client, "POST", "/v1/customers", key, &aino), 400, "malformed");
    }
}

/// Eight at the same time: one happens, all are answered alike.
fn at_the_same_time(place: &Place) {
    let server = place.serve();
    let head = server.client().caught_up();
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let ask = || {
            let mut client = server.client();
            keyed(&mut client, "POST", "/v1/customers", "together", &json!({"name": "Aino"})).expect_status(201).json()
        };
        let asked: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(server.client().caught_up(), head + 1);
}

/// What was answered before a restart is answered after it.
fn keys_outlive_the_process(place: &Place) {
    let server = place.serve();
    let done =
        keyed(&mut server.client(), "POST", "/v1/customers", "k", &json!({"name": "Aino"})).expect_status(201).json();
    server.kill_9();
    let server = place.serve();
    let again =
        keyed(&mut server.client(), "POST", "/v1/customers", "k", &json!({"name": "Aino"})).expect_status(201).json();
    assert_eq!(again, done);
}

#[test]
fn idempotency_keys_on_sqlite() {
    commands_happen_once(&Place::sqlite());
    at_the_same_time(&Place::sqlite());
    keys_outlive_the_process(&Place::sqlite());
}

#[test]
fn idempotency_keys_on_postgresql() {
    commands_happen_once(&Place::postgresql());
    at_the_same_time(&Place::postgresql());
    keys_outlive_the_process(&Place::postgresql());
}
