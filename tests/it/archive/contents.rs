//! Whatever comes, in one step or in many: the archive is the log.

use kulta_projections::scores::facts::Wanted;
use serde_json::{Map, Number, Value, json};

use super::{Opened, all, import, minute, purchase, read, same, written};
use crate::kit::{Place, event};

/// Numbers that come the same from one seed.
pub(super) struct Draw(pub u64);

impl Draw {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    pub fn of<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize].clone()
    }
}

fn number(text: &str) -> Value {
    Value::Number(text.parse::<Number>().unwrap())
}

/// An attribute: several kinds, and numbers that no column of integers holds.
fn attribute(draw: &mut Draw) -> Value {
    let wide =
        ["0.0000000000000000000000000001", "1234567890123456789012345678", "-9223372036854775808", "0.1234567890123"];
    match draw.below(8) {
        0 => json!("XL"),
        1 => json!(""),
        2 => json!(draw.below(2) == 0),
        3 => number(draw.of(&wide)),
        4 => Value::Null,
        5 => number("12.3400"),
        _ => json!(draw.below(50)),
    }
}

/// Whatever may come: `step` names the ids. Times are few, so that they tie.
pub(super) fn some(draw: &mut Draw, step: u64, count: u64) -> Vec<Value> {
    let made = |n: u64, draw: &mut Draw| {
        let (source, subject) = (draw.of(&["erp", "shop", "kassa"]), draw.below(30).to_string());
        let id = format!("{step}-{}-{n}", draw.below(1000));
        let time = format!("2026-0{}-01T10:00:0{}Z", 1 + draw.below(4), draw.below(6));
        let mut attributes = Map::new();
        for name in ["size", "colour", "source", "type", "amount#wide"] {
            if draw.below(3) == 0 {
                attributes.insert(name.to_owned(), attribute(draw));
            }
        }
        let amounts = ["0", "12.5", "12.50", "9999999999999", "0.000001", "1249.90", "9999999999999.999999"];
        let mut data = json!({"amount": number(draw.of(&amounts)), "currency": draw.of(&["EUR", "SEK"])});
        if draw.below(2) == 0 {
            data["attributes"] = Value::Object(attributes);
        }
        let mut event = match draw.below(4) {
            0 => event(source, &subject, &id, &time, "web.visited", json!({"page": "/"})),
            _ => event(source, &subject, &id, &time, "purchase.made", data),
        };
        if draw.below(2) == 0 {
            event["unit"] = json!(draw.of(&["helsinki", "turku"]));
        }
        event
    };
    let mut events: Vec<Value> = (0..count).map(|n| made(n, draw)).collect();
    // Some come twice.
    for _ in 0..count / 20 {
        let again = draw.of(&events);
        events.push(again);
    }
    events
}

/// The same, with amounts that rows for replays can hold.
pub(super) fn tame(mut events: Vec<Value>) -> Vec<Value> {
    for event in &mut events {
        if let Some(amount) = event["data"].get_mut("amount")
            && ["9999999999999", "0.000001", "9999999999999.999999"].contains(&amount.to_string().as_str())
        {
            *amount = number("7.25");
        }
    }
    events
}

pub(super) fn erase(place: &Place, opened: &str) {
    let record = place.id(opened);
    place.execute(&format!(
        "DELETE FROM sealed WHERE position IN (SELECT position FROM log WHERE record_id = {record});
         DELETE FROM record_key WHERE record_id = {record};"
    ));
}

#[test]
fn in_many_steps_or_in_one_the_archive_is_the_log() {
    for seed in 1..=4 {
        let (place, mut draw) = (Place::sqlite(), Draw(seed));
        let mut done = Vec::new();
        for step in 0..6 {
            let count = if step == 0 { 400 } else { draw.of(&[1, 5, 40, 150]) };
            import(&place, &some(&mut draw, step, count));
            if step == 3 {
                // Whoever is erased keeps the facts; the order among equal times is then that of the keyed hashes.
                let archived = read(&place, "steps", &all()).unwrap();
                erase(&place, &archived.facts.records[seed as usize].0.to_string());
                std::fs::remove_dir_all(place.directory().join("steps")).unwrap();
            }
            done.push(written(&place, "steps").0);
        }
        assert!(done.iter().any(|done| done == "merged"), "{done:?}");
        written(&place, "once");
        let (steps, once) = (read(&place, "steps", &all()).unwrap(), read(&place, "once", &all()).unwrap());
        assert_eq!(steps.members.records, once.members.records);
        let opened = Opened::new(&place);
        let log = opened.facts(once.manifest.position, all());
        same(&once.facts, &log, &format!("seed {seed}: one step and the log"));
        same(&steps.facts, &log, &format!("seed {seed}: steps {done:?} and the log"));
        for wanted in [
            Wanted { facets: Some(["amount".into(), "attributes.size".into()].into()), types: None },
            Wanted { facets: None, types: Some(["purchase.made".into()].into()) },
            Wanted { facets: Some(Default::default()), types: Some(Default::default()) },
        ] {
            let log = opened.facts(once.manifest.position, wanted.clone());
            same(&read(&place, "steps", &wanted).unwrap().facts, &log, &format!("{wanted:?}"));
        }
    }
}

/// Far more events than their ties: what comes since stands in a delta.
#[test]
fn deltas_are_merged_in_when_they_tie_with_what_is_archived() {
    let place = Place::sqlite();
    let made = |n: usize, at: usize| purchase(&(n % 30).to_string(), &format!("{:03}", 999 - n), &minute(at), "1.25");
    import(&place, &(0..300).map(|n| made(n, n)).collect::<Vec<_>>());
    assert_eq!(written(&place, "a").0, "made");
    // Late, but of minutes that nobody has.
    import(&place, &[made(300, 5000), made(301, 3999), made(302, 4000)]);
    assert_eq!(written(&place, "a").0, "extended");
    // Of the same minute as others, of other records: their ids fall as positions rise.
    import(&place, &[made(303, 7), made(304, 7), made(305, 4000)]);
    assert_eq!(written(&place, "a").0, "merged");
    import(&place, &[made(306, 6000), made(307, 6000)]);
    assert_eq!(written(&place, "a").0, "extended");
    let archived = read(&place, "a", &all()).unwrap();
    let opened = Opened::new(&place);
    same(&archived.facts, &opened.facts(archived.manifest.position, all()), "archive and log");
    let tied = archived.facts.ranks.iter().filter(|rank| **rank > 0).count();
    assert_eq!(tied, 4, "two of minute 7, one of 4000, one of 6000");
}

#[test]
fn what_a_column_cannot_hold_makes_a_new_archive() {
    let place = Place::sqlite();
    let made = |n: usize, amount: &str| purchase(&n.to_string(), &n.to_string(), &minute(n), amount);
    import(&place, &(0..100).map(|n| made(n, "10")).collect::<Vec<_>>());
    assert_eq!(written(&place, "a").0, "made");
    import(&place, &[made(100, "10.25")]);
    assert_eq!(written(&place, "a").0, "rewritten", "decimals");
    import(&place, &[made(101, "9999999999999.999999")]);
    assert_eq!(written(&place, "a").0, "rewritten", "as many decimals as there is room for");
    let mut finer = made(102, "1");
    finer["time"] = json!("2026-02-01T10:00:00.000001Z");
    import(&place, &[finer]);
    assert_eq!(written(&place, "a").0, "rewritten", "microseconds");
    let archived = read(&place, "a", &all()).unwrap();
    same(&archived.facts, &Opened::new(&place).facts(archived.manifest.position, all()), "archive and log");
}
