//! Lists of all customers by a published rule set: kept up, paged, swapped whole.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use kulta_test_support::http::Client;
use kulta_test_support::wait::eventually;
use serde_json::{Value, json};

use super::{CLICKS, FROM, RULES, facts, publish};
use crate::kit::{Asks, PATIENCE, Place, block_on, event, pages, text};
use crate::load::Rng;

const LIST: &str = "/v1/rule-sets/value/scores";

/// The whole list when it has got to everything that is stored, and what it was made by.
fn list(client: &mut Client, query: &str) -> (Value, Vec<Value>) {
    let head = client.caught_up();
    let first = client.read(&format!("{LIST}?after={head}{query}"));
    let (mut items, mut page) = (first["items"].as_array().unwrap().clone(), first.clone());
    while let Some(next) = page["next"].as_str() {
        page = client.read(&format!("{LIST}?cursor={next}{query}"));
        items.append(page["items"].as_array_mut().unwrap());
    }
    (first, items)
}

/// The same by a replay of the version and time that the list names, from the whole log.
fn replayed(client: &mut Client, list: &Value) -> Vec<Value> {
    let asked = json!({"rule_set": "value", "version": list["version"], "as_of": list["scored_as_of"]});
    let begun = client.send("POST", "/v1/replays", &asked).expect_status(202).json();
    let target = format!("/v1/replays/{}", text(&begun, "id"));
    let mut look = || {
        let replay = client.read(&target);
        let going = matches!(replay["state"].as_str(), Some("waiting" | "running"));
        std::future::ready(if going { Err(replay) } else { Ok(replay) })
    };
    let ended = block_on(eventually(PATIENCE, &mut look));
    assert_eq!(ended["state"], "done", "{ended}");
    pages(client, &format!("{target}/scores"))
}

fn row(item: &Value) -> (String, Value, Value, Value) {
    (text(item, "customer_id").to_owned(), item["points"].clone(), item["grade"].clone(), item["rank"].clone())
}

#[track_caller]
fn equals_a_replay(client: &mut Client) -> Value {
    let (head, listed) = list(client, "&limit=7");
    let rows: Vec<_> = listed.iter().map(row).collect();
    let expected: Vec<_> = replayed(client, &head).iter().map(row).collect();
    assert_eq!(rows, expected, "{head}");
    head
}

struct World {
    rng: Rng,
    events: u64,
}

impl World {
    fn subject(&mut self) -> (&'static str, String) {
        (self.rng.pick(&["erp", "shop", "crm"]).copied().unwrap(), self.rng.below(12).to_string())
    }

    fn event(&mut self) -> Value {
        self.events += 1;
        let (source, subject) = self.subject();
        let (month, day, hour) = (self.rng.below(12) + 1, self.rng.below(28) + 1, self.rng.below(3));
        let time = format!("2025-{month:02}-{day:02}T0{hour}:00:00Z");
        let amount = format!("{}.5", self.rng.below(300));
        let bought = json!({"amount": amount, "currency": "EUR"});
        let (kind, data) = match self.rng.below(8) {
            0 => ("purchase.returned", bought),
            1 => ("email.link_clicked", json!({})),
            2 => ("ticket.closed", json!({"minutes": self.rng.below(50), "cost": "3.5", "currency": "EUR"})),
            3 => ("customer.classified", json!({"scheme": "segment", "class": self.rng.pick(&["gold", "tin"])})),
            // Records of one name and address are one customer, until one of them says otherwise.
            4 => {
                let number = self.rng.below(6);
                let mail = format!("aino.laine{number}@example.org");
                let name = format!("Aino{number} Laine");
                (
                    "customer.registered",
                    json!({"kind": "person", "name": name, "email": mail, "birth_date": "1980-02-03"}),
                )
            }
            _ => ("purchase.made", bought),
        };
        // The ids are not in the order in which they come.
        let id = format!("{}-{}", self.rng.below(1_000), self.events);
        event(source, &subject, &id, &time, kind, data)
    }

