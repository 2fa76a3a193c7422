//! Reading of the reference values that lie beside the repository, where they do.

use std::collections::BTreeMap;

/// The file's text; `None`, with a word about it, when the folder is not there.
pub(crate) fn oracle_text(file: &str) -> Option<String> {
    let path = format!(
        "{}/../../shared/data/oracles/{file}",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("skipped: no {path}");
    }
    text
}

/// The rows of a file without quoted fields, by column name; none when the folder is not there.
pub(crate) fn oracle_csv(file: &str) -> Vec<BTreeMap<String, String>> {
    let Some(text) = oracle_text(file) else {
        return Vec::new();
    };
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned));
    let header: Vec<String> = lines.next().into_iter().flatten().collect();
    let rows: Vec<_> = lines
        .map(|fields| header.iter().cloned().zip(fields).collect())
        .collect();
    assert!(!rows.is_empty(), "{file} is empty");
    rows
}

/// Asserts that a figure is there and within `tolerance` of what it must be.
pub(crate) fn close(got: Option<f64>, expected: f64, tolerance: f64) {
    let got = got.unwrap();
    assert!(
        (got - expected).abs() <= tolerance,
        "got {got}, expected {expected}"
    );
}
