//! All faces agree: every number of page, Markdown, tables and workbook stands in the JSON of the same
//! run, and so does every number of what is told to a chat and by mail.

use std::path::Path;

use serde_json::Value;

use crate::harness::{only, path, python, skipped, succeed};
use crate::releases::ship_story;

/// Page, Markdown, tables and workbook.
const FACES: usize = 4;

/// Holds the faces of a report in a folder, and of files beside it, to its JSON.
fn hold_to_json(folder: &Path, beside: &[&Path]) {
    let mut given = vec![path(folder)];
    given.extend(beside.iter().map(|file| path(file)));
    let Some(found) = python("faces.py", &given) else {
        return skipped("no Python with openpyxl");
    };
    assert_eq!(
        found["planted"], false,
        "a number that is nowhere is not found"
    );
    assert_eq!(found["formulas"], 0, "text is text in a workbook");
    let seen_faces = found.as_object().unwrap().iter();
    let seen_faces: Vec<_> = seen_faces.filter(|(_, seen)| seen.is_object()).collect();
    assert_eq!(seen_faces.len(), FACES + beside.len());
    for (face, seen) in seen_faces {
        assert_eq!(seen["unknown"], Value::Array(Vec::new()), "{face}");
        assert!(seen["numbers"].as_u64().unwrap() > 20, "{face}: {seen}");
    }
}

#[test]
fn every_number_of_a_report_stands_in_its_json() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("demo");
    succeed(&["demo", "--out", path(&out)]);
    let weekly = out.join("weekly");
    let told = succeed(&[
        "report",
        "weekly",
        "--data",
        path(&out.join("data")),
        "--out",
        "-",
    ]);
    let told: Value = serde_json::from_str(&told).unwrap();
    let faces = ["chat", "text", "html"].map(|face| {
        let file = folder.path().join(format!("message.{face}"));
        let text = told["message"][face].as_str().unwrap();
        // Elements have numbers of their own.
        let text = if face == "html" {
            words(text)
        } else {
            text.to_owned()
        };
        std::fs::File::create(&file)
            .and_then(|mut into| std::io::Write::write_all(&mut into, text.as_bytes()))
            .unwrap();
        file
    });
    hold_to_json(&weekly, &faces.each_ref().map(std::path::PathBuf::as_path));
    hold_to_json(&out.join("planning"), &[]);
    for release in newest_releases(&weekly) {
        let folder = folder.path().join(&release);
        report_of_release(&out.join("data"), &release, &folder);
        hold_to_json(&folder, &[]);
    }
}

/// The newest releases that a weekly report speaks of: one that few have, and those before it.
fn newest_releases(weekly: &Path) -> Vec<String> {
    let json = only(weekly, "shipwake_weekly_", "json");
    let found: Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    let rows = found["findings"]["releases"].as_array().unwrap();
    let names = rows.iter().map(|row| row["release"].as_str().unwrap());
    let names = names.filter(|name| *name != "unknown").take(3);
    let names: Vec<String> = names.map(str::to_owned).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    names
}

/// Writes the report of a release into a folder.
fn report_of_release(data: &Path, release: &str, into: &Path) {
    let options = ["--data", path(data), "--out", path(into), "--", release];
    succeed(&[&["report", "release"], &options[..]].concat());
}

#[test]
fn hostile_names_are_text_by_every_face() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("data"), folder.path().join("out"));
    let rarely: fn(u64) -> bool = |n| n.is_multiple_of(33);
    let hostile = "=1+1|<script>@here";
    ship_story(&data, hostile, ("hostile", 60, rarely, rarely));
    succeed(&[
        "report",
        "weekly",
        "--data",
        path(&data),
        "--out",
        path(&out),
    ]);
    hold_to_json(&out, &[]);
    let files = std::fs::read_dir(&out)
        .unwrap()
        .map(|file| file.unwrap().path());
    let markdown = files
        .into_iter()
        .find(|file| file.extension().is_some_and(|e| e == "md"));
    let escaped = "=1+1\\|&lt;script&gt;&#64;";
    let markdown = std::fs::read_to_string(markdown.unwrap()).unwrap();
    assert!(markdown.contains(escaped), "{markdown}");
    let of_release = folder.path().join("release");
    report_of_release(&data, hostile, &of_release);
    hold_to_json(&of_release, &[]);
    let markdown = only(&of_release, "shipwake_release_", "md");
    let markdown = std::fs::read_to_string(markdown).unwrap();
    assert!(markdown.contains(escaped), "{markdown}");
}

/// A page without its elements.
fn words(page: &str) -> String {
    let parts = page
        .split('<')
        .map(|part| part.split_once('>').unwrap_or(("", part)).1);
    parts.collect::<Vec<_>>().join(" ")
}
