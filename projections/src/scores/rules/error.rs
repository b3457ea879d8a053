//! What can be wrong with a rule file.

/// Something in a rule file that cannot be, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("line {line}, column {column}: {}expected {expected}, found {found}", with_colon(path))]
pub struct RuleError {
    /// Line of the file, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Which key, such as `rule "buying": valid.from`; places in lists count from 1. Empty for the file as a whole.
    pub path: String,
    /// What may stand there.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

fn with_colon(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}
