//! The report of one release over small lakes: figures against counts made by hand, and against what
//! the commands say that ask for one part alone.

use lake::{BacklogItem, FeedbackKind, Goal, MarkKind, ReleaseRecord, Rollout};

use crate::error::Error;
use crate::findings::{Reading, ReleaseClaim, ReleaseFindings, Verdict};
use crate::fixture::*;
use crate::release_report::of_tables;
use crate::{health, verdict_history};

/// An instant of March 2026.
fn on(day: i64, hour: i64) -> i64 {
    at("2026-03-01T00:00:00Z") + (day - 1) * DAY + hour * HOUR
}

/// The users `of` open the app on a release on each of the days.
fn open(fixture: &mut Fixture, release: &str, days: (i64, i64), of: std::ops::Range<i64>) {
    use_feature(fixture, (release, "open"), days, of);
}

fn use_feature(
    fixture: &mut Fixture,
    (release, event): (&str, &str),
    days: (i64, i64),
    of: std::ops::Range<i64>,
) {
    let mut events = Vec::new();
    for day in days.0..days.1 {
        for user in of.clone() {
            let id = format!("{release}-{event}-{day}-{user}");
            events.push(usage(&id, event, &format!("u{user}"), release, on(day, 8)));
        }
    }
    fixture.events(events);
}

/// 1.0 was there from the beginning, 1.1 came on 5 March, 1.2 on 15 March; of 40 users 10, 20 and 30 were
/// on 1.1 on its first three days, and 4, 12 and 20 on 1.2 on its own.
fn three_releases() -> Fixture {
    let mut fixture = Fixture::new();
    open(&mut fixture, "1.0", (1, 5), 0..40);
    for (day, moved) in [(5, 10), (6, 20), (7, 30)] {
        open(&mut fixture, "1.1", (day, day + 1), 0..moved);
        open(&mut fixture, "1.0", (day, day + 1), moved..40);
    }
    open(&mut fixture, "1.1", (8, 15), 0..40);
    for (day, moved) in [(15, 4), (16, 12), (17, 20)] {
        open(&mut fixture, "1.2", (day, day + 1), 0..moved);
        open(&mut fixture, "1.1", (day, day + 1), moved..40);
    }
    fixture
}

fn report(fixture: &Fixture, release: &str, as_of: i64) -> ReleaseFindings {
    let found = of_tables(&fixture.tables(), &settings(), release, as_of).unwrap();
    let reversed = of_tables(&fixture.tables_reversed(), &settings(), release, as_of).unwrap();
    assert_eq!(found, reversed, "whatever the order of files");
    found
}

#[test]
fn releases_stand_on_one_axis_of_days_since_each_ones_first() {
    let found = report(&three_releases(), "1.2", on(18, 6));
    let scope = &found.scope;
    assert_eq!(
        (scope.first_day.as_str(), scope.last_day.as_str()),
        ("2026-03-15", "2026-03-17")
    );
    assert!(scope.complete, "the day that is not over is left out");
    assert_eq!(found.first_day.as_deref(), Some("2026-03-15"));
    assert_eq!(found.first_day_by.as_deref(), Some("first_seen"));
    assert_eq!(found.earlier, ["1.1", "1.0"]);
    let [own, before, oldest] = found.adoption.as_slice() else {
        panic!("{:?}", found.adoption)
    };
    let by_age = |one: &crate::findings::AgedSeries| -> Vec<(u32, u64, u64)> {
        let points = one.by_age.iter();
        let shares = points.map(|point| (point.age_days, point.on_release, point.share.n));
        shares.collect()
    };
    assert_eq!(by_age(own), [(0, 4, 40), (1, 12, 40), (2, 20, 40)]);
    assert_eq!(before.first_day.as_deref(), Some("2026-03-05"));
    assert_eq!(by_age(before)[..3], [(0, 10, 40), (1, 20, 40), (2, 30, 40)]);
    assert_eq!(
        by_age(before).len(),
        13,
        "up to the 17th, within a fortnight"
    );
    assert_eq!(oldest.first_day, None, "it was there when the data began");
    assert!(oldest.by_age.is_empty());
    let [same] = found.same_age.as_slice() else {
        panic!("{:?}", found.same_age)
    };
    assert_eq!(
        (same.release.as_str(), same.day.as_str()),
        ("1.1", "2026-03-07")
    );
    assert_eq!(same.share.value, Some(0.75));
    let change = same.change.as_ref().unwrap();
    assert!((change.absolute + 0.25).abs() < 1e-12);
    assert!(change.high.unwrap() < 0.0, "20 of 40 is less than 30 of 40");
    let reached = found.headline.iter().find_map(|claim| match claim {
        ReleaseClaim::Reached {
            age_days, share, ..
        } => Some((*age_days, share.value, share.n)),
        _ => None,
    });
    assert_eq!(reached, Some((Some(2), Some(0.5), 40)));
}

