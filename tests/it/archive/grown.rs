//! Whatever came since: an archive with what stands in the log only is the log, to the last digit.

use std::collections::BTreeSet;
use std::time::Duration;

use kulta::archive::Keeper;
use kulta::metrics;
use kulta::replay::data::{Data, Over};
use kulta::replay::ground::{Ground, Held};
use kulta::replay::read::Cancel;
use kulta::replay::run::{How, Known, Rules, score};
use kulta::scores::Compiled;
use kulta_events::{Instant, Vocabulary};
use kulta_projections::scores::facts::Wanted;
use kulta_projections::scores::rules::Facets;
use serde_json::{Value, json};

use super::contents::{Draw, some, tame};
use super::{Opened, Row, import, minute, purchase, streamed, written};
use crate::kit::{Asks, PATIENCE, Place, event, text};

/// Rules for which it is of account which event is first, and where it stands.
const RULES: &str = r#"
name = "r"
[[rule]]
id = "first"
on = ["purchase.made", "web.visited"]
points = 'amount * 0.37'
cap = { points = 20, per = "month" }
[[rule]]
id = "sizes"
on = "purchase.made"
when = 'attributes.size == "XL"'
points = 3
limit = { count = 1, per = "day" }
[[rule]]
id = "visits"
on = "web.visited"
at_least = { count = 2, within_days = 7 }
points = 5
[[rule]]
id = "quiet"
absent = { on = "purchase.made", days = 30 }
points = -1.5
"#;

/// Brings customers together, and apart again.
fn merged_and_split(place: &Place, draw: &mut Draw) {
    let server = place.serve();
    let mut client = server.client();
    client.caught_up();
    let mut done = [0; 2];
    for _ in 0..12 {
        let mut drawn = || {
            let (source, subject) = (draw.of(&["erp", "shop", "kassa"]), draw.below(30).to_string());
            let found = client.get(&format!("/v1/records/{source}/{subject}")).send();
            let id = (found.status == 200).then(|| text(&found.json(), "customer_id").to_owned());
            id.map(|id| (id, json!({"source": source, "subject": subject})))
        };
        let (Some((one, record)), Some((other, _))) = (drawn(), drawn()) else { continue };
        let (how, body) = if one == other || draw.below(3) == 0 {
            ("split", json!({"records": [record], "reason": "somebody else"}))
        } else {
            ("merge", json!({"with": other}))
        };
        let answer = client.send("POST", &format!("/v1/customers/{one}/{how}"), &body);
        assert!(matches!(answer.status, 200 | 409 | 422), "{answer:?}");
        done[usize::from(how == "split")] += usize::from(answer.status == 200);
    }
    println!("{} merges, {} splits", done[0], done[1]);
    client.caught_up();
    server.terminate(PATIENCE);
}

/// What a customer's rows say, in their order.
fn said(held: &Held, customer: usize) -> Vec<String> {
    let told = |row: Row| format!("{} {:?} {:?}", row.time, row.words, row.facets);
    held.with_rows(customer, &mut None, |facts, rows| {
        let record = kulta_events::RecordId(uuid::Uuid::nil());
        rows.iter().map(|row| told(Row::of(facts, record, *row))).collect()
    })
    .unwrap()
}

fn scores(held: &Held, facets: &Facets) -> String {
    let rules = Rules::all(std::sync::Arc::new(Compiled::new(RULES, facets).unwrap()));
    let as_of = Instant::parse("2026-06-01T00:00:00Z").unwrap();
    let cancel = Cancel::default();
    let how = How { as_of, facets, tolerant: true, breakdown: true, cancel: &cancel, progress: &|_| () };
    let outcome = score(Over::from(held), &Known::default(), &rules, &how).unwrap();
    let mixed: BTreeSet<_> = outcome.mixed.iter().collect();
    // Where a refused event stands is asked of the log.
    let refused: Vec<_> = outcome.refused.iter().map(|one| (one.customer, one.error.to_string())).collect();
    format!("{:?} {:?} {mixed:?} {refused:?} {:?}", outcome.scores.points, outcome.left_out, outcome.breakdown)
}

