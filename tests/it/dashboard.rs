//! The dashboard: pages for people by sign-in, what they may write there, and what they share.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Server, agent, new_key, node, path, succeed};
use crate::releases::{HOSTILE, ship_story};

/// What came back.
struct Page {
    status: u16,
    location: String,
    cookie: String,
    policy: String,
    text: String,
}

/// Somebody who looks, with a cookie once they are signed in.
struct Person<'a> {
    server: &'a Server,
    cookie: String,
}

impl<'a> Person<'a> {
    fn nobody(server: &'a Server) -> Self {
        let cookie = String::new();
        Self { server, cookie }
    }

    /// Somebody who signed in with a key.
    fn with(server: &'a Server, key: &str) -> Self {
        let mut person = Self::nobody(server);
        let page = person.send("/sign-in", &[("key", key), ("to", "/kpis")], &[]);
        assert_eq!((page.status, page.location.as_str()), (303, "/kpis"));
        person.cookie = page.cookie.split(';').next().unwrap().to_owned();
        assert!(page.cookie.contains("HttpOnly") && page.cookie.contains("SameSite=Lax"));
        person
    }

    fn look(&self, address: &str) -> Page {
        let url = format!("{}{address}", self.server.url);
        let mut request = agent().get(&url);
        if !self.cookie.is_empty() {
            request = request.header("cookie", &self.cookie);
        }
        let request = request.config().max_redirects(0).build();
        read(request.call().unwrap())
    }

    /// Looks until the figures are there.
    fn see(&self, address: &str) -> Page {
        for _ in 0..60 {
            let page = self.look(address);
            assert!(page.status < 500, "{address}: {}", page.text);
            if !page.text.contains("class=\"card making\"") {
                return page;
            }
        }
        panic!("{address}: the figures are never there");
    }

    /// Shares a page; returns the path of the link.
    fn share(&self, address: &str, password: &str) -> String {
        let form = [("address", address), ("days", "7"), ("password", password)];
        let page = self.send("/shares", &form, &[]);
        assert_eq!(page.status, 200, "{}", page.text);
        let (_, rest) = page.text.split_once("/shared/").unwrap();
        format!("/shared/{}", rest.split('<').next().unwrap())
    }

    fn send(&self, address: &str, form: &[(&str, &str)], heads: &[(&str, &str)]) -> Page {
        let url = format!("{}{address}", self.server.url);
        let mut request = agent().post(&url).config().max_redirects(0).build();
        for (name, value) in heads {
            request = request.header(*name, *value);
        }
        if !self.cookie.is_empty() {
            request = request.header("cookie", &self.cookie);
        }
        read(request.send_form(form.iter().copied()).unwrap())
    }
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Page {
    let head = |name: &str| {
        let value = response.headers().get(name);
        value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
    };
    Page {
        status: response.status().as_u16(),
        location: head("location"),
        cookie: head("set-cookie"),
        policy: head("content-security-policy"),
        text: response.body_mut().read_to_string().unwrap(),
    }
}

const PAGES: [&str; 10] = [
    "/",
    "/releases",
    "/feedback",
    "/feedback/links",
    "/kpis",
    "/adoption",
    "/planning?capacity=20",
    "/reports",
    "/quality",
    "/shares",
];

/// What the browser found wrong with pages, each page with its faults.
fn faults(server: &Server, key: &str, pages: &[String]) -> Option<Value> {
    let list = json!(pages).to_string();
    let mut arguments = vec![server.url.as_str(), key, &list];
    let folder = std::env::var("SHIPWAKE_SCREENSHOTS").unwrap_or_default();
    if !folder.is_empty() {
        arguments.push(&folder);
    }
    let seen = node("pages.mjs", &arguments)?;
    assert_eq!(seen["landed"], "/kpis");
    assert_eq!(seen["console"], json!([]), "console");
    assert_eq!(seen["requests"], json!([]), "requests to others");
    let found = seen["found"].as_object().unwrap();
    assert_eq!(found.len(), pages.len());
    for (page, one) in found {
        assert!(one["words"].as_u64().unwrap() > 150, "{page}: {one}");
        assert!(one["paper"].as_u64().unwrap() > 5_000, "{page}: {one}");
    }
    Some(
        found
            .iter()
            .map(|(page, one)| (page.clone(), one["faults"].clone()))
            .collect(),
    )
}

fn no_faults(pages: &[String]) -> Value {
    pages.iter().map(|page| (page.clone(), json!([]))).collect()
}

#[test]
fn every_page_is_read_by_everybody_on_every_screen_and_on_paper() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("demo");
    succeed(&["demo", "--out", path(&out)]);
    let data = out.join("data");
    let releases = succeed(&["release", "list", "--data", path(&data), "--format", "json"]);
    let releases: Value = serde_json::from_str(&releases).unwrap();
    let newest = releases[0]["release"].as_str().unwrap().to_owned();
    let server = Server::start(&data);
    let mut pages: Vec<String> = PAGES.map(str::to_owned).to_vec();
    pages.push(format!("/releases/{newest}"));
    pages.push(format!("/feedback/themes?release={newest}"));
    let report = |name: &str| -> String {
        let files = std::fs::read_dir(out.join(name)).unwrap();
        let mut paths = files.map(|file| file.unwrap().path());
        let page = paths.find(|file| file.extension().is_some_and(|e| e == "html"));
        format!("file://{}", path(&page.unwrap()))
    };
    pages.push(report("weekly"));
    pages.push(report("planning"));
    let key = server.key("plan");
    let Some(found) = faults(&server, &key, &pages) else {
        return;
    };
    assert_eq!(found, no_faults(&pages));
}

