//! `shipwake feedback`: real reviews, in which one release is worse than its neighbours, and hostile
//! words that must stay words.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::harness::{path, run, shared, succeed};

fn asked(data: &Path, arguments: &[&str]) -> String {
    let of = ["--app", "shop", "--data", path(data)];
    succeed(&[&["feedback"], arguments, &of].concat())
}

fn imported(folder: &Path, rows: &str) -> std::path::PathBuf {
    let (data, file) = (folder.join("data"), folder.join("reviews.csv"));
    File::create(&file)
        .unwrap()
        .write_all(rows.as_bytes())
        .unwrap();
    let of = ["--app", "shop", "--data", path(&data)];
    succeed(&[&["import", "reviews", path(&file)][..], &of].concat());
    data
}

#[test]
fn each_piece_is_understood_and_stays_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let data = imported(
        folder.path(),
        "reviewId,content,score,reviewCreatedVersion,at\n\
         r1,The app crashes every time I open it since the update,1,2.0,2026-05-01 10:00:00\n\
         r2,Please add a dark theme to the settings,4,2.0,2026-05-01 11:00:00\n\
         r3,good,5,2.0,2026-05-01 12:00:00\n\
         r4,Good!,5,2.0,2026-05-01 13:00:00\n\
         r5,All my notes are gone after the update,1,2.0,2026-05-02 10:00:00\n\
         r6,\"=cmd|'/C calc'!A0 <script>alert(1)</script> \u{202e}\",3,,2026-05-02 11:00:00\n",
    );
    let days = ["--from", "2026-05-01", "--to", "2026-05-02"];
    let list = |more: &[&str]| asked(&data, &[&["list"], &days[..], more].concat());
    let found: Value = serde_json::from_str(&list(&["--format", "json"])).unwrap();
    let pieces = found["pieces"].as_array().unwrap();
    assert_eq!(pieces.len(), 6);
    let of = |words: &str| {
        let mut all = pieces.iter();
        all.find(|piece| piece["text"].as_str().unwrap().contains(words))
            .unwrap()
    };
    assert_eq!(of("crashes")["label"], "bug_report");
    assert_eq!(of("crashes")["tone"], "dislike");
    assert_eq!(of("dark theme")["label"], "feature_request");
    assert_eq!(of("good")["label"], "praise");
    assert_eq!(
        (&of("good")["alike"], &of("Good!")["alike"]),
        (&2.into(), &2.into())
    );
    assert_eq!(
        of("notes are gone")["critical"],
        serde_json::json!(["data_loss"])
    );
    assert!(
        of("crashes")["actionable"].as_f64().unwrap() > of("good")["actionable"].as_f64().unwrap()
    );
    let csv = list(&["--format", "csv"]);
    assert!(csv.contains("'=cmd|"), "guarded: {csv}");
    assert!(!list(&[]).contains('\u{202e}'));
    let critical = list(&["--critical", "--format", "csv"]);
    assert_eq!(
        critical.lines().count(),
        2 + usize::from(critical.contains("crashes"))
    );
    let none = run(&[
        "feedback",
        "themes",
        "9.9",
        "--app",
        "shop",
        "--data",
        path(&data),
    ]);
    assert_eq!(none.status.code(), Some(1));
    let said = String::from_utf8_lossy(&none.stderr).into_owned();
    assert!(
        said.contains("nobody wrote anything about release \"9.9\""),
        "{said}"
    );
}

#[test]
fn themes_that_rise_with_a_release_are_listed_and_its_neighbour_is_silent() {
    let Some(file) = shared("reviews/uber_2024.csv") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    succeed(&[
        "import",
        "reviews",
        path(&file),
        "--app",
        "shop",
        "--data",
        path(&data),
    ]);
    let themes = |release: &str, against: &str| -> Vec<Value> {
        let arguments = [
            "themes",
            release,
            "--against",
            against,
            "--name",
            "uber",
            "--format",
            "json",
        ];
        let found: Value = serde_json::from_str(&asked(&data, &arguments)).unwrap();
        assert!(found["unmatched"]["n"].as_u64().unwrap() > 1_000, "{found}");
        found["themes"].as_array().unwrap().clone()
    };
    let rising = |themes: &[Value]| -> Vec<String> {
        let is_up = |theme: &&Value| ["new", "rising"].iter().any(|up| theme["standing"] == *up);
        let names = themes.iter().filter(is_up);
        names
            .map(|theme| theme["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let versions = releases(&data);
    let of = |start: &str| {
        let mut known = versions.iter().filter(|(name, _)| name.starts_with(start));
        let first = known.next().unwrap();
        known
            .fold(first, |most, one| if one.1 > most.1 { one } else { most })
            .0
            .clone()
    };
    let worse = themes("4.555.10003", &of("4.554"));
    assert!(
        worse
            .iter()
            .all(|theme| theme["share"]["n"].as_u64().unwrap() > 0)
    );
    assert!(
        worse
            .iter()
            .all(|theme| !theme["quotes"].as_array().unwrap().is_empty())
    );
    let quiet = themes(&of("4.554"), &of("4.553"));
    let (loud, quiet) = (rising(&worse), rising(&quiet));
    assert!(quiet.len() <= 1, "{quiet:?}");
    assert!(loud.len() >= quiet.len(), "{loud:?}");
}

/// How many pieces each release has.
fn releases(data: &Path) -> BTreeMap<String, u64> {
    let sql =
        "SELECT release, count(*) AS n FROM feedback WHERE release IS NOT NULL GROUP BY release";
    let csv = succeed(&["sql", sql, "--format", "json", "--data", path(data)]);
    csv.lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|row| {
            (
                row["release"].as_str().unwrap().to_owned(),
                row["n"].as_u64().unwrap(),
            )
        })
        .collect()
}

#[test]
fn suggestions_name_the_item_that_is_meant() {
    let folder = tempfile::tempdir().unwrap();
    let data = imported(
        folder.path(),
        "reviewId,content,score,reviewCreatedVersion,at\n\
         r1,Please let me export my lists as a PDF file,4,2.0,2026-05-01 10:00:00\n\
         r2,exporting lists to pdf would be great,4,2.0,2026-05-01 11:00:00\n\
         r3,I want a dark theme,4,2.0,2026-05-01 12:00:00\n\
         r4,good,5,2.0,2026-05-01 12:30:00\n",
    );
    let backlog = folder.path().join("backlog.csv");
    let mut file = File::create(&backlog).unwrap();
    file.write_all(
        b"item_id,title,status,keywords\nA,Export lists as PDF,open,\nB,Night mode,open,dark theme\nC,Dark theme on old phones,done,\n",
    )
    .unwrap();
    let of = ["--app", "shop", "--data", path(&data)];
    succeed(&[&["import", "backlog", path(&backlog)][..], &of].concat());
    let days = [
        "link",
        "--from",
        "2026-05-01",
        "--to",
        "2026-05-01",
        "--format",
        "json",
    ];
    let found: Value = serde_json::from_str(&asked(&data, &days)).unwrap();
    let suggestions = found["suggestions"].as_array().unwrap();
    let texts_of = |item: &str| -> Vec<&str> {
        let of_item = suggestions.iter().filter(|one| one["item_id"] == item);
        of_item.map(|one| one["text"].as_str().unwrap()).collect()
    };
    assert_eq!(texts_of("A").len(), 2, "{found}");
    assert_eq!(texts_of("B"), ["I want a dark theme"], "by its keyword");
    assert_eq!(
        texts_of("C"),
        Vec::<&str>::new(),
        "what is done needs no link"
    );
    assert_eq!(found["unmatched"], 1);
}
