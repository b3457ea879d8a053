//! Whether a person may do something, as things stand.
//!
//! Facts of other systems are never refused: they happened. What people do in kulta is, by name of the rule
//! ([`Refusal::rule`]). Nothing here changes a state: an aggregate asks, and writes the event when it may.

use kulta_events::Json;
use rust_decimal::Decimal;

use super::definition::{Definition, Passing, Pipelines};
use super::lead::{self, Lead};
use super::offer::{self, Offer};
use super::standing::Standing;
use super::terms::{Terms, text};

mod daily;
mod defined;

pub use daily::{activity, complaint, task};
pub use defined::{goal, pipeline};

/// Why something may not be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is nothing that it could be done to.
    #[error("there is no such thing")]
    Missing,
    /// What is to be created is there.
    #[error("it exists already")]
    Exists,
    /// Nobody defined this pipeline for such things.
    #[error("nobody defined the pipeline {pipeline}")]
    UnknownPipeline {
        /// Which.
        pipeline: String,
    },
    /// Nothing new may enter this pipeline.
    #[error("the pipeline {pipeline} is retired")]
    RetiredPipeline {
        /// Which.
        pipeline: String,
    },
    /// The pipeline has no such stage.
    #[error("the pipeline {pipeline} has no stage {stage}")]
    UnknownStage {
        /// The pipeline.
        pipeline: String,
        /// The stage that it does not have.
        stage: String,
    },
    /// It stands in another pipeline than the one that was named.
    #[error("it stands in the pipeline {stands_in}, not in {named}")]
    OtherPipeline {
        /// Where it stands.
        stands_in: String,
        /// Which was named.
        named: String,
    },
    /// It stands in this stage already.
    #[error("it stands in the stage {stage} already")]
    SameStage {
        /// Which.
        stage: String,
    },
    /// It is decided: only comments and documents may be added, or it is opened again first.
    #[error("it is closed")]
    Closed,
    /// What is open cannot be opened.
    #[error("it is open")]
    NotClosed,
    /// An amount needs a currency.
    #[error("an amount needs a currency")]
    AmountWithoutCurrency,
    /// A probability is a percentage from 0 to 100.
    #[error("a probability is a percentage from 0 to 100")]
    Probability,
    /// There is no move that could be undone.
    #[error("there is no move to undo")]
    NothingToUndo,
    /// Nobody waits for an answer.
    #[error("no hand-over waits for an answer")]
    NoHandover,
    /// A hand-over waits for its answer.
    #[error("a hand-over waits for its answer already")]
    HandoverWaits,
    /// Nobody defined such a kind of activity, or it is retired.
    #[error("there is no kind of activity {kind}")]
    UnknownKind {
        /// Which.
        kind: String,
    },
    /// The kind of activity has no such outcome.
    #[error("the kind of activity {kind} has no outcome {outcome}")]
    UnknownOutcome {
        /// The kind.
        kind: String,
        /// The outcome that it does not have.
        outcome: String,
    },
    /// A pipeline has at least one stage.
    #[error("a pipeline has at least one stage")]
    NoStages,
    /// A stage stands once in a pipeline.
    #[error("the stage {stage} stands there twice")]
    StageTwice {
        /// Which.
        stage: String,
    },
    /// An id is no text of at least one character.
    #[error("an id is empty")]
    EmptyId,
    /// What is stale is so after at least one day.
    #[error("what is stale is so after at least one day")]
    StaleDays,
    /// The pipeline is one for other things.
    #[error("the pipeline {pipeline} is defined for other things")]
    OtherThings {
        /// Which.
        pipeline: String,
    },
    /// A period ends after it begins.
    #[error("a period ends after it begins")]
    EmptyPeriod,
    /// There is nothing to reach.
    #[error("the target is nothing")]
    NoTarget,
}

