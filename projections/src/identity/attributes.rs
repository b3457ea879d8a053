//! What is known of a record, as far as matching reads it: the neutral form that files and record states fill.

/// A record's attributes. Everything may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// The publishing system; only equality counts.
    pub source: String,
    /// `person` or `organisation`; anything else is unknown.
    pub kind: String,
    /// Given name or names.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Full or legal name.
    pub name: String,
    /// Further names: former, trade, in another script.
    pub aliases: Vec<String>,
    /// E-mail addresses.
    pub emails: Vec<String>,
    /// Telephone numbers in any notation.
    pub phones: Vec<String>,
    /// Postal addresses.
    pub addresses: Vec<AddressText>,
    /// Possible dates of birth as ISO texts: more than one when the notation is ambiguous.
    pub birth_dates: Vec<String>,
    /// Gender in any usual notation.
    pub gender: String,
    /// National business id.
    pub business_id: String,
    /// VAT id.
    pub vat_id: String,
    /// Web site.
    pub website: String,
    /// Other ids.
    pub ids: Vec<IdText>,
    /// Country of the record.
    pub country: String,
}

/// An address as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressText {
    /// Street with number, or the whole address on one line.
    pub street: String,
    /// Postal code.
    pub postal_code: String,
    /// Town.
    pub city: String,
    /// State, province or region.
    pub region: String,
    /// Country.
    pub country: String,
}

impl AddressText {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        [&self.street, &self.postal_code, &self.city, &self.region].iter().all(|part| part.trim().is_empty())
    }
}

/// An id as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdText {
    /// What kind of id: `passport`, `lei`, …
    pub kind: String,
    /// The id.
    pub value: String,
    /// The country that gave it, if it says.
    pub country: String,
}