#[test]
fn parts_say_what_the_commands_say_that_ask_for_them_alone() {
    let mut fixture = three_releases();
    fixture.releases(vec![ReleaseRecord {
        planned_at: Some(on(13, 9)),
        rollout: Some(Rollout::Phased),
        stages: Some(
            r#"[{"at":"2026-03-15T00:00:00Z","share":0.25},{"at":"2026-03-20T00:00:00Z","share":1}]"#
                .to_owned(),
        ),
        goals: vec![Goal {
            metric: "feature_reach:share".to_owned(),
            target: 0.3,
            baseline: None,
            item: Some("S-1".to_owned()),
        }],
        scope: vec!["S-1".to_owned()],
        ..record("1.2", on(15, 0))
    }]);
    fixture.backlog(vec![BacklogItem {
        feature_events: vec!["share".to_owned()],
        status: Some("done".to_owned()),
        ..item("S-1", Some(2.0))
    }]);
    fixture.marks(vec![mark("1.2", MarkKind::Deployed, on(15, 1), "")]);
    use_feature(&mut fixture, ("1.2", "share"), (16, 18), 0..9);
    let as_of = on(18, 6);
    let found = report(&fixture, "1.2", as_of);
    let tables = fixture.tables();
    let alone = health::of_tables(&tables, &settings(), "1.2", as_of).unwrap();
    assert_eq!(found.health, alone);
    let said = verdict_history::of_tables(&tables, &settings(), Some("1.2"), as_of).unwrap();
    assert_eq!(found.verdicts, said.verdicts);
    assert_eq!(found.first_day_by.as_deref(), Some("record"));
    let deployment = &found.deployments[0];
    assert_eq!(found.deployments.len(), 1);
    assert_eq!(deployment.slip_days, Some(2), "planned for the 13th");
    assert_eq!((deployment.items_shipped, deployment.items_planned), (1, 1));
    let stages: Vec<(f64, bool)> = found
        .stages
        .iter()
        .map(|stage| (stage.share, stage.has_begun))
        .collect();
    assert_eq!(stages, [(0.25, true), (1.0, false)]);
    let goal = &found.score_card.as_ref().unwrap().goals[0];
    // 9 of the 20 users who were on it since its day.
    assert_eq!((goal.observed.value, goal.observed.n), (Some(0.45), 20));
    let [feature] = found.features.as_slice() else {
        panic!("{:?}", found.features)
    };
    assert_eq!(feature.feature, "share");
    assert_eq!(feature.items, ["S-1"]);
    let reach = &feature.eligible_share.now;
    assert_eq!((reach.value, reach.n), (Some(0.45), 20));
    let shown = found.record.as_ref().unwrap();
    assert!(shown.history.iter().any(|line| line.what == "deployed"));
}

/// Stars by release and day.
fn rate(fixture: &mut Fixture, release: &str, days: (i64, i64), (low, high): (i64, i64)) {
    let mut pieces = Vec::new();
    for day in days.0..days.1 {
        for index in 0..low + high {
            let stars = if index < low { 1.0 } else { 5.0 };
            let id = format!("{release}-{day}-{index}");
            let mut piece = feedback(
                &id,
                FeedbackKind::Rating,
                Some(stars),
                (&format!("r{id}"), release),
                on(day, 9),
            );
            let text = if index < low {
                "sync fails every day"
            } else {
                "lovely app, thank you"
            };
            piece.text = Some(text.to_owned());
            pieces.push(piece);
        }
    }
    fixture.feedback(pieces);
}

