//! `kulta verify` finds rows planted wrong in every projection table, names table and row, and exits 1; `kulta rebuild`
//! heals them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::kit::{Asks, PATIENCE, Place, event, text};

const TIME: &str = "2026-01-01T10:00:00Z";
/// An id that no row has.
const NOBODY: &str = "00000000-0000-5000-8000-0000000000ff";

/// What the log was given.
struct World {
    /// Record ids, of `crm` 0 to 19.
    records: Vec<String>,
    /// Decision ids: of merges, then the last two withdrawn.
    decisions: Vec<String>,
    /// Positions of the policies.
    policies: Vec<u64>,
}

fn world(place: &Place) -> World {
    let server = place.serve();
    let mut client = server.client();
    let registered = |n: usize| {
        let data = json!({"kind": "person", "name": format!("Anna {n}"), "language": "fi", "shoe": n});
        event("crm", &n.to_string(), &format!("r{n}"), TIME, "customer.registered", data)
    };
    let mut events: Vec<_> = (0..20).map(registered).collect();
    for (id, source) in [("a", "erp"), ("b", "shop"), ("c", "web")] {
        let data = json!({"amount": "9.50", "currency": "EUR", "odd": 1});
        events.push(event(source, "7", id, TIME, "purchase.made", data));
    }
    for n in 0..4 {
        let to = json!({"source": "crm", "subject": (n + 4).to_string()});
        let data = json!({"relation": "contact_of", "to": to, "role": "Annas", "valid_from": "2020-01-01"});
        events.push(event("crm", &n.to_string(), &format!("to{n}"), TIME, "customer.related", data));
    }
    client.accepted(&events);
    let records: Vec<_> = (0..20).map(|n| client.record("crm", &n.to_string())).collect();
    let merge = |client: &mut kulta_test_support::http::Client, pair: &[String]| {
        let body = json!({"with": pair[1], "reason": "a test"});
        let answer = client.send("POST", &format!("/v1/customers/{}/merge", pair[0]), &body).expect_status(200).json();
        text(&answer, "decision_id").to_owned()
    };
    let decisions: Vec<_> = records[..16].chunks(2).map(|pair| merge(&mut client, pair)).collect();
    for decision in &decisions[6..] {
        client.delete(&format!("/v1/decisions/{decision}")).send().expect_status(200);
    }
    let mut policies = vec![client.read("/v1/survivorship-policy")["position"].as_u64().unwrap()];
    for days in [100, 200] {
        let policy = json!({"policy": {"default": {"by": ["recency"], "ask_after_days": days}}});
        let answer = client.send("PUT", "/v1/survivorship-policy", &policy).expect_status(200).json();
        policies.push(answer["position"].as_u64().unwrap());
    }
    // The last event leaves a trace in one table only.
    client.accepted(&[event("erp", "7", "z", TIME, "web.visited", json!({"page": "/", "odd": 2}))]);
    client.caught_up();
    server.terminate(PATIENCE);
    World { records, decisions, policies }
}

/// Where a wrong row is, and what is said of it.
struct Planted<'a> {
    place: &'a Place,
    expected: BTreeSet<String>,
}

impl Planted<'_> {
    /// Runs a statement that makes `row` of `table` wrong.
    fn plant(&mut self, sql: &str, table: &str, row: impl std::fmt::Display, wrong: &str) {
        self.place.execute_live(sql);
        assert!(self.expected.insert(format!("table={table} row={row} wrong={wrong}")), "planted twice: {sql}");
    }

    /// The rows of a table are read by the id in this column.
    fn changed(&mut self, table: &str, column: &str, id: &str, sets: &str, wrong: &str) {
        let sql = format!("UPDATE {table} SET {sets} WHERE {column} = {}", self.place.id(id));
        self.plant(&sql, table, id, wrong);
    }
}

fn plant_records(planted: &mut Planted<'_>, world: &World) {
    let other = planted.place.id(&world.records[19]);
    for (record, sets, wrong) in [
        (&world.records[0], "source = 'elsewhere'", "source"),
        (&world.records[1], "subject = 'other'", "subject"),
        (&world.records[2], "subject = NULL", "subject"),
        (&world.records[3], "first_position = first_position + 1000", "first_position"),
        (&world.records[4], "shaped_at = shaped_at + 1000, source = 'x'", "source, shaped_at"),
        (&world.records[5], &format!("customer_id = {other}"), "customer_id"),
        (&world.records[6], "state = replace(state, 'Anna 6', 'Eve 6')", "state"),
        (&world.records[7], "state = 'no JSON'", "unreadable"),
    ] {
        planted.changed("record", "record_id", record, sets, wrong);
    }
    let (gone, extra) = (planted.place.id(&world.records[8]), planted.place.id(NOBODY));
    planted.plant(&format!("DELETE FROM record WHERE record_id = {gone}"), "record", &world.records[8], "missing");
    let columns = "customer_id, first_position, shaped_at, source, subject, state";
    let sql = format!(
        "INSERT INTO record (record_id, {columns}) SELECT {extra}, {columns} FROM record WHERE record_id = {other}"
    );
    planted.plant(&sql, "record", NOBODY, "unexpected");
}

