//! Pipelines as people define them, in every version, and those that are in force at a time.
//!
//! Of several definitions of one pipeline the later by (time, source, id) holds. While nobody defined a pipeline for
//! offers, or for leads, a built-in one takes its place ([`Definition::built_in`]). A pipeline or a stage that a fact
//! of another system names and nobody defined stays visible as an unknown one; it is never dropped.

use std::collections::BTreeMap;

use kulta_events::{Instant, Json, Recorded};
use rust_decimal::Decimal;
use serde::Serialize;

use super::history::{Fact, History, Told};
use super::terms::{Number, percentage, text};

/// What passes through a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Passing {
    /// Offers.
    Offers,
    /// Leads.
    Leads,
}

/// A stage of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its id in the pipeline.
    pub stage: Box<str>,
    /// What people call it.
    pub name: Box<str>,
    /// How probable it is, in percent, that what stands here is won.
    pub probability: Option<Number>,
    /// What stands here for more than so many days of 24 hours is stale.
    pub stale_after_days: Option<u32>,
}

/// One version of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its id.
    pub pipeline: Box<str>,
    /// What people call it.
    pub name: Box<str>,
    /// What passes through it.
    pub passing: Passing,
    /// In their order; each id once.
    pub stages: Vec<Stage>,
    /// Whether it is meant for what names no pipeline.
    pub default: bool,
    /// Whether nothing new may enter it.
    pub retired: bool,
}

/// All definitions of all pipelines.
pub type Definitions = History<Definition>;

impl Fact for Definition {
    fn read(event: &Recorded) -> Option<Self> {
        (event.type_name == "pipeline.defined").then(|| Self::of(&event.payload.data)).flatten()
    }
}

impl Definition {
    /// What a payload of `pipeline.defined` says; `None` when it names no pipeline, or not what passes through it. A
    /// stage that stands there twice counts once.
    pub fn of(data: &Json) -> Option<Self> {
        let pipeline = text(data, "pipeline")?;
        let passing = match data.get("for")?.as_str()? {
            "offers" => Passing::Offers,
            "leads" => Passing::Leads,
            _ => return None,
        };
        let mut stages: Vec<Stage> = Vec::new();
        if let Some(Json::Array(items)) = data.get("stages") {
            for stage in items.iter().filter_map(Stage::of) {
                if !stages.iter().any(|known| known.stage == stage.stage) {
                    stages.push(stage);
                }
            }
        }
        let is = |name| data.get(name) == Some(&Json::Bool(true));
        let name = text(data, "name").unwrap_or_else(|| pipeline.clone());
        Some(Self { pipeline, name, passing, stages, default: is("default"), retired: is("retired") })
    }

    /// The pipeline that stands in while nobody defined one.
    pub fn built_in(passing: Passing) -> Self {
        let stages: &[(&str, &str, u32, u32)] = match passing {
            Passing::Offers => &[
                ("new", "New", 10, 14),
                ("qualified", "Qualified", 30, 14),
                ("proposal", "Proposal", 50, 21),
                ("negotiation", "Negotiation", 80, 14),
            ],
            Passing::Leads => {
                &[("new", "New", 5, 7), ("contacted", "Contacted", 15, 14), ("interested", "Interested", 30, 14)]
            }
        };
        let stage = |(stage, name, probability, days): &(&str, &str, u32, u32)| Stage {
            stage: (*stage).into(),
            name: (*name).into(),
            probability: Some(Number(Decimal::from(*probability))),
            stale_after_days: Some(*days),
        };
        Self {
            pipeline: "default".into(),
            name: "Default".into(),
            passing,
            stages: stages.iter().map(stage).collect(),
            default: true,
            retired: false,
        }
    }

    /// A pipeline that only facts of other systems name: without stages of its own.
    pub fn unknown(pipeline: &str, passing: Passing) -> Self {
        let name = pipeline.into();
        Self { pipeline: pipeline.into(), name, passing, stages: Vec::new(), default: false, retired: true }
    }

    /// A stage and its place, from 0.
    pub fn stage(&self, stage: &str) -> Option<(usize, &Stage)> {
        self.stages.iter().enumerate().find(|(_, known)| &*known.stage == stage)
    }
}

impl Stage {
    fn of(data: &Json) -> Option<Self> {
        let stage = text(data, "stage")?;
        let days = data.get("stale_after_days").and_then(Json::as_decimal);
        Some(Self {
            name: text(data, "name").unwrap_or_else(|| stage.clone()),
            probability: data.get("probability").and_then(percentage),
            stale_after_days: days.and_then(|days| u32::try_from(days).ok()).filter(|days| *days > 0),
            stage,
        })
    }
}

