//! How often people come, how long they stay, and whether they come back: at the edges.

use jiff::tz::TimeZone;
use lake::{FeedbackKind, SessionStatus};

use crate::findings::{Cohort, CohortBy, Estimate, WeeklyFindings};
use crate::fixture::*;
use crate::period::Period;
use crate::weekly::of_tables;

fn estimate(findings: &WeeklyFindings, metric: &str) -> (Estimate, Estimate) {
    let kpi = findings.kpis.iter().find(|kpi| kpi.metric == metric);
    let kpi = kpi.unwrap();
    (kpi.now.clone(), kpi.before.clone())
}

fn values(findings: &WeeklyFindings, metric: &str) -> (Option<f64>, Option<f64>) {
    let (now, before) = estimate(findings, metric);
    (now.value, before.value)
}

fn close(found: Option<f64>, expected: f64) {
    let difference = (found.unwrap() - expected).abs();
    assert!(difference < 1e-9, "found {found:?}, expected {expected}");
}

/// (cohort, users) of the cohorts of one kind.
fn cohorts(findings: &WeeklyFindings, by: CohortBy) -> Vec<(&str, u64)> {
    let cohorts = findings.retention.cohorts.iter();
    let cohorts = cohorts.filter(|cohort| cohort.by == by);
    cohorts
        .map(|cohort| (cohort.cohort.as_str(), cohort.users))
        .collect()
}

/// Those who came back and those for whom the day is over.
fn back(cohort: &Cohort, metric: &str, day: u32) -> Option<(u64, u64)> {
    let returned = cohort.after(metric, day)?;
    Some((returned.users, returned.share.n))
}

#[test]
fn a_month_reaches_behind_the_windows_known() {
    let mut fixture = Fixture::new();
    let monday = at("2026-03-02T12:00:00Z");
    let seen = |user: &str, days: i64| {
        let id = format!("{user}{days}");
        usage(&id, "open", user, "1.0.0", monday + days * DAY)
    };
    fixture.events(vec![
        // Before the two windows known: the first day of that month, and the day before it.
        seen("ann", -28),
        seen("bob", -29),
        seen("cy", -1),
        seen("dee", 0),
        seen("dee", 1),
        seen("eve", 6),
    ]);
    let settings = crate::Settings {
        history_weeks: 2,
        ..settings()
    };
    let run = |as_of| of_tables(&fixture.tables(), &settings, &week("2026-W10"), as_of).unwrap();
    let findings = run(monday + 8 * DAY);
    assert_eq!(
        values(&findings, "active_users"),
        (Some(2.0), Some(1.0)),
        "a month changes nothing else"
    );
    assert_eq!(
        values(&findings, "weekly_active_users"),
        (Some(2.0), Some(1.0))
    );
    // 2026-03-08 and the 27 days before; 2026-03-01 and the 27 days before.
    assert_eq!(
        values(&findings, "monthly_active_users"),
        (Some(3.0), Some(2.0))
    );
    let daily = values(&findings, "daily_active_users");
    close(daily.0, 3.0 / 7.0);
    close(daily.1, 1.0 / 7.0);
    // Data begin on 2026-02-01, so the 28th day is 2026-02-28: cy was there on the day after.
    let stickiness = values(&findings, "stickiness");
    close(stickiness.1, (0.0 + 1.0 / 2.0) / 2.0);
    let active: Vec<(u32, u64, u64)> = findings
        .active_days
        .iter()
        .map(|row| (row.days, row.users, row.users_before))
        .collect();
    assert_eq!(active[..2], [(1, 1, 1), (2, 1, 0)]);
    assert_eq!(active.len(), 7);
    // On Tuesday only Monday is over.
    let early = run(monday + DAY);
    assert_eq!(values(&early, "daily_active_users").0, Some(1.0));
    assert_eq!(values(&early, "weekly_active_users").0, Some(2.0));
    // On Monday no day is.
    let first = run(monday);
    assert_eq!(values(&first, "monthly_active_users").0, None);
    assert_eq!(values(&first, "stickiness").0, None);
}

