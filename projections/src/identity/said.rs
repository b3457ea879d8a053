//! What a record's state says, as matching takes it.

use kulta_events::Json;

use super::attributes::{AddressText, Attributes, IdText};
use crate::record::RecordState;

/// The attributes of a record of `source` as it stands. What was cleared is not said.
pub fn attributes(source: &str, state: &RecordState) -> Attributes {
    let fields = state.fields().filter_map(|(field, view)| Some((field, view.value?)));
    Attributes { source: source.to_owned(), ..of_fields(fields) }
}

/// The attributes that fields of `customer.registered` say.
pub fn of_fields<'a>(fields: impl IntoIterator<Item = (&'a str, &'a Json)>) -> Attributes {
    let mut found = Attributes::default();
    for (field, value) in fields {
        match field {
            "kind" => found.kind = text(value),
            "given_name" => found.given_name = text(value),
            "family_name" => found.family_name = text(value),
            "name" => found.name = text(value),
            "aliases" => found.aliases = texts(value),
            "email" => found.emails = texts(value),
            "phone" => found.phones = texts(value),
            "address" => found.addresses = items(value).iter().map(address).filter(|one| !one.is_empty()).collect(),
            "birth_date" => found.birth_dates = texts(value),
            "gender" => found.gender = text(value),
            "business_id" => found.business_id = text(value),
            "vat_id" => found.vat_id = text(value),
            "website" => found.website = text(value),
            "ids" => found.ids = items(value).iter().map(id).filter(|id| !id.value.is_empty()).collect(),
            "country" => found.country = text(value),
            _ => {}
        }
    }
    found
}

fn items(value: &Json) -> &[Json] {
    match value {
        Json::Array(items) => items,
        single => std::slice::from_ref(single),
    }
}

/// A text or a number as it was written; anything else says nothing.
fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Number(_) => value.to_string(),
        Json::Array(items) => items.first().map(text).unwrap_or_default(),
        _ => String::new(),
    }
}

fn texts(value: &Json) -> Vec<String> {
    items(value).iter().map(text).filter(|text| !text.is_empty()).collect()
}

fn address(value: &Json) -> AddressText {
    let part = |name: &str| value.get(name).map(text).unwrap_or_default();
    match value {
        // Somebody wrote the whole address in one line.
        Json::String(line) => AddressText { street: line.clone(), ..AddressText::default() },
        _ => AddressText {
            street: part("street"),
            postal_code: part("postal_code"),
            city: part("city"),
            region: part("region"),
            country: part("country"),
        },
    }
}

fn id(value: &Json) -> IdText {
    let part = |name: &str| value.get(name).map(text).unwrap_or_default();
    IdText { kind: part("type"), value: part("value"), country: part("country") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::event;

    #[test]
    fn a_state_says_what_its_events_said_last() {
        let registered = event(
            "erp",
            "1",
            1,
            "customer.registered",
            r#"{"kind":"person","given_name":"Aino","email":["a@x.fi","b@x.fi"],"phone":"040 1","birth_date":"1980-01-02",
                "address":{"street":"Katu 1","city":"Oulu"},"ids":[{"type":"passport","value":"X1","country":"FI"}]}"#,
        );
        let edited = event("erp", "1", 2, "customer.contact_edited", r#"{"phone":null,"family_name":"Aalto"}"#);
        let found = attributes("erp", &RecordState::fold([&registered, &edited]));
        let expected = Attributes {
            source: "erp".into(),
            kind: "person".into(),
            given_name: "Aino".into(),
            family_name: "Aalto".into(),
            emails: vec!["a@x.fi".into(), "b@x.fi".into()],
            addresses: vec![AddressText { street: "Katu 1".into(), city: "Oulu".into(), ..AddressText::default() }],
            birth_dates: vec!["1980-01-02".into()],
            ids: vec![IdText { kind: "passport".into(), value: "X1".into(), country: "FI".into() }],
            ..Attributes::default()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn relations_say_nothing_about_who_somebody_is() {
        let company = crate::given::record("erp", "100");
        let data = format!(r#"{{"relation":"contact_of","to":"{company}","role":"buyer"}}"#);
        let registered = event("erp", "1", 1, "customer.registered", r#"{"name":"Aino Aalto"}"#);
        let related = event("erp", "1", 2, "customer.related", &data);
        let (before, after) = (RecordState::fold([&registered]), RecordState::fold([&registered, &related]));
        assert_ne!(before, after);
        assert_eq!(attributes("erp", &before), attributes("erp", &after));
    }
}
