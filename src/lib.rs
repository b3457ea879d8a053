//! kulta.
