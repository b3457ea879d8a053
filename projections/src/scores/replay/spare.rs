//! Vectors that are used again: whoever computes batch after batch neither gives memory back nor asks for it, and does not
//! pay for pages that are new each time.

use std::cell::RefCell;

use super::lanes::{BoolLanes, Bools, NumberLanes, Numbers};

/// More are not kept: an expression has that many parts at a time.
const MOST: usize = 32;

/// Vectors of every kind that lanes are made of.
#[derive(Debug, Default)]
pub(super) struct Spare {
    pub(super) numbers: Pool<i64>,
    pub(super) bools: Pool<bool>,
    pub(super) lanes: Pool<u32>,
}

/// Vectors that nobody uses now.
#[derive(Debug)]
pub(super) struct Pool<T>(RefCell<Vec<Vec<T>>>);

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T> Pool<T> {
    /// An empty vector.
    pub(super) fn take(&self) -> Vec<T> {
        self.0.borrow_mut().pop().unwrap_or_default()
    }

    /// A vector of these.
    pub(super) fn of(&self, values: impl Iterator<Item = T>) -> Vec<T> {
        let mut taken = self.take();
        taken.extend(values);
        taken
    }

    /// Takes a vector back.
    pub(super) fn give(&self, mut vector: Vec<T>) {
        let mut kept = self.0.borrow_mut();
        if kept.len() < MOST {
            vector.clear();
            kept.push(vector);
        }
    }
}

impl Spare {
    /// Takes numbers back.
    pub(super) fn numbers(&self, lanes: NumberLanes) {
        if let Numbers::Each(numbers) = lanes.numbers {
            self.numbers.give(numbers);
        }
    }

    /// Takes conditions back.
    pub(super) fn bools(&self, lanes: BoolLanes) {
        if let Bools::Each(bools) = lanes.bools {
            self.bools.give(bools);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_is_taken_again_and_empty() {
        let spare = Spare::default();
        let numbers = spare.numbers.of(0..100);
        let at = numbers.as_ptr();
        spare.numbers(NumberLanes { numbers: Numbers::Each(numbers), ..NumberLanes::one(0, 0) });
        spare.numbers(NumberLanes::one(7, 0));
        let again = spare.numbers.take();
        assert_eq!((again.as_ptr(), again.len()), (at, 0));
        assert_eq!(spare.numbers.take().capacity(), 0, "it is with somebody");
        (0..2 * MOST).for_each(|_| spare.lanes.give(vec![1]));
        assert_eq!(spare.lanes.0.borrow().len(), MOST);
    }
}
