//! One generation: the tables of a schema.

use std::sync::Arc;

use async_trait::async_trait;
use kulta_events::{CustomerId, RecordId};
use kulta_projections::batch::{Answer, Changes, Needs};
use kulta_projections::crosswalk::Decision;
use kulta_projections::rows::{CustomerRow, MatchPolicyRow, PolicyRow, RecordRow, RelationRow, UnknownRow};
use sqlx::PgPool;
use uuid::Uuid;

use super::super::view_sql::Texts;
use super::super::views::{Bulk, Crosswalk, Generation, NamedCustomer, RecordName, Refold, Seen, StoredCustomer};
use super::super::{Error, number, view_rows};
use super::generation_reached::Reached;
use super::generation_read::{self as read, LookUps};
use super::generation_relations::{self as relations, Relations};
use super::generation_schema::{SIDES, create_indexes, schema_of};
use super::generation_write::{self as write, Writes};

/// The tables of one generation.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) number: i64,
    pub(super) texts: Texts,
    pub(super) look_ups: LookUps,
    pub(super) writes: Writes,
    pub(super) relations: Relations,
    /// For those who were told a position.
    pub(super) readers: PgPool,
    /// For the projector, and whoever asks for the position.
    pub(super) writers: PgPool,
    pub(super) reached: Reached,
}

impl Tables {
    pub(super) fn new(number: i64, readers: PgPool, writers: PgPool, reached: Reached) -> Self {
        let texts = Texts::new(&format!("{}.", schema_of(number)), SIDES);
        let (look_ups, writes) = (LookUps::new(number), Writes::new(number));
        let relations = Relations::new(number);
        Self { number, texts, look_ups, writes, relations, readers, writers, reached }
    }

    /// What a failed read means: a table that is not there was removed after a swap, so that the same request succeeds
    /// on the generation that is live now.
    pub(super) fn failed(&self, error: sqlx::Error) -> Error {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        if matches!(code.as_deref(), Some("42P01" | "3F000")) {
            return Error::Unavailable(Arc::new(error));
        }
        error.into()
    }
}

#[async_trait]
impl Generation for Tables {
    fn number(&self) -> i64 {
        self.number
    }

    fn setbacks(&self) -> u64 {
        self.reached.setbacks()
    }

    async fn checkpoint(&self) -> Result<u64, Error> {
        let query = sqlx::query_scalar(self.texts.checkpoint.clone());
        let position = number::unsigned(query.fetch_one(&self.writers).await.map_err(|error| self.failed(error))?)?;
        self.reached.set(self.number, position);
        Ok(position)
    }

    async fn policy(&self) -> Result<Option<PolicyRow>, Error> {
        let query = sqlx::query_as(self.texts.policies.clone());
        let rows = query.fetch_all(&self.writers).await.map_err(|error| self.failed(error))?;
        Ok(view_rows::in_force(view_rows::all(rows, view_rows::policy)?))
    }

    async fn look_up(&self, needs: &Needs) -> Result<Answer, Error> {
        read::look_up(self, needs).await
    }

    async fn advance(
        &self,
        from: u64,
        changes: &Changes,
        to: u64,
        epoch: i64,
        refold: Option<Refold<'_>>,
    ) -> Result<(), Error> {
        write::write(self, changes, (from, to), epoch, refold).await?;
        self.reached.set(self.number, to);
        Ok(())
    }

    async fn fill(&self, bulk: Bulk) -> Result<(), Error> {
        write::fill(self, &bulk).await
    }

