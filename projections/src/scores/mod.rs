//! Points: what customers are worth by rules that people edit.
//!
//! | module | what |
//! |---|---|
//! | [`rules`] | a rule set: what a rule file says, checked |
pub mod rules;
