//! Who reads what kulta publishes.

use std::collections::BTreeMap;
use std::time::Duration;

use kulta_test_support::http::Client;
use kulta_test_support::process::{Program, Server};
use rdkafka::Message as _;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::Headers as _;
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::{ClientConfig, Offset};
use serde_json::Value;

use super::{PATIENCE, Topic, brokers, wait};
use crate::kit::{Asks, Place, pages, text};

/// A message as it is read.
#[derive(Clone, Debug)]
pub struct Published {
    pub key: String,
    pub value: Option<String>,
    pub headers: BTreeMap<String, String>,
}

impl Published {
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or_else(|| panic!("no {name} in {self:?}"), String::as_str)
    }

    pub fn position(&self) -> u64 {
        self.header("ce_position").parse().unwrap()
    }

    pub fn json(&self) -> Option<Value> {
        self.value.as_ref().map(|value| serde_json::from_str(value).unwrap())
    }
}

/// Reads a topic from its beginning, committed messages only.
pub struct Reader {
    consumer: BaseConsumer,
}

impl Reader {
    /// Waits until the topic is there.
    #[track_caller]
    pub fn of(server: &Server, topic: &str) -> Self {
        Self::at(ClientConfig::new().set("bootstrap.servers", brokers()), server, topic)
    }

    /// On these brokers.
    #[track_caller]
    pub fn at(config: &ClientConfig, server: &Server, topic: &str) -> Self {
        let mut config = config.clone();
        config
            .set("group.id", format!("reader-of-{topic}"))
            .set("enable.auto.commit", "false")
            .set("isolation.level", "read_committed");
        let consumer: BaseConsumer = config.create().unwrap();
        let partitions = wait(server, || {
            // All topics: asking for one by its name may make it.
            let known = consumer.fetch_metadata(None, PATIENCE).map_err(|error| error.to_string())?;
            let found = known.topics().iter().find(|found| found.name() == topic);
            found.map(|found| found.partitions().len()).ok_or_else(|| format!("there is no {topic}"))
        });
        let mut list = TopicPartitionList::new();
        for partition in 0..i32::try_from(partitions).unwrap() {
            list.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
        }
        consumer.assign(&list).unwrap();
        Self { consumer }
    }

    /// What there is now, or comes within a moment.
    pub fn take(&self) -> Vec<Published> {
        let mut taken = Vec::new();
        while let Some(message) = self.consumer.poll(Duration::from_millis(100)) {
            let Ok(message) = message else { continue };
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let headers = message.headers().unwrap().iter();
            let headers = headers.map(|header| (header.key.to_owned(), text(header.value.unwrap()))).collect();
            taken.push(Published { key: text(message.key().unwrap()), value: message.payload().map(text), headers });
        }
        taken
    }
}

/// A follower of golden records, as `docs/kafka.md` says.
pub struct Follower {
    reader: Reader,
    /// Golden records by customer id.
    pub customers: BTreeMap<String, Value>,
    /// Who holds a record, since which position.
    holders: BTreeMap<String, (u64, String)>,
    /// What compaction would leave.
    pub compacted: BTreeMap<String, Published>,
    pub read: usize,
    /// Messages that are older than one that came before under their key.
    pub fell_back: usize,
    /// Messages without a value.
    pub tombstones: usize,
}

impl Follower {
    #[track_caller]
    pub fn of(server: &Server, topic: &str) -> Self {
        Self::by(Reader::of(server, topic))
    }

    /// On these brokers.
    #[track_caller]
    pub fn at(config: &ClientConfig, server: &Server, topic: &str) -> Self {
        Self::by(Reader::at(config, server, topic))
    }

    fn by(reader: Reader) -> Self {
        let (customers, holders) = (BTreeMap::new(), BTreeMap::new());
        Self { reader, customers, holders, compacted: BTreeMap::new(), read: 0, fell_back: 0, tombstones: 0 }
    }

    /// Reads on.
    pub fn read(&mut self) {
        for message in self.reader.take() {
            self.read += 1;
            self.tombstones += usize::from(message.value.is_none());
            let before = self.compacted.insert(message.key.clone(), message.clone());
            self.fell_back += usize::from(before.is_some_and(|before| before.position() > message.position()));
            self.take(message);
        }
    }

    /// What is older than what is held for one of its records is ignored; whoever held one of them does so no more.
    fn take(&mut self, message: Published) {
        let (id, position) = (message.key.clone(), message.position());
        let records: Vec<String> = serde_json::from_str(message.header("ce_records")).unwrap();
        assert_eq!(message.header("ce_subject"), id);
        let value = message.json();
        let is_old = |record: &String| self.holders.get(record).is_some_and(|(held, _)| *held > position);
        if records.iter().any(is_old) {
            return;
        }
        let Some(value) = value else {
            self.customers.remove(&id);
            self.holders.retain(|_, (_, holder)| *holder != id);
            return;
        };
        assert!(value["position"].as_u64().unwrap() <= position, "{value}");
        // What it no longer lists is not its any more.
        self.holders.retain(|record, (_, holder)| *holder != id || records.contains(record));
        for record in records {
            let before = self.holders.insert(record, (position, id.clone()));
            if let Some((_, other)) = before
                && other != id
                && !self.holders.values().any(|(_, holder)| *holder == other)
            {
                self.customers.remove(&other);
            }
        }
        self.customers.insert(id, value);
    }

    /// Reads until it holds exactly the golden records that the node has, with and without compaction.
    #[track_caller]
    pub fn agree(&mut self, server: &Server) {
        let mut http = server.client();
        http.caught_up();
        wait(server, || {
            let golden = golden(&mut http);
            self.read();
            let kept: BTreeMap<_, _> =
                self.compacted.iter().filter_map(|(id, message)| Some((id.clone(), message.json()?))).collect();
            if self.customers == golden && kept == golden {
                return Ok(());
            }
            let ids = |of: &BTreeMap<String, Value>| of.len();
            let differs = golden.iter().find(|(id, value)| self.customers.get(*id) != Some(value));
            let found = differs.map(|(id, _)| (self.customers.get(id), kept.get(id)));
            Err(format!(
                "{} of {} customers, {} when compacted; {differs:?}; {found:?}",
                ids(&self.customers),
                ids(&golden),
                ids(&kept)
            ))
        });
    }
}

/// The golden records by page.
pub fn golden(client: &mut Client) -> BTreeMap<String, Value> {
    let all = pages(client, "/v1/changes?limit=500");
    all.into_iter().map(|customer| (text(&customer, "customer_id").to_owned(), customer)).collect()
}

/// The names of topics that nobody has made yet, and the program that publishes to them.
pub struct Out {
    pub topic: String,
    pub program: Program,
}

/// A node that publishes to a topic of the given setting (`CUSTOMERS`).
pub fn publishing(place: &Place, setting: &str) -> Out {
    publishing_by(place.server(), setting)
}

pub fn publishing_by(program: Program, setting: &str) -> Out {
    let topic = Topic::unused_name();
    let program = program
        .env("KULTA_KAFKA_BROKERS", brokers())
        .env(format!("KULTA_KAFKA_{setting}_TOPIC"), &topic)
        .env("KULTA_KAFKA_PARTITIONS", "3")
        .env("KULTA_KAFKA_GROUP", format!("of-{topic}"));
    Out { topic, program }
}
