//! What is other with a step that nodes share: what they make is staged in tables that nobody reads, and takes its place
//! in the live ones in the transaction that moves the checkpoint.
//!
//! The tables stay for the next step, which begins by emptying them.

use async_trait::async_trait;
use kulta_projections::batch::{Answer, Needs, Places};
use kulta_projections::rows::{CustomerRow, RecordRow, UnknownRow};
use kulta_projections::whole::{Assigned, bounds};
use sqlx::{Executor, PgConnection};
use uuid::Uuid;

use super::super::sharing::{Plan, Stage, Steps};
use super::super::view_rows::{self, signed};
use super::super::{Error, number};
use super::generation_copy as copy;
use super::generation_read as read;
use super::generation_relations::{self as relations, REPLACE};
use super::generation_schema::named;
use super::generation_scores as scores;
use super::generation_write::{self as write, CUSTOMER, Few, MORE_UNKNOWN, RECORD, REPLACE_CUSTOMERS, REPLACE_RECORDS};
use super::generations::{Generations, fence};
use super::share_filling::ROWS;
use super::share_tables::{TABLES, add_members, open, open_first, text};

/// A node that is frozen in the middle of a COPY holds its locks; then nothing is shared for a while.
const PATIENCE: &str = "SET LOCAL lock_timeout = '2s'";
/// Indexes are there from the first row on: to build one later is to wait for whoever lost a share and does not know it.
const MORE_TABLES: &str = "
CREATE INDEX IF NOT EXISTS share_state_record ON {g}share_state (record_id);
CREATE INDEX IF NOT EXISTS share_member_record ON {g}share_member (record_id);
CREATE INDEX IF NOT EXISTS share_member_customer ON {g}share_member (customer_id);
CREATE UNLOGGED TABLE IF NOT EXISTS {g}share_relation (LIKE {g}relation);
CREATE UNLOGGED TABLE IF NOT EXISTS {g}share_unknown (LIKE {g}unknown_member);
CREATE UNLOGGED TABLE IF NOT EXISTS {g}share_customer (LIKE {g}customer);
CREATE UNLOGGED TABLE IF NOT EXISTS {g}share_touched (customer_id uuid PRIMARY KEY);
";
const EMPTY: &str = "
DELETE FROM {g}share_plan; DELETE FROM {g}share;
TRUNCATE {g}share_state, {g}share_member, {g}share_relation, {g}share_unknown, {g}share_customer, {g}share_touched";
const PLACES: &str = "
SELECT record_id, customer_id, first_position, shaped_at, source, NULL::text, '{}'
FROM {g}record WHERE record_id = ANY ($1) OR customer_id = ANY ($2)";
const ADD_TOUCHED: &str = "INSERT INTO {g}share_touched (customer_id) SELECT unnest($1::uuid[])";
const ANALYZE: &str = "ANALYZE {g}share_member, {g}share_touched";

/// Every staged record has its place among the members.
const TOUCHED: &str = "
WITH touched AS (SELECT customer_id FROM {g}share_touched WHERE customer_id >= $1 AND customer_id <= $2),
     placed AS (SELECT m.* FROM touched JOIN {g}share_member AS m ON m.customer_id = touched.customer_id)
SELECT s.record_id, p.customer_id, s.first_position, p.shaped_at, s.source, s.subject, s.state
FROM placed AS p JOIN {g}share_state AS s ON s.record_id = p.record_id
UNION ALL
SELECT r.record_id, p.customer_id, r.first_position, p.shaped_at, r.source, r.subject, r.state
FROM placed AS p JOIN {g}record AS r ON r.record_id = p.record_id
WHERE NOT EXISTS (SELECT FROM {g}share_state AS s WHERE s.record_id = p.record_id)
UNION ALL
SELECT r.record_id, r.customer_id, r.first_position, r.shaped_at, r.source, r.subject, r.state
FROM touched AS t JOIN {g}record AS r ON r.customer_id = t.customer_id
WHERE NOT EXISTS (SELECT FROM {g}share_member AS m WHERE m.record_id = r.record_id)";

