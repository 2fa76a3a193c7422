//! KPIs of a log of sessions against those that were computed elsewhere, twice: by sets and by SQL.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use lake::SessionStatus;
use serde_json::Value;

use crate::findings::{Cohort, CohortBy, WeeklyFindings};
use crate::fixture::*;
use crate::period::Period;
use crate::weekly::of_tables;

fn oracle(name: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("../../shared/data/oracles").join(name)
}

/// The log, and what is expected of it.
fn given() -> Option<(Fixture, Value)> {
    let Ok(mut reader) = csv::Reader::from_path(oracle("kpi_sessions.csv")) else {
        eprintln!("skipped: no {}", oracle("kpi_sessions.csv").display());
        return None;
    };
    let updates = reader.records().map(|row| {
        let row = row.unwrap();
        let status = match &row[4] {
            "crashed" => SessionStatus::Crashed,
            "errored" => SessionStatus::Exited,
            _ => SessionStatus::Ok,
        };
        let mut event = update(&row[0], &row[0], status, (&row[1], &row[3]), at(&row[2]));
        if row[3].is_empty() {
            event.origin.release = None;
        }
        event
    });
    let mut fixture = Fixture::new();
    fixture.events(updates.collect());
    let expected = std::fs::read(oracle("kpi_expected.json")).unwrap();
    Some((fixture, serde_json::from_slice(&expected).unwrap()))
}

fn findings(fixture: &Fixture, days: (&str, &str), zone: &str) -> WeeklyFindings {
    let settings = crate::Settings {
        history_weeks: 60,
        ..settings()
    };
    let days: (Date, Date) = (days.0.parse().unwrap(), days.1.parse().unwrap());
    let period = Period::of_days(days.0, days.1, &TimeZone::get(zone).unwrap()).unwrap();
    let as_of = at("2026-05-01T00:00:00Z");
    of_tables(&fixture.tables(), &settings, &period, as_of).unwrap()
}

/// The history of a KPI, by the first day of each window.
fn history(findings: &WeeklyFindings, metric: &str) -> BTreeMap<String, f64> {
    let kpi = findings.kpis.iter().find(|kpi| kpi.metric == metric);
    let points = kpi.unwrap().history.iter();
    points
        .filter_map(|point| Some((point.week.clone(), point.value?)))
        .collect()
}

fn expected(days: &Value, of: impl Fn(&Value) -> f64) -> BTreeMap<String, f64> {
    let days = days.as_object().unwrap().iter();
    days.map(|(day, value)| (day.clone(), of(value))).collect()
}

const LIFECYCLE: [(&str, &str); 4] = [
    ("new_users", "new"),
    ("returning_users", "returning"),
    ("resurrected_users", "resurrecting"),
    ("dormant_users", "dormant"),
];

#[test]
fn active_users_and_what_became_of_them_equal_the_oracle() {
    let Some((fixture, oracle)) = given() else {
        return;
    };
    let daily = findings(&fixture, ("2026-04-05", "2026-04-05"), "UTC");
    let users = |value: &Value| value.as_f64().unwrap();
    assert_eq!(
        history(&daily, "active_users"),
        expected(&oracle["dau_utc"], users)
    );
    let shifted = findings(&fixture, ("2026-04-05", "2026-04-05"), "Etc/GMT+3");
    let of_zone = expected(&oracle["dau_utc_minus_3h"], users);
    assert_eq!(history(&shifted, "active_users"), of_zone);
    let weekly = findings(&fixture, ("2026-03-30", "2026-04-05"), "UTC");
    for (metric, name) in LIFECYCLE {
        let of = |value: &Value| value[name].as_f64().unwrap();
        let by_day = expected(&oracle["lifecycle_daily_utc"], of);
        assert_eq!(history(&daily, metric), by_day, "{name} by day");
        let by_week = expected(&oracle["lifecycle_weekly_monday_utc"], of);
        assert_eq!(history(&weekly, metric), by_week, "{name} by week");
    }
}

