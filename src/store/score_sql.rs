//! Statements on lists of scores that are the same text in both stores, and their rows.

use kulta_events::CustomerId;
use kulta_projections::scores::rows::{Refused, ScoreRow, Service};
use kulta_projections::scores::service::Balance;
use rust_decimal::Decimal;
use sqlx::SqlStr;
use uuid::Uuid;

use super::Error;
use super::number::unsigned;
use super::scores::{Listed, MadeBy, PointsOf, ScorePage, ScoreSet, SetState};
use super::view_rows::to_text;
use super::view_sql::text;
use super::views::Seen;

/// Number, state, what it is made by, position.
pub type SetTuple = (i64, String, String, i64);
/// Customer, points, grade, minutes, cost, balance, share, refusal and its position.
pub type RowTuple = (
    Uuid,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<String>,
    Option<i64>,
);
/// A row, and the keys by which it stands in lists.
pub type SeenTuple = (
    Uuid,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<String>,
    Option<i64>,
    Vec<u8>,
    Option<Vec<u8>>,
);
/// A list, two counts, and a row; without a customer there is no row.
pub type PageTuple = (
    i64,
    String,
    String,
    i64,
    i64,
    i64,
    Option<Uuid>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<String>,
    Option<i64>,
);

/// The columns of a list's table, in the order in which rows are written.
pub const COLUMNS: &str =
    "customer_id, points, rank_key, grade, minutes, cost, balance, balance_key, share, refused, refused_at";
const SET: &str = "s.set_no, s.state, s.made_by, s.position";
const ROW: &str = "customer_id, points, grade, minutes, cost, balance, share, refused, refused_at";

pub const SETS: &str = "SELECT s.set_no, s.state, s.made_by, s.position FROM {g}score_set AS s ORDER BY s.set_no";
pub const BEGIN: &str = "INSERT INTO {g}score_set (rule_set, state, made_by, position) \
     SELECT $1, 'building', $2, position FROM {g}checkpoint RETURNING set_no";
pub const FILLED: &str =
    "UPDATE {g}score_set SET state = 'built', position = $1 WHERE set_no = $2 AND state = 'building'";
pub const MOVE: &str = "UPDATE {g}score_set SET state = $1, position = $2 WHERE set_no = $3 AND position = $4";
pub const RETIRE: &str = "UPDATE {g}score_set SET state = 'past' WHERE rule_set = $1 AND state = 'live'";
pub const FORGET: &str = "DELETE FROM {g}score_set WHERE set_no = $1";
pub const DONE: &str = "DELETE FROM {g}score_due WHERE position <= $1";
pub const DUE: &str = "SELECT DISTINCT customer_id FROM {g}score_due WHERE position <= $1";
pub const ALL_LIVE: &str = "SELECT set_no FROM {g}score_set WHERE state = 'live' ORDER BY rule_set";
pub const GRADES: &str = "SELECT grade, count(*) FROM {s} GROUP BY grade";

/// Points and grades; each store says of whom in its own way.
pub const POINTS: &str = "SELECT customer_id, points, grade FROM {s} WHERE customer_id ";

/// Makes the indexes of a list.
pub const INDEXES: [&str; 3] = [
    "CREATE UNIQUE INDEX {i}_customer ON {s} (customer_id)",
    "CREATE INDEX {i}_rank ON {s} (rank_key DESC, customer_id)",
    "CREATE INDEX {i}_balance ON {s} (balance, balance_key DESC, customer_id) WHERE balance IS NOT NULL",
];

/// `key`: by which column; `only`: what else must be so.
fn page(key: &str, only: &str) -> String {
    format!(
        "WITH page AS MATERIALIZED (SELECT {ROW}, {key} FROM {{s}} \
         WHERE {key} <= $1 AND ({key} < $1 OR customer_id > $2) AND {only} ORDER BY {key} DESC, customer_id LIMIT $4), \
         head AS MATERIALIZED (SELECT {key}, customer_id FROM page ORDER BY {key} DESC, customer_id LIMIT 1)"
    )
}

/// $4 rows behind ($1, $2), not below $3, of list $5, with the number of those before.
pub fn score_page() -> String {
    format!(
        "{} SELECT {SET}, (SELECT count(*) FROM {{s}} AS o, head WHERE o.rank_key > head.rank_key), \
         (SELECT count(*) FROM {{s}} AS o, head WHERE o.rank_key = head.rank_key AND o.customer_id < head.customer_id), \
         {ROW} FROM {{g}}score_set AS s LEFT JOIN page ON true WHERE s.set_no = $5 \
         ORDER BY rank_key DESC, customer_id",
        page("rank_key", "rank_key >= $3")
    )
}

/// $4 rows of balance $3 behind ($1, $2), of list $5.
pub fn balance_page() -> String {
    format!(
        "{} SELECT {SET}, CAST(0 AS bigint), CAST(0 AS bigint), {ROW} \
         FROM {{g}}score_set AS s LEFT JOIN page ON true WHERE s.set_no = $5 ORDER BY balance_key DESC, customer_id",
        page("balance_key", "balance = $3")
    )
}

