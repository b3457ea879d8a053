//! Points: what customers are worth by rules that people edit.
//!
//! | module | what |
//! |---|---|
//! | [`rules`] | a rule set: what a rule file says, checked |
//! | [`facts`] | the facts of events by columns |
//! | [`history`] | the versions of a rule set |
pub mod facts;
pub mod history;
pub mod rules;
