//! Complaints, tasks, activities, notes, lists.

use std::collections::BTreeSet;

use kulta_events::{Instant, RecordId};
use kulta_projections::pipeline::complaint::Complaint;
use kulta_projections::pipeline::contact::{Contact, Mark, Note, Row};
use kulta_projections::pipeline::task::Task;
use uuid::Uuid;

use super::state::State;
use super::{Moment, Work};

/// Which activities are meant; what is not said does not matter.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// About one of these records.
    pub records: Option<Vec<RecordId>>,
    /// Of this owner.
    pub owner: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// That ended so.
    pub outcome: Option<String>,
    /// From then on.
    pub from: Option<Instant>,
    /// Before then.
    pub until: Option<Instant>,
}

/// A note, and whether it is pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// The note.
    pub note: Note,
    /// Whether it is to be seen first.
    pub pinned: bool,
}

impl Work {
    /// How a complaint stood.
    pub fn complaint(&self, id: Uuid, moment: Moment) -> Option<Complaint> {
        moment.of(self.state().rows.complaints.get(&id)?, Complaint::at)
    }

    /// How a task stood.
    pub fn task(&self, id: Uuid, moment: Moment) -> Option<Task> {
        moment.of(self.state().rows.tasks.get(&id)?, Task::at)
    }

    /// The complaints that are meant, by id.
    pub fn complaints(&self, moment: Moment, means: impl Fn(&Complaint) -> bool) -> Vec<(Uuid, Complaint)> {
        let state = self.state();
        let all = state.rows.complaints.iter();
        let each = all.filter_map(|(id, history)| Some((*id, moment.of(history, Complaint::at)?)));
        each.filter(|(_, complaint)| means(complaint)).collect()
    }

    /// The tasks that are meant, by id.
    pub fn tasks(&self, moment: Moment, means: impl Fn(&Task) -> bool) -> Vec<(Uuid, Task)> {
        let state = self.state();
        let all = state.rows.tasks.iter();
        let each = all.filter_map(|(id, history)| Some((*id, moment.of(history, Task::at)?)));
        each.filter(|(_, task)| means(task)).collect()
    }

    /// The activities that are meant, in the order of facts. Of corrected ones the newest words.
    pub fn activities(&self, words: &Words) -> Vec<Contact> {
        let state = self.state();
        let is = |wanted: &Option<String>, has: &Option<Box<str>>| {
            wanted.as_deref().is_none_or(|wanted| has.as_deref() == Some(wanted))
        };
        let meant = |contact: &&Contact| {
            *contact.type_name == *"activity.logged"
                && words.from.is_none_or(|from| from <= contact.order.time)
                && words.until.is_none_or(|until| contact.order.time < until)
                && words.records.as_ref().is_none_or(|records| records.contains(&contact.record))
                && is(&words.owner, &contact.owner)
                && is(&words.kind, &contact.kind)
                && is(&words.outcome, &contact.outcome)
        };
        let mut found: Vec<Contact> = state.rows.contacts.values().filter(meant).cloned().collect();
        found.sort_by(|a, b| a.order.cmp(&b.order));
        found
    }

    /// The notes about these records, pinned ones first, then the newest.
    pub fn notes(&self, records: &[RecordId]) -> Vec<Noted> {
        let state = self.state();
        let about = state.rows.notes.values().filter(|note| records.contains(&note.record));
        let mut found: Vec<Noted> = about.map(|note| noted(&state, note)).collect();
        found.sort_by(|a, b| (b.pinned, &b.note.order).cmp(&(a.pinned, &a.note.order)));
        found
    }

    /// The records that a note with this own id is about.
    pub fn note(&self, own: &str) -> Option<Noted> {
        let state = self.state();
        state.rows.notes.values().find(|note| &*note.note == own).map(|note| noted(&state, note))
    }

    /// The names of all lists.
    pub fn lists(&self) -> BTreeSet<Box<str>> {
        let state = self.state();
        state.rows.marks.values().filter(|mark| mark.family == "list").map(|mark| mark.name.clone()).collect()
    }

    /// The last word on each record that ever was on a list, in the order of facts.
    pub fn list(&self, name: &str) -> Vec<Mark> {
        let state = self.state();
        let marks = state.rows.marks.values().filter(|mark| mark.family == "list" && &*mark.name == name);
        let mut found: Vec<Mark> = marks.cloned().collect();
        found.sort_by(|a, b| a.order.cmp(&b.order));
        found
    }
}

fn noted(state: &State, note: &Note) -> Noted {
    let (record, name) = note.key();
    let pinned = state.rows.marks.get(&(record, "note", name)).is_some_and(|mark| mark.holds);
    Noted { note: note.clone(), pinned }
}
