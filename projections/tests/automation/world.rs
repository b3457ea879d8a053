//! Small worlds: a customer of two records, an offer, a complaint, and an automation that watches one of them.

use jiff::tz::TimeZone;
use kulta_events::field::Class;
use kulta_events::recorded::{EventName, Payload};
use kulta_events::{Instant, Json, Order, RecordId, Recorded, Vocabulary};
use kulta_projections::automation::causes::Causes;
use kulta_projections::automation::definition::Definition;
use kulta_projections::automation::watch::Watch;
use kulta_projections::pipeline::business::{BusinessHours, Openings};
use kulta_projections::pipeline::contact::ContactPolicy;
use kulta_projections::pipeline::definition::{Definitions, Pipelines};
use kulta_projections::scores::rules::Facets;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

/// Before the clocks go forward, before they go back, before a leap day.
const ORIGINS: [&str; 3] = ["2026-03-20T00:00:00+02:00", "2026-10-16T00:00:00+03:00", "2028-02-20T00:00:00+02:00"];
/// The offer and the complaint.
pub const THING: Uuid = Uuid::from_u128(7);
/// A quarter of a day.
pub const QUARTER: i64 = Instant::DAY / 4;
/// How long a world is, in quarters of a day.
pub const LENGTH: i64 = 80;

