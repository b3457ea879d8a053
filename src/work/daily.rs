//! Complaints, tasks, activities, notes, lists.

use std::collections::BTreeSet;

use kulta_events::ids::KULTA;
use kulta_events::{Instant, Order, RecordId};
use kulta_projections::pipeline::complaint::Complaint;
use kulta_projections::pipeline::contact::{Contact, Mark, Note};
use kulta_projections::pipeline::task::Task;
use uuid::Uuid;

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
            words.from.is_none_or(|from| from <= contact.order.time)
                && words.until.is_none_or(|until| contact.order.time < until)
                && words.records.as_ref().is_none_or(|records| records.contains(&contact.record))
                && is(&words.owner, &contact.owner)
                && is(&words.kind, &contact.kind)
                && is(&words.outcome, &contact.outcome)
        };
        let mut found: Vec<Contact> = state.rows.activities.values().filter(meant).cloned().collect();
        found.sort_by(|a, b| a.order.cmp(&b.order));
        found
    }

    /// The notes about a customer's records. One is pinned when the last word on it says so, on whichever of these records
    /// that is: people pin what other systems tell, in a record of their own.
    pub fn notes(&self, records: &[RecordId]) -> Vec<Noted> {
        let state = self.state();
        let about = state.rows.notes.values().filter(|note| records.contains(&note.record));
        let is_pinned = |note: &Note| {
            let of = |record: &RecordId| state.rows.marks.get(&(*record, "note", note.note.clone()));
            let last = records.iter().filter_map(of).max_by(|a, b| a.order.cmp(&b.order));
            last.is_some_and(|mark| mark.holds)
        };
        about.map(|note| Noted { note: note.clone(), pinned: is_pinned(note) }).collect()
    }

    /// The records about which there is a note with this own id.
    pub fn notes_called(&self, own: &str) -> Vec<RecordId> {
        let state = self.state();
        state.rows.notes.values().filter(|note| &*note.note == own).map(|note| note.record).collect()
    }

    /// Those of some records about which an activity or a note with this own id was written in kulta.
    pub fn written_here(&self, type_name: &str, own: &str, records: &[RecordId]) -> Vec<RecordId> {
        let state = self.state();
        let is_here = |record: &RecordId, order: &Order| order.source == KULTA && records.contains(record);
        if type_name == "note.written" {
            let notes = state.rows.notes.values().filter(|note| &*note.note == own);
            return notes.filter(|note| is_here(&note.record, &note.order)).map(|note| note.record).collect();
        }
        let called = state.rows.activities.values().filter(|one| one.own_id.as_deref() == Some(own));
        called.filter(|one| is_here(&one.record, &one.order)).map(|one| one.record).collect()
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
