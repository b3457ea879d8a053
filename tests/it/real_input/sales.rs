//! "CRM sales opportunities", all four files: win rates, teams, products and groups of companies against figures counted
//! from the files.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use kulta_test_support::data;
use kulta_test_support::http::Client;
use serde_json::{Value, json};

use super::{counts, import, mapping};
use crate::kit::{Asks, PATIENCE, Place};

const FOLDER: &str = "real/crm_sales_opportunities";

/// An opportunity, joined with its account and its seller.
struct Row {
    id: String,
    agent: String,
    manager: String,
    region: String,
    product: String,
    account: String,
    sector: String,
    /// The company at the top.
    parent: String,
    stage: String,
    engaged: String,
    closed: String,
    /// Such as `2017-Q1`.
    quarter: String,
    value: u64,
}

/// The lines of a file, as cells.
fn cells(file: &Path) -> Vec<Vec<String>> {
    data::read(file).lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// Year, month and day.
fn day(date: &str) -> Option<[u32; 3]> {
    let parts: Vec<u32> = date.split('/').filter_map(|part| part.parse().ok()).collect();
    let [month, day, year] = parts[..] else { return None };
    Some([year, month, day])
}

fn quarter(date: &str) -> String {
    day(date).map_or_else(String::new, |[year, month, _]| format!("{year}-Q{}", month.div_ceil(3)))
}

fn rows(files: &[PathBuf; 3]) -> Vec<Row> {
    let [pipeline, accounts, teams] = files;
    let accounts: HashMap<String, Vec<String>> =
        cells(accounts).into_iter().map(|line| (line[0].clone(), line)).collect();
    let teams: HashMap<String, Vec<String>> = cells(teams).into_iter().map(|line| (line[0].clone(), line)).collect();
    let row = |line: Vec<String>| {
        let [id, agent, product, account, stage, engaged, closed, value] = &line[..] else { panic!("{line:?}") };
        let (of, team) = (accounts.get(account), &teams[agent]);
        let parent = of.map(|of| if of[6].is_empty() { &of[0] } else { &of[6] });
        Row {
            id: id.clone(),
            agent: agent.clone(),
            manager: team[1].clone(),
            region: team[2].clone(),
            product: product.replace("GTXPro", "GTX Pro"),
            account: account.clone(),
            sector: of.map(|of| of[1].clone()).unwrap_or_default(),
            parent: parent.cloned().unwrap_or_default(),
            stage: stage.clone(),
            engaged: engaged.clone(),
            closed: closed.clone(),
            quarter: quarter(closed),
            value: value.parse().unwrap_or(0),
        }
    };
    cells(pipeline).into_iter().map(row).collect()
}

/// Count and sum of what is won, by something.
fn won<'r>(rows: &'r [Row], by: impl Fn(&'r Row) -> &'r str) -> BTreeMap<&'r str, (u64, u64)> {
    let mut found: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.stage == "Won") {
        let (count, sum) = found.entry(by(row)).or_default();
        *count += 1;
        *sum += row.value;
    }
    found
}

/// A report over offers that are won, by something.
fn report(client: &mut Client, by: &Value, more: Value) -> Value {
    let mut conditions = vec![json!({"field": "status", "is": "won"})];
    conditions.extend(more.as_array().cloned().unwrap_or_default());
    let definition = json!({"over": "offers", "measures": ["count", {"sum": "amount"}], "by": by, "where": conditions,
        "time_zone": "UTC"});
    client.send("POST", "/v1/reports/run", &json!({"definition": definition})).expect_status(200).json()
}

/// The rows that are expected of a report.
fn expected(found: &BTreeMap<&str, (u64, u64)>) -> Value {
    found.iter().map(|(by, (count, sum))| json!([by, "USD", count, sum.to_string()])).collect()
}

fn reports_are_those_of_the_files(place: &Place) {
    let file = |name: &str| data::shared(&format!("{FOLDER}/{name}.csv.gz"));
    let Some(files) = ["sales_pipeline", "accounts", "sales_teams"].map(file).into_iter().collect::<Option<Vec<_>>>()
    else {
        return;
    };
    let files: [PathBuf; 3] = files.try_into().unwrap();
    let rows = rows(&files);
    // What no mapping does: two files joined into one.
    let joined = place.directory().join("joined.csv");
    let lines = rows.iter().map(|row| format!("{},{},{},{}\n", row.id, row.account, row.engaged, row.manager));
    let text: String =
        std::iter::once("opportunity_id,account,engage_date,manager\n".to_owned()).chain(lines).collect();
    std::fs::write(&joined, text).unwrap();

    let (companies, subsidiaries) = (85, 15);
    let imported = import(place, &files[1], &mapping("crm-accounts.toml"));
    assert_eq!(imported.last_line(), counts(2 * companies + subsidiaries, 0, 0, 0));
    import(place, &files[0], &mapping("crm-opportunities.toml"));
    let imported = import(place, &joined, &mapping("crm-teams.toml"));
    assert_eq!(imported.last_line(), counts(8_300, 0, 0, 500));
    let server = place.serve();
    let mut client = server.client();
    client.caught_up();

    win_rates_and_quarters(&mut client, &rows);
    teams_and_products(&mut client, &rows);
    what_was_open(&mut client, &rows);
    groups_of_companies(&mut client, &rows);
    server.terminate(PATIENCE);
}

