use std::collections::{BTreeMap, BTreeSet};

use lake::{FeedbackKind, LedgerDelta, Outcome, SessionStatus};

use crate::findings::{Claim, Kpi, Reading, WeeklyFindings};
use crate::fixture::*;
use crate::weekly::of_tables;

fn kpi<'a>(findings: &'a WeeklyFindings, id: &str) -> &'a Kpi {
    findings.kpis.iter().find(|kpi| kpi.metric == id).unwrap()
}

fn value(findings: &WeeklyFindings, id: &str) -> f64 {
    kpi(findings, id).now.value.unwrap()
}

fn close(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() < 1e-12,
        "found {found}, expected {expected}"
    );
}

/// Pseudo-random numbers below `n`, the same on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

#[test]
fn an_empty_lake_says_what_to_send() {
    let fixture = Fixture::new();
    let as_of = at("2026-03-10T00:00:00Z");
    let findings = of_tables(&fixture.tables(), &settings(), &week("2026-W10"), as_of).unwrap();
    assert!(
        findings
            .kpis
            .iter()
            .all(|kpi| kpi.reading == Reading::NoInput)
    );
    // Each KPI, and delivery as a whole.
    assert_eq!(findings.missing.len(), findings.kpis.len() + 1);
    assert_eq!(
        findings.headline,
        [Claim::TooFewData {
            feedback: 0,
            sessions: 0
        }]
    );
    assert!(findings.releases.is_empty() && findings.phrases.is_empty());
}

#[test]
fn usage_counts_equal_brute_force_whatever_the_file_order() {
    let mut fixture = Fixture::new();
    let mut dice = Dice(7);
    let start = at("2026-02-16T00:00:00Z");
    let mut rows = Vec::new();
    for file in 0..5 {
        let mut events = Vec::new();
        for index in 0..200 {
            let when = start + i64::try_from(dice.below(21 * 24)).unwrap() * HOUR;
            let user = format!("u{}", dice.below(60));
            let release = ["1.0.0", "1.1.0", ""][usize::try_from(dice.below(3)).unwrap()];
            let mut event = usage(&format!("{file}-{index}"), "open", &user, release, when);
            let session = format!("s{}", dice.below(150));
            event.origin.session_id = Some(session.clone().into());
            rows.push((when, user, release.to_owned(), session));
            events.push(event);
        }
        // The first rows of each file once more, as a second node might have stored them.
        events.extend(events[..10].to_vec());
        fixture.events(events);
    }
    let (period, as_of) = (week("2026-W10"), at("2026-03-09T12:00:00Z"));
    let findings = of_tables(&fixture.tables(), &settings(), &period, as_of).unwrap();
    let reversed = of_tables(&fixture.tables_reversed(), &settings(), &period, as_of).unwrap();
    assert_eq!(findings, reversed);
    let inside: Vec<_> = rows.iter().filter(|row| period.contains(row.0)).collect();
    let users: BTreeSet<_> = inside.iter().map(|row| &row.1).collect();
    let sessions: BTreeSet<_> = inside.iter().map(|row| &row.3).collect();
    close(value(&findings, "active_users"), users.len() as f64);
    close(value(&findings, "sessions"), sessions.len() as f64);
    let before = period.previous().unwrap();
    let users_before: BTreeSet<_> = rows
        .iter()
        .filter(|row| before.contains(row.0))
        .map(|row| &row.1)
        .collect();
    assert_eq!(
        kpi(&findings, "active_users").before.n,
        users_before.len() as u64
    );
    assert_eq!(kpi(&findings, "active_users").history.len(), 3);
    assert_eq!(findings.quality.events, inside.len() as u64);
    let unknown = inside.iter().filter(|row| row.2.is_empty()).count();
    assert_eq!(findings.quality.events_unknown_release, unknown as u64);
    let mut by_release: BTreeMap<&str, BTreeSet<&String>> = BTreeMap::new();
    for row in &inside {
        let release = if row.2.is_empty() { "unknown" } else { &row.2 };
        by_release.entry(release).or_default().insert(&row.1);
    }
    let names: Vec<&str> = findings
        .releases
        .iter()
        .map(|row| row.release.as_str())
        .collect();
    assert_eq!(names, ["1.1.0", "1.0.0", "unknown"]);
    for row in &findings.releases {
        assert_eq!(
            row.active_users,
            by_release[row.release.as_str()].len() as u64
        );
    }
}

