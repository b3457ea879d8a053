//! Telephone numbers in E.164.

/// A telephone number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// `+358401234567`; `None` when the country is unknown.
    pub e164: Option<Box<str>>,
    /// The digits after country code and trunk prefix, comparable between numbers of which one lacks the country.
    pub national: Box<str>,
    /// Whether it is one of the numbers that people type to fill a field.
    pub placeholder: bool,
}

/// The number in a text, in the country's notation unless it is international. `None`: no number.
pub fn normalise(text: &str, _country: Option<&str>) -> Option<Phone> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let national = digits.trim_start_matches('0');
    (national.len() >= 5).then(|| Phone { e164: None, national: national.into(), placeholder: false })
}
