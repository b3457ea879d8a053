//! Writing to a generation: a statement per table and some thousand rows, whose columns go over as arrays.

use kulta_events::CustomerId;
use kulta_projections::batch::Changes;
use kulta_projections::crosswalk::Decision;
use kulta_projections::rows::{CustomerRow, MatchPolicyRow, PolicyRow, RecordRow, UnknownRow};
use sqlx::{PgConnection, SqlStr};
use uuid::Uuid;

use super::super::view_rows::{self, signed, to_text, verdict_text};
use super::super::views::{Bulk, Refold};
use super::super::{Error, view_sql};
use super::generation::Tables;
use super::generation_copy as copy;
use super::generation_relations as relations;
use super::generation_schema::named;
use super::generation_scores as scores;

/// Rows per statement.
const ROWS: usize = 4_000;
/// Bytes of JSON after which a statement takes no more rows. A connection keeps room for the longest statement that it ever
/// sent, twice as much as that at worst.
const BYTES: usize = 2 * 1024 * 1024;
/// Customers that are made anew at a time.
const REFOLD_CUSTOMERS: i64 = 500;

/// The statements of one generation.
#[derive(Debug)]
pub(super) struct Writes {
    pub(super) set_checkpoint: SqlStr,
    /// Moves the checkpoint if it is where the projector left it and the epoch is the projector's, and keeps that so
    /// until the end of the transaction.
    pub(super) advance: SqlStr,
    pub(super) copy_records: String,
    pub(super) copy_customers: String,
    records: SqlStr,
    customers: SqlStr,
    delete_customers: SqlStr,
    raise: SqlStr,
    decisions: SqlStr,
    delete_sides: SqlStr,
    sides: SqlStr,
    policies: SqlStr,
    match_policies: SqlStr,
    unknown: SqlStr,
}

const ADVANCE: &str = "
WITH fence AS (SELECT epoch FROM owner WHERE name = 'projector' AND epoch = $2 FOR SHARE)
UPDATE {g}checkpoint SET position = $1 FROM fence WHERE position = $3";

pub(super) const RECORD: &str = "{g}record (record_id, customer_id, first_position, shaped_at, source, subject, state)";
pub(super) const CUSTOMER: &str = "{g}customer (customer_id, position, records, kind, name, golden)";

const RECORDS: &str = "
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[])";
pub(super) const REPLACE_RECORDS: &str = "
ON CONFLICT (record_id) DO UPDATE SET customer_id = excluded.customer_id, first_position = excluded.first_position,
    shaped_at = excluded.shaped_at, source = excluded.source, subject = excluded.subject, state = excluded.state";

const CUSTOMERS: &str = "
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[])";
pub(super) const REPLACE_CUSTOMERS: &str = "
ON CONFLICT (customer_id) DO UPDATE SET position = excluded.position, records = excluded.records,
    kind = excluded.kind, name = excluded.name, golden = excluded.golden";

const RAISE: &str = "
UPDATE {g}customer AS c SET position = raised.position
FROM unnest($1::uuid[], $2::bigint[]) AS raised (customer_id, position) WHERE c.customer_id = raised.customer_id";

const DECISIONS: &str = "
INSERT INTO {g}decision (decision_id, verdict, made, made_position, withdrawn, withdrawn_position)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[])
ON CONFLICT (decision_id) DO UPDATE SET verdict = excluded.verdict, made = excluded.made,
    made_position = excluded.made_position, withdrawn = excluded.withdrawn,
    withdrawn_position = excluded.withdrawn_position";

const SIDES: &str = "
INSERT INTO {g}decision_record (decision_id, side, ordinal, record_id)
SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::integer[], $4::uuid[])";

const POLICIES: &str = "
INSERT INTO {g}policy (position, published, policy) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])
ON CONFLICT (position) DO UPDATE SET published = excluded.published, policy = excluded.policy";

const MATCH_POLICIES: &str = "
INSERT INTO {g}match_policy (position, published, policy) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])
ON CONFLICT (position) DO UPDATE SET published = excluded.published, policy = excluded.policy";