#[test]
fn sessions_are_reduced_to_their_terminal_update() {
    let mut fixture = Fixture::new();
    let monday = at("2026-03-02T10:00:00Z");
    let who = |user| (user, "1.0.0");
    use SessionStatus::{Crashed, Exited, Ok, Unhandled};
    fixture.events(vec![
        // The terminal update came first in time of arrival and of the clock.
        update("a2", "a", Crashed, who("ann"), monday),
        update("a1", "a", Ok, who("ann"), monday + HOUR),
        // Never ended, but an error was not handled: died on the way.
        update("b1", "b", Ok, who("bob"), monday),
        unhandled("b2", "b", who("bob"), monday + HOUR),
        // Ended as it should in spite of such an error.
        update("c1", "c", Exited, who("cy"), monday + HOUR),
        unhandled("c2", "c", who("cy"), monday),
        update("d1", "d", Unhandled, who("dee"), monday),
        // Only an error: no session update, no session.
        unhandled("e1", "e", who("eve"), monday),
    ]);
    fixture.events(vec![
        // Began on the Sunday before, ended in the week: belongs to the week before.
        update("f1", "f", Ok, who("fay"), monday - DAY),
        update("f2", "f", Crashed, who("fay"), monday),
        // Began in the week, ended after it.
        update("g1", "g", Ok, who("ann"), monday + 6 * DAY),
        update("g2", "g", Crashed, who("ann"), monday + 7 * DAY),
    ]);
    let as_of = monday + 8 * DAY;
    let findings = of_tables(&fixture.tables(), &settings(), &week("2026-W10"), as_of).unwrap();
    let sessions = kpi(&findings, "crash_free_sessions");
    assert_eq!(
        (sessions.now.n, sessions.before.n),
        (5, 1),
        "a, b, c, d, g; f"
    );
    close(sessions.now.value.unwrap(), 2.0 / 5.0);
    close(sessions.before.value.unwrap(), 0.0);
    let users = kpi(&findings, "crash_free_users");
    assert_eq!(users.now.n, 4, "ann, bob, cy, dee");
    close(users.now.value.unwrap(), 2.0 / 4.0);
    assert_eq!(sessions.reading, Reading::InsufficientData);
    let earlier = monday + 6 * DAY + HOUR;
    let findings = of_tables(&fixture.tables(), &settings(), &week("2026-W10"), earlier).unwrap();
    close(value(&findings, "crash_free_sessions"), 3.0 / 5.0);
}

#[test]
fn row_that_stands_for_many_sessions_counts_as_many() {
    let mut fixture = Fixture::new();
    let monday = at("2026-03-02T10:00:00Z");
    use SessionStatus::{Crashed, Exited, Ok};
    let (old, new) = (("", "1.0.0"), ("ann", "1.1.0"));
    fixture.events(vec![
        counted("a", 90, Exited, old, monday),
        counted("b", 10, Crashed, old, monday),
        counted("c", 40, Exited, new, monday + DAY),
        // Still open, and not a crash for want of an end.
        counted("d", 3, Ok, new, monday + DAY),
        counted("e", 7, Crashed, new, monday - DAY),
        update("s1", "s", Ok, ("bob", "1.1.0"), monday),
        update("s2", "s", Crashed, ("bob", "1.1.0"), monday + HOUR),
    ]);
    // A copy that the next compaction drops.
    fixture.events(vec![counted("b", 10, Crashed, old, monday)]);
    let as_of = monday + 8 * DAY;
    let findings = of_tables(&fixture.tables(), &settings(), &week("2026-W10"), as_of).unwrap();
    let crash_free = kpi(&findings, "crash_free_sessions");
    assert_eq!((crash_free.now.n, crash_free.before.n), (144, 7));
    close(crash_free.now.value.unwrap(), 133.0 / 144.0);
    close(crash_free.before.value.unwrap(), 0.0);
    close(value(&findings, "sessions"), 144.0);
    let users = kpi(&findings, "crash_free_users");
    assert_eq!(users.now.n, 2, "ann, bob; nobody else is named");
    close(users.now.value.unwrap(), 1.0 / 2.0);
}

