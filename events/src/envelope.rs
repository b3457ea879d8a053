//! From CloudEvents to a [`Fact`]: the one validator for every door.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use crate::field::Retention;
use crate::ids::KULTA;
use crate::instant::Instant;
use crate::json::{Json, write_string};
use crate::vocabulary::{EventType, Vocabulary, class_of};

/// The longest id and subject, in characters.
pub const MAX_NAME: usize = 512;
/// The longest source, in characters.
pub const MAX_SOURCE: usize = 256;
/// The largest event as JSON text, in bytes.
pub const MAX_EVENT_BYTES: usize = 1 << 20;
/// How far in the future an event may lie, since clocks differ: one day, in microseconds.
pub const MAX_AHEAD: i64 = Instant::DAY;

/// Why an event was refused: which field, and what is wrong with it. Holds no values, since they may be personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Problem {
    /// A stable word for the reason, such as `unknown-type`.
    pub code: String,
    /// JSON pointer into the event.
    pub pointer: String,
    /// What is wrong.
    pub detail: String,
}

impl Problem {
    /// A problem at a place.
    pub fn new(code: &str, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code: code.to_owned(), pointer: pointer.into(), detail: detail.into() }
    }
}

/// An event that passed the validator: typed, checked, split into facts and personal parts.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The id that its source gave.
    pub id: String,
    /// The system that publishes it.
    pub source: String,
    /// The customer's key in that system.
    pub subject: String,
    /// What happened.
    pub event_type: &'static EventType,
    /// When.
    pub time: Instant,
    /// The business unit.
    pub unit: Option<String>,
    /// The event that caused this one.
    pub causation: Option<String>,
    /// The conversation that this one belongs to.
    pub correlation: Option<String>,
    /// The payload's version as it came.
    pub version: u16,
    /// The payload, split.
    pub parts: Parts,
}

/// A payload split by who may read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// What stands in the event's row.
    pub facts: Vec<(String, Json)>,
    /// What is sealed as contact data.
    pub contact: Vec<(String, Json)>,
    /// What is sealed as conversation.
    pub conversation: Vec<(String, Json)>,
    /// Names of the members that the schema does not know (sealed with the others).
    pub unknown: Vec<String>,
}

impl Parts {
    /// Splits a checked payload. `facts_of_source` names free attributes that this source registered as facts.
    pub fn split(event_type: &'static EventType, data: Json, facts_of_source: &[String]) -> Self {
        let organisation = data.get("kind").and_then(Json::as_str) == Some("organisation");
        let mut parts = Self::default();
        let Json::Object(members) = data else {
            return parts;
        };
        for (name, value) in members {
            match event_type.field(&name) {
                Some(field) if name == "attributes" && class_of(field, organisation).is_some() => {
                    parts.split_attributes(value, facts_of_source);
                }
                Some(field) => parts.side(class_of(field, organisation)).push((name, value)),
                None => {
                    parts.unknown.push(name.clone());
                    parts.side(Some(event_type.unknown)).push((name, value));
                }
            }
        }
        parts
    }

    fn split_attributes(&mut self, value: Json, facts_of_source: &[String]) {
        let Json::Object(members) = value else {
            self.contact.push(("attributes".to_owned(), value));
            return;
        };
        let (facts, personal): (Vec<_>, Vec<_>) =
            members.into_iter().partition(|(name, _)| facts_of_source.contains(name));
        // Empty `attributes` say something too (the list is empty now), so they are kept on one side.
        if !personal.is_empty() || facts.is_empty() {
            self.contact.push(("attributes".to_owned(), Json::Object(personal)));
        }
        if !facts.is_empty() {
            self.facts.push(("attributes".to_owned(), Json::Object(facts)));
        }
    }

    fn side(&mut self, class: Option<Retention>) -> &mut Vec<(String, Json)> {
        match class {
            None => &mut self.facts,
            Some(Retention::Contact) => &mut self.contact,
            Some(Retention::Conversation) => &mut self.conversation,
        }
    }

    /// The canonical text of [`Parts::join`], without a copy of what is joined.
    fn write_canonical(&self, out: &mut String) {
        let personal = || self.contact.iter().chain(&self.conversation);
        let is_split = |(name, _): &(String, Json)| self.facts.iter().any(|(known, _)| known == name);
        let twice = |(name, _): &(String, Json)| self.conversation.iter().any(|(other, _)| other == name);
        if personal().any(is_split) || self.contact.iter().any(twice) {
            out.push_str(&self.clone().join().canonical());
            return;
        }
        let mut members: Vec<_> =
            self.facts.iter().chain(personal()).map(|(name, value)| (name.as_str(), value)).collect();
        Json::write_canonical_object(&mut members, out);
    }

