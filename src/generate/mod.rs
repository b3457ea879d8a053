//! Synthetic input for `kulta generate`: hard data, not clean data.

mod business_ids;
mod calendar;
mod names;
mod noise;
mod places;
mod rng;
