//! The comparisons of persons and of organisations, with the built-in shares of their levels.
//!
//! The shares are what is to be expected before any training, and weigh in it as pseudo-counts: `m` among pairs of
//! one customer, `u` among pairs of strangers. They are rough on purpose. Level 0 is always "missing".

use crate::identity::terms::Term;

/// A level of agreement.
#[derive(Clone, Copy, Debug)]
pub struct Level {
    /// Its name in explanations.
    pub name: &'static str,
    /// Share among pairs of one customer.
    pub m: f64,
    /// Share among pairs of strangers.
    pub u: f64,
    /// The counts that adjust it, where the level means that a frequent value is shared.
    pub term: Option<Term>,
}

const fn level(name: &'static str, m: f64, u: f64) -> Level {
    Level { name, m, u, term: None }
}

impl Level {
    const fn of(self, term: Term) -> Self {
        Self { term: Some(term), ..self }
    }
}

const MISSING: Level = level("missing", 1.0, 1.0);

/// How two customers of one household, or two companies of one group, agree in a comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shared {
    /// So many have one and the same value, and agree as two records of one customer do; the others as strangers do.
    Value(f64),
    /// The same, but the share is not learned: families in which it is high look like one customer.
    Fixed(f64),
    /// By a share for each level.
    Levels(&'static [f64]),
}

/// A comparison.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// Its name in policies and explanations.
    pub name: &'static str,
    /// What households and groups share.
    pub shared: Shared,
    /// The levels that namesakes of one region share more often than other strangers: names go with names and towns.
    pub namesakes: Option<&'static [usize]>,
    /// Its levels, "missing" first.
    pub levels: &'static [Level],
}

impl Slot {
    /// Whether what is shared here is counted as common to a household.
    pub const fn common(&self) -> bool {
        !matches!(self.shared, Shared::Fixed(_))
    }
}

/// Slots of persons.
pub mod person {
    /// Given names.
    pub const GIVEN: usize = 0;
    /// Family name.
    pub const FAMILY: usize = 1;
    /// Date of birth.
    pub const BIRTH: usize = 2;
    /// E-mail address.
    pub const EMAIL: usize = 3;
    /// Telephone number.
    pub const PHONE: usize = 4;
    /// Postal address.
    pub const ADDRESS: usize = 5;
    /// Ids.
    pub const ID: usize = 6;
    /// Gender.
    pub const GENDER: usize = 7;
    /// Generation.
    pub const GENERATION: usize = 8;
}

/// Slots of organisations.
pub mod organisation {
    /// Name.
    pub const NAME: usize = 0;
    /// Legal form.
    pub const FORM: usize = 1;
    /// Business or VAT id and whatever else is strong.
    pub const REGISTERED: usize = 2;
    /// E-mail address.
    pub const EMAIL: usize = 3;
    /// Telephone number.
    pub const PHONE: usize = 4;
    /// Postal address.
    pub const ADDRESS: usize = 5;
    /// Other ids.
    pub const ID: usize = 6;
    /// Web site.
    pub const SITE: usize = 7;
}

/// Levels of words and names, by number.
pub mod names {
    /// One value, a rare one.
    pub const SAME: u8 = 1;
    /// One value, a frequent one.
    pub const COMMON: u8 = 2;
    /// Given names of one class; of a family name, one part of two.
    pub const RELATED: u8 = 3;
    /// An initial of the other.
    pub const INITIAL: u8 = 4;
    /// A typing error or two.
    pub const CLOSE: u8 = 5;
    /// Sounds the same.
    pub const SOUND: u8 = 6;
    /// Somewhat alike.
    pub const FAR: u8 = 7;
    /// Different.
    pub const DIFFER: u8 = 8;
}

const GIVEN: &[Level] = &[
    MISSING,
    level("same", 0.46, 0.003),
    level("same, frequent", 0.25, 0.006).of(Term::Given),
    level("nickname", 0.04, 0.004),
    level("initial", 0.04, 0.01),
    level("close", 0.08, 0.003),
    level("sounds the same", 0.02, 0.003),
    level("alike", 0.02, 0.04),
    level("different", 0.07, 0.931),
];

