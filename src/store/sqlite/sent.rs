//! What topics hold of customers.

use kulta_events::CustomerId;
use sqlx::sqlite::SqlitePool;
use uuid::Uuid;

use super::known::json_array;
use crate::store::number::limit;
use crate::store::{Error, SentCustomer, sql};

pub(super) const SENT: &str = "
SELECT customer_id, records FROM json_each($2) AS wanted
CROSS JOIN sent_customer ON topic = $1 AND customer_id = unhex(wanted.value)";

/// Those of these customers that a topic holds.
pub(super) async fn sent(readers: &SqlitePool, topic: &str, ids: &[CustomerId]) -> Result<Vec<SentCustomer>, Error> {
    let ids = json_array(ids.iter().map(|id| id.0));
    let rows = sqlx::query_as(SENT).bind(topic).bind(ids).fetch_all(readers).await?;
    rows.into_iter().map(SentCustomer::read).collect()
}

/// A page of the customers that a topic holds, by id.
pub(super) async fn page(
    readers: &SqlitePool,
    topic: &str,
    after: Option<CustomerId>,
    at_most: usize,
) -> Result<Vec<SentCustomer>, Error> {
    let after = after.map_or(Uuid::nil(), |id| id.0);
    let rows = sqlx::query_as(sql::SENT_PAGE).bind(topic).bind(after).bind(limit(at_most)).fetch_all(readers).await?;
    rows.into_iter().map(SentCustomer::read).collect()
}