    /// Merges two customers, or undoes a decision.
    fn decide(&mut self, client: &mut Client, decisions: &mut Vec<String>) {
        if self.rng.percent(40) && !decisions.is_empty() {
            client.delete(&format!("/v1/decisions/{}", decisions.remove(0))).send().expect_status(200);
            return;
        }
        let ids = [self.subject(), self.subject()].map(|(source, subject)| {
            let known = client.get(&format!("/v1/records/{source}/{subject}")).send();
            (known.status == 200).then(|| text(&known.json(), "customer_id").to_owned())
        });
        let [Some(one), Some(other)] = ids else { return };
        let body = json!({"with": other, "reason": "a test"});
        let answer = client.send("POST", &format!("/v1/customers/{one}/merge"), &body);
        if answer.status == 200 {
            decisions.push(text(&answer.json(), "decision_id").to_owned());
        }
    }
}

fn a_list_is_what_a_replay_says_at_every_moment(place: &Place) {
    let mut world = World { rng: Rng::new(Rng::seed()), events: 0 };
    println!("seed {:?}", world.rng);
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&(0..40).map(|_| world.event()).collect::<Vec<_>>());
    publish(&mut client, RULES, FROM);
    let mut decisions = Vec::new();
    for round in 0..12 {
        let count = world.rng.below(20) + 1;
        client.accepted(&(0..count).map(|_| world.event()).collect::<Vec<_>>());
        client.caught_up();
        world.decide(&mut client, &mut decisions);
        if round == 3 || round == 6 {
            // What happens while the next list is made is in it too.
            publish(&mut client, &RULES.replace("points = 2\n", &format!("points = {round}\n")), FROM);
            client.accepted(&(0..count).map(|_| world.event()).collect::<Vec<_>>());
            world.decide(&mut client, &mut decisions);
        }
        if round == 8 {
            // Rules read golden records, which another policy makes anew.
            let policy = json!({"policy": {"default": {"by": ["source_rank"]}}});
            client.send("PUT", "/v1/survivorship-policy", &policy).expect_status(200);
        }
        equals_a_replay(&mut client);
    }
    // A rebuild has its lists from the beginning.
    client.send("POST", "/v1/projections/rebuild", &json!({})).expect_status(200);
    client.get(&format!("{LIST}?limit=1")).send().expect_status(200);
    client.accepted(&[world.event(), world.event()]);
    equals_a_replay(&mut client);
    // So has a node that starts, also when more was published meanwhile.
    server.kill_9();
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&[world.event(), world.event()]);
    equals_a_replay(&mut client);
    let verified = client.send("POST", "/v1/projections/verify", &json!({})).expect_status(200).json();
    assert_eq!(verified["differences"], json!([]));
    server.terminate(PATIENCE);
    place.kulta(["verify"]).run().expect_code(0);
}

/// Rules under which everybody has as many points as the version's number, and one grade.
fn version(number: u64) -> String {
    format!(
        "name = \"value\"\n[[rule]]\nid = \"any\"\non = \"purchase.made\"\npoints = {number}\n\
         limit = {{ count = 1, per = \"lifetime\" }}\n[[grade]]\nname = \"G{number}\"\nfrom = {number}\n"
    )
}

fn nobody_sees_a_mix_of_two_versions(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let bought = |n: u64| {
        let data = json!({"amount": "1", "currency": "EUR"});
        event("shop", &n.to_string(), &format!("p{n}"), "2026-01-05T10:00:00Z", "purchase.made", data)
    };
    client.accepted(&(0..200).map(bought).collect::<Vec<_>>());
    publish(&mut client, &version(1), FROM);
    list(&mut client, "");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Whatever this end comes to, the others end too.
        struct Ends<'a>(&'a AtomicBool);
        impl Drop for Ends<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::SeqCst);
            }
        }
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let (mut client, done) = (server.client(), &done);
                scope.spawn(move || {
                    let (mut seen, mut last) = (BTreeMap::<u64, u64>::new(), 0);
                    while !done.load(Ordering::SeqCst) {
                        let version = one_version(&mut client);
                        assert!(version >= last, "version {version} after {last}");
                        last = version;
                        *seen.entry(version).or_default() += 1;
                    }
                    seen
                })
            })
            .collect();
        let ends = Ends(&done);
        let mut writer = server.client();
        for number in 2..=6 {
            publish(&mut client, &version(number), FROM);
            for more in 0..5 {
                let first = 200 + number * 50 + more * 10;
                writer.accepted(&(first..first + 10).map(bought).collect::<Vec<_>>());
            }
            let swapped = || {
                let now = client.read(&format!("{LIST}?limit=1"))["version"].clone();
                std::future::ready(if now == number { Ok(()) } else { Err(now) })
            };
            block_on(eventually(PATIENCE, swapped));
        }
        drop(ends);
        let seen: BTreeMap<u64, u64> = readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect();
        assert!(seen.len() >= 4, "{seen:?}");
    });
    let (head, items) = list(&mut client, "");
    assert_eq!(head["version"], 6);
    assert_eq!(items.len(), 450);
    // Back to an older one.
    client.send("POST", "/v1/rule-sets/value/publish", &json!({"version": 3})).expect_status(200);
    let back = || {
        let now = client.read(&format!("{LIST}?limit=1"))["version"].clone();
        std::future::ready(if now == 7 { Ok(()) } else { Err(now) })
    };
    block_on(eventually(PATIENCE, back));
    let (head, items) = list(&mut client, "");
    assert!(items.iter().all(|item| item["points"] == "3" && item["grade"] == "G3"), "{head}");
    assert_eq!(equals_a_replay(&mut client)["version"], 7);
    let summary = client.read("/v1/rule-sets/value");
    assert_eq!(summary["list"]["grades"], json!([{"grade": "G3", "customers": 450}]), "{summary}");
    // Nobody uses the rule set any more.
    client.send("POST", "/v1/rule-sets/value/retire", &json!({})).expect_status(200);
    let gone = || {
        let status = client.get(&format!("{LIST}?limit=1")).send().status;
        std::future::ready(if status == 404 { Ok(()) } else { Err(status) })
    };
    block_on(eventually(PATIENCE, gone));
    server.terminate(PATIENCE);
}

