//! The mappings of docs/examples over the real files, where those are there.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;

use rust_decimal::Decimal;
use serde_json::json;

use super::super::{MappedEvent, Mapping};

const CDNOW: &str = include_str!("../../../../docs/examples/cdnow.toml");
const ONLINE_RETAIL: &str = include_str!("../../../../docs/examples/online_retail.toml");
const SENZING: &str = include_str!("../../../../docs/examples/senzing.toml");

/// A file of the shared data, which is not part of the repository; without it a word on standard error.
fn shared(path: &str) -> Option<Vec<u8>> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let file = std::env::var_os("KULTA_SHARED_DATA").map_or(beside, PathBuf::from).join(path);
    let Ok(bytes) = std::fs::read(&file) else {
        eprintln!("not tested: {path} is not there (KULTA_SHARED_DATA names the folder)");
        return None;
    };
    if !path.ends_with(".gz") {
        return Some(bytes);
    }
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(&*bytes).read_to_end(&mut plain).unwrap();
    Some(plain)
}

#[derive(Default)]
struct Account {
    events: Vec<MappedEvent>,
    rejects: BTreeMap<String, usize>,
}

/// Everything that a mapping makes of a file.
fn account(mapping: &str, csv: &[u8]) -> Account {
    let mut account = Account::default();
    for row in Mapping::parse(mapping).unwrap().rows(csv).unwrap() {
        for event in row.unwrap().events {
            match event {
                Ok(event) => account.events.push(event),
                Err(reject) => *account.rejects.entry(reject.reason.to_string()).or_default() += 1,
            }
        }
    }
    account
}

impl Account {
    fn of(&self, event_type: &str) -> impl Iterator<Item = &MappedEvent> {
        self.events.iter().filter(move |event| &*event.event_type == event_type)
    }

    /// How many events of a type there are, and their sum.
    fn total(&self, event_type: &str) -> (usize, Decimal) {
        let amount = |event: &MappedEvent| Decimal::from_str_exact(event.data["amount"].as_str().unwrap()).unwrap();
        let amounts: Vec<_> = self.of(event_type).map(amount).collect();
        assert!(amounts.iter().all(|amount| !amount.is_sign_negative()), "an amount below zero");
        (amounts.len(), amounts.iter().sum())
    }

    /// How many ids there are; less than events when there are duplicates or conflicts.
    fn ids(&self) -> usize {
        self.events.iter().map(|event| (&event.source, &event.id)).collect::<BTreeSet<_>>().len()
    }
}

#[test]
fn cdnow_rows_that_are_alike_are_purchases_all_the_same() {
    let file = b"customer_id,date,quantity,value_usd\n00001,1997-01-01,1,11.77\n00002,1997-01-12,5,77.00\n00002,1997-01-12,5,77.00\n";
    let account = account(CDNOW, file);
    assert_eq!(account.ids(), 3);
    assert_eq!(
        account.events[2].clone().into_cloudevent(),
        json!({
            "specversion": "1.0", "id": "00002/1997-01-12/5/77.00/2", "source": "cdnow", "type": "purchase.made",
            "subject": "00002", "time": "1997-01-12T00:00:00Z",
            "data": {"amount": "77.00", "currency": "USD", "quantity": "5"}
        })
    );
}

#[test]
fn cdnow_adds_up() {
    let Some(file) = shared("real/cdnow_master.csv.gz") else { return };
    let account = account(CDNOW, &file);
    assert_eq!(account.total("purchase.made"), (69_659, Decimal::from_str_exact("2500315.63").unwrap()));
    assert_eq!(account.ids(), 69_659);
    assert_eq!(account.rejects, BTreeMap::new());
    assert_eq!(account.events.iter().filter(|event| !event.id.ends_with("/1")).count(), 255);
    let subjects: BTreeSet<_> = account.events.iter().map(|event| &event.subject).collect();
    assert_eq!(subjects.len(), 23_570);
}