#[test]
fn ratings_are_those_of_each_ones_first_days_and_themes_say_what_is_new() {
    let mut fixture = Fixture::new();
    rate(&mut fixture, "2.0", (1, 9), (1, 19));
    rate(&mut fixture, "2.1", (9, 13), (8, 12));
    rate(&mut fixture, "2.0", (9, 13), (15, 0));
    let found = report(&fixture, "2.1", on(13, 6));
    assert_eq!(found.ratings.days, 4);
    let rows: Vec<(&str, u64, Option<f64>, Option<f64>)> = found
        .ratings
        .rows
        .iter()
        .map(|row| {
            (
                row.release.as_str(),
                row.rating.n,
                row.rating.value,
                row.low_rating.value,
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("2.1", 80, Some(3.4), Some(0.4)),
            ("2.0", 80, Some(4.8), Some(0.05)),
        ],
        "of 2.0 the first four days, not those in which the unhappy stayed"
    );
    assert_eq!(found.ratings.baseline.as_deref(), Some("2.0"));
    let mean = &found.ratings.compared[0];
    assert_eq!(
        (mean.metric.as_str(), mean.reading),
        ("rating_mean", Reading::Fell)
    );
    assert!((mean.change.as_ref().unwrap().absolute + 1.4).abs() < 1e-9);
    assert_eq!(found.adoption[0].series.unit, "feedback_authors");
    let themes = found.themes.as_ref().unwrap();
    assert_eq!(themes.unmatched.n, 80, "users of 2.1 with text");
    assert_eq!(themes.against, ["2.0"]);
    assert!(
        themes
            .themes
            .iter()
            .any(|theme| theme.name.contains("sync"))
    );
    assert!(found.headline.len() <= 3);
    assert!(matches!(found.headline[0], ReleaseClaim::Judged { .. }));
    assert!(
        found.headline.iter().any(|claim| matches!(
            claim,
            ReleaseClaim::Rated { .. } | ReleaseClaim::Said { .. }
        )),
        "{:?}",
        found.headline
    );
}

#[test]
fn one_event_makes_a_report_that_claims_nothing() {
    let mut fixture = Fixture::new();
    fixture.events(vec![usage("e", "open", "u", "1.0", on(3, 9))]);
    let found = report(&fixture, "1.0", on(3, 12));
    assert_eq!(found.scope.first_day, "2026-03-03");
    assert_eq!(found.scope.last_day, "2026-03-03");
    assert!(!found.scope.complete, "it came today");
    assert_eq!(found.health.verdict, Verdict::InsufficientData);
    assert!(found.record.is_none() && found.score_card.is_none());
    assert!(found.themes.is_none() && found.ratings.rows.is_empty());
    assert!(found.features.is_empty(), "all that is known came with it");
    assert_eq!(found.adoption.len(), 1);
    assert_eq!(found.adoption[0].first_day, None);
    assert!(matches!(
        found.headline.as_slice(),
        [
            ReleaseClaim::Judged { by: None, .. },
            ReleaseClaim::Reached {
                age_days: None,
                before: None,
                ..
            }
        ]
    ));
}

#[test]
fn a_release_that_is_planned_alone_shows_its_record() {
    let mut fixture = three_releases();
    fixture.releases(vec![ReleaseRecord {
        planned_at: Some(on(30, 9)),
        released_at: None,
        goals: vec![Goal {
            metric: "rating_mean".to_owned(),
            target: 4.5,
            baseline: None,
            item: None,
        }],
        ..record("1.3", 0)
    }]);
    let found = report(&fixture, "1.3", on(18, 6));
    assert_eq!(
        (found.first_day.as_ref(), found.first_day_by.as_ref()),
        (None, None)
    );
    assert!(found.adoption.is_empty() && found.earlier.is_empty());
    assert_eq!(found.record.as_ref().unwrap().goals.len(), 1);
    assert_eq!(
        found.headline,
        [ReleaseClaim::NotSeen {
            release: "1.3".to_owned(),
            planned_at: Some("2026-03-30T09:00:00Z".to_owned()),
            released_at: None,
        }]
    );
}

#[test]
fn an_unknown_release_is_refused_and_the_known_are_named() {
    let mut fixture = three_releases();
    fixture.marks(vec![mark("0.9", MarkKind::RolledBack, on(2, 0), "")]);
    let tables = fixture.tables();
    let error = of_tables(&tables, &settings(), "9.9", on(18, 6)).unwrap_err();
    let told = error.to_string();
    assert!(matches!(error, Error::UnknownRelease { .. }));
    assert!(
        told.contains("of release \"9.9\" of shop: known are"),
        "{told}"
    );
    for known in ["\"1.0\"", "\"1.1\"", "\"1.2\"", "\"0.9\""] {
        assert!(told.contains(known), "{told}");
    }
    let empty = Fixture::new();
    let error = of_tables(&empty.tables(), &settings(), "1.0", on(18, 6)).unwrap_err();
    assert!(error.to_string().contains("no release is; send"), "{error}");
}

#[test]
fn a_moment_in_the_past_knows_nothing_of_what_came_later() {
    let fixture = three_releases();
    let found = report(&fixture, "1.1", on(8, 6));
    assert_eq!(found.scope.last_day, "2026-03-07");
    assert_eq!(found.adoption[0].by_age.len(), 3);
    let error = of_tables(&fixture.tables(), &settings(), "1.2", on(8, 6)).unwrap_err();
    assert!(matches!(error, Error::UnknownRelease { .. }));
}
