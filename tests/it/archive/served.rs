//! The archive that a node keeps for its replays: they say what they say over the log, whatever happens to it.

use std::fs;
use std::path::PathBuf;

use kulta_test_support::http::Client;
use kulta_test_support::process::{Program, Server};
use kulta_test_support::wait::eventually;
use serde_json::{Value, json};

use super::contents::{Draw, erase, some, tame};
use super::{Opened, all, minute, purchase, read, same};
use crate::kit::{Asks, PATIENCE, Place, block_on, event, pages, text};
use crate::replays::replayed;

/// A point for every event, so that the points of all customers are as many as their events; and rules for which it is of
/// account which event is first.
const COUNT: &str = "name = \"count\"\n[[rule]]\nid = \"all\"\non = \"purchase.made\"\npoints = 1\n\
    [[rule]]\nid = \"visits\"\non = \"web.visited\"\npoints = 1\n";
const ORDERED: &str = "name = \"ordered\"\n[[rule]]\nid = \"buying\"\non = \"purchase.made\"\npoints = 'amount * 0.3'\n\
    cap = { points = 40, per = \"month\" }\n[[rule]]\nid = \"large\"\non = \"purchase.made\"\n\
    when = 'currency == \"SEK\"'\npoints = 2.5\nlimit = { count = 1, per = \"day\" }\n\
    [[rule]]\nid = \"visits\"\non = \"web.visited\"\npoints = 'unit == \"turku\" ? 3 : 2'\nlimit = { count = 2, per = \"month\" }\n\
    [[grade]]\nname = \"A\"\nfrom = 40\n[[grade]]\nname = \"B\"\nfrom = 4\n";
const AS_OF: &str = "2026-06-01T00:00:00Z";

fn keeping(place: &Place, every: &str) -> Program {
    place.server().env("KULTA_ARCHIVE_DIRECTORY", "own").env("KULTA_ARCHIVE_EVERY", every)
}

/// Publishes events, of which some may come twice.
fn publish(client: &mut Client, events: &[Value]) {
    for result in client.publish(events) {
        assert!(matches!(text(&result, "status"), "accepted" | "duplicate"), "{result}");
    }
}

fn own(place: &Place) -> PathBuf {
    place.directory().join("own")
}

fn archive(client: &mut Client) -> Value {
    let items = client.read("/v1/projections")["items"].as_array().unwrap().clone();
    items.into_iter().find(|item| item["name"] == "archive").expect("the node keeps an archive")
}

/// Waits until the archive is kept up and tells of a position.
#[track_caller]
fn archived(client: &mut Client, position: u64) -> Value {
    let mut look = || {
        let standing = archive(client);
        let there = standing["state"] == "live" && standing["position"].as_u64().unwrap() >= position;
        std::future::ready(if there { Ok(standing) } else { Err(standing) })
    };
    block_on(eventually(PATIENCE, &mut look))
}

/// A node whose archive tells of these events, and which has not much to do with it hereafter: what comes is in the log only.
fn with_archived(place: &Place, events: &[Value]) -> (Server, Client) {
    let server = keeping(place, "1ms").serve();
    let mut client = server.client();
    publish(&mut client, events);
    let head = client.caught_up();
    archived(&mut client, head);
    server.terminate(PATIENCE);
    let server = keeping(place, "1h").serve();
    let client = server.client();
    (server, client)
}

fn metric(client: &mut Client, name: &str) -> u64 {
    let text = client.get("/metrics").send().expect_status(200).text();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned));
    line.map_or(0, |number| number.parse().unwrap())
}

fn comparison() -> Value {
    json!({"rules": ORDERED, "against": {"rules": COUNT}, "as_of": AS_OF})
}

/// Everything that a replay says, but what it ran over, and how often one was asked for.
fn told(client: &mut Client, replay: &Value) -> Vec<String> {
    assert_eq!(replay["state"], "done", "{replay}");
    let target = format!("/v1/replays/{}", text(replay, "id"));
    let mut replay = replay.clone();
    for member in ["id", "over", "why_log"] {
        replay.as_object_mut().unwrap().remove(member);
    }
    let csv = |client: &mut Client, what: &str| {
        client.get(&format!("{target}/{what}?format=csv")).send().expect_status(200).text()
    };
    let scores = pages(client, &format!("{target}/scores")).iter().map(Value::to_string).collect();
    vec![replay.to_string(), csv(client, "diff"), csv(client, "totals"), scores]
}

