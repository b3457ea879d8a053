//! `kulta match` as it is used: files in, clusters out, measured against a known truth.

use std::collections::HashMap;
use std::path::Path;

use kulta_test_support::data;
use kulta_test_support::process::Program;
use serde_json::Value;

fn kulta() -> Program {
    Program::new(env!("CARGO_BIN_EXE_kulta"))
}

/// Runs it with `--json`; the summary.
fn summary(program: Program) -> Value {
    let finished = program.arg("--json").run().expect_code(0);
    serde_json::from_str(finished.last_line()).unwrap_or_else(|error| panic!("{error}: {}", finished.stdout))
}

fn at_least(summary: &Value, pairs: f64, records: f64) {
    let quality = |name: &str| summary["quality"][name].as_f64().unwrap();
    assert!(quality("f1") >= pairs && quality("b_cubed_f1") >= records, "{summary}");
}

/// Generated customers, as hard as real ones; what is expected of files of other seeds holds for this one.
#[test]
fn generated_customers_are_found_again() {
    let generated = kulta().args(["generate", "--customers", "4000", "--format", "csv", "--truth", "--seed", "77"]);
    let program = kulta();
    std::fs::write(program.directory().join("people.csv"), generated.run().expect_code(0).stdout).unwrap();
    let matched = |arguments: &[&str]| program.clone().args(["match", "people.csv"]).args(arguments);
    let found = summary(matched(&["--truth", "cluster_id", "--out", "one.csv", "--threads", "1"]));
    at_least(&found, 0.93, 0.95);

    // One thread or several, and the policy that was learned: the same clusters, line by line.
    matched(&["--out", "two.csv", "--threads", "2", "--save-policy", "policy.toml"]).run().expect_code(0);
    matched(&["--out", "three.csv", "--policy", "policy.toml"]).run().expect_code(0);
    let written = |name: &str| std::fs::read_to_string(program.directory().join(name)).unwrap();
    assert_eq!(written("one.csv"), written("two.csv"));
    assert_eq!(written("one.csv"), written("three.csv"));
    let clusters = written("one.csv");
    assert!(clusters.starts_with("record_id,cluster_id\n"));
    assert_eq!(clusters.lines().count() as u64 - 1, found["records"].as_u64().unwrap());

    a_pair_is_explained(&program, &clusters);
}

/// The parts of an explanation add up, and say what the clusters say.
fn a_pair_is_explained(program: &Program, clusters: &str) {
    let mut first: HashMap<&str, &str> = HashMap::new();
    let rows = clusters.lines().skip(1).filter_map(|line| line.rsplit_once(','));
    let (one, other) = rows
        .clone()
        .find_map(|(record, cluster)| first.insert(cluster, record).map(|before| (before, record)))
        .expect("some records are one customer");
    let explained = program.clone().args(["match", "people.csv", "--policy", "policy.toml", "--json"]);
    let explained = explained.args(["--explain", &format!("{one},{other}")]).run().expect_code(0);
    let why: Value = serde_json::from_str(explained.last_line()).unwrap();
    assert_eq!(why["together"], true);
    let bits = |value: &Value| value.as_f64().unwrap();
    let lines: f64 = why["lines"].as_array().unwrap().iter().map(|line| bits(&line["bits"])).sum();
    let sum = bits(&why["prior"]) + lines + bits(&why["frequency"]) + bits(&why["household"]);
    assert!((sum - bits(&why["total"])).abs() < 0.01, "{why}");
}

fn example(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples").join(name).display().to_string()
}

/// Public files with a known truth; a mapping names their columns, and nothing else is set.
#[test]
fn public_files_reach_what_the_documentation_says() {
    for (file, mapping, pairs, records) in [
        ("er/febrl1.csv", "match-febrl.toml", 0.998, 0.998),
        ("er/febrl2.csv", "match-febrl.toml", 0.998, 0.998),
        ("er/febrl3.csv", "match-febrl.toml", 0.998, 0.998),
        ("er/fake_1000.csv", "match-fake-1000.toml", 0.96, 0.97),
        ("er/senzing_truthset.csv", "match-senzing.toml", 0.95, 0.97),
    ] {
        let Some(path) = data::shared(file) else { continue };
        let matched = kulta().arg("match").arg(path).args(["--mapping", &example(mapping), "--truth", "cluster_id"]);
        at_least(&summary(matched.args(["--out", "clusters.csv"])), pairs, records);
    }
}

#[test]
fn what_cannot_be_done_is_told() {
    let program = kulta();
    let file = |name: &str, text: &str| std::fs::write(program.directory().join(name), text).unwrap();
    file("two.csv", "record_id,name,shoe_size\n1,Aino Mäkinen,38\n2,Aino Makinen,38\n");
    file("map.toml", "name = \"Nom\"\n");
    let run = |arguments: &[&str], code: i32| program.clone().arg("match").args(arguments).run().expect_code(code);
    let told = run(&["two.csv", "--out", "-"], 0);
    assert!(told.stderr.contains("columns ignored: shoe_size"), "{}", told.stderr);
    assert!(told.stdout.starts_with("record_id,cluster_id\n1,1\n2,"), "{}", told.stdout);
    let missing = run(&["two.csv", "--out", "-", "--mapping", "map.toml"], 1);
    assert!(missing.stderr.contains("Nom") && missing.stderr.contains("shoe_size"), "{}", missing.stderr);
    assert!(run(&["none.csv", "--out", "-"], 1).stderr.contains("none.csv"));
    assert!(run(&["two.csv", "--explain", "1,7"], 1).stderr.contains("`7`"));
    run(&["two.csv", "--explain", "1"], 2);
    run(&["two.csv", "--out", "-", "--between"], 2);
    run(&["two.csv"], 2);
}
