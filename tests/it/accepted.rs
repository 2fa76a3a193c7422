//! A release planned, accepted, changed twice, shipped and scored: drift, score card and calibration
//! are those that were planted; the next plan goes by them; trackers get the plan as they import it.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Output;

use jiff::{Span, Timestamp};
use serde_json::{Value, json};

use crate::harness::{Server, path, run, shipwake, succeed};

/// Item, person-days, users to reach, event. `A-08` hardly pays.
const ITEMS: [(&str, f64, u64, &str); 8] = [
    ("A-01", 2.0, 100, "f01"),
    ("A-02", 3.0, 90, "f02"),
    ("A-03", 4.0, 200, "f03"),
    ("A-04", 5.0, 80, "f04"),
    ("A-05", 6.0, 10, "f05"),
    ("A-06", 4.0, 60, "f06"),
    ("A-07", 3.0, 50, "f07"),
    ("A-08", 2.0, 15, ""),
];

struct Team {
    _folder: tempfile::TempDir,
    data: PathBuf,
    first_day: Timestamp,
}

impl Team {
    /// A team with a backlog, a hundred days ago.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let today = Timestamp::now().as_second() / 86_400 * 86_400;
        let first_day = Timestamp::from_second(today - 100 * 86_400).unwrap();
        let team = Self {
            _folder: folder,
            data,
            first_day,
        };
        team.backlog(ITEMS.map(|(id, days, users, event)| {
            format!("{id},title of {id},open,{days},,{users},1,1,{event}")
        }));
        team
    }

    fn backlog(&self, rows: impl IntoIterator<Item = String>) {
        let head = "item_id,title,status,effort_person_days,spent_person_days,reach_users,impact,\
                    confidence,feature_events";
        let rows: Vec<String> = std::iter::once(head.to_owned()).chain(rows).collect();
        self.import("backlog", "backlog.csv", &rows.join("\n"));
    }

    fn import(&self, what: &str, name: &str, text: &str) {
        let file = self.data.with_file_name(name);
        File::create(&file)
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        self.says(&["import", what, path(&file), "--app", "shop"]);
    }

    /// An instant so many days and hours after the first day.
    fn at(&self, days: i64, hours: i64) -> String {
        (self.first_day + Span::new().hours(days * 24 + hours)).to_string()
    }

    fn says(&self, words: &[&str]) -> String {
        succeed(&[words, &["--data", path(&self.data)]].concat())
    }

    fn refuses(&self, words: &[&str]) -> String {
        let output = run(&[words, &["--data", path(&self.data)]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{words:?}: {said}");
        said
    }

    fn json(&self, words: &[&str]) -> Value {
        let words = [words, &["--format", "json"]].concat();
        serde_json::from_str(&self.says(&words)).unwrap()
    }

    /// What is decided at an instant by somebody.
    fn decides(&self, words: &[&str], by: &str, at: &str) -> String {
        self.says(&[&["plan"], words, &["--by", by, "--at", at]].concat())
    }

    fn accepted_and_changed_twice(&self) {
        let said = self.decides(
            &[
                "accept",
                "--release",
                "2.0.0=20",
                "--pin",
                "A-05=promised to ACME",
                "--without",
                "A-03=waits for legal",
            ],
            "Ada",
            &self.at(0, 9),
        );
        assert!(said.contains("5 items accepted by Ada, 20 of 20"), "{said}");
        assert!(said.contains("A-03 (waits for legal)"), "{said}");
        let said = self.decides(
            &[
                "change",
                "--release",
                "2.0.0",
                "--add",
                "A-07=asked for in a call",
                "--remove",
                "A-04=too large",
            ],
            "Bob",
            &self.at(2, 9),
        );
        assert!(said.contains("18 person-days of 20"), "{said}");
        let said = self.decides(
            &[
                "change",
                "--release",
                "2.0.0",
                "--estimate",
                "A-02=5.5",
                "--reason",
                "the old API is gone",
            ],
            "Cleo",
            &self.at(4, 9),
        );
        assert!(said.contains("20.5 person-days of 20, 0.5 over"), "{said}");
    }

    /// Eighty people use 2.0.0, so many of them each feature; others do so elsewhere or too late.
    fn used(&self) {
        let mut lines = Vec::new();
        let mut send = |event: &str, user: String, release: &str, at: String| {
            let id = format!("{event}-{user}-{release}-{at}");
            let event = json!({"event_id": id, "name": event, "user_id": user,
                "release": release, "occurred_at": at});
            lines.push(event.to_string());
        };
        for user in 0..80 {
            send("opened", format!("u{user}"), "2.0.0", self.at(9, 1));
        }
        for (event, users) in [
            ("f01", 40),
            ("f02", 45),
            ("f05", 20),
            ("f06", 60),
            ("f07", 5),
        ] {
            for user in 0..users {
                send(event, format!("u{user}"), "2.0.0", self.at(9, 2));
                // Again, by the same one.
                send(event, format!("u{user}"), "2.0.0", self.at(20, 2));
            }
            for user in 100..130 {
                send(event, format!("u{user}"), "1.0.0", self.at(9, 2));
                send(event, format!("u{user}"), "2.0.0", self.at(40, 2));
            }
        }
        self.import("events", "events.ndjson", &lines.join("\n"));
        let rated = [("u0", 5), ("u39", 3), ("u79", 1)].map(|(user, stars)| {
            json!({"event_id": format!("r{user}"), "kind": "rating", "score": stars,
                "scale": "1-5", "user_id": user, "release": "2.0.0",
                "occurred_at": self.at(10, 0)})
            .to_string()
        });
        self.import("feedback", "ratings.ndjson", &rated.join("\n"));
    }

    fn shipped(&self) {
        self.says(&[
            "release",
            "mark",
            "2.0.0",
            "deployed",
            "--app",
            "shop",
            "--at",
            &self.at(8, 12),
        ]);
        self.used();
        self.backlog([
            "A-01,title of A-01,done,2,3,100,1,1,f01".to_owned(),
            "A-02,title of A-02,shipped,3,5,90,1,1,f02".to_owned(),
            "A-05,title of A-05,done,9,6,10,1,1,f05".to_owned(),
            "A-06,title of A-06,in progress,4,,60,1,1,f06".to_owned(),
            "A-07,title of A-07,done,3,6,50,1,1,f07".to_owned(),
        ]);
    }
}

fn near(found: &Value, expected: f64) -> bool {
    found
        .as_f64()
        .is_some_and(|found| (found - expected).abs() < 1e-9)
}

fn item<'a>(card: &'a Value, id: &str) -> &'a Value {
    let items = card["outcomes"].as_array().unwrap();
    items.iter().find(|one| one["item_id"] == id).unwrap()
}

