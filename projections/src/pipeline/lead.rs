//! A lead, from its events. It is a role of a record, never a copy of it.
//!
//! Facts count in their order (time, source, id), however they arrived, as in [`super::offer`]:
//!
//! - `created` fills in what no earlier fact spoke of.
//! - Of `qualified` and `disqualified` the later holds; the same once more changes nothing but the offer it names.
//! - A move takes a disqualified lead up again, since no other type does; a qualified one stays qualified.
//! - `handed_over` asks; `handover_accepted` and `handover_rejected` answer, also when nobody is known to have asked.
//!   The owner changes when the hand-over is accepted: to whom the answer names, else to whom it was handed.

use kulta_events::{Instant, Recorded};
use serde::Serialize;

use super::history::{Fact, History, Told};
use super::standing::{Passes, Standing, Weight};
use super::terms::{Said, Terms, word};

/// What happened to a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// `lead.created`
    Created,
    /// `lead.stage_changed`
    StageChanged,
    /// `lead.qualified`
    Qualified,
    /// `lead.disqualified`
    Disqualified,
    /// `lead.handed_over`
    HandedOver,
    /// `lead.handover_accepted`
    HandoverAccepted,
    /// `lead.handover_rejected`
    HandoverRejected,
}

/// What one event says of a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeadFact {
    /// What happened.
    pub what: What,
    /// The lead's own id in the system that says so.
    pub name: Option<Box<str>>,
    /// What it says of the lead's terms; of a hand-over: to whom.
    pub terms: Terms,
    /// Why, as systems count it.
    pub reason_code: Option<Box<str>>,
    /// The own id of the offer that was made from it.
    pub offer: Option<Box<str>>,
}

impl Fact for LeadFact {
    fn read(event: &Recorded) -> Option<Self> {
        let what = match event.type_name.strip_prefix("lead.")? {
            "created" => What::Created,
            "stage_changed" => What::StageChanged,
            "qualified" => What::Qualified,
            "disqualified" => What::Disqualified,
            "handed_over" => What::HandedOver,
            "handover_accepted" => What::HandoverAccepted,
            "handover_rejected" => What::HandoverRejected,
            _ => return None,
        };
        // Its own id is no term of a lead.
        let terms = Terms { lead: Said::Silent, ..Terms::read(event) };
        let (name, reason_code, offer) = (word(event, "lead"), word(event, "reason_code"), word(event, "offer"));
        Some(Self { what, name, terms, reason_code, offer })
    }
}

/// All that was told of one lead.
pub type LeadHistory = History<LeadFact>;

/// Whether a lead is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not yet.
    Open,
    /// It is worth an offer.
    Qualified,
    /// It came to nothing.
    Disqualified,
}

/// What became of a hand-over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Nobody answered yet.
    Waiting,
    /// It was taken.
    Accepted,
    /// It was given back.
    Rejected,
}

/// A hand-over of a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// When it was asked; `None`: only the answer is known.
    pub asked_at: Option<Instant>,
    /// To whom.
    pub owner: Option<Box<str>>,
    /// To which team.
    pub team: Option<Box<str>>,
    /// What became of it.
    pub answer: Answer,
    /// When it was answered.
    pub answered_at: Option<Instant>,
    /// Why it was answered so, as systems count it.
    pub reason_code: Option<Box<str>>,
    /// The last event of it: its place in the log.
    pub position: u64,
}

/// How a lead stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// Where it stands, whose it is, what is known, and how it came there.
    pub standing: Standing<Status>,
    /// The offer that was made from it: the source that says so, and the offer's own id there.
    pub offer: Option<(String, Box<str>)>,
    /// Every hand-over, the last one last.
    pub handovers: Vec<Handover>,
}

impl Passes for Lead {
    type Fact = LeadFact;
    type Status = Status;

    fn begin(first: &Told<LeadFact>) -> Self {
        let standing = Standing::begin(&first.order, first.fact.name.clone(), Status::Open);
        let mut lead = Self { standing, offer: None, handovers: Vec::new() };
        lead.apply(first);
        lead
    }

    fn apply(&mut self, told: &Told<LeadFact>) {
        let (at, fact) = (told.order.time, &told.fact);
        let code = fact.reason_code.as_deref();
        let standing = &mut self.standing;
        standing.meet(at, told.position);
        standing.belong(told.record, if fact.what == What::Created { Weight::Created } else { Weight::Named });
        match fact.what {
            What::Created => standing.create(at, &fact.terms),
            What::StageChanged => {
                standing.go(at, &fact.terms);
                if standing.status == Status::Disqualified {
                    standing.open(at, Status::Open);
                }
            }
            What::Qualified => standing.close(at, Status::Qualified, &Terms::default(), code),
            What::Disqualified => standing.close(at, Status::Disqualified, &Terms::default(), code),
            What::HandedOver => self.ask(told),
            What::HandoverAccepted => self.answer(told, Answer::Accepted),
            What::HandoverRejected => self.answer(told, Answer::Rejected),
        }
        if let Some(offer) = &fact.offer {
            self.offer = Some((told.order.source.clone(), offer.clone()));
        }
        self.standing.note_turn(at, told.position, code);
    }

    fn standing(&self) -> &Standing<Status> {
        &self.standing
    }
}

impl Lead {
    /// The hand-over that waits for an answer.
    pub fn waiting(&self) -> Option<&Handover> {
        self.handovers.last().filter(|last| last.answer == Answer::Waiting)
    }

    /// A hand-over that was not answered gives way to the next one.
    fn ask(&mut self, told: &Told<LeadFact>) {
        self.handovers.push(Handover {
            asked_at: Some(told.order.time),
            owner: told.fact.terms.owner.value().cloned(),
            team: told.fact.terms.team.value().cloned(),
            answer: Answer::Waiting,
            answered_at: None,
            reason_code: told.fact.reason_code.clone(),
            position: told.position,
        });
    }

    fn answer(&mut self, told: &Told<LeadFact>, answer: Answer) {
        if self.waiting().is_none() {
            self.ask(told);
            if let Some(last) = self.handovers.last_mut() {
                last.asked_at = None;
            }
        }
        let Some(last) = self.handovers.last_mut() else { return };
        last.answer = answer;
        last.answered_at = Some(told.order.time);
        last.position = told.position;
        last.reason_code.clone_from(&told.fact.reason_code);
        if answer == Answer::Accepted {
            let terms = &mut self.standing.terms;
            let named = |said: &Said<Box<str>>, handed: &Option<Box<str>>| said.value().or(handed.as_ref()).cloned();
            if let Some(owner) = named(&told.fact.terms.owner, &last.owner) {
                terms.owner = Said::Is(owner);
            }
            if let Some(team) = named(&told.fact.terms.team, &last.team) {
                terms.team = Said::Is(team);
            }
        }
    }
}

#[cfg(test)]
mod tests;
