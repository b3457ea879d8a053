//! Rows of a list, from columns.

use kulta_projections::scores::facts::Wanted as WantedFacts;
use kulta_projections::scores::rows::{Refused, ScoreRow, Service};
use kulta_projections::scores::rules::{Facets, RuleSet};
use kulta_projections::scores::service::Spent;

use super::Error;
use super::plan::Wanted;
use crate::replay::ask::known;
use crate::replay::ground::Held;
use crate::replay::read::Cancel;
use crate::replay::run::{How, Known, Outcome, score, wanted};
use crate::scores::Scores;

/// What service is told by.
const SERVICE: [&str; 3] = ["minutes", "cost", "currency"];

/// What of the facts these lists need.
pub(super) fn facts_wanted(lists: &[Wanted], facets: &Facets) -> WantedFacts {
    let reads: Vec<_> = lists.iter().flat_map(|list| list.rules().reads(facets)).collect();
    let mut wanted = wanted(&reads);
    if lists.iter().any(|list| limits_service(&list.compiled.rules)) {
        // Any type may be service.
        wanted.types = None;
        if let Some(facets) = &mut wanted.facets {
            facets.extend(SERVICE.map(Box::from));
        }
    }
    wanted
}

/// Whether some grade limits what may be spent.
fn limits_service(rules: &RuleSet) -> bool {
    rules.grades.iter().any(|grade| grade.allows.minutes_per_year.is_some() || grade.allows.cost_per_year.is_some())
}

/// The scores of all customers by a list's rules; whoever has none is named.
pub(super) async fn outcome(scores: &Scores, held: &Held, list: &Wanted, cancel: &Cancel) -> Result<Outcome, Error> {
    Ok(scored(scores, held, list, cancel).await?.0)
}

/// The same, and what the rules read of the customers.
pub(super) async fn scored(
    scores: &Scores,
    held: &Held,
    list: &Wanted,
    cancel: &Cancel,
) -> Result<(Outcome, Known), Error> {
    let (facets, as_of, rules) = (scores.facets(), list.made_by.as_of, list.rules());
    let known = known(scores, held.people(), &[&rules], (as_of, None), cancel, &|_| ()).await?;
    let how = How { as_of, facets: &facets, tolerant: true, breakdown: false, cancel, progress: &|_| () };
    let outcome = tokio::task::block_in_place(|| score(held, &known, &rules, &how))?;
    Ok((outcome, known))
}

/// The rows of customers, by their places.
pub(super) fn rows(
    held: &Held,
    outcome: &Outcome,
    list: &Wanted,
    customers: std::ops::Range<usize>,
) -> Result<Vec<ScoreRow>, Error> {
    let (rules, as_of) = (&list.compiled.rules, list.made_by.as_of);
    let limited = limits_service(rules);
    let mut spare = None;
    let mut row = |customer: usize| {
        let refused = outcome.refused.binary_search_by_key(&customer, |unscored| unscored.customer).ok();
        let refused = refused.map(|place| &outcome.refused[place]);
        let refused =
            refused.map(|unscored| Refused { reason: unscored.error.to_string(), position: unscored.position });
        let place = outcome.scores.graded[customer].filter(|_| refused.is_none());
        let grade = place.and_then(|place| rules.grades.get(usize::from(place)));
        let service = match grade.filter(|_| limited) {
            Some(grade) => held.with_rows(customer, &mut spare, |facts, rows| {
                Service::of(&Spent::of(facts, rows, rules.money.as_ref(), as_of), &grade.allows)
            })?,
            None => None,
        };
        Ok(ScoreRow {
            customer: held.people().ids[customer],
            points: refused.is_none().then(|| outcome.scores.points[customer].normalize()),
            grade: grade.map(|grade| grade.name.clone()),
            service,
            refused,
        })
    };
    tokio::task::block_in_place(|| customers.map(&mut row).collect())
}
