//! Pipelines and daily work: what is to be sold, done and answered, from facts alone.
//!
//! | module | what |
//! |---|---|
//! | [`history`] | what was told of one thing, in the order of facts |
//! | [`terms`] | what may be said of an offer or a lead |
//! | [`definition`] | pipelines in every version, and those in force at a time |
//! | [`standing`] | where an offer or a lead stands, and how it came there |
//! | [`offer`] | how an offer stands, its moves and sums |
//! | [`lead`] | how a lead stands, and who has it |
//! | [`funnel`] | how far things come, and how long they stay |
//! | [`wins`] | win rates, goals |
//! | [`period`] | days, months and quarters of a time zone |
//! | [`business`] | opening hours: until when to answer, how much open time is left |
//! | [`complaint`] | who waits for an answer, and which came too late |
//! | [`contact`] | activities, messages, last contact, notes, lists |
//! | [`task`] | tasks, and the list that somebody works from |
//! | [`step`] | which rows a batch of events needs, and which change by it |
//! | [`cause`] | what took too long: what an automation may fire for, once |
//! | [`decide`] | whether a person may do that |
//! | [`card`] | an offer as boards and reports take it, as of any time |
//! | [`money`] | exact sums by currency |
//! | [`board`] | what stands in each stage |
//! | [`tiles`] | what boards of now are made of, close together in memory |

pub mod board;
pub mod business;
pub mod card;
pub mod cause;
pub mod complaint;
pub mod contact;
pub mod decide;
pub mod definition;
pub mod funnel;
pub mod history;
pub mod lead;
pub mod money;
pub mod offer;
pub mod period;
pub mod standing;
pub mod step;
pub mod task;
pub mod terms;
pub mod tiles;
pub mod wins;
