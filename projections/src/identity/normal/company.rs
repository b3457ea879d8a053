//! Names of organisations, legal forms apart.
//!
//! A legal form is weak evidence: one company is `Fazer Oy`, `Oy Fazer Ab` and `Fazer` in three systems, and a
//! translation of its form in a fourth. So forms are taken off wherever they stand and kept as a set. Forms that are
//! words as well (`as`, `spa`, `co`) are taken off only at an end of the name, when no plain form was found.

mod words;

use super::text::{clip, fold_plain, repair, tokens};
use words::Form;

/// Bytes of a name that are read.
const MOST_BYTES: usize = 400;
/// Words of a name that are read, and kept.
const MOST_WORDS: usize = 16;

/// The legal forms that a name holds, as a set of kinds: a form and its translations are one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FormSet(pub u64);

impl FormSet {
    /// Oy, Ab, Ltd, GmbH, AS, ApS, OÜ, B.V., Inc, LLC …: limited by shares.
    pub const LIMITED: Self = Self(1);
    /// Oyj, Abp, plc, ASA, S.A., N.V., AG …: shares that may be traded.
    pub const PUBLIC: Self = Self(1 << 1);
    /// Ky, Kb, KG, LP: a limited partnership.
    pub const LIMITED_PARTNERSHIP: Self = Self(1 << 2);
    /// Ay, HB, OHG, LLP: a partnership.
    pub const PARTNERSHIP: Self = Self(1 << 3);
    /// Tmi, enskild firma, FIE: a person in business.
    pub const SOLE: Self = Self(1 << 4);
    /// Osk, ek. för., eG, coop: a cooperative.
    pub const COOPERATIVE: Self = Self(1 << 5);
    /// ry, rf, MTÜ, e.V.: an association.
    pub const ASSOCIATION: Self = Self(1 << 6);
    /// sr, säätiö, stiftelse, SA in Estonia: a foundation.
    pub const FOUNDATION: Self = Self(1 << 7);
    /// Corp, Co, company: says little.
    pub const COMPANY: Self = Self(1 << 8);

    /// Whether the name holds no legal form.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the two may be one company's: one says nothing or little, or they have a kind in common. A company that
    /// goes public changes its form, so limited and public ones may be one.
    pub fn compatible(self, other: Self) -> bool {
        let widened = |set: Self| match set.0 & (Self::LIMITED.0 | Self::PUBLIC.0 | Self::COMPANY.0) {
            0 => set.0,
            _ => set.0 | Self::LIMITED.0,
        };
        self.is_empty() || other.is_empty() || widened(self) & widened(other) != 0
    }

