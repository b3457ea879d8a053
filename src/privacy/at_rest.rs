//! Records that an event names beside the one that it is about.

use kulta_events::field::Kind;
use kulta_events::{Fact, Json};

use super::hash::Hasher;

impl Hasher {
    /// Puts record ids in the place of `{source, subject}`: subjects may be personal, and another record's key would
    /// not be destroyed with the record that they name.
    pub fn put_record_ids(&self, fact: &mut Fact) {
        for (name, value) in &mut fact.parts.facts {
            let kind = fact.event_type.field(name).map(|field| field.kind);
            match (kind, value) {
                (Some(Kind::RecordRef), value) => self.put_record_id(value),
                (Some(Kind::List(Kind::RecordRef)), Json::Array(items)) => {
                    items.iter_mut().for_each(|item| self.put_record_id(item));
                }
                _ => {}
            }
        }
    }

    fn put_record_id(&self, value: &mut Json) {
        let text = |name: &str| value.get(name).and_then(Json::as_str);
        if let (Some(source), Some(subject)) = (text("source"), text("subject")) {
            *value = Json::String(self.record(source, subject).to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use kulta_events::envelope::Parts;
    use kulta_events::{Instant, Vocabulary};

    use super::*;

    #[test]
    fn the_other_record_is_kept_by_its_id() {
        let hasher = Hasher::new(&[1; 32]);
        let event_type = Vocabulary::standard().get("customer.related").unwrap();
        let data = br#"{"relation":"contact_of","to":{"source":"erp","subject":" 7 "},"role":"buyer"}"#;
        let mut fact = Fact {
            id: "1".to_owned(),
            source: "crm".to_owned(),
            subject: "1".to_owned(),
            event_type,
            time: Instant::default(),
            unit: None,
            causation: None,
            correlation: None,
            version: 1,
            parts: Parts::split(event_type, Json::parse(data).unwrap(), &[]),
        };
        for _ in 0..2 {
            hasher.put_record_ids(&mut fact);
            let facts = Json::object_text(&fact.parts.facts);
            assert_eq!(facts, format!(r#"{{"relation":"contact_of","to":"{}"}}"#, hasher.record("erp", "7")));
        }
        assert_eq!(Json::object_text(&fact.parts.contact), r#"{"role":"buyer"}"#);
    }
}
