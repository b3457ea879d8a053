use proptest::prelude::*;

use super::*;

fn core(name: &str) -> String {
    parse(name).map_or_else(|| "-".into(), |name| name.core.join(" "))
}

#[test]
fn legal_forms_are_taken_off_wherever_they_stand() {
    for (name, expected) in [
        ("Fazer Oy", "fazer"),
        ("Oy Karl Fazer Ab", "karl fazer"),
        ("KARL FAZER OY AB", "karl fazer"),
        ("Nokia Oyj", "nokia"),
        ("Nokia Abp", "nokia"),
        ("Osuuskunta Maito", "maito"),
        ("Virtanen Ky", "virtanen"),
        ("Tmi Matti Virtanen", "matti virtanen"),
        ("Matti Virtanen T:mi", "matti virtanen"),
        ("Virtasen Putki Ay", "virtasen putki"),
        ("Mäkinen Osakeyhtiö", "makinen"),
        ("As. Oy Koivurinne", "koivurinne"),
        ("Asunto Oy Koivurinne", "koivurinne"),
        ("AB Volvo", "volvo"),
        ("Volvo Aktiebolag", "volvo"),
        ("Svensson & Söner HB", "svensson soner"),
        ("AS Tallink Grupp", "tallink grupp"),
        ("Tallink Grupp AS", "tallink grupp"),
        ("Novo Nordisk A/S", "novo nordisk"),
        ("Lego ApS", "lego"),
        ("Eesti Pagar OÜ", "eesti pagar"),
        ("UAB Maxima", "maxima"),
        ("SIA Rimi", "rimi"),
        ("Bosch GmbH & Co. KG", "bosch"),
        ("Siemens AG", "siemens"),
        ("Philips N.V.", "philips"),
        ("Heineken B.V.", "heineken"),
        ("Barilla S.p.A.", "barilla"),
        ("Ferrari SpA", "ferrari"),
        ("Rossi S.r.l.", "rossi"),
        ("Day Spa Oy", "day spa"),
        ("Danone S.A.", "danone"),
        ("Acme, Inc.", "acme"),
        ("Acme Incorporated", "acme"),
        ("Acme Corp.", "acme"),
        ("The Acme Company", "acme"),
        ("Acme Ltd", "acme"),
        ("Acme Public Limited Company", "acme"),
        ("Acme Pty Ltd", "acme"),
        ("Budimex Sp. z o.o.", "budimex"),
        ("ООО Ромашка", "romashka"),
        ("Smith & Co", "smith"),
        ("Marks and Spencer plc", "marks spencer"),
        ("Acme Oy sivuliike", "acme"),
        ("Universal Exports, USA", "universal exports usa"),
        ("Intl Mfg Svcs", "international manufacturing services"),
        ("H&M", "h m"),
        ("H & M Hennes & Mauritz AB", "h m hennes mauritz"),
        ("Easy Grow", "easy grow"),
        ("MÃ¤kinen Oy", "makinen"),
    ] {
        assert_eq!(core(name), expected, "{name}");
    }
}

#[test]
fn a_name_is_never_emptied() {
    for (name, expected) in [
        ("Oy Ab", "oy ab"),
        ("AS", "as"),
        ("The Company", "the"),
        ("Company", "company"),
        ("SE", "se"),
        ("", "-"),
        ("...", "-"),
    ] {
        assert_eq!(core(name), expected, "{name}");
    }
}

#[test]
fn words_written_as_one_meet() {
    for (one, two) in
        [("Easy Grow Oy", "EasyGrow"), ("H & M", "HM"), ("Putki-Mestarit Oy", "Putkimestarit"), ("K-Rauta", "K Rauta")]
    {
        assert_eq!(parse(one).unwrap().joined, parse(two).unwrap().joined);
    }
}

#[test]
fn forms_are_kept_by_kind() {
    let forms = |name: &str| parse(name).unwrap().forms;
    assert_eq!(forms("Fazer Oy"), FormSet::LIMITED);
    assert_eq!(forms("Oy Fazer Ab"), forms("Fazer Ltd"));
    assert_eq!(forms("Novo A/S"), FormSet::LIMITED);
    assert_eq!(forms("Virtanen Ky"), FormSet::LIMITED_PARTNERSHIP);
    assert!(forms("Fazer").is_empty());
    for (one, two, expected) in [
        ("Nokia Oy", "Nokia Oyj", true),
        ("Nokia Oy", "Nokia Corp", true),
        ("Nokia", "Nokia ry", true),
        ("Virtanen Oy", "Virtanen Tmi", false),
        ("Virtanen Ky", "Virtanen Oy", false),
        ("Maito Osk", "Maito Osuuskunta", true),
        ("Kilta ry", "Kilta Oy", false),
    ] {
        assert_eq!(forms(one).compatible(forms(two)), expected, "{one} {two}");
        assert_eq!(forms(two).compatible(forms(one)), expected, "{two} {one}");
    }
}

#[test]
fn organisations_are_told_from_persons() {
    for name in [
        "Fazer Oy",
        "oy fazer ab",
        "Acme Inc",
        "Suomen Punainen Risti ry",
        "Espoon kaupunki",
        "Helsingin yliopisto",
        "Barilla S.p.A.",
        "Novo Nordisk A/S",
        "Tallink AS",
        "Virtanen KY",
        "Universal Exports",
        "Wells Fargo Bank",
        "Rakennusliike Mäkinen",
        "Kiinteistöpalvelu Laine",
        "Tmi Matti Virtanen",
        "Siemens AG",
        "ООО Ромашка",
        "Svenska litteratursällskapet i Finland rf",
    ] {
        assert!(looks_like_company(name), "{name}");
    }
    for name in [
        "Matti Virtanen",
        "VIRTANEN MATTI",
        "Virtanen, Matti",
        "Ky Nguyen",
        "NGUYEN KY",
        "Maria Sa",
        "Anna As",
        "Robert Smith Sr",
        "J.R. Smith",
        "De Se",
        "Ay Yilmaz",
        "Matti",
        "",
        "Ann-Marie Co",
        "张秀英",
    ] {
        assert!(!looks_like_company(name), "{name}");
    }
}

#[test]
fn an_endless_name_is_cut() {
    let name = parse(&"Suuri Yhtiö Oy ".repeat(10_000)).unwrap();
    assert!(name.core.len() <= MOST_WORDS);
    assert!(parse(&"x".repeat(100_000)).unwrap().joined.len() <= MOST_BYTES);
}

proptest! {
    #[test]
    fn any_text_is_read(name in any::<String>(), words in "([A-Za-z&./]{1,6} ){0,8}") {
        for name in [name, words] {
            let _told = looks_like_company(&name);
            if let Some(parsed) = parse(&name) {
                prop_assert!(!parsed.core.is_empty() && parsed.core.iter().all(|word| !word.is_empty()));
                prop_assert_eq!(parsed.core.concat(), parsed.joined.to_string());
            }
        }
    }

    #[test]
    fn a_form_and_capitals_change_no_core(name in "[A-Z][bcdfgh]{4,9}( [A-Z][klmnpr]{4,9})?", form in prop::sample::select(vec!["Oy", "Ab", "Ltd", "GmbH", "A/S", "Oyj", "Inc.", "Ky"])) {
        let plain = core(&name);
        prop_assert_eq!(core(&format!("{name} {form}")), plain.clone());
        prop_assert_eq!(core(&format!("{form} {name}")), plain.clone());
        prop_assert_eq!(core(&format!("{name}, {form}").to_uppercase()), plain);
    }
}
