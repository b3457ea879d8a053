//! Rows that stay in memory when they were read, for the next replay over the same customers.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::Customers;
use super::parts::Chunk;
use crate::scores::facts::Room;

/// The rows of customers, some customers together: those of a customer lie side by side, in the order of facts, so that who
/// reads them again neither reads, nor unpacks, nor merges.
#[derive(Debug, Default)]
pub struct Shelf {
    /// By the first customer.
    chunks: Mutex<HashMap<usize, Arc<Chunk>>>,
    /// Bytes that may still be taken.
    room: AtomicUsize,
}

/// What one thread puts rows in order with.
#[derive(Debug, Default)]
pub(super) struct Order {
    room: Room,
    rows: Vec<u32>,
    times: Vec<i64>,
}

impl Shelf {
    /// A shelf for so many bytes of rows; what does not fit is read each time.
    pub fn new(bytes: usize) -> Self {
        Self { chunks: Mutex::default(), room: AtomicUsize::new(bytes) }
    }

    /// How many rows it holds.
    pub fn rows(&self) -> usize {
        self.chunks.lock().unwrap_or_else(PoisonError::into_inner).values().map(|chunk| chunk.facts.len()).sum()
    }

    /// The rows of exactly these customers.
    pub(super) fn get(&self, customers: &Range<usize>) -> Option<Arc<Chunk>> {
        let chunks = self.chunks.lock().unwrap_or_else(PoisonError::into_inner);
        chunks.get(&customers.start).filter(|chunk| chunk.customers.len() == customers.len()).cloned()
    }

    /// Keeps the rows of these customers. `None`: there is no room.
    pub(super) fn keep(&self, customers: &Range<usize>, chunk: &Chunk, order: &mut Order) -> Option<Arc<Chunk>> {
        let bytes = chunk.facts.len().checked_mul(chunk.facts.bytes_of_row())?;
        let taken = |room: usize| room.checked_sub(bytes);
        self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).ok()?;
        let kept = Arc::new(chunk.in_order(order));
        self.chunks.lock().unwrap_or_else(PoisonError::into_inner).insert(customers.start, kept.clone());
        Some(kept)
    }
}

impl Chunk {
    /// The same rows, with one run for each customer that has any.
    fn in_order(&self, order: &mut Order) -> Self {
        let Order { room, rows, times } = order;
        rows.clear();
        times.clear();
        let (mut starts, mut customers) = (vec![0], Customers::default());
        for customer in 0..self.customers.len() {
            let before = rows.len();
            self.facts.merge_into(self.customers.places(customer), room, rows, times);
            if rows.len() > before {
                customers.push_place(starts.len() as u32 - 1);
                starts.push(rows.len() as u32);
            }
            customers.end_customer();
        }
        let mut facts = self.facts.taken(rows);
        facts.starts = starts;
        Self { facts, scratch: Vec::new(), customers }
    }
}
