//! The Senzing truth set: 159 records of three sources. Nobody has said yet which are one person, so each is a customer.

use std::collections::BTreeMap;

use kulta_test_support::data;
use serde_json::Value;

use super::{counts, import, import_again_changes_nothing, mapping};
use crate::kit::{Asks, PATIENCE, Place, text};

const RECORDS: usize = 159;
/// The columns with names.
const NAMES: [&str; 5] =
    ["primary_name_full", "primary_name_org", "primary_name_last", "primary_name_first", "native_name_full"];

fn three_sources_become_golden_records(place: &Place) {
    let Some(file) = data::shared("er/senzing_truthset.csv") else { return };
    let map = mapping("senzing.toml");
    assert_eq!(import(place, &file, &map).last_line(), counts(RECORDS, 0, 0, 0));

    let mut rows = csv::Reader::from_reader(data::open(&file));
    let records: Vec<BTreeMap<String, String>> = rows.deserialize().map(Result::unwrap).collect();
    assert_eq!(records.len(), RECORDS);
    let server = place.serve();
    let mut client = server.client();
    client.caught_up();
    for row in &records {
        let customer = client.customer(&row["data_source"], &row["record_id"]);
        let field = |name: &str| customer["fields"][name]["value"].as_str().unwrap_or_default().to_owned();
        let who = format!("{}:{} {customer}", row["data_source"], row["record_id"]);
        let kind = if row["record_type"] == "ORGANIZATION" { "organisation" } else { "person" };
        assert_eq!(customer["kind"], kind, "{who}");
        assert_eq!(field("email"), row["email_address"], "{who}");
        assert_eq!(field("phone"), row["phone_number"], "{who}");
        assert_eq!(field("family_name"), row["primary_name_last"], "{who}");
        // One watch-list entry has no name in any column.
        let named = NAMES.iter().any(|column| !row[*column].is_empty());
        assert_eq!(customer["name"].as_str().is_some_and(|name| !name.is_empty()), named, "{who}");
        let of: Vec<_> = customer["records"].as_array().unwrap().iter().map(|record| text(record, "subject")).collect();
        assert_eq!(of, [&row["record_id"]], "{who}");
    }
    assert_eq!(ids(&client.read("/v1/changes?limit=1000")).len(), RECORDS);
    server.terminate(PATIENCE);

    // The crosswalk, in the words of the documented views.
    let (crosswalk, customers) =
        if place.is_sqlite() { ("kulta_crosswalk", "kulta_customers") } else { ("kulta.crosswalk", "kulta.customers") };
    let sources = format!("SELECT source || ' ' || count(*) FROM {crosswalk} GROUP BY source ORDER BY source");
    assert_eq!(place.texts_live(&sources), ["CUSTOMERS 120", "REFERENCE 22", "WATCHLIST 17"]);
    let joined = format!(
        "SELECT CAST(count(DISTINCT w.record_id) AS TEXT) FROM {crosswalk} AS w \
         JOIN {customers} AS c ON c.customer_id = w.customer_id WHERE c.records = 1 AND w.subject IS NOT NULL"
    );
    assert_eq!(place.texts_live(&joined), [RECORDS.to_string()]);
    import_again_changes_nothing(place, &file, &map, [RECORDS, 0, 0]);
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| text(item, "customer_id")).collect()
}

#[test]
fn the_senzing_truth_set_on_sqlite() {
    three_sources_become_golden_records(&Place::sqlite());
}

#[test]
fn the_senzing_truth_set_on_postgresql() {
    three_sources_become_golden_records(&Place::postgresql());
}