impl Refusal {
    /// The rule's name, for problems on the wire.
    pub fn rule(&self) -> &'static str {
        match self {
            Refusal::Missing => "missing",
            Refusal::Exists => "exists",
            Refusal::UnknownPipeline { .. } => "unknown-pipeline",
            Refusal::RetiredPipeline { .. } => "retired-pipeline",
            Refusal::UnknownStage { .. } => "unknown-stage",
            Refusal::OtherPipeline { .. } => "other-pipeline",
            Refusal::SameStage { .. } => "same-stage",
            Refusal::Closed => "closed",
            Refusal::NotClosed => "not-closed",
            Refusal::AmountWithoutCurrency => "amount-without-currency",
            Refusal::Probability => "probability",
            Refusal::NothingToUndo => "nothing-to-undo",
            Refusal::NoHandover => "no-handover",
            Refusal::HandoverWaits => "handover-waits",
            Refusal::UnknownKind { .. } => "unknown-kind",
            Refusal::UnknownOutcome { .. } => "unknown-outcome",
            Refusal::NoStages => "no-stages",
            Refusal::StageTwice { .. } => "stage-twice",
            Refusal::EmptyId => "empty-id",
            Refusal::StaleDays => "stale-days",
            Refusal::OtherThings { .. } => "other-things",
            Refusal::EmptyPeriod => "empty-period",
            Refusal::NoTarget => "no-target",
        }
    }
}

/// Whether an event of this kind with this payload may be written about an offer.
///
/// # Errors
/// The first rule that it breaks.
pub fn offer(offer: Option<&Offer>, pipelines: &Pipelines, what: offer::What, data: &Json) -> Result<(), Refusal> {
    use offer::What;
    probability(data)?;
    let Some(offer) = offer else {
        if what != What::Created {
            return Err(Refusal::Missing);
        }
        enter(pipelines, Passing::Offers, data)?;
        return money(None, data);
    };
    let standing = &offer.standing;
    let closed = standing.status != offer::Status::Open;
    match what {
        What::Created => Err(Refusal::Exists),
        What::Commented | What::DocumentAttached => Ok(()),
        What::Reopened if !closed => Err(Refusal::NotClosed),
        What::Reopened => stay(standing, pipelines, Passing::Offers, data),
        _ if closed => Err(Refusal::Closed),
        What::StageChanged => step(standing, pipelines, Passing::Offers, data),
        What::Amended | What::Won => money(Some(&standing.terms), data),
        What::Lost => Ok(()),
    }
}

/// Whether an event of this kind with this payload may be written about a lead.
///
/// # Errors
/// The first rule that it breaks.
pub fn lead(lead: Option<&Lead>, pipelines: &Pipelines, what: lead::What, data: &Json) -> Result<(), Refusal> {
    use lead::{Status, What};
    probability(data)?;
    let Some(lead) = lead else {
        if what != What::Created {
            return Err(Refusal::Missing);
        }
        enter(pipelines, Passing::Leads, data)?;
        return money(None, data);
    };
    let standing = &lead.standing;
    match (what, standing.status) {
        (What::Created, _) => Err(Refusal::Exists),
        (What::HandoverAccepted | What::HandoverRejected, _) if lead.waiting().is_none() => Err(Refusal::NoHandover),
        // An answer is an answer, whatever became of the lead meanwhile.
        (What::HandoverAccepted | What::HandoverRejected, _) => Ok(()),
        (_, Status::Qualified) | (What::Disqualified | What::HandedOver, Status::Disqualified) => Err(Refusal::Closed),
        (What::HandedOver, _) if lead.waiting().is_some() => Err(Refusal::HandoverWaits),
        // A move takes up again what came to nothing, also into the stage in which that happened.
        (What::StageChanged, Status::Disqualified) => {
            stay(standing, pipelines, Passing::Leads, data)?;
            money(Some(&standing.terms), data)
        }
        (What::StageChanged, Status::Open) => {
            step(standing, pipelines, Passing::Leads, data)?;
            money(Some(&standing.terms), data)
        }
        _ => Ok(()),
    }
}

