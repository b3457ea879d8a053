//! Ids by the type that a source names.

use super::{StrongId, checks, compact, country_of, is_digits, is_filler, unruled};

/// What a type of id means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A business id, and the country that the type's name tells.
    Business(Option<&'static str>),
    Vat,
    /// A personal id, and the country that the type's name tells.
    Personal(Option<&'static str>),
    /// The social security number of the USA, or what other countries call so.
    Ssn,
    Lei,
    Iban,
    Passport,
    DrivingLicence,
    Other,
}

/// What a folded type, with `_` between its words, means.
pub(super) fn meaning(kind: &str) -> Meaning {
    match kind {
        "y_tunnus" | "ytunnus" | "fo_nummer" => Meaning::Business(Some("FI")),
        "organisationsnummer" | "organisations_nummer" => Meaning::Business(Some("SE")),
        "organisasjonsnummer" => Meaning::Business(Some("NO")),
        "cvr" | "cvr_nr" | "cvr_nummer" => Meaning::Business(Some("DK")),
        "registrikood" => Meaning::Business(Some("EE")),
        "siren" | "siret" => Meaning::Business(Some("FR")),
        "business_id"
        | "business"
        | "business_number"
        | "company_id"
        | "company_number"
        | "company_registration"
        | "registration_number"
        | "org_nr"
        | "orgnr"
        | "org_number"
        | "organisation_number"
        | "organization_number"
        | "trade_register" => Meaning::Business(None),
        "vat" | "vat_id" | "vat_number" | "vatid" | "alv" | "alv_tunnus" | "alv_numero" | "moms" | "momsnummer"
        | "kmkr" | "ust_id" | "ustid" | "ust_idnr" | "tva" => Meaning::Vat,
        "hetu" | "henkilotunnus" | "sotu" | "personbeteckning" => Meaning::Personal(Some("FI")),
        "personnummer" | "person_nummer" => Meaning::Personal(Some("SE")),
        "isikukood" => Meaning::Personal(Some("EE")),
        "fodselsnummer" => Meaning::Personal(Some("NO")),
        "cpr" | "cpr_nr" | "cpr_nummer" => Meaning::Personal(Some("DK")),
        "asmens_kodas" => Meaning::Personal(Some("LT")),
        "personal_id"
        | "personal"
        | "personal_identity_code"
        | "national_id"
        | "national_identity_number"
        | "personal_number"
        | "national_id_number" => Meaning::Personal(None),
        "ssn" | "ssn_number" | "social_security_number" | "soc_sec_id" | "social_security" => Meaning::Ssn,
        "lei" | "lei_number" | "lei_code" => Meaning::Lei,
        "iban" => Meaning::Iban,
        "passport" | "passport_number" | "passport_no" | "passi" | "pass" => Meaning::Passport,
        "driving_licence"
        | "driving_license"
        | "drivers_license"
        | "drivers_licence"
        | "driver_license"
        | "drivers_license_number"
        | "ajokortti"
        | "korkort" => Meaning::DrivingLicence,
        _ => Meaning::Other,
    }
}

/// An id that is neither a business nor a VAT nor a personal one.
pub(super) fn plain(kind: String, meaning: Meaning, text: &str, country: Option<&str>) -> Option<StrongId> {
    let value = compact(text);
    let home = country_of(country);
    match meaning {
        Meaning::Ssn => {
            let valid = is_american(&value);
            let mut id = unruled("ssn", value, home)?;
            // Numbers of another length are some other country's, and no rule of ours holds for them.
            id.valid &= valid || id.value.len() != 9;
            Some(id)
        }
        Meaning::Lei => {
            let right = value.len() == 20 && checks::iso_97([&value, ""]);
            checked(unruled("lei", value, "".into())?, right)
        }
        Meaning::Iban => {
            let right =
                value.split_at_checked(4).is_some_and(|(head, tail)| tail.len() > 8 && checks::iso_97([tail, head]));
            checked(unruled("iban", value, "".into())?, right)
        }
        Meaning::Passport => unruled("passport", value, home),
        Meaning::DrivingLicence => unruled("driving_licence", value, home),
        _ => unruled(if kind.is_empty() { "other".to_owned() } else { kind }, value, home),
    }
}

fn checked(mut id: StrongId, right: bool) -> Option<StrongId> {
    id.valid &= right;
    id.checked = true;
    Some(id)
}

/// Nine digits that the Social Security Administration may give; two famous ones it never gave to a person.
fn is_american(value: &str) -> bool {
    let (Some(area), Some(group), Some(serial)) = (value.get(..3), value.get(3..5), value.get(5..)) else {
        return false;
    };
    is_digits(value)
        && value.len() == 9
        && !matches!(area, "000" | "666")
        && !area.starts_with('9')
        && group != "00"
        && serial != "0000"
        && !matches!(value, "078051120" | "219099999" | "123456789")
        && !is_filler(value)
}
