//! Kafka to durable and the log to Kafka, on a broker of the bench's own, against clients that only read and count, and only
//! send.
//!
//! `cargo bench --bench kafka`, after `./tests/run.sh --prepare` has fetched Kafka. `KULTA_BENCH_STORE=sqlite|postgres` for one
//! store, `KULTA_BENCH_SIZE=N` for one size instead of 50,000 and 200,000.
#![expect(clippy::expect_used, reason = "a bench stops where it fails")]

use std::time::{Duration, Instant};

use kulta_bench_kit::load::{BATCH, publish};
use kulta_bench_kit::node::{Node, Store};
use kulta_bench_kit::postgres::Postgres;
use kulta_bench_kit::report::{Table, Turns, machine, rounds};
use kulta_bench_kit::{input, size};
use kulta_test_support::broker::Broker;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Header, Headers, OwnedHeaders, OwnedMessage};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};

const PARTITIONS: i32 = 6;
const FOR_EVER: Duration = Duration::from_secs(3_600);
/// How often a number is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// Messages of a transaction, as kulta has them.
const TRANSACTION: usize = 5_000;

#[tokio::main]
async fn main() {
    let server = Postgres::start().await;
    let broker = Broker::start_new();
    println!("{}, PostgreSQL {}, Kafka beside", machine(), server.version().await);
    let sizes = match size("KULTA_BENCH_SIZE", 0) {
        0 => vec![50_000, 200_000],
        one => vec![one],
    };
    let mut table = Table::default();
    for number in sizes {
        let events = input::generated(number, 1);
        for store in Store::wanted() {
            let bench = Bench { server: &server, kafka: Kafka(broker.address()), store, events: &events };
            bench.read(&mut table).await;
            bench.published(&mut table).await;
        }
    }
}

/// What there is to measure with.
struct Bench<'a> {
    server: &'a Postgres,
    kafka: Kafka,
    store: Store,
    events: &'a [String],
}

impl Bench<'_> {
    /// Events that lie in a topic become durable, against reading and counting them, and against HTTP.
    async fn read(&self, table: &mut Table) {
        let (mut counted, mut http) = (Turns::default(), Turns::default());
        let bodies = input::batches(self.events, 1_000);
        for round in 0..rounds() {
            let topic = format!("in-{}-{}-{round}", self.store.name(), self.events.len());
            self.kafka.make(&topic).await;
            self.kafka.fill(&topic, self.events);
            let yardstick = self.kafka.count(&topic, self.events.len());
            let node = Node::start(env!("CARGO_BIN_EXE_kulta"), self.store, self.server).await;
            let node = node.again(&[
                ("KULTA_KAFKA_BROKERS", &self.kafka.0),
                ("KULTA_KAFKA_TOPICS", &topic),
                ("KULTA_KAFKA_GROUP", &topic),
            ]);
            let rate = rate(self.events.len(), || node.metric("kulta_events_total{door=\"kafka\""));
            node.stop().await;
            let node = Node::start(env!("CARGO_BIN_EXE_kulta"), self.store, self.server).await;
            let clients = usize::try_from(size("KULTA_BENCH_CLIENTS", 2)).unwrap_or(2);
            let by_http = publish(node.server.addr(), BATCH, &bodies, clients, FOR_EVER).rate();
            node.stop().await;
            counted.add(rate, yardstick);
            http.add(rate, by_http);
        }
        let what = format!("Kafka to durable, {}, {} events", self.store.name(), self.events.len());
        table.ratio(&format!("{what}, beside reading and counting"), &counted, 0.0, 0.8, "events");
        table.ratio(&format!("{what}, beside batch ingest over HTTP"), &http, 0.3, 0.8, "events");
    }

    /// The log goes to a topic, against sending the same messages from memory.
    async fn published(&self, table: &mut Table) {
        let mut turns = Turns::default();
        let bodies = input::batches(self.events, 1_000);
        for round in 0..rounds() {
            let topic = format!("out-{}-{}-{round}", self.store.name(), self.events.len());
            let node = Node::start(env!("CARGO_BIN_EXE_kulta"), self.store, self.server).await;
            publish(node.server.addr(), BATCH, &bodies, 2, FOR_EVER);
            node.catch_up();
            let (head, _) = node.standing();
            let node = node.again(&[
                ("KULTA_KAFKA_BROKERS", &self.kafka.0),
                ("KULTA_KAFKA_EVENTS_TOPIC", &topic),
                ("KULTA_KAFKA_GROUP", &topic),
            ]);
            let head = usize::try_from(head).unwrap_or(usize::MAX);
            let rate = rate(head, || node.metric("kulta_kafka_published_total"));
            node.stop().await;
            let messages = self.kafka.take(&topic, head);
            let again = format!("{topic}-again");
            self.kafka.make(&again).await;
            turns.add(rate, self.kafka.send(&again, &messages));
        }
        let what = format!("log to Kafka, {}, {} events", self.store.name(), self.events.len());
        table.ratio(&what, &turns, 0.0, 0.8, "beside sending the same messages from memory");
    }
}

