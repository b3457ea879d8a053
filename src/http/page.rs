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

/// The part of a short list, one that is in memory whole, that is asked for: see [`super::params::Params::part`].
#[derive(Debug)]
pub struct Part {
    /// The list.
    pub list: &'static str,
    /// How many items.
    pub limit: usize,
    /// The key of the last one of the page before.
    pub behind: Option<String>,
}

impl Part {
    /// The items that are asked for of all, which come by key or always in the same order. Behind an item that is gone come
    /// those with a greater key.
    pub fn of<T>(self, mut items: Vec<T>, key: impl Fn(&T) -> String) -> Paged<T> {
        if let Some(behind) = &self.behind {
            let same = items.iter().position(|item| key(item) == *behind).map(|at| at + 1);
            let first = same.or_else(|| items.iter().position(|item| key(item) > *behind));
            items.drain(..first.unwrap_or(items.len()));
        }
        let more = items.len() > self.limit;
        items.truncate(self.limit);
        let next = items.last().filter(|_| more).map(|last| write_cursor(self.list, key(last)));
        Paged { items, next }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn page(behind: Option<&str>, limit: usize, all: &[&str]) -> (Vec<String>, Option<String>) {
        let part = Part { list: "letters", limit, behind: behind.map(str::to_owned) };
        let all: Vec<String> = all.iter().map(ToString::to_string).collect();
        let found = part.of(all, String::clone);
        (found.items, found.next.and_then(|next| read_cursor("letters", &next)))
    }

    #[test]
    fn parts_of_short_lists_follow_each_other() {
        let all = ["a", "b", "c", "d"];
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(page(None, 4, &all), (names(&all), None));
        assert_eq!(page(None, 3, &all), (names(&["a", "b", "c"]), Some("c".to_owned())));
        assert_eq!(page(Some("c"), 3, &all), (names(&["d"]), None));
        assert_eq!(page(Some("d"), 3, &all), (Vec::new(), None));
        assert_eq!(page(Some("b"), 1, &["a", "c", "d"]), (names(&["c"]), Some("c".to_owned())), "b is gone");
        assert_eq!(page(Some("z"), 1, &["y", "z", "a"]), (names(&["a"]), None), "in an order of its own");
        assert_eq!(page(None, 1, &[]), (Vec::new(), None));
    }
}
