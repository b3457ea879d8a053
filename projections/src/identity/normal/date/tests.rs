use proptest::prelude::*;

use super::*;

fn shown(text: &str) -> String {
    let dates = candidates(text);
    let all: Vec<_> = dates.as_slice().iter().map(|d| format!("{:04}-{:02}-{:02}", d.year, d.month, d.day)).collect();
    all.join(" ")
}

#[test]
fn one_reading() {
    for (text, expected) in [
        ("1908-12-09", "1908-12-09"),
        (" 1908-12-09 ", "1908-12-09"),
        ("1908-12-09T00:00:00Z", "1908-12-09"),
        ("1908-12-09 00:00", "1908-12-09"),
        ("1908/12/09", "1908-12-09"),
        ("19081209", "1908-12-09"),
        ("19081209000000", "1908-12-09"),
        ("31121999", "1999-12-31"),
        ("9.12.1908", "1908-12-09"),
        ("09.12.1908", "1908-12-09"),
        ("9. 12. 1908", "1908-12-09"),
        ("9/28/1997", "1997-09-28"),
        ("28/9/1997", "1997-09-28"),
        ("9/28/97", "1997-09-28"),
        ("7.7.77", "1977-07-07"),
        ("31-12-1999", "1999-12-31"),
        ("Mar 1 1970", "1970-03-01"),
        ("March 1st, 1970", "1970-03-01"),
        ("1 March 1970", "1970-03-01"),
        ("Mon, 2 Mar 1970", "1970-03-02"),
        ("19-Feb-91", "1991-02-19"),
        ("9. joulukuuta 1908", "1908-12-09"),
        ("3. marraskuuta 1970", "1970-11-03"),
        ("3. maaliskuuta 1970", "1970-03-03"),
        ("6. kesäkuuta 1970", "1970-06-06"),
        ("5 maj 1970", "1970-05-05"),
        ("1. oktober 1970", "1970-10-01"),
        ("3. März 1970", "1970-03-03"),
        ("1970 Mar 2", "1970-03-02"),
        ("29.2.2000", "2000-02-29"),
        ("5/5/1950", "1950-05-05"),
        ("１９０８-12-09", "1908-12-09"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
        assert!(!candidates(text).placeholder, "{text}");
        assert!(candidates(text).only().is_some(), "{text}");
    }
}

#[test]
fn several_readings() {
    for (text, expected) in [
        ("12/11/1978", "1978-11-12 1978-12-11"),
        ("12-11-1978", "1978-11-12 1978-12-11"),
        ("1/7/80", "1980-07-01 1980-01-07"),
        ("2/4/31", "1931-04-02 2031-04-02 1931-02-04 2031-02-04"),
        ("1.2.03", "1903-02-01 2003-02-01"),
        ("05061970", "1970-06-05 1970-05-06"),
        ("311270", "1970-12-31"),
        ("700102", "1970-01-02"),
        ("31-12-70", "1970-12-31"),
        ("70-12-31", "1970-12-31"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn parts_of_a_date() {
    for (text, expected) in [
        ("1908", "1908-00-00"),
        ("1908-12", "1908-12-00"),
        ("12/1908", "1908-12-00"),
        ("March 1970", "1970-03-00"),
        ("Feb-91", "1991-02-00"),
        ("1908-00-00", "1908-00-00"),
        ("1908-12-00", "1908-12-00"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
        assert!(candidates(text).only().is_none(), "{text}");
    }
}

#[test]
fn fillers_are_flagged() {
    for text in [
        "1900-01-01",
        "1.1.1900",
        "01/01/1970",
        "1970-01-01T00:00:00Z",
        "19000101",
        "0000-00-00",
        "00000000",
        "1111-11-11",
        "9999-12-31",
        "31.12.9999",
        "0001-01-01",
        "1899-12-30",
    ] {
        assert!(candidates(text).placeholder, "{text}");
    }
    for text in ["2000-01-01", "1970-01-02", "1950-01-01", ""] {
        assert!(!candidates(text).placeholder, "{text}");
    }
}

#[test]
fn what_is_no_date_is_none() {
    for text in [
        "",
        " ",
        "-",
        "unknown",
        "31.2.1999",
        "29.2.1900",
        "1999-13-01",
        "1999-02-30",
        "32.1.1999",
        "12",
        "123",
        "12345",
        "123456789",
        "1-2",
        "5 Mar",
        "99.99.9999",
        "1750-01-01",
        "2100-01-01",
    ] {
        assert!(candidates(text).is_empty(), "{text}: {}", shown(text));
    }
}

proptest! {
    #[test]
    fn any_text_is_read(text in any::<String>(), digits in "[0-9./ -]{0,30}") {
        for text in [text, digits] {
            for date in candidates(&text).as_slice() {
                prop_assert_eq!(Date::new(date.year, date.month, date.day), Some(*date));
            }
        }
    }

    #[test]
    fn every_notation_of_a_day_holds_it(year in 1850_i16..2036, month in 1_u8..13, day in 1_u8..29) {
        let wanted = Date { year, month, day };
        let short = year % 100;
        let name = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][usize::from(month) - 1];
        let mut texts = vec![
            format!("{year}-{month:02}-{day:02}"), format!("{year}{month:02}{day:02}"), format!("{day}.{month}.{year}"),
            format!("{month}/{day}/{year}"), format!("{day}/{month}/{year}"), format!("{day} {name} {year}"),
        ];
        if year >= 1900 {
            texts.push(format!("{day}.{month}.{short:02}"));
            texts.push(format!("{day}-{name}-{short:02}"));
        }
        for text in texts {
            prop_assert!(candidates(&text).as_slice().contains(&wanted), "{}: {}", text, shown(&text));
        }
    }
}
