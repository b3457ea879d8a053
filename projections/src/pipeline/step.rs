//! What is known of pipelines and daily work, and how events change it.
//!
//! Everything is folded from any batches of events in any order; events that concern none of these things are passed over.

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

/// Those that a batch changed of what has a card.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Offers, by the UUID of their stream.
    pub offers: BTreeSet<Uuid>,
    /// Leads, by the UUID of their stream.
    pub leads: BTreeSet<Uuid>,
}

/// What was told, thing by thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Every definition of every pipeline.
    pub pipelines: Definitions,
    /// Every word on every goal.
    pub goals: Goals,
    /// Every definition of every kind of activity.
    pub activity_types: ActivityTypes,
    /// Offers, by the UUID of their stream.
    pub offers: BTreeMap<Uuid, OfferHistory>,
    /// Leads, by the UUID of their stream.
    pub leads: BTreeMap<Uuid, LeadHistory>,
    /// Complaints, by the UUID of their stream.
    pub complaints: BTreeMap<Uuid, ComplaintHistory>,
    /// Tasks, by the UUID of their stream.
    pub tasks: BTreeMap<Uuid, TaskHistory>,
    /// Activities. Other words between a customer and us are not kept: nobody lists them, and they are many.
    pub activities: BTreeMap<<Contact as Row>::Key, Contact>,
    /// Notes.
    pub notes: BTreeMap<<Note as Row>::Key, Note>,
    /// Pins and lists.
    pub marks: BTreeMap<<Mark as Row>::Key, Mark>,
}

/// The thing whose stream holds an event, such as `offer-6f1c…` in the category `offer`.
pub fn thing(event: &Recorded, category: &str) -> Option<Uuid> {
    event.stream.strip_prefix(category)?.strip_prefix('-')?.parse().ok()
}

/// The family of an event's type.
fn family(event: &Recorded) -> &str {
    event.type_name.split('.').next().unwrap_or_default()
}

impl Rows {
    /// Folds a batch of events, in any order, and says what changed of that which has a card.
    pub fn fold(&mut self, events: &[Recorded]) -> Changed {
        let mut changed = Changed::default();
        for event in events {
            match family(event) {
                "offer" => changed.offers.extend(tell(&mut self.offers, event, "offer")),
                "lead" => changed.leads.extend(tell(&mut self.leads, event, "lead")),
                "complaint" => _ = tell(&mut self.complaints, event, "complaint"),
                "task" => _ = tell(&mut self.tasks, event, "task"),
                "pipeline" => _ = self.pipelines.tell(event),
                "goal" => _ = self.goals.tell(event),
                "activity_type" => _ = self.activity_types.tell(event),
                "activity" => keep(&mut self.activities, Contact::of(event)),
                "note" | "list" => {
                    keep(&mut self.notes, Note::of(event));
                    keep(&mut self.marks, Mark::of(event));
                }
                _ => {}
            }
        }
        changed
    }
}

/// Tells the thing in whose stream an event stands; the thing, if that was news.
fn tell<F: Fact>(rows: &mut BTreeMap<Uuid, History<F>>, event: &Recorded, category: &str) -> Option<Uuid> {
    let id = thing(event, category)?;
    let mut history = rows.remove(&id).unwrap_or_default();
    let news = history.tell(event);
    if !history.is_empty() {
        rows.insert(id, history);
    }
    news.then_some(id)
}

fn keep<R: Row>(rows: &mut BTreeMap<R::Key, R>, row: Option<R>) {
    let Some(row) = row else { return };
    let key = row.key();
    if rows.get(&key).is_none_or(|known| row.supersedes(known)) {
        rows.insert(key, row);
    }
}
