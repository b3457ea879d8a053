//! Nothing of a person goes into an archive.

use std::fs;

use serde_json::json;

use super::{all, import, minute, read, written};
use crate::kit::{Place, event};

/// The customer's key, an address at that.
const SUBJECT: &str = "Aino.Virtanen@Example.fi";
const CLEAR: [&str; 8] =
    ["virtanen", "aino", "5551234", "kukkakatu", "dripping", "signup/77", "her own words", "asked her husband"];

#[test]
fn no_personal_text_is_in_any_file() {
    let place = Place::sqlite();
    let registered = json!({"kind": "person", "name": "Aino Virtanen", "email": SUBJECT, "phone": "+358 40 5551234",
        "address": {"street": "Kukkakatu 5", "city": "Turku"}, "language": "fi", "nickname": "Aino"});
    let mut events = vec![
        event("newsletter", SUBJECT, "signup/77", &minute(1), "customer.registered", registered),
        event(
            "newsletter",
            SUBJECT,
            "signup/78",
            &minute(2),
            "complaint.opened",
            json!({"complaint": "c-1", "topic": "tap", "text": "a dripping tap, in her own words"}),
        ),
        event(
            "newsletter",
            SUBJECT,
            "signup/79",
            &minute(3),
            "purchase.returned",
            json!({"amount": 1, "currency": "EUR", "reason": "asked her husband"}),
        ),
    ];
    // The ids of events of one time are opened to order them.
    for n in 0..40 {
        let page = json!({"page": "/tap"});
        events.push(event("newsletter", SUBJECT, &format!("aino/{n}"), &minute(n % 4), "web.visited", page));
    }
    import(&place, &events);
    written(&place, "a");
    let dir = place.directory().join("a");
    for entry in fs::read_dir(&dir).unwrap() {
        let (name, bytes) = {
            let path = entry.unwrap().path();
            (path.display().to_string(), fs::read(path).unwrap())
        };
        for clear in CLEAR {
            let found = bytes.windows(clear.len()).any(|window| window.eq_ignore_ascii_case(clear.as_bytes()));
            assert!(!found, "{name} holds {clear}");
        }
    }
    // What is packed shows when it is unpacked: every text that there is.
    let archived = read(&place, "a", &all()).unwrap();
    let facts = &archived.facts;
    assert_eq!(facts.len(), events.len());
    let words = [&facts.types, &facts.sources, &facts.units, &archived.members.sources];
    let mut texts: Vec<String> = words.iter().flat_map(|codes| codes.names.iter()).map(ToString::to_string).collect();
    for (name, facet) in &facts.facets {
        texts.push(name.to_string());
        texts.extend(facet.texts.iter().flat_map(|texts| texts.dictionary.iter()).map(ToString::to_string));
    }
    assert!(texts.iter().any(|text| text == "/tap"));
    for text in texts {
        let text = text.to_lowercase();
        assert!(!CLEAR.iter().any(|clear| text.contains(clear)), "{text}");
    }
}
