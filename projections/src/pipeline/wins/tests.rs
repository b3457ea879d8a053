use jiff::civil;
use uuid::Uuid;

use super::*;
use crate::given::{EventExt, event};
use crate::pipeline::offer::{Offer, OfferHistory};

fn d(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap()
}

/// A card of an offer that was closed at a time.
fn card(owner: &str, what: &str, at: &str, money: &str) -> OfferCard {
    let created = format!(r#"{{"offer":"o","owner":"{owner}","product":"pumps"{money}}}"#);
    let mut closed = event("crm", "1", 2, &format!("offer.{what}"), r#"{"offer":"o","reason_code":"r"}"#);
    closed.order.time = Instant::parse(at).unwrap();
    let mut created = event("crm", "1", 1, "offer.created", &created);
    created.order.time = closed.order.time.plus_days(-3);
    OfferCard::at::<Offer>(Uuid::nil(), &OfferHistory::of(&[created, closed]), None).unwrap()
}

fn cards() -> Vec<OfferCard> {
    vec![
        card("aino", "won", "2026-03-31T21:30:00Z", r#","amount":"100","currency":"EUR""#),
        card("aino", "lost", "2026-04-02T12:00:00Z", r#","amount":"70","currency":"EUR""#),
        card("aino", "won", "2026-03-31T20:30:00Z", r#","amount":"0.5","currency":"EUR""#),
        card("eino", "won", "2026-04-01T12:00:00Z", r#","amount":"9","currency":"SEK""#),
        card("eino", "commented", "2026-04-01T12:00:00Z", ""),
        card("eino", "won", "2026-04-02T12:00:00Z", ""),
    ]
}

fn zone() -> TimeZone {
    TimeZone::get("Europe/Helsinki").unwrap()
}

#[test]
fn closed_offers_are_counted_by_owner_and_quarter_of_the_zone() {
    let cards = cards();
    let found = wins(&cards, &[By::Owner, By::Quarter], &Period::ever(zone()));
    let rows: Vec<_> = found
        .iter()
        .map(|(key, tally)| {
            let key: Vec<_> = key.iter().map(|part| part.as_deref().unwrap_or("-")).collect();
            (key.join(" "), tally.won, tally.lost, tally.win_rate().unwrap().to_string())
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("aino 2026-Q1".to_owned(), 1, 0, "1".to_owned()),
            ("aino 2026-Q2".to_owned(), 1, 1, "0.5".to_owned()),
            ("eino 2026-Q2".to_owned(), 2, 0, "1".to_owned()),
        ]
    );
    let april = Period::new(zone(), Some(civil::date(2026, 4, 1)), Some(civil::date(2026, 4, 2)));
    let all = wins(&cards, &[], &april);
    assert_eq!((all.len(), all[&vec![]].won, all[&vec![]].lost), (1, 2, 0));
    let sums = &all[&vec![]].won_sums;
    assert_eq!(
        (sums.of("EUR").map(|s| s.amount()), sums.of("SEK").map(|s| s.amount())),
        (Some(d("100")), Some(d("9")))
    );
    assert!(wins(&[], &[By::Month], &april).is_empty());
}

fn goal(on: i64, data: &str) -> Recorded {
    event("kulta", "-", on, "goal.set", data)
}

const MONEY: &str =
    r#"{"goal":"g","measure":"money","target":"400","currency":"EUR","from":"2026-04-01","until":"2026-07-01"}"#;

#[test]
fn progress_counts_what_was_won_in_the_period() {
    let set = |data: &str| Goal::read(&goal(1, data)).unwrap();
    let progress = |goal: &Goal| goal.progress(&cards(), &zone(), "default");
    let found = progress(&set(MONEY));
    let expected = Progress { reached: d("100"), share: Some(d("0.25")), missing: d("300"), left_out: 2 };
    assert_eq!(found, expected, "one in another currency, one without an amount");
    let count = |more: &str| {
        let data =
            format!(r#"{{"goal":"g","measure":"count","target":"2","from":"2026-04-01","until":"2026-07-01"{more}}}"#);
        let found = progress(&set(&data));
        (found.reached, found.missing, found.left_out)
    };
    assert_eq!(count(""), (d("3"), d("0"), 0));
    assert_eq!(count(r#","owner":"eino""#), (d("2"), d("0"), 0));
    assert_eq!(count(r#","owner":"nobody""#), (d("0"), d("2"), 0));
    assert_eq!(count(r#","pipeline":"default","product":"pumps""#).0, d("3"));
    assert_eq!(count(r#","pipeline":"other""#).0, d("0"));
    let none = set(&MONEY.replace("\"400\"", "0"));
    assert_eq!((progress(&none).share, progress(&none).missing), (None, d("0")));
}

#[test]
fn the_last_word_on_a_goal_holds() {
    let events = [
        goal(2, &MONEY.replace("\"400\"", "500")),
        goal(1, MONEY),
        goal(2, &MONEY.replace("\"400\"", "600")).named("a"),
        goal(3, &MONEY.replace("\"goal\":\"g\"", "\"goal\":\"h\",\"retired\":true")),
    ];
    let goals = Goals::of(&events);
    let targets = |as_of| goals_at(&goals, as_of).into_values().map(|goal| goal.target.0).collect::<Vec<_>>();
    assert_eq!(targets(None), [d("600")], "id a sorts after 0002");
    assert_eq!(targets(Some(crate::given::day(2))), [d("400")]);
    for useless in ["{}", r#"{"goal":"g","measure":"count","target":-1,"from":"2026-01-01","until":"2026-02-01"}"#] {
        assert!(Goal::read(&goal(1, useless)).is_none());
    }
}