const FAMILY: &[Level] = &[
    MISSING,
    level("same", 0.52, 0.0005),
    level("same, frequent", 0.25, 0.003).of(Term::Family),
    level("one part", 0.03, 0.0005),
    level("initial", 0.01, 0.003),
    level("close", 0.08, 0.001),
    level("sounds the same", 0.01, 0.001),
    level("alike", 0.03, 0.04),
    level("different", 0.07, 0.951),
];

const BIRTH: &[Level] = &[
    MISSING,
    level("same", 0.80, 0.000_04),
    level("same, frequent", 0.01, 0.000_02).of(Term::Birth),
    level("day and month swapped", 0.01, 0.000_04),
    level("one digit", 0.07, 0.001),
    level("two of year, month, day", 0.03, 0.005),
    level("a month or a year apart", 0.03, 0.01),
    level("year", 0.01, 0.013),
    level("different", 0.02, 0.97),
];

const EMAIL: &[Level] = &[
    MISSING,
    level("same", 0.50, 0.000_002),
    level("same, frequent", 0.02, 0.000_1).of(Term::Email),
    level("same name, other provider", 0.04, 0.000_02),
    level("close", 0.10, 0.000_02),
    level("provider", 0.06, 0.02),
    level("different", 0.28, 0.98),
];

const PHONE: &[Level] = &[
    MISSING,
    level("same", 0.60, 0.000_002),
    level("same, frequent", 0.02, 0.000_1).of(Term::Phone),
    level("one digit", 0.05, 0.000_02),
    level("different", 0.33, 0.9999),
];

/// Street and place in one: 5 × street + place.
pub mod address {
    /// Levels of the street.
    pub mod street {
        /// One says nothing.
        pub const MISSING: u8 = 0;
        /// Street and number.
        pub const SAME: u8 = 1;
        /// Street and number, another flat.
        pub const FLAT: u8 = 2;
        /// Number, and a street close to it; or the street where one gives no number.
        pub const CLOSE: u8 = 3;
        /// The street, another number.
        pub const NUMBER: u8 = 4;
        /// Different.
        pub const DIFFER: u8 = 5;
    }
    /// Levels of the place.
    pub mod place {
        /// One says nothing.
        pub const MISSING: u8 = 0;
        /// Postal code or town.
        pub const SAME: u8 = 1;
        /// The same, a frequent one.
        pub const COMMON: u8 = 2;
        /// Nearly.
        pub const CLOSE: u8 = 3;
        /// Different.
        pub const DIFFER: u8 = 4;
    }
}

const ADDRESS: &[Level] = &[
    MISSING,
    level("place", 0.10, 0.000_5),
    level("place, a frequent one", 0.06, 0.008).of(Term::Place),
    level("place nearly", 0.02, 0.005),
    level("other place", 0.04, 0.30),
    level("street and number", 0.12, 0.000_005),
    level("street and number, place", 0.30, 0.000_003),
    level("street and number, frequent place", 0.001, 0.000_000_1),
    level("street and number, place nearly", 0.04, 0.000_003),
    level("street and number, other place", 0.01, 0.000_03),
    level("street and number, other flat", 0.005, 0.000_002),
    level("street and number, other flat, place", 0.01, 0.000_003),
    level("street and number, other flat, frequent place", 0.001, 0.000_000_1),
    level("street and number, other flat, place nearly", 0.004, 0.000_002),
    level("street and number, other flat, other place", 0.002, 0.000_02),
    level("street nearly", 0.01, 0.000_1),
    level("street nearly, place", 0.05, 0.000_01),
    level("street nearly, frequent place", 0.01, 0.000_01).of(Term::Place),
    level("street nearly, place nearly", 0.01, 0.000_01),
    level("street nearly, other place", 0.005, 0.000_5),
    level("same street, other number", 0.003, 0.001),
    level("same street, other number, place", 0.01, 0.000_1),
    level("same street, other number, frequent place", 0.003, 0.000_1).of(Term::Place),
    level("same street, other number, place nearly", 0.002, 0.000_1),
    level("same street, other number, other place", 0.003, 0.003),
    level("other street", 0.03, 0.15),
    level("other street, place", 0.03, 0.001),
    level("other street, frequent place", 0.02, 0.008).of(Term::Place),
    level("other street, place nearly", 0.01, 0.005),
    level("other street, other place", 0.10, 0.52),
];

