//! Synthetic findings with hostile text, for the tests of this crate.

use analysis::findings::*;

use crate::Reproduce;

/// Text as an attacker would send it.
pub(crate) const HOSTILE: &str =
    "<script>alert(1)</script>\u{202e}=cmd|'/c calc'!A1 \u{1b}[31m 🛳\r\n\"quoted\", & more";

pub(crate) fn reproduce() -> Reproduce {
    Reproduce {
        command: "shipwake report weekly --app sail --week 2026-W40 --as-of 2026-10-05T06:00:00Z"
            .into(),
        version: "0.1.0".into(),
    }
}

fn scope() -> Scope {
    Scope {
        app: "sail".into(),
        environment: "production".into(),
        zone: "Europe/Berlin".into(),
        from: "2026-09-27T22:00:00Z".into(),
        to: "2026-10-04T22:00:00Z".into(),
        first_day: "2026-09-28".into(),
        last_day: "2026-10-04".into(),
        iso_week: Some("2026-W40".into()),
        complete: true,
        as_of: "2026-10-05T06:00:00Z".into(),
        data_through: Some("2026-10-05T05:58:11Z".into()),
        table_versions: vec![("events".into(), 412), ("feedback".into(), 97)],
    }
}

pub(crate) fn estimate(value: f64, half: f64, n: u64) -> Estimate {
    Estimate {
        value: Some(value),
        low: Some(value - half),
        high: Some(value + half),
        n,
    }
}

pub(crate) fn counted(value: f64) -> Estimate {
    Estimate {
        value: Some(value),
        low: None,
        high: None,
        n: 0,
    }
}

pub(crate) fn change(absolute: f64, half: f64) -> Change {
    Change {
        absolute,
        relative: None,
        low: Some(absolute - half),
        high: Some(absolute + half),
    }
}

fn history(values: &[f64]) -> Vec<WeekPoint> {
    let weeks = [
        "2026-07-06",
        "2026-07-13",
        "2026-07-20",
        "2026-07-27",
        "2026-08-03",
        "2026-08-10",
        "2026-08-17",
        "2026-08-24",
        "2026-08-31",
        "2026-09-07",
        "2026-09-14",
        "2026-09-21",
        "2026-09-28",
    ];
    weeks
        .iter()
        .zip(values)
        .enumerate()
        .map(|(index, (week, value))| WeekPoint {
            week: (*week).into(),
            value: (index != 3).then_some(*value),
            n: 1_000,
        })
        .collect()
}

fn kpi(
    metric: &str,
    now: Estimate,
    before: Estimate,
    change: Option<Change>,
    reading: Reading,
    shape: &[f64],
) -> Kpi {
    Kpi {
        metric: metric.into(),
        now,
        before,
        change,
        reading,
        history: history(shape),
    }
}

fn kpis() -> Vec<Kpi> {
    let relative = |absolute, ratio| {
        Some(Change {
            absolute,
            relative: Some(ratio),
            low: None,
            high: None,
        })
    };
    let up = [
        31.0, 32.0, 33.0, 33.0, 35.0, 36.0, 38.0, 38.0, 39.0, 41.0, 42.0, 42.6, 43.9,
    ];
    let flat = [
        4.3, 4.28, 4.31, 4.3, 4.29, 4.33, 4.3, 4.27, 4.3, 4.32, 4.31, 4.31, 4.02,
    ];
    vec![
        kpi(
            "active_users",
            counted(43_950.0),
            counted(42_610.0),
            relative(1_340.0, 0.0314),
            Reading::Counted,
            &up,
        ),
        kpi(
            "sessions",
            counted(181_204.0),
            counted(176_310.0),
            relative(4_894.0, 0.0278),
            Reading::Counted,
            &up,
        ),
        kpi(
            "crash_free_sessions",
            estimate(0.9712, 0.0008, 181_204),
            estimate(0.9941, 0.0004, 176_310),
            Some(change(-0.0229, 0.0009)),
            Reading::Fell,
            &[
                0.994, 0.9942, 0.9939, 0.994, 0.9943, 0.994, 0.9938, 0.9941, 0.9942, 0.994, 0.9941,
                0.9941, 0.9712,
            ],
        ),
        kpi(
            "crash_free_users",
            estimate(0.9956, 0.001, 18_021),
            estimate(0.9964, 0.0009, 17_640),
            Some(change(-0.0008, 0.0013)),
            Reading::NoDetectableChange,
            &flat,
        ),
        kpi(
            "rating_mean",
            estimate(4.02, 0.09, 812),
            estimate(4.31, 0.08, 790),
            Some(change(-0.29, 0.12)),
            Reading::Fell,
            &flat,
        ),
        kpi(
            "low_rating",
            estimate(0.182, 0.026, 812),
            estimate(0.117, 0.022, 790),
            Some(change(0.065, 0.035)),
            Reading::Rose,
            &up,
        ),
        kpi(
            "csat",
            estimate(0.64, 0.21, 14),
            estimate(0.71, 0.2, 17),
            None,
            Reading::InsufficientData,
            &flat,
        ),
        kpi(
            "feedback_volume",
            counted(1_204.0),
            counted(1_101.0),
            relative(103.0, 0.0936),
            Reading::Counted,
            &up,
        ),
        kpi(
            "answered_share",
            estimate(0.41, 0.028, 1_204),
            estimate(0.4, 0.029, 1_101),
            Some(change(0.01, 0.04)),
            Reading::NoDetectableChange,
            &flat,
        ),
        kpi(
            "answer_hours_median",
            estimate(17.5, 2.0, 494),
            estimate(52.0, 4.0, 440),
            Some(change(-34.5, 4.5)),
            Reading::Fell,
            &up,
        ),
        Kpi {
            metric: "nps".into(),
            now: Estimate::default(),
            before: Estimate::default(),
            change: None,
            reading: Reading::NoInput,
            history: Vec::new(),
        },
    ]
}

