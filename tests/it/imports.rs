//! Imports go one way: src → projections → events. The two crates know no database, no clock, no network, and inside
//! the service each outer technique stays in its room. Without a test such rules last until the first hurry.
mod paths;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use paths::{UsedPath, used_paths};

/// A path that must not be used, and where it may be all the same.
struct Rule {
    segments: &'static [&'static str],
    /// Whether the segments count only at the start of a path, as the names of crates do.
    at_start: bool,
    except_under: &'static [&'static str],
}

const fn never(segments: &'static [&'static str]) -> Rule {
    only_under(segments, &[])
}

const fn only_under(segments: &'static [&'static str], except_under: &'static [&'static str]) -> Rule {
    Rule { segments, at_start: true, except_under }
}

const fn nowhere(segments: &'static [&'static str]) -> Rule {
    Rule { segments, at_start: false, except_under: &[] }
}

/// No I/O, no clock, no randomness.
const PURE: &[Rule] = &[
    never(&["tokio"]),
    never(&["sqlx"]),
    never(&["axum"]),
    never(&["hyper"]),
    never(&["rdkafka"]),
    never(&["getrandom"]),
    never(&["rand"]),
    never(&["std", "fs"]),
    never(&["std", "net"]),
    never(&["std", "env"]),
    never(&["std", "process"]),
    never(&["std", "time", "Instant"]),
    nowhere(&["SystemTime"]),
    nowhere(&["Instant", "now"]),
    nowhere(&["Timestamp", "now"]),
    nowhere(&["Zoned", "now"]),
    nowhere(&["Uuid", "new_v4"]),
    nowhere(&["Uuid", "now_v7"]),
];

const EVENTS: &[Rule] = &[never(&["kulta_projections"]), never(&["kulta"])];

const PROJECTIONS: &[Rule] = &[never(&["kulta"])];

const SERVICE: &[Rule] = &[
    only_under(&["parquet"], &["src/archive/"]),
    only_under(&["sqlx"], &["src/store/"]),
    only_under(&["axum"], &["src/http/", "src/console/"]),
    only_under(&["rdkafka"], &["src/kafka/"]),
    only_under(&["tokio_rustls"], &["src/webhooks/"]),
];

/// Crates that compute and do nothing else. Whoever adds one has made sure of that.
const EVENTS_MAY_USE: &[&str] = &["jiff", "rust_decimal", "serde", "serde_json", "thiserror", "uuid"];

const PROJECTIONS_MAY_USE: &[&str] = &[
    "bigdecimal",
    "deunicode",
    "jiff",
    "kulta-events",
    "rust_decimal",
    "serde",
    "serde_json",
    "thiserror",
    "toml",
    "unicode-normalization",
    "uuid",
];

impl Rule {
    fn forbids(&self, file: &str, path: &UsedPath) -> bool {
        if self.except_under.iter().any(|room| file.starts_with(room)) {
            return false;
        }
        if self.at_start {
            // A lone word is a variable as often as a crate; an import is not.
            (path.segments.len() > 1 || path.imported) && path.starts_with(self.segments)
        } else {
            path.contains(self.segments)
        }
    }
}

