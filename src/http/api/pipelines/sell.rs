//! What sellers do to offers: `POST /v1/offers` and `/v1/offers/{id}/…`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use kulta_events::Json;
use kulta_projections::pipeline::offer::What;
use uuid::Uuid;

use crate::commands::Wish;
use crate::commands::offer::Selling;
use crate::http::api::customers::record_id;
use crate::http::command::Asked;
use crate::http::params::Place;
use crate::http::problem::{Problem, codes};
use crate::services::Services;

/// Make an offer
///
/// To a customer, in a pipeline (default: the default one) and a stage (default: its first). Everything else may come later.
#[utoipa::path(
    post,
    path = "/v1/offers",
    tag = "offers",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer")),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "customer": "6fa459ea-ee8a-5ca4-894e-db77e160355e", "title": "Pumps for the new plant", "amount": "125000",
        "currency": "EUR", "stage": "new", "owner": "maija", "expected_close": "2026-09-30"})),
    responses(
        (status = 201, description = "Its id, the customer's, and the position to wait for", body = serde_json::Value),
        (status = 404, description = "There is no such customer", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "A rule forbids it: `rule` names it", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "It is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn create(State(services): State<Arc<Services>>, asked: Asked) -> Result<Response, Problem> {
    let missing = || Problem::new(codes::INVALID, "the request is not valid");
    let customer = asked.text("customer")?;
    let customer = record_id(&customer).map_err(|_| missing().at("/customer", "expected any record id"))?;
    let rest = asked.body.members().iter().filter(|(name, _)| name != "customer").cloned();
    let data = Json::Object(rest.collect());
    asked.run(&services, &Wish::Sell(Selling::Create { customer, data })).await
}

/// Change an offer
///
/// Only what is given; `null` clears. The history of the sum is kept.
#[utoipa::path(
    patch,
    path = "/v1/offers/{id}",
    tag = "offers",
    params(
        ("id" = String, Path, description = "The offer"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read: refused when it changed since"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json",
        example = json!({"amount": "99000", "expected_close": null})),
    responses(
        (status = 200, description = "Done, and the position to wait for", body = serde_json::Value),
        (status = 404, description = "There is no such offer", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "A rule forbids it: `rule` names it", body = crate::http::openapi::ProblemBody),
        (status = 412, description = "It changed since it was read", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "It is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn amend(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    change(&services, &id, What::Amended, asked).await
}

/// Do something to an offer
///
/// `stage` moves it (`stage`, `pipeline`, `probability`), `win` (`amount`, `currency`) and `lose` decide it, `reopen` takes it up
/// again, `comment` (`text`) and `document` (`reference`, `hash`) add to it, `undo` takes back the last move. All but the last
/// take `reason` and `reason_code` where it makes sense.
#[utoipa::path(
    post,
    path = "/v1/offers/{id}/{action}",
    tag = "offers",
    params(
        ("id" = String, Path, description = "The offer"),
        ("action" = String, Path,
            description = "`stage`, `win`, `lose`, `reopen`, `comment`, `document` or `undo`"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read: refused when it changed since"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json",
        example = json!({"stage": "negotiation", "reason": "they asked for a contract"})),
    responses(
        (status = 200, description = "Done, and the position to wait for", body = serde_json::Value),
        (status = 404, description = "There is no such offer", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "A rule forbids it: `rule` names it", body = crate::http::openapi::ProblemBody),
        (status = 412, description = "It changed since it was read", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "It is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn act(
    State(services): State<Arc<Services>>,
    Place((id, action)): Place<(String, String)>,
    asked: Asked,
) -> Result<Response, Problem> {
    let what = match action.as_str() {
        "stage" => What::StageChanged,
        "win" => What::Won,
        "lose" => What::Lost,
        "reopen" => What::Reopened,
        "comment" => What::Commented,
        "document" => What::DocumentAttached,
        "undo" => {
            asked.only(&[])?;
            let (id, if_match) = (offer_id(&id)?, asked.if_match()?);
            return asked.run(&services, &Wish::Sell(Selling::Undo { id, if_match })).await;
        }
        _ => return Err(Problem::not_found("there is no such address")),
    };
    change(&services, &id, what, asked).await
}

async fn change(services: &Services, id: &str, what: What, asked: Asked) -> Result<Response, Problem> {
    let (id, if_match, data) = (offer_id(id)?, asked.if_match()?, asked.body.clone());
    asked.run(services, &Wish::Sell(Selling::Change { id, if_match, what, data })).await
}

fn offer_id(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Problem::not_found("there is no such offer"))
}
