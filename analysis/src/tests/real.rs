//! Real store reviews, where they are at hand: a build that is truly worse, and its neighbours.

use std::path::PathBuf;

use lake::{FeedbackKind, SessionStatus, parse_instant};
use serde_json::Value;

use crate::findings::{Claim, Reading, ReleaseClaim, Verdict};
use crate::fixture::*;
use crate::health;
use crate::period::Period;
use crate::release_report;
use crate::weekly::of_tables;

fn reviews(name: &str) -> Option<Fixture> {
    let path: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "..",
        "..",
        "shared",
        "data",
        "reviews",
        name,
    ]
    .iter()
    .collect();
    let Ok(mut reader) = csv::Reader::from_path(&path) else {
        eprintln!("skipped: no {}", path.display());
        return None;
    };
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|known| known == name).unwrap();
    let (text, score) = (column("content"), column("score"));
    let (version, when) = (column("reviewCreatedVersion"), column("at"));
    let pieces = reader
        .records()
        .enumerate()
        .map(|(index, row)| {
            let row = row.unwrap();
            let stars = row[score].parse().unwrap();
            let instant = parse_instant(&row[when].replace(' ', "T")).unwrap();
            let id = format!("r{index}");
            let who = ("", &row[version]);
            let mut piece = feedback(&id, FeedbackKind::Rating, Some(stars), who, instant);
            piece.text = Some(row[text].to_owned());
            piece
        })
        .collect();
    let mut fixture = Fixture::new();
    fixture.feedback(pieces);
    Some(fixture)
}

#[test]
fn the_worse_uber_build_is_found_and_its_neighbours_are_not() {
    let Some(fixture) = reviews("uber_2024.csv") else {
        return;
    };
    let as_of = at("2024-12-19T00:00:00Z");
    for (name, expected) in [("2024-W49", true), ("2024-W50", true), ("2024-W48", false)] {
        let findings = of_tables(&fixture.tables(), &settings(), &week(name), as_of).unwrap();
        let worse: Vec<&str> = findings
            .headline
            .iter()
            .filter_map(|claim| match claim {
                Claim::ReleaseWorse { release, .. } => Some(release.as_str()),
                _ => None,
            })
            .collect();
        let wanted: &[&str] = if expected { &["4.555.10003"] } else { &[] };
        assert_eq!(worse, wanted, "{name}");
    }
    let findings = of_tables(&fixture.tables(), &settings(), &week("2024-W50"), as_of).unwrap();
    let row = findings
        .releases
        .iter()
        .find(|row| row.release == "4.555.10003")
        .unwrap();
    assert_eq!(
        (row.verdict, row.baseline.as_deref()),
        (Verdict::Fail, Some("4.554.10001"))
    );
    let Claim::ReleaseWorse { now, before, .. } = &findings.headline[0] else {
        panic!()
    };
    assert!((now.value.unwrap() - 0.271).abs() < 0.01, "{now:?}");
    assert!((before.value.unwrap() - 0.212).abs() < 0.01, "{before:?}");
    for (release, verdict) in [
        ("4.554.10001", Verdict::Pass),
        ("4.555.10003", Verdict::Fail),
        ("4.556.10005", Verdict::Pass),
    ] {
        let found = health::of_tables(&fixture.tables(), &settings(), release, as_of).unwrap();
        assert_eq!(found.verdict, verdict, "{release}: {}", found.reason);
    }
}

#[test]
fn the_report_of_the_worse_uber_build_says_that_it_is_worse() {
    let Some(fixture) = reviews("uber_2024.csv") else {
        return;
    };
    let as_of = at("2024-12-19T00:00:00Z");
    let tables = fixture.tables();
    let found = release_report::of_tables(&tables, &settings(), "4.555.10003", as_of).unwrap();
    assert!(matches!(
        &found.headline[0],
        ReleaseClaim::Judged {
            verdict: Verdict::Fail,
            by: Some(_),
            ..
        }
    ));
    assert_eq!(found.earlier[0], "4.554.10001");
    let low = &found.ratings.compared[1];
    assert_eq!(
        (low.metric.as_str(), low.reading),
        ("low_rating", Reading::Rose)
    );
    assert_eq!(found.ratings.rows[0].low_rating, low.now);
    let week = of_tables(&tables, &settings(), &week("2024-W50"), as_of).unwrap();
    let mut rows = week.adoption.iter();
    let series = rows.find(|series| series.release == found.release).unwrap();
    let of_week = series.points.last().unwrap();
    let mut points = found.adoption[0].by_age.iter();
    let then = points.find(|point| point.day == of_week.day).unwrap();
    assert_eq!(
        (then.on_release, then.share.n),
        (of_week.on_release, of_week.total),
        "as the weekly report says it"
    );
    assert!(found.themes.as_ref().unwrap().unmatched.n > 1_000);
}

