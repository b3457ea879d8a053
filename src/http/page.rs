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
    format!("{list} {place}").bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// What [`write_cursor`] of the same list wrote.
pub fn read_cursor(list: &str, cursor: &str) -> Option<String> {
    if !cursor.is_ascii() || !cursor.len().is_multiple_of(2) {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(cursor.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..cursor.len()).step_by(2).map(byte).collect();
    let text = String::from_utf8(bytes?).ok()?;
    Some(text.strip_prefix(list)?.strip_prefix(' ')?.to_owned())
}
