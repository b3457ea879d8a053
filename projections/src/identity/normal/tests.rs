//! Texts that no field was made for, through every module.

use super::*;

/// Everything that a record's text may be put through.
fn read(text: &str) {
    let repaired = text::repair(text);
    let folded = text::fold_plain(&repaired);
    assert_eq!(text::fold_plain(&folded), folded);
    assert!(text::canonical(&folded).len() <= folded.len());
    assert!(text::fold_long(&repaired).len() >= text::canonical(&folded).len());
    assert!(phonetic::key(&folded).len() < 40);
    assert_eq!(nickname::Classes::of(&folded), nickname::Classes::NONE);
    let words = |name: person::PersonName| name.words().count();
    assert!(person::parse(text, text, text).is_none_or(|name| words(name) <= 8));
    assert!(person::parse("", "", text).is_none_or(|name| words(name) <= 8));
    assert!(company::parse(text).is_none_or(|name| name.core.len() <= 16));
    assert!(!company::looks_like_company(text));
    assert!(phone::normalise(text, Some(text)).is_none());
    assert!(email::normalise(text).is_none());
    let whole = address::Parts { street: text, ..address::Parts::default() };
    let parts = address::Parts { street: text, postal_code: text, city: text, region: text, country: text };
    assert!(address::parse(&whole).is_none_or(|address| address.street.len() < 1000));
    assert!(address::parse(&parts).is_none_or(|address| address.street.len() < 1000));
    assert!(date::candidates(text).is_empty());
    assert!(gender::parse(text).is_none());
    for id in [
        ids::business_id(text, None),
        ids::vat_id(text, None),
        ids::personal_id(text, None),
        ids::other(text, text, None),
    ] {
        assert!(id.is_none_or(|id| id.value.len() < 200 && !id.valid));
    }
}

#[test]
fn endless_and_meaningless_texts_are_read() {
    let endless = 100_000;
    for unit in [
        "q",
        "å",
        " ",
        "\0",
        "-",
        "Ã¤",
        "Ã",
        ",",
        "a ",
        "o s ",
        "(",
        "张",
        "\u{301}",
        "a\u{308}",
        "\u{200f}",
        "'",
        "von ",
        "&",
        "\u{10ffff}",
    ] {
        read(&unit.repeat(endless / unit.len()));
        read(unit);
    }
    read("");
}
