use super::*;

fn check(kind: Kind, text: &str) -> Result<String, String> {
    let mut value = Json::parse(text.as_bytes()).unwrap();
    kind.check(&mut value).map(|()| value.to_string()).map_err(|fault| fault.pointer + ": " + &fault.detail)
}

#[test]
fn amounts_are_bounded_and_keep_their_digits() {
    assert_eq!(check(Kind::Amount, "\"1249.90\"").unwrap(), "1249.90");
    assert_eq!(check(Kind::Amount, "1e3").unwrap(), "1000");
    assert_eq!(check(Kind::Amount, "9999999999999.999999").unwrap(), "9999999999999.999999");
    assert_eq!(check(Kind::Amount, "1.50000000").unwrap(), "1.5");
    assert_eq!(check(Kind::SignedAmount, "-12.5").unwrap(), "-12.5");
    for refused in ["-1", "10000000000000", "0.0000001", "1e131071", "\"12,50\"", "\"\"", "null", "\"-0.01\""] {
        assert!(check(Kind::Amount, refused).is_err(), "{refused}");
    }
}

#[test]
fn faults_name_their_place() {
    const ITEM: Kind = Kind::Object(&[fact("type", Kind::Text(8)).required()]);
    let found = check(Kind::List(&ITEM), r#"[{"type":"a"},{"type":"123456789"}]"#);
    assert_eq!(found.unwrap_err(), "/1/type: longer than 8 characters");
    assert_eq!(check(ITEM, "{}").unwrap_err(), "/type: required member is missing");
}

#[test]
fn records_are_named_by_source_and_subject() {
    assert!(check(Kind::RecordRef, r#"{"source":"erp","subject":"7"}"#).is_ok());
    for refused in [r#""6f1c""#, r#"{"source":"erp"}"#, r#"{"source":"","subject":"7"}"#] {
        assert!(check(Kind::RecordRef, refused).is_err(), "{refused}");
    }
    let blank = check(Kind::RecordRef, r#"{"source":"erp","subject":" "}"#);
    assert_eq!(blank.unwrap_err(), "/subject: expected non-empty text without control characters");
    let long = format!(r#"{{"source":"erp","subject":"{}"}}"#, "7".repeat(513));
    assert_eq!(check(Kind::RecordRef, &long).unwrap_err(), "/subject: longer than 512 characters");
}

#[test]
fn dates_exist_in_the_calendar() {
    assert!(check(Kind::Date, "\"2024-02-29\"").is_ok());
    for refused in ["\"2023-02-29\"", "\"20230228\"", "\"2023-02-28T00:00:00Z\"", "20230228"] {
        assert!(check(Kind::Date, refused).is_err(), "{refused}");
    }
}

#[test]
fn days_stay_days_and_times_are_brought_to_utc() {
    assert_eq!(check(Kind::DateOrTime, "\"2026-03-05\"").unwrap(), "\"2026-03-05\"");
    let time = check(Kind::DateOrTime, "\"2026-03-05T10:15:00+02:00\"");
    assert_eq!(time.unwrap(), "\"2026-03-05T08:15:00Z\"");
    for refused in ["\"2026-03-05T10:15:00\"", "\"2026-02-30\"", "\"tomorrow\"", "20260305", "null"] {
        assert!(check(Kind::DateOrTime, refused).is_err(), "{refused}");
    }
}
