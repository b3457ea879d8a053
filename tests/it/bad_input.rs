//! Bad input, through every door: the same verdict by code and place, the rest goes on, nothing is lost.

use std::collections::BTreeMap;

use flate2::Compression;
use flate2::write::GzEncoder;
use kulta_test_support::http::{Client, Response};
use serde_json::{Value, json};

use crate::kit::{Asks, BATCH, LINES, PATIENCE, Place, SINGLE, pages, text};

/// One thing wrong.
struct Bad {
    what: &'static str,
    event: Vec<u8>,
    code: &'static str,
    pointer: &'static str,
}

fn good(id: &str) -> String {
    json!({"specversion": "1.0", "id": id, "source": "erp", "type": "purchase.made", "subject": "100234",
        "time": "2026-03-02T10:15:00+02:00", "unit": "helsinki",
        "data": {"amount": "1249.90", "currency": "EUR", "product_group": "pumps"}})
    .to_string()
}

/// The good event with something replaced in its text.
#[track_caller]
fn with(what: &str, by: &str) -> Vec<u8> {
    let text = good("bad");
    assert!(text.contains(what), "{what}");
    text.replacen(what, by, 1).into_bytes()
}

fn raw(what: &str, by: &[u8]) -> Vec<u8> {
    let text = good("bad");
    let (before, after) = text.split_once(what).unwrap();
    [before.as_bytes(), by, after.as_bytes()].concat()
}

fn nested(levels: usize) -> String {
    "[".repeat(levels) + &"]".repeat(levels)
}

