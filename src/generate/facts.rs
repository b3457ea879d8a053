//! Facts alone, straight into an archive: many events, for benches of replays.
//!
//! They are not those of the ordinary generator, which makes contact data too and so much less of it. Customers have 1 to
//! 6 records (mean 2.5) in four sources, a few of them do much and many little; 1 event in 100 came late and stands in a
//! delta. Where an event stands in the log follows from its number by a scramble, when it happened from where it stands,
//! so any part can be made by itself.

use kulta_events::{CustomerId, Json, RecordId};
use kulta_projections::expr::Value;
use kulta_projections::scores::facts::{Builder, Codes, Facts, NewRow, TooMany, Wanted};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::Config;
use super::rng::{Rng, Scramble, Seed, Topic};
use crate::archive::{Error, Kind, Makes, Members};

/// Events of a part, about.
const PER_PART: u64 = 1 << 20;
const SECOND: i64 = 1_000_000;
/// One event in so many is late.
const LATE: u64 = 100;
/// Ranks of late events come behind those of the others of their second.
const BEHIND: u64 = 1 << 20;

const SOURCES: [&str; 4] = ["erp", "billing", "newsletter", "crm"];
const UNITS: [&str; 4] = ["", "helsinki", "turku", "tampere"];
const CURRENCIES: [&str; 3] = ["EUR", "SEK", "GBP"];
const MARKETS: [&str; 8] = ["FI", "SE", "NO", "DK", "EE", "DE", "GB", "NL"];
const GROUPS: [&str; 12] = [
    "pumps", "valves", "pipes", "filters", "motors", "sensors", "tools", "seals", "tanks", "meters", "heating",
    "service",
];
const PAGES: [&str; 10] =
    ["/", "/pumps", "/valves", "/offers", "/contact", "/stores", "/spare-parts", "/news", "/careers", "/service"];
const CAMPAIGNS: [&str; 6] = ["spring", "summer", "autumn", "winter", "loyalty", "launch"];
const AGENTS: [&str; 4] = ["desktop", "mobile", "tablet", "scanner"];
const TOPICS: [&str; 8] =
    ["delivery", "quality", "invoice", "service", "price", "documents", "packaging", "installation"];
const CHANNELS: [&str; 4] = ["phone", "email", "store", "web"];

/// Made facts.
#[derive(Debug)]
pub struct MadeFacts {
    config: Config,
    seed: Seed,
    /// Behind the last record of each customer.
    records: Vec<u32>,
    /// For each record the number of its first event; one more than there are records.
    events: Vec<u64>,
    scramble: Scramble,
}

impl MadeFacts {
    /// Who there is, and how much each does.
    pub fn new(config: Config) -> Self {
        let seed = Seed(config.seed);
        let mut records = Vec::with_capacity(config.customers as usize);
        let (mut last, mut weights) = (0_u32, Vec::new());
        for customer in 0..config.customers {
            let mut rng = seed.stream(Topic::Records, customer, 1);
            let count = 1 + rng.weighted(&[28, 30, 20, 12, 6, 4]) as u32;
            // Twice as much half as often.
            let level = 1_u64 << rng.next().trailing_zeros().min(7);
            weights.extend((0..count).map(|_| level * u64::from(rng.between(50, 150))));
            last += count;
            records.push(last);
        }
        let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum::<u128>().max(1);
        let every = u64::from(config.events >= weights.len() as u64);
        let shared = u128::from(config.events - every * weights.len() as u64);
        let (mut sum, mut events) = (0_u128, vec![0]);
        for (record, weight) in (1_u64..).zip(weights) {
            sum += u128::from(weight);
            events.push(every * record + (shared * sum / total) as u64);
        }
        let scramble = Scramble::new(config.events, config.seed);
        Self { config, seed, records, events, scramble }
    }

    /// Positions up to this one are the base's.
    fn in_base(&self) -> u64 {
        self.config.events - self.config.events / LATE
    }

    fn record(&self, record: usize) -> RecordId {
        let mut rng = self.seed.stream(Topic::Id, record as u64, 2);
        RecordId::from_mac(&(u128::from(rng.next()) << 64 | u128::from(rng.next())).to_be_bytes())
    }

