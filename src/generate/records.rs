//! Which sources know a customer, since when, and how well.

use super::customer::Customer;
use super::rng::Topic;
use super::world::World;

/// The most records that a customer has.
pub const MOST_RECORDS: usize = 6;
/// How many customers in a thousand have one record, two, and so on; 2.5 in the mean.
const COUNTS: [u32; MOST_RECORDS] = [275, 300, 205, 120, 70, 30];

/// A publishing system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Orders.
    Erp,
    /// Invoices.
    Billing,
    /// Letters to many.
    Newsletter,
    /// Contacts.
    Crm,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Erp, Self::Billing, Self::Newsletter, Self::Crm];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        ["erp", "billing", "newsletter", "crm"][self as usize]
    }
}

/// One customer as one source knows it.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// The source.
    pub source: Source,
    /// The second of the period at which it was registered.
    pub registered: i64,
    /// Whether an earlier record of the customer stands in the same source.
    pub duplicate: bool,
}

/// The records of a customer.
#[derive(Clone, Copy, Debug)]
pub struct Records {
    all: [Record; MOST_RECORDS],
    count: usize,
}

impl Records {
    /// How many records a customer has.
    pub fn count(world: &World, index: u64) -> usize {
        1 + world.seed.stream(Topic::Records, index, 0).weighted(&COUNTS)
    }

    /// The records of a customer, in the order in which they were registered.
    pub fn of(world: &World, index: u64) -> Self {
        let rng = &mut world.seed.stream(Topic::Records, index, 0);
        let count = 1 + rng.weighted(&COUNTS);
        // A third of the customers is older than the period: they come when the sources are connected.
        let mut at = if rng.chance(330) { rng.within(world.span / 50) } else { rng.within(world.span / 10 * 9) };
        let none = Record { source: Source::Erp, registered: 0, duplicate: false };
        let mut all = [none; MOST_RECORDS];
        let mut used = 0_u32;
        for record in all.iter_mut().take(count) {
            let mut weights = [300, 250, 220, 230];
            if used != 0b1111 && !rng.chance(130) {
                for (_, weight) in weights.iter_mut().enumerate().filter(|(bit, _)| used & (1 << bit) != 0) {
                    *weight = 0;
                }
            }
            let source = Source::ALL[rng.weighted(&weights)];
            let bit = 1 << source as u32;
            *record = Record { source, registered: at, duplicate: used & bit != 0 };
            used |= bit;
            // Half of what remains of the period at most: other sources get to know a customer sooner than later.
            at += 1 + rng.within((world.span - at) / 2);
            at = at.min(world.span);
        }
        Self { all, count }
    }

    /// The records.
    pub fn all(&self) -> &[Record] {
        &self.all[..self.count]
    }
}

/// A field of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Given name.
    Given,
    /// Surname; of an organisation the name.
    Family,
    /// E-mail address.
    Email,
    /// Telephone number.
    Phone,
    /// Street with number.
    Address,
    /// Postal code.
    Postal,
    /// Town.
    City,
    /// Region.
    Region,
    /// Country of the address.
    Country,
    /// Date of birth.
    Birth,
    /// Gender.
    Gender,
    /// National business id.
    BusinessId,
    /// VAT id.
    VatId,
    /// Person or organisation.
    Kind,
}

use Field::{
    Address, Birth, BusinessId, City, Country, Email, Family, Gender, Given, Kind, Phone, Postal, Region, VatId,
};

impl Field {
    /// All fields, in the order of their numbers.
    pub const ALL: [Self; 14] =
        [Given, Family, Email, Phone, Address, Postal, City, Region, Country, Birth, Gender, BusinessId, VatId, Kind];
}

/// How many values in a thousand are missing, by field and source (erp, billing, newsletter, crm).
const MISSING: [[u32; 4]; Field::ALL.len()] = [
    [110, 110, 140, 100], // Given
    [100, 100, 190, 100], // Family
    [300, 350, 80, 200],  // Email
    [220, 320, 400, 150], // Phone
    [120, 90, 330, 200],  // Address
    [160, 130, 380, 240], // Postal
    [140, 110, 350, 220], // City
    [320, 320, 480, 320], // Region
    [260, 220, 400, 300], // Country
    [320, 400, 420, 260], // Birth
    [300, 420, 380, 250], // Gender
    [150, 180, 420, 260], // BusinessId
    [300, 260, 480, 400], // VatId
    [100, 110, 200, 100], // Kind
];

