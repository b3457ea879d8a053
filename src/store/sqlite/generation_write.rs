//! Writing to a generation: statements of many rows, since each costs sqlx some 60 µs however few it carries.

use std::sync::LazyLock;

use kulta_events::CustomerId;
use kulta_projections::batch::Changes;
use kulta_projections::crosswalk::Decision;
use kulta_projections::rows::{CustomerRow, MatchPolicyRow, PolicyRow, RecordRow, UnknownRow};
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{SqlStr, Sqlite, SqliteConnection};
use uuid::Uuid;

use super::super::view_rows::{signed, to_text, verdict_text};
use super::super::views::{Bulk, Refold};
use super::super::{Error, view_rows, view_sql};
use super::generation::{Epoch, Tables};
use super::generation_read::id_list;
use super::generation_relations as relations;
use super::generation_scores as scores;

/// Rows per statement: what is left over goes by the next smaller number, so that few texts are prepared.
const SIZES: [usize; 4] = [128, 32, 8, 1];
/// Customers that are made anew at a time.
const REFOLD_CUSTOMERS: i64 = 500;

pub(super) type Bound = Query<'static, Sqlite, SqliteArguments>;

/// An INSERT in as many texts as there are sizes.
pub(super) struct Insert([SqlStr; SIZES.len()]);

impl Insert {
    /// `into`: table and columns. `conflict`: what stands behind the values.
    pub(super) fn new(into: &str, columns: usize, conflict: &str) -> Self {
        let row = format!("({})", vec!["?"; columns].join(","));
        Self(SIZES.map(|size| {
            let rows = vec![row.as_str(); size].join(",");
            view_sql::text(format!("INSERT INTO {into} VALUES {rows} {conflict}"))
        }))
    }

    /// Runs it for all rows; `bind` binds the columns of one.
    pub(super) async fn run<T>(
        &self,
        connection: &mut SqliteConnection,
        mut rows: &[T],
        bind: impl Fn(Bound, &T) -> Result<Bound, Error>,
    ) -> Result<(), Error> {
        for (size, text) in SIZES.iter().zip(&self.0) {
            while let Some((chunk, rest)) = rows.split_at_checked(*size) {
                let mut query = sqlx::query(text.clone());
                for row in chunk {
                    query = bind(query, row)?;
                }
                query.execute(&mut *connection).await?;
                rows = rest;
            }
        }
        Ok(())
    }
}

const RECORD: &str = "record (record_id, customer_id, first_position, shaped_at, source, subject, state)";
const CUSTOMER: &str = "customer (customer_id, position, records, kind, name, golden)";

static RECORDS: LazyLock<[Insert; 2]> = LazyLock::new(|| {
    let conflict = "ON CONFLICT (record_id) DO UPDATE SET customer_id = excluded.customer_id, \
                    first_position = excluded.first_position, shaped_at = excluded.shaped_at, \
                    source = excluded.source, subject = excluded.subject, state = excluded.state";
    [Insert::new(RECORD, 7, ""), Insert::new(RECORD, 7, conflict)]
});
static CUSTOMERS: LazyLock<[Insert; 2]> = LazyLock::new(|| {
    let conflict = "ON CONFLICT (customer_id) DO UPDATE SET position = excluded.position, \
                    records = excluded.records, kind = excluded.kind, name = excluded.name, golden = excluded.golden";
    [Insert::new(CUSTOMER, 6, ""), Insert::new(CUSTOMER, 6, conflict)]
});
static DECISIONS: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "decision (decision_id, verdict, made, made_position, withdrawn, withdrawn_position)",
        6,
        "ON CONFLICT (decision_id) DO UPDATE SET verdict = excluded.verdict, made = excluded.made, \
         made_position = excluded.made_position, withdrawn = excluded.withdrawn, \
         withdrawn_position = excluded.withdrawn_position",
    )
});
static SIDES: LazyLock<Insert> =
    LazyLock::new(|| Insert::new("decision_record (decision_id, side, ordinal, record_id)", 4, ""));
