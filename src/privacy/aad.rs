//! What binds each sealed text to its place: a tag for the kind of text, and the id that it belongs to.

use kulta_events::RecordId;
use kulta_events::field::Retention;
use uuid::Uuid;

pub(super) fn nonce_of(event: Uuid) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce.copy_from_slice(&event.as_bytes()[..12]);
    nonce
}

pub(super) fn id_aad(event: Uuid) -> [u8; 17] {
    tagged(b'i', event)
}

pub(super) fn part_aad(event: Uuid, class: Retention) -> [u8; 17] {
    tagged(class as u8, event)
}

pub(super) fn subject_aad(record: RecordId) -> [u8; 17] {
    tagged(b's', record.0)
}

pub(super) fn key_aad(record: RecordId, class: Retention) -> [u8; 17] {
    tagged(b'k' ^ (class as u8), record.0)
}

fn tagged(tag: u8, id: Uuid) -> [u8; 17] {
    let mut bytes = [tag; 17];
    bytes[1..].copy_from_slice(id.as_bytes());
    bytes
}
