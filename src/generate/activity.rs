//! What customers do: chains of events that belong together (an order with its invoice, a letter with its clicks).
//!
//! A chain is a function of (seed, customer, number of the chain), so that any event of it can be written without those
//! before it.

use super::calendar::{DAY, HOUR, SECOND};
use super::records::{Record, Records, Source};
use super::rng::{Rng, Topic};
use super::world::World;

const DAYS: i64 = DAY / SECOND;
const HOURS: i64 = HOUR / SECOND;

/// The most events of one chain.
pub const STEPS: usize = 8;

/// What a chain is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A purchase, its invoice, perhaps its return. Steps: made, issued, reminded, paid, returned, credited.
    Order,
    /// An invoice without a purchase. The same steps without the first and the returned.
    Bill,
    /// A letter. Steps: sent, delivered, bounced, opened, three clicks, opened again.
    Letter,
    /// A visit. Steps: up to six pages, a form.
    Visit,
    /// A complaint. Steps: opened, answered, closed.
    Complaint,
}

/// The types of a chain's events by step.
const TYPES: [[&str; STEPS]; 5] = [
    [
        "purchase.made",
        "invoice.issued",
        "invoice.reminded",
        "invoice.paid",
        "purchase.returned",
        "invoice.credited",
        "",
        "",
    ],
    ["", "invoice.issued", "invoice.reminded", "invoice.paid", "", "invoice.credited", "", ""],
    [
        "email.sent",
        "email.delivered",
        "email.bounced",
        "email.opened",
        "email.link_clicked",
        "email.link_clicked",
        "email.link_clicked",
        "email.opened",
    ],
    ["web.visited", "web.visited", "web.visited", "web.visited", "web.visited", "web.visited", "form.submitted", ""],
    ["complaint.opened", "complaint.answered", "complaint.closed", "", "", "", "", ""],
];

/// Events that belong together.
#[derive(Clone, Debug)]
pub struct Chain {
    /// What it is about.
    pub kind: Kind,
    /// The place of its record among the customer's.
    pub place: usize,
    /// The place of the record that the invoices go to.
    pub payer: usize,
    /// The second of the period of each step that happens.
    pub at: [Option<i64>; STEPS],
    /// The days until an invoice is due.
    pub due_days: i64,
    /// Whether a machine reads the letters first.
    pub scanned: bool,
}

impl Chain {
    /// The chain with this number of a customer.
    pub fn of(world: &World, index: u64, records: &Records, number: u64) -> Self {
        let rng = &mut world.seed.stream(Topic::Chain, index, number);
        let weights = |record: &Record| [30, 20, 40, 25][record.source as usize];
        let total: u32 = records.all().iter().map(weights).sum();
        let mut left = rng.below(total);
        let mut place = 0;
        for (n, record) in records.all().iter().enumerate() {
            place = n;
            if left < weights(record) {
                break;
            }
            left -= weights(record);
        }
        let record = records.all()[place];
        let begin = record.registered + rng.within(world.span - record.registered + 1);
        let kind = match (record.source, rng.below(100)) {
            (Source::Erp, 0..=95) => Kind::Order,
            (Source::Billing, 0..=96) => Kind::Bill,
            (Source::Newsletter, _) => Kind::Letter,
            (Source::Crm, 0..=59) => Kind::Visit,
            (Source::Crm, 60..=91) => Kind::Letter,
            _ => Kind::Complaint,
        };
        let mut chain = Self { kind, place, payer: place, at: [None; STEPS], due_days: 14, scanned: false };
        match kind {
            Kind::Order | Kind::Bill => chain.trade(world, index, records, begin, rng),
            Kind::Letter => chain.letter(begin, rng),
            Kind::Visit => chain.visit(begin, rng),
            Kind::Complaint => chain.complaint(begin, rng),
        }
        for step in &mut chain.at {
            *step = step.filter(|second| *second <= world.span);
        }
        chain
    }

