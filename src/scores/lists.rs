//! The lists of scores as readers see them.

use std::sync::Arc;
use std::time::Duration;

use kulta_events::CustomerId;

use super::{Error, Scores};
use crate::reads;
use crate::store::scores::{BalancePlace, Listed, Place, PointsOf, ScorePage, ScoreSet, SetState};
use crate::store::views::Generation;

/// How often it is looked whether a list has got to a position.
const LOOK: Duration = Duration::from_millis(20);
/// The longest that a reader waits.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// A list, to be read from.
#[derive(Clone, Debug)]
pub struct List {
    generation: Arc<dyn Generation>,
    /// As it was when it was found.
    set: ScoreSet,
}

impl Scores {
    /// The live list of a published rule set; waits until there is one, and until it has got to a position.
    ///
    /// # Errors
    /// When there is no such rule set, the store fails, or the list is not there in time.
    pub async fn list(&self, name: &str, after: Option<u64>) -> Result<List, Error> {
        let give_up = tokio::time::Instant::now() + LONGEST_WAIT;
        loop {
            let found = self.list_now(name).await?;
            let at = found.as_ref().map(|list| list.set.position);
            match found {
                Some(list) if list.set.position >= after.unwrap_or(0) => return Ok(list),
                Some(_) => {}
                None if self.published(Some(name), None).await?.retired.is_some() => {
                    return Err(Error::UnknownRuleSet(name.to_owned()));
                }
                None => {}
            }
            if tokio::time::Instant::now() >= give_up {
                return Err(match (at, after) {
                    (Some(at), Some(wanted)) => reads::Error::NotYet { at, wanted }.into(),
                    _ => Error::NoList(name.to_owned()),
                });
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// A list that a cursor names; `None` when it was removed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_numbered(&self, name: &str, number: i64) -> Result<Option<List>, Error> {
        self.found(|set| set.number == number && set.made_by.rule_set == name).await
    }

    /// The list of a rule set, if there is one now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_now(&self, name: &str) -> Result<Option<List>, Error> {
        self.found(|set| set.state == SetState::Live && set.made_by.rule_set == name).await
    }

    /// The only list that there is; `None`: there is none, or there are several.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn only_list(&self) -> Result<Option<List>, Error> {
        let generation = self.reads.projections.live();
        let sets = generation.score_sets().await?.into_iter();
        let mut live = sets.filter(|set| set.state == SetState::Live);
        Ok(match (live.next(), live.next()) {
            (Some(set), None) => Some(List { generation, set }),
            _ => None,
        })
    }

    async fn found(&self, is_meant: impl Fn(&ScoreSet) -> bool) -> Result<Option<List>, Error> {
        let generation = self.reads.projections.live();
        let set = generation.score_sets().await?.into_iter().find(is_meant);
        Ok(set.map(|set| List { generation, set }))
    }
}

impl List {
    /// Its number in the generation.
    pub fn number(&self) -> i64 {
        self.set.number
    }

    /// The generation that it belongs to.
    pub fn generation(&self) -> &dyn Generation {
        &*self.generation
    }

    /// What it is made by, and how far it was when it was found.
    pub fn set(&self) -> &ScoreSet {
        &self.set
    }

    /// A page; `None` when the list was removed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn page(&self, place: &Place, limit: usize) -> Result<Option<ScorePage>, Error> {
        Ok(self.generation.score_page(self.set.number, place, limit).await?)
    }

    /// A page of customers by their balance; `None` when the list was removed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn balance(&self, place: &BalancePlace, limit: usize) -> Result<Option<ScorePage>, Error> {
        Ok(self.generation.balance_page(self.set.number, place, limit).await?)
    }

    /// A customer's place in it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn customer(&self, id: CustomerId) -> Result<Option<Listed>, Error> {
        Ok(self.generation.listed(self.set.number, id).await?)
    }

    /// Points and grades of these customers, in no order; of those only that are in it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn points(&self, ids: &[CustomerId]) -> Result<Vec<PointsOf>, Error> {
        Ok(self.generation.points_of(self.set.number, ids).await?)
    }

    /// How many customers are of each grade.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn grades(&self) -> Result<Vec<(Option<String>, u64)>, Error> {
        Ok(self.generation.grades(self.set.number).await?)
    }
}
