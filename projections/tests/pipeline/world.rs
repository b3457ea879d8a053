//! Small worlds: a few offers, leads, complaints and tasks, few times and values so that they collide, equal times,
//! members of every kind of nonsense, erased payloads.

use kulta_events::field::Class;
use kulta_events::recorded::{EventName, Payload};
use kulta_events::{Instant, Json, Order, RecordId, Recorded, Vocabulary};
use kulta_projections::pipeline::step::Rows;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

const TYPES: [&str; 36] = [
    "offer.created",
    "offer.created",
    "offer.amended",
    "offer.amended",
    "offer.stage_changed",
    "offer.stage_changed",
    "offer.stage_changed",
    "offer.won",
    "offer.lost",
    "offer.reopened",
    "offer.commented",
    "offer.document_attached",
    "lead.created",
    "lead.stage_changed",
    "lead.qualified",
    "lead.disqualified",
    "lead.handed_over",
    "lead.handover_accepted",
    "lead.handover_rejected",
    "complaint.opened",
    "complaint.answered",
    "complaint.customer_reacted",
    "complaint.reopened",
    "complaint.closed",
    "task.raised",
    "task.assigned",
    "task.snoozed",
    "task.done",
    "task.cancelled",
    "pipeline.defined",
    "goal.set",
    "activity_type.defined",
    "activity.logged",
    "note.written",
    "note.pinned",
    "list.left",
];

