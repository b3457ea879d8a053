use kulta_events::RecordId;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::*;
use crate::given::{EventExt, day, event, record};
use crate::pipeline::card::OfferCard;
use crate::pipeline::terms::Said;

fn offer_event(on: i64, what: &str, data: &str) -> Recorded {
    let data = format!(r#"{{"offer":"o-1"{}{data}}}"#, if data.is_empty() { "" } else { "," });
    event("crm", "1", on, &format!("offer.{what}"), &data)
}

fn folded(events: &[Recorded]) -> Offer {
    Offer::at(&OfferHistory::of(events), None).unwrap()
}

fn text(said: &Said<Box<str>>) -> Option<&str> {
    said.value().map(|text| &**text)
}

fn stages(offer: &Offer) -> Vec<(Status, Option<&str>)> {
    offer.standing.turns.iter().map(|turn| (turn.status, turn.stage.as_deref())).collect()
}

#[test]
fn a_life_from_creation_to_winning() {
    let offer = folded(&[
        offer_event(1, "created", r#""stage":"new","amount":"100","currency":"EUR","owner":"aino","title":"Pumps""#),
        offer_event(3, "stage_changed", r#""stage":"proposal","probability":70"#),
        offer_event(4, "amended", r#""amount":"90.50","owner":null,"expected_close":"2026-05-01""#),
        offer_event(5, "commented", r#""text":"Called.""#),
        offer_event(6, "document_attached", r#""reference":"x.pdf","hash":"abc""#),
        offer_event(7, "won", r#""amount":"95","reason_code":"service""#),
    ]);
    let standing = &offer.standing;
    assert_eq!((standing.status, standing.closed_at), (Status::Won, Some(day(7))));
    assert_eq!(standing.reason_code.as_deref(), Some("service"));
    assert_eq!((standing.opened_at, standing.created_at, standing.stage_since), (day(1), Some(day(1)), day(3)));
    assert_eq!((text(&standing.terms.owner), text(&standing.terms.title)), (None, Some("Pumps")));
    assert_eq!(standing.name, ("crm".to_owned(), Some("o-1".into())));
    let sums: Vec<_> = offer.sums.iter().map(|sum| (sum.at, sum.amount.unwrap().0)).collect();
    let d = |text: &str| Decimal::from_str_exact(text).unwrap();
    assert_eq!(sums, [(day(1), d("100")), (day(4), d("90.5")), (day(7), d("95"))]);
    let open = Status::Open;
    assert_eq!(stages(&offer), [(open, Some("new")), (open, Some("proposal")), (Status::Won, Some("proposal"))]);
    assert_eq!((offer.comments.as_slice(), offer.documents.len()), (&[6_u64][..], 1));
    assert_eq!(offer.documents[0].hash.as_deref(), Some("abc"));
}

#[test]
fn what_was_won_before_it_was_created_is_won() {
    let offer = folded(&[
        offer_event(1, "won", r#""amount":"95","currency":"EUR""#),
        offer_event(2, "created", r#""stage":"new","amount":"100","currency":"SEK","owner":"aino","pipeline":"b2b""#),
    ]);
    let standing = &offer.standing;
    assert_eq!((standing.status, standing.closed_at, standing.opened_at), (Status::Won, Some(day(1)), day(1)));
    assert_eq!(standing.terms.amount, Said::Is(Number(Decimal::from(95))), "the word on winning holds");
    assert_eq!((text(&standing.terms.currency), text(&standing.terms.owner)), (Some("EUR"), Some("aino")));
    // Creation tells where it began, so the turn before it is filled in.
    assert_eq!(stages(&offer), [(Status::Won, Some("new"))]);
    assert_eq!(standing.turns[0].pipeline.as_deref(), Some("b2b"));
    assert_eq!(standing.stage_since, day(1));
}

#[test]
fn moves_of_equal_time_count_in_the_order_of_source_and_id() {
    let create = offer_event(1, "created", r#""stage":"new""#);
    let a = offer_event(2, "stage_changed", r#""stage":"a""#).named("a");
    let b = offer_event(2, "stage_changed", r#""stage":"b""#).named("b");
    for order in [[&create, &a, &b], [&b, &create, &a], [&a, &b, &create]] {
        let history = OfferHistory::of(order);
        let offer = Offer::at(&history, None).unwrap();
        assert_eq!(text(&offer.standing.terms.stage), Some("b"));
        assert_eq!(stages(&offer).len(), 3);
    }
}

#[test]
fn another_stage_drops_the_own_probability_and_the_same_one_changes_nothing() {
    let mut events = vec![
        offer_event(1, "created", r#""stage":"new","probability":90"#),
        offer_event(2, "stage_changed", r#""stage":"new""#),
    ];
    let offer = folded(&events);
    assert_eq!(offer.standing.terms.probability, Said::Is(Number(Decimal::from(90))));
    assert_eq!((offer.standing.stage_since, offer.standing.turns.len()), (day(1), 1));
    events.push(offer_event(3, "stage_changed", r#""stage":"proposal""#));
    assert_eq!(folded(&events).standing.terms.probability, Said::Cleared);
    events.push(offer_event(4, "stage_changed", r#""stage":"new","pipeline":"b2b","probability":0"#));
    let offer = folded(&events);
    assert_eq!(offer.standing.terms.probability, Said::Is(Number(Decimal::ZERO)));
    assert_eq!(text(&offer.standing.terms.pipeline), Some("b2b"));
    // Also that of a beginning which is told of later.
    let moved = offer_event(1, "stage_changed", r#""stage":"proposal""#);
    let offer = folded(&[moved, offer_event(2, "created", r#""stage":"new","probability":90"#)]);
    assert_eq!(offer.standing.terms.probability, Said::Cleared);
}

#[test]
fn decisions_follow_one_another_and_moves_of_what_is_closed_do_not_open_it() {
    let mut events = vec![
        offer_event(1, "created", r#""stage":"new""#),
        offer_event(2, "lost", r#""reason_code":"price""#),
        offer_event(3, "lost", ""),
        offer_event(4, "stage_changed", r#""stage":"late""#),
    ];
    let offer = folded(&events);
    assert_eq!((offer.standing.status, offer.standing.closed_at), (Status::Lost, Some(day(2))));
    assert_eq!(offer.standing.reason_code.as_deref(), Some("price"));
    events.push(offer_event(5, "won", ""));
    let offer = folded(&events);
    assert_eq!((offer.standing.status, offer.standing.closed_at), (Status::Won, Some(day(5))));
    assert_eq!(offer.standing.reason_code, None);
    events.push(offer_event(6, "reopened", ""));
    events.push(offer_event(7, "reopened", ""));
    let offer = folded(&events);
    assert_eq!((offer.standing.status, offer.standing.closed_at), (Status::Open, None));
    assert_eq!((offer.standing.stage_since, text(&offer.standing.terms.stage)), (day(6), Some("late")));
}

#[test]
fn it_belongs_to_whom_the_last_amendment_names() {
    let of = |on, what: &str, subject: &str| {
        let mut told = offer_event(on, what, r#""stage":"x""#);
        told.record = Some(record("crm", subject));
        told
    };
    let record_of = |events: &[Recorded]| folded(events).standing.record;
    let expect = |subject: &str| Some::<RecordId>(record("crm", subject));
    assert_eq!(record_of(&[of(1, "commented", "a"), of(2, "lost", "b")]), expect("a"));
    assert_eq!(record_of(&[of(1, "commented", "a"), of(2, "created", "b"), of(3, "created", "c")]), expect("b"));
    assert_eq!(record_of(&[of(1, "amended", "a"), of(2, "created", "b"), of(3, "won", "c")]), expect("a"));
    assert_eq!(record_of(&[of(1, "created", "a"), of(2, "amended", "b"), of(3, "amended", "c")]), expect("c"));
}

#[test]
fn members_that_the_type_does_not_know_say_nothing() {
    let offer = folded(&[offer_event(1, "won", r#""owner":"aino","stage":"x""#)]);
    assert!(offer.standing.terms.owner.is_silent() && offer.standing.terms.stage.is_silent());
    // A document's title is not the offer's.
    let offer = folded(&[offer_event(1, "document_attached", r#""reference":"r","title":"Scan""#)]);
    assert!(offer.standing.terms.title.is_silent());
}

#[test]
fn an_as_of_sees_what_happened_before_it() {
    let history = OfferHistory::of(&[
        offer_event(1, "created", r#""stage":"new","title":"Pumps""#),
        offer_event(3, "stage_changed", r#""stage":"proposal""#),
        offer_event(4, "commented", r#""text":"x""#),
        offer_event(5, "lost", ""),
    ]);
    let id = Uuid::from_u128(7);
    let stage = |on| OfferCard::at::<Offer>(id, &history, Some(day(on))).map(|card| (card.status, card.stage));
    assert_eq!(stage(1), None);
    assert_eq!(stage(3), Some((Status::Open, Some("new".into()))));
    assert_eq!(stage(4), Some((Status::Open, Some("proposal".into()))));
    assert_eq!(stage(6), Some((Status::Lost, Some("proposal".into()))));
}