/// Compares what a replay runs over with the log.
fn same_as_the_log(opened: &Opened, place: &Place, wanted: &Wanted, what: &str) {
    let facets = Facets::of(&Vocabulary::standard());
    let projections = opened.services.projector.projections().clone();
    let kept = (place.directory().join("a"), Duration::from_secs(3_600));
    let keeper = Keeper::new(opened.source(), projections.clone(), kept, metrics::Archive::default());
    let ground = Ground::new(opened.source(), Some(keeper));
    let (source, live, wanted) = (opened.source(), projections.live(), wanted.clone());
    let read = async move {
        let cancel = Cancel::default();
        let ran = ground.read(&*live, None, wanted.clone(), &cancel, &|_| ()).await.unwrap();
        let data = Data::read(&source, &*live, None, wanted, &cancel, &|_| ()).await.unwrap();
        (ran, Held::Whole(Box::new(data)))
    };
    let (ran, log) = opened.runtime.block_on(opened.runtime.spawn(read)).unwrap();
    assert!(ran.held.is_stored(), "{what}: {:?}", ran.why_log);
    let (people, expected) = (ran.held.people(), log.people());
    assert_eq!((people.position, people.events), (expected.position, expected.events), "{what}");
    assert_eq!((&people.ids, &people.records, &people.ends), (&expected.ids, &expected.records, &expected.ends));
    for customer in 0..people.ids.len() {
        assert_eq!(said(&ran.held, customer), said(&log, customer), "{what}: customer {customer}");
    }
    let expected = scores(&log, &facets);
    assert_eq!(scores(&ran.held, &facets), expected, "{what}");
    // All rows stay in memory, or those of some customers.
    let mut held = ran.held;
    for bytes in [2_000, usize::MAX] {
        held = held.keeping(bytes);
        for time in ["read", "kept"] {
            assert_eq!(scores(&held, &facets), expected, "{what}: {time}, {bytes} bytes");
        }
    }
}

fn wanted(facets: &[&str]) -> Wanted {
    Wanted { facets: Some(facets.iter().map(|facet| Box::from(*facet)).collect()), types: None }
}

fn an_archive_with_what_came_since_is_the_log(place: &Place, seed: u64) {
    let mut draw = Draw(seed);
    // Numbers that do not fit are in the Parquet files only.
    let is_tame = !seed.is_multiple_of(2);
    let some = |draw: &mut Draw, step, count| {
        let events = some(draw, step, count);
        if is_tame { tame(events) } else { events }
    };
    let mut events = some(&mut draw, 0, 200);
    // Moments that nobody else has, so that not everybody's events meet.
    events.extend((0..60).map(|n| purchase(&(n % 30).to_string(), &format!("m{n}"), &minute(n), "12.50")));
    import(place, &events);
    merged_and_split(place, &mut draw);
    written(place, "a");
    assert_eq!(streamed(place, "a", &wanted(&["amount", "currency"])).unwrap().is_some(), is_tame);
    for step in 1..=2 {
        let mut later = if step == 1 { Vec::new() } else { some(&mut draw, step, 40) };
        later.extend((0..25).map(|n| {
            let at = minute(2_000 * step as usize + n);
            purchase(&draw.below(40).to_string(), &format!("{step}-m{n}"), &at, "7.25")
        }));
        // A facet, and a kind of one, that no archived event has.
        let attributes = json!({"brand": "Pumppu", "size": 7, "colour": step});
        let data = json!({"amount": "3.123456", "currency": "NOK", "attributes": attributes});
        later.push(event("verkko", "new", &format!("n{step}"), &minute(9_000 + step as usize), "purchase.made", data));
        import(place, &later);
        merged_and_split(place, &mut draw);
        let opened = Opened::new(place);
        for facets in [
            &["amount", "currency"][..],
            &["amount", "currency", "attributes.size", "attributes.brand"],
            &["currency"],
            &["amount", "currency", "order", "attributes.size", "attributes.colour", "product_group"],
        ] {
            same_as_the_log(&opened, place, &wanted(facets), &format!("seed {seed}, step {step}, {facets:?}"));
        }
    }
}

#[test]
fn an_archive_with_what_came_since_is_the_log_on_sqlite() {
    for seed in 1..=4 {
        an_archive_with_what_came_since_is_the_log(&Place::sqlite(), seed);
    }
}

#[test]
fn an_archive_with_what_came_since_is_the_log_on_postgresql() {
    an_archive_with_what_came_since_is_the_log(&Place::postgresql(), 7);
}

/// Rows of more than a thousand different orders are only in the Parquet files.
#[test]
fn what_no_rows_hold_is_read_from_parquet() {
    let place = Place::sqlite();
    let made = |n: usize| purchase(&(n % 30).to_string(), &n.to_string(), &minute(n), "1.25");
    import(&place, &(0..1_100).map(made).collect::<Vec<Value>>());
    written(&place, "a");
    import(&place, &(1_100..1_150).map(made).collect::<Vec<Value>>());
    merged_and_split(&place, &mut Draw(3));
    let opened = Opened::new(&place);
    for facets in [&["amount", "order"][..], &["amount"]] {
        same_as_the_log(&opened, &place, &wanted(facets), &format!("{facets:?}"));
    }
}
