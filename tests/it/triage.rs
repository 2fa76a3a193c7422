//! What people say of feedback: labels, links to backlog items and items that are one, by command,
//! sheet and API, and what they change in lists and plans. Counts are made here, from what was sent.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::harness::{Server, new_key, path, run, status, succeed};

/// Pieces: id, user, words.
const PIECES: [(&str, &str, &str); 9] = [
    ("f1", "ann", "please add a dark theme"),
    ("f2", "ann", "the dark theme hurts less"),
    ("f3", "bob", "my eyes hurt at night"),
    ("f4", "bob", "too bright in bed"),
    ("f5", "cat", "white screens blind me"),
    ("f6", "dan", "night owls need less light"),
    ("f7", "eve", "Let me export my lists as a PDF file"),
    ("f8", "eve", "exporting lists to pdf would be great"),
    ("=f9", "fay", "export of lists as pdf, please"),
];

const BACKLOG: &str = "item_id,title,status,effort_person_days,impact,confidence,keywords\n\
                       DARK,Night mode,open,2,1,1,dark theme\n\
                       NIGHT,Less light,open,2,1,1,\n\
                       PDF,Export lists as PDF,open,3,1,1,\n";

fn write(file: &Path, text: &str) {
    File::create(file)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
}

/// A data folder with the pieces and the backlog.
struct Shop {
    _folder: tempfile::TempDir,
    data: PathBuf,
    sheet: PathBuf,
}

impl Shop {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (data, sheet) = (folder.path().join("data"), folder.path().join("sheet.csv"));
        let (pieces, backlog) = (folder.path().join("f.ndjson"), folder.path().join("b.csv"));
        let lines = PIECES.map(|(id, user, text)| {
            let at = "2026-05-01T10:00:00Z";
            json!({"event_id": id, "user_id": user, "text": text, "occurred_at": at}).to_string()
        });
        write(&pieces, &lines.join("\n"));
        write(&backlog, BACKLOG);
        for (what, file) in [("feedback", &pieces), ("backlog", &backlog)] {
            let of = ["--app", "shop", "--data", path(&data)];
            succeed(&[&["import", what, path(file)][..], &of].concat());
        }
        Self {
            _folder: folder,
            data,
            sheet,
        }
    }

    fn feedback(&self, arguments: &[&str]) -> String {
        let of = ["--app", "shop", "--data", path(&self.data)];
        succeed(&[&["feedback"], arguments, &of].concat())
    }

    fn refused(&self, arguments: &[&str]) -> (i32, String) {
        let of = ["--app", "shop", "--data", path(&self.data)];
        let output = run(&[&["feedback"], arguments, &of].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap(), said)
    }

    fn list(&self) -> Value {
        let days = ["--from", "2026-05-01", "--to", "2026-05-01"];
        let list = self.feedback(&[&["list", "--format", "json"], &days[..]].concat());
        serde_json::from_str(&list).unwrap()
    }

    /// Label and source of a piece.
    fn label(&self, id: &str) -> (String, String) {
        let found = self.list();
        let mut pieces = found["pieces"].as_array().unwrap().iter();
        let piece = pieces.find(|piece| piece["event_id"] == id).unwrap();
        let word = |name: &str| piece[name].as_str().unwrap().to_owned();
        (word("label"), word("label_source"))
    }

    fn plan(&self, more: &[&str]) -> Value {
        let of = ["--app", "shop", "--data", path(&self.data)];
        let week = ["plan", "--json", "--week", "2026-05-01", "--weeks", "1"];
        serde_json::from_str(&succeed(&[&week[..], more, &of].concat())).unwrap()
    }

    fn item(&self, id: &str) -> Option<Value> {
        let found = self.plan(&[]);
        let mut items = found["items"].as_array().unwrap().iter();
        items.find(|item| item["item_id"] == id).cloned()
    }

    /// The reach of an item, which must be counted from feedback.
    fn reach(&self, id: &str) -> u64 {
        let item = self.item(id).unwrap();
        assert_eq!(item["reach_source"], "evidence", "{item}");
        let users = item["evidence"]["users"].as_u64().unwrap();
        assert_eq!(item["reach_users"], users as f64);
        users
    }

    /// A key of Ada's.
    fn plan_key(&self) -> String {
        let of = ["--app", "shop", "--data", path(&self.data)];
        let made = ["key", "create", "--scope", "plan", "--person", "Ada"];
        succeed(&[&made[..], &of].concat()).trim().to_owned()
    }

    fn rows(&self, table: &str) -> u64 {
        status(&self.data)["tables"][table]["rows"]
            .as_u64()
            .unwrap()
    }

    fn sql(&self, query: &str) -> String {
        succeed(&["sql", query, "--format", "csv", "--data", path(&self.data)])
    }
}

