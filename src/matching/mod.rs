//! Records in a CSV file: from a row to what matching reads, with or without a mapping file.
//!
//! Columns that are named as attributes are read as such (`record_id`, `source`, `kind`, `given_name`, `family_name`,
//! `name`, `alias`, `email`, `phone`, `street`, `postal_code`, `city`, `region`, `country`, `birth_date`, `gender`,
//! `business_id`, `vat_id`, `website`, `id.TYPE`). A mapping file says where the attributes of other files stand:
//!
//! ```toml
//! given_name = "first_name"                                  # a column
//! email = ["email", "email_2"]                               # all that are there; of a single attribute the first
//! street = { template = "{street_number} {address_1}" }      # composed
//! birth_date = { column = "dob", formats = ["%d/%m/%Y", "%m/%d/%Y"] }      # a date that fits both counts as either
//! kind = { column = "record_type", values = { PERSON = "person", ORGANIZATION = "organisation" } }
//! source = { const = "crm" }
//! "id.passport" = { column = "passport_number", country = "passport_country" }
//! ```
//!
//! With a mapping, columns that it does not name are read if they are named as attributes that it does not name.

mod column;
mod mapping;
mod read;

pub use mapping::{Mapping, MappingFault};
pub use read::{Input, ReadFault, read};

#[cfg(test)]
mod tests;
