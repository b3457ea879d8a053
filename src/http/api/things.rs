//! What the commands about offers, leads, complaints and tasks have in common.

use axum::response::Response;
use kulta_events::{Json, RecordId};
use uuid::Uuid;

use super::customers::record_id;
use crate::commands::thing::Act;
use crate::http::command::Asked;
use crate::http::problem::{Problem, codes};
use crate::services::Services;
use crate::work::Deed;

/// The customer that a command names, and the rest of what it says.
pub fn of_customer(asked: &Asked) -> Result<(RecordId, Json), Problem> {
    let invalid = || Problem::new(codes::INVALID, "the request is not valid");
    let customer = asked.text("customer")?;
    let customer = record_id(&customer).map_err(|_| invalid().at("/customer", "expected any record id"))?;
    let rest = asked.body.members().iter().filter(|(name, _)| name != "customer").cloned();
    Ok((customer, Json::Object(rest.collect())))
}

/// Makes a thing about the customer that the command names.
pub async fn create_thing(services: &Services, deed: Deed, asked: Asked) -> Result<Response, Problem> {
    let (customer, data) = of_customer(&asked)?;
    asked.act(services, Act::Create { customer, deed, data }).await
}

/// Does something to a thing.
pub async fn change(services: &Services, id: &str, deed: Deed, asked: Asked) -> Result<Response, Problem> {
    let (id, if_match, data) = (thing_id(id)?, asked.if_match()?, asked.body.clone());
    asked.act(services, Act::Change { id, if_match, deed, data }).await
}

/// Takes back the last move of an offer or a lead.
pub async fn undo(services: &Services, id: &str, deed: Deed, asked: Asked) -> Result<Response, Problem> {
    asked.only(&[])?;
    let (id, if_match) = (thing_id(id)?, asked.if_match()?);
    asked.act(services, Act::Undo { id, if_match, deed }).await
}

/// The UUID of a thing's stream.
pub fn thing_id(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Problem::not_found("there is no such thing"))
}
