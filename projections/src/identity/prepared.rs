//! A record normalised once, compact, for blocking and comparing.
//!
//! All texts of a record stand in one allocation, ids and values are hashed, and each value carries its rarity by the
//! policy's counts, so that comparing two records touches nothing but the two.

use super::attributes::Attributes;
use super::normal::Gender;
use super::normal::nickname::Classes;
use super::policy::MatchPolicy;
use super::terms::{Rarity, Term, Terms};

mod fill;
mod values;

/// What a record is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing tells.
    #[default]
    Unknown,
    /// A person.
    Person,
    /// An organisation.
    Organisation,
}

/// A part of the record's text.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Span {
    start: u16,
    len: u16,
}

impl Span {
    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// A word of a name.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Word {
    pub text: Span,
    pub rarity: Rarity,
    /// What it sounds like, hashed; 0: nothing.
    pub sound: u32,
    /// Which letters it has, a bit each.
    pub letters: u32,
    /// Of given names.
    pub classes: Classes,
}

/// A name: given words, then family words; of an organisation its core words as family words.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Name {
    pub first: u8,
    pub given: u8,
    pub family: u8,
    /// Of an organisation's name the words written as one, of a person's the full name, hashed; 0: none.
    pub whole: u64,
    pub rarity: Rarity,
}

/// A date of birth as year, month, day; month and day 0 when unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Birth {
    pub year: i16,
    pub month: u8,
    pub day: u8,
    pub rarity: Rarity,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Mail {
    /// Of local part and domain.
    pub value: u64,
    pub domain: u64,
    pub local: Span,
    /// Which letters and digits the local part has.
    pub letters: u32,
    /// Local part, `@` and domain.
    pub whole: Span,
    pub role: bool,
    pub rarity: Rarity,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Telephone {
    /// Of the number with its country, 0 when that is unknown.
    pub full: u64,
    /// The national number's last nine digits.
    pub national: u32,
    pub rarity: Rarity,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Place {
    pub street: Span,
    pub number: u32,
    /// Letter, stair and flat, hashed; 0: none.
    pub flat: u32,
    pub postal: Span,
    pub city: Span,
    pub region: u32,
    /// Of street, number and place; 0 without street.
    pub value: u64,
    pub rarity: Rarity,
    pub city_rarity: Rarity,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Id {
    /// Type, hashed.
    pub kind: u32,
    /// Country, hashed; 0: not said.
    pub country: u32,
    pub value: Span,
    /// Of type, country and value.
    pub hash: u64,
    /// A business or VAT id.
    pub registered: bool,
    /// Valid, and of a type of which a customer has one.
    pub strong: bool,
}

/// A record, normalised. Equal ones are compared alike with any other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prepared {
    /// Person or organisation.
    pub(crate) kind: Kind,
    pub(crate) gender: Option<Gender>,
    /// Generation: 0 when not said.
    pub(crate) generation: u8,
    /// Legal forms, a set of bits.
    pub(crate) forms: u64,
    /// Of the source's name.
    pub(crate) source: u32,
    pub(crate) site: u64,
    text: Box<str>,
    pub(crate) names: Box<[Name]>,
    words: Box<[Word]>,
    pub(crate) births: Box<[Birth]>,
    pub(crate) mails: Box<[Mail]>,
    pub(crate) phones: Box<[Telephone]>,
    pub(crate) places: Box<[Place]>,
    pub(crate) ids: Box<[Id]>,
    /// Blocking keys, ascending.
    pub(crate) keys: Box<[u64]>,
    /// What crowded keys are joined with.
    pub(crate) facets: Box<[u64]>,
}

impl Prepared {
    /// Normalises a record under a policy.
    pub fn of(attributes: &Attributes, policy: &MatchPolicy) -> Self {
        let mut prepared = fill::fill(attributes, policy);
        prepared.weigh(&policy.terms);
        let (keys, facets) = super::block::keys(&prepared);
        (prepared.keys, prepared.facets) = (keys, facets);
        prepared
    }

    /// The record with rarities by other counts.
    pub(crate) fn weigh(&mut self, terms: &Terms) {
        values::weigh(self, terms);
    }

    /// Tells each value that is counted.
    pub(crate) fn values(&self, told: impl FnMut(Term, u64)) {
        values::tell(self, told);
    }

    /// Tells each word of a person's family name, hashed as it is counted, with what the first given name sounds like.
    pub(crate) fn names_beside(&self, told: impl FnMut(u64, u32)) {
        values::beside(self, told);
    }

    /// Person, organisation or unknown.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Blocking keys, ascending.
    pub fn keys(&self) -> &[u64] {
        &self.keys
    }

    pub(crate) fn at(&self, span: Span) -> &str {
        self.text.get(usize::from(span.start)..usize::from(span.start + span.len)).unwrap_or_default()
    }

    pub(crate) fn bytes(&self, span: Span) -> &[u8] {
        self.at(span).as_bytes()
    }

    /// Words written as one.
    pub(crate) fn joined(&self, words: &[Word]) -> Vec<u8> {
        words.iter().flat_map(|word| self.bytes(word.text)).copied().collect()
    }

    pub(crate) fn given(&self, name: &Name) -> &[Word] {
        let from = usize::from(name.first);
        self.words.get(from..from + usize::from(name.given)).unwrap_or_default()
    }

    pub(crate) fn family(&self, name: &Name) -> &[Word] {
        let from = usize::from(name.first) + usize::from(name.given);
        self.words.get(from..from + usize::from(name.family)).unwrap_or_default()
    }

    /// Whether both hold different valid values of a strong id and none in common, or are said to be of different
    /// generations.
    pub(crate) fn contradicts(&self, other: &Self) -> bool {
        if self.generation != other.generation && self.generation != 0 && other.generation != 0 {
            return true;
        }
        let any = |holds: fn(&Id, &Id) -> bool| {
            self.strong_ids().any(|one| other.strong_ids().any(|other| holds(one, other)))
        };
        any(|a, b| (a.kind, a.country) == (b.kind, b.country) && a.hash != b.hash) && !any(|a, b| a.hash == b.hash)
    }

    fn strong_ids(&self) -> impl Iterator<Item = &Id> {
        self.ids.iter().filter(|id| id.strong)
    }

    /// Bytes that it holds, with itself.
    pub fn size(&self) -> usize {
        size_of::<Self>()
            + self.text.len()
            + size_of_val(&*self.names)
            + size_of_val(&*self.words)
            + size_of_val(&*self.births)
            + size_of_val(&*self.mails)
            + size_of_val(&*self.phones)
            + size_of_val(&*self.places)
            + size_of_val(&*self.ids)
            + size_of_val(&*self.keys)
            + size_of_val(&*self.facets)
    }
}
