//! What the lists of a rule set share.

use kulta_events::{CustomerId, Instant};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::problem::Problem;
use crate::scores::List;
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
    let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{list} {key} {customer}")
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
    let (list, digits, customer) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?.parse().ok()?);
    if parts.next().is_some() || !digits.is_ascii() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    let key: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
    Some(Behind { list, key: key?, customer })
}

/// The list that a cursor is of.
///
/// # Errors
/// When it is no more, or the store fails.
pub async fn continued(services: &Services, name: &str, number: i64) -> Result<List, Problem> {
    services.scores.list_numbered(name, number).await?.ok_or_else(removed)
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