#[rustfmt::skip]
fn table() -> Vec<Bad> {
    let huge = |text: &str| format!("\"{}\"", text.repeat((1 << 20) / text.len() + 1));
    let bad = |what, event, code, pointer| Bad { what, event, code, pointer };
    let amount = |value: &str| with("\"1249.90\"", value);
    let time = |value: &str| with("\"2026-03-02T10:15:00+02:00\"", value);
    vec![
        bad("invalid UTF-8", raw("helsinki", b"\xff\xfe"), "malformed", ""),
        bad("half a character", raw("helsinki", b"hels\xc3"), "malformed", ""),
        bad("half a pair of surrogates", with("helsinki", "\\ud800"), "malformed", ""),
        bad("an escaped NUL", with("helsinki", "a\\u0000b"), "malformed", ""),
        bad("a NUL byte", raw("helsinki", b"a\0b"), "malformed", ""),
        bad("a NUL in a member's name", with("product_group", "a\\u0000"), "malformed", ""),
        bad("half an object", good("bad").as_bytes()[..60].to_vec(), "malformed", ""),
        bad("no JSON", b"purchase of 1249.90".to_vec(), "malformed", ""),
        bad("two texts", [good("bad"), good("bad")].concat().into_bytes(), "malformed", ""),
        bad("NaN", amount("NaN"), "malformed", ""),
        bad("33 levels", with("\"pumps\"", &nested(33)), "malformed", ""),
        bad("129 levels", with("\"pumps\"", &nested(129)), "malformed", ""),
        bad("100,000 levels", with("\"pumps\"", &nested(100_000)), "malformed", ""),
        bad("a huge event", with("\"pumps\"", &huge("x")), "too-large", ""),
        bad("a huge event of long characters", with("\"pumps\"", &huge("€")), "too-large", ""),
        bad("a duplicate key", with("\"unit\"", "\"id\":\"other\",\"unit\""), "malformed", ""),
        bad("a duplicate key inside", with("\"currency\"", "\"amount\":1,\"currency\""), "malformed", ""),
        bad("a number in disguise", with("\"1249.90\"", "{\"$serde_json::private::Number\":\"1\"}"), "malformed", ""),
        bad("a list for an event", b"[]".to_vec(), "wrong-type", ""),
        bad("a number for an event", b"7".to_vec(), "wrong-type", ""),
        bad("a number for an id", with("\"bad\"", "7"), "wrong-type", "/id"),
        bad("an object for a subject", with("\"100234\"", "{}"), "wrong-type", "/subject"),
        bad("a number for a time", time("1772439300"), "wrong-type", "/time"),
        bad("a text for data", with(&json!({"amount": "1249.90", "currency": "EUR", "product_group": "pumps"}).to_string(), "\"x\""), "wrong-type", "/data"),
        bad("true for money", amount("true"), "invalid", "/data/amount"),
        bad("a number for a text", with("\"pumps\"", "5"), "invalid", "/data/product_group"),
        bad("an unknown type", with("purchase.made", "purchase.dreamt"), "unknown-type", "/type"),
        bad("a steward's word from outside", with("purchase.made", "identity.linked"), "reserved-type", "/type"),
        bad("a policy from outside", with("purchase.made", "survivorship_policy.published"), "reserved-type", "/type"),
        bad("no type", with("purchase.made", ""), "missing", "/type"),
        bad("an old specversion", with("\"1.0\"", "\"0.3\""), "specversion", "/specversion"),
        bad("a payload of the future", with("\"unit\"", "\"dataversion\":9,\"unit\""), "dataversion", "/dataversion"),
        bad("binary data", with("\"unit\"", "\"data_base64\":\"AA==\",\"unit\""), "wrong-type", "/data_base64"),
        bad("an empty subject", with("\"100234\"", "\"\""), "missing", "/subject"),
        bad("a blank subject", with("\"100234\"", "\"  \""), "missing", "/subject"),
        bad("no subject", with("\"subject\":\"100234\",", ""), "missing", "/subject"),
        bad("null for a subject", with("\"100234\"", "null"), "wrong-type", "/subject"),
        bad("an empty id", with("\"bad\"", "\"\""), "missing", "/id"),
        bad("a bell in an id", with("\"bad\"", "\"a\\u0007\""), "control-character", "/id"),
        bad("an endless id", with("\"bad\"", &format!("\"{}\"", "x".repeat(513))), "too-long", "/id"),
        bad("the reserved source", with("\"erp\"", "\"kulta\""), "reserved-source", "/source"),
        bad("no source", with("\"erp\"", "\"\""), "missing", "/source"),
        bad("a time without offset", time("\"2026-03-02T10:15:00\""), "time", "/time"),
        bad("a day for a time", time("\"2026-03-02\""), "time", "/time"),
        bad("a day that is none", time("\"2026-02-30T10:15:00Z\""), "time", "/time"),
        bad("a leap second", time("\"2026-03-01T23:59:60Z\""), "time", "/time"),
        bad("long ago", time("\"1215-06-15T00:00:00Z\""), "time", "/time"),
        bad("the far future", time("\"2126-03-02T10:15:00Z\""), "future-time", "/time"),
        bad("the end of time", time("\"9999-12-01T23:59:59.999999Z\""), "future-time", "/time"),
        bad("negative money", amount("\"-1\""), "invalid", "/data/amount"),
        bad("a little below nothing", amount("-0.000001"), "invalid", "/data/amount"),
        bad("14 digits before the point", amount("12345678901234"), "invalid", "/data/amount"),
        bad("7 digits after the point", amount("0.0000001"), "invalid", "/data/amount"),
        bad("absurd money", amount("1e131071"), "invalid", "/data/amount"),
        bad("absurdly little money", amount("1e-400"), "invalid", "/data/amount"),
        bad("a decimal comma", amount("\"12,50\""), "invalid", "/data/amount"),
        bad("a formula", amount("\"=1+1\""), "invalid", "/data/amount"),
        bad("no money", with("\"amount\":\"1249.90\",", ""), "missing", "/data/amount"),
        bad("an unknown currency", with("\"EUR\"", "\"XYZ\""), "invalid", "/data/currency"),
        bad("a currency in small letters", with("\"EUR\"", "\"eur\""), "invalid", "/data/currency"),
    ]
}

/// Code and place of a problem, and that it repeats nothing of what came.
#[track_caller]
fn verdict(bad: &Bad, door: &str, problem: &Value) {
    let found = (problem["code"].as_str(), problem["errors"][0]["pointer"].as_str());
    assert_eq!(found, (Some(bad.code), Some(bad.pointer)), "{}, by {door}: {problem}", bad.what);
    for value in ["100234", "helsinki", "pumps"] {
        assert!(!problem.to_string().contains(value), "{}, by {door}, repeats {value}: {problem}", bad.what);
    }
}

/// The problem of the event at `index`; what cannot be split into events is refused as a whole.
fn problem(response: Response, index: usize) -> Value {
    if response.status != 200 {
        return response.expect_status(400).json();
    }
    response.json()["results"][index]["problem"].clone()
}