#[test]
fn hostile_words_are_inert_on_every_page() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let rarely: fn(u64) -> bool = |n| n.is_multiple_of(33);
    ship_story(&data, HOSTILE[0], ("hostile", 60, rarely, rarely));
    let server = Server::start_with(&data, &["--app", "hostile"]);
    let words = [
        HOSTILE[0],
        "<img src=x onerror=alert(1)>",
        "=cmd|'/C calc'!A0",
        "\u{202e}gnihton\u{0}",
        "\u{1f600}\u{1f469}\u{200d}\u{1f680}",
        &"long ".repeat(2_000),
        &"x".repeat(9_999),
    ];
    let pieces: Vec<Value> = words
        .iter()
        .enumerate()
        .map(|(index, text)| {
            json!({"event_id": format!("h{index}\"><script>"), "kind": "bug_report", "text": text,
                   "release": HOSTILE[0], "user_id": format!("u{index}")})
        })
        .collect();
    let (status, answer) = server.post(
        "/v1/feedback",
        &server.key("send"),
        &serde_json::to_vec(&pieces).unwrap(),
    );
    assert_eq!((status, &answer["accepted"]), (200, &json!(words.len())));
    let key = server.key("plan");
    let person = Person::with(&server, &key);
    let list = person.see("/feedback");
    assert!(list.text.contains("&#60;img src=x onerror=alert(1)&#62;"));
    for address in PAGES {
        let page = person.see(address);
        assert!(page.policy.contains("default-src 'none'"), "{address}");
        for raw in ["<script>alert", "<img src=x", "\"><script>"] {
            assert!(!page.text.contains(raw), "{address} has {raw}");
        }
    }
    let release = "/releases/%3Cscript%3Ealert%281%29%3C%2Fscript%3E";
    let mut pages: Vec<String> = PAGES.map(str::to_owned).to_vec();
    pages.push(release.to_owned());
    let Some(found) = faults(&server, &key, &pages) else {
        return;
    };
    assert_eq!(found, no_faults(&pages));
}

#[test]
fn a_key_opens_its_own_doors_and_forms_are_taken_from_these_pages_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start_with(&data, &["--app", "shop"]);
    let nobody = Person::nobody(&server);
    for address in PAGES {
        let page = nobody.look(address);
        assert_eq!(page.status, 303, "{address}");
        assert!(page.location.starts_with("/sign-in?to="), "{address}");
    }
    let door = nobody.look("/sign-in?to=//evil.example");
    assert!(
        !door.text.contains("evil.example"),
        "nobody is led elsewhere"
    );
    for (key, heads) in [
        (server.key("send"), vec![]),
        ("sw_read_guess".to_owned(), vec![]),
        (server.key("read"), vec![("sec-fetch-site", "cross-site")]),
        (server.key("read"), vec![("origin", "https://evil.example")]),
    ] {
        let page = nobody.send("/sign-in", &[("key", &key)], &heads);
        assert_eq!((page.status, page.cookie.as_str()), (403, ""), "{heads:?}");
    }
    let reader = Person::with(&server, &server.key("read"));
    assert_eq!(reader.look("/").status, 200);
    assert_eq!(reader.look("/?app=other").status, 403);
    assert_eq!(reader.look("/now.json?app=other").status, 403);
    the_archive_is_of_one_app(&reader);
    let say = [("act", "answer"), ("piece", "f1"), ("text", "Thanks")];
    assert_eq!(reader.send("/feedback/say", &say, &[]).status, 403);
    assert_eq!(
        reader
            .send("/shares", &[("days", "3"), ("address", "/kpis")], &[])
            .status,
        403
    );
    let key = new_key(&data, "read", "*");
    let all = Person::with(&server, &key);
    assert_eq!(all.look("/?app=other").status, 200);
    succeed(&[
        "key",
        "revoke",
        &id_of(&data, "*", "read"),
        "--data",
        path(&data),
    ]);
    assert_eq!(all.look("/").status, 303, "a revoked key ends its sessions");
    let page = reader.send("/sign-out", &[], &[]);
    assert_eq!((page.status, page.location.as_str()), (303, "/sign-in"));
    assert_eq!(reader.look("/").status, 303);
    let planner = Person::with(&server, &server.key("plan"));
    for heads in [
        [("sec-fetch-site", "cross-site")],
        [("origin", "https://evil.example")],
    ] {
        assert_eq!(planner.send("/feedback/say", &say, &heads).status, 403);
    }
}

