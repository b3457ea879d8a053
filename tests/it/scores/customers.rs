//! The score of a customer by numbers that were computed by hand, explained; merged, split, erased.

use serde_json::{Value, json};

use super::{AS_OF, FROM, RULES, exactly, facts, publish, score, sums_up};
use crate::kit::{Asks, PATIENCE, Place, event, text};

fn points_of<'a>(score: &'a Value, list: &str, key: &str) -> Vec<(Option<&'a str>, &'a str)> {
    let items = score[list].as_array().unwrap();
    items.iter().map(|item| (item[key].as_str(), item["points"].as_str().unwrap())).collect()
}

fn a_score_is_what_the_rules_say(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&facts());
    publish(&mut client, RULES, FROM);
    let (erp, shop) = (client.record("erp", "1"), client.record("shop", "9"));
    let explained = format!("rule_set=value&as_of={AS_OF}&explain=true");
    let told = score(&mut client, &erp, &explained);
    assert_eq!(
        points_of(&told, "rules", "id"),
        [
            (Some("buying"), "500"),
            (Some("size"), "510.05"),
            (Some("interest"), "1"),
            (Some("quiet"), "-50"),
            (Some("segment"), "20")
        ]
    );
    let units = [(None, "-59"), (Some("helsinki"), "810.5"), (Some("turku"), "229.55")];
    assert_eq!(points_of(&told, "units", "unit"), units);
    assert_eq!((text(&told, "points"), &told["rounding"]), ("981.05", &Value::Null));
    assert_eq!(told["grade"], json!({"name": "B", "service": "the desk"}));
    assert_eq!(told["next_grade"], json!({"name": "A", "from": "1000", "missing": "18.95"}));
    assert_eq!((&told["version"], &told["reading"], &told["as_of"]), (&json!(1), &json!("newest"), &json!(AS_OF)));
    assert_eq!((&told["currencies"], &told["warnings"]), (&json!(["EUR"]), &json!([])));
    assert_eq!(told["customer_id"], erp);
    sums_up(&told);
    explains(&told);
    let service = &told["service"];
    assert_eq!((text(service, "balance"), text(service, "reason")), ("within", "20 of 30 minutes; cost 30 of 100"));
    assert_eq!((&service["events"], &service["cost_by_currency"]), (&json!(1), &json!({"EUR": "30"})));

    // The one published rule set needs no name; without an explanation there are no parts.
    let unnamed = client.get(&format!("/v1/customers/{erp}/score?as_of={AS_OF}")).send().expect_status(200);
    assert_eq!(unnamed.header("cache-control"), Some("no-store"));
    assert_eq!((&unnamed.json()["points"], unnamed.json().get("parts")), (&told["points"], None));
    // Half a day after the click's ninth day: one rounding, told.
    let rounded = score(&mut client, &erp, "as_of=2026-02-19T12:00:00Z&explain=true");
    sums_up(&rounded);
    assert_eq!(text(&rounded, "points"), "981.1218");
    assert_eq!(rounded["parts"].as_array().unwrap().last().unwrap()["rule"], "rounding");
    let alone = score(&mut client, &shop, &explained);
    assert_eq!((text(&alone, "points"), &alone["without_facet"]), ("350", &json!(1)));
    assert_eq!(
        alone["rules"][4],
        json!({"id": "segment", "version": 1, "points": "0", "without_facet": 1, "without_rate": 0})
    );

    merges_and_splits(&mut client, (&erp, &shop), (&told, &alone), &explained);
    server.terminate(PATIENCE);
}

/// What the parts say of an event, of a gap, of age.
fn explains(told: &Value) {
    let parts = told["parts"].as_array().unwrap();
    let part = |rule: &str| parts.iter().find(|part| part["rule"] == rule).unwrap();
    let event = &part("buying")["event"];
    assert_eq!((text(event, "source"), text(event, "id"), text(event, "unit")), ("erp", "p1", "helsinki"));
    assert_eq!((text(event, "type"), text(event, "time")), ("purchase.made", "2026-01-10T10:00:00Z"));
    assert!(event["position"].is_u64());
    let click = part("interest");
    assert_eq!((text(click, "credited"), text(click, "factor"), text(click, "points")), ("2", "0.5", "1"));
    assert_eq!(text(&click["event"], "id"), "c1", "of two at one time the one with the lower id");
    let gap = part("quiet");
    assert_eq!((&gap["event"], &gap["gap"], text(gap, "at")), (&Value::Null, &json!(true), "2026-02-19T10:00:00Z"));
}

/// One customer has the score of one customer; apart again they have their own.
fn merges_and_splits(
    client: &mut kulta_test_support::http::Client,
    (erp, shop): (&str, &str),
    (of_erp, of_shop): (&Value, &Value),
    explained: &str,
) {
    let before = client.caught_up();
    let merge = json!({"with": shop, "reason": "same phone"});
    client.send("POST", &format!("/v1/customers/{erp}/merge"), &merge).expect_status(200);
    let merged = score(client, erp, explained);
    assert_eq!((text(&merged, "points"), &merged["grade"]["name"]), ("1011.05", &json!("A")));
    assert_eq!(merged["next_grade"], Value::Null);
    sums_up(&merged);
    let moved = client.get(&format!("/v1/customers/{shop}/score?{explained}")).send().expect_status(307);
    assert_eq!(moved.header("location"), Some(format!("/v1/customers/{erp}/score?{explained}").as_str()));
    assert_eq!(moved.header("cache-control"), Some("no-store"));
    // As was known before the merge.
    let then = client.read(&format!("/v1/events?after={}", before - 1));
    let known_at = text(&then["items"][0], "recordedat").to_owned();
    let apart = score(client, shop, &format!("{explained}&known_at={known_at}"));
    assert_eq!((&apart["points"], &apart["position"]), (&of_shop["points"], &json!(before)));

    let split = json!({"records": [{"source": "shop", "subject": "9"}], "reason": "another"});
    client.send("POST", &format!("/v1/customers/{erp}/split"), &split).expect_status(200);
    for (id, was) in [(erp, of_erp), (shop, of_shop)] {
        let mut again = score(client, id, explained);
        again["position"] = was["position"].clone();
        assert_eq!(again, *was, "exactly as it was");
    }
}

