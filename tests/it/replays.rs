//! Replays over HTTP and on the command line: scores under any rules, who would move, whatever was known then.

use kulta_test_support::http::Client;
use kulta_test_support::wait::eventually;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::kit::{Asks, PATIENCE, Place, block_on};

const FLAT: &str = "name = \"value\"\n[[rule]]\nid = \"buying\"\non = \"purchase.made\"\npoints = 'floor(amount)'\n\
    [[grade]]\nname = \"A\"\nfrom = 100\n[[grade]]\nname = \"B\"\nfrom = 10\n";
const CAPPED: &str = "name = \"value\"\n[[rule]]\nid = \"buying\"\non = \"purchase.made\"\npoints = 'floor(amount)'\n\
    cap = { points = 50, per = \"month\" }\n[[rule]]\nid = \"complaints\"\non = \"complaint.opened\"\npoints = -7.5\n\
    [[grade]]\nname = \"A\"\nfrom = 100\n[[grade]]\nname = \"B\"\nfrom = 10\n";

fn event(id: &str, kind: &str, subject: &str, time: &str, data: Value) -> Value {
    json!({"specversion": "1.0", "id": id, "source": "shop", "type": kind, "subject": subject, "time": time, "data": data})
}

fn purchase(id: &str, subject: &str, time: &str, amount: &str) -> Value {
    event(id, "purchase.made", subject, time, json!({"amount": amount, "currency": "EUR", "market": "FI"}))
}

/// Ten has 120.50 in two months, eleven 60, twelve nothing but a complaint.
fn history() -> Vec<Value> {
    vec![
        purchase("1", "10", "2026-01-05T10:00:00Z", "70.25"),
        purchase("2", "10", "2026-01-20T10:00:00Z", "10.00"),
        purchase("3", "10", "2026-02-03T10:00:00Z", "40.25"),
        purchase("4", "11", "2026-02-04T10:00:00Z", "60"),
        event("5", "complaint.opened", "12", "2026-02-05T10:00:00Z", json!({"complaint": "c1", "topic": "late"})),
    ]
}

/// Begins a replay and waits until it has ended.
pub fn replayed(client: &mut Client, asked: &Value) -> Value {
    let begun = client.send("POST", "/v1/replays", asked).expect_status(202).json();
    ended(client, begun["id"].as_str().unwrap())
}

fn ended(client: &mut Client, id: &str) -> Value {
    let mut look = || {
        let replay = client.read(&format!("/v1/replays/{id}"));
        let going = matches!(replay["state"].as_str(), Some("waiting" | "running"));
        std::future::ready(if going { Err(replay) } else { Ok(replay) })
    };
    block_on(eventually(PATIENCE, &mut look))
}

/// (subjects, points, grade), the highest first.
fn scores(client: &mut Client, replay: &Value) -> Vec<(String, String, Value)> {
    let found = client.read(&format!("/v1/replays/{}/scores", replay["id"].as_str().unwrap()));
    let items = found["items"].as_array().unwrap();
    items.iter().map(|item| (subjects(item), text(item, "points"), item["grade"].clone())).collect()
}

fn subjects(item: &Value) -> String {
    let records = item["records"].as_array().unwrap();
    let mut names: Vec<String> = records.iter().map(|record| text(record, "subject")).collect();
    names.sort();
    names.join("+")
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}")).to_owned()
}

fn score(subject: &str, points: &str, grade: Option<&str>) -> (String, String, Value) {
    (subject.to_owned(), points.to_owned(), json!(grade))
}

