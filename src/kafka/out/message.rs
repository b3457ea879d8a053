//! A CloudEvent as a Kafka message in binary mode: attributes in `ce_` headers, data in the value.

use std::fmt::Display;

use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::BaseRecord;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// What it is about: messages of one key are in one partition, in their order.
    pub key: String,
    /// The data; `None`: what is under the key is no more.
    pub value: Option<String>,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
}

impl Message {
    /// An event of this type, with the attributes that every event has.
    pub fn new(key: String, id: String, source: String, type_name: String) -> Self {
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("ce_specversion", "1.0".to_owned()),
            ("ce_id", id),
            ("ce_source", source),
            ("ce_type", type_name),
        ];
        Self { key, value: None, headers }
    }

    /// With its data.
    pub fn data(self, value: String) -> Self {
        Self { value: Some(value), ..self }
    }

    /// With one more attribute.
    pub fn attribute(mut self, name: &'static str, value: impl Display) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// As the library takes it; it is told by this number what becomes of it.
    pub fn record<'a>(&'a self, topic: &'a str, number: usize) -> BaseRecord<'a, String, String, usize> {
        let mut headers = OwnedHeaders::new_with_capacity(self.headers.len());
        for (key, value) in &self.headers {
            headers = headers.insert(Header { key, value: Some(value) });
        }
        let mut record = BaseRecord::with_opaque_to(topic, number).key(&self.key).headers(headers);
        record.payload = self.value.as_ref();
        record
    }
}
