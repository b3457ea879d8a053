//! What a registered type may be called.

use crate::envelope::Problem;

/// The most characters of a name.
const MAX: usize = 64;

/// Families of types that kulta is built with, or keeps for itself: nobody registers types of these.
pub const RESERVED_FAMILIES: &[&str] = &[
    "activity",
    "activity_type",
    "automation",
    "complaint",
    "customer",
    "email",
    "enquiry",
    "event_type",
    "feedback",
    "form",
    "goal",
    "identity",
    "invoice",
    "kulta",
    "lead",
    "list",
    "match_policy",
    "message",
    "note",
    "offer",
    "outbox",
    "pipeline",
    "purchase",
    "record",
    "report",
    "rule_set",
    "source",
    "subscriber",
    "subscription",
    "survivorship_policy",
    "task",
    "ticket",
    "warranty",
    "web",
];

/// Checks a name such as `loyalty.points_redeemed`.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check(name: &str) -> Result<(), Problem> {
    let letters = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let well_formed = name.len() <= MAX && name.contains('.') && name.split('.').all(letters);
    if !well_formed {
        let detail = format!(
            "expected family.past_tense, such as loyalty.points_redeemed: at most {MAX} lower-case letters, digits \
             and _, with a dot between its parts"
        );
        return Err(Problem::new("invalid", "/type", detail));
    }
    let family = name.split('.').next().unwrap_or_default();
    if RESERVED_FAMILIES.contains(&family) {
        let detail = format!("kulta keeps the family {family} for itself: choose another word before the dot");
        return Err(Problem::new("reserved-type", "/type", detail));
    }
    Ok(())
}
