//! What people do to offers and leads: `POST /v1/offers`, `/v1/leads`, and `…/{id}/…`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use kulta_events::Json;
use kulta_projections::pipeline::{lead, offer};

use crate::commands::thing::Act;
use crate::http::api::things::{change, create_thing, thing_id, undo};
use crate::http::command::Asked;
use crate::http::params::Place;
use crate::http::problem::{Problem, codes};
use crate::services::Services;
use crate::work::Deed;

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
pub async fn offer(State(services): State<Arc<Services>>, asked: Asked) -> Result<Response, Problem> {
    create_thing(&services, Deed::Offer(offer::What::Created), asked).await
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
    change(&services, &id, Deed::Offer(offer::What::Amended), asked).await
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
pub async fn to_offer(
    State(services): State<Arc<Services>>,
    Place((id, action)): Place<(String, String)>,
    asked: Asked,
) -> Result<Response, Problem> {
    use offer::What;
    let what = match action.as_str() {
        "stage" => What::StageChanged,
        "win" => What::Won,
        "lose" => What::Lost,
        "reopen" => What::Reopened,
        "comment" => What::Commented,
        "document" => What::DocumentAttached,
        "undo" => return undo(&services, &id, Deed::Offer(What::StageChanged), asked).await,
        _ => return Err(Problem::not_found("there is no such address")),
    };
    change(&services, &id, Deed::Offer(what), asked).await
}

/// Make a lead
///
/// A customer, a person or an organisation, may buy something: a role that it has, in a pipeline for leads (default: the
/// default one) and a stage (default: its first). Whoever is not known yet is registered first.
#[utoipa::path(
    post,
    path = "/v1/leads",
    tag = "leads",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer")),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "customer": "6fa459ea-ee8a-5ca4-894e-db77e160355e", "title": "Asked for pumps at the fair", "origin": "fair",
        "campaign": "fair-2026", "tags": ["pumps"], "owner": "maija"})),
    responses(
        (status = 201, description = "Its id, the customer's, and the position to wait for", body = serde_json::Value),
        (status = 404, description = "There is no such customer", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "A rule forbids it: `rule` names it", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "It is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn lead(State(services): State<Arc<Services>>, asked: Asked) -> Result<Response, Problem> {
    create_thing(&services, Deed::Lead(lead::What::Created), asked).await
}

/// Do something to a lead
///
/// `stage` moves it (`stage`, `pipeline`, `probability`, `owner`), `qualify` finds it worth an offer (with `offer`, an object: that
/// is made at the same time), `disqualify` ends it, `hand-over` asks another `owner` or `team` to take it, who may `accept` or
/// `reject`, `undo` takes back the last move. All but the last take `reason` and `reason_code`.
#[utoipa::path(
    post,
    path = "/v1/leads/{id}/{action}",
    tag = "leads",
    params(
        ("id" = String, Path, description = "The lead"),
        ("action" = String, Path,
            description = "`stage`, `qualify`, `disqualify`, `hand-over`, `accept`, `reject` or `undo`"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read: refused when it changed since"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json",
        example = json!({"offer": {"amount": "12000", "currency": "EUR"}, "reason": "they have a budget"})),
    responses(
        (status = 200, description = "Done, and the position to wait for", body = serde_json::Value),
        (status = 404, description = "There is no such lead", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "A rule forbids it: `rule` names it", body = crate::http::openapi::ProblemBody),
        (status = 412, description = "It changed since it was read", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "It is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn to_lead(
    State(services): State<Arc<Services>>,
    Place((id, action)): Place<(String, String)>,
    asked: Asked,
) -> Result<Response, Problem> {
    use lead::What;
    let what = match action.as_str() {
        "stage" => What::StageChanged,
        "qualify" => return qualify(&services, &id, asked).await,
        "disqualify" => What::Disqualified,
        "hand-over" => What::HandedOver,
        "accept" => What::HandoverAccepted,
        "reject" => What::HandoverRejected,
        "undo" => return undo(&services, &id, Deed::Lead(What::StageChanged), asked).await,
        _ => return Err(Problem::not_found("there is no such address")),
    };
    change(&services, &id, Deed::Lead(what), asked).await
}

/// An offer that is an object is made; a text names one that there is.
async fn qualify(services: &Services, id: &str, asked: Asked) -> Result<Response, Problem> {
    let offer = match asked.body.get("offer") {
        Some(Json::Object(members)) => Json::Object(members.clone()),
        None | Some(Json::Null | Json::String(_)) => {
            return change(services, id, Deed::Lead(lead::What::Qualified), asked).await;
        }
        Some(_) => {
            let problem = Problem::new(codes::INVALID, "the request is not valid");
            return Err(problem.at("/offer", "expected what is offered, or the offer's own id"));
        }
    };
    let rest = asked.body.members().iter().filter(|(name, _)| name != "offer").cloned();
    let data = Json::Object(rest.collect());
    let (id, if_match) = (thing_id(id)?, asked.if_match()?);
    asked.act(services, Act::Qualify { id, if_match, data, offer }).await
}
