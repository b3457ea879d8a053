//! What befalls a record: registered, told of changes, verified, consent given and withdrawn.

use super::calendar::{DAY, HOUR, SECOND};
use super::customer::Customer;
use super::records::{CHANGING, Changes, Field, MOST_RECORDS, Qualities, Quality, Record, Records, Source};
use super::rng::Topic;
use super::world::World;

/// The longest time until a source is told of a change, in seconds.
const LONGEST_DELAY: i64 = 120 * DAY / SECOND;

/// What may happen to a record, at most once each. 1 to 4 are edits of [`CHANGING`].
pub const STEPS: usize = 8;
/// The record comes into being.
pub const REGISTERED: usize = 0;
/// A field was verified.
pub const VERIFIED: usize = 5;
/// Consent was given.
pub const CONSENT_GIVEN: usize = 6;
/// Consent was withdrawn.
pub const CONSENT_WITHDRAWN: usize = 7;

/// A customer with all that is known of it, computed once.
#[derive(Clone, Debug)]
pub struct Known {
    /// Who it is.
    pub customer: Customer,
    /// Its records.
    pub records: Records,
    /// When its values change.
    pub changes: Changes,
    qualities: [Option<Qualities>; MOST_RECORDS],
}

impl Known {
    /// The customer with this number.
    pub fn of(world: &World, index: u64) -> Self {
        let customer = Customer::of(world, index);
        let records = Records::of(world, index);
        let changes = Changes::of(world, &customer);
        let mut qualities = [None; MOST_RECORDS];
        for (place, record) in records.all().iter().enumerate() {
            qualities[place] = Some(Qualities::of(world, &customer, place, record.source));
        }
        Self { customer, records, changes, qualities }
    }

    /// The record at this place.
    pub fn record(&self, place: usize) -> &Record {
        &self.records.all()[place]
    }

    /// How good a field of a record is at the end.
    pub fn quality(&self, place: usize, field: Field) -> Quality {
        self.qualities[place].map_or(Quality::Missing, |qualities| qualities.get(field))
    }

    /// Whether the record is keyed by the customer's e-mail address. Only such a one as is nobody else's and stays.
    pub fn keyed_by_email(&self, world: &World, place: usize) -> bool {
        let record = self.record(place);
        let stays = match self.quality(place, Field::Email) {
            Quality::Outdated => true,
            Quality::Right => self.changes.at[2].is_none_or(|change| change <= record.registered),
            Quality::Missing | Quality::Wrong => false,
        };
        record.source == Source::Newsletter
            && !record.duplicate
            && stays
            && self.customer.person().is_some()
            && !self.customer.role.shared_mailbox()
            && Self::prefers_email_key(world, self.customer.index, place)
    }

    /// Whether the newsletter would key this record by e-mail address if it can: known without knowing the customer.
    pub fn prefers_email_key(world: &World, index: u64, place: usize) -> bool {
        world.seed.stream(Topic::Subject, index, place as u64 + 10).chance(550)
    }
}

/// The dates of one record.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    /// The second of the period of each step that happens.
    pub at: [Option<i64>; STEPS],
    /// Whether the edit of the telephone number takes it away instead of changing it.
    pub clears_phone: bool,
    /// Which field is verified.
    pub verified: Field,
}

impl Life {
    /// Of the record at this place, the changes of the period having taken place.
    pub fn of(world: &World, known: &Known, place: usize) -> Self {
        let rng = &mut world.seed.stream(Topic::Life, known.customer.index, place as u64);
        let record = known.record(place);
        let rest = world.span - record.registered;
        let mut at = [None; STEPS];
        at[REGISTERED] = Some(record.registered);
        for (n, field) in CHANGING.into_iter().enumerate() {
            // A change is reported soon, or by and by.
            let longest = if rng.chance(400) { LONGEST_DELAY / 20 } else { LONGEST_DELAY };
            let share = rng.next();
            let Some(change) = known.changes.at[n] else { continue };
            if known.quality(place, field) == Quality::Right && record.registered < change {
                let most = longest.min(world.span - change);
                at[n + 1] = Some(change + ((u128::from(share) * most as u128) >> 64) as i64);
            }
        }
        let clears_phone = known.quality(place, Field::Phone) == Quality::Missing && rng.chance(50) && rest > 1;
        let cleared = record.registered + 1 + rng.within(rest - 1);
        if clears_phone {
            at[4] = Some(cleared);
        }
        let right = |field| known.quality(place, field) == Quality::Right;
        let verified = if right(Field::Email) { Field::Email } else { Field::Phone };
        let (verifies, consents) = match record.source {
            Source::Newsletter => (250, 700),
            Source::Crm => (200, 150),
            Source::Erp | Source::Billing => (0, 0),
        };
        // What is verified is the present value: not before it holds.
        let from = known.changes.at[if verified == Field::Email { 2 } else { 3 }].unwrap_or(0).max(record.registered);
        let (happens, share) = (rng.chance(verifies), rng.within(world.span - from + 1));
        at[VERIFIED] = (happens && right(verified)).then_some(from + share);
        let given = record.registered + rng.within(rest.min(HOUR / SECOND) + 1);
        at[CONSENT_GIVEN] = rng.chance(consents).then_some(given);
        let withdrawn = given + rng.within(world.span - given + 1);
        at[CONSENT_WITHDRAWN] = (rng.chance(120) && at[CONSENT_GIVEN].is_some()).then_some(withdrawn);
        Self { at, clears_phone, verified }
    }
}
