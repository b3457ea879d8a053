//! Reports as people save them, in every version.

use std::collections::BTreeMap;

use kulta_events::{Instant, Json, Recorded};

use super::definition::{Definition, Problem};
use crate::pipeline::history::{Fact, History};
use crate::pipeline::terms::text;

/// One version of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Its id.
    pub report: Box<str>,
    /// What people call it.
    pub name: Box<str>,
    /// What it counts, as it was saved.
    pub definition: Json,
    /// Whether it is no longer shown.
    pub retired: bool,
}

/// Everything that was saved of all reports.
pub type Reports = History<Saved>;

impl Fact for Saved {
    fn read(event: &Recorded) -> Option<Self> {
        if event.type_name != "report.saved" {
            return None;
        }
        let data = &event.payload.data;
        let report = text(data, "report")?;
        Some(Self {
            name: text(data, "name").unwrap_or_else(|| report.clone()),
            definition: data.get("definition")?.clone(),
            retired: data.get("retired") == Some(&Json::Bool(true)),
            report,
        })
    }
}

impl Saved {
    /// What it counts.
    ///
    /// # Errors
    /// What is wrong with it: a report of another version of kulta is shown as such, and never dropped.
    pub fn read(&self) -> Result<Definition, Vec<Problem>> {
        Definition::parse(&self.definition)
    }
}

/// The reports that were saved before a time (`None`: ever), by id; of one id the last word holds, and what is retired
/// is left out.
pub fn reports_at(reports: &Reports, as_of: Option<Instant>) -> BTreeMap<&str, &Saved> {
    let mut found = BTreeMap::new();
    for told in reports.before(as_of) {
        found.insert(&*told.fact.report, &told.fact);
    }
    found.retain(|_, saved| !saved.retired);
    found
}
