//! For this crate's tests: events in one line each.

use kulta_events::recorded::{EventName, Payload};
use kulta_events::{Instant, Json, Order, RecordId, Recorded, Vocabulary};
use uuid::Uuid;

/// The id of a record: any function of source and subject will do here.
pub(crate) fn record(source: &str, subject: &str) -> RecordId {
    let mut number = 0xcbf2_9ce4_8422_2325_u128;
    for byte in source.bytes().chain([b'/']).chain(subject.bytes()) {
        number = (number ^ u128::from(byte)).wrapping_mul(0x0100_0000_01b3_0000_0001);
    }
    RecordId(Uuid::from_u128(number))
}

/// The start of a day, counted from some day in the past.
pub(crate) fn day(number: i64) -> Instant {
    Instant::default().plus_days(20_000 + number)
}

pub(crate) fn json(text: &str) -> Json {
    Json::parse(text.as_bytes()).unwrap()
}

/// An event of a record that happened on a day. Its id and position tell the day, so that two of one day need
/// [`EventExt::named`].
pub(crate) fn event(source: &str, subject: &str, on: i64, type_name: &str, data: &str) -> Recorded {
    let record = record(source, subject);
    Recorded {
        position: u64::try_from(on).unwrap() + 1,
        stream: record.stream(),
        revision: 0,
        key: Uuid::from_u128(record.0.as_u128() ^ u128::try_from(on).unwrap()),
        event_type: Vocabulary::standard().get(type_name),
        type_name: type_name.to_owned(),
        record: Some(record),
        order: Order { time: day(on), source: source.to_owned(), id: EventName::Id(format!("{on:04}")) },
        recorded_at: day(on),
        actor: 1,
        unit: None,
        causation: None,
        correlation: None,
        unknown: unknown_members(type_name, &json(data)),
        payload: Payload { data: json(data), erased: false },
    }
}

/// How many members no schema knows, as they are counted before sealing.
fn unknown_members(type_name: &str, data: &Json) -> u16 {
    let event_type = Vocabulary::standard().get(type_name);
    let unknown = |name: &str| event_type.is_some_and(|known| known.field(name).is_none());
    u16::try_from(data.members().iter().filter(|(name, _)| unknown(name)).count()).unwrap()
}

/// What can be said of an event beyond its content.
pub(crate) trait EventExt {
    fn named(self, id: &str) -> Recorded;
    fn at(self, position: u64) -> Recorded;
}

impl EventExt for Recorded {
    fn named(mut self, id: &str) -> Recorded {
        self.order.id = EventName::Id(id.to_owned());
        self
    }

    fn at(mut self, position: u64) -> Recorded {
        self.position = position;
        self
    }
}

/// A person's decision about records; its id is the number.
pub(crate) fn decision(type_name: &str, number: u128, on: i64, records: &[RecordId], from: &[RecordId]) -> Recorded {
    let pairing = kulta_events::payload::Pairing { records: records.to_vec(), from: from.to_vec() };
    let mut event = event("kulta", "-", on, type_name, "{}");
    event.record = None;
    event.stream = format!("decision-{}", Uuid::from_u128(number));
    event.order.id = EventName::Id(format!("d{number}"));
    event.payload.data = pairing.to_json();
    event
}

/// That a decision was taken back.
pub(crate) fn withdrawal(of: u128, on: i64) -> Recorded {
    let mut event = decision("identity.decision_withdrawn", of, on, &[], &[]);
    event.order.id = EventName::Id(format!("w{of}"));
    event.payload.data = Json::object([("decision", Json::String(Uuid::from_u128(of).to_string()))]);
    event
}