    fn source(&self, record: usize) -> usize {
        self.seed.stream(Topic::Records, record as u64, 3).below(SOURCES.len() as u32) as usize
    }

    /// Where an event stands: a bijection of all numbers.
    fn position(&self, event: u64) -> u64 {
        let mut place = self.scramble.apply(event);
        while place >= self.config.events {
            place = self.scramble.apply(place);
        }
        place + 1
    }

    /// When it happened, and its rank in that second.
    fn moment(&self, position: u64, rng: &mut Rng) -> (i64, u32) {
        let seconds = ((self.config.end_us - self.config.start_us) / SECOND).max(1) as u64;
        let at = |second: u64| self.config.start_us + second as i64 * SECOND;
        let base = self.in_base();
        if position > base {
            return (at(rng.within(seconds as i64) as u64), (BEHIND + position - base) as u32);
        }
        let of = |place: u64| (u128::from(place) * u128::from(seconds) / u128::from(base)) as u64;
        let second = of(position - 1);
        let first = (u128::from(second) * u128::from(base)).div_ceil(u128::from(seconds)) as u64;
        (at(second), (position - 1 - first) as u32)
    }

    /// Adds the events of a record that are wanted.
    fn push(&self, builder: &mut Builder, record: usize, late: bool, ranks: &mut Ranks) -> Result<(), TooMany> {
        let (id, source) = (self.record(record), SOURCES[self.source(record)]);
        let unit = UNITS[record % UNITS.len()];
        let none = Json::Object(Vec::new());
        let base = self.in_base();
        for event in self.events[record]..self.events[record + 1] {
            let position = self.position(event);
            if (position > base) != late {
                continue;
            }
            let mut rng = self.seed.stream(Topic::Step, event, 4);
            let (time, rank) = self.moment(position, &mut rng);
            ranks.push((position, rank));
            let (type_name, values) = says(&mut rng);
            let unit = Some(unit).filter(|unit| !unit.is_empty());
            let row = NewRow { record: id, time, position, type_name, source, unit, facts: &none };
            builder.push_values(&row, values.into_iter().flatten())?;
        }
        Ok(())
    }

    fn facts(&self, wanted: impl Fn(RecordId) -> bool, late: bool) -> Result<Facts, Error> {
        let (mut builder, mut ranks) = (Builder::new(Wanted::default()), Ranks::new());
        for record in (0..self.events.len() - 1).filter(|record| wanted(self.record(*record))) {
            self.push(&mut builder, record, late, &mut ranks)?;
        }
        ranks.sort_unstable();
        let rank = |position| match ranks.binary_search_by_key(&position, |(position, _)| *position) {
            Ok(place) => ranks[place].1,
            Err(_) => 0,
        };
        Ok(builder.finish_ranked(rank))
    }
}

type Ranks = Vec<(u64, u32)>;

impl Makes for MadeFacts {
    fn log(&self) -> Uuid {
        Uuid::from_u64_pair(self.seed.key(Topic::Id, 0, 5), self.config.events)
    }

    fn position(&self) -> u64 {
        self.config.events
    }

    fn facets(&self) -> Vec<(&'static str, Kind, u32)> {
        let texts = ["currency", "product_group", "market", "page", "campaign", "user_agent_class", "topic", "channel"];
        let numbers = [("amount", Kind::Number, 2), ("margin", Kind::Number, 2), ("days_late", Kind::Number, 0)];
        numbers.into_iter().chain(texts.map(|text| (text, Kind::Text, 0))).collect()
    }

    fn parts(&self) -> usize {
        (self.config.events / PER_PART + 1) as usize
    }

    fn base(&self, part: usize) -> Result<Facts, Error> {
        let parts = self.parts() as u128;
        self.facts(|record| (((record.0.as_u128() >> 64) * parts) >> 64) as usize == part, false)
    }

    fn delta(&self) -> Result<Facts, Error> {
        self.facts(|_| true, true)
    }

