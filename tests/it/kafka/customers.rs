//! Golden records on their topic: a follower ends with exactly those that the node has.

use serde_json::{Value, json};

use super::follow::{Follower, publishing};
use super::wait;
use crate::kit::{Asks, PATIENCE, Place, event, text};

fn registered(n: usize) -> Value {
    let data = json!({"kind": "organisation", "name": format!("Firma {n} Oy"), "email": format!("info@firma{n}.fi")});
    event("crm", &n.to_string(), &format!("r{n}"), "2026-01-01T08:00:00Z", "customer.registered", data)
}

fn a_follower_ends_with_the_golden_records(place: &Place) {
    let out = publishing(place, "CUSTOMERS");
    let server = out.program.serve();
    let mut client = server.client();
    client.accepted(&(0..600).map(registered).collect::<Vec<_>>());
    let mut follower = Follower::of(&server, &out.topic);
    follower.agree(&server);
    let count = follower.customers.len();

    let ids = [1, 2, 3].map(|n| text(&client.customer("crm", &n.to_string()), "customer_id").to_owned());
    let merge = json!({"with": ids[1]});
    client.send("POST", &format!("/v1/customers/{}/merge", ids[0]), &merge).expect_status(200);
    client.send("PATCH", &format!("/v1/customers/{}", ids[2]), &json!({"language": "fi"})).expect_status(200);
    follower.agree(&server);
    assert_eq!(follower.customers.len(), count - 1);
    let gone = &follower.compacted[&ids[1]];
    assert_eq!((gone.header("ce_type"), gone.header("ce_mergedinto")), ("kulta.customer.merged", ids[0].as_str()));

    // It goes on where it was, after a death and on another generation.
    server.kill_9();
    let server = out.program.serve();
    let mut client = server.client();
    client.caught_up();
    let split = json!({"records": [{"source": "crm", "subject": "2"}]});
    client.send("POST", &format!("/v1/customers/{}/split", ids[0]), &split).expect_status(200);
    follower.agree(&server);
    assert_eq!(follower.customers.len(), count);
    let before = follower.read;
    client.post("/v1/projections/rebuild").send().expect_status(200);
    client.accepted(&(600..610).map(registered).collect::<Vec<_>>());
    // Merged and taken back while nobody publishes: only what came of it is told.
    follower.agree(&server);
    assert!(follower.read >= before + count, "a new generation is published as a whole");
    server.terminate(PATIENCE);

    let quiet = place.serve();
    let mut client = quiet.client();
    client.caught_up();
    let merge = |client: &mut kulta_test_support::http::Client, with: &str| {
        let merged =
            client.send("POST", &format!("/v1/customers/{}/merge", ids[0]), &json!({"with": with, "override": true}));
        text(&merged.expect_status(200).json(), "decision_id").to_owned()
    };
    let undone = merge(&mut client, &ids[1]);
    merge(&mut client, &ids[2]);
    client.delete(&format!("/v1/decisions/{undone}")).send().expect_status(200);
    client.post("/v1/projections/rebuild").send().expect_status(200);
    quiet.terminate(PATIENCE);

    let server = out.program.serve();
    follower.agree(&server);
    // Projections that are made from nothing take nobody back.
    server.terminate(PATIENCE);
    place.execute("UPDATE generation SET state = 'retired'");
    let (read, tombstones) = (follower.read, follower.tombstones);
    let server = out.program.serve();
    follower.agree(&server);
    wait(&server, || {
        follower.read();
        if follower.read >= read + count - 1 { Ok(()) } else { Err(format!("{} more", follower.read - read)) }
    });
    assert_eq!(follower.tombstones, tombstones);
    // Whoever begins now ends with the same.
    Follower::of(&server, &out.topic).agree(&server);

    // Somebody is erased, as docs/privacy.md says.
    let erased = server.client().record("crm", "9");
    server.terminate(PATIENCE);
    let record = place.id(&erased);
    place.execute(&format!(
        "DELETE FROM sealed WHERE position IN (SELECT position FROM log WHERE record_id = {record});
         DELETE FROM record_key WHERE record_id = {record};"
    ));
    place.kulta(["rebuild"]).run().expect_code(0);
    let server = out.program.serve();
    wait(&server, || {
        follower.read();
        match follower.compacted[&erased].value {
            Some(_) => Err("it is there still".to_owned()),
            None => Ok(()),
        }
    });
    assert_eq!(follower.compacted[&erased].header("ce_type"), "kulta.customer.erased");
    assert!(!follower.customers.contains_key(&erased));
    assert_eq!(follower.tombstones, tombstones + 1, "nobody else is taken back");
    server.terminate(PATIENCE);
}

#[test]
fn customers_from_sqlite() {
    a_follower_ends_with_the_golden_records(&Place::sqlite());
}

#[test]
fn customers_from_postgresql() {
    a_follower_ends_with_the_golden_records(&Place::postgresql());
}