fn release(
    name: &str,
    verdict: Verdict,
    share: f64,
    crash: Estimate,
    rating: Estimate,
) -> ReleaseRow {
    let worse = verdict == Verdict::Fail;
    ReleaseRow {
        release: name.into(),
        first_seen: Some("2026-09-29".into()),
        released_on: (name == "3.1.0").then(|| "2026-08-12".into()),
        active_users: 18_021,
        sessions: crash.n,
        feedback_authors: rating.n,
        share: Some(share),
        share_unit: "active_users".into(),
        days_to_half: (share > 0.5).then_some(4),
        low_rating: Estimate {
            value: Some(0.2),
            low: Some(0.15),
            high: Some(0.26),
            n: rating.n,
        },
        rating,
        crash_free_sessions: crash,
        baseline: (name != "3.0.0").then(|| "3.0.0".into()),
        rating_change: Some(change(-0.02, 0.2)),
        low_rating_change: None,
        crash_free_change: Some(if worse {
            change(-0.031, 0.002)
        } else {
            change(0.0001, 0.0012)
        }),
        verdict,
        worse_by: if worse {
            vec!["crash_free_sessions".into()]
        } else {
            Vec::new()
        },
    }
}

fn releases() -> Vec<ReleaseRow> {
    vec![
        release(
            "3.2.0",
            Verdict::Fail,
            0.41,
            estimate(0.963, 0.0018, 74_120),
            estimate(3.71, 0.14, 301),
        ),
        release(
            "3.1.0",
            Verdict::Pass,
            0.52,
            estimate(0.9941, 0.0006, 91_404),
            estimate(4.24, 0.1, 455),
        ),
        release(
            "3.0.0",
            Verdict::Warn,
            0.05,
            estimate(0.9939, 0.0021, 9_120),
            estimate(4.21, 0.3, 42),
        ),
        release(
            "2.9.1<b>",
            Verdict::InsufficientData,
            0.02,
            estimate(0.98, 0.02, 120),
            estimate(4.0, 1.1, 9),
        ),
        release(
            "unknown",
            Verdict::InsufficientData,
            0.004,
            Estimate::default(),
            Estimate {
                n: 2,
                ..Estimate::default()
            },
        ),
    ]
}

fn series(name: &str, first: u32, shares: &[f64]) -> AdoptionSeries {
    let points = shares.iter().enumerate().map(|(index, share)| {
        let index = u32::try_from(index).unwrap();
        AdoptionPoint {
            day: [
                "2026-09-28",
                "2026-09-29",
                "2026-09-30",
                "2026-10-01",
                "2026-10-02",
                "2026-10-03",
                "2026-10-04",
            ][usize::try_from(index).unwrap()]
            .into(),
            days_since_first_seen: first + index,
            on_release: 4_000 + u64::from(index),
            total: 10_000,
            share: *share,
        }
    });
    AdoptionSeries {
        release: name.into(),
        unit: "active_users".into(),
        points: points.collect(),
        days_to_half: (name == "3.1.0").then_some(5),
    }
}

fn phrase(text: &str, users: u64, before: u64, low: u64, high: u64) -> Phrase {
    Phrase {
        text: text.into(),
        users,
        users_before: before,
        share: estimate(0.06, 0.015, 940),
        low_users: low,
        high_users: high,
        rating: Some(2.31),
    }
}