/// Customer $1 in list $2.
pub fn listed() -> String {
    format!(
        "SELECT {SET}, (SELECT count(*) FROM {{s}} AS o WHERE o.rank_key > r.rank_key), CAST(0 AS bigint), {ROW} \
         FROM {{g}}score_set AS s, {{s}} AS r WHERE s.set_no = $2 AND r.customer_id = $1"
    )
}

/// $2 rows from customer $1 on, with their keys.
pub fn seen() -> String {
    format!("SELECT {ROW}, rank_key, balance_key FROM {{s}} WHERE customer_id >= $1 ORDER BY customer_id LIMIT $2")
}

/// A statement with the tables named. `tables` stands before each table's name.
pub fn named(sql: &str, tables: &str, set: i64) -> SqlStr {
    text(
        sql.replace("{s}", &format!("{tables}score_{set}"))
            .replace("{i}", &format!("score_{set}"))
            .replace("{g}", tables),
    )
}

/// What a list is made by, as it is stored.
pub fn made_by(made_by: &MadeBy) -> Result<String, Error> {
    to_text(made_by)
}

pub fn set((number, state, made_by, position): SetTuple) -> Result<ScoreSet, Error> {
    let unreadable = || Error::Inconsistent(format!("list {number} of scores cannot be read"));
    Ok(ScoreSet {
        number,
        state: SetState::of(&state).ok_or_else(unreadable)?,
        made_by: serde_json::from_str(&made_by).map_err(|_| unreadable())?,
        position: unsigned(position)?,
    })
}

/// A row; `None`: not as kulta writes it.
pub fn row(
    (customer, points, grade, minutes, cost, balance, share, refused, refused_at): RowTuple,
) -> Option<ScoreRow> {
    let exact = |text: String| text.parse::<Decimal>().ok().filter(|number| number.to_string() == text);
    let points = match points {
        Some(text) => Some(exact(text)?),
        None => None,
    };
    let service = match (minutes, cost, balance, share) {
        (Some(minutes), Some(cost), Some(balance), Some(share)) => {
            Some(Service { minutes: exact(minutes)?, cost: exact(cost)?, balance: balance_of(&balance)?, share })
        }
        (None, None, None, None) => None,
        _ => return None,
    };
    let position = match refused_at {
        Some(at) => Some(u64::try_from(at).ok()?),
        None => None,
    };
    let refused = refused.map(|reason| Refused { reason, position });
    if refused.is_some() == points.is_some() {
        return None;
    }
    Some(ScoreRow { customer: CustomerId(customer), points, grade: grade.map(Into::into), service, refused })
}

fn balance_of(name: &str) -> Option<Balance> {
    [Balance::Over, Balance::Under, Balance::Within].into_iter().find(|balance| balance.name() == name)
}

/// A row under its customer; `None`: not as kulta writes it, keys included.
pub fn seen_row(tuple: SeenTuple) -> Seen<CustomerId, ScoreRow> {
    let (customer, points, grade, minutes, cost, balance, share, refused, refused_at, rank_key, balance_key) = tuple;
    let row = row((customer, points, grade, minutes, cost, balance, share, refused, refused_at));
    let row = row.filter(|row| row.rank_key() == rank_key && row.balance_key() == balance_key);
    (CustomerId(customer), row)
}

fn parts(tuple: PageTuple) -> Result<(ScoreSet, u64, u64, Option<ScoreRow>), Error> {
    let (
        number,
        state,
        made_by,
        position,
        above,
        beside,
        customer,
        points,
        grade,
        minutes,
        cost,
        balance,
        share,
        why,
        at,
    ) = tuple;
    let set = set((number, state, made_by, position))?;
    let found = match customer {
        None => None,
        Some(customer) => {
            let unreadable = || Error::Inconsistent(format!("the score of {customer} cannot be read"));
            let tuple = (customer, points, grade, minutes, cost, balance, share, why, at);
            Some(row(tuple).ok_or_else(unreadable)?)
        }
    };
    Ok((set, unsigned(above)?, unsigned(beside)?, found))
}

pub fn page_of(tuples: Vec<PageTuple>) -> Result<Option<ScorePage>, Error> {
    let mut page: Option<ScorePage> = None;
    for tuple in tuples {
        let (set, above, beside, row) = parts(tuple)?;
        page.get_or_insert_with(|| ScorePage { set, above, beside, rows: Vec::new() }).rows.extend(row);
    }
    Ok(page)
}

pub fn points_row((customer, points, grade): (Uuid, Option<String>, Option<String>)) -> Result<PointsOf, Error> {
    let unreadable = |_| Error::Inconsistent(format!("the score of {customer} cannot be read"));
    Ok((CustomerId(customer), points.map(|points| points.parse()).transpose().map_err(unreadable)?, grade))
}

pub fn listed_of(tuple: PageTuple) -> Result<Option<Listed>, Error> {
    let (set, above, _, row) = parts(tuple)?;
    Ok(row.map(|row| Listed { set, row, above }))
}

/// The documented view's rows, list by list. `columns` stands before each list, which is `r`, with `s`.
pub fn view(columns: &str, tables: &str, live: &[i64]) -> String {
    let of = |set: &i64| {
        format!("SELECT {columns} FROM {tables}score_set AS s, {tables}score_{set} AS r WHERE s.set_no = {set}")
    };
    live.iter().map(of).collect::<Vec<_>>().join(" UNION ALL ")
}
