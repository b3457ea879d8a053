//! What was told of one thing, in the order of facts.
//!
//! What is kept is a [`History`]: the facts themselves, small and sorted. How the thing stands is computed from
//! them when it is asked for, as of any time. So a late event needs no special path, and events that come shuffled,
//! late or twice leave the same history.
//!
//! Histories hold event ids, and titles where they are readable: when a record is erased, fold the things again that
//! are about it.

use kulta_events::{Instant, Order, RecordId, Recorded};

/// What an event says of a thing, as far as a projection needs it.
pub trait Fact: Clone {
    /// What the event says; `None` for events of other types. Total over erased payloads.
    fn read(event: &Recorded) -> Option<Self>;
}

/// One fact, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told<F> {
    /// Its place in the order of facts.
    pub order: Order,
    /// Its place in the log.
    pub position: u64,
    /// The record that the event is about.
    pub record: Option<RecordId>,
    /// What was said.
    pub fact: F,
}

/// Most things have no more facts than this: they take no more room than their facts, where a vector takes room for four at
/// least. A closed complaint and a lead are kept as long as the node runs.
const FEW: usize = 8;

/// All that was told of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History<F> {
    /// In the order of facts, each once.
    told: Vec<Told<F>>,
}

impl<F> Default for History<F> {
    fn default() -> Self {
        Self { told: Vec::new() }
    }
}

impl<F: Fact> History<F> {
    /// The history that these events tell, in whatever order. They must be of one thing.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Recorded>) -> Self {
        let mut history = Self::default();
        for event in events {
            history.tell(event);
        }
        history
    }

    /// Takes in one event. Whether it said something new: an event of another type does not, nor does one that is
    /// known already.
    pub fn tell(&mut self, event: &Recorded) -> bool {
        let Some(fact) = F::read(event) else { return false };
        let (order, position, record) = (event.order.clone(), event.position, event.record);
        self.insert(Told { order, position, record, fact })
    }
}

impl<F> History<F> {
    /// Puts a fact in its place. Whether it was not there.
    fn insert(&mut self, fact: Told<F>) -> bool {
        // Most events come in the order of facts, so the place is looked for from the end.
        let later = self.told.iter().rev().take_while(|told| told.order > fact.order).count();
        let place = self.told.len() - later;
        if place > 0 && self.told[place - 1].order == fact.order {
            return false;
        }
        if self.told.len() < FEW {
            self.told.reserve_exact(1);
        }
        self.told.insert(place, fact);
        true
    }

    /// What the log held up to a position.
    #[must_use]
    pub fn known_at(mut self, position: u64) -> Self {
        self.told.retain(|told| told.position <= position);
        self
    }

    /// Everything, in the order of facts.
    pub fn told(&self) -> &[Told<F>] {
        &self.told
    }

    /// What happened before a time; `None`: everything.
    pub fn before(&self, as_of: Option<Instant>) -> &[Told<F>] {
        let end = as_of.map_or(self.told.len(), |as_of| self.told.partition_point(|told| told.order.time < as_of));
        &self.told[..end]
    }

    /// Whether nothing was told.
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// The highest position in the log that shaped it: its ETag. 0 while nothing was told.
    pub fn position(&self) -> u64 {
        self.told.iter().map(|told| told.position).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::{EventExt, day, event};

    /// The note's id is all that this fact keeps.
    #[derive(Clone, Debug, PartialEq, Eq)]
    struct Word(String);

    impl Fact for Word {
        fn read(event: &Recorded) -> Option<Self> {
            let word = event.payload.data.get("note")?.as_str()?;
            Some(Self(word.to_owned()))
        }
    }

    fn note(on: i64, id: &str, word: &str) -> Recorded {
        event("crm", "1", on, "note.pinned", &format!(r#"{{"note":"{word}"}}"#)).named(id)
    }

    #[test]
    fn late_equal_and_repeated_events_find_their_place() {
        let mut history = History::<Word>::default();
        for event in [note(2, "b", "fourth"), note(1, "z", "second"), note(2, "a", "third"), note(0, "x", "first")] {
            assert!(history.tell(&event));
        }
        assert!(!history.tell(&note(2, "a", "third")), "known already");
        assert!(!history.tell(&event("crm", "1", 1, "note.pinned", "{}")), "says nothing");
        let words: Vec<_> = history.told().iter().map(|told| told.fact.0.as_str()).collect();
        assert_eq!(words, ["first", "second", "third", "fourth"]);
        assert_eq!(history.before(Some(day(1))).len(), 1, "what happened at the time itself is left out");
        assert_eq!(history.before(None).len(), 4);
        assert_eq!(history.position(), 3);
        assert_eq!(history.known_at(2).told().len(), 2, "the first day, and the second");
    }
}