pub(crate) fn weekly() -> WeeklyFindings {
    WeeklyFindings {
        scope: scope(),
        headline: vec![
            Claim::ReleaseWorse {
                release: "3.2.0".into(),
                baseline: "3.1.0".into(),
                metric: "crash_free_sessions".into(),
                now: estimate(0.963, 0.0018, 74_120),
                before: estimate(0.9941, 0.0006, 91_404),
                change: change(-0.031, 0.002),
            },
            Claim::Adoption {
                release: "3.2.0".into(),
                unit: "active_users".into(),
                share: 0.41,
                days: 6,
                days_to_half: None,
            },
            Claim::KpiMoved {
                metric: "rating_mean".into(),
                reading: Reading::Fell,
                now: estimate(4.02, 0.09, 812),
                before: estimate(4.31, 0.08, 790),
                change: change(-0.29, 0.12),
            },
        ],
        kpis: kpis(),
        ratings: RatingSplit {
            now: [98, 50, 74, 160, 430],
            before: [52, 40, 71, 172, 455],
        },
        releases: releases(),
        adoption: vec![
            series("3.2.0", 0, &[0.02, 0.08, 0.17, 0.24, 0.32, 0.37, 0.41]),
            series("3.1.0", 48, &[0.89, 0.83, 0.75, 0.69, 0.61, 0.56, 0.52]),
            series("3.0.0", 110, &[0.07, 0.07, 0.06, 0.05, 0.05, 0.05, 0.05]),
            series("2.9.1<b>", 160, &[0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02]),
        ],
        phrases: vec![
            phrase("crashes on start", 58, 4, 51, 2),
            phrase("sync lost my notes", 38, 17, 30, 3),
            phrase("love dark mode", 31, 28, 1, 28),
            phrase(HOSTILE, 12, 0, 6, 4),
            phrase("同期が遅い", 9, 8, 5, 1),
            phrase("=1+1", 5, 0, 5, 0),
        ],
        quality: Quality {
            ledger: vec![
                LedgerLine {
                    protocol: "native".into(),
                    received: 1_204_331,
                    stored: 1_190_402,
                    revisions: 12,
                    duplicate: 9_801,
                    quarantined: 4_128,
                    reasons: vec![("name is missing".into(), 4_000), (HOSTILE.into(), 128)],
                },
                LedgerLine {
                    protocol: "import".into(),
                    received: 18_600,
                    stored: 18_600,
                    revisions: 0,
                    duplicate: 0,
                    quarantined: 0,
                    reasons: Vec::new(),
                },
            ],
            feedback: 1_204,
            feedback_unknown_release: 31,
            events: 402_118,
            events_unknown_release: 1_608,
            clock_flagged: 118,
            late: 2_210,
        },
        missing: vec![MissingInput {
            metric: "nps".into(),
            send: "feedback of kind nps with a score 0 to 10".into(),
        }],
    }
}

fn item(
    rank: u32,
    id: &str,
    title: &str,
    effort: Option<f64>,
    value: f64,
    decision: Decision,
) -> ScoredItem {
    ScoredItem {
        rank,
        item_id: id.into(),
        title: title.into(),
        kind: Some(if rank % 2 == 0 { "feature" } else { "bug" }.into()),
        team: Some("core".into()),
        owner: Some("Ada".into()),
        status: Some("ready".into()),
        effort_person_days: effort,
        depends_on: if id == "SYNC-118" {
            vec!["SYNC-100".into()]
        } else {
            Vec::new()
        },
        reach_users: 340.0,
        reach_source: ValueSource::Evidence,
        impact: 2.0,
        impact_source: ValueSource::Hand,
        confidence: 0.8,
        confidence_source: ValueSource::Default,
        value,
        rice: effort.map(|effort| value / effort),
        factor_score: Some(6.4),
        factors: FactorScores {
            bug_fix: Some(9.0),
            strategic: Some(-1.5),
            ..FactorScores::default()
        },
        evidence: Evidence {
            users: 38,
            pieces: 41,
            rating: estimate(1.9, 0.3, 38),
            keywords: vec!["sync".into(), "lost".into()],
            quotes: vec![HOSTILE.into(), "It lost my notes again 😢".into()],
        },
        decision,
    }
}

