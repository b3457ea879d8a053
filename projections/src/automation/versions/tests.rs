use super::*;
use crate::given::{EventExt, day, event};

fn defined(on: i64, id: &str, more: &str) -> Recorded {
    event("kulta", "-", on, "automation.defined", &format!(r#"{{"automation":"a","definition":{{"x":{on}}}{more}}}"#))
        .named(id)
}

const ON: &str = r#","enabled":true"#;
const OFF: &str = r#","enabled":false"#;

#[test]
fn an_automation_is_enabled_since_it_was_last_disabled() {
    let events =
        [defined(1, "a", ""), defined(2, "b", ON), defined(4, "c", OFF), defined(6, "d", ""), defined(7, "e", ON)];
    for order in [[0, 1, 2, 3, 4], [4, 2, 0, 3, 1]] {
        let definitions = Definitions::of(order.map(|place| &events[place]));
        for (as_of, number, since) in [(2, 1, Some(1)), (3, 2, Some(1)), (5, 3, None), (7, 4, Some(6)), (8, 5, Some(6))]
        {
            let automations = Automations::at(&definitions, Some(day(as_of)));
            let found = automations.get("a").unwrap();
            assert_eq!((found.number, found.enabled_since), (number, since.map(day)), "{as_of}");
            assert_eq!(automations.enabled().count(), usize::from(since.is_some()));
            assert_eq!(
                found.position,
                u64::try_from(found.version.definition.get("x").unwrap().to_string().parse::<i64>().unwrap()).unwrap()
                    + 1
            );
        }
        assert!(Automations::at(&definitions, Some(day(1))).get("a").is_none());
        let since = Automations::told_since(&definitions, Some(day(1)));
        assert_eq!(since.get("a").map(|found| found.number), Some(1), "as it was defined first");
        assert_eq!(Automations::told_since(&definitions, None), Automations::at(&definitions, None));
        let known = Automations::at(&definitions.clone().known_at(3), None);
        assert_eq!(known.get("a").map(|found| found.number), Some(2));
    }
}

#[test]
fn causes_count_from_the_enabling_or_from_where_people_say() {
    let facets = Facets::of(&kulta_events::Vocabulary::standard());
    let told = |definition: &str, enabled: bool| {
        let data = format!(r#"{{"automation":"a","enabled":{enabled},"definition":{definition}}}"#);
        let definitions = Definitions::of(&[event("kulta", "-", 3, "automation.defined", &data)]);
        Automations::at(&definitions, None).get("a").unwrap().clone()
    };
    let plain = r#"{"when":{"no_contact":{"days":1}},"then":[{"tag":"x"}]}"#;
    let from = r#"{"when":{"no_contact":{"days":1}},"then":[{"tag":"x"}],"from":"1970-01-02T00:00:00Z"}"#;
    for (definition, enabled, expected) in
        [(plain, true, Some(day(3))), (from, true, Some(Instant::default().plus_days(1))), (from, false, None)]
    {
        let automation = told(definition, enabled);
        let definition = automation.definition(&facets).unwrap();
        assert_eq!(automation.from(&definition), expected);
    }
    assert!(told("{}", true).definition(&facets).is_err());
}

#[test]
fn what_names_no_automation_or_nothing_to_do_is_no_version() {
    for data in [
        "{}",
        r#"{"automation":"","definition":{}}"#,
        r#"{"automation":"a"}"#,
        r#"{"automation":"a","definition":null}"#,
    ] {
        assert!(Version::read(&event("kulta", "-", 1, "automation.defined", data)).is_none(), "{data}");
    }
    assert!(Version::read(&event("kulta", "-", 1, "report.saved", r#"{"automation":"a","definition":{}}"#)).is_none());
}
