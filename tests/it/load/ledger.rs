//! What was sent, and what was told about it.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::Rng;

/// The identity of a fact.
pub type Name = (String, String);

/// An event that was sent, and where it was told to stand.
#[derive(Clone, Debug)]
pub struct Sent {
    pub event: Value,
    pub position: Option<u64>,
}

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was told yet.
    Open,
    /// Done; the position to wait for.
    Done(u64),
    /// Refused: nothing happened.
    Refused,
}

impl Outcome {
    pub fn is_refused(self) -> bool {
        self == Self::Refused
    }
}

#[derive(Debug, Default)]
pub struct Account {
    pub facts: HashMap<Name, Sent>,
    /// The names in the order in which they were sent.
    pub order: Vec<Name>,
    /// By the text that marks the command's event.
    pub commands: HashMap<String, Outcome>,
    /// Events answered as duplicates, and as conflicts.
    pub duplicates: u64,
    pub conflicts: u64,
    /// Events and commands that are known to be durable.
    pub acknowledged: u64,
}

#[derive(Debug, Default)]
pub struct Ledger {
    account: Mutex<Account>,
    told: Condvar,
}

pub fn name_of(event: &Value) -> Name {
    let text = |member: &str| event[member].as_str().unwrap_or_else(|| panic!("no {member} in {event}")).to_owned();
    (text("source"), text("id"))
}

impl Ledger {
    /// Notes events that are about to be sent; repetitions are known already.
    pub fn sending(&self, events: &[Value]) {
        let mut account = self.account.lock().unwrap();
        for event in events {
            let name = name_of(event);
            if !account.facts.contains_key(&name) {
                account.order.push(name.clone());
                account.facts.insert(name, Sent { event: event.clone(), position: None });
            }
        }
    }

    /// Notes the answer to a batch, which must not contradict what was told before.
    pub fn answered(&self, events: &[Value], answer: &Value) {
        let results = answer["results"].as_array().unwrap_or_else(|| panic!("no results: {answer}"));
        assert_eq!(results.len(), events.len(), "{answer}");
        let mut account = self.account.lock().unwrap();
        for (event, result) in events.iter().zip(results) {
            assert_eq!(name_of(result), name_of(event));
            let position = result["position"].as_u64().unwrap_or_else(|| panic!("{result} for {event}"));
            assert!(Some(position) <= answer["position"].as_u64(), "{answer}");
            let status = result["status"].as_str().unwrap_or_default();
            account.note(event, status, position);
        }
        self.told.notify_all();
    }

    pub fn commanding(&self, marker: &str) {
        let earlier = self.account.lock().unwrap().commands.insert(marker.to_owned(), Outcome::Open);
        assert_eq!(earlier, None, "{marker}");
    }

    pub fn commanded(&self, marker: &str, outcome: Outcome) {
        let mut account = self.account.lock().unwrap();
        account.commands.insert(marker.to_owned(), outcome);
        account.acknowledged += u64::from(outcome != Outcome::Refused);
        self.told.notify_all();
    }

    /// One of the last events that were sent by anybody, answered or not.
    pub fn earlier(&self, rng: &mut Rng) -> Option<Sent> {
        let account = self.account.lock().unwrap();
        let recent = account.order.len().saturating_sub(200);
        rng.pick(&account.order[recent..]).map(|name| account.facts[name].clone())
    }

    pub fn acknowledged(&self) -> u64 {
        self.account.lock().unwrap().acknowledged
    }

    /// Returns when so much is acknowledged, or time is up: how much there is then.
    pub fn await_acknowledged(&self, wanted: u64, at_most: Duration) -> u64 {
        let account = self.account.lock().unwrap();
        let waited = self.told.wait_timeout_while(account, at_most, |account| account.acknowledged < wanted);
        waited.unwrap().0.acknowledged
    }

    pub fn with<T>(&self, look: impl FnOnce(&Account) -> T) -> T {
        look(&self.account.lock().unwrap())
    }
}

impl Account {
    fn note(&mut self, event: &Value, status: &str, position: u64) {
        let sent = self.facts.get_mut(&name_of(event)).unwrap();
        let is_other = sent.event != *event;
        let told = *sent.position.get_or_insert(position);
        assert_eq!(told, position, "told two places of {event}, now {status}");
        match status {
            "conflict" if is_other => self.conflicts += 1,
            "accepted" if !is_other => self.acknowledged += 1,
            "duplicate" if !is_other => {
                self.duplicates += 1;
                self.acknowledged += 1;
            }
            _ => panic!("{status} for {event}"),
        }
    }
}
