//! The comparisons of persons and of organisations, with the built-in shares of their levels.
//!
//! The shares are what is to be expected before any training, and weigh in it as pseudo-counts: `m` among pairs of
//! one customer, `u` among pairs of strangers, `h` among two customers of one household (two companies of one group).
//! They are rough on purpose. Level 0 is always "missing".

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
    /// Share among pairs of one household or group, if it differs from strangers'.
    pub h: f64,
    /// The counts that adjust it, where the level means that a frequent value is shared.
    pub term: Option<Term>,
}

const fn level(name: &'static str, m: f64, u: f64) -> Level {
    Level { name, m, u, h: u, term: None }
}

const fn near(name: &'static str, m: f64, u: f64, h: f64) -> Level {
    Level { name, m, u, h, term: None }
}

impl Level {
    const fn of(self, term: Term) -> Self {
        Self { term: Some(term), ..self }
    }
}

const MISSING: Level = level("missing", 1.0, 1.0);

/// A comparison.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// Its name in policies and explanations.
    pub name: &'static str,
    /// Whether households, or groups of companies, agree in it more than strangers do.
    pub household: bool,
    /// Its levels, "missing" first.
    pub levels: &'static [Level],
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
    level("alike", 0.04, 0.05),
    level("different", 0.07, 0.921),
];

const FAMILY: &[Level] = &[
    MISSING,
    near("same", 0.52, 0.0005, 0.45),
    near("same, frequent", 0.25, 0.003, 0.25).of(Term::Family),
    near("one part", 0.03, 0.0005, 0.03),
    level("initial", 0.01, 0.003),
    near("close", 0.08, 0.001, 0.05),
    near("sounds the same", 0.01, 0.001, 0.01),
    level("alike", 0.03, 0.04),
    near("different", 0.07, 0.951, 0.16),
];

const BIRTH: &[Level] = &[
    MISSING,
    near("same", 0.80, 0.000_04, 0.01),
    near("same, frequent", 0.01, 0.000_02, 0.000_02).of(Term::Birth),
    level("day and month swapped", 0.01, 0.000_04),
    level("one digit", 0.07, 0.001),
    level("two of year, month, day", 0.03, 0.005),
    level("a month or a year apart", 0.03, 0.01),
    level("year", 0.01, 0.013),
    level("different", 0.04, 0.97),
];

const EMAIL: &[Level] = &[
    MISSING,
    near("same", 0.50, 0.000_002, 0.10),
    near("same, frequent", 0.02, 0.000_1, 0.02).of(Term::Email),
    level("same name, other provider", 0.04, 0.000_02),
    level("close", 0.10, 0.000_02),
    near("provider", 0.06, 0.02, 0.06),
    near("different", 0.28, 0.98, 0.82),
];

const PHONE: &[Level] = &[
    MISSING,
    near("same", 0.60, 0.000_002, 0.35),
    near("same, frequent", 0.02, 0.000_1, 0.03).of(Term::Phone),
    level("one digit", 0.05, 0.000_02),
    near("different", 0.33, 0.9999, 0.62),
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
    near("place", 0.10, 0.000_5, 0.08),
    near("place, a frequent one", 0.06, 0.008, 0.04).of(Term::Place),
    near("place nearly", 0.02, 0.005, 0.02),
    near("other place", 0.04, 0.30, 0.02),
    near("street and number", 0.12, 0.000_005, 0.20),
    near("street and number, place", 0.30, 0.000_003, 0.40),
    near("street and number, frequent place", 0.001, 0.000_000_1, 0.001),
    near("street and number, place nearly", 0.04, 0.000_003, 0.05),
    near("street and number, other place", 0.01, 0.000_03, 0.01),
    near("street and number, other flat", 0.005, 0.000_002, 0.01),
    near("street and number, other flat, place", 0.01, 0.000_003, 0.02),
    near("street and number, other flat, frequent place", 0.001, 0.000_000_1, 0.001),
    near("street and number, other flat, place nearly", 0.004, 0.000_002, 0.005),
    near("street and number, other flat, other place", 0.002, 0.000_02, 0.002),
    near("street nearly", 0.01, 0.000_1, 0.01),
    near("street nearly, place", 0.05, 0.000_01, 0.05),
    near("street nearly, frequent place", 0.01, 0.000_01, 0.01).of(Term::Place),
    near("street nearly, place nearly", 0.01, 0.000_01, 0.01),
    near("street nearly, other place", 0.005, 0.000_5, 0.005),
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

const ID: &[Level] = &[
    MISSING,
    level("same", 0.85, 0.000_001),
    level("one digit", 0.05, 0.000_01),
    level("different", 0.10, 0.999_99),
];

/// Of persons.
pub const PERSON: &[Slot] = &[
    Slot { name: "given_name", household: false, levels: GIVEN },
    Slot { name: "family_name", household: true, levels: FAMILY },
    Slot { name: "birth_date", household: false, levels: BIRTH },
    Slot { name: "email", household: true, levels: EMAIL },
    Slot { name: "phone", household: true, levels: PHONE },
    Slot { name: "address", household: true, levels: ADDRESS },
    Slot { name: "ids", household: false, levels: ID },
    Slot {
        name: "gender",
        household: false,
        levels: &[MISSING, level("same", 0.97, 0.5), level("different", 0.03, 0.5)],
    },
    Slot {
        name: "generation",
        household: false,
        levels: &[MISSING, level("same", 0.97, 0.5), level("different", 0.03, 0.5)],
    },
];

const COMPANY: &[Level] = &[
    MISSING,
    near("same", 0.60, 0.000_01, 0.05),
    near("same, frequent", 0.03, 0.000_1, 0.02).of(Term::Company),
    near("close", 0.14, 0.000_02, 0.03),
    near("words left out", 0.12, 0.000_2, 0.30),
    near("most words", 0.05, 0.000_3, 0.30),
    near("some words", 0.02, 0.01, 0.10),
    near("different", 0.04, 0.989, 0.20),
];

/// Of organisations.
pub const ORGANISATION: &[Slot] = &[
    Slot { name: "name", household: true, levels: COMPANY },
    Slot {
        name: "legal_form",
        household: false,
        levels: &[MISSING, level("same", 0.95, 0.5), level("different", 0.05, 0.5)],
    },
    Slot { name: "registered_id", household: false, levels: ID },
    Slot { name: "email", household: true, levels: EMAIL },
    Slot { name: "phone", household: true, levels: PHONE },
    Slot { name: "address", household: true, levels: ADDRESS },
    Slot { name: "ids", household: false, levels: ID },
    Slot {
        name: "website",
        household: true,
        levels: &[MISSING, near("same", 0.80, 0.000_01, 0.50), near("different", 0.20, 0.999_99, 0.50)],
    },
];

/// The comparisons for organisations or persons.
pub fn slots(organisations: bool) -> &'static [Slot] {
    if organisations { ORGANISATION } else { PERSON }
}