fn every_door_has_the_same_verdict(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let table = table();
    for bad in &table {
        let lines = [good("good").as_bytes(), b"\n", &bad.event].concat();
        let lines = client.post("/v1/events").body(LINES, lines).send().expect_status(200);
        verdict(bad, "lines", &problem(lines, 1));
        verdict(bad, "single", &problem(client.post("/v1/events").body(SINGLE, bad.event.clone()).send(), 0));
        let batch = [b"[", &bad.event[..], b",", good("good").as_bytes(), b"]"].concat();
        let batch = client.post("/v1/events").body(BATCH, batch).send();
        if batch.status == 200 {
            assert_eq!(batch.json()["results"][1]["status"], "duplicate", "{}: the rest goes on", bad.what);
        }
        verdict(bad, "batch", &problem(batch, 0));
    }
    // Answered, so not kept.
    assert_eq!(pages(&mut client, "/v1/dead-letters?state=all"), [json!(null); 0]);
    server.terminate(PATIENCE);

    import(place, &table);
    let server = place.serve();
    let mut client = server.client();
    assert_eq!(client.read("/v1/events")["items"].as_array().unwrap().len(), 4, "two policies, good, last");
    letters(&mut client, &table);
}

/// The same events from a file, line by line, with a good one at either end.
fn import(place: &Place, table: &[Bad]) {
    let mut file = good("good").into_bytes();
    for bad in table {
        file.push(b'\n');
        file.extend_from_slice(&bad.event);
    }
    file.extend_from_slice(format!("\n\n{}\n", good("last")).as_bytes());
    place.file("events.ndjson", file);
    let import = place.kulta(["import", "events.ndjson", "--rejects", "rejects.ndjson"]);
    let summary =
        |accepted, duplicate| format!("accepted={accepted} duplicate={duplicate} conflict=0 rejected={}", table.len());
    assert_eq!(import.run().expect_code(0).last_line(), summary(1, 1));
    let rejects = std::fs::read_to_string(place.directory().join("rejects.ndjson")).unwrap();
    let rejects: Vec<Value> = rejects.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rejects.len(), table.len());
    for ((line, bad), reject) in (2..).zip(table).zip(&rejects) {
        assert_eq!(reject["origin"], format!("events.ndjson:{line}"), "{}", bad.what);
        let problem = json!({"code": reject["problems"][0]["code"], "errors": reject["problems"]});
        verdict(bad, "file", &problem);
    }
    // Again: nothing new, neither among the events nor among the dead letters.
    assert_eq!(import.run().expect_code(0).last_line(), summary(0, 2));
}

fn letters(client: &mut Client, table: &[Bad]) {
    let letters = pages(client, "/v1/dead-letters?state=all");
    assert_eq!(letters.len(), table.len());
    for ((line, bad), letter) in (2..).zip(table).zip(&letters) {
        assert_eq!(letter["origin"], format!("events.ndjson:{line}"), "{}", bad.what);
        verdict(bad, "letter", &json!({"code": letter["reason"], "errors": letter["errors"]}));
        let body = client.read(&format!("/v1/dead-letters/{}", letter["id"]))["body"].as_str().unwrap().to_owned();
        match std::str::from_utf8(&bad.event) {
            // A huge event is kept as far as it was read.
            Ok(sent) if bad.code == "too-large" => assert!(sent.starts_with(body.trim_end_matches('\u{fffd}'))),
            Ok(sent) => assert_eq!(body, sent, "{}: kept as it came", bad.what),
            Err(_) => assert!(body.contains('\u{fffd}'), "{}: kept as far as it is text", bad.what),
        }
        client.get(&format!("/problems/{}", text(letter, "reason"))).send().expect_status(200);
    }
}

#[test]
fn bad_events_have_one_verdict_on_sqlite() {
    every_door_has_the_same_verdict(&Place::sqlite());
}

#[test]
fn bad_events_have_one_verdict_on_postgresql() {
    every_door_has_the_same_verdict(&Place::postgresql());
}

