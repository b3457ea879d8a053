//! `GET /v1/offers/{id}`: an offer, and how it came there.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kulta_events::{CustomerId, Instant, RecordId, Recorded};
use kulta_projections::pipeline::offer::Offer;
use kulta_projections::pipeline::standing::Turn;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Around, OfferView, Shown, customers, moment};
use crate::http::api::customers::etag;
use crate::http::api::daily::{said, words};
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;

/// An offer with its history.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OfferDetail)]
pub struct View {
    /// How it stands.
    #[serde(flatten)]
    pub offer: OfferView,
    /// The system that named it first.
    pub source: String,
    /// Its id there.
    pub name: Option<String>,
    /// The highest position that shaped it.
    pub position: u64,
    /// Its moves and decisions, the first is the beginning.
    pub turns: Vec<TurnView>,
    /// Its sum in the course of time, the first is the beginning.
    pub sums: Vec<OfferSum>,
    /// Whom one talks to about it.
    pub contacts: Vec<ContactView>,
    /// What was commented, in the order of facts.
    pub comments: Vec<CommentView>,
    /// Documents that were attached; they lie elsewhere.
    pub documents: Vec<DocumentView>,
}

/// Somebody to talk to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OfferContact)]
pub struct ContactView {
    /// The record that was named.
    #[schema(value_type = String)]
    pub record_id: RecordId,
    /// The customer that holds it now.
    #[schema(value_type = Option<String>)]
    pub customer_id: Option<CustomerId>,
}

/// What was commented.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Comment)]
pub struct CommentView {
    /// When.
    #[schema(value_type = Option<String>)]
    pub at: Option<Instant>,
    /// The words; null when they are erased.
    pub text: Option<String>,
    /// The place in the log.
    pub position: u64,
}

/// A document.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Document)]
pub struct DocumentView {
    /// When it was attached.
    #[schema(value_type = Option<String>)]
    pub at: Option<Instant>,
    /// Where it lies; null when that is erased.
    pub reference: Option<String>,
    /// Its hash, as it was told.
    pub hash: Option<String>,
    /// Its media type.
    pub media_type: Option<String>,
    /// What it is called; null when it was not said, or is erased.
    pub title: Option<String>,
    /// The place in the log.
    pub position: u64,
}

/// How an offer or a lead stood from a time on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Turn)]
pub struct TurnView {
    /// Since when.
    #[schema(value_type = String)]
    pub at: Instant,
    /// The place in the log of the event.
    pub position: u64,
    /// Whether it was decided, and how.
    pub status: String,
    /// In which pipeline; null: the default one.
    pub pipeline: Option<String>,
    /// In which stage; null: the first.
    pub stage: Option<String>,
    /// Why, as systems count it.
    pub reason_code: Option<String>,
}

impl TurnView {
    /// A turn.
    pub(super) fn of<S: Serialize>(turn: &Turn<S>) -> Self {
        let status = serde_json::to_value(&turn.status).unwrap_or_default();
        Self {
            at: turn.at,
            position: turn.position,
            status: status.as_str().unwrap_or_default().to_owned(),
            pipeline: turn.pipeline.as_deref().map(str::to_owned),
            stage: turn.stage.as_deref().map(str::to_owned),
            reason_code: turn.reason_code.as_deref().map(str::to_owned),
        }
    }
}

/// What an offer was worth from a time on.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferSum {
    /// Since when.
    #[schema(value_type = String)]
    pub at: Instant,
    /// The place in the log of the event.
    pub position: u64,
    /// How much; null: nobody knew.
    pub amount: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
}

/// Get an offer
///
/// How it stands, its moves and the history of its sum. As of any past date, and as far as was known then.
#[utoipa::path(
    get,
    path = "/v1/offers/{id}",
    tag = "offers",
    params(
        ("id" = String, Path, description = "The offer"),
        ("as_of" = Option<String>, Query, description = "As it was before this time; default now"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
    ),
    responses(
        (status = 200, description = "The offer; ETag is its position", body = View),
        (status = 404, description = "There is no such offer", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    mut params: Params,
) -> Result<Response, Problem> {
    let missing = || Problem::not_found("there is no such offer");
    let id: Uuid = id.parse().map_err(|_| missing())?;
    let moment = moment(&services, &mut params).await?;
    params.finish()?;
    let (offer, card) = services.work.thing::<Offer>(id, moment).ok_or_else(missing)?;
    let contacts = offer.standing.terms.contacts.value().cloned().unwrap_or_default();
    let customers = customers(&services, card.record.into_iter().chain(contacts.iter().copied())).await?;
    let pipelines = services.work.pipelines(moment);
    let now = moment.as_of.unwrap_or_else(|| services.clock.now());
    let around = Around { pipelines: &pipelines, customers: &customers, now };
    let position = offer.standing.position;
    let documents = offer.documents.iter().map(|document| document.position);
    let said_of = words(&services, offer.comments.iter().copied().chain(documents).collect()).await?;
    let mut view = view(offer, Offer::view(&card, &around), &said_of);
    let contact = |record_id| ContactView { record_id, customer_id: customers.get(&record_id).copied() };
    view.contacts = contacts.into_iter().map(contact).collect();
    let mut response = Json(view).into_response();
    etag(&mut response, position);
    Ok(response)
}

fn view(offer: Offer, stands: OfferView, said_of: &HashMap<u64, Recorded>) -> View {
    let Offer { standing, sums, comments, documents } = offer;
    let text = |text: Option<Box<str>>| text.map(String::from);
    let sums = sums.into_iter().map(|sum| OfferSum {
        at: sum.at,
        position: sum.position,
        amount: sum.amount.map(|amount| amount.0.normalize().to_string()),
        currency: text(sum.currency),
    });
    let at = |position: u64| said_of.get(&position).map(|event| event.order.time);
    let word = |position: u64, name: &str| said(said_of.get(&position), name);
    let comment = |position| CommentView { at: at(position), text: word(position, "text"), position };
    let document = |position| DocumentView {
        at: at(position),
        reference: word(position, "reference"),
        hash: word(position, "hash"),
        media_type: word(position, "media_type"),
        title: word(position, "title"),
        position,
    };
    View {
        offer: stands,
        source: standing.name.0,
        name: text(standing.name.1),
        position: standing.position,
        turns: standing.turns.iter().map(TurnView::of).collect(),
        sums: sums.collect(),
        contacts: Vec::new(),
        comments: comments.into_iter().map(comment).collect(),
        documents: documents.into_iter().map(|found| document(found.position)).collect(),
    }
}
