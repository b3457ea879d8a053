//! What one record says while its events come in the order of the log, which may not be that of the facts.

use kulta_events::Recorded;

use crate::record::{Applied, RecordState};

/// So many events lie between two states that are kept.
const APART: usize = 64;

/// What a record says so far, with states on the way: a late event has only what lies behind it folded again.
#[derive(Default)]
pub(super) struct Line<'a> {
    /// In the order of facts.
    events: Vec<&'a Recorded>,
    state: RecordState,
    /// The states after so many events, ascending.
    kept: Vec<(usize, RecordState)>,
}

impl<'a> Line<'a> {
    pub fn state(&self) -> &RecordState {
        &self.state
    }

    /// Takes in an event; false: it says nothing, or was there already.
    pub fn take(&mut self, event: &'a Recorded) -> bool {
        match self.state.apply(event) {
            Applied::Ignored => false,
            Applied::Folded => {
                self.events.push(event);
                self.keep(self.events.len());
                true
            }
            Applied::Late => self.insert(event),
        }
    }

    fn insert(&mut self, event: &'a Recorded) -> bool {
        let place = self.events.partition_point(|known| known.order < event.order);
        if self.events.get(place).is_some_and(|known| known.order == event.order) {
            return false;
        }
        self.events.insert(place, event);
        self.kept.retain(|(count, _)| *count <= place);
        let (from, state) = self.kept.last().cloned().unwrap_or_default();
        self.state = state;
        for count in from..self.events.len() {
            if let Some(event) = self.events.get(count) {
                self.state.apply(event);
                self.keep(count + 1);
            }
        }
        true
    }

    /// Keeps the state after so many events, now and then.
    fn keep(&mut self, count: usize) {
        if count.is_multiple_of(APART) {
            self.kept.push((count, self.state.clone()));
        }
    }
}
