use std::collections::HashMap;

use kulta_events::recorded::EventName;
use kulta_events::{Json, RecordId};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::*;

fn record(number: u128) -> RecordId {
    RecordId(Uuid::from_u128(number))
}

fn push(builder: &mut Builder, position: u64, of: u128, time: i64, facts: &str) {
    let facts = Json::parse(facts.as_bytes()).unwrap();
    let (type_name, source) =
        if position.is_multiple_of(2) { ("purchase.made", "erp") } else { ("web.visited", "shop") };
    let row = NewRow { record: record(of), time, position, type_name, source, unit: Some("hki"), facts: &facts };
    builder.push(&row).unwrap();
}

fn finished(builder: Builder, together: impl Fn(RecordId) -> u64) -> Facts {
    let tied = builder.tied(together);
    // Ids fall as positions rise.
    let ids = tied.iter().flat_map(|tied| &tied.positions).map(|at| (*at, EventName::Id(format!("{:03}", 999 - at))));
    let ids: HashMap<_, _> = ids.collect();
    builder.finish(tied, &ids)
}

#[test]
fn rows_are_in_the_order_of_facts_whatever_the_order_of_arrival() {
    let mut builder = Builder::new(Wanted::default());
    push(&mut builder, 2, 7, 30, "{}");
    push(&mut builder, 4, 3, 20, "{}");
    push(&mut builder, 6, 7, 10, "{}");
    push(&mut builder, 8, 7, 30, "{}");
    push(&mut builder, 9, 7, 30, "{}");
    push(&mut builder, 10, 3, 30, "{}");
    let facts = finished(builder, |_| 1);
    assert_eq!(facts.records, [record(3), record(7)]);
    let positions = |rows: &[u32]| rows.iter().map(|row| facts.positions[*row as usize]).collect::<Vec<_>>();
    assert_eq!(positions(&facts.rows_of(&[record(7)])), [6, 8, 2, 9], "equal times by source, then id");
    assert_eq!(positions(&facts.rows_of(&[record(7), record(3), record(1)])), [6, 4, 10, 8, 2, 9]);
    assert!(facts.rows_of(&[record(1)]).is_empty());
    let names: Vec<&str> = (0..facts.len()).map(|row| facts.sources.get(row)).collect();
    assert_eq!(names, ["erp", "erp", "erp", "erp", "erp", "shop"]);
}

#[test]
fn only_events_that_may_be_read_together_are_tied() {
    let mut builder = Builder::new(Wanted::default());
    push(&mut builder, 2, 1, 5, "{}");
    push(&mut builder, 4, 2, 5, "{}");
    push(&mut builder, 6, 3, 5, "{}");
    push(&mut builder, 7, 3, 5, "{}");
    assert_eq!(builder.tied(|record| u64::from(record.0.as_u128() == 2)), [Tied { positions: vec![2, 6] }]);
    assert_eq!(builder.tied(|record| record.0.as_u128() as u64), []);
}

#[test]
fn values_come_back_as_they_were_said() {
    let said = [
        r#"{"amount": 12.50, "market": "FI", "attributes": {"size": 3, "gift": true}}"#,
        r#"{"amount": 0.001, "market": null, "tags": ["a"], "attributes": {"size": "XL", "gift": false}}"#,
        r#"{"amount": 9999999999999.999999}"#,
        r#"{}"#,
        r#"{"amount": 0.0000000000000001, "market": ""}"#,
        r#"{"amount": -9223372036854775807}"#,
    ];
    let mut builder = Builder::new(Wanted::default());
    for (number, facts) in (0..).zip(said) {
        // The latest first, so that rows change their places.
        push(&mut builder, number + 1, 1, 100 - number as i64, facts);
    }
    let facts = finished(builder, |_| 1);
    let read = |facet: &str, number: u32| {
        let value = facts.value(facts.facet(facet).unwrap(), said.len() as u32 - 1 - number);
        value.map(crate::expr::Value::into_text)
    };
    let amounts: Vec<_> = (0..6).map(|number| read("amount", number)).collect();
    let digits = ["12.5", "0.001", "9999999999999.999999", "", "0.0000000000000001", "-9223372036854775807"];
    assert_eq!(amounts, digits.map(|text| (!text.is_empty()).then(|| text.to_owned())));
    assert_eq!([0, 1, 4].map(|number| read("market", number)), [Some("FI".into()), None, Some(String::new())]);
    assert_eq!([0, 1, 2].map(|number| read("attributes.size", number)), [Some("3".into()), Some("XL".into()), None]);
    assert_eq!([0, 1, 2].map(|n| read("attributes.gift", n)), [Some("true".into()), Some("false".into()), None]);
    assert_eq!(facts.facet("tags"), None);
}

