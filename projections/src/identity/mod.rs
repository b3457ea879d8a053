//! Which records are one customer: normalising, blocking, comparing, clustering.

pub mod normal;

pub mod attributes;
pub mod block;
pub mod cluster;
pub mod compare;
pub mod explain;
pub mod hash;
pub mod live;
pub mod measure;
pub mod pairs;
pub mod policy;
pub mod prepared;
pub mod resolve;
pub mod similar;
pub mod steward;
pub mod terms;
pub mod train;
pub mod weights;
