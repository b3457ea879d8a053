//! Synthetic input for `kulta generate`: hard data, not clean data.

mod calendar;
mod names;
mod places;
mod rng;
