//! Synthetic input for `kulta generate`: hard data, not clean data.

mod business_ids;
mod calendar;
mod companies;
mod contact;
mod customer;
mod life;
mod names;
mod noise;
mod places;
mod records;
mod rng;
mod values;
mod world;