    /// Puts the parts together again; `attributes` that were split become one object.
    pub fn join(self) -> Json {
        let mut members = self.facts;
        for (name, value) in self.contact.into_iter().chain(self.conversation) {
            match members.iter_mut().find(|(known, _)| *known == name) {
                Some((_, Json::Object(known))) => {
                    if let Json::Object(more) = value {
                        known.extend(more);
                    }
                }
                _ => members.push((name, value)),
            }
        }
        Json::Object(members)
    }
}

impl Fact {
    /// The text that is equal for equal content: type, subject, time, unit and the lifted payload. Its keyed hash tells
    /// a duplicate from a conflict.
    pub fn content(&self) -> String {
        let mut lifted = String::with_capacity(256);
        if self.version >= self.event_type.version {
            self.parts.write_canonical(&mut lifted);
        } else {
            lifted.push_str(&self.event_type.upcast(self.version, self.parts.clone().join()).canonical());
        }
        content(self.event_type.name, &self.subject, self.time, self.unit.as_deref(), &lifted)
    }
}

/// See [`Fact::content`]; `lifted` is the canonical text of the lifted payload.
pub fn content(type_name: &str, subject: &str, time: Instant, unit: Option<&str>, lifted: &str) -> String {
    let mut text = String::with_capacity(128 + lifted.len() + lifted.len() / 4);
    text.push('[');
    write_string(type_name, &mut text);
    text.push(',');
    write_string(subject, &mut text);
    // Writing to a String does not fail.
    let _ = write!(text, ",{},", time.micros());
    match unit {
        Some(unit) => write_string(unit, &mut text),
        None => text.push_str("null"),
    }
    text.push(',');
    write_string(lifted, &mut text);
    text.push(']');
    text
}

/// What a validator needs to know of the world.
#[derive(Debug)]
pub struct Validator<'a> {
    /// The types that there are.
    pub vocabulary: &'a Vocabulary,
    /// What the clock says.
    pub now: Instant,
    /// Free attributes that a source registered as facts.
    pub fact_attributes: &'a BTreeMap<String, Vec<String>>,
}

impl Validator<'_> {
    /// Checks one CloudEvent in structured form that came from outside.
    ///
    /// # Errors
    /// Everything that is wrong with it, field by field; never empty.
    pub fn check(&self, event: Json) -> Result<Fact, Vec<Problem>> {
        let mut envelope = Envelope::read(event)?;
        let mut problems = std::mem::take(&mut envelope.problems);
        if envelope.source == KULTA {
            problems.push(Problem::new(
                "reserved-source",
                "/source",
                "the source `kulta` is reserved for people's edits",
            ));
        }
        let time = self.time(&envelope, &mut problems);
        let event_type = self.event_type(&envelope, &mut problems);
        let (Some(time), Some(event_type)) = (time, event_type) else {
            return Err(problems);
        };
        let version = version(event_type, envelope.version.as_ref(), &mut problems);
        let data = envelope.data.unwrap_or_else(|| Json::Object(Vec::new()));
        // A payload of an older version is lifted before it is checked, so that one schema serves.
        let mut data = event_type.upcast(version, data);
        check_members(event_type, &mut data, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        split_link(event_type, &mut data);
        let facts_of_source = self.fact_attributes.get(&envelope.source).map_or(&[][..], Vec::as_slice);
        let parts = Parts::split(event_type, data, facts_of_source);
        Ok(Fact {
            id: envelope.id,
            source: envelope.source,
            subject: envelope.subject,
            event_type,
            time,
            unit: envelope.unit,
            causation: envelope.causation,
            correlation: envelope.correlation,
            version: event_type.version,
            parts,
        })
    }

    fn time(&self, envelope: &Envelope, problems: &mut Vec<Problem>) -> Option<Instant> {
        const EARLIEST: i64 = -5_364_662_400_000_000; // 1800-01-01T00:00:00Z
        let Some(text) = &envelope.time else {
            problems.push(Problem::new("missing", "/time", "required: when it happened, RFC 3339 with offset"));
            return None;
        };
        match Instant::parse(text) {
            Ok(time) if time > self.now.plus_micros(MAX_AHEAD) => {
                problems.push(Problem::new("future-time", "/time", "lies more than a day in the future"));
                None
            }
            Ok(time) if time.micros() < EARLIEST => {
                problems.push(Problem::new("time", "/time", "lies before the year 1800"));
                None
            }
            Ok(time) => Some(time),
            Err(error) => {
                problems.push(Problem::new("time", "/time", error.to_string()));
                None
            }
        }
    }

    fn event_type(&self, envelope: &Envelope, problems: &mut Vec<Problem>) -> Option<&'static EventType> {
        match self.vocabulary.get(&envelope.type_name) {
            Some(found) if found.is_command_only() => {
                problems.push(Problem::new("reserved-type", "/type", "only people in kulta make events of this type"));
                None
            }
            Some(found) => Some(found),
            None if envelope.type_name.is_empty() => None,
            None => {
                problems.push(Problem::new("unknown-type", "/type", "no such event type is registered"));
                None
            }
        }
    }
}

