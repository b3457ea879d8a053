//! When something is to be looked at again, of very many things.

use std::collections::{BTreeSet, HashMap};

use kulta_events::Instant;
use uuid::Uuid;

/// Timers by time: what is due is found without a look at the others.
#[derive(Debug, Default)]
pub struct Timers {
    by_time: BTreeSet<(Instant, u32, Uuid)>,
    at: HashMap<(u32, Uuid), Instant>,
}

impl Timers {
    /// Sets the timer of a thing for an automation, in place of the one that it had; `None`: it needs none.
    pub fn set(&mut self, automation: u32, thing: Uuid, at: Option<Instant>) {
        let before = match at {
            Some(at) => self.at.insert((automation, thing), at),
            None => self.at.remove(&(automation, thing)),
        };
        if let Some(before) = before {
            self.by_time.remove(&(before, automation, thing));
        }
        if let Some(at) = at {
            self.by_time.insert((at, automation, thing));
        }
    }

    /// Takes out timers that are due at a time, the oldest first, at most so many.
    pub fn take_due(&mut self, now: Instant, most: usize) -> Vec<(u32, Uuid)> {
        let mut due = Vec::new();
        while due.len() < most {
            let Some(&(at, automation, thing)) = self.by_time.first().filter(|(at, ..)| *at <= now) else { break };
            self.by_time.remove(&(at, automation, thing));
            self.at.remove(&(automation, thing));
            due.push((automation, thing));
        }
        due
    }

    /// Forgets the timers of an automation.
    pub fn forget(&mut self, automation: u32) {
        self.by_time.retain(|(_, of, _)| *of != automation);
        self.at.retain(|(of, _), _| *of != automation);
    }

    /// When the next one is due.
    pub fn next(&self) -> Option<Instant> {
        self.by_time.first().map(|(at, ..)| *at)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn what_is_due_comes_once_and_in_order() {
        let mut timers = Timers::default();
        let thing = Uuid::from_u128;
        for (automation, id, seconds) in [(1, 1, 30), (1, 2, 10), (2, 1, 20), (1, 3, 40)] {
            timers.set(automation, thing(id), Some(at(seconds)));
        }
        timers.set(1, thing(1), Some(at(5)));
        timers.set(1, thing(3), None);
        timers.set(9, thing(3), None);
        assert_eq!((timers.next(), timers.len()), (Some(at(5)), 3));
        assert_eq!(timers.take_due(at(4), 10), []);
        assert_eq!(timers.take_due(at(10), 1), [(1, thing(1))]);
        assert_eq!(timers.take_due(at(10), 10), [(1, thing(2))]);
        timers.forget(2);
        assert!(timers.is_empty() && timers.take_due(at(99), 10).is_empty());
    }
}
