//! `GET /v1/rule-sets/{name}/scores`: all customers by their points.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_events::CustomerId;
use kulta_projections::scores::rows::{ScoreRow, rank_key};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::lists::{Head, list, place_of, removed, rules, text_of};
use crate::http::page::write_cursor;
use crate::http::params::{Params, Place as Path};
use crate::http::problem::Problem;
use crate::scores::List;
use crate::services::Services;
use crate::store::scores::{Place, ScoreSet};
use crate::store::views::NamedCustomer;

const LIST: &str = "scores";

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScoreList)]
pub struct View {
    /// By what the list was made.
    #[serde(flatten)]
    pub list: Head,
    /// The customers, the highest points first, then by id; those for whom a rule fails come last.
    pub items: Vec<Item>,
    /// Where the next page starts; null: this is the last.
    pub next: Option<String>,
}

/// A customer in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListedScore)]
pub struct Item {
    /// From 1; customers of equal points have the same, and the next one counts them all. null: a rule fails.
    pub rank: Option<u64>,
    /// Who.
    #[schema(value_type = String)]
    pub customer_id: CustomerId,
    /// `person` or `organisation`, if anybody said.
    pub kind: Option<String>,
    /// The name to show.
    pub name: Option<String>,
    /// The points, a decimal without zeros at its end; null: a rule fails.
    pub points: Option<String>,
    /// The grade; null: below the lowest.
    pub grade: Option<String>,
    /// Why there are no points, and the place in the log of the event for which a rule fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refused>,
}

/// Why there are no points.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RefusedScore)]
pub struct Refused {
    /// What failed.
    pub reason: String,
    /// The place in the log of the event for which it failed.
    pub position: Option<u64>,
}

/// List customers by score
///
/// Kept up as events arrive, by the version in force, as of the end of the day in the time zone of the rules. All pages of
/// one list are of one version: when another one is published, a page that follows is of the older one for a minute, and
/// then the cursor is refused.
#[utoipa::path(
    get,
    path = "/v1/rule-sets/{name}/scores",
    tag = "rule sets",
    params(
        ("name" = String, Path, description = "The rule set"),
        ("grade" = Option<String>, Query, description = "Only customers of this grade"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("after" = Option<u64>, Query, description = "Wait until the list has got to this position"),
    ),
    responses(
        (status = 200, description = "A page", body = View),
        (status = 404, description = "There is no such rule set", body = crate::http::openapi::ProblemBody),
        (status = 503, description = "The list is not made yet", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Path(name): Path<String>,
    mut params: Params,
) -> Result<Json<View>, Problem> {
    let limit = params.limit(&services.settings.limits)?;
    let grade = params.text("grade")?;
    let cursor = params.cursor(LIST)?.map(|text| place_of(&text)).transpose()?;
    let after = params.number("after")?;
    params.finish()?;
    let list = list(&services, &name, cursor.as_ref(), after).await?;
    let mut place = within(&services, list.set(), grade.as_deref()).await?;
    if let Some(cursor) = cursor {
        (place.key, place.customer) = (cursor.key, cursor.customer);
    }
    let page = list.page(&place, limit).await?.ok_or_else(removed)?;
    let names = names(&list, &page.rows).await?;
    let next = page.rows.last().filter(|_| page.rows.len() == limit);
    let next = next.map(|row| write_cursor(LIST, text_of(list.number(), &row.rank_key(), row.customer)));
    let ranks = ranks(&page.rows, page.above, page.beside);
    let items = page.rows.into_iter().zip(ranks).map(|(row, rank)| item(row, rank, &names)).collect();
    Ok(Json(View { list: Head::of(&page.set), items, next }))
}

/// The part of a list in which a grade stands.
async fn within(services: &Services, set: &ScoreSet, grade: Option<&str>) -> Result<Place, Problem> {
    let Some(grade) = grade else { return Ok(Place::first()) };
    let compiled = rules(services, set).await?;
    let grades = &compiled.rules.grades;
    let Some(place) = grades.iter().position(|known| *known.name == *grade) else {
        let names: Vec<&str> = grades.iter().map(|grade| &*grade.name).collect();
        return Err(Problem::parameter("grade", format!("expected one of: {}", names.join(", "))));
    };
    let above = place.checked_sub(1).map(|above| rank_key(grades[above].from));
    Ok(Place {
        // What has the points of the grade above belongs to that one, whoever it is.
        key: above.map_or_else(|| Place::first().key, |key| key.to_vec()),
        customer: Uuid::max(),
        lowest: rank_key(grades[place].from).to_vec(),
    })
}

/// The ranks of the rows of a page. `above`: customers with more points than the first; `beside`: with as many, before it.
fn ranks(rows: &[ScoreRow], above: u64, beside: u64) -> Vec<Option<u64>> {
    let (mut rank, mut last) = (above + 1, rows.first().and_then(|row| row.points));
    let mut ranks = Vec::with_capacity(rows.len());
    for (place, row) in (above + beside + 1..).zip(rows) {
        if row.points != last {
            (rank, last) = (place, row.points);
        }
        ranks.push(row.points.map(|_| rank));
    }
    ranks
}

/// The names of the customers of a page.
pub(super) async fn names(list: &List, rows: &[ScoreRow]) -> Result<HashMap<CustomerId, NamedCustomer>, Problem> {
    let ids: Vec<CustomerId> = rows.iter().map(|row| row.customer).collect();
    Ok(list.generation().named(&ids).await?.into_iter().map(|named| (named.customer, named)).collect())
}

fn item(row: ScoreRow, rank: Option<u64>, names: &HashMap<CustomerId, NamedCustomer>) -> Item {
    let named = names.get(&row.customer);
    Item {
        rank,
        customer_id: row.customer,
        kind: named.and_then(|named| named.kind.clone()),
        name: named.and_then(|named| named.name.clone()),
        points: row.points.map(|points| points.to_string()),
        grade: row.grade.map(Into::into),
        refused: row.refused.map(|refused| Refused { reason: refused.reason, position: refused.position }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_points_have_equal_ranks_across_pages() {
        let row = |points: Option<i64>| ScoreRow {
            customer: CustomerId(Uuid::nil()),
            points: points.map(Into::into),
            grade: None,
            service: None,
            refused: None,
        };
        let rows = [Some(9), Some(9), Some(5), None, None].map(row);
        assert_eq!(ranks(&rows, 0, 0), [Some(1), Some(1), Some(3), None, None]);
        // The third and fourth of nine points, behind two customers with more.
        assert_eq!(ranks(&rows, 2, 2), [Some(3), Some(3), Some(7), None, None]);
        assert_eq!(ranks(&[], 0, 0), []);
    }
}
