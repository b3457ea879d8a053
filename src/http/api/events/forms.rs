//! The four forms in which events come: one JSON document, a batch of them, one per line, or headers and data.

use std::cell::Cell;
use std::fmt;

use kulta_events::Problem as Refusal;
use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::http::problem::{Problem, codes};
use crate::intake::Arrival;

/// How the events of a request are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `application/cloudevents+json`
    Structured,
    /// `application/cloudevents-batch+json`
    Batch,
    /// `application/x-ndjson`
    Lines,
    /// Attributes in `ce-` headers, data in the body.
    Binary,
}

/// What the forms are, for whoever sent another.
pub const TAKEN: &str = "events are taken as application/cloudevents-batch+json, application/cloudevents+json, \
                         application/x-ndjson, or with ce-* headers and JSON data";

impl Form {
    /// The form of a request with this media type; `binary`: whether it has `ce-` headers.
    pub fn of(media_type: &str, binary: bool) -> Option<Self> {
        match media_type {
            "application/cloudevents+json" => Some(Self::Structured),
            "application/cloudevents-batch+json" => Some(Self::Batch),
            "application/x-ndjson" | "application/ndjson" => Some(Self::Lines),
            _ if binary => Some(Self::Binary),
            _ => None,
        }
    }
}

/// The one event of a body in structured form.
///
/// # Errors
/// `malformed` when the body is no JSON at all: then there is no event to answer.
pub fn structured(body: &[u8], origin: &str) -> Result<Vec<Arrival>, Problem> {
    let text = serde_json::from_slice::<&RawValue>(body).map_err(|error| malformed(body, &error))?;
    Ok(vec![arrival(text.get(), origin)])
}

/// The events of a JSON array; what one of them holds concerns only itself.
///
/// # Errors
/// `malformed` when the body is no JSON array, `batch-too-large`.
pub fn batch(body: &[u8], most: usize, origin: &str) -> Result<Vec<Arrival>, Problem> {
    let overflow = Cell::new(false);
    let split = Split { most, origin, overflow: &overflow };
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let arrivals = split.deserialize(&mut deserializer).and_then(|arrivals| deserializer.end().map(|()| arrivals));
    arrivals.map_err(|error| if overflow.get() { batch_too_large(most) } else { malformed(body, &error) })
}

/// The events of a body with one per line; empty lines are none.
///
/// # Errors
/// `batch-too-large`. A line that cannot be read is refused by itself.
pub fn lines(body: &[u8], most: usize, origin: &str) -> Result<Vec<Arrival>, Problem> {
    let mut arrivals = Vec::new();
    for line in body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()) {
        if arrivals.len() == most {
            return Err(batch_too_large(most));
        }
        arrivals.push(match std::str::from_utf8(line) {
            Ok(text) => arrival(text, origin),
            Err(error) => {
                let detail = format!("not UTF-8 from byte {} of the line", error.valid_up_to());
                let problems = vec![Refusal::new("malformed", "", detail)];
                Arrival { text: "".into(), problems, origin: origin.to_owned() }
            }
        });
    }
    Ok(arrivals)
}

fn arrival(text: &str, origin: &str) -> Arrival {
    Arrival { text: text.into(), problems: Vec::new(), origin: origin.to_owned() }
}

fn batch_too_large(most: usize) -> Problem {
    Problem::new(codes::BATCH_TOO_LARGE, format!("a batch has at most {most} events; nothing of it was stored"))
}

fn malformed(body: &[u8], error: &serde_json::Error) -> Problem {
    let reason = match std::str::from_utf8(body) {
        Err(error) => format!("not UTF-8 from byte {}", error.valid_up_to()),
        // The parser's own words may repeat what it met.
        Ok(_) if error.is_data() => "expected a JSON array of events".to_owned(),
        Ok(_) => format!("not JSON at line {} column {}", error.line(), error.column()),
    };
    Problem::new(codes::MALFORMED, reason.clone()).at("", reason)
}

/// Splits an array without looking into its elements, and stops where there are too many.
struct Split<'a> {
    most: usize,
    origin: &'a str,
    overflow: &'a Cell<bool>,
}

impl<'de> DeserializeSeed<'de> for Split<'_> {
    type Value = Vec<Arrival>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Arrival>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Split<'_> {
    type Value = Vec<Arrival>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON array of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<Arrival>, A::Error> {
        let mut arrivals = Vec::new();
        while let Some(text) = seq.next_element::<&RawValue>()? {
            if arrivals.len() == self.most {
                self.overflow.set(true);
                return Err(A::Error::custom("too many"));
            }
            arrivals.push(arrival(text.get(), self.origin));
        }
        Ok(arrivals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(arrivals: &[Arrival]) -> Vec<&str> {
        arrivals.iter().map(|arrival| &*arrival.text).collect()
    }

    #[test]
    fn a_batch_is_split_without_judging_its_elements() {
        let body = br#" [ {"a":1,"a":2}, [[]] , "x" ] "#;
        assert_eq!(texts(&batch(body, 3, "").unwrap()), [r#"{"a":1,"a":2}"#, "[[]]", "\"x\""]);
        let deep = format!("[{}{}]", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(batch(deep.as_bytes(), 3, "").unwrap().len(), 1);
        assert!(batch(b"[]", 3, "").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_batch_is_refused_as_a_whole() {
        for (body, detail) in [
            (&b"{}"[..], "expected a JSON array of events"),
            (b"[{}", "not JSON at line 1 column 3"),
            (b"[{}] x", "not JSON at line 1 column 6"),
            (b"", "not JSON at line 1 column 0"),
            (b"[\"\xff\"]", "not UTF-8 from byte 2"),
        ] {
            let problem = batch(body, 3, "").unwrap_err();
            assert_eq!((problem.code().name, problem.detail()), ("malformed", detail));
        }
        assert_eq!(batch(b"[1,2,3,4]", 3, "").unwrap_err().code().name, "batch-too-large");
        assert_eq!(lines(b"1\n2\n\n3\n4", 3, "").unwrap_err().code().name, "batch-too-large");
        assert_eq!(structured(b"{} {}", "").unwrap_err().code().name, "malformed");
    }

    #[test]
    fn a_broken_line_concerns_only_itself() {
        let arrivals = lines(b"{\"a\":1}\r\n\n{\"b\":\"\xff\"}\n{\n", 10, "").unwrap();
        assert_eq!(texts(&arrivals), ["{\"a\":1}", "", "{"]);
        assert_eq!(arrivals[1].problems[0].detail, "not UTF-8 from byte 6 of the line");
    }
}