#[test]
fn the_midst_of_a_day_of_25_hours_is_looked_into() {
    let mut fixture = Fixture::new();
    // Clocks go back on 2026-10-25, which lasts from 22:00 to 23:00 UTC of the next day.
    let first = at("2026-10-17T22:30:00Z");
    let early = at("2026-10-24T22:10:00Z");
    let late = at("2026-10-25T22:50:00Z");
    let mut events = Vec::new();
    for user in ["ann", "bob"] {
        for (n, when) in [first, early, late].into_iter().enumerate() {
            let id = format!("{user}{n}");
            events.push(usage(&id, "open", user, "1.0.0", when));
        }
    }
    let midst = at("2026-10-25T12:00:00Z");
    events.push(usage("midst", "open", "ann", "1.0.0", midst));
    // Somebody else at that instant, and in another environment.
    events.push(usage("other", "open", "cy", "1.0.0", midst));
    let mut test = usage("test", "open", "bob", "1.0.0", midst);
    test.origin.environment = "staging".into();
    events.push(test);
    fixture.events(events);
    let day = |text: &str| text.parse().unwrap();
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let period = Period::of_days(day("2026-10-19"), day("2026-10-25"), &zone).unwrap();
    let as_of = at("2026-11-20T00:00:00Z");
    let findings = of_tables(&fixture.tables(), &settings(), &period, as_of).unwrap();
    assert_eq!(
        cohorts(&findings, CohortBy::Week),
        [("2026-10-12", 2), ("2026-10-19", 1)]
    );
    let old = &findings.retention.cohorts[1];
    assert_eq!(back(old, "retention_on_day", 7), Some((2, 2)));
    assert_eq!(back(old, "retention_from_day", 7), Some((2, 2)));
    assert_eq!(back(old, "retention_rolling_day", 7), Some((1, 2)));
    assert_eq!(back(old, "retention_rolling_day", 14), None, "not over");
    let new = &findings.retention.cohorts[2];
    assert!(new.returned.is_empty(), "came on the last day: {new:?}");
}

#[test]
fn a_cohort_is_of_the_week_and_the_release_of_the_first_event_ever() {
    let mut fixture = Fixture::new();
    let monday = at("2026-03-02T09:00:00Z");
    fixture.events(vec![
        usage("a1", "open", "ann", "1.0.0", monday - 7 * DAY),
        usage("a2", "open", "ann", "1.1.0", monday),
        // The first event names no release, a later one of the same day does.
        usage("b1", "open", "bob", "", monday),
        usage("b2", "open", "bob", "1.1.0", monday + HOUR),
        usage("c1", "open", "cy", "1.1.0", monday + 2 * DAY),
        usage("c2", "open", "cy", "1.0.0", monday + 3 * DAY),
        // Known since before the history.
        usage("d1", "open", "dee", "1.0.0", monday - 100 * DAY),
        usage("d2", "open", "dee", "1.1.0", monday),
    ]);
    let as_of = monday + 6 * DAY + HOUR;
    let findings = of_tables(&fixture.tables(), &settings(), &week("2026-W10"), as_of).unwrap();
    assert_eq!(cohorts(&findings, CohortBy::All), [("all", 3)]);
    assert_eq!(
        cohorts(&findings, CohortBy::Week),
        [("2026-02-23", 1), ("2026-03-02", 2)]
    );
    assert_eq!(
        cohorts(&findings, CohortBy::Release),
        [("1.1.0", 1), ("1.0.0", 1), ("unknown", 1)]
    );
    let all = &findings.retention.cohorts[0];
    assert_eq!(back(all, "retention_on_day", 1), Some((1, 3)));
    assert_eq!(back(all, "retention_on_day", 7), Some((1, 1)));
    assert_eq!(back(all, "retention_rolling_day", 7), Some((1, 1)));
    assert_eq!(back(all, "retention_rolling_day", 14), None);
    let close_to = all.after("retention_on_day", 1).unwrap();
    close(close_to.share.value, 1.0 / 3.0);
    assert!(close_to.share.low.unwrap() > 0.0);
}

