//! One thing: how it stands, and whether a person may do something to it.

use kulta_events::{Json, RecordId};
use kulta_projections::pipeline::card::Card;
use kulta_projections::pipeline::complaint::{self, Complaint};
use kulta_projections::pipeline::decide::{self, Refusal};
use kulta_projections::pipeline::history::History;
use kulta_projections::pipeline::lead::{self, Lead};
use kulta_projections::pipeline::offer::{self, Offer};
use kulta_projections::pipeline::standing::Passes;
use kulta_projections::pipeline::task::{self, Task};
use uuid::Uuid;

use super::cards::Kind;
use super::{Moment, Work};

/// What a person does to a thing with a life of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// To an offer.
    Offer(offer::What),
    /// To a lead.
    Lead(lead::What),
    /// To a complaint.
    Complaint(complaint::What),
    /// To a task.
    Task(task::What),
}

impl Deed {
    /// The type of the event.
    pub fn type_name(self) -> &'static str {
        match self {
            Deed::Offer(what) => match what {
                offer::What::Created => "offer.created",
                offer::What::Amended => "offer.amended",
                offer::What::StageChanged => "offer.stage_changed",
                offer::What::Won => "offer.won",
                offer::What::Lost => "offer.lost",
                offer::What::Reopened => "offer.reopened",
                offer::What::Commented => "offer.commented",
                offer::What::DocumentAttached => "offer.document_attached",
            },
            Deed::Lead(what) => match what {
                lead::What::Created => "lead.created",
                lead::What::StageChanged => "lead.stage_changed",
                lead::What::Qualified => "lead.qualified",
                lead::What::Disqualified => "lead.disqualified",
                lead::What::HandedOver => "lead.handed_over",
                lead::What::HandoverAccepted => "lead.handover_accepted",
                lead::What::HandoverRejected => "lead.handover_rejected",
            },
            Deed::Complaint(what) => match what {
                complaint::What::Opened => "complaint.opened",
                complaint::What::Answered => "complaint.answered",
                complaint::What::CustomerReacted => "complaint.customer_reacted",
                complaint::What::Reopened => "complaint.reopened",
                complaint::What::Closed => "complaint.closed",
            },
            Deed::Task(what) => match what {
                task::What::Raised => "task.raised",
                task::What::Assigned => "task.assigned",
                task::What::Snoozed => "task.snoozed",
                task::What::Done => "task.done",
                task::What::Cancelled => "task.cancelled",
            },
        }
    }

    /// The category of its streams, which is also the member of the payload that names the thing.
    pub fn category(self) -> &'static str {
        self.type_name().split('.').next().unwrap_or_default()
    }
}

/// A thing of which something is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// As the system that named it first calls it.
    pub name: Option<Box<str>>,
    /// The record that it is about.
    pub record: Option<RecordId>,
    /// The highest position that shaped it.
    pub position: u64,
    /// By how many facts it is known.
    pub told: usize,
}

impl Work {
    /// How an offer or a lead stands, with its card; `None`: nothing tells of it.
    pub fn thing<K: Kind>(&self, id: Uuid, moment: Moment) -> Option<(K, Card<K::Status>)> {
        let state = self.state();
        let thing = moment.of(K::histories(&state).get(&id)?, K::at)?;
        let card = Card::of(id, thing.standing());
        Some((thing, card))
    }

    /// What is known of a thing of a category; `None`: nothing.
    pub fn known(&self, category: &str, id: Uuid) -> Option<Known> {
        let state = self.state();
        fn passing<K: Kind>(history: &History<K::Fact>) -> Option<Known> {
            let thing = K::at(history, None)?;
            let standing = thing.standing();
            let (name, record) = (standing.name.1.clone(), standing.record);
            Some(Known { name, record, position: standing.position, told: history.told().len() })
        }
        match category {
            "offer" => passing::<Offer>(state.rows.offers.get(&id)?),
            "lead" => passing::<Lead>(state.rows.leads.get(&id)?),
            "complaint" => {
                let history = state.rows.complaints.get(&id)?;
                let Complaint { name, record, position, .. } = Complaint::at(history, None)?;
                Some(Known { name: name.1, record, position, told: history.told().len() })
            }
            "task" => {
                let history = state.rows.tasks.get(&id)?;
                let Task { name, record, position, .. } = Task::at(history, None)?;
                Some(Known { name: name.1, record, position, told: history.told().len() })
            }
            _ => None,
        }
    }

    /// Whether a person may do something to a thing as it stands; without an id: whether one may be made so.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn judge(&self, deed: Deed, id: Option<Uuid>, data: &Json) -> Result<(), Refusal> {
        let state = self.state();
        let pipelines = state.pipelines(Moment::default());
        match deed {
            Deed::Offer(what) => {
                let offer = id.and_then(|id| Offer::at(state.rows.offers.get(&id)?, None));
                decide::offer(offer.as_ref(), &pipelines, what, data)
            }
            Deed::Lead(what) => {
                let lead = id.and_then(|id| Lead::at(state.rows.leads.get(&id)?, None));
                decide::lead(lead.as_ref(), &pipelines, what, data)
            }
            Deed::Complaint(what) => {
                let complaint = id.and_then(|id| Complaint::at(state.rows.complaints.get(&id)?, None));
                decide::complaint(complaint.as_ref(), what)
            }
            Deed::Task(what) => {
                let task = id.and_then(|id| Task::at(state.rows.tasks.get(&id)?, None));
                decide::task(task.as_ref(), what)
            }
        }
    }

    /// Where the last move of an offer or a lead came from: pipeline and stage.
    ///
    /// # Errors
    /// When there is none to undo.
    pub fn before_last_move<K: Kind>(&self, id: Uuid) -> Result<(String, String), Refusal> {
        let state = self.state();
        let thing = K::histories(&state).get(&id).and_then(|history| K::at(history, None)).ok_or(Refusal::Missing)?;
        decide::undo(thing.standing(), K::OPEN, &state.pipelines(Moment::default()), K::PASSING)
    }
}
