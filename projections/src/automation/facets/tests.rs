use kulta_events::Vocabulary;

use super::*;
use crate::given::event;

fn holds(condition: &str, type_name: &str, data: &str) -> bool {
    let facets = crate::scores::rules::Facets::of(&Vocabulary::standard());
    let condition = Condition::parse(condition, &[type_name.into()], &facets).unwrap();
    condition.holds(&event("erp", "1", 3, type_name, data))
}

#[test]
fn a_condition_reads_the_facts_of_an_event() {
    let purchase = r#"{"purchase":"1","amount":"120.50","currency":"EUR"}"#;
    for (condition, expected) in [
        ("amount > 120", true),
        ("amount > 121", false),
        ("currency in ['EUR', 'SEK']", true),
        ("type == 'purchase.made' && source == 'erp'", true),
        ("has(unit)", false),
        ("channel == 'web'", false),
        ("!(channel == 'web')", false),
        ("has(channel) || amount > 1", true),
        ("amount / 0 > 1", false),
    ] {
        assert_eq!(holds(condition, "purchase.made", purchase), expected, "{condition}");
    }
}

#[test]
fn what_is_sealed_for_persons_is_not_read_of_them() {
    let facets = crate::scores::rules::Facets::of(&Vocabulary::standard());
    let on = ["customer.registered".into()];
    let refused = |text: &str| Condition::parse(text, &on, &facets).unwrap_err();
    assert!(refused("given_name == 'Aino'").contains("personal in customer.registered"));
    assert!(refused("attributes.size == 1").contains("personal"));
    assert!(refused("1 + 1").contains("expected a condition"));
    assert!(refused("kind ==").contains("line 1, column"));
    assert!(holds("kind == 'person'", "customer.registered", r#"{"kind":"person"}"#));
}
