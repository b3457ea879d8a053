//! The Senzing truth set end to end: 159 records of three sources, about 85 persons and companies, from the file and live
//! in another order.

use std::collections::{BTreeMap, BTreeSet};

use kulta_test_support::data;
use kulta_test_support::http::Client;
use serde_json::{Value, json};

use super::{counts, import, import_again_changes_nothing, mapping};
use crate::kit::{Asks, PATIENCE, Place, pages, text};

const RECORDS: usize = 159;
/// The columns with names.
const NAMES: [&str; 5] =
    ["primary_name_full", "primary_name_org", "primary_name_last", "primary_name_first", "native_name_full"];

type Row = BTreeMap<String, String>;
/// A customer by its records, as `source:subject`.
type Members = BTreeSet<String>;

fn three_sources_become_golden_records(place: &Place) {
    let Some(file) = data::shared("er/senzing_truthset.csv") else { return };
    let map = mapping("senzing.toml");
    let twin = twin(place);
    assert_eq!(import(place, &file, &map).last_line(), counts(RECORDS, 0, 0, 0));

    let mut rows = csv::Reader::from_reader(data::open(&file));
    let records: Vec<Row> = rows.deserialize().map(Result::unwrap).collect();
    assert_eq!(records.len(), RECORDS);
    let server = place.serve();
    let mut client = server.client();
    client.caught_up();
    for row in &records {
        every_value_is_in_the_golden_record(&mut client, row);
    }
    let found = customers(&mut client);
    let truth: BTreeMap<String, &str> = records.iter().map(|row| (name_of(row), row["cluster_id"].as_str())).collect();
    let f1 = pair_f1(found.keys(), &truth);
    assert!(f1 >= 0.85, "pair F1 {f1}");

    let told = pages(&mut client, "/v1/events?type=customer.registered");
    server.terminate(PATIENCE);
    if let Some(twin) = twin {
        live_in_another_order_is_the_same(&twin, told, &found);
    }

    // The crosswalk, in the words of the documented views.
    let (crosswalk, views) =
        if place.is_sqlite() { ("kulta_crosswalk", "kulta_customers") } else { ("kulta.crosswalk", "kulta.customers") };
    let sources = format!("SELECT source || ' ' || count(*) FROM {crosswalk} GROUP BY source ORDER BY source");
    assert_eq!(place.texts_live(&sources), ["CUSTOMERS 120", "REFERENCE 22", "WATCHLIST 17"]);
    let joined = format!(
        "SELECT CAST(count(DISTINCT c.customer_id) AS TEXT) FROM {crosswalk} AS w \
         JOIN {views} AS c ON c.customer_id = w.customer_id WHERE w.subject IS NOT NULL"
    );
    assert_eq!(place.texts_live(&joined), [found.len().to_string()]);
    import_again_changes_nothing(place, &file, &map, [RECORDS, 0, 0]);
}

fn name_of(row: &Row) -> String {
    format!("{}:{}", row["data_source"], row["record_id"])
}

fn every_value_is_in_the_golden_record(client: &mut Client, row: &Row) {
    let record = client.read(&format!("/v1/records/{}/{}", row["data_source"], row["record_id"]));
    let customer = client.read(&format!("/v1/customers/{}", text(&record, "customer_id")));
    let who = format!("{}:{} {customer}", row["data_source"], row["record_id"]);
    let kind = if row["record_type"] == "ORGANIZATION" { "organisation" } else { "person" };
    assert_eq!(customer["kind"], kind, "{who}");
    for (field, column) in [("email", "email_address"), ("phone", "phone_number"), ("family_name", "primary_name_last")]
    {
        let known = &customer["fields"][field];
        let same =
            |value: &Value| value["value"].as_str().is_some_and(|value| value.eq_ignore_ascii_case(&row[column]));
        let others = known["others"].as_array().map(Vec::as_slice).unwrap_or_default();
        // What is written otherwise and means the same is kept once.
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let means = |value: &Value| {
            field == "phone" && value["value"].as_str().is_some_and(|value| digits(value) == digits(&row[column]))
        };
        let there = std::iter::once(known).chain(others).any(|value| same(value) || means(value));
        assert!(row[column].is_empty() || there, "{field} of {who}");
    }
    // One watch-list entry has no name in any column.
    let named = NAMES.iter().any(|column| !row[*column].is_empty());
    assert!(!named || customer["name"].as_str().is_some_and(|name| !name.is_empty()), "{who}");
}

/// Every customer, by its records, with the values of its fields.
fn customers(client: &mut Client) -> BTreeMap<Members, BTreeMap<String, Value>> {
    let page = client.read("/v1/changes?limit=1000");
    let customer = |item: &Value| {
        let golden = client.read(&format!("/v1/customers/{}", text(item, "customer_id")));
        let record = |record: &Value| format!("{}:{}", text(record, "source"), text(record, "subject"));
        let members = golden["records"].as_array().unwrap().iter().map(record).collect();
        let fields = golden["fields"].as_object().unwrap().iter();
        (members, fields.map(|(name, field)| (name.clone(), field["value"].clone())).collect())
    };
    page["items"].as_array().unwrap().iter().map(customer).collect()
}

/// F1 over all pairs of records.
fn pair_f1<'a>(found: impl Iterator<Item = &'a Members>, truth: &BTreeMap<String, &str>) -> f64 {
    let pairs = |count: usize| (count * count.saturating_sub(1) / 2) as f64;
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    truth.values().for_each(|cluster| *sizes.entry(cluster).or_default() += 1);
    let (mut said, mut right) = (0.0, 0.0);
    for members in found {
        said += pairs(members.len());
        let mut of: BTreeMap<&str, usize> = BTreeMap::new();
        members.iter().for_each(|member| *of.entry(truth[member]).or_default() += 1);
        right += of.values().map(|count| pairs(*count)).sum::<f64>();
    }
    let meant: f64 = sizes.values().map(|count| pairs(*count)).sum();
    2.0 * right / (said + meant)
}

/// Another place whose log has the same secret, so that records have the same ids, by which ties break. On SQLite a copy
/// of the new files is one.
fn twin(place: &Place) -> Option<Place> {
    if !place.is_sqlite() {
        return None;
    }
    place.serve().terminate(PATIENCE);
    let twin = Place::sqlite();
    for entry in std::fs::read_dir(place.directory()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), twin.directory().join(entry.file_name())).unwrap();
        }
    }
    Some(twin)
}

/// The same events one by one, in an order that has nothing to do with theirs, end in the same customers.
fn live_in_another_order_is_the_same(
    place: &Place,
    mut told: Vec<Value>,
    found: &BTreeMap<Members, BTreeMap<String, Value>>,
) {
    let server = place.serve();
    let mut client = server.client();
    told.sort_by_key(|event| text(event, "id").bytes().rev().map(|byte| byte.wrapping_mul(151)).collect::<Vec<_>>());
    for event in &told {
        let member = |name: &str| event[name].clone();
        let again = json!({"specversion": "1.0", "id": member("id"), "source": member("source"), "type": member("type"),
            "subject": member("subject"), "time": member("time"), "data": member("data")});
        client.accepted(&[again]);
    }
    client.caught_up();
    assert_eq!(&customers(&mut client), found);
    server.terminate(PATIENCE);
}

#[test]
fn the_senzing_truth_set_on_sqlite() {
    three_sources_become_golden_records(&Place::sqlite());
}

#[test]
fn the_senzing_truth_set_on_postgresql() {
    three_sources_become_golden_records(&Place::postgresql());
}