const ID: &[Level] =
    &[MISSING, level("same", 0.92, 0.000_001), level("one digit", 0.05, 0.000_01), level("different", 0.03, 0.999_99)];

/// Of persons.
pub const PERSON: &[Slot] = &[
    Slot { name: "given_name", shared: Shared::Fixed(0.01), namesakes: Some(&[1, 2, 3, 4, 5, 6]), levels: GIVEN },
    Slot { name: "family_name", shared: Shared::Value(0.65), namesakes: Some(&[1, 2, 3, 4, 5, 6]), levels: FAMILY },
    Slot { name: "birth_date", shared: Shared::Fixed(0.01), namesakes: None, levels: BIRTH },
    Slot { name: "email", shared: Shared::Value(0.1), namesakes: None, levels: EMAIL },
    Slot { name: "phone", shared: Shared::Value(0.4), namesakes: None, levels: PHONE },
    Slot { name: "address", shared: Shared::Value(0.8), namesakes: Some(&[1, 2, 3, 26, 27, 28]), levels: ADDRESS },
    Slot { name: "ids", shared: Shared::Fixed(0.0), namesakes: None, levels: ID },
    Slot {
        name: "gender",
        shared: Shared::Fixed(0.0),
        namesakes: None,
        levels: &[MISSING, level("same", 0.97, 0.5), level("different", 0.03, 0.5)],
    },
    Slot {
        name: "generation",
        shared: Shared::Fixed(0.0),
        namesakes: None,
        levels: &[MISSING, level("same", 0.97, 0.5), level("different", 0.03, 0.5)],
    },
];

/// Companies of one group have names that share words.
const GROUP_NAME: &[f64] = &[1.0, 0.02, 0.01, 0.03, 0.25, 0.25, 0.20, 0.24];

const COMPANY: &[Level] = &[
    MISSING,
    level("same", 0.60, 0.000_01),
    level("same, frequent", 0.03, 0.000_1).of(Term::Company),
    level("close", 0.14, 0.000_02),
    level("words left out", 0.12, 0.000_2),
    level("most words", 0.05, 0.000_3),
    level("some words", 0.02, 0.01),
    level("different", 0.04, 0.989),
];

/// Of organisations.
pub const ORGANISATION: &[Slot] = &[
    Slot { name: "name", shared: Shared::Levels(GROUP_NAME), namesakes: None, levels: COMPANY },
    Slot {
        name: "legal_form",
        shared: Shared::Fixed(0.0),
        namesakes: None,
        levels: &[MISSING, level("same", 0.95, 0.5), level("different", 0.05, 0.5)],
    },
    Slot { name: "registered_id", shared: Shared::Fixed(0.0), namesakes: None, levels: ID },
    Slot { name: "email", shared: Shared::Value(0.1), namesakes: None, levels: EMAIL },
    Slot { name: "phone", shared: Shared::Value(0.2), namesakes: None, levels: PHONE },
    Slot { name: "address", shared: Shared::Value(0.5), namesakes: Some(&[1, 2, 3, 26, 27, 28]), levels: ADDRESS },
    Slot { name: "ids", shared: Shared::Fixed(0.0), namesakes: None, levels: ID },
    Slot {
        name: "website",
        shared: Shared::Value(0.4),
        namesakes: None,
        levels: &[MISSING, level("same", 0.80, 0.000_01), level("different", 0.20, 0.999_99)],
    },
];

/// The comparisons for organisations or persons.
pub fn slots(organisations: bool) -> &'static [Slot] {
    if organisations { ORGANISATION } else { PERSON }
}
