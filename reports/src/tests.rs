//! Promises of this crate as a whole: same bytes twice, hostile text harmless, no request to
//! anywhere, the numbers shown are those found.

use super::*;
use crate::fixtures;

fn page(bundle: &Bundle) -> String {
    String::from_utf8(bundle.page().unwrap().bytes.clone()).unwrap()
}

fn both() -> [Bundle; 2] {
    [
        weekly(&fixtures::weekly(), &fixtures::reproduce()).unwrap(),
        planning(&fixtures::planning(), &fixtures::reproduce()).unwrap(),
    ]
}

#[test]
fn the_same_findings_give_the_same_bytes() {
    assert_eq!(both(), both());
}

#[test]
fn files_are_named_by_app_and_week() {
    let [weekly, planning] = both();
    let names = |bundle: &Bundle| -> Vec<String> {
        bundle.files.iter().map(|file| file.name.clone()).collect()
    };
    assert_eq!(
        names(&weekly),
        [
            "shipwake_weekly_sail_2026-W40.html",
            "shipwake_weekly_sail_2026-W40.json",
            "shipwake_kpi_weekly_sail_2026-W40_s1.csv",
            "shipwake_release_health_sail_2026-W40_s1.csv",
            "shipwake_release_adoption_daily_sail_2026-W40_s1.csv",
            "shipwake_feedback_themes_sail_2026-W40_s1.csv",
            "shipwake_data_quality_sail_2026-W40_s1.csv",
            "shipwake_dictionary_sail_2026-W40_s1.csv",
            "manifest.json",
        ]
    );
    assert_eq!(
        names(&planning),
        [
            "shipwake_planning_sail_2026-W40.html",
            "shipwake_planning_sail_2026-W40.json",
            "shipwake_priorities_sail_2026-W40_s1.csv",
            "shipwake_dictionary_sail_2026-W40_s1.csv",
            "manifest_planning.json",
        ]
    );
    let shared = |bundle: &Bundle| {
        bundle
            .files
            .iter()
            .find(|file| file.name.contains("dictionary"))
            .cloned()
    };
    assert_eq!(
        shared(&weekly),
        shared(&planning),
        "one dictionary, whoever writes it"
    );
}

#[test]
fn pages_ask_nobody_and_run_nothing() {
    for bundle in both() {
        let html = page(&bundle);
        for banned in [
            "http://",
            "https://",
            "<script",
            "url(",
            "@import",
            "javascript:",
            "<img",
            "<iframe",
        ] {
            assert!(
                !html.contains(banned),
                "{banned} in {}",
                bundle.files[0].name
            );
        }
        assert!(html.contains("default-src 'none'; style-src 'unsafe-inline'; img-src data:"));
        assert!(html.len() < 300_000, "{} bytes", html.len());
    }
}

#[test]
fn hostile_text_is_shown_and_harmless() {
    for bundle in both() {
        let html = page(&bundle);
        assert!(
            html.contains("&lt;script&gt;") || html.contains("&#60;script&#62;"),
            "shown"
        );
        assert!(html.contains('🛳'));
        assert!(!html.chars().any(|c| text::is_control(c) && c != '\n'));
        assert!(!html.contains("2.9.1<b>"));
    }
}

