//! From points that a rule gives to parts of a score: cap, expiry, half-life.

use std::collections::BTreeMap;

use bigdecimal::{BigDecimal, Zero};

use super::{Found, Part, Run, age};
use crate::scores::calendar::window_of;
use crate::scores::exact::{capped, exact};

/// What a rule has credited so far in each window of its cap.
#[derive(Default)]
pub(super) struct Ledger {
    sums: BTreeMap<i32, BigDecimal>,
}

impl Ledger {
    /// What of the points is credited at a day.
    fn credit(&mut self, run: &Run<'_, '_>, day: i32, points: BigDecimal) -> BigDecimal {
        let Some(cap) = run.rule.cap else {
            return points;
        };
        let sum = self.sums.entry(window_of(day, cap.per)).or_default();
        let after = capped(sum, &points, &exact(cap.points));
        let credited = &after - &*sum;
        *sum = after;
        credited
    }
}

impl Run<'_, '_> {
    /// Credits points for an event, or for a gap that has its length at `at`.
    pub(super) fn credit(
        &self,
        ledger: &mut Ledger,
        event: Option<usize>,
        at: i64,
        points: BigDecimal,
        found: &mut Found,
    ) {
        let day = self.interpreter.calendar.day(at);
        let credited = ledger.credit(self, day, points);
        let age = age(self.interpreter.today, day);
        if self.rule.expires_after_days.is_some_and(|days| age >= days) {
            return;
        }
        let factor = self.interpreter.half_lives[self.index].as_ref().map(|half_life| half_life.factor_decimal(age));
        let points = factor.map_or_else(|| credited.clone(), |factor| &credited * exact(factor));
        if !points.is_zero() {
            found.parts.push(Part { rule: self.index, event, at, credited, factor, points });
        }
    }
}