fn win_rates_and_quarters(client: &mut Client, rows: &[Row]) {
    let mut of_agent: BTreeMap<&str, (u64, u64, u64)> = BTreeMap::new();
    for row in rows {
        let (won, lost, sum) = of_agent.entry(&row.agent).or_default();
        match &*row.stage {
            "Won" => (*won, *sum) = (*won + 1, *sum + row.value),
            "Lost" => *lost += 1,
            _ => {}
        }
    }
    assert_eq!(of_agent.len(), 30);
    let wins = client.read("/v1/wins?by=owner");
    let found = wins["items"].as_array().unwrap();
    assert_eq!(found.len(), of_agent.len());
    for (row, (agent, (won, lost, sum))) in found.iter().zip(of_agent) {
        assert_eq!((&row["by"]["owner"], &row["won"], &row["lost"]), (&json!(agent), &json!(won), &json!(lost)));
        assert_eq!(row["won_sums"][0]["amount"], sum.to_string(), "{agent}");
        let rate: f64 = row["win_rate"].as_str().unwrap().parse().unwrap();
        let expected = won as f64 / (won + lost) as f64;
        assert!((rate - expected).abs() < 0.000_001, "{agent}: {rate} and not {expected}");
    }
    let quarters = won(rows, |row| &row.quarter);
    let wins = client.read("/v1/wins?by=quarter&time_zone=UTC");
    let found: Value = wins["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| json!([row["by"]["quarter"], "USD", row["won"], row["won_sums"][0]["amount"]]))
        .collect();
    assert_eq!(found, expected(&quarters));
    let report = report(client, &json!([{"quarter": "closed_at"}]), json!([]));
    assert_eq!(report["rows"], expected(&quarters));
    assert_eq!(report["totals"], json!([[null, "USD", 4_238, "10005534"]]));
    assert_eq!(report["left_out"], json!({}));
}

fn teams_and_products(client: &mut Client, rows: &[Row]) {
    let managers = won(rows, |row| &row.manager);
    assert_eq!(managers.len(), 6);
    assert_eq!(report(client, &json!(["team"]), json!([]))["rows"], expected(&managers));
    for (region, (count, sum)) in won(rows, |row| &row.region) {
        let of_region = rows.iter().filter(|row| row.region == region);
        let teams: std::collections::BTreeSet<&str> = of_region.map(|row| &*row.manager).collect();
        let found = report(client, &json!([]), json!([{"field": "team", "is": teams}]));
        assert_eq!(found["rows"], json!([["USD", count, sum.to_string()]]), "{region}");
    }
    let products = won(rows, |row| &row.product);
    assert!(products.contains_key("GTX Pro") && products.len() == 7, "{products:?}");
    assert_eq!(report(client, &json!(["product"]), json!([]))["rows"], expected(&products));
    let series = won(rows, |row| row.product.split(' ').next().unwrap());
    assert_eq!(report(client, &json!(["product_group"]), json!([]))["rows"], expected(&series));
}

/// What a board as of then shows, by seller.
fn what_was_open(client: &mut Client, rows: &[Row]) {
    let as_of = [2017, 3, 31];
    let mut open: BTreeMap<&str, u64> = BTreeMap::new();
    let begun = rows.iter().filter(|row| day(&row.engaged).is_some_and(|day| day < as_of));
    for row in begun.filter(|row| day(&row.closed).is_none_or(|day| day >= as_of)) {
        *open.entry(&row.agent).or_default() += 1;
    }
    let definition = json!({"over": "offers", "measure": "count", "by": ["owner"],
        "where": [{"field": "status", "is": "open"}]});
    let target = "/v1/reports/run?as_of=2017-03-31T00:00:00Z";
    let report = client.send("POST", target, &json!({"definition": definition})).expect_status(200).json();
    assert_eq!(report["rows"], open.iter().map(|(agent, count)| json!([agent, count])).collect::<Value>());
}

fn groups_of_companies(client: &mut Client, rows: &[Row]) {
    let companies = won(rows, |row| &row.account);
    assert_eq!(companies.len(), 85);
    assert_eq!(report(client, &json!(["customer_name"]), json!([]))["rows"], expected(&companies));
    let groups = won(rows, |row| &row.parent);
    assert_eq!(groups.len(), 85 - 15);
    let found = report(client, &json!(["parent_name"]), json!([]));
    assert_eq!(found["rows"], expected(&groups));
    let sectors = won(rows, |row| &row.sector);
    assert_eq!(report(client, &json!(["customer.sector"]), json!([]))["rows"], expected(&sectors));
}

#[test]
fn sales_on_sqlite() {
    reports_are_those_of_the_files(&Place::sqlite());
}

#[test]
fn sales_on_postgresql() {
    reports_are_those_of_the_files(&Place::postgresql());
}
