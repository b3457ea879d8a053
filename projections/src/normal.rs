//! When two values of one field count as equal.
//!
//! Only what decides whether a value is *the same value in another notation*: capitals, white space, separators of a
//! phone number, the order of a list. Whether two records are the same customer is another question, which this does
//! not answer.

use kulta_events::Json;

/// The version of these keys. Stored record states hold such keys, so a change of any rule here takes a new version and
/// a rebuild.
pub const VERSION: u32 = 1;

/// Between the items of a list.
const ITEM: &str = "\u{1e}";
/// Between the parts of an object.
const PART: &str = "\u{1f}";

/// A text that is equal for equal values of `field`. A list is the set of its items; a list of one is that one.
pub fn equal_key(field: &str, value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => match field {
            "email" => text.trim().to_lowercase(),
            "phone" => phone(text),
            "business_id" | "vat_id" | "postal_code" => without_space(text),
            _ => folded(text),
        },
        Json::Array(items) => {
            let mut keys: Vec<_> = items.iter().map(|item| equal_key(field, item)).collect();
            keys.sort_unstable();
            keys.dedup();
            keys.join(ITEM)
        }
        Json::Object(members) => {
            let said = members.iter().filter(|(_, part)| !says_nothing(part));
            let mut parts: Vec<_> = said.map(|(name, part)| format!("{name}={}", equal_key(name, part))).collect();
            parts.sort_unstable();
            parts.join(PART)
        }
        Json::Bool(_) | Json::Number(_) => value.canonical(),
    }
}

/// Whether a value is an empty cell: blank text, an object without parts, a list of nothing but blanks.
///
/// The empty list is no empty cell: it says that the list is empty now. `null` as a part of an object is.
pub fn says_nothing(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Bool(_) | Json::Number(_) => false,
        Json::String(text) => text.trim().is_empty(),
        Json::Array(items) => !items.is_empty() && items.iter().all(says_nothing),
        Json::Object(members) => members.iter().all(|(_, part)| says_nothing(part)),
    }
}

/// Small letters, and single spaces between words.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word.to_lowercase());
    }
    out
}

fn without_space(text: &str) -> String {
    text.split_whitespace().flat_map(str::chars).flat_map(char::to_lowercase).collect()
}

/// Digits, with `+` in front when the number is written internationally (`+358…` or `00358…`).
fn phone(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return folded(text);
    }
    let plus = text.chars().find(|c| c.is_ascii_digit() || *c == '+') == Some('+');
    match digits.strip_prefix("00") {
        _ if plus => format!("+{digits}"),
        Some(rest) => format!("+{rest}"),
        None => digits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(field: &str, json: &str) -> String {
        equal_key(field, &Json::parse(json.as_bytes()).unwrap())
    }

    #[test]
    fn notations_of_one_value_are_equal() {
        for (field, one, two) in [
            ("email", r#"" Aino@Example.FI ""#, r#""aino@example.fi""#),
            ("phone", r#""+358 40 123-4567""#, r#""00358401234567""#),
            ("phone", r#""(+358) 40 1234567""#, r#""+358401234567""#),
            ("phone", r#""ask at the desk""#, r#""Ask  at the desk""#),
            ("name", r#""Äijälä  Oy""#, r#"" äijälä oy""#),
            ("business_id", r#""1234567-8 ""#, r#""1234567-8""#),
            ("email", r#"["b@x.fi","a@x.fi","A@x.fi"]"#, r#"["a@x.fi","b@x.fi"]"#),
            ("email", r#"["a@x.fi"]"#, r#""a@x.fi""#),
            ("address", r#"{"city":"Oulu","street":"Katu 1","region":null}"#, r#"{"street":"katu 1","city":"OULU"}"#),
            ("address", r#"{"postal_code":"90 100"}"#, r#"{"postal_code":"90100","city":" "}"#),
            ("attributes.size", "1.50", "1.5"),
        ] {
            assert_eq!(key(field, one), key(field, two), "{one} {two}");
        }
    }

    #[test]
    fn different_values_differ() {
        for (field, one, two) in [
            ("email", r#""a@x.fi""#, r#""a.b@x.fi""#),
            ("phone", r#""040 123""#, r#""+358 40 123""#),
            ("address", r#"{"street":"Katu 1"}"#, r#"{"street":"Katu 1","city":"Oulu"}"#),
            ("address", r#"{"street":"Oulu"}"#, r#"{"city":"Oulu"}"#),
            ("email", r#"["a@x.fi","b@x.fi"]"#, r#""a@x.fi""#),
            ("attributes.vip", "true", "false"),
        ] {
            assert_ne!(key(field, one), key(field, two), "{one} {two}");
        }
    }

    #[test]
    fn an_empty_cell_says_nothing_and_an_empty_list_says_that_it_is_empty() {
        for blank in [r#""""#, r#"" \t""#, "{}", r#"{"city":"","street":null}"#, r#"["",{}]"#] {
            assert!(says_nothing(&Json::parse(blank.as_bytes()).unwrap()), "{blank}");
        }
        for said in ["[]", "false", "0", r#""-""#, r#"{"city":"Oulu"}"#, r#"["","a"]"#] {
            assert!(!says_nothing(&Json::parse(said.as_bytes()).unwrap()), "{said}");
        }
    }
}
