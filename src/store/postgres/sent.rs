//! What topics hold of customers.

use kulta_events::CustomerId;
use sqlx::postgres::PgPool;
use uuid::Uuid;

use crate::store::number::limit;
use crate::store::{Error, SentCustomer, sql};

pub(super) const SENT: &str =
    "SELECT customer_id, records FROM sent_customer WHERE topic = $1 AND customer_id = ANY ($2)";

/// Those of these customers that a topic holds.
pub(super) async fn sent(readers: &PgPool, topic: &str, ids: &[CustomerId]) -> Result<Vec<SentCustomer>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as(SENT).bind(topic).bind(ids).fetch_all(readers).await?;
    rows.into_iter().map(SentCustomer::read).collect()
}

/// A page of the customers that a topic holds, by id.
pub(super) async fn page(
    readers: &PgPool,
    topic: &str,
    after: Option<CustomerId>,
    at_most: usize,
) -> Result<Vec<SentCustomer>, Error> {
    let after = after.map_or(Uuid::nil(), |id| id.0);
    let rows = sqlx::query_as(sql::SENT_PAGE).bind(topic).bind(after).bind(limit(at_most)).fetch_all(readers).await?;
    rows.into_iter().map(SentCustomer::read).collect()
}
