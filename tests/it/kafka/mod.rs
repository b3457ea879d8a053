//! Events from Kafka and to it, against the broker that `tests/run.sh` brings up. A broker named in `KULTA_TEST_KAFKA` must allow
//! sessions of a second (`group.min.session.timeout.ms`) and messages of 24 MiB (`message.max.bytes`).

mod away;
mod customers;
mod events;
mod example;
mod follow;
mod group;
mod nodes;
mod once;
mod outage;
mod oversized;
mod poison;
mod scores;
mod storm;
mod tls;

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use kulta_test_support::http::Client;
use kulta_test_support::process::{Program, Server};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use serde_json::{Value, json};

use crate::kit::{Place, block_on, event};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// A message: headers and value.
#[derive(Clone, Debug)]
struct Message {
    headers: Vec<(String, Vec<u8>)>,
    value: Option<Vec<u8>>,
}

impl Message {
    /// An event in structured mode.
    fn structured(event: &Value) -> Self {
        Self::raw(event.to_string())
    }

    /// What claims to be an event in structured mode.
    fn raw(value: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), b"application/cloudevents+json".to_vec())];
        Self { headers, value: Some(value.into()) }
    }

    /// An event in binary mode.
    fn binary(event: &Value) -> Self {
        let members = event.as_object().unwrap().iter().filter(|(name, _)| *name != "data");
        let headers = members.map(|(name, value)| (format!("ce_{name}"), value.as_str().unwrap().as_bytes().to_vec()));
        let content_type = ("content-type".to_owned(), b"application/json".to_vec());
        Self { headers: headers.chain([content_type]).collect(), value: Some(event["data"].to_string().into_bytes()) }
    }
}

/// What `tests/run.sh` tells of the broker.
fn told(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set: these tests need Apache Kafka, run ./tests/run.sh"))
}

fn brokers() -> String {
    told("KULTA_TEST_KAFKA")
}

fn client(brokers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers).set("message.max.bytes", "25165824");
    config
}

fn make_topic(brokers: &str, name: &str, partitions: usize, settings: &[(&str, &str)]) {
    let admin: AdminClient<DefaultClientContext> = client(brokers).create().unwrap();
    let topic = NewTopic::new(name, i32::try_from(partitions).unwrap(), TopicReplication::Fixed(1));
    let topic = settings.iter().fold(topic, |topic, (key, value)| topic.set(key, value));
    let options = AdminOptions::new().operation_timeout(Some(PATIENCE));
    let made = block_on(admin.create_topics(&[topic], &options)).unwrap();
    made.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
}

/// A topic of a test's own, which stays behind: the broker goes when the tests have run.
struct Topic {
    name: String,
    brokers: String,
    producer: BaseProducer,
    /// Messages sent to each partition.
    sent: Vec<i64>,
}

impl Topic {
    fn new(partitions: usize) -> Self {
        Self::named(Self::unused_name(), partitions)
    }

    fn unused_name() -> String {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        format!("kulta.test-{}_{made}-{:016x}", std::process::id(), RandomState::new().hash_one(made))
    }

    fn named(name: String, partitions: usize) -> Self {
        Self::at(brokers(), name, partitions)
    }

    /// On these brokers.
    fn at(brokers: String, name: String, partitions: usize) -> Self {
        make_topic(&brokers, &name, partitions, &[]);
        // Each topic is packed in another way.
        let packed = ["none", "gzip", "snappy", "lz4", "zstd"][name.bytes().map(usize::from).sum::<usize>() % 5];
        let producer = client(&brokers).set("compression.type", packed).create().unwrap();
        Self { name, brokers, producer, sent: vec![0; partitions] }
    }

    /// Queues a message; [`Topic::flush`] makes sure that it is there.
    fn send(&mut self, partition: usize, message: &Message) {
        let mut headers = OwnedHeaders::new();
        for (key, value) in &message.headers {
            headers = headers.insert(Header { key, value: Some(value) });
        }
        let mut record = BaseRecord::<(), [u8]>::to(&self.name).partition(i32::try_from(partition).unwrap());
        record.payload = message.value.as_deref();
        record = record.headers(headers);
        while let Err((error, back)) = self.producer.send(record) {
            assert_eq!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull));
            self.producer.poll(Duration::from_millis(10));
            record = back;
        }
        self.sent[partition] += 1;
    }

    fn flush(&self) {
        self.producer.flush(PATIENCE).unwrap();
    }

    /// The program, told to read this topic.
    fn read_by(&self, place: &Place) -> Program {
        self.told_to(place.server())
    }

    fn told_to(&self, program: Program) -> Program {
        program
            .env("KULTA_KAFKA_BROKERS", &self.brokers)
            .env("KULTA_KAFKA_TOPICS", &self.name)
            .env("KULTA_KAFKA_GROUP", format!("of-{}", self.name))
            .env("KULTA_KAFKA_SESSION_TIMEOUT", "1s")
    }

    /// Where the log stands in each partition.
    fn cursors(&self, place: &Place) -> Vec<i64> {
        let cursor = |partition| {
            let name = format!("kafka/{}/{partition}", self.name);
            let found = place.texts(&format!("SELECT value FROM cursor WHERE name = '{name}'"));
            found.first().map_or(0, |text| text.parse().unwrap())
        };
        (0..self.sent.len()).map(cursor).collect()
    }

    /// Waits until the log has all that was sent.
    #[track_caller]
    fn all_read(&self, place: &Place, server: &Server) {
        wait(server, || {
            let cursors = self.cursors(place);
            if cursors == self.sent { Ok(()) } else { Err(format!("{cursors:?} of {:?}", self.sent)) }
        });
    }
}

/// Waits for a condition; what went wrong is told with what the server said.
#[track_caller]
fn wait<T>(server: &Server, mut look: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match look() {
            Ok(value) => return value,
            Err(seen) => assert!(Instant::now() < deadline, "last seen: {seen}\n{}", server.stderr()),
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// A number of the node; `None` while it has none of this name.
fn metric(client: &mut Client, name: &str) -> Option<f64> {
    let text = client.get("/metrics").send().expect_status(200).text();
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

/// A purchase of its own id.
fn purchase(number: usize) -> Message {
    let (subject, id) = (format!("c-{}", number % 90), format!("e-{number}"));
    let data = json!({"amount": "1", "currency": "EUR"});
    Message::structured(&event("erp", &subject, &id, "2025-06-01T10:00:00Z", "purchase.made", data))
}

/// The number of events from Kafka that came to this.
fn counted(verdict: &str) -> String {
    format!("kulta_events_total{{door=\"kafka\",verdict=\"{verdict}\"}}")
}

/// The ids of the events in the log that came from this source, each of which stands there once.
#[track_caller]
fn ids(log: &[Value], source: &str) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for event in log.iter().filter(|event| event["source"] == source) {
        assert!(ids.insert(event["id"].as_str().unwrap().to_owned()), "doubled: {event}");
    }
    ids
}
