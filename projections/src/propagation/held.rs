//! What subscribers acknowledged, and what did not get to them.

use std::collections::{BTreeMap, HashMap};

use kulta_events::{Instant, Json, RecordId, Recorded};
use uuid::Uuid;

use super::subscriber::{Definitions, Subscriber, subscribers, whole};

/// What one subscriber acknowledged. There is at most one number for each record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// It holds every customer as it stood at this position.
    pub everything: u64,
    customers: HashMap<RecordId, u64>,
}

impl Held {
    /// Takes in an acknowledgement. What is older than what is known says nothing.
    pub fn acknowledge(&mut self, everything: Option<u64>, customers: impl IntoIterator<Item = (RecordId, u64)>) {
        if let Some(everything) = everything.filter(|position| *position > self.everything) {
            self.everything = everything;
            self.customers.retain(|_, position| *position > everything);
        }
        for (record, position) in customers {
            if position > self.everything {
                let known = self.customers.entry(record).or_default();
                *known = position.max(*known);
            }
        }
    }

    /// As of which position it holds the customer of these records, or less than `base`.
    fn of(&self, records: &[RecordId]) -> u64 {
        let known = records.iter().filter_map(|record| self.customers.get(record)).copied().max();
        known.unwrap_or(0).max(self.everything)
    }
}

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// A customer.
    Customer(RecordId),
    /// A request of the outbox.
    Message(Uuid),
}

/// That a message did not get there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// The place in the log of the event that says so.
    pub told: u64,
    /// The position of the customer that it told of; 0 for requests of the outbox.
    pub position: u64,
    /// How often it was tried.
    pub attempt: u64,
    /// When it is tried again; `None`: never.
    pub retry_at: Option<Instant>,
    /// Why, in a word.
    pub reason_code: Box<str>,
}

/// What is known of one subscriber's copies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What it acknowledged.
    pub held: Held,
    /// What did not get to it.
    pub misses: BTreeMap<About, Miss>,
}

/// Subscribers, and what they hold, in whatever order their streams are read.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    definitions: Definitions,
    subscribers: BTreeMap<Box<str>, Subscriber>,
    standings: HashMap<Box<str>, Standing>,
}

/// The record that a text names.
fn record(data: &Json, name: &str) -> Option<RecordId> {
    data.get(name)?.as_str()?.parse().ok().map(RecordId)
}

impl Ledger {
    /// Takes in an event; those of other types say nothing, nor do those that are known.
    pub fn tell(&mut self, event: &Recorded) {
        let data = &event.payload.data;
        let Some(name) = data.get("subscriber").and_then(Json::as_str) else { return };
        match event.type_name.as_str() {
            "subscriber.registered" => self.registered(event),
            "subscriber.acknowledged" => self.acknowledged(name, data),
            "subscriber.missed" => self.missed(name, event),
            _ => {}
        }
    }

    fn registered(&mut self, event: &Recorded) {
        if self.definitions.tell(event) {
            self.subscribers = subscribers(&self.definitions);
        }
    }

    fn acknowledged(&mut self, name: &str, data: &Json) {
        let items = match data.get("customers") {
            Some(Json::Array(items)) => items.as_slice(),
            _ => &[],
        };
        let customers = items.iter().filter_map(|item| Some((record(item, "customer")?, whole(item, "position")?)));
        let standing = self.standings.entry(name.into()).or_default();
        standing.held.acknowledge(whole(data, "position"), customers);
        let held = &standing.held;
        standing.misses.retain(|about, miss| !is_settled(held, *about, miss));
    }

    fn missed(&mut self, name: &str, event: &Recorded) {
        let data = &event.payload.data;
        let customer = record(data, "customer").map(About::Customer);
        let Some(about) = customer.or_else(|| record(data, "message").map(|id| About::Message(id.0))) else { return };
        let miss = Miss {
            told: event.position,
            position: whole(data, "position").unwrap_or(0),
            attempt: whole(data, "attempt").unwrap_or(1),
            retry_at: data.get("retry_at").and_then(Json::as_str).and_then(|at| Instant::parse(at).ok()),
            reason_code: data.get("reason_code").and_then(Json::as_str).unwrap_or_default().into(),
        };
        let standing = self.standings.entry(name.into()).or_default();
        let is_news = standing.misses.get(&about).is_none_or(|known| known.told < miss.told);
        if is_news && !is_settled(&standing.held, about, &miss) {
            standing.misses.insert(about, miss);
        }
    }

    /// Forgets that a request of the outbox did not get there: it did, or will not.
    pub fn settle(&mut self, message: Uuid) {
        for standing in self.standings.values_mut() {
            standing.misses.remove(&About::Message(message));
        }
    }

    /// All subscribers, by id; the disabled ones too.
    pub fn subscribers(&self) -> &BTreeMap<Box<str>, Subscriber> {
        &self.subscribers
    }

    /// What is known of a subscriber's copies; `None`: it never said anything.
    pub fn standing(&self, subscriber: &str) -> Option<&Standing> {
        self.standings.get(subscriber)
    }

    /// As of which position a subscriber holds the customer of these records.
    pub fn held(&self, subscriber: &Subscriber, records: &[RecordId]) -> u64 {
        let standing = self.standing(&subscriber.version.subscriber);
        standing.map_or(0, |standing| standing.held.of(records)).max(subscriber.base)
    }

    /// Up to which position a subscriber holds everything.
    pub fn everything(&self, subscriber: &Subscriber) -> u64 {
        self.held(subscriber, &[])
    }

    /// Up to which position every subscriber that is enabled holds everything; `None`: there is none.
    pub fn floor(&self) -> Option<u64> {
        let enabled = self.subscribers.values().filter(|subscriber| subscriber.version.enabled);
        enabled.map(|subscriber| self.everything(subscriber)).min()
    }
}

/// Whether what did not get there is known to the subscriber by now.
fn is_settled(held: &Held, about: About, miss: &Miss) -> bool {
    match about {
        About::Customer(record) => held.of(&[record]) >= miss.position,
        About::Message(_) => false,
    }
}
