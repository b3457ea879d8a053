//! The members of a payload: what each may hold, whether it is a fact or personal, and its JSON Schema.
//!
//! One table per event type drives everything: validation, the split into facts and personal parts, the facets that
//! rules may read, and the schema that the service serves. A type that is registered at run time is the same table.

use serde_json::{Value, json};

use crate::envelope::MAX_NAME;
use crate::instant::Instant;
use crate::json::Json;

/// Who may read a member and how long it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A fact: stands in the event's row, rules and reports read it.
    Fact,
    /// Personal: sealed under the record's key of this retention class.
    Personal(Retention),
    /// A fact when the same payload says `kind: organisation`, else personal contact data.
    FactOfOrganisation,
}

/// Retention classes of personal parts; each record has a key per class, so that one can be destroyed without another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub enum Retention {
    /// Who somebody is and how to reach them; also subjects and event ids.
    Contact = 1,
    /// What was said: free text, reasons, links.
    Conversation = 2,
}

impl Retention {
    /// Every class, in the order of their numbers.
    pub const ALL: [Retention; 2] = [Retention::Contact, Retention::Conversation];

    /// The class with this number in the store.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|class| *class as i16 == number)
    }
}

/// What a member may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text of at most so many characters.
    Text(usize),
    /// A decimal ≥ 0 with at most 13 digits before and 6 after the point, as number or string.
    Amount,
    /// A decimal of either sign with the same bounds.
    SignedAmount,
    /// A whole number of either sign within 64 bits.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A date without time, `YYYY-MM-DD`.
    Date,
    /// A date, or an RFC 3339 time with offset, which is brought to UTC.
    DateOrTime,
    /// An ISO 4217 currency code.
    Currency,
    /// Two capital letters, ISO 3166-1 alpha-2.
    Country,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// An object with these members.
    Object(&'static [Field]),
    /// An array of these.
    List(&'static Kind),
    /// One of these, or an array of them.
    OneOrMany(&'static Kind),
    /// An object of any names with text, number or boolean values.
    Scalars,
    /// `{source, subject}`: a record as outsiders name it. At rest it is the record id, since subjects may be personal.
    RecordRef,
    /// An object whose inside another reader checks.
    Document,
    /// Any value but `null`.
    Any,
}

/// One member of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name on the wire.
    pub name: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// Fact or personal.
    pub class: Class,
    /// Whether a payload without it is refused.
    pub required: bool,
    /// Whether `null` is meaningful (it clears).
    pub nullable: bool,
    /// Whether a decimal counts or measures something else than money.
    pub counts: bool,
}

/// An optional fact.
pub const fn fact(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, class: Class::Fact, required: false, nullable: false, counts: false }
}

/// An optional personal member.
pub const fn personal(name: &'static str, kind: Kind, retention: Retention) -> Field {
    Field { name, kind, class: Class::Personal(retention), required: false, nullable: false, counts: false }
}

impl Field {
    /// The same member, required.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same member, in which `null` clears.
    #[must_use]
    pub const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// The same decimal, which is no amount of money: a rate of currencies has no business with it.
    #[must_use]
    pub const fn counting(mut self) -> Self {
        self.counts = true;
        self
    }

    /// Whether it is an amount in the currency that stands among these members of the same payload.
    pub fn is_money(&self, among: &[Field]) -> bool {
        let decimal = matches!(self.kind, Kind::Amount | Kind::SignedAmount);
        decimal && !self.counts && among.iter().any(|field| field.kind == Kind::Currency)
    }

    /// The same member, a fact only of organisations.
    #[must_use]
    pub const fn of_organisation(mut self) -> Self {
        self.class = Class::FactOfOrganisation;
        self
    }
}

/// What is wrong with a value, and where below the member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer below the checked value, empty for itself.
    pub pointer: String,
    /// What is wrong, without the value.
    pub detail: String,
}

impl Fault {
    fn here(detail: impl Into<String>) -> Self {
        Self { pointer: String::new(), detail: detail.into() }
    }

    fn below(mut self, step: impl std::fmt::Display) -> Self {
        self.pointer = format!("/{step}{}", self.pointer);
        self
    }
}

