//! Sets of a customer's fields.

use kulta_events::vocabulary::customer::ATTRIBUTES;

/// A set of fields. Beside the attributes of a customer there is one more: which records it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fields(u32);

/// The word for [`Fields::RECORDS`].
const RECORDS: &str = "records";
/// What a subscriber holds unless it says otherwise.
const CONTACT: [&str; 6] = ["given_name", "family_name", "name", "email", "phone", "address"];

impl Fields {
    /// None.
    pub const NONE: Self = Self(0);
    /// Which records the customer has: merges and splits change this, and with it any other field.
    pub const RECORDS: Self = Self(1 << 31);
    /// All of them.
    pub const ALL: Self = Self(u32::MAX);

    /// The field of this name; one attribute of `attributes` counts as all of them. `None`: there is none.
    pub fn named(name: &str) -> Option<Self> {
        let place = ATTRIBUTES.iter().position(|field| field.name == name)?;
        Some(Self(1 << place))
    }

    /// The fields of contact: names, e-mail, phone, address.
    pub fn contact() -> Self {
        CONTACT.into_iter().filter_map(Self::named).fold(Self::NONE, Self::and)
    }

    /// These and others.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that are in both.
    #[must_use]
    pub const fn in_both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether it is the empty set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Their names, in the order of the vocabulary.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let attributes = ATTRIBUTES.iter().enumerate().map(|(place, field)| (1 << place, field.name));
        attributes.chain([(Self::RECORDS.0, RECORDS)]).filter(move |(bit, _)| self.0 & bit != 0).map(|(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_names() {
        let two = Fields::named("email").unwrap().and(Fields::named("phone").unwrap());
        assert_eq!(two.names().collect::<Vec<_>>(), ["email", "phone"]);
        assert!(two.in_both(Fields::RECORDS).is_empty() && !two.in_both(Fields::contact()).is_empty());
        assert_eq!((Fields::named("shoe_size"), Fields::named(RECORDS)), (None, None));
        assert_eq!(Fields::ALL.names().count(), ATTRIBUTES.len() + 1);
        assert!(ATTRIBUTES.len() < 31, "a wider number is needed");
    }
}