/// A crash of the server empties what is not logged.
const IS_WHOLE: &str = "
SELECT (SELECT count(*) FROM {g}share WHERE rows IS NULL) = 0
   AND (SELECT count(*) FROM {g}share_state) = (SELECT sum(rows) FROM {g}share WHERE stage = 1)
   AND (SELECT count(*) FROM {g}share_customer) = (SELECT sum(rows) FROM {g}share WHERE stage = 2)
   AND (SELECT count(*) FROM {g}share_member) = $1 AND (SELECT count(*) FROM {g}share_touched) = $2
   AND EXISTS (SELECT FROM {g}share_plan WHERE epoch = $3 AND until = $4)";
/// What was not folded has a place all the same: it moved, or a decision names it.
const MOVE_PLACES: &str = "
UPDATE {g}record AS r SET customer_id = m.customer_id, shaped_at = m.shaped_at
FROM {g}share_member AS m WHERE r.record_id = m.record_id
  AND NOT EXISTS (SELECT FROM {g}share_state AS s WHERE s.record_id = m.record_id)";
const MOVE_RECORDS: &str = "
SELECT s.record_id, m.customer_id, s.first_position, m.shaped_at, s.source, s.subject, s.state
FROM {g}share_state AS s JOIN {g}share_member AS m ON m.record_id = s.record_id";
const MOVE_RELATIONS: &str = "
INSERT INTO {g}relation (to_record_id, record_id, relation, valid_from, valid_until)
SELECT to_record_id, record_id, relation, valid_from, valid_until FROM {g}share_relation";
const MOVE_UNKNOWN: &str = "
INSERT INTO {g}unknown_member AS known (source, type, count)
SELECT source, type, sum(count)::bigint FROM {g}share_unknown GROUP BY 1, 2 ORDER BY 1, 2";
const REMOVE_CUSTOMERS: &str = "
DELETE FROM {g}customer AS c USING {g}share_touched AS t WHERE c.customer_id = t.customer_id
  AND NOT EXISTS (SELECT FROM {g}share_customer AS n WHERE n.customer_id = t.customer_id)";
const MOVE_CUSTOMERS: &str = "SELECT customer_id, position, records, kind, name, golden FROM {g}share_customer";

const STAGE_RELATIONS: &str = "
INSERT INTO {g}share_relation (to_record_id, record_id, relation, valid_from, valid_until)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[])";
const STAGE_UNKNOWN: &str = "
INSERT INTO {g}share_unknown (source, type, count) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])";
const STAGE_CUSTOMERS: &str =
    "COPY {g}share_customer (customer_id, position, records, kind, name, golden) FROM STDIN (FORMAT binary)";

/// Stages what records say of relations.
pub(super) async fn stage_relations(
    connection: &mut PgConnection,
    plan: Plan,
    records: &[RecordRow],
) -> Result<(), Error> {
    relations::write_by(connection, &text(STAGE_RELATIONS, plan), records).await
}

/// Stages counts of members that no schema knows.
pub(super) async fn stage_unknown(
    connection: &mut PgConnection,
    plan: Plan,
    unknown: &[UnknownRow],
) -> Result<(), Error> {
    if unknown.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(text(STAGE_UNKNOWN, plan))
        .bind(unknown.iter().map(|row| row.source.as_str()).collect::<Vec<_>>())
        .bind(unknown.iter().map(|row| row.type_name.as_str()).collect::<Vec<_>>())
        .bind(unknown.iter().map(|row| signed(row.count)).collect::<Result<Vec<_>, _>>()?);
    query.execute(connection).await?;
    Ok(())
}

/// Stages customers.
pub(super) async fn stage_customers(
    connection: &mut PgConnection,
    plan: Plan,
    customers: &[CustomerRow],
) -> Result<(), Error> {
    let sql = named(STAGE_CUSTOMERS, plan.generation);
    for some in customers.chunks(ROWS) {
        copy::customers(connection, &sql, some).await?;
    }
    Ok(())
}

