//! The tables that shares of a rebuild or a step stand in, and how a plan begins.

use kulta_projections::whole::{Assigned, SHARES};
use sqlx::{PgConnection, SqlStr};

use super::super::sharing::{Plan, Stage};
use super::super::view_rows::signed;
use super::super::{Error, view_sql};
use super::generation_schema::named;

/// Nodes share with those of the same version only: they fold alike.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Rows per statement.
const ROWS: usize = 10_000;

/// What is shared is not logged: should the server crash, the rebuild is given up, as it is when its owner dies.
pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS {g}share_plan (
    epoch   bigint NOT NULL,                                  -- the projector's
    after   bigint,                                           -- null: a rebuild
    until   bigint NOT NULL,                                  -- folded up to this position
    version text   NOT NULL                                   -- of kulta
);
CREATE TABLE IF NOT EXISTS {g}share (
    stage   smallint NOT NULL,                                -- 1: records, 2: customers
    number  smallint NOT NULL,
    token   bigint   NOT NULL DEFAULT 0,                      -- rises with each node that takes it
    rows    bigint,                                           -- null: not done
    seen_at timestamptz,                                      -- when its holder was heard of last
    holder  text,
    PRIMARY KEY (stage, number)
) WITH (fillfactor = 50);
CREATE UNLOGGED TABLE IF NOT EXISTS {g}share_state (LIKE {g}record);
CREATE UNLOGGED TABLE IF NOT EXISTS {g}share_member (         -- what is not as its own events shape it, or was before the step
    shaped_at   bigint NOT NULL,
    record_id   uuid   NOT NULL,
    customer_id uuid   NOT NULL
);
";
pub(super) const GIVE_UP: &str =
    "UPDATE {g}share SET token = token + 1, seen_at = 'infinity'; DELETE FROM {g}share_plan";
const ADD_PLAN: &str = "INSERT INTO {g}share_plan (epoch, after, until, version) VALUES ($1, $2, $3, $4)";
const OPEN: &str =
    "INSERT INTO {g}share (stage, number) SELECT $1, number FROM generate_series(0, $2::smallint - 1) AS number";
const ADD_MEMBERS: &str = "
INSERT INTO {g}share_member (record_id, customer_id, shaped_at)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[])";

pub(super) fn text(sql: &str, plan: Plan) -> SqlStr {
    view_sql::text(named(sql, plan.generation))
}

pub(super) fn number_of(stage: Stage) -> i16 {
    match stage {
        Stage::Records => 1,
        Stage::Customers => 2,
    }
}

/// Tells of a plan, and opens its first stage.
pub(super) async fn open_first(connection: &mut PgConnection, plan: Plan) -> Result<(), Error> {
    let from = plan.from.map(signed).transpose()?;
    let add = sqlx::query(text(ADD_PLAN, plan)).bind(plan.epoch).bind(from).bind(signed(plan.until)?).bind(VERSION);
    add.execute(&mut *connection).await?;
    open(connection, plan, Stage::Records).await
}

/// Opens a stage.
pub(super) async fn open(connection: &mut PgConnection, plan: Plan, stage: Stage) -> Result<(), Error> {
    let open = sqlx::query(text(OPEN, plan)).bind(number_of(stage)).bind(i16::from(SHARES));
    open.execute(connection).await?;
    Ok(())
}

/// Writes whose records are.
pub(super) async fn add_members(connection: &mut PgConnection, plan: Plan, members: &[Assigned]) -> Result<(), Error> {
    for some in members.chunks(ROWS) {
        let query = sqlx::query(text(ADD_MEMBERS, plan))
            .bind(some.iter().map(|of| of.record.0).collect::<Vec<_>>())
            .bind(some.iter().map(|of| of.customer.0).collect::<Vec<_>>())
            .bind(some.iter().map(|of| signed(of.shaped_at)).collect::<Result<Vec<_>, _>>()?);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}
