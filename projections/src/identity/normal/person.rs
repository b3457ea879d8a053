//! Names of persons in their parts.

use super::text::{fold_plain, tokens};

/// What tells generations of one name apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suffix {
    /// Sr, vanhempi, I.
    First,
    /// Jr, nuorempi, II.
    Second,
    /// III.
    Third,
    /// IV and later.
    Later,
}

/// A name of a person, every part folded with [`fold_plain`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonName {
    /// Given names in their order, up to four; an initial is one letter.
    pub given: Vec<Box<str>>,
    /// The family name's words without particles, up to four: a double surname is two.
    pub family: Vec<Box<str>>,
    /// `von`, `de la`, `bin` before the family name; empty when there is none.
    pub particle: Box<str>,
    /// The generation, when it is said.
    pub suffix: Option<Suffix>,
    /// Whether the source said which part is the family name. Otherwise the parts are a guess.
    pub order_known: bool,
}

impl PersonName {
    /// All words of the name, given names first.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.given.iter().chain(&self.family).map(|word| &**word)
    }
}

/// The name that these fields hold; empty texts count as missing. `None`: they hold no name.
pub fn parse(given: &str, family: &str, name: &str) -> Option<PersonName> {
    let boxed = |text: &str| tokens(&fold_plain(text)).take(4).map(Box::from).collect::<Vec<_>>();
    let mut parsed =
        PersonName { given: boxed(given), family: boxed(family), order_known: true, ..PersonName::default() };
    if parsed.given.is_empty() && parsed.family.is_empty() {
        parsed.given = boxed(name);
        parsed.family.extend(parsed.given.pop());
        parsed.order_known = false;
    }
    (!parsed.given.is_empty() || !parsed.family.is_empty()).then_some(parsed)
}
