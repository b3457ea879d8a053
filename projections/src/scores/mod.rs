//! Points: what customers are worth by rules that people edit.
//!
//! | module | what |
//! |---|---|
//! | [`rules`] | a rule set: what a rule file says, checked |
//! | [`calendar`] | days and windows of a time zone |
//! | [`half_life`] | what age leaves of points |
//! | [`money`] | amounts in the currency of the rules |
//! | [`exact`] | sums that lose no digit, tiers, caps, the one rounding |
//! | [`interpret`] | the score of one customer, explained: what a rule set means |
pub mod calendar;
pub mod exact;
pub mod half_life;
pub mod interpret;
pub mod money;
pub mod rules;
