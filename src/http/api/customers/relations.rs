//! `GET /v1/customers/{id}/relations`: whose contact, whose parent.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kulta_events::vocabulary::customer::RELATIONS;
use kulta_events::{CustomerId, Instant};
use kulta_projections::relations::{Claim, Direction, Relation};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::after;
use super::one::{Elsewhere, OneCustomer};
use crate::http::page::{Paged, write_cursor};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::reads::relations::Relations;
use crate::services::Services;

const LIST: &str = "relations";
const DIRECTIONS: [(&str, Direction); 2] = [("outgoing", Direction::Outgoing), ("incoming", Direction::Incoming)];

/// How a customer stands to another.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Relation)]
pub struct View {
    /// `outgoing`: this customer is the contact, the subsidiary; `incoming`: the other is.
    #[schema(value_type = String)]
    pub direction: &'static str,
    /// `contact_of`, `subsidiary_of`, `owned_by`, `member_of` or `household_of`.
    pub relation: String,
    /// The other customer; null while no event is about the record that was named.
    #[schema(value_type = Option<String>, format = "uuid")]
    pub customer_id: Option<CustomerId>,
    /// The other's record.
    #[schema(value_type = String, format = "uuid")]
    pub record_id: Uuid,
    /// What the other is called.
    pub name: Option<String>,
    /// `person` or `organisation`.
    pub kind: Option<String>,
    /// As what, in the words of the source.
    pub role: Option<String>,
    /// The first day on which it holds; null: not known.
    pub valid_from: Option<String>,
    /// The first day on which it no longer holds.
    pub valid_until: Option<String>,
    /// Which records say so, the word that holds first.
    pub said_by: Vec<Word>,
}

/// What one record says of a relation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RelationWord)]
pub struct Word {
    /// The system that says so.
    pub source: String,
    /// The key of the contact, the subsidiary, there; null when it is erased.
    pub subject: Option<String>,
    /// The record that says so.
    #[schema(value_type = String, format = "uuid")]
    pub record_id: Uuid,
    /// The record of which it is said.
    #[schema(value_type = String, format = "uuid")]
    pub to_record_id: Uuid,
    /// As what.
    pub role: Option<String>,
    /// The first day on which it holds.
    pub valid_from: Option<String>,
    /// The first day on which it no longer holds.
    pub valid_until: Option<String>,
    /// Whether it was said to have ended.
    pub ended: bool,
    /// Since when the record says just this.
    #[schema(value_type = String, format = DateTime)]
    pub since: Instant,
    /// When it said so last.
    #[schema(value_type = String, format = DateTime)]
    pub said_at: Instant,
}

impl From<Claim> for Word {
    fn from(claim: Claim) -> Self {
        Self {
            source: claim.source,
            subject: claim.subject,
            record_id: claim.record.0,
            to_record_id: claim.to.0,
            role: claim.role,
            valid_from: claim.valid_from,
            valid_until: claim.valid_until,
            ended: claim.ended,
            since: claim.since.time,
            said_at: claim.said_at,
        }
    }
}

/// List a customer's relations
///
/// Whose contact a person is, and who the contacts and subsidiaries of a company are; each with who says so. Relations
/// belong to records: who holds the records now is looked up with every read, so that merges and splits move nothing.
/// A relation never makes two customers one, nor counts when they are compared.
#[utoipa::path(
    get,
    path = "/v1/customers/{id}/relations",
    tag = "customers",
    params(
        ("id" = String, Path, description = "Any record id"),
        ("direction" = Option<String>, Query, description = "`outgoing` or `incoming`; default both"),
        ("relation" = Option<String>, Query, description = "Only this one, such as `contact_of`"),
        ("valid_on" = Option<String>, Query, description = "Those that hold on this day (`2026-03-02`); default today, by UTC; `ever`: also those that have ended or are still to begin"),
        ("after" = Option<u64>, Query, description = "Wait until the projections have got to this position"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page, by direction, relation and the other customer", body = inline(crate::http::openapi::ListOf<View>)),
        (status = 307, description = "The record belongs to another customer now"),
        (status = 404, description = "There is no such customer", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    customer: OneCustomer,
    mut params: Params,
) -> Result<Response, Elsewhere> {
    after(&services, &mut params).await?;
    let words: Vec<_> = RELATIONS.iter().map(|word| (*word, *word)).collect();
    let direction = params.one_of("direction", &DIRECTIONS)?;
    let name = params.one_of("relation", &words)?;
    let day = day(&services, params.text("valid_on")?)?;
    let limit = params.limit(&services.settings.limits)?;
    let behind = params.cursor(LIST)?.map(|text| read(&text)).transpose()?;
    params.finish()?;
    let found = customer.here(services.reads.relations(customer.id, day.as_deref()).await?)?;
    let Relations { items, names, .. } = found;
    let wanted = items.into_iter().filter(|relation| {
        direction.is_none_or(|direction| direction == relation.direction)
            && name.is_none_or(|name| name == relation.relation)
            && behind.as_ref().is_none_or(|behind| place(relation) > *behind)
    });
    let mut page: Vec<_> = wanted.take(limit + 1).collect();
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| more).map(|last| write_cursor(LIST, write(last)));
    let items = page.into_iter().map(|relation| {
        let known = relation.other.and_then(|other| names.get(&other));
        view(relation, known.and_then(|known| known.name.clone()), known.and_then(|known| known.kind.clone()))
    });
    Ok(Json(Paged { items: items.collect(), next }).into_response())
}

/// The day that is asked for; `None`: ever.
fn day(services: &Services, given: Option<String>) -> Result<Option<String>, Problem> {
    let text = match given {
        Some(text) if text == "ever" => return Ok(None),
        Some(text) => text,
        None => services.clock.now().to_string().chars().take(10).collect(),
    };
    let is_day = kulta_events::Instant::parse(&format!("{text}T00:00:00Z")).is_ok();
    is_day
        .then_some(Some(text))
        .ok_or_else(|| Problem::parameter("valid_on", "expected a day such as 2026-03-02, or ever"))
}

fn view(relation: Relation, name: Option<String>, kind: Option<String>) -> View {
    let holds = relation.claims.first();
    View {
        direction: word(relation.direction),
        customer_id: relation.other,
        record_id: relation.other_record.0,
        name,
        kind,
        role: holds.and_then(|claim| claim.role.clone()),
        valid_from: holds.and_then(|claim| claim.valid_from.clone()),
        valid_until: holds.and_then(|claim| claim.valid_until.clone()),
        relation: relation.relation,
        said_by: relation.claims.into_iter().map(Word::from).collect(),
    }
}

fn word(direction: Direction) -> &'static str {
    DIRECTIONS.iter().find(|(_, known)| *known == direction).map_or("", |(word, _)| word)
}

/// Where a relation stands in the list.
type At = (Direction, String, Uuid);

fn place(relation: &Relation) -> At {
    let other = relation.other.map_or(relation.other_record.0, |customer| customer.0);
    (relation.direction, relation.relation.clone(), other)
}

fn write(last: &Relation) -> String {
    let (direction, relation, other) = place(last);
    format!("{} {relation} {other}", word(direction))
}

fn read(text: &str) -> Result<At, Problem> {
    let foreign = || Problem::parameter("cursor", "is not from this list");
    let mut parts = text.split(' ');
    let (Some(direction), Some(relation), Some(other)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(foreign());
    };
    let direction = DIRECTIONS.iter().find(|(word, _)| *word == direction).ok_or_else(foreign)?.1;
    Ok((direction, relation.to_owned(), other.parse().map_err(|_| foreign())?))
}