fn drift_is_as_planted(team: &Team) {
    let shown = team.json(&["release", "show", "2.0.0"]);
    let plan = &shown["plan"];
    let counts = [
        "items_planned",
        "items_now",
        "added",
        "removed",
        "re_estimated",
    ];
    assert_eq!(
        counts.map(|name| plan[name].as_u64().unwrap()),
        [5, 5, 1, 1, 1],
        "{plan}"
    );
    let days = [
        "person_days_planned",
        "person_days_now",
        "over_capacity_person_days",
    ];
    for (name, expected) in days.into_iter().zip([20.0, 20.5, 0.5]) {
        assert!(near(&plan[name], expected), "{name}: {plan}");
    }
    let changes = plan["changes"].as_array().unwrap().iter().map(|one| {
        let words = ["by", "change", "item_id", "reason"].map(|name| one[name].as_str().unwrap());
        format!("{} {}", words.join(" "), one["effect_person_days"])
    });
    assert_eq!(
        changes.collect::<Vec<_>>(),
        [
            "Bob added A-07 asked for in a call 3.0",
            "Bob removed A-04 too large -5.0",
            "Cleo re_estimated A-02 the old API is gone 2.5",
        ]
    );
    let scope: Vec<&str> = shown["scope"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["item_id"].as_str().unwrap())
        .collect();
    assert_eq!(scope, ["A-01", "A-02", "A-05", "A-06", "A-07"]);
}