#[test]
fn active_users_of_days_weeks_and_months_equal_the_oracle() {
    let Some((fixture, oracle)) = given() else {
        return;
    };
    let daily = findings(&fixture, ("2026-04-05", "2026-04-05"), "UTC");
    let users = |value: &Value| value.as_f64().unwrap();
    for (metric, name) in [
        ("daily_active_users", "dau_utc"),
        ("weekly_active_users", "wau_trailing7_utc"),
        ("monthly_active_users", "mau_trailing28_utc"),
    ] {
        assert_eq!(
            history(&daily, metric),
            expected(&oracle[name], users),
            "{name}"
        );
    }
    let found = history(&daily, "stickiness");
    let stickiness = expected(&oracle["stickiness_dau_over_mau28_utc"], users);
    assert!(found.keys().eq(stickiness.keys()), "{found:?}");
    for (day, expected) in stickiness {
        assert!((found[&day] - expected).abs() < 1e-9, "{day}");
    }
    let weekly = findings(&fixture, ("2026-03-30", "2026-04-05"), "UTC");
    let days = oracle["stickiness_histogram_days_active_last7"].as_object();
    assert_eq!(weekly.active_days.len(), 7);
    for row in &weekly.active_days {
        let expected = days.unwrap()[&row.days.to_string()].as_u64();
        assert_eq!(Some(row.users), expected, "{} days", row.days);
    }
}

#[test]
fn those_who_came_back_equal_the_oracle() {
    let Some((fixture, oracle)) = given() else {
        return;
    };
    let weekly = findings(&fixture, ("2026-03-30", "2026-04-05"), "UTC");
    let cohorts = &weekly.retention.cohorts;
    let all = &cohorts[0];
    for (metric, name) in [
        ("retention_on_day", "retention_calendar_on"),
        ("retention_from_day", "retention_calendar_on_or_after"),
        ("retention_rolling_day", "retention_rolling24h_on"),
    ] {
        for (day, expected) in oracle[name].as_object().unwrap() {
            let returned = all.after(metric, day.parse().unwrap()).unwrap();
            let place = format!("{name} {day}");
            assert_eq!(expected["eligible"], returned.share.n, "{place}");
            assert_eq!(expected["retained"], returned.users, "{place}");
            let rate = expected["rate"].as_f64().unwrap();
            let difference = returned.share.value.unwrap() - rate;
            assert!(difference.abs() < 1e-9, "{place}");
        }
    }
    // Each user stands in one week and in one release.
    for by in [CohortBy::Week, CohortBy::Release] {
        let parts = cohorts.iter().filter(|cohort| cohort.by == by);
        let users: u64 = parts.clone().map(|cohort| cohort.users).sum();
        assert_eq!(users, all.users);
        let of = |cohort: &Cohort| cohort.after("retention_on_day", 7).map(|day| day.users);
        assert_eq!(parts.filter_map(of).sum::<u64>(), of(all).unwrap());
    }
}

#[test]
fn releases_of_each_day_equal_the_oracle() {
    let Some((fixture, oracle)) = given() else {
        return;
    };
    let days = oracle["release_daily_utc"].as_object().unwrap();
    for (day, expected) in days.iter().step_by(3) {
        let found = findings(&fixture, (day, day), "UTC");
        let total = |metric: &str| history(&found, metric)[day];
        assert_eq!(
            expected["total_sessions"].as_f64(),
            Some(total("sessions")),
            "{day}"
        );
        assert_eq!(
            expected["total_users"].as_f64(),
            Some(total("active_users")),
            "{day}"
        );
        let releases = expected["releases"].as_object().unwrap();
        assert_eq!(found.releases.len(), releases.len(), "{day}");
        for row in &found.releases {
            let of = &releases[&row.release];
            assert_eq!(of["sessions"], row.sessions, "{day} {}", row.release);
            assert_eq!(of["users"], row.active_users, "{day} {}", row.release);
            let (free, theirs) = (row.crash_free_sessions.value, &of["crash_free_sessions"]);
            let difference = free.unwrap() - theirs.as_f64().unwrap();
            assert!(difference.abs() < 1e-9, "{day} {}", row.release);
        }
    }
}
