//! Companies: names, groups of near-equal names, legal forms in their notations.

pub mod data;

use std::sync::LazyLock;

use super::names::{Culture, write_family};
use super::noise::{slug, typo};
use super::places::Country;
use super::rng::Rng;
use data::{BRANCHES, BRAND_ENDS, BRAND_HEADS, BRAND_TAILS, FORM_NOTATIONS, FORMS, PLACES, SISTERS};

struct Lists {
    branches: [Vec<&'static str>; 5],
    places: [Vec<&'static str>; 5],
    heads: Vec<&'static str>,
    tails: Vec<&'static str>,
    ends: Vec<&'static str>,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let words = |text: &'static str| text.split_ascii_whitespace().collect::<Vec<_>>();
    Lists {
        branches: BRANCHES.map(words),
        places: PLACES.map(words),
        heads: words(BRAND_HEADS),
        tails: words(BRAND_TAILS),
        ends: words(BRAND_ENDS),
    }
});

/// A company as its register knows it.
#[derive(Clone, Copy, Debug)]
pub struct Company {
    /// Where it is registered.
    pub country: Country,
    /// What its name is drawn from; companies of one group share it.
    pub core: u64,
    /// Which of its group it is.
    pub sister: Option<u64>,
    /// What its legal form is drawn from.
    pub form: u64,
    /// Its running number among all companies, for its ids.
    pub number: u64,
}

/// How a record writes a company's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// As registered, or in another usual notation.
    None,
    /// With a typing error, an abbreviation or a word left out.
    Wrong,
}

impl Company {
    /// Writes the first word or words, that tell it from others, and says whether a line of business follows.
    fn write_head(&self, rng: &mut Rng, out: &mut String) -> bool {
        let lists = &*LISTS;
        match rng.below(100) {
            0..=29 => {
                let culture =
                    [Culture::Finnish, Culture::Swedish, Culture::Estonian, Culture::Norwegian, Culture::Danish]
                        [self.country as usize];
                write_family(culture, false, rng.next(), 0, out);
                self.genitive(out);
                true
            }
            30..=49 => {
                out.push_str(rng.pick(&lists.places[self.country as usize]));
                true
            }
            _ => {
                out.push_str(rng.pick(&lists.heads));
                out.push_str(rng.pick(&lists.tails));
                if rng.chance(300) {
                    out.push_str(rng.pick(&lists.tails));
                }
                rng.chance(700)
            }
        }
    }

    fn genitive(&self, name: &mut String) {
        match self.country {
            Country::Finland if name.ends_with("nen") => {
                name.truncate(name.len() - 3);
                name.push_str("sen");
            }
            Country::Finland => name.push('n'),
            Country::Estonia => {}
            _ if name.ends_with('s') => {}
            _ => name.push('s'),
        }
    }

    /// Writes the name without legal form.
    pub fn write_core(&self, out: &mut String) {
        let lists = &*LISTS;
        let rng = &mut Rng::new(self.core);
        let with_branch = self.write_head(rng, out);
        out.push(' ');
        out.push_str(rng.pick(if with_branch { &lists.branches[self.country as usize] } else { &lists.ends }));
        let sisters = SISTERS[self.country as usize];
        let addition = self.sister.map_or("", |nth| sisters[nth as usize % sisters.len()]);
        if !addition.is_empty() {
            out.push(' ');
            out.push_str(addition);
        }
    }

    /// Writes what stands before the number in its domain.
    pub fn write_domain(&self, out: &mut String) {
        let mut head = String::new();
        self.write_head(&mut Rng::new(self.core), &mut head);
        slug(&head, "-", out);
    }

    /// The legal form that it is registered under.
    pub fn form(&self) -> &'static str {
        let forms = FORMS[self.country as usize];
        let mut left = Rng::new(self.form).below(forms.iter().map(|(_, weight)| weight).sum());
        for (form, weight) in forms {
            if left < *weight {
                return form;
            }
            left -= weight;
        }
        forms[0].0
    }

    /// Writes the name in a notation and with the faults that `rng` draws.
    pub fn write_name(&self, fault: Fault, rng: &mut Rng, out: &mut String) {
        let form = self.form();
        let known = FORM_NOTATIONS.iter().find(|(name, _)| *name == form).map_or(&[][..], |(_, others)| others);
        let written = match rng.below(100) {
            0..=59 => form,
            60..=84 if !known.is_empty() => rng.pick(known),
            60..=74 => form,
            _ => "",
        };
        if let Some(before) = written.strip_prefix('^') {
            out.push_str(before);
            out.push(' ');
        }
        let start = out.len();
        self.write_core(out);
        if fault == Fault::Wrong {
            spoil(out, start, rng);
        }
        if !written.is_empty() && !written.starts_with('^') {
            out.push_str(if rng.chance(30) { ", " } else { " " });
            out.push_str(written);
        }
    }
}

/// A typing error, a word left out, a word shortened.
fn spoil(name: &mut String, start: usize, rng: &mut Rng) {
    let last = name[start..].rfind(' ').map(|at| start + at);
    match (rng.below(10), last) {
        (0..=1, Some(at)) => name.truncate(at),
        (2..=3, Some(at)) => {
            let keep = name[at + 1..].char_indices().nth(3).map_or(name.len(), |(n, _)| at + 1 + n);
            name.truncate(keep);
            name.push('.');
        }
        (4, Some(at)) => drop(name.remove(at)),
        _ => typo(name, start, rng),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const ACME: Company = Company { country: Country::Finland, core: 11, sister: None, form: 1, number: 0 };

    fn core(company: Company) -> String {
        let mut out = String::new();
        company.write_core(&mut out);
        out
    }

    #[test]
    fn sisters_have_near_equal_names() {
        let names: HashSet<_> = (0..5).map(|nth| core(Company { sister: Some(nth), ..ACME })).collect();
        assert_eq!(names.len(), 5);
        assert!(names.iter().all(|name| name.starts_with(&core(ACME))), "{names:?}");
    }

    #[test]
    fn companies_have_many_names_and_each_has_many_notations() {
        let cores: HashSet<_> = (0..5_000).map(|key| core(Company { core: key, ..ACME })).collect();
        assert!(cores.len() > 4_000, "{}", cores.len());
        let rng = &mut Rng::new(3);
        let notations: HashSet<_> = (0..200)
            .map(|_| {
                let mut out = String::new();
                ACME.write_name(Fault::None, rng, &mut out);
                out
            })
            .collect();
        assert!(notations.len() >= 3 && notations.iter().all(|name| name.contains(&core(ACME))), "{notations:?}");
    }

    #[test]
    fn domains_are_domains() {
        for country in [Country::Finland, Country::Sweden, Country::Estonia, Country::Norway, Country::Denmark] {
            for key in 0..1_000 {
                let mut out = String::new();
                Company { country, core: key, ..ACME }.write_domain(&mut out);
                assert!(!out.is_empty() && out.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{out}");
            }
        }
    }
}