#[test]
fn online_retail_lines_become_purchases_returns_or_rejects() {
    let file = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
        569901,23256,CUTLERY ,2,2011-10-06 16:20:00,4.15,12923.0,United Kingdom\n\
        C569901,23256,CUTLERY ,-2,2011-10-07 16:20:00,4.15,12923.0,United Kingdom\n\
        572692,21071,check,-82,2011-10-25 14:16:00,0.0,,United Kingdom\n\
        572693,21071,,82,2011-10-25 14:16:00,1.0,,United Kingdom\n";
    let account = account(ONLINE_RETAIL, file.as_bytes());
    let events: Vec<_> = account.events.iter().cloned().map(MappedEvent::into_cloudevent).collect();
    assert_eq!(
        events,
        [
            json!({
                "specversion": "1.0", "id": "569901/23256/2/4.15/1", "source": "online-retail", "type": "purchase.made",
                "subject": "12923", "time": "2011-10-06T15:20:00Z",
                "data": {"amount": "8.30", "currency": "GBP", "order": "569901", "product": "23256", "quantity": "2",
                         "market": "United Kingdom"}
            }),
            json!({
                "specversion": "1.0", "id": "C569901/23256/-2/4.15/1", "source": "online-retail",
                "type": "purchase.returned", "subject": "12923", "time": "2011-10-07T15:20:00Z",
                "data": {"amount": "8.30", "currency": "GBP", "order": "C569901", "product": "23256",
                         "attributes": {"quantity": 2, "market": "United Kingdom"}}
            })
        ]
    );
    assert_eq!(account.rejects.into_keys().collect::<Vec<_>>(), NO_EVENT_AND_NO_CUSTOMER);
}

const NO_EVENT_AND_NO_CUSTOMER: [&str; 2] =
    ["no event of the mapping applies", "subject is empty: column `CustomerID` is empty"];

#[test]
fn every_line_of_the_online_retail_sample_is_accounted_for() {
    let Some(file) = shared("real/online_retail_sample30k.csv.gz") else { return };
    let sample = account(ONLINE_RETAIL, &file);
    assert_eq!(sample.total("purchase.made"), (27_384, Decimal::from_str_exact("575535.77").unwrap()));
    assert_eq!(sample.total("purchase.returned"), (616, Decimal::from_str_exact("19596.67").unwrap()));
    assert_eq!(sample.ids(), 28_000, "no duplicate, no conflict");
    assert_eq!(sample.events.iter().filter(|event| event.id.ends_with("/2")).count(), 25);
    let rejects = NO_EVENT_AND_NO_CUSTOMER.map(str::to_owned).into_iter().zip([13, 1_987]).collect();
    assert_eq!(sample.rejects, rejects);
    assert!(sample.events.iter().all(|event| event.subject.bytes().all(|byte| byte.is_ascii_digit())));
    let again = account(ONLINE_RETAIL, &file);
    assert!(sample.events == again.events, "a second import makes other events");
    // Without {nth} the 25 would be the same facts again.
    let without = account(&ONLINE_RETAIL.replace("/{nth}", ""), &file);
    assert_eq!(without.ids(), 28_000 - 25);
}

#[test]
fn senzing_records_are_those_of_three_sources() {
    let Some(file) = shared("er/senzing_truthset.csv") else { return };
    let account = account(SENZING, &file);
    assert_eq!(account.rejects, BTreeMap::new());
    assert_eq!((account.of("customer.registered").count(), account.ids()), (159, 159));
    let mut sources = BTreeMap::new();
    for event in &account.events {
        *sources.entry(event.source.as_str()).or_insert(0) += 1;
    }
    assert_eq!(sources, [("CUSTOMERS", 120), ("REFERENCE", 22), ("WATCHLIST", 17)].into());
    let with = |member: &str| account.events.iter().filter(|event| !event.data[member].is_null()).count();
    let counts =
        ["kind", "given_name", "family_name", "birth_date", "email", "phone", "gender", "address", "ids"].map(with);
    assert_eq!(counts, [159, 120, 121, 73, 54, 31, 21, 102, 45]);
    let subject = |subject: &str| account.events.iter().find(|event| event.subject == subject).unwrap().data.clone();
    assert_eq!(
        subject("1003"),
        json!({
            "kind": "person", "given_name": "Bob J", "family_name": "Smith", "birth_date": "1978-12-11",
            "email": "bsmith@work.com", "attributes": {"status": "Inactive"}
        })
    );
}
