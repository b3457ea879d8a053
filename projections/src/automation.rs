//! Automations: what kulta does by itself when something happens, or does not happen. Here is what is to be done and
//! when; doing it, and remembering that it was done, is the caller's part.
//!
//! | module | what |
//! |---|---|
//! | [`definition`] | an automation as people define it, checked |
//! | [`versions`] | all definitions of all automations, and since when each is enabled |
//! | [`causes`] | what an automation fires for: what stands at a time, and when to look again |
//! | [`things`] | causes of offers, leads and complaints |
//! | [`customers`] | causes of customers: silences, mails that nobody opened, counts |
//! | [`facets`] | conditions on single events, in the language of the rules of scores |
//! | [`crossing`] | points and grades: what is a reading and no event |
//! | [`consent`] | whether a person may be contacted |
//! | [`dry_run`] | how often it would have fired, and for whom |
//! | [`watch`] | all of this for one thing, by its definition |
//!
//! An automation fires at most once per cause, also through restarts, rebuilds, merges and splits, and when facts come
//! late. Three things make it so. Causes follow from facts and a time alone. Each is made of events, by their places
//! in the log ([`causes::Standing::parts`]); whoever keeps the places of which causes were fired for, and passes over
//! causes that are made of any of them, fires for nothing twice. And what is over when somebody looks is not fired for
//! any more ([`causes::to_fire`]), so that no flood of old news follows a standstill.

pub mod causes;
pub mod consent;
pub mod crossing;
pub mod customers;
pub mod definition;
pub mod dry_run;
pub mod facets;
pub mod things;
pub mod versions;
pub mod watch;