fn plant_customers(planted: &mut Planted<'_>, world: &World) {
    // Customers of one record each: 12 to 19.
    for (customer, sets, wrong) in [
        (&world.records[12], "kind = 'organisation'", "kind"),
        (&world.records[13], "name = NULL", "name"),
        (&world.records[14], "position = position + 1000", "position"),
        (&world.records[15], "records = 2", "records"),
        (&world.records[16], "golden = replace(golden, 'Anna 16', 'Eve 16')", "golden"),
        (&world.records[17], "golden = '{}', name = 'Eve'", "unreadable"),
        // It would be served as it stands.
        (&world.records[10], "golden = replace(golden, '{\"kind\"', '{\"evil\":1,\"kind\"')", "unreadable"),
    ] {
        planted.changed("customer", "customer_id", customer, sets, wrong);
    }
    let (gone, extra) = (planted.place.id(&world.records[18]), planted.place.id(NOBODY));
    let gone = format!("DELETE FROM customer WHERE customer_id = {gone}");
    planted.plant(&gone, "customer", &world.records[18], "missing");
    let columns = "position, records, kind, name, golden";
    let other = planted.place.id(&world.records[19]);
    let sql = format!(
        "INSERT INTO customer (customer_id, {columns}) SELECT {extra}, {columns} FROM customer WHERE customer_id = {other}"
    );
    planted.plant(&sql, "customer", NOBODY, "unexpected");
}

fn plant_decisions(planted: &mut Planted<'_>, world: &World) {
    for (decision, sets, wrong) in [
        (&world.decisions[0], "verdict = 'separate'", "content"),
        (&world.decisions[1], "made_position = made_position + 1000", "content"),
        (&world.decisions[2], "verdict = 'perhaps'", "unreadable"),
        (&world.decisions[6], "withdrawn_position = withdrawn_position + 1000", "content"),
        (&world.decisions[7], "withdrawn = NULL, withdrawn_position = NULL", "content"),
    ] {
        planted.changed("decision", "decision_id", decision, sets, wrong);
    }
    // The lists of records that a decision names are part of it.
    let sides = &world.decisions[3];
    let moved = format!(
        "UPDATE decision_record SET side = 1, ordinal = 7 WHERE side = 0 AND decision_id = {}",
        planted.place.id(sides)
    );
    planted.plant(&moved, "decision", sides, "content");
    let gone = &world.decisions[4];
    let id = planted.place.id(gone);
    let sql =
        format!("DELETE FROM decision_record WHERE decision_id = {id}; DELETE FROM decision WHERE decision_id = {id}");
    planted.plant(&sql, "decision", gone, "missing");
    let (extra, other) = (planted.place.id(NOBODY), planted.place.id(&world.decisions[5]));
    let columns = "verdict, made, made_position, withdrawn, withdrawn_position";
    let sql = format!(
        "INSERT INTO decision (decision_id, {columns}) SELECT {extra}, {columns} FROM decision WHERE decision_id = {other}"
    );
    planted.plant(&sql, "decision", NOBODY, "unexpected");
    // A list without its decision.
    let orphan = NOBODY.replace("ff", "ee");
    let sql = format!(
        "INSERT INTO decision_record (decision_id, side, ordinal, record_id) VALUES ({}, 0, 0, {other})",
        planted.place.id(&orphan)
    );
    planted.plant(&sql, "decision_record", orphan, "unexpected");
}

fn plant_relations(planted: &mut Planted<'_>, world: &World) {
    let row = |n: usize| format!("{} contact_of {}", world.records[n], world.records[n + 4]);
    for (n, sets) in [(0, "valid_from = '2019-01-01'"), (1, "valid_until = '2019-01-01'")] {
        let id = planted.place.id(&world.records[n]);
        planted.plant(&format!("UPDATE relation SET {sets} WHERE record_id = {id}"), "relation", row(n), "content");
    }
    let gone = planted.place.id(&world.records[2]);
    planted.plant(&format!("DELETE FROM relation WHERE record_id = {gone}"), "relation", row(2), "missing");
    let (of, extra) = (planted.place.id(&world.records[3]), planted.place.id(NOBODY));
    let sql = format!(
        "INSERT INTO relation (to_record_id, record_id, relation) SELECT to_record_id, {extra}, relation FROM relation \
         WHERE record_id = {of}"
    );
    let unexpected = format!("{NOBODY} contact_of {}", world.records[7]);
    planted.plant(&sql, "relation", unexpected, "unexpected");
}

