//! Queries over small tables: what is refused, what is said of a slip, what comes out.

use std::fs::File;

use lake::FeedbackKind;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::*;
use crate::fixture::{DAY, Fixture, HOUR, at, feedback, usage};

fn asked(tables: &Tables, query: &str, as_of: Option<Micros>) -> Result<Answer> {
    answer(Sources::new(tables, as_of, &TimeZone::UTC), query)
}

fn refused(query: &str) -> String {
    let fixture = Fixture::new();
    match asked(&fixture.tables(), query, None) {
        Ok(answer) => panic!("{query} is answered: {answer:?}"),
        Err(Error::Query(error)) => error.to_string(),
        Err(error) => panic!("{query}: {error}"),
    }
}

fn cells(tables: &Tables, query: &str, as_of: Option<Micros>) -> Vec<Vec<Cell>> {
    let answer = asked(tables, query, as_of).unwrap_or_else(|error| panic!("{query}: {error}"));
    let pieces: Result<Vec<_>> = answer.rows().unwrap().collect();
    pieces.unwrap().concat()
}

#[test]
fn only_reading_is_allowed() {
    for query in [
        "DROP TABLE events",
        "DELETE FROM events",
        "TRUNCATE TABLE events",
        "INSERT INTO events VALUES (1)",
        "UPDATE events SET app = 'x'",
        "CREATE TABLE copy AS SELECT * FROM events",
        "CREATE VIEW v AS SELECT * FROM events",
        "ALTER TABLE events ADD COLUMN x INT",
        "COPY events TO '/tmp/x.csv'",
        "MERGE INTO events USING feedback ON true WHEN MATCHED THEN DELETE",
        "EXPLAIN DELETE FROM events",
        "WITH x AS (INSERT INTO events VALUES (1)) SELECT 1",
        "SELECT * INTO copy FROM events",
        "SET x = 1",
        "USE other",
        "SELECT 1; DROP TABLE events",
        "SELECT 1; SELECT 2",
    ] {
        let said = refused(query);
        assert!(
            said.contains("is refused") || said.contains("cannot be read"),
            "{query}: {said}"
        );
    }
}

#[test]
fn no_function_and_no_path_reads_another_file() {
    for query in [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_parquet('/tmp/x.parquet')",
        "SELECT * FROM READ_JSON('/tmp/x')",
        "SELECT * FROM read_ipc('/tmp/x')",
        "SELECT * FROM events WHERE user_id IN (SELECT a FROM read_csv('/etc/passwd'))",
        "SELECT (SELECT max(a) FROM read_parquet('x'))",
        "WITH x AS (SELECT * FROM read_csv('/etc/passwd')) SELECT * FROM x",
        "SELECT * FROM events JOIN read_csv('/etc/passwd') AS p ON true",
        "SELECT * FROM TABLE(read_csv('/etc/passwd'))",
        "SELECT * FROM LATERAL read_csv('/etc/passwd')",
        "SELECT * FROM generate_series(1, 1000000000)",
    ] {
        let said = refused(query);
        assert!(
            said.contains("is refused") || said.contains("cannot be read"),
            "{query}: {said}"
        );
    }
    for query in [
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM \"/etc/passwd\"",
        "SELECT * FROM \"../../x.parquet\"",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM main.events",
    ] {
        let said = refused(query);
        assert!(said.contains("there is no table"), "{query}: {said}");
    }
}

