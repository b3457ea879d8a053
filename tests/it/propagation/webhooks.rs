//! Webhooks: every change arrives, signed, under one id for each cause, also through crashes; and nothing else does.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use kulta_test_support::http::Client;
use kulta_test_support::process::Program;
use kulta_test_support::receiver::{Received, Receiver, Reply};
use kulta_test_support::wait::eventually;
use serde_json::{Value, json};

use super::{behind, edited, registered, subscribe};
use crate::kit::{Asks, PATIENCE, Place, block_on, text};

/// How long a message may take.
const SOON: Duration = Duration::from_secs(60);

fn sending(place: &Place) -> Program {
    place.server().env("KULTA_WEBHOOKS_ALLOW_PRIVATE", "true")
}

/// Waits until what came satisfies a condition.
fn until(receiver: &Receiver, what: &str, enough: impl Fn(&[Received]) -> bool) -> Vec<Received> {
    let look = || {
        let received = receiver.received();
        let seen = format!("{what}: {} messages", received.len());
        let found = if enough(&received) { Ok(received) } else { Err(seen) };
        std::future::ready(found)
    };
    block_on(eventually(SOON, look))
}

/// Waits until a subscriber holds everything.
fn until_current(client: &mut Client, name: &str) {
    block_on(eventually(SOON, || {
        let found = behind(client, name);
        std::future::ready(if found.is_empty() { Ok(()) } else { Err(found) })
    }));
}

/// The first customer of which a subscriber could not be told.
fn failed(client: &mut Client, name: &str) -> Value {
    block_on(eventually(SOON, || {
        let found = client.read(&format!("/v1/subscribers/{name}/behind"))["items"][0].clone();
        std::future::ready(if found["attempts"].as_u64() > Some(0) { Ok(found) } else { Err(found) })
    }))
}

fn email(address: &str) -> Value {
    json!({"email": address})
}

fn at_of(received: &Received) -> (String, u64) {
    let data = received.json()["data"].clone();
    (text(&data, "customer_id").to_owned(), data["position"].as_u64().unwrap())
}

/// What another program makes of a message and its secrets: the example of the documentation, run by Python.
fn verified(secret: &str, received: &Received) -> bool {
    let page = include_str!("../../../docs/propagation.md");
    let example = page.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    let script = format!(
        "{example}\nimport json, sys\nasked = json.load(sys.stdin)\n\
         sys.exit(0 if verify(asked['secret'], asked['headers'], asked['body'].encode(), asked['now']) else 1)\n"
    );
    let now: u64 = received.header("webhook-timestamp").parse().unwrap();
    let asked = json!({"secret": secret, "headers": received.headers, "now": now + 3,
        "body": String::from_utf8(received.body.clone()).unwrap()});
    let mut python = Command::new("python3").args(["-c", &script]).stdin(Stdio::piped()).spawn().unwrap();
    python.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    python.wait().unwrap().success()
}