static POLICIES: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "policy (position, published, policy)",
        3,
        "ON CONFLICT (position) DO UPDATE SET published = excluded.published, policy = excluded.policy",
    )
});
static MATCH_POLICIES: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "match_policy (position, published, policy)",
        3,
        "ON CONFLICT (position) DO UPDATE SET published = excluded.published, policy = excluded.policy",
    )
});
static UNKNOWN: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "unknown_member (source, type, count)",
        3,
        "ON CONFLICT (source, type) DO UPDATE SET count = count + excluded.count",
    )
});

/// Positions per statement.
const RAISED: usize = 1_000;
const RAISE: &str =
    "UPDATE customer SET position = value ->> 1 FROM json_each($1) WHERE customer_id = unhex(value ->> 0)";
/// Moves the checkpoint if it is where the projector left it.
const ADVANCE: &str = "UPDATE checkpoint SET position = $1 WHERE position = $2";
const DELETE_CUSTOMERS: &str = "DELETE FROM customer WHERE customer_id IN (SELECT unhex(value) FROM json_each($1))";
const DELETE_SIDES: &str = "DELETE FROM decision_record WHERE decision_id IN (SELECT unhex(value) FROM json_each($1))";

/// Changes, checkpoint and, if wanted, every customer anew: all or nothing.
pub(super) async fn write(
    tables: &Tables,
    changes: &Changes,
    (from, to): (u64, u64),
    epoch: Epoch,
    refold: Option<Refold<'_>>,
) -> Result<(), Error> {
    let mut transaction = tables.writer.begin_with("BEGIN IMMEDIATE").await?;
    let connection = &mut *transaction;
    records(connection, &changes.records, true).await?;
    relations::write(connection, &changes.records).await?;
    delete_customers(connection, &changes.deleted).await?;
    customers(connection, &changes.customers, true).await?;
    decisions(connection, &changes.decisions).await?;
    policies(connection, &changes.policies).await?;
    match_policies(connection, &changes.match_policies).await?;
    unknown(connection, &changes.unknown).await?;
    scores::note(connection, to, changes).await?;
    if let Some(refold) = refold {
        refold_all(tables, connection, refold).await?;
    }
    let advance = sqlx::query(ADVANCE).bind(signed(to)?).bind(signed(from)?);
    if advance.execute(connection).await?.rows_affected() != 1 {
        return Err(Error::Fenced);
    }
    // Last, so that as little as possible can happen behind it; this file is not the one in which epochs are given.
    epoch.check(&tables.log).await?;
    transaction.commit().await?;
    Ok(())
}

/// Rows of a generation that is being built.
pub(super) async fn fill(tables: &Tables, bulk: Bulk) -> Result<(), Error> {
    let mut transaction = tables.writer.begin_with("BEGIN IMMEDIATE").await?;
    let connection = &mut *transaction;
    records(connection, &bulk.records, false).await?;
    relations::write(connection, &bulk.records).await?;
    customers(connection, &bulk.customers, false).await?;
    decisions(connection, &bulk.decisions).await?;
    policies(connection, &bulk.policies).await?;
    match_policies(connection, &bulk.match_policies).await?;
    unknown(connection, &bulk.unknown).await?;
    transaction.commit().await?;
    Ok(())
}