impl Kind {
    /// Checks a value and brings decimals into one form (a JSON number with the digits that were written).
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn check(&self, value: &mut Json) -> Result<(), Fault> {
        match self {
            Kind::Text(max) => text(value, *max).map(drop),
            Kind::Amount => decimal(value, true),
            Kind::SignedAmount => decimal(value, false),
            Kind::Integer => match value.as_decimal() {
                Some(n) if n.fract().is_zero() && i64::try_from(n).is_ok() => {
                    *value = Json::Number(n.trunc().to_string().into());
                    Ok(())
                }
                _ => Err(Fault::here("expected a whole number")),
            },
            Kind::Boolean => match value {
                Json::Bool(_) => Ok(()),
                _ => Err(Fault::here("expected true or false")),
            },
            Kind::Date => date(value),
            Kind::DateOrTime => date_or_time(value),
            Kind::Currency => match value.as_str() {
                Some(code) if crate::vocabulary::currency::is_currency(code) => Ok(()),
                _ => Err(Fault::here("expected an ISO 4217 currency code")),
            },
            Kind::Country => match value.as_str() {
                Some(code) if code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()) => Ok(()),
                _ => Err(Fault::here("expected an ISO 3166 country code of two capital letters")),
            },
            Kind::OneOf(words) => match value.as_str() {
                Some(word) if words.contains(&word) => Ok(()),
                _ => Err(Fault::here(format!("expected one of: {}", words.join(", ")))),
            },
            Kind::Object(fields) => object(value, fields),
            Kind::List(kind) => list(value, kind),
            Kind::OneOrMany(kind) => match value {
                Json::Array(_) => list(value, kind),
                _ => kind.check(value),
            },
            Kind::Scalars => scalars(value),
            Kind::RecordRef => record_ref(value),
            Kind::Any if value.is_null() => Err(Fault::here("expected a value")),
            Kind::Any => Ok(()),
            Kind::Document => match value {
                Json::Object(_) => Ok(()),
                _ => Err(Fault::here("expected an object")),
            },
        }
    }

    /// The JSON Schema (2020-12) of this kind.
    pub fn schema(&self) -> Value {
        match self {
            Kind::Text(max) => json!({"type": "string", "maxLength": max}),
            Kind::Amount => decimal_schema(0),
            Kind::SignedAmount => decimal_schema(-1),
            Kind::Integer => json!({"type": "integer"}),
            Kind::Boolean => json!({"type": "boolean"}),
            Kind::Date => json!({"type": "string", "format": "date"}),
            Kind::DateOrTime => json!({"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}),
            Kind::Currency => json!({"type": "string", "pattern": "^[A-Z]{3}$", "x-kulta": "currency"}),
            Kind::Country => json!({"type": "string", "pattern": "^[A-Z]{2}$", "x-kulta": "country"}),
            Kind::OneOf(words) => json!({"enum": words}),
            Kind::Object(fields) => schema_of(fields),
            Kind::List(kind) => json!({"type": "array", "items": kind.schema()}),
            Kind::OneOrMany(kind) => {
                json!({"oneOf": [kind.schema(), {"type": "array", "items": kind.schema()}]})
            }
            Kind::Scalars => {
                json!({"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}})
            }
            Kind::RecordRef => json!({
                "description": "A record. It is kept, and shown again, as its record id.",
                "type": "object", "required": ["source", "subject"],
                "properties": {"source": {"type": "string"}, "subject": {"type": "string"}}
            }),
            Kind::Document => json!({"type": "object"}),
            Kind::Any => json!({}),
        }
    }
}

/// The JSON Schema of an object with these members; personal ones carry `x-personal`, facts `x-facet`,
/// and those of them that are money `x-money`.
pub fn schema_of(fields: &[Field]) -> Value {
    let mut properties = serde_json::Map::new();
    for field in fields {
        let mut schema = field.kind.schema();
        if field.nullable {
            schema = json!({"anyOf": [schema, {"type": "null"}]});
        }
        let (key, value) = match field.class {
            Class::Fact => ("x-facet", json!(true)),
            Class::Personal(_) => ("x-personal", json!(true)),
            Class::FactOfOrganisation => ("x-personal", json!("unless kind is organisation")),
        };
        if let Some(object) = schema.as_object_mut() {
            object.insert(key.to_owned(), value);
            if field.class == Class::Fact && field.is_money(fields) {
                object.insert("x-money".to_owned(), json!(true));
            }
        }
        properties.insert(field.name.to_owned(), schema);
    }
    let required: Vec<_> = fields.iter().filter(|f| f.required).map(|f| f.name).collect();
    json!({"type": "object", "properties": properties, "required": required})
}

fn decimal_schema(sign: i32) -> Value {
    let minus = if sign < 0 { "-?" } else { "" };
    let mut number = json!({"type": "number"});
    if sign >= 0 {
        number["minimum"] = json!(0);
    }
    json!({"oneOf": [number, {"type": "string", "pattern": format!("^{minus}[0-9]{{1,13}}(\\.[0-9]{{1,6}})?$")}]})
}

fn text(value: &Json, max: usize) -> Result<&str, Fault> {
    match value.as_str() {
        Some(text) if text.len() <= max || text.chars().count() <= max => Ok(text),
        Some(_) => Err(Fault::here(format!("longer than {max} characters"))),
        None => Err(Fault::here("expected text")),
    }
}

fn decimal(value: &mut Json, non_negative: bool) -> Result<(), Fault> {
    let number = value
        .as_decimal()
        .ok_or_else(|| Fault::here("expected a decimal number with at most 13 digits before and 6 after the point"))?;
    if non_negative && number.is_sign_negative() && !number.is_zero() {
        return Err(Fault::here("must not be negative: the event's type says the direction"));
    }
    if number.normalize().scale() > 6 || number.trunc().abs().to_string().len() > 13 {
        return Err(Fault::here("more than 13 digits before or 6 after the point"));
    }
    let number = if number.scale() > 6 { number.normalize() } else { number };
    *value = Json::Number(number.to_string().into());
    Ok(())
}

fn date(value: &Json) -> Result<(), Fault> {
    let well_formed =
        |text: &&str| text.len() == 10 && text.as_bytes()[4] == b'-' && text.parse::<jiff::civil::Date>().is_ok();
    match value.as_str().filter(well_formed) {
        Some(_) => Ok(()),
        None => Err(Fault::here("expected a date such as 2026-03-02")),
    }
}

fn date_or_time(value: &mut Json) -> Result<(), Fault> {
    if date(value).is_ok() {
        return Ok(());
    }
    let expected = "expected a date such as 2026-03-02, or a time with offset such as 2026-03-02T10:15:00+02:00";
    let time = value.as_str().and_then(|text| Instant::parse(text).ok()).ok_or_else(|| Fault::here(expected))?;
    *value = Json::String(time.to_string());
    Ok(())
}

fn object(value: &mut Json, fields: &[Field]) -> Result<(), Fault> {
    let Json::Object(members) = value else {
        return Err(Fault::here("expected an object"));
    };
    for (name, member) in members.iter_mut() {
        match fields.iter().find(|field| field.name == name) {
            Some(field) if member.is_null() && !field.required => {}
            Some(field) => field.kind.check(member).map_err(|fault| fault.below(field.name))?,
            None => {}
        }
    }
    match fields.iter().find(|f| f.required && !members.iter().any(|(name, _)| name == f.name)) {
        Some(missing) => Err(Fault::here("required member is missing").below(missing.name)),
        None => Ok(()),
    }
}

fn list(value: &mut Json, kind: &Kind) -> Result<(), Fault> {
    const MOST: usize = 1_000;
    match value {
        Json::Array(items) if items.len() > MOST => Err(Fault::here(format!("more than {MOST} items"))),
        Json::Array(items) => items
            .iter_mut()
            .enumerate()
            .try_for_each(|(index, item)| kind.check(item).map_err(|fault| fault.below(index))),
        _ => Err(Fault::here("expected a list")),
    }
}

fn scalars(value: &Json) -> Result<(), Fault> {
    let Json::Object(members) = value else {
        return Err(Fault::here("expected an object"));
    };
    match members.iter().position(|(_, member)| matches!(member, Json::Array(_) | Json::Object(_))) {
        Some(index) => Err(Fault::here(format!("member {} is no text, number or boolean", index + 1))),
        None => Ok(()),
    }
}

fn record_ref(value: &Json) -> Result<(), Fault> {
    for name in ["source", "subject"] {
        match value.get(name).and_then(Json::as_str) {
            Some(text) if text.trim().is_empty() || text.chars().any(char::is_control) => {
                return Err(Fault::here("expected non-empty text without control characters").below(name));
            }
            Some(text) if text.chars().count() > MAX_NAME => {
                return Err(Fault::here(format!("longer than {MAX_NAME} characters")).below(name));
            }
            Some(_) => {}
            None => return Err(Fault::here("expected non-empty text").below(name)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
