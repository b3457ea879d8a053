//! UCI "Online Retail", a sample of 30,000 invoice lines: returns, missing customers, lines that repeat exactly. What must
//! come of each line is computed here straight from the file.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use kulta_test_support::data;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{counts, import, import_again_changes_nothing, mapping};
use crate::kit::{Asks, PATIENCE, Place, event, pages, text};

const FILE: &str = "real/online_retail_sample30k.csv.gz";

/// One line of the file.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Line {
    number: usize,
    invoice: String,
    stock_code: String,
    quantity: Decimal,
    price: Decimal,
    customer: String,
    /// Everything else, and the written forms of the above.
    cells: Vec<String>,
}

fn lines(file: &Path) -> Vec<Line> {
    let text = data::read(file);
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let decimal = |cell: &str| Decimal::from_str_exact(cell).unwrap();
    let lines: Vec<_> = rows
        .records()
        .zip(2..)
        .map(|(row, number)| {
            let row = row.unwrap();
            Line {
                number,
                invoice: row[0].to_owned(),
                stock_code: row[1].to_owned(),
                quantity: decimal(&row[3]),
                price: decimal(&row[5]),
                customer: row[6].strip_suffix(".0").unwrap_or(&row[6]).to_owned(),
                cells: row.iter().map(str::to_owned).collect(),
            }
        })
        .collect();
    assert_eq!(text.lines().count(), lines.len() + 1, "no cell goes over several lines, so rows are lines");
    lines
}

impl Line {
    /// Goods went out: a quantity above zero on an invoice that is no cancellation.
    fn is_purchase(&self) -> bool {
        self.quantity > Decimal::ZERO && !self.invoice.starts_with('C')
    }

    /// Goods came back: cancellations (InvoiceNo begins with C) have negative quantities.
    fn is_return(&self) -> bool {
        self.quantity < Decimal::ZERO && self.invoice.starts_with('C')
    }

    /// Nobody's line, or the warehouse's own correction of a count: negative, but no cancellation.
    fn is_rejected(&self) -> bool {
        self.customer.is_empty() || !(self.is_purchase() || self.is_return())
    }

    fn value(&self) -> Decimal {
        (self.quantity * self.price).abs()
    }
}

fn sum<'a>(lines: impl Iterator<Item = &'a Line>) -> (usize, Decimal) {
    lines.fold((0, Decimal::ZERO), |(count, sum), line| (count + 1, sum + line.value()))
}

/// Purchases and returns that the documented view adds up to: count and sum of each.
fn stored(place: &Place) -> BTreeMap<String, (usize, Decimal)> {
    let sql = "SELECT type || ' ' || facts FROM log WHERE source = 'online-retail'";
    let sql = if place.is_sqlite() { sql.to_owned() } else { sql.replace("|| facts", "|| facts::text") };
    let mut sums: BTreeMap<String, (usize, Decimal)> = BTreeMap::new();
    for row in place.texts(&sql) {
        let (type_name, facts) = row.split_once(' ').unwrap();
        let facts: Value = serde_json::from_str(facts).unwrap();
        let amount = facts["amount"].as_str().map_or_else(|| facts["amount"].to_string(), str::to_owned);
        let sum = sums.entry(type_name.to_owned()).or_default();
        *sum = (sum.0 + 1, sum.1 + Decimal::from_str_exact(&amount).unwrap());
    }
    sums
}

/// Open dead letters by their origin.
fn letters(client: &mut kulta_test_support::http::Client) -> BTreeMap<String, Value> {
    let items = pages(client, "/v1/dead-letters?limit=1000");
    let count = items.len();
    let letters: BTreeMap<_, _> = items.into_iter().map(|item| (text(&item, "origin").to_owned(), item)).collect();
    assert_eq!(letters.len(), count, "one letter a line");
    letters
}

fn every_line_is_accounted_for(place: &Place) {
    let Some(file) = data::shared(FILE) else { return };
    let (lines, map) = (lines(&file), mapping("online_retail.toml"));
    let rejected: Vec<_> = lines.iter().filter(|line| line.is_rejected()).collect();
    let taken = || lines.iter().filter(|line| !line.is_rejected());
    let (purchases, returns) = (sum(taken().filter(|l| l.is_purchase())), sum(taken().filter(|l| l.is_return())));
    // What the README of the sample says of it, so that the arithmetic here is not its own witness:
    assert_eq!(lines.len(), 30_000);
    assert_eq!(lines.iter().filter(|line| line.customer.is_empty()).count(), 2_000, "without customer");
    assert_eq!(lines.iter().filter(|line| line.invoice.starts_with('C')).count(), 620, "of cancelled invoices");
    let odd = lines.iter().filter(|line| line.quantity < Decimal::ZERO && !line.invoice.starts_with('C'));
    assert_eq!(odd.count(), 13, "negative without being a cancellation; none has a customer");
    // 30,000 = 27,384 purchases + 616 returns + 2,000 rejected. The 620 lines of cancellations are the 616 returns and 4
    // without customer. The 2,000 rejected are those without customer; among them are all 13 odd ones.
    assert_eq!((purchases.0, returns.0, rejected.len()), (27_384, 616, 2_000));

    // {nth} tells exact repetitions apart, so no line is a duplicate of another one, and none a conflict.
    let printed = import(place, &file, &map);
    assert_eq!(printed.last_line(), counts(purchases.0 + returns.0, 0, 0, rejected.len()));
    let expected = [("purchase.made".to_owned(), purchases), ("purchase.returned".to_owned(), returns)].into();
    assert_eq!(stored(place), expected);

    let server = place.serve();
    let mut client = server.client();
    client.caught_up();
    let found = letters(&mut client);
    let name = file.file_name().unwrap().to_str().unwrap();
    let origins: BTreeSet<_> = rejected.iter().map(|line| format!("{name}:{}", line.number)).collect();
    assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), origins, "each with the number of its line");
    for line in &rejected {
        let letter = &found[&format!("{name}:{}", line.number)];
        assert_eq!((text(letter, "door"), text(letter, "state")), ("file", "open"));
        let reason = if line.is_purchase() || line.is_return() { "missing" } else { "no-event-applies" };
        assert_eq!(text(letter, "reason"), reason, "line {}", line.number);
    }
    server.terminate(PATIENCE);

    import_again_changes_nothing(place, &file, &map, [purchases.0 + returns.0, 0, rejected.len()]);
    let server = place.serve();
    let mut client = server.client();
    assert_eq!(letters(&mut client).len(), rejected.len(), "dead letters are not doubled");
    resubmit(&mut client, rejected[0], &found[&format!("{name}:{}", rejected[0].number)]);
    assert_eq!(letters(&mut client).len(), rejected.len() - 1);
}

