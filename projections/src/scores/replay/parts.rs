//! Columns that are not in memory as a whole: the rows of some customers at a time.

use std::ops::Range;
use std::sync::Arc;

use super::Customers;
use super::shelf::{Order, Shelf};
use crate::scores::facts::Facts;

/// Where the rows of customers come from, some customers at a time.
pub trait Parts: Sync {
    /// The columns without rows: the facets that there are, and the texts that numbers stand for.
    fn head(&self) -> &Facts;
    /// The earliest and the latest time; `None` without rows.
    fn span(&self) -> Option<(i64, i64)>;
    /// How many customers there are.
    fn customers(&self) -> usize;
    /// How many rows a customer has.
    fn rows_of(&self, customer: usize) -> usize;
    /// Puts the rows of some customers, one after the other, into a chunk that is empty.
    ///
    /// # Errors
    /// When they cannot be read.
    fn load(&self, customers: Range<usize>, chunk: &mut Chunk) -> Result<(), Unread>;
    /// Where rows stay that were read once; `None`: they are read each time.
    fn shelf(&self) -> Option<&Shelf> {
        None
    }
}

/// Where the rows of all customers are.
#[derive(Clone, Copy)]
pub enum Columns<'a> {
    /// In memory.
    Whole(&'a Facts, &'a Customers),
    /// Elsewhere: they are read some customers at a time.
    Parts(&'a dyn Parts),
}

/// Why rows could not be read.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct Unread(pub Arc<dyn std::error::Error + Send + Sync>);

impl PartialEq for Unread {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Unread {}

/// The rows of some customers. Each customer has runs of rows, each run in the order of facts.
#[derive(Debug)]
pub struct Chunk {
    /// The columns, which whoever loads rows appends to.
    pub facts: Facts,
    /// Room to work in.
    pub scratch: Vec<u8>,
    pub(super) customers: Customers,
}

impl Chunk {
    /// Without rows; its columns are those of the head.
    pub fn of(head: &Facts) -> Self {
        let mut chunk = Self { facts: head.clone(), scratch: Vec::new(), customers: Customers::default() };
        chunk.clear();
        chunk
    }

    /// Takes all rows out.
    pub fn clear(&mut self) {
        self.facts.clear_rows();
        self.facts.starts.push(0);
        self.customers.clear();
    }

    /// Ends a run of the customer that comes next: the rows that were appended since the last one ended.
    pub fn end_run(&mut self) {
        self.customers.push_place(self.facts.starts.len() as u32 - 1);
        self.facts.starts.push(self.facts.len() as u32);
    }

    /// Ends a customer, to whom the runs belong that were ended since the last one.
    pub fn end_customer(&mut self) {
        self.customers.end_customer();
    }
}

/// Rows that a thread works on.
#[derive(Debug, Default)]
pub(super) struct Holding {
    /// Those that were read.
    read: Option<Chunk>,
    /// Those that stay.
    kept: Option<Arc<Chunk>>,
    order: Order,
}

impl Holding {
    pub(super) fn of(columns: Columns<'_>) -> Self {
        let read = matches!(columns, Columns::Parts(_)).then(|| Chunk::of(columns.head()));
        Self { read, ..Self::default() }
    }

    /// The rows of some customers: those that stay, or as they are read.
    pub(super) fn load(&mut self, parts: &dyn Parts, customers: &Range<usize>) -> Result<&Chunk, Unread> {
        let Self { read, kept, order } = self;
        let shelf = parts.shelf();
        *kept = shelf.and_then(|shelf| shelf.get(customers));
        let read = read.get_or_insert_with(|| Chunk::of(parts.head()));
        if kept.is_none() {
            read.clear();
            parts.load(customers.clone(), read)?;
            *kept = shelf.and_then(|shelf| shelf.keep(customers, read, order));
        }
        Ok(kept.as_deref().unwrap_or(read))
    }
}

impl Columns<'_> {
    /// The columns, with or without rows: which facets there are and what numbers stand for.
    pub(super) fn head(&self) -> &Facts {
        match self {
            Columns::Whole(facts, _) => facts,
            Columns::Parts(parts) => parts.head(),
        }
    }

    pub(super) fn span(&self) -> Option<(i64, i64)> {
        match self {
            Columns::Whole(facts, _) => facts.span(),
            Columns::Parts(parts) => parts.span(),
        }
    }

    pub(super) fn customers(&self) -> usize {
        match self {
            Columns::Whole(_, customers) => customers.len(),
            Columns::Parts(parts) => parts.customers(),
        }
    }

    pub(super) fn rows_of(&self, customer: usize) -> usize {
        match self {
            Columns::Whole(facts, customers) => {
                customers.places(customer).iter().map(|place| facts.rows_at(*place).len()).sum()
            }
            Columns::Parts(parts) => parts.rows_of(customer),
        }
    }
}
