use lake::{FeedbackKind, SessionStatus};

use crate::findings::{Claim, Verdict};
use crate::fixture::*;
use crate::weekly;

/// `crashes` of `sessions` sessions a day crash, for the days `[from, to)` of March 2026.
fn sessions(fixture: &mut Fixture, release: &str, days: (i64, i64), sessions: i64, crashes: i64) {
    let mut events = Vec::new();
    for day in days.0..days.1 {
        for index in 0..sessions {
            let id = format!("{release}-{day}-{index}");
            let status = if index < crashes {
                SessionStatus::Crashed
            } else {
                SessionStatus::Exited
            };
            let when = at("2026-03-01T08:00:00Z") + (day - 1) * DAY + index * 1_000_000;
            events.push(update(
                &id,
                &id,
                status,
                (&format!("u{index}-{release}"), release),
                when,
            ));
        }
    }
    fixture.events(events);
}

fn three_releases() -> Fixture {
    let mut fixture = Fixture::new();
    sessions(&mut fixture, "2.0.0", (1, 16), 400, 4);
    sessions(&mut fixture, "2.1.0", (9, 16), 300, 12);
    sessions(&mut fixture, "2.2.0", (12, 16), 300, 12);
    fixture
}

#[test]
fn a_planted_crash_regression_is_found_and_its_equal_is_not() {
    let fixture = three_releases();
    let as_of = at("2026-03-16T00:00:00Z");
    let findings =
        weekly::of_tables(&fixture.tables(), &settings(), &week("2026-W11"), as_of).unwrap();
    let row = |name: &str| {
        findings
            .releases
            .iter()
            .find(|row| row.release == name)
            .unwrap()
    };
    assert_eq!(row("2.1.0").verdict, Verdict::Fail);
    assert_eq!(row("2.1.0").worse_by, ["crash_free_sessions"]);
    assert_eq!(row("2.1.0").baseline.as_deref(), Some("2.0.0"));
    assert_eq!(row("2.2.0").verdict, Verdict::Pass);
    assert_eq!(row("2.2.0").baseline.as_deref(), Some("2.1.0"));
    assert_eq!(
        row("2.0.0").verdict,
        Verdict::InsufficientData,
        "nothing came before it"
    );
    let Claim::ReleaseWorse {
        release,
        now,
        before,
        ..
    } = &findings.headline[0]
    else {
        panic!("{:?}", findings.headline)
    };
    assert_eq!(release, "2.1.0");
    assert!((now.value.unwrap() - 0.96).abs() < 1e-12);
    assert!((before.value.unwrap() - 0.99).abs() < 1e-12);
    assert_eq!(before.n, 7 * 400, "the same seven days");
}

#[test]
fn adoption_counts_days_from_first_sight() {
    let mut fixture = Fixture::new();
    sessions(&mut fixture, "2.0.0", (1, 9), 10, 0);
    sessions(&mut fixture, "2.0.0", (9, 12), 8, 0);
    sessions(&mut fixture, "2.1.0", (9, 11), 2, 0);
    sessions(&mut fixture, "2.1.0", (11, 16), 8, 0);
    let as_of = at("2026-03-16T00:00:00Z");
    let findings =
        weekly::of_tables(&fixture.tables(), &settings(), &week("2026-W11"), as_of).unwrap();
    let newest = &findings.adoption[0];
    assert_eq!(
        (newest.release.as_str(), newest.unit.as_str()),
        ("2.1.0", "active_users")
    );
    assert_eq!(newest.points.len(), 7);
    assert_eq!(
        (newest.points[0].on_release, newest.points[0].total),
        (2, 10)
    );
    assert_eq!(newest.days_to_half, Some(2));
    let old = findings
        .adoption
        .iter()
        .find(|series| series.release == "2.0.0")
        .unwrap();
    assert_eq!(old.days_to_half, None, "it was there when the data began");
    assert!(findings.headline.iter().any(|claim| matches!(
        claim,
        Claim::Adoption { release, days: 6, days_to_half: Some(2), .. } if release == "2.1.0"
    )));
}

/// Those who stay on an old version rate worse: that must not acquit the new one.
#[test]
fn ratings_are_compared_in_each_release_s_own_first_days() {
    let mut fixture = Fixture::new();
    let mut pieces = Vec::new();
    let mut rate = |release: &str, day: i64, low: i64, high: i64| {
        for index in 0..low + high {
            let stars = if index < low { 1.0 } else { 5.0 };
            let id = format!("{release}-{day}-{index}");
            let when = at("2026-03-01T08:00:00Z") + (day - 1) * DAY;
            pieces.push(feedback(
                &id,
                FeedbackKind::Rating,
                Some(stars),
                ("", release),
                when,
            ));
        }
    };
    for day in 1..9 {
        rate("2.0.0", day, 20, 80);
    }
    for day in 9..16 {
        rate("2.0.0", day, 5, 10);
        rate("2.1.0", day, 35, 65);
    }
    fixture.feedback(pieces);
    let as_of = at("2026-03-16T00:00:00Z");
    let findings =
        weekly::of_tables(&fixture.tables(), &settings(), &week("2026-W11"), as_of).unwrap();
    let row = &findings.releases[0];
    assert_eq!(
        (row.release.as_str(), row.verdict),
        ("2.1.0", Verdict::Fail)
    );
    let change = row.low_rating_change.as_ref().unwrap();
    assert!(
        (change.absolute - 0.15).abs() < 1e-12,
        "35 % against 20 %: {change:?}"
    );
    assert_eq!(row.share_unit, "feedback_authors");
}

#[test]
fn a_release_that_came_after_the_window_disturbs_nothing() {
    let fixture = three_releases();
    let as_of = at("2026-03-16T00:00:00Z");
    let findings =
        weekly::of_tables(&fixture.tables(), &settings(), &week("2026-W10"), as_of).unwrap();
    let names: Vec<&str> = findings
        .releases
        .iter()
        .map(|row| row.release.as_str())
        .collect();
    assert_eq!(names, ["2.0.0"]);
    assert!(
        !findings
            .headline
            .iter()
            .any(|claim| matches!(claim, Claim::ReleaseWorse { .. }))
    );
}