fn plant_policies(planted: &mut Planted<'_>, world: &World) {
    let [first, second, third] = world.policies[..] else { panic!("{:?}", world.policies) };
    let row = |position: u64| format!("position {position}");
    planted.plant(
        &format!("UPDATE policy SET policy = replace(policy, '100', '101') WHERE position = {second}"),
        "policy",
        row(second),
        "content",
    );
    planted.plant(&format!("DELETE FROM policy WHERE position = {third}"), "policy", row(third), "missing");
    let sql = format!(
        "INSERT INTO policy (position, published, policy) SELECT 999, published, policy FROM policy WHERE position = {first}"
    );
    planted.plant(&sql, "policy", row(999), "unexpected");
}

fn plant_unknown_members(planted: &mut Planted<'_>) {
    for (sql, row, wrong) in [
        ("UPDATE unknown_member SET count = count + 1 WHERE source = 'crm'", "crm customer.registered", "content"),
        ("UPDATE unknown_member SET count = -1 WHERE source = 'web'", "web purchase.made", "content"),
        ("DELETE FROM unknown_member WHERE source = 'shop'", "shop purchase.made", "missing"),
        ("INSERT INTO unknown_member (source, type, count) VALUES ('x', 'y', 1)", "x y", "unexpected"),
    ] {
        planted.plant(sql, "unknown_member", row, wrong);
    }
}

fn heals(place: &Place) {
    place.kulta(["rebuild"]).run().expect_code(0);
    let verified = place.kulta(["verify"]).run().expect_code(0);
    assert!(verified.last_line().ends_with("differences=0"), "{verified:?}");
    assert_eq!(verified.stdout.lines().count(), 1);
}

fn every_planted_row_is_named(place: &Place) {
    let world = world(place);
    let sound = place.kulta(["verify"]).run().expect_code(0);
    assert!(sound.last_line().ends_with("differences=0"), "{sound:?}");
    let tables: Vec<fn(&mut Planted<'_>, &World)> =
        vec![plant_records, plant_customers, plant_decisions, plant_relations, plant_policies, |planted, _| {
            plant_unknown_members(planted)
        }];
    let mut planted = Planted { place, expected: BTreeSet::new() };
    tables.into_iter().for_each(|plant| plant(&mut planted, &world));

    let found = place.kulta(["verify"]).run().expect_code(1);
    let lines: Vec<_> = found.stdout.lines().collect();
    let (last, differences) = lines.split_last().unwrap();
    assert_eq!(differences.iter().map(|line| (*line).to_owned()).collect::<BTreeSet<_>>(), planted.expected);
    assert!(last.ends_with(&format!(" differences={}", planted.expected.len())), "{last}");
    let told = format!("error: {} rows are not what the log says\n", planted.expected.len());
    assert!(found.stderr.ends_with(&told), "{}", found.stderr);
    assert!(!found.stdout.contains("Anna"), "values are not named: {}", found.stdout);
    let json = place.kulta(["verify", "--json"]).run().expect_code(1);
    let told: Value = serde_json::from_str(json.last_line()).unwrap();
    assert_eq!(told["differences"].as_array().unwrap().len(), planted.expected.len());

    heals(place);
    a_checkpoint_that_went_back_is_found(place);
}

/// Then the last event would be folded a second time.
fn a_checkpoint_that_went_back_is_found(place: &Place) {
    place.execute_live("UPDATE checkpoint SET position = position - 1");
    let found = place.kulta(["verify"]).run().expect_code(1);
    assert!(found.stdout.contains("table=unknown_member row=erp web.visited wrong=unexpected\n"), "{found:?}");
    heals(place);
}

#[test]
fn planted_rows_are_found_and_healed_on_sqlite() {
    every_planted_row_is_named(&Place::sqlite());
}

#[test]
fn planted_rows_are_found_and_healed_on_postgresql() {
    every_planted_row_is_named(&Place::postgresql());
}

/// A running node verifies and rebuilds too, and goes on serving.
#[test]
fn a_running_node_finds_and_heals() {
    for place in [Place::sqlite(), Place::postgresql()] {
        let server = place.serve();
        let mut client = server.client();
        client.accepted(&[event("crm", "1", "1", TIME, "customer.registered", json!({"name": "Anna"}))]);
        let record = client.record("crm", "1");
        place.execute_live("UPDATE customer SET name = 'Eve'");
        let found = client.post("/v1/projections/verify").send().expect_status(200).json();
        assert_eq!(found["differences"], json!([{"table": "customer", "row": record, "wrong": "name"}]));
        client.post("/v1/projections/rebuild").send().expect_status(200);
        let found = client.post("/v1/projections/verify").send().expect_status(200).json();
        assert_eq!(found["differences"], json!([]));
        assert_eq!(client.customer("crm", "1")["name"], "Anna");
    }
}