/// How fast a number rises from its first look above zero until it is complete.
fn rate(until: usize, mut look: impl FnMut() -> f64) -> f64 {
    let wait = || std::thread::park_timeout(LOOK);
    let (first, began) = loop {
        let seen = look();
        if seen > 0.0 {
            break (seen, Instant::now());
        }
        wait();
    };
    let all = until as f64;
    while look() < all {
        wait();
        assert!(began.elapsed() < FOR_EVER, "it never ends");
    }
    (all - first).max(1.0) / began.elapsed().as_secs_f64()
}

/// A broker, by its address.
struct Kafka(String);

impl Kafka {
    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.0);
        config
    }

    async fn make(&self, topic: &str) {
        let admin: AdminClient<DefaultClientContext> = self.config().create().expect("an admin client");
        let new = NewTopic::new(topic, PARTITIONS, TopicReplication::Fixed(1));
        let made = admin.create_topics(&[new], &AdminOptions::new()).await.expect("an answer of the broker");
        made.into_iter().collect::<Result<Vec<_>, _>>().expect("a new topic");
    }

    /// Events as messages in structured mode, spread over the partitions.
    fn fill(&self, topic: &str, events: &[String]) {
        let producer: BaseProducer = self.config().create().expect("a producer");
        for (number, event) in events.iter().enumerate() {
            let partition = i32::try_from(number).unwrap_or(0) % PARTITIONS;
            let headers =
                OwnedHeaders::new().insert(Header { key: "content-type", value: Some("application/cloudevents+json") });
            queue(&producer, BaseRecord::<str, str>::to(topic).partition(partition).payload(event).headers(headers));
        }
        producer.flush(FOR_EVER).expect("all is delivered");
    }

    fn consumer(&self, topic: &str) -> BaseConsumer {
        let mut config = self.config();
        config.set("group.id", "counts").set("isolation.level", "read_committed").set("enable.auto.commit", "false");
        config.set("queued.max.messages.kbytes", "16384").set("fetch.queue.backoff.ms", "50");
        let consumer: BaseConsumer = config.create().expect("a consumer");
        let mut list = TopicPartitionList::new();
        for partition in 0..PARTITIONS {
            list.add_partition_offset(topic, partition, Offset::Beginning).expect("a partition");
        }
        consumer.assign(&list).expect("partitions");
        consumer
    }

    /// Reads and counts: messages a second.
    fn count(&self, topic: &str, number: usize) -> f64 {
        let began = Instant::now();
        let (consumer, mut counted) = (self.consumer(topic), 0);
        while counted < number {
            counted += usize::from(consumer.poll(Duration::from_millis(100)).is_some_and(|message| message.is_ok()));
        }
        number as f64 / began.elapsed().as_secs_f64()
    }

    /// The messages of a topic.
    fn take(&self, topic: &str, number: usize) -> Vec<OwnedMessage> {
        let consumer = self.consumer(topic);
        let mut taken = Vec::with_capacity(number);
        while taken.len() < number {
            taken.extend(consumer.poll(Duration::from_millis(100)).and_then(Result::ok).map(|found| found.detach()));
        }
        taken
    }

    /// Sends messages from memory with a producer like kulta's, in transactions of as many: messages a second.
    fn send(&self, topic: &str, messages: &[OwnedMessage]) -> f64 {
        let mut config = self.config();
        config.set("transactional.id", topic).set("compression.type", "lz4").set("partitioner", "murmur2_random");
        let producer: BaseProducer = config.create().expect("a producer");
        producer.init_transactions(FOR_EVER).expect("transactions");
        let began = Instant::now();
        for some in messages.chunks(TRANSACTION) {
            producer.begin_transaction().expect("a transaction");
            for message in some {
                let mut headers = OwnedHeaders::new();
                for header in message.headers().into_iter().flat_map(Headers::iter) {
                    headers = headers.insert(header);
                }
                let mut record = BaseRecord::<[u8], [u8]>::to(topic).headers(headers);
                (record.key, record.payload) = (message.key(), message.payload());
                queue(&producer, record);
            }
            producer.commit_transaction(FOR_EVER).expect("a transaction is committed");
        }
        messages.len() as f64 / began.elapsed().as_secs_f64()
    }
}

/// Hands a message to the library, which may have to make room.
fn queue<K, P>(producer: &BaseProducer, mut record: BaseRecord<'_, K, P>)
where
    K: rdkafka::message::ToBytes + ?Sized,
    P: rdkafka::message::ToBytes + ?Sized,
{
    while let Err((_, back)) = producer.send(record) {
        producer.poll(Duration::from_millis(10));
        record = back;
    }
}
