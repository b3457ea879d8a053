//! A street with its number and what follows the number.

use super::super::text::{fold_plain, tokens};
use super::kinds::{is_compounded, is_direction, is_floor, is_house, is_unit, kind, long_compound};

/// Words of a street that are read.
const MOST_WORDS: usize = 24;
/// Words behind the house number that are kept.
const MOST_BEHIND: usize = 4;

/// What the text of a street holds.
#[derive(Default)]
pub(super) struct Street {
    pub street: String,
    pub number: Option<u32>,
    pub behind: String,
    pub po_box: Option<Box<str>>,
    /// Words behind all that, which may be a town.
    pub tail: String,
}

/// Parts of a street's text, the number before or after its name.
pub(super) fn parse(text: &str) -> Street {
    let folded = fold_plain(&spelled_out(text));
    let mut words: Vec<&str> = tokens(&folded).take(MOST_WORDS).collect();
    let mut street = Street { po_box: take_po_box(&mut words), ..Street::default() };
    // No. 321, Street 128.
    if let [first, second, ..] = words.as_slice()
        && (is_house(first) || *first == "apt")
        && starts_with_number(second)
    {
        words.remove(0);
    }
    leave_building(&mut words);
    let first_is_number = words.first().is_some_and(|word| starts_with_number(word));
    // 2. linja 10: the second line's number ten.
    let counted = matches!(words.get(1), Some(&("linja" | "linjen" | "linje" | "kerros")));
    let is_whole =
        |words: &[&str]| words.iter().skip(1).any(|word| word.bytes().any(|byte| byte.is_ascii_alphabetic()));
    if first_is_number && !counted && is_whole(&words) {
        number_first(&mut street, &words);
    } else {
        number_last(&mut street, &words, usize::from(counted));
    }
    street
}

/// Whether a word announces a house number or a flat.
pub(super) fn is_marker(word: &str) -> bool {
    is_house(word) || is_unit(word)
}

/// Whether a segment holds nothing but a flat: `Apt 4`, `B 12`, `3 krs`.
pub(super) fn is_flat(segment: &str) -> bool {
    if segment.starts_with('#') {
        return true;
    }
    let folded = fold_plain(segment);
    let mut words = tokens(&folded);
    let part = |word: &str| {
        word.len() == 1 || is_floor(word) || (word.len() <= 3 && word.bytes().all(|byte| byte.is_ascii_digit()))
    };
    words.clone().next().is_some_and(|first| is_unit(first) || is_house(first))
        || (words.clone().count() > 1 && words.all(part))
}

/// Takes off a building's name before a number and a street: `Skyline Apartments 705 Sheppard Ave`.
fn leave_building(words: &mut Vec<&str>) {
    let Some(at) = words.iter().position(|word| starts_with_number(word)).filter(|at| *at > 0) else { return };
    let (before, behind) = words.split_at(at);
    let is_street = |word: &&str| kind(word).is_some() || is_compound(word);
    let english = |word: &&str| word.len() > 1 && kind(word).is_some();
    if !before.iter().any(is_street)
        && !before.iter().any(|word| is_unit(word) || is_house(word))
        && behind.iter().skip(2).any(english)
    {
        words.drain(..at);
    }
}

/// Whether a word is a street's name and kind in one.
fn is_compound(word: &str) -> bool {
    const ENDS: [&str; 16] = [
        "katu", "tie", "polku", "kuja", "kaari", "gatan", "vagen", "gata", "gate", "vei", "veien", "vej", "gade",
        "strasse", "straat", "weg",
    ];
    ENDS.iter().any(|end| word.len() > end.len() + 1 && word.ends_with(end))
}

/// Abbreviations that only their dot tells (`Hämeenk.`, `Storg.`), ranges of numbers as their first, `#` as a word.
fn spelled_out(text: &str) -> String {
    if !text.contains(['.', '#', '-', '–', '/']) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for word in text.split_whitespace() {
        let word = word.trim_end_matches([',', ';']);
        let (word, without_range) = (word, first_of_range(word));
        let word = without_range.unwrap_or(word);
        match word.strip_suffix('.').and_then(|stem| Some((stem, long_ending(stem)?))) {
            Some((stem, ending)) => {
                out.push_str(stem);
                out.push_str(ending);
            }
            None => out.push_str(&word.replace('#', " apt ")),
        }
        out.push(' ');
    }
    out
}

