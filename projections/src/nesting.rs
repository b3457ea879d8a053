//! How deep a TOML file nests, found out before it is read.
//!
//! The TOML reader limits brackets and the parts of a key, but not their product: inline tables with dotted keys make a
//! tree of thousands of levels, which is taken apart by recursion and ends the process. So what is deeper than any file
//! that people write for kulta is refused first. Strings, comments and words end here exactly where that reader's own
//! lexer ends them.

/// The most brackets, one inside another.
const MOST_BRACKETS: usize = 16;
/// The most parts of a key.
const MOST_PARTS: usize = 8;

/// A text that is not given to the TOML reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it nests too deep from line {line} on: fewer levels and shorter keys were expected")]
pub struct TooDeep {
    /// Where that begins, from 1.
    pub line: usize,
}

/// Refuses a text that must not be given to the TOML reader.
///
/// # Errors
/// The line from which on it nests too deep.
pub fn check(text: &str) -> Result<(), TooDeep> {
    match too_deep_at(text) {
        Some(at) => Err(TooDeep { line: 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count() }),
        None => Ok(()),
    }
}

/// The byte from which on a text nests too deep.
pub(crate) fn too_deep_at(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut parts, mut open, mut after_point) = (0, 1, Vec::new(), false);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'.' => parts += 1,
            b'[' | b'{' => {
                open.push(*byte);
                parts = 1;
            }
            b']' | b'}' => {
                // A bracket that closes nothing may be passed over by the reader too: it must not hide a level.
                let opened_by = if *byte == b']' { b'[' } else { b'{' };
                open.pop_if(|last| *last == opened_by);
                parts = 1;
            }
            b'=' | b',' => parts = 1,
            b'\n' if !after_point => parts = 1,
            _ => {}
        }
        if open.len() > MOST_BRACKETS || parts > MOST_PARTS {
            return Some(at);
        }
        if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'#') {
            after_point = *byte == b'.';
        }
        at += length(&bytes[at..]);
    }
    None
}

/// The length of the token that begins here, at least one byte.
fn length(bytes: &[u8]) -> usize {
    match bytes {
        [b'\'', b'\'', b'\'', ..] => long_string(bytes, b'\''),
        [b'"', b'"', b'"', ..] => long_string(bytes, b'"'),
        [quote @ (b'\'' | b'"'), ..] => string(bytes, *quote),
        [b'#', ..] => bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len()),
        [first, ..] if is_structure(*first) => 1,
        _ => bytes.iter().position(|byte| is_structure(*byte)).unwrap_or(bytes.len()),
    }
}

/// What ends a word. Quotes do not: inside a word they open nothing.
fn is_structure(byte: u8) -> bool {
    matches!(byte, b'.' | b'=' | b',' | b'[' | b']' | b'{' | b'}' | b' ' | b'\t' | b'#' | b'\r' | b'\n')
}

fn string(bytes: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\n' => return at,
            byte if *byte == quote => return at + 1,
            _ => at += escaped(&bytes[at..], quote),
        }
    }
    bytes.len()
}

fn long_string(bytes: &[u8], quote: u8) -> usize {
    let mut at = 3;
    while at < bytes.len() {
        if bytes[at..].starts_with(&[quote; 3]) {
            // One or two quotes may stand right before the closing ones.
            let more = bytes[at + 3..].iter().take(2).take_while(|byte| **byte == quote).count();
            return at + 3 + more;
        }
        at += escaped(&bytes[at..], quote);
    }
    bytes.len()
}

/// The length of a character inside a string, as far as it may hide a quote.
fn escaped(bytes: &[u8], quote: u8) -> usize {
    match bytes {
        [b'\\', b'\\' | b'"', ..] if quote == b'"' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use toml::de::{DeTable, DeValue};

    use super::*;

    fn depth(value: &DeValue<'_>) -> usize {
        match value {
            DeValue::Table(table) => 1 + table.values().map(|value| depth(value.get_ref())).max().unwrap_or_default(),
            DeValue::Array(list) => 1 + list.iter().map(|value| depth(value.get_ref())).max().unwrap_or_default(),
            _ => 1,
        }
    }

    #[test]
    fn what_people_write_is_not_too_deep() {
        for text in [
            "[a.b]\nc = { d = [ { e = 1 } ] } # [[[[[[[[[[[[[[[[[[[[[[[[\nf = '{{{{{{{{{{{{{{{{{{{'\n",
            "a = \"\"\"\n{{{{{{{{{{{{{{{{{{ \\\" {{ \"\"\"\"\"\nb = 1.5\n",
            "a = '''[[[[[[[[[[[[[[[[[[[[[['''''\nb = 2026-01-01T00:00:00.5Z",
            "a = \"a.b.c.d.e.f.g.h.i.j.k\" # a.b.c.d.e.f.g.h.i.j.k",
        ] {
            assert_eq!(too_deep_at(text), None, "{text}");
        }
        assert_eq!(too_deep_at(&format!("{}a = [1.5, 2.5]\n", "a.b.c = 1\n".repeat(50))), None);
    }

    #[test]
    fn deep_brackets_and_long_keys_are_found() {
        assert_eq!(too_deep_at(&format!("a={}", "[".repeat(20))), Some(18));
        assert_eq!(too_deep_at("a.b.c.d.e.f.g.h=1"), None);
        assert_eq!(too_deep_at("a.b.c.d.e.f.g.h.i=1"), Some(15));
        assert_eq!(too_deep_at("a.\nb.\nc.\nd.\ne.\nf.\ng.\nh.\ni=1"), Some(22));
        assert!(too_deep_at(&"'a'.\"b\" . ".repeat(9)).is_some());
        assert!(too_deep_at(&"{a=]".repeat(20)).is_some());
    }

    proptest! {
        /// Whatever is let through makes a tree that can be taken apart.
        #[test]
        fn what_is_let_through_is_shallow(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "a", "b", ".", "=", "{", "}", "[", "]", "\n", ",", "'", "\"", "'''", "\"\"\"", "\\", "#", " ", "1", "a=", "a.b=",
                    "{a=", "[[a]]\n",
                ]),
                0..200,
            ),
        ) {
            let text = parts.concat();
            if too_deep_at(&text).is_none() {
                let (document, _) = DeTable::parse_recoverable(&text);
                let most = (MOST_BRACKETS + 1) * (MOST_PARTS + 1);
                prop_assert!(document.get_ref().values().all(|value| depth(value.get_ref()) <= most));
            }
        }
    }
}
