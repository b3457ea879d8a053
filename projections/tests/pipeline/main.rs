//! Pipelines and daily work: the laws on small worlds, and real data.
#![cfg(test)]

mod crm;
mod laws;
mod world;
