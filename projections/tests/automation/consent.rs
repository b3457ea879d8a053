//! What holds of consent, whatever was said.

use jiff::tz::TimeZone;
use kulta_events::recorded::{EventName, Payload};
use kulta_events::{Instant, Json, Order, RecordId, Recorded, Vocabulary};
use kulta_projections::automation::consent::{Moment, Withheld, may_contact};
use kulta_projections::automation::definition::Cap;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use super::world::{erased, shuffled};

const SAID: [(&str, &str); 16] = [
    ("customer.consent_given", r#"{"purpose":"marketing"}"#),
    ("customer.consent_given", r#"{"purpose":"marketing"}"#),
    ("customer.consent_given", r#"{"purpose":"marketing","channel":"email"}"#),
    ("customer.consent_given", r#"{"purpose":"service"}"#),
    ("customer.consent_withdrawn", r#"{"purpose":"marketing","channel":"phone","reason":"Too loud."}"#),
    ("customer.consent_withdrawn", r#"{"purpose":"marketing"}"#),
    ("customer.preference_stated", r#"{"preference":"contact","value":"none","text":"Leave me."}"#),
    ("customer.preference_stated", r#"{"preference":"contact","value":null}"#),
    ("customer.registered", r#"{"kind":"person","email":"a@example.com"}"#),
    ("customer.contact_edited", r#"{"email":"b@example.com"}"#),
    ("customer.closed", "{}"),
    ("email.unsubscribed", "{}"),
    ("email.bounced", "{}"),
    ("email.sent", r#"{"message":"m"}"#),
    ("email.sent", "{}"),
    ("message.logged", r#"{"message":"m","channel":"email","direction":"outgoing","title":"Hello"}"#),
];

fn said(position: u64, (said, day, second): ((&str, &str), i64, bool)) -> Recorded {
    let (type_name, data) = said;
    let record = RecordId(Uuid::from_u128(if second { 2 } else { 1 }));
    Recorded {
        position,
        stream: record.stream(),
        revision: 0,
        key: Uuid::from_u128(u128::from(position)),
        event_type: Vocabulary::standard().get(type_name),
        type_name: type_name.to_owned(),
        record: Some(record),
        order: Order {
            time: Instant::default().plus_days(day),
            source: "crm".to_owned(),
            id: EventName::Id(format!("{}", position * 7 % 31)),
        },
        recorded_at: Instant::default(),
        actor: 1,
        unit: None,
        causation: None,
        correlation: None,
        unknown: 0,
        payload: Payload { data: Json::parse(data.as_bytes()).unwrap(), erased: false },
    }
}

fn events() -> impl Strategy<Value = Vec<Recorded>> {
    let one = (select(&SAID[..]), 0_i64..12, any::<bool>());
    proptest::collection::vec(one, 0..14)
        .prop_map(|all| (1..).zip(all).map(|(number, one)| said(number, one)).collect())
}

fn may(events: &[Recorded], channel: &str, day: i64, count: u32) -> Result<(), Withheld> {
    let cap = Cap { count, per_days: 3 };
    may_contact(events, (channel, "marketing"), Moment::at(Instant::default().plus_days(day)), cap, &TimeZone::UTC)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_answer_follows_from_what_was_said_before(
        events in events(),
        order in proptest::collection::vec(any::<usize>(), 20),
        day in 0_i64..14,
        phone in any::<bool>(),
    ) {
        let channel = if phone { "phone" } else { "email" };
        let answer = may(&events, channel, day, 2);
        prop_assert_eq!(may(&shuffled(&events, &order), channel, day, 2), answer);
        let moment = Instant::default().plus_days(day);
        let before: Vec<_> = events.iter().filter(|event| event.order.time < moment).cloned().collect();
        prop_assert_eq!(may(&before, channel, day, 2), answer);
        let left: Vec<_> = events.iter().map(erased).collect();
        prop_assert_eq!(may(&left, channel, day, 2), answer, "erasing a person changes no answer");
        // Whoever may be contacted agreed before, and a higher cap forbids nothing that a lower one allows.
        let agreed = before.iter().any(|event| event.type_name == "customer.consent_given");
        prop_assert!(answer.is_err() || agreed && may(&events, channel, day, 3).is_ok());
    }

    #[test]
    fn who_takes_consent_back_is_not_contacted(events in events(), day in 0_i64..14) {
        let mut events = events;
        let withdrawn = ("customer.consent_withdrawn", r#"{"purpose":"marketing"}"#);
        let mut last = said(30, (withdrawn, day, false));
        last.order.source = "z".to_owned();
        events.retain(|event| event.order.time <= last.order.time);
        events.push(last);
        for channel in ["email", "phone", "letter"] {
            prop_assert!(matches!(may(&events, channel, day + 1, 9), Err(Withheld::NoConsent | Withheld::Closed)));
        }
    }
}
