use serde_json::{Value, json};

use super::*;
use crate::envelope::check_members;
use crate::field::{Class, Retention};
use crate::vocabulary::Vocabulary;

fn read(type_name: &str, schema: Value) -> Result<Described, Vec<Problem>> {
    let data = json!({"type": type_name, "schema": schema}).to_string();
    Described::read(&Json::parse(data.as_bytes()).unwrap())
}

fn described(properties: Value, required: Value) -> Described {
    let schema = json!({"type": "object", "properties": properties, "required": required});
    read("loyalty.joined", schema).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Pointers and details of what is wrong.
fn wrong(schema: Value) -> Vec<(String, String)> {
    let problems = read("loyalty.joined", schema).unwrap_err();
    problems.into_iter().map(|problem| (problem.pointer, problem.detail)).collect()
}

fn every_kind() -> Value {
    json!({
        "tier": {"type": "string", "enum": ["gold", "silver"], "x-facet": true},
        "shop": {"type": "string", "maxLength": 40, "x-facet": true},
        "since": {"type": "string", "format": "date", "x-facet": true},
        "currency": {"type": "string", "x-kulta": "currency", "x-facet": true},
        "market": {"type": "string", "x-kulta": "country", "x-facet": true},
        "points": {"type": "integer", "x-facet": true},
        "value": {"type": "number", "minimum": 0, "x-facet": true, "x-money": true},
        "change": {"type": "number", "x-facet": true},
        "active": {"type": "boolean", "x-facet": true},
        "remark": {"type": "string"},
        "card": {"type": "object", "required": ["number"], "properties": {"number": {"type": "string"}}},
        "any": {"description": "whatever it is"},
        "free": {"type": "object"},
        "words": {"type": "array", "items": {"type": "string", "maxLength": 5}, "x-personal": true}
    })
}

#[test]
fn every_kind_becomes_a_member() {
    let event_type = described(every_kind(), json!(["points", "remark"])).leak(1);
    let kind = |name: &str| event_type.field(name).unwrap().kind;
    assert_eq!(kind("tier"), Kind::OneOf(&["gold", "silver"]));
    assert_eq!((kind("shop"), kind("since")), (Kind::Text(40), Kind::Date));
    assert_eq!((kind("currency"), kind("market")), (Kind::Currency, Kind::Country));
    assert_eq!((kind("points"), kind("active")), (Kind::Integer, Kind::Boolean));
    assert_eq!((kind("value"), kind("change")), (Kind::Amount, Kind::SignedAmount));
    assert_eq!((kind("remark"), kind("any"), kind("free")), (Kind::Text(8_000), Kind::Any, Kind::Document));
    assert_eq!(kind("words"), Kind::List(&Kind::Text(5)));
    assert!(matches!(kind("card"), Kind::Object([number]) if number.name == "number" && number.required));
    let classes = |name: &str| event_type.field(name).unwrap().class;
    assert_eq!(classes("points"), Class::Fact);
    for personal in ["remark", "any", "free", "words", "card"] {
        assert_eq!(classes(personal), Class::Personal(Retention::Conversation), "{personal}");
    }
    let money: Vec<_> = event_type.fields.iter().filter(|field| field.is_money(event_type.fields)).collect();
    assert_eq!(money.iter().map(|field| field.name).collect::<Vec<_>>(), ["value"], "`change` is not marked");
    let required: Vec<_> = event_type.fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    assert_eq!(required, ["points", "remark"]);
    assert!(event_type.registered && !event_type.is_command_only());
}

#[test]
fn the_served_schema_describes_the_same_type() {
    let first = described(every_kind(), json!(["points"]));
    let served = first.leak(3).schema();
    assert_eq!((&served["x-registered"], &served["x-dataversion"]), (&json!(true), &json!(3)));
    assert_eq!(served["properties"]["value"]["x-money"], true);
    let again = read("loyalty.joined", served).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert!(again.has_members_of(&first));
    assert_eq!(again, Described { members: again.members.clone(), ..first });
}

#[test]
fn what_cannot_be_checked_is_refused_at_its_place() {
    let of = |property: Value| json!({"type": "object", "properties": {"a": property}});
    for (schema, pointer) in [
        (json!({"type": "array"}), "/schema/type"),
        (json!({"type": "object", "oneOf": []}), "/schema/oneOf"),
        (json!({"type": "object", "$schema": "http://json-schema.org/draft-07/schema#"}), "/schema/$schema"),
        (json!({"type": "object", "additionalProperties": false}), "/schema/additionalProperties"),
        (json!({"type": "object", "properties": []}), "/schema/properties"),
        (json!({"type": "object", "required": ["a"]}), "/schema/required/0"),
        (json!({"type": "object", "required": "a"}), "/schema/required"),
        (json!({"type": "object", "properties": {"a/b": {}}}), "/schema/properties/a~1b"),
        (json!({"type": "object", "properties": {"attributes": {}}}), "/schema/properties/attributes"),
        (
            json!({"type": "object", "properties": {"time": {"type": "string", "x-facet": true}}}),
            "/schema/properties/time",
        ),
        (of(json!(true)), "/schema/properties/a"),
        (of(json!({"type": "null"})), "/schema/properties/a/type"),
        (of(json!({"type": ["string", "null"]})), "/schema/properties/a/type"),
        (of(json!({"$ref": "#/x"})), "/schema/properties/a/$ref"),
        (of(json!({"type": "string", "pattern": "^a"})), "/schema/properties/a/pattern"),
        (of(json!({"type": "string", "minLength": 1})), "/schema/properties/a/minLength"),
        (of(json!({"type": "string", "maxLength": 0})), "/schema/properties/a/maxLength"),
        (of(json!({"type": "string", "maxLength": 1001, "x-facet": true})), "/schema/properties/a/maxLength"),
        (of(json!({"type": "string", "format": "email"})), "/schema/properties/a/format"),
        (of(json!({"type": "string", "x-kulta": "language"})), "/schema/properties/a/x-kulta"),
        (of(json!({"type": "string", "x-kulta": "country", "pattern": "^F"})), "/schema/properties/a/pattern"),
        (of(json!({"type": "integer", "enum": [1, 2]})), "/schema/properties/a/type"),
        (of(json!({"enum": ["a", "a"]})), "/schema/properties/a/enum/1"),
        (of(json!({"enum": []})), "/schema/properties/a/enum"),
        (of(json!({"type": "number", "minimum": 1})), "/schema/properties/a/minimum"),
        (of(json!({"type": "integer", "minimum": 0})), "/schema/properties/a/minimum"),
        (of(json!({"oneOf": [{"type": "string"}]})), "/schema/properties/a/oneOf"),
        (of(json!({"type": "object", "x-facet": true})), "/schema/properties/a/type"),
        (of(json!({"type": "array", "x-facet": true})), "/schema/properties/a/type"),
        (of(json!({"x-facet": true})), "/schema/properties/a/type"),
        (of(json!({"type": "boolean", "x-facet": true, "x-personal": true})), "/schema/properties/a/x-facet"),
        (of(json!({"type": "boolean", "x-facet": "yes"})), "/schema/properties/a/x-facet"),
        (of(json!({"type": "number", "x-money": true})), "/schema/properties/a/x-money"),
        (of(json!({"type": "number", "x-facet": true, "x-money": true})), "/schema/properties/a/x-money"),
        (
            of(json!({"type": "object", "properties": {"b": {"type": "boolean", "x-facet": true}}})),
            "/schema/properties/a/properties/b/x-facet",
        ),
        (
            of(json!({"type": "array", "items": {"type": "string", "format": "uri"}})),
            "/schema/properties/a/items/format",
        ),
    ] {
        let problems = wrong(schema.clone());
        assert!(problems.iter().any(|(at, _)| at == pointer), "{schema}: {pointer} is not in {problems:?}");
    }
    let far = (0..9).fold(json!({"type": "string"}), |inner, _| json!({"type": "array", "items": inner}));
    assert!(wrong(of(far))[0].1.contains("levels"));
    let many: serde_json::Map<_, _> = (0..201).map(|n| (format!("p{n}"), json!({"type": "boolean"}))).collect();
    assert_eq!(wrong(json!({"type": "object", "properties": many}))[0].1, "a type has at most 200 properties");
    let long = json!({"type": "object", "description": "x".repeat(MAX_SCHEMA_BYTES)});
    assert!(wrong(long)[0].1.contains("at most 65536 bytes"));
}

#[test]
fn names_are_of_families_of_their_own() {
    let named = |name: &str| read(name, json!({"type": "object"})).map(|described| described.title().to_owned());
    assert_eq!(named("loyalty.card.issued").unwrap(), "loyalty.card.issued", "the title when none is given");
    for refused in ["", "loyalty", "Loyalty.joined", ".joined", "loyalty.", "a..b", "a-b.c", "ä.b", "a b.c"] {
        assert_eq!(named(refused).unwrap_err()[0].pointer, "/type", "{refused}");
    }
    assert!(named(&format!("a.{}", "b".repeat(63))).is_err());
    for event_type in Vocabulary::standard().types() {
        let family = event_type.name.split('.').next().unwrap();
        assert!(RESERVED_FAMILIES.contains(&family), "{family}");
        assert_eq!(named(event_type.name).unwrap_err()[0].code, "reserved-type");
    }
    assert_eq!(named("purchase.dreamt_of").unwrap_err()[0].code, "reserved-type");
}

#[test]
fn title_and_importance_are_read() {
    let of = |more: &str| {
        let text = format!(r#"{{"type":"a.b","schema":{{"type":"object","description":"What it is."}}{more}}}"#);
        Described::read(&Json::parse(text.as_bytes()).unwrap())
    };
    assert_eq!((of("").unwrap().title(), of("").unwrap().importance()), ("What it is.", Importance::Normal));
    let high = of(r#","title":"Other words.","importance":"high""#).unwrap();
    assert_eq!((high.title(), high.importance()), ("Other words.", Importance::High));
    assert_eq!(of(r#","importance":"urgent""#).unwrap_err()[0].pointer, "/importance");
    assert_eq!(of(r#","title":7"#).unwrap_err()[0].pointer, "/title");
}

#[test]
fn a_type_grows_and_does_not_change() {
    let before = || {
        json!({"a": {"type": "string", "maxLength": 5, "x-facet": true}, "b": {"type": "number"},
        "c": {"enum": ["x"]}, "d": {"type": "object", "properties": {"e": {"type": "integer"}}}})
    };
    let first = described(before(), json!(["a"]));
    let with = |change: fn(&mut Value), required: Value| {
        let mut properties = before();
        change(&mut properties);
        described(properties, required).may_follow(&first)
    };
    assert_eq!(with(|_| {}, json!(["a"])), Ok(()));
    assert_eq!(with(|_| {}, json!([])), Ok(()), "what was required may be left out");
    assert_eq!(with(|all| all["new"] = json!({"type": "boolean", "x-facet": true}), json!(["a"])), Ok(()));
    assert_eq!(with(|all| all["a"]["maxLength"] = json!(6), json!(["a"])), Ok(()));
    assert_eq!(with(|all| all["c"] = json!({"enum": ["y", "x"]}), json!(["a"])), Ok(()));
    assert_eq!(with(|all| all["d"]["properties"]["f"] = json!({}), json!(["a"])), Ok(()));
    let refused = |change: fn(&mut Value), required: Value, at: &str, why: &str| {
        let problems = with(change, required).unwrap_err();
        let found = problems.iter().any(|problem| problem.pointer == at && problem.detail.contains(why));
        assert!(found && problems.len() == 1, "{problems:?}");
    };
    let at_a = "/schema/properties/a";
    refused(|all| all["a"]["maxLength"] = json!(4), json!(["a"]), at_a, "take less");
    refused(|all| all["a"] = json!({"type": "integer", "x-facet": true}), json!(["a"]), at_a, "type cannot change");
    refused(|all| all["a"]["x-facet"] = json!(false), json!(["a"]), at_a, "it is a fact");
    refused(|all| all["b"]["x-facet"] = json!(true), json!(["a"]), "/schema/properties/b", "it is personal");
    refused(|all| all["b"]["minimum"] = json!(0), json!(["a"]), "/schema/properties/b", "type cannot change");
    refused(|all| drop(all.as_object_mut().unwrap().remove("b")), json!(["a"]), "/schema/properties/b", "taken away");
    refused(|all| all["c"] = json!({"enum": ["y"]}), json!(["a"]), "/schema/properties/c", "take less");
    refused(|_| {}, json!(["a", "b"]), "/schema/properties/b", "become required");
    refused(|all| all["new"] = json!({}), json!(["a", "new"]), "/schema/properties/new", "added cannot be required");
    let deep: fn(&mut Value) = |all| all["d"]["properties"]["e"] = json!({"type": "boolean"});
    refused(deep, json!(["a"]), "/schema/properties/d", "type cannot change");
}

#[test]
fn money_stays_money() {
    let value = |money: bool| {
        described(
            json!({"value": {"type": "number", "x-facet": true, "x-money": money},
                "currency": {"type": "string", "x-kulta": "currency", "x-facet": true}}),
            json!([]),
        )
    };
    assert_eq!(value(false).may_follow(&value(true)).unwrap_err()[0].detail.split(',').next(), Some("it is money"));
    assert!(value(true).may_follow(&value(false)).is_err());
}

/// A member that an older version sealed as unknown has the newer version's form when it is lifted: the same event
/// delivered again is a duplicate.
#[test]
fn older_payloads_are_lifted_to_the_form_of_newer_members() {
    let newer = described(json!({"value": {"type": "number", "x-facet": true}}), json!([])).leak(2);
    let stored = Json::parse(br#"{"value":"5.00","other":1}"#).unwrap();
    let lifted = newer.upcast(1, stored.clone());
    let (mut again, mut problems) = (stored, Vec::new());
    check_members(newer, &mut again, &mut problems);
    assert_eq!((lifted.canonical(), problems), (again.canonical(), Vec::new()));
    assert_eq!(lifted.get("value"), Some(&Json::Number("5.00".into())));
}