#[test]
fn the_latest_revision_counts_and_moves_between_weeks() {
    let mut fixture = Fixture::new();
    let (sunday, monday) = (at("2026-03-01T12:00:00Z"), at("2026-03-02T12:00:00Z"));
    let rating = |score, when| {
        feedback(
            "r",
            FeedbackKind::Rating,
            Some(score),
            ("ann", "1.0.0"),
            when,
        )
    };
    fixture.feedback(vec![rating(1.0, sunday)]);
    fixture.feedback(vec![rating(4.0, monday)]);
    fixture.feedback(vec![feedback(
        "q",
        FeedbackKind::Rating,
        Some(2.0),
        ("bob", ""),
        monday,
    )]);
    let run = |as_of| {
        let tables = fixture.tables_reversed();
        of_tables(&tables, &settings(), &week("2026-W10"), as_of).unwrap()
    };
    let findings = run(monday + DAY);
    assert_eq!(findings.ratings.now, [0, 1, 0, 1, 0]);
    assert_eq!(findings.ratings.before, [0; 5]);
    close(value(&findings, "rating_mean"), 3.0);
    close(value(&findings, "low_rating"), 0.5);
    assert_eq!(findings.quality.feedback_unknown_release, 1);
    let as_known_on_sunday = run(sunday + HOUR);
    assert_eq!(
        as_known_on_sunday.ratings.before,
        [1, 0, 0, 0, 0],
        "later revisions are unknown"
    );
    assert_eq!(as_known_on_sunday.ratings.now, [0; 5]);
}

#[test]
fn answers_count_up_to_as_of() {
    let mut fixture = Fixture::new();
    let monday = at("2026-03-02T12:00:00Z");
    let mut answered = comment("a", "ann", "slow", monday);
    answered.replied_at = Some(monday + 4 * HOUR);
    let mut reply = comment("reply", "team", "thanks", monday + 10 * HOUR);
    reply.kind = FeedbackKind::Reply;
    reply.parent_id = Some("b".to_owned());
    let mut edited = comment("d", "dee", "odd", monday);
    edited.replied_at = Some(monday - HOUR);
    fixture.feedback(vec![
        answered,
        comment("b", "bob", "fast", monday),
        comment("c", "cy", "fine", monday),
        edited,
        reply,
    ]);
    let run = |as_of| of_tables(&fixture.tables(), &settings(), &week("2026-W10"), as_of).unwrap();
    let findings = run(monday + DAY);
    close(value(&findings, "feedback_volume"), 4.0);
    close(value(&findings, "answered_share"), 0.75);
    close(value(&findings, "answer_hours_median"), 7.0);
    assert_eq!(kpi(&findings, "answer_hours_median").now.n, 2);
    close(value(&run(monday + 5 * HOUR), "answered_share"), 0.5);
}

