//! One form for the many notations of a name, a telephone number, an address, a date, an id.
//!
//! Pure functions, total over any text. Each module takes the text as a source wrote it and gives what comparing and
//! blocking need. Equality of two values of a golden record is another matter: [`crate::normal`].
//!
//! | module | what |
//! |---|---|
//! | [`text`] | repair of broken encodings; the folds that every other module stands on |
//! | [`country`] | ISO codes from codes and names |
//! | [`person`] | names of persons in their parts |
//! | [`nickname`] | classes of given names that one person may bear |
//! | [`phonetic`] | what a name sounds like |
//! | [`company`] | names of organisations, legal forms apart |
//! | [`phone`] | E.164 |
//! | [`email`] | mailbox, provider, role |
//! | [`address`] | street, number, flat, postcode, town |
//! | [`date`] | the dates that a text may mean |
//! | [`ids`] | business, VAT and personal ids with their check digits |
//! | [`gender`] | female, male, other |

pub mod address;
pub mod company;
pub mod country;
pub mod date;
pub mod email;
pub mod gender;
pub mod ids;
pub mod nickname;
pub mod person;
pub mod phone;
pub mod phonetic;
pub mod text;

pub use address::Address;
pub use company::CompanyName;
pub use date::Dates;
pub use email::Email;
pub use gender::Gender;
pub use ids::StrongId;
pub use person::PersonName;
pub use phone::Phone;

/// The version of these forms. A match policy names the version that it was trained on, so a change of any rule here
/// takes a new version.
pub const VERSION: u32 = 2;

#[cfg(test)]
mod tests;
