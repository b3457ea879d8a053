//! Access tokens: who may do what. A token's name becomes the actor of what it does.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Publish events.
    Publish,
    /// Read everything, personal data included.
    Read,
    /// Register and edit customers, settle dead letters.
    Edit,
    /// Merge, split, decide, publish policies.
    Govern,
    /// Run the node: rebuilds and the like.
    Admin,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Permission; 5] = [Self::Publish, Self::Read, Self::Edit, Self::Govern, Self::Admin];

    /// Its name in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Read => "read",
            Self::Edit => "edit",
            Self::Govern => "govern",
            Self::Admin => "admin",
        }
    }
}

/// A set of permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Permissions(u8);

impl Permissions {
    /// All of them.
    pub const ALL: Self = Self(0b1_1111);

    /// Whether this one is among them.
    pub fn has(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u8) != 0
    }

    /// These and one more.
    #[must_use]
    pub fn with(self, permission: Permission) -> Self {
        Self(self.0 | (1 << permission as u8))
    }
}

/// An access token, as far as the node needs to know it: the hash of its secret, never the secret.
#[derive(Clone)]
pub struct Token {
    /// Its name, the actor of what it does.
    pub name: Arc<str>,
    /// What it may do.
    pub may: Permissions,
    /// The sources that it may publish for; `None`: all.
    pub sources: Option<Arc<[String]>>,
    digest: [u8; 32],
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token")
            .field("name", &self.name)
            .field("may", &self.may)
            .field("sources", &self.sources)
            .finish()
    }
}

impl Token {
    /// A token with all permissions for all sources.
    pub fn new(name: &str, secret: &str) -> Self {
        Self::from_sha256(name, sha256(secret.as_bytes()))
    }

    /// A token of which only the SHA-256 of the secret is known.
    pub fn from_sha256(name: &str, digest: [u8; 32]) -> Self {
        Self { name: name.into(), may: Permissions::ALL, sources: None, digest }
    }
}

/// The token with this secret. Every token is compared, in time that tells nothing about their hashes.
pub fn find<'a>(tokens: &'a [Token], secret: &[u8]) -> Option<&'a Token> {
    let presented = sha256(secret);
    let mut found = None;
    for token in tokens {
        if verify_slices_are_equal(&token.digest, &presented).is_ok() {
            found = Some(token);
        }
    }
    found
}

/// Whether all tokens can stand together: one name may have several secrets (to change them without a gap), one secret
/// only one name.
pub(super) fn check_all(tokens: &[Token]) -> Result<(), String> {
    for (index, token) in tokens.iter().enumerate() {
        if let Some(twin) = tokens[..index].iter().find(|earlier| earlier.digest == token.digest) {
            return Err(format!("the tokens {} and {} have the same secret", twin.name, token.name));
        }
    }
    Ok(())
}

pub(super) fn sha256(text: &[u8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, text).as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_by_its_secret_only() {
        let tokens = [Token::new("erp", "s3cret"), Token::new("crm", "two")];
        assert_eq!(&*find(&tokens, b"two").unwrap().name, "crm");
        assert!(find(&tokens, b"three").is_none());
        assert!(find(&tokens, b"").is_none());
        assert!(!format!("{tokens:?}").contains("s3cret"));
    }

    #[test]
    fn permissions_are_a_set() {
        let some = Permissions::default().with(Permission::Read).with(Permission::Admin);
        let held: Vec<_> = Permission::ALL.into_iter().filter(|p| some.has(*p)).map(Permission::name).collect();
        assert_eq!(held, ["read", "admin"]);
        assert!(Permission::ALL.into_iter().all(|p| Permissions::ALL.has(p)));
    }
}
