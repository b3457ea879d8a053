use jiff::tz::TimeZone;
use kulta_events::{Instant, RecordId, Recorded};
use uuid::Uuid;

use super::csv::{csv, defused};
use super::item::{Complained, Thing};
use super::saved::reports_at;
use super::told::{Activity, Purchase};
use super::*;
use crate::given::{EventExt, event, json, record};
use crate::pipeline::business::BusinessHours;
use crate::pipeline::card::OfferCard;
use crate::pipeline::complaint::{Complaint, ComplaintHistory};
use crate::pipeline::definition::{Definitions, Pipelines};
use crate::pipeline::offer::{Offer, OfferHistory};

fn definition(text: &str) -> Definition {
    Definition::parse(&json(text)).unwrap()
}

fn problems(text: &str) -> Vec<(String, String)> {
    let problems = Definition::parse(&json(text)).unwrap_err();
    problems.into_iter().map(|problem| (problem.pointer, problem.reason)).collect()
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn label(record: RecordId, field: &str) -> Option<String> {
    let is = |subject: &str| record == self::record("crm", subject);
    match field {
        "customer" => Some(record.to_string()),
        "customer_name" => is("1").then(|| "=Ab, Oy".to_owned()),
        "parent" => is("2").then(|| "group".to_owned()),
        "customer.size" => is("1").then(|| "12.50".to_owned()),
        _ => None,
    }
}

fn counted<I: Item>(definition: &Definition, items: &[I]) -> Result<Report, Overflow> {
    let mut tally = Tally::new(definition, at("2017-06-01T00:00:00+03:00"), &TimeZone::UTC);
    items.iter().for_each(|item| tally.add(item, &label));
    tally.report("r")
}

fn lines<I: Item>(text: &str, items: &[I]) -> Vec<String> {
    csv(&counted(&definition(text), items).unwrap()).lines().map(str::to_owned).collect()
}

fn totals(report: &Report) -> Vec<Vec<String>> {
    let text = |cell: &Cell| serde_json::to_string(cell).unwrap();
    report.totals.iter().map(|row| row.iter().map(text).collect()).collect()
}

/// An offer of a customer, and when it was decided.
fn offer(subject: &str, terms: &str, decided: Option<(&str, &str)>) -> OfferCard {
    let mut created = event("crm", subject, 1, "offer.created", &format!(r#"{{"offer":"o"{terms}}}"#));
    created.order.time = at("2017-01-01T12:00:00Z");
    let mut events = vec![created];
    if let Some((what, time)) = decided {
        let mut event = event("crm", subject, 2, &format!("offer.{what}"), r#"{"offer":"o"}"#);
        event.order.time = at(time);
        events.push(event);
    }
    OfferCard::at::<Offer>(Uuid::nil(), &OfferHistory::of(&events), None).unwrap()
}

fn offers() -> Vec<OfferCard> {
    vec![
        offer("1", r#","owner":"aino","amount":"100.10","currency":"EUR""#, Some(("won", "2017-03-31T22:30:00+03:00"))),
        offer("1", r#","owner":"aino","amount":"200.2","currency":"EUR""#, Some(("won", "2017-04-01T00:30:00+03:00"))),
        offer(
            "2",
            r#","owner":"eino","amount":"1","currency":"SEK","expected_close":"2017-08-01""#,
            Some(("lost", "2017-02-01T12:00:00Z")),
        ),
        offer("2", r#","owner":"eino","product":"pump""#, Some(("won", "2017-02-01T12:00:00Z"))),
        offer("3", r#","amount":"7","currency":"EUR","stage":"proposal""#, None),
    ]
}

fn of_offers(text: &str) -> Vec<String> {
    let (cards, pipelines) = (offers(), Pipelines::at(&Definitions::default(), None));
    let things: Vec<_> =
        cards.iter().map(|card| Thing::new(card, &pipelines, at("2017-06-01T00:00:00+03:00"))).collect();
    lines(text, &things)
}

#[test]
fn offers_are_counted_apart_and_money_by_currency() {
    let by_owner = of_offers(r#"{"over":"offers","measures":["count",{"sum":"amount"}],"by":["owner"]}"#);
    let expected =
        ["owner,currency,count,sum_amount", "aino,EUR,2,300.3", "eino,SEK,1,1", "eino,,1,", ",EUR,1,7"].as_slice();
    assert_eq!(by_owner, expected);
    let by_month = of_offers(
        r#"{"over":"offers","measure":"count","by":[{"month":"closed_at"},"status"],"time_zone":"Europe/Helsinki",
            "period":{"of":"closed_at","from":"2017-02-01","until":"2017-05-01"},"where":[{"field":"status","is_not":"lost"}]}"#,
    );
    assert_eq!(by_month, ["closed_at_month,status,count", "2017-02,won,1", "2017-03,won,1", "2017-04,won,1"]);
    let last = |zone| {
        let period = r#"{"of":"closed_at","last":{"months":2}}"#;
        of_offers(&format!(r#"{{"over":"offers","measure":"count","period":{period}{zone}}}"#))
    };
    assert_eq!(last(r#","time_zone":"Europe/Helsinki""#), ["count", "1"]);
    assert_eq!(last(""), ["count", "0"], "in UTC, which is the caller's, it was still March");
    let names = of_offers(
        r#"{"over":"offers","measures":[{"median":"days_open"},{"sum":"customer.size"}],"by":["customer_name","parent"],
            "sort":{"by":"median_days_open","order":"descending"},"limit":2}"#,
    );
    assert_eq!(
        names,
        ["customer_name,parent,median_days_open,sum_customer.size", ",,150,", "\"'=Ab, Oy\",,89,25"],
        "a mean of 89 days, and of 31 the limit says nothing"
    );
}

#[test]
fn what_is_asked_of_fields_holds() {
    let count = |condition: &str| {
        let text = format!(r#"{{"over":"offers","measure":"count","where":[{condition}]}}"#);
        of_offers(&text).get(1).map_or(0, |count| count.parse::<u64>().unwrap())
    };
    assert_eq!(count(r#"{"field":"amount","at_least":7,"below":"200.2"}"#), 2);
    assert_eq!(count(r#"{"field":"amount","is":["100.100",1]}"#), 2);
    assert_eq!(count(r#"{"field":"product","missing":true}"#), 4);
    assert_eq!(count(r#"{"field":"product","missing":false}"#), 1);
    assert_eq!(count(r#"{"field":"owner","is_not":["aino","eino"]}"#), 1, "what nobody said is not these");
    assert_eq!(count(r#"{"field":"owner","is":"aino"},{"field":"closed_at","until":"2017-03-31"}"#), 0);
    assert_eq!(count(r#"{"field":"expected_close","from":"2017-08-01","until":"2017-08-02"}"#), 1);
    assert_eq!(count(r#"{"field":"pipeline","is":"default"},{"field":"stage","is":["new"]}"#), 4);
    assert_eq!(count(r#"{"field":"customer.size","at_least":"12.5"}"#), 2);
    assert_eq!(count(r#"{"field":"closed_at","missing":true}"#), 1);
}

#[test]
fn totals_are_by_currency_and_what_is_left_out_is_told() {
    let (cards, pipelines) = (offers(), Pipelines::at(&Definitions::default(), None));
    let things: Vec<_> = cards.iter().map(|card| Thing::new(card, &pipelines, at("2017-06-01T00:00:00Z"))).collect();
    let text = r#"{"over":"offers","measures":["count",{"average":"amount"},{"weighted":"amount"}],"by":["owner"],
        "period":{"of":"closed_at","from":"2017-01-01"},"limit":1}"#;
    let report = counted(&definition(text), &things).unwrap();
    assert_eq!((report.rows.len(), report.groups), (1, 3));
    let expected = [
        vec!["null", r#""EUR""#, "2", r#""150.15""#, r#""30.03""#],
        vec!["null", r#""SEK""#, "1", r#""1""#, r#""0.1""#],
        vec!["null", "null", "1", "null", "null"],
    ];
    assert_eq!(totals(&report), expected);
    let left_out: Vec<_> = report.left_out.iter().map(|(field, count)| (&**field, *count)).collect();
    assert_eq!(left_out, [("amount", 1), ("closed_at", 1)]);
    let none = counted(&definition(r#"{"over":"leads","measure":"count"}"#), &things).unwrap();
    assert_eq!(
        (none.rows.clone(), totals(&none)),
        (vec![vec![Cell::Count(0)]], vec![vec!["0".to_owned()]]),
        "an offer is no lead"
    );
}

#[test]
fn complaints_are_measured_against_the_clock() {
    let told = [
        ("opened", 0, r#"{"complaint":"c","topic":"late"}"#),
        ("answered", 3, r#"{"complaint":"c"}"#),
        ("reopened", 4, r#"{"complaint":"c"}"#),
    ];
    let events = told.map(|(what, on, data)| event("crm", "1", on, &format!("complaint.{what}"), data));
    let complaint = Complaint::at(&ComplaintHistory::of(&events), None).unwrap();
    let (hours, as_of) = (BusinessHours::built_in(TimeZone::UTC), crate::given::day(10));
    let text = r#"{"over":"complaints","by":["topic","status","rounds"],
        "measures":[{"sum":"breached"},{"sum":"minutes_waited"},{"largest":"days_open"}]}"#;
    let with = lines(text, &[Complained::new(&complaint, Some(&hours), as_of)]);
    assert_eq!(with[1], "late,waiting,2,2,12960,10");
    let without = lines(text, &[Complained::new(&complaint, None, as_of)]);
    assert_eq!(without[1], "late,waiting,2,,12960,10");
}

#[test]
fn activities_and_purchases_are_read_from_events() {
    let logged = |id: &str, minutes: &str| {
        let data = format!(r#"{{"activity":"{id}","kind":"call","owner":"aino","team":"north"{minutes}}}"#);
        Activity::of(&event("crm", "1", 1, "activity.logged", &data)).unwrap()
    };
    let activities = [logged("a", r#","minutes":10"#), logged("b", r#","minutes":5"#), logged("c", "")];
    let found = lines(
        r#"{"over":"activities","measures":["count",{"median":"minutes"},{"smallest":"minutes"}],"by":["team",{"week":"at"}]}"#,
        &activities,
    );
    assert_eq!(found[0], "team,at_week,count,median_minutes,smallest_minutes");
    assert!(found[1].ends_with(",3,7.5,5"), "{found:?}");
    let events = [
        ("made", r#"{"amount":"100","currency":"EUR","margin":"-3","quantity":2,"attributes":{"size":"L","n":1.50}}"#),
        ("returned", r#"{"amount":"30","currency":"EUR","quantity":1,"attributes":{"size":"L"}}"#),
        ("cancelled", r#"{"amount":"1","currency":"SEK","attributes":{"size":true},"sealed":7}"#),
    ];
    let events: Vec<Recorded> =
        events.iter().map(|(what, data)| event("shop", "1", 1, &format!("purchase.{what}"), data)).collect();
    let purchases: Vec<_> = events.iter().filter_map(Purchase::of).collect();
    let text = r#"{"over":"purchases","by":["attributes.size"],"measures":
        [{"sum":"amount"},{"sum":"quantity"},{"sum":"margin"},{"largest":"amount"},{"sum":"attributes.n"}]}"#;
    let found = lines(text, &purchases);
    assert_eq!(found[1..], ["L,EUR,70,1,-3,100,1.5", "true,SEK,-1,,,1,"]);
    assert!(Purchase::of(&event("shop", "1", 1, "invoice.paid", "{}")).is_none());
}

#[test]
fn a_sum_that_no_decimal_holds_is_an_error_that_names_the_report() {
    let data = |n: &str| format!(r#"{{"amount":"1","currency":"EUR","attributes":{{"n":"{n}"}}}}"#);
    let events = ["79228162514264337593543950335", "1"].map(|n| event("shop", "1", 1, "purchase.made", &data(n)));
    let purchases: Vec<_> = events.iter().filter_map(Purchase::of).collect();
    let found = counted(&definition(r#"{"over":"purchases","measure":{"sum":"attributes.n"}}"#), &purchases);
    let expected = "report r: a number in the column sum_attributes.n has more than 28 digits";
    assert_eq!(found.unwrap_err().to_string(), expected);
}

#[test]
fn every_problem_has_its_place() {
    let found = problems(
        r#"{"over":"complaints","measures":["count",{"sum":"amount"},{"wheight":"rounds"},{"weighted":"rounds"}],
            "by":["topic","opened_at",{"decade":"opened_at"},{"month":"topic"}],"colour/~":1,
            "where":[{"field":"topic","is":[]},{"field":"rounds","at_least":3,"below":"3"},{"field":"rounds"},7,
                {"is":"x"},{"field":"opened_at","is":"x"},{"field":"topic","below":1},{"field":"topic","like":"x"}],
            "period":{"of":"opened_at","from":"2017-04-01","until":"2017-04-01"},"time_zone":"Mars/Base","limit":0}"#,
    );
    let pointers: Vec<_> = found.iter().map(|(pointer, _)| &**pointer).collect();
    let expected = [
        "/colour~1~0",
        "/measures/1/sum",
        "/measures/2/wheight",
        "/measures/3/weighted",
        "/by/1",
        "/by/2/decade",
        "/by/3/month",
        "/where/0/is",
        "/where/1",
        "/where/2",
        "/where/3",
        "/where/4",
        "/where/5/is",
        "/where/6/below",
        "/where/7/like",
        "/where/7",
        "/period",
        "/time_zone",
        "/limit",
    ];
    assert_eq!(pointers, expected, "{found:#?}");
    assert_eq!(
        found[1].1,
        "unknown field of complaints; there are breached, days_open, minutes_waited, rounds, customer.…"
    );
}

#[test]
fn a_definition_says_what_it_counts() {
    let of = |text: &str| problems(text).into_iter().map(|(pointer, _)| pointer).collect::<Vec<_>>();
    assert_eq!(of("7"), [""]);
    assert_eq!(of("{}"), ["/over"]);
    assert_eq!(of(r#"{"over":"offers"}"#), [""]);
    assert_eq!(of(r#"{"over":"offers","measure":"count","measures":["count"]}"#), ["/measures"]);
    assert_eq!(of(r#"{"over":"offers","measures":[]}"#), ["/measures"]);
    assert_eq!(of(r#"{"over":"offers","measures":["count","count"]}"#), [""]);
    let with = |more: &str| of(&format!(r#"{{"over":"offers","measure":"count",{more}}}"#));
    assert_eq!(with(r#""by":["owner","team","product","stage","status","origin"]"#), ["/by"]);
    assert_eq!(with(r#""by":["owner","owner"]"#), [""]);
    assert_eq!(with(r#""sort":{"by":"amount"}"#), ["/sort/by"]);
    assert_eq!(with(r#""sort":{"by":"count","order":"down"}"#), ["/sort/order"]);
    assert_eq!(with(r#""period":{"of":"closed_at"}"#), ["/period"]);
    assert_eq!(with(r#""period":{"of":"closed_at","last":{"months":0}}"#), ["/period/last/months"]);
    assert_eq!(with(r#""period":{"of":"closed_at","last":{"months":1},"this":"year"}"#), ["/period"]);
    assert_eq!(with(r#""period":{"of":"closed_at","this":"years"}"#), ["/period/this"]);
    assert_eq!(with(r#""period":{"of":"owner","from":"2017-1-1"}"#), ["/period/of", "/period/from"]);
}

#[test]
fn cells_are_quoted_and_defused() {
    for text in ["=1", "+1", "-1", "@a", "\tx", "\rx", " =1", "\u{a0}＝1", "＋1", "－1", "＠a", "\u{feff}=1", "\n-1"]
    {
        assert_eq!(defused(text), format!("'{text}"));
    }
    for text in ["", "a=1", "Tampere-2", "'=1", "5", "Ääkkönen"] {
        assert_eq!(defused(text), text);
    }
    let column = |name: &str, kind| Column { name: name.to_owned(), kind };
    let report = Report {
        columns: vec![column("customer.=x", ColumnKind::Text), column("sum_amount", ColumnKind::Money)],
        rows: vec![
            vec![Cell::Text("-a \"b\", c".into()), Cell::Number("-1.5".parse().unwrap())],
            vec![Cell::Empty, Cell::Count(1)],
        ],
        groups: 2,
        totals: Vec::new(),
        left_out: BTreeMap::new(),
    };
    assert_eq!(csv(&report), "customer.=x,sum_amount\n\"'-a \"\"b\"\", c\",-1.5\n,1\n");
    let nothing = Report { columns: Vec::new(), rows: vec![vec![Cell::Empty]], ..report };
    assert_eq!(csv(&nothing), "\"\"\n\"\"\n");
}

#[test]
fn of_one_report_the_last_word_holds() {
    let saved = |on, id: &str, more: &str| {
        let data = format!(r#"{{"report":"a","definition":{{"over":"offers","measure":"count"}}{more}}}"#);
        event("kulta", "-", on, "report.saved", &data).named(id)
    };
    let events = [saved(1, "z", ""), saved(2, "a", r#","name":"Offers""#), saved(3, "b", r#","retired":true"#)];
    let reports = Reports::of(events.iter().rev());
    assert_eq!(reports, Reports::of(events.iter().chain(&events)));
    let named = |as_of| reports_at(&reports, as_of).get("a").map(|saved| saved.name.to_string());
    let day = |on| Some(crate::given::day(on));
    assert_eq!(
        [named(day(1)), named(day(2)), named(day(3)), named(None)],
        [None, Some("a".to_owned()), Some("Offers".to_owned()), None]
    );
    assert!(reports.told()[0].fact.read().is_ok());
    let useless = event("kulta", "-", 1, "report.saved", r#"{"report":"a"}"#);
    assert!(Reports::of([&useless]).is_empty());
}
