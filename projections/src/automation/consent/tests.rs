use super::*;
use crate::given::day;
use crate::given::{EventExt, event};

const CAP: Cap = Cap { count: 2, per_days: 3 };

/// What is said on one day after another, from day 1 on.
fn told(said: &[(&str, &str)]) -> Vec<Recorded> {
    (1..).zip(said).map(|(on, (type_name, data))| event("crm", "1", on, type_name, data)).collect()
}

fn may(said: &[(&str, &str)], channel: &str) -> Result<(), Withheld> {
    let events = told(said);
    let backwards: Vec<_> = events.iter().rev().chain(&events).cloned().collect();
    let at = day(i64::try_from(said.len()).unwrap() + 1);
    let answer = may_contact(&events, (channel, "marketing"), Moment::at(at), CAP, &TimeZone::UTC);
    assert_eq!(answer, may_contact(&backwards, (channel, "marketing"), Moment::at(at), CAP, &TimeZone::UTC));
    answer
}

const GIVEN: (&str, &str) = ("customer.consent_given", r#"{"purpose":"marketing"}"#);
const BY_MAIL: (&str, &str) = ("customer.consent_given", r#"{"purpose":"marketing","channel":"email"}"#);
const TAKEN: (&str, &str) = ("customer.consent_withdrawn", r#"{"purpose":"marketing"}"#);
const NOT_BY_MAIL: (&str, &str) = ("customer.consent_withdrawn", r#"{"purpose":"marketing","channel":"email"}"#);
const SERVICE: (&str, &str) = ("customer.consent_given", r#"{"purpose":"service"}"#);
const UNSUBSCRIBED: (&str, &str) = ("email.unsubscribed", "{}");
const BOUNCED: (&str, &str) = ("email.bounced", "{}");
const EDITED: (&str, &str) = ("customer.contact_edited", "{}");
const CLOSED: (&str, &str) = ("customer.closed", "{}");
const REGISTERED: (&str, &str) = ("customer.registered", "{}");

#[test]
fn the_latest_word_on_a_purpose_and_a_channel_holds() {
    use Withheld::{Bounced, Closed, NoConsent, Unsubscribed};
    for (said, mail, phone) in [
        (&[][..], Err(NoConsent), Err(NoConsent)),
        (&[SERVICE], Err(NoConsent), Err(NoConsent)),
        (&[GIVEN], Ok(()), Ok(())),
        (&[BY_MAIL], Ok(()), Err(NoConsent)),
        (&[GIVEN, TAKEN], Err(NoConsent), Err(NoConsent)),
        (&[GIVEN, NOT_BY_MAIL], Err(NoConsent), Ok(())),
        (&[GIVEN, TAKEN, BY_MAIL], Ok(()), Err(NoConsent)),
        (&[BY_MAIL, TAKEN, SERVICE], Err(NoConsent), Err(NoConsent)),
        (&[GIVEN, UNSUBSCRIBED], Err(Unsubscribed), Ok(())),
        (&[GIVEN, UNSUBSCRIBED, BY_MAIL], Ok(()), Ok(())),
        (&[GIVEN, UNSUBSCRIBED, EDITED], Err(Unsubscribed), Ok(())),
        (&[GIVEN, BOUNCED], Err(Bounced), Ok(())),
        (&[GIVEN, BOUNCED, EDITED], Ok(()), Ok(())),
        (&[GIVEN, BOUNCED, ("customer.contact_verified", r#"{"field":"email","value":"a@b.fi"}"#)], Ok(()), Ok(())),
        (&[GIVEN, BOUNCED, ("customer.contact_verified", r#"{"field":"phone","value":"1"}"#)], Err(Bounced), Ok(())),
        (&[GIVEN, EDITED, BOUNCED], Err(Bounced), Ok(())),
        (&[REGISTERED, GIVEN, CLOSED], Err(Closed), Err(Closed)),
        (&[REGISTERED, GIVEN, CLOSED, REGISTERED], Ok(()), Ok(())),
    ] {
        assert_eq!((may(said, "email"), may(said, "phone")), (mail, phone), "{said:?}");
    }
}

#[test]
fn preferences_forbid_until_they_are_stated_otherwise() {
    let stated = |preference: &'static str| ("customer.preference_stated", preference);
    for (said, mail, phone) in [
        (&[stated(r#"{"preference":"contact","value":"none"}"#)][..], false, false),
        (&[stated(r#"{"preference":"channel:email","value":"never"}"#)], false, true),
        (&[stated(r#"{"preference":"frequency","value":"never"}"#)], false, false),
        (&[stated(r#"{"preference":"frequency","value":"weekly"}"#)], true, true),
        (&[stated(r#"{"preference":"sauna","value":"none"}"#)], true, true),
        (
            &[
                stated(r#"{"preference":"contact","value":"none"}"#),
                stated(r#"{"preference":"contact","value":null}"#),
                stated(r#"{"preference":"channel:phone","value":"none"}"#),
            ],
            true,
            false,
        ),
    ] {
        let said: Vec<_> = [GIVEN].into_iter().chain(said.iter().copied()).collect();
        let answer = |may| if may { Ok(()) } else { Err(Withheld::PreferredNot) };
        assert_eq!((may(&said, "email"), may(&said, "phone")), (answer(mail), answer(phone)), "{said:?}");
    }
}

#[test]
fn a_message_counts_once_and_for_so_many_days() {
    let sent = |on, id: &str, data: &str| event("news", "1", on, "email.sent", data).named(id);
    let logged = |on, data: &str| event("crm", "1", on, "message.logged", data);
    let consent = event("crm", "1", 0, GIVEN.0, GIVEN.1);
    let events = [
        consent,
        sent(10, "a", r#"{"message":"m1"}"#),
        logged(10, r#"{"message":"m1","channel":"email","direction":"outgoing"}"#),
        logged(11, r#"{"message":"m2","channel":"email","direction":"incoming"}"#),
        logged(12, r#"{"message":"m3","channel":"phone","direction":"outgoing"}"#),
        sent(12, "b", "{}"),
        sent(12, "b", "{}"),
    ];
    let at = |channel, at: i64| may_contact(&events, (channel, "marketing"), Moment::at(day(at)), CAP, &TimeZone::UTC);
    assert_eq!(at("email", 12), Ok(()), "one, and what happens at the moment itself is not known yet");
    let later = day(12).plus_micros(1);
    assert_eq!(
        may_contact(&events, ("email", "marketing"), Moment::at(later), CAP, &TimeZone::UTC),
        Err(Withheld::TooOften)
    );
    assert_eq!(at("email", 13), Ok(()), "the first one is three days old");
    assert_eq!(at("phone", 13), Ok(()));
    let one = Cap { count: 1, per_days: 3 };
    assert_eq!(
        may_contact(&events, ("phone", "marketing"), Moment::at(day(13)), one, &TimeZone::UTC),
        Err(Withheld::TooOften)
    );
}

#[test]
fn a_customer_whom_one_source_keeps_is_not_closed() {
    let events = [
        event("crm", "1", 1, REGISTERED.0, "{}"),
        event("erp", "9", 2, REGISTERED.0, "{}"),
        event("crm", "1", 3, GIVEN.0, GIVEN.1),
        event("erp", "9", 4, CLOSED.0, "{}"),
        event("crm", "1", 5, CLOSED.0, "{}"),
    ];
    let at = |at: i64| may_contact(&events, ("email", "marketing"), Moment::at(day(at)), CAP, &TimeZone::UTC);
    assert_eq!((at(5), at(6)), (Ok(()), Err(Withheld::Closed)));
}

#[test]
fn erasing_a_person_changes_no_answer() {
    let mut events = told(&[GIVEN, UNSUBSCRIBED]);
    for event in &mut events {
        event.payload.erased = true;
        event.order.id = kulta_events::recorded::EventName::Erased(event.key);
    }
    let answer = may_contact(&events, ("email", "marketing"), Moment::at(day(9)), CAP, &TimeZone::UTC);
    assert_eq!(answer, Err(Withheld::Unsubscribed));
}

#[test]
fn what_was_said_by_a_clock_that_is_ahead_counts() {
    let events = [
        event("crm", "1", 1, GIVEN.0, GIVEN.1),
        event("crm", "1", 3, "email.sent", r#"{"message":"m1"}"#),
        event("crm", "1", 5, TAKEN.0, TAKEN.1),
    ];
    let now = day(2);
    let may = |some: &[Recorded], cap| {
        let moment = Moment { said_before: day(6), now };
        may_contact(some, ("email", "marketing"), moment, cap, &TimeZone::UTC)
    };
    assert_eq!(may(&events, CAP), Err(Withheld::NoConsent));
    assert_eq!(may(&events[..2], Cap { count: 1, per_days: 3 }), Err(Withheld::TooOften));
    assert_eq!(may(&events[..2], CAP), Ok(()));
}
