//! Whether a release may go out: what the data say and what somebody signs, from not ready to ready;
//! who decided what stays with the release.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use jiff::{Span, Timestamp};
use serde_json::{Value, json};

use crate::harness::{Server, path, run, succeed};
use crate::releases::ship_story;

const RELEASE: &str = "3.0";

struct Team {
    folder: tempfile::TempDir,
    data: PathBuf,
}

impl Team {
    /// A team whose last release is fine, with a release ahead that holds two items and a checklist.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let same = |n: u64| n.is_multiple_of(33);
        ship_story(&data, "2.0", ("shop", 500, same, same));
        let team = Self { folder, data };
        team.write(
            "data/shipwake.toml",
            "[checklist.help]\ntitle = \"Help is written\"\nowner = \"Mara\"\ndue_before = \"1d\"\n\
             [checklist.press]\ntitle = \"Press is told\"\noptional = true\n",
        );
        team.backlog("open");
        team
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        File::create(&file)
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        file
    }

    fn backlog(&self, status: &str) {
        let rows = format!(
            "item_id,title,status,effort_person_days,feature_events\n\
             A-1,Search within the notes of others,done,2,searched\n\
             A-2,Various improvements,{status},3,\n"
        );
        let file = self.write("backlog.csv", &rows);
        self.says(&["import", "backlog", path(&file), "--app", "shop"]);
    }

    fn hears(&self, pieces: &[Value]) {
        let lines: Vec<String> = pieces.iter().map(Value::to_string).collect();
        let file = self.write("feedback.jsonl", &lines.join("\n"));
        self.says(&["import", "feedback", path(&file), "--app", "shop"]);
    }

    fn says(&self, words: &[&str]) -> String {
        succeed(&[words, &["--data", path(&self.data)]].concat())
    }

    /// How the release stands: the exit code and what is said.
    fn checks(&self, more: &[&str]) -> (i32, String) {
        let words = [
            &["release", "check", RELEASE],
            more,
            &["--data", path(&self.data)],
        ]
        .concat();
        let output = run(&words);
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8(said).unwrap(),
        )
    }

    fn found(&self) -> (i32, Value) {
        let (code, said) = self.checks(&["--app", "shop", "--format", "json"]);
        (code, serde_json::from_str(&said).unwrap())
    }
}

fn days_from_now(days: i64) -> String {
    (Timestamp::now() + Span::new().hours(24 * days)).to_string()
}

fn verdict_of<'v>(found: &'v Value, check: &str) -> &'v Value {
    let checks = found["checks"].as_array().unwrap();
    &checks.iter().find(|one| one["check"] == check).unwrap()["verdict"]
}

fn critical() -> Value {
    json!({"event_id": "c-1", "kind": "comment", "user_id": "u1", "release": "2.0",
           "text": "all my photos are gone, the app deleted my data", "occurred_at": days_from_now(-3)})
}

/// A release ahead of which nothing holds.
fn planned() -> Team {
    let team = Team::new();
    team.hears(&[critical()]);
    let record = [
        "release", "add", RELEASE, "--app", "shop", "--scope", "A-1,A-2",
    ];
    team.says(
        &[
            &record[..],
            &["--planned-at", &days_from_now(3), "--owner", "Ada"],
        ]
        .concat(),
    );
    team
}