const OF_CUSTOMER: [(&str, &[&str]); 9] = [
    ("activity.logged", &[r#""activity":"ID","kind":"call""#, r#""activity":"ID","kind":"x","direction":"internal""#]),
    ("email.sent", &[r#""message":"a""#, r#""message":"b""#, r#""message":"c""#, ""]),
    ("email.delivered", &[r#""message":"a""#, r#""message":"b""#]),
    ("email.opened", &[r#""message":"a""#, r#""message":"b""#, ""]),
    ("email.link_clicked", &[r#""message":"a","link":"x""#, r#""message":"c","link":"y""#]),
    ("email.replied", &[r#""message":"c""#, ""]),
    ("purchase.made", &[r#""amount":"10","currency":"EUR""#, r#""amount":90,"currency":"EUR""#, ""]),
    ("web.visited", &[r#""page":"x""#]),
    ("form.submitted", &[r#""form":"f""#]),
];
const OF_OFFER: [(&str, &[&str]); 5] = [
    ("offer.stage_changed", &[r#""stage":"proposal""#, r#""stage":"new""#, r#""stage":"qualified""#]),
    ("offer.won", &[""]),
    ("offer.lost", &[""]),
    ("offer.reopened", &[""]),
    ("offer.amended", &[r#""amount":"5","currency":"EUR","owner":"aino""#]),
];
const OF_COMPLAINT: [(&str, &[&str]); 5] = [
    ("complaint.opened", &[""]),
    ("complaint.answered", &[""]),
    ("complaint.customer_reacted", &["", r#""outcome":"satisfied""#]),
    ("complaint.reopened", &[""]),
    ("complaint.closed", &[""]),
];

/// An event before it is one.
#[derive(Clone, Debug)]
pub struct Told {
    family: u8,
    kind: usize,
    data: usize,
    quarter: i64,
    /// Past a quarter of a day: into the hour that the clocks skip, and that comes twice.
    late: bool,
    second_record: bool,
    id: u8,
}

/// A world before it is one.
#[derive(Clone, Debug)]
pub struct Plan {
    origin: &'static str,
    zone: &'static str,
    when: String,
    told: Vec<Told>,
}

fn told() -> impl Strategy<Value = Told> {
    let place = (0..LENGTH, proptest::bool::weighted(0.2), any::<bool>(), any::<u8>());
    (0_u8..8, 0_usize..9, 0_usize..4, place).prop_map(|(family, kind, data, (quarter, late, second_record, id))| Told {
        family,
        kind,
        data,
        quarter,
        late,
        second_record,
        id,
    })
}

fn when() -> impl Strategy<Value = String> {
    (0_usize..9, 1_u32..7, 1_u32..4).prop_map(|(kind, days, count)| match kind {
        0 => format!(r#"{{"no_contact":{{"days":{days}}}}}"#),
        1 => format!(r#"{{"nothing":{{"on":["purchase.made"],"days":{days}}}}}"#),
        2 => format!(r#"{{"nothing":{{"on":["purchase.made","web.visited"],"days":{days},"where":"!has(amount) || amount > 50"}}}}"#),
        3 => format!(r#"{{"not_opened":{{"days":{days}}}}}"#),
        4 => format!(r#"{{"count":{{"on":["email.link_clicked","web.visited"],"count":{count},"within_days":{days}}}}}"#),
        5 => format!(r#"{{"count":{{"on":["purchase.made"],"count":{count},"within_days":{days},"where":"amount > 50"}}}}"#),
        6 => format!(r#"{{"in_stage":{{"for":"offers","pipeline":"default","stage":"new","days":{days}}}}}"#),
        7 => format!(r#"{{"in_stage":{{"for":"offers","pipeline":"default","stage":"proposal","days":{days}}}}}"#),
        _ => format!(r#"{{"unanswered":{{"hours_before_due":{}}}}}"#, count * 7 - 7),
    })
}

pub fn plan() -> impl Strategy<Value = Plan> {
    let zone = select(&["Europe/Helsinki", "Europe/Helsinki", "UTC", "America/St_Johns"][..]);
    (select(&ORIGINS[..]), zone, when(), proptest::collection::vec(told(), 0..40))
        .prop_map(|(origin, zone, when, told)| Plan { origin, zone, when, told })
}

/// A world.
pub struct World {
    pub definition: Definition,
    pub origin: Instant,
    /// In no order; positions are their own, however they are delivered.
    pub events: Vec<Recorded>,
    pipelines: Pipelines,
    hours: BusinessHours,
    contact: ContactPolicy,
}

impl Plan {
    /// The world. `corrected`: some activities have the own id of others, which they correct.
    pub fn world(&self, corrected: bool) -> World {
        let document = format!(r#"{{"when":{},"then":[{{"tag":"x"}}],"time_zone":"{}"}}"#, self.when, self.zone);
        let facets = Facets::of(&Vocabulary::standard());
        let definition = Definition::parse(&Json::parse(document.as_bytes()).unwrap(), &facets).unwrap();
        let origin = Instant::parse(self.origin).unwrap();
        let mut events: Vec<_> =
            (2..).zip(&self.told).map(|(position, told)| told.recorded(position, origin, corrected)).collect();
        // Before everything else that is told of the offer, so that no later fact changes where it began.
        let begun = Told { family: 5, kind: 4, data: 0, quarter: 0, late: false, second_record: false, id: 0 };
        let mut begun = begun.recorded(1, origin.plus_micros(-1), false);
        begun.type_name = "offer.created".to_owned();
        begun.event_type = Vocabulary::standard().get("offer.created");
        events.push(begun);
        let day = Openings::parse("08:00-12:00, 13:00-24:00").unwrap();
        let zone = definition.zone.clone();
        let hours = BusinessHours::new(zone, std::array::from_fn(|_| day.clone()), [], 16 * 60).unwrap();
        let pipelines = Pipelines::at(&Definitions::default(), None);
        World { definition, origin, events, pipelines, hours, contact: ContactPolicy::default() }
    }
}

impl Told {
    fn recorded(&self, position: u64, origin: Instant, corrected: bool) -> Recorded {
        let (types, category) = match self.family {
            0..5 => (&OF_CUSTOMER[..], None),
            5 | 6 => (&OF_OFFER[..], Some("offer")),
            _ => (&OF_COMPLAINT[..], Some("complaint")),
        };
        let (type_name, datas) = types[self.kind % types.len()];
        let own_id = if corrected { u64::from(self.id % 3) } else { position };
        let data = datas[self.data % datas.len()].replace("ID", &own_id.to_string());
        let record = RecordId(Uuid::from_u128(if self.second_record { 0x102 } else { 0x101 }));
        let late = if self.late { 7 * QUARTER / 12 } else { 0 };
        Recorded {
            position,
            stream: category.map_or_else(|| record.stream(), |category| format!("{category}-{THING}")),
            revision: 0,
            key: Uuid::from_u128(0xe000 + u128::from(position)),
            event_type: Vocabulary::standard().get(type_name),
            type_name: type_name.to_owned(),
            record: Some(record),
            order: Order {
                time: origin.plus_micros(self.quarter * QUARTER + late),
                source: "crm".to_owned(),
                // Ids in another order than positions, so that equal times are told apart by more than arrival.
                id: EventName::Id(format!("{:03}-{position}", self.id)),
            },
            recorded_at: Instant::default(),
            actor: 1,
            unit: None,
            causation: None,
            correlation: None,
            unknown: 0,
            payload: Payload { data: Json::parse(format!("{{{data}}}").as_bytes()).unwrap(), erased: false },
        }
    }
}

impl World {
    /// What some of the events make of it.
    pub fn causes(&self, events: &[Recorded], as_of: Instant) -> Causes {
        let watch = Watch { pipelines: &self.pipelines, hours: &self.hours, contact: &self.contact };
        watch.of(&self.definition, THING, events, as_of)
    }

    /// A moment of the world, in quarters of a day.
    pub fn at(&self, quarter: i64) -> Instant {
        self.origin.plus_micros(quarter * QUARTER)
    }

    /// Later than everything that comes of its events.
    pub fn end(&self) -> Instant {
        self.at(LENGTH + 60)
    }

    pub fn zone(&self) -> &TimeZone {
        &self.definition.zone
    }
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