/// What the same asked of a node without an archive says.
fn over_the_log(place: &Place) -> Vec<String> {
    let server = place.serve();
    let mut client = server.client();
    client.caught_up();
    let replay = replayed(&mut client, &comparison());
    assert_eq!((&replay["over"], &replay["why_log"]), (&json!("log"), &Value::Null));
    let told = told(&mut client, &replay);
    server.terminate(PATIENCE);
    told
}

fn merge(client: &mut Client, draw: &mut Draw) -> Option<(String, String)> {
    let mut id = || {
        let target = format!("/v1/records/{}/{}", draw.of(&["erp", "shop", "kassa"]), draw.below(30));
        let found = client.get(&target).send();
        (found.status == 200).then(|| text(&found.json(), "customer_id").to_owned())
    };
    let (one, other) = (id()?, id()?);
    let merged = client.send("POST", &format!("/v1/customers/{one}/merge"), &json!({"with": other}));
    (merged.status == 200).then_some((one, other))
}

/// Events stream in, late ones too, customers come together and apart, and replays run meanwhile.
fn while_events_stream_in(place: &Place, every: &str) {
    let mut draw = Draw(11);
    let (server, _) = with_archived(place, &tame(some(&mut draw, 0, 150)));
    server.terminate(PATIENCE);
    let server = keeping(place, every).serve();
    let mut client = server.client();
    for step in 1..=6 {
        let mut events = tame(some(&mut draw, step, 20));
        let at = |n: usize| minute(1_000 + 100 * step as usize + n);
        events.extend((0..10).map(|n| purchase(&draw.below(30).to_string(), &format!("{step}:{n}"), &at(n), "11.5")));
        publish(&mut client, &events);
        merge(&mut client, &mut draw);
        let replay = replayed(&mut client, &json!({"rules": COUNT, "as_of": AS_OF}));
        assert_eq!(replay["over"], "archive", "{replay}");
        let items = pages(&mut client, &format!("/v1/replays/{}/scores", text(&replay, "id")));
        let points: u64 = items.iter().map(|item| text(item, "points").parse::<u64>().unwrap()).sum();
        let counted: u64 = replay["events"].as_u64().unwrap();
        // Decisions of stewards are no events about records.
        assert_eq!(points, counted, "{replay}");
    }
    let last = replayed(&mut client, &comparison());
    assert_eq!((&last["over"], &last["why_log"]), (&json!("archive"), &Value::Null), "{last}");
    assert!(metric(&mut client, "kulta_archive_replays_total{over=\"archive\"}") >= 7);
    let over_archive = told(&mut client, &last);
    let stderr = server.stderr();
    assert_eq!(server.terminate(PATIENCE).code(), Some(0), "{stderr}");
    assert_eq!(over_archive, over_the_log(place));
}

#[test]
fn events_stream_in_on_sqlite() {
    // The archive stays far behind: what came since is read from the log.
    while_events_stream_in(&Place::sqlite(), "1h");
}

#[test]
fn events_stream_in_on_postgresql() {
    while_events_stream_in(&Place::postgresql(), "1h");
}

#[test]
fn events_stream_in_while_the_archive_follows_on_sqlite() {
    while_events_stream_in(&Place::sqlite(), "1ms");
}

#[test]
fn events_stream_in_while_the_archive_follows_on_postgresql() {
    while_events_stream_in(&Place::postgresql(), "1ms");
}

fn files(place: &Place, suffix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(own(place)).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.to_str().unwrap().ends_with(suffix)).collect()
}

fn damage(path: &PathBuf, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 4;
    fs::write(path, bytes).unwrap();
}

