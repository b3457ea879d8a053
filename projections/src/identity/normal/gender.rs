//! Female, male, other.

/// What a source says of a person's gender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gender {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Neither.
    Other,
}

/// The gender that a text means; `None`: it says nothing certain.
pub fn parse(text: &str) -> Option<Gender> {
    match text.trim().to_lowercase().as_str() {
        "f" | "female" => Some(Gender::Female),
        "m" | "male" => Some(Gender::Male),
        _ => None,
    }
}