// Sorted, so that two who fill at the same time take the rows' locks in the same order.
const UNKNOWN: &str = "
INSERT INTO {g}unknown_member AS known (source, type, count)
SELECT source COLLATE \"C\", type COLLATE \"C\", sum(count)::bigint
FROM unnest($1::text[], $2::text[], $3::bigint[]) AS more (source, type, count) GROUP BY 1, 2 ORDER BY 1, 2";
pub(super) const MORE_UNKNOWN: &str = "
ON CONFLICT (source, type) DO UPDATE SET count = known.count + excluded.count";

impl Writes {
    pub(super) fn new(number: i64) -> Self {
        let text = |sql: &str| view_sql::text(named(sql, number));
        Self {
            set_checkpoint: text("UPDATE {g}checkpoint SET position = $1"),
            advance: text(ADVANCE),
            copy_records: named(&format!("COPY {RECORD} FROM STDIN (FORMAT binary)"), number),
            copy_customers: named(&format!("COPY {CUSTOMER} FROM STDIN (FORMAT binary)"), number),
            records: text(&format!("INSERT INTO {RECORD} {RECORDS} {REPLACE_RECORDS}")),
            customers: text(&format!("INSERT INTO {CUSTOMER} {CUSTOMERS} {REPLACE_CUSTOMERS}")),
            delete_customers: text("DELETE FROM {g}customer WHERE customer_id = ANY ($1)"),
            raise: text(RAISE),
            decisions: text(DECISIONS),
            delete_sides: text("DELETE FROM {g}decision_record WHERE decision_id = ANY ($1)"),
            sides: text(SIDES),
            policies: text(POLICIES),
            match_policies: text(MATCH_POLICIES),
            unknown: text(&format!("{UNKNOWN}{MORE_UNKNOWN}")),
        }
    }
}

/// Changes, checkpoint and, if wanted, every customer anew: all or nothing.
pub(super) async fn write(
    tables: &Tables,
    changes: &Changes,
    (from, to): (u64, u64),
    epoch: i64,
    refold: Option<Refold<'_>>,
) -> Result<(), Error> {
    let writes = &tables.writes;
    let advance = sqlx::query(writes.advance.clone()).bind(signed(to)?).bind(epoch).bind(signed(from)?);
    if refold.is_none() && *changes == Changes::default() {
        // A statement alone is a transaction of its own, without the two round trips of one.
        return fenced(advance.execute(&tables.writers).await?.rows_affected());
    }
    let mut transaction = tables.writers.begin().await?;
    let connection = &mut *transaction;
    fenced(advance.execute(&mut *connection).await?.rows_affected())?;
    records(connection, writes, &changes.records).await?;
    relations::write(connection, &tables.relations, &changes.records).await?;
    if !changes.deleted.is_empty() {
        delete_customers(connection, writes, &changes.deleted).await?;
    }
    customers(connection, writes, &changes.customers).await?;
    let (policies, match_policies) = (&changes.policies, &changes.match_policies);
    few(connection, writes, Few { decided: &changes.decisions, policies, match_policies, unknown: &changes.unknown })
        .await?;
    let changed = changes.customers.iter().map(|row| row.customer).chain(changes.deleted.iter().copied());
    scores::note(tables, connection, to, changed).await?;
    if let Some(refold) = refold {
        refold_all(tables, connection, refold).await?;
    }
    transaction.commit().await?;
    Ok(())
}

pub(super) fn fenced(advanced: u64) -> Result<(), Error> {
    if advanced == 1 { Ok(()) } else { Err(Error::Fenced) }
}

