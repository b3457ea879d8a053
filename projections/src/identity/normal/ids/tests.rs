use proptest::prelude::*;

use super::*;

/// `country value`, with `!` when it is not valid and `~` when no check digit stands behind it.
fn shown(id: Option<StrongId>) -> String {
    id.map_or_else(
        || "-".into(),
        |id| {
            let marks = [if id.valid { "" } else { " !" }, if id.checked { "" } else { " ~" }].concat();
            format!("{} {}{marks}", id.country, id.value)
        },
    )
}

#[test]
fn business_ids() {
    for (text, country, expected) in [
        ("0112038-9", Some("FI"), "FI 0112038-9"),
        ("01120389", Some("FI"), "FI 0112038-9"),
        ("112038-9", Some("FI"), "FI 0112038-9"),
        ("0112038-9", None, "FI 0112038-9"),
        ("0112038 – 9", None, "FI 0112038-9"),
        ("FI01120389", None, "FI 0112038-9"),
        ("FI0112038-9", Some("Suomi"), "FI 0112038-9"),
        ("0112038-8", Some("FI"), "FI 0112038-8 !"),
        ("0000000-0", Some("FI"), "FI 0000000-0 !"),
        ("556036-0793", Some("SE"), "SE 5560360793"),
        ("5560360793", Some("Sverige"), "SE 5560360793"),
        ("16556036-0793", Some("SE"), "SE 5560360793"),
        ("556036-0793", None, "SE 5560360793"),
        ("SE556036079301", None, "SE 5560360793"),
        ("556036-0794", Some("SE"), "SE 5560360794 !"),
        ("923 609 016", Some("NO"), "NO 923609016"),
        ("NO 923 609 016 MVA", None, "NO 923609016"),
        ("923 609 017", Some("NO"), "NO 923609017 !"),
        ("24256790", Some("DK"), "DK 24256790"),
        ("DK-24 25 67 90", None, "DK 24256790"),
        ("24256791", Some("DK"), "DK 24256791 !"),
        ("10345833", Some("EE"), "EE 10345833"),
        ("10345834", Some("EE"), "EE 10345834 !"),
        ("0403.019.261", Some("BE"), "BE 0403019261"),
        ("CHE-116.281.710", None, "CH 116281710"),
        ("552 100 554", Some("FR"), "FR 552100554"),
        ("13-7654321", Some("US"), "US 137654321 ~"),
        ("201012345A", Some("SG"), "SG 201012345A ~"),
        ("12345", None, " 12345 ! ~"),
        ("", Some("FI"), "-"),
        ("-", Some("FI"), "-"),
        ("ei ole", Some("FI"), "-"),
    ] {
        assert_eq!(shown(business_id(text, country)), expected, "{text} {country:?}");
    }
}

#[test]
fn vat_ids() {
    for (text, country, expected) in [
        ("FI01120389", None, "FI FI01120389"),
        ("FI 0112038-9", None, "FI FI01120389"),
        ("01120389", Some("FI"), "FI FI01120389"),
        ("FI01120388", None, "FI FI01120388 !"),
        ("SE556036079301", None, "SE SE556036079301"),
        ("EE100594102", None, "EE EE100594102"),
        ("EE100594103", None, "EE EE100594103 !"),
        ("DK24256790", None, "DK DK24256790"),
        ("NO923609016MVA", None, "NO NO923609016"),
        ("923609016", Some("Norge"), "NO NO923609016"),
        ("DE136695976", None, "DE DE136695976"),
        ("DE136695977", None, "DE DE136695977 !"),
        ("BE0403019261", None, "BE BE0403019261"),
        ("BE403019261", None, "BE BE0403019261"),
        ("FR40303265045", None, "FR FR40303265045"),
        ("IT00743110157", None, "IT IT00743110157"),
        ("LU15027442", None, "LU LU15027442"),
        ("PL8567346215", None, "PL PL8567346215"),
        ("PT501964843", None, "PT PT501964843"),
        ("ATU13585627", None, "AT ATU13585627 ~"),
        ("NL004495445B01", None, "NL NL004495445B01 ~"),
        ("GR123456783", None, "GR EL123456783 ~"),
        ("CHE-116.281.710 MWST", None, "CH CHE116281710"),
        ("GB980780684", None, "GB GB980780684 ~"),
        ("FI123", None, " FI123 ! ~"),
        ("ATU1", None, " ATU1 ! ~"),
        ("", None, "-"),
    ] {
        assert_eq!(shown(vat_id(text, country)), expected, "{text}");
    }
}

