//! Mapping files.

use std::collections::BTreeMap;

use kulta_projections::nesting::{self, TooDeep};
use serde::Deserialize;

use super::column::{Plan, Template, Text};

/// The attributes that columns may be named as; beside them `id.TYPE`.
pub(super) const ATTRIBUTES: [&str; 19] = [
    "record_id",
    "source",
    "kind",
    "given_name",
    "family_name",
    "name",
    "alias",
    "email",
    "phone",
    "street",
    "postal_code",
    "city",
    "region",
    "country",
    "birth_date",
    "gender",
    "business_id",
    "vat_id",
    "website",
];
/// What else the record's id may be called.
const RECORD_ID: [&str; 2] = ["id", "rec_id"];

/// Why a mapping cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MappingFault {
    /// It is no TOML, or not of this form.
    #[error("not a mapping of columns")]
    Form(#[from] toml::de::Error),
    /// It is not read at all.
    #[error(transparent)]
    TooDeep(#[from] TooDeep),
    /// It names something that is no attribute.
    #[error("`{0}` is no attribute; known are {known} and id.TYPE", known = ATTRIBUTES.join(", "))]
    Attribute(String),
    /// It names a column that the file does not have.
    #[error("`{attribute}` needs the column `{column}`; there are {there}")]
    Column {
        /// The attribute.
        attribute: String,
        /// The column.
        column: String,
        /// The columns that there are.
        there: String,
    },
    /// A template with a brace that is not closed.
    #[error("the template of `{0}` has a brace without its other half")]
    Template(String),
    /// A value that is neither column nor template nor constant.
    #[error("`{0}` needs exactly one of `column`, `template` and `const`")]
    Value(String),
}

/// Where attributes stand.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    attributes: BTreeMap<String, Vec<Spec>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Value {
    Column(String),
    Columns(Vec<Value>),
    Spec(Box<Spec>),
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    column: Option<String>,
    template: Option<String>,
    #[serde(rename = "const")]
    constant: Option<String>,
    #[serde(default)]
    formats: Vec<String>,
    #[serde(default)]
    values: BTreeMap<String, String>,
    country: Option<String>,
}

impl Value {
    fn specs(self, out: &mut Vec<Spec>) {
        match self {
            Self::Column(column) => out.push(Spec { column: Some(column), ..Spec::default() }),
            Self::Columns(values) => values.into_iter().for_each(|value| value.specs(out)),
            Self::Spec(spec) => out.push(*spec),
        }
    }
}

pub(super) fn is_attribute(name: &str) -> bool {
    ATTRIBUTES.contains(&name) || name.strip_prefix("id.").is_some_and(|kind| !kind.trim().is_empty())
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// When it is not of the form, or names what is no attribute.
    pub fn parse(text: &str) -> Result<Self, MappingFault> {
        nesting::check(text)?;
        let mut attributes = BTreeMap::new();
        for (name, value) in toml::from_str::<BTreeMap<String, Value>>(text)? {
            if !is_attribute(&name) {
                return Err(MappingFault::Attribute(name));
            }
            let mut specs = Vec::new();
            value.specs(&mut specs);
            for spec in &specs {
                let given = [&spec.column, &spec.template, &spec.constant].into_iter().flatten().count();
                if given != 1 {
                    return Err(MappingFault::Value(name));
                }
            }
            attributes.insert(name, specs);
        }
        Ok(Self { attributes })
    }

    /// What to read of a file with this header, and the columns that are read by nobody. `besides` is a column that is
    /// no attribute, whatever its name.
    ///
    /// # Errors
    /// When a column that the mapping names is not there.
    pub(super) fn bind(&self, header: &[String], besides: Option<&str>) -> Result<(Plan, Vec<String>), MappingFault> {
        let mut plan = Plan::default();
        let mut used = vec![false; header.len()];
        let find = |attribute: &str, column: &str| {
            let at = header.iter().position(|name| name == column);
            let at = at.or_else(|| header.iter().position(|name| name.eq_ignore_ascii_case(column)));
            at.ok_or_else(|| MappingFault::Column {
                attribute: attribute.to_owned(),
                column: column.to_owned(),
                there: header.join(", "),
            })
        };
        for (attribute, specs) in &self.attributes {
            for spec in specs {
                let text = spec.bind(attribute, &mut |column| {
                    let at = find(attribute, column)?;
                    used[at] = true;
                    Ok(at)
                })?;
                plan.add(attribute, text);
            }
        }
        for (at, column) in header.iter().enumerate() {
            let known = column.to_lowercase();
            let attribute = if RECORD_ID.contains(&known.as_str()) { "record_id" } else { known.as_str() };
            let free = !used[at] && besides.is_none_or(|besides| besides != column);
            if free && is_attribute(attribute) && !plan.has(attribute) {
                plan.add(attribute, Text::column(at));
                used[at] = true;
            }
        }
        let unread = |(at, column): (usize, &String)| {
            (!used[at] && besides.is_none_or(|besides| besides != column)).then(|| column.clone())
        };
        Ok((plan, header.iter().enumerate().filter_map(unread).collect()))
    }
}

impl Spec {
    fn bind(
        &self,
        attribute: &str,
        find: &mut impl FnMut(&str) -> Result<usize, MappingFault>,
    ) -> Result<Text, MappingFault> {
        let template = match (&self.column, &self.template, &self.constant) {
            (Some(column), ..) => Template::column(find(column)?),
            (_, Some(template), _) => Template::parse(template, attribute, find)?,
            (.., constant) => Template::fixed(constant.as_deref().unwrap_or_default()),
        };
        let country = self.country.as_deref().map(find).transpose()?;
        Ok(Text { template, formats: self.formats.clone(), values: self.values.clone(), country })
    }
}
