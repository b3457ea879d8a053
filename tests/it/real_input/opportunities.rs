//! "CRM sales opportunities": from the file to boards as of any date, against figures counted from the file.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{import, mapping};
use crate::kit::{Asks, PATIENCE, Place, pages, text};
use kulta_test_support::data;

const FILE: &str = "real/crm_sales_opportunities/sales_pipeline.csv.gz";

/// An opportunity, as the file has it; dates as `YYYYMMDD`.
struct Row {
    agent: String,
    stage: String,
    engaged: Option<u32>,
    closed: Option<u32>,
    value: u64,
}

fn day(text: &str) -> Option<u32> {
    let parts: Vec<u32> = text.split('/').filter_map(|part| part.parse().ok()).collect();
    let [month, day, year] = parts[..] else { return None };
    Some(year * 10_000 + month * 100 + day)
}

fn rows(file: &std::path::Path) -> Vec<Row> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let [_, agent, _, _, stage, engaged, closed, value] = cells[..] else { panic!("{line}") };
        let (engaged, closed) = (day(engaged), day(closed));
        Row { agent: agent.to_owned(), stage: stage.to_owned(), engaged, closed, value: value.parse().unwrap_or(0) }
    };
    data::read(file).lines().skip(1).map(row).collect()
}

/// How many are open as of the beginning of a day, by agent.
fn open(rows: &[Row], as_of: u32) -> BTreeMap<&str, u64> {
    let mut open = BTreeMap::new();
    let begun = rows.iter().filter(|row| row.engaged.is_some_and(|day| day < as_of));
    for row in begun.filter(|row| row.closed.is_none_or(|day| day >= as_of)) {
        *open.entry(&*row.agent).or_default() += 1;
    }
    open
}

fn boards_and_decisions_are_those_of_the_file(place: &Place) {
    let Some(file) = data::shared(FILE) else { return };
    let rows = rows(&file);
    let prospects = rows.iter().filter(|row| row.engaged.is_none()).count();
    let decided = rows.iter().filter(|row| row.closed.is_some()).count();
    let accepted = rows.len() - prospects + decided;
    let imported = import(place, &file, &mapping("crm-opportunities.toml"));
    assert_eq!(imported.last_line(), super::counts(accepted, 0, 0, prospects));
    let server = place.serve();
    let mut client = server.client();
    client.caught_up();
    let stages = json!([{"stage": "prospecting", "probability": 10}, {"stage": "engaging", "probability": 40,
        "stale_after_days": 90}]);
    let defined = json!({"name": "Projects", "for": "offers", "default": true, "stages": stages});
    client.send("PUT", "/v1/pipelines/projects", &defined).expect_status(200);

    let won = pages(&mut client, "/v1/offers?status=won&limit=1000");
    let sum: u64 = won.iter().map(|offer| text(offer, "amount").parse::<u64>().unwrap()).sum();
    let expected: u64 = rows.iter().filter(|row| row.stage == "Won").map(|row| row.value).sum();
    assert_eq!((won.len(), sum), (4_238, 10_005_534));
    assert_eq!(sum, expected);
    let mut of_agent: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.closed.is_some()) {
        let counts = of_agent.entry(&row.agent).or_default();
        *(if row.stage == "Won" { &mut counts.0 } else { &mut counts.1 }) += 1;
    }
    for (agent, (won, lost)) in of_agent {
        let mut count = |status: &str| {
            let target = format!("/v1/offers?status={status}&owner={}&limit=1000", crate::kit::encoded(agent));
            pages(&mut client, &target).len() as u64
        };
        assert_eq!((count("won"), count("lost")), (won, lost), "{agent}");
    }

    for (as_of, time) in [(20_170_331, "2017-03-31T00:00:00Z"), (20_171_001, "2017-10-01T00:00:00Z")] {
        let expected = open(&rows, as_of);
        let board = client.read(&format!("/v1/pipelines/projects/board?as_of={time}&limit=1"));
        // Nobody had defined it then: the stages are those that facts name.
        assert_eq!(board["count"], expected.values().sum::<u64>(), "{time}");
        let some: Vec<_> = expected.iter().take(3).collect();
        for (agent, count) in some {
            let target =
                format!("/v1/pipelines/projects/board?as_of={time}&limit=1&owner={}", crate::kit::encoded(agent));
            assert_eq!(client.read(&target)["count"], *count, "{agent} {time}");
        }
    }
    let board = client.read("/v1/pipelines/projects/board?limit=2");
    let engaging = &board["columns"][1];
    assert_eq!((&engaging["stage"], &engaging["defined"]), (&json!("engaging"), &json!(true)), "{board}");
    let engaged = rows.iter().filter(|row| row.stage == "Engaging").count() as u64;
    // All of them stand there since 2017.
    assert_eq!([&engaging["count"], &engaging["stale"], &board["count"]], [engaged; 3].map(|n| json!(n)).each_ref());
    let offers: &Vec<Value> = engaging["offers"].as_array().unwrap();
    assert_eq!(offers.len(), 2);
    assert!(offers[0]["days_in_stage"].as_i64() >= offers[1]["days_in_stage"].as_i64());
    server.terminate(PATIENCE);
}

#[test]
fn opportunities_on_sqlite() {
    boards_and_decisions_are_those_of_the_file(&Place::sqlite());
}

#[test]
fn opportunities_on_postgresql() {
    boards_and_decisions_are_those_of_the_file(&Place::postgresql());
}