#[test]
fn sessions_are_counted_by_user_and_measured_from_begin_to_end() {
    let mut fixture = Fixture::new();
    let (monday, minute) = (at("2026-03-02T10:00:00Z"), HOUR / 60);
    use SessionStatus::{Exited, Ok};
    let who = |user| (user, "1.0.0");
    let within = |id: &str, session: &str, user: &str, release: &str, when| {
        let mut event = usage(id, "open", user, release, when);
        event.origin.session_id = Some(session.to_owned().into());
        event
    };
    let mut told = update("a1", "a", Exited, who("ann"), monday);
    if let Some(session) = &mut told.session {
        session.duration_ms = Some(600_000);
    }
    let sunday = at("2026-03-01T23:50:00Z");
    fixture.events(vec![
        told,
        // Without any update, on two releases.
        within("b1", "b", "bob", "1.0.0", monday),
        within("b2", "b", "bob", "1.1.0", monday + 20 * minute),
        // Still open.
        update("c1", "c", Ok, who("ann"), monday + HOUR),
        update("c2", "c", Ok, who("ann"), monday + 2 * HOUR),
        // A single event.
        within("d1", "d", "bob", "1.0.0", monday),
        // Open when an error ended it.
        update("e1", "e", Ok, who("cy"), monday),
        unhandled("e2", "e", who("cy"), monday + 30 * minute),
        counted("f1", 40, Exited, who("cy"), monday),
        // Over midnight, signed in on the way: of the week before.
        within("g1", "g", "a7", "1.0.0", sunday),
        within("g2", "g", "dee", "1.0.0", sunday + 20 * minute),
        // Of nobody.
        within("h1", "h", "", "1.0.0", monday),
        within("h2", "h", "", "1.0.0", monday + 40 * minute),
    ]);
    let as_of = monday + 8 * DAY;
    let findings = of_tables(&fixture.tables(), &settings(), &week("2026-W10"), as_of).unwrap();
    let reversed = of_tables(
        &fixture.tables_reversed(),
        &settings(),
        &week("2026-W10"),
        as_of,
    );
    assert_eq!(findings, reversed.unwrap());
    let (now, before) = estimate(&findings, "sessions_per_user");
    assert_eq!((now.n, before.n), (3, 1), "ann, bob, cy; dee");
    close(now.value, 5.0 / 3.0);
    close(before.value, 1.0);
    let (now, before) = estimate(&findings, "session_minutes_median");
    assert_eq!((now.n, before.n), (4, 1), "10, 20, 30 and 40 minutes");
    close(now.value, 25.0);
    close(before.value, 20.0);
    // What was known before holds on: crash-free sessions are those with an update.
    let (crash_free, _) = estimate(&findings, "crash_free_sessions");
    assert_eq!(crash_free.n, 43);
}

#[test]
fn feedback_is_counted_by_a_thousand_users() {
    let mut fixture = Fixture::new();
    let monday = at("2026-03-02T12:00:00Z");
    let piece = |id: &str| {
        feedback(
            id,
            FeedbackKind::Rating,
            Some(4.0),
            ("ann", "1.0.0"),
            monday,
        )
    };
    fixture.feedback(vec![piece("p1"), piece("p2")]);
    let run = |fixture: &Fixture| {
        let as_of = monday + 8 * DAY;
        of_tables(&fixture.tables(), &settings(), &week("2026-W10"), as_of).unwrap()
    };
    let nobody = run(&fixture);
    let mut missing = nobody.missing.iter();
    assert!(missing.any(|missing| missing.metric == "feedback_per_thousand"));
    assert!(nobody.active_days.is_empty() && nobody.retention.cohorts.is_empty());
    let users = ["ann", "bob", "cy", "dee"];
    let events = users.map(|user| usage(user, "open", user, "1.0.0", monday));
    fixture.events(events.to_vec());
    let (now, before) = estimate(&run(&fixture), "feedback_per_thousand");
    close(now.value, 500.0);
    assert_eq!((now.n, before), (4, Estimate::default()));
    // Garwood 1936: 2 → 0.242 to 7.225.
    assert!((now.low.unwrap() - 60.55).abs() < 0.01, "{now:?}");
    assert!((now.high.unwrap() - 1806.17).abs() < 0.01, "{now:?}");
}