/// Files of reports of the reader's app are handed out, and nothing else that lies near them.
fn the_archive_is_of_one_app(reader: &Person<'_>) {
    let archive = reader.server.data.join("reports");
    for app in ["shop", "other", "shop-eu"] {
        let folder = archive.join(format!("weekly-{app}-2026-W40"));
        std::fs::create_dir_all(&folder).unwrap();
        let message = json!({"subject": format!("{app} did well"), "text": "", "html": "",
                             "chat": "", "is_empty": false});
        for (name, text) in [
            ("a.html", "<p>page</p>"),
            ("message.json", &message.to_string()),
        ] {
            let file = std::fs::File::create(folder.join(name));
            file.and_then(|mut to| std::io::Write::write_all(&mut to, text.as_bytes()))
                .unwrap();
        }
    }
    let list = reader.look("/reports").text;
    assert!(
        list.contains("shop did well") && !list.contains("other did"),
        "{list}"
    );
    assert!(!list.contains("shop-eu did"));
    let page = reader.look("/reports/weekly-shop-2026-W40/a.html");
    assert_eq!((page.status, page.text.as_str()), (200, "<p>page</p>"));
    assert!(page.policy.starts_with("sandbox;"), "{}", page.policy);
    for other in [
        "/reports/weekly-shop-2026-W40/message.json",
        "/reports/weekly-other-2026-W40/a.html",
        "/reports/weekly-shop-eu-2026-W40/a.html",
        "/reports/weekly-shop-2026-W40/..%2f..%2fkeys.json",
        "/reports/..%2fkeys.json/x",
    ] {
        assert_eq!(reader.look(other).status, 404, "{other}");
    }
}

/// The id of the key of an app with a scope.
fn id_of(data: &Path, app: &str, scope: &str) -> String {
    let keys = succeed(&["key", "list", "--data", path(data)]);
    let is_it = |line: &&str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.contains(&app) && words.contains(&scope)
    };
    let line = keys.lines().find(is_it).unwrap();
    line.split_whitespace().next().unwrap().to_owned()
}

#[test]
fn what_the_team_says_on_a_page_is_kept_under_a_name_and_shows_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start_with(&data, &["--app", "shop"]);
    let piece = json!({"event_id": "f1", "kind": "comment", "text": "the cart loses items", "user_id": "u"});
    let (status, _) = server.post(
        "/v1/feedback",
        &server.key("send"),
        piece.to_string().as_bytes(),
    );
    assert_eq!(status, 200);
    let item = json!({"item_id": "APP-1", "title": "Cart", "effort_person_days": 3});
    let (status, answer) = server.post(
        "/v1/backlog",
        &server.key("plan"),
        item.to_string().as_bytes(),
    );
    assert_eq!(status, 200, "{answer}");
    let planner = Person::with(&server, &server.key("plan"));
    assert!(planner.see("/feedback").text.contains("to be answered by"));
    let referer = format!("{}/feedback?label=other", server.url);
    for say in [
        vec![("act", "answer"), ("text", "Mended in 4.2.1")],
        vec![("act", "label"), ("label", "bug_report")],
        vec![("act", "confirm"), ("item", "APP-1")],
    ] {
        let say = [say, vec![("piece", "f1"), ("app", "shop")]].concat();
        let page = planner.send("/feedback/say", &say, &[("referer", &referer)]);
        assert_eq!(page.status, 303, "{}", page.text);
        assert_eq!(page.location, "/feedback?label=other");
    }
    let page = planner.see("/feedback");
    assert!(page.text.contains("answered "), "{}", page.text);
    assert!(page.text.contains("bug report (by hand)"));
    let found = planner.see("/feedback?search=CART");
    assert!(found.text.contains("the cart loses items"));
    assert!(
        planner
            .see("/feedback?search=elsewhere")
            .text
            .contains("Nobody wrote this")
    );
    let links = succeed(&[
        "sql",
        "SELECT author, link FROM feedback_links",
        "--data",
        path(&data),
        "--format",
        "json",
    ]);
    let link: Value = serde_json::from_str(links.lines().next().unwrap()).unwrap();
    assert_eq!(link, json!({"author": "operator", "link": "confirmed"}));
    a_checklist_is_signed(&planner);
    what_is_wrong_is_said(&planner);
    what_is_erased_is_shown_no_more(&planner);
}

