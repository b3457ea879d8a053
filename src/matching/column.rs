//! What is read of a row.

use std::borrow::Cow;
use std::collections::BTreeMap;

use csv::ByteRecord;
use jiff::fmt::strtime::BrokenDownTime;
use kulta_projections::identity::attributes::{AddressText, Attributes, IdText};

use super::mapping::MappingFault;

/// A text composed of columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Column(usize),
}

impl Template {
    pub fn column(at: usize) -> Self {
        Self(vec![Part::Column(at)])
    }

    pub fn fixed(text: &str) -> Self {
        Self(vec![Part::Text(text.to_owned())])
    }

    pub fn parse(
        text: &str,
        attribute: &str,
        find: &mut impl FnMut(&str) -> Result<usize, MappingFault>,
    ) -> Result<Self, MappingFault> {
        let fault = || MappingFault::Template(attribute.to_owned());
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            let (column, after) = after.split_once('}').ok_or_else(fault)?;
            parts.push(Part::Text(before.to_owned()));
            parts.push(Part::Column(find(column.trim())?));
            rest = after;
        }
        if rest.contains('}') {
            return Err(fault());
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    /// The text of a row, without white space around it; empty when no column has a value.
    fn read<'r>(&self, row: &'r ByteRecord) -> Cow<'r, str> {
        match self.0.as_slice() {
            [Part::Column(at)] => cell(row, *at),
            parts => {
                let (mut text, mut said, mut columns) = (String::new(), false, false);
                for part in parts {
                    match part {
                        Part::Text(fixed) => text.push_str(fixed),
                        Part::Column(at) => {
                            let value = cell(row, *at);
                            said |= !value.is_empty();
                            columns = true;
                            text.push_str(&value);
                        }
                    }
                }
                if said || !columns { Cow::Owned(text.trim().to_owned()) } else { Cow::Borrowed("") }
            }
        }
    }
}

/// A cell without white space around it. What is no UTF-8 is read as Latin-1.
fn cell(row: &ByteRecord, at: usize) -> Cow<'_, str> {
    let bytes = row.get(at).unwrap_or_default();
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text.trim()),
        Err(_) => Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect::<String>().trim().to_owned()),
    }
}

/// A value of an attribute.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    pub template: Template,
    /// How dates are written.
    pub formats: Vec<String>,
    /// Values in place of those that the file has.
    pub values: BTreeMap<String, String>,
    /// The column with the country of an id.
    pub country: Option<usize>,
}

impl Text {
    pub fn column(at: usize) -> Self {
        Self { template: Template::column(at), ..Self::default() }
    }

    fn read<'r>(&'r self, row: &'r ByteRecord) -> Cow<'r, str> {
        let text = self.template.read(row);
        match self.values.get(&*text) {
            Some(value) => Cow::Borrowed(value),
            None => text,
        }
    }

    /// The dates that a text may be by the formats, as ISO texts; the text itself when there are none, or none fits.
    fn dates(&self, text: &str, out: &mut Vec<String>) {
        let mut add = |text: String| {
            if !out.contains(&text) {
                out.push(text);
            }
        };
        let mut fits = false;
        for format in &self.formats {
            let Some(date) = BrokenDownTime::parse(format, text).ok().and_then(|read| read.to_date().ok()) else {
                continue;
            };
            // `%Y` would take the two digits of 5/3/20 for the year 20.
            if date.year() < 1_000 {
                continue;
            }
            fits = true;
            add(date.to_string());
            // With two digits either century may be meant.
            if format.contains("%y") && date.year() >= 2_000 {
                add(format!("{:04}-{:02}-{:02}", date.year() - 100, date.month(), date.day()));
            }
        }
        if !fits {
            add(text.to_owned());
        }
    }
}

/// What is read of each row.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    texts: Vec<(String, Text)>,
}

impl Plan {
    pub fn add(&mut self, attribute: &str, text: Text) {
        self.texts.push((attribute.to_owned(), text));
    }

    pub fn has(&self, attribute: &str) -> bool {
        self.texts.iter().any(|(known, _)| known == attribute)
    }

    /// The id of a row's record, if the file has one.
    pub fn record_id(&self, row: &ByteRecord) -> Option<String> {
        let mut ids = self.texts.iter().filter(|(attribute, _)| attribute == "record_id");
        ids.next().map(|(_, text)| text.read(row).into_owned())
    }

    /// The name of a row's source; empty when it has none.
    pub fn source<'r>(&'r self, row: &'r ByteRecord) -> Cow<'r, str> {
        let mut sources = self.texts.iter().filter(|(attribute, _)| attribute == "source");
        sources.next().map_or(Cow::Borrowed(""), |(_, text)| text.read(row))
    }

    /// Whether nothing is read that could be compared.
    pub fn is_empty(&self) -> bool {
        self.texts.iter().all(|(attribute, _)| matches!(attribute.as_str(), "record_id" | "source" | "kind"))
    }

    /// A row's attributes.
    pub fn attributes(&self, row: &ByteRecord) -> Attributes {
        let mut said = Attributes::default();
        let mut address = AddressText::default();
        for (attribute, text) in &self.texts {
            let value = text.read(row);
            if value.is_empty() {
                continue;
            }
            let one = match attribute.as_str() {
                "source" => &mut said.source,
                "kind" => &mut said.kind,
                "given_name" => &mut said.given_name,
                "family_name" => &mut said.family_name,
                "name" => &mut said.name,
                "street" => &mut address.street,
                "postal_code" => &mut address.postal_code,
                "city" => &mut address.city,
                "region" => &mut address.region,
                "country" => &mut address.country,
                "gender" => &mut said.gender,
                "business_id" => &mut said.business_id,
                "vat_id" => &mut said.vat_id,
                "website" => &mut said.website,
                "alias" => {
                    said.aliases.push(value.into_owned());
                    continue;
                }
                "email" => {
                    said.emails.push(value.into_owned());
                    continue;
                }
                "phone" => {
                    said.phones.push(value.into_owned());
                    continue;
                }
                "birth_date" => {
                    text.dates(&value, &mut said.birth_dates);
                    continue;
                }
                other => {
                    if let Some(kind) = other.strip_prefix("id.") {
                        let country = text.country.map(|at| cell(row, at).into_owned()).unwrap_or_default();
                        said.ids.push(IdText { kind: kind.to_owned(), value: value.into_owned(), country });
                    }
                    continue;
                }
            };
            // Of several columns for one value the first that has any; a further name is an alias.
            if one.is_empty() {
                *one = value.into_owned();
            } else if attribute == "name" {
                said.aliases.push(value.into_owned());
            }
        }
        said.country.clone_from(&address.country);
        if !address.is_empty() {
            said.addresses.push(address);
        }
        said
    }
}
