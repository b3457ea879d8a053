//! Pipelines and daily work: what is to be sold, done and answered, from facts alone.
//!
//! | module | what |
//! |---|---|
//! | [`history`] | what was told of one thing, in the order of facts: the row of the store |
//! | [`terms`] | what may be said of an offer or a lead |
//! | [`definition`] | pipelines in every version, and those in force at a time |
//! | [`standing`] | where an offer or a lead stands, and how it came there |
//! | [`offer`] | how an offer stands, its moves and sums |
//! | [`lead`] | how a lead stands, and who has it |
//! | [`business`] | opening hours: until when to answer, how much open time is left |
//! | [`complaint`] | who waits for an answer, and which came too late |
//! | [`decide`] | whether a person may do that |
//! | [`card`] | an offer as boards and reports take it, as of any time |
//! | [`money`] | exact sums by currency |
//! | [`board`] | what stands in each stage |

pub mod board;
pub mod business;
pub mod card;
pub mod complaint;
pub mod decide;
pub mod definition;
pub mod history;
pub mod lead;
pub mod money;
pub mod offer;
pub mod standing;
pub mod terms;
