//! Which systems hold copies of customers, which of these copies are old, and what customers had to say twice.
//!
//! | file | what |
//! |---|---|
//! | `fields` | sets of a customer's fields |
//! | `subscriber` | subscribers, in every version |
//! | `held` | what subscribers acknowledged, and what did not get to them |
//! | `changes` | where in the log a customer changed, and in which fields |
//! | `notices` | values that were told again though they were known, and old values that came back |
//! | `index` | customers that changed lately, by position, and who still holds them as they were |
//!
//! A subscriber holds a customer as it stood at a position: the highest of what it held when it was registered, of what it
//! acknowledged for all customers, and of what it acknowledged for any record of this one. So a merge and a split, which
//! shape the customer at a later position, make it old; whatever comes out of order or twice does no harm.

pub mod changes;
pub mod fields;
pub mod held;
pub mod index;
pub mod notices;
pub mod subscriber;

#[cfg(test)]
mod tests;
