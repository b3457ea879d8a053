//! Ids that hold for ever: records, customers and streams.

use std::fmt;

use uuid::Uuid;

/// One customer as one source knows it; computed from (source, subject) under the log's key, see
/// [`RecordId::from_mac`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct RecordId(pub Uuid);

/// The record id of a customer's founding record: the one with the lowest first position in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct CustomerId(pub Uuid);

impl RecordId {
    /// Shapes the first 16 bytes of a MAC into a UUID of version 5 (RFC 9562, section 5.5, with HMAC for SHA-1).
    pub fn from_mac(mac: &[u8; 16]) -> Self {
        Self(name_based(mac))
    }

    /// The stream that holds the facts of this record.
    pub fn stream(self) -> String {
        format!("{RECORD}-{}", self.0)
    }

    /// The record whose facts a stream holds; `None` for every other stream.
    pub fn of_stream(stream: &str) -> Option<Self> {
        let id = Uuid::try_parse(stream.strip_prefix(RECORD)?.strip_prefix('-')?).ok()?;
        // A UUID can be written in several ways, a stream in one.
        Some(Self(id)).filter(|id| id.stream() == stream)
    }
}

/// The category of the streams that hold the facts of a record.
pub const RECORD: &str = "record";

/// A UUID in version 5 form from 16 bytes of a keyed hash.
pub fn name_based(mac: &[u8; 16]) -> Uuid {
    let mut bytes = *mac;
    bytes[6] = (bytes[6] & 0x0f) | 0x50;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    Uuid::from_bytes(bytes)
}

impl From<RecordId> for CustomerId {
    fn from(id: RecordId) -> Self {
        Self(id.0)
    }
}

impl From<CustomerId> for RecordId {
    fn from(id: CustomerId) -> Self {
        Self(id.0)
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for CustomerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The category of a stream: what stands before the first hyphen, as EventStoreDB has it.
pub fn category(stream: &str) -> &str {
    stream.split_once('-').map_or(stream, |(category, _)| category)
}

/// The source that is reserved for what people do in kulta itself.
pub const KULTA: &str = "kulta";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_ids_have_the_form_of_version_5() {
        let id = RecordId::from_mac(&[0xff; 16]);
        assert_eq!(id.0.get_version_num(), 5);
        assert_eq!(id.0.get_variant(), uuid::Variant::RFC4122);
        assert_eq!(id.stream(), format!("record-{id}"));
        assert_eq!(RecordId::of_stream(&id.stream()), Some(id));
        for other in
            ["record", "record-", "record-1", "offer-1", &format!("offer-{id}"), &format!("record-{}", id.0.simple())]
        {
            assert_eq!(RecordId::of_stream(other), None, "{other}");
        }
    }

    #[test]
    fn the_category_ends_at_the_first_hyphen() {
        assert_eq!(category("record-1-2"), "record");
        assert_eq!(category("plain"), "plain");
    }
}
