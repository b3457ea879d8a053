//! CDNOW: 69,659 purchases of 23,570 customers of a CD shop. 255 rows are equal to another one and are purchases all the
//! same.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use kulta_test_support::data;
use kulta_test_support::http::Client;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{counts, import, import_again_changes_nothing, mapping};
use crate::kit::{Asks, Place, encoded, pages, text};

const ROWS: usize = 69_659;
const CUSTOMERS: usize = 23_570;
const SUM: &str = "2500315.63";
/// Threads that read, each with a connection of its own.
const READERS: usize = 4;

/// A purchase: day, quantity, value. Decimals are equal by value.
type Purchase = (String, Decimal, Decimal);

/// Purchases by customer as the file has them.
fn purchases(file: &Path) -> BTreeMap<String, Vec<Purchase>> {
    let mut purchases: BTreeMap<String, Vec<Purchase>> = BTreeMap::new();
    for row in csv::Reader::from_reader(data::open(file)).into_deserialize() {
        let (customer, date, quantity, value): (String, String, String, String) = row.unwrap();
        let decimal = |text: String| Decimal::from_str_exact(&text).unwrap();
        purchases.entry(customer).or_default().push((date, decimal(quantity), decimal(value)));
    }
    purchases.values_mut().for_each(|of| of.sort());
    purchases
}

