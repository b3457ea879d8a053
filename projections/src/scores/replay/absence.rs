//! A rule's points for what did not happen.

use std::ops::Range;

use super::compiled::{Absence, Compiled};
use super::{Batch, Run, Tally};
use crate::scores::calendar::DAY;

/// Further than clocks are ever set.
const CLOCKS: i64 = 3 * DAY;

impl Run<'_> {
    pub(super) fn absence(
        &self,
        index: usize,
        rule: &Compiled<'_>,
        work: &Absence<'_>,
        batch: &Batch,
        tally: &mut Tally,
    ) {
        let Some(scaled) = work.credit.scaled(work.decimals) else {
            return super::tally::mark(rule, work.from_first_event, batch, tally);
        };
        let (mut gaps, mut spare) = (Vec::new(), Vec::new());
        let mut lanes = batch.of_types(&rule.of_type, &mut spare);
        for customer in 0..batch.customers.len() {
            let places = batch.places_of(customer);
            let (own, others) = lanes.split_at(lanes.iter().take_while(|lane| (**lane as usize) < places.end).count());
            lanes = others;
            gaps.clear();
            self.gaps(rule, work, (batch, places, own), &mut gaps);
            if !gaps.is_empty() && !tally.beyond[customer] {
                let events = gaps.iter().map(|end| (self.calendar.day(*end), work.points, ()));
                let sum = match &mut tally.gathered {
                    None => work.credit.sum(&scaled, events, |(), _| ()),
                    Some(gathered) => {
                        let sum = work.credit.sum(&scaled, events, |(), points| gathered.heed(None, points));
                        gathered.put(index, customer as u32, work.credit.unit(&scaled)).and(sum)
                    }
                };
                tally.add(customer as u32, sum);
            }
        }
    }

    /// When each gap that counts had its length, of a customer whose rows are at `places` and `own` those of the rule's types.
    fn gaps(
        &self,
        rule: &Compiled<'_>,
        work: &Absence<'_>,
        (batch, places, own): (&Batch, Range<usize>, &[u32]),
        gaps: &mut Vec<i64>,
    ) {
        let shortest = i64::from(work.days) * DAY - CLOCKS;
        let mut take = |from: i64, fits: &dyn Fn(i64) -> bool| {
            let end = self.calendar.plus_days(from, work.days);
            if fits(end) && rule.is_valid(end) {
                gaps.push(end);
            }
        };
        let first = places.start as u32;
        let begins = work.from_first_event && !places.is_empty() && own.first() != Some(&first);
        let mut last = begins.then(|| batch.times[places.start]);
        for lane in own {
            let at = batch.times[*lane as usize];
            if let Some(from) = last.filter(|from| at.saturating_sub(*from) >= shortest) {
                take(from, &|end| end <= at);
            }
            last = Some(at);
        }
        let (from, until) = self.seen.times;
        if let Some(last) = last.filter(|last| until.saturating_sub(*last) >= shortest) {
            take(last, &|end| (from..until).contains(&end));
        }
    }
}
