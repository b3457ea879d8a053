//! From bytes to text.

use std::borrow::Cow;

/// How a file's text is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    /// ISO 8859-1: each byte is the character of its number.
    Latin1,
    /// What Windows calls ANSI in western Europe: ISO 8859-1 with printing characters from 0x80 to 0x9F.
    Windows1252,
}

/// Windows-1252 from 0x80; the five bytes without a character stay control characters, as browsers read them.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

impl Encoding {
    /// The names of encodings in a mapping.
    pub(super) const NAMES: [&'static str; 3] = ["utf-8", "latin-1", "windows-1252"];

    pub(super) fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "utf-8" => Some(Self::Utf8),
            "latin-1" => Some(Self::Latin1),
            "windows-1252" => Some(Self::Windows1252),
            _ => None,
        }
    }

    /// The text of a cell; `None` when the bytes are none.
    pub(super) fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match (self, std::str::from_utf8(bytes)) {
            (Self::Utf8, text) => text.ok().map(Cow::Borrowed),
            (_, Ok(text)) if text.is_ascii() => Some(Cow::Borrowed(text)),
            (Self::Latin1, _) => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
            (Self::Windows1252, _) => Some(bytes.iter().map(|byte| windows_1252(*byte)).collect()),
        }
    }
}

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
        other => char::from(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_as_the_encoding_says() {
        assert_eq!(Encoding::Utf8.decode("ä".as_bytes()).unwrap(), "ä");
        assert_eq!(Encoding::Utf8.decode(b"\xe4"), None);
        assert_eq!(Encoding::Latin1.decode(b"\xe4\xd6 x").unwrap(), "äÖ x");
        assert_eq!(Encoding::Latin1.decode(b"\xc3\xa4").unwrap(), "Ã¤");
        assert_eq!(Encoding::Latin1.decode(b"\x80").unwrap(), "\u{80}");
        assert_eq!(Encoding::Windows1252.decode(b"\x80 \x9f\xe4").unwrap(), "€ Ÿä");
        for name in Encoding::NAMES {
            assert!(Encoding::named(name).is_some(), "{name}");
        }
        assert_eq!(Encoding::named("UTF-8"), Some(Encoding::Utf8));
    }
}
