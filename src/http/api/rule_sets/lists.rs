//! What the lists of a rule set share.

use std::sync::Arc;

use kulta_events::{CustomerId, Instant};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::page::{bytes, digits};
use crate::http::problem::Problem;
use crate::scores::{Compiled, List};
use crate::services::Services;
use crate::store::scores::ScoreSet;

/// By what a list was made, and how far it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScoreListHead)]
pub struct Head {
    /// The rule set.
    pub rule_set: String,
    /// Its version.
    pub version: u64,
    /// What the rules say.
    pub hash: String,
    /// Events at or after it are left out, and ages are measured at it: the end of the day.
    #[schema(value_type = String)]
    pub scored_as_of: Instant,
    /// The position of the log up to which all of the list was made.
    pub position: u64,
}

impl Head {
    /// Of a list.
    pub fn of(set: &ScoreSet) -> Self {
        let made_by = &set.made_by;
        Self {
            rule_set: made_by.rule_set.clone(),
            version: made_by.version,
            hash: made_by.hash.clone(),
            scored_as_of: made_by.as_of,
            position: set.position,
        }
    }
}

/// Where a page goes on.
#[derive(Debug, PartialEq, Eq)]
pub struct Behind {
    /// Which list.
    pub list: i64,
    /// Behind this key …
    pub key: Vec<u8>,
    /// … and this customer.
    pub customer: Uuid,
}

/// A place as a cursor names it.
pub fn text_of(list: i64, key: &[u8], customer: CustomerId) -> String {
    format!("{list} {} {customer}", digits(key))
}

/// The way back of [`text_of`].
///
/// # Errors
/// When it is none.
pub fn place_of(text: &str) -> Result<Behind, Problem> {
    read(text).ok_or_else(|| Problem::parameter("cursor", "is not from this list"))
}

fn read(text: &str) -> Option<Behind> {
    let mut parts = text.split(' ');
    let (list, key, customer) = (parts.next()?.parse().ok()?, bytes(parts.next()?)?, parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(Behind { list, key, customer })
}

/// The list that a cursor is of; without one the live list, when it has got to a position.
///
/// # Errors
/// When it is no more, or not yet, or the store fails.
pub async fn list(
    services: &Services,
    name: &str,
    cursor: Option<&Behind>,
    after: Option<u64>,
) -> Result<List, Problem> {
    match cursor {
        Some(place) => services.scores.list_numbered(name, place.list).await?.ok_or_else(removed),
        None => Ok(services.scores.list(name, after).await?),
    }
}

/// The rules by which a list was made.
///
/// # Errors
/// When this program cannot read them, or the store fails.
pub async fn rules(services: &Services, set: &ScoreSet) -> Result<Arc<Compiled>, Problem> {
    let history = services.scores.published(Some(&set.made_by.rule_set), None).await?;
    let version = history.versions.iter().find(|version| version.version == set.made_by.version);
    Ok(services.scores.compile_version(&history.name, version.ok_or_else(removed)?)?)
}

/// What whoever reads a list that is no more is told.
pub fn removed() -> Problem {
    Problem::parameter("cursor", "the list was made anew since: begin again without a cursor")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let customer = CustomerId(Uuid::from_u128(7));
        for key in [vec![], vec![0, 255, 16]] {
            let place = place_of(&text_of(3, &key, customer)).unwrap();
            assert_eq!(place, Behind { list: 3, key, customer: customer.0 });
        }
        for wrong in ["", "3", "3 00", "x 00 7", "3 0 00000000-0000-0000-0000-000000000007", "3 é 7"] {
            assert!(place_of(wrong).is_err(), "{wrong}");
        }
    }
}
