//! Names of organisations, legal forms apart.

use super::text::{fold_plain, tokens};

/// The legal forms that a name holds, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FormSet(pub u64);

impl FormSet {
    /// Whether the name holds no legal form.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the two may be one company's: one says nothing, or they are translations of one another.
    pub fn compatible(self, other: Self) -> bool {
        self.is_empty() || other.is_empty() || self.0 & other.0 != 0
    }
}

/// A name of an organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompanyName {
    /// Its words, folded, in their order, without legal forms and words that say nothing; at most 16.
    pub core: Vec<Box<str>>,
    /// Its legal forms.
    pub forms: FormSet,
    /// The words of `core` written as one.
    pub joined: Box<str>,
}

/// The parts of an organisation's name. `None`: the text holds no word.
pub fn parse(name: &str) -> Option<CompanyName> {
    let core: Vec<Box<str>> =
        tokens(&fold_plain(name)).filter(|word| !matches!(*word, "oy" | "ab")).take(16).map(Box::from).collect();
    let joined = core.concat().into();
    (!core.is_empty()).then_some(CompanyName { core, forms: FormSet(0), joined })
}

/// Whether a name of unknown kind is an organisation's.
pub fn looks_like_company(name: &str) -> bool {
    tokens(&fold_plain(name)).any(|word| matches!(word, "oy" | "ab" | "ltd"))
}