/// The same id with the same content is a duplicate, however it is written; with another content a conflict.
fn ids_meet(place: &Place) {
    let rewritten = good("1").replace("\"1249.90\"", "1249.9").replace("10:15:00+02:00", "08:15:00Z");
    let rewritten = rewritten.replace("\"unit\"", "\"traceparent\":\"00-1\",\"unit\"");
    let other = |n: usize| good("1").replace("1249.90", &n.to_string());
    let server = place.serve();
    let mut client = server.client();
    let batch = format!("[{},{rewritten},{},{}]", good("1"), other(1), other(1));
    let answer = client.post("/v1/events").body(BATCH, batch).send().expect_status(200).json();
    let statuses: Vec<_> = answer["results"].as_array().unwrap().iter().map(|result| text(result, "status")).collect();
    assert_eq!(statuses, ["accepted", "duplicate", "conflict", "conflict"]);
    assert_eq!(answer["results"][2]["position"], answer["results"][0]["position"], "where the first one stands");
    let kept = |client: &mut Client| pages(client, "/v1/dead-letters").len();
    assert_eq!(kept(&mut client), 1, "one conflicting content, once");
    server.terminate(PATIENCE);

    place.file("ids.ndjson", format!("{rewritten}\n{}\n{}\n{}\n", other(1), other(2), good("2")));
    let import = place.kulta(["import", "ids.ndjson", "--rejects", "rejects.ndjson"]).run().expect_code(0);
    assert_eq!(import.last_line(), "accepted=1 duplicate=1 conflict=2 rejected=0");
    let rejects = std::fs::read_to_string(place.directory().join("rejects.ndjson")).unwrap();
    let rejects: Vec<Value> = rejects.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = rejects.iter().map(|reject| (text(reject, "status"), text(reject, "origin"))).collect();
    assert_eq!(told, [("conflict", "ids.ndjson:2"), ("conflict", "ids.ndjson:3")]);
    let server = place.serve();
    assert_eq!(kept(&mut server.client()), 2);
}

#[test]
fn duplicate_and_conflicting_ids() {
    ids_meet(&Place::sqlite());
    ids_meet(&Place::postgresql());
}

#[test]
fn bodies_that_are_too_large_or_broken_are_refused_as_a_whole() {
    let place = Place::sqlite();
    let server = place.server().env("KULTA_LIMITS_BATCH_EVENTS", "3").env("KULTA_LIMITS_BODY_BYTES", "10 KiB").serve();
    let mut client = server.client();
    let four: Vec<_> = (1..=4).map(|n| good(&n.to_string())).collect();
    let packed = kulta_test_support::data::gzip(good("1").as_bytes());
    let padded = " ".repeat(20_000);
    let bomb = kulta_test_support::data::gzip(padded.as_bytes());
    let half = &packed[..packed.len() / 2];
    for (media, body, encoding, status, code) in [
        (BATCH, format!("[{}]", four.join(",")).into_bytes(), "identity", 413, "batch-too-large"),
        (LINES, four.join("\n").into_bytes(), "identity", 413, "batch-too-large"),
        (BATCH, padded.clone().into_bytes(), "identity", 413, "body-too-large"),
        (BATCH, bomb, "gzip", 413, "body-too-large"),
        (SINGLE, half.to_vec(), "gzip", 400, "malformed"),
        (SINGLE, packed[..packed.len() - 1].to_vec(), "gzip", 400, "malformed"),
        (SINGLE, good("1").into_bytes(), "gzip", 400, "malformed"),
        (SINGLE, good("1").into_bytes(), "br", 415, "unsupported-encoding"),
        ("text/csv", good("1").into_bytes(), "identity", 415, "unsupported-media-type"),
        (BATCH, good("1").into_bytes(), "identity", 400, "malformed"),
    ] {
        let request = client.post("/v1/events").header("content-encoding", encoding).body(media, body);
        let problem = request.send().expect_status(status).json();
        assert_eq!(problem["code"], code, "{problem}");
    }
    assert_eq!(client.read("/v1/events")["items"].as_array().unwrap().len(), 2, "nothing but the policies was stored");
    let whole = client.post("/v1/events").header("content-encoding", "gzip").body(SINGLE, packed).send();
    assert_eq!(whole.expect_status(200).json()["results"][0]["status"], "accepted");
}

/// What was read of half a file stands; the rest is told, and the whole file can be imported later.
#[test]
fn half_a_packed_file_is_imported_as_far_as_it_goes() {
    let place = Place::sqlite();
    let lines: Vec<_> = (1..=6_000).map(|n| good(&n.to_string())).collect();
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    std::io::Write::write_all(&mut packer, lines.join("\n").as_bytes()).unwrap();
    let packed = packer.finish().unwrap();
    place.file("events.ndjson.gz", &packed[..packed.len() / 2]);
    let import = place.kulta(["import", "events.ndjson.gz"]);
    let broken = import.run().expect_code(1);
    assert!(broken.stderr.contains("error: events.ndjson.gz: cannot read on after line "), "{broken:?}");
    assert_eq!(broken.stdout, "", "no summary that could be taken for the whole");
    place.file("events.ndjson.gz", &packed);
    let whole = import.run().expect_code(0);
    let counts: BTreeMap<_, u64> = whole
        .last_line()
        .split(' ')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, n)| (name, n.parse().unwrap()))
        .collect();
    assert_eq!((counts["accepted"] + counts["duplicate"], counts["rejected"]), (6_000, 0));
    assert!(counts["duplicate"] > 0, "the first half had been stored: {counts:?}");
}