/// Reads all pages: each row is of the version that the page names, and all pages are of one.
fn one_version(client: &mut Client) -> u64 {
    let mut page = client.read(&format!("{LIST}?limit=50"));
    let version = page["version"].as_u64().unwrap();
    loop {
        assert_eq!(page["version"], version);
        for item in page["items"].as_array().unwrap() {
            let points = item["points"].as_str().unwrap();
            assert_eq!((points, text(item, "grade")), (&*version.to_string(), &*format!("G{version}")), "{item}");
        }
        let Some(next) = page["next"].as_str() else { return version };
        page = client.read(&format!("{LIST}?limit=50&cursor={next}"));
    }
}

fn a_list_says_who_is_where_and_why(place: &Place) {
    let rules = "name = \"value\"\n[[rule]]\nid = \"buying\"\non = \"purchase.made\"\npoints = 'amount * 10 / quantity'\n\
        [[grade]]\nname = \"A\"\nfrom = 100\nservice = \"a manager\"\nminutes_per_year = 60\n\
        [[grade]]\nname = \"B\"\nfrom = 10\nminutes_per_year = 30\ncost_per_year = 100\n";
    let server = place.serve();
    let mut client = server.client();
    client.get(&format!("{LIST}?limit=1")).send().expect_status(404);
    let recent = yesterday();
    let bought = |subject: &str, amount: &str, quantity: &str| {
        let data = json!({"amount": amount, "currency": "EUR", "quantity": quantity});
        event("shop", subject, &format!("p{subject}{amount}"), &recent, "purchase.made", data)
    };
    let helped = |subject: &str, minutes: u64| {
        let data = json!({"minutes": minutes, "cost": "5", "currency": "EUR"});
        event("shop", subject, &format!("t{subject}"), &recent, "ticket.closed", data)
    };
    let named = |subject: &str, name: &str| {
        let data = json!({"kind": "organisation", "name": name});
        event("shop", subject, &format!("r{subject}"), &recent, "customer.registered", data)
    };
    let mut events =
        vec![named("1", "Pumppu Oy"), bought("1", "50", "1"), bought("2", "20", "1"), bought("3", "20", "1")];
    events.extend([bought("4", "5", "1"), bought("5", "0.5", "1"), bought("6", "7", "0"), bought("7", "9", "1")]);
    events.extend([helped("1", 20), helped("2", 90), helped("3", 61), helped("4", 29), helped("7", 31)]);
    client.accepted(&events);
    publish(&mut client, rules, FROM);
    let (head, items) = list(&mut client, "&limit=2");
    assert_eq!(text(&head, "rule_set"), "value");
    let subjects: BTreeMap<String, &str> = ["1", "2", "3", "4", "5", "6", "7"]
        .into_iter()
        .map(|subject| (text(&client.read(&format!("/v1/records/shop/{subject}")), "customer_id").to_owned(), subject))
        .collect();
    let told = |item: &Value| (subjects[text(item, "customer_id")], item["rank"].clone(), item["points"].clone());
    let mut rows: Vec<_> = items.iter().map(told).collect();
    // Two of equal points stand in the order of their ids.
    rows[1..3].sort_by_key(|(subject, ..)| *subject);
    let row = |subject, rank: u64, points: &str| (subject, json!(rank), json!(points));
    let last = ("6", Value::Null, Value::Null);
    let expected = [
        row("1", 1, "500"),
        row("2", 2, "200"),
        row("3", 2, "200"),
        row("7", 4, "90"),
        row("4", 5, "50"),
        row("5", 6, "5"),
        last,
    ];
    assert_eq!(rows, expected);
    assert_eq!((&items[0]["name"], &items[0]["kind"]), (&json!("Pumppu Oy"), &json!("organisation")));
    // Whoever has no score is in the list all the same, with the reason and the place of the event.
    let refused = &items[6]["refused"];
    assert!(text(refused, "reason").contains("rule `buying`"), "{refused}");
    let position = refused["position"].as_u64().unwrap();
    let event = client.read(&format!("/v1/events?after={}&limit=1", position - 1))["items"][0].clone();
    assert_eq!(event["subject"], "6", "{event}");

    let of_grade = |client: &mut Client, grade: &str| -> Vec<Value> {
        pages(client, &format!("{LIST}?grade={grade}&limit=1")).iter().map(|item| item["points"].clone()).collect()
    };
    assert_eq!(of_grade(&mut client, "A"), ["500", "200", "200"]);
    assert_eq!(of_grade(&mut client, "B"), ["90", "50"]);
    let wrong = client.get(&format!("{LIST}?grade=C")).send().expect_status(400).json();
    assert!(text(&wrong, "detail").contains("A, B"), "{wrong}");
    client.get(&format!("{LIST}?cursor=00")).send().expect_status(400);

    let side = |client: &mut Client, side: &str| -> Vec<(&str, String)> {
        let found = pages(client, &format!("/v1/rule-sets/value/balance?side={side}&limit=1"));
        found.iter().map(|item| (subjects[text(item, "customer_id")], text(item, "reason").to_owned())).collect()
    };
    let over = side(&mut client, "over");
    // 90 of 60 minutes, 31 of 30, 61 of 60.
    assert_eq!(over.iter().map(|(subject, _)| *subject).collect::<Vec<_>>(), ["2", "7", "3"]);
    assert_eq!(over[0].1, "90 of 60 minutes; cost 5, no limit");
    assert_eq!(side(&mut client, "under").iter().map(|(subject, _)| *subject).collect::<Vec<_>>(), ["1"]);
    assert_eq!(side(&mut client, "within").iter().map(|(subject, _)| *subject).collect::<Vec<_>>(), ["4"]);
    server.terminate(PATIENCE);
    sql_shows_the_list(place);
    a_row_planted_wrong_is_found(place);
}

