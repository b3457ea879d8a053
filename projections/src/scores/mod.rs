//! Points: what customers are worth by rules that people edit.
//!
//! | module | what |
//! |---|---|
//! | [`rules`] | a rule set: what a rule file says, checked |
//! | [`history`] | the versions of a rule set |
//! | [`calendar`] | days and windows of a time zone |
//! | [`half_life`] | what age leaves of points |
//! | [`money`] | amounts in the currency of the rules |
//! | [`exact`] | sums that lose no digit, tiers, caps, the one rounding |
//! | [`interpret`] | the score of one customer, explained: what a rule set means |
//! | [`facts`] | the facts of events by columns |
//! | [`replay`] | the scores of all customers, from columns |
//! | [`diff`] | who moves: scores before and after |
//! | [`totals`] | the points of all customers before and after, by rule and by unit |
//! | [`customer`] | what rules read of a customer: `customer.…` |
//! | [`summary`] | the score of one customer by rules, by units and part by part |
//! | [`service`] | what serving a customer took, against what its grade allows |
//! | [`rows`] | a score as a row of a list, and the order of lists |
//! | [`steps`] | the ends of days, weeks and months, for scores in the course of time |

pub mod calendar;
pub mod customer;
pub mod diff;
pub mod exact;
pub mod facts;
pub mod half_life;
pub mod history;
pub mod interpret;
pub mod money;
pub mod replay;
pub mod rows;
pub mod rules;
pub mod service;
pub mod steps;
pub mod summary;
pub mod totals;
