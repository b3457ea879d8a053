//! The unordered rules of this folder, written by hand over the same columns.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use kulta::replay::data::Data;
use kulta_projections::scores::facts::{Facts, Held};

/// Customers that a thread takes at a time.
const CHUNK: usize = 4_096;
/// Points are counted in units of 10^-12.
const UNIT: i128 = 1_000_000_000_000;

/// For each customer the rows of its records.
pub fn rows(data: &Data) -> Vec<Vec<Range<u32>>> {
    let of = |customer| data.people.records_of(customer).iter().filter_map(|record| data.facts.rows(*record)).collect();
    (0..data.people.ids.len()).map(of).collect()
}

/// The numbers of a facet, as integers of `scale` decimals.
struct Column<'a> {
    numbers: Option<&'a kulta_projections::scores::facts::column::Numbers>,
    unit: i128,
}

impl<'a> Column<'a> {
    fn of(facts: &'a Facts, name: &str) -> Self {
        let numbers = facts.facet(name).and_then(|facet| facts.facets[facet].1.numbers.as_ref());
        Self { unit: 10_i128.pow(numbers.map_or(0, |numbers| numbers.scale)), numbers }
    }

    fn get(&self, row: usize) -> Option<i128> {
        match self.numbers?.held(row) {
            Held::Integer(value) => Some(i128::from(value)),
            Held::Missing | Held::Wide => None,
        }
    }
}

/// The points of all customers together.
pub fn unordered(facts: &Facts, customers: &[Vec<Range<u32>>], threads: usize) -> f64 {
    let next = AtomicUsize::new(0);
    let sums: Vec<Vec<(usize, i128)>> = std::thread::scope(|scope| {
        let work = || {
            let fold = Fold::over(facts);
            let mut sums = Vec::new();
            loop {
                let first = next.fetch_add(CHUNK, Ordering::Relaxed);
                let Some(rest) = customers.get(first..).filter(|rest| !rest.is_empty()) else { return sums };
                let points =
                    |rows: &Vec<Range<u32>>| rows.iter().cloned().flatten().map(|row| fold.points(row as usize)).sum();
                sums.extend(rest.iter().take(CHUNK).enumerate().map(|(place, rows)| (first + place, points(rows))));
            }
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_default()).collect()
    });
    sums.iter().flatten().map(|(_, sum)| *sum as f64 / UNIT as f64).sum()
}

/// What the rules compare with, looked up once.
struct Fold<'a> {
    facts: &'a Facts,
    amount: Column<'a>,
    margin: Column<'a>,
    days_late: Column<'a>,
    kinds: [Option<u16>; 6],
    finland: Option<u32>,
    groups: [Option<u32>; 3],
    markets: &'a [u32],
    product_groups: &'a [u32],
}

impl<'a> Fold<'a> {
    fn over(facts: &'a Facts) -> Self {
        let texts = |name: &str| facts.facet(name).and_then(|facet| facts.facets[facet].1.texts.as_ref());
        let code = |name: &str, text: &str| {
            let place = texts(name)?.dictionary.iter().position(|known| **known == *text)?;
            u32::try_from(place).ok()
        };
        let codes = |name: &str| texts(name).map_or(&[][..], |texts| &texts.codes);
        Self {
            amount: Column::of(facts, "amount"),
            margin: Column::of(facts, "margin"),
            days_late: Column::of(facts, "days_late"),
            kinds: [
                "purchase.made",
                "purchase.returned",
                "invoice.paid",
                "email.link_clicked",
                "web.visited",
                "complaint.opened",
            ]
            .map(|kind| facts.types.code(kind)),
            finland: code("market", "FI"),
            groups: ["pumps", "valves", "filters"].map(|group| code("product_group", group)),
            markets: codes("market"),
            product_groups: codes("product_group"),
            facts,
        }
    }

    fn points(&self, row: usize) -> i128 {
        let kind = Some(self.facts.types.codes[row]);
        let [made, returned, paid, clicked, visited, opened] = self.kinds;
        if kind == made {
            return self.bought(row);
        }
        if kind == returned {
            return self.amount.get(row).map_or(0, |amount| -amount.div_euclid(self.amount.unit) * UNIT);
        }
        if kind == paid {
            return self.days_late.get(row).map_or(0, |days| match days {
                ..=0 => 2 * UNIT,
                days if days > 14 * self.days_late.unit => -10 * UNIT,
                _ => 0,
            });
        }
        match kind {
            kind if kind == clicked => UNIT,
            kind if kind == visited => UNIT / 10,
            kind if kind == opened => -20 * UNIT,
            _ => 0,
        }
    }

    fn bought(&self, row: usize) -> i128 {
        let mut points = 0;
        if let Some(amount) = self.amount.get(row) {
            let unit = self.amount.unit;
            points += amount.div_euclid(unit) * UNIT;
            if amount > 50 * unit && self.markets.get(row).copied() == self.finland {
                points += 5 * UNIT;
            }
            let group = self.product_groups.get(row).copied();
            if group.is_some() && self.groups.contains(&group) {
                points += amount * (UNIT / 10 / unit);
            }
        }
        match self.margin.get(row) {
            Some(margin) if margin > 20 * self.margin.unit => points + margin * (UNIT / 2 / self.margin.unit),
            _ => points,
        }
    }
}