/// What cannot be taken is refused with its reason, and nobody writes into another app.
fn what_is_wrong_is_said(planner: &Person<'_>) {
    let server = planner.server;
    let wrong = [("act", "label"), ("piece", "f1"), ("label", "nonsense")];
    let page = planner.send("/feedback/say", &wrong, &[]);
    assert!(
        page.status == 400 && page.text.contains("is no label"),
        "{}",
        page.text
    );
    let all = Person::with(server, &new_key(&server.data, "admin", "*"));
    let anywhere = [("act", "answer"), ("piece", "f1"), ("text", "x")];
    assert_eq!(
        all.send("/feedback/say", &anywhere, &[]).status,
        400,
        "of which app?"
    );
    let star = [&anywhere[..], &[("app", "*")]].concat();
    assert_eq!(all.send("/feedback/say", &star, &[]).status, 403);
    let long = "x".repeat(10_001);
    let wrong = [("act", "answer"), ("piece", "f1"), ("text", &long)];
    let page = planner.send("/feedback/say", &wrong, &[]);
    assert!(
        page.status == 422 && page.text.contains("10000 characters"),
        "{}",
        page.text
    );
}

/// Words of a person who was erased are not shown because they were at hand.
fn what_is_erased_is_shown_no_more(planner: &Person<'_>) {
    let data = &planner.server.data;
    assert!(
        planner
            .see("/feedback")
            .text
            .contains("the cart loses items")
    );
    let erase = [
        "lake",
        "erase",
        "--app",
        "shop",
        "--user",
        "u",
        "--data",
        path(data),
    ];
    succeed(&erase);
    let after = planner.see("/feedback").text;
    assert!(
        !after.contains("the cart loses items"),
        "erased, and shown all the same"
    );
}

/// What is to be done before a release is signed on its page, and taken back.
fn a_checklist_is_signed(planner: &Person<'_>) {
    let record = json!({"version": "9.0", "planned_at": "2030-01-01",
                        "checklist": [{"item": "help", "title": "Help is <b>written</b>"}]});
    let server = planner.server;
    let record = record.to_string();
    let (status, answer) = server.post("/v1/releases", &server.key("plan"), record.as_bytes());
    assert_eq!((status, &answer["accepted"]), (200, &json!(1)), "{answer}");
    let before = planner.see("/releases/9.0").text;
    assert!(before.contains("Help is &#60;b&#62;written"), "{before}");
    let sign = |act: &str| {
        let form = [
            ("act", act),
            ("release", "9.0"),
            ("item", "help"),
            ("app", "shop"),
        ];
        let page = planner.send("/mark", &form, &[]);
        assert_eq!(page.status, 303, "{}", page.text);
        planner.see("/releases/9.0").text
    };
    let signed = sign("signed");
    assert!(signed.contains("value=\"unsigned\"") && signed.contains("operator"));
    assert!(sign("unsigned").contains("value=\"signed\""));
    let page = planner.send("/mark", &[("act", "go"), ("release", "9.0")], &[]);
    assert_eq!(
        page.status, 400,
        "a decision is kept with its checks: by the command line"
    );
}

