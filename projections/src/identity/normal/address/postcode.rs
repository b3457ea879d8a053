//! Postcodes.

use super::super::text::ascii_digit;

/// Letters before the digits of a postcode that name the country: FI-00100, D-10115, FL-2198.
const PREFIXES: [&str; 34] = [
    "fi", "fin", "ax", "se", "s", "no", "n", "dk", "ee", "lv", "lt", "pl", "de", "d", "at", "a", "ch", "fl", "fr", "f",
    "es", "e", "it", "i", "be", "b", "nl", "lu", "l", "cz", "sk", "hu", "h", "us",
];

/// A postcode in one notation: capitals and digits. A country's prefix is left off, as is what an American code holds
/// behind its first five digits; zeros that a spreadsheet lost are put back.
pub(super) fn normal(text: &str, country: &str) -> String {
    let kept = text.chars().map(ascii_digit).filter(|c| c.is_alphanumeric()).take(16);
    let compact: String = kept.flat_map(char::to_uppercase).collect();
    let first_digit = compact.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let (letters, digits) = compact.split_at(first_digit);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || !(letters.is_empty() || PREFIXES.contains(&letters.to_lowercase().as_str())) {
        return compact;
    }
    match (country, digits.len()) {
        ("US" | "", 9) => digits.get(..5).unwrap_or(digits).to_owned(),
        ("FI" | "AX" | "US" | "EE" | "DE" | "IT" | "ES" | "FR" | "SE", 2..=4) => format!("{digits:0>5}"),
        _ => digits.to_owned(),
    }
}

/// Where a postcode stands among the words of a segment of an address.
pub(super) struct Found {
    /// Its first word.
    pub at: usize,
    /// How many words it takes.
    pub words: usize,
    /// The code, for [`normal`].
    pub code: String,
}

/// The last postcode among folded words. In the first segment of an address the first word may be a house number, so
/// there it counts only before a lone town.
pub(super) fn find(words: &[&str], first_segment: bool) -> Option<Found> {
    (0..words.len()).rev().find_map(|at| {
        if first_segment && at == 0 && words.iter().skip(2).any(|word| word.bytes().any(|byte| byte.is_ascii_digit())) {
            return None;
        }
        let code = at_word(words, at, first_segment)?;
        let len = code.1;
        Some(Found { at, words: len, code: words.get(at..at + len)?.concat() })
    })
}

/// The postcode that begins at a word, and how many words it takes.
fn at_word(words: &[&str], at: usize, first_segment: bool) -> Option<((), usize)> {
    let word = *words.get(at)?;
    let next = words.get(at + 1).copied().unwrap_or_default();
    let last = at + 1 == words.len();
    let lone = first_segment && at == 0;
    let taken = match digits(word) {
        Some(5) if digits(next) == Some(4) && at + 2 == words.len() && !lone => 2,
        Some(5 | 6) if !lone || (words.len() <= 3 && !is_street_like(words)) => 1,
        Some(9) if at > 0 => 1,
        Some(3)
            if digits(next) == Some(2)
                && (at == 0 || !first_segment || !next.is_empty() && at + 2 < words.len())
                && !lone =>
        {
            2
        }
        Some(4)
            if !first_segment && at == 0 && next.len() == 2 && next.bytes().all(|byte| byte.is_ascii_lowercase()) =>
        {
            2
        }
        // What stands behind an American code is no code of its own.
        Some(4) if !first_segment && (at == 0 || (last && words.get(at - 1).copied().and_then(digits) != Some(5))) => 1,
        None if PREFIXES.contains(&word) && matches!(digits(next), Some(4..=5)) && !lone => 2,
        None if PREFIXES.contains(&word) && digits(next) == Some(3) && digits(words.get(at + 2)?) == Some(2) => 3,
        None if is_shape(word, next) => 2,
        _ => return None,
    };
    Some(((), taken))
}

/// Whether a text of few words is a street and its number rather than a postcode and its town.
fn is_street_like(words: &[&str]) -> bool {
    words.last().is_some_and(|last| super::kinds::kind(last).is_some())
}

/// How many digits a word of digits has.
fn digits(word: &str) -> Option<usize> {
    (!word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())).then_some(word.len())
}

/// British (LE11 1UU) and Canadian (K1A 0B1) codes.
fn is_shape(outward: &str, inward: &str) -> bool {
    let shape = |text: &str| -> String {
        text.bytes()
            .map(|byte| {
                if byte.is_ascii_digit() {
                    '9'
                } else if byte.is_ascii_lowercase() {
                    'A'
                } else {
                    '?'
                }
            })
            .collect()
    };
    match shape(inward).as_str() {
        "9AA" => matches!(shape(outward).as_str(), "A9" | "A99" | "AA9" | "AA99" | "A9A" | "AA9A"),
        "9A9" => shape(outward) == "A9A",
        _ => false,
    }
}
