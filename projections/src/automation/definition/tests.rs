use kulta_events::Vocabulary;

use super::*;
use crate::given::json;

fn parse(text: &str) -> Result<Definition, Vec<Problem>> {
    Definition::parse(&json(text), &Facets::of(&Vocabulary::standard()))
}

/// An automation with this condition.
fn when(condition: &str) -> Result<Definition, Vec<Problem>> {
    parse(&format!(r#"{{"when":{condition},"then":[{{"tag":"x"}}]}}"#))
}

fn pointers(refused: Result<Definition, Vec<Problem>>) -> Vec<String> {
    refused.unwrap_err().into_iter().map(|problem| problem.pointer).collect()
}

#[test]
fn every_condition_is_read() {
    for (condition, read) in [
        (
            r#"{"in_stage":{"for":"offers","pipeline":"sales","stage":"proposal","days":30}}"#,
            "InStage { passing: Offers, pipeline: \"sales\", stage: \"proposal\", days: 30 }",
        ),
        (r#"{"unanswered":{"hours_before_due":0}}"#, "Unanswered { hours_before_due: 0 }"),
        (r#"{"no_contact":{"days":90}}"#, "NoContact { days: 90 }"),
        (
            r#"{"nothing":{"on":["purchase.made"],"days":180}}"#,
            "Nothing { on: [\"purchase.made\"], days: 180, only: None }",
        ),
        (r#"{"not_opened":{"days":36500}}"#, "NotOpened { days: 36500 }"),
        (
            r#"{"count":{"on":["email.link_clicked","web.visited"],"count":3,"within_days":7}}"#,
            "Count { on: [\"email.link_clicked\", \"web.visited\"], count: 3, within_days: 7, only: None }",
        ),
        (
            r#"{"points":{"rule_set":"value","above":"1000","again_below":900}}"#,
            "Points { rule_set: \"value\", bar: Above { above: 1000, again_below: 900 } }",
        ),
        (
            r#"{"points":{"rule_set":"value","below":-1.5}}"#,
            "Points { rule_set: \"value\", bar: Below { below: -1.5, again_above: -1.5 } }",
        ),
        (r#"{"grade":{"rule_set":"value","to":["A","B"]}}"#, "Grade { rule_set: \"value\", to: [\"A\", \"B\"] }"),
    ] {
        assert_eq!(format!("{:?}", when(condition).unwrap().when), read);
    }
    let large = when(r#"{"nothing":{"on":["purchase.made"],"days":1,"where":"amount > 100 && currency == 'EUR'"}}"#);
    assert!(matches!(large.unwrap().when, When::Nothing { only: Some(_), .. }));
}

#[test]
fn every_action_is_read_and_the_rest_has_defaults() {
    let all = r#"{"when":{"no_contact":{"days":1}},"then":[{"task":{"title":"Call","text":"Ask.","owner":"aino",
        "team":"north","kind":"call","priority":2,"due_days":0}},{"lead":{}},{"tag":"x"},{"untag":"y"},
        {"enter_list":"l"},{"leave_list":"m"},{"message":{"channel":"email","purpose":"marketing","template":"t"}},
        {"webhook":{"subscriber":"s"}}],"time_zone":"Europe/Helsinki","from":"2026-03-01T00:00:00+02:00",
        "cap":{"count":2,"per_days":30}}"#;
    let all = parse(all).unwrap();
    let task = Task {
        title: "Call".into(),
        text: Some("Ask.".into()),
        owner: Some("aino".into()),
        team: Some("north".into()),
        kind: Some("call".into()),
        priority: Some(2),
        due_days: Some(0),
    };
    let message = Message { channel: "email".into(), purpose: "marketing".into(), template: "t".into() };
    let expected = [
        Action::Task(task),
        Action::Lead(Lead::default()),
        Action::Tag("x".into()),
        Action::Untag("y".into()),
        Action::EnterList("l".into()),
        Action::LeaveList("m".into()),
        Action::Message(message),
        Action::Webhook { subscriber: "s".into() },
    ];
    assert_eq!(all.then, expected);
    assert_eq!((all.zone.iana_name(), all.cap), (Some("Europe/Helsinki"), Cap { count: 2, per_days: 30 }));
    assert_eq!(all.from, Some(Instant::parse("2026-02-28T22:00:00Z").unwrap()));
    let least = when(r#"{"no_contact":{"days":1}}"#).unwrap();
    assert_eq!((least.zone, least.from, least.cap), (TimeZone::UTC, None, Cap { count: 1, per_days: 7 }));
}

#[test]
fn conditions_that_cannot_be_are_refused_where_they_are_wrong() {
    for (condition, pointer) in [
        ("7", "/when"),
        ("{}", "/when"),
        (r#"{"no_contact":{"days":1},"not_opened":{"days":1}}"#, "/when"),
        (r#"{"birthday":{}}"#, "/when/birthday"),
        (r#"{"no_contact":{"days":0}}"#, "/when/no_contact/days"),
        (r#"{"no_contact":{"days":36501}}"#, "/when/no_contact/days"),
        (r#"{"no_contact":{"days":1.5}}"#, "/when/no_contact/days"),
        (r#"{"no_contact":{"days":"9"}}"#, "/when/no_contact/days"),
        (r#"{"no_contact":{"days":-9}}"#, "/when/no_contact/days"),
        (r#"{"no_contact":{"days":1e99}}"#, "/when/no_contact/days"),
        (r#"{"no_contact":{}}"#, "/when/no_contact/days"),
        (r#"{"no_contact":{"days":1,"a/b~":2}}"#, "/when/no_contact/a~1b~0"),
        (r#"{"no_contact":[1]}"#, "/when/no_contact"),
        (r#"{"in_stage":{"for":"cats","pipeline":"p","stage":"s","days":1}}"#, "/when/in_stage/for"),
        (r#"{"in_stage":{"for":"leads","pipeline":" ","stage":"s","days":1}}"#, "/when/in_stage/pipeline"),
        (r#"{"unanswered":{"hours_before_due":9000}}"#, "/when/unanswered/hours_before_due"),
        (r#"{"nothing":{"on":[],"days":1}}"#, "/when/nothing/on"),
        (r#"{"nothing":{"on":"purchase.made","days":1}}"#, "/when/nothing/on"),
        (r#"{"nothing":{"on":["purchase.mad"],"days":1}}"#, "/when/nothing/on/0"),
        (r#"{"nothing":{"on":["purchase.made","purchase.made"],"days":1}}"#, "/when/nothing/on/1"),
        (r#"{"nothing":{"on":["rule_set.drafted"],"days":1}}"#, "/when/nothing/on/0"),
        (r#"{"nothing":{"on":["purchase.made"],"days":1,"where":"amount >"}}"#, "/when/nothing/where"),
        (r#"{"nothing":{"on":["purchase.made"],"days":1,"where":"amount"}}"#, "/when/nothing/where"),
        (r#"{"nothing":{"on":["purchase.made"],"days":1,"where":"weight > 1"}}"#, "/when/nothing/where"),
        (r#"{"nothing":{"on":["purchase.made"],"days":1,"where":"customer.kind == 'person'"}}"#, "/when/nothing/where"),
        (r#"{"nothing":{"on":["complaint.opened"],"days":1,"where":"text == 'x'"}}"#, "/when/nothing/where"),
        (r#"{"count":{"on":["web.visited"],"count":1001,"within_days":1}}"#, "/when/count/count"),
        (r#"{"count":{"on":["web.visited"],"count":0,"within_days":1}}"#, "/when/count/count"),
        (r#"{"points":{"rule_set":"v"}}"#, "/when/points"),
        (r#"{"points":{"rule_set":"v","above":1,"below":2}}"#, "/when/points"),
        (r#"{"points":{"rule_set":"v","again_below":1}}"#, "/when/points/above"),
        (r#"{"points":{"rule_set":"v","above":1,"again_below":2}}"#, "/when/points/again_below"),
        (r#"{"points":{"rule_set":"v","below":2,"again_above":1}}"#, "/when/points/again_above"),
        (r#"{"points":{"rule_set":"v","above":true}}"#, "/when/points/above"),
        (r#"{"points":{"rule_set":"v","above":1e20}}"#, "/when/points/above"),
        (r#"{"grade":{"rule_set":"v","to":[]}}"#, "/when/grade/to"),
        (r#"{"grade":{"rule_set":"v","to":["A",1]}}"#, "/when/grade/to/1"),
    ] {
        assert_eq!(pointers(when(condition)), [pointer], "{condition}");
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let wrong = r#"{"when":{"no_contact":{"days":0}},"then":[{"tag":""},{"sing":1},{"task":{"due_days":-1}},
        {"message":{"channel":"email"}},{"webhook":{"subscriber":7}},5],"time_zone":"Europe/Nowhere",
        "from":"2026-03-01","cap":{"count":0,"per_days":1,"x":1},"why":1}"#;
    assert_eq!(
        pointers(parse(wrong)),
        [
            "/why",
            "/when/no_contact/days",
            "/then/0/tag",
            "/then/1/sing",
            "/then/2/task/title",
            "/then/2/task/due_days",
            "/then/3/message/purpose",
            "/then/3/message/template",
            "/then/4/webhook/subscriber",
            "/then/5",
            "/time_zone",
            "/from",
            "/cap/x",
            "/cap/count",
        ]
    );
    for (text, expected) in [
        ("[]", &[""][..]),
        ("{}", &["/when", "/then"]),
        (r#"{"when":{"no_contact":{"days":1}},"then":[]}"#, &["/then"]),
        (r#"{"when":{"no_contact":{"days":1}},"then":{"tag":"x"}}"#, &["/then"]),
    ] {
        assert_eq!(pointers(parse(text)), expected, "{text}");
    }
    let long = format!(r#"{{"when":{{"no_contact":{{"days":1}}}},"then":[{{"tag":"{}"}}]}}"#, "x".repeat(65));
    let problems = parse(&long).unwrap_err();
    assert!(!problems[0].detail.contains("xx"), "no values in texts");
}
