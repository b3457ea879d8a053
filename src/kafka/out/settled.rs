//! Whether a generation of the projections has got to where the one before it was.
//!
//! After an upgrade, or when nobody has the former projections any more, they are made from the log again, beginning with
//! nothing: that nobody is there yet is not to be told.

use crate::projector::Projections;
use crate::store::Log;

/// The generation that was seen last, and the end of the log when it was seen first.
#[derive(Debug, Default)]
pub(super) struct Settled(Option<(i64, u64)>);

impl Settled {
    /// Whether the live generation holds everything that was in the log when it was seen first.
    pub fn is(&mut self, log: &dyn Log, projections: &Projections) -> bool {
        let position = projections.position();
        self.reached(projections.live().number(), position, *log.head().borrow())
    }

    fn reached(&mut self, generation: i64, position: u64, head: u64) -> bool {
        match self.0 {
            Some((seen, end)) if seen == generation => position >= end,
            _ => {
                self.0 = Some((generation, head));
                position >= head
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generation_is_settled_when_it_holds_what_it_found() {
        let mut settled = Settled::default();
        assert!(!settled.reached(2, 0, 100));
        // More comes all the time.
        assert!(!settled.reached(2, 99, 150));
        assert!(settled.reached(2, 100, 200));
        assert!(!settled.reached(3, 199, 200));
    }
}
