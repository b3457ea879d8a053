//! What a node counts, in Prometheus' terms. Labels hold no personal data and only values from closed lists.

mod archive;
mod projections;
mod steps;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

pub use archive::Archive;
pub use projections::{Observed, Projections};
pub use steps::Steps;

use crate::intake::Published;

/// A request, as far as it is counted.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct RequestLabels {
    /// The pattern of the address, `none` when there is no such address.
    pub route: Route,
    /// The method.
    pub method: &'static str,
    /// The status of the answer.
    pub status: u16,
}

/// A request's route and method.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    route: Route,
    method: &'static str,
}

/// The pattern of an address, shared: there are few.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub struct Route(pub std::sync::Arc<str>);

impl EncodeLabelValue for Route {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        EncodeLabelValue::encode(&&*self.0, encoder)
    }
}

/// The door that events came through and what became of them.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct VerdictLabels {
    door: &'static str,
    verdict: &'static str,
}

/// A partition of a topic.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct PartitionLabels {
    topic: String,
    partition: i32,
}

/// A topic that is published to.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct TopicLabels {
    topic: String,
}

impl TopicLabels {
    fn of(topic: &str) -> Self {
        Self { topic: topic.to_owned() }
    }
}

/// A system that holds copies of customers.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct SubscriberLabels {
    subscriber: String,
}

/// What became of messages to a subscriber.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct DeliveryLabels {
    subscriber: String,
    outcome: &'static str,
}

/// What is counted of subscribers. A clone counts into the same numbers.
#[derive(Clone, Debug, Default)]
pub struct Deliveries {
    messages: Family<DeliveryLabels, Counter>,
    behind: Family<SubscriberLabels, Gauge<u64, AtomicU64>>,
    oldest: Family<SubscriberLabels, Gauge<u64, AtomicU64>>,
}

impl Deliveries {
    fn register(&self, kulta: &mut Registry) {
        let help = "Messages to webhooks that arrived, and that did not";
        kulta.register("webhook_messages", help, self.messages.clone());
        let help = "Customers that a subscriber holds as they were";
        kulta.register("subscriber_behind", help, self.behind.clone());
        let help = "Age of the oldest change that a subscriber does not hold";
        kulta.register_with_unit("subscriber_oldest", help, Unit::Seconds, self.oldest.clone());
    }

    /// Counts messages.
    pub fn counted(&self, subscriber: &str, arrived: u64, missed: u64) {
        for (outcome, count) in [("arrived", arrived), ("missed", missed)] {
            if count > 0 {
                let labels = DeliveryLabels { subscriber: subscriber.to_owned(), outcome };
                self.messages.get_or_create(&labels).inc_by(count);
            }
        }
    }

    /// Sets who is how far behind: subscriber, customers, age of the oldest change in seconds.
    pub fn observe(&self, behind: Vec<(String, u64, u64)>) {
        self.behind.clear();
        self.oldest.clear();
        for (subscriber, customers, seconds) in behind {
            let labels = SubscriberLabels { subscriber };
            self.behind.get_or_create(&labels).set(customers);
            self.oldest.get_or_create(&labels).set(seconds);
        }
    }
}

/// What is counted while Kafka is read and published to.
#[derive(Debug, Default)]
pub struct Kafka {
    lag: Family<PartitionLabels, Gauge<u64, AtomicU64>>,
    assigned: Counter,
    retried: Counter,
    moved: Counter,
    published: Family<TopicLabels, Counter>,
    left_out: Family<TopicLabels, Counter>,
    out_lag: Family<TopicLabels, Gauge<u64, AtomicU64>>,
    out_retried: Family<TopicLabels, Counter>,
    /// Up to which position topics are published by this node.
    out_reached: Mutex<BTreeMap<String, u64>>,
}

impl Kafka {
    fn register(&self, kulta: &mut Registry) {
        let help = "Messages of a partition of this node that are not stored yet";
        kulta.register("kafka_lag", help, self.lag.clone());
        kulta.register("kafka_assignments", "Partitions that this node was given to read", self.assigned.clone());
        let help = "Batches from Kafka that the log did not take and that were tried again";
        kulta.register("kafka_retries", help, self.retried.clone());
        let help = "Batches from Kafka that were dropped because another node had stored them";
        kulta.register("kafka_moved", help, self.moved.clone());
        let help = "Messages that this node published";
        kulta.register("kafka_published", help, self.published.clone());
        let help = "Messages that were larger than the brokers take and went out without their value";
        kulta.register("kafka_out_left_out", help, self.left_out.clone());
        let help = "Positions of the log that are not published to a topic of this node yet";
        kulta.register("kafka_out_lag", help, self.out_lag.clone());
        let help = "How often publishing to a topic failed and was tried again";
        kulta.register("kafka_out_retries", help, self.out_retried.clone());
    }

    /// Sets how much of a partition is not stored yet.
    pub fn lag(&self, topic: &str, partition: i32, lag: u64) {
        self.lag.get_or_create(&PartitionLabels { topic: topic.to_owned(), partition }).set(lag);
    }

    /// Counts a partition that was given to this node.
    pub fn assigned(&self) {
        self.assigned.inc();
    }

    /// Forgets the lag of a partition that was taken from this node.
    pub fn revoked(&self, topic: &str, partition: i32) {
        self.lag.remove(&PartitionLabels { topic: topic.to_owned(), partition });
    }

    /// Counts a batch that the log did not take.
    pub fn retried(&self) {
        self.retried.inc();
    }

