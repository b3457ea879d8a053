//! What the rules found for a batch so far.

use super::Batch;
use super::breakdown::Gathered;
use super::compiled::Compiled;
use super::narrow::Narrow;
use super::spare::Spare;

/// See the module.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) sums: Vec<i128>,
    /// Customers that the interpreter is to score.
    pub(super) beyond: Vec<bool>,
    /// By rule and customer.
    pub(super) missing: Vec<u32>,
    pub(super) without_rate: Vec<u32>,
    /// Currencies that were met, by their numbers.
    pub(super) marked: Vec<bool>,
    /// What rules and business units gave, where it was asked for.
    pub(super) gathered: Option<Gathered>,
    /// Room to work in.
    pub(super) narrow: Narrow,
    pub(super) spare: Spare,
}

impl Tally {
    /// Another batch.
    pub(super) fn begin(&mut self, customers: usize, rules: usize) {
        for (list, size) in [(&mut self.missing, customers * rules), (&mut self.without_rate, customers * rules)] {
            list.clear();
            list.resize(size, 0);
        }
        if let Some(gathered) = &mut self.gathered {
            gathered.begin();
        }
        self.sums.clear();
        self.sums.resize(customers, 0);
        self.beyond.clear();
        self.beyond.resize(customers, false);
    }

    /// Adds what a rule gives a customer; `None`: the interpreter must find it.
    pub(super) fn add(&mut self, customer: u32, sum: Option<i128>) {
        let place = customer as usize;
        match sum.and_then(|sum| self.sums[place].checked_add(sum)) {
            Some(sum) => self.sums[place] = sum,
            None => self.beyond[place] = true,
        }
    }
}

/// Leaves the customers for whom a rule may give something to the interpreter.
pub(super) fn mark(rule: &Compiled<'_>, from_first_event: bool, batch: &Batch, tally: &mut Tally) {
    for (kind, customer) in batch.types.iter().zip(&batch.of) {
        if from_first_event || rule.of_type[usize::from(*kind)] {
            tally.beyond[*customer as usize] = true;
        }
    }
}