/// A day ago: service counts for a year.
fn yesterday() -> String {
    use kulta::clock::{Clock, SystemClock};
    SystemClock.now().plus_days(-1).to_string()
}

fn sql_shows_the_list(place: &Place) {
    let view = if place.is_sqlite() { "kulta_scores" } else { "kulta.scores" };
    let rows = format!(
        "SELECT rule_set || ' ' || CAST(version AS text) || ' ' || CAST(points AS text) || ' ' || coalesce(grade, '-') FROM {view} \
         WHERE points IS NOT NULL ORDER BY CAST(points AS numeric) DESC"
    );
    let rows = place.texts_live(&rows);
    assert_eq!(rows.first().map(String::as_str), Some("value 1 500 A"));
    assert_eq!(rows.len(), 6);
}

fn a_row_planted_wrong_is_found(place: &Place) {
    let table = &place.texts_live("SELECT 'score_' || CAST(set_no AS text) FROM score_set WHERE state = 'live'")[0];
    place.kulta(["verify"]).run().expect_code(0);
    for (change, wrong) in [("points = '501'", "unreadable"), ("grade = 'B'", "grade"), ("minutes = '21'", "service")] {
        place.execute_live(&format!("UPDATE {table} SET {change} WHERE points = '500'"));
        let told = place.kulta(["verify"]).run().expect_code(1).stdout;
        assert!(told.contains("table=score row=value ") && told.contains(&format!("wrong={wrong}")), "{told}");
        place.execute_live(&format!(
            "UPDATE {table} SET points = '500', grade = 'A', minutes = '20' WHERE points IN ('500', '501')"
        ));
    }
    place.execute_live(&format!("DELETE FROM {table} WHERE points = '500'"));
    let told = place.kulta(["verify"]).run().expect_code(1).stdout;
    assert!(told.contains("wrong=missing"), "{told}");
    place.kulta(["rebuild"]).run().expect_code(0);
    place.kulta(["verify"]).run().expect_code(0);
}