#[test]
fn surveys_are_read_on_their_own_scales() {
    let mut fixture = Fixture::new();
    let monday = at("2026-03-02T12:00:00Z");
    let mut pieces = Vec::new();
    for (index, score) in [10.0, 9.0, 8.0, 7.0, 6.0, 0.0, 10.0, 9.0]
        .into_iter()
        .enumerate()
    {
        let id = format!("n{index}");
        pieces.push(feedback(
            &id,
            FeedbackKind::Nps,
            Some(score),
            ("u", ""),
            monday,
        ));
    }
    for (index, score) in [5.0, 4.0, 3.0].into_iter().enumerate() {
        let id = format!("c{index}");
        pieces.push(feedback(
            &id,
            FeedbackKind::Csat,
            Some(score),
            ("u", ""),
            monday,
        ));
    }
    let mut other = feedback("x", FeedbackKind::Csat, Some(5.0), ("u", ""), monday);
    other.scale = Some(lake::Scale {
        min: 0.0,
        max: 100.0,
    });
    pieces.push(other);
    fixture.feedback(pieces);
    let findings = of_tables(
        &fixture.tables(),
        &settings(),
        &week("2026-W10"),
        monday + DAY,
    )
    .unwrap();
    close(value(&findings, "nps"), 25.0);
    close(value(&findings, "csat"), 2.0 / 3.0);
    assert_eq!(kpi(&findings, "rating_mean").reading, Reading::NoInput);
}

#[test]
fn phrases_count_users_and_not_pieces() {
    let mut fixture = Fixture::new();
    let monday = at("2026-03-02T12:00:00Z");
    let mut pieces = Vec::new();
    for index in 0..4_i64 {
        let user = format!("u{index}");
        pieces.push(comment(
            &format!("a{index}"),
            &user,
            "Dark mode please!",
            monday + index,
        ));
        pieces.push(comment(
            &format!("b{index}"),
            "loud",
            "hate the colours",
            monday + index,
        ));
    }
    for (index, stars) in [1.0, 2.0, 5.0].into_iter().enumerate() {
        let id = format!("c{index}");
        let user = format!("v{index}");
        let mut piece = feedback(&id, FeedbackKind::Rating, Some(stars), (&user, ""), monday);
        piece.text = Some("the battery dies".to_owned());
        pieces.push(piece);
    }
    fixture.feedback(pieces);
    let findings = of_tables(
        &fixture.tables(),
        &settings(),
        &week("2026-W10"),
        monday + DAY,
    )
    .unwrap();
    let texts: Vec<(&str, u64)> = findings
        .phrases
        .iter()
        .map(|phrase| (phrase.text.as_str(), phrase.users))
        .collect();
    assert_eq!(
        texts,
        [("dark mode", 4), ("battery dies", 3)],
        "parts are swallowed, one user is no phrase"
    );
    let battery = &findings.phrases[1];
    assert_eq!((battery.low_users, battery.high_users), (2, 1));
    assert_eq!(battery.share.n, 8);
}

#[test]
fn late_rows_and_the_ledger_are_told() {
    let mut fixture = Fixture::new();
    let line = |outcome, reason: Option<&str>, count| LedgerDelta {
        day: 20_000,
        app: APP.to_owned(),
        protocol: "native".to_owned(),
        outcome,
        reason: reason.map(str::to_owned),
        count,
    };
    fixture.ledger(vec![
        line(Outcome::Received, None, 10),
        line(Outcome::Stored, None, 4),
        line(Outcome::Stored, Some("revision"), 2),
        line(Outcome::Duplicate, None, 1),
    ]);
    fixture.ledger(vec![
        line(Outcome::Quarantined, Some("too_large"), 1),
        line(Outcome::Quarantined, Some("missing_field"), 2),
    ]);
    let findings = of_tables(
        &fixture.tables(),
        &settings(),
        &week("2026-W10"),
        at("2026-03-10"),
    )
    .unwrap();
    let ledger = &findings.quality.ledger[0];
    assert_eq!(
        (ledger.received, ledger.stored, ledger.revisions),
        (10, 6, 2)
    );
    assert_eq!((ledger.duplicate, ledger.quarantined), (1, 3));
    assert_eq!(ledger.reasons[0], ("missing_field".to_owned(), 2));
}