/// Distinct users of pieces.
fn users(ids: &[&str]) -> u64 {
    let of = PIECES.iter().filter(|(id, ..)| ids.contains(id));
    of.map(|(_, user, _)| *user).collect::<BTreeSet<_>>().len() as u64
}

#[test]
fn a_label_by_hand_goes_before_the_words_and_can_be_taken_back() {
    let shop = Shop::open();
    let before = shop.label("f3");
    assert_eq!(before.1, "words");
    shop.feedback(&[
        "label",
        "f3",
        "f4",
        "--as",
        "feature_request",
        "--note",
        "=1+1",
    ]);
    let by_hand = ("feature_request".to_owned(), "hand".to_owned());
    assert_eq!(
        (shop.label("f3"), shop.label("f4")),
        (by_hand.clone(), by_hand)
    );
    let found = shop.list();
    assert_eq!(
        (&found["labelled_by_hand"], &found["classifier"]),
        (&2.into(), &"shipped".into())
    );
    let text = shop.feedback(&["list", "--from", "2026-05-01", "--to", "2026-05-01"]);
    assert!(text.contains("feature request (by hand)"), "{text}");
    let wished = [
        "list",
        "--from",
        "2026-05-01",
        "--to",
        "2026-05-01",
        "--label",
        "feature_request",
    ];
    assert!(shop.feedback(&wished).contains("my eyes hurt"));
    shop.feedback(&["label", "f3", "--as", "other"]);
    assert_eq!(shop.label("f3").0, "other");
    shop.feedback(&["label", "f3", "--withdraw"]);
    assert_eq!(shop.label("f3"), before);
    assert_eq!(shop.rows("feedback_labels"), 4, "each saying is kept");
    let said = shop.sql("SELECT feedback_id, label, note, author FROM feedback_labels ORDER BY labelled_at, feedback_id");
    let first = said.lines().nth(1).unwrap();
    assert!(
        first.contains("'=1+1") && first.contains("operator"),
        "guarded: {said}"
    );
}

#[test]
fn links_move_the_reach_by_exactly_their_users() {
    let shop = Shop::open();
    let by_keyword = users(&["f1", "f2"]);
    assert_eq!(shop.reach("DARK"), by_keyword);
    let link = |more: &[&str]| shop.feedback(&[&["link", "--item", "DARK"], more].concat());
    // bob twice and cat once; f1 speaks by its keyword already.
    link(&["--confirm", "f3,f4,f5", "--confirm", "f1"]);
    assert_eq!(shop.reach("DARK"), users(&["f1", "f2", "f3", "f4", "f5"]));
    link(&["--reject", "f5"]);
    assert_eq!(shop.reach("DARK"), users(&["f1", "f2", "f3", "f4"]));
    link(&["--reject", "f1,f2", "--withdraw", "f3"]);
    assert_eq!(shop.reach("DARK"), users(&["f4"]));
    let evidence = shop.item("DARK").unwrap()["evidence"].clone();
    assert_eq!(
        (&evidence["confirmed_users"], &evidence["rejected_pieces"]),
        (&1.into(), &3.into())
    );
    link(&["--withdraw", "f1,f2,f3,f4,f5"]);
    assert_eq!(
        shop.reach("DARK"),
        by_keyword,
        "as before anything was said"
    );
    assert_eq!(shop.item("NIGHT").unwrap()["reach_source"], "default");
    assert_eq!(
        shop.plan(&["--release", "next=9"])["merge_circles"],
        json!([])
    );
}

