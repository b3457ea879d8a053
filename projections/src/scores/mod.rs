//! Points: what customers are worth by rules that people edit.
//!
//! | module | what |
//! |---|---|
//! | [`rules`] | a rule set: what a rule file says, checked |
//! | [`calendar`] | days and windows of a time zone |
//! | [`half_life`] | what age leaves of points |
pub mod calendar;
pub mod half_life;
pub mod rules;