fn decimal(value: &Value) -> Decimal {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Decimal::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The purchases of a customer's timeline.
fn timeline(client: &mut Client, customer: &str) -> Vec<Purchase> {
    let record = client.read(&format!("/v1/records/cdnow/{}", encoded(customer)));
    let entries = pages(client, &format!("/v1/customers/{}/timeline?limit=1000", text(&record, "customer_id")));
    let purchase = |entry: &Value| {
        assert_eq!((text(entry, "type"), text(entry, "subject")), ("purchase.made", customer));
        let (data, time) = (&entry["data"], text(entry, "time"));
        assert_eq!(data["currency"], "USD");
        let day = time.strip_suffix("T00:00:00Z").unwrap_or_else(|| panic!("{time} is no beginning of a day"));
        (day.to_owned(), decimal(&data["quantity"]), decimal(&data["amount"]))
    };
    let mut found: Vec<_> = entries.iter().map(purchase).collect();
    found.sort();
    found
}

/// Reads the timelines of these customers by several clients and compares each with the file. Gives entries and sum.
fn compare(open: impl Fn() -> Client + Sync, wanted: &[(&String, &Vec<Purchase>)]) -> (usize, Decimal) {
    let read = |part: &[(&String, &Vec<Purchase>)]| {
        let mut client = open();
        let mut total = (0, Decimal::ZERO);
        for (customer, purchases) in part {
            let found = timeline(&mut client, customer);
            assert_eq!(&found, *purchases, "customer {customer}");
            total.0 += found.len();
            total.1 += found.iter().map(|(.., value)| value).sum::<Decimal>();
        }
        total
    };
    let parts = wanted.chunks(wanted.len().div_ceil(READERS));
    std::thread::scope(|scope| {
        let readers: Vec<_> = parts.map(|part| scope.spawn(|| read(part))).collect();
        readers.into_iter().map(|reader| reader.join().unwrap()).fold((0, Decimal::ZERO), |a, b| (a.0 + b.0, a.1 + b.1))
    })
}

/// Reports over all purchases, which are read in many pages, against the file.
fn counted(client: &mut Client, wanted: &BTreeMap<String, Vec<Purchase>>) {
    let mut run = |definition: Value| {
        let report = client.send("POST", "/v1/reports/run", &json!({"definition": definition}));
        report.expect_status(200).json()
    };
    let mut months: BTreeMap<&str, [Decimal; 3]> = BTreeMap::new();
    for (day, quantity, value) in wanted.values().flatten() {
        let month = months.entry(&day[..7]).or_default();
        *month = [month[0] + Decimal::ONE, month[1] + quantity, month[2] + value];
    }
    let report = run(json!({"over": "purchases", "measures": ["count", {"sum": "quantity"}, {"sum": "amount"}],
        "by": [{"month": "at"}], "time_zone": "UTC"}));
    let row = |(month, [count, quantity, value]): (&&str, &[Decimal; 3])| {
        let text = |number: &Decimal| number.normalize().to_string();
        json!([month, "USD", count.to_string().parse::<u64>().unwrap(), text(quantity), text(value)])
    };
    assert_eq!(report["rows"], months.iter().map(row).collect::<Value>());
    assert_eq!((&report["totals"][0][2], &report["totals"][0][4]), (&json!(ROWS), &json!(SUM)));

    let mut sums: Vec<Decimal> = wanted.values().map(|of| of.iter().map(|(.., value)| value).sum()).collect();
    sums.sort_by(|a, b| b.cmp(a));
    let report = run(json!({"over": "purchases", "measure": {"sum": "amount"}, "by": ["customer"],
        "sort": {"by": "sum_amount", "order": "descending"}, "limit": 100}));
    assert_eq!(report["groups"], CUSTOMERS);
    let found: Vec<Decimal> = report["rows"].as_array().unwrap().iter().map(|row| decimal(&row[2])).collect();
    assert_eq!(found, sums[..100]);
}

#[test]
fn cdnow_on_sqlite() {
    let Some(file) = data::shared("real/cdnow_master.csv.gz") else { return };
    let (place, map) = (Place::sqlite(), mapping("cdnow.toml"));
    assert_eq!(import(&place, &file, &map).last_line(), counts(ROWS, 0, 0, 0));

    let wanted = purchases(&file);
    let repeated = |of: &&Vec<Purchase>| of.windows(2).filter(|pair| pair[0] == pair[1]).count();
    assert_eq!(wanted.values().map(|of| repeated(&of)).sum::<usize>(), 255, "rows that equal another one");
    let server = place.serve();
    server.client().caught_up();
    let all: Vec<_> = wanted.iter().collect();
    assert_eq!(all.len(), CUSTOMERS);
    counted(&mut server.client(), &wanted);
    assert_eq!(compare(|| server.client(), &all), (ROWS, Decimal::from_str(SUM).unwrap()));
    server.terminate(crate::kit::PATIENCE);

    import_again_changes_nothing(&place, &file, &map, [ROWS, 0, 0]);
}

#[test]
fn cdnow_on_postgresql() {
    let Some(file) = data::shared("real/cdnow_master.csv.gz") else { return };
    let (place, map) = (Place::postgresql(), mapping("cdnow.toml"));
    assert_eq!(import(&place, &file, &map).last_line(), counts(ROWS, 0, 0, 0));
    let rebuilt = place.kulta(["rebuild"]).run().expect_code(0);
    assert!(rebuilt.last_line().ends_with(&format!(" customers={CUSTOMERS}")), "{rebuilt:?}");
    import_again_changes_nothing(&place, &file, &map, [ROWS, 0, 0]);

    let summed = "SELECT concat_ws(' ', count(*), count(DISTINCT customer_id), count(DISTINCT record_id), \
                  sum((facts ->> 'amount')::numeric), string_agg(DISTINCT facts ->> 'currency', ',')) \
                  FROM kulta.timeline WHERE type = 'purchase.made' AND source = 'cdnow'";
    assert_eq!(place.texts(summed), [format!("{ROWS} {CUSTOMERS} {CUSTOMERS} {SUM} USD")]);

    let wanted = purchases(&file);
    let repeats = |of: &Vec<Purchase>| of.windows(2).any(|pair| pair[0] == pair[1]);
    let sample = wanted.iter().enumerate().filter(|(nth, (_, of))| nth % 100 == 0 || repeats(of));
    let sample: Vec<_> = sample.map(|(_, of)| of).collect();
    let server = place.serve();
    server.client().caught_up();
    let entries: usize = sample.iter().map(|(_, of)| of.len()).sum();
    counted(&mut server.client(), &wanted);
    assert_eq!(compare(|| server.client(), &sample).0, entries);
}
