//! Everything that a plan writes, as one statement: it advances the counter row and, only if that succeeded, inserts.
//!
//! Each table that gets rows is one `WITH` part that unfolds an array per column, or takes the values of a single row;
//! tables without rows are left out. Events are inserted by the statement itself, and their number tells that it has
//! written: counting anything else takes the server longer. Few distinct texts exist, so each is prepared once per
//! connection.
//!
//! Not COPY, which takes the server a fifth less for thousands of rows: sqlx leaves Nagle's algorithm on, so that the end
//! of a COPY, a small packet after another, waits 40 ms for the server's acknowledgement. A statement is one packet.

use std::fmt::Write;

use sqlx::postgres::PgArguments;
use sqlx::{Arguments, AssertSqlSafe, Encode, PgConnection, Postgres, Type};

use crate::store::Error;
use crate::store::log::NewKey;
use crate::store::number::{signed, small};
use crate::store::plan::Plan;

const ADVANCE: &str =
    "WITH state AS (UPDATE log_state SET head = $1, recorded_at = $2, commits = commits + 1 WHERE commits = $3";
/// Each of these keys is stored as it is here.
pub(super) const RELIED: &str =
    " AND NOT EXISTS (SELECT FROM unnest($4::uuid[], $5::smallint[], $6::bytea[]) AS relied (record_id, class, wrapped)
    WHERE relied.wrapped IS DISTINCT FROM (SELECT stored.wrapped FROM record_key AS stored
        WHERE stored.record_id = relied.record_id AND stored.class = relied.class))";

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
    fn column<'q, R, T>(&mut self, rows: &'q [R], column: impl Fn(&'q R) -> T) -> Result<(), Error>
    where
        T: Encode<'q, Postgres> + Type<Postgres>,
        Vec<T>: Encode<'q, Postgres> + Type<Postgres>,
    {
        match rows {
            [row] => self.bind(column(row)),
            rows => self.bind(rows.iter().map(column).collect::<Vec<T>>()),
        }
    }

    /// Begins the insertion into a table of so many rows, whose columns are then bound: one array each, or the value of
    /// a single row, which spares the server to unfold them.
    fn insert(&mut self, table: &str, rows: usize, columns: &[&str], conflict: &str) {
        self.add(&[", new_", table, " AS ("]);
        self.insertion(table, rows, columns);
        self.add(&[" ", conflict, ")"]);
    }

    /// The insertion whose columns are bound next.
    fn insertion(&mut self, table: &str, rows: usize, columns: &[&str]) {
        let name = |text: &mut String, column: &str| text.push_str(column.trim_end_matches("::json"));
        self.add(&["INSERT INTO ", table, " ("]);
        self.list(columns, |text, _, column| name(text, column));
        self.add(&[") SELECT "]);
        let first = self.arguments.len() + 1;
        let placeholder = |text: &mut String, number: usize| {
            // Writing to a String does not fail.
            let _ = write!(text, "${}", first + number);
        };
        if rows == 1 {
            self.list(columns, |text, number, column| {
                placeholder(text, number);
                text.push_str(if column.ends_with("::json") { "::json" } else { "" });
            });
            self.add(&[" FROM state WHERE true"]);
        } else {
            self.list(columns, |text, _, column| text.push_str(column));
            self.add(&[" FROM unnest("]);
            self.list(columns, |text, number, _| placeholder(text, number));
            self.add(&[") AS new ("]);
            self.list(columns, |text, _, column| name(text, column));
            self.add(&[") WHERE EXISTS (SELECT FROM state)"]);
        }
    }

    fn add(&mut self, texts: &[&str]) {
        texts.iter().for_each(|text| self.text.push_str(text));
    }

    /// Adds one text for each column, with commas between them.
    fn list(&mut self, columns: &[&str], mut add: impl FnMut(&mut String, usize, &str)) {
        for (number, column) in columns.iter().enumerate() {
            if number > 0 {
                self.text.push_str(", ");
            }
            add(&mut self.text, number, column);
        }
    }
}

