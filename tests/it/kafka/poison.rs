//! What cannot be accepted lies among the dead letters with its place and reason; the partition goes on.

use serde_json::{Value, json};

use super::{Message, Topic, counted, ids, metric};
use crate::kit::{Asks, Place, event};
use crate::load::audit::read_log;

const TIME: &str = "2025-06-01T10:00:00Z";

fn note(id: &str) -> Value {
    event("erp", "c-1", id, TIME, "customer.contact_edited", json!({"name": "Aino"}))
}

fn with(id: &str, member: &str, value: Value) -> Message {
    let mut event = note(id);
    event[member] = value;
    Message::structured(&event)
}

/// Messages that cannot be accepted, and the reason of each.
fn poison() -> Vec<(Message, &'static str)> {
    let deep = format!("{{\"id\": {}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let no_id = {
        let mut event = note("x");
        event.as_object_mut().unwrap().remove("id");
        Message::structured(&event)
    };
    let bad_data = Message { value: Some(b"{\"name\": ".to_vec()), ..Message::binary(&note("binary")) };
    let not_utf8 = Message { value: Some(b"{\"id\": \"\xff\"}".to_vec()), ..Message::raw("") };
    vec![
        (no_id, "missing"),
        (Message::raw("{\"id\": "), "malformed"),
        (not_utf8, "malformed"),
        (Message { value: None, ..Message::raw("") }, "malformed"),
        (Message::raw(deep), "malformed"),
        (with("nul", "data", json!({"name": "A\u{0}ino"})), "malformed"),
        (with("type", "type", json!("customer.exploded")), "unknown-type"),
        (with("future", "time", json!("2999-01-01T00:00:00Z")), "future-time"),
        (with("reserved", "source", json!("kulta")), "reserved-source"),
        (bad_data, "malformed"),
        (Message::raw(vec![b'x'; 20 << 20]), "too-large"),
        (with("good-0", "data", json!({"name": "Other"})), "conflict"),
    ]
}

fn offset(letter: &Value) -> u64 {
    letter["origin"].as_str().unwrap().rsplit('/').next().unwrap().parse().unwrap()
}

fn poison_goes_to_the_dead_letters(place: &Place) {
    let mut topic = Topic::new(1);
    topic.send(0, &Message::structured(&note("good-0")));
    let poison = poison();
    for (number, (message, _)) in poison.iter().enumerate() {
        topic.send(0, message);
        topic.send(0, &Message::binary(&note(&format!("good-{}", number + 1))));
    }
    topic.flush();
    let server = topic.read_by(place).serve();
    topic.all_read(place, &server);

    let mut client = server.client();
    let mut letters = client.read("/v1/dead-letters?limit=100")["items"].as_array().unwrap().clone();
    letters.sort_by_key(offset);
    let told: Vec<_> = letters.iter().map(|letter| (letter["origin"].clone(), letter["reason"].clone())).collect();
    let place_of = |number: usize| json!(format!("{}/0/{}", topic.name, 2 * number + 1));
    let expected: Vec<_> =
        poison.iter().enumerate().map(|(number, (_, reason))| (place_of(number), json!(reason))).collect();
    assert_eq!(told, expected);
    assert!(letters.iter().all(|letter| letter["door"] == "kafka"), "{letters:?}");
    let good: Vec<String> = (0..=poison.len()).map(|number| format!("good-{number}")).collect();
    assert_eq!(ids(&read_log(&mut client), "erp"), good.iter().cloned().collect());
    assert_eq!(metric(&mut client, &counted("rejected")), Some(poison.len() as f64 - 1.0));

    // What came is there to be corrected, and is sent again once.
    let target = format!("/v1/dead-letters/{}", letters[0]["id"]);
    let body: Value = serde_json::from_str(client.read(&target)["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["data"], json!({"name": "Aino"}));
    let mut corrected = body;
    corrected["id"] = json!("corrected");
    let command = json!({"action": "resubmit", "event": corrected});
    let settled = client.send("POST", &target, &command).expect_status(200).json();
    assert_eq!((&settled["state"], &settled["results"][0]["status"]), (&json!("resubmitted"), &json!("accepted")));
    client.send("POST", &target, &command).expect_status(409);
    let binary = client.read(&format!("/v1/dead-letters/{}", letters[9]["id"]))["body"].as_str().unwrap().to_owned();
    let binary: Value = serde_json::from_str(&binary).unwrap();
    assert_eq!((&binary["id"], &binary["data"]), (&json!("binary"), &json!("{\"name\": ")));
    assert!(!server.stderr().contains("Aino"), "personal data in the log lines: {}", server.stderr());

    // A restart reads nothing twice.
    server.kill_9();
    topic.send(0, &Message::structured(&note("last")));
    topic.flush();
    let server = topic.read_by(place).serve();
    topic.all_read(place, &server);
    let mut client = server.client();
    assert_eq!(client.read("/v1/dead-letters?state=all&limit=100")["items"].as_array().unwrap().len(), poison.len());
    let more = ["corrected".to_owned(), "last".to_owned()];
    assert_eq!(ids(&read_log(&mut client), "erp"), good.into_iter().chain(more).collect());
    assert_eq!(metric(&mut client, &counted("rejected")), None);
}

#[test]
fn on_sqlite() {
    poison_goes_to_the_dead_letters(&Place::sqlite());
}

#[test]
fn on_postgresql() {
    poison_goes_to_the_dead_letters(&Place::postgresql());
}