#[test]
fn business_ids_that_follow_from_vat_ids() {
    for (text, expected) in [
        ("FI01120389", "FI 0112038-9"),
        ("SE556036079301", "SE 5560360793"),
        ("DK24256790", "DK 24256790"),
        ("NO923609016MVA", "NO 923609016"),
        ("EE100594102", "-"),
        ("DE136695976", "-"),
        ("FR40303265045", "FR 303265045"),
    ] {
        assert_eq!(shown(business_of_vat(&vat_id(text, None).unwrap())), expected, "{text}");
    }
    assert_eq!(business_of_vat(&business_id("0112038-9", None).unwrap()), None);
}

#[test]
fn personal_ids() {
    for (text, country, expected, birth, sex) in [
        ("131052-308T", Some("FI"), "FI 131052-308T", Some((1952, 10, 13)), Gender::Female),
        ("131052-308t", None, "FI 131052-308T", Some((1952, 10, 13)), Gender::Female),
        ("131052–308T", None, "FI 131052-308T", Some((1952, 10, 13)), Gender::Female),
        ("131052308T", Some("FI"), "FI 131052-308T", Some((1952, 10, 13)), Gender::Female),
        ("131052Y308T", Some("FI"), "FI 131052Y308T", Some((1952, 10, 13)), Gender::Female),
        ("131002B308A", Some("FI"), "FI 131002B308A !", Some((2002, 10, 13)), Gender::Female),
        ("131052-308U", Some("FI"), "FI 131052-308U !", Some((1952, 10, 13)), Gender::Female),
        ("311352-308T", Some("FI"), "FI 311352-308T !", None, Gender::Female),
        ("811228-9874", Some("SE"), "SE 8112289874", Some((1981, 12, 28)), Gender::Male),
        ("19811228-9874", Some("SE"), "SE 8112289874", Some((1981, 12, 28)), Gender::Male),
        ("811228-9875", Some("SE"), "SE 8112289875 !", Some((1981, 12, 28)), Gender::Male),
        ("37605030299", Some("EE"), "EE 37605030299", Some((1976, 5, 3)), Gender::Male),
        ("37605030299", None, "EE 37605030299", Some((1976, 5, 3)), Gender::Male),
        ("37605030298", Some("EE"), "EE 37605030298 !", Some((1976, 5, 3)), Gender::Male),
        ("070761-4285", Some("DK"), "DK 0707614285 ~", Some((1961, 7, 7)), Gender::Male),
    ] {
        let id = personal_id(text, country).unwrap();
        let birth = birth.map(|(year, month, day)| Date { year, month, day });
        assert_eq!((id.birth, id.sex), (birth, Some(sex)), "{text}");
        assert_eq!(shown(Some(id)), expected, "{text}");
    }
    let young = personal_id("030102-1237", Some("SE")).unwrap();
    assert_eq!(young.birth, None, "of either century");
}

#[test]
fn every_sign_of_a_century_is_known() {
    for (signs, century) in [("+", 1800), ("-YXWVU", 1900), ("ABCDEF", 2000)] {
        for sign in signs.chars() {
            let id = personal_id(&format!("131005{sign}308W"), Some("FI")).unwrap();
            assert_eq!(id.birth, Date::new(century + 5, 10, 13), "{sign}");
        }
    }
    assert!(!personal_id("131052G308T", Some("FI")).unwrap().checked, "no such sign");
}

#[test]
fn ids_of_named_types() {
    for (kind, text, country, expected) in [
        ("Y-tunnus", "0112038-9", None, "business FI 0112038-9"),
        ("hetu", "131052-308T", None, "personal FI 131052-308T"),
        ("VAT ID", "FI01120389", None, "vat FI FI01120389"),
        ("national_id", "37605030299", Some("EE"), "personal EE 37605030299"),
        ("ssn", "131052-308T", Some("FI"), "personal FI 131052-308T"),
        ("SSN", "294-66-9999", Some("US"), "ssn US 294669999 ~"),
        ("ssn", "294 66 9999", None, "ssn  294669999 ~"),
        ("ssn", "123-45-6789", None, "ssn  123456789 ! ~"),
        ("ssn", "666-45-6789", Some("US"), "ssn US 666456789 ! ~"),
        ("soc_sec_id", "6988048", None, "ssn  6988048 ~"),
        ("passport", "pp 1234 5679", Some("Germany"), "passport DE PP12345679 ~"),
        ("drivers license", "112233", Some("NV"), "driving_licence NV 112233 ~"),
        ("LEI", "5493001KJTIIGC8Y1R12", None, "lei  5493001KJTIIGC8Y1R12"),
        ("LEI", "5493001KJTIIGC8Y1R13", None, "lei  5493001KJTIIGC8Y1R13 !"),
        ("IBAN", "FI21 1234 5600 0007 85", None, "iban  FI2112345600000785"),
        ("Loyalty Card", "99-88 77", None, "loyalty_card  998877 ~"),
        ("card", "00000000", None, "card  00000000 ! ~"),
        ("card", "n/a", None, "-"),
        ("", "A-77131", None, "other  A77131 ~"),
    ] {
        let id = other(kind, text, country);
        let kind_read = id.as_ref().map_or(String::new(), |id| format!("{} ", id.kind));
        assert_eq!(format!("{kind_read}{}", shown(id)), expected, "{kind} {text}");
    }
}