fn who_moves_is_told_before_anything_is_published(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&history());
    let as_of = "2026-03-01T00:00:00Z";
    let asked = json!({"rules": CAPPED, "against": {"rules": FLAT}, "as_of": as_of});
    let replay = replayed(&mut client, &asked);
    assert_eq!(replay["state"], "done", "{replay}");
    let expected = [score("10", "90", Some("B")), score("11", "50", Some("B")), score("12", "-7.5", None)];
    assert_eq!(scores(&mut client, &replay), expected);
    let diff = client.read(&format!("/v1/replays/{}/diff", text(&replay, "id")));
    let moved: Vec<_> = diff["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| [text(item, "points_before"), text(item, "points_after"), text(item, "change")])
        .collect();
    // 120.25 is cut to 50 + 40; 60 to 50; a complaint counts for the first time.
    assert_eq!(moved, [["120", "90", "-30"], ["60", "50", "-10"], ["0", "-7.5", "-7.5"]]);
    let first = &diff["items"][0];
    assert_eq!((&first["grade_before"], &first["grade_after"]), (&json!("A"), &json!("B")));
    assert_eq!((&first["rank_before"], &first["rank_after"]), (&json!(1), &json!(1)));
    assert_eq!(replay["diff"]["lose"], 3, "{replay}");
    assert_eq!(replay["diff"]["moves"][0], json!({"from": "A", "to": "B", "customers": 1}));

    // The same asked again: the same hash, the same scores. Other rules at the same position: another hash.
    let again = replayed(&mut client, &asked);
    assert_eq!((&again["rules"], &again["position"]), (&replay["rules"], &replay["position"]));
    assert_ne!(again["rules"]["hash"], again["against"]["hash"]);
    assert_eq!(scores(&mut client, &again), expected);

    // The command line says the same, in its own form.
    let csv = client.get(&format!("/v1/replays/{}/diff?format=csv", text(&replay, "id"))).send().expect_status(200);
    let by_http = csv.text();
    server.terminate(PATIENCE);
    let directory = place.directory();
    std::fs::write(directory.join("flat.toml"), FLAT).unwrap();
    std::fs::write(directory.join("capped.toml"), CAPPED).unwrap();
    let arguments = ["--rules", "capped.toml", "--against", "flat.toml", "--as-of", as_of];
    place.kulta(["replay", "--out", "s.csv", "--diff", "d.csv"]).args(arguments).run().expect_code(0);
    assert_eq!(std::fs::read_to_string(directory.join("d.csv")).unwrap(), by_http);
    let first = by_http.lines().nth(1).unwrap().to_owned();
    assert!(first.ends_with(",shop:10,120,90,-30,A,B,1,1"), "{first}");
    let scored = std::fs::read_to_string(directory.join("s.csv")).unwrap();
    assert_eq!(scored.lines().next(), Some("customer_id,records,points,grade"));
    assert!(scored.contains(",shop:12,-7.5,\n"), "{scored}");

    // So does an archive, which holds no names.
    place.kulta(["archive", "facts"]).run().expect_code(0);
    let arguments = ["--rules", "capped.toml", "--against", "flat.toml", "--as-of", as_of, "--archive", "facts"];
    place.alone(["replay", "--out", "a.csv", "--diff", "e.csv"]).args(arguments).run().expect_code(0);
    let without_names = |csv: &str| -> Vec<String> {
        csv.lines()
            .map(|line| {
                line.split(',')
                    .enumerate()
                    .filter(|(at, _)| *at != 1)
                    .map(|(_, cell)| cell)
                    .collect::<Vec<_>>()
                    .join(",")
            })
            .collect()
    };
    let by_archive = std::fs::read_to_string(directory.join("a.csv")).unwrap();
    assert_eq!(without_names(&by_archive), without_names(&scored));
    assert!(!by_archive.contains("shop:12,") && by_archive.contains("shop:"), "{by_archive}");
    assert_eq!(without_names(&std::fs::read_to_string(directory.join("e.csv")).unwrap()), without_names(&by_http));
    let of_customers = CAPPED.replace("'floor(amount)'", "'customer.kind == \"person\" ? 1 : 2'");
    std::fs::write(directory.join("kinds.toml"), of_customers).unwrap();
    place.alone(["replay", "--archive", "facts", "--rules", "kinds.toml", "--out", "x.csv"]).run().expect_code(1);
    place.alone(["replay", "--archive", "facts", "--rules", "published:value", "--out", "x.csv"]).run().expect_code(2);
}

/// The same, with the business units of some events.
fn of_units() -> Vec<Value> {
    let mut events = history();
    for (place, unit) in [(0, "helsinki"), (1, "helsinki"), (2, "turku"), (4, "turku")] {
        events[place]["unit"] = json!(unit);
    }
    events
}

fn moved(name: &str, of: Value, before: Value, after: &str, change: &str) -> Value {
    json!({name: of, "before": before, "after": after, "change": change})
}

