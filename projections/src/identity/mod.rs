//! Which records are one customer: normalising, blocking, comparing, clustering.

pub mod normal;
