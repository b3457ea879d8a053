//! Synthetic input for `kulta generate`: hard data, not clean data.

mod activity;
mod business_ids;
mod calendar;
mod companies;
mod contact;
mod customer;
mod json;
mod life;
mod names;
mod noise;
mod places;
mod plan;
mod records;
mod rng;
mod values;
mod wording;
mod world;