/// A damaged archive gives no wrong scores: it is named, the log is read, and it is mended.
fn damage_is_named_and_mended(place: &Place) {
    let (server, mut client) = with_archived(place, &tame(some(&mut Draw(5), 0, 120)));
    let mut known = None;
    for (number, (suffix, at)) in [(".rows", 40), (".rows", usize::MAX), ("manifest.json", 30)].into_iter().enumerate()
    {
        let path = files(place, suffix).remove(0);
        let length = fs::metadata(&path).unwrap().len() as usize;
        damage(&path, at.min(length - 20));
        // Something new, so that columns that are kept do not count.
        client.accepted(&[event(
            "erp",
            "9",
            &format!("late-{number}"),
            &minute(number),
            "customer.tagged",
            json!({"tag": "x"}),
        )]);
        client.caught_up();
        let replay = replayed(&mut client, &comparison());
        assert_eq!(replay["state"], "done", "{replay}");
        // A manifest may have been mended already: it is looked at every second.
        if suffix == ".rows" || replay["over"] == "log" {
            assert_eq!(replay["over"], "log", "{replay}");
            assert!(text(&replay, "why_log").starts_with("the archive is damaged: "), "{replay}");
        }
        let scores = told(&mut client, &replay).remove(3);
        assert_eq!(*known.get_or_insert_with(|| scores.clone()), scores, "a tag gives no points");
        archived(&mut client, 1);
        assert_eq!(metric(&mut client, "kulta_archive_damages_total"), 1 + number as u64);
        client.accepted(&[event(
            "erp",
            "9",
            &format!("more-{number}"),
            &minute(number),
            "customer.tagged",
            json!({"tag": "y"}),
        )]);
        client.caught_up();
        let replay = replayed(&mut client, &comparison());
        assert_eq!((&replay["over"], &replay["why_log"]), (&json!("archive"), &Value::Null), "{replay}");
        assert_eq!(told(&mut client, &replay).remove(3), scores);
    }
    assert!(metric(&mut client, "kulta_archive_updates_total{how=\"repaired\"}") >= 3);
    let stderr = server.stderr();
    assert!(stderr.contains("the archive is damaged") && stderr.contains("the archive was mended"), "{stderr}");
    server.terminate(PATIENCE);
}

#[test]
fn damage_is_named_and_mended_on_sqlite() {
    damage_is_named_and_mended(&Place::sqlite());
}

#[test]
fn damage_is_named_and_mended_on_postgresql() {
    damage_is_named_and_mended(&Place::postgresql());
}

/// Killed while it is updated, again and again: what is there is sound, and goes on.
fn kill_9_leaves_a_sound_archive(place: &Place) {
    let mut draw = Draw(3);
    for cycle in 0..6 {
        let server = keeping(place, "1ms").serve();
        let mut client = server.client();
        for part in 0..4 {
            let count = 30 + 40 * draw.below(3);
            publish(&mut client, &tame(some(&mut draw, 10 * cycle + part, count)));
        }
        if cycle % 2 == 0 {
            // Not before there is one.
            let moved = |client: &mut Client| archive(client)["position"].as_u64().unwrap() > 0;
            let mut look = || std::future::ready(if moved(&mut client) { Ok(()) } else { Err("nothing yet") });
            block_on(eventually(PATIENCE, &mut look));
        }
        server.kill_9();
        match read(place, "own", &all()) {
            Ok(_) | Err(kulta::archive::Error::None(_)) => {}
            // Killed before the first one was told of: files that no manifest tells of are no archive yet.
            Err(kulta::archive::Error::Damaged { what, .. }) if what == "it is missing" => {}
            Err(error) => panic!("cycle {cycle}: {error}"),
        }
    }
    let server = keeping(place, "1ms").serve();
    let mut client = server.client();
    let head = client.caught_up();
    archived(&mut client, head);
    let replay = replayed(&mut client, &comparison());
    assert_eq!(replay["over"], "archive", "{replay}");
    let over_archive = told(&mut client, &replay);
    server.terminate(PATIENCE);
    let kept = read(place, "own", &all()).unwrap();
    same(&kept.facts, &Opened::new(place).facts(kept.manifest.position, all()), "archive and log");
    assert_eq!(over_archive, over_the_log(place));
}

#[test]
fn kill_9_leaves_a_sound_archive_on_sqlite() {
    kill_9_leaves_a_sound_archive(&Place::sqlite());
}

#[test]
fn kill_9_leaves_a_sound_archive_on_postgresql() {
    kill_9_leaves_a_sound_archive(&Place::postgresql());
}

/// Whoever is erased keeps the facts; of equal times they stand in another order then, in the archive too.
fn erasure_reaches_the_archive(place: &Place) {
    let events = tame(some(&mut Draw(8), 0, 250));
    let (server, mut client) = with_archived(place, &events);
    let of = |event: &Value| client.record(text(event, "source"), text(event, "subject"));
    let records: Vec<String> = events[..12].iter().map(of).collect();
    server.terminate(PATIENCE);
    records.iter().for_each(|record| erase(place, record));
    place.kulta(["rebuild"]).run().expect_code(0);
    let server = keeping(place, "1h").serve();
    let mut client = server.client();
    let mut look = || {
        let done = metric(&mut client, "kulta_archive_updates_total{how=\"rewritten\"}");
        std::future::ready(if done == 1 { Ok(()) } else { Err(done) })
    };
    block_on(eventually(PATIENCE, &mut look));
    let replay = replayed(&mut client, &comparison());
    assert_eq!(replay["over"], "archive", "{replay}");
    let over_archive = told(&mut client, &replay);
    server.terminate(PATIENCE);
    assert_eq!(over_archive, over_the_log(place));
}

