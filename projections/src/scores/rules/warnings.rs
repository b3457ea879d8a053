//! What a rule file may say and perhaps does not mean.

use super::{Facets, RuleSet};

/// Something that is worth a second look. The rule set works all the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rule \"{rule}\": {what}")]
pub struct Warning {
    /// The rule.
    pub rule: Box<str>,
    /// What is worth the look.
    pub what: String,
}

impl RuleSet {
    /// What can be told without data.
    pub fn warnings(&self, facets: &Facets) -> Vec<Warning> {
        if self.money.is_some() {
            return Vec::new();
        }
        let warnings = self.rules.iter().map(|rule| {
            let reads = rule.reads();
            let is_money = |name: &str| reads.types.iter().any(|event_type| facets.is_money(event_type, name));
            (rule, reads.facets.iter().filter(|name| is_money(name)).cloned().collect::<Vec<_>>())
        });
        let warnings = warnings.filter(|(_, amounts)| !amounts.is_empty());
        let told = warnings.map(|(rule, amounts)| {
            let (amounts, are) = (amounts.join(", "), if amounts.len() == 1 { "is" } else { "are" });
            let what = format!("{amounts} {are} taken as written, in whatever currency: the file names no `currency`");
            Warning { rule: rule.id.clone(), what }
        });
        told.collect()
    }
}
