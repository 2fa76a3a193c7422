//! Promises of this crate as a whole: same bytes twice, hostile text harmless, no request to
//! anywhere, the numbers shown are those found.

use super::*;
use crate::fixtures;

fn page(bundle: &Bundle) -> String {
    String::from_utf8(bundle.page().unwrap().bytes.clone()).unwrap()
}

fn of_release(found: &ReleaseFindings) -> Bundle {
    release(found, &fixtures::reproduce(), &Brand::default()).unwrap()
}

/// Every report, each in full.
fn all() -> Vec<Bundle> {
    let mut all = Vec::from(both());
    all.push(of_release(&fixtures::release()));
    all
}

fn both() -> [Bundle; 2] {
    [
        weekly(
            &fixtures::weekly(),
            &fixtures::reproduce(),
            &Brand::default(),
        )
        .unwrap(),
        planning(
            &fixtures::planning(),
            &fixtures::reproduce(),
            &Brand::default(),
        )
        .unwrap(),
    ]
}

#[test]
fn the_same_findings_give_the_same_bytes() {
    assert_eq!(all(), all());
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
            "shipwake_weekly_sail_2026-W40.md",
            "shipwake_weekly_sail_2026-W40.json",
            "shipwake_weekly_sail_2026-W40.xlsx",
            "shipwake_kpi_weekly_sail_2026-W40_s1.csv",
            "shipwake_kpi_history_sail_2026-W40_s1.csv",
            "shipwake_release_health_sail_2026-W40_s1.csv",
            "shipwake_release_adoption_daily_sail_2026-W40_s1.csv",
            "shipwake_release_adoption_sail_2026-W40_s1.csv",
            "shipwake_release_moves_sail_2026-W40_s1.csv",
            "shipwake_users_behind_sail_2026-W40_s1.csv",
            "shipwake_retention_sail_2026-W40_s1.csv",
            "shipwake_active_days_sail_2026-W40_s1.csv",
            "shipwake_features_sail_2026-W40_s1.csv",
            "shipwake_feature_candidates_sail_2026-W40_s1.csv",
            "shipwake_feedback_themes_sail_2026-W40_s1.csv",
            "shipwake_data_quality_sail_2026-W40_s1.csv",
            "shipwake_delivery_sail_2026-W40_s1.csv",
            "shipwake_deployments_sail_2026-W40_s1.csv",
            "shipwake_dictionary_sail_2026-W40_s1.csv",
            "manifest.json",
        ]
    );
    assert_eq!(
        names(&planning),
        [
            "shipwake_planning_sail_2026-W40.html",
            "shipwake_planning_sail_2026-W40.md",
            "shipwake_planning_sail_2026-W40.json",
            "shipwake_planning_sail_2026-W40.xlsx",
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
    for bundle in all() {
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
    for bundle in all() {
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
fn markdown_shows_hostile_text_as_text_and_keeps_its_tables() {
    for bundle in all() {
        let is_it = |file: &&File| file.name.ends_with(".md");
        let file = bundle.files.iter().find(is_it).unwrap();
        let text = String::from_utf8(file.bytes.clone()).unwrap();
        assert!(text.contains("&lt;script&gt;"), "shown");
        assert!(text.contains('🛳') && !text.contains('<') && !text.contains("\n\n\n"));
        assert!(!text.chars().any(|c| text::is_control(c) && c != '\n'));
        let cells = |line: &str| line.replace("\\|", "").matches('|').count();
        let mut tables = 0;
        let mut of_table = 0;
        for line in text.lines() {
            if !line.starts_with('|') {
                of_table = 0;
                continue;
            }
            if of_table == 0 {
                of_table = cells(line);
                tables += 1;
            }
            assert_eq!(cells(line), of_table, "{line}");
            assert!(line.ends_with('|'), "{line}");
        }
        assert!(tables > 5, "{tables} tables in {}", file.name);
    }
}

#[test]
fn a_company_stands_above_the_title_with_its_logo() {
    let brand = Brand {
        company: Some("<b>Acme & Söhne".to_owned()),
        logo: Some("data:image/png;base64,iVBORw0KGgo=".to_owned()),
    };
    let (found, plan) = (fixtures::weekly(), fixtures::planning());
    let reproduce = fixtures::reproduce();
    for bundle in [
        weekly(&found, &reproduce, &brand).unwrap(),
        planning(&plan, &reproduce, &brand).unwrap(),
    ] {
        let html = page(&bundle);
        let at = html.find("<p class=\"brand\">").unwrap();
        assert!(at < html.find("<h1>").unwrap());
        assert!(html.contains("<img src=\"data:image/png;base64,iVBORw0KGgo=\" alt=\"\">"));
        assert!(
            !html.contains("<b>Acme") && html.contains("Acme &#38; Söhne"),
            "{html}"
        );
    }
    let message = weekly_message(&found, &brand).unwrap();
    for face in [&message.text, &message.html, &message.chat] {
        assert!(face.contains("Söhne"), "{face}");
    }
    assert!(!message.html.contains("<b>Acme") && !message.chat.contains('<'));
}

#[test]
fn markup_is_balanced_and_ids_are_unique() {
    for bundle in all() {
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
fn the_release_page_says_what_was_found() {
    let html = page(&of_release(&fixtures::release()));
    for expected in [
        "3.2.0 is not healthy: worse than 3.1.0 beyond chance by",
        "crash-free sessions fell by 3.1 pp to 96.3% from 99.41%; 95% interval −3.3 to −2.9 pp",
        "3.2.0 is used by 41.0% of active users 6 days after its first, more than the 33.0% of \
         3.1.0 at that age",
        "+8.0 pp (+6.7 to +9.3 pp)",
        "is new: 12.0% in place of 5.0% of those who wrote of it say so",
        "38 users gave 1 or 2 stars, 4 gave 4 or 5",
        "<dt>Planned for</dt><dd><bdi>26 Sep 2026</bdi><small>2 days late</small></dd>",
        "25% from 28 Sep 2026, 100% from 12 Oct 2026 (ahead)",
        "■ a hotfix within 7 days, verdict fail",
        "reach of dark_mode",
        "Share of active users on each release by days since its first day",
        "3.2.0  41.0%",
        "<bdi>3.1.0</bdi>: day 0 is 29 Aug 2026",
        "×6.30 [4.90, 8.10]",
        "30 Sep 2026 10:00 UTC",
        "4.02<small>3.92 to 4.12</small>",
        "Mean rating against 3.1.0: fell by 0.29 (−0.41 to −0.17)",
        "<span class=\"tag new\">rising</span>",
        "40.0% of 410 users who wrote of it say none of these; 31 themes were tested",
        "DARK-1 · since 3.1.0",
    ] {
        assert!(html.contains(expected), "missing: {expected}");
    }
    assert!(!html.contains("NaN") && !html.contains("#kpis"));
    let newest = html.find("30 Sep 2026 10:00 UTC").unwrap();
    assert!(newest < html.find("28 Sep 2026 10:00 UTC").unwrap());
}

#[test]
fn files_of_a_release_are_named_by_app_and_version() {
    let bundle = of_release(&fixtures::release());
    let names: Vec<&str> = bundle.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "shipwake_release_sail_3.2.0.html",
            "shipwake_release_sail_3.2.0.md",
            "shipwake_release_sail_3.2.0.json",
            "shipwake_release_sail_3.2.0.xlsx",
            "shipwake_release_timeline_sail_2026-09-28_s1.csv",
            "shipwake_release_items_sail_2026-09-28_s1.csv",
            "shipwake_release_goals_sail_2026-09-28_s1.csv",
            "shipwake_adoption_by_age_sail_2026-09-28_s1.csv",
            "shipwake_release_adoption_daily_sail_2026-09-28_s1.csv",
            "shipwake_release_adoption_sail_2026-09-28_s1.csv",
            "shipwake_release_checks_sail_2026-09-28_s1.csv",
            "shipwake_release_verdicts_sail_2026-09-28_s1.csv",
            "shipwake_release_ratings_sail_2026-09-28_s1.csv",
            "shipwake_release_themes_sail_2026-W40_s1.csv",
            "shipwake_features_sail_2026-09-28_s1.csv",
            "shipwake_dictionary_sail_2026-09-28_s1.csv",
            "manifest_release.json",
        ]
    );
    let json = &bundle.files[2].bytes;
    let json: serde_json::Value = serde_json::from_slice(json).unwrap();
    assert_eq!(json["schema"], "shipwake.report.release.v1");
    assert_eq!(json["findings"]["headline"][1]["age_days"], 6);
    let hostile = of_release(&fixtures::release_without_anything());
    for file in &hostile.files {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        assert!(file.name.chars().all(is_plain), "{}", file.name);
    }
}

#[test]
fn a_release_that_nothing_is_known_of_says_what_to_send() {
    let bundle = of_release(&fixtures::release_without_anything());
    let html = page(&bundle);
    for expected in [
        "Nothing came from &#60;script&#62;alert(1)&#60;/script&#62;",
        "<small>it is not out</small>",
        "shipwake release add VERSION",
        "send <code>goals</code> with its record",
        "shipwake plan accept",
        "send its version as release with events or feedback",
        "send session updates with <code>release</code>",
        "a running <code>shipwake serve</code> looks by itself",
        "send feedback with <code>score</code> and <code>release</code>",
        "send feedback with <code>text</code> and <code>release</code>",
        "<code>feature_events</code> of its items",
    ] {
        assert!(html.contains(expected), "missing: {expected}");
    }
    assert!(!html.contains("<svg") && !html.contains("<script"));
    let found = fixtures::release_without_anything();
    assert_eq!(release_sentences(&found).len(), 1);
}

#[test]
fn a_release_that_is_not_out_shows_its_plan_and_what_it_promises() {
    let mut found = fixtures::release_ahead();
    let html = page(&of_release(&found));
    for expected in [
        "The plan accepted by Ada",
        "reach of &#60;b&#62;</bdi>: 20.0%, by <bdi>DARK-1</bdi>",
        "It is held to them once it is out.",
    ] {
        assert!(html.contains(expected), "missing: {expected}");
    }
    found.record.as_mut().unwrap().plan = None;
    let html = page(&of_release(&found));
    assert!(html.contains("No plan was accepted for it, so what came in"));
}

#[test]
fn the_page_of_a_release_stays_small_however_much_is_found() {
    let mut found = fixtures::release();
    let many = |n: usize| 0..n;
    let verdict = found.verdicts[2].clone();
    found.verdicts.extend(many(5_000).map(|_| verdict.clone()));
    let themes = found.themes.as_mut().unwrap();
    let theme = themes.themes[0].clone();
    themes.themes.extend(many(300).map(|_| theme.clone()));
    let feature = found.features[0].clone();
    found.features.extend(many(300).map(|_| feature.clone()));
    let kept = found.record.as_mut().unwrap();
    let line = kept.history[2].clone();
    kept.history.extend(many(3_000).map(|_| line.clone()));
    let error = found.health.new_errors[0].clone();
    found
        .health
        .new_errors
        .extend(many(100).map(|_| error.clone()));
    let card = found.score_card.as_mut().unwrap();
    let outcome = card.outcomes[0].clone();
    card.outcomes.extend(many(400).map(|_| outcome.clone()));
    let point = found.adoption[0].by_age[0].clone();
    for one in &mut found.adoption {
        one.by_age = (0..90)
            .map(|age_days| analysis::findings::AgePoint {
                age_days,
                ..point.clone()
            })
            .collect();
    }
    let html = page(&of_release(&found));
    assert!(html.len() < 300_000, "{} bytes", html.len());
    assert!(html.contains("All 5,003 verdicts are in the release_verdicts table."));
}

#[test]
fn empty_findings_still_make_a_report() {
    let mut found = fixtures::weekly();
    found.headline.clear();
    found.kpis.clear();
    found.releases.clear();
    found.adoption.clear();
    found.phrases.clear();
    found.active_days.clear();
    found.retention.cohorts.clear();
    found.quality.ledger.clear();
    found.missing.clear();
    found.ratings = analysis::findings::RatingSplit::default();
    found.scope.data_through = None;
    found.scope.iso_week = None;
    found.scope.complete = false;
    let bundle = weekly(&found, &fixtures::reproduce(), &Brand::default()).unwrap();
    assert_eq!(bundle.files[0].name, "shipwake_weekly_sail_2026-09-28.html");
    let html = page(&bundle);
    assert!(html.contains("No KPI had any input"));
    assert!(!html.contains("#retention"), "nobody came");
    assert!(html.contains("This window is not over"));
    assert_eq!(weekly_sentences(&found).len(), 3);
    let mut plan = fixtures::planning();
    plan.items.clear();
    plan.score_card = None;
    plan.releases.clear();
    plan.target = None;
    let html = page(&planning(&plan, &fixtures::reproduce(), &Brand::default()).unwrap());
    assert!(html.contains("The backlog holds no open item to plan."));
    assert_eq!(planning_sentences(&plan).len(), 5);
}

#[test]
fn adoption_says_where_releases_stand_and_who_moved() {
    let html = page(
        &weekly(
            &fixtures::weekly(),
            &fixtures::reproduce(),
            &Brand::default(),
        )
        .unwrap(),
    );
    for text in [
        "phased: 82.0% of the 50% offered it",
        "8 days<small>95 %: 7 or more</small>",
        "not reached",
        "5,020 of 12,310 users",
        "63.2% on 11 Oct<small>80 %: 58.0% to 68.4%; 41.0% on 4 Oct, n = 10,000</small>",
        "48 forecasts so far were off by 2.1 points on average, the share of the week before by \
         8.3; 29 of 36 intervals held what came",
        "Who is behind <bdi>3.2.0</bdi>",
        "31.0%<small>30.0 to 32.0%</small><small>n = 12,004</small>",
    ] {
        assert!(html.contains(text), "{text}");
    }
    let mut none = fixtures::weekly();
    none.adoption.clear();
    none.upgrades = analysis::findings::Upgrades::default();
    let html = page(&weekly(&none, &fixtures::reproduce(), &Brand::default()).unwrap());
    assert!(!html.contains("Where each release stands") && !html.contains("Who moved"));
}

#[test]
fn retention_says_who_came_back_and_how_often_users_come() {
    let html = page(
        &weekly(
            &fixtures::weekly(),
            &fixtures::reproduce(),
            &Brand::default(),
        )
        .unwrap(),
    );
    for text in [
        "<a href=\"#retention\">Retention</a>",
        "<th scope=\"col\" class=\"num\">Day 28</th>",
        "<th scope=\"row\"><bdi>21 Sep 2026</bdi></th><td class=\"num\">1,204</td>\
         <td class=\"num heat h2\">40.0%<small>37.2 to 42.8%</small><small>n = 1,204</small></td>",
        "<td class=\"num heat\">–</td>",
        "Release of first use",
        "<td>1 day</td><td class=\"num\">21,004</td><td class=\"num\">20,310</td>",
        "Users by active days, this window and the one before",
        "Of the people who started together, the share who used the product again in the Nth 24 \
         hours",
    ] {
        assert!(html.contains(text), "{text}");
    }
}

#[test]
fn features_say_who_uses_them_and_which_few_use() {
    let [weekly_page, planning_page] = both().map(|bundle| page(&bundle));
    for text in [
        "41 features were used this week",
        "DARK-1 · since 3.1.0",
        "seen from 3.1.0 on",
        "21.0%<small>20.0 to 22.0%</small><small>n = 12,004</small>\
         <small class=\"good\">rose by 4.0 pp (+3.0 to +5.0 pp)</small>",
        "nine in ten: 14 or fewer",
        "6.0 days<small>5 or more</small><small class=\"plain\">2,301 of 4,200 users have used it",
    ] {
        assert!(weekly_page.contains(text), "{text}");
    }
    for text in [
        "Of 24 features that have been out for 30 days, 5 were used in the last 30 by fewer than \
         5.0% of those who could.",
        "print_dialog",
        "2 Jun 2026, in 3.0.0",
        "first used 2 Jun 2026",
        "no event of it ever came: does the app send it?",
        "Uses from Sat 5 Sep – Sun 4 Oct 2026.",
    ] {
        assert!(weekly_page.contains(text), "{text}");
        assert!(planning_page.contains(text), "{text}");
    }
    let mut none = fixtures::weekly();
    none.features = analysis::findings::Features::default();
    let html = page(&weekly(&none, &fixtures::reproduce(), &Brand::default()).unwrap());
    assert!(html.contains("No feature was used in this window"));
    assert!(html.contains("No feature has been out for 0 days"));
}

#[test]
fn funnels_are_a_table_of_steps_csv_and_json() {
    let found = fixtures::funnels();
    let text = funnel_text(&found);
    for part in [
        "on ios",
        "   1  open",
        "40.0% (37.0 to 43.0%)",
        "7.5 min (7.0 min to 8.0 min)",
        "12.3% of 1,000 users got through (11.3 to 13.3%), half of them in 3.2 h or less; 31 more \
         have time left and count once it is over.",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.chars().any(|c| text::is_control(c) && c != '\n'));
    let csv = String::from_utf8(funnel_csv(&found).unwrap()).unwrap();
    assert_eq!(csv.lines().count(), 4);
    assert!(csv.contains("604800.000"), "{csv}");
    let json: serde_json::Value = serde_json::from_str(&funnel_json(&found).unwrap()).unwrap();
    assert_eq!(json["funnels"][0]["steps"][2]["users"], 123);
}

#[test]
fn feedback_is_a_table_for_people_and_harmless() {
    let (list, themes, links) = (
        fixtures::feedback_list(),
        fixtures::release_themes(),
        fixtures::link_suggestions(),
    );
    for (text, parts) in [
        (
            feedback_text(&list),
            [
                "40 pieces, 12 with text",
                "cannot start, payment",
                "bug report",
            ],
        ),
        (
            release_themes_text(&themes),
            ["beside 4.1.0", "sync fails", "31 themes tested"],
        ),
        (
            link_suggestions_text(&links),
            ["12 texts, 5 of which", "APP-80", "keyword"],
        ),
    ] {
        for part in parts {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(
            !text.chars().any(|c| text::is_control(c) && c != '\n'),
            "{text:?}"
        );
    }
    let json: serde_json::Value = serde_json::from_str(&feedback_json(&list).unwrap()).unwrap();
    assert_eq!(json["pieces"][0]["text"], list.pieces[0].text);
    assert!(!feedback_json(&list).unwrap().contains('\u{202e}'));
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
    let cohorts = found.retention.cohorts.clone();
    found
        .retention
        .cohorts
        .extend(cohorts.iter().cycle().take(400).cloned());
    let active = found.active_days[0].clone();
    found.active_days.extend((0..90).map(|_| active.clone()));
    let row = found.releases[0].clone();
    found.releases.extend((0..200).map(|_| row.clone()));
    let phrase = found.phrases[0].clone();
    found.phrases.extend((0..10_000).map(|_| phrase.clone()));
    let feature = found.features.rows[0].clone();
    found
        .features
        .rows
        .extend((0..300).map(|_| feature.clone()));
    let unused = found.features.unused.rows[0].clone();
    found
        .features
        .unused
        .rows
        .extend((0..200).map(|_| unused.clone()));
    let bundle = weekly(&found, &fixtures::reproduce(), &Brand::default()).unwrap();
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
    let html = page(&planning(&plan, &fixtures::reproduce(), &Brand::default()).unwrap());
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
        row.verdict = Verdict::Pass;
        row.worse_by.clear();
    }
    let lines = weekly_sentences(&found);
    assert!(!lines[0].contains("got worse"), "{}", lines[0]);
    let html = page(&weekly(&found, &fixtures::reproduce(), &Brand::default()).unwrap());
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
    assert!(
        first.contains("(regressed since 2026-09-30T14:00:00Z, "),
        "{first}"
    );
    assert!(text.contains("×6.30 [4.90, 8.10]"), "{text}");
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
    for bundle in all() {
        bundle.publish(std::path::Path::new(&dir)).unwrap();
    }
}
