//! The file of a generation: tables, indexes and the documented views.
//!
//! Rows are large, so the tables keep SQLite's own row numbers and find ids by an index: filling then only appends, and
//! the indexes are sorted at the end.

use std::path::{Path, PathBuf};

use sqlx::{SqliteConnection, raw_sql};

use super::super::Error;
use super::super::view_sql::text;
use super::generation_scores::create_view;

const TABLES: &str = "
CREATE TABLE record (
    record_id      BLOB    NOT NULL,
    customer_id    BLOB    NOT NULL,
    first_position INTEGER NOT NULL,
    shaped_at      INTEGER NOT NULL,
    source         TEXT    NOT NULL,
    subject        TEXT,                          -- null: erased
    state          TEXT    NOT NULL               -- JSON
) STRICT;
CREATE TABLE customer (
    customer_id BLOB    NOT NULL,
    position    INTEGER NOT NULL,
    records     INTEGER NOT NULL,
    kind        TEXT,
    name        TEXT,
    golden      TEXT    NOT NULL                  -- JSON
) STRICT;
CREATE TABLE decision (
    decision_id        BLOB NOT NULL PRIMARY KEY,
    verdict            TEXT,
    made               TEXT,                      -- JSON: time, source, id; null: only its withdrawal is known
    made_position      INTEGER,
    withdrawn          TEXT,                      -- JSON: time, source, id
    withdrawn_position INTEGER
) STRICT;
CREATE TABLE decision_record (
    decision_id BLOB    NOT NULL,
    side        INTEGER NOT NULL,                 -- 0: records, 1: from
    ordinal     INTEGER NOT NULL,
    record_id   BLOB    NOT NULL,
    PRIMARY KEY (decision_id, side, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX decision_record_record ON decision_record (record_id, decision_id);
CREATE TABLE relation (
    to_record_id BLOB NOT NULL,                   -- may be of a record that no event is about
    record_id    BLOB NOT NULL,                   -- the one that says so
    relation     TEXT NOT NULL,
    valid_from   TEXT,                            -- a day; null: not known
    valid_until  TEXT,                            -- the first day on which it no longer holds
    PRIMARY KEY (to_record_id, record_id, relation)
) STRICT, WITHOUT ROWID;
CREATE TABLE policy (
    position  INTEGER PRIMARY KEY,
    published TEXT NOT NULL,                      -- JSON: time, source, id
    policy    TEXT NOT NULL                       -- JSON
) STRICT;
CREATE TABLE match_policy (
    position  INTEGER PRIMARY KEY,
    published TEXT NOT NULL,                      -- JSON: time, source, id
    policy    TEXT NOT NULL                       -- JSON
) STRICT;
CREATE TABLE unknown_member (
    source TEXT    NOT NULL,
    type   TEXT    NOT NULL,
    count  INTEGER NOT NULL,
    PRIMARY KEY (source, type)
) STRICT, WITHOUT ROWID;
CREATE TABLE score_set (
    set_no   INTEGER PRIMARY KEY AUTOINCREMENT,
    rule_set TEXT    NOT NULL,
    state    TEXT    NOT NULL,                    -- building, built, live, past
    made_by  TEXT    NOT NULL,                    -- JSON
    position INTEGER NOT NULL
) STRICT;
CREATE TABLE score_due (                          -- customers that changed, while there are lists of scores
    position    INTEGER NOT NULL,
    customer_id BLOB    NOT NULL
) STRICT;
CREATE TABLE score_note (                         -- scores that changed since they were published
    note_no     INTEGER PRIMARY KEY AUTOINCREMENT,
    rule_set    TEXT    NOT NULL,
    customer_id BLOB    NOT NULL,
    cause       TEXT    NOT NULL,
    position    INTEGER NOT NULL,
    UNIQUE (rule_set, customer_id) ON CONFLICT REPLACE
) STRICT;
CREATE TABLE score_topic (                        -- where they are published; no row: nowhere
    topic TEXT NOT NULL
) STRICT;
CREATE TABLE checkpoint (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    position INTEGER NOT NULL
) STRICT;
INSERT INTO checkpoint (id, position) VALUES (1, 0);
";

/// The table of a list of scores; its indexes come when it is filled.
pub(super) const SCORES: &str = "
CREATE TABLE {s} (
    customer_id BLOB NOT NULL,
    points      TEXT,                             -- a decimal; null: a rule failed
    rank_key    BLOB NOT NULL,                    -- in the order of points
    grade       TEXT,
    minutes     TEXT,
    cost        TEXT,
    balance     TEXT,                             -- over, under, within; null: the grade limits nothing
    balance_key BLOB,
    share       INTEGER,                          -- millionths of what is allowed
    refused     TEXT,
    refused_at  INTEGER
) STRICT";

/// What filling does without.
const INDEXES: &str = "
CREATE UNIQUE INDEX record_id ON record (record_id);
CREATE INDEX record_customer ON record (customer_id);
CREATE UNIQUE INDEX customer_id ON customer (customer_id);
CREATE INDEX customer_position ON customer (position, customer_id);
";

const VIEWS: &str = "
CREATE VIEW kulta_customers AS
SELECT {customer.customer_id} AS customer_id, kind, name,
       golden ->> '$.fields.email.value' AS email,
       golden ->> '$.fields.phone.value' AS phone,
       golden ->> '$.fields.address.value.street' AS street,
       golden ->> '$.fields.address.value.postal_code' AS postal_code,
       golden ->> '$.fields.address.value.city' AS city,
       coalesce(golden ->> '$.fields.address.value.country', golden ->> '$.fields.country.value') AS country,
       golden ->> '$.fields.language.value' AS language,
       golden ->> '$.fields.business_id.value' AS business_id,
       records, position
FROM customer;
CREATE VIEW kulta_crosswalk AS
SELECT {record.record_id} AS record_id, source, subject, {record.customer_id} AS customer_id, first_position
FROM record;
CREATE VIEW kulta_fields AS
SELECT {customer.customer_id} AS customer_id, field.key AS field,
       CASE json_type(field.value, '$.value')
           WHEN 'text' THEN field.value ->> '$.value' ELSE field.value -> '$.value' END AS value,
       field.value ->> '$.source' AS source, field.value ->> '$.subject' AS subject,
       strftime('%Y-%m-%dT%H:%M:%fZ', field.value ->> '$.observed_at') AS observed_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', field.value ->> '$.verified_at') AS verified_at
FROM customer, json_each(golden, '$.fields') AS field;
CREATE VIEW kulta_decisions AS
SELECT {decision.decision_id} AS decision_id, verdict,
       (SELECT json_group_array({r.record_id} ORDER BY ordinal) FROM decision_record AS r
        WHERE r.decision_id = decision.decision_id AND side = 0) AS records,
       (SELECT json_group_array({r.record_id} ORDER BY ordinal) FROM decision_record AS r
        WHERE r.decision_id = decision.decision_id AND side = 1) AS from_records,
       strftime('%Y-%m-%dT%H:%M:%fZ', made ->> '$.time') AS decided_at,
       made ->> '$.source' AS source, made_position AS position,
       strftime('%Y-%m-%dT%H:%M:%fZ', withdrawn ->> '$.time') AS withdrawn_at, withdrawn_position
FROM decision;
CREATE VIEW kulta_relations AS
SELECT {r.customer_id} AS customer_id, relation,
       CASE WHEN o.customer_id IS NOT NULL THEN {o.customer_id} END AS to_customer_id, valid_from, valid_until,
       {relation.record_id} AS record_id, {relation.to_record_id} AS to_record_id
FROM relation JOIN record AS r ON r.record_id = relation.record_id
LEFT JOIN record AS o ON o.record_id = relation.to_record_id;
";

/// The records of decision `d` on either side.
pub(super) const SIDES: &str = "
(SELECT json_group_array(lower(hex(r.record_id)) ORDER BY r.ordinal) FROM decision_record AS r
 WHERE r.decision_id = d.decision_id AND r.side = 0),
(SELECT json_group_array(lower(hex(r.record_id)) ORDER BY r.ordinal) FROM decision_record AS r
 WHERE r.decision_id = d.decision_id AND r.side = 1)";

pub(super) const SET_CHECKPOINT: &str = "UPDATE checkpoint SET position = $1";

/// Makes the tables of an empty generation.
pub(super) async fn create_tables(connection: &mut SqliteConnection) -> Result<(), Error> {
    raw_sql(TABLES).execute(&mut *connection).await?;
    raw_sql(text(with_ids_as_text(VIEWS))).execute(&mut *connection).await?;
    create_view(connection).await
}

/// Makes what filling left out.
pub(super) async fn create_indexes(connection: &mut SqliteConnection) -> Result<(), Error> {
    raw_sql(INDEXES).execute(&mut *connection).await?;
    raw_sql("ANALYZE").execute(connection).await?;
    Ok(())
}

/// Replaces `{column}` by the usual text of the id in that column.
pub(super) fn with_ids_as_text(sql: &str) -> String {
    let mut out = String::new();
    let mut rest = sql;
    while let Some((before, (column, after))) =
        rest.split_once('{').and_then(|(before, inner)| Some((before, inner.split_once('}')?)))
    {
        let part = |from: u8, length: u8| format!("substr(hex({column}), {from}, {length})");
        let parts = [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)];
        out.push_str(before);
        out.push_str(&format!("lower({})", parts.join(" || '-' || ")));
        rest = after;
    }
    out + rest
}

/// The file of a generation, beside that of the log.
pub(super) fn path_of(log: &Path, number: i64) -> PathBuf {
    beside(log, &format!("-g{number}"))
}

/// A file beside that of the log, whose name goes on with `suffix`.
pub(super) fn beside(log: &Path, suffix: &str) -> PathBuf {
    let mut name = log.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    log.with_file_name(name)
}

/// Deletes a database with what SQLite keeps beside it; nothing happens when it is not there.
pub(super) fn delete(path: &Path) -> Result<(), Error> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        match std::fs::remove_file(beside(path, suffix)) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(Error::Io { what: format!("deleting {}", path.display()), source }),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_get_their_hyphens() {
        let sql = with_ids_as_text("SELECT {a.b} AS c");
        assert!(sql.starts_with("SELECT lower(substr(hex(a.b), 1, 8) || '-' || substr(hex(a.b), 9, 4)"), "{sql}");
        assert!(sql.ends_with(") AS c"), "{sql}");
    }

    #[test]
    fn files_stand_beside_the_log() {
        assert_eq!(path_of(Path::new("/a/kulta.db"), 7), Path::new("/a/kulta.db-g7"));
        assert_eq!(path_of(Path::new("kulta.db"), 1), Path::new("kulta.db-g1"));
    }
}