const MAPPING: &str = r#"
source = "shop"
[[event]]
type = "purchase.made"
id = "{no}"
subject = "{customer}"
when = 'kind == "sale"'
time = "time"
[event.data]
amount = { expr = "price * 2" }
currency = "currency"
"#;

fn wrong_rows_are_told_like_wrong_events(place: &Place) {
    let time = "2026-03-02T10:15:00+02:00";
    let rows: Vec<(String, &str, &str)> = vec![
        (format!("sale,1,7,{time},5,EUR"), "", ""),
        (format!("sale,2,7,{time},5"), "wrong-columns", ""),
        (format!("sale,3,7,{time},5,EUR,extra"), "wrong-columns", ""),
        (format!("gift,4,7,{time},5,EUR"), "no-event-applies", ""),
        (format!("sale,5,,{time},5,EUR"), "missing", "/subject"),
        (format!("sale,,7,{time},5,EUR"), "missing", "/id"),
        ("sale,7,7,,5,EUR".to_owned(), "missing", "/time"),
        ("sale,8,7,yesterday,5,EUR".to_owned(), "time", "/time"),
        ("sale,9,7,2026-03-02T10:15:00,5,EUR".to_owned(), "time", "/time"),
        ("sale,10,7,2126-03-02T10:15:00Z,5,EUR".to_owned(), "future-time", "/time"),
        (format!("sale,11,7,{time},five,EUR"), "invalid", "/data/amount"),
        (format!("sale,12,7,{time},-5,EUR"), "invalid", "/data/amount"),
        (format!("sale,13,7,{time},\"5,50\",EUR"), "invalid", "/data/amount"),
        (format!("sale,14,7,{time},,EUR"), "missing", "/data/amount"),
        (format!("sale,15,7,{time},5,XYZ"), "invalid", "/data/currency"),
        (format!("sale,16\u{7},7,{time},5,EUR"), "control-character", "/id"),
        (format!("sale,17,\"7\n8\",{time},5,EUR"), "control-character", "/subject"),
        (format!("sale,18,7,{time},5,EUR"), "", ""),
    ];
    let mut file = b"kind,no,customer,time,price,currency\n".to_vec();
    let (mut line, mut expected) = (2, Vec::new());
    for (row, code, pointer) in &rows {
        if !code.is_empty() {
            expected.push((format!("rows.csv:{line}"), (*code).to_owned(), (*pointer).to_owned()));
        }
        file.extend_from_slice(format!("{row}\n").as_bytes());
        line += row.matches('\n').count() + 1;
    }
    file.extend_from_slice(b"sale,19,7\xff,");
    file.extend_from_slice(format!("{time},5,EUR\n").as_bytes());
    expected.push((format!("rows.csv:{line}"), "malformed".to_owned(), String::new()));
    place.file("rows.csv", file);
    place.file("map.toml", MAPPING);
    let import = place.kulta(["import", "rows.csv", "--mapping", "map.toml", "--rejects", "rejects.ndjson"]);
    let summary = |a, d| format!("accepted={a} duplicate={d} conflict=0 rejected={}", expected.len());
    assert_eq!(import.run().expect_code(0).last_line(), summary(2, 0));
    let rejects = std::fs::read_to_string(place.directory().join("rejects.ndjson")).unwrap();
    let told = |origin: &Value, problem: &Value| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(origin), text(&problem["code"]), text(&problem["pointer"]))
    };
    let rejects: Vec<Value> = rejects.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let rejects: Vec<_> = rejects.iter().map(|reject| told(&reject["origin"], &reject["problems"][0])).collect();
    assert_eq!(rejects, expected);
    assert_eq!(import.run().expect_code(0).last_line(), summary(0, 2));

    let server = place.serve();
    let mut client = server.client();
    let letters = pages(&mut client, "/v1/dead-letters");
    let found: Vec<_> = letters.iter().map(|letter| told(&letter["origin"], &letter["errors"][0])).collect();
    assert_eq!(found, expected, "dead letters");
    for letter in &letters {
        assert_eq!(letter["reason"], letter["errors"][0]["code"]);
        client.get(&format!("/problems/{}", text(letter, "reason"))).send().expect_status(200);
    }
}

#[test]
fn wrong_rows_on_sqlite() {
    wrong_rows_are_told_like_wrong_events(&Place::sqlite());
}

#[test]
fn wrong_rows_on_postgresql() {
    wrong_rows_are_told_like_wrong_events(&Place::postgresql());
}