fn outcomes_are_as_planted(card: &Value) {
    for (id, shipped, spent, reached) in [
        ("A-01", Some(true), Some(3.0), Some(40)),
        ("A-02", Some(true), Some(5.0), Some(45)),
        ("A-04", Some(false), None, None),
        ("A-05", Some(true), Some(6.0), Some(20)),
        ("A-06", Some(false), None, None),
        ("A-07", Some(true), Some(6.0), Some(5)),
    ] {
        let of = item(card, id);
        assert_eq!(of["shipped"], json!(shipped), "{of}");
        assert_eq!(of["spent_person_days"], json!(spent), "{of}");
        assert_eq!(of["observed_users"], json!(reached), "{of}");
        if let Some(reached) = reached {
            assert!(
                near(&of["adoption"]["value"], f64::from(reached) / 80.0),
                "{of}"
            );
            assert_eq!(of["adoption"]["n"], 80, "{of}");
        } else {
            assert_eq!(of["not_measurable"], "not shipped", "{of}");
        }
    }
    let rating = &item(card, "A-01")["rating"];
    assert!(near(&rating["value"], 4.0) && rating["n"] == 2, "{rating}");
}

fn calibration_is_as_planted(card: &Value) {
    let (effort, reach) = (
        &card["calibration"]["effort"],
        &card["calibration"]["reach"],
    );
    // Effort 1.5, 5/3, 1, 2; reach 0.4, 0.5, 2, 0.1.
    assert!(
        near(&effort["median"]["value"], (1.5 + 5.0 / 3.0) / 2.0),
        "{effort}"
    );
    assert!(near(&reach["median"]["value"], 0.45), "{reach}");
    for ratios in [effort, reach] {
        assert_eq!(
            (&ratios["median"]["n"], &ratios["are_used"]),
            (&json!(4), &json!(false))
        );
    }
}

