//! Points for events.

use std::collections::BTreeMap;

use bigdecimal::BigDecimal;
use rust_decimal::Decimal;

use super::counts::{Gathered, Limited};
use super::ledger::Ledger;
use super::scope::Stop;
use super::{Event, Fault, Found, Refusal, Run};
use crate::scores::calendar::window_of;
use crate::scores::exact::exact;
use crate::scores::rules::{ForEvents, Tiers, Worth};

impl Run<'_, '_> {
    /// Gives the points of a rule for events.
    pub(super) fn events(&self, pays: &ForEvents, found: &mut Found) -> Result<(), Refusal> {
        let (mut limited, mut gathered) = (Limited::new(pays.limit), Gathered::new(pays.at_least));
        let (mut ledger, mut sums) = (Ledger::default(), BTreeMap::new());
        for (index, event) in self.seen() {
            let is_of_type = pays.on.iter().any(|kind| **kind == *event.kind);
            if !is_of_type || !self.is_valid(event.at) {
                continue;
            }
            let worth = match self.worth(pays, event, found) {
                Ok(None) => continue,
                Ok(Some(worth)) => worth,
                Err(stop) => {
                    self.stopped(Some(index), stop, found)?;
                    continue;
                }
            };
            let day = self.interpreter.calendar.day(event.at);
            if !limited.takes(day) || !gathered.completes(day) {
                continue;
            }
            let value = match worth {
                Ok(value) => signed(pays, event, value),
                Err(fault) => return self.stopped(Some(index), Stop::Fault(fault), found),
            };
            let points = match &pays.worth {
                Worth::Points(_) => value,
                Worth::Tiers(tiers) => step(tiers, &mut sums, day, &value),
            };
            self.credit(&mut ledger, Some(index), event.at, points, found);
        }
        Ok(())
    }

    /// What the event's points, or its measure, are before their sign; `None` when it does not count. A fault in them
    /// matters only if the event gets as far as to be credited.
    fn worth(
        &self,
        pays: &ForEvents,
        event: &Event<'_>,
        found: &mut Found,
    ) -> Result<Option<Result<Decimal, Fault>>, Stop> {
        if let Some(when) = &pays.when
            && !self.holds(when, event, found)?
        {
            return Ok(None);
        }
        let expression = match &pays.worth {
            Worth::Points(points) => points,
            Worth::Tiers(tiers) => &tiers.measure,
        };
        match self.number(expression, event, found) {
            Ok(number) => Ok(Some(Ok(number))),
            Err(Stop::Fault(fault)) => Ok(Some(Err(fault))),
            Err(stop) => Err(stop),
        }
    }
}

fn signed(pays: &ForEvents, event: &Event<'_>, value: Decimal) -> BigDecimal {
    let negated = pays.negated.iter().any(|kind| **kind == *event.kind);
    if negated { -exact(value) } else { exact(value) }
}

/// What an event adds to the worth of its window's sum.
fn step(tiers: &Tiers, sums: &mut BTreeMap<i32, BigDecimal>, day: i32, value: &BigDecimal) -> BigDecimal {
    let sum = sums.entry(window_of(day, tiers.per)).or_default();
    let before = tiers.worth(sum);
    *sum += value;
    tiers.worth(sum) - before
}