pub(crate) fn planning() -> PlanningFindings {
    let chosen = |mandatory, needed_by: &[&str]| Decision::Chosen {
        mandatory,
        needed_by: needed_by.iter().map(|id| (*id).into()).collect(),
    };
    let cut = |reason: &str, because: &[&str], extra, effort| Decision::Cut {
        reason: reason.into(),
        because_of: because.iter().map(|id| (*id).into()).collect(),
        extra_person_days: extra,
        effort_at_most: effort,
    };
    PlanningFindings {
        scope: scope(),
        target: Some("3.3.0".into()),
        capacity_person_days: 34.0,
        capacity_source: "given".into(),
        used_person_days: 33.5,
        value: 2_410.0,
        value_of_all: 4_120.0,
        proved_best: true,
        gap: 0.0,
        items: vec![
            item(
                1,
                "CRASH-7",
                "Fix the crash on start of 3.2.0",
                Some(3.0),
                780.0,
                chosen(true, &[]),
            ),
            item(
                2,
                "SYNC-118",
                "Sync without losing notes",
                Some(8.0),
                640.0,
                chosen(false, &[]),
            ),
            item(
                5,
                "SYNC-100",
                "New sync protocol",
                Some(13.0),
                420.0,
                chosen(false, &["SYNC-118"]),
            ),
            item(
                3,
                "UI-3",
                "Undo for delete",
                Some(5.0),
                330.0,
                chosen(false, &[]),
            ),
            item(6, "UI-9", HOSTILE, Some(4.5), 240.0, chosen(false, &[])),
            item(
                4,
                "OFF-1",
                "Offline export",
                Some(8.0),
                400.0,
                cut("capacity", &[], Some(3.0), Some(4.0)),
            ),
            item(
                7,
                "API-2",
                "=HYPERLINK(\"x\")",
                Some(21.0),
                510.0,
                cut("dependency", &["API-1"], Some(30.5), None),
            ),
            item(
                8,
                "LOOP-1",
                "Circle",
                Some(2.0),
                40.0,
                cut("cycle", &["LOOP-2"], None, None),
            ),
            item(
                9,
                "VAGUE",
                "Make it nicer",
                None,
                90.0,
                cut("no_effort", &[], None, None),
            ),
        ],
        by_list: ListComparison {
            items: vec!["CRASH-7".into(), "UI-3".into(), "OFF-1".into()],
            value: 2_120.0,
            person_days: 33.0,
            lost_share: 0.12,
        },
        releases: releases(),
        score_card: Some(ScoreCard {
            release: "3.2.0".into(),
            items: vec!["DARK-1".into(), "SHARE-2".into()],
            goals: vec![
                GoalOutcome {
                    metric: "crash_free_sessions".into(),
                    item: None,
                    baseline: Some(0.9941),
                    target: 0.995,
                    observed: estimate(0.963, 0.0018, 74_120),
                    outcome: "missed".into(),
                },
                GoalOutcome {
                    metric: "feature_reach:dark_mode".into(),
                    item: Some("DARK-1".into()),
                    baseline: None,
                    target: 0.2,
                    observed: estimate(0.27, 0.01, 18_021),
                    outcome: "met".into(),
                },
                GoalOutcome {
                    metric: "rating_mean".into(),
                    item: Some("SHARE-2".into()),
                    baseline: Some(4.2),
                    target: 4.3,
                    observed: Estimate {
                        n: 9,
                        ..Estimate::default()
                    },
                    outcome: "insufficient_data".into(),
                },
            ],
        }),
        cycles: vec![vec!["LOOP-1".into(), "LOOP-2".into()]],
        dangling: vec![("API-2".into(), "API-1".into())],
        authors: 940,
        unmatched_authors: 310,
    }
}

pub(crate) fn health() -> HealthFindings {
    HealthFindings {
        schema: "shipwake.health.v1".into(),
        verdict: Verdict::Fail,
        reason: "crash-free sessions fell by 3.1 pp".into(),
        method: "single_look".into(),
        app: "sail".into(),
        environment: "production".into(),
        release: "3.2.0|\u{1b}[2J".into(),
        baseline: Some("3.1.0".into()),
        first_day: Some("2026-09-29".into()),
        last_day: Some("2026-10-04".into()),
        zone: "Europe/Berlin".into(),
        evaluated_at: "2026-10-05T06:00:00Z".into(),
        data_through: None,
        checks: vec![
            Check {
                metric: "crash_free_sessions".into(),
                verdict: Verdict::Fail,
                now: estimate(0.963, 0.0018, 74_120),
                before: estimate(0.9941, 0.0006, 91_404),
                change: Some(change(-0.031, 0.002)),
                min_n: 500,
                reason: String::new(),
            },
            Check {
                metric: "rating_mean".into(),
                verdict: Verdict::InsufficientData,
                now: Estimate {
                    n: 14,
                    ..Estimate::default()
                },
                before: estimate(4.3, 0.1, 400),
                change: None,
                min_n: 30,
                reason: String::new(),
            },
        ],
    }
}