/// Writes the plan if nobody else has committed since `commits` was read, and these keys are stored still; else nothing, and
/// false.
pub(super) async fn write(
    connection: &mut PgConnection,
    plan: &Plan<'_>,
    commits: i64,
    relied: &[&NewKey],
) -> Result<bool, Error> {
    let mut statement = Statement::default();
    statement.text.push_str(ADVANCE);
    statement.bind(signed(plan.head))?;
    statement.bind(plan.recorded_at.micros())?;
    statement.bind(commits)?;
    if !relied.is_empty() {
        statement.text.push_str(RELIED);
        statement.bind(relied.iter().map(|key| key.record.0).collect::<Vec<_>>())?;
        statement.bind(relied.iter().map(|key| key.class as i16).collect::<Vec<_>>())?;
        statement.bind(relied.iter().map(|key| key.wrapped.as_slice()).collect::<Vec<_>>())?;
    }
    statement.text.push_str(" RETURNING 1)");
    parts(&mut statement, plan)?;
    people(&mut statement, plan)?;
    beside(&mut statement, plan)?;
    letters(&mut statement, plan)?;
    if plan.rows.is_empty() {
        statement.text.push_str(" SELECT FROM state");
    } else {
        events(&mut statement, plan)?;
    }
    let Statement { text, arguments } = statement;
    let done = sqlx::query_with(AssertSqlSafe(text), arguments).execute(connection).await?;
    Ok(done.rows_affected() > 0)
}

fn events(statement: &mut Statement, plan: &Plan<'_>) -> Result<(), Error> {
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
    statement.add(&[" "]);
    statement.insertion("log", plan.rows.len(), &columns);
    statement.column(&plan.rows, |row| signed(row.position))?;
    statement.column(&plan.rows, |row| signed(row.revision))?;
    statement.column(&plan.rows, |row| row.event.time.micros())?;
    statement.column(&plan.rows, |_| plan.recorded_at.micros())?;
    statement.column(&plan.rows, |row| row.event.actor)?;
    statement.column(&plan.rows, |row| row.event.key)?;
    statement.column(&plan.rows, |row| row.event.fingerprint)?;
    statement.column(&plan.rows, |row| row.event.record.map(|record| record.0))?;
    statement.column(&plan.rows, |row| row.event.version)?;
    statement.column(&plan.rows, |row| small(row.event.parts.len()))?;
    statement.column(&plan.rows, |row| row.event.unknown)?;
    statement.column(&plan.rows, |row| &*row.event.stream)?;
    statement.column(&plan.rows, |row| row.event.type_name)?;
    statement.column(&plan.rows, |row| &*row.event.source)?;
    statement.column(&plan.rows, |row| row.event.unit.as_deref())?;
    statement.column(&plan.rows, |row| row.event.sealed_id.as_slice())?;
    statement.column(&plan.rows, |row| row.event.facts.as_str())
}

fn parts(statement: &mut Statement, plan: &Plan<'_>) -> Result<(), Error> {
    let parts: Vec<_> = plan.parts().collect();
    if parts.is_empty() {
        return Ok(());
    }
    statement.insert("sealed", parts.len(), &["position", "class", "blob"], "");
    statement.column(&parts, |(position, _, _)| signed(*position))?;
    statement.column(&parts, |(_, class, _)| *class as i16)?;
    statement.column(&parts, |(_, _, blob)| *blob)
}

fn people(statement: &mut Statement, plan: &Plan<'_>) -> Result<(), Error> {
    if !plan.records.is_empty() {
        statement.insert(
            "record",
            plan.records.len(),
            &["first_position", "record_id", "source", "sealed_subject"],
            "",
        );
        statement.column(&plan.records, |(_, first)| signed(*first))?;
        statement.column(&plan.records, |(record, _)| record.record.0)?;
        statement.column(&plan.records, |(record, _)| &*record.source)?;
        statement.column(&plan.records, |(record, _)| record.sealed_subject.as_slice())?;
    }
    if !plan.keys.is_empty() {
        statement.insert("record_key", plan.keys.len(), &["record_id", "class", "wrapped"], "");
        statement.column(&plan.keys, |key| key.record.0)?;
        statement.column(&plan.keys, |key| key.class as i16)?;
        statement.column(&plan.keys, |key| key.wrapped.as_slice())?;
    }
    Ok(())
}

