//! Everything that a plan writes, as one statement: it advances the counter row and, only if that succeeded, inserts.
//!
//! Each table that gets rows is one `WITH` part that unfolds an array per column; tables without rows are left out. Few
//! distinct texts exist, so each is prepared once per connection.
//!
//! Not COPY, which takes the server a fifth less for thousands of rows: sqlx leaves Nagle's algorithm on, so that the end
//! of a COPY, a small packet after another, waits 40 ms for the server's acknowledgement. A statement is one packet.

use std::fmt::Write;

use sqlx::postgres::PgArguments;
use sqlx::{Arguments, AssertSqlSafe, Encode, PgConnection, Postgres, Type};

use crate::store::Error;
use crate::store::number::{signed, small};
use crate::store::plan::Plan;

/// Text and parameters of the statement.
#[derive(Debug, Default)]
struct Statement {
    text: String,
    arguments: PgArguments,
}

impl Statement {
    /// Adds a parameter.
    fn bind<'q, T: Encode<'q, Postgres> + Type<Postgres>>(&mut self, value: T) -> Result<(), Error> {
        self.arguments.add(value).map_err(|error| sqlx::Error::Encode(error).into())
    }

    /// Adds one column of rows.
    fn array<'q, R, T>(&mut self, rows: &'q [R], column: impl Fn(&'q R) -> T) -> Result<(), Error>
    where
        Vec<T>: Encode<'q, Postgres> + Type<Postgres>,
    {
        self.bind(rows.iter().map(column).collect::<Vec<T>>())
    }

    /// Begins the insertion into a table of rows whose columns are then bound, one array each.
    fn insert(&mut self, table: &str, columns: &[&str], conflict: &str) {
        let first = self.arguments.len() + 1;
        let arrays: Vec<_> = (first..first + columns.len()).map(|number| format!("${number}")).collect();
        let names: Vec<_> = columns.iter().map(|column| column.trim_end_matches("::json")).collect();
        // Writing to a String does not fail.
        let _ = write!(
            self.text,
            ", new_{table} AS (INSERT INTO {table} ({names}) SELECT {columns} FROM unnest({arrays}) AS new ({names})
             WHERE EXISTS (SELECT FROM state) {conflict})",
            names = names.join(", "),
            columns = columns.join(", "),
            arrays = arrays.join(", "),
        );
    }
}

/// Writes the plan if nobody else has committed since `commits` was read; else nothing, and false.
pub(super) async fn write(connection: &mut PgConnection, plan: &Plan<'_>, commits: i64) -> Result<bool, Error> {
    let mut statement = Statement::default();
    statement.text.push_str(
        "WITH state AS (UPDATE log_state SET head = $1, recorded_at = $2, commits = commits + 1
         WHERE commits = $3 RETURNING 1)",
    );
    statement.bind(signed(plan.head))?;
    statement.bind(plan.recorded_at.micros())?;
    statement.bind(commits)?;
    events(&mut statement, plan)?;
    parts(&mut statement, plan)?;
    people(&mut statement, plan)?;
    beside(&mut statement, plan)?;
    letters(&mut statement, plan)?;
    statement.text.push_str(" SELECT count(*) FROM state");
    let Statement { text, arguments } = statement;
    let written: i64 = sqlx::query_scalar_with(AssertSqlSafe(text), arguments).fetch_one(connection).await?;
    Ok(written == 1)
}

fn events(statement: &mut Statement, plan: &Plan<'_>) -> Result<(), Error> {
    if plan.rows.is_empty() {
        return Ok(());
    }
    let columns = [
        "position",
        "revision",
        "time",
        "recorded_at",
        "actor",
        "event_key",
        "fingerprint",
        "record_id",
        "version",
        "part_count",
        "unknown",
        "stream",
        "type",
        "source",
        "unit",
        "sealed_id",
        "facts::json",
    ];
    statement.insert("log", &columns, "");
    statement.array(&plan.rows, |row| signed(row.position))?;
    statement.array(&plan.rows, |row| signed(row.revision))?;
    statement.array(&plan.rows, |row| row.event.time.micros())?;
    statement.array(&plan.rows, |_| plan.recorded_at.micros())?;
    statement.array(&plan.rows, |row| row.event.actor)?;
    statement.array(&plan.rows, |row| row.event.key)?;
    statement.array(&plan.rows, |row| row.event.fingerprint)?;
    statement.array(&plan.rows, |row| row.event.record.map(|record| record.0))?;
    statement.array(&plan.rows, |row| row.event.version)?;
    statement.array(&plan.rows, |row| small(row.event.parts.len()))?;
    statement.array(&plan.rows, |row| row.event.unknown)?;
    statement.array(&plan.rows, |row| &*row.event.stream)?;
    statement.array(&plan.rows, |row| row.event.type_name)?;
    statement.array(&plan.rows, |row| &*row.event.source)?;
    statement.array(&plan.rows, |row| row.event.unit.as_deref())?;
    statement.array(&plan.rows, |row| row.event.sealed_id.as_slice())?;
    statement.array(&plan.rows, |row| row.event.facts.as_str())
}

