//! Countries: ISO 3166 codes from what people write.

/// The ISO 3166-1 alpha-2 code of a country given as a code or a name.
pub fn code(text: &str) -> Option<&'static str> {
    match super::text::fold_plain(text).as_str() {
        "fi" | "fin" | "finland" | "suomi" => Some("FI"),
        "se" | "swe" | "sweden" | "sverige" | "ruotsi" => Some("SE"),
        "us" | "usa" | "united states" => Some("US"),
        _ => None,
    }
}