fn beside(statement: &mut Statement, plan: &Plan<'_>) -> Result<(), Error> {
    if !plan.cursors.is_empty() {
        let cursors: Vec<_> = plan.cursors.iter().collect();
        statement.insert(
            "cursor",
            cursors.len(),
            &["name", "value"],
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        );
        statement.column(&cursors, |(name, _)| **name)?;
        statement.column(&cursors, |(_, value)| **value)?;
    }
    sent(statement, plan)?;
    if !plan.results.is_empty() {
        let columns = ["key", "request", "recorded_at", "position", "status", "sealed_body"];
        statement.insert("command_result", plan.results.len(), &columns, "");
        statement.column(&plan.results, |result| result.key)?;
        statement.column(&plan.results, |result| result.request)?;
        statement.column(&plan.results, |_| plan.recorded_at.micros())?;
        statement.column(&plan.results, |result| signed(result.position))?;
        statement.column(&plan.results, |result| result.status)?;
        statement.column(&plan.results, |result| result.sealed_body.as_slice())?;
    }
    Ok(())
}

fn sent(statement: &mut Statement, plan: &Plan<'_>) -> Result<(), Error> {
    let put: Vec<_> = plan.put().collect();
    if !put.is_empty() {
        let conflict = "ON CONFLICT (topic, customer_id) DO UPDATE SET records = excluded.records";
        statement.insert("sent_customer", put.len(), &["topic", "customer_id", "records"], conflict);
        statement.column(&put, |(topic, _)| *topic)?;
        statement.column(&put, |(_, sent)| sent.customer.0)?;
        statement.column(&put, |(_, sent)| sent.bytes())?;
    }
    let removed: Vec<_> = plan.removed().collect();
    if !removed.is_empty() {
        let first = statement.arguments.len() + 1;
        let second = first + 1;
        let _ = write!(
            statement.text,
            ", removed AS (DELETE FROM sent_customer USING unnest(${first}, ${second}) AS gone (topic, customer_id)
             WHERE sent_customer.topic = gone.topic AND sent_customer.customer_id = gone.customer_id
             AND EXISTS (SELECT FROM state))"
        );
        statement.bind(removed.iter().map(|(topic, _)| *topic).collect::<Vec<&str>>())?;
        statement.bind(removed.iter().map(|(_, id)| id.0).collect::<Vec<uuid::Uuid>>())?;
    }
    Ok(())
}

fn letters(statement: &mut Statement, plan: &Plan<'_>) -> Result<(), Error> {
    let letters = &plan.dead_letters;
    if !letters.is_empty() {
        let columns =
            ["recorded_at", "letter_key", "record_id", "door", "origin", "reason", "problems::json", "sealed_body"];
        statement.insert("dead_letter", letters.len(), &columns, "ON CONFLICT (letter_key) DO NOTHING");
        statement.column(letters, |_| plan.recorded_at.micros())?;
        statement.column(letters, |letter| letter.key)?;
        statement.column(letters, |letter| letter.record.map(|record| record.0))?;
        statement.column(letters, |letter| letter.door.as_str())?;
        statement.column(letters, |letter| letter.origin.as_str())?;
        statement.column(letters, |letter| letter.reason.as_str())?;
        statement.column(letters, |letter| letter.problems.as_str())?;
        statement.column(letters, |letter| letter.sealed_body.as_slice())?;
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
        statement.bind(plan.settles.iter().map(|(id, _)| *id).collect::<Vec<i64>>())?;
        statement.bind(plan.settles.iter().map(|(_, position)| signed(*position)).collect::<Vec<i64>>())?;
    }
    Ok(())
}
