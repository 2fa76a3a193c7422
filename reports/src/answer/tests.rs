use super::*;

fn columns(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn each_kind() -> Vec<Cell> {
    vec![
        Cell::Null,
        Cell::Truth(true),
        Cell::Whole(-7),
        Cell::Number(0.1),
        text("a \"b\", c"),
        Cell::Bytes(vec![0, 255]),
        Cell::Day("2026-10-05".to_owned()),
        Cell::Instant("2026-10-05T09:02:11.25Z".to_owned()),
        Cell::Span(5_400_000_000),
        Cell::List(vec![Cell::Whole(1), Cell::Null, text("x")]),
    ]
}

#[test]
fn every_kind_is_written_so_that_it_can_be_read_again() {
    let names = ["n", "t", "w", "f", "s", "b", "d", "i", "p", "l"];
    let csv = answer_csv_head(&columns(&names)) + &answer_csv_row(&each_kind());
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let row = reader.records().next().unwrap().unwrap();
    let cells: Vec<&str> = row.iter().collect();
    assert_eq!(
        cells,
        [
            "",
            "true",
            "-7",
            "0.1",
            "a \"b\", c",
            "\\x00ff",
            "2026-10-05",
            "2026-10-05T09:02:11.25Z",
            "PT1H30M",
            "[1,null,\"x\"]"
        ]
    );
    let line = answer_json_row(&columns(&names), &each_kind());
    assert!(line.ends_with("}\n") && line.matches('\n').count() == 1);
    let json: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(json["n"], serde_json::Value::Null);
    assert_eq!(json["w"], -7);
    assert_eq!(json["s"], "a \"b\", c");
    assert_eq!(json["l"], serde_json::json!([1, null, "x"]));
    assert_eq!(json["p"], "PT1H30M");
}

#[test]
fn no_cell_and_no_name_starts_a_formula() {
    for hostile in ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\u{feff}=1"] {
        for line in [
            answer_csv_row(&[text(hostile)]),
            answer_csv_head(&columns(&[hostile])),
            answer_csv_row(&[Cell::Bytes(vec![1]), text(hostile)]),
        ] {
            assert!(line.contains("\"'"), "{line:?}");
        }
    }
    assert_eq!(answer_csv_row(&[text("")]), "\"\"\r\n", "empty is not null");
    assert_eq!(answer_csv_row(&[Cell::Null]), "\r\n");
    assert_eq!(answer_csv_row(&[Cell::Whole(-1)]), "-1\r\n");
}

#[test]
fn what_json_cannot_say_is_null() {
    let row = [f64::NAN, f64::INFINITY].map(Cell::Number);
    assert_eq!(
        answer_json_row(&columns(&["a", "b"]), &row),
        "{\"a\":null,\"b\":null}\n"
    );
    let row = [Cell::Whole(i128::from(u64::MAX))];
    assert_eq!(
        answer_json_row(&columns(&["a"]), &row),
        "{\"a\":18446744073709551615}\n"
    );
}

#[test]
fn the_table_aligns_cuts_and_keeps_to_one_line_a_row() {
    let rows = vec![
        vec![text("ios"), Cell::Whole(1200)],
        vec![text("a\nb\u{1b}[31m"), Cell::Whole(7)],
        vec![text(&"x".repeat(100)), Cell::Null],
    ];
    let table = answer_table(&columns(&["platform", "users"]), &rows);
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 5);
    assert!(lines[0].starts_with("platform") && lines[0].ends_with(" users"));
    assert!(lines[2].ends_with("   1200"), "{table}");
    assert!(!table.contains('\u{1b}'));
    assert!(lines[4].contains('…') && lines[4].ends_with("null"));
    let alone = answer_table(&columns(&["text"]), &[vec![text(&"y".repeat(100))]]);
    assert!(alone.ends_with(&"y".repeat(100)));
    assert_eq!(answer_table(&columns(&["none"]), &[]), "none\n────");
}
