//! Two records beside each other, comparison by comparison.
//!
//! Comparisons have ordered levels; what depends on one another is one comparison (a postal address, the words of a
//! name), because levels are weighed as if they were independent. What is missing in either record is level 0 and
//! weighs nothing. A value that more records share than the policy's limit (a mailbox `info@`, a switchboard) says
//! nothing either: who compares knows which values are that crowded.

mod address;
mod agreement;
mod contact;
mod name;
mod organisation;
mod person;
pub mod slots;

pub use agreement::{Agreement, Compared};

use super::prepared::{Kind, Prepared};

/// The version of the comparisons. A policy names the one that it was trained on.
pub const VERSION: u32 = 2;

/// Whether two records may be one customer as far as their kinds go.
pub fn comparable(one: &Prepared, other: &Prepared) -> bool {
    one.kind == other.kind || one.kind == Kind::Unknown || other.kind == Kind::Unknown
}

/// Compares two records; among equally good values and orders of names that of the first is taken, so whoever compares
/// for good puts the lower id first. `crowded` tells of a blocking key whether more records share its
/// value than the policy's limit.
pub fn compare(one: &Prepared, other: &Prepared, crowded: &impl Fn(u64) -> bool) -> Compared {
    if one.kind == Kind::Organisation || other.kind == Kind::Organisation {
        organisation::compare(one, other, crowded)
    } else {
        person::compare(one, other, crowded)
    }
}

#[cfg(test)]
mod tests;