    /// The type of the event at this step.
    pub fn event_type(&self, step: usize) -> &'static str {
        TYPES[self.kind as usize][step]
    }

    /// The place of the record that the event at this step is about.
    pub fn place_of(&self, step: usize) -> usize {
        if matches!(self.kind, Kind::Order | Kind::Bill) && matches!(step, 1..=3 | 5) { self.payer } else { self.place }
    }

    fn trade(&mut self, world: &World, index: u64, records: &Records, begin: i64, rng: &mut Rng) {
        // One customer in six pays late as a habit.
        let late_payer = world.seed.key(Topic::Chain, index, u64::MAX).is_multiple_of(6);
        let order = self.kind == Kind::Order;
        let mut invoiced = true;
        let mut issued = begin;
        if order {
            self.at[0] = Some(begin);
            issued += rng.within(3 * DAYS);
            invoiced = rng.chance(550);
            self.at[4] = rng.chance(90).then_some(begin + 2 * DAYS + rng.within(28 * DAYS));
            let payer = records.all().iter().position(|r| r.source == Source::Billing && r.registered <= issued);
            self.payer = payer.unwrap_or(self.place);
        }
        if !invoiced {
            return;
        }
        self.at[1] = Some(issued);
        self.due_days = if rng.chance(600) { 14 } else { 30 };
        let due = issued + self.due_days * DAYS;
        let late = rng.chance(if late_payer { 700 } else { 80 });
        let paid = if late { due + DAYS + rng.within(50 * DAYS) } else { issued + rng.within(due - issued) };
        self.at[2] = (paid > due + 10 * DAYS).then_some(due + 10 * DAYS);
        let credited = match self.at[4] {
            Some(returned) => Some(returned + rng.within(5 * DAYS)).filter(|second| *second > issued),
            None => rng.chance(20).then_some(issued + rng.within(20 * DAYS)),
        };
        // What is credited in full before it is paid is not paid.
        self.at[3] = Some(paid).filter(|paid| self.at[4].is_some() || credited.is_none_or(|credited| *paid < credited));
        self.at[5] = credited;
    }

    fn letter(&mut self, begin: i64, rng: &mut Rng) {
        self.at[0] = Some(begin);
        let arrived = begin + 1 + rng.within(60);
        if rng.chance(30) {
            self.at[2] = Some(arrived);
            return;
        }
        self.at[1] = Some(arrived);
        self.scanned = rng.chance(150);
        if self.scanned {
            // A mail scanner follows every link within seconds.
            let first = arrived + 1 + rng.within(4);
            for (n, step) in self.at[3..7].iter_mut().enumerate() {
                *step = Some(first + n as i64);
            }
        } else if rng.chance(620) {
            let longest = if rng.chance(600) { 6 * HOURS } else { 4 * DAYS };
            let opened = arrived + 30 + rng.within(longest);
            self.at[3] = Some(opened);
            for step in &mut self.at[4..7] {
                *step = rng.chance(530).then(|| opened + 5 + rng.within(600));
            }
        }
        if self.at[3].is_some() {
            self.at[7] = rng.chance(150).then(|| arrived + 3 * HOURS + rng.within(10 * DAYS));
        }
    }

    fn visit(&mut self, begin: i64, rng: &mut Rng) {
        let pages = 1 + rng.below(3) + rng.below(4);
        let mut at = begin;
        for step in self.at.iter_mut().take(pages as usize) {
            *step = Some(at);
            at += 5 + rng.within(240);
        }
        self.at[6] = rng.chance(150).then_some(at);
    }

    fn complaint(&mut self, begin: i64, rng: &mut Rng) {
        let answered = begin + HOURS / 4 + rng.within(6 * DAYS);
        let closed = answered + rng.within(12 * DAYS);
        self.at[0] = Some(begin);
        self.at[1] = rng.chance(930).then_some(answered);
        self.at[2] = (rng.chance(850) && self.at[1].is_some()).then_some(closed);
    }
}