/// The pipelines that are in force at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipelines {
    by_id: BTreeMap<Box<str>, Definition>,
    default_of: BTreeMap<Passing, Box<str>>,
    built_in: BTreeMap<Passing, Definition>,
}

impl Pipelines {
    /// Those defined before a time; `None`: those of the newest definitions.
    pub fn at(definitions: &Definitions, as_of: Option<Instant>) -> Self {
        Self::of_words(definitions, as_of, &[])
    }

    /// The same, but what was defined only later is taken as it was defined first: boards of the past can be told by
    /// pipelines that were written down since.
    pub fn told_since(definitions: &Definitions, as_of: Option<Instant>) -> Self {
        Self::of_words(definitions, as_of, &definitions.told()[definitions.before(as_of).len()..])
    }

    fn of_words(definitions: &Definitions, as_of: Option<Instant>, since: &[Told<Definition>]) -> Self {
        let mut by_id = BTreeMap::new();
        // Where each id stands in the order of what was defined last.
        let mut latest: Vec<&Definition> = Vec::new();
        for told in definitions.before(as_of) {
            latest.retain(|known| known.pipeline != told.fact.pipeline);
            latest.push(&told.fact);
            by_id.insert(told.fact.pipeline.clone(), told.fact.clone());
        }
        let mut later: Vec<&Definition> = Vec::new();
        for told in since {
            if !by_id.contains_key(&told.fact.pipeline) {
                later.push(&told.fact);
                by_id.insert(told.fact.pipeline.clone(), told.fact.clone());
            }
        }
        let mut default_of = BTreeMap::new();
        let mut built_in = BTreeMap::new();
        for passing in [Passing::Offers, Passing::Leads] {
            let own = |known: &&&Definition| known.passing == passing;
            let latest = if latest.iter().any(|known| known.passing == passing) { &latest } else { &later };
            let named = latest.iter().rev().filter(own).find(|known| known.default && !known.retired);
            let first = || latest.iter().filter(own).filter(|known| !known.retired).min_by_key(|known| &known.pipeline);
            match named.or_else(first) {
                Some(found) => drop(default_of.insert(passing, found.pipeline.clone())),
                // Nobody defined one, or all are retired.
                None => {
                    let definition = Definition::built_in(passing);
                    default_of.insert(passing, definition.pipeline.clone());
                    built_in.insert(passing, definition);
                }
            }
        }
        Self { by_id, default_of, built_in }
    }

    /// The pipeline with this id for what passes through it; `None`: nobody defined it.
    pub fn get(&self, passing: Passing, pipeline: &str) -> Option<&Definition> {
        let defined = self.by_id.get(pipeline).filter(|known| known.passing == passing);
        defined.or_else(|| self.built_in.get(&passing).filter(|known| &*known.pipeline == pipeline))
    }

    /// The pipeline of what names none: that which was last defined as default, else the first by id, else the built-in
    /// one.
    pub fn default_id(&self, passing: Passing) -> &str {
        self.default_of.get(&passing).map_or("default", |id| id)
    }