/// Members that some types know, each with words that make sense, words that do not, and nonsense.
const MEMBERS: [(&str, &[&str]); 24] = [
    ("stage", &["\"new\"", "\"proposal\"", "\"odd\"", "\"\"", "7", "null"]),
    ("pipeline", &["\"p\"", "\"q\"", "\"default\"", "null", "[]"]),
    ("amount", &["100", "\"0.000001\"", "9999999999999.999999", "-1", "null", "\"x\"", "1e400"]),
    ("currency", &["\"EUR\"", "\"SEK\"", "\"eur\"", "null"]),
    ("probability", &["50", "0", "\"33.3\"", "1000", "null", "{}"]),
    ("owner", &["\"aino\"", "\"eino\"", "null"]),
    ("team", &["\"north\"", "null"]),
    ("product", &["\"pumps\"", "null"]),
    ("expected_close", &["\"2026-03-05\"", "\"2026-02-30\"", "null"]),
    ("due", &["\"2026-03-05\"", "\"1970-01-03T00:00:00Z\"", "\"9999-12-31\"", "\"soon\""]),
    ("until", &["\"1970-01-04\"", "\"1970-01-03T00:00:00Z\"", "\"2026-04-01\""]),
    ("from", &["\"1970-01-01\"", "\"2026-03-01\"", "1"]),
    ("target", &["100", "0", "\"-5\""]),
    ("measure", &["\"count\"", "\"money\"", "\"weight\""]),
    ("for", &["\"offers\"", "\"leads\"", "\"cats\""]),
    ("stages", &[r#"[{"stage":"new","probability":10,"stale_after_days":2},{"stage":"proposal"}]"#, "[]", "[7,{}]"]),
    ("default", &["true", "false"]),
    ("retired", &["true", "false"]),
    ("outcome", &["\"satisfied\"", "\"angry\""]),
    ("reason_code", &["\"price\"", "\"late\""]),
    ("offer", &["\"o-1\"", "5"]),
    ("tags", &["[\"b\",\"a\"]", "[1]", "null"]),
    ("title", &["\"Pumps for Aino\"", "null"]),
    ("text", &["\"They called.\""]),
];

/// An event before it has a place in the log.
#[derive(Clone, Debug)]
pub struct Told {
    type_name: &'static str,
    thing: u8,
    time: u8,
    source: u8,
    members: Vec<(usize, usize)>,
    id: Option<u8>,
}

pub fn told() -> impl Strategy<Value = Vec<Told>> {
    let members = proptest::collection::vec((0..MEMBERS.len(), 0_usize..7), 0..10);
    let one = (select(&TYPES[..]), 0_u8..3, 0_u8..8, 0_u8..3, members, proptest::option::weighted(0.9, any::<u8>()));
    let one = one.prop_map(|(type_name, thing, time, source, members, id)| Told {
        type_name,
        thing,
        time,
        source,
        members,
        id,
    });
    proptest::collection::vec(one, 1..50)
}

pub fn day(number: u8) -> Instant {
    Instant::from_micros(i64::from(number) * Instant::DAY)
}

impl Told {
    /// An event that says no more than it must.
    pub fn plain(type_name: &str) -> Self {
        let type_name = Vocabulary::standard().get(type_name).unwrap().name;
        Self { type_name, thing: 0, time: 1, source: 0, members: Vec::new(), id: Some(1) }
    }

    fn data(&self) -> Json {
        let family = self.type_name.split('.').next().unwrap();
        let mut members = vec![(family.to_owned(), Json::String(["a", "b", "c"][usize::from(self.thing)].to_owned()))];
        for (member, value) in &self.members {
            let (name, values) = MEMBERS[*member];
            if !members.iter().any(|(known, _)| known == name) {
                let value = Json::parse(values[value % values.len()].as_bytes()).unwrap();
                members.push((name.to_owned(), value));
            }
        }
        Json::Object(members)
    }

    /// The event, with the number that makes it unlike all others.
    pub fn recorded(&self, number: u8) -> Recorded {
        let family = self.type_name.split('.').next().unwrap();
        let source = ["crm", "erp", "kulta"][usize::from(self.source)];
        let record = RecordId(Uuid::from_u128(0x100 + u128::from(self.thing)));
        let entity = ["offer", "lead", "complaint", "task"].contains(&family);
        let key = Uuid::from_u128(0xe000 + u128::from(number));
        // Ids in another order than the events, so that equal times are told apart by more than arrival.
        let id = self.id.map_or(EventName::Erased(key), |id| EventName::Id(format!("{id:03}-{number}")));
        Recorded {
            position: u64::from(number) + 1,
            stream: if entity { format!("{family}-{}", record.0) } else { record.stream() },
            revision: 0,
            key,
            event_type: Vocabulary::standard().get(self.type_name),
            type_name: self.type_name.to_owned(),
            record: (self.source != 2).then_some(record),
            order: Order { time: day(self.time), source: source.to_owned(), id },
            recorded_at: Instant::default(),
            actor: 1,
            unit: None,
            causation: None,
            correlation: None,
            unknown: 0,
            payload: Payload { data: self.data(), erased: false },
        }
    }
}

/// A world's events. Their positions are their own, however they are delivered later.
pub fn events(told: &[Told]) -> Vec<Recorded> {
    (0..).zip(told).map(|(number, told)| told.recorded(number)).collect()
}

/// The same event when the keys of its record are gone: only facts are left.
pub fn erased(event: &Recorded) -> Recorded {
    let mut event = event.clone();
    let event_type = event.event_type.unwrap();
    if let Json::Object(members) = &mut event.payload.data {
        members.retain(|(name, _)| event_type.field(name).is_some_and(|field| field.class == Class::Fact));
    }
    event.payload.erased = true;
    event
}

/// The events in another order, some of them twice.
pub fn shuffled(events: &[Recorded], order: &[usize]) -> Vec<Recorded> {
    let mut events: Vec<_> = events.iter().chain(events.iter().step_by(3)).cloned().collect();
    for (place, by) in order.iter().enumerate().take(events.len()) {
        let other = by % events.len();
        events.swap(place, other);
    }
    events
}

pub fn whole(events: &[Recorded]) -> Rows {
    let mut rows = Rows::default();
    rows.fold(events);
    rows
}

/// The rows as a service keeps them up, batch by batch.
pub fn live(events: &[Recorded], sizes: &[usize]) -> Rows {
    let mut rows = Rows::default();
    let (mut rest, mut sizes) = (events, sizes.iter().cycle());
    while !rest.is_empty() {
        let (batch, later) = rest.split_at((*sizes.next().unwrap()).clamp(1, rest.len()));
        rows.fold(batch);
        rest = later;
    }
    rows
}