#[test]
fn an_id_of_an_unknown_country_may_be_any() {
    let known = other("passport", "P1234567", Some("FI")).unwrap();
    let unknown = other("passport", "p 1234567", None).unwrap();
    assert!(known.same(&unknown));
    assert!(!known.same(&other("passport", "P1234567", Some("SE")).unwrap()));
    assert!(!known.same(&other("card", "P1234567", Some("FI")).unwrap()));
}

type Rule = fn(&str) -> bool;

/// The check digit that makes a number right, when there is one.
fn completed(body: &str, right: Rule) -> Option<String> {
    ('0'..='9').map(|check| format!("{body}{check}")).find(|number| right(number))
}

/// Every number that differs in one digit.
fn neighbours(number: &str) -> Vec<String> {
    let mut all = Vec::new();
    for (at, old) in number.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
        for new in ('0'..='9').filter(|new| *new != old) {
            let mut other = number.to_owned();
            other.replace_range(at..=at, &new.to_string());
            all.push(other);
        }
    }
    all
}

proptest! {
    #[test]
    fn check_digits_find_every_changed_digit(digits in "[0-9]{12}") {
        let rules: &[(usize, Rule)] = &[
            (7, checks::fi_business), (8, checks::no_business), (7, checks::dk_business), (9, checks::luhn), (8, checks::ee_vat),
            (8, checks::iso_11_10), (8, checks::ch_business), (9, checks::pl_business), (10, checks::luhn), (13, checks::luhn),
            (12, checks::luhn),
        ];
        for &(len, right) in rules {
            let Some(number) = digits.get(..len).and_then(|body| completed(body, right)) else { continue };
            for other in neighbours(&number) {
                prop_assert!(!right(&other), "{} {}", number, other);
            }
        }
    }

    #[test]
    fn the_finnish_character_finds_every_changed_digit(day in 1_u8..29, month in 1_u8..13, year in 0_u8..100, number in 2_u16..900) {
        let digits = format!("{day:02}{month:02}{year:02}{number:03}");
        let check = checks::fi_personal(&digits).unwrap();
        let whole = format!("{day:02}{month:02}{year:02}-{number:03}{check}");
        prop_assert!(personal_id(&whole, Some("FI")).unwrap().valid);
        for other in neighbours(&digits) {
            prop_assert_ne!(checks::fi_personal(&other), Some(check));
        }
    }

    #[test]
    fn estonian_numbers_have_one_check_digit(business in "[0-9]{7}", personal in "[1-6][0-9]{9}") {
        let one = |body: &str, right: fn(&str) -> bool| ('0'..='9').filter(|c| right(&format!("{body}{c}"))).count();
        prop_assert_eq!(one(&business, checks::ee_business), 1);
        prop_assert_eq!(one(&personal, checks::ee_personal), 1);
    }

    #[test]
    fn any_text_is_read(kind in any::<String>(), text in any::<String>(), ascii in "[A-Z0-9+ -]{0,25}", country in "[A-Z]{2}") {
        for text in [&text, &ascii] {
            for country in [None, Some(country.as_str()), Some("FI"), Some("SE"), Some("NO"), Some("EE"), Some("DK"), Some("FR")] {
                let ids = [business_id(text, country), vat_id(text, country), personal_id(text, country), other(&kind, text, country)];
                for id in ids.into_iter().flatten() {
                    prop_assert!(!id.value.is_empty() && !id.kind.is_empty());
                    let _follows = business_of_vat(&id);
                }
            }
        }
    }

    #[test]
    fn separators_change_nothing(body in "[0-9]{7}") {
        let Some(number) = completed(&body, checks::fi_business) else { return Ok(()) };
        let (first, last) = number.split_at(7);
        let expected = business_id(&number, Some("FI"));
        for text in [format!("{first}-{last}"), format!(" {first} - {last} "), format!("FI{first}{last}"), format!("fi {first}-{last}")] {
            prop_assert_eq!(&business_id(&text, Some("FI")), &expected, "{}", text);
        }
        let vat = vat_id(&format!("FI{number}"), None).unwrap();
        prop_assert_eq!(business_of_vat(&vat), expected);
    }
}