    /// The pipeline of what names this one, or none.
    pub fn of<'p>(&'p self, passing: Passing, named: Option<&'p str>) -> (&'p str, Option<&'p Definition>) {
        let id = named.unwrap_or_else(|| self.default_id(passing));
        (id, self.get(passing, id))
    }

    /// The stage of what names this pipeline and this stage, or none: then the first one of its pipeline.
    pub fn stage_of<'p>(
        &'p self,
        passing: Passing,
        pipeline: Option<&'p str>,
        stage: Option<&'p str>,
    ) -> Option<&'p str> {
        stage.or_else(|| self.of(passing, pipeline).1?.stages.first().map(|first| &*first.stage))
    }

    /// Whether a pipeline is the built-in one, which nobody defined.
    pub fn is_built_in(&self, passing: Passing, pipeline: &str) -> bool {
        self.built_in.get(&passing).is_some_and(|known| &*known.pipeline == pipeline)
            && !self.is_defined(passing, pipeline)
    }

    /// The pipeline that people defined under this id, whatever passes through it.
    pub fn defined(&self, pipeline: &str) -> Option<&Definition> {
        self.by_id.get(pipeline)
    }

    fn is_defined(&self, passing: Passing, pipeline: &str) -> bool {
        self.by_id.get(pipeline).is_some_and(|known| known.passing == passing)
    }

    /// All that are in force, by id, retired ones too; the built-in one where it stands in.
    pub fn all(&self, passing: Passing) -> impl Iterator<Item = &Definition> {
        let stands_in = self.built_in.get(&passing).filter(|known| !self.is_defined(passing, &known.pipeline));
        self.by_id.values().filter(move |known| known.passing == passing).chain(stands_in)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::{EventExt, day, event};

    fn defined(on: i64, id: &str, data: &str) -> Recorded {
        event("kulta", "-", on, "pipeline.defined", data).named(id)
    }

    fn stages(definition: Option<&Definition>) -> Vec<&str> {
        definition.map(|known| known.stages.iter().map(|stage| &*stage.stage).collect()).unwrap_or_default()
    }

    #[test]
    fn a_built_in_pipeline_stands_in_until_one_is_defined() {
        let nothing = Pipelines::at(&Definitions::default(), None);
        assert_eq!(nothing.default_id(Passing::Offers), "default");
        assert!(nothing.is_built_in(Passing::Offers, "default") && nothing.is_built_in(Passing::Leads, "default"));
        assert_eq!(nothing.all(Passing::Leads).count(), 1);
        let definitions =
            Definitions::of(&[defined(1, "a", r#"{"pipeline":"b2b","for":"offers","stages":[{"stage":"x"}]}"#)]);
        let one = Pipelines::at(&definitions, None);
        assert_eq!((one.default_id(Passing::Offers), one.default_id(Passing::Leads)), ("b2b", "default"));
        assert!(one.get(Passing::Offers, "default").is_none() && one.get(Passing::Leads, "b2b").is_none());
        assert_eq!(one.of(Passing::Offers, Some("old")), ("old", None));
        assert_eq!(Pipelines::at(&definitions, Some(day(1))), nothing, "not yet defined then");
        assert_eq!(Pipelines::told_since(&definitions, Some(day(1))), one, "not yet, and nothing else was");
        assert_eq!(Pipelines::told_since(&definitions, None), one);
    }

    #[test]
    fn the_later_definition_holds_whatever_came_first() {
        let older = defined(1, "z", r#"{"pipeline":"b2b","for":"offers","stages":[{"stage":"old"}],"default":true}"#);
        let newer = defined(2, "a", r#"{"pipeline":"b2b","for":"offers","stages":[{"stage":"new"},{"stage":"new"}]}"#);
        let equal = defined(2, "b", r#"{"pipeline":"b2b","for":"offers","stages":[{"stage":"newest"}]}"#);
        let other = defined(0, "c", r#"{"pipeline":"a","for":"offers","stages":[],"default":true}"#);
        for order in [[&older, &newer, &equal, &other], [&equal, &other, &newer, &older]] {
            let definitions = Definitions::of(order);
            let at = |on| Pipelines::at(&definitions, on);
            assert_eq!(stages(at(None).get(Passing::Offers, "b2b")), ["newest"]);
            assert_eq!(stages(at(Some(day(2))).get(Passing::Offers, "b2b")), ["old"]);
            assert_eq!(at(Some(day(2))).default_id(Passing::Offers), "b2b", "said of two: the later");
            assert_eq!(at(None).default_id(Passing::Offers), "a");
        }
        assert_eq!(stages(Definition::read(&newer).as_ref()), ["new"], "a stage counts once");
    }

    #[test]
    fn retired_pipelines_are_nobodys_default_and_bad_numbers_are_none() {
        let data = r#"{"pipeline":"p","for":"leads","retired":true,"default":true,"stages":[
            {"stage":"a","probability":101,"stale_after_days":0},{"stage":"b","probability":-1,"stale_after_days":-3},
            {"name":"no id"},7]}"#;
        let definitions = Definitions::of(&[defined(1, "a", data)]);
        let pipelines = Pipelines::at(&definitions, None);
        assert_eq!(pipelines.default_id(Passing::Leads), "default");
        let found = pipelines.get(Passing::Leads, "p").unwrap();
        let numbers: Vec<_> = found.stages.iter().map(|s| (s.probability, s.stale_after_days)).collect();
        assert_eq!(numbers, [(Some(Number(Decimal::ONE_HUNDRED)), None), (None, None)]);
        for useless in ["{}", r#"{"pipeline":"p"}"#, r#"{"pipeline":"p","for":"cats"}"#, r#"{"for":"leads"}"#] {
            assert!(Definition::read(&defined(1, "a", useless)).is_none(), "{useless}");
        }
    }
}