#[test]
fn kept_up_on_sqlite() {
    a_list_is_what_a_replay_says_at_every_moment(&Place::sqlite());
}

#[test]
fn kept_up_on_postgresql() {
    a_list_is_what_a_replay_says_at_every_moment(&Place::postgresql());
}

#[test]
fn swapped_whole_on_sqlite() {
    nobody_sees_a_mix_of_two_versions(&Place::sqlite());
}

#[test]
fn swapped_whole_on_postgresql() {
    nobody_sees_a_mix_of_two_versions(&Place::postgresql());
}

#[test]
fn who_is_where_on_sqlite() {
    a_list_says_who_is_where_and_why(&Place::sqlite());
}

#[test]
fn who_is_where_on_postgresql() {
    a_list_says_who_is_where_and_why(&Place::postgresql());
}

/// As of another time a list says the same as a score that is asked for, for every customer of a story.
#[test]
fn a_list_and_a_score_agree() {
    let place = Place::sqlite();
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&facts());
    for rules in [RULES, CLICKS] {
        let number = publish(&mut client, rules, FROM)["version"].clone();
        let is_there = || {
            let now = client.read(&format!("{LIST}?limit=1"));
            std::future::ready(if now["version"] == number { Ok(now) } else { Err(now) })
        };
        let head = block_on(eventually(PATIENCE, is_there));
        for item in pages(&mut client, LIST) {
            let target = format!(
                "/v1/customers/{}/score?rank=true&as_of={}",
                text(&item, "customer_id"),
                text(&head, "scored_as_of")
            );
            let score = client.read(&target);
            assert_eq!((&score["points"], &score["grade"]["name"]), (&item["points"], &item["grade"]), "{score}");
            let standing = &score["listed"];
            for member in ["rank", "points", "grade"] {
                assert_eq!(standing[member], item[member], "{score}");
            }
            assert_eq!(standing["scored_as_of"], head["scored_as_of"]);
        }
    }
    server.terminate(PATIENCE);
}

/// Free attributes that a source registered as facts are read by rules, on every way to a score; personal ones never.
#[test]
fn attributes_that_are_facts_are_read() {
    const RULES: &str = "name = \"value\"\n[[rule]]\nid = \"vip\"\non = \"purchase.made\"\n\
        when = 'customer.attributes.vip'\npoints = 'customer.attributes.factor * 2'\n\
        [[rule]]\nid = \"shoe\"\non = \"purchase.made\"\nwhen = 'customer.attributes.shoe == 43'\npoints = 5\n";
    let place = Place::sqlite();
    let server = place.serve();
    let mut client = server.client();
    let source = json!({"source": "crm", "fact_attributes": ["vip", "factor"]});
    client.send("PUT", "/v1/sources", &source).expect_status(200);
    let time = "2026-01-05T10:00:00Z";
    let registered = |source: &str| {
        let data = json!({"kind": "person", "attributes": {"vip": true, "factor": 3.5, "shoe": 43}});
        event(source, "1", "r", time, "customer.registered", data)
    };
    let bought =
        |source: &str| event(source, "1", "p", time, "purchase.made", json!({"amount": "1", "currency": "EUR"}));
    client.accepted(&[registered("crm"), bought("crm"), registered("erp"), bought("erp")]);
    publish(&mut client, RULES, FROM);
    let (_, items) = list(&mut client, "");
    let points: Vec<_> = items.iter().map(|item| text(item, "points")).collect();
    assert_eq!(points, ["7", "0"]);
    equals_a_replay(&mut client);
    for item in &items {
        let score = client.read(&format!("/v1/customers/{}/score", text(item, "customer_id")));
        assert_eq!(score["points"], item["points"], "{score}");
    }
    server.terminate(PATIENCE);
}
