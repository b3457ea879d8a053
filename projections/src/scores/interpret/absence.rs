//! Points for what did not happen.

use super::ledger::Ledger;
use super::{Found, Refusal, Run};
use crate::expr::{Scope, Value};
use crate::scores::exact::exact;
use crate::scores::rules::ForAbsence;

/// A gap has no facets.
struct NoFacts<'a>(&'a dyn Scope);

impl Scope for NoFacts<'_> {
    fn get(&self, path: &str) -> Option<Value<'_>> {
        if path.starts_with("customer.") { self.0.get(path) } else { None }
    }
}

impl Run<'_, '_> {
    /// Gives the points of a rule for gaps.
    pub(super) fn absence(&self, pays: &ForAbsence, found: &mut Found) -> Result<(), Refusal> {
        let mut ledger = Ledger::default();
        for at in self.gaps(pays).into_iter().filter(|at| self.is_valid(*at)) {
            match pays.points.evaluate_number(&NoFacts(self.customer)) {
                Ok(points) => self.credit(&mut ledger, None, at, exact(points), found),
                Err(error) => self.stopped(None, error.into(), found)?,
            }
        }
        Ok(())
    }

    /// When each gap had its length, in the order of time. An event at that very moment ends the gap, which has then
    /// lasted so many whole days.
    fn gaps(&self, pays: &ForAbsence) -> Vec<i64> {
        let (mut gaps, mut last) = (Vec::new(), None);
        let end = |last| self.interpreter.calendar.plus_days(last, pays.days);
        for (_, event) in self.seen() {
            if pays.on.iter().any(|kind| **kind == *event.kind) {
                gaps.extend(last.map(end).filter(|end| *end <= event.at));
                last = Some(event.at);
            } else if pays.from_first_event && last.is_none() {
                last = Some(event.at);
            }
        }
        gaps.extend(last.map(end).filter(|end| self.interpreter.sees(*end)));
        gaps
    }
}
