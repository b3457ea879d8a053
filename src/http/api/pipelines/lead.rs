//! `GET /v1/leads/{id}`: a lead, and how it came there.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kulta_events::Instant;
use kulta_projections::pipeline::lead::{Answer, Handover, Lead};
use serde::Serialize;
use utoipa::ToSchema;

use super::offer::TurnView;
use super::{Around, LeadView, Shown, customers, moment};
use crate::http::api::customers::etag;
use crate::http::api::things::thing_id;
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;

/// A lead with its history.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LeadDetail)]
pub struct View {
    /// How it stands.
    #[serde(flatten)]
    pub lead: LeadView,
    /// The system that named it first.
    pub source: String,
    /// Its id there.
    pub name: Option<String>,
    /// The highest position that shaped it.
    pub position: u64,
    /// By which campaign it came.
    pub campaign: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// With which import it came.
    pub import_batch: Option<String>,
    /// The source and own id of the offer that was made from it.
    pub offer: Option<OfferName>,
    /// Every hand-over, the last one last.
    pub handovers: Vec<HandoverView>,
    /// Its moves and decisions, the first is the beginning.
    pub turns: Vec<TurnView>,
}

/// An offer, as a system calls it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferName {
    /// The system.
    pub source: String,
    /// Its id there.
    pub name: String,
}

/// A hand-over of a lead.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Handover)]
pub struct HandoverView {
    /// When it was asked; null: only the answer is known.
    #[schema(value_type = Option<String>)]
    pub asked_at: Option<Instant>,
    /// To whom.
    pub owner: Option<String>,
    /// To which team.
    pub team: Option<String>,
    /// `waiting`, `accepted` or `rejected`.
    #[schema(value_type = String)]
    pub answer: Answer,
    /// When it was answered.
    #[schema(value_type = Option<String>)]
    pub answered_at: Option<Instant>,
    /// Why it was answered so, as systems count it.
    pub reason_code: Option<String>,
}

/// Get a lead
///
/// How it stands, its moves and hand-overs. As of any past date, and as far as was known then.
#[utoipa::path(
    get,
    path = "/v1/leads/{id}",
    tag = "leads",
    params(
        ("id" = String, Path, description = "The lead"),
        ("as_of" = Option<String>, Query, description = "As it was before this time; default now"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
    ),
    responses(
        (status = 200, description = "The lead; ETag is its position", body = View),
        (status = 404, description = "There is no such lead", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    mut params: Params,
) -> Result<Response, Problem> {
    let id = thing_id(&id)?;
    let moment = moment(&services, &mut params).await?;
    params.finish()?;
    let found = services.work.thing::<Lead>(id, moment);
    let (lead, card) = found.ok_or_else(|| Problem::not_found("there is no such lead"))?;
    let customers = customers(&services, card.record).await?;
    let pipelines = services.work.pipelines(moment);
    let now = moment.as_of.unwrap_or_else(|| services.clock.now());
    let around = Around { pipelines: &pipelines, customers: &customers, now };
    let position = lead.standing.position;
    let mut response = Json(view(lead, Lead::view(&card, &around))).into_response();
    etag(&mut response, position);
    Ok(response)
}

fn view(lead: Lead, stands: LeadView) -> View {
    let Lead { standing, offer, handovers } = lead;
    let text = |text: Option<&Box<str>>| text.map(|text| text.to_string());
    let terms = &standing.terms;
    let tags = terms.tags.value().map(Vec::as_slice).unwrap_or_default();
    View {
        lead: stands,
        name: text(standing.name.1.as_ref()),
        position: standing.position,
        campaign: text(terms.campaign.value()),
        tags: tags.iter().map(ToString::to_string).collect(),
        import_batch: text(terms.import_batch.value()),
        offer: offer.map(|(source, name)| OfferName { source, name: name.into() }),
        handovers: handovers.iter().map(HandoverView::of).collect(),
        turns: standing.turns.iter().map(TurnView::of).collect(),
        source: standing.name.0,
    }
}

impl HandoverView {
    fn of(handover: &Handover) -> Self {
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        Self {
            asked_at: handover.asked_at,
            owner: text(&handover.owner),
            team: text(&handover.team),
            answer: handover.answer,
            answered_at: handover.answered_at,
            reason_code: text(&handover.reason_code),
        }
    }
}
