//! How far the generations have got, as this node has seen.
//!
//! Commits of projections need not be durable: what a crash of the server takes away is projected again. But readers may
//! have been told that it was there. All connections end with the crash, so each new connection of a reader is held
//! against that, and is not used while the server is behind it: the reader waits until the projector, which
//! loses its claim by the same crash, has taken over the checkpoint as it is. A reader that had been told of a position
//! before, and reads only then, would read what is behind it: such setbacks are counted, and who reads across one starts anew.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::{AssertSqlSafe, PgConnection};

use super::generation_schema::schema_of;
use crate::store::number::signed;

const IS_THERE: &str = "SELECT to_regclass($1) IS NOT NULL";

/// Positions by generation.
#[derive(Clone, Debug, Default)]
pub(super) struct Reached {
    positions: Arc<Mutex<HashMap<i64, u64>>>,
    /// How often a generation was found further back than it had been.
    setbacks: Arc<AtomicU64>,
}

impl Reached {
    /// A generation is here now, also if that is further back than it was.
    pub(super) fn set(&self, generation: i64, position: u64) {
        let mut positions = self.positions.lock().unwrap_or_else(PoisonError::into_inner);
        if positions.get(&generation).is_some_and(|known| position < *known) {
            // Counted before new connections are let through, so that whoever reads by one of them can know of it.
            self.setbacks.fetch_add(1, Ordering::SeqCst);
        }
        positions.insert(generation, position);
    }

    /// How often a generation was found further back than it had been.
    pub(super) fn setbacks(&self) -> u64 {
        self.setbacks.load(Ordering::SeqCst)
    }

    /// Only these generations are of interest.
    pub(super) fn keep(&self, generations: &[i64]) {
        self.positions.lock().unwrap_or_else(PoisonError::into_inner).retain(|number, _| generations.contains(number));
    }

    /// Whether the server is at least as far.
    pub(super) async fn is_there_still(&self, connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
        let seen = self.positions.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (generation, position) in seen {
            let table = format!("{}.checkpoint", schema_of(generation));
            // A generation that was dropped is nobody's any more; who still reads it is told so.
            if !sqlx::query_scalar(IS_THERE).bind(&table).fetch_one(&mut *connection).await? {
                continue;
            }
            let text = AssertSqlSafe(format!("SELECT position FROM {table}"));
            let there: Option<i64> = sqlx::query_scalar(text).fetch_optional(&mut *connection).await?;
            if there.is_none_or(|there| there < signed(position)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