/// `12-14` as `12`.
fn first_of_range(word: &str) -> Option<&str> {
    let (first, second) = word.split_once(['-', '–'])?;
    let (from, to) = (first.parse::<u32>().ok()?, second.parse::<u32>().ok()?);
    (from < to && to - from <= 40).then_some(first)
}

/// What a word that ends in a dot lacks, by its last letter.
fn long_ending(stem: &str) -> Option<&'static str> {
    let letters = stem.chars().count();
    if letters < 4
        || !stem.chars().all(|c| c.is_alphabetic() || c == '-')
        || matches!(stem, "appt" | "Appt" | "bldg" | "Bldg")
    {
        return None;
    }
    let lower = stem.to_lowercase();
    [("str", "asse"), ("gt", ""), ("k", "atu"), ("t", "ie"), ("g", "atan"), ("v", "ägen")]
        .into_iter()
        .find(|(end, _)| lower.ends_with(end))
        .map(|(_, rest)| rest)
}

/// Takes a post-office box out of the words.
fn take_po_box(words: &mut Vec<&str>) -> Option<Box<str>> {
    let names: [&[&str]; 13] = [
        &["p", "o", "box"],
        &["po", "box"],
        &["pobox"],
        &["post", "office", "box"],
        &["postilokero"],
        &["pl"],
        &["pb"],
        &["box"],
        &["postboks"],
        &["postbox"],
        &["postfach"],
        &["postbus"],
        &["bp"],
    ];
    for name in names {
        let found = words.windows(name.len() + 1).position(|window| {
            window.starts_with(name)
                && window.last().is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        });
        // "12 Rose Pl 4" is a place: pl, pb and box count at the start only.
        if let Some(at) = found.filter(|at| *at == 0 || name.len() > 1 || name.iter().any(|word| word.len() > 4)) {
            let number = words.get(at + name.len()).map(|number| Box::from(*number));
            words.drain(at..=at + name.len());
            return number;
        }
    }
    None
}

/// Whether a word is a house number, with letters perhaps, and no ordinal.
fn starts_with_number(word: &str) -> bool {
    let (digits, letters) = split_digits(word);
    !digits.is_empty()
        && digits.len() <= 6
        && !matches!(letters, "st" | "nd" | "rd" | "th" | "e" | "er" | "eme" | "ste" | "de")
}

/// Leading digits, and the rest.
fn split_digits(word: &str) -> (&str, &str) {
    word.split_at(word.bytes().take_while(u8::is_ascii_digit).count())
}

/// 123 Main Street Apt 4.
fn number_first(street: &mut Street, words: &[&str]) {
    let Some((first, mut rest)) = words.split_first() else { return };
    let (digits, letters) = split_digits(first);
    street.number = digits.parse().ok();
    push_word(&mut street.behind, letters);
    if let [letter, _, ..] = rest
        && (matches!(*letter, "bis" | "ter")
            || (letter.len() == 1 && !matches!(*letter, "n" | "s" | "e" | "w" | "r" | "c" | "v")))
        && letters.is_empty()
    {
        push_word(&mut street.behind, letter);
        rest = rest.get(1..).unwrap_or_default();
    }
    let unit = rest.iter().position(|word| is_unit(word)).filter(|at| *at > 0).unwrap_or(rest.len());
    let (name, behind) = rest.split_at(unit);
    // The last kind of street ends its name, unless it begins it (Rue de Rivoli); what follows may be a town.
    let is_kind = |word: &&str| kind(word).is_some_and(|kind| !matches!(kind, "rue" | "calle" | "via" | "piazza"));
    let end = name.iter().enumerate().skip(1).find(|(_, word)| is_kind(word)).map_or(name.len(), |(at, _)| at + 1);
    let end = if name.get(end).is_some_and(|word| is_direction(word)) { end + 1 } else { end };
    let end = if is_numbered(name) { 2 } else { end };
    let (name, tail) = name.split_at(end);
    street.street = joined(name);
    push_words(&mut street.tail, tail);
    set_behind(street, behind);
}

/// Street 128: a street that has a number for a name.
pub(super) fn is_numbered(words: &[&str]) -> bool {
    matches!(words, [first, second, ..] if kind(first).is_some() && starts_with_number(second))
}

