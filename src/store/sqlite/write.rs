//! Many rows per statement: sqlx takes about as long to hand over a statement as SQLite takes for ten rows.
//!
//! Rows go in chunks of a few fixed sizes, so that few distinct texts exist and each is prepared once. What is left over
//! is filled up with rows of NULLs that are not inserted.

use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, Encode, Executor, Sqlite, SqliteConnection, Type};

use crate::store::Error;

/// The sizes of a chunk.
const SIZES: [usize; 4] = [1, 8, 32, 250];
/// From so many gathered parameters on, they are handed over.
const PARAMETERS: usize = 2_000;

/// A table that rows are inserted into.
#[derive(Debug)]
pub(super) struct Table {
    name: &'static str,
    columns: &'static [&'static str],
    conflict: &'static str,
}

pub(super) const LOG: Table = Table {
    name: "log",
    columns: &[
        "position",
        "stream",
        "revision",
        "event_key",
        "fingerprint",
        "type",
        "version",
        "source",
        "record_id",
        "time",
        "recorded_at",
        "actor",
        "unit",
        "part_count",
        "unknown",
        "sealed_id",
        "facts",
    ],
    conflict: "",
};
pub(super) const SEALED: Table = Table { name: "sealed", columns: &["position", "class", "blob"], conflict: "" };
pub(super) const RECORD: Table =
    Table { name: "record", columns: &["record_id", "source", "sealed_subject", "first_position"], conflict: "" };
pub(super) const RECORD_KEY: Table =
    Table { name: "record_key", columns: &["record_id", "class", "wrapped"], conflict: "" };
pub(super) const COMMAND_RESULT: Table = Table {
    name: "command_result",
    columns: &["key", "request", "status", "position", "sealed_body", "recorded_at"],
    conflict: "",
};
pub(super) const CURSOR: Table = Table {
    name: "cursor",
    columns: &["name", "value"],
    conflict: "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
};
pub(super) const SENT_CUSTOMER: Table = Table {
    name: "sent_customer",
    columns: &["topic", "customer_id", "records"],
    conflict: "ON CONFLICT (topic, customer_id) DO UPDATE SET records = excluded.records",
};
pub(super) const DEAD_LETTER: Table = Table {
    name: "dead_letter",
    columns: &["letter_key", "door", "origin", "reason", "problems", "sealed_body", "record_id", "recorded_at"],
    conflict: "ON CONFLICT (letter_key) DO NOTHING",
};

impl Table {
    /// The statement for a chunk of so many rows, the first of which must be whole.
    fn insert(&self, rows: usize) -> String {
        let row = format!("({})", vec!["?"; self.columns.len()].join(","));
        let values = vec![row.as_str(); rows].join(",");
        let (name, columns, conflict) = (self.name, self.columns.join(", "), self.conflict);
        // A refused row undoes the whole transaction (the group is tried again in halves), so that SQLite need not keep
        // what each statement changes in order to undo that statement alone.
        let or = if conflict.is_empty() { "OR ROLLBACK " } else { "" };
        format!(
            "INSERT {or}INTO {name} ({columns}) SELECT * FROM (VALUES {values}) WHERE column1 IS NOT NULL {conflict};"
        )
    }
}

/// Statements and their parameters, gathered and run in as few calls as sensible.
#[derive(Debug)]
pub(super) struct Script<'c> {
    connection: &'c mut SqliteConnection,
    text: String,
    arguments: SqliteArguments,
}

impl<'c> Script<'c> {
    pub(super) fn new(connection: &'c mut SqliteConnection) -> Self {
        Self { connection, text: String::new(), arguments: SqliteArguments::default() }
    }

    /// Adds a statement that ends with a semicolon.
    pub(super) fn add(&mut self, statement: &str) {
        self.text.push_str(statement);
    }

    /// Adds the parameter of the next placeholder.
    pub(super) fn bind<'q, T: Encode<'q, Sqlite> + Type<Sqlite>>(&mut self, value: T) -> Result<(), Error> {
        super::add(&mut self.arguments, value)
    }

    /// Inserts rows; `bind` binds the columns of one, in the table's order.
    pub(super) async fn insert<R>(
        &mut self,
        table: &Table,
        rows: &[R],
        bind: impl Fn(&mut Self, &R) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for chunk in rows.chunks(SIZES[SIZES.len() - 1]) {
            let size = SIZES.into_iter().find(|size| *size >= chunk.len()).unwrap_or(chunk.len());
            self.text.push_str(&table.insert(size));
            for row in chunk {
                bind(self, row)?;
            }
            for _ in 0..(size - chunk.len()) * table.columns.len() {
                self.bind(None::<i64>)?;
            }
            if self.arguments.len() >= PARAMETERS {
                self.run().await?;
            }
        }
        Ok(())
    }

    /// For a statement that is not gathered, after [`Script::run`].
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        self.connection
    }

    /// Runs what was added since the last call.
    pub(super) async fn run(&mut self) -> Result<(), Error> {
        let text = std::mem::take(&mut self.text);
        let arguments = std::mem::take(&mut self.arguments);
        self.connection.execute(sqlx::query_with(AssertSqlSafe(text), arguments)).await?;
        Ok(())
    }
}
