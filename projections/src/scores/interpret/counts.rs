//! Which events count: the first ones of a window, the one that completes a number.

use std::collections::{BTreeMap, VecDeque};

use crate::scores::calendar::window_of;
use crate::scores::rules::{AtLeast, Limit};

/// Events that counted so far in each window.
pub(super) struct Limited {
    limit: Option<Limit>,
    counted: BTreeMap<i32, u32>,
}

impl Limited {
    pub(super) fn new(limit: Option<Limit>) -> Self {
        Self { limit, counted: BTreeMap::new() }
    }

    /// Whether an event of this day still counts, which takes one of the window's places.
    pub(super) fn takes(&mut self, day: i32) -> bool {
        let Some(Limit { count, per }) = self.limit else {
            return true;
        };
        let counted = self.counted.entry(window_of(day, per)).or_default();
        let free = *counted < count;
        *counted += u32::from(free);
        free
    }
}

/// The days of events that count towards a number and are not used up.
pub(crate) struct Gathered {
    at_least: Option<AtLeast>,
    days: VecDeque<i32>,
}

impl Gathered {
    pub(crate) fn new(at_least: Option<AtLeast>) -> Self {
        Self { at_least, days: VecDeque::new() }
    }

    /// Whether an event of this day completes the number, which uses up all that were counted.
    pub(crate) fn completes(&mut self, day: i32) -> bool {
        let Some(AtLeast { count, within_days }) = self.at_least else {
            return true;
        };
        let too_old = |first: &i32| i64::from(day) - i64::from(*first) >= i64::from(within_days);
        while self.days.front().is_some_and(too_old) {
            self.days.pop_front();
        }
        self.days.push_back(day);
        let complete = self.days.len() as u64 >= u64::from(count);
        if complete {
            self.days.clear();
        }
        complete
    }
}
