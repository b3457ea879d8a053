//! Pages of lists: `{"items": […], "next": CURSOR | null}`.

use serde::Serialize;

/// A page.
#[derive(Debug, Serialize)]
pub struct Paged<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next one starts; `None`: this is the last.
    pub next: Option<String>,
}

/// An opaque cursor: where a list goes on. Nothing personal may stand in it, since addresses are logged by proxies.
pub fn write_cursor(list: &str, place: impl std::fmt::Display) -> String {
    digits(format!("{list} {place}").as_bytes())
}

/// Bytes as hexadecimal digits.
pub fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The way back of [`digits`]; `None`: they are none.
pub fn bytes(digits: &str) -> Option<Vec<u8>> {
    if !digits.is_ascii() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// What [`write_cursor`] of the same list wrote.
pub fn read_cursor(list: &str, cursor: &str) -> Option<String> {
    let text = String::from_utf8(bytes(cursor)?).ok()?;
    Some(text.strip_prefix(list)?.strip_prefix(' ')?.to_owned())
}
