//! The schema of a generation: tables, indexes, and the documented views that are pointed at them.
//!
//! JSON is kept as `text`: it is written twice as fast as `jsonb`, and what reads by id hands it on as it is. The views
//! parse it once a row.

use sqlx::{PgConnection, raw_sql};

use super::super::Error;
use super::super::view_sql::text;
use super::generation_scores::create_view;

/// `{g}` is the schema with its dot.
const TABLES: &str = "
CREATE TABLE {g}record (
    first_position bigint NOT NULL,
    shaped_at      bigint NOT NULL,
    record_id      uuid   NOT NULL,
    customer_id    uuid   NOT NULL,
    source         text   COLLATE \"C\" NOT NULL,
    subject        text   COLLATE \"C\",                      -- null: erased
    state          text   NOT NULL                            -- JSON
);
CREATE TABLE {g}customer (
    position    bigint NOT NULL,
    records     bigint NOT NULL,
    customer_id uuid   NOT NULL,
    kind        text   COLLATE \"C\",
    name        text,
    golden      text   NOT NULL                               -- JSON
);
CREATE TABLE {g}decision (
    made_position      bigint,
    withdrawn_position bigint,
    decision_id        uuid PRIMARY KEY,
    verdict            text COLLATE \"C\",
    made               text,                                  -- JSON: time, source, id; null: only its withdrawal is known
    withdrawn          text                                   -- JSON: time, source, id
);
CREATE TABLE {g}decision_record (
    decision_id uuid     NOT NULL,
    record_id   uuid     NOT NULL,
    ordinal     integer  NOT NULL,
    side        smallint NOT NULL,                            -- 0: records, 1: from
    PRIMARY KEY (decision_id, side, ordinal)
);
CREATE INDEX ON {g}decision_record (record_id, decision_id);
CREATE TABLE {g}relation (
    to_record_id uuid NOT NULL,                               -- may be of a record that no event is about
    record_id    uuid NOT NULL,                               -- the one that says so
    relation     text COLLATE \"C\" NOT NULL,
    valid_from   text COLLATE \"C\",                          -- a day; null: not known
    valid_until  text COLLATE \"C\",                          -- the first day on which it no longer holds
    PRIMARY KEY (to_record_id, record_id, relation)
);
CREATE TABLE {g}policy (
    position  bigint PRIMARY KEY,
    published text   NOT NULL,                                -- JSON: time, source, id
    policy    text   NOT NULL                                 -- JSON
);
CREATE TABLE {g}match_policy (
    position  bigint PRIMARY KEY,
    published text   NOT NULL,                                -- JSON: time, source, id
    policy    text   NOT NULL                                 -- JSON
);
CREATE TABLE {g}unknown_member (
    count  bigint NOT NULL,
    source text   COLLATE \"C\" NOT NULL,
    type   text   COLLATE \"C\" NOT NULL,
    PRIMARY KEY (source, type)
);
CREATE TABLE {g}score_set (
    set_no   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    position bigint NOT NULL,
    rule_set text   COLLATE \"C\" NOT NULL,
    state    text   COLLATE \"C\" NOT NULL,                   -- building, built, live, past
    made_by  text   NOT NULL                                  -- JSON
);
CREATE TABLE {g}score_due (                                   -- customers that changed, while there are lists of scores
    position    bigint NOT NULL,
    customer_id uuid   NOT NULL
);
CREATE TABLE {g}score_note (                                  -- scores that changed since they were published
    note_no     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    position    bigint NOT NULL,
    customer_id uuid   NOT NULL,
    rule_set    text   COLLATE \"C\" NOT NULL,
    cause       text   COLLATE \"C\" NOT NULL,
    UNIQUE (rule_set, customer_id)
);
CREATE TABLE {g}score_topic (                                 -- where they are published; no row: nowhere
    topic text COLLATE \"C\" NOT NULL
);
CREATE TABLE {g}checkpoint (
    id       smallint PRIMARY KEY CHECK (id = 1),
    position bigint   NOT NULL
) WITH (fillfactor = 10);
INSERT INTO {g}checkpoint (id, position) VALUES (1, 0);
";

/// The table of a list of scores; its indexes come when it is filled.
pub(super) const SCORES: &str = "
CREATE TABLE {s} (
    customer_id uuid  NOT NULL,
    points      text  COLLATE \"C\",                          -- a decimal; null: a rule failed
    rank_key    bytea NOT NULL,                               -- in the order of points
    grade       text  COLLATE \"C\",
    minutes     text  COLLATE \"C\",
    cost        text  COLLATE \"C\",
    balance     text  COLLATE \"C\",                          -- over, under, within; null: the grade limits nothing
    balance_key bytea,
    share       bigint,                                       -- millionths of what is allowed
    refused     text,
    refused_at  bigint
)";

/// What filling does without.
const INDEXES: &str = "
ALTER TABLE {g}record ADD PRIMARY KEY (record_id);
CREATE INDEX ON {g}record (customer_id);
ALTER TABLE {g}customer ADD PRIMARY KEY (customer_id);
CREATE UNIQUE INDEX ON {g}customer (position, customer_id);
";

