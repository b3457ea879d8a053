//! Folds of text: one form for all notations of a word.
//!
//! There are two folds, because both practices are met: `Mäkinen` is written `Makinen` (Finland, airlines) and
//! `Maekinen` (Germany, passports; Doc 9303 of ICAO). [`canonical`] is where all three meet.
//!
//! Cyrillic and Greek are written in Latin letters, much as passports do. Other scripts are kept, in NFKC and without
//! the marks that are optional in them (Arabic and Hebrew vowels).

mod letters;
mod mojibake;

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use letters::Letter;

/// The text in NFC, with UTF-8 that was read as Windows-1252 or Latin-1 put right (`MÃ¤kinen`).
///
/// Put right only when the whole text decodes, and the letters that come out are likely ones: `Ä–` is left alone.
pub fn repair(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let decoded = mojibake::decode(text);
    let text = decoded.map_or(Cow::Borrowed(text), Cow::Owned);
    // All composed letters of Latin, Greek and Cyrillic lie outside the combining marks, so most texts are done here.
    if text.chars().all(|c| c < '\u{300}') {
        return text;
    }
    let composed: String = text.nfc().collect();
    if composed == *text { text } else { Cow::Owned(composed) }
}

/// Small letters without diacritics (ä → a, ø → o, ß → ss, þ → th); an apostrophe is left out, all else that is neither
/// letter nor digit becomes a single space.
pub fn fold_plain(text: &str) -> String {
    fold(text, false)
}

/// As [`fold_plain`], with ä, æ → ae; ö, ø → oe; å → aa; ü → ue.
pub fn fold_long(text: &str) -> String {
    fold(text, true)
}

/// What [`fold_plain`] and [`fold_long`] of one word have in common: `Mäkinen`, `Makinen` and `Maekinen` meet.
///
/// Each run of `a` and `e` that begins with `a` becomes `a`; `e` after `o` or `u` is left out. This also makes meet what
/// is different: Sari and Saari, Marit and Maarit, Karina and Kaarina, Michal and Michael, Samul and Samuel. So it is
/// weaker evidence than equal folds; as a blocking key it costs little, as it joins few names that are frequent.
pub fn canonical(folded: &str) -> String {
    let mut out = String::with_capacity(folded.len());
    let mut before = ' ';
    for c in folded.chars() {
        let swallowed = match c {
            'e' => matches!(before, 'a' | 'o' | 'u'),
            'a' => before == 'a',
            _ => false,
        };
        if !swallowed {
            out.push(c);
            before = c;
        }
    }
    out
}

/// The words of a folded text.
pub fn tokens(folded: &str) -> impl Iterator<Item = &str> + Clone {
    folded.split(' ').filter(|word| !word.is_empty())
}

/// The beginning of a text, at most so many bytes: what nobody reads needs no work.
pub(crate) fn clip(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

/// Digits of other scripts as ASCII, all other characters as they are.
pub(crate) fn ascii_digit(c: char) -> char {
    let zero = match c {
        '\u{0660}'..='\u{0669}' => 0x0660,
        '\u{06f0}'..='\u{06f9}' => 0x06f0,
        '\u{0966}'..='\u{096f}' => 0x0966,
        '\u{ff10}'..='\u{ff19}' => 0xff10,
        _ => return c,
    };
    char::from_digit(u32::from(c).saturating_sub(zero), 10).unwrap_or(c)
}

fn fold(text: &str, long: bool) -> String {
    let mut folded = Folded { out: String::with_capacity(text.len() + 8), gap: false, long };
    if !text.chars().any(needs_composing) {
        folded.push_all(text.chars());
        return folded.out;
    }
    folded.push_all(text.nfkc());
    // Leaving marks out can bring letters together that compose, in scripts that few records hold.
    for _ in 0..3 {
        if folded.out.is_ascii() {
            break;
        }
        let mut again = Folded { out: String::with_capacity(folded.out.len()), gap: false, long };
        again.push_all(folded.out.nfkc());
        if again.out == folded.out {
            break;
        }
        folded = again;
    }
    folded.out
}

/// Whether a character may be one of several that make up a letter, or a compatibility form. Latin to U+024F, Greek,
/// Cyrillic and general punctuation are not.
fn needs_composing(c: char) -> bool {
    !matches!(c, '\0'..'\u{250}' | '\u{370}'..'\u{530}' | '\u{2000}'..='\u{206f}' | '\u{20ac}')
}

struct Folded {
    out: String,
    gap: bool,
    long: bool,
}

impl Folded {
    fn push_all(&mut self, chars: impl Iterator<Item = char>) {
        for c in chars {
            if c.is_ascii_alphanumeric() {
                self.letter(c.to_ascii_lowercase());
            } else if c.is_ascii() {
                self.gap |= c != '\'';
            } else {
                c.to_lowercase().for_each(|small| self.wide(small));
            }
        }
    }

    fn letter(&mut self, c: char) {
        if self.gap && !self.out.is_empty() {
            self.out.push(' ');
        }
        self.gap = false;
        self.out.push(c);
    }

    fn letters(&mut self, text: &str) {
        text.chars().for_each(|c| self.letter(c));
    }

    fn wide(&mut self, c: char) {
        match letters::of(c) {
            Letter::Is(text) => self.letters(text),
            Letter::Two { plain, long } => self.letters(if self.long { long } else { plain }),
            Letter::Upsilon => match self.out.as_bytes().last() {
                Some(b'o') => self.letter('u'),
                Some(b'a' | b'e') => self.letter('v'),
                _ => self.letter('y'),
            },
            Letter::Gap => self.gap = true,
            Letter::Other => self.other(c),
        }
    }

    fn other(&mut self, c: char) {
        let mut base = None;
        let mut more = false;
        decompose_compatible(c, |part| {
            if base.is_none() {
                base = Some(part);
            } else {
                more |= !is_combining_mark(part);
            }
        });
        match base {
            // A Latin letter with marks that the table does not have.
            Some(base) if base.is_ascii_alphanumeric() && !more => self.letter(base.to_ascii_lowercase()),
            _ if c.is_alphanumeric() || (is_combining_mark(c) && !self.gap && !self.out.is_empty()) => {
                self.letter(ascii_digit(c));
            }
            _ => self.gap = true,
        }
    }
}

#[cfg(test)]
mod tests;
