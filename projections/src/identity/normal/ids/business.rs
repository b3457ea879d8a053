//! Business ids.

use super::{BUSINESS, StrongId, checks, compact, country_of, is_digits, is_filler, unruled};

/// A business id, such as the Finnish Y-tunnus. `None`: the text holds no id.
///
/// Without a country the notation may tell it: `1234567-1` is Finnish, `556036-0793` Swedish when its check digit says
/// so. A VAT id from which the business id follows is read as that.
pub fn business_id(text: &str, country: Option<&str>) -> Option<StrongId> {
    let compact = compact(text);
    if compact.is_empty() {
        return None;
    }
    let (prefix, rest) = compact.split_at_checked(2).unwrap_or_default();
    if is_digits(rest) && prefix.bytes().all(|b| b.is_ascii_alphabetic()) && read(prefix, rest).is_some() {
        let from_vat =
            super::vat_id(&compact, None).filter(|vat| vat.valid).and_then(|vat| super::business_of_vat(&vat));
        if from_vat.is_some() {
            return from_vat;
        }
        return read(prefix, rest);
    }
    let home = country_of(country);
    let told = if home.is_empty() { by_notation(text, &compact) } else { None };
    read(told.unwrap_or(&home), &compact).or_else(|| unruled(BUSINESS, compact, home))
}

/// The country that a notation tells.
fn by_notation(text: &str, compact: &str) -> Option<&'static str> {
    let behind_dash = text.trim().rsplit_once(['-', '–']).map(|(_, behind)| behind.trim().len());
    match behind_dash {
        Some(1) if (7..=8).contains(&compact.len()) && is_digits(compact) => Some("FI"),
        Some(4) if compact.len() == 10 && checks::luhn(compact) => Some("SE"),
        _ if compact.starts_with("CHE") => Some("CH"),
        _ if compact.ends_with("MVA") => Some("NO"),
        _ => None,
    }
}

/// An id by the rule of its country; `None` when it has not the form that the country's ids have.
pub(super) fn read(country: &str, compact: &str) -> Option<StrongId> {
    let digits = compact.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let digits = digits.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    if !is_digits(digits) {
        return None;
    }
    let (code, value, right) = match (country, digits.len()) {
        ("FI" | "AX", 6..=8) => {
            let whole = format!("{digits:0>8}");
            let right = checks::fi_business(&whole) && digits.len() > 6;
            let (body, check) = whole.split_at_checked(7)?;
            ("FI", format!("{body}-{check}"), right)
        }
        ("SE", 10) => ("SE", digits.to_owned(), checks::luhn(digits)),
        // 16 before an organisation's number, a century before a sole trader's.
        ("SE", 12) => ("SE", digits.get(2..)?.to_owned(), digits.get(2..).is_some_and(checks::luhn)),
        ("NO", 9) => ("NO", digits.to_owned(), checks::no_business(digits)),
        ("DK", 8) => ("DK", digits.to_owned(), checks::dk_business(digits)),
        ("EE", 8) => ("EE", digits.to_owned(), checks::ee_business(digits)),
        ("BE", 9 | 10) => {
            let whole = format!("{digits:0>10}");
            let right = checks::be_business(&whole);
            ("BE", whole, right)
        }
        ("PL", 10) => ("PL", digits.to_owned(), checks::pl_business(digits)),
        ("PT", 9) => ("PT", digits.to_owned(), checks::pt_business(digits)),
        ("CH", 9) => ("CH", digits.to_owned(), checks::ch_business(digits)),
        ("IT", 11) => ("IT", digits.to_owned(), checks::luhn(digits)),
        ("FR", 9) => ("FR", digits.to_owned(), checks::luhn(digits)),
        // A SIRET names an establishment; the enterprise is its first nine digits.
        ("FR", 14) => ("FR", digits.get(..9)?.to_owned(), digits.get(..9).is_some_and(checks::luhn)),
        _ => return None,
    };
    let valid = right && !is_filler(digits);
    Some(StrongId {
        country: code.into(),
        kind: BUSINESS.into(),
        value: value.into(),
        valid,
        checked: true,
        ..StrongId::default()
    })
}