/// Checks the members of a payload against its type, in place.
pub fn check_members(event_type: &'static EventType, data: &mut Json, problems: &mut Vec<Problem>) {
    let Json::Object(members) = data else {
        problems.push(Problem::new("wrong-type", "/data", "expected an object"));
        return;
    };
    for (name, value) in members.iter_mut() {
        let Some(field) = event_type.field(name) else { continue };
        if value.is_null() && field.nullable {
            continue;
        }
        if let Err(fault) = field.kind.check(value) {
            problems.push(Problem::new("invalid", format!("/data/{name}{}", fault.pointer), fault.detail));
        }
    }
    for field in event_type.fields.iter().filter(|field| field.required) {
        if !members.iter().any(|(name, _)| name == field.name) {
            problems.push(Problem::new("missing", format!("/data/{}", field.name), "required member is missing"));
        }
    }
}

/// The query part of a link may say who followed it: it is kept apart and sealed.
fn split_link(event_type: &'static EventType, data: &mut Json) {
    let Json::Object(members) = data else { return };
    if event_type.field("link_query").is_none() || members.iter().any(|(name, _)| name == "link_query") {
        return;
    }
    let Some((_, Json::String(link))) = members.iter_mut().find(|(name, _)| name == "link") else { return };
    if let Some(cut) = link.find(['?', '#']) {
        let query = link.split_off(cut);
        members.push(("link_query".to_owned(), Json::String(query)));
    }
}

fn version(event_type: &'static EventType, given: Option<&Json>, problems: &mut Vec<Problem>) -> u16 {
    let Some(given) = given else { return 1 };
    let number = given.as_decimal().filter(|n| n.fract().is_zero()).and_then(|n| u16::try_from(n).ok());
    match number {
        Some(number) if (1..=event_type.version).contains(&number) => number,
        _ => {
            let detail = format!("expected a version from 1 to {}", event_type.version);
            problems.push(Problem::new("dataversion", "/dataversion", detail));
            1
        }
    }
}

#[derive(Default)]
struct Envelope {
    id: String,
    source: String,
    type_name: String,
    subject: String,
    time: Option<String>,
    unit: Option<String>,
    causation: Option<String>,
    correlation: Option<String>,
    version: Option<Json>,
    data: Option<Json>,
    problems: Vec<Problem>,
}

impl Envelope {
    fn read(event: Json) -> Result<Self, Vec<Problem>> {
        let Json::Object(members) = event else {
            return Err(vec![Problem::new("wrong-type", "", "an event is a JSON object")]);
        };
        let mut envelope = Self::default();
        let mut specversion = None;
        for (name, value) in members {
            match name.as_str() {
                "specversion" => specversion = Some(value),
                "data" => envelope.data = Some(value).filter(|data| !data.is_null()),
                "dataversion" => envelope.version = Some(value).filter(|version| !version.is_null()),
                "data_base64" => envelope.problem("wrong-type", "/data_base64", "data must be JSON, not binary"),
                "datacontenttype" => envelope.content_type(&value),
                _ => envelope.text_member(&name, value),
            }
        }
        if specversion.as_ref().and_then(Json::as_str) != Some("1.0") {
            envelope.problem("specversion", "/specversion", "expected \"1.0\"");
        }
        for (name, empty) in [
            ("id", envelope.id.is_empty()),
            ("source", envelope.source.is_empty()),
            ("type", envelope.type_name.is_empty()),
            ("subject", envelope.subject.is_empty()),
        ] {
            let named = |problem: &Problem| problem.pointer.strip_prefix('/') == Some(name);
            if empty && !envelope.problems.iter().any(named) {
                envelope.problem("missing", &format!("/{name}"), "required: non-empty text");
            }
        }
        Ok(envelope)
    }

