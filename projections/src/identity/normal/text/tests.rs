use proptest::prelude::*;

use super::*;

/// What Windows-1252 shows of UTF-8, for letters whose second byte it shows as Latin-1 does.
fn broken(text: &str) -> String {
    text.bytes().map(char::from).collect()
}

#[test]
fn broken_encodings_are_put_right() {
    for (broken, right) in [
        ("MÃ¤kinen", "Mäkinen"),
        ("JÃ¤rvenpÃ¤Ã¤", "Järvenpää"),
        ("Ã…ke Ã–hman", "Åke Öhman"),
        ("SjÃ¶strÃ¶m", "Sjöström"),
        ("O\u{e2}\u{20ac}\u{2122}Brien", "O’Brien"),
        ("MÃƒÂ¤kinen", "Mäkinen"),
        ("Å¡iÅ¡kin", "šiškin"),
        ("Ma\u{308}kinen", "Mäkinen"),
        ("А\u{301}нна", "А\u{301}нна"),
    ] {
        assert_eq!(repair(broken), right);
        assert_eq!(repair(&repair(broken)), right, "twice");
    }
}

#[test]
fn what_is_whole_is_left_alone() {
    for text in
        ["", "Mäkinen", "Åke", "SÄÄTIÖ", "Ä–B", "“ÄIJÖ”", "ÖÄÅ", "São João", "Ünal", "Â", "Ã", "Æ¢", "Петров", "张秀英"]
    {
        assert_eq!(repair(text), text);
    }
}

#[test]
fn folds_of_latin() {
    for (text, plain, long) in [
        ("Mäkinen", "makinen", "maekinen"),
        ("MÄKINEN", "makinen", "maekinen"),
        ("Ma\u{308}kinen", "makinen", "maekinen"),
        ("Åström", "astrom", "aastroem"),
        ("Sørensen", "sorensen", "soerensen"),
        ("Kjær", "kjaer", "kjaer"),
        ("Müller-Lüdenscheidt", "muller ludenscheidt", "mueller luedenscheidt"),
        ("Groß", "gross", "gross"),
        ("Þórður Guðmundsson", "thordur gudmundsson", "thordur gudmundsson"),
        ("Łukasz Wałęsa", "lukasz walesa", "lukasz walesa"),
        ("O'Brien", "obrien", "obrien"),
        ("O’Brien", "obrien", "obrien"),
        ("D´Angelo", "dangelo", "dangelo"),
        ("Nguyễn Thị Hạnh", "nguyen thi hanh", "nguyen thi hanh"),
        ("İstanbul", "istanbul", "istanbul"),
        ("Šarūnas Žukauskas", "sarunas zukauskas", "sarunas zukauskas"),
        ("  Virtanen,\tMatti\u{a0}J. ", "virtanen matti j", "virtanen matti j"),
        ("Ｎｏｋｉａ", "nokia", "nokia"),
        ("ﬁlm", "film", "film"),
        ("Mª José", "ma jose", "ma jose"),
        ("a\u{200b}b\u{ad}c", "abc", "abc"),
        ("", "", ""),
        ("--- ,;", "", ""),
    ] {
        assert_eq!(fold_plain(text), plain, "plain of {text}");
        assert_eq!(fold_long(text), long, "long of {text}");
    }
}

#[test]
fn folds_of_other_scripts() {
    for (text, plain) in [
        ("Иванов Иван Иванович", "ivanov ivan ivanovich"),
        ("ВАСІЛЬЕЎ, Аляксандр Паўлавіч", "vasilev alyaksandr pavlavich"),
        ("Щукина Юлия", "shchukina yuliya"),
        ("Γιώργος Παπαδόπουλος", "giorgos papadopoulos"),
        ("Ευαγγελία", "evaggelia"),
        ("张秀英", "张秀英"),
        ("محمّد", "محمد"),
        ("أحمد", "احمد"),
        ("שָׁלוֹם", "שלום"),
        ("김민준", "김민준"),
        ("हिन्दी", "हिन्दी"),
        ("٠٤٠", "040"),
    ] {
        assert_eq!(fold_plain(text), plain, "{text}");
    }
}

#[test]
fn all_notations_meet_in_the_canonical_form() {
    for (one, two) in [
        ("Mäkinen", "Maekinen"),
        ("Mäkinen", "Makinen"),
        ("Åström", "Aastroem"),
        ("Åström", "Astrom"),
        ("Järvenpää", "Jaervenpaeae"),
        ("Sørensen", "Soerensen"),
        ("Kjær", "Kjar"),
        ("Müller", "Mueller"),
    ] {
        let forms = [fold_plain(one), fold_long(one), fold_plain(two), fold_long(two)].map(|fold| canonical(&fold));
        assert!(forms.iter().all(|form| *form == forms[0]), "{forms:?}");
    }
}

#[test]
fn the_canonical_form_keeps_apart_what_it_can() {
    for (one, two) in [("virtanen", "virtunen"), ("salo", "sola"), ("laine", "line"), ("meri", "mari")] {
        assert_ne!(canonical(one), canonical(two));
    }
}

#[test]
fn words_are_those_between_spaces() {
    assert_eq!(tokens("matti juhani virtanen").collect::<Vec<_>>(), ["matti", "juhani", "virtanen"]);
    assert_eq!(tokens("").count(), 0);
}

#[test]
fn a_long_text_is_clipped_between_letters() {
    assert_eq!(clip("äää", 3), "ä");
    assert_eq!(clip("ab", 9), "ab");
}

proptest! {
    #[test]
    fn folding_twice_changes_nothing(text in any::<String>()) {
        for fold in [fold_plain, fold_long] {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
        let plain = canonical(&fold_plain(&text));
        prop_assert_eq!(canonical(&plain), plain);
        let whole = repair(&text);
        prop_assert_eq!(repair(&whole), whole.as_ref());
    }

    #[test]
    fn folds_hold_no_capitals_no_double_spaces_and_no_ascii_punctuation(text in any::<String>()) {
        let plain = fold_plain(&text);
        prop_assert!(!plain.starts_with(' ') && !plain.ends_with(' ') && !plain.contains("  "));
        prop_assert!(plain.chars().all(|c| c == ' ' || !c.is_ascii() || c.is_ascii_lowercase() || c.is_ascii_digit()));
    }

    #[test]
    fn both_folds_meet(text in "[a-zA-ZäöåÄÖÅøØæÆü]{0,30}") {
        prop_assert_eq!(canonical(&fold_plain(&text)), canonical(&fold_long(&text)));
    }

    #[test]
    fn a_broken_nordic_text_is_put_right(text in "[a-zA-ZäöåÄÖÅøé]{0,20}[äöåÄÖÅøé][a-z]{0,9}") {
        let broken = broken(&text);
        prop_assert_eq!(repair(&broken), text);
    }
}
