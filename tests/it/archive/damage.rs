//! Any damage is named, never read, and mended from the log.

use std::fs;
use std::path::Path;

use kulta::archive::{Error, How, Manifest, Role};
use serde_json::Value;

use super::{Opened, all, import, minute, purchase, read, same, streamed, written};
use crate::kit::Place;

/// An archive with a base and a delta.
fn archived() -> Place {
    let place = Place::sqlite();
    let made = |n: usize| purchase(&(n % 30).to_string(), &n.to_string(), &minute(n), "1.25");
    import(&place, &(0..300).map(made).collect::<Vec<_>>());
    written(&place, "a");
    import(&place, &(300..310).map(made).collect::<Vec<_>>());
    assert_eq!(written(&place, "a").0, "extended");
    place
}

fn files(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != "lock").collect();
    names.sort();
    names
}

#[test]
fn a_hundred_damages_are_named_and_mended() {
    let place = archived();
    let dir = place.directory().join("a");
    let opened = Opened::new(&place);
    let whole = read(&place, "a", &all()).unwrap();
    let mut draw = 7_u64;
    let mut below = |n: usize| {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (draw >> 33) as usize % n
    };
    for number in 0..100 {
        let names = files(&dir);
        let name = &names[number % names.len()];
        let mut bytes = fs::read(dir.join(name)).unwrap();
        let at = below(bytes.len());
        match below(5) {
            0 => fs::remove_file(dir.join(name)).unwrap(),
            1 => fs::write(dir.join(name), &bytes[..at]).unwrap(),
            2 => fs::write(dir.join(name), [&bytes, b"x".as_slice()].concat()).unwrap(),
            _ => {
                bytes[at] ^= 1 << below(8);
                fs::write(dir.join(name), &bytes).unwrap();
            }
        }
        // Somebody who reads everything, then a replay.
        match read(&place, "a", &all()).and_then(|archived| streamed(&place, "a", &all()).map(|_| archived)) {
            Err(Error::Damaged { file, what }) => assert_eq!(file, *name, "{what}"),
            // White space of the manifest may be other white space.
            Ok(archived) if name == "manifest.json" => assert_eq!(archived.manifest, whole.manifest),
            other => panic!("damage {number} of {name} at {at}: {:?}", other.map(|archived| archived.manifest)),
        }
        let mended = opened.update(dir.clone()).unwrap();
        assert!(matches!(mended.how, How::Repaired(_) | How::Unchanged), "{:?}", mended.how);
        same(&read(&place, "a", &all()).unwrap().facts, &whole.facts, "mended");
        assert!(streamed(&place, "a", &all()).unwrap().is_some());
    }
}

const RULES: &str = "name = \"r\"\n[[rule]]\nid = \"buying\"\non = \"purchase.made\"\npoints = 'amount'\n";

#[test]
fn a_replay_over_damaged_rows_has_no_scores() {
    let place = archived();
    place.file("rules.toml", RULES);
    let dir = place.directory().join("a");
    let name = files(&dir).into_iter().find(|name| name.ends_with(".rows")).unwrap();
    let whole = fs::read(dir.join(&name)).unwrap();
    let replayed = || place.kulta(["replay", "--archive", "a", "--rules", "rules.toml", "--out", "scores.csv"]).run();
    replayed().expect_code(0);
    for at in (0..whole.len()).step_by(whole.len() / 20) {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        fs::write(dir.join(&name), bytes).unwrap();
        let told = replayed().expect_code(1);
        assert!(told.stderr.contains(&format!("the archive is damaged: {name}: ")), "{at}: {}", told.stderr);
    }
}

#[test]
fn the_program_says_what_was_damaged() {
    let place = archived();
    let dir = place.directory().join("a");
    let name = files(&dir).into_iter().find(|name| name.contains("-base-")).unwrap();
    let mut bytes = fs::read(dir.join(&name)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(dir.join(&name), bytes).unwrap();
    let told = place.kulta(["archive", "a"]).run().expect_code(0);
    let expected = format!("the archive is damaged: {name}: its content does not have its SHA-256");
    assert!(told.stderr.contains(&expected), "{}", told.stderr);
    assert!(told.stdout.contains("events=310 "), "{}", told.stdout);
}

#[test]
fn a_manifest_of_another_format_or_of_files_that_do_not_fit_is_refused() {
    let place = archived();
    let path = place.directory().join("a/manifest.json");
    let manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let refused = |change: &dyn Fn(&mut Value), expected: &str| {
        let mut changed = manifest.clone();
        change(&mut changed["manifest"]);
        fs::write(&path, changed.to_string()).unwrap();
        match read(&place, "a", &all()) {
            Err(Error::Damaged { file, what }) => {
                assert_eq!(file, "manifest.json");
                assert!(what.contains(expected), "{what}");
            }
            other => panic!("{:?}", other.map(|archived| archived.manifest)),
        }
    };
    refused(&|manifest| manifest["version"] = 2.into(), "format version 2; this program knows version 1");
    refused(&|manifest| manifest["format"] = "other".into(), "no manifest of an archive");
    refused(&|manifest| manifest["position"] = 1.into(), "SHA-256");
    refused(&|manifest| manifest["more"] = 1.into(), "unknown field");
}

/// Rows that lie otherwise are not read as if they did not; the next base has them as they are now.
#[test]
fn rows_as_they_lay_before_are_replayed_from_parquet() {
    let place = archived();
    place.file("rules.toml", RULES);
    let dir = place.directory().join("a");
    let replayed = || {
        let replay = place.kulta(["replay", "--archive", "a", "--rules", "rules.toml", "--out", "scores.csv"]);
        replay.run().expect_code(0);
        fs::read_to_string(place.directory().join("scores.csv")).unwrap()
    };
    let scores = replayed();
    let roles = [Role::Customers, Role::Blocks, Role::Rows];
    for pair in roles.windows(2) {
        let mut manifest = Manifest::read(&dir).unwrap();
        manifest.files.iter_mut().filter(|file| file.role == pair[0]).for_each(|file| file.role = pair[1]);
        manifest.write(&dir).unwrap();
        assert!(streamed(&place, "a", &all()).unwrap().is_none());
        assert_eq!(replayed(), scores);
    }
    let made = |n: usize| purchase(&(n % 30).to_string(), &n.to_string(), &minute(n), "1.25");
    import(&place, &(310..350).map(made).collect::<Vec<_>>());
    assert_eq!(written(&place, "a").0, "merged");
    assert!(streamed(&place, "a", &all()).unwrap().is_some());
}

/// What a killed run had put aside is not what the next one puts aside.
#[test]
fn what_a_killed_run_left_behind_does_not_count() {
    let place = archived();
    let dir = place.directory().join("b");
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("spill-events-00000"), [7; 200]).unwrap();
    fs::write(dir.join("spill-moments-00000"), [7; 180]).unwrap();
    fs::write(dir.join("events-000000000310-base-0000.parquet.new"), b"half").unwrap();
    assert_eq!(written(&place, "b").1["events"], 310);
    same(&read(&place, "b", &all()).unwrap().facts, &read(&place, "a", &all()).unwrap().facts, "two archives");
    assert_eq!(files(&dir).len(), 4, "{:?}", files(&dir));
}
