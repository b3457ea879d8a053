//! The statements on a generation that are the same text in both stores, but for where its tables are.
//!
//! A generation makes its texts once, when it is opened: the same text again is what finds a prepared statement.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};
use uuid::Uuid;

const RECORD: &str = "record_id, customer_id, first_position, shaped_at, source, subject, state";
const CUSTOMER: &str = "customer_id, position, records, kind, name, golden";

/// A text of this program's own making, such as one with the schema of a generation in it; never of a user's.
pub fn text(sql: impl Into<Arc<str>>) -> SqlStr {
    AssertSqlSafe(sql.into()).into_sql_str()
}

/// The statements, with the tables named.
#[derive(Debug)]
pub struct Texts {
    pub checkpoint: SqlStr,
    pub policies: SqlStr,
    pub match_policies: SqlStr,
    pub unknown: SqlStr,
    pub positions: SqlStr,
    /// With the checkpoint in each row: one statement sees one moment.
    pub crosswalk: SqlStr,
    pub customer: SqlStr,
    pub record: SqlStr,
    pub members: SqlStr,
    pub customers_since: SqlStr,
    pub records_page: SqlStr,
    pub customers_page: SqlStr,
    pub decisions_page: SqlStr,
    pub orphans: SqlStr,
    /// $4 relations behind ($1, $2, $3).
    pub relations_page: SqlStr,
    /// Last customer of a page of $2 customers from $1 on.
    pub refold_until: SqlStr,
    /// The records of the customers from $1 to $2.
    pub refold_page: SqlStr,
}

impl Texts {
    /// `tables` stands before each table's name: nothing, or a schema and a dot. `sides` is the store's way to gather
    /// the records of decision `d` on either side as two JSON arrays.
    pub fn new(tables: &str, sides: &str) -> Self {
        let named = |sql: &str| text(sql.replace("{g}", tables));
        Self {
            checkpoint: named("SELECT position FROM {g}checkpoint"),
            policies: named("SELECT position, published, policy FROM {g}policy ORDER BY position"),
            match_policies: named("SELECT position, published, policy FROM {g}match_policy ORDER BY position"),
            unknown: named("SELECT source, type, count FROM {g}unknown_member ORDER BY source, type"),
            positions: named("SELECT customer_id, position FROM {g}customer"),
            crosswalk: named(
                "SELECT record_id, customer_id, (SELECT position FROM {g}checkpoint) FROM {g}record \
                 ORDER BY customer_id, first_position, record_id",
            ),
            customer: named("SELECT customer_id, position, golden FROM {g}customer WHERE customer_id = $1"),
            record: named(&format!("SELECT {RECORD} FROM {{g}}record WHERE record_id = $1")),
            members: named(&format!(
                "SELECT {RECORD} FROM {{g}}record WHERE customer_id = $1 ORDER BY first_position, record_id"
            )),
            customers_since: named(
                "SELECT customer_id, position, golden FROM {g}customer WHERE (position, customer_id) > ($1, $2) \
                 ORDER BY position, customer_id LIMIT $3",
            ),
            records_page: named(&format!(
                "SELECT {RECORD} FROM {{g}}record WHERE record_id >= $1 ORDER BY record_id LIMIT $2"
            )),
            customers_page: named(&format!(
                "SELECT {CUSTOMER} FROM {{g}}customer WHERE customer_id >= $1 ORDER BY customer_id LIMIT $2"
            )),
            decisions_page: named(&format!(
                "{} WHERE d.decision_id >= $1 ORDER BY d.decision_id LIMIT $2",
                decisions(sides)
            )),
            orphans: named(
                "SELECT DISTINCT r.decision_id FROM {g}decision_record AS r \
                 WHERE NOT EXISTS (SELECT 1 FROM {g}decision AS d WHERE d.decision_id = r.decision_id) \
                 ORDER BY r.decision_id",
            ),
            relations_page: named(
                "SELECT to_record_id, record_id, relation, valid_from, valid_until FROM {g}relation \
                 WHERE (to_record_id, record_id, relation) > ($1, $2, $3) \
                 ORDER BY to_record_id, record_id, relation LIMIT $4",
            ),
            refold_until: named(
                "SELECT customer_id FROM (SELECT DISTINCT customer_id FROM {g}record WHERE customer_id >= $1 \
                 ORDER BY customer_id LIMIT $2) AS page ORDER BY customer_id DESC LIMIT 1",
            ),
            refold_page: named(&format!(
                "SELECT {RECORD} FROM {{g}}record WHERE customer_id >= $1 AND customer_id <= $2 \
                 ORDER BY customer_id, first_position, record_id"
            )),
        }
    }
}

/// The beginning of a select of decisions `d`; the tables are still to be named.
pub fn decisions(sides: &str) -> String {
    format!(
        "SELECT d.decision_id, d.verdict, d.made, d.made_position, d.withdrawn, d.withdrawn_position, {sides} \
         FROM {{g}}decision AS d"
    )
}

/// The beginning of a select of records; the tables are still to be named.
pub fn records() -> String {
    format!("SELECT {RECORD} FROM {{g}}record")
}

/// The select of records without what they say, of the customers of a list; the tables are still to be named.
pub fn record_names(customers: &str) -> String {
    format!(
        "SELECT record_id, customer_id, first_position, source, subject FROM {{g}}record \
         WHERE customer_id {customers} ORDER BY first_position, record_id"
    )
}

/// The first id of a page behind `after`; `None` when nothing can come behind it.
pub fn first_behind(after: Option<Uuid>) -> Option<Uuid> {
    match after {
        None => Some(Uuid::nil()),
        Some(last) => last.as_u128().checked_add(1).map(Uuid::from_u128),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_begin_behind_the_last_id() {
        assert_eq!(first_behind(None), Some(Uuid::nil()));
        assert_eq!(first_behind(Some(Uuid::from_u128(0xff))), Some(Uuid::from_u128(0x100)));
        assert_eq!(first_behind(Some(Uuid::max())), None);
    }
}
