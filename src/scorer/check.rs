//! Lists against what the log says.

use std::collections::HashMap;
use std::sync::Arc;

use kulta_events::CustomerId;
use kulta_projections::scores::rows::ScoreRow;

use super::plan::Wanted;
use super::rows::{facts_wanted, outcome, rows};
use super::{Error, Scorer};
use crate::projector::verify::Difference;
use crate::replay::data::Data;
use crate::replay::ground::Held;
use crate::replay::read::Cancel;
use crate::store::scores::{ScoreSet, SetState};
use crate::store::views::Generation;

/// Rows read at a time.
const PAGE: usize = 2_000;

/// What a verification of lists found.
#[derive(Debug, Default)]
pub struct Checked {
    /// How many rows were compared.
    pub rows: u64,
    /// What differs.
    pub differences: Vec<Difference>,
}

impl Scorer {
    /// Compares live lists with a replay of the log. They stand still meanwhile, with the projections.
    ///
    /// # Errors
    /// When the store fails, or another node projects.
    pub async fn verify(&self) -> Result<Checked, Error> {
        let _turn = self.turn.lock().await;
        let still = self.projector.still().await.ok_or(crate::projector::Error::OtherNode)?;
        let histories = self.scores.histories(Some(still.position)).await?;
        let sets = still.generation.score_sets().await?;
        let mut checked = Checked::default();
        let live = sets.iter().filter(|set| set.state == SetState::Live);
        let mut follow: Vec<(ScoreSet, Wanted)> = Vec::new();
        for set in live {
            match self.old(&histories, std::slice::from_ref(set)).pop() {
                Some(wanted) => follow.push((set.clone(), wanted)),
                None => checked.differences.push(difference("score_set", set.number, "nobody published these rules")),
            }
        }
        let Some(from) = follow.iter().map(|(set, _)| set.position).min() else { return Ok(checked) };
        if follow.iter().any(|(set, _)| set.position != still.position) {
            let touched = super::step::Touched::from(from);
            let changed = super::step::changed(&self.scores.reads().source, &still, touched).await?;
            let building = sets.iter().filter(|set| set.state == SetState::Building).map(|set| set.position).min();
            self.write(&*still.generation, &follow, changed, building).await?;
        }
        for (set, wanted) in &follow {
            self.compare(&still.generation, set.number, wanted, &mut checked).await?;
        }
        Ok(checked)
    }

    async fn compare(
        &self,
        generation: &Arc<dyn Generation>,
        set: i64,
        wanted: &Wanted,
        checked: &mut Checked,
    ) -> Result<(), Error> {
        let cancel = Cancel::default();
        let facts = facts_wanted(std::slice::from_ref(wanted), &self.scores.facets());
        let data = Data::read(&self.scores.reads().source, &**generation, None, facts, &cancel, &|_| ()).await?;
        // Not the archive: it may be what is wrong.
        let held = Held::Whole(Box::new(data));
        let outcome = outcome(&self.scores, &held, wanted, &cancel).await?;
        let expected = rows(&held, &outcome, wanted, 0..held.people().ids.len())?;
        checked.rows += expected.len() as u64;
        let mut expected: HashMap<CustomerId, ScoreRow> = expected.into_iter().map(|row| (row.customer, row)).collect();
        let table = |customer| format!("{} {customer}", wanted.made_by.rule_set);
        let mut after = None;
        loop {
            let page = generation.scores_seen(set, after, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            for (customer, row) in page {
                let wrong = match (expected.remove(&customer), row) {
                    (None, _) => "unexpected".to_owned(),
                    (Some(_), None) => "unreadable".to_owned(),
                    (Some(wanted), Some(row)) => columns(&row, &wanted),
                };
                if !wrong.is_empty() {
                    checked.differences.push(difference("score", table(customer), &wrong));
                }
            }
        }
        checked.differences.extend(expected.keys().map(|customer| difference("score", table(*customer), "missing")));
        Ok(())
    }
}

fn difference(table: &'static str, row: impl std::fmt::Display, wrong: &str) -> Difference {
    Difference { table, row: row.to_string(), wrong: wrong.to_owned() }
}

fn columns(row: &ScoreRow, wanted: &ScoreRow) -> String {
    let columns = [
        ("points", row.points != wanted.points),
        ("grade", row.grade != wanted.grade),
        ("service", row.service != wanted.service),
        ("refused", row.refused != wanted.refused),
    ];
    columns.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}
