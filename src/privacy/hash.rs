//! Keyed hashes: ids that no dictionary opens.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use kulta_events::RecordId;
use kulta_events::ids::name_based;
use uuid::Uuid;

/// The log's HMAC key (HMAC-SHA256, RFC 2104). Everything derived from it is stable for the life of the log.
pub struct Hasher {
    key: hmac::Key,
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hasher")
    }
}

impl Hasher {
    /// A hasher under this key.
    pub fn new(key: &[u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// The record id of (source, subject); as in an envelope, spaces around a subject are no part of it.
    pub fn record(&self, source: &str, subject: &str) -> RecordId {
        RecordId::from_mac(&self.mac(b'r', &[source, subject.trim()]))
    }

    /// The key of the event (source, id).
    pub fn event(&self, source: &str, id: &str) -> Uuid {
        Uuid::from_bytes(self.mac(b'e', &[source, id]))
    }

    /// The fingerprint of a content.
    pub fn content(&self, content: &str) -> Uuid {
        Uuid::from_bytes(self.mac(b'c', &[content]))
    }

    /// The UUID of a thing that a source names, such as a complaint.
    pub fn entity(&self, category: &str, source: &str, name: &str) -> Uuid {
        name_based(&self.mac(b't', &[category, source, name]))
    }

    /// The hash of an idempotency key, a request, a dead letter.
    pub fn text(&self, purpose: &str, parts: &[&str]) -> Uuid {
        let mut all = Vec::with_capacity(parts.len() + 1);
        all.push(purpose);
        all.extend_from_slice(parts);
        Uuid::from_bytes(self.mac(b'x', &all))
    }

    /// The secret that messages to a subscriber are signed with, as Standard Webhooks writes it; `generation` counts the
    /// secrets that it was given, from 1.
    pub fn webhook_secret(&self, subscriber: &str, generation: u64) -> String {
        format!("whsec_{}", BASE64.encode(self.webhook_key(subscriber, generation)))
    }

    /// The same as bytes.
    pub fn webhook_key(&self, subscriber: &str, generation: u64) -> [u8; 32] {
        self.whole_mac(b'w', &[subscriber, &generation.to_string()])
    }

    fn mac(&self, domain: u8, parts: &[&str]) -> [u8; 16] {
        let mut first = [0; 16];
        first.copy_from_slice(&self.whole_mac(domain, parts)[..16]);
        first
    }

    fn whole_mac(&self, domain: u8, parts: &[&str]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(&[domain]);
        for part in parts {
            // The length in front keeps ("ab", "c") and ("a", "bc") apart.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut whole = [0; 32];
        whole.copy_from_slice(&context.sign().as_ref()[..32]);
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        let hasher = Hasher::new(&[1; 32]);
        assert_ne!(hasher.record("ab", "c"), hasher.record("a", "bc"));
        assert_ne!(hasher.event("a", "b"), hasher.record("a", "b").0);
        assert_eq!(hasher.record("a", " b "), hasher.record("a", "b"));
        assert_eq!(hasher.record("a", "b"), Hasher::new(&[1; 32]).record("a", "b"));
        assert_ne!(hasher.record("a", "b"), Hasher::new(&[2; 32]).record("a", "b"));
        assert_ne!(hasher.webhook_key("a", 1), hasher.webhook_key("a", 2));
        assert_eq!(hasher.webhook_secret("a", 1).len(), "whsec_".len() + 44);
    }
}
