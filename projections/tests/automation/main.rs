//! Automations: what they fire for, in random worlds. Times lie about both changes of the clocks in Helsinki and about a
//! leap day, on few moments, so that much coincides.
#![cfg(test)]

mod consent;
mod firing;
mod laws;
mod slow;
mod world;
