//! CloudEvents in binary mode (HTTP protocol binding 1.0.2, section 3.1): attributes in `ce-` headers, data in the body.

use std::borrow::Cow;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use kulta_events::Problem as Refusal;
use serde_json::value::RawValue;

use super::forms;
use crate::intake::Arrival;

const PREFIX: &str = "ce-";

/// Whether a request carries an event in its headers.
pub fn is_binary(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| name.as_str().starts_with(PREFIX))
}

/// The event, in structured form, and its source and id for the answer.
pub fn event(headers: &HeaderMap, body: &[u8], origin: &str) -> (Arrival, Option<String>, Option<String>) {
    let mut event = Written::default();
    for name in headers.keys().filter(|name| name.as_str().starts_with(PREFIX)) {
        event.attribute(&name.as_str()[PREFIX.len()..], headers.get_all(name).iter());
    }
    event.data(headers.get(CONTENT_TYPE), body);
    let mut arrival = forms::arrival(&(event.text + "}"), origin);
    arrival.problems = event.problems;
    (arrival, event.source, event.id)
}

/// The structured form, being written.
struct Written {
    text: String,
    problems: Vec<Refusal>,
    source: Option<String>,
    id: Option<String>,
}

impl Default for Written {
    fn default() -> Self {
        Self { text: "{".to_owned(), problems: Vec::new(), source: None, id: None }
    }
}

impl Written {
    fn attribute<'a>(&mut self, name: &str, mut values: impl Iterator<Item = &'a HeaderValue>) {
        let (first, second) = (values.next(), values.next());
        let value = first.map(|value| decode(value.as_bytes()));
        match (value, second) {
            (Some(Ok(value)), None) => {
                match name {
                    "source" => self.source = Some(value.clone()),
                    "id" => self.id = Some(value.clone()),
                    _ => {}
                }
                self.member(name, &serde_json::Value::from(value).to_string());
            }
            (_, Some(_)) => self.refuse(name, "the header stands there twice"),
            _ => self.refuse(name, "the header is not UTF-8"),
        }
    }

    fn data(&mut self, content_type: Option<&HeaderValue>, body: &[u8]) {
        let Some(content_type) = content_type.map(|value| String::from_utf8_lossy(value.as_bytes())) else {
            return self.json_data(body);
        };
        self.member("datacontenttype", &serde_json::Value::from(&*content_type).to_string());
        let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        // Other data is not looked at: the validator refuses it by its type.
        if media == "application/json" || media.ends_with("+json") {
            self.json_data(body);
        }
    }

    fn json_data(&mut self, body: &[u8]) {
        if body.trim_ascii().is_empty() {
            return;
        }
        // Checked by itself first: spliced in unchecked, it could close the object around it.
        match serde_json::from_slice::<&RawValue>(body) {
            Ok(data) => self.member("data", data.get()),
            Err(error) => {
                let detail = format!("not JSON at line {} column {}", error.line(), error.column());
                self.problems.push(Refusal::new("malformed", "/data", detail));
            }
        }
    }

    fn member(&mut self, name: &str, json: &str) {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        self.text.push('"');
        // Names of headers hold nothing that JSON would escape.
        self.text.push_str(name);
        self.text.push_str("\":");
        self.text.push_str(json);
    }

    fn refuse(&mut self, name: &str, detail: &str) {
        self.problems.push(Refusal::new("malformed", format!("/{name}"), detail));
    }
}

/// Quotes and percent signs undone; `Err` when the result is not UTF-8.
fn decode(value: &[u8]) -> Result<String, ()> {
    let value = value.trim_ascii();
    let value = match value {
        [b'"', inner @ .., b'"'] => unquote(inner),
        plain => Cow::Borrowed(plain),
    };
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = &value[..];
    while let Some((first, after)) = rest.split_first() {
        match (first, after) {
            (b'%', [high, low, tail @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(digit(*high) << 4 | digit(*low));
                rest = tail;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).map_err(|_| ())
}

fn unquote(inner: &[u8]) -> Cow<'_, [u8]> {
    if !inner.contains(&b'\\') {
        return Cow::Borrowed(inner);
    }
    let mut escaped = false;
    let keep = |byte: &&u8| {
        escaped = !escaped && **byte == b'\\';
        !escaped
    };
    Cow::Owned(inner.iter().filter(keep).copied().collect())
}

fn digit(hex: u8) -> u8 {
    char::from(hex).to_digit(16).map_or(0, |digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn made(headers: &[(&'static str, &[u8])], body: &str) -> (Arrival, Option<String>, Option<String>) {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap()));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value);
        }
        event(&map, body.as_bytes(), "")
    }

    #[test]
    fn headers_and_data_become_one_document() {
        let headers: &[(&str, &[u8])] =
            &[("ce-id", b"1"), ("ce-source", b"erp"), ("content-type", b"application/json"), ("host", b"x")];
        let (arrival, source, id) = made(headers, "{\"amount\": 1}");
        let written: serde_json::Value = serde_json::from_str(&arrival.text).unwrap();
        let expected = serde_json::json!({
            "id": "1", "source": "erp", "datacontenttype": "application/json", "data": {"amount": 1},
        });
        assert_eq!(written, expected);
        assert_eq!((source.as_deref(), id.as_deref()), (Some("erp"), Some("1")));
        assert!(arrival.problems.is_empty());
    }

    #[test]
    fn values_are_decoded() {
        for (value, text) in [
            ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
            ("100%", "100%"),
            ("%zz", "%zz"),
            ("\"a \\\"b\\\\ c\"", "a \"b\\ c"),
            ("Jürgen", "Jürgen"),
            ("", ""),
        ] {
            assert_eq!(decode(value.as_bytes()).as_deref(), Ok(text), "{value}");
        }
        assert_eq!(decode(b"%ff"), Err(()));
        assert_eq!(decode(b"\xfc"), Err(()));
    }

    #[test]
    fn data_cannot_leave_its_place() {
        let (arrival, ..) = made(&[("ce-id", b"1")], "{}, \"source\": \"kulta\"");
        assert_eq!(arrival.problems[0].pointer, "/data");
        assert!(!arrival.text.contains("kulta"));
        let (arrival, ..) = made(&[("ce-id", b"1\"}")], "");
        assert_eq!(&*arrival.text, r#"{"id":"1\"}"}"#);
    }

    #[test]
    fn doubled_and_unreadable_headers_are_named() {
        let (arrival, _, id) = made(&[("ce-id", b"1"), ("ce-id", b"2"), ("ce-subject", b"%ff")], "");
        let pointers: Vec<_> = arrival.problems.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!((pointers.len(), id), (2, None));
        assert!(pointers.contains(&"/id") && pointers.contains(&"/subject"));
    }
}
