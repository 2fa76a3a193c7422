//! The shape of the checkout: arrows one way, files that fit a screen or five, nothing left behind.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Crate → the crates of the workspace that it may use.
const ARROWS: [(&str, &[&str]); 6] = [
    (".", &["lake", "ingest", "analysis", "reports"]),
    ("lake", &[]),
    ("ingest", &["lake"]),
    ("analysis", &["lake"]),
    ("reports", &["analysis"]),
    ("tests/fuzz", &["ingest", "lake"]),
];

const LINES_MAX: usize = 500;
const BYTES_MAX: u64 = 600_000;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files() -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(listed.status.success(), "git cannot list the checkout");
    let text = String::from_utf8(listed.stdout).unwrap();
    text.lines()
        .map(PathBuf::from)
        .filter(|file| root().join(file).is_file())
        .collect()
}

fn sources() -> Vec<PathBuf> {
    files()
        .into_iter()
        .filter(|file| file.extension().is_some_and(|e| e == "rs"))
        .collect()
}

/// The crates of the workspace that a manifest uses, in any of its dependency tables.
fn used_by(manifest: &toml::Table) -> BTreeSet<String> {
    let crates: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    ["dependencies", "dev-dependencies", "build-dependencies"]
        .into_iter()
        .filter_map(|table| manifest.get(table)?.as_table())
        .flat_map(|table| table.keys().cloned())
        .filter(|name| crates.contains(name.as_str()))
        .collect()
}

#[test]
fn arrows_between_crates_go_one_way() {
    for (name, allowed) in ARROWS {
        let text = std::fs::read_to_string(root().join(name).join("Cargo.toml")).unwrap();
        let manifest: toml::Table = text.parse().unwrap();
        for used in used_by(&manifest) {
            assert!(
                allowed.contains(&used.as_str()),
                "crate {name} uses {used}, but may use only {allowed:?}"
            );
        }
    }
}

#[test]
fn a_turned_arrow_is_seen() {
    let manifest: toml::Table =
        "[dependencies]\nserde.workspace = true\n[dev-dependencies]\nanalysis.workspace = true\n"
            .parse()
            .unwrap();
    assert_eq!(used_by(&manifest), BTreeSet::from(["analysis".to_owned()]));
}

#[test]
fn every_crate_of_the_workspace_has_its_arrows_stated() {
    let text = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    let members = manifest["workspace"]["members"].as_array().unwrap();
    let members: BTreeSet<&str> = members
        .iter()
        .map(|member| member.as_str().unwrap())
        .collect();
    let stated: BTreeSet<&str> = ARROWS
        .iter()
        .map(|(name, _)| *name)
        .filter(|n| *n != ".")
        .collect();
    assert_eq!(members, stated);
}

/// Lines before the tests of a source file.
fn product_lines(text: &str) -> usize {
    text.lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .count()
}

#[test]
fn source_files_stay_proofreadable() {
    let is_test = |file: &Path| {
        file.starts_with("tests") || file.file_name().is_some_and(|name| name == "tests.rs")
    };
    for file in sources().into_iter().filter(|file| !is_test(file)) {
        let lines = product_lines(&std::fs::read_to_string(root().join(&file)).unwrap());
        assert!(
            lines <= LINES_MAX,
            "{} has {lines} lines, more than {LINES_MAX}",
            file.display()
        );
    }
}

#[test]
fn files_are_named_for_what_they_hold() {
    let empty_names = [
        "util", "utils", "helper", "helpers", "common", "misc", "manager",
    ];
    for file in files() {
        for part in file
            .iter()
            .map(|part| part.to_string_lossy().to_lowercase())
        {
            let stem = part.split('.').next().unwrap_or_default();
            assert!(
                !empty_names.contains(&stem),
                "{} says nothing by its name",
                file.display()
            );
        }
        let bytes = root().join(&file).metadata().unwrap().len();
        assert!(
            bytes <= BYTES_MAX,
            "{} has {bytes} bytes, more than {BYTES_MAX}",
            file.display()
        );
    }
}

#[test]
fn nothing_unfinished_or_ignored_is_left() {
    // Spelled in two halves, so that this file does not find itself.
    let marks = [
        ["FIX", "ME"],
        ["XX", "X:"],
        ["todo", "!("],
        ["#[ign", "ore"],
        ["dbg", "!("],
    ];
    for file in sources() {
        let text = std::fs::read_to_string(root().join(&file)).unwrap();
        for mark in marks.map(|halves| halves.concat()) {
            assert!(!text.contains(&mark), "{} holds {mark:?}", file.display());
        }
    }
}

#[test]
fn columns_are_spelled_in_one_place() {
    // Names too rare to be ordinary words or field names of a protocol.
    let columns = [
        "session_started_at",
        "content_hash",
        "factor_bug_fix",
        "clock_flag",
        "frame_row",
    ];
    for file in sources()
        .into_iter()
        .filter(|file| file.iter().any(|part| part == "src"))
    {
        if file.ends_with("lake/src/columns.rs") || file.starts_with("reports") {
            continue; // CSV columns are a contract of their own, spelled in reports
        }
        let text = std::fs::read_to_string(root().join(&file)).unwrap();
        let product: String = text
            .lines()
            .take_while(|line| line.trim() != "#[cfg(test)]")
            .collect();
        for column in columns {
            let is_spelled = product.contains(&format!("\"{column}\""));
            let is_test = file.ends_with("tests.rs") || file.iter().any(|part| part == "tests");
            assert!(
                !is_spelled || is_test,
                "{} spells {column:?}",
                file.display()
            );
        }
    }
}