/// Somebody found out whose line it is, and sends it again.
fn resubmit(client: &mut kulta_test_support::http::Client, line: &Line, letter: &Value) {
    let letter = client.read(&format!("/v1/dead-letters/{}", letter["id"]));
    let body =
        csv::ReaderBuilder::new().has_headers(false).from_reader(text(&letter, "body").as_bytes()).into_records();
    let rows: Vec<_> = body.map(Result::unwrap).collect();
    assert_eq!(rows[0].iter().collect::<Vec<_>>(), line.cells, "the letter holds the row as it came");
    let data = json!({"amount": line.value().to_string(), "currency": "GBP", "product": line.stock_code});
    let corrected = event("online-retail", "99999", "corrected/1", "2011-10-06T15:20:00Z", "purchase.made", data);
    let command = json!({"action": "resubmit", "event": corrected});
    let answer = client.send("POST", &format!("/v1/dead-letters/{}", letter["id"]), &command).expect_status(200).json();
    assert_eq!((text(&answer, "state"), text(&answer["results"][0], "status")), ("resubmitted", "accepted"));
    let customer = client.record("online-retail", "99999");
    let timeline = client.read(&format!("/v1/customers/{customer}/timeline"));
    assert_eq!(timeline["items"][0]["data"]["product"], line.stock_code.as_str());
}

#[test]
fn online_retail_on_sqlite() {
    every_line_is_accounted_for(&Place::sqlite());
}

#[test]
fn online_retail_on_postgresql() {
    every_line_is_accounted_for(&Place::postgresql());
}

/// A mapping without {nth} says that equal lines are one fact; one without price and quantity in the id makes different
/// lines meet under one id.
#[test]
fn repetitions_and_different_lines_under_one_id_are_told_apart() {
    let Some(file) = data::shared(FILE) else { return };
    let lines = lines(&file);
    let taken: Vec<_> = lines.iter().filter(|line| !line.is_rejected()).collect();
    let rejected = lines.len() - taken.len();
    let map = std::fs::read_to_string(mapping("online_retail.toml")).unwrap();
    type Id = fn(&Line) -> String;
    let narrow: Id = |line| format!("{}/{}", line.invoice, line.stock_code);
    let wide: Id = |line| {
        let [.., quantity, _, price, _, _] = &line.cells[..] else { panic!() };
        format!("{}/{}/{quantity}/{price}", line.invoice, line.stock_code)
    };
    for (template, id) in
        [("{InvoiceNo}/{StockCode}/{Quantity}/{UnitPrice}", wide), ("{InvoiceNo}/{StockCode}", narrow)]
    {
        // The first line under an id is stored; a later one is a duplicate when all that the mapping takes from it is the
        // same, else a conflict. (The description is not taken.)
        let (mut first, mut numbers) = (HashMap::new(), [0; 3]);
        for line in &taken {
            let content: Vec<_> = line.cells.iter().enumerate().filter(|(column, _)| *column != 2).collect();
            match first.get(&id(line)) {
                None => drop((first.insert(id(line), content), numbers[0] += 1)),
                Some(known) if *known == content => numbers[1] += 1,
                Some(_) => numbers[2] += 1,
            }
        }
        let [accepted, duplicate, conflict] = numbers;
        assert_eq!(accepted + duplicate + conflict, 28_000);
        assert!(duplicate >= 25, "the sample's exact repetitions are duplicates");
        let place = Place::sqlite();
        place.file("map.toml", map.replace("{InvoiceNo}/{StockCode}/{Quantity}/{UnitPrice}/{nth}", template));
        let map = place.directory().join("map.toml");
        let printed = import(&place, &file, &map);
        assert_eq!(printed.last_line(), counts(accepted, duplicate, conflict, rejected), "{template}");
        assert_eq!(place.texts("SELECT CAST(count(*) AS TEXT) FROM dead_letter"), [(conflict + rejected).to_string()]);
        let again = import(&place, &file, &map);
        assert_eq!(again.last_line(), counts(0, accepted + duplicate, conflict, rejected), "{template}, again");
        assert_eq!(place.texts("SELECT CAST(count(*) AS TEXT) FROM dead_letter"), [(conflict + rejected).to_string()]);
    }
}
