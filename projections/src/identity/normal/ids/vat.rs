//! VAT ids.

use super::{StrongId, VAT, business, checks, compact, country_of, is_filler, unruled};

/// Prefix and forms of VAT ids (European Commission, VIES; and Great Britain, Norway, Switzerland): 9 a digit, A a
/// letter, * either.
const FORMS: &[(&str, &[&str])] = &[
    ("AT", &["U99999999"]),
    ("BE", &["9999999999", "999999999"]),
    ("BG", &["999999999", "9999999999"]),
    ("CHE", &["999999999"]),
    ("CY", &["99999999A"]),
    ("CZ", &["99999999", "999999999", "9999999999"]),
    ("DE", &["999999999"]),
    ("DK", &["99999999"]),
    ("EE", &["999999999"]),
    ("EL", &["999999999"]),
    ("ES", &["*9999999*"]),
    ("FI", &["99999999"]),
    ("FR", &["**999999999"]),
    ("GB", &["999999999", "999999999999", "GD999", "HA999"]),
    ("HR", &["99999999999"]),
    ("HU", &["99999999"]),
    ("IE", &["9999999A", "9999999AA", "9A99999A"]),
    ("IT", &["99999999999"]),
    ("LT", &["999999999", "999999999999"]),
    ("LU", &["99999999"]),
    ("LV", &["99999999999"]),
    ("MT", &["99999999"]),
    ("NL", &["999999999B99"]),
    ("NO", &["999999999"]),
    ("PL", &["9999999999"]),
    ("PT", &["999999999"]),
    ("RO", &["99", "999", "9999", "99999", "999999", "9999999", "99999999", "999999999", "9999999999"]),
    ("SE", &["999999999999"]),
    ("SI", &["99999999"]),
    ("SK", &["9999999999"]),
    ("XI", &["999999999", "999999999999", "GD999", "HA999"]),
];

/// A VAT id with its country's prefix, which is added when the country tells it. `None`: the text holds no id.
///
/// Check digits: FI, SE, EE, DK, NO, DE, BE, CH, FR, HR, IT, LU, PL, PT. Of other countries the form is checked.
pub fn vat_id(text: &str, country: Option<&str>) -> Option<StrongId> {
    let compact = compact(text);
    if compact.is_empty() {
        return None;
    }
    let home = country_of(country);
    let own = match &*home {
        "GR" => "EL",
        "CH" | "LI" => "CHE",
        "AX" => "FI",
        code => code,
    };
    let read = |prefix: &'static str, forms: &[&str], body: &str| {
        let body = tidy(prefix, body);
        forms.iter().any(|form| fits(form, body)).then(|| of_parts(prefix, body))
    };
    let prefixed = FORMS.iter().find_map(|(prefix, forms)| read(prefix, forms, prefix_off(prefix, &compact)?));
    let bare =
        || FORMS.iter().find(|(prefix, _)| *prefix == own).and_then(|(prefix, forms)| read(prefix, forms, &compact));
    prefixed.or_else(bare).or_else(|| {
        let known = FORMS.iter().any(|(prefix, _)| compact.starts_with(prefix) || *prefix == own);
        let mut id = unruled(VAT, compact.clone(), home.clone())?;
        // A country whose form we know has no such id.
        id.valid &= !known;
        Some(id)
    })
}

fn prefix_off<'a>(prefix: &str, compact: &'a str) -> Option<&'a str> {
    match prefix {
        "EL" => compact.strip_prefix("EL").or_else(|| compact.strip_prefix("GR")),
        _ => compact.strip_prefix(prefix),
    }
}

/// Without the words that say that the id is one of VAT.
fn tidy<'a>(prefix: &str, body: &'a str) -> &'a str {
    let ends: &[&str] = match prefix {
        "NO" => &["MVA"],
        "CHE" => &["MWST", "TVA", "IVA"],
        _ => &[],
    };
    ends.iter().find_map(|end| body.strip_suffix(end)).unwrap_or(body)
}

fn fits(form: &str, body: &str) -> bool {
    form.len() == body.len()
        && form.bytes().zip(body.bytes()).all(|(form, byte)| match form {
            b'9' => byte.is_ascii_digit(),
            b'A' => byte.is_ascii_uppercase(),
            b'*' => byte.is_ascii_alphanumeric(),
            letter => byte == letter,
        })
}

fn of_parts(prefix: &'static str, body: &str) -> StrongId {
    let check = match prefix {
        "FI" => Some(checks::fi_business(body)),
        "SE" => Some(body.get(..10).is_some_and(checks::luhn) && body.get(10..) != Some("00")),
        "EE" => Some(checks::ee_vat(body)),
        "DK" => Some(checks::dk_business(body)),
        "NO" => Some(checks::no_business(body)),
        "DE" | "HR" => Some(checks::iso_11_10(body)),
        "BE" => Some(checks::be_business(&format!("{body:0>10}"))),
        "CHE" => Some(checks::ch_business(body)),
        "FR" => checks::fr_vat(body),
        "IT" => Some(checks::luhn(body)),
        "LU" => Some(checks::lu_vat(body)),
        "PL" => Some(checks::pl_business(body)),
        "PT" => Some(checks::pt_business(body)),
        _ => None,
    };
    let body = if prefix == "BE" { format!("{body:0>10}") } else { body.to_owned() };
    let country = match prefix {
        "EL" => "GR",
        "CHE" => "CH",
        "XI" => "GB",
        code => code,
    };
    StrongId {
        country: country.into(),
        kind: VAT.into(),
        valid: check.unwrap_or(true) && !is_filler(&body),
        checked: check.is_some(),
        value: [prefix, body.as_str()].concat().into(),
        ..StrongId::default()
    }
}

/// The business id that follows from a VAT id, where the country has such a rule: FI, SE, DK, NO, BE, CH, FR, IT, PL, PT.
/// Estonian VAT ids are numbers of their own.
pub fn business_of_vat(vat: &StrongId) -> Option<StrongId> {
    let digits = match &*vat.country {
        "FI" | "DK" | "NO" | "BE" | "IT" | "PL" | "PT" => vat.value.get(2..)?,
        "SE" => vat.value.get(2..12)?,
        "CH" => vat.value.get(3..)?,
        "FR" => vat.value.get(4..)?,
        _ => return None,
    };
    (vat.kind == VAT).then(|| business::read(&vat.country, digits)).flatten()
}
