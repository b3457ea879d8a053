//! How frequent values are: a shared `Smith` says less than a shared `Szczepański`.
//!
//! Only values that are frequent are listed, as hashes with their share of the records that have the field; what is not
//! listed is rare, and what a shared rare value says is learned as a level of its own (see [`super::weights`]). So a
//! policy stays small, and a value that one customer brings ten times into a small file is not taken for a common one.

use serde::{Deserialize, Serialize};

use super::hash;

/// The kinds of values that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    /// A given name.
    Given,
    /// A word of a family name.
    Family,
    /// A date of birth.
    Birth,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// Street, number and place.
    Street,
    /// Town or postal code.
    Place,
    /// The name of an organisation without legal form.
    Company,
    /// A word of such a name.
    CompanyWord,
    /// Given and family name of a person together, because names go with each other.
    FullName,
}

impl Term {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Given,
        Self::Family,
        Self::Birth,
        Self::Email,
        Self::Phone,
        Self::Street,
        Self::Place,
        Self::Company,
        Self::CompanyWord,
        Self::FullName,
    ];
}

/// Rarity in eighths of a bit: -8·log2(share); 0 when the value is not listed.
pub type Rarity = u8;

/// Eighths of a bit in a bit.
pub const EIGHTHS: f32 = 8.0;
/// Fewer records than this never make a value frequent.
const LEAST_COUNT: u32 = 12;
/// A share below this is as good as none, in a file of any size.
const LEAST_SHARE: f64 = 1.0 / 50_000.0;

/// The listed values of each kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Terms {
    listed: [hash::Map<u64, Rarity>; Term::ALL.len()],
}

impl Terms {
    /// The rarity of a listed value, else 0.
    pub fn rarity(&self, term: Term, value: u64) -> Rarity {
        self.listed[term as usize].get(&value).copied().unwrap_or(0)
    }

    /// Lists what is frequent among counted values; `total` is how many records have the field, `known` tells of values
    /// that are frequent whatever their count.
    pub fn list(&mut self, term: Term, counts: &hash::Map<u64, u32>, total: u64, known: impl Fn(u64) -> bool) {
        let least = f64::from(LEAST_COUNT).max(LEAST_SHARE * total as f64);
        let rarity = |count: u32| {
            let bits = -(f64::from(count) / total as f64).log2();
            (bits * f64::from(EIGHTHS)).round().clamp(1.0, 255.0) as Rarity
        };
        let frequent = counts.iter().filter(|(value, count)| f64::from(**count) >= least || known(**value));
        self.listed[term as usize] = frequent.map(|(value, count)| (*value, rarity(*count))).collect();
    }

    /// What a listed value's rarity, in bits, has to be added to so that shared values weigh nothing in the mean among
    /// strangers: log2(Σf² / Σf) over the listed shares f. Words of names stand in both halves, so one half of which
    /// nothing is listed has the base of the other.
    pub fn base(&self, term: Term) -> f32 {
        let own = self.mean_bits(term);
        let other = match term {
            Term::Given => Term::Family,
            Term::Family => Term::Given,
            _ => return own,
        };
        if self.listed[term as usize].is_empty() { self.mean_bits(other) } else { own }
    }

    fn mean_bits(&self, term: Term) -> f32 {
        let mut counts = [0_u32; 256];
        self.listed[term as usize].values().for_each(|rarity| counts[usize::from(*rarity)] += 1);
        // By rarity, so that the sums do not depend on the order of a table.
        let (mut sum, mut squares) = (0.0, 0.0);
        for (rarity, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            let share = (-(rarity as f64) / f64::from(EIGHTHS)).exp2();
            (sum, squares) = (sum + share * f64::from(count), squares + share * share * f64::from(count));
        }
        if sum == 0.0 { 0.0 } else { (squares / sum).log2() as f32 }
    }

    /// How many values are listed.
    pub fn len(&self) -> usize {
        self.listed.iter().map(|listed| listed.len()).sum()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The written form: by kind, (hash in hexadecimal, rarity) by hash.
#[derive(Serialize, Deserialize)]
struct Listed {
    term: Term,
    values: Vec<(String, Rarity)>,
}

impl Serialize for Terms {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let of = |term: Term| {
            let mut values: Vec<_> =
                self.listed[term as usize].iter().map(|(v, r)| (format!("{v:016x}"), *r)).collect();
            values.sort_unstable();
            Listed { term, values }
        };
        serializer.collect_seq(Term::ALL.into_iter().map(of).filter(|listed| !listed.values.is_empty()))
    }
}

impl<'de> Deserialize<'de> for Terms {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut terms = Self::default();
        for listed in Vec::<Listed>::deserialize(deserializer)? {
            for (value, rarity) in listed.values {
                let value = u64::from_str_radix(&value, 16).map_err(serde::de::Error::custom)?;
                terms.listed[listed.term as usize].insert(value, rarity);
            }
        }
        Ok(terms)
    }
}
