//! Who writes and then reads with `?after=` the position of the answer sees what it wrote, under load, every time.
//!
//! `KULTA_OWN_WRITES` sets the number of tries.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use kulta_test_support::http::Client;
use kulta_test_support::pg;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::load::{Deployment, setting};

const CLIENTS: u64 = 24;
const WRITERS: u64 = 2;
/// Events of one request of a background writer.
const BATCH: u64 = 20;
/// What the background writers may keep up, so that they load the node and do not drown it.
const EVENTS_PER_S: u64 = 600;
/// Subjects of one client: some reads are of a record that is new, most of one that has a history.
const SUBJECTS: u64 = 20;

fn event(source: &str, subject: &str, id: &str, second: u64, (type_name, data): (&str, Value)) -> Value {
    let (hour, minute) = (second / 3_600 % 24, second / 60 % 60);
    json!({
        "specversion": "1.0", "id": id, "source": source, "type": type_name, "subject": subject,
        "time": format!("2025-03-{:02}T{hour:02}:{minute:02}:{:02}Z", 1 + second / 86_400 % 28, second % 60),
        "data": data,
    })
}

/// Publishes; the position to wait for.
fn publish(client: &mut Client, events: &[Value]) -> u64 {
    let request = client.post("/v1/events").body("application/cloudevents-batch+json", json!(events).to_string());
    let answer = request.send().expect_status(200).json();
    let accepted = answer["results"].as_array().unwrap().iter().all(|result| result["status"] == "accepted");
    assert!(accepted, "{answer}");
    answer["position"].as_u64().unwrap()
}

/// One try: an edit and a purchase, then golden record and timeline.
fn write_and_read(client: &mut Client, name: u64, turn: u64) {
    let subject = format!("{name}-{}", turn % SUBJECTS);
    let value = format!("Name {turn}");
    let edit = ("customer.contact_edited", json!({"name": value}));
    let events = [
        event("crm", &subject, &format!("{name}/{turn}"), turn, edit),
        event(
            "crm",
            &subject,
            &format!("{name}/{turn}/p"),
            turn,
            ("purchase.made", json!({"amount": "1.00", "currency": "EUR"})),
        ),
    ];
    let position = publish(client, &events);
    let record = client.get(&format!("/v1/records/crm/{subject}?after={position}")).send().expect_status(200).json();
    let id = record["customer_id"].as_str().unwrap();
    let golden = client.get(&format!("/v1/customers/{id}?after={position}")).send().expect_status(200).json();
    assert_eq!(golden["fields"]["name"]["value"], json!(value), "stale at {position}: {golden}");
    let timeline = client.get(&format!("/v1/customers/{id}/timeline?after={position}&limit=2")).send();
    let timeline = timeline.expect_status(200).json();
    for (entry, event) in timeline["items"].as_array().unwrap().iter().zip(events.iter().rev()) {
        assert_eq!(entry["id"], event["id"], "stale at {position}: {timeline}");
    }
    assert_eq!(timeline["items"].as_array().unwrap().len(), 2, "{timeline}");
}

/// Writes purchases and edits of other customers at a steady pace, until told to stop; how many.
fn write_on(mut client: Client, name: u64, started: Instant, stop: &Receiver<()>) -> u64 {
    let mut written = 0;
    loop {
        let of = |number: u64| {
            let data = match number % 4 {
                0 => ("customer.contact_edited", json!({"name": format!("Name {number}")})),
                _ => ("purchase.made", json!({"amount": "9.50", "currency": "EUR"})),
            };
            event("erp", &format!("{}", number % 5_000), &format!("{name}/{number}"), number, data)
        };
        publish(&mut client, &(written..written + BATCH).map(of).collect::<Vec<_>>());
        written += BATCH;
        let ahead = Duration::from_millis(written * 1_000 * WRITERS / EVENTS_PER_S).saturating_sub(started.elapsed());
        if stop.recv_timeout(ahead) != Err(RecvTimeoutError::Timeout) {
            return written;
        }
    }
}

fn read_own_writes(deployment: &Deployment, tries: u64) {
    let server = deployment.serve();
    let (started, next) = (Instant::now(), AtomicU64::new(0));
    let start = |name| {
        let (client, (stop, stopped)) = (deployment.client(&server), channel());
        (stop, std::thread::spawn(move || write_on(client, name, started, &stopped)))
    };
    let writers: Vec<_> = (0..WRITERS).map(start).collect();
    std::thread::scope(|scope| {
        for name in 0..CLIENTS {
            let mut client = deployment.client(&server);
            let next = &next;
            scope.spawn(move || {
                let turns = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
                for turn in turns.take_while(|turn| *turn < tries) {
                    write_and_read(&mut client, name, turn);
                }
            });
        }
    });
    let elapsed = started.elapsed();
    let finish = |(stop, writer): (_, std::thread::JoinHandle<u64>)| {
        drop::<std::sync::mpsc::Sender<()>>(stop);
        writer.join().unwrap()
    };
    let written: u64 = writers.into_iter().map(finish).sum();
    assert!(written > 0, "there was no load");
    eprintln!("{tries} tries in {elapsed:.1?} beside {written} events of others, 0 stale");
    deployment.verify(server);
}

#[test]
fn own_writes_are_seen_on_sqlite() {
    read_own_writes(&Deployment::sqlite(), setting("KULTA_OWN_WRITES", 10_000));
}

#[test]
fn own_writes_are_seen_on_postgresql() {
    let database = Runtime::new().unwrap().block_on(pg::database());
    read_own_writes(&Deployment::postgres(database.url()), setting("KULTA_OWN_WRITES", 2_000));
}
