//! Pipelines and daily work: what is to be sold, done and answered, from facts alone.
//!
//! | module | what |
//! |---|---|
//! | [`history`] | what was told of one thing, in the order of facts: the row of the store |
//! | [`terms`] | what may be said of an offer or a lead |
//! | [`definition`] | pipelines in every version, and those in force at a time |
//! | [`offer`] | how an offer stands, its moves and sums |
//! | [`card`] | an offer as boards and reports take it, as of any time |
//! | [`money`] | exact sums by currency |
//! | [`board`] | what stands in each stage |

pub mod board;
pub mod card;
pub mod definition;
pub mod history;
pub mod money;
pub mod offer;
pub mod terms;