/// The pipeline and the stage that a move back would lead to: the payload of the `stage_changed` that undoes the last
/// move. Nothing is taken from the log: an undone move is a move.
///
/// # Errors
/// When it is closed, or was never moved.
pub fn undo<S: Copy + PartialEq>(
    standing: &Standing<S>,
    open: S,
    pipelines: &Pipelines,
    passing: Passing,
) -> Result<(String, String), Refusal> {
    if standing.status != open {
        return Err(Refusal::Closed);
    }
    let [.., before, last] = standing.turns.as_slice() else { return Err(Refusal::NothingToUndo) };
    // Being opened again is no move.
    if before.status != open || last.status != open {
        return Err(Refusal::NothingToUndo);
    }
    let named = before.pipeline.as_deref();
    let (pipeline, _) = pipelines.of(passing, named);
    let stage = pipelines.stage_of(passing, named, before.stage.as_deref()).ok_or(Refusal::NothingToUndo)?;
    Ok((pipeline.to_owned(), stage.to_owned()))
}

/// A new thing enters a pipeline.
fn enter(pipelines: &Pipelines, passing: Passing, data: &Json) -> Result<(), Refusal> {
    let named = text(data, "pipeline");
    let (id, definition) = pipelines.of(passing, named.as_deref());
    let definition = definition.ok_or_else(|| Refusal::UnknownPipeline { pipeline: id.to_owned() })?;
    if definition.retired {
        return Err(Refusal::RetiredPipeline { pipeline: id.to_owned() });
    }
    match text(data, "stage") {
        Some(stage) => known_stage(definition, &stage),
        None => Ok(()),
    }
}

/// A thing goes to another stage of its pipeline.
fn step<S>(standing: &Standing<S>, pipelines: &Pipelines, passing: Passing, data: &Json) -> Result<(), Refusal> {
    stay(standing, pipelines, passing, data)?;
    let (pipeline, stage) = (standing.terms.pipeline.value(), standing.terms.stage.value());
    let here = pipelines.stage_of(passing, pipeline.map(|id| &**id), stage.map(|stage| &**stage));
    match text(data, "stage") {
        Some(stage) if here == Some(&*stage) => Err(Refusal::SameStage { stage: stage.into() }),
        _ => Ok(()),
    }
}

/// What is named, if anything, is the pipeline in which it stands and a stage of that.
fn stay<S>(standing: &Standing<S>, pipelines: &Pipelines, passing: Passing, data: &Json) -> Result<(), Refusal> {
    let here = standing.terms.pipeline.value().map(|id| &**id);
    let (id, definition) = pipelines.of(passing, here);
    if let Some(named) = text(data, "pipeline").filter(|named| **named != *id) {
        return Err(Refusal::OtherPipeline { stands_in: id.to_owned(), named: named.into() });
    }
    let Some(stage) = text(data, "stage") else { return Ok(()) };
    let definition = definition.ok_or_else(|| Refusal::UnknownPipeline { pipeline: id.to_owned() })?;
    known_stage(definition, &stage)
}

fn known_stage(definition: &Definition, stage: &str) -> Result<(), Refusal> {
    match definition.stage(stage) {
        Some(_) => Ok(()),
        None => Err(Refusal::UnknownStage { pipeline: definition.pipeline.clone().into(), stage: stage.to_owned() }),
    }
}

/// After it, an amount has a currency.
fn money(terms: Option<&Terms>, data: &Json) -> Result<(), Refusal> {
    let has = |name: &str, known: bool| match data.get(name) {
        None => known,
        Some(value) => !value.is_null(),
    };
    let amount = has("amount", terms.is_some_and(|terms| terms.amount.value().is_some()));
    let currency = has("currency", terms.is_some_and(|terms| terms.currency.value().is_some()));
    // An amount that came without a currency is no reason to refuse what says nothing of money.
    let speaks = data.get("amount").is_some() || data.get("currency").is_some();
    if amount && !currency && speaks { Err(Refusal::AmountWithoutCurrency) } else { Ok(()) }
}

fn probability(data: &Json) -> Result<(), Refusal> {
    match data.get("probability") {
        None | Some(Json::Null) => Ok(()),
        Some(value) => match value.as_decimal() {
            Some(percent) if percent >= Decimal::ZERO && percent <= Decimal::ONE_HUNDRED => Ok(()),
            _ => Err(Refusal::Probability),
        },
    }
}

#[cfg(test)]
mod tests;