/// What a person confirmed is listed, be it like the item or not.
fn shown_though_nothing_suggests_them(shop: &Shop) {
    let of_item = ["link", "--item", "NIGHT", "--format", "json"];
    let days = ["--from", "2026-05-01", "--to", "2026-05-01"];
    let found: Value =
        serde_json::from_str(&shop.feedback(&[of_item.as_slice(), &days].concat())).unwrap();
    let all = found["suggestions"].as_array().unwrap().iter();
    let mut confirmed: Vec<&str> = all
        .filter(|one| one["link"] == "confirmed")
        .map(|one| one["event_id"].as_str().unwrap())
        .collect();
    confirmed.sort_unstable();
    assert_eq!(confirmed, ["f1", "f3", "f6"]);
    assert_eq!(found["confirmed"], 3);
}

#[test]
fn a_merged_item_lends_its_people_who_count_once() {
    let shop = Shop::open();
    shop.feedback(&["link", "--item", "NIGHT", "--confirm", "f1,f3,f6"]);
    assert_eq!(shop.reach("NIGHT"), users(&["f1", "f3", "f6"]));
    shown_though_nothing_suggests_them(&shop);
    shop.feedback(&["link", "--merge", "DARK", "--into", "NIGHT"]);
    assert_eq!(
        shop.reach("NIGHT"),
        users(&["f1", "f2", "f3", "f6"]),
        "ann counts once"
    );
    assert_eq!(shop.item("DARK"), None, "the other stands for it");
    assert_eq!(
        shop.item("NIGHT").unwrap()["evidence"]["merged_items"],
        json!(["DARK"])
    );
    shop.feedback(&["link", "--merge", "NIGHT", "--into", "DARK"]);
    let circle = json!([["DARK", "NIGHT"]]);
    assert_eq!(shop.plan(&[])["merge_circles"], circle);
    assert_eq!(shop.plan(&["--release", "next=9"])["merge_circles"], circle);
    assert_eq!(shop.reach("DARK"), users(&["f1", "f2"]));
    for item in ["DARK", "NIGHT"] {
        let other = if item == "DARK" { "NIGHT" } else { "DARK" };
        shop.feedback(&["link", "--unmerge", item, "--into", other]);
    }
    assert_eq!(shop.reach("NIGHT"), users(&["f1", "f3", "f6"]));
    assert_eq!(shop.plan(&[])["merge_circles"], json!([]));
}

