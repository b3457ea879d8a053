//! What comes of rows.

use serde_json::json;

use super::super::{Mapping, ReadError};
use super::{outcomes, rows, with};

const HEADER: &str = "Id,Customer,Day,A,B\n";

fn csv(rows: &str) -> String {
    format!("{HEADER}{rows}")
}

fn ok(data: serde_json::Value) -> Vec<Result<String, String>> {
    vec![Ok(data.to_string())]
}

#[test]
fn an_event_has_all_that_the_mapping_says() {
    let mapping = "
        source = \"shop-{Country}\"
        unit = \"{Office}\"
        time_zone = \"Europe/Helsinki\"
        [[event]]
        type = \"purchase.made\"
        id = \"{Order No}/{row}/{nth}/{{x}}\"
        subject = { expr = \"integer(Customer)\" }
        time = { template = \"{Date} {Time}\", formats = [\"%d.%m.%Y %H:%M\"] }
        [event.data]
        amount = { expr = \"`Unit Price` * Quantity\" }
        currency = { const = \"EUR\" }";
    let file = "Order No,Customer,Date,Time,Unit Price,Quantity,Country,Office\n\
                a, 12923.0 ,2.3.2026,10:15,12.50,3,FI,\n\
                a, 12923.0 ,2.3.2026,10:15,12.50,3,FI,\n\
                b,7,2.7.2026,10:15,0.10,1,SE,Turku\n";
    let rows = rows(mapping, file);
    let events: Vec<_> = rows.iter().map(|row| row.events[0].clone().unwrap().into_cloudevent().to_string()).collect();
    let event = |id: &str, source: &str, subject: &str, time: &str, amount: &str| {
        json!({
            "specversion": "1.0", "id": id, "source": source, "type": "purchase.made", "subject": subject,
            "time": time, "data": {"amount": amount, "currency": "EUR"}
        })
    };
    let mut third = event("b/4/1/{x}", "shop-SE", "7", "2026-07-02T07:15:00Z", "0.10");
    third["unit"] = json!("Turku");
    let expected = [
        event("a/2/1/{x}", "shop-FI", "12923", "2026-03-02T08:15:00Z", "37.50"),
        event("a/3/2/{x}", "shop-FI", "12923", "2026-03-02T08:15:00Z", "37.50"),
        third,
    ];
    assert_eq!(events, expected.map(|event| event.to_string()));
}

#[test]
fn members_of_every_form_are_filled() {
    let data = r#"
        name = "A"
        fixed = { const = 12.50 }
        flag = { const = true }
        both = { template = "{A} {B}" }
        mails = ["A", "B", { const = "c@x" }]
        number = { expr = "number(B) * 2" }
        big = { expr = "B == 3" }
        due = { column = "Day", formats = ["%Y-%m-%d"] }
        at = { template = "{Day} 10:00", formats = ["%Y-%m-%d %H:%M"] }
        fallback = { column = "A", default = "none" }
        [event.data.address]
        street = "A"
        country = { const = "FI" }
        [event.data.attributes]
        size = { expr = "number(B)" }
        text = "B"
        [[event.data.ids]]
        type = { const = "vat" }
        value = "A"
        [[event.data.ids]]
        value = "B""#;
    let mapping = with("", data);
    let full = json!({
        "name": "x y", "fixed": null, "flag": true, "both": "x y 3", "mails": ["x y", "3", "c@x"], "number": "6",
        "big": true, "due": "2026-03-02", "at": "2026-03-02T10:00:00Z", "fallback": "x y",
        "address": {"street": "x y", "country": "FI"}, "attributes": {"size": 3, "text": "3"},
        "ids": [{"type": "vat", "value": "x y"}, {"value": "3"}]
    });
    let full = full.to_string().replace("\"fixed\":null", "\"fixed\":12.50");
    assert_eq!(outcomes(&mapping, csv("1,c,2026-03-02, x y ,3\n")), [Ok(full)]);
    // What has no cell is absent; what is fixed stays, but makes no object by itself.
    let empty = json!({
        "fixed": null, "flag": true, "mails": ["c@x"], "due": "2026-03-02", "at": "2026-03-02T10:00:00Z",
        "fallback": "none"
    });
    let empty = empty.to_string().replace("\"fixed\":null", "\"fixed\":12.50");
    assert_eq!(outcomes(&mapping, csv("1,c,2026-03-02,,  \n")), [Ok(empty)]);
}

#[test]
fn lists_without_any_cell_are_absent() {
    let mapping = with("", "mails = [\"A\", \"B\"]\nobject = { inner = { a = \"A\" } }");
    assert_eq!(outcomes(&mapping, csv("1,c,2026-03-02,,\n")), ok(json!({})));
    assert_eq!(outcomes(&mapping, csv("1,c,2026-03-02,,b\n")), ok(json!({"mails": ["b"]})));
}

#[test]
fn a_row_may_make_several_events_or_none() {
    let two = |when: &str| {
        let second =
            with("when = 'has(B)'", "b = \"B\"").replace("source = \"shop\"\n", "").replace("purchase", "invoice");
        with(when, "a = \"A\"") + &second
    };
    let file = csv("1,c,2026-03-02,5,b\n2,c,2026-03-02,-5,\n3,c,2026-03-02,,\n4,c,2026-03-02,x,b\n5,,2026-03-02,1,b\n");
    let found: Vec<Vec<String>> = rows(&two("when = 'A > 0'"), file)
        .into_iter()
        .map(|row| {
            let shown = |event: Result<super::MappedEvent, _>| match event {
                Ok(event) => event.event_type.to_string(),
                Err(reject) => super::super::RowReject::to_string(&reject),
            };
            row.events.into_iter().map(shown).collect()
        })
        .collect();
    assert_eq!(
        found,
        [
            vec!["purchase.made", "invoice.made"],
            vec!["line 3: no event of the mapping applies"],
            vec!["line 4: no event of the mapping applies: column `A` is empty"],
            vec!["line 5: `when`: column `A` is not wholly a decimal number", "invoice.made"],
            // The reason holds for both events and is told once.
            vec!["line 6: subject is empty: column `Customer` is empty"],
        ]
    );
}

#[test]
fn rejects_name_columns_and_never_what_stands_in_them() {
    let secret = "zq7";
    for (event, data, row, reason) in [
        ("", "", "1, ,2026-03-02,,", "subject is empty: column `Customer` is empty"),
        ("", "", ",c,2026-03-02,,", "id is empty: column `Id` is empty"),
        ("source = \"{A}\"", "", "1,c,2026-03-02,,", "source is empty: column `A` is empty"),
        ("", "", "1,c,,,", "time is empty: column `Day` is empty"),
        ("", "", "1,c,zq7,,", "`time`: column `Day` has none of the formats, or is no date of the calendar"),
        ("", "", "1,c,2026-02-30,,", "`time`: column `Day` has none of the formats, or is no date of the calendar"),
        ("when = 'A > 0'", "", "1,c,2026-03-02,zq7,", "`when`: column `A` is not wholly a decimal number"),
        (
            "",
            "a = { expr = 'number(A)' }",
            "1,c,2026-03-02,zq7,",
            "`data.a`: column `A` is not wholly a decimal number",
        ),
        (
            "",
            "a = { expr = 'integer(A)' }",
            "1,c,2026-03-02,1.5,",
            "`data.a`: in the expression, line 1, column 1: integer() of a number with a fraction",
        ),
        (
            "",
            "a = { expr = '1 / A' }",
            "1,c,2026-03-02,0,",
            "`data.a`: in the expression, line 1, column 5: division by zero",
        ),
        (
            "",
            "a = { column = \"A\", formats = [\"%F\"] }",
            "1,c,2026-03-02,zq7,",
            "`data.a`: column `A` has none of the formats, or is no date of the calendar",
        ),
        (
            "",
            "a = { template = \"{A} {B}\", formats = [\"%F %T\"] }",
            "1,c,2026-03-02,zq7,zq7",
            "`data.a`: column `A`, `B` has none of the formats, or is no date of the calendar",
        ),
        ("", "", "1,c,2026-03-02,zq7", "4 columns where the header has 5"),
        ("", "", "1,c,2026-03-02,zq7,zq7,zq7", "6 columns where the header has 5"),
    ] {
        let found = outcomes(&with(event, data), csv(&format!("{row}\n")));
        assert_eq!(found, [Err(format!("line 2: {reason}"))], "{row}");
        assert!(!reason.contains(secret));
    }
}

#[test]
fn a_subject_with_an_empty_part_is_none() {
    let mapping = with("", "").replace("{Customer}", "{Customer}-{A}");
    assert_eq!(
        outcomes(&mapping, csv("1,c,2026-03-02,,\n2,,2026-03-02,5,\n")),
        [
            Err("line 2: subject is empty: column `A` is empty".to_owned()),
            Err("line 3: subject is empty: column `Customer` is empty".to_owned())
        ]
    );
}

#[test]
fn local_times_that_clocks_skip_or_repeat_are_rejected() {
    let mapping = format!("time_zone = \"Europe/London\"\n{}", with("", "").replace("%Y-%m-%d", "%Y-%m-%d %H:%M"));
    let file = csv("1,c,2011-03-27 01:30,,\n2,c,2011-10-30 01:30,,\n3,c,2011-10-30 02:30,,\n4,c,2011-06-30 02:30,,\n");
    let found = rows(&mapping, file);
    let shown: Vec<_> =
        found.iter().map(|row| row.events[0].as_ref().map(|event| event.time).map_err(ToString::to_string)).collect();
    assert_eq!(
        shown,
        [
            Err("line 2: `time`: column `Day` is a local time that does not exist in the time zone, since clocks were put forward".to_owned()),
            Err("line 3: `time`: column `Day` is a local time that occurs twice in the time zone, since clocks were put back".to_owned()),
            Ok(1_319_941_800_000_000),
            Ok(1_309_397_400_000_000),
        ]
    );
}

#[test]
fn times_come_from_columns_constants_expressions_and_defaults() {
    let time = |time: &str| {
        let mapping = with("", "").replace("{ column = \"Day\", formats = [\"%Y-%m-%d\"] }", time);
        let row = rows(&mapping, csv("1,c,2026-03-02T10:00:00+02:00,86400,\n")).remove(0);
        row.events[0].as_ref().map(|event| super::super::time::rfc3339(event.time)).map_err(ToString::to_string)
    };
    for (text, found) in [
        ("\"Day\"", "2026-03-02T08:00:00Z"),
        ("{ column = \"Day\" }", "2026-03-02T08:00:00Z"),
        ("{ const = \"2026-01-01\" }", "2026-01-01T00:00:00Z"),
        ("{ const = \"2026-01-01T00:00:00+02:00\" }", "2025-12-31T22:00:00Z"),
        ("{ expr = 'has(B) ? timestamp(B) : timestamp(Day)' }", "2026-03-02T08:00:00Z"),
        ("{ expr = 'Day' }", "2026-03-02T08:00:00Z"),
        ("{ column = \"A\", formats = [\"%s\"] }", "1970-01-02T00:00:00Z"),
        ("{ column = \"B\", formats = [\"%F\"], default = \"2020-02-29\" }", "2020-02-29T00:00:00Z"),
    ] {
        assert_eq!(time(text).unwrap(), found, "{text}");
    }
    assert_eq!(time("{ expr = 'A' }").unwrap_err(), "line 2: `time`: is no RFC 3339 time with offset");
    assert_eq!(time("{ column = \"B\" }").unwrap_err(), "line 2: time is empty: column `B` is empty");
}

#[test]
fn lines_are_those_of_the_file() {
    let mapping = with("", "l = \"A\"").replace("{Id}", "{row}");
    for end in ["\n", "\r\n", "\r"] {
        let file = "Id,Customer,Day,A,B|1,c,2026-03-02,2,||2,c,2026-03-02,\"4|5\",|3,c||  |5,c,2026-03-02,9,|"
            .replace('|', end);
        let found: Vec<_> = rows(&mapping, file).iter().map(|row| row.line).collect();
        assert_eq!(found, [2, 4, 6, 8, 9], "{end:?}");
    }
    let blank_first = rows(&mapping, format!("\n\n{}", csv("1,c,2026-03-02,2,\n")));
    assert_eq!(blank_first[0].events[0].as_ref().unwrap().id, "4");
    // Across the borders of buffers as well.
    let many: String = (0..20_000).map(|n| format!("{n},c,2026-03-02,\"{}\",\r\n", "x\r\n".repeat(n % 3))).collect();
    let found = rows(&mapping, csv(&many));
    let mut line = 2;
    for (n, row) in found.iter().enumerate() {
        assert_eq!(row.line, line);
        line += 1 + (n as u64 % 3);
    }
    assert_eq!(found.len(), 20_000);
}

#[test]
fn identical_rows_are_counted_and_others_are_not() {
    let mapping = with("", "").replace("{Id}", "{Id}/{nth}");
    let file = csv(
        "1,c,2026-03-02,,\n1,c,2026-03-02,,\n1,c,2026-03-02, ,\n\"1\",c,2026-03-02,,\n1c,,2026-03-02,,\n1,c,2026-03-02,,\n",
    );
    let ids: Vec<_> = rows(&mapping, file)
        .into_iter()
        .map(|row| {
            row.events.into_iter().next().unwrap().map_or_else(|reject| reject.line.to_string(), |event| event.id)
        })
        .collect();
    assert_eq!(ids, ["1/1", "1/2", "1/1", "1/3", "6", "1/4"]);
    let bound = |toml: &str| {
        let header = csv::StringRecord::from(vec!["Id", "Customer", "Day", "nth"]);
        Mapping::parse(toml).unwrap().bind(&header).unwrap()
    };
    assert!(bound(&mapping).counts_rows());
    assert!(bound(&with("when = 'nth == 1'", "")).counts_rows());
    assert!(bound(&with("", "a = { b = [{ expr = 'nth' }] }")).counts_rows());
    // A bare name is a column, whatever its name.
    assert!(!bound(&with("", "a = \"nth\"")).counts_rows());
}

#[test]
fn files_come_in_several_dresses() {
    let german = "decimal_separator = \",\"\ndelimiter = \";\"\nencoding = \"windows-1252\"\n".to_owned()
        + &with("when = 'A > 12'", "")
        + "name = \"B\"\namount = { expr = 'A * 2' }\n";
    let file = b"Id;Customer;Day;A;B\n1;c;2026-03-02;12,50;M\xfcller \x80\n2;c;2026-03-02;11,99;x\n";
    let found = outcomes(&german, file);
    assert_eq!(found[0], Ok(json!({"name": "Müller €", "amount": "25.00"}).to_string()));
    assert_eq!(found[1], Err("line 3: no event of the mapping applies".to_owned()));
    let latin = format!("encoding = \"latin-1\"\n{}", with("", "name = \"A\""));
    let found = outcomes(&latin, b"Id,Customer,Day,A,B\n1,c,2026-03-02,\xe5\xe4\xf6,\n");
    assert_eq!(found, ok(json!({"name": "åäö"})));
    let marked = with("", "name = \"A\"").replace("{Id}", "{row}");
    let found = outcomes(&marked.replace("\"A\"", "\"Id\""), "\u{feff}\"Id\", Customer ,Day,A,B\nx,c,2026-03-02,,\n");
    assert_eq!(found, ok(json!({"name": "x"})));
}

#[test]
fn bytes_that_are_no_text_reject_their_line_only() {
    let mapping = with("", "name = \"A\"");
    let found =
        outcomes(&mapping, b"Id,Customer,Day,A,B\n1,c,2026-03-02,\xe4,\n2,c,2026-03-02,b,\n3,c,2026-03-02,\xc3,\xa4\n");
    assert_eq!(found[0], Err("line 2: column `A` is not valid UTF-8".to_owned()));
    assert_eq!(found[1], Ok("{\"name\":\"b\"}".to_owned()));
    // Halves of a character in two cells are no text either.
    assert_eq!(found[2], Err("line 4: column `A` is not valid UTF-8".to_owned()));
}

#[test]
fn files_that_cannot_be_read_say_why() {
    let mapping = Mapping::parse(&with("", "")).unwrap();
    assert!(matches!(mapping.rows("".as_bytes()).err(), Some(ReadError::NoHeader)));
    assert!(matches!(mapping.rows("\n\r\n".as_bytes()).err(), Some(ReadError::NoHeader)));
    let error = mapping.rows(&b"Id,Kund\xe9\n"[..]).err().unwrap();
    assert!(error.to_string().starts_with("the header is not valid UTF-8"));
    let error = mapping.rows("Id,Kunde,Day\n".as_bytes()).err().unwrap();
    assert_eq!(error.to_string(), "mapping, line 5: there is no column `Customer`; there are: Id, Kunde, Day");
    let endless = csv("1,c,2026-03-02,,\n\n2,c,2026-03-02,\"open,\n") + &"3,c,2026-03-02,,\n".repeat(100_000);
    let mut rows = mapping.rows(endless.as_bytes()).unwrap();
    assert_eq!(rows.next().unwrap().unwrap().line, 2);
    let error = rows.next().unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 4: the row is longer than 1048576 bytes (a quotation mark that is not closed?)"
    );
    assert!(rows.next().is_none());
}

#[test]
fn the_row_is_there_as_it_stood_in_the_file() {
    let mapping = Mapping::parse(&with("", "")).unwrap();
    let mut rows = mapping.rows(&b"Id,Customer,Day\n1, ,2026-03-02\n2,\xe4,x\n3,c\n"[..]).unwrap();
    for cells in [vec![&b"1"[..], b" ", b"2026-03-02"], vec![b"2", b"\xe4", b"x"], vec![b"3", b"c"]] {
        assert!(rows.next_row().unwrap().unwrap().events[0].is_err());
        assert_eq!(rows.raw(), &cells);
    }
    assert_eq!(rows.mapping().columns(), ["Id", "Customer", "Day"]);
}

proptest::proptest! {
    /// Whatever the bytes: each record of the file is answered once, on a line after the one before it.
    #[test]
    fn any_bytes_are_read_row_by_row(
        bytes in proptest::collection::vec(
            proptest::sample::select(b"1,c,2026-03-02\n\r\" \xc3\xa4\xff;x-".to_vec()), 0..200),
    ) {
        let mapping = Mapping::parse(&with("when = 'A > 0 || has(B)'", "a = \"A\"").replace("{Id}", "{Id}/{nth}")).unwrap();
        let file = [HEADER.as_bytes(), &bytes].concat();
        let rows: Vec<_> = mapping.rows(&*file).unwrap().collect::<Result<_, _>>().unwrap();
        let records = csv::ReaderBuilder::new().flexible(true).from_reader(&*file).into_byte_records().count();
        proptest::prop_assert_eq!(rows.len(), records);
        proptest::prop_assert!(rows.iter().all(|row| row.events.len() == 1));
        let lines: Vec<_> = std::iter::once(1).chain(rows.iter().map(|row| row.line)).collect();
        proptest::prop_assert!(lines.is_sorted_by(|a, b| a < b), "{:?}", lines);
    }
}
