//! Keys and seals: what stands between personal data and the disk.

mod aad;
mod at_rest;
pub mod hash;
mod keyring;
pub mod letter;
pub mod master;
mod opening;
mod reseal;
pub mod seal;
pub mod vault;

pub use keyring::Acquainted;
pub use master::MasterKey;
pub use vault::Vault;

/// Why something could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The master key is not the one that this log was made with.
    #[error("the master key is not the one that this database was made with; nothing was written")]
    WrongMasterKey,
    /// No master key was given.
    #[error("{0}")]
    NoMasterKey(String),
    /// The file of the master key could not be read or made.
    #[error("master key file {path}")]
    File {
        /// Which file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness")]
    NoRandomness,
    /// A seal is broken: the text was changed, moved, or sealed under another key.
    #[error("a sealed text cannot be opened with its key")]
    Broken,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
}
