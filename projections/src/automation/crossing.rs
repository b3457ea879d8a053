//! Points and grades: what they are follows from rules, days and facts together, so they are readings, and crossing a
//! bar is no event. What happened so far is therefore remembered, as a number of steps.
//!
//! Steps alternate. The odd ones fire: the bar was crossed. The even ones arm again: the customer came back behind it
//! far enough. So one number says everything, each step has a name of its own, and of several parts of a merged
//! customer the largest number is the state: what one of them fired for is not fired for again, and steps that are
//! taken after a split have names that neither part used before.
//!
//! Who is beyond the bar when the automation begins has not crossed it: [`Crossing::begin`] takes the reading of that
//! moment. It counts as a first step that nobody saw.

use kulta_events::Instant;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::definition::{Bar, When};

/// On which side of a bar a reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Where the automation fires.
    Beyond,
    /// Where nothing happens.
    Between,
    /// Where it is armed again.
    Behind,
}

impl Side {
    /// Where so many points are.
    pub fn of_points(bar: Bar, points: Decimal) -> Self {
        let (beyond, behind) = match bar {
            Bar::Above { above, again_below } => (points >= above, points < again_below),
            Bar::Below { below, again_above } => (points < below, points >= again_above),
        };
        match (beyond, behind) {
            (true, _) => Side::Beyond,
            (false, true) => Side::Behind,
            (false, false) => Side::Between,
        }
    }

    /// Where a grade is; `None`: no grade.
    pub fn of_grade(to: &[Box<str>], grade: Option<&str>) -> Self {
        let beyond = grade.is_some_and(|grade| to.iter().any(|name| **name == *grade));
        if beyond { Side::Beyond } else { Side::Behind }
    }

    /// Where a customer with these points and this grade is; `None` for conditions that read neither.
    pub fn of(when: &When, points: Decimal, grade: Option<&str>) -> Option<Self> {
        match when {
            When::Points { bar, .. } => Some(Self::of_points(*bar, points)),
            When::Grade { to, .. } => Some(Self::of_grade(to, grade)),
            _ => None,
        }
    }
}

/// What is to be done at a reading. Whoever does it notes the ordinal, in the same transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Fire.
    Fire {
        /// The step that is taken by it.
        ordinal: u64,
    },
    /// Only note that it may fire again.
    Rearm {
        /// The step that is taken by it.
        ordinal: u64,
    },
    /// Nothing.
    Nothing,
}

/// How many steps were taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Crossing {
    steps: u64,
}

impl Crossing {
    /// How a customer begins who is on this side when the automation begins.
    pub fn begin(side: Side) -> Self {
        Self { steps: u64::from(side == Side::Beyond) }
    }

    /// After a step of this ordinal.
    pub fn after(ordinal: u64) -> Self {
        Self { steps: ordinal }
    }

    /// The state of a customer who is both: the most advanced.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        self.max(other)
    }

    /// Whether it fires when the bar is crossed.
    pub fn is_armed(self) -> bool {
        self.steps.is_multiple_of(2)
    }

    /// What is to be done at a reading.
    pub fn step(self, side: Side) -> Step {
        let ordinal = self.steps.saturating_add(1);
        match side {
            Side::Beyond if self.is_armed() => Step::Fire { ordinal },
            Side::Behind if !self.is_armed() => Step::Rearm { ordinal },
            _ => Step::Nothing,
        }
    }

    /// The name of a step of a customer, unlike those of causes that are events.
    pub fn name(thing: Uuid, ordinal: u64) -> String {
        format!("{thing}/step-{ordinal}")
    }

    /// When it fires over readings in the order of time, for dry runs, and how it stands afterwards.
    pub fn over(mut self, readings: impl IntoIterator<Item = (Instant, Side)>) -> (Vec<Instant>, Self) {
        let mut fired = Vec::new();
        for (at, side) in readings {
            match self.step(side) {
                Step::Fire { ordinal } => {
                    fired.push(at);
                    self = Self::after(ordinal);
                }
                Step::Rearm { ordinal } => self = Self::after(ordinal),
                Step::Nothing => {}
            }
        }
        (fired, self)
    }
}

#[cfg(test)]
mod tests;