fn totals_are_told_by_rule_and_by_unit(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&of_units());
    let as_of = "2026-03-01T00:00:00Z";
    let replay = replayed(&mut client, &json!({"rules": CAPPED, "against": {"rules": FLAT}, "as_of": as_of}));
    let diff = &replay["diff"];
    let buying = moved("rule", json!("buying"), json!("180"), "140", "-40");
    assert_eq!(diff["by_rule"], json!([buying, moved("rule", json!("complaints"), Value::Null, "-7.5", "-7.5")]));
    let units = [
        moved("unit", Value::Null, json!("60"), "50", "-10"),
        moved("unit", json!("helsinki"), json!("80"), "50", "-30"),
        moved("unit", json!("turku"), json!("40"), "32.5", "-7.5"),
    ];
    assert_eq!(diff["by_unit"], json!(units), "{replay}");
    assert_eq!(diff["points"], json!({"before": "180", "after": "132.5", "change": "-47.5"}));
    assert_eq!(diff["rounding"], json!({"before": "0", "after": "0", "change": "0"}));
    let address = format!("/v1/replays/{}/totals", text(&replay, "id"));
    assert_eq!(&client.read(&address), diff);
    let csv = client.get(&format!("{address}?format=csv")).send().expect_status(200).text();
    let expected = "total,name,before,after,change\npoints,,180,132.5,-47.5\nrule,buying,180,140,-40\n\
        rule,complaints,,-7.5,-7.5\nunit,,60,50,-10\nunit,helsinki,80,50,-30\nunit,turku,40,32.5,-7.5\n\
        rounding,,0,0,0\ngrade,A,1,0,-1\ngrade,B,1,2,1\ngrade,,1,1,0\n";
    assert_eq!(csv, expected);

    // Half-lives leave more digits than points have: the rounding makes up for them. Versions in force one after the other
    // are one rule where they have one id.
    for (rules, from) in [(FLAT, "2026-01-01T00:00:00Z"), (CAPPED, "2026-02-01T00:00:00Z")] {
        let body = json!({"rules": rules, "effective_from": from});
        client.send("POST", "/v1/rule-sets/value/publish", &body).expect_status(200);
    }
    let aged = FLAT.replace("'floor(amount)'", "'floor(amount)'\nhalf_life_days = 13");
    let against = json!({"rule_set": "value", "reading": "in-force"});
    let replay = replayed(&mut client, &json!({"rules": aged, "against": against, "as_of": as_of}));
    let diff = &replay["diff"];
    let ids: Vec<_> = diff["by_rule"].as_array().unwrap().iter().map(|row| text(row, "rule")).collect();
    assert_eq!(ids, ["buying", "complaints"]);
    let before: Vec<_> = diff["by_rule"].as_array().unwrap().iter().map(|row| row["before"].clone()).collect();
    assert_eq!(before, [json!("170"), json!("-7.5")]);
    assert_eq!(diff["by_rule"][1]["after"], Value::Null);
    let number = |value: &Value| text(value, "after").parse::<Decimal>().unwrap();
    assert_ne!(number(&diff["rounding"]), Decimal::ZERO, "{diff}");
    assert_eq!(number(&diff["by_rule"][0]) + number(&diff["rounding"]), number(&diff["points"]));
    let units: Decimal = diff["by_unit"].as_array().unwrap().iter().map(number).sum();
    assert_eq!(units, number(&diff["by_rule"][0]));
    let alone = replayed(&mut client, &json!({"rules": FLAT, "as_of": as_of}));
    client.get(&format!("/v1/replays/{}/totals", text(&alone, "id"))).send().expect_status(409);
    client.get(&format!("{address}?format=xml")).send().expect_status(400);

    // The command line says the same, over the database and over an archive.
    server.terminate(PATIENCE);
    let directory = place.directory();
    std::fs::write(directory.join("flat.toml"), FLAT).unwrap();
    std::fs::write(directory.join("capped.toml"), CAPPED).unwrap();
    let arguments = ["--rules", "capped.toml", "--against", "flat.toml", "--as-of", as_of, "--diff", "d.csv"];
    let run = place.kulta(["replay", "--out", "s.csv", "--totals", "t.csv"]).args(arguments).run().expect_code(0);
    assert_eq!(std::fs::read_to_string(directory.join("t.csv")).unwrap(), expected);
    assert!(run.stdout.contains("\nrule complaints: none -> -7.5, -7.5\n"), "{}", run.stdout);
    assert!(run.stdout.contains("\nunit none: 60 -> 50, -10\n"), "{}", run.stdout);
    assert!(run.last_line().ends_with(" changed=3 gain=0 lose=3"), "{}", run.stdout);
    place.kulta(["archive", "facts"]).run().expect_code(0);
    let run = place.alone(["replay", "--out", "s.csv", "--totals", "a.csv", "--archive", "facts", "--json"]);
    let told: Value = serde_json::from_str(&run.args(arguments).run().expect_code(0).stdout).unwrap();
    assert_eq!(std::fs::read_to_string(directory.join("a.csv")).unwrap(), expected);
    assert_eq!(told["diff"]["by_rule"][0], buying);
}