fn changes_arrive_signed(place: &Place) {
    let receiver = Receiver::start();
    let server = sending(place).serve();
    let mut client = server.client();
    let (anna, bert) = (registered(&mut client, "crm", "1", "a@x.fi"), registered(&mut client, "crm", "2", "b@x.fi"));
    let hook = json!({"kind": "webhook", "url": receiver.url("/kulta?a=1"), "fields": ["email"]});
    let secret = text(&subscribe(&mut client, "billing", &hook), "secret").to_owned();
    client.accepted(&[edited("crm", "1", "e1", "2026-01-02T08:00:00Z", &email("anna@x.fi"))]);
    client.accepted(&[edited("crm", "2", "e2", "2026-01-02T08:00:00Z", &json!({"phone": "2"}))]);
    let first = until(&receiver, "one", |all| !all.is_empty())[0].clone();
    assert_eq!((first.path.as_str(), first.header("content-type")), ("/kulta?a=1", "application/json"));
    let body = first.json();
    assert_eq!((text(&body, "type"), text(&body["data"], "customer_id")), ("customer.changed", anna.as_str()));
    assert_eq!(body["data"], client.read(&format!("/v1/customers/{anna}")));
    until_current(&mut client, "billing");
    assert!(verified(&secret, &first));
    let forged = Received { body: first.body.iter().map(|byte| byte.to_ascii_uppercase()).collect(), ..first.clone() };
    assert!(!verified(&secret, &forged));
    // While a secret is changed, both sign.
    let rotated = client.send("POST", "/v1/subscribers/billing/secret", &json!({})).expect_status(200).json();
    client.accepted(&[edited("crm", "1", "e3", "2026-01-03T08:00:00Z", &email("anna@y.fi"))]);
    let second = until(&receiver, "two", |all| all.len() > 1)[1].clone();
    assert!(verified(&secret, &second) && verified(text(&rotated, "secret"), &second));
    assert!(!verified(text(&rotated, "secret"), &first));
    until_current(&mut client, "billing");
    // A merge: what leads elsewhere now is gone.
    client.send("POST", &format!("/v1/customers/{anna}/merge"), &json!({"with": bert})).expect_status(200);
    let all = until(&receiver, "a merge", |all| all.len() > 3);
    let types: Vec<_> = all[2..].iter().map(|one| text(&one.json(), "type").to_owned()).collect();
    assert_eq!(types, ["customer.gone", "customer.changed"]);
    let gone = all[2].json()["data"].clone();
    assert_eq!((text(&gone, "customer_id"), text(&gone, "merged_into")), (bert.as_str(), anna.as_str()));
    until_current(&mut client, "billing");
    let ids: BTreeSet<_> = all.iter().map(|one| one.header("webhook-id").to_owned()).collect();
    assert_eq!(ids.len(), all.len());
    // Neither a restart nor a rebuild sends anything again.
    client.post("/v1/projections/rebuild").send().expect_status(200);
    server.terminate(PATIENCE);
    place.kulta(["rebuild"]).run().expect_code(0);
    let server = sending(place).serve();
    let mut client = server.client();
    client.accepted(&[edited("crm", "2", "e4", "2026-01-04T08:00:00Z", &email("last@x.fi"))]);
    let all = until(&receiver, "the last", |all| all.len() > 4);
    assert_eq!((all.len(), text(&all[4].json()["data"], "customer_id")), (5, anna.as_str()));
    let numbers = client.get("/metrics").send().expect_status(200).text();
    assert!(numbers.contains("kulta_webhook_messages_total{subscriber=\"billing\",outcome=\"arrived\"} "), "{numbers}");
    assert!(numbers.contains("kulta_subscriber_behind{subscriber=\"billing\"} "), "{numbers}");
    server.terminate(PATIENCE);
    place.kulta(["verify"]).run().expect_code(0);
}

/// Killed in the middle, again and again: each change arrives at least once, the last state last, each under one id.
fn nothing_is_lost_in_crashes(place: &Place) {
    let receiver = Receiver::start();
    // Some messages fail when they come first, some are left without an answer; each arrives at the second try.
    let mut met = BTreeSet::new();
    receiver.answer(move |received| {
        let is_new = met.insert(received.header("webhook-id").to_owned());
        match met.len() % 7 {
            3 if is_new => Reply::status(500),
            5 if is_new => Reply::Silence,
            _ => Reply::status(200),
        }
    });
    let program = sending(place).env("KULTA_WEBHOOKS_TIMEOUT", "300ms");
    let server = program.clone().serve();
    let mut client = server.client();
    let subjects: Vec<String> = (0..12).map(|number| number.to_string()).collect();
    for subject in &subjects {
        registered(&mut client, "crm", subject, &format!("{subject}@x.fi"));
    }
    subscribe(&mut client, "billing", &json!({"kind": "webhook", "url": receiver.url("/"), "holds": 0}));
    let mut server = server;
    for round in 0..3 {
        let edits: Vec<Value> = subjects
            .iter()
            .map(|subject| {
                let (id, time) = (format!("e{subject}-{round}"), format!("2026-01-0{}T08:00:00Z", round + 2));
                edited("crm", subject, &id, &time, &email(&format!("{subject}-{round}@x.fi")))
            })
            .collect();
        client.accepted(&edits);
        let before = receiver.received().len();
        until(&receiver, "some more", |all| all.len() > before + 3);
        server.kill_9();
        server = program.clone().serve();
        client = server.client();
    }
    until_current(&mut client, "billing");
    let received = receiver.received();
    let (mut last, mut ids) = (BTreeMap::new(), BTreeMap::new());
    for one in &received {
        let (customer, position) = at_of(one);
        let known = ids.entry((customer.clone(), position)).or_insert_with(|| one.header("webhook-id").to_owned());
        assert_eq!(known, one.header("webhook-id"), "another id for the same cause");
        let newest = last.entry(customer).or_insert(position);
        *newest = position.max(*newest);
    }
    assert_eq!(ids.values().collect::<BTreeSet<_>>().len(), ids.len(), "one id for two causes");
    for subject in &subjects {
        let customer = client.customer("crm", subject);
        assert_eq!(last[text(&customer, "customer_id")], customer["position"], "{subject}");
    }
    eprintln!("{} messages for {} causes", received.len(), ids.len());
    server.terminate(PATIENCE);
}

