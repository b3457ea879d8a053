//! Those who ask while others are being answered wait, and are asked for together: one look-up for many requests.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// One asks at a time, for all who came until then.
#[derive(Debug)]
pub(crate) struct Together<K, V> {
    /// Who waits while others are answered.
    next: Mutex<Round<K, V>>,
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Round<K, V> {
    keys: HashSet<K>,
    answered: Arc<OnceLock<HashMap<K, V>>>,
}

impl<K, V> Default for Round<K, V> {
    fn default() -> Self {
        Self { keys: HashSet::new(), answered: Arc::default() }
    }
}

impl<K, V> Default for Together<K, V> {
    fn default() -> Self {
        Self { next: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }
}

impl<K: Copy + Eq + Hash, V: Clone> Together<K, V> {
    /// What `fetch` finds of these keys; it is begun after this was called, here or by another who asks.
    ///
    /// # Errors
    /// What this one's own `fetch` says: where another's failed, everybody fetches for themselves.
    pub async fn ask<E, F>(&self, keys: &[K], fetch: impl FnOnce(Vec<K>) -> F) -> Result<HashMap<K, V>, E>
    where
        F: Future<Output = Result<HashMap<K, V>, E>>,
    {
        let answered = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            next.keys.extend(keys);
            next.answered.clone()
        };
        let own = |all: &HashMap<K, V>| keys.iter().filter_map(|key| Some((*key, all.get(key)?.clone()))).collect();
        let _turn = self.turn.lock().await;
        if let Some(all) = answered.get() {
            return Ok(own(all));
        }
        let mut round = std::mem::take(&mut *self.next.lock().unwrap_or_else(PoisonError::into_inner));
        // Of a round whose turn failed nobody is left in the next.
        round.keys.extend(keys);
        let all = fetch(round.keys.into_iter().collect()).await?;
        let own = own(&all);
        let _ = round.answered.set(all);
        Ok(own)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn doubled(keys: Vec<u32>) -> Result<HashMap<u32, u32>, ()> {
        Ok(keys.into_iter().filter(|key| *key != 9).map(|key| (key, key * 2)).collect())
    }

    #[tokio::test]
    async fn who_waits_is_asked_for_with_all_who_wait() {
        let (together, asked) = (Together::<u32, u32>::default(), AtomicUsize::new(0));
        let one = async |key: u32| {
            let fetch = async |keys: Vec<u32>| {
                asked.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                doubled(keys)
            };
            together.ask(&[key, 9], fetch).await
        };
        let found = futures::future::join_all((0..8).map(one)).await;
        for (key, found) in (0..8).zip(found) {
            assert_eq!(found, Ok(HashMap::from([(key, key * 2)])));
        }
        assert_eq!(asked.into_inner(), 2, "the first, and then one for the seven who came meanwhile");
    }

    #[tokio::test]
    async fn where_one_fails_the_others_ask_for_themselves() {
        let (together, asked) = (Together::<u32, u32>::default(), AtomicUsize::new(0));
        let one = async |key: u32| {
            let fetch = async |keys: Vec<u32>| {
                let nth = asked.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                if nth == 1 { Err(()) } else { doubled(keys) }
            };
            together.ask(&[key], fetch).await
        };
        let found = futures::future::join_all((0..4).map(one)).await;
        assert_eq!(found[0], Ok(HashMap::from([(0, 0)])));
        assert_eq!(found[1], Err(()), "the one that asked for the second round");
        assert_eq!(found[2..], [Ok(HashMap::from([(2, 4)])), Ok(HashMap::from([(3, 6)]))]);
    }
}