fn gains_and_losses_are_listed_apart(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&of_units());
    let thanked = CAPPED.replace("-7.5", "7.5");
    let asked = json!({"rules": thanked, "against": {"rules": FLAT}, "as_of": "2026-03-01T00:00:00Z"});
    let replay = replayed(&mut client, &asked);
    let address = format!("/v1/replays/{}/diff", text(&replay, "id"));
    let changes = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|item| text(item, "change")).collect()
    };
    let first = client.read(&format!("{address}?direction=lose&limit=1"));
    assert_eq!((changes(&first), &first["total"]), (vec!["-30".to_owned()], &json!(2)));
    let cursor = text(&first, "next");
    let second = client.read(&format!("{address}?direction=lose&limit=1&cursor={cursor}"));
    assert_eq!((changes(&second), &second["next"]), (vec!["-10".to_owned()], &Value::Null));
    let gain = client.read(&format!("{address}?direction=gain"));
    assert_eq!((changes(&gain), &gain["total"], &gain["next"]), (vec!["7.5".to_owned()], &json!(1), &Value::Null));
    assert_eq!(changes(&client.read(&address)), ["-30", "-10", "7.5"]);
    assert_eq!(changes(&client.read(&format!("{address}?direction=both"))), ["-30", "-10", "7.5"]);
    // A place in one list is none in another.
    client.get(&format!("{address}?direction=gain&cursor={cursor}")).send().expect_status(400);
    client.get(&format!("{address}?cursor={cursor}")).send().expect_status(400);
    client.get(&format!("{address}?direction=up")).send().expect_status(400);
    let csv = client.get(&format!("{address}?direction=gain&format=csv")).send().expect_status(200).text();
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert!(csv.lines().nth(1).unwrap().contains(",shop:12,0,7.5,7.5,"), "{csv}");
}

fn the_reading_says_which_versions_count(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&history());
    let publish = |client: &mut Client, rules: &str, from: &str| {
        let body = json!({"rules": rules, "effective_from": from});
        client.send("POST", "/v1/rule-sets/value/publish", &body).expect_status(200);
    };
    publish(&mut client, FLAT, "2026-01-01T00:00:00Z");
    publish(&mut client, CAPPED, "2026-02-01T00:00:00Z");
    let as_of = "2026-03-01T00:00:00Z";
    let newest = replayed(&mut client, &json!({"rule_set": "value", "as_of": as_of}));
    assert_eq!(newest["rules"]["versions"], json!([2]), "{newest}");
    assert_eq!(scores(&mut client, &newest)[0], score("10", "90", Some("B")));
    let then = replayed(&mut client, &json!({"rule_set": "value", "reading": "in-force", "as_of": as_of}));
    assert_eq!(then["rules"]["versions"], json!([1, 2]));
    // January under the first version, without a cap: 80; February under the second: 40.
    let expected = [score("10", "120", Some("A")), score("11", "50", Some("B")), score("12", "-7.5", None)];
    assert_eq!(scores(&mut client, &then), expected);
    let first = replayed(&mut client, &json!({"rule_set": "value", "version": 1, "as_of": as_of}));
    assert_eq!(scores(&mut client, &first)[2], score("12", "0", None));
    let against = replayed(&mut client, &json!({"rules": FLAT, "against": "current", "as_of": as_of}));
    assert_eq!((&against["against"]["versions"], &against["changes"]), (&json!([2]), &json!(3)));

    let problem = client.send("POST", "/v1/replays", &json!({"rules": "name = 1"})).expect_status(422).json();
    assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("line 1"), "{problem}");
    client.send("POST", "/v1/replays", &json!({"as_of": as_of})).expect_status(422);
    client.send("POST", "/v1/replays", &json!({"rules": FLAT, "as_of": "yesterday"})).expect_status(422);
    let failed = replayed(&mut client, &json!({"rule_set": "nobody"}));
    assert_eq!(failed["state"], "failed", "{failed}");
    client.get(&format!("/v1/replays/{}/scores", text(&failed, "id"))).send().expect_status(409);
    client.get(&format!("/v1/replays/{}/diff", text(&newest, "id"))).send().expect_status(409);
    client.get("/v1/replays/x").send().expect_status(404);
    assert_eq!(client.read("/v1/replays")["items"].as_array().unwrap().len(), 5);
    let cancelled = client.request("DELETE", &format!("/v1/replays/{}", text(&newest, "id"))).send();
    cancelled.expect_status(202);
    assert_eq!(ended(&mut client, newest["id"].as_str().unwrap())["state"], "done", "it had ended before");
}

