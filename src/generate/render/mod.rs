//! From a place in the plan to the text of a CloudEvent.

mod activity;
mod life;

use super::calendar::{digits, write_time};
use super::contact::write_base36;
use super::customer::{Customer, Version};
use super::json::Object;
use super::life::Known;
use super::plan::{Arrival, Code, Totals, What};
use super::records::{Field, Quality, Records, Source};
use super::rng::{Topic, mix};
use super::world::World;

/// Writes events.
#[derive(Clone, Debug)]
pub struct Renderer {
    world: World,
    truth: bool,
    /// How many links in a thousand that were followed carry a query, which is personal.
    link_queries: u32,
}

/// What stands on the envelope.
struct Head {
    index: u64,
    code: Code,
    source: Source,
    event_type: &'static str,
    second: i64,
    unit: Option<&'static str>,
}

impl Renderer {
    /// A writer of the events of a run. With `truth` each carries the extension attribute `truecustomer`.
    pub fn new(world: World, totals: &Totals, truth: bool) -> Self {
        // About a fifth of the events is to carry personal members. Registrations do, and so do edits and verifications
        // (0.7 per customer), complaints and returns (26 in a thousand others). The rest is made up by links that say who
        // followed them: at most all that are followed, 120 in a thousand others. Where there are few events for each
        // customer, registrations alone are more than a fifth.
        let (all, others) = (totals.records + totals.others, totals.others.max(1));
        let sure = totals.records + (world.customers * 7 / 10).min(totals.others) + others * 26 / 1_000;
        let missing = (all / 5).saturating_sub(sure);
        let link_queries = (missing * 1_000 / (others * 120 / 1_000).max(1)).clamp(100, 1_000) as u32;
        Self { world, truth, link_queries }
    }

    /// The run.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Writes the event that arrives, as one line without line feed.
    pub fn write(&self, arrival: Arrival, out: &mut String) {
        let index = u64::from(arrival.customer);
        match arrival.code.what() {
            What::Life { place, step, changing } => self.write_life(index, arrival.code, place, step, changing, out),
            What::Activity { chain, step } => self.write_activity(index, arrival.code, chain, step, out),
        }
    }

    fn envelope(
        &self,
        head: &Head,
        out: &mut String,
        subject: impl FnOnce(&mut String),
        data: impl FnOnce(&mut Object<'_>),
    ) {
        let mut event = Object::open(out);
        event.text("specversion", "1.0");
        event.with("id", |out| {
            out.push_str(["so-", "bi-", "nl-", "c-"][head.source as usize]);
            self.write_id(0, head.index << 32 | u64::from(head.code.0), out);
        });
        event.text("source", head.source.name()).text("type", head.event_type).with("subject", subject);
        // Old systems write local time.
        let offset = if matches!(head.source, Source::Erp | Source::Billing) { 2 } else { 0 };
        event.with("time", |out| write_time(self.world.micros(head.second), offset, out));
        if let Some(unit) = head.unit {
            event.text("unit", unit);
        }
        if self.truth {
            event.with("truecustomer", |out| write_number(head.index, out));
        }
        event.object("data", data);
        event.close();
    }

    /// Writes a name that no other thing of this kind has.
    fn write_id(&self, kind: u64, number: u64, out: &mut String) {
        write_base36(mix(number ^ self.world.seed.key(Topic::Id, kind, 0)), out);
    }
}

/// Writes a number in decimal.
pub fn write_number(number: u64, out: &mut String) {
    let high = number / 1_000_000_000;
    if high > 0 {
        write_number(high, out);
        digits((number % 1_000_000_000) as u32, 9, out);
    } else {
        digits(number as u32, 1, out);
    }
}

/// Writes the key of a record in its source.
pub fn write_subject(world: &World, index: u64, records: &Records, place: usize, out: &mut String) {
    let record = records.all()[place];
    let number = world.subjects[record.source as usize].apply(index * 6 + place as u64);
    match record.source {
        Source::Erp => write_number(100_000 + number, out),
        Source::Billing => {
            out.push_str("C-");
            if number < 1_000_000_000 { digits(number as u32, 6, out) } else { write_number(number, out) }
        }
        Source::Newsletter if Known::prefers_email_key(world, index, place) => {
            let known = Known::of(world, index);
            write_newsletter_subject(world, &known, place, number, out);
        }
        Source::Newsletter => write_newsletter_number(number, out),
        Source::Crm => write_uuid(world, index * 6 + place as u64, out),
    }
}

fn write_newsletter_subject(world: &World, known: &Known, place: usize, number: u64, out: &mut String) {
    if known.keyed_by_email(world, place) {
        let outdated = known.quality(place, Field::Email) == Quality::Outdated;
        let version = if outdated { Version::Former } else { Version::Present };
        known.customer.write_email(world, version, 0, out);
    } else {
        write_newsletter_number(number, out);
    }
}

fn write_newsletter_number(number: u64, out: &mut String) {
    out.push_str("sub");
    write_number(number + 1_000, out);
}

/// Writes a UUID of version 4's form.
fn write_uuid(world: &World, number: u64, out: &mut String) {
    let high = world.seed.key(Topic::Subject, 3, number);
    let low = mix(high ^ number);
    let bits = (u128::from(high) << 64 | u128::from(low)) & !(0xf << 76) & !(0b11 << 62) | 4 << 76 | 0b10 << 62;
    for nibble in (0..32).rev() {
        out.push(char::from(b"0123456789abcdef"[(bits >> (nibble * 4) & 0xf) as usize]));
        if matches!(nibble, 24 | 20 | 16 | 12) {
            out.push('-');
        }
    }
}

/// The unit of the seller that looks after a customer; not every source knows it.
fn unit(customer: &Customer, source: Source) -> Option<&'static str> {
    let knows = match source {
        Source::Erp => true,
        Source::Billing => customer.index.is_multiple_of(2),
        Source::Newsletter | Source::Crm => false,
    };
    knows.then(|| customer.addresses[0].unit())
}