#[test]
fn a_shared_link_opens_one_page_until_it_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let rarely: fn(u64) -> bool = |n| n.is_multiple_of(33);
    ship_story(&data, "2.0", ("shop", 60, rarely, rarely));
    let server = Server::start_with(&data, &["--app", "shop"]);
    let planner = Person::with(&server, &server.key("plan"));
    let share = |address: &str| planner.share(address, "");
    let link = share("/kpis?zone=Asia%2FKathmandu");
    let nobody = Person::nobody(&server);
    let page = nobody.see(&link);
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(
        page.text.contains("<span>Asia/Kathmandu</span>"),
        "{}",
        page.text
    );
    assert!(!page.text.contains("<nav class=\"pages\"") && !page.text.contains("<form"));
    assert_eq!(nobody.look(&link[..link.len() - 1]).status, 404);
    for other in [
        "/",
        "/shares",
        "//evil.example/kpis",
        "https://evil.example/kpis",
    ] {
        let form = [("address", other), ("days", "7")];
        assert_eq!(planner.send("/shares", &form, &[]).status, 400, "{other}");
    }
    let list = planner.look("/shares").text;
    let id = list.split("name=\"id\" value=\"").last().unwrap();
    let id = id.split('"').next().unwrap();
    assert_eq!(
        planner.send("/shares/revoke", &[("id", id)], &[]).status,
        200
    );
    let is_gone = |link: &str| nobody.look(link).status == 404;
    assert!(is_gone(&link), "it was taken back");
    let feedback = nobody.see(&share("/feedback"));
    assert!(
        feedback.status == 200 && !feedback.text.contains("<form"),
        "no form is shared"
    );
    let last = share("/quality");
    assert_eq!(nobody.see(&last).status, 200);
    succeed(&[
        "key",
        "revoke",
        &id_of(&data, "shop", "plan"),
        "--data",
        path(&data),
    ]);
    assert!(
        is_gone(&last),
        "a link ends with the key of the one who shared it"
    );
    let audit = std::fs::read_to_string(data.join("audit.jsonl")).unwrap();
    assert!(
        audit.contains("\"share\"") && audit.contains("\"unshare\""),
        "{audit}"
    );
}

#[test]
fn figures_are_taken_away_as_files() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let rarely: fn(u64) -> bool = |n| n.is_multiple_of(33);
    ship_story(&data, "2.0", ("shop", 60, rarely, rarely));
    let server = Server::start_with(&data, &["--app", "shop"]);
    let reader = Person::with(&server, &server.key("read"));
    let kpis = reader.see("/kpis?zone=Asia%2FKathmandu").text;
    for file in ["report.xlsx", "report.md", "kpi_weekly.csv"] {
        let link = format!("/files/kpis/{file}?zone=Asia%2FKathmandu");
        assert!(kpis.contains(&link), "{link}: {kpis}");
    }
    let table = reader.look("/files/kpis/kpi_weekly.csv?zone=Asia%2FKathmandu");
    assert_eq!(table.status, 200, "{}", table.text);
    assert!(
        table.text.starts_with('\u{feff}'),
        "spreadsheets know it by its mark"
    );
    assert!(table.text.contains("Asia/Kathmandu") && table.text.contains("active_users"));
    let adoption = reader.look("/files/adoption/release_adoption.csv").text;
    let daily = reader
        .look("/files/adoption/release_adoption_daily.csv")
        .text;
    assert_ne!(adoption.lines().next(), daily.lines().next());
    let report = reader.look("/files/release/report.md?release=2.0").text;
    assert!(report.contains("2.0"), "{report}");
    for none in [
        "/files/kpis/manifest.json",
        "/files/kpis/priorities.csv",
        "/files/kpis/..%2freport.md",
        "/files/feedback/report.md",
        "/files/release/report.md",
        "/files/nowhere/report.md",
    ] {
        assert_eq!(reader.look(none).status, 404, "{none}");
    }
    assert_eq!(reader.look("/files/kpis/report.md?app=other").status, 403);
    assert_eq!(
        Person::nobody(&server).look("/files/kpis/report.md").status,
        303
    );
}

#[test]
fn a_shared_link_asks_for_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start_with(&data, &["--app", "shop"]);
    let planner = Person::with(&server, &server.key("plan"));
    let nobody = Person::nobody(&server);
    let short = [
        ("address", "/quality"),
        ("days", "7"),
        ("password", "short"),
    ];
    assert_eq!(planner.send("/shares", &short, &[]).status, 400);
    let guarded = planner.share("/quality", "Zug um Zug");
    assert_eq!(nobody.look(&guarded).status, 401);
    let with = |password: &str| {
        use base64::prelude::{BASE64_STANDARD, Engine as _};
        let pair = BASE64_STANDARD.encode(format!("x:{password}"));
        let request = agent().get(format!("{}{guarded}", server.url));
        let request = request.header("authorization", format!("Basic {pair}"));
        read(request.call().unwrap()).status
    };
    assert_eq!((with("zug"), with("Zug um Zug")), (401, 200));
}