fn violations(file: &str, text: &str, rules: &[Rule]) -> Vec<String> {
    let used = used_paths(text);
    let forbidden = used.iter().filter(|path| rules.iter().any(|rule| rule.forbids(file, path)));
    forbidden.map(|path| format!("{file}:{}: {}", path.line, path.segments.join("::"))).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The violations of every Rust file under a folder of the workspace.
fn violations_under(folder: &str, rules: &[Rule]) -> Vec<String> {
    let files = rust_files(&root().join(folder));
    assert!(!files.is_empty(), "no Rust files under {folder}");
    let check = |file: PathBuf| {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        violations(&name, &text, rules)
    };
    files.into_iter().flat_map(check).collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The names of all tables of this kind in a manifest, those for some platforms only included.
fn dependencies(manifest: &str, kind: &str) -> BTreeSet<String> {
    let manifest: toml::Table = manifest.parse().unwrap();
    let platforms = manifest.get("target").and_then(toml::Value::as_table);
    let platforms = platforms.into_iter().flat_map(|platforms| platforms.values());
    let tables = platforms.filter_map(toml::Value::as_table).chain([&manifest]);
    tables
        .filter_map(|table| table.get(kind)?.as_table())
        .flat_map(|dependencies| dependencies.keys().cloned())
        .collect()
}

fn unwanted_dependencies(manifest: &str, allowed: &[&str], forbidden_in_tests: &[&str]) -> Vec<String> {
    let mut unwanted: Vec<_> = dependencies(manifest, "dependencies").into_iter().collect();
    unwanted.retain(|name| !allowed.contains(&name.as_str()));
    unwanted.extend(dependencies(manifest, "build-dependencies"));
    let in_tests = dependencies(manifest, "dev-dependencies").into_iter();
    unwanted.extend(in_tests.filter(|name| forbidden_in_tests.contains(&name.as_str())));
    unwanted
}

fn manifest(folder: &str) -> String {
    fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap()
}

const NONE: [String; 0] = [];

#[test]
fn events_depend_on_nothing_of_ours_and_do_no_io() {
    assert_eq!(violations_under("events/src", PURE), NONE);
    assert_eq!(violations_under("events/src", EVENTS), NONE);
    let unwanted = unwanted_dependencies(&manifest("events"), EVENTS_MAY_USE, &["kulta", "kulta-projections"]);
    assert_eq!(unwanted, NONE);
}

#[test]
fn projections_depend_on_events_only_and_do_no_io() {
    assert_eq!(violations_under("projections/src", PURE), NONE);
    assert_eq!(violations_under("projections/src", PROJECTIONS), NONE);
    let unwanted = unwanted_dependencies(&manifest("projections"), PROJECTIONS_MAY_USE, &["kulta"]);
    assert_eq!(unwanted, NONE);
}

#[test]
fn databases_web_and_kafka_stay_in_their_rooms() {
    assert_eq!(violations_under("src", SERVICE), NONE);
}

#[test]
fn the_check_finds_what_it_looks_for() {
    let planted = "use std::{collections::BTreeMap, fs::{self, File}};\n\
                   use kulta_projections::golden;\n\
                   fn now() { jiff::Timestamp::now(); std :: net::TcpStream::connect(a); }\n\
                   #[tokio::main]\n\
                   async fn main() { let t = std::time::SystemTime::UNIX_EPOCH; ::kulta::app(); }\n\
                   use sqlx as database;\n";
    assert_eq!(
        violations("events/src/a.rs", planted, PURE),
        [
            "events/src/a.rs:1: std::fs::self",
            "events/src/a.rs:1: std::fs::File",
            "events/src/a.rs:3: jiff::Timestamp::now",
            "events/src/a.rs:3: std::net::TcpStream::connect",
            "events/src/a.rs:4: tokio::main",
            "events/src/a.rs:5: std::time::SystemTime::UNIX_EPOCH",
            "events/src/a.rs:6: sqlx",
        ]
    );
    assert_eq!(
        violations("events/src/a.rs", planted, EVENTS),
        ["events/src/a.rs:2: kulta_projections::golden", "events/src/a.rs:5: kulta::app"]
    );
    assert_eq!(violations("projections/src/a.rs", planted, PROJECTIONS).len(), 1);
}

#[test]
fn the_check_leaves_alone_what_is_only_named() {
    let named = "//! `tokio::spawn` is not for here, nor /* sqlx:: */ std::fs.\n\
                 fn f<'a>(tokio: &'a str) -> char { g(tokio, \"std::net::x\", r#\"\" sqlx::query\"#); '\"' }\n\
                 use crate::axum::Router; // axum::Router\n\
                 fn h(instant: Instant) -> jiff::Timestamp { /* /* std::env:: */ rand:: */ b\"std::fs::x\" }\n";
    assert_eq!(violations("events/src/a.rs", named, PURE), NONE);
    assert_eq!(violations("src/app.rs", named, SERVICE), NONE);
}

#[test]
fn a_technique_is_free_in_its_own_room_only() {
    let text = "use sqlx::PgPool;\nuse axum::Router;\n";
    assert_eq!(violations("src/store/postgres/mod.rs", text, SERVICE), ["src/store/postgres/mod.rs:2: axum::Router"]);
    assert_eq!(violations("src/http/router.rs", text, SERVICE), ["src/http/router.rs:1: sqlx::PgPool"]);
    assert_eq!(violations("src/storekeeper.rs", text, SERVICE).len(), 2);
}

#[test]
fn the_check_of_manifests_finds_what_it_looks_for() {
    let manifest = "[dependencies]\nserde.workspace = true\ntokio = \"1\"\n\
                    [target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n\
                    [build-dependencies]\ncc = \"1\"\n\
                    [dev-dependencies]\nproptest = \"1\"\nkulta = { path = \"..\" }\n";
    let unwanted = unwanted_dependencies(manifest, EVENTS_MAY_USE, &["kulta"]);
    assert_eq!(unwanted, ["libc", "tokio", "cc", "kulta"]);
}
