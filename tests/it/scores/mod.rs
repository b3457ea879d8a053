//! Rule sets and scores, on both stores: drafted, published, told and explained.

mod command_line;
mod customers;
mod history;
mod lists;
mod readings;
mod rule_sets;

use kulta_test_support::http::Client;
use serde_json::{Value, json};

use crate::kit::{Asks, event};

/// Rules of several kinds, in force from the beginning of 2026.
const RULES: &str = r#"
name = "value"
time_zone = "Europe/Helsinki"

[[rule]]
id = "buying"
on = "purchase.made"
points = "floor(amount)"
cap = { points = 500, per = "month" }

[[rule]]
id = "size"
on = ["purchase.made", "purchase.returned"]
sign = { "purchase.returned" = -1 }
measure = "amount"
per = "year"
tiers = [ { up_to = 500, rate = 1 }, { rate = 0.1 } ]

[[rule]]
id = "interest"
on = ["email.link_clicked", "web.visited"]
points = 2
half_life_days = 10
limit = { count = 1, per = "day" }

[[rule]]
id = "quiet"
absent = { on = "purchase.made", days = 30 }
points = -50

[[rule]]
id = "segment"
on = "purchase.made"
when = 'customer.segment == "gold"'
points = 10

[[grade]]
name = "A"
from = 1000
service = "a manager of their own"
minutes_per_year = 60

[[grade]]
name = "B"
from = 100
service = "the desk"
minutes_per_year = 30
cost_per_year = 100
"#;

/// What is in force from February on, in some tests.
const CLICKS: &str = r#"
name = "value"
[[rule]]
id = "clicks"
on = "email.link_clicked"
points = 7
[[grade]]
name = "C"
from = 0
"#;

const FROM: &str = "2026-01-01T00:00:00Z";
const AS_OF: &str = "2026-02-20T10:00:00Z";

fn of_unit(mut event: Value, unit: &str) -> Value {
    event["unit"] = json!(unit);
    event
}

fn at(day: &str) -> String {
    format!("2026-{day}T10:00:00Z")
}

/// A customer of the ERP, and one of the shop who may be the same.
fn facts() -> Vec<Value> {
    let erp = |id: &str, day: &str, kind: &str, data: Value| event("erp", "1", id, &at(day), kind, data);
    let bought = |amount: &str| json!({"amount": amount, "currency": "EUR"});
    vec![
        erp("r", "01-01", "customer.registered", json!({"kind": "organisation", "name": "Pumppu Oy", "country": "FI"})),
        erp("s", "01-05", "customer.classified", json!({"scheme": "segment", "class": "gold"})),
        of_unit(erp("p1", "01-10", "purchase.made", bought("400.50")), "helsinki"),
        of_unit(erp("p2", "01-20", "purchase.made", bought("300")), "turku"),
        erp("b1", "02-01", "purchase.returned", bought("100")),
        erp("t1", "02-05", "ticket.closed", json!({"minutes": 20, "cost": "30", "currency": "EUR"})),
        // Of one time: their order is that of their ids, not of their arrival.
        erp("c2", "02-10", "email.link_clicked", json!({})),
        erp("c1", "02-10", "email.link_clicked", json!({})),
        event("shop", "9", "r", &at("01-02"), "customer.registered", json!({"kind": "person", "name": "Aino Laine"})),
        event("shop", "9", "p1", &at("01-15"), "purchase.made", bought("200")),
    ]
}

/// Publishes rules from the beginning of 2026 on, or from another time.
fn publish(client: &mut Client, rules: &str, effective_from: &str) -> Value {
    let body = json!({"rules": rules, "effective_from": effective_from});
    client.send("POST", "/v1/rule-sets/value/publish", &body).expect_status(200).json()
}

/// The score of a customer, when everything is projected.
fn score(client: &mut Client, id: &str, query: &str) -> Value {
    client.caught_up();
    client.read(&format!("/v1/customers/{id}/score?{query}"))
}

/// A decimal, in units of 10^−20.
fn exactly(decimal: &str) -> i128 {
    let (sign, digits) = decimal.strip_prefix('-').map_or((1, decimal), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let number: i128 = format!("{whole}{fraction:0<20}").parse().unwrap();
    sign * number
}

fn sum(items: &Value) -> i128 {
    items.as_array().unwrap().iter().map(|item| exactly(item["points"].as_str().unwrap())).sum()
}

/// The explanation is the whole of the score.
#[track_caller]
fn sums_up(score: &Value) {
    let points = exactly(score["points"].as_str().unwrap());
    assert_eq!(sum(&score["parts"]), points, "{score}");
    let rounding = score["rounding"].as_str().map_or(0, exactly);
    assert_eq!((sum(&score["rules"]) + rounding, sum(&score["units"]) + rounding), (points, points), "{score}");
}
