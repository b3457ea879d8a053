//! What the repository itself has to keep: it builds anywhere, and its first page tells how.
use std::fs;
use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Everything under version control, by path from the root.
fn tracked_files() -> Vec<String> {
    // The clone may belong to another user than the one who runs the tests.
    let listed = Command::new("git")
        .args(["-c", "safe.directory=*", "ls-files", "-z"])
        .current_dir(root())
        .output()
        .expect("git is installed");
    let complaint = String::from_utf8_lossy(&listed.stderr);
    assert!(listed.status.success(), "not a clone of the repository? {complaint}");
    let names = String::from_utf8(listed.stdout).unwrap();
    names.split_terminator('\0').map(str::to_owned).collect()
}

/// Folders that exist on some machine only: of a person, of root, of a workplace.
fn machine_path(line: &str) -> bool {
    let is_home = |after: &str| after.starts_with(|c: char| c.is_ascii_lowercase());
    let anywhere = |_: &str| true;
    line_names(line, "home", is_home) || ["root", "work", "farm"].iter().any(|name| line_names(line, name, anywhere))
}

/// Whether `/name/` stands there as the beginning of a path, and what follows it is right.
fn line_names(line: &str, name: &str, follows: impl Fn(&str) -> bool) -> bool {
    let folder = format!("/{name}/");
    line.match_indices(&folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let begins = before.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_');
        begins && follows(&line[at + folder.len()..])
    })
}

#[test]
fn no_tracked_file_names_a_path_of_one_machine() {
    let files = tracked_files();
    assert!(files.len() > 10, "{files:?}");
    let mut found = Vec::new();
    for name in files.iter().filter(|name| !name.ends_with(".lock")) {
        // A file that is deleted and not yet committed is still listed.
        let Ok(bytes) = fs::read(root().join(name)) else {
            continue;
        };
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.lines().enumerate().filter(|(_, line)| machine_path(line));
        found.extend(lines.map(|(number, line)| format!("{name}:{}: {line}", number + 1)));
    }
    assert_eq!(found, [""; 0]);
}

#[test]
fn the_check_of_paths_finds_what_it_looks_for() {
    for (folder, rest) in [("root", ".cargo"), ("work", "x"), ("home", "anna/kulta")] {
        assert!(machine_path(&format!("path = \"/{folder}/{rest}\"")), "{folder}");
        assert!(!machine_path(&format!("https://example.org/{folder}/{rest}")), "{folder}");
        assert!(!machine_path(&format!("a_/{folder}/{rest}")), "{folder}");
    }
    assert!(!machine_path("/home/{user}/"));
}

#[test]
fn the_readme_names_the_two_commands() {
    let readme = fs::read_to_string(root().join("README.md")).expect("there is a README.md");
    for command in ["cargo run --release -- demo", "./tests/run.sh"] {
        assert!(readme.contains(command), "README.md does not name `{command}`");
    }
}