/// A record whose keys and blobs are gone: its facts still count, its ids are not told.
fn an_erased_record_keeps_its_points(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&facts());
    publish(&mut client, RULES, FROM);
    let erp = client.record("erp", "1");
    let explained = format!("as_of={AS_OF}&explain=true");
    let before = score(&mut client, &erp, &explained);
    server.terminate(PATIENCE);
    let record = place.id(&erp);
    place.execute(&format!(
        "DELETE FROM sealed WHERE position IN (SELECT position FROM log WHERE record_id = {record});
         DELETE FROM record_key WHERE record_id = {record};"
    ));
    let server = place.serve();
    let mut client = server.client();
    let after = score(&mut client, &erp, &explained);
    assert_eq!(
        (&after["points"], &after["rules"], &after["service"]),
        (&before["points"], &before["rules"], &before["service"])
    );
    assert!(after["parts"].as_array().unwrap().iter().all(|part| part["event"]["id"].is_null()), "{after}");
    sums_up(&after);
    server.terminate(PATIENCE);
}

/// Money in several currencies, units, and service against an allowance.
fn money_and_service(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let crm = |id: &str, day: &str, kind: &str, data: Value| event("crm", "7", id, &super::at(day), kind, data);
    let paid = |amount: i64, currency: &str| json!({"amount": amount, "currency": currency});
    client.accepted(&[
        crm("1", "01-02", "purchase.made", paid(10, "EUR")),
        crm("2", "01-03", "purchase.made", paid(100, "SEK")),
        crm("3", "01-04", "purchase.made", paid(1000, "USD")),
        crm("4", "01-05", "complaint.opened", json!({"complaint": "c"})),
        crm("5", "01-06", "complaint.closed", json!({"complaint": "c", "minutes": 100, "cost": 50, "currency": "SEK"})),
        crm("6", "01-07", "purchase.made", json!({"amount": "1e3", "currency": "EUR", "margin": "0.5"})),
    ]);
    let crm = client.record("crm", "7");
    let rules = |frame: &str| {
        format!(
            "name = \"value\"\n{frame}\n[[rule]]\nid = \"buying\"\non = \"purchase.made\"\npoints = \"amount / 10\"\n\
             [[rule]]\nid = \"margin\"\non = \"purchase.made\"\npoints = \"margin\"\n\
             [[grade]]\nname = \"B\"\nfrom = 0\nminutes_per_year = 60\n"
        )
    };
    publish(&mut client, &rules(""), FROM);
    let written = score(&mut client, &crm, "as_of=2026-02-01T00:00:00Z&explain=true");
    assert_eq!((text(&written, "points"), &written["currencies"]), ("211.5", &json!(["EUR", "SEK", "USD"])));
    assert!(written["warnings"][0].as_str().unwrap().contains("EUR, SEK, USD"), "{written}");
    assert_eq!(written["without_facet"], 3, "no margin");
    sums_up(&written);

    publish(&mut client, &rules("currency = \"EUR\"\nrates.SEK = [{ from = \"2025-01-01\", rate = 0.087 }]"), FROM);
    let converted = score(&mut client, &crm, "as_of=2026-02-01T00:00:00Z&explain=true");
    assert_eq!((text(&converted, "points"), &converted["warnings"]), ("102.37", &json!([])));
    assert_eq!((&converted["without_rate"], &converted["rules"][0]["without_rate"]), (&json!(1), &json!(1)));
    sums_up(&converted);
    let service = &converted["service"];
    assert_eq!((text(service, "balance"), text(service, "cost"), text(service, "minutes")), ("over", "4.35", "100"));
    assert_eq!(text(service, "reason"), "100 of 60 minutes; cost 4.35 EUR, no limit");
    // A year later nothing of it counts any more, and long before it nothing had happened.
    let later = score(&mut client, &crm, "as_of=2027-02-01T00:00:00Z");
    assert_eq!((&later["service"]["balance"], &later["service"]["events"]), (&json!("under"), &json!(0)));
    let early = score(&mut client, &crm, "as_of=2025-06-01T00:00:00Z");
    assert_eq!((exactly(text(&early, "points")), early["rules"].as_array().unwrap().len()), (0, 2));
    assert!(early["warnings"][0].as_str().unwrap().contains("no version was in force then"), "{early}");
    server.terminate(PATIENCE);
}

#[test]
fn scores_on_sqlite() {
    a_score_is_what_the_rules_say(&Place::sqlite());
}

#[test]
fn scores_on_postgresql() {
    a_score_is_what_the_rules_say(&Place::postgresql());
}

#[test]
fn scores_of_the_erased_on_sqlite() {
    an_erased_record_keeps_its_points(&Place::sqlite());
}

#[test]
fn scores_of_the_erased_on_postgresql() {
    an_erased_record_keeps_its_points(&Place::postgresql());
}

#[test]
fn scores_of_money_on_sqlite() {
    money_and_service(&Place::sqlite());
}

#[test]
fn scores_of_money_on_postgresql() {
    money_and_service(&Place::postgresql());
}