#[test]
fn a_sheet_of_suggestions_is_filled_in_and_read_back() {
    let shop = Shop::open();
    let days = ["--from", "2026-05-01", "--to", "2026-05-01"];
    let suggested = |more: &[&str]| shop.feedback(&[&["link"], &days[..], more].concat());
    let csv = suggested(&["--format", "csv"]);
    let mut lines: Vec<String> = csv.lines().map(str::to_owned).collect();
    assert!(lines[0].ends_with("link_before,link"), "{}", lines[0]);
    // As a meeting fills it in: each row ends in two empty cells.
    let mut fill = |id: &str, word: &str| {
        let of_piece =
            |line: &&mut String| line.contains(&format!("\"{id}\"")) && line.contains("\"PDF\"");
        let line = lines.iter_mut().find(of_piece).unwrap();
        let end = line.rfind(',').unwrap();
        line.replace_range(end.., &format!(",{word}"));
    };
    fill("f7", "Confirmed");
    fill("f8", "rejected");
    fill("'=f9", "confirmed");
    write(&shop.sheet, &lines.join("\r\n"));
    assert_eq!(shop.item("PDF").unwrap()["reach_source"], "default");
    let said = shop.feedback(&["link", "--from-file", path(&shop.sheet)]);
    assert_eq!(said.trim(), "3 links said");
    assert_eq!(shop.reach("PDF"), users(&["f7", "=f9"]));
    assert_eq!(
        shop.rows("feedback_links"),
        3,
        "only rows that say something"
    );
    // What was rejected is not suggested again, and what is written anew says nothing new.
    let found: Value = serde_json::from_str(&suggested(&["--format", "json"])).unwrap();
    let links = |found: &Value| -> Vec<String> {
        let all = found["suggestions"].as_array().unwrap().iter();
        let of_item = all.filter(|one| one["item_id"] == "PDF");
        of_item
            .map(|one| one["link"].as_str().unwrap_or("-").to_owned())
            .collect()
    };
    assert_eq!(links(&found), ["confirmed", "confirmed"]);
    assert_eq!(
        (&found["confirmed"], &found["rejected"]),
        (&2.into(), &1.into())
    );
    let all: Value = serde_json::from_str(&suggested(&["--all", "--format", "json"])).unwrap();
    assert_eq!(links(&all).len(), 3);
    write(&shop.sheet, &suggested(&["--all", "--format", "csv"]));
    let said = shop.feedback(&["link", "--from-file", path(&shop.sheet)]);
    assert_eq!(said.trim(), "0 links said");
    // With suggestions counted, what was rejected still counts for nothing.
    let with = shop.plan(&["--with-suggested"]);
    let mut items = with["items"].as_array().unwrap().iter();
    let pdf = items.find(|item| item["item_id"] == "PDF").unwrap();
    assert_eq!(pdf["evidence"]["users"], users(&["f7", "=f9"]));
}