#[test]
fn markup_is_balanced_and_ids_are_unique() {
    for bundle in both() {
        let html = page(&bundle);
        for element in [
            "svg", "table", "section", "details", "td", "th", "tr", "div", "article", "p", "li",
            "bdi", "figure", "dl",
        ] {
            let opened = html.matches(&format!("<{element}>")).count()
                + html.matches(&format!("<{element} ")).count();
            assert_eq!(
                opened,
                html.matches(&format!("</{element}>")).count(),
                "{element}"
            );
        }
        let mut ids: Vec<&str> = html
            .split(" id=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "an id stands twice");
        assert_eq!(html.matches("<svg").count(), html.matches("<desc").count());
    }
}

#[test]
fn the_weekly_page_says_what_was_found() {
    let html = page(&both()[0]);
    for expected in [
        "3.2.0 got worse than 3.1.0: crash-free sessions fell by 3.1 pp to 96.3% from 99.41%",
        "43,950",
        "+3.1% (+1,340)",
        "no detectable change (−0.21 to +0.05 pp)",
        "too few (n = 14, before 17)",
        "17.5 h",
        "feedback of kind nps with a score 0 to 10",
        "1,204,331",
        "● yes",
        "released 12 Aug 2026",
        "crash-free sessions fell by 3.1 pp (−3.3 to −2.9 pp), against 3.0.0",
        "half after 5 days",
        "3.2.0  41.0%",
    ] {
        assert!(html.contains(expected), "missing: {expected}");
    }
    assert!(!html.contains("NaN"));
}

#[test]
fn the_planning_page_says_what_was_found() {
    let html = page(&both()[1]);
    for expected in [
        "Take 5 items into 3.3.0, 33.5 of 34 person-days",
        "would have lost 12.0% of the plan",
        "(value 2,120 in place of 2,410)",
        "needed by SYNC-118",
        "3 d more of capacity",
        "an effort of at most 4 d",
        "cut because it depends on API-1",
        "cut with LOOP-2: their dependencies run in a circle",
        "an estimate of its effort would let it compete",
        "reach of dark_mode",
        "27.0%",
        "missed",
    ] {
        assert!(html.contains(expected), "missing: {expected}");
    }
}

#[test]
fn empty_findings_still_make_a_report() {
    let mut found = fixtures::weekly();
    found.headline.clear();
    found.kpis.clear();
    found.releases.clear();
    found.adoption.clear();
    found.phrases.clear();
    found.quality.ledger.clear();
    found.missing.clear();
    found.ratings = analysis::findings::RatingSplit::default();
    found.scope.data_through = None;
    found.scope.iso_week = None;
    found.scope.complete = false;
    let bundle = weekly(&found, &fixtures::reproduce()).unwrap();
    assert_eq!(bundle.files[0].name, "shipwake_weekly_sail_2026-09-28.html");
    let html = page(&bundle);
    assert!(html.contains("No KPI had any input"));
    assert!(html.contains("This window is not over"));
    assert_eq!(weekly_sentences(&found).len(), 3);
    let mut plan = fixtures::planning();
    plan.items.clear();
    plan.score_card = None;
    plan.releases.clear();
    plan.target = None;
    let html = page(&planning(&plan, &fixtures::reproduce()).unwrap());
    assert!(html.contains("The backlog holds no open item to plan."));
    assert_eq!(planning_sentences(&plan).len(), 4);
}

#[test]
fn pages_stay_small_however_much_is_found() {
    let mut found = fixtures::weekly();
    let first = found.adoption[0].clone();
    let long_ago = (0..900_u32).rev().map(|back| {
        let date: jiff::civil::Date = "2026-10-04".parse().unwrap();
        let day = date
            .checked_sub(jiff::Span::new().days(i64::from(back)))
            .unwrap();
        let point = first.points[0].clone();
        analysis::findings::AdoptionPoint {
            day: day.to_string(),
            days_since_first_seen: 899 - back,
            ..point
        }
    });
    found.adoption[0].points = long_ago.collect();
    let row = found.releases[0].clone();
    found.releases.extend((0..200).map(|_| row.clone()));
    let phrase = found.phrases[0].clone();
    found.phrases.extend((0..10_000).map(|_| phrase.clone()));
    let bundle = weekly(&found, &fixtures::reproduce()).unwrap();
    assert!(
        page(&bundle).len() < 300_000,
        "{} bytes",
        page(&bundle).len()
    );
    assert!(page(&bundle).contains("All 205 releases are in the release_health table."));
    let mut plan = fixtures::planning();
    let items = plan.items.clone();
    plan.items = items[..5].iter().cycle().take(200).cloned().collect();
    plan.items
        .extend(items[5..].iter().cycle().take(800).cloned());
    let html = page(&planning(&plan, &fixtures::reproduce()).unwrap());
    assert!(html.len() < 300_000, "{} bytes", html.len());
    assert!(html.contains("All 800 cut items are in the priorities table."));
    assert!(html.contains("Take 200 items into 3.3.0"));
    assert!(html.contains("and 194 more."));
}

#[test]
fn sentences_for_the_terminal_hold_figures_and_no_escape() {
    let lines = weekly_sentences(&fixtures::weekly());
    assert_eq!(lines.len(), 3);
    assert!(
        lines[0].starts_with("3.2.0 got worse than 3.1.0"),
        "{}",
        lines[0]
    );
    assert!(
        lines[0].ends_with("3.1.0 is not worse than before beyond chance."),
        "{}",
        lines[0]
    );
    assert!(
        lines[1].contains("41.0% of active users 6 days after"),
        "{}",
        lines[1]
    );
    assert!(
        lines[2].contains("Mean rating fell by 0.29 to 4.02 from 4.31"),
        "{}",
        lines[2]
    );
    let plan = planning_sentences(&fixtures::planning());
    assert!(
        plan[0].contains("promised 99.50%, observed 96.3% (n = 74,120): missed"),
        "{}",
        plan[0]
    );
    assert!(
        plan[3].starts_with("First cut: Offline export (8 d)"),
        "{}",
        plan[3]
    );
    for line in lines.iter().chain(&plan) {
        assert!(!line.chars().any(text::is_control), "{line:?}");
    }
}

#[test]
fn no_release_is_called_worse_without_a_finding() {
    let mut found = fixtures::weekly();
    found.headline = vec![analysis::findings::Claim::NoReleaseWorse {
        compared: vec!["3.2.0".into(), "3.1.0".into()],
    }];
    for row in &mut found.releases {
        row.verdict = analysis::findings::Verdict::Pass;
        row.worse_by.clear();
    }
    let lines = weekly_sentences(&found);
    assert!(!lines[0].contains("got worse"), "{}", lines[0]);
    let html = page(&weekly(&found, &fixtures::reproduce()).unwrap());
    assert!(!html.contains("got worse"));
    assert!(html.contains("3.2.0 and 3.1.0 are not worse than their baselines beyond chance."));
}

#[test]
fn health_is_one_line_a_table_and_a_monitor_line() {
    let text = health_text(&fixtures::health());
    let first = text.lines().next().unwrap();
    assert!(
        first.starts_with("RELEASE CRITICAL - sail 3.2.0"),
        "{first}"
    );
    assert!(first.contains("single look"), "{first}");
    assert!(text.contains("too few (n = 14, before 400), needs 30"));
    assert!(!text.contains('\u{1b}'));
    let line = health_nagios(&fixtures::health());
    assert_eq!(line.matches('|').count(), 1, "{line}");
    assert!(
        line.contains("crash_free_sessions=96.3000%;;;0;100"),
        "{line}"
    );
    assert!(
        health_json(&fixtures::health())
            .unwrap()
            .contains("\"verdict\": \"fail\"")
    );
}

/// Writes the pages where they can be looked at, if a folder is named.
#[test]
fn render_for_the_eye() {
    let Some(dir) = std::env::var_os("SHIPWAKE_RENDER_DIR") else {
        return;
    };
    for bundle in both() {
        bundle.publish(std::path::Path::new(&dir)).unwrap();
    }
}
