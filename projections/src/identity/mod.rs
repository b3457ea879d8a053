//! Which records are one customer: normalising, blocking, comparing, weighing, clustering.
//!
//! | module | what |
//! |---|---|
//! | [`normal`] | one form for the many notations of names, numbers, addresses, dates, ids |
//! | [`attributes`] | what is known of a record, the neutral form that files and record states fill |
//! | [`said`] | the attributes of a record as its state says them |
//! | [`prepared`] | a record normalised once, compact |
//! | [`block`] | which pairs are compared at all |
//! | [`compare`] | how two records agree, level by level |
//! | [`terms`] | how frequent values are |
//! | [`weights`] | what an agreement says, in bits; training |
//! | [`policy`] | all of that, frozen |
//! | [`pairs`], [`train`](mod@train), [`resolve`](mod@resolve) | many records at once: pairs, policy, clusters |
//! | [`live`] | resident records that come, change and go one at a time |
//! | [`cluster`] | from the pairs of a component to its customers |
//! | [`past`] | who was one customer at an earlier moment |
//! | [`steward`] | stewards' decisions as constraints |
//! | [`explain`](mod@explain) | why two records are, or are not, one customer |
//! | [`preview`] | what another policy would change |
//! | [`measure`](mod@measure) | how good clusters are, held against the truth |
//! | [`hash`], [`similar`] | hashes that never change; similarity of short texts |
//!
//! Everything is a pure function. Batch and stream end in the same clusters under one policy, in any order of arrival.

pub mod attributes;
pub mod block;
pub mod cluster;
pub mod compare;
pub mod explain;
pub mod hash;
pub mod live;
pub mod measure;
pub mod normal;
pub mod pairs;
pub mod past;
pub mod policy;
pub mod prepared;
pub mod preview;
pub mod resolve;
pub mod said;
pub mod similar;
pub mod steward;
pub mod terms;
pub(crate) mod threads;
pub mod train;
pub mod weights;