fn who_is_gone_is_disabled_and_holds_up_nobody(place: &Place) {
    let (gone, slow, good) = (Receiver::start(), Receiver::start(), Receiver::start());
    gone.answer(|_| Reply::status(410));
    slow.answer(|_| Reply::Silence);
    let moved = Receiver::start();
    let to = format!("location: {}", good.url("/elsewhere"));
    moved.answer(move |_| Reply::Status(307, vec![to.clone()]));
    let server = sending(place).serve();
    let mut client = server.client();
    let anna = registered(&mut client, "crm", "1", "a@x.fi");
    for (name, receiver) in [("gone", &gone), ("slow", &slow), ("moved", &moved), ("good", &good)] {
        subscribe(&mut client, name, &json!({"kind": "webhook", "url": receiver.url("/")}));
    }
    client.accepted(&[edited("crm", "1", "e1", "2026-01-02T08:00:00Z", &email("anna@x.fi"))]);
    until_current(&mut client, "good");
    let disabled = block_on(eventually(SOON, || {
        let found = client.read("/v1/subscribers/gone");
        std::future::ready(if found["enabled"] == false { Ok(found) } else { Err(found) })
    }));
    assert_eq!((text(&disabled, "reason_code"), &disabled["behind"]), ("gone", &Value::Null));
    assert_eq!(gone.received().len(), 1);
    // A redirect is a failure, and is not followed.
    let item = failed(&mut client, "moved");
    assert_eq!((text(&item, "customer_id"), text(&item, "failure")), (anna.as_str(), "status-307"));
    assert!(good.received().iter().all(|one| one.path == "/"));
    server.terminate(PATIENCE);
}

fn what_automations_ask_for_is_told(place: &Place) {
    let receiver = Receiver::start();
    let server = sending(place).serve();
    let mut client = server.client();
    let anna = registered(&mut client, "crm", "1", "a@x.fi");
    let hook = json!({"kind": "webhook", "url": receiver.url("/"), "fields": ["email"]});
    subscribe(&mut client, "campaigns", &hook);
    let definition = json!({"when": {"nothing": {"on": ["customer.registered"], "days": 1}},
        "then": [{"webhook": {"subscriber": "campaigns"}}], "from": "2020-01-01T00:00:00Z"});
    client.send("PUT", "/v1/automations/welcome", &json!({"definition": definition})).expect_status(200);
    let all = until(&receiver, "a request", |all| !all.is_empty());
    let body = all[0].json();
    let told = ["message", "automation"].map(|name| text(&body["data"], name).to_owned());
    assert_eq!((text(&body, "type"), told[1].as_str()), ("automation.fired", "welcome"));
    assert_eq!(text(&body["data"]["customer"], "customer_id"), anna);
    assert_eq!(all[0].header("webhook-id"), format!("msg_{}", told[0].replace('-', "")));
    block_on(eventually(SOON, || {
        client.caught_up();
        let left = client.read("/v1/outbox?channel=webhook")["items"].clone();
        std::future::ready(if left == json!([]) { Ok(()) } else { Err(left) })
    }));
    let sent = client.read(&format!("/v1/streams/outbox-{}", told[0]));
    let types: Vec<_> = sent["items"].as_array().unwrap().iter().map(|event| text(event, "type").to_owned()).collect();
    assert_eq!(types, ["outbox.requested", "outbox.sent"], "{sent}");
    server.terminate(PATIENCE);
    assert_eq!(receiver.received().len(), 1);
}

