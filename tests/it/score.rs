//! `shipwake score`: the worked examples that the methods' own sources give, and sheets as people have
//! them.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use serde_json::Value;

use crate::harness::{path, run, succeed};

/// A sheet as a file.
fn written(folder: &tempfile::TempDir, sheet: &str) -> PathBuf {
    let file = folder.path().join("sheet.csv");
    File::create(&file)
        .unwrap()
        .write_all(sheet.as_bytes())
        .unwrap();
    file
}

/// The rows of a sheet, scored, as objects.
fn scored(sheet: &str, more: &[&str]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let file = written(&folder, sheet);
    let said = succeed(&[&["score", path(&file), "--format", "json"], more].concat());
    said.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The scores by the rows' names, in the order of the answer.
fn scores(sheet: &str, more: &[&str]) -> Vec<(String, f64)> {
    let rows = scored(sheet, more);
    rows.iter()
        .map(|row| {
            let name = &row["item"];
            let name = name
                .as_str()
                .map_or_else(|| name.to_string(), str::to_owned);
            (name, row["score"].as_f64().unwrap_or(f64::NAN))
        })
        .collect()
}

fn are(found: &[(String, f64)], expected: &[(&str, f64)]) {
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((name, score), (item, wanted)) in found.iter().zip(expected) {
        assert!(name == item && (score - wanted).abs() < 5e-3, "{found:?}");
    }
}

#[test]
fn methods_give_the_worked_examples_of_their_sources() {
    let rice = "item,Reach,Impact,Confidence,Effort\nlarge,2000,2,80%,3\nsmall,5000,0.5,1,1\n\
        other,2000,2,0.8,4\n";
    are(
        &scores(rice, &["--by", "rice"]),
        &[("small", 2500.0), ("large", 1066.67), ("other", 800.0)],
    );
    are(
        &scores("item,prospects\na,1200\n", &["--by", "prospects * 0.3"]),
        &[("a", 360.0)],
    );
    let wsjf =
        "item,value,Time criticality,risk-reduction,job size\nA,100,50,20,10\nB,80,30,10,5\n";
    are(
        &scores(wsjf, &["--by", "wsjf"]),
        &[("B", 24.0), ("A", 17.0)],
    );
    let ice = "item;impact;confidence;ease\n1;8;7;5\n2;6;9;8\n3;9;8;7\n4;7;6;6\n";
    are(
        &scores(ice, &["--by", "ice"]),
        &[("3", 504.0), ("2", 432.0), ("1", 280.0), ("4", 252.0)],
    );
    are(
        &scores(
            "item,impact,confidence,ease\na,8,7,6\n",
            &["--by", "ice-mean"],
        ),
        &[("a", 7.0)],
    );
    let discovery = |cells: [f64; 3]| {
        let rows: Vec<String> = cells
            .iter()
            .map(|cell| format!("{cell},{cell}\n"))
            .collect();
        let sheet = format!("item,gain\n{}", rows.concat());
        let found = scores(&sheet, &["--by", "discovery", "--weight", "gain=1"]);
        found
            .into_iter()
            .map(|(_, score)| score.round())
            .collect::<Vec<f64>>()
    };
    assert_eq!(discovery([6.0, 3.0, 2.0]), [100.0, 50.0, 33.0]);
    assert_eq!(discovery([5.0, 1.0, -5.0]), [100.0, 60.0, 0.0]);
    assert_eq!(discovery([-5.0, -2.0, -1.0]), [100.0, 75.0, 0.0]);
    for (scale, cell, factor) in [
        ("ten", "7", 49.0),
        ("stars", "4", 64.0),
        ("fibonacci", "89", 38.197),
    ] {
        let sheet = format!("item,fit,effort\na,{cell},100\n");
        let weight = format!("fit:{scale}=1");
        // 1000 × factor ÷ 100, to the nearest whole number.
        let expected = (10.0_f64 * factor).round();
        are(
            &scores(&sheet, &["--by", "canny", "--weight", &weight]),
            &[("a", expected)],
        );
    }
}

#[test]
fn what_customers_say_is_scored_as_the_tools_do() {
    let panel = "item,accounts,revenue\nall,212,32025.67\n";
    are(
        &scores(panel, &["--by", "revenue / accounts"]),
        &[("all", 151.064)],
    );
    let voters = "item,votes,revenue\nA,5,50\nB,1,200\n";
    assert_eq!(scores(voters, &["--by", "votes"])[0].0, "A");
    assert_eq!(scores(voters, &["--by", "revenue"])[0].0, "B");
    let said = "item,user,importance\nx,A,1\nx,B,\nx,A,3\nx,C,0\n";
    are(&scores(said, &["--by", "importance"]), &[("x", 4.0)]);
    let board = "item,votes,comments,age_hours\np,10,4,22\n";
    are(&scores(board, &["--by", "trending"]), &[("p", 0.7129)]);
    let parts = "part,effort\nMust,7\nmust,3\nMust have,2\nM,4\nShould,5\nCould,3\n";
    let found = scored(parts, &["--by", "moscow"]);
    assert!(
        (found[0]["share"].as_f64().unwrap() - 16.0 / 24.0).abs() < 1e-9,
        "{found:?}"
    );
}

#[test]
fn quick_wins_and_kano_are_told_by_their_words() {
    let sheet = "item,value,effort\na,9,1\nb,8,9\nc,1,2\nd,2,8\ne,3,5\nf,4,4\n";
    let found = scored(sheet, &["--by", "value-effort"]);
    let words: Vec<(&str, &str)> = found
        .iter()
        .map(|row| {
            (
                row["item"].as_str().unwrap(),
                row["quadrant"].as_str().unwrap(),
            )
        })
        .collect();
    assert!(
        words.contains(&("a", "quick win")) && words.contains(&("d", "time sink")),
        "{words:?}"
    );
    let kano = "item,present,absent\nsearch,like,dislike\nsearch,like,Dislike\nsearch,neutral,dislike\n\
        dark,like,neutral\n";
    let found = scored(kano, &["--by", "kano"]);
    assert_eq!(
        (&found[0]["class"], &found[1]["class"]),
        (&"attractive".into(), &"one-dimensional".into())
    );
    assert_eq!(
        (&found[1]["worse"], &found[1]["answers"]),
        (&(-1.0).into(), &3.into())
    );
}

#[test]
fn what_a_row_lacks_is_named_and_hostile_text_stays_text() {
    let sheet =
        "\u{feff}item,value,effort,note\n007,3,,x\n\"=cmd|'/C calc'!A0\",4,2,<b>\nz,many,1\n";
    let folder = tempfile::tempdir().unwrap();
    let file = written(&folder, sheet);
    let of = |more: &[&str]| run(&[&["score", path(&file)], more].concat());
    let rows = scored(sheet, &["--by", "value-effort"]);
    let lacks: Vec<&Value> = rows.iter().map(|row| &row["lacks"]).collect();
    assert_eq!(lacks, [&Value::Null, &"effort".into(), &"value".into()]);
    assert_eq!(rows[1]["item"], "007");
    let csv = succeed(&[
        "score",
        path(&file),
        "--by",
        "value / effort",
        "--format",
        "csv",
    ]);
    assert!(csv.contains("\"'=cmd|'/C calc'!A0\""), "{csv}");
    for (bad, because) in [
        (&["--by", "rice"][..], "needs the columns"),
        (&["--by", "weighted"], "needs weights"),
        (&["--by", "no_such / effort"], "item, value, effort, note"),
        (&["--by", "value +"], "formula"),
        (&["--by", "canny", "--weight", "value:moons=1"], "no scale"),
    ] {
        let output = of(bad);
        let talk = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{bad:?}: {talk}");
        assert!(talk.contains(because), "{bad:?}: {talk}");
    }
    File::create(&file).unwrap();
    assert_eq!(of(&["--by", "rice"]).status.code(), Some(1));
}