#[test]
fn what_a_release_lacks_is_named() {
    let team = planned();
    let (code, found) = team.found();
    assert_eq!((code, &found["verdict"]), (2, &json!("fail")), "{found}");
    for (check, verdict) in [
        ("critical_reports", "fail"),
        ("last_release", "pass"),
        ("scope_done", "fail"),
        ("measurable", "fail"),
        ("clear_scope", "fail"),
        ("goals", "fail"),
    ] {
        assert_eq!(verdict_of(&found, check), verdict, "{check}: {found}");
    }
    let (_, text) = team.checks(&[]);
    for words in [
        "shop 3.0: not ready",
        "Ada answers for it",
        "1 of the last four weeks without an answer",
        "A-2 Various improvements (open)",
        "vague word various",
        "help (Mara signs it, due",
        "press (nobody is named, optional)",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

/// What the release lacks is done; what is left only warns.
fn made_ready(team: &Team) {
    team.hears(&[
        json!({"event_id": "r-1", "kind": "reply", "parent_id": "c-1", "user_id": "team",
                        "text": "restored", "occurred_at": days_from_now(-1)}),
    ]);
    team.backlog("shipped");
    let (code, said) = team.checks(&[
        "--sign",
        "help",
        "--by",
        "Mara",
        "--reason",
        "in three languages",
    ]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("help signed by Mara"), "{said}");
}

#[test]
fn a_release_is_ready_once_its_checks_hold_and_its_list_is_signed() {
    let team = planned();
    made_ready(&team);
    let (code, found) = team.found();
    assert_eq!((code, &found["verdict"]), (1, &json!("warn")), "{found}");
    let help = &found["by_hand"][0];
    assert_eq!(
        (&help["item"], &help["signed_by"]),
        (&json!("help"), &json!("Mara"))
    );
    let (code, _) = team.checks(&["--unsign", "help", "--by", "Mara"]);
    assert_eq!((code, team.found().0), (0, 2));
    team.checks(&["--sign", "help", "--by", "Mara"]);
    let (code, said) = team.checks(&[
        "--decide",
        "go",
        "--by",
        "Ada",
        "--reason",
        "the fair is on Monday",
    ]);
    assert_eq!(code, 0, "{said}");
    let decision = team.found().1["decision"].clone();
    assert_eq!(
        (&decision["decision"], &decision["by"]),
        (&json!("go"), &json!("Ada"))
    );
    let history = team.says(&["release", "show", RELEASE, "--history"]);
    for words in [
        "decided: go (critical reports pass",
        "goals fail",
        "signed: help",
        "signature taken back: help",
        "the fair is on Monday",
    ] {
        assert!(history.contains(words), "{words}: {history}");
    }
    let kept = team.says(&[
        "sql",
        "SELECT checks FROM marks WHERE mark = 'go'",
        "--format",
        "json",
    ]);
    assert!(
        kept.contains("tables"),
        "the versions that were read: {kept}"
    );
}

#[test]
fn what_cannot_be_signed_or_decided_is_refused_with_a_remedy() {
    let team = Team::new();
    for (more, remedy) in [
        (
            &["--sign", "helpp", "--by", "Mara"][..],
            "it has help, press",
        ),
        (&["--decide", "go", "--by", "Ada"], "needs a --reason"),
        (&["--sign", "help"], "--by"),
        (&["--decide", "maybe", "--by", "Ada"], "no-go"),
        (&["--by", "Ada"], "--sign"),
    ] {
        let (code, said) = team.checks(more);
        assert_eq!(code, 3, "{more:?}: {said}");
        assert!(said.contains(remedy), "{remedy}: {said}");
    }
    let (code, said) = team.checks(&["--decide", "no-go", "--by", "Ada", "--dry-run"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("nothing is written"), "{said}");
    assert_eq!(team.found().1["decision"], Value::Null);
}

#[test]
fn a_service_keeps_who_signed_by_the_name_of_the_key() {
    let team = Team::new();
    let server = Server::start(&team.data);
    let admin = server.key("admin");
    let record = json!({"app": "shop", "releases": [{
        "version": RELEASE, "scope": ["A-1"], "goals": [{"metric": "nps", "target": 40}],
        "checklist": ["Tell support", {"item": "help", "title": "Help, in Danish", "optional": true}],
    }]});
    server.post("/v1/releases", &admin, record.to_string().as_bytes());
    server.flush();
    let key = [
        "key",
        "create",
        "--scope",
        "plan,read",
        "--person",
        "ada",
        "--app",
        "shop",
    ];
    let made = succeed(&[&key[..], &["--data", path(&team.data)]].concat());
    let key_file = team.write("key", made.trim());
    let address = format!("http://{}", server.address());
    let at_service = [
        "--server",
        &address,
        "--key-file",
        path(&key_file),
        "--app",
        "shop",
    ];
    let check = |more: &[&str]| {
        let output = run(&[&["release", "check", RELEASE], more, &at_service[..]].concat());
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8(said).unwrap(),
        )
    };
    let (code, said) = check(&["--format", "json"]);
    let found: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (code, verdict_of(&found, "scope_done")),
        (2, &json!("pass")),
        "{said}"
    );
    let items: Vec<&Value> = found["by_hand"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["item"])
        .collect();
    assert_eq!(items, ["Tell support", "help", "press"]);
    let (code, said) = check(&["--sign", "Tell support", "--by", "somebody else"]);
    assert_eq!(code, 0, "{said}");
    let (code, said) = check(&["--format", "json"]);
    let found: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(code, 1, "{said}");
    assert_eq!(found["by_hand"][0]["signed_by"], "ada", "{said}");
    let mark = ["release", "mark", RELEASE, "deployed"];
    let said = succeed(&[&mark[..], &at_service].concat());
    assert!(said.contains("3.0 is marked as deployed"), "{said}");
    let show = ["release", "show", RELEASE, "--history"];
    let shown = succeed(&[&show[..], &at_service].concat());
    assert!(shown.contains("deployed"), "{shown}");
    server.stop();
}

#[test]
fn what_comes_next_is_told_without_a_word_of_anybody() {
    let team = Team::new();
    let rows = "item_id,title,status,effort_person_days,keywords\n\
                B-1,<b>Dark</b> theme,open,2,dark theme\nB-2,Export,done,3,export\n";
    let file = team.write("more.csv", rows);
    team.says(&["import", "backlog", path(&file), "--app", "shop"]);
    let of = |n: usize, text: &str| {
        json!({"event_id": format!("w-{n}"), "kind": "comment", "user_id": format!("w{n}"),
               "text": text, "release": "2.0", "occurred_at": days_from_now(-8)})
    };
    let mut wishes: Vec<Value> = (0..6)
        .map(|n| of(n, "a dark theme for my secret diary"))
        .collect();
    wishes.push(of(7, "an export for my secret lists"));
    team.hears(&wishes);
    let page = |out: &[&str]| team.says(&[&["plan", "page", "--weeks", "3"], out].concat());
    assert!(page(&[]).contains("Nothing is planned yet."));
    let record = [
        "release", "add", "4.0", "--app", "shop", "--scope", "B-1,B-2",
    ];
    team.says(&[&record[..], &["--planned-at", "2030-02-01"]].concat());
    let told = page(&[]);
    for words in [
        "planned for 1 Feb 2030",
        "&#60;b&#62;Dark&#60;/b&#62; theme",
        "6 people asked for it",
        "Export</bdi> (done)",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(
        !told.contains("secret") && !told.contains("1 people"),
        "{told}"
    );
    let out = team.folder.path().join("next.html");
    page(&["--out", path(&out)]);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), told);
    // Once it is out, it comes no more.
    team.says(&["release", "mark", "4.0", "deployed", "--app", "shop"]);
    assert!(page(&[]).contains("Nothing is planned yet."));
}
