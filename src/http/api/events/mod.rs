//! Events: publish and read.

mod answer;
mod binary;
mod event;
mod forms;
pub mod list;
pub mod publish;

pub use answer::{Answer, EventProblem, Verdict, field_errors};
pub use event::{Event, Writer};

/// Source and id of an event in binary mode.
type Names = Option<(Option<String>, Option<String>)>;
