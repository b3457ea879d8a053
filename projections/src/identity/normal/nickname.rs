//! Classes of given names that one person may bear: Matti is Masa, Robert is Bob.
//!
//! A class holds the short forms, spellings and translations of one name. A name may stand in several classes (Kim is
//! Joakim or Kimberly), so being of one class is a level of agreement and no notation of the same name: nothing may be
//! rewritten by it, and two members of one class need not share another.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// One class a line; see its head.
const TABLE: &str = include_str!("nicknames.txt");

/// The sets of classes in which some name stands, and the place of each name's set among them.
struct Index {
    names: HashMap<&'static str, u16>,
    sets: Vec<Box<[u16]>>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut names: BTreeMap<&'static str, Vec<u16>> = BTreeMap::new();
    for (class, line) in (0_u16..).zip(TABLE.lines().filter(|line| !line.starts_with('#'))) {
        for name in line.split(' ') {
            let classes = names.entry(name).or_default();
            if classes.last() != Some(&class) {
                classes.push(class);
            }
        }
    }
    let mut index = Index { names: HashMap::new(), sets: vec![Box::default()] };
    let mut places: HashMap<Vec<u16>, u16> = HashMap::new();
    for (name, classes) in names {
        let place = *places.entry(classes).or_insert_with_key(|classes| {
            index.sets.push(classes.clone().into());
            (index.sets.len() - 1) as u16
        });
        index.names.insert(name, place);
    }
    index
});

/// The classes in which a name stands, as one number: [`Self::NONE`] when it is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Classes(u16);

impl Classes {
    /// No class.
    pub const NONE: Self = Self(0);

    /// The classes of a given name, which is folded with [`fold_plain`](super::text::fold_plain).
    pub fn of(given: &str) -> Self {
        let of = |name: &str| INDEX.names.get(name).copied();
        // Peggie is Peggy, Jacky is Jackie; the table has one of the two.
        let other_spelling = || match given.strip_suffix("ie") {
            Some(stem) => of(&[stem, "y"].concat()),
            None => given.strip_suffix('y').and_then(|stem| of(&[stem, "ie"].concat())),
        };
        Self(of(given).or_else(other_spelling).unwrap_or_default())
    }

    /// Whether some class holds both names, so that they may be one person's. Names that no class holds share none, not even
    /// with themselves.
    pub fn meet(self, other: Self) -> bool {
        if self == Self::NONE || other == Self::NONE {
            return false;
        }
        let set = |classes: Self| INDEX.sets.get(usize::from(classes.0)).map(|set| &**set).unwrap_or_default();
        self == other || set(self).iter().any(|class| set(other).contains(class))
    }
}

/// Whether a word is a given name of the table. Some are family names as well.
pub(super) fn is_given_name(word: &str) -> bool {
    Classes::of(word) != Classes::NONE
}

#[cfg(test)]
mod tests {
    use super::super::text::fold_plain;
    use super::*;

    fn same_class(a: &str, b: &str) -> bool {
        Classes::of(a).meet(Classes::of(b))
    }

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
        assert!(same_class("kim", "joakim") && same_class("kim", "kimberly"), "many-to-many");
        assert!(!same_class("joakim", "kimberly"));
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