/// Mannerheimintie 5 B 12.
fn number_last(street: &mut Street, words: &[&str], from: usize) {
    let is_number = |word: &str| starts_with_number(word);
    let at = words.iter().skip(from).position(|word| is_number(word)).map_or(words.len(), |at| at + from);
    let (name, numbers) = words.split_at(at);
    let mut name = name;
    while let [start @ .., last] = name {
        if !is_house(last) || start.is_empty() {
            break;
        }
        name = start;
    }
    let unit = name.iter().position(|word| is_unit(word) && word.len() > 2).filter(|at| *at > 0);
    street.street = joined(unit.map_or(name, |unit| name.get(..unit).unwrap_or_default()));
    let Some((first, behind)) = numbers.split_first() else { return };
    let (digits, letters) = split_digits(first);
    if unit.is_some() {
        // "Tolmacheva ul. apt 71": a flat and no house.
        set_behind(street, numbers);
        return;
    }
    street.number = digits.parse().ok();
    push_letters(&mut street.behind, letters);
    set_behind(street, behind);
}

/// Letters and digits behind the number; markers and floors off; the first other word begins the tail.
fn set_behind(street: &mut Street, words: &[&str]) {
    let mut kept = 0;
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let next = words.get(at + 1).copied().unwrap_or_default();
        let (digits, letters) = split_digits(word);
        if is_floor(next) && !digits.is_empty() {
            at += 2;
            continue;
        }
        let is_part = word.len() == 1 || (!digits.is_empty() && word.len() <= 5) || is_letter_and_number(word);
        if is_unit(word) || is_house(word) {
            at += 1;
            continue;
        }
        if !is_part {
            push_words(&mut street.tail, words.get(at..).unwrap_or_default());
            return;
        }
        if kept < MOST_BEHIND {
            push_word(&mut street.behind, digits);
            push_letters(&mut street.behind, letters);
            kept += 1;
        }
        at += 1;
    }
}

/// B12.
fn is_letter_and_number(word: &str) -> bool {
    word.len() <= 5
        && word
            .split_at_checked(1)
            .is_some_and(|(_, rest)| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
}

/// Letters, and digits behind them as a word of their own.
fn push_letters(out: &mut String, letters: &str) {
    let end = letters.bytes().take_while(|byte| !byte.is_ascii_digit()).count();
    let (letters, digits) = letters.split_at_checked(end).unwrap_or((letters, ""));
    push_word(out, letters);
    push_word(out, digits);
}

fn push_word(out: &mut String, word: &str) {
    if !word.is_empty() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
}

fn push_words(out: &mut String, words: &[&str]) {
    words.iter().for_each(|word| push_word(out, word));
}

/// The words of a street's name, kinds in one notation; a kind that is written apart is joined where compounds are
/// usual (`Mannerheimin tie`).
fn joined(words: &[&str]) -> String {
    let mut out = String::new();
    for (place, word) in words.iter().enumerate() {
        let last = place + 1 == words.len();
        if place > 0 && last && is_compounded(word) {
            out.push_str(long_compound(word));
        } else if matches!(*word, "ul" | "ulitsa" | "ulica" | "vulitsa" | "vulica") && words.len() > 1 {
            // Before the name or behind it, and often left out.
        } else if let Some(kind) = kind(word) {
            push_word(&mut out, kind);
        } else {
            push_word(&mut out, word);
            if last {
                complete(&mut out);
            }
        }
    }
    out
}

/// Completes a shortened compound: hauptstr, hameenk, mannerheimint; storgate as storgata.
fn complete(street: &mut String) {
    const ENDS: [(&str, &str); 8] = [
        ("str", "strasse"),
        ("nkat", "nkatu"),
        ("nk", "nkatu"),
        ("nt", "ntie"),
        ("gt", "gata"),
        ("gate", "gata"),
        ("veien", "vei"),
        ("vegen", "vei"),
    ];
    let word = street.rsplit(' ').next().unwrap_or_default();
    let found = ENDS.iter().find(|(end, _)| word.len() > end.len() + 3 && word.ends_with(end));
    if let Some((end, long)) = found {
        street.truncate(street.len() - end.len());
        street.push_str(long);
    }
}
