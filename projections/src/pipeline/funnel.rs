//! How far things come in a pipeline, and how long they stay in each stage.
//!
//! A funnel is made of journeys ([`Journey::of`]); which of them (opened in a quarter, of an owner, …) is the caller's
//! choice. A thing that skipped a stage has reached it: it came further. One that was won has reached them all.

use std::collections::{BTreeMap, HashMap};

use kulta_events::Instant;
use rust_decimal::Decimal;

use super::definition::{Definition, Passing, Pipelines};
use super::money::share;
use super::standing::Standing;

/// A stay of an open thing in one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// In which pipeline.
    pub pipeline: Box<str>,
    /// In which stage; empty where the pipeline has none.
    pub stage: Box<str>,
    /// Since when.
    pub from: Instant,
    /// Until when; `None`: it stays.
    pub until: Option<Instant>,
    /// The event by which it came there: its place in the log.
    pub position: u64,
}

/// How a journey ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// Not yet.
    Open,
    /// Well: won, qualified.
    Reached,
    /// To nothing.
    Failed,
}

/// The way of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journey {
    /// Where it stayed while it was open, in the order of facts.
    pub stays: Vec<Stay>,
    /// In which pipeline and stage it stands, or was decided.
    pub place: (Box<str>, Box<str>),
    /// How it ended.
    pub end: End,
}

impl Journey {
    /// The journey of an offer or a lead; `end` says what its statuses mean. What names no pipeline or no stage is
    /// taken to be in the default pipeline, in the first stage.
    pub fn of<S: Copy + PartialEq>(
        standing: &Standing<S>,
        pipelines: &Pipelines,
        passing: Passing,
        end: impl Fn(S) -> End,
    ) -> Self {
        let place = |pipeline: Option<&str>, stage: Option<&str>| -> (Box<str>, Box<str>) {
            let (id, _) = pipelines.of(passing, pipeline);
            (id.into(), pipelines.stage_of(passing, pipeline, stage).unwrap_or_default().into())
        };
        let mut stays: Vec<Stay> = Vec::new();
        for turn in &standing.turns {
            let (pipeline, stage) = place(turn.pipeline.as_deref(), turn.stage.as_deref());
            let staying = stays.last_mut().filter(|last| last.until.is_none());
            if end(turn.status) != End::Open {
                if let Some(last) = staying {
                    last.until = Some(turn.at);
                }
                continue;
            }
            match staying {
                // Only the name of the place was said: it is the same.
                Some(last) if last.pipeline == pipeline && last.stage == stage => continue,
                Some(last) => last.until = Some(turn.at),
                None => {}
            }
            stays.push(Stay { pipeline, stage, from: turn.at, until: None, position: turn.position });
        }
        let terms = &standing.terms;
        let now = place(terms.pipeline.value().map(|id| &**id), terms.stage.value().map(|stage| &**stage));
        Self { stays, place: now, end: end(standing.status) }
    }
}

/// A stage of a funnel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// The stage's id.
    pub stage: Box<str>,
    /// How many came here or further.
    pub reached: u64,
    /// How many really stayed here.
    pub entered: u64,
    /// The share of those that came here which came further, with 6 decimals; of unknown stages `None`.
    pub conversion: Option<Decimal>,
    /// The median of the stays that are over, in microseconds; of an even number the lower mean of the middle two.
    pub median: Option<i64>,
    /// How many stays are over.
    pub stays: u64,
}

/// How far things came in a pipeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Funnel {
    /// Defined stages in their order.
    pub steps: Vec<Step>,
    /// Stages that only facts name, by id; they have no place in the order.
    pub unknown: Vec<Step>,
    /// How many were in the pipeline.
    pub count: u64,
    /// How many ended well in it.
    pub won: u64,
    /// How many came to nothing in it.
    pub lost: u64,
}

impl Funnel {
    /// The funnel of a pipeline, from the journeys that touch it.
    pub fn of<'j>(definition: &Definition, journeys: impl IntoIterator<Item = &'j Journey>) -> Self {
        let order: HashMap<&str, usize> =
            definition.stages.iter().enumerate().map(|(place, stage)| (&*stage.stage, place)).collect();
        let mut funnel = Self::default();
        let mut reached = vec![0_u64; definition.stages.len() + 1];
        let mut seen: BTreeMap<&str, (u64, Vec<i64>)> = BTreeMap::new();
        for journey in journeys {
            let here = |pipeline: &str| *pipeline == *definition.pipeline;
            let stays: Vec<_> = journey.stays.iter().filter(|stay| here(&stay.pipeline)).collect();
            let ends_here = here(&journey.place.0);
            if stays.is_empty() && !ends_here {
                continue;
            }
            funnel.count += 1;
            let last = ends_here.then_some(&*journey.place.1);
            let furthest = stays.iter().map(|stay| &*stay.stage).chain(last).filter_map(|stage| order.get(stage)).max();
            let won = ends_here && journey.end == End::Reached;
            let came_to = if won { Some(definition.stages.len()) } else { furthest.copied() };
            if let Some(came_to) = came_to {
                reached[came_to] += 1;
            }
            funnel.won += u64::from(won);
            funnel.lost += u64::from(ends_here && journey.end == End::Failed);
            note_stays(&stays, &mut seen);
        }
        funnel.count_steps(definition, &reached, seen);
        funnel
    }

    fn count_steps(&mut self, definition: &Definition, reached: &[u64], mut seen: BTreeMap<&str, (u64, Vec<i64>)>) {
        let mut further: u64 = reached.last().copied().unwrap_or(0);
        for (stage, ended_here) in definition.stages.iter().zip(reached).rev() {
            let stays = seen.remove(&*stage.stage).unwrap_or_default();
            let all = further + ended_here;
            self.steps.push(Step { reached: all, conversion: share(further, all), ..step(&stage.stage, stays) });
            further = all;
        }
        self.steps.reverse();
        for (stage, stays) in seen {
            self.unknown.push(Step { reached: stays.0, ..step(stage, stays) });
        }
    }
}

/// Counts each stage once per journey, and every stay that is over.
fn note_stays<'j>(stays: &[&'j Stay], seen: &mut BTreeMap<&'j str, (u64, Vec<i64>)>) {
    for (index, stay) in stays.iter().enumerate() {
        let (entered, times) = seen.entry(&stay.stage).or_default();
        *entered += u64::from(!stays[..index].iter().any(|before| before.stage == stay.stage));
        if let Some(until) = stay.until {
            times.push(until.micros().saturating_sub(stay.from.micros()));
        }
    }
}

fn step(stage: &str, (entered, mut times): (u64, Vec<i64>)) -> Step {
    times.sort_unstable();
    let stays = times.len();
    let median = match (times.get(stays.wrapping_sub(1) / 2), times.get(stays / 2)) {
        (Some(low), Some(high)) => Some(low + (high - low) / 2),
        _ => None,
    };
    Step { stage: stage.into(), entered, median, stays: stays as u64, ..Step::default() }
}

#[cfg(test)]
mod tests;
