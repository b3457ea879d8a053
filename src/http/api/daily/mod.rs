//! What people write down of customers: activities, notes, tags, lists.

pub mod activities;
pub mod activity_types;
pub mod contact;
pub mod lists;
pub mod notes;
pub mod tags;

use std::collections::HashMap;

use kulta_events::{Json, Recorded};

use crate::http::problem::Problem;
use crate::services::Services;

/// The words behind rows: titles and texts, where they are not erased.
pub(super) async fn words(services: &Services, positions: Vec<u64>) -> Result<HashMap<u64, Recorded>, Problem> {
    let events = services.reads.events_at(&positions).await?;
    Ok(events.into_iter().map(|event| (event.position, event)).collect())
}

/// A text of an event, if there is one.
pub(super) fn said(event: Option<&Recorded>, name: &str) -> Option<String> {
    event?.payload.data.get(name).and_then(Json::as_str).map(str::to_owned)
}