/// Unless it is allowed, nothing leads to this machine: neither a number nor a name, and not without TLS.
fn private_addresses_are_refused(place: &Place) {
    let receiver = Receiver::start();
    let server = place.serve();
    let mut client = server.client();
    let port = receiver.addr().port();
    for url in [receiver.url("/"), format!("https://127.0.0.1:{port}/"), format!("http://localhost:{port}/")] {
        let body = json!({"kind": "webhook", "url": url});
        let problem = client.send("PUT", "/v1/subscribers/b", &body).expect_status(422).json();
        assert_eq!(text(&problem["errors"][0], "pointer"), "/url", "{problem}");
        assert!(!problem.to_string().contains("127.0.0.1"), "{problem}");
    }
    // What a name leads to shows when it is called.
    registered(&mut client, "crm", "1", "a@x.fi");
    let body = json!({"kind": "webhook", "url": format!("https://localhost:{port}/")});
    client.send("PUT", "/v1/subscribers/b", &body).expect_status(201);
    client.accepted(&[edited("crm", "1", "e1", "2026-01-02T08:00:00Z", &email("anna@x.fi"))]);
    assert_eq!(text(&failed(&mut client, "b"), "failure"), "private-address");
    assert!(receiver.received().is_empty());
    server.terminate(PATIENCE);
}

/// A receiver behind TLS, by Python: answers 204 to everything. Its address stands in the first line that it prints.
const TLS_RECEIVER: &str = r#"
import http.server, ssl, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("receiver.pem", "receiver.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

/// Ends a process of the test's own.
struct Ends(std::process::Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// Through TLS, to whom the certificates vouch for only.
fn receivers_prove_who_they_are(place: &Place) {
    let folder = place.directory();
    let arguments = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE -keyout receiver.key -out receiver.pem";
    let made =
        Command::new("openssl").args(arguments.split_whitespace()).current_dir(&folder).stderr(Stdio::null()).status();
    assert!(made.unwrap().success());
    let python = Command::new("python3").args(["-c", TLS_RECEIVER]).current_dir(&folder).stdout(Stdio::piped()).spawn();
    let mut receiver = Ends(python.unwrap());
    let mut port = String::new();
    std::io::BufReader::new(receiver.0.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let url = format!("https://localhost:{}/", port.trim());
    let server = sending(place).serve();
    let mut client = server.client();
    registered(&mut client, "crm", "1", "a@x.fi");
    subscribe(&mut client, "billing", &json!({"kind": "webhook", "url": url}));
    client.accepted(&[edited("crm", "1", "e1", "2026-01-02T08:00:00Z", &email("anna@x.fi"))]);
    assert_eq!(text(&failed(&mut client, "billing"), "failure"), "no-tls");
    server.terminate(PATIENCE);
    let server = sending(place).env("KULTA_WEBHOOKS_CA_FILE", "receiver.pem").serve();
    until_current(&mut server.client(), "billing");
    server.terminate(PATIENCE);
}

/// Two nodes of one log: one of them sends, and the other when that is no more.
fn one_node_sends(place: &Place) {
    let receiver = Receiver::start();
    let first = sending(place).serve();
    let second = sending(place).serve();
    let (mut one, mut two) = (first.client(), second.client());
    registered(&mut one, "crm", "1", "a@x.fi");
    subscribe(&mut two, "billing", &json!({"kind": "webhook", "url": receiver.url("/")}));
    for number in 0..10 {
        let told = edited("crm", "1", &format!("e{number}"), "2026-01-02T08:00:00Z", &email(&format!("{number}@x.fi")));
        one.accepted(&[told]);
        until_current(&mut two, "billing");
    }
    let received = receiver.received();
    let causes: BTreeSet<_> = received.iter().map(at_of).collect();
    assert_eq!(causes.len(), received.len(), "told twice");
    first.kill_9();
    two.accepted(&[edited("crm", "1", "last", "2026-01-03T08:00:00Z", &email("last@x.fi"))]);
    until(&receiver, "the other node", |all| all.len() > received.len());
    until_current(&mut two, "billing");
    second.terminate(PATIENCE);
}

#[test]
fn webhooks_on_sqlite() {
    changes_arrive_signed(&Place::sqlite());
    what_automations_ask_for_is_told(&Place::sqlite());
    private_addresses_are_refused(&Place::sqlite());
    receivers_prove_who_they_are(&Place::sqlite());
}

#[test]
fn webhooks_on_postgresql() {
    changes_arrive_signed(&Place::postgresql());
    what_automations_ask_for_is_told(&Place::postgresql());
    one_node_sends(&Place::postgresql());
}

#[test]
fn webhooks_through_failures_on_sqlite() {
    nothing_is_lost_in_crashes(&Place::sqlite());
    who_is_gone_is_disabled_and_holds_up_nobody(&Place::sqlite());
}

#[test]
fn webhooks_through_failures_on_postgresql() {
    nothing_is_lost_in_crashes(&Place::postgresql());
    who_is_gone_is_disabled_and_holds_up_nobody(&Place::postgresql());
}
