//! `GET /v1/reviews`: what stewards are asked.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use kulta_projections::identity::live::Why;

use super::{bits, brief, probability, record};
use crate::http::api::customers::after;
use crate::http::page::{Paged, write_cursor};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::reads::matching::Asked;
use crate::services::Services;

const LIST: &str = "reviews";

/// List what stewards are asked
///
/// Pairs of customers that may be one, the first to be answered first: where most records would be brought together,
/// then the most doubtful; what was put off comes last. `why` says why it is asked: `unclear` the evidence lies between
/// the thresholds, `contradiction` the evidence is enough but something forbids it, `outvoted` the evidence between two
/// records is enough but the other records of the two customers speak against it. `total` is how many questions there
/// are. The queue changes while one reads it; a page goes on behind the number of questions that were read.
#[utoipa::path(
    get,
    path = "/v1/reviews",
    tag = "reviews",
    params(
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "Where the last page ended"),
        ("after" = Option<u64>, Query, description = "Wait until the projections have got to this position"),
    ),
    responses((status = 200, description = "Questions, the first to be answered first", body = serde_json::Value))
)]
pub async fn handler(State(services): State<Arc<Services>>, mut params: Params) -> Result<Json<Value>, Problem> {
    let limit = params.limit(&services.settings.limits)?;
    let from = params.number_cursor(LIST)?.unwrap_or(0);
    after(&services, &mut params).await?;
    params.finish()?;
    let questions = services.reads.questions().await?;
    let from = usize::try_from(from).unwrap_or(usize::MAX).min(questions.len());
    let to = (from + limit).min(questions.len());
    let mut items = Vec::with_capacity(to - from);
    for question in &questions[from..to] {
        items.extend(services.reads.asked(question).await?.as_ref().map(item));
    }
    let next = (to < questions.len()).then(|| write_cursor(LIST, to));
    let Paged { items, next } = Paged { items, next };
    Ok(Json(json!({"items": items, "next": next, "total": questions.len()})))
}

fn item(asked: &Asked) -> Value {
    let review = &asked.question.review;
    let why = match review.why {
        Why::Unclear => "unclear",
        Why::Contradiction => "contradiction",
        Why::Outvoted => "outvoted",
    };
    let [one, other] = &asked.sides;
    let side = |(row, customer): &(kulta_projections::rows::RecordRow, crate::reads::search::Brief)| json!({"record": record(row), "customer": brief(customer)});
    json!({
        "id": format!("{}~{}", review.one, review.other),
        "why": why,
        "bits": bits(review.bits),
        "probability": probability(review.bits),
        "gain": review.gain,
        "postponed_at": asked.question.postponed.as_ref().map(|order| order.time),
        "one": side(one),
        "other": side(other),
    })
}
