//! A Kafka message as an event (Kafka protocol binding 1.0.2): structured, or attributes in `ce_` headers.

use std::sync::Arc;

use kulta_events::Problem;
use kulta_events::envelope::MAX_EVENT_BYTES;
use rdkafka::message::{BorrowedMessage, Headers, Message};

use crate::intake::Arrival;
use crate::intake::parts::{Parts, media_type};

const PREFIX: &str = "ce_";
const STRUCTURED: &str = "application/cloudevents+json";
const CONTENT_TYPE: &str = "content-type";

/// A header: its name, and its value if it has one.
type Header<'a> = (&'a str, Option<&'a [u8]>);

/// The event that a message carries, as far as it carries one.
pub(super) fn arrival(message: &BorrowedMessage<'_>) -> Arrival {
    let headers = message.headers();
    let headers = headers.into_iter().flat_map(|headers| headers.iter()).map(|header| (header.key, header.value));
    // As topics are named, a slash stands in none of the three.
    let origin = format!("{}/{}/{}", message.topic(), message.partition(), message.offset());
    read(&headers.collect::<Vec<_>>(), message.payload(), origin)
}

fn read(headers: &[Header<'_>], payload: Option<&[u8]>, origin: String) -> Arrival {
    let bytes = payload.unwrap_or_default();
    if bytes.len() > MAX_EVENT_BYTES {
        return refused("too-large", format!("an event is at most {MAX_EVENT_BYTES} bytes"), bytes, origin);
    }
    let content_type = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(CONTENT_TYPE));
    let content_type = content_type.and_then(|(_, value)| std::str::from_utf8((*value)?).ok());
    let media = content_type.map(media_type).unwrap_or_default();
    let is_binary = headers.iter().any(|(name, _)| name.starts_with(PREFIX));
    if media == STRUCTURED || !is_binary && !media.starts_with("application/cloudevents") {
        return structured(payload, origin);
    }
    if media.starts_with("application/cloudevents") {
        return refused("unsupported-media-type", format!("expected {STRUCTURED} or ce_ headers"), bytes, origin);
    }
    binary(headers, content_type, bytes, origin)
}

fn structured(payload: Option<&[u8]>, origin: String) -> Arrival {
    let Some(bytes) = payload else {
        return refused("malformed", "the message has no value".to_owned(), &[], origin);
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => Arrival { text: text.into(), problems: Vec::new(), origin },
        Err(error) => refused("malformed", format!("not UTF-8 from byte {}", error.valid_up_to()), bytes, origin),
    }
}

fn binary(headers: &[Header<'_>], content_type: Option<&str>, data: &[u8], origin: String) -> Arrival {
    let mut event = Parts::default();
    let mut seen = Vec::new();
    for (name, value) in headers.iter().filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?, value))) {
        if seen.contains(&name) {
            event.refuse(name, "the header stands there twice");
            continue;
        }
        seen.push(name);
        match std::str::from_utf8(value.unwrap_or_default()) {
            Ok(value) => event.attribute(name, value.to_owned()),
            Err(_) => event.refuse(name, "the header is not UTF-8"),
        }
    }
    event.data(content_type, data);
    event.finish(origin).0
}

/// What is no event, kept as far as an event may be long.
fn refused(code: &str, detail: String, bytes: &[u8], origin: String) -> Arrival {
    let kept = &bytes[..bytes.len().min(MAX_EVENT_BYTES)];
    let text: Arc<str> = String::from_utf8_lossy(kept).into();
    Arrival { text, problems: vec![Problem::new(code, "", detail)], origin }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(headers: &[(&str, &str)], payload: Option<&[u8]>) -> Arrival {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, Some(value.as_bytes()))).collect();
        read(&headers, payload, "t/0/7".to_owned())
    }

    #[test]
    fn structured_events_are_taken_as_they_are() {
        for headers in [
            &[("content-type", "application/cloudevents+json; charset=UTF-8")][..],
            &[("Content-Type", "application/cloudevents+json"), ("ce_id", "ignored")],
            &[],
            &[("content-type", "application/json")],
        ] {
            let arrival = made(headers, Some(b"{\"id\": 1}"));
            assert_eq!((&*arrival.text, arrival.problems.len()), ("{\"id\": 1}", 0), "{headers:?}");
            assert_eq!(arrival.origin, "t/0/7");
        }
    }

    #[test]
    fn headers_and_data_become_one_event() {
        let headers = [("ce_id", "1"), ("ce_subject", "J\u{fc}rgen 100%25"), ("content-type", "application/json")];
        let arrival = made(&headers, Some(b"{\"amount\": 1}"));
        let written: serde_json::Value = serde_json::from_str(&arrival.text).unwrap();
        let expected = serde_json::json!({
            "id": "1", "subject": "J\u{fc}rgen 100%25", "datacontenttype": "application/json", "data": {"amount": 1},
        });
        assert_eq!(written, expected);
        let arrival = made(&[("ce_id", "1"), ("ce_id", "2"), ("ce_a\"b", "3")], None);
        assert_eq!(arrival.problems[0].pointer, "/id");
        assert_eq!(&*arrival.text, r#"{"id":"1","a\"b":"3"}"#);
    }

    #[test]
    fn what_is_no_event_is_told_and_kept() {
        let large = vec![b'x'; MAX_EVENT_BYTES + 1];
        for (headers, payload, code, length) in [
            (&[][..], Some(&large[..]), "too-large", MAX_EVENT_BYTES),
            (&[("ce_id", "1")], Some(&large[..]), "too-large", MAX_EVENT_BYTES),
            (&[], None, "malformed", 0),
            (&[], Some(b"\xff\0"), "malformed", 4),
            (&[("ce_id", "1")], Some(b"{"), "malformed", 21),
            (&[("content-type", "application/cloudevents-batch+json")], Some(b"[]"), "unsupported-media-type", 2),
        ] {
            let arrival = made(headers, payload);
            assert_eq!((arrival.problems[0].code.as_str(), arrival.text.len()), (code, length), "{headers:?}");
        }
    }
}