/// How good a value is at the end of the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    /// The source does not know it.
    Missing,
    /// The present value.
    Right,
    /// The value before: the source was never told.
    Outdated,
    /// The present value with a fault.
    Wrong,
}

/// How good each field of a record is.
#[derive(Clone, Copy, Debug)]
pub struct Qualities {
    of: [Quality; Field::ALL.len()],
}

impl Qualities {
    /// Of the record with this place among the customer's.
    pub fn of(world: &World, customer: &Customer, place: usize, source: Source) -> Self {
        let rng = &mut world.seed.stream(Topic::Quality, customer.index, place as u64);
        let mut of = [Quality::Missing; Field::ALL.len()];
        for (field, quality) in Field::ALL.into_iter().zip(&mut of) {
            let (missing, fault) = (rng.below(1_000), rng.below(1_000));
            let (outdated, faulty) = faults(customer, field);
            *quality = match fault {
                _ if missing < MISSING[field as usize][source as usize] => Quality::Missing,
                _ if fault < outdated => Quality::Outdated,
                _ if fault < faulty => Quality::Wrong,
                _ => Quality::Right,
            };
        }
        let mut qualities = Self { of };
        // A record by which nobody could be found or addressed would not have been made.
        if [Field::Family, Field::Email, Field::Phone].iter().all(|field| qualities.get(*field) == Quality::Missing) {
            let field = if rng.chance(600) { Field::Family } else { Field::Email };
            qualities.of[field as usize] = Quality::Right;
        }
        // Who has moved has moved with all parts of the address.
        for part in [Field::Postal, Field::City, Field::Region, Field::Country] {
            if qualities.get(Field::Address) == Quality::Outdated && qualities.get(part) != Quality::Missing {
                qualities.of[part as usize] = Quality::Outdated;
            }
        }
        qualities
    }

    /// How good this field is.
    pub fn get(&self, field: Field) -> Quality {
        self.of[field as usize]
    }
}

/// How many values in a thousand are out of date, and how many are out of date or wrong. Nobody states the wrong kind;
/// the parts of an address are out of date together with the street.
fn faults(customer: &Customer, field: Field) -> (u32, u32) {
    match field {
        Field::Family if customer.person().is_some_and(|person| person.former.is_some()) => (80, 150),
        Field::Email | Field::Phone => (80, 150),
        Field::Address => (100, 150),
        Field::Given | Field::Family | Field::Birth | Field::Gender | Field::BusinessId | Field::VatId => (0, 150),
        Field::Postal | Field::City => (0, 55),
        Field::Region | Field::Country | Field::Kind => (0, 0),
    }
}

/// The fields whose value may change within the period, in the order of [`Changes`].
pub const CHANGING: [Field; 4] = [Field::Family, Field::Address, Field::Email, Field::Phone];

/// When within the period the customer's values change, in the order of [`CHANGING`]; before that the former holds.
#[derive(Clone, Copy, Debug)]
pub struct Changes {
    /// Seconds of the period.
    pub at: [Option<i64>; 4],
}

impl Changes {
    /// Of this customer.
    pub fn of(world: &World, customer: &Customer) -> Self {
        let rng = &mut world.seed.stream(Topic::Changes, customer.index, 0);
        let mut per_mille = match customer.person() {
            Some(person) => [if person.former.is_some() { 100 } else { 0 }, 200, 140, 90],
            None => [0, 110, 70, 60],
        };
        if customer.role.shared_mailbox() {
            per_mille[2] = 0;
        }
        let early = world.span / 20;
        let at = per_mille.map(|share| {
            let (changes, second) = (rng.chance(share), early + rng.within(world.span - early));
            changes.then_some(second)
        });
        Self { at }
    }
}
