//! A page of events as one value: written by SQLite, read here.
//!
//! Per event: its numbers and the lengths of its texts in decimal, parted by commas and ended by a semicolon; then keys
//! and texts, one after the other; then per personal part its class, a comma, its length, a semicolon and its bytes; a
//! full stop ends the event. Bytes that are no text come through unchanged, since SQLite counts lengths and looks into
//! none of them.

use kulta_events::field::Retention;
use kulta_events::{Instant, RecordId};
use uuid::Uuid;

use crate::store::number::{retention, unsigned};
use crate::store::{Error, StoredEvent};

/// Stamps texts with the columns of an event; `$parts` is what is packed for its personal parts.
macro_rules! packing {
    ($parts:literal, $stamp:ident, $($rest:literal),+) => {
        crate::store::sql::$stamp!(
            (
                "SELECT CAST(group_concat(packed, '') AS BLOB) FROM (SELECT concat(",
                "position, ',', revision, ',', version, ',', time, ',', recorded_at, ',', actor, ',', part_count, ',', ",
                "unknown, ',', record_id IS NOT NULL, ',', octet_length(stream), ',', octet_length(type), ',', ",
                "octet_length(source), ',', coalesce(octet_length(unit), -1), ',', octet_length(sealed_id), ',', ",
                "octet_length(facts), ';', event_key, fingerprint, record_id, stream, type, source, unit, sealed_id, ",
                "facts, ",
                $parts,
                "'.') AS packed"
            ),
            ")",
            $($rest),+
        );
    };
    ($parts:literal, selections) => {
        packing!(
            $parts,
            selections,
            "substr(stream, 1, instr(stream || '-', '-') - 1)",
            "substr(stream, 1, instr(stream || '-', '-') - 1) = $1 AND position >= $2 AND position <= $3",
            "type = $1 AND position >= $2 AND position <= $3",
            "record_id IN (SELECT unhex(value) FROM json_each($1))",
            // The upper five bits of the first byte, by its two digits.
            "((instr('0123456789ABCDEF', substr(hex(record_id), 1, 1)) - 1) * 2 \
              + (instr('0123456789ABCDEF', substr(hex(record_id), 2, 1)) > 8))",
            "(CASE WHEN substr(stream, 1, 7) = 'record-' THEN revision END)",
            "substr(stream, 1, 7) <> 'record-'"
        );
    };
    ($parts:literal, timeline) => {
        packing!($parts, timeline, "record_id IN (SELECT unhex(value) FROM json_each($1))");
    };
}

pub(super) mod with_parts {
    macro_rules! packing_parts {
        ($stamp:ident) => {
            packing!(
                "CASE WHEN part_count > 0 THEN (SELECT group_concat(concat(class, ',', octet_length(blob), ';', blob), '') \
                 FROM sealed WHERE sealed.position = log.position) END, ",
                $stamp
            );
        };
    }
    packing_parts!(selections);
    packing_parts!(timeline);
}

pub(super) mod without_parts {
    packing!("", selections);
}

/// The events of a packed page.
pub(super) fn events(packed: &[u8]) -> Result<Vec<StoredEvent>, Error> {
    let mut rest = Packed(packed);
    let mut events = Vec::with_capacity(packed.len() / 600 + 1);
    while !rest.0.is_empty() {
        events.push(event(&mut rest)?);
    }
    Ok(events)
}

fn event(packed: &mut Packed<'_>) -> Result<StoredEvent, Error> {
    let mut numbers = [0_i64; 15];
    for number in &mut numbers {
        *number = packed.number()?;
    }
    let [position, revision, version, time, recorded_at, actor, part_count, unknown, lengths @ ..] = numbers;
    let [has_record, stream, type_name, source, unit, sealed_id, facts] = lengths;
    Ok(StoredEvent {
        position: unsigned(position)?,
        revision: unsigned(revision)?,
        version: small(version)?,
        time: Instant::from_micros(time),
        recorded_at: Instant::from_micros(recorded_at),
        actor,
        part_count: small(part_count)?,
        unknown: small(unknown)?,
        key: packed.uuid()?,
        fingerprint: packed.uuid()?,
        record: if has_record == 1 { Some(RecordId(packed.uuid()?)) } else { None },
        stream: packed.text(stream)?,
        type_name: packed.text(type_name)?,
        source: packed.text(source)?,
        unit: if unit < 0 { None } else { Some(packed.text(unit)?) },
        sealed_id: packed.bytes(sealed_id)?.to_vec(),
        facts: packed.text(facts)?,
        parts: packed.parts()?,
    })
}

/// What is left of a page.
struct Packed<'a>(&'a [u8]);

impl<'a> Packed<'a> {
    /// A decimal number and the sign after it.
    fn number(&mut self) -> Result<i64, Error> {
        let end = self.0.iter().position(|byte| matches!(byte, b',' | b';')).ok_or_else(broken)?;
        let (digits, rest) = self.0.split_at(end);
        self.0 = &rest[1..];
        let (negative, digits) = match digits {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        // Counted downwards, since the lowest number has no positive twin.
        let mut value = 0_i64;
        for digit in digits {
            let digit = i64::from(digit.wrapping_sub(b'0'));
            value = value.checked_mul(10).and_then(|value| value.checked_sub(digit)).ok_or_else(broken)?;
        }
        if negative { Ok(value) } else { value.checked_neg().ok_or_else(broken) }
    }

    fn bytes(&mut self, length: i64) -> Result<&'a [u8], Error> {
        let length = usize::try_from(length).map_err(|_| broken())?;
        let (bytes, rest) = self.0.split_at_checked(length).ok_or_else(broken)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn text(&mut self, length: i64) -> Result<String, Error> {
        String::from_utf8(self.bytes(length)?.to_vec()).map_err(|_| broken())
    }

    fn uuid(&mut self) -> Result<Uuid, Error> {
        Uuid::from_slice(self.bytes(16)?).map_err(|_| broken())
    }

    /// The personal parts and the full stop.
    fn parts(&mut self) -> Result<Vec<(Retention, Vec<u8>)>, Error> {
        let mut parts = Vec::new();
        loop {
            match self.0 {
                [b'.', rest @ ..] => {
                    self.0 = rest;
                    return Ok(parts);
                }
                _ => {
                    let class = retention(small(self.number()?)?)?;
                    let length = self.number()?;
                    parts.push((class, self.bytes(length)?.to_vec()));
                }
            }
        }
    }
}

fn small(number: i64) -> Result<i16, Error> {
    i16::try_from(number).map_err(|_| broken())
}

fn broken() -> Error {
    Error::Inconsistent("an event of the log cannot be read".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_through_whole() {
        for number in [0, 7, -1, i64::MAX, i64::MIN] {
            assert_eq!(Packed(format!("{number},").as_bytes()).number().unwrap(), number);
        }
    }

    #[test]
    fn a_cut_page_is_an_error() {
        assert!(events(b"1,0").is_err());
        assert!(events(b"1,0,1,0,0,1,0,0,0,9,1,1,-1,0,2;").is_err());
    }
}