    /// Counts messages that the brokers have taken, and those of them without the value that was too large.
    pub fn out_published(&self, topic: &str, messages: u64, left_out: u64) {
        self.published.get_or_create(&TopicLabels::of(topic)).inc_by(messages);
        if left_out > 0 {
            self.left_out.get_or_create(&TopicLabels::of(topic)).inc_by(left_out);
        }
    }

    /// Notes up to which position of the log a topic is published by this node.
    pub fn out_reached(&self, topic: &str, position: u64) {
        self.reached().insert(topic.to_owned(), position);
    }

    /// Forgets a topic that another node publishes to.
    pub fn out_released(&self, topic: &str) {
        self.reached().remove(topic);
        self.out_lag.remove(&TopicLabels::of(topic));
    }

    /// Sets how many positions of the log are not published yet.
    fn observe(&self, head: u64) {
        for (topic, reached) in &*self.reached() {
            self.out_lag.get_or_create(&TopicLabels::of(topic)).set(head.saturating_sub(*reached));
        }
    }

    fn reached(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.out_reached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a try to publish that failed.
    pub fn out_retried(&self, topic: &str) {
        self.out_retried.get_or_create(&TopicLabels::of(topic)).inc();
    }

    /// Counts a batch that another node had stored.
    pub fn moved(&self) {
        self.moved.inc();
    }
}

/// The numbers of a node.
#[derive(Debug)]
pub struct Metrics {
    /// What is counted while Kafka is read.
    pub kafka: Kafka,
    /// What is counted of subscribers.
    pub deliveries: Deliveries,
    /// What is counted of the node's archive.
    pub archive: Archive,
    /// What is counted of steps that nodes share.
    pub steps: Steps,
    /// How far its projections are.
    pub projections: Projections,
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram>,
    in_work: Gauge,
    events: Family<VerdictLabels, Counter>,
    head: Gauge<u64, AtomicU64>,
    open_letters: Gauge<u64, AtomicU64>,
    matched: Gauge<u64, AtomicU64>,
    questions: Gauge<u64, AtomicU64>,
    memory: Gauge<u64, AtomicU64>,
}

/// A request in work.
#[derive(Debug)]
pub struct InWork(Gauge);

impl Drop for InWork {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let mut kulta = registry.sub_registry_with_prefix("kulta");
        let kulta = &mut kulta;
        let requests = Family::default();
        kulta.register("http_requests", "Answered requests", requests.clone());
        // 0.25 ms to 8 s.
        let buckets = || Histogram::new(exponential_buckets(0.000_25, 2.0, 16));
        let durations = Family::new_with_constructor(buckets as fn() -> Histogram);
        let help = "Time from a request's headers to its answer's";
        kulta.register_with_unit("http_request_duration", help, Unit::Seconds, durations.clone());
        let in_work = Gauge::default();
        kulta.register("http_requests_in_work", "Requests that are being answered", in_work.clone());
        let events = Family::default();
        kulta.register("events", "Events by door and verdict", events.clone());
        let (head, open_letters, memory) = (Gauge::default(), Gauge::default(), Gauge::default());
        let (matched, questions) = (Gauge::default(), Gauge::default());
        kulta.register("log_head", "Last position of the log", head.clone());
        kulta.register("dead_letters_open", "Dead letters that wait for a person", open_letters.clone());
        let help = "Memory of the process that is in use";
        kulta.register_with_unit("process_resident_memory", help, Unit::Bytes, memory.clone());
        kulta.register("matching_records", "Records that matching holds in memory", matched.clone());
        kulta.register("reviews_open", "Questions that wait for a steward", questions.clone());
        let kafka = Kafka::default();
        kafka.register(kulta);
        let deliveries = Deliveries::default();
        deliveries.register(kulta);
        let archive = Archive::default();
        archive.register(kulta);
        let steps = Steps::default();
        steps.register(kulta);
        let projections = Projections::default();
        projections.register(kulta);
        Self {
            kafka,
            deliveries,
            archive,
            steps,
            projections,
            registry,
            requests,
            durations,
            in_work,
            events,
            head,
            open_letters,
            matched,
            questions,
            memory,
        }
    }
}

impl Metrics {
    /// Notes that a request is in work until the guard is dropped, be it answered or given up.
    pub fn in_work(&self) -> InWork {
        self.in_work.inc();
        InWork(self.in_work.clone())
    }

    /// Counts a request.
    pub fn request(&self, labels: RequestLabels, took: Duration) {
        let of_route = RouteLabels { route: labels.route.clone(), method: labels.method };
        self.durations.get_or_create(&of_route).observe(took.as_secs_f64());
        self.requests.get_or_create(&labels).inc();
    }

    /// Counts the events of a batch.
    pub fn published(&self, door: &'static str, published: &Published) {
        let verdicts = ["accepted", "duplicate", "conflict", "rejected"];
        for (verdict, count) in verdicts.into_iter().zip(published.counts()) {
            if count > 0 {
                self.events.get_or_create(&VerdictLabels { door, verdict }).inc_by(count);
            }
        }
    }

    /// Sets what is looked up when somebody asks. `matching`: records and questions, once they are loaded.
    pub fn observe(&self, head: u64, open_letters: Option<u64>, matching: Option<(usize, usize)>) {
        self.head.set(head);
        self.kafka.observe(head);
        if let Some(count) = open_letters {
            self.open_letters.set(count);
        }
        if let Some((records, questions)) = matching {
            self.matched.set(records as u64);
            self.questions.set(questions as u64);
        }
        if let Some(bytes) = resident_bytes() {
            self.memory.set(bytes);
        }
    }

    /// All numbers in the OpenMetrics text format.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String does not fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }
}

/// The memory that this process holds, in bytes, where the system tells.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests;
