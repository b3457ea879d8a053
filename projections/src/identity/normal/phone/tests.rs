use proptest::prelude::*;

use super::*;

fn e164(text: &str, country: &str) -> String {
    normalise(text, Some(country)).and_then(|phone| phone.e164).map_or_else(|| "-".into(), String::from)
}

#[test]
fn national_notations() {
    for (text, country, expected) in [
        ("0407654321", "FI", "+358407654321"),
        ("040 765 4321", "Suomi", "+358407654321"),
        ("040-7654321 (koti)", "FI", "+358407654321"),
        ("(09) 123 4599", "FI", "+35891234599"),
        ("puh. 040 7654321", "FI", "+358407654321"),
        ("0407654321, 050 1112223", "FI", "+358407654321"),
        ("040 7654321 / 050 1112223", "FI", "+358407654321"),
        ("358407654321", "FI", "+358407654321"),
        ("990 46 8 123 456 78", "FI", "+46812345678"),
        ("08-123 456 78", "SE", "+46812345678"),
        ("070-123 45 68", "SE", "+46701234568"),
        ("22 12 34 67", "NO", "+4722123467"),
        ("4722123467", "NO", "+4722123467"),
        ("5123 4568", "EE", "+37251234568"),
        ("32 12 34 57", "DK", "+4532123457"),
        ("(702) 919-1300", "US", "+17029191300"),
        ("702-919-1300", "USA", "+17029191300"),
        ("1-702-919-1300", "US", "+17029191300"),
        ("18188922818", "US", "+18188922818"),
        ("702-919-1300 ext. 22", "US", "+17029191300"),
        ("702-919-1300 x22", "US", "+17029191300"),
        ("011 358 40 7654321", "US", "+358407654321"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("030 901820", "DE", "+4930901820"),
        ("0352/6553537", "DE", "+493526553537"),
        ("06 1 234 5679", "HU", "+3612345679"),
        ("8 (4812) 85-62-34", "RU", "+74812856234"),
        ("02 1234 5679", "IT", "+390212345679"),
        ("912 345 679", "ES", "+34912345679"),
        ("٠٤٠٧٦٥٤٣٢١", "FI", "+358407654321"),
    ] {
        assert_eq!(e164(text, country), expected, "{text} {country}");
    }
}

#[test]
fn international_notations_need_no_country() {
    for (text, expected) in [
        ("+358 40 765 4321", "+358407654321"),
        ("00358407654321", "+358407654321"),
        ("00 358 40 7654321", "+358407654321"),
        ("+358 (0)40 765 4321", "+358407654321"),
        ("+358 040 765 4321", "+358407654321"),
        ("(+358) 40 7654321", "+358407654321"),
        ("tel:+358-40-7654321;ext=5", "+358407654321"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("+7(4812)85-62-34", "+74812856234"),
        ("+1 702 919 1300", "+17029191300"),
        ("18188922818", "+18188922818"),
        ("358407654321", "+358407654321"),
        ("+39 02 1234 5679", "+390212345679"),
    ] {
        for country in [None, Some("FI"), Some("SE"), Some("nowhere")] {
            let phone = normalise(text, country).unwrap();
            assert_eq!(phone.e164.as_deref(), Some(expected), "{text} {country:?}");
        }
    }
}

#[test]
fn a_number_without_country_is_compared_by_its_national_digits() {
    let whole = normalise("+1 702 919 1300", None).unwrap();
    let bare = normalise("702-919-1300", None).unwrap();
    assert_eq!((bare.e164.clone(), &*bare.national), (None, "7029191300"));
    assert!(whole.same(&bare) && bare.same(&whole));
    let swedish = normalise("+46 702 919 1300", None).unwrap();
    assert!(!swedish.same(&whole));
    assert_eq!(&*normalise("040 765 4321", None).unwrap().national, "407654321");
    assert!(normalise("040 765 4321", None).unwrap().same(&normalise("+358407654321", None).unwrap()));
}

#[test]
fn fillers_are_flagged() {
    for text in
        ["0401234567", "0000000", "1234567", "040 111 1111", "5555555", "999999999", "0501234567", "09876543", "123456"]
    {
        assert!(normalise(text, Some("FI")).unwrap().placeholder, "{text}");
    }
    assert!(normalise("415-555-0132", Some("US")).unwrap().placeholder);
    for text in ["0407654329", "050 5551234", "09 1234599", "040 1122334"] {
        assert!(!normalise(text, Some("FI")).unwrap().placeholder, "{text}");
    }
}

#[test]
fn what_is_no_number_is_none() {
    for text in ["", " ", "-", "ei ole", "112", "n/a", "+", "1234", "x"] {
        assert_eq!(normalise(text, Some("FI")), None, "{text}");
    }
    assert_eq!(normalise(&"9".repeat(100), None), None);
}

/// Notations of one number of a country with the trunk prefix 0.
fn notations(calling: &str, area: &str, rest: &str) -> Vec<String> {
    vec![
        format!("+{calling} {area} {rest}"),
        format!("+{calling} (0){area} {rest}"),
        format!("00{calling}{area}{rest}"),
        format!("0{area}-{rest}"),
        format!("(0{area}) {rest}"),
        format!("0{area} {} {}", &rest[..3], &rest[3..]),
        format!("  0{area}{rest} (work)"),
    ]
}

proptest! {
    #[test]
    fn any_text_is_read(text in any::<String>(), digits in "[0-9+() /-]{0,40}", country in "[A-Z]{2}") {
        for phone in [normalise(&text, None), normalise(&digits, Some(&country))].into_iter().flatten() {
            prop_assert!(phone.national.bytes().all(|b| b.is_ascii_digit()) && !phone.national.is_empty());
            if let Some(e164) = phone.e164 {
                prop_assert!(e164.starts_with('+') && e164.len() <= 16);
                prop_assert_eq!(normalise(&e164, None).unwrap().e164, Some(e164));
            }
        }
    }

    #[test]
    fn every_notation_of_a_number_is_one(
        (country, calling) in prop::sample::select(vec![("FI", "358"), ("SE", "46"), ("GB", "44"), ("FR", "33"), ("CH", "41")]),
        area in "[2-6][0-9]", rest in "[1-9][0-9]{6}",
    ) {
        let expected = format!("+{calling}{area}{rest}");
        for text in notations(calling, &area, &rest) {
            prop_assert_eq!(&e164(&text, country), &expected, "{}", text);
        }
    }

    #[test]
    fn every_notation_of_an_american_number_is_one(area in "[2-9][0-9]{2}", office in "[2-9][0-9]{2}", line in "[0-9]{4}") {
        let expected = format!("+1{area}{office}{line}");
        for text in [
            format!("({area}) {office}-{line}"), format!("{area}-{office}-{line}"), format!("{area}.{office}.{line}"),
            format!("1 {area} {office} {line}"), format!("+1{area}{office}{line}"), format!("{area}{office}{line} ext 7"),
        ] {
            prop_assert_eq!(&e164(&text, "US"), &expected, "{}", text);
        }
    }
}

#[test]
fn zeros_behind_a_calling_code_are_no_number() {
    assert_eq!(normalise("81000000000", None).and_then(|phone| phone.e164), None);
    assert_eq!(normalise("+81 0 000 000 00", None).and_then(|phone| phone.e164), None);
    let tokyo = normalise("+81 (0)3-1234-5678", None).and_then(|phone| phone.e164);
    assert_eq!(tokyo.as_deref(), Some("+81312345678"));
}
