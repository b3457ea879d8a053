//! The event of every aggregate: a type of the vocabulary and its payload in the form at rest.

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandEvent {
    /// A type of the vocabulary.
    pub type_name: String,
    /// Its payload, facts and personal members together.
    pub data: serde_json::Value,
}

impl CommandEvent {
    /// An event of this type.
    pub fn new(type_name: &str, data: serde_json::Value) -> Self {
        Self { type_name: type_name.to_owned(), data }
    }
}

impl DomainEvent for CommandEvent {
    fn event_type(&self) -> String {
        self.type_name.clone()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
