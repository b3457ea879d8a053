//! The step of a projector: which rows a batch of events needs, and which change by it.
//!
//! ```text
//! let mut rows = definitions_that_are_kept_in_memory;      // few, always at hand
//! rows.put(look_up(Needs::of(&events)));                   // what is not there is new
//! let changed = rows.fold(&events);
//! write(changed, &rows);                                   // in one transaction with the checkpoint
//! ```
//!
//! A rebuild is the same with nothing to look up: [`Rows::default`], and all events in any batches and any order;
//! parts of a log that were folded apart are put together by [`Rows::merge`]. Events that concern none of these
//! things are passed over ([`concerns`]).

use std::collections::{BTreeMap, BTreeSet};

use kulta_events::Recorded;
use uuid::Uuid;

use super::complaint::ComplaintHistory;
use super::contact::{ActivityTypes, Contact, Mark, Note, Row};
use super::definition::Definitions;
use super::history::{Fact, History};
use super::lead::LeadHistory;
use super::offer::OfferHistory;
use super::task::TaskHistory;
use super::wins::Goals;

/// A key of a contact's row.
pub type ContactKey = <Contact as Row>::Key;
/// A key of a note's row.
pub type NoteKey = <Note as Row>::Key;
/// A key of a mark's row.
pub type MarkKey = <Mark as Row>::Key;

/// What names rows: those that a batch needs, or those that changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// Offers, by the UUID of their stream.
    pub offers: BTreeSet<Uuid>,
    /// Leads, by the UUID of their stream.
    pub leads: BTreeSet<Uuid>,
    /// Complaints, by the UUID of their stream.
    pub complaints: BTreeSet<Uuid>,
    /// Tasks, by the UUID of their stream.
    pub tasks: BTreeSet<Uuid>,
    /// Activities, messages and other words.
    pub contacts: BTreeSet<ContactKey>,
    /// Notes.
    pub notes: BTreeSet<NoteKey>,
    /// Pins and lists.
    pub marks: BTreeSet<MarkKey>,
    /// Whether pipelines were defined.
    pub pipelines: bool,
    /// Whether goals were set.
    pub goals: bool,
    /// Whether kinds of activities were defined.
    pub activity_types: bool,
}

/// Rows that are at hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Every definition of every pipeline: always at hand.
    pub pipelines: Definitions,
    /// Every word on every goal: always at hand.
    pub goals: Goals,
    /// Every definition of every kind of activity: always at hand.
    pub activity_types: ActivityTypes,
    /// Offers, by the UUID of their stream.
    pub offers: BTreeMap<Uuid, OfferHistory>,
    /// Leads, by the UUID of their stream.
    pub leads: BTreeMap<Uuid, LeadHistory>,
    /// Complaints, by the UUID of their stream.
    pub complaints: BTreeMap<Uuid, ComplaintHistory>,
    /// Tasks, by the UUID of their stream.
    pub tasks: BTreeMap<Uuid, TaskHistory>,
    /// Activities, messages and other words.
    pub contacts: BTreeMap<ContactKey, Contact>,
    /// Notes.
    pub notes: BTreeMap<NoteKey, Note>,
    /// Pins and lists.
    pub marks: BTreeMap<MarkKey, Mark>,
}

/// The thing whose stream holds an event, such as `offer-6f1c…` in the category `offer`.
pub fn thing(event: &Recorded, category: &str) -> Option<Uuid> {
    event.stream.strip_prefix(category)?.strip_prefix('-')?.parse().ok()
}

/// Whether events of this type are read here.
pub fn concerns(type_name: &str) -> bool {
    let family = type_name.split('.').next().unwrap_or_default();
    let whole = ["activity", "activity_type", "complaint", "goal", "lead", "list", "note", "offer", "pipeline", "task"];
    let single =
        ["email.replied", "email.sent", "enquiry.received", "feedback.given", "form.submitted", "message.logged"];
    whole.contains(&family) || single.contains(&type_name)
}