#[test]
fn what_is_not_wanted_is_not_kept() {
    let wanted = Wanted { facets: Some(["amount".into()].into()), types: Some(["purchase.made".into()].into()) };
    let mut builder = Builder::new(wanted);
    push(&mut builder, 1, 1, 1, r#"{"amount": 1, "market": "FI"}"#);
    push(&mut builder, 2, 1, 2, r#"{"amount": 2, "market": "FI"}"#);
    let facts = finished(builder, |_| 1);
    assert_eq!((facts.len(), facts.facets.len()), (2, 1));
    let amount = facts.facet("amount").unwrap();
    assert_eq!(facts.value(amount, 0), None, "another type");
    assert_eq!(facts.value(amount, 1), Some(crate::expr::Value::Number(Decimal::TWO)));
}

#[test]
fn parts_with_what_came_later_are_the_facts_of_all() {
    // Records, times, amounts: some late, some too wide, some of records that only came later.
    let amounts = ["1.25", "0.0000000000000001", "3", "9223372036854775807"];
    let event = |n: u64| {
        let amount = amounts[n as usize % 4];
        (n, u128::from(n * 7 % 23) << 96, (n * 37 % 50) as i64, format!(r#"{{"amount": {amount}, "ok": true}}"#))
    };
    let events: Vec<_> = (1..=200).map(event).collect();
    let of = |wanted: &dyn Fn(u64, u128) -> bool| {
        let mut builder = Builder::new(Wanted::default());
        for (n, record, time, facts) in events.iter().filter(|(n, record, ..)| wanted(*n, *record)) {
            let facts = Json::parse(facts.as_bytes()).unwrap();
            let record = RecordId(Uuid::from_u128(*record));
            let (type_name, source) = ("purchase.made", "erp");
            let row = NewRow { record, time: *time, position: *n, type_name, source, unit: None, facts: &facts };
            builder.push(&row).unwrap();
        }
        builder.finish_ranked(|position| position as u32)
    };
    let whole = of(&|_, _| true);
    let low = |record: u128| record >> 96 < 11;
    let parts = [of(&|n, record| n <= 150 && low(record)), of(&|n, record| n <= 150 && !low(record))];
    let later = [of(&|n, _| (151..190).contains(&n)), of(&|n, _| n >= 190)];
    let shapes = [
        Shape { name: "amount".into(), numbers: Some(2), texts: false, bools: false },
        Shape { name: "ok".into(), numbers: None, texts: false, bools: true },
    ];
    assert!(
        [&parts[0], &parts[1], &later[0], &later[1]].iter().all(|facts| facts.facets[0]
            .1
            .numbers
            .as_ref()
            .unwrap()
            .scale
            == 2)
    );
    let places = |facts: &Facts, part: usize| {
        let border = facts.records.partition_point(|record| low(record.0.as_u128())) as u32;
        if part == 0 { 0..border } else { border..facts.records.len() as u32 }
    };
    let rows = |facts: &Facts, part| places(facts, part).map(|place| facts.rows_at(place).len()).sum::<usize>();
    let lengths = [0, 1].map(|part| parts[part].len() + later.iter().map(|facts| rows(facts, part)).sum::<usize>());
    let mut assembly = Assembly::new(lengths.iter().sum(), &shapes, true).unwrap();
    let mut filled = Vec::new();
    for (part, mut slot) in assembly.slots(&lengths).into_iter().enumerate() {
        let mut all = parts[part].fill(&mut slot);
        for facts in &later {
            all = slot.merge(all, facts, places(facts, part), |one, other| one.cmp(&other));
        }
        filled.push(all);
    }
    let mut names = Names::default();
    names.types.intern("purchase.made");
    names.sources.intern("erp");
    names.units.intern("");
    names.texts = vec![Default::default(), Default::default()];
    let assembled = assembly.finish(filled, names);
    assert!(assembled.is_sorted());
    assert_eq!((&assembled.records, &assembled.starts), (&whole.records, &whole.starts));
    assert_eq!((&assembled.times, &assembled.positions), (&whole.times, &whole.positions));
    assert_eq!((&assembled.ranks, &assembled.types.codes), (&whole.ranks, &whole.types.codes));
    for row in 0..whole.len() as u32 {
        assert_eq!(assembled.value(0, row), whole.value(0, row));
        assert_eq!(assembled.value(1, row), whole.value(1, row));
    }
}

#[test]
fn columns_that_are_not_there_are_made_and_say_nothing() {
    let mut one = Builder::new(Wanted::default());
    push(&mut one, 2, 1, 5, r#"{"amount": 12.5}"#);
    push(&mut one, 4, 1, 6, r#"{"amount": 7}"#);
    let mut other = Builder::new(Wanted::default());
    push(&mut other, 6, 1, 7, r#"{"amount": "much", "gift": true, "attributes": {"size": 3}}"#);
    let (mut one, other) = (finished(one, |_| 1), finished(other, |_| 1));
    let own = one.widened(&[]);
    let shapes = other.widened(&own);
    assert_eq!(shapes[0], Shape { texts: true, ..own[0].clone() }, "a facet that there is stays where it is");
    let names: Vec<&str> = shapes.iter().map(|shape| &*shape.name).collect();
    assert_eq!(names, ["amount", "gift", "attributes.size"]);
    one.widen(&shapes);
    assert_eq!(one.widened(&[]), shapes);
    for (facet, (name, _)) in one.facets.iter().enumerate() {
        for row in 0..one.len() as u32 {
            assert_eq!(one.value(facet, row).is_some(), &**name == "amount", "{name}");
        }
    }
    // Rows that come without them say nothing there either.
    one.times.push(8);
    one.fill_up();
    assert_eq!(one.value(0, 2), None);
}