    fn add(&mut self, other: Self) {
        self.0 |= other.0;
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
    let name = repair(clip(name.trim(), MOST_BYTES));
    let folded = fold(&name);
    let all: Vec<&str> = words_of(&folded);
    let joined_letters = join_letters(&all);
    let mut core: Vec<&str> = joined_letters.iter().map(|word| &**word).collect();
    let forms = take_forms(&mut core);
    let mut kept: Vec<&str> = core.iter().copied().filter(|word| !words::is_filler(word)).collect();
    if kept.is_empty() {
        // A name of nothing else, such as "The Company Oy".
        kept = if core.is_empty() { joined_letters.iter().map(|word| &**word).collect() } else { core };
    }
    let core: Vec<Box<str>> = kept.iter().map(|word| words::long_form(word).into()).collect();
    let joined = core.concat().into();
    (!core.is_empty()).then_some(CompanyName { core, forms, joined })
}

/// Whether a name of unknown kind is an organisation's: it holds a legal form, or a word that only organisations bear.
///
/// Forms that are words or surnames as well (`As`, `Ky`, `Sa`) count when they are written in capitals or with dots
/// and other words are not.
pub fn looks_like_company(name: &str) -> bool {
    let name = repair(clip(name.trim(), MOST_BYTES));
    let folded = fold(&name);
    let all = words_of(&folded);
    if all.len() < 2 {
        return all.first().is_some_and(|word| words::is_of_organisations(word) || words::is_compound(word));
    }
    let telling = |word: &&str| {
        matches!(words::form(word), Some(Form::Plain(_)))
            || words::is_of_organisations(word)
            || words::is_compound(word)
    };
    if all.iter().any(telling) {
        return true;
    }
    let small_letters = name.contains(char::is_lowercase);
    let shouts = |part: &str| small_letters && !part.contains(char::is_lowercase);
    let dotted = |part: &str| part.contains(['.', '/']) && part.chars().filter(|c| c.is_alphabetic()).count() > 1;
    let mut parts = name.split_whitespace();
    let mut ends = [parts.next(), parts.next_back()].into_iter().flatten();
    ends.any(|part| (shouts(part) || dotted(part)) && words::form(&joined_fold(part)).is_some())
}

/// The fold of a part without its spaces: `S.p.A.` is `spa`.
fn joined_fold(part: &str) -> String {
    fold_plain(part).replace(' ', "")
}

/// The fold of a name in which `&` and `+` are words.
fn fold(name: &str) -> String {
    if name.contains(['&', '+']) { fold_plain(&name.replace(['&', '+'], " and ")) } else { fold_plain(name) }
}

fn words_of(folded: &str) -> Vec<&str> {
    tokens(folded).take(MOST_WORDS).collect()
}

/// Letters that stand alone, as one word when that is a legal form: `s p a`, `a s`, `b v`.
fn join_letters<'a>(all: &[&'a str]) -> Vec<std::borrow::Cow<'a, str>> {
    let mut out = Vec::with_capacity(all.len());
    let mut rest = all;
    while let Some((first, tail)) = rest.split_first() {
        let letters = rest.iter().take_while(|word| word.len() == 1).count();
        let most = letters.min(4);
        let found = (2..=most).rev().find_map(|len| {
            let joined = rest.get(..len)?.concat();
            words::form(&joined).map(|_| (len, joined))
        });
        if let Some((len, joined)) = found {
            out.push(joined.into());
            rest = rest.get(len..).unwrap_or_default();
        } else {
            out.push((*first).into());
            rest = tail;
        }
    }
    out
}

/// Takes legal forms off: plain ones anywhere, those of several words first, those that are words at the ends only.
fn take_forms(core: &mut Vec<&str>) -> FormSet {
    let mut forms = FormSet::default();
    for (phrase, form) in words::PHRASES {
        let len = phrase.len();
        while let Some(at) = core.windows(len).position(|window| window == *phrase) {
            forms.add(*form);
            core.drain(at..at + len);
        }
    }
    let mut rest = Vec::with_capacity(core.len());
    for word in core.iter() {
        match words::form(word) {
            Some(Form::Plain(form)) => forms.add(form),
            _ => rest.push(*word),
        }
    }
    let only_weak = forms.0 & !FormSet::COMPANY.0 == 0;
    let behind_plain = rest.len() < core.len();
    loop {
        let last = rest.last().and_then(|word| words::form(word));
        match last {
            Some(Form::AtEnds(form)) if rest.len() > 1 && only_weak => forms.add(form),
            // "& Co. KG": the company of a plain form.
            Some(Form::AtEnds(form)) if rest.len() > 1 && behind_plain && form == FormSet::COMPANY => forms.add(form),
            _ => break,
        }
        rest.pop();
        while rest.len() > 1 && rest.last().is_some_and(|word| words::is_and(word)) {
            rest.pop();
        }
    }
    if rest.len() > 1
        && only_weak
        && let Some(Form::AtEnds(form)) = rest.first().and_then(|word| words::form(word))
        && form != FormSet::COMPANY
    {
        forms.add(form);
        rest.remove(0);
    }
    if !rest.is_empty() {
        *core = rest;
    }
    forms
}

#[cfg(test)]
mod tests;
