//! Every problem code: its status and title. `docs/errors.md` has a section for each; a test compares the two.

/// A kind of problem.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The stable word, last part of the problem's `type`.
    pub name: &'static str,
    /// HTTP status; of problems of a single event of a batch, the status that it would have alone.
    pub status: u16,
    /// What it is, in a few words; the same for every occurrence.
    pub title: &'static str,
}

macro_rules! codes {
    ($($constant:ident $name:literal $status:literal $title:literal;)*) => {
        $(#[doc = $title] pub const $constant: &Code = &Code { name: $name, status: $status, title: $title };)*

        /// Every code.
        pub const ALL: &[&Code] = &[$($constant),*];
    };
}

codes! {
    // Of requests.
    MALFORMED "malformed" 400 "The text cannot be read";
    INVALID_PARAMETER "invalid-parameter" 400 "A parameter is wrong";
    UNAUTHORIZED "unauthorized" 401 "An access token is needed";
    FORBIDDEN "forbidden" 403 "The access token does not allow this";
    FORBIDDEN_HOST "forbidden-host" 403 "The request names a foreign host";
    NOT_FOUND "not-found" 404 "There is no such thing";
    METHOD_NOT_ALLOWED "method-not-allowed" 405 "The method is not allowed here";
    REQUEST_TIMEOUT "request-timeout" 408 "The request did not arrive in time";
    ALREADY_SETTLED "already-settled" 409 "This is settled already";
    BODY_TOO_LARGE "body-too-large" 413 "The body is too large";
    BATCH_TOO_LARGE "batch-too-large" 413 "The batch has too many events";
    UNSUPPORTED_MEDIA_TYPE "unsupported-media-type" 415 "The media type is not understood";
    UNSUPPORTED_ENCODING "unsupported-encoding" 415 "The content encoding is not understood";
    INTERNAL "internal" 500 "Something went wrong inside kulta";
    OVERLOADED "overloaded" 503 "Too much at a time";
    UNAVAILABLE "unavailable" 503 "The log cannot be reached";
    REFUSED "refused" 409 "A rule forbids this";
    CONTRADICTION "contradiction" 409 "Older decisions say otherwise";
    OTHER_NODE "other-node" 409 "Another node projects";
    CHANGED "changed" 412 "It changed since it was read";
    KEY_REUSED "key-reused" 422 "The idempotency key was used for another request";
    RULES "rules" 422 "The rules do not compile";
    NO_SCORE "no-score" 422 "The rules give this customer no score";
    NOT_DONE "not-done" 409 "The result is not there";
    TOOK_TOO_LONG "took-too-long" 503 "This took too long";
    NOT_YET "not-yet" 503 "The projections have not got there yet";
    // Of single events.
    CONFLICT "conflict" 409 "Another content is stored under this id";
    CONTROL_CHARACTER "control-character" 422 "A text holds a control character";
    DATAVERSION "dataversion" 422 "The payload version is not known";
    FORBIDDEN_SOURCE "forbidden-source" 403 "The access token does not publish for this source";
    FUTURE_TIME "future-time" 422 "The time lies in the future";
    INVALID "invalid" 422 "A member of the data is wrong";
    MISSING "missing" 422 "A required member is missing";
    NO_EVENT_APPLIES "no-event-applies" 422 "The mapping makes no event of this row";
    RESERVED_SOURCE "reserved-source" 422 "The source is reserved";
    RESERVED_TYPE "reserved-type" 422 "The event type is reserved";
    SPECVERSION "specversion" 422 "Not a CloudEvent of version 1.0";
    TIME "time" 422 "The time cannot be read";
    TOO_LARGE "too-large" 413 "The event is too large";
    TOO_LONG "too-long" 422 "A text is too long";
    UNKNOWN_TYPE "unknown-type" 422 "The event type is not registered";
    WRONG_COLUMNS "wrong-columns" 422 "The row has too many or too few columns";
    WRONG_TYPE "wrong-type" 422 "A value has the wrong type";
}

/// The code of this name.
pub fn find(name: &str) -> Option<&'static Code> {
    ALL.iter().copied().find(|code| code.name == name)
}

/// The section of `docs/errors.md` about this code: Markdown.
pub fn explanation(code: &Code) -> Option<&'static str> {
    sections().find(|(name, _)| *name == code.name).map(|(_, text)| text)
}

fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    let page = include_str!("../../../docs/errors.md");
    page.split("\n### ").skip(1).filter_map(|section| {
        let (name, text) = section.split_once('\n')?;
        let text = text.split("\n## ").next().unwrap_or(text);
        Some((name.trim_matches('`'), text.trim()))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_code_is_explained_and_nothing_else() {
        let explained: Vec<_> = sections().map(|(name, _)| name).collect();
        let codes: BTreeSet<_> = ALL.iter().map(|code| code.name).collect();
        assert_eq!(codes.len(), ALL.len(), "two codes share a name");
        assert_eq!(explained.iter().copied().collect::<BTreeSet<_>>(), codes);
        assert_eq!(explained.len(), codes.len(), "a code is explained twice");
        for code in ALL {
            assert!(explanation(code).unwrap().len() > 40, "{}", code.name);
        }
    }

    /// The words after `Problem::new(` in a folder's Rust files.
    fn used_codes(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                used_codes(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                for start in ["Problem::new(", ".problem("] {
                    let after = text.split(start).skip(1).map(|rest| rest.trim_start().strip_prefix('"'));
                    found.extend(after.flatten().filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
                }
            }
        }
    }

    #[test]
    fn every_reason_to_refuse_an_event_is_a_code() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = BTreeSet::new();
        used_codes(&root.join("events/src"), &mut found);
        used_codes(&root.join("src/intake"), &mut found);
        assert!(found.contains("unknown-type") && found.contains("too-large"), "{found:?}");
        let unknown: Vec<_> = found.iter().filter(|name| find(name).is_none()).collect();
        assert!(unknown.is_empty(), "not in src/http/problem/codes.rs: {unknown:?}");
    }
}
