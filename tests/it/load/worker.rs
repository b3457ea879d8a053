//! One thread of mixed load: batches of facts, repetitions, conflicts, and what people do.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use kulta_test_support::http::{Client, Request, Response};
use serde_json::{Value, json};

use super::ledger::Outcome;
use super::{Ledger, Patient, Rng};

/// Record ids of customers that any worker may act on.
pub type Known = Arc<Mutex<Vec<String>>>;

const SOURCES: [&str; 3] = ["crm", "erp", "shop"];

#[derive(Debug)]
pub struct Worker {
    name: String,
    rng: Rng,
    ledger: Arc<Ledger>,
    known: Known,
    decisions: Vec<String>,
    sequence: u64,
    pub client: Patient,
}

impl Worker {
    pub fn new(name: &str, rng: Rng, client: Patient, ledger: &Arc<Ledger>, known: &Known) -> Self {
        let (ledger, known) = (ledger.clone(), known.clone());
        Self { name: name.to_owned(), rng, ledger, known, decisions: Vec::new(), sequence: 0, client }
    }

    /// Works until told to stop; everything that it sent is answered then.
    pub fn run(&mut self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            self.step();
        }
    }

    pub fn step(&mut self) {
        match self.rng.below(100) {
            0..62 => drop(self.publish()),
            62..70 => self.introduce(),
            70..78 => self.register(),
            78..88 => self.edit(),
            88..94 => self.merge(),
            94..97 => self.split(),
            _ => self.withdraw(),
        }
    }

    fn next(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    fn marker(&mut self, what: &str) -> String {
        let number = self.next();
        format!("{what} {} {number}", self.name)
    }

    /// A batch of new and repeated facts; the position that it was answered with.
    pub fn publish(&mut self) -> u64 {
        let count = 1 + self.rng.below(8);
        let events: Vec<_> = (0..count).map(|_| self.fact()).collect();
        self.send(&events)
    }

    fn send(&mut self, events: &[Value]) -> u64 {
        self.ledger.sending(events);
        let body = json!(events).to_string();
        let response = self
            .client
            .send(|client| client.post("/v1/events").body("application/cloudevents-batch+json", body.as_str()));
        let answer = response.expect_status(200).json();
        self.ledger.answered(events, &answer);
        answer["position"].as_u64().unwrap()
    }

    fn fact(&mut self) -> Value {
        if self.rng.percent(15)
            && let Some(earlier) = self.ledger.earlier(&mut self.rng)
        {
            let mut event = earlier.event;
            // Only what is stored already can be contradicted: else the other content would be the first.
            if earlier.position.is_some() && self.rng.percent(10) {
                event["data"]["contradiction"] = json!(self.next());
            }
            return event;
        }
        let number = self.next();
        let subject = self.rng.below(8 + number / 8);
        let data = match self.rng.below(10) {
            0..5 => ("purchase.made", json!({"amount": format!("{}.50", 1 + number), "currency": "EUR"})),
            5 | 6 => ("customer.registered", json!({"kind": "person", "name": format!("Name {number}")})),
            7 => ("customer.contact_edited", json!({"name": format!("Name {number}"), "shoe_size": number})),
            8 => ("customer.contact_edited", json!({"email": format!("{number}@example.fi"), "phone": null})),
            _ => ("complaint.opened", json!({"complaint": format!("c-{number}"), "text": "late again"})),
        };
        self.event(subject, number, data)
    }

    fn event(&mut self, subject: u64, number: u64, (type_name, data): (&str, Value)) -> Value {
        // Any moment of two months: most events come late, after others of the same record that happened later.
        let (day, minute) = (1 + self.rng.below(28), self.rng.below(1_440));
        let month = 1 + self.rng.below(2);
        json!({
            "specversion": "1.0", "id": format!("{}-{number}", self.name), "type": type_name,
            "source": SOURCES[usize::try_from(number % 3).unwrap()], "subject": format!("{} {subject}", self.name),
            "time": format!("2025-{month:02}-{day:02}T{:02}:{:02}:00Z", minute / 60, minute % 60), "data": data,
        })
    }

    /// Finds out the record id of a record that may be new, right after writing to it.
    fn introduce(&mut self) {
        let (number, subject) = (self.next(), self.rng.below(1_000));
        let event = self.event(subject, number, ("customer.registered", json!({"name": format!("Name {number}")})));
        let position = self.send(std::slice::from_ref(&event));
        let (source, subject) = (event["source"].as_str().unwrap(), event["subject"].as_str().unwrap());
        let target = format!("/v1/records/{source}/{}?after={position}", subject.replace(' ', "%20"));
        let record = self.client.send(|client| client.get(&target)).expect_status(200).json();
        self.known.lock().unwrap().push(record["record_id"].as_str().unwrap().to_owned());
    }

    fn register(&mut self) {
        let marker = self.marker("register");
        let body = json!({"kind": "person", "name": marker});
        if let Some(done) = self.command(&marker, |client| client.post("/v1/customers").json(&body)) {
            self.known.lock().unwrap().push(done["record_id"].as_str().unwrap().to_owned());
        }
    }

    /// One of the customers that somebody got to know lately.
    fn someone(&mut self) -> Option<String> {
        let known = self.known.lock().unwrap();
        let recent = known.len().saturating_sub(40);
        self.rng.pick(&known[recent..]).cloned()
    }

    fn edit(&mut self) {
        let Some(id) = self.someone() else { return };
        let marker = self.marker("edit");
        let body = json!({"name": marker, "language": "fi"});
        // Sometimes on what was read before: refused when somebody else was faster.
        let read = self.rng.percent(30).then(|| {
            let response = self.client.send(|client| client.get(&format!("/v1/customers/{id}")));
            response.header("etag").map(str::to_owned)
        });
        self.command(&marker, |client| {
            let request = client.patch(&format!("/v1/customers/{id}")).json(&body);
            match &read {
                Some(Some(etag)) => request.header("if-match", etag),
                _ => request,
            }
        });
    }

    fn merge(&mut self) {
        let (Some(one), Some(other)) = (self.someone(), self.someone()) else { return };
        let marker = self.marker("merge");
        let body = json!({"with": other, "reason": marker, "override": self.rng.percent(50)});
        let done = self.command(&marker, |client| client.post(&format!("/v1/customers/{one}/merge")).json(&body));
        self.decisions.extend(done.and_then(|done| done["decision_id"].as_str().map(str::to_owned)));
    }

    fn split(&mut self) {
        let Some(id) = self.someone() else { return };
        let marker = self.marker("split");
        let response = self.client.send(|client| client.get(&format!("/v1/customers/{id}/records")));
        // Merged away meanwhile: then it is another one's record.
        let customer = if response.status == 307 {
            response.header("location").and_then(|place| place.split('/').nth(3)).unwrap_or_default().to_owned()
        } else {
            id.clone()
        };
        let body = json!({"records": [id], "reason": marker});
        let done = self.command(&marker, |client| client.post(&format!("/v1/customers/{customer}/split")).json(&body));
        self.decisions.extend(done.and_then(|done| done["decision_id"].as_str().map(str::to_owned)));
    }

    fn withdraw(&mut self) {
        let Some(decision) = self.rng.pick(&self.decisions).cloned() else { return };
        let marker = self.marker("withdraw");
        let target = format!("/v1/decisions/{decision}?reason={}", marker.replace(' ', "%20"));
        self.command(&marker, |client| client.delete(&target));
    }

    /// Sends a command under an idempotency key of its own until it is done, which is told, or refused.
    fn command(&mut self, marker: &str, request: impl for<'a> Fn(&'a mut Client) -> Request<'a>) -> Option<Value> {
        self.ledger.commanding(marker);
        let response = self.client.send(|client| request(client).header("idempotency-key", marker));
        let outcome = outcome(&response);
        self.ledger.commanded(marker, outcome);
        matches!(outcome, Outcome::Done(_)).then(|| response.json())
    }
}

fn outcome(response: &Response) -> Outcome {
    match response.status {
        200 | 201 => Outcome::Done(response.json()["position"].as_u64().unwrap()),
        409 | 412 | 422 => Outcome::Refused,
        _ => panic!("{response:?}: {}", response.text()),
    }
}