#[test]
fn rows_that_cannot_be_read_are_named_and_the_rest_is_kept() {
    let shop = Shop::open();
    write(
        &shop.sheet,
        "event_id;label;label_source;label_by_hand\n\
         f1;praise;words;Bug Report\n\
         f2;praise;words;\n\
         f3;praise;words;maybe\n\
         nobody;praise;words;praise\n\
         '=f9;praise;hand;praise\n\
         f4;praise;hand;other\n\
         f1;praise;words;other\n",
    );
    let (code, said) = shop.refused(&["label", "--from-file", path(&shop.sheet)]);
    assert_eq!(code, 1, "{said}");
    for words in [
        "row 4: label_by_hand is \"maybe\"",
        "row 5: no feedback of shop has the id \"nobody\"",
        "row 8: it says otherwise than row 2",
        "3 labels are left out",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(shop.rows("feedback_labels"), 2);
    assert_eq!(shop.label("f1").0, "bug_report");
    assert_eq!(shop.label("f4").0, "other");
    write(&shop.sheet, "id,label\nf1,praise\n");
    let (code, said) = shop.refused(&["label", "--from-file", path(&shop.sheet)]);
    assert!(code == 1 && said.contains("no column event_id"), "{said}");
    for (arguments, code, words) in [
        (&["label", "f1"][..], 2, "--as"),
        (&["label", "f1", "--as", "bug"], 2, "bug_report"),
        (&["label", "zz", "--as", "praise"], 1, "\"zz\""),
        (&["link", "--confirm", "f1"], 2, "--item"),
        (&["link", "--item", "ZZ", "--confirm", "f1"], 1, "\"ZZ\""),
        (&["link", "--merge", "DARK"], 2, "--into"),
        (
            &["link", "--merge", "DARK", "--into", "DARK"],
            1,
            "another item",
        ),
        (&["link", "--item", "DARK", "--into", "NIGHT"], 2, "--merge"),
    ] {
        let (found, said) = shop.refused(arguments);
        assert!(
            found == code && said.contains(words),
            "{arguments:?}: {found} {said}"
        );
    }
    assert_eq!(
        (shop.rows("feedback_labels"), shop.rows("feedback_links")),
        (2, 0)
    );
}

/// What became of each saying of a request; of a refused one the field and why.
fn told(server: &Server, (route, key): (&str, &str), body: &Value) -> Vec<String> {
    let (code, answer) = server.post(route, key, body.to_string().as_bytes());
    assert_eq!(code, 200, "{answer}");
    let outcomes = answer["outcomes"].as_array().unwrap().iter();
    outcomes
        .map(|one| match one["field"].as_str() {
            Some(field) => format!("{field} {}", one["reason"].as_str().unwrap()),
            None => one["outcome"].as_str().unwrap().to_owned(),
        })
        .collect()
}

#[test]
fn a_request_counts_once_through_restarts_and_compactions_and_needs_a_plan_key() {
    let shop = Shop::open();
    let plan = shop.plan_key();
    let others = ["read", "send"].map(|scope| new_key(&shop.data, scope, "shop"));
    let server = Server::start(&shop.data);
    let labels = json!({"labels": [
        {"feedback_id": "f1", "label": "bug_report", "event_id": "l1"},
        {"feedback_id": "f2", "label": "praise", "at": "2026-05-02T10:00:00Z", "author": "Mallory"},
        {"feedback_id": "f3", "label": "joke"},
        {"label": "praise"},
    ]});
    let links = json!([
        {"feedback_id": "f3", "item_id": "DARK", "link": "confirmed", "event_id": "k1"},
        {"item_id": "NIGHT", "into_item_id": "PDF", "link": "merged", "event_id": "k2"},
        {"item_id": "NIGHT", "into_item_id": "PDF", "link": "confirmed"},
    ]);
    let routes = [
        ("/v1/feedback/labels", &labels),
        ("/v1/feedback/links", &links),
    ];
    for key in &others {
        for (route, body) in routes {
            let (code, answer) = server.post(route, key, body.to_string().as_bytes());
            assert_eq!(code, 403, "{answer}");
        }
    }
    let outcomes = |server: &Server, route: &str, body: &Value| told(server, (route, &plan), body);
    let refused = ["label out_of_range", "feedback_id missing_field"];
    let first = outcomes(&server, routes[0].0, &labels);
    assert_eq!(first, ["accepted", "accepted", refused[0], refused[1]]);
    let first = outcomes(&server, routes[1].0, &links);
    assert_eq!(first, ["accepted", "accepted", "into_item_id out_of_range"]);
    let again = outcomes(&server, routes[0].0, &labels);
    assert_eq!(again[..2], ["duplicate", "duplicate"]);
    server.stop();
    let server = Server::start(&shop.data);
    assert_eq!(
        outcomes(&server, routes[0].0, &labels)[..2],
        ["duplicate", "duplicate"]
    );
    assert_eq!(
        outcomes(&server, routes[1].0, &links)[..2],
        ["duplicate", "duplicate"]
    );
    // An id means another thing in another table, and other words under a known one are refused.
    let other = json!({"feedback_id": "f1", "label": "other", "event_id": "l1"});
    assert_eq!(
        outcomes(&server, routes[0].0, &other),
        ["event_id id_conflict"]
    );
    let other = json!({"feedback_id": "f9", "label": "other", "event_id": "k1"});
    assert_eq!(outcomes(&server, routes[0].0, &other), ["accepted"]);
    server.stop();
    let counts = || (shop.rows("feedback_labels"), shop.rows("feedback_links"));
    assert_eq!(counts(), (3, 2));
    let (label, item) = (shop.label("f1"), shop.item("DARK"));
    assert_eq!(label, ("bug_report".to_owned(), "hand".to_owned()));
    succeed(&["lake", "compact", "--data", path(&shop.data)]);
    succeed(&["lake", "verify", "--data", path(&shop.data)]);
    assert_eq!(counts(), (3, 2));
    assert_eq!((shop.label("f1"), shop.item("DARK")), (label, item));
    let authors = shop.sql("SELECT DISTINCT author FROM feedback_labels");
    let said = "the key's person, never the body's";
    assert!(
        authors.contains("Ada") && authors.lines().count() == 2,
        "{said}: {authors}"
    );
}

#[test]
fn commands_write_through_a_running_service_by_a_plan_key() {
    let shop = Shop::open();
    let server = Server::start(&shop.data);
    let key = |scope: &str| {
        let file = shop.data.parent().unwrap().join(format!("{scope}.key"));
        let made = match scope {
            "plan" => shop.plan_key(),
            other => new_key(&shop.data, other, "shop"),
        };
        write(&file, &made);
        file
    };
    let (plan, read) = (key("plan"), key("read"));
    let by = |key: &Path, arguments: &[&str]| {
        let of = ["--server", &server.url, "--key-file", path(key)];
        run(&[&["feedback"], arguments, &of[..]].concat())
    };
    let done = by(&plan, &["label", "f3", "--as", "bug_report"]);
    assert!(done.status.success(), "{done:?}");
    let done = by(&plan, &["link", "--item", "DARK", "--confirm", "f3,f5"]);
    assert_eq!(String::from_utf8_lossy(&done.stdout).trim(), "2 links said");
    let refused = by(&read, &["label", "f3", "--as", "praise"]);
    assert_eq!(refused.status.code(), Some(1));
    // Beside a service that holds the folder, too.
    shop.feedback(&["label", "f4", "--as", "bug_report"]);
    let csv = by(
        &read,
        &[
            "list",
            "--format",
            "csv",
            "--from",
            "2026-05-01",
            "--to",
            "2026-05-01",
        ],
    );
    server.flush();
    assert!(csv.status.success(), "{csv:?}");
    server.stop();
    assert_eq!(
        shop.label("f3"),
        ("bug_report".to_owned(), "hand".to_owned())
    );
    assert_eq!(shop.label("f4").1, "hand");
    assert_eq!(shop.reach("DARK"), users(&["f1", "f2", "f3", "f5"]));
    let audit = std::fs::read_to_string(shop.data.join("audit.jsonl")).unwrap();
    assert_eq!(audit.matches("\"act\":\"plan\"").count(), 2, "{audit}");
}

#[test]
fn the_classifier_learns_from_thirty_labels_on() {
    let shop = Shop::open();
    let subjects = ["board", "clock", "rook", "queen", "menu", "arena"];
    let forms = [
        "ghosting on the",
        "still ghosting:",
        "ghosting again,",
        "what a ghosting",
        "no, ghosting,",
    ];
    let lines: Vec<String> = (0..36)
        .map(|n| {
            let text = match n {
                0..30 => format!("{} {}", forms[n % 5], subjects[n / 5]),
                _ => format!("castling for the {}", subjects[n - 30]),
            };
            json!({"event_id": format!("g{n}"), "text": text, "occurred_at": "2026-05-01T11:00:00Z"})
                .to_string()
        })
        .chain([json!({"event_id": "new", "text": "ghosting in the lobby",
                       "occurred_at": "2026-05-01T12:00:00Z"}).to_string()])
        .collect();
    let file = shop.data.parent().unwrap().join("g.ndjson");
    write(&file, &lines.join("\n"));
    let of = ["--app", "shop", "--data", path(&shop.data)];
    succeed(&[&["import", "feedback", path(&file)][..], &of].concat());
    let ids = |range: std::ops::Range<usize>| range.map(|n| format!("g{n}")).collect::<Vec<_>>();
    let label = |ids: &[String], word: &str| {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        shop.feedback(&[&["label", "--as", word], &ids[..]].concat());
    };
    label(&ids(0..29), "bug_report");
    assert_eq!(shop.list()["classifier"], "shipped");
    label(&ids(29..30), "bug_report");
    assert_eq!(
        shop.list()["classifier"],
        "shipped",
        "one kind alone teaches nothing"
    );
    label(&ids(30..36), "feature_request");
    assert_eq!(shop.list()["classifier"], "shipped, corrected by 36 labels");
    assert_eq!(
        shop.label("new"),
        ("bug_report".to_owned(), "words".to_owned())
    );
}