/// Rows of a generation that is being built.
pub(super) async fn fill(tables: &Tables, bulk: &Bulk) -> Result<(), Error> {
    let writes = &tables.writes;
    let mut transaction = tables.writers.begin().await?;
    let connection = &mut *transaction;
    if !bulk.records.is_empty() {
        copy::records(connection, &writes.copy_records, &bulk.records).await?;
        relations::write(connection, &tables.relations, &bulk.records).await?;
    }
    if !bulk.customers.is_empty() {
        copy::customers(connection, &writes.copy_customers, &bulk.customers).await?;
    }
    let (policies, match_policies) = (&bulk.policies, &bulk.match_policies);
    few(connection, writes, Few { decided: &bulk.decisions, policies, match_policies, unknown: &bulk.unknown }).await?;
    transaction.commit().await?;
    Ok(())
}

/// See [`super::super::views::Generation::raise`].
pub(super) async fn raise(tables: &Tables, raised: &[(CustomerId, u64)]) -> Result<(), Error> {
    let query = sqlx::query(tables.writes.raise.clone()).bind(column(raised, |(id, _)| id.0));
    query.bind(positions(raised, |(_, at)| *at)?).execute(&tables.writers).await?;
    Ok(())
}

/// Every customer anew, a page of whole customers at a time.
async fn refold_all(tables: &Tables, connection: &mut PgConnection, refold: Refold<'_>) -> Result<(), Error> {
    let mut first = view_sql::first_behind(None);
    while let Some(from) = first {
        let until = sqlx::query_scalar(tables.texts.refold_until.clone()).bind(from).bind(REFOLD_CUSTOMERS);
        let Some(until): Option<Uuid> = until.fetch_optional(&mut *connection).await? else { break };
        let page = sqlx::query_as(tables.texts.refold_page.clone()).bind(from).bind(until);
        let rows = view_rows::all(page.fetch_all(&mut *connection).await?, view_rows::record)?;
        customers(connection, &tables.writes, &refold(rows)).await?;
        first = view_sql::first_behind(Some(until));
    }
    Ok(())
}

/// The rows that one statement takes, by number and size, and their JSON.
fn take<'a, T>(
    rows: &mut &'a [T],
    json: impl Fn(&T) -> Result<String, Error>,
) -> Result<(&'a [T], Vec<String>), Error> {
    let (mut texts, mut bytes) = (Vec::new(), 0);
    for row in rows.iter().take(ROWS) {
        let text = json(row)?;
        bytes += text.len();
        texts.push(text);
        if bytes >= BYTES {
            break;
        }
    }
    let (chunk, rest) = rows.split_at(texts.len());
    *rows = rest;
    Ok((chunk, texts))
}

/// One column of rows.
fn column<'a, T, C>(rows: &'a [T], of: impl Fn(&'a T) -> C) -> Vec<C> {
    rows.iter().map(of).collect()
}

/// One column of positions.
fn positions<T>(rows: &[T], of: impl Fn(&T) -> u64) -> Result<Vec<i64>, Error> {
    rows.iter().map(|row| signed(of(row))).collect()
}