#[test]
fn a_slip_is_named_with_what_there_is() {
    let said = refused("SELECT count(*) FROM event");
    assert!(
        said.contains("no table \"event\", did you mean \"events\"?"),
        "{said}"
    );
    assert!(said.contains("backlog, events, events_distinct"), "{said}");
    let said = refused("SELECT userid FROM events");
    assert!(
        said.contains("no column \"userid\", did you mean \"user_id\"?"),
        "{said}"
    );
    assert!(said.contains("occurred_at"), "{said}");
    let said = refused("SELECT count(*) FROM events WHERE relese = '1'");
    assert!(said.contains("\"release\""), "{said}");
    let said = refused("SELECT e.zzzzzzzzzz FROM events AS e");
    assert!(
        said.contains("no column \"zzzzzzzzzz\"; there are"),
        "{said}"
    );
    for broken in ["", "  ", "SELEC 1", "SELECT 1 FROM", "SELECT 'open"] {
        assert!(refused(broken).contains("cannot be read"), "{broken}");
    }
    let long = format!("SELECT '{}'", "x".repeat(1 << 20));
    assert!(refused(&long).contains("at most"), "long");
    let deep = format!("SELECT {}1{}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(refused(&deep).contains("cannot be read"), "deep");
}

#[test]
fn what_a_query_makes_up_hides_no_table() {
    for query in [
        "WITH events AS (SELECT 1 AS n) SELECT count(*) FROM events",
        "WITH x AS (WITH feedback AS (SELECT 1 AS n) SELECT * FROM feedback) SELECT * FROM x",
        "SELECT count(*) FROM (SELECT 1 AS n) AS events_distinct",
        "SELECT count(*) FROM releases AS backlog",
    ] {
        let said = refused(query);
        assert!(said.contains("another name"), "{query}: {said}");
    }
    let tables = Fixture::new().tables();
    let own = "SELECT count(*) AS n FROM events AS events";
    assert_eq!(cells(&tables, own, None), [[Cell::Whole(0)]]);
}

#[test]
fn empty_tables_have_their_columns() {
    let fixture = Fixture::new();
    let tables = fixture.tables();
    for table in tables::all_names() {
        let query = format!("SELECT * FROM {table}");
        let found = asked(&tables, &query, None).unwrap();
        assert!(found.columns().len() > 3, "{table}");
        assert!(cells(&tables, &query, None).is_empty());
        let count = format!("SELECT count(*) AS n FROM {table}");
        assert_eq!(cells(&tables, &count, None), [[Cell::Whole(0)]], "{table}");
    }
    let shown = cells(&tables, "SHOW TABLES", None);
    assert_eq!(shown.len(), tables::all_names().len());
    let described = cells(&tables, "DESCRIBE events", None);
    assert_eq!(described.len(), Table::Events.schema().fields().len());
    assert_eq!(described[0][0], Cell::Text("day".to_owned()));
    assert!(!cells(&tables, "EXPLAIN SELECT * FROM events", None).is_empty());
}

#[test]
fn each_kind_of_value_comes_out_plain() {
    let tables = Fixture::new().tables();
    let row = |query: &str| cells(&tables, query, None).concat();
    assert_eq!(
        row("SELECT 1 AS a, 2.5 AS b, 'x' AS c, TRUE AS d, NULL AS e, '=1' AS \"=f\""),
        [
            Cell::Whole(1),
            Cell::Number(2.5),
            Cell::Text("x".to_owned()),
            Cell::Truth(true),
            Cell::Null,
            Cell::Text("=1".to_owned()),
        ]
    );
    assert_eq!(
        row("SELECT DATE '2026-10-05' AS d"),
        [Cell::Day("2026-10-05".to_owned())]
    );
    let named = asked(&tables, "SELECT 1 AS \"=cmd|' /C calc'!A0\"", None).unwrap();
    assert_eq!(named.columns(), ["=cmd|' /C calc'!A0"]);
}

/// Two files that share ids: 40 events, 12 of which another file holds again, on a later release.
fn with_copies() -> Fixture {
    let mut fixture = Fixture::new();
    let start = at("2026-10-05T00:00:00Z");
    let event = |n: i64, release: &str| {
        let (id, user) = (format!("e{n}"), format!("u{}", n % 7));
        usage(&id, "opened", &user, release, start + n * HOUR)
    };
    fixture.events((0..40).map(|n| event(n, "1.0")).collect());
    fixture.events((0..12).map(|n| event(n * 3, "copy")).collect());
    fixture
}

#[test]
fn views_count_each_id_once_and_take_the_row_that_counts() {
    let fixture = with_copies();
    let tables = fixture.tables();
    let whole = |query: &str| cells(&tables, query, None);
    assert_eq!(
        whole("SELECT count(*) AS n FROM events"),
        [[Cell::Whole(52)]]
    );
    assert_eq!(
        whole("SELECT count(*) AS n, count(DISTINCT event_id) AS ids FROM events_distinct"),
        [[Cell::Whole(40), Cell::Whole(40)]]
    );
    // The first that came counts, whichever file is read first.
    let by_release = "SELECT release, count(*) AS n FROM events_distinct GROUP BY release";
    let first = [[Cell::Text("1.0".to_owned()), Cell::Whole(40)]];
    assert_eq!(whole(by_release), first);
    assert_eq!(cells(&fixture.tables_reversed(), by_release, None), first);
}

#[test]
fn the_latest_revision_of_feedback_counts() {
    let mut fixture = Fixture::new();
    let given = at("2026-10-05T00:00:00Z");
    let rating =
        |score: f64, at| feedback("f", FeedbackKind::Rating, Some(score), ("u", "1.0"), at);
    fixture.feedback(vec![rating(1.0, given)]);
    fixture.feedback(vec![rating(5.0, given + DAY)]);
    let tables = fixture.tables();
    let query = "SELECT score FROM feedback_latest";
    assert_eq!(cells(&tables, query, None), [[Cell::Number(5.0)]]);
    assert_eq!(
        cells(&tables, query, Some(given)),
        [[Cell::Number(1.0)]],
        "what came later is not known"
    );
}

#[test]
fn what_occurred_later_is_not_known() {
    let fixture = with_copies();
    let tables = fixture.tables();
    let count = |as_of| cells(&tables, "SELECT count(*) AS n FROM events_distinct", as_of);
    let start = at("2026-10-05T00:00:00Z");
    assert_eq!(count(Some(start + 9 * HOUR)), [[Cell::Whole(10)]]);
    assert_eq!(count(Some(start - 1)), [[Cell::Whole(0)]]);
}

#[test]
fn a_long_answer_comes_in_pieces_and_may_be_left() {
    let fixture = with_copies();
    let tables = fixture.tables();
    let many = "SELECT a.event_id, b.name FROM events a CROSS JOIN events b CROSS JOIN events c";
    let rows: usize = asked(&tables, many, None)
        .unwrap()
        .rows()
        .unwrap()
        .map(|piece| piece.unwrap().len())
        .sum();
    assert_eq!(rows, 52 * 52 * 52);
    let mut pieces = asked(&tables, many, None).unwrap().rows().unwrap();
    assert!(!pieces.next().unwrap().unwrap().is_empty());
    drop(pieces);
}

#[test]
fn what_is_put_together_is_counted() {
    let fixture = with_copies();
    let query = "SELECT count(*) AS n FROM (SELECT event_id FROM events UNION ALL \
                 SELECT event_id FROM events_distinct) AS put_together";
    assert_eq!(cells(&fixture.tables(), query, None), [[Cell::Whole(92)]]);
}

#[test]
fn order_is_kept_and_instants_are_rfc_3339() {
    let fixture = with_copies();
    let tables = fixture.tables();
    let query = "SELECT occurred_at FROM events_distinct ORDER BY occurred_at DESC LIMIT 2";
    let instant = |text: &str| vec![Cell::Instant(text.to_owned())];
    assert_eq!(
        cells(&tables, query, None),
        [
            instant("2026-10-06T15:00:00Z"),
            instant("2026-10-06T14:00:00Z")
        ]
    );
}

#[test]
fn parquet_holds_the_same_rows() {
    let fixture = with_copies();
    let tables = fixture.tables();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answer.parquet");
    let mut told = 0;
    let query = "SELECT event_id, occurred_at, user_id FROM events ORDER BY event_id";
    let written = asked(&tables, query, None)
        .unwrap()
        .write_parquet(File::create(&path).unwrap(), |rows| told = rows)
        .unwrap();
    assert_eq!((written, told), (52, 52));
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap();
    let batches = reader.build().unwrap();
    let rows: usize = batches.map(|batch| batch.unwrap().num_rows()).sum();
    assert_eq!(rows, 52);
}

#[test]
fn rollups_are_made_for_the_query_that_names_them() {
    let mut fixture = Fixture::new();
    let start = at("2026-06-01T00:00:00Z");
    let hours = [(0, "ann"), (1, "ann"), (2, "bob"), (26, "ann")];
    let used = hours.map(|(hour, user)| {
        let id = format!("{user}-{hour}");
        usage(&id, "opened", user, "1.0", start + hour * HOUR)
    });
    fixture.events(used.into());
    let tables = fixture.tables();
    let users = "SELECT CAST(day AS VARCHAR) AS day, COUNT(DISTINCT user_key) AS users, SUM(events) AS events
                 FROM rollup_user_day GROUP BY day ORDER BY day";
    let text = |cells: Vec<Vec<Cell>>| -> Vec<String> {
        cells.iter().map(|row| format!("{row:?}")).collect()
    };
    let all = text(cells(&tables, users, None));
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all[0].contains("2)") && all[0].contains("3)"), "{all:?}");
    // Within the first day: a rollup that is made for this query alone.
    let cut = text(cells(&tables, users, Some(start + HOUR)));
    assert_eq!(cut.len(), 1, "{cut:?}");
    assert!(cut[0].contains("1)") && cut[0].contains("2)"), "{cut:?}");
    let first = "SELECT user_key FROM rollup_first_seen WHERE release IS NULL AND feature IS NULL";
    assert_eq!(cells(&tables, first, None).len(), 2);
    assert_eq!(
        cells(&tables, first, Some(start + HOUR)).len(),
        1,
        "bob came later"
    );
    let described = cells(&tables, "DESCRIBE rollup_session_day", None);
    assert!(described.len() > 10, "{described:?}");
}