fn parts(statement: &mut Statement, plan: &Plan<'_>) -> Result<(), Error> {
    let parts: Vec<_> = plan.parts().collect();
    if parts.is_empty() {
        return Ok(());
    }
    statement.insert("sealed", &["position", "class", "blob"], "");
    statement.array(&parts, |(position, _, _)| signed(*position))?;
    statement.array(&parts, |(_, class, _)| *class as i16)?;
    statement.array(&parts, |(_, _, blob)| *blob)
}

fn people(statement: &mut Statement, plan: &Plan<'_>) -> Result<(), Error> {
    if !plan.records.is_empty() {
        statement.insert("record", &["first_position", "record_id", "source", "sealed_subject"], "");
        statement.array(&plan.records, |(_, first)| signed(*first))?;
        statement.array(&plan.records, |(record, _)| record.record.0)?;
        statement.array(&plan.records, |(record, _)| &*record.source)?;
        statement.array(&plan.records, |(record, _)| record.sealed_subject.as_slice())?;
    }
    if !plan.keys.is_empty() {
        statement.insert("record_key", &["record_id", "class", "wrapped"], "");
        statement.array(&plan.keys, |key| key.record.0)?;
        statement.array(&plan.keys, |key| key.class as i16)?;
        statement.array(&plan.keys, |key| key.wrapped.as_slice())?;
    }
    Ok(())
}

fn beside(statement: &mut Statement, plan: &Plan<'_>) -> Result<(), Error> {
    if !plan.cursors.is_empty() {
        let cursors: Vec<_> = plan.cursors.iter().collect();
        statement.insert("cursor", &["name", "value"], "ON CONFLICT (name) DO UPDATE SET value = excluded.value");
        statement.array(&cursors, |(name, _)| **name)?;
        statement.array(&cursors, |(_, value)| **value)?;
    }
    if !plan.results.is_empty() {
        let columns = ["key", "request", "recorded_at", "position", "status", "sealed_body"];
        statement.insert("command_result", &columns, "");
        statement.array(&plan.results, |result| result.key)?;
        statement.array(&plan.results, |result| result.request)?;
        statement.array(&plan.results, |_| plan.recorded_at.micros())?;
        statement.array(&plan.results, |result| signed(result.position))?;
        statement.array(&plan.results, |result| result.status)?;
        statement.array(&plan.results, |result| result.sealed_body.as_slice())?;
    }
    Ok(())
}

fn letters(statement: &mut Statement, plan: &Plan<'_>) -> Result<(), Error> {
    let letters = &plan.dead_letters;
    if !letters.is_empty() {
        let columns =
            ["recorded_at", "letter_key", "record_id", "door", "origin", "reason", "problems::json", "sealed_body"];
        statement.insert("dead_letter", &columns, "ON CONFLICT (letter_key) DO NOTHING");
        statement.array(letters, |_| plan.recorded_at.micros())?;
        statement.array(letters, |letter| letter.key)?;
        statement.array(letters, |letter| letter.record.map(|record| record.0))?;
        statement.array(letters, |letter| letter.door.as_str())?;
        statement.array(letters, |letter| letter.origin.as_str())?;
        statement.array(letters, |letter| letter.reason.as_str())?;
        statement.array(letters, |letter| letter.problems.as_str())?;
        statement.array(letters, |letter| letter.sealed_body.as_slice())?;
    }
    if !plan.settles.is_empty() {
        let first = statement.arguments.len() + 1;
        let second = first + 1;
        let _ = write!(
            statement.text,
            ", settled AS (UPDATE dead_letter SET state = 'resubmitted', settled_position = new.position
             FROM unnest(${first}, ${second}) AS new (id, position)
             WHERE dead_letter.id = new.id AND state = 'open' AND EXISTS (SELECT FROM state))"
        );
        statement.array(&plan.settles, |(id, _)| *id)?;
        statement.array(&plan.settles, |(_, position)| signed(*position))?;
    }
    Ok(())
}