    fn members(&self) -> Result<Members, Error> {
        let mut rows: Vec<(CustomerId, u32)> = Vec::with_capacity(self.events.len());
        let mut first = 0;
        for end in &self.records {
            let customer = CustomerId::from(self.record(first as usize));
            rows.extend((first..*end).map(|record| (customer, record)));
            first = *end;
        }
        rows.sort_unstable();
        let mut members = Members { records: Vec::with_capacity(rows.len()), sources: Codes::default() };
        for (customer, record) in rows {
            members.records.push((self.record(record as usize), customer));
            members.sources.push(SOURCES[self.source(record as usize)]);
        }
        Ok(members)
    }
}

/// The type of an event, and what it says.
type Said = (&'static str, [Option<(&'static str, Value<'static>)>; 5]);

fn says(rng: &mut Rng) -> Said {
    let text = |name, of: &'static str| Some((name, Value::from(of)));
    let cents = |name, cents: i64| Some((name, Value::Number(Decimal::new(cents, 2))));
    // From 5 to some 20,000, small ones more often.
    let amount = i64::from(rng.between(500, 2_000)) << rng.below(6) << rng.below(6);
    let currency = CURRENCIES[rng.weighted(&[88, 8, 4])];
    match rng.below(100) {
        0..35 => {
            let margin = amount * i64::from(rng.between(0, 45)) / 100 - amount / 50;
            let (group, market) = (rng.pick(&GROUPS), MARKETS[rng.weighted(&[60, 12, 6, 5, 5, 5, 4, 3])]);
            let said = [cents("amount", amount), text("currency", currency), cents("margin", margin)];
            let [a, b, c] = said;
            ("purchase.made", [a, b, c, text("product_group", group), text("market", market)])
        }
        35..60 => ("web.visited", [text("page", rng.pick(&PAGES)), None, None, None, None]),
        60..80 => {
            let (campaign, agent) = (rng.pick(&CAMPAIGNS), rng.pick(&AGENTS));
            ("email.link_clicked", [text("campaign", campaign), text("user_agent_class", agent), None, None, None])
        }
        80..92 => {
            let late = if rng.chance(700) { 0 } else { rng.between(1, 90) };
            let late = Some(("days_late", Value::Number(Decimal::from(late))));
            ("invoice.paid", [cents("amount", amount), text("currency", currency), late, None, None])
        }
        92..96 => {
            let group = text("product_group", rng.pick(&GROUPS));
            ("purchase.returned", [cents("amount", amount), text("currency", currency), group, None, None])
        }
        _ => {
            let (topic, channel) = (rng.pick(&TOPICS), rng.pick(&CHANNELS));
            ("complaint.opened", [text("topic", topic), text("channel", channel), None, None, None])
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn made(events: u64) -> MadeFacts {
        let end_us = 3 * 365 * 86_400 * SECOND;
        MadeFacts::new(Config { customers: 1_000, events, seed: 3, start_us: 0, end_us, truth: false })
    }

    #[test]
    fn every_position_is_taken_once_and_late_ones_are_apart() {
        let made = made(50_000);
        let (base, delta) = (made.base(0).unwrap(), made.delta().unwrap());
        assert_eq!((base.len(), delta.len()), (49_500, 500));
        let positions: BTreeSet<u64> = base.positions.iter().chain(&delta.positions).copied().collect();
        assert!(positions.into_iter().eq(1..=50_000));
        assert!(base.is_sorted() && delta.is_sorted());
        assert!(delta.positions.iter().all(|position| *position > 49_500));
    }

    #[test]
    fn no_two_events_of_one_second_and_source_have_one_rank() {
        let made = made(300_000);
        let mut seen = BTreeSet::new();
        for facts in [made.base(0).unwrap(), made.delta().unwrap()] {
            for row in 0..facts.len() {
                assert!(seen.insert((facts.times[row], facts.sources.get(row).to_owned(), facts.ranks[row])));
            }
        }
    }

    #[test]
    fn customers_have_one_to_six_records_and_unequal_shares() {
        let members = made(50_000).members().unwrap();
        let mean = members.records.len() as f64 / 1_000.0;
        assert!((2.35..2.65).contains(&mean), "{mean}");
        let sizes = members.records.chunk_by(|one, other| one.1 == other.1).map(<[_]>::len);
        assert!(sizes.clone().all(|size| (1..=6).contains(&size)));
        assert_eq!(sizes.count(), 1_000);
    }
}