fn what_was_known_then_is_what_counts(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&history()[..2]);
    let known_at = client.read("/v1/events?limit=1000")["items"].as_array().unwrap().last().unwrap().clone();
    let known_at = text(&known_at, "recordedat");
    // What happened earlier, and is known later.
    client.accepted(&[
        purchase("late", "10", "2026-01-06T10:00:00Z", "1000"),
        purchase("6", "13", "2026-01-06T10:00:00Z", "5"),
    ]);
    let asked = json!({"rules": FLAT, "as_of": "2026-03-01T00:00:00Z"});
    let now = replayed(&mut client, &asked);
    assert_eq!(scores(&mut client, &now), [score("10", "1080", Some("A")), score("13", "5", None)]);
    let mut then = asked.clone();
    then["known_at"] = json!(known_at);
    let then = replayed(&mut client, &then);
    assert_eq!(scores(&mut client, &then), [score("10", "80", Some("B"))], "{then}");
    let mut earlier = asked;
    earlier["as_of"] = json!("2026-01-20T10:00:00Z");
    let earlier = replayed(&mut client, &earlier);
    assert_eq!(scores(&mut client, &earlier)[0], score("10", "1070", Some("A")), "as-of is exclusive");
}

fn a_merged_customer_scores_as_one_and_a_split_gives_back_the_former_scores(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&history());
    let asked = json!({"rules": CAPPED, "as_of": "2026-03-01T00:00:00Z"});
    let first = replayed(&mut client, &asked);
    let former = scores(&mut client, &first);
    let id =
        |client: &mut Client, subject: &str| text(&client.read(&format!("/v1/records/shop/{subject}")), "customer_id");
    let (ten, eleven) = (id(&mut client, "10"), id(&mut client, "11"));
    client.send("POST", &format!("/v1/customers/{ten}/merge"), &json!({"with": eleven})).expect_status(200);
    let merged = replayed(&mut client, &asked);
    // The cap of a month is the customer's: 50 in January, 50 of 100 in February.
    assert_eq!(scores(&mut client, &merged), [score("10+11", "100", Some("A")), score("12", "-7.5", None)]);
    let body = json!({"records": [{"source": "shop", "subject": "11"}]});
    client.send("POST", &format!("/v1/customers/{ten}/split"), &body).expect_status(200);
    let again = replayed(&mut client, &asked);
    assert_eq!(scores(&mut client, &again), former);
}

#[test]
fn who_moves_on_sqlite() {
    who_moves_is_told_before_anything_is_published(&Place::sqlite());
}

#[test]
fn who_moves_on_postgresql() {
    who_moves_is_told_before_anything_is_published(&Place::postgresql());
}

#[test]
fn totals_on_sqlite() {
    totals_are_told_by_rule_and_by_unit(&Place::sqlite());
}

#[test]
fn totals_on_postgresql() {
    totals_are_told_by_rule_and_by_unit(&Place::postgresql());
}

#[test]
fn gains_and_losses_on_sqlite() {
    gains_and_losses_are_listed_apart(&Place::sqlite());
}

#[test]
fn gains_and_losses_on_postgresql() {
    gains_and_losses_are_listed_apart(&Place::postgresql());
}

#[test]
fn readings_on_sqlite() {
    the_reading_says_which_versions_count(&Place::sqlite());
}

#[test]
fn readings_on_postgresql() {
    the_reading_says_which_versions_count(&Place::postgresql());
}

#[test]
fn known_then_on_sqlite() {
    what_was_known_then_is_what_counts(&Place::sqlite());
}

#[test]
fn known_then_on_postgresql() {
    what_was_known_then_is_what_counts(&Place::postgresql());
}

#[test]
fn merged_and_split_on_sqlite() {
    a_merged_customer_scores_as_one_and_a_split_gives_back_the_former_scores(&Place::sqlite());
}

#[test]
fn merged_and_split_on_postgresql() {
    a_merged_customer_scores_as_one_and_a_split_gives_back_the_former_scores(&Place::postgresql());
}
