//! `kulta rules check | show | publish`.

use serde_json::{Value, json};

use super::{CLICKS, FROM, RULES};
use crate::kit::{Asks, PATIENCE, Place, text};

#[test]
fn rule_files_are_checked_without_a_database() {
    let place = Place::sqlite();
    place.file("fine.toml", RULES);
    place.file("wrong.toml", "name = \"value\"\n[[rule]]\nid = \"a\"\non = \"purchase.mad\"\npoints = 1\n");
    place.file("worse.toml", "name = value\n");
    let fine = place.kulta(["rules", "check", "fine.toml"]).run().expect_code(0);
    assert!(fine.stdout.starts_with("value: days, weeks, months"), "{}", fine.stdout);
    assert!(fine.stdout.contains("Grade A from 1000 points on"), "{}", fine.stdout);
    assert!(fine.stdout.contains("warning: rule \"buying\": amount is taken as written"), "{}", fine.stdout);
    let wrong = place.kulta(["rules", "check", "fine.toml", "wrong.toml", "worse.toml"]).run().expect_code(1);
    let told: Vec<_> = wrong.stderr.lines().collect();
    assert!(told[0].starts_with("wrong.toml:4:6: rule \"a\": on: expected"), "{told:?}");
    assert!(told[1].starts_with("worse.toml:1:8: "), "{told:?}");
    assert_eq!(told[2..], ["error: 2 rule files do not compile"]);
    let wrong = place.kulta(["--json", "rules", "check", "fine.toml", "wrong.toml"]).run().expect_code(1);
    let all: Value = serde_json::from_str(&wrong.stdout).unwrap();
    assert_eq!(
        (&all[0]["errors"], &all[0]["name"], &all[0]["file"]),
        (&json!([]), &json!("value"), &json!("fine.toml"))
    );
    assert_eq!((&all[1]["errors"][0]["line"], &all[1]["words"]), (&json!(4), &Value::Null));
    place.kulta(["rules", "check", "-"]).stdin(CLICKS).run().expect_code(0);
    place.kulta(["rules", "check", "nothing.toml"]).run().expect_code(1);
    place.kulta(["rules", "check"]).run().expect_code(2);
    assert!(!place.directory().join("kulta.db").exists(), "no database is made");
}

fn published_and_shown(place: &Place) {
    place.file("value.toml", RULES);
    place.file("clicks.toml", CLICKS);
    place.file("wrong.toml", "name = \"value\"\n");
    let publish = ["rules", "publish", "value.toml", "--effective-from", FROM, "--note", "agreed"];
    let told = place.kulta(publish).run().expect_code(0);
    assert!(told.stdout.starts_with("rule_set=value version=1 effective_from=2026-01-01T00:00:00Z hash="));
    assert!(told.stderr.contains("warning: rule \"buying\""), "{}", told.stderr);
    let second = place.kulta(["rules", "publish", "clicks.toml", "--json"]).run().expect_code(0);
    let second: Value = serde_json::from_str(&second.stdout).unwrap();
    assert_eq!((&second["version"], text(&second, "hash").len()), (&json!(2), 64));
    let refused = place.kulta(["rules", "publish", "wrong.toml"]).run().expect_code(1);
    assert!(refused.stderr.starts_with("wrong.toml:"), "{}", refused.stderr);
    place.kulta(["rules", "publish", "value.toml", "--effective-from", "2026-01-01"]).run().expect_code(2);

    let shown = place.kulta(["rules", "show", "value"]).run().expect_code(0).stdout;
    let lines: Vec<_> = shown.lines().collect();
    assert!(lines[0].starts_with("version=1 effective_from=2026-01-01T00:00:00Z published_at="), "{shown}");
    assert!(lines[0].contains("in_force=false") && lines[1].contains("in_force=true"), "{shown}");
    assert!(shown.ends_with(CLICKS), "{shown}");
    let shown = place.kulta(["--json", "rules", "show", "value"]).run().expect_code(0).stdout;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&shown["rules"], &shown["versions"][0]["note"]), (&json!(CLICKS), &json!("agreed")));
    let nothing = place.kulta(["rules", "show", "nothing"]).run().expect_code(1);
    assert_eq!(nothing.stderr.lines().last(), Some("error: there is no rule set `nothing`"));

    let server = place.serve();
    let version = server.client().read("/v1/rule-sets/value/versions/1");
    assert_eq!((text(&version, "rules"), text(&version, "note")), (RULES, "agreed"));
    server.terminate(PATIENCE);
}

#[test]
fn rules_by_command_line_on_sqlite() {
    published_and_shown(&Place::sqlite());
}

#[test]
fn rules_by_command_line_on_postgresql() {
    published_and_shown(&Place::postgresql());
}
