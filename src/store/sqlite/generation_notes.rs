//! Notes of changed scores.

use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::super::score_notes::{
    CLEAR, COLUMNS, Cause, NOTE_LIST, NOTES, Note, Noted, SET_TOPIC, ScoreNotes, TOPIC, noted,
};
use super::super::view_rows::signed;
use super::super::{Error, number, score_sql};
use super::generation::{Epoch, Tables};
use super::generation_scores::text;
use super::generation_write::{Bound, Insert};

/// Notes changes; of two of one score the later holds, as the table says.
pub(super) async fn write(connection: &mut SqliteConnection, notes: &[Note]) -> Result<(), Error> {
    let bind = |query: Bound, note: &Note| {
        let query = query.bind(note.rule_set.clone()).bind(note.customer.0).bind(note.cause.name());
        Ok(query.bind(signed(note.position)?))
    };
    if notes.is_empty() {
        return Ok(());
    }
    Insert::new(&format!("score_note ({COLUMNS})"), 4, "").run(connection, notes, bind).await
}

#[async_trait]
impl ScoreNotes for Tables {
    async fn noted_for(&self) -> Result<Option<String>, Error> {
        Ok(sqlx::query_scalar(text(TOPIC, 0)).fetch_optional(&self.readers).await?)
    }

    async fn begin_notes(&self, topic: &str, notes: Option<&[Note]>, epoch: i64) -> Result<(), Error> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        for clear in CLEAR {
            sqlx::query(text(clear, 0)).execute(&mut *transaction).await?;
        }
        sqlx::query(text(SET_TOPIC, 0)).bind(topic.to_owned()).execute(&mut *transaction).await?;
        match notes {
            Some(notes) => write(&mut transaction, notes).await?,
            None => {
                let live: Vec<i64> =
                    sqlx::query_scalar(text(score_sql::ALL_LIVE, 0)).fetch_all(&mut *transaction).await?;
                for set in live {
                    let note = sqlx::query(text(NOTE_LIST, set)).bind(Cause::All.name()).bind(set);
                    note.execute(&mut *transaction).await?;
                }
            }
        }
        Epoch(epoch).check(&self.log).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn end_notes(&self, epoch: i64) -> Result<(), Error> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        for clear in CLEAR {
            sqlx::query(text(clear, 0)).execute(&mut *transaction).await?;
        }
        Epoch(epoch).check(&self.log).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn notes(&self, after: i64, limit: usize) -> Result<Vec<Noted>, Error> {
        let query = sqlx::query_as(text(NOTES, 0)).bind(after).bind(number::limit(limit));
        query.fetch_all(&self.readers).await?.into_iter().map(noted).collect()
    }

    async fn forget_notes(&self, numbers: &[i64]) -> Result<(), Error> {
        let list = serde_json::json!(numbers).to_string();
        let text = "DELETE FROM score_note WHERE note_no IN (SELECT value FROM json_each($1))";
        sqlx::query(text).bind(list).execute(&self.writer).await?;
        Ok(())
    }
}
