//! Classes of given names that one person may bear: Matti is Masa, Robert is Bob.
//!
//! A class holds the short forms, spellings and translations of one name. A name may stand in several classes (Kim is
//! Joakim or Kimberly), so being of one class is a level of agreement and no notation of the same name: nothing may be
//! rewritten by it, and two members of one class need not share another.

use std::collections::HashMap;
use std::sync::LazyLock;

/// One class a line; see its head.
const TABLE: &str = include_str!("nicknames.txt");

/// The most classes that one name stands in.
pub const MOST_CLASSES: usize = 6;

type Index = HashMap<&'static str, Box<[u16]>>;

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index: HashMap<&'static str, Vec<u16>> = HashMap::new();
    for (class, line) in (0_u16..).zip(TABLE.lines().filter(|line| !line.starts_with('#'))) {
        for name in line.split(' ') {
            let classes = index.entry(name).or_default();
            if classes.last() != Some(&class) {
                classes.push(class);
            }
        }
    }
    index.into_iter().map(|(name, classes)| (name, classes.into_boxed_slice())).collect()
});

/// The classes of a given name, which is folded with [`fold_plain`](super::text::fold_plain), ascending; empty when it
/// is unknown.
pub fn classes(given: &str) -> &'static [u16] {
    let index: &'static Index = &INDEX;
    let of = |name: &str| index.get(name).map(|classes| &**classes);
    // Peggie is Peggy, Jacky is Jackie; the table has one of the two.
    let other_spelling = || match given.strip_suffix("ie") {
        Some(stem) => of(&[stem, "y"].concat()),
        None => given.strip_suffix('y').and_then(|stem| of(&[stem, "ie"].concat())),
    };
    of(given).or_else(other_spelling).unwrap_or_default()
}

/// Whether two given names may be one person's, by a class that holds both. Names that no class holds share none, not
/// even with themselves.
pub fn same_class(a: &str, b: &str) -> bool {
    let others = classes(b);
    classes(a).iter().any(|class| others.contains(class))
}

/// Whether a word is a given name of the table. Some are family names as well.
pub(super) fn is_given_name(word: &str) -> bool {
    !classes(word).is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::text::fold_plain;
    use super::*;

    #[test]
    fn short_forms_and_translations_share_a_class() {
        for (one, two) in [
            ("robert", "bob"),
            ("robert", "bobby"),
            ("elizabeth", "beth"),
            ("elizabeth", "liz"),
            ("elizabeth", "betty"),
            ("elizabeth", "eliza"),
            ("william", "bill"),
            ("matti", "masa"),
            ("juhani", "jussi"),
            ("juhani", "juha"),
            ("johannes", "hannu"),
            ("margaret", "peggy"),
            ("margaret", "peggie"),
            ("robert", "bobbie"),
            ("heikki", "henrik"),
            ("yrjo", "georg"),
            ("katariina", "kati"),
            ("fredrik", "fredde"),
            ("birgitta", "pirkko"),
            ("aleksandr", "sasha"),
            ("alyaksandr", "aleksandr"),
            ("ekaterina", "katya"),
            ("heinrich", "heinz"),
            ("francisco", "paco"),
            ("mohammed", "muhammad"),
            ("edward", "eddie"),
            ("sarah", "sally"),
        ] {
            assert!(same_class(one, two), "{one} {two}");
            assert!(same_class(two, one), "{two} {one}");
        }
    }

    #[test]
    fn other_names_share_none() {
        for (one, two) in [("matti", "mikko"), ("robert", "richard"), ("mary", "mark"), ("mark", "marsha"), ("", "")] {
            assert!(!same_class(one, two), "{one} {two}");
        }
        assert!(!same_class("virtanen", "virtanen"), "unknown names");
        assert!(classes("kim").len() > 1, "many-to-many");
    }

    #[test]
    fn no_name_stands_in_more_classes_than_said() {
        assert_eq!(INDEX.values().map(|classes| classes.len()).max(), Some(MOST_CLASSES));
    }

    #[test]
    fn the_table_is_folded_and_its_classes_hold_two_names_at_least() {
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let names: Vec<_> = line.split(' ').collect();
            assert!(names.len() >= 2, "{line}");
            for name in names {
                assert!(!name.is_empty() && fold_plain(name) == name, "{line}");
            }
        }
    }
}