/// See [`super::super::views::Generation::raise`].
pub(super) async fn raise(tables: &Tables, positions: &[(CustomerId, u64)]) -> Result<(), Error> {
    let mut transaction = tables.writer.begin_with("BEGIN IMMEDIATE").await?;
    for some in positions.chunks(RAISED) {
        let pairs: Vec<(String, u64)> = some.iter().map(|(id, at)| (id.0.simple().to_string(), *at)).collect();
        sqlx::query(RAISE).bind(to_text(&pairs)?).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Every customer anew, a page of whole customers at a time.
async fn refold_all(tables: &Tables, connection: &mut SqliteConnection, refold: Refold<'_>) -> Result<(), Error> {
    let mut first = view_sql::first_behind(None);
    while let Some(from) = first {
        let until = sqlx::query_scalar(tables.texts.refold_until.clone()).bind(from).bind(REFOLD_CUSTOMERS);
        let Some(until): Option<Uuid> = until.fetch_optional(&mut *connection).await? else { break };
        let page = sqlx::query_as(tables.texts.refold_page.clone()).bind(from).bind(until);
        let rows = view_rows::all(page.fetch_all(&mut *connection).await?, view_rows::record)?;
        customers(connection, &refold(rows), true).await?;
        first = view_sql::first_behind(Some(until));
    }
    Ok(())
}

async fn records(connection: &mut SqliteConnection, rows: &[RecordRow], replace: bool) -> Result<(), Error> {
    let bind = |query: Bound, row: &RecordRow| {
        let query = query.bind(row.record.0).bind(row.customer.0);
        let query = query.bind(signed(row.first_position)?).bind(signed(row.shaped_at)?);
        Ok(query.bind(row.source.clone()).bind(row.subject.clone()).bind(to_text(&row.state)?))
    };
    RECORDS[usize::from(replace)].run(connection, rows, bind).await
}

async fn customers(connection: &mut SqliteConnection, rows: &[CustomerRow], replace: bool) -> Result<(), Error> {
    let bind = |query: Bound, row: &CustomerRow| {
        let query = query.bind(row.customer.0).bind(signed(row.position)?).bind(row.records);
        Ok(query.bind(row.kind.clone()).bind(row.name.clone()).bind(to_text(&row.golden)?))
    };
    CUSTOMERS[usize::from(replace)].run(connection, rows, bind).await
}

async fn delete_customers(connection: &mut SqliteConnection, ids: &[CustomerId]) -> Result<(), Error> {
    if !ids.is_empty() {
        let ids = id_list(ids.iter().map(|id| id.0));
        sqlx::query(DELETE_CUSTOMERS).bind(ids).execute(connection).await?;
    }
    Ok(())
}

async fn decisions(connection: &mut SqliteConnection, rows: &[Decision]) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let bind = |query: Bound, row: &Decision| {
        let (made, withdrawn) = (row.made.as_ref(), row.withdrawn.as_ref());
        let query = query.bind(row.id).bind(made.map(|made| verdict_text(made.verdict)));
        let query = query.bind(made.map(|made| to_text(&made.order)).transpose()?);
        let query = query.bind(made.map(|made| signed(made.position)).transpose()?);
        let query = query.bind(withdrawn.map(|withdrawn| to_text(&withdrawn.order)).transpose()?);
        Ok(query.bind(withdrawn.map(|withdrawn| signed(withdrawn.position)).transpose()?))
    };
    DECISIONS.run(connection, rows, bind).await?;
    let ids = id_list(rows.iter().map(|row| row.id));
    sqlx::query(DELETE_SIDES).bind(ids).execute(&mut *connection).await?;
    let sides: Vec<_> = rows.iter().flat_map(view_rows::sides).collect();
    let bind = |query: Bound, side: &view_rows::Side| {
        Ok(query.bind(side.decision).bind(side.side).bind(side.ordinal).bind(side.record))
    };
    SIDES.run(connection, &sides, bind).await
}

async fn policies(connection: &mut SqliteConnection, rows: &[PolicyRow]) -> Result<(), Error> {
    let bind = |query: Bound, row: &PolicyRow| {
        Ok(query.bind(signed(row.position)?).bind(to_text(&row.order)?).bind(to_text(&row.policy)?))
    };
    POLICIES.run(connection, rows, bind).await
}

async fn match_policies(connection: &mut SqliteConnection, rows: &[MatchPolicyRow]) -> Result<(), Error> {
    let bind = |query: Bound, row: &MatchPolicyRow| {
        Ok(query.bind(signed(row.position)?).bind(to_text(&row.order)?).bind(to_text(&*row.policy)?))
    };
    MATCH_POLICIES.run(connection, rows, bind).await
}

async fn unknown(connection: &mut SqliteConnection, rows: &[UnknownRow]) -> Result<(), Error> {
    let bind = |query: Bound, row: &UnknownRow| {
        Ok(query.bind(row.source.clone()).bind(row.type_name.clone()).bind(signed(row.count)?))
    };
    UNKNOWN.run(connection, rows, bind).await
}