async fn records(connection: &mut PgConnection, writes: &Writes, mut rows: &[RecordRow]) -> Result<(), Error> {
    while !rows.is_empty() {
        let (chunk, states) = take(&mut rows, |row: &RecordRow| to_text(&row.state))?;
        sqlx::query(writes.records.clone())
            .bind(column(chunk, |row| row.record.0))
            .bind(column(chunk, |row| row.customer.0))
            .bind(positions(chunk, |row| row.first_position)?)
            .bind(positions(chunk, |row| row.shaped_at)?)
            .bind(column(chunk, |row| row.source.as_str()))
            .bind(column(chunk, |row| row.subject.as_deref()))
            .bind(states)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn customers(connection: &mut PgConnection, writes: &Writes, mut rows: &[CustomerRow]) -> Result<(), Error> {
    while !rows.is_empty() {
        let (chunk, goldens) = take(&mut rows, |row: &CustomerRow| to_text(&row.golden))?;
        sqlx::query(writes.customers.clone())
            .bind(column(chunk, |row| row.customer.0))
            .bind(positions(chunk, |row| row.position)?)
            .bind(column(chunk, |row| i64::from(row.records)))
            .bind(column(chunk, |row| row.kind.as_deref()))
            .bind(column(chunk, |row| row.name.as_deref()))
            .bind(goldens)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn delete_customers(connection: &mut PgConnection, writes: &Writes, ids: &[CustomerId]) -> Result<(), Error> {
    sqlx::query(writes.delete_customers.clone()).bind(column(ids, |id| id.0)).execute(connection).await?;
    Ok(())
}

/// What there is little of.
pub(super) struct Few<'a> {
    pub(super) decided: &'a [Decision],
    pub(super) policies: &'a [PolicyRow],
    pub(super) match_policies: &'a [MatchPolicyRow],
    pub(super) unknown: &'a [UnknownRow],
}

/// Nothing is sent for what there is none of.
pub(super) async fn few(connection: &mut PgConnection, writes: &Writes, few: Few<'_>) -> Result<(), Error> {
    let Few { decided, policies, match_policies, unknown } = few;
    if !decided.is_empty() {
        decisions(connection, writes, decided).await?;
    }
    if !policies.is_empty() {
        let orders = policies.iter().map(|row| to_text(&row.order)).collect::<Result<Vec<_>, _>>()?;
        let texts = policies.iter().map(|row| to_text(&row.policy)).collect::<Result<Vec<_>, _>>()?;
        let query = sqlx::query(writes.policies.clone()).bind(positions(policies, |row| row.position)?);
        query.bind(orders).bind(texts).execute(&mut *connection).await?;
    }
    if !match_policies.is_empty() {
        let orders = match_policies.iter().map(|row| to_text(&row.order)).collect::<Result<Vec<_>, _>>()?;
        let texts = match_policies.iter().map(|row| to_text(&*row.policy)).collect::<Result<Vec<_>, _>>()?;
        let query = sqlx::query(writes.match_policies.clone()).bind(positions(match_policies, |row| row.position)?);
        query.bind(orders).bind(texts).execute(&mut *connection).await?;
    }
    self::unknown(connection, writes, unknown).await
}

/// Adds to the counts of members that no schema knows.
pub(super) async fn unknown(connection: &mut PgConnection, writes: &Writes, more: &[UnknownRow]) -> Result<(), Error> {
    if !more.is_empty() {
        sqlx::query(writes.unknown.clone())
            .bind(column(more, |row| row.source.as_str()))
            .bind(column(more, |row| row.type_name.as_str()))
            .bind(positions(more, |row| row.count)?)
            .execute(connection)
            .await?;
    }
    Ok(())
}

async fn decisions(connection: &mut PgConnection, writes: &Writes, rows: &[Decision]) -> Result<(), Error> {
    let mut made = (Vec::new(), Vec::new(), Vec::new());
    let mut withdrawn = (Vec::new(), Vec::new());
    for row in rows {
        made.0.push(row.made.as_ref().map(|made| verdict_text(made.verdict)));
        made.1.push(row.made.as_ref().map(|made| to_text(&made.order)).transpose()?);
        made.2.push(row.made.as_ref().map(|made| signed(made.position)).transpose()?);
        withdrawn.0.push(row.withdrawn.as_ref().map(|withdrawn| to_text(&withdrawn.order)).transpose()?);
        withdrawn.1.push(row.withdrawn.as_ref().map(|withdrawn| signed(withdrawn.position)).transpose()?);
    }
    let ids = column(rows, |row| row.id);
    let query = sqlx::query(writes.decisions.clone()).bind(&ids).bind(made.0).bind(made.1).bind(made.2);
    query.bind(withdrawn.0).bind(withdrawn.1).execute(&mut *connection).await?;
    sqlx::query(writes.delete_sides.clone()).bind(&ids).execute(&mut *connection).await?;
    let sides: Vec<_> = rows.iter().flat_map(view_rows::sides).collect();
    if !sides.is_empty() {
        sqlx::query(writes.sides.clone())
            .bind(column(&sides, |side| side.decision))
            .bind(column(&sides, |side| side.side))
            .bind(column(&sides, |side| side.ordinal))
            .bind(column(&sides, |side| side.record))
            .execute(connection)
            .await?;
    }
    Ok(())
}
