//! What the layers in front of the endpoints share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use axum::http::HeaderValue;
use tokio::sync::Semaphore;

use crate::privacy::seal;
use crate::services::Services;
use crate::store;

/// The longest request id that is taken from a caller.
const MAX_REQUEST_ID: usize = 64;
/// The unit in which room for bodies is given, in bytes.
pub const ROOM_UNIT: usize = 1024;

/// See the module.
#[derive(Debug)]
pub struct Edge {
    /// The node.
    pub services: Arc<Services>,
    /// Room for the bodies that are in work, in units of [`ROOM_UNIT`].
    pub bodies: Arc<Semaphore>,
    /// Numbers of the actors that have asked: as many as there are tokens.
    actors: RwLock<HashMap<Box<str>, i64>>,
    id_prefix: String,
    id_counter: AtomicU64,
}

impl Edge {
    /// The edge of a node.
    pub fn new(services: Arc<Services>) -> Self {
        let room = services.settings.limits.bodies_bytes.div_ceil(ROOM_UNIT).min(u32::MAX as usize);
        // Without randomness the ids of two runs may be equal; they only help people to find a line in the log.
        let prefix: [u8; 4] = seal::random().unwrap_or_default();
        Self {
            services,
            bodies: Arc::new(Semaphore::new(room)),
            actors: RwLock::default(),
            id_prefix: prefix.iter().map(|byte| format!("{byte:02x}")).collect(),
            id_counter: AtomicU64::new(1),
        }
    }

    /// How often the projections were set back: what was read across that may be older than the reader was told.
    pub fn setbacks(&self) -> u64 {
        self.services.reads.projections.live().setbacks()
    }

    /// The number of an actor.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn actor(&self, name: &str) -> Result<i64, store::Error> {
        let known = self.actors.read().unwrap_or_else(PoisonError::into_inner).get(name).copied();
        if let Some(actor) = known {
            return Ok(actor);
        }
        let actor = self.services.log.actor(name).await?;
        self.actors.write().unwrap_or_else(PoisonError::into_inner).insert(name.into(), actor);
        Ok(actor)
    }

    /// The id of a request: the caller's own if it is one, else a new one.
    pub fn request_id(&self, given: Option<&HeaderValue>) -> String {
        let own = given.and_then(|value| value.to_str().ok()).filter(|id| is_request_id(id));
        own.map_or_else(
            || format!("{}-{}", self.id_prefix, self.id_counter.fetch_add(1, Ordering::Relaxed)),
            str::to_owned,
        )
    }
}

fn is_request_id(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !id.is_empty() && id.len() <= MAX_REQUEST_ID && id.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_are_short_words() {
        assert!(is_request_id("018f-ab.c_D9"));
        for refused in ["", "a b", "a\"b", "é", &"x".repeat(65)] {
            assert!(!is_request_id(refused), "{refused}");
        }
    }
}