#[test]
fn drift_score_card_and_calibration_are_those_that_were_planted() {
    let team = Team::new();
    team.accepted_and_changed_twice();
    drift_is_as_planted(&team);
    team.shipped();
    let late = [
        "plan",
        "change",
        "--release",
        "2.0.0",
        "--by",
        "Dan",
        "--remove",
        "A-06",
    ];
    assert!(team.refuses(&late).contains("is out since"));
    let card = team.json(&["release", "score"]);
    assert_eq!(card["release"], "2.0.0");
    // The estimate that came with the last import is of work that was out already.
    assert!(
        near(&card["plan"]["person_days_now"], 20.5),
        "{}",
        card["plan"]
    );
    outcomes_are_as_planted(&card);
    calibration_is_as_planted(&card);
    let text = team.says(&["release", "score", "2.0.0"]);
    for words in [
        "over-committed by 0.5 d",
        "A-07",
        "not measurable: not shipped",
        "too few items",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn the_next_plan_goes_by_how_far_estimates_were_off() {
    let team = Team::new();
    let next = ["C-1", "C-2"].map(|id| format!("{id},title of {id},open,5,,100,1,1,"));
    let closed = ITEMS.map(|(id, days, ..)| format!("{id},title of {id},dropped,{days},,,,,"));
    team.backlog(next.into_iter().chain(closed));
    let both = [
        "plan",
        "--release",
        "9.0.0=10",
        "--draws",
        "400",
        "--seed",
        "3",
    ];
    let of_draws = |team: &Team| -> f64 {
        let found = team.json(&both);
        let items = found["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["in_draws"]["value"].as_f64().unwrap())
            .sum()
    };
    assert!(of_draws(&team) > 1.1);
    let done = |spent: &str| {
        (0..10)
            .map(|n| format!("D-{n},title of D-{n},open,1,{spent},,,,"))
            .collect::<Vec<_>>()
    };
    team.backlog(done(""));
    let accept = [
        "accept",
        "--release",
        "3.0.0=10",
        "--without",
        "C-1=later",
        "--without",
        "C-2=later",
    ];
    team.decides(&accept, "Ada", &team.at(0, 9));
    let at = team.at(8, 0);
    team.says(&[
        "release", "mark", "3.0.0", "deployed", "--app", "shop", "--at", &at,
    ]);
    team.backlog(done("2").iter().map(|row| row.replace(",open,", ",done,")));
    let card = team.json(&["release", "score"]);
    let effort = &card["calibration"]["effort"];
    let tenths = [&effort["low"], &effort["median"]["value"], &effort["high"]];
    assert!(tenths.iter().all(|ratio| near(ratio, 2.0)), "{effort}");
    assert_eq!(effort["are_used"], true);
    assert_eq!(item(&card, "D-3")["not_measurable"], "no feature named");
    // Each item takes more than its five days now: one of the two fits, and never both.
    assert!((of_draws(&team) - 1.0).abs() < 1e-9);
    let text = team.says(&both);
    assert!(
        text.contains("effort go by the team's own record: median ×2.00"),
        "{text}"
    );
}

#[test]
fn records_and_repeated_words_change_a_plan_in_passing() {
    let team = Team::new();
    let accept = ["accept", "--release", "2.0.0=6"];
    let at = team.at(0, 9);
    team.decides(&accept, "Ada", &at);
    // The same words once more are the same plan.
    team.decides(&accept, "Ada", &at);
    let rows = team.says(&[
        "sql",
        "SELECT item_id, effort_person_days FROM plans ORDER BY item_id",
        "--format",
        "csv",
    ]);
    assert_eq!(rows.lines().count(), 3, "{rows}");
    // In place of what the plan holds, by somebody who writes records.
    team.says(&[
        "release",
        "add",
        "2.0.0",
        "--app",
        "shop",
        "--scope",
        "A-01,A-07",
        "--owner",
        "Eve",
    ]);
    let shown = team.json(&["release", "show", "2.0.0"]);
    let changes = shown["plan"]["changes"].as_array().unwrap();
    let told: Vec<String> = changes
        .iter()
        .filter(|one| one["change"] != "re_estimated")
        .map(|one| {
            format!("{} {} {}", one["change"], one["item_id"], one["source"]).replace('"', "")
        })
        .collect();
    assert_eq!(
        told,
        ["removed A-03 record", "added A-07 record"],
        "{shown}"
    );
    assert_eq!(shown["owner"], "Eve");
    let text = team.says(&["release", "show", "2.0.0", "--history"]);
    for words in ["plan accepted: A-01, A-03", "owner Eve", "said by a record"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

#[test]
fn what_cannot_be_decided_is_refused_with_a_remedy() {
    let team = Team::new();
    let at = team.at(0, 9);
    team.decides(&["accept", "--release", "2.0.0=6"], "Ada", &at);
    for (line, remedy) in [
        ("plan change --release 7.0 --by x --add A-01", "plan accept"),
        (
            "plan change --release 2.0.0 --by x --add A-01",
            "holds it already",
        ),
        ("plan change --release 2.0.0 --by x --add Z", "no open item"),
        (
            "plan change --release 2.0.0 --by x --remove Z",
            "A-01, A-03",
        ),
        ("plan accept --release 2.1=0.5 --by x", "nothing to accept"),
        ("plan accept --release 2.1=2 --by x --pin A-05=y", "A-05"),
        (
            "plan accept --release 2.1=2 --by x --pin Z=y",
            "no open item",
        ),
        ("plan export --release 7.0 --for jira", "plan accept"),
        ("release show 7.0", "release list"),
        ("release score 2.0.0", "is not out"),
    ] {
        let said = team.refuses(&words(line));
        assert!(said.contains(remedy), "{line}: {said}");
    }
    for line in [
        "plan accept --release 2.1=5 --by x --pin A-05",
        "plan change --release 2.0.0 --by x",
        "plan change --release 2.0.0 --by x --estimate A-01=-3",
        "plan accept --release 2.1=5",
    ] {
        assert_eq!(run(&words(line)).status.code(), Some(2), "{line}");
    }
}

#[test]
fn trackers_import_the_plan_that_was_exported() {
    let team = Team::new();
    team.import(
        "backlog",
        "needs.csv",
        "item_id,title,kind,status,effort_person_days,team,owner,depends_on,reach_users\n\
         A-01,\"=cmd|' /C calc'!A0, <b>\",bug,open,2,web,Ada,A-07;A-02,100\n",
    );
    let accept = ["accept", "--release", "2.0.0=8", "--without", "A-03=later"];
    team.decides(&accept, "Ada", &team.at(0, 9));
    for tool in ["jira", "linear", "clickup", "github"] {
        let out = team.data.with_file_name(format!("{tool}.csv"));
        let export = [
            "plan",
            "export",
            "--release",
            "2.0.0",
            "--for",
            tool,
            "--out",
            path(&out),
        ];
        team.says(&export);
        let text = std::fs::read_to_string(&out).unwrap();
        assert!(text.contains("Depends on: A-07, A-02"), "{tool}: {text}");
        assert!(
            text.contains("Predicted reach: 100 users"),
            "{tool}: {text}"
        );
        assert!(!text.contains("\"=cmd"), "{tool}: {text}");
        let data = team.data.with_file_name(tool);
        let of = ["--app", "shop", "--data", path(&data)];
        if tool == "github" {
            continue;
        }
        succeed(&[&["import", "backlog", path(&out)], &of[..]].concat());
        let query = "SELECT item_id, effort_person_days, depends_on, target, title FROM backlog \
                     ORDER BY item_id";
        let rows = succeed(&["sql", query, "--format", "json", "--data", path(&data)]);
        let rows: Vec<Value> = rows
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let ids: Vec<&str> = rows
            .iter()
            .map(|row| row["item_id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, ["A-01", "A-02", "A-07"], "{tool}");
        let efforts: Vec<f64> = rows
            .iter()
            .map(|row| row["effort_person_days"].as_f64().unwrap())
            .collect();
        assert_eq!(efforts, [2.0, 3.0, 3.0], "{tool}");
        assert_eq!(rows[0]["depends_on"], r#"["A-07","A-02"]"#, "{tool}");
        assert_eq!(rows[0]["title"], "=cmd|' /C calc'!A0, <b>", "{tool}");
    }
}

fn bad_entries_are_refused_by_field(server: &Server, key: &str) {
    let (code, answer) = server.post(
        "/v1/plans",
        key,
        br#"[{"version":"2.0.0","change":"accepted","item_id":"A"},
            {"version":"2.0.0","change":"added","item_id":"A","plan_id":"p"},
            {"version":"2.0.0","change":"re_estimated","item_id":"A"},
            {"version":"2.0.0","change":"lost","item_id":"A"},
            {"version":"2.0.0","change":"added","item_id":"A","effort_person_days":-1}]"#,
    );
    assert_eq!(
        (code, answer["rejected"].as_u64()),
        (200, Some(5)),
        "{answer}"
    );
    let fields = [
        "plan_id",
        "plan_id",
        "effort_person_days",
        "change",
        "effort_person_days",
    ];
    for (place, field) in fields.into_iter().enumerate() {
        assert_eq!(answer["outcomes"][place]["field"], field, "{answer}");
    }
}

#[test]
fn a_service_keeps_what_is_decided_under_the_key_of_who_decides() {
    let team = Team::new();
    let key = |scope: &str, more: &[&str]| {
        let of = ["key", "create", "--scope", scope, "--app", "shop"];
        team.says(&[&of[..], more].concat()).trim().to_owned()
    };
    let (planner, reader) = (key("plan,read", &["--person", "Ada"]), key("read", &[]));
    let server = Server::start(&team.data);
    let asks = |key: &str, words: &[&str]| -> Output {
        let mut command = shipwake();
        command.args(words).env("SHIPWAKE_URL", &server.url);
        command.env("SHIPWAKE_KEY", key).output().unwrap()
    };
    let accept = [
        "plan",
        "accept",
        "--release",
        "2.0.0=8",
        "--by",
        "The board",
        "--app",
        "shop",
    ];
    let refused = asks(&reader, &accept);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("403"));
    let looked = asks(&reader, &[&accept[..], &["--dry-run"]].concat());
    assert!(looked.status.success());
    let done = asks(&planner, &accept);
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert!(said.contains("accepted by The board, 8 of 8"), "{said}");
    let change = [
        "plan",
        "change",
        "--release",
        "2.0.0",
        "--by",
        "Bob",
        "--app",
        "shop",
        "--remove",
        "A-01",
    ];
    assert!(asks(&planner, &change).status.success());
    let shown = asks(&reader, &["release", "show", "2.0.0", "--app", "shop"]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("1 taken out"));
    let query = "SELECT change, item_id, decided_by, author, key_id IS NULL AS unkeyed FROM plans \
                 ORDER BY changed_at, item_id";
    let rows = team.says(&["sql", query, "--format", "csv"]);
    let rows: Vec<&str> = rows.lines().skip(1).collect();
    assert_eq!(rows.len(), 4, "{rows:?}");
    assert!(
        rows.iter()
            .all(|row| row.contains("Ada") && row.ends_with("false")),
        "{rows:?}"
    );
    assert!(
        rows[3].contains("removed") && rows[3].contains("Bob"),
        "{rows:?}"
    );
    bad_entries_are_refused_by_field(&server, &planner);
}
