//! Notes of changed scores.

use async_trait::async_trait;
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::score_notes::{
    CLEAR, COLUMNS, Cause, NOTE_LIST, NOTES, Note, Noted, SET_TOPIC, ScoreNotes, TOPIC, noted,
};
use super::super::view_rows::signed;
use super::super::{Error, number, score_sql};
use super::generation::Tables;
use super::generations::fence;

/// Rows per statement.
const ROWS: usize = 10_000;

const INSERT: &str = "
SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[])
ON CONFLICT (rule_set, customer_id) DO UPDATE
SET note_no = DEFAULT, cause = excluded.cause, position = excluded.position";

/// Notes changes; of two of one score the later holds.
pub(super) async fn write(tables: &Tables, connection: &mut PgConnection, notes: &[Note]) -> Result<(), Error> {
    let text = tables.scores_text(&format!("INSERT INTO {{g}}score_note ({COLUMNS}) {INSERT}"), 0);
    for some in notes.chunks(ROWS) {
        let positions = some.iter().map(|note| signed(note.position)).collect::<Result<Vec<_>, _>>()?;
        sqlx::query(text.clone())
            .bind(some.iter().map(|note| note.rule_set.as_str()).collect::<Vec<_>>())
            .bind(some.iter().map(|note| note.customer.0).collect::<Vec<Uuid>>())
            .bind(some.iter().map(|note| note.cause.name()).collect::<Vec<_>>())
            .bind(positions)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

#[async_trait]
impl ScoreNotes for Tables {
    async fn noted_for(&self) -> Result<Option<String>, Error> {
        let query = sqlx::query_scalar(self.scores_text(TOPIC, 0));
        query.fetch_optional(&self.writers).await.map_err(|error| self.failed(error))
    }

    async fn begin_notes(&self, topic: &str, notes: Option<&[Note]>, epoch: i64) -> Result<(), Error> {
        let mut transaction = self.writers.begin().await?;
        fence(&mut transaction, epoch).await?;
        for clear in CLEAR {
            sqlx::query(self.scores_text(clear, 0)).execute(&mut *transaction).await?;
        }
        sqlx::query(self.scores_text(SET_TOPIC, 0)).bind(topic).execute(&mut *transaction).await?;
        match notes {
            Some(notes) => write(self, &mut transaction, notes).await?,
            None => {
                let live = sqlx::query_scalar(self.scores_text(score_sql::ALL_LIVE, 0));
                let live: Vec<i64> = live.fetch_all(&mut *transaction).await?;
                for set in live {
                    let note = sqlx::query(self.scores_text(NOTE_LIST, set)).bind(Cause::All.name()).bind(set);
                    note.execute(&mut *transaction).await?;
                }
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    async fn end_notes(&self, epoch: i64) -> Result<(), Error> {
        let mut transaction = self.writers.begin().await?;
        fence(&mut transaction, epoch).await?;
        for clear in CLEAR {
            sqlx::query(self.scores_text(clear, 0)).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    async fn notes(&self, after: i64, limit: usize) -> Result<Vec<Noted>, Error> {
        let query = sqlx::query_as(self.scores_text(NOTES, 0)).bind(after).bind(number::limit(limit));
        let rows = query.fetch_all(&self.writers).await.map_err(|error| self.failed(error))?;
        rows.into_iter().map(noted).collect()
    }

    async fn forget_notes(&self, numbers: &[i64]) -> Result<(), Error> {
        let text = self.scores_text("DELETE FROM {g}score_note WHERE note_no = ANY ($1)", 0);
        sqlx::query(text).bind(numbers).execute(&self.writers).await.map_err(|error| self.failed(error))?;
        Ok(())
    }
}