/// The family of an event's type.
fn family(event: &Recorded) -> &str {
    event.type_name.split('.').next().unwrap_or_default()
}

impl Keys {
    /// The rows that a batch of events may change.
    pub fn of(events: &[Recorded]) -> Self {
        let mut keys = Self::default();
        for event in events {
            match family(event) {
                "offer" => keys.offers.extend(thing(event, "offer")),
                "lead" => keys.leads.extend(thing(event, "lead")),
                "complaint" => keys.complaints.extend(thing(event, "complaint")),
                "task" => keys.tasks.extend(thing(event, "task")),
                "pipeline" => keys.pipelines = true,
                "goal" => keys.goals = true,
                "activity_type" => keys.activity_types = true,
                _ => {}
            }
            keys.contacts.extend(Contact::of(event).map(|row| row.key()));
            keys.notes.extend(Note::of(event).map(|row| row.key()));
            keys.marks.extend(Mark::of(event).map(|row| row.key()));
        }
        keys
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Rows {
    /// Folds a batch of events, in any order, and says which rows changed.
    pub fn fold(&mut self, events: &[Recorded]) -> Keys {
        let mut changed = Keys::default();
        for event in events {
            match family(event) {
                "offer" => tell(&mut self.offers, &mut changed.offers, event, "offer"),
                "lead" => tell(&mut self.leads, &mut changed.leads, event, "lead"),
                "complaint" => tell(&mut self.complaints, &mut changed.complaints, event, "complaint"),
                "task" => tell(&mut self.tasks, &mut changed.tasks, event, "task"),
                "pipeline" => changed.pipelines |= self.pipelines.tell(event),
                "goal" => changed.goals |= self.goals.tell(event),
                "activity_type" => changed.activity_types |= self.activity_types.tell(event),
                _ => {}
            }
            keep(&mut self.contacts, &mut changed.contacts, Contact::of(event));
            keep(&mut self.notes, &mut changed.notes, Note::of(event));
            keep(&mut self.marks, &mut changed.marks, Mark::of(event));
        }
        changed
    }

    /// Takes in what was folded from another part of the log.
    pub fn merge(&mut self, other: Self) {
        fn histories<F>(rows: &mut BTreeMap<Uuid, History<F>>, others: BTreeMap<Uuid, History<F>>) {
            for (id, history) in others {
                rows.entry(id).or_default().merge(history);
            }
        }
        fn latest<R: Row>(rows: &mut BTreeMap<R::Key, R>, others: BTreeMap<R::Key, R>) {
            for row in others.into_values() {
                keep(rows, &mut BTreeSet::new(), Some(row));
            }
        }
        self.pipelines.merge(other.pipelines);
        self.goals.merge(other.goals);
        self.activity_types.merge(other.activity_types);
        histories(&mut self.offers, other.offers);
        histories(&mut self.leads, other.leads);
        histories(&mut self.complaints, other.complaints);
        histories(&mut self.tasks, other.tasks);
        latest(&mut self.contacts, other.contacts);
        latest(&mut self.notes, other.notes);
        latest(&mut self.marks, other.marks);
    }
}

fn tell<F: Fact>(
    rows: &mut BTreeMap<Uuid, History<F>>,
    changed: &mut BTreeSet<Uuid>,
    event: &Recorded,
    category: &str,
) {
    let Some(id) = thing(event, category) else { return };
    let mut history = rows.remove(&id).unwrap_or_default();
    if history.tell(event) {
        changed.insert(id);
    }
    if !history.is_empty() {
        rows.insert(id, history);
    }
}

fn keep<R: Row>(rows: &mut BTreeMap<R::Key, R>, changed: &mut BTreeSet<R::Key>, row: Option<R>) {
    let Some(row) = row else { return };
    if rows.get(&row.key()).is_none_or(|known| row.supersedes(known)) {
        changed.insert(row.key());
        rows.insert(row.key(), row);
    }
}