/// Puts what was staged in its place.
async fn take_staged(connection: &mut PgConnection, plan: Plan) -> Result<(), Error> {
    let statements = [
        MOVE_PLACES.to_owned(),
        format!("INSERT INTO {RECORD} {MOVE_RECORDS} {REPLACE_RECORDS}"),
        format!("{MOVE_RELATIONS} {REPLACE}"),
        REMOVE_CUSTOMERS.to_owned(),
        format!("INSERT INTO {CUSTOMER} {MOVE_CUSTOMERS} {REPLACE_CUSTOMERS}"),
        format!("{MOVE_UNKNOWN} {MORE_UNKNOWN}"),
    ];
    for sql in statements {
        sqlx::query(text(&sql, plan)).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn check(connection: &mut PgConnection, plan: Plan, places: &Places) -> Result<(), Error> {
    let query = sqlx::query_scalar(text(IS_WHOLE, plan))
        .bind(number::limit(places.records.len()))
        .bind(number::limit(places.touched.len()))
        .bind(plan.epoch)
        .bind(signed(plan.until)?);
    let whole: Option<bool> = query.fetch_one(connection).await?;
    match whole {
        Some(true) => Ok(()),
        _ => Err(Error::Inconsistent("not all is there that nodes made of a step".to_owned())),
    }
}

#[async_trait]
impl Steps for Generations {
    async fn begin_step(&self, plan: Plan) -> Result<(), Error> {
        let mut transaction = self.sharers.begin().await?;
        transaction.execute(PATIENCE).await?;
        fence(&mut transaction, plan.epoch).await?;
        for sql in [TABLES, MORE_TABLES, EMPTY] {
            sqlx::raw_sql(text(sql, plan)).execute(&mut *transaction).await?;
        }
        open_first(&mut transaction, plan).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn look_up_places(&self, plan: Plan, needs: &Needs) -> Result<Answer, Error> {
        let mut answer = Answer::default();
        if !needs.records.is_empty() || !needs.members_of.is_empty() {
            let query = sqlx::query_as(text(PLACES, plan))
                .bind(needs.records.iter().map(|id| id.0).collect::<Vec<_>>())
                .bind(needs.members_of.iter().map(|id| id.0).collect::<Vec<_>>());
            answer.records = view_rows::all(query.fetch_all(&self.sharers).await?, view_rows::record)?;
        }
        if !needs.decisions.is_empty() {
            let ids: Vec<Uuid> = needs.decisions.iter().copied().collect();
            answer.decisions = read::decisions(&self.handle(plan.generation), &self.sharers, ids, Vec::new()).await?;
        }
        Ok(answer)
    }

    async fn placed(&self, plan: Plan, places: &Places) -> Result<(), Error> {
        let place = |row: &RecordRow| Assigned { record: row.record, customer: row.customer, shaped_at: row.shaped_at };
        let members: Vec<Assigned> = places.records.iter().map(place).collect();
        let touched: Vec<Uuid> = places.touched.iter().map(|id| id.0).collect();
        let mut transaction = self.sharers.begin().await?;
        fence(&mut transaction, plan.epoch).await?;
        add_members(&mut transaction, plan, &members).await?;
        sqlx::query(text(ADD_TOUCHED, plan)).bind(touched).execute(&mut *transaction).await?;
        sqlx::raw_sql(text(ANALYZE, plan)).execute(&mut *transaction).await?;
        open(&mut transaction, plan, Stage::Customers).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn touched(&self, plan: Plan, share: u8) -> Result<Vec<RecordRow>, Error> {
        let (first, last) = bounds(share);
        let query = sqlx::query_as(text(TOUCHED, plan)).bind(first).bind(last);
        view_rows::all(query.fetch_all(&self.sharers).await?, view_rows::record)
    }

    async fn take_in(&self, plan: Plan, places: &Places) -> Result<(), Error> {
        let tables = self.handle(plan.generation);
        let from = plan.from.ok_or_else(|| Error::Inconsistent("a rebuild is no step".to_owned()))?;
        let mut transaction = self.sharers.begin().await?;
        let connection = &mut *transaction;
        let advance = sqlx::query(tables.writes.advance.clone());
        let advance = advance.bind(signed(plan.until)?).bind(plan.epoch).bind(signed(from)?);
        write::fenced(advance.execute(&mut *connection).await?.rows_affected())?;
        check(connection, plan, places).await?;
        take_staged(connection, plan).await?;
        let few = Few { decided: &places.decisions, policies: &[], match_policies: &[], unknown: &places.unknown };
        write::few(connection, &tables.writes, few).await?;
        scores::note(&tables, connection, plan.until, places.touched.iter().copied()).await?;
        transaction.commit().await?;
        tables.reached.set(plan.generation, plan.until);
        Ok(())
    }
}