    async fn filled(&self, to: u64) -> Result<(), Error> {
        let to = view_rows::signed(to)?;
        let mut transaction = self.writers.begin().await?;
        create_indexes(&mut transaction, self.number).await?;
        sqlx::query(self.writes.set_checkpoint.clone()).bind(to).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn positions(&self) -> Result<Vec<(CustomerId, u64)>, Error> {
        let query = sqlx::query_as(self.texts.positions.clone());
        let rows = query.fetch_all(&self.readers).await.map_err(|error| self.failed(error))?;
        view_rows::all(rows, view_rows::position)
    }

    async fn crosswalk(&self) -> Result<Crosswalk, Error> {
        let query = sqlx::query_as(self.texts.crosswalk.clone());
        let rows = query.fetch_all(&self.readers).await.map_err(|error| self.failed(error))?;
        match view_rows::crosswalk(rows)? {
            Some(found) => Ok(found),
            None => Ok(Crosswalk { position: self.checkpoint().await?, records: Vec::new() }),
        }
    }

    async fn raise(&self, positions: &[(CustomerId, u64)]) -> Result<(), Error> {
        write::raise(self, positions).await
    }

    async fn customer(&self, id: CustomerId) -> Result<Option<StoredCustomer>, Error> {
        let query = sqlx::query_as(self.texts.customer.clone()).bind(id.0);
        let row = query.fetch_optional(&self.readers).await.map_err(|error| self.failed(error))?;
        row.map(view_rows::stored_customer).transpose()
    }

    async fn record(&self, id: RecordId) -> Result<Option<RecordRow>, Error> {
        let query = sqlx::query_as(self.texts.record.clone()).bind(id.0);
        let row = query.fetch_optional(&self.readers).await.map_err(|error| self.failed(error))?;
        row.map(view_rows::record).transpose()
    }

    async fn members(&self, id: CustomerId) -> Result<Vec<RecordRow>, Error> {
        let query = sqlx::query_as(self.texts.members.clone()).bind(id.0);
        let rows = query.fetch_all(&self.readers).await.map_err(|error| self.failed(error))?;
        view_rows::all(rows, view_rows::record)
    }

    async fn customers_since(&self, after: (u64, Uuid), limit: usize) -> Result<Vec<StoredCustomer>, Error> {
        let query = sqlx::query_as(self.texts.customers_since.clone());
        let query = query.bind(view_rows::signed(after.0)?).bind(after.1).bind(number::limit(limit));
        let rows = query.fetch_all(&self.readers).await.map_err(|error| self.failed(error))?;
        view_rows::all(rows, view_rows::stored_customer)
    }

    async fn decisions_of(&self, records: &[RecordId]) -> Result<Vec<Decision>, Error> {
        read::decisions(self, &self.readers, Vec::new(), records.iter().map(|id| id.0).collect()).await
    }

    async fn records(&self, ids: &[RecordId]) -> Result<Vec<RecordRow>, Error> {
        relations::records(self, ids).await
    }

    async fn related_to(&self, records: &[RecordId]) -> Result<Vec<RecordRow>, Error> {
        relations::related_to(self, records).await
    }

    async fn members_of(&self, ids: &[CustomerId]) -> Result<Vec<RecordRow>, Error> {
        relations::members_of(self, ids).await
    }

    async fn record_names(&self, of: &[CustomerId]) -> Result<Vec<RecordName>, Error> {
        relations::record_names(self, of).await
    }

    async fn named(&self, ids: &[CustomerId]) -> Result<Vec<NamedCustomer>, Error> {
        relations::named(self, ids).await
    }

    async fn relations_page(&self, after: Option<&RelationRow>, limit: usize) -> Result<Vec<RelationRow>, Error> {
        relations::page(self, after, limit).await
    }

    async fn records_page(
        &self,
        after: Option<RecordId>,
        limit: usize,
    ) -> Result<Vec<Seen<RecordId, RecordRow>>, Error> {
        let page = read::page(self, &self.texts.records_page, after.map(|id| id.0), limit).await?;
        Ok(page.into_iter().map(view_rows::seen_record).collect())
    }

    async fn customers_page(
        &self,
        after: Option<CustomerId>,
        limit: usize,
    ) -> Result<Vec<Seen<CustomerId, CustomerRow>>, Error> {
        let page = read::page(self, &self.texts.customers_page, after.map(|id| id.0), limit).await?;
        Ok(page.into_iter().map(view_rows::seen_customer).collect())
    }

    async fn decisions_page(&self, after: Option<Uuid>, limit: usize) -> Result<Vec<Seen<Uuid, Decision>>, Error> {
        let page = read::page(self, &self.texts.decisions_page, after, limit).await?;
        Ok(page.into_iter().map(view_rows::seen_decision).collect())
    }

    async fn orphans(&self) -> Result<Vec<Uuid>, Error> {
        let query = sqlx::query_scalar(self.texts.orphans.clone());
        Ok(query.fetch_all(&self.readers).await.map_err(|error| self.failed(error))?)
    }

    async fn policies_seen(&self) -> Result<Vec<Seen<u64, PolicyRow>>, Error> {
        let query = sqlx::query_as(self.texts.policies.clone());
        let rows = query.fetch_all(&self.readers).await.map_err(|error| self.failed(error))?;
        Ok(rows.into_iter().map(view_rows::seen_policy).collect())
    }

    async fn match_policies_seen(&self) -> Result<Vec<Seen<u64, MatchPolicyRow>>, Error> {
        let query = sqlx::query_as(self.texts.match_policies.clone());
        let rows = query.fetch_all(&self.readers).await.map_err(|error| self.failed(error))?;
        Ok(rows.into_iter().map(view_rows::seen_match_policy).collect())
    }

    async fn policies(&self) -> Result<Vec<PolicyRow>, Error> {
        let query = sqlx::query_as(self.texts.policies.clone());
        let rows = query.fetch_all(&self.readers).await.map_err(|error| self.failed(error))?;
        view_rows::all(rows, view_rows::policy)
    }

    async fn unknown(&self) -> Result<Vec<UnknownRow>, Error> {
        let query = sqlx::query_as(self.texts.unknown.clone());
        let rows = query.fetch_all(&self.readers).await.map_err(|error| self.failed(error))?;
        Ok(rows.into_iter().map(view_rows::unknown).collect())
    }
}