    fn problem(&mut self, code: &str, pointer: &str, detail: &str) {
        self.problems.push(Problem::new(code, pointer, detail));
    }

    fn content_type(&mut self, value: &Json) {
        let json = value.as_str().is_some_and(|text| {
            let media = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            media == "application/json" || media.ends_with("+json")
        });
        if !json {
            self.problem("wrong-type", "/datacontenttype", "only JSON data is understood");
        }
    }

    fn text_member(&mut self, name: &str, value: Json) {
        let most = match name {
            "id" | "subject" | "causationid" | "correlationid" => MAX_NAME,
            "source" => MAX_SOURCE,
            "type" | "unit" => 128,
            "time" => 64,
            // Other extension attributes (tracing, routing) are not part of the fact.
            _ => return,
        };
        let optional = matches!(name, "unit" | "causationid" | "correlationid");
        if value.is_null() && optional {
            return;
        }
        let Json::String(text) = value else {
            return self.problem("wrong-type", &format!("/{name}"), "expected text");
        };
        // Text has at most as many characters as bytes.
        if text.len() > most && text.chars().count() > most {
            return self.problem("too-long", &format!("/{name}"), &format!("longer than {most} characters"));
        }
        if text.chars().any(char::is_control) {
            return self.problem("control-character", &format!("/{name}"), "holds a control character");
        }
        match name {
            "id" => self.id = text,
            "subject" => self.subject = text.trim().to_owned(),
            "source" => self.source = text,
            "type" => self.type_name = text,
            "time" => self.time = Some(text),
            "unit" => self.unit = Some(text).filter(|unit| !unit.is_empty()),
            "causationid" => self.causation = Some(text),
            _ => self.correlation = Some(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(event: &str) -> Result<Fact, Vec<Problem>> {
        let vocabulary = Vocabulary::standard();
        let fact_attributes = BTreeMap::from([("crm".to_owned(), vec!["segment".to_owned()])]);
        let now = Instant::parse("2026-03-02T12:00:00Z").unwrap();
        let validator = Validator { vocabulary: &vocabulary, now, fact_attributes: &fact_attributes };
        validator.check(Json::parse(event.as_bytes()).unwrap())
    }

    fn purchase(replace: &str, with: &str) -> String {
        let event = r#"{"specversion":"1.0","id":"inv-20931","source":"erp","type":"purchase.made","subject":"100234",
            "time":"2026-03-02T10:15:00+02:00","unit":"helsinki",
            "data":{"amount":"1249.90","currency":"EUR","margin":"410.00","product_group":"pumps","market":"FI"}}"#;
        assert!(event.contains(replace), "{replace}");
        event.replacen(replace, with, 1)
    }

    fn codes(event: &str) -> Vec<(String, String)> {
        check(event).unwrap_err().into_iter().map(|problem| (problem.code, problem.pointer)).collect()
    }

    #[test]
    fn takes_the_example_of_the_interface() {
        let fact = check(&purchase("", "")).unwrap();
        assert_eq!(fact.parts.facts[0], ("amount".to_owned(), Json::Number("1249.90".into())));
        assert!(fact.parts.contact.is_empty() && fact.parts.unknown.is_empty());
        assert_eq!(fact.unit.as_deref(), Some("helsinki"));
    }

    #[test]
    fn equal_content_is_equal_whatever_its_notation() {
        let one = check(&purchase("\"1249.90\"", "1249.9")).unwrap();
        let two = check(&purchase("2026-03-02T10:15:00+02:00", "2026-03-02T08:15:00.000Z")).unwrap();
        let other = check(&purchase("\"410.00\"", "\"411.00\"")).unwrap();
        assert_eq!(one.content(), two.content());
        assert_ne!(one.content(), other.content());
    }

    #[test]
    fn the_content_is_that_of_the_joined_payload() {
        for data in [
            r#"{"kind":"person","name":"N\"","email":null,"language":"fi"}"#,
            r#"{"kind":"person","attributes":{"segment":"gold","hobby":"chess","age":1.50},"shoe_size":[4e1]}"#,
        ] {
            let event = r#"{"specversion":"1.0","id":"1","source":"crm","type":"customer.registered","subject":"7\\t",
                "time":"2026-03-02T10:15:00Z","data":"#;
            let fact = check(&format!("{event}{data}}}")).unwrap();
            let whole = Json::Array(vec![
                Json::from(fact.event_type.name),
                Json::from(fact.subject.as_str()),
                Json::from(fact.time.micros()),
                Json::Null,
                Json::String(fact.parts.clone().join().canonical()),
            ]);
            assert_eq!(fact.content(), whole.canonical());
        }
    }

    #[test]
    fn names_field_and_reason_of_bad_input() {
        for (replace, with, code, pointer) in [
            ("\"1.0\"", "\"0.3\"", "specversion", "/specversion"),
            ("\"inv-20931\"", "\"\"", "missing", "/id"),
            ("\"inv-20931\"", "7", "wrong-type", "/id"),
            ("\"inv-20931\"", "\"a\\u0007\"", "control-character", "/id"),
            ("\"100234\"", "\"  \"", "missing", "/subject"),
            ("\"erp\"", "\"kulta\"", "reserved-source", "/source"),
            ("purchase.made", "purchase.dreamt", "unknown-type", "/type"),
            ("purchase.made", "identity.linked", "reserved-type", "/type"),
            ("2026-03-02T10:15:00+02:00", "2026-03-02T10:15:00", "time", "/time"),
            ("2026-03-02T10:15:00+02:00", "2126-03-02T10:15:00Z", "future-time", "/time"),
            ("\"1249.90\"", "\"-1\"", "invalid", "/data/amount"),
            ("\"amount\":\"1249.90\",", "", "missing", "/data/amount"),
            ("\"EUR\"", "\"XYZ\"", "invalid", "/data/currency"),
            ("\"unit\":\"helsinki\"", "\"dataversion\":2", "dataversion", "/dataversion"),
            ("\"unit\":\"helsinki\"", "\"datacontenttype\":\"text/xml\"", "wrong-type", "/datacontenttype"),
        ] {
            assert_eq!(codes(&purchase(replace, with)), [(code.to_owned(), pointer.to_owned())], "{with}");
        }
        assert_eq!(codes("[]"), [("wrong-type".to_owned(), String::new())]);
        assert!(codes("{}").len() >= 5);
    }

    #[test]
    fn personal_and_unknown_members_are_parted_from_facts() {
        let fact = check(
            r#"{"specversion":"1.0","id":"1","source":"crm","type":"customer.registered","subject":"7",
            "time":"2026-03-02T10:15:00Z","data":{"kind":"person","name":"N","business_id":"B","shoe_size":"43",
            "attributes":{"segment":"gold","hobby":"chess"},"email":null}}"#,
        )
        .unwrap();
        let names = |side: &[(String, Json)]| side.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&fact.parts.facts), ["kind", "attributes"]);
        assert_eq!(names(&fact.parts.contact), ["name", "business_id", "shoe_size", "attributes", "email"]);
        assert_eq!(fact.parts.unknown, ["shoe_size"]);
        let joined = fact.parts.join();
        assert_eq!(joined.get("attributes").unwrap().to_string(), r#"{"segment":"gold","hobby":"chess"}"#);
    }

    #[test]
    fn ids_of_organisations_are_facts() {
        let fact = check(
            r#"{"specversion":"1.0","id":"1","source":"crm","type":"customer.registered","subject":"7",
            "time":"2026-03-02T10:15:00Z","data":{"kind":"organisation","business_id":"B","name":"N"}}"#,
        )
        .unwrap();
        assert!(fact.parts.facts.iter().any(|(name, _)| name == "business_id"));
        assert_eq!(fact.parts.contact.len(), 1);
    }

    #[test]
    fn the_query_of_a_link_is_sealed() {
        let fact = check(
            r#"{"specversion":"1.0","id":"1","source":"newsletter","type":"email.link_clicked","subject":"a@b.fi",
            "time":"2026-03-02T10:15:00Z","data":{"link":"https://shop.example/a?who=a@b.fi"}}"#,
        )
        .unwrap();
        assert_eq!(fact.parts.facts, [("link".to_owned(), Json::from("https://shop.example/a"))]);
        assert_eq!(fact.parts.conversation, [("link_query".to_owned(), Json::from("?who=a@b.fi"))]);
    }
}
