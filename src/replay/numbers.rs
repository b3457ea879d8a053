//! A diff in numbers: who moves between grades, and what rules and business units give before and after.

use kulta_projections::scores::diff::{Summary, summary};
use kulta_projections::scores::totals::Totals;

use super::run::Outcome;

/// See the module.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Numbers {
    /// Customers by grade.
    #[serde(flatten)]
    pub summary: Summary,
    /// Points by rule and by unit; `None` unless both sides were scored with a breakdown.
    #[serde(flatten)]
    pub totals: Option<Totals>,
}

impl Numbers {
    /// The numbers of two outcomes over the same customers.
    pub fn of(before: &Outcome, after: &Outcome) -> Self {
        let totals = match (&before.breakdown, &after.breakdown) {
            (Some(one), Some(other)) => Some(Totals::of((&before.scores, one), (&after.scores, other))),
            _ => None,
        };
        Self { summary: summary(&before.scores, &after.scores), totals }
    }
}
