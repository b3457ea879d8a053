//! Pipelines and goals: what is defined must make sense. Events from elsewhere are read as far as they do.

use kulta_events::Json;
use rust_decimal::Decimal;

use super::{Refusal, probability};
use crate::pipeline::definition::{Definition, Definitions, Pipelines};
use crate::pipeline::terms::{amount, date, text};

/// Whether a pipeline may be defined so. What passes through it stays the same in all versions.
///
/// # Errors
/// The first rule that it breaks.
pub fn pipeline(definitions: &Definitions, data: &Json) -> Result<(), Refusal> {
    let definition = Definition::of(data).ok_or(Refusal::EmptyId)?;
    let pipelines = Pipelines::at(definitions, None);
    let is_other = |known: &Definition| known.passing != definition.passing;
    if pipelines.defined(&definition.pipeline).is_some_and(is_other) {
        return Err(Refusal::OtherThings { pipeline: definition.pipeline.into() });
    }
    let Some(Json::Array(stages)) = data.get("stages") else { return Err(Refusal::NoStages) };
    if stages.is_empty() {
        return Err(Refusal::NoStages);
    }
    for (index, stage) in stages.iter().enumerate() {
        let id = text(stage, "stage").ok_or(Refusal::EmptyId)?;
        if stages[..index].iter().any(|before| text(before, "stage").as_ref() == Some(&id)) {
            return Err(Refusal::StageTwice { stage: id.into() });
        }
        probability(stage)?;
        let days = stage.get("stale_after_days").filter(|days| !days.is_null());
        if days.is_some_and(|days| days.as_decimal().is_none_or(|days| days < Decimal::ONE)) {
            return Err(Refusal::StaleDays);
        }
    }
    Ok(())
}

/// Whether a goal may be set so.
///
/// # Errors
/// The first rule that it breaks.
pub fn goal(data: &Json) -> Result<(), Refusal> {
    text(data, "goal").ok_or(Refusal::EmptyId)?;
    let day = |name| data.get(name).and_then(date);
    match (day("from"), day("until")) {
        // Dates of four digits stand in the order of their texts.
        (Some(from), Some(until)) if from < until => {}
        _ => return Err(Refusal::EmptyPeriod),
    }
    match data.get("target").and_then(amount) {
        Some(target) if !target.0.is_zero() => {}
        _ => return Err(Refusal::NoTarget),
    }
    let money = data.get("measure").and_then(Json::as_str) == Some("money");
    if money && text(data, "currency").is_none() { Err(Refusal::AmountWithoutCurrency) } else { Ok(()) }
}