#[test]
fn erasure_reaches_the_archive_on_sqlite() {
    erasure_reaches_the_archive(&Place::sqlite());
}

#[test]
fn erasure_reaches_the_archive_on_postgresql() {
    erasure_reaches_the_archive(&Place::postgresql());
}

/// Lists are made over the archive: with what service took, and with whoever has no score, and why.
fn lists_are_made_over_it(place: &Place) {
    let (server, mut client) = with_archived(place, &tame(some(&mut Draw(21), 0, 100)));
    let ticket = |n: u64| {
        let data = json!({"minutes": 5 + n, "cost": "12.5", "currency": "EUR"});
        event("shop", &n.to_string(), &format!("t{n}"), "2026-05-01T10:00:00Z", "ticket.closed", data)
    };
    client.accepted(&(0..20).map(ticket).collect::<Vec<_>>());
    client.accepted(&[purchase("refused", "r1", &minute(40_000), "0")]);
    let rules = "name = \"value\"\n[[rule]]\nid = \"buying\"\non = \"purchase.made\"\nwhen = 'order == \"o-r1\" ? 1 / amount > 0 : true'\n\
        points = 1\n[[rule]]\nid = \"tickets\"\non = \"ticket.closed\"\npoints = -1\n\
        [[grade]]\nname = \"A\"\nfrom = -1000\nminutes_per_year = 20\ncost_per_year = 30\n";
    let body = json!({"rules": rules, "effective_from": "2026-01-01T00:00:00Z"});
    client.send("POST", "/v1/rule-sets/value/publish", &body).expect_status(200);
    let head = client.caught_up();
    let listed = pages(&mut client, &format!("/v1/rule-sets/value/scores?after={head}"));
    assert!(metric(&mut client, "kulta_archive_replays_total{over=\"archive\"}") >= 1);
    assert_eq!(metric(&mut client, "kulta_archive_replays_total{over=\"log\"}"), 0);
    let refused: Vec<&Value> = listed.iter().filter(|item| !item["refused"].is_null()).collect();
    assert_eq!(refused.len(), 1, "{listed:?}");
    let position = refused[0]["refused"]["position"].as_u64().expect("an event stands somewhere");
    let found = client.read(&format!("/v1/events?after={}&limit=1", position - 1))["items"][0].clone();
    assert_eq!(found["subject"], "refused");
    let verified = client.send("POST", "/v1/projections/verify", &json!({})).expect_status(200).json();
    assert_eq!(verified["differences"], json!([]), "{verified}");
    // Nor has a replay of the same rules, which says where.
    let failed = replayed(&mut client, &json!({"rules": rules, "as_of": AS_OF}));
    assert_eq!((&failed["state"], &failed["over"]), (&json!("failed"), &json!("archive")), "{failed}");
    assert!(text(&failed, "error").ends_with(&format!("event at position {position}")), "{failed}");
    server.terminate(PATIENCE);
}

#[test]
fn lists_are_made_over_it_on_sqlite() {
    lists_are_made_over_it(&Place::sqlite());
}

#[test]
fn lists_are_made_over_it_on_postgresql() {
    lists_are_made_over_it(&Place::postgresql());
}

/// A list is made over the log when the archive turns out to be damaged.
#[test]
fn a_list_is_made_while_the_archive_is_damaged() {
    let place = Place::sqlite();
    let (server, mut client) = with_archived(&place, &tame(some(&mut Draw(13), 0, 100)));
    damage(&files(&place, ".rows")[0], 40);
    let body = json!({"rules": ORDERED, "effective_from": "2026-01-01T00:00:00Z"});
    client.send("POST", "/v1/rule-sets/ordered/publish", &body).expect_status(200);
    let head = client.caught_up();
    let listed = pages(&mut client, &format!("/v1/rule-sets/ordered/scores?after={head}"));
    assert!(!listed.is_empty());
    assert_eq!(metric(&mut client, "kulta_archive_damages_total"), 1);
    assert_eq!(metric(&mut client, "kulta_archive_replays_total{over=\"log\"}"), 1);
    let verified = client.send("POST", "/v1/projections/verify", &json!({})).expect_status(200).json();
    assert_eq!(verified["differences"], json!([]), "{verified}");
    server.terminate(PATIENCE);
}