const ANALYZE: &str = "
ANALYZE {g}record, {g}customer, {g}decision, {g}decision_record, {g}relation, {g}policy, {g}match_policy,
    {g}unknown_member;
";

const VIEWS: &str = "
CREATE OR REPLACE VIEW kulta.customers AS
SELECT c.customer_id, c.kind, c.name,
       f.email ->> 'value' AS email,
       f.phone ->> 'value' AS phone,
       f.address -> 'value' ->> 'street' AS street,
       f.address -> 'value' ->> 'postal_code' AS postal_code,
       f.address -> 'value' ->> 'city' AS city,
       coalesce(f.address -> 'value' ->> 'country', f.country ->> 'value') AS country,
       f.language ->> 'value' AS language,
       f.business_id ->> 'value' AS business_id,
       c.records, c.position
FROM {g}customer AS c
CROSS JOIN LATERAL json_to_record(c.golden::json -> 'fields')
    AS f (email json, phone json, address json, country json, language json, business_id json);

CREATE OR REPLACE VIEW kulta.crosswalk AS
SELECT record_id, source, subject, customer_id, first_position FROM {g}record;

CREATE OR REPLACE VIEW kulta.fields AS
SELECT c.customer_id, f.key AS field, f.value ->> 'value' AS value,
       f.value ->> 'source' AS source, f.value ->> 'subject' AS subject,
       (f.value ->> 'observed_at')::timestamptz AS observed_at,
       (f.value ->> 'verified_at')::timestamptz AS verified_at
FROM {g}customer AS c CROSS JOIN LATERAL json_each(c.golden::json -> 'fields') AS f;

CREATE OR REPLACE VIEW kulta.decisions AS
SELECT d.decision_id, d.verdict,
       ARRAY(SELECT r.record_id FROM {g}decision_record AS r
             WHERE r.decision_id = d.decision_id AND r.side = 0 ORDER BY r.ordinal) AS records,
       ARRAY(SELECT r.record_id FROM {g}decision_record AS r
             WHERE r.decision_id = d.decision_id AND r.side = 1 ORDER BY r.ordinal) AS from_records,
       (d.made::json ->> 'time')::timestamptz AS decided_at,
       d.made::json ->> 'source' AS source, d.made_position AS position,
       (d.withdrawn::json ->> 'time')::timestamptz AS withdrawn_at, d.withdrawn_position
FROM {g}decision AS d;

CREATE OR REPLACE VIEW kulta.relations AS
SELECT r.customer_id, l.relation, o.customer_id AS to_customer_id, l.valid_from::date, l.valid_until::date,
       l.record_id, l.to_record_id
FROM {g}relation AS l JOIN {g}record AS r ON r.record_id = l.record_id
LEFT JOIN {g}record AS o ON o.record_id = l.to_record_id;

CREATE OR REPLACE VIEW kulta.timeline AS
SELECT r.customer_id, e.record_id, 'epoch'::timestamptz + e.time * interval '1 microsecond' AS time,
       e.type, e.source, e.unit, e.position, e.facts
FROM log AS e JOIN {g}record AS r ON r.record_id = e.record_id;
";

/// The records of decision `d` on either side.
pub(super) const SIDES: &str = "
(SELECT json_agg(r.record_id ORDER BY r.ordinal)::text FROM {g}decision_record AS r
 WHERE r.decision_id = d.decision_id AND r.side = 0),
(SELECT json_agg(r.record_id ORDER BY r.ordinal)::text FROM {g}decision_record AS r
 WHERE r.decision_id = d.decision_id AND r.side = 1)";

/// The schema of a generation, as it stands in a statement.
pub(super) fn schema_of(number: i64) -> String {
    format!("kulta_g{number}")
}

/// A statement with the tables of a generation named.
pub(super) fn named(sql: &str, number: i64) -> String {
    sql.replace("{g}", &format!("{}.", schema_of(number)))
}

/// Makes the tables of an empty generation.
pub(super) async fn create_tables(connection: &mut PgConnection, number: i64) -> Result<(), Error> {
    let sql = format!("CREATE SCHEMA {};{}", schema_of(number), named(TABLES, number));
    raw_sql(text(sql)).execute(connection).await?;
    Ok(())
}

/// Makes what filling left out.
pub(super) async fn create_indexes(connection: &mut PgConnection, number: i64) -> Result<(), Error> {
    raw_sql(text(named(INDEXES, number))).execute(&mut *connection).await?;
    raw_sql(text(named(ANALYZE, number))).execute(connection).await?;
    Ok(())
}

/// Points the documented views at a generation.
pub(super) async fn create_views(connection: &mut PgConnection, number: i64) -> Result<(), Error> {
    raw_sql(text(named(VIEWS, number))).execute(&mut *connection).await?;
    create_view(connection, number).await
}

/// Removes a generation's schema, if it is there.
pub(super) async fn drop_schema(connection: &mut PgConnection, number: i64) -> Result<(), Error> {
    raw_sql(text(format!("DROP SCHEMA IF EXISTS {} CASCADE", schema_of(number)))).execute(connection).await?;
    Ok(())
}