#[test]
fn counts_and_means_equal_the_file_s() {
    let Some(fixture) = reviews("uber_2024.csv") else {
        return;
    };
    let as_of = at("2024-12-19T00:00:00Z");
    let findings = of_tables(&fixture.tables(), &settings(), &week("2024-W50"), as_of).unwrap();
    let total: u64 = findings.ratings.now.iter().sum();
    assert_eq!(total, 3339);
    assert_eq!(findings.quality.feedback, 3339);
    assert!(!findings.phrases.is_empty());
    assert!(findings.phrases.iter().all(|phrase| phrase.users >= 3));
}

/// A session log and its values, computed twice elsewhere: by sets in Python and by SQL.
fn reference_log() -> Option<(Fixture, Value)> {
    let folder: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "..",
        "..",
        "shared",
        "data",
        "oracles",
    ]
    .iter()
    .collect();
    let Ok(expected) = std::fs::read_to_string(folder.join("kpi_expected.json")) else {
        eprintln!("skipped: no {}", folder.display());
        return None;
    };
    let mut events = Vec::new();
    for row in csv::Reader::from_path(folder.join("kpi_sessions.csv"))
        .unwrap()
        .records()
    {
        let row = row.unwrap();
        let status = match &row[4] {
            "crashed" => SessionStatus::Crashed,
            _ => SessionStatus::Exited,
        };
        events.push(update(
            &row[0],
            &row[0],
            status,
            (&row[1], &row[3]),
            at(&row[2]),
        ));
    }
    let mut fixture = Fixture::new();
    fixture.events(events);
    Some((fixture, serde_json::from_str(&expected).unwrap()))
}

#[test]
fn release_health_equals_the_reference_log() {
    let Some((fixture, expected)) = reference_log() else {
        return;
    };
    let days = ("2026-03-02".parse().unwrap(), "2026-04-05".parse().unwrap());
    let period = Period::of_days(days.0, days.1, &jiff::tz::TimeZone::UTC).unwrap();
    let as_of = at("2026-04-06T00:00:00Z");
    let found = of_tables(&fixture.tables(), &settings(), &period, as_of).unwrap();
    let whole = expected["release_whole_period"].as_object().unwrap();
    assert_eq!(found.releases.len(), whole.len());
    for (release, values) in whole {
        let row = found
            .releases
            .iter()
            .find(|row| row.release == *release)
            .unwrap();
        assert_eq!(row.sessions, values["sessions"].as_u64().unwrap());
        assert_eq!(row.active_users, values["users"].as_u64().unwrap());
        let crash_free = row.crash_free_sessions.value.unwrap();
        let wanted = values["crash_free_sessions"].as_f64().unwrap();
        assert!(
            (crash_free - wanted).abs() < 1e-12,
            "{release}: {crash_free} {wanted}"
        );
    }
    let daily = expected["release_daily_utc"].as_object().unwrap();
    for series in &found.adoption {
        for point in &series.points {
            let day = &daily[&point.day];
            assert_eq!(point.total, day["total_users"].as_u64().unwrap());
            let on_release = day["releases"][&series.release]["users"]
                .as_u64()
                .unwrap_or(0);
            assert_eq!(
                point.on_release, on_release,
                "{} {}",
                series.release, point.day
            );
        }
    }
}

#[test]
fn shares_by_age_equal_the_reference_log() {
    let Some((fixture, expected)) = reference_log() else {
        return;
    };
    let as_of = at("2026-04-06T00:00:00Z");
    let daily = expected["release_daily_utc"].as_object().unwrap();
    let whole = expected["release_whole_period"].as_object().unwrap();
    let tables = fixture.tables();
    for release in whole.keys().filter(|name| *name != "unknown") {
        let found = release_report::of_tables(&tables, &settings(), release, as_of).unwrap();
        for one in &found.adoption {
            let first = one.first_day.as_ref();
            assert!(one.by_age.is_empty() || first == Some(&one.by_age[0].day));
            for point in &one.by_age {
                let day = &daily[&point.day];
                let users = &day["releases"][&one.series.release]["users"];
                assert_eq!(point.share.n, day["total_users"].as_u64().unwrap());
                assert_eq!(point.on_release, users.as_u64().unwrap_or(0));
            }
        }
    }
}

#[test]
fn weekly_users_equal_the_reference_log() {
    let Some((fixture, expected)) = reference_log() else {
        return;
    };
    let as_of = at("2026-04-06T00:00:00Z");
    let found = of_tables(&fixture.tables(), &settings(), &week("2026-W14"), as_of).unwrap();
    let history = &found
        .kpis
        .iter()
        .find(|kpi| kpi.metric == "active_users")
        .unwrap()
        .history;
    let weekly = expected["lifecycle_weekly_monday_utc"].as_object().unwrap();
    assert_eq!(history.len(), weekly.len());
    for point in history {
        let parts = &weekly[&point.week];
        let users: u64 = ["new", "returning", "resurrecting"]
            .iter()
            .map(|part| parts[*part].as_u64().unwrap())
            .sum();
        assert_eq!(point.n, users, "{}", point.week);
    }
}
