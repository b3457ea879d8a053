//! CloudEvents in binary mode (HTTP protocol binding 1.0.2, section 3.1): attributes in `ce-` headers, data in the body.

use std::borrow::Cow;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};

use crate::intake::Arrival;
use crate::intake::parts::Parts;

const PREFIX: &str = "ce-";

/// Whether a request carries an event in its headers.
pub fn is_binary(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| name.as_str().starts_with(PREFIX))
}

/// The event, in structured form, and its source and id for the answer.
pub fn event(headers: &HeaderMap, body: &[u8], origin: &str) -> (Arrival, Option<String>, Option<String>) {
    let mut event = Parts::default();
    for name in headers.keys().filter(|name| name.as_str().starts_with(PREFIX)) {
        attribute(&mut event, &name.as_str()[PREFIX.len()..], headers.get_all(name).iter());
    }
    let content_type = headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
    event.data(content_type.as_deref(), body);
    event.finish(origin.to_owned())
}

fn attribute<'a>(event: &mut Parts, name: &str, mut values: impl Iterator<Item = &'a HeaderValue>) {
    let (first, second) = (values.next(), values.next());
    match (first.map(|value| decode(value.as_bytes())), second) {
        (Some(Ok(value)), None) => event.attribute(name, value),
        (_, Some(_)) => event.refuse(name, "the header stands there twice"),
        _ => event.refuse(name, "the header is not UTF-8"),
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
        let written: serde_json::Value = serde_json::from_str(&arrival.text).unwrap();
        assert_eq!(written, serde_json::json!({"id": "1", "data": "{}, \"source\": \"kulta\""}));
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
