//! Figures of delivery by hand, at the edges.

use lake::{Goal, MarkKind, Micros, SessionStatus};

use crate::findings::{Delivery, DeliveryKpi, DeploymentRow, Standing, WeeklyFindings};
use crate::fixture::*;
use crate::period::week_of;
use crate::settings::Settings;
use crate::weekly;

use super::delivery_walk::history;

use MarkKind::{Deployed, Hotfix, Restored, RolledBack};

pub(super) const WEEK: &str = "2026-W40";
/// The window of delivery: 90 days up to the end of the week.
pub(super) const FROM: &str = "2026-07-07T00:00:00Z";
pub(super) const TO: &str = "2026-10-05T00:00:00Z";

fn report(fixture: &Fixture) -> WeeklyFindings {
    weekly::of_tables(&fixture.tables(), &settings(), &week(WEEK), at(TO)).unwrap()
}

pub(super) fn delivered(fixture: &Fixture) -> Delivery {
    report(fixture).delivery.unwrap()
}

pub(super) fn kpi<'a>(delivery: &'a Delivery, id: &str) -> &'a DeliveryKpi {
    delivery.kpis.iter().find(|kpi| kpi.metric == id).unwrap()
}

fn row<'a>(delivery: &'a Delivery, release: &str) -> &'a DeploymentRow {
    let mut rows = delivery.deployments.iter();
    rows.find(|row| row.release == release).unwrap()
}

pub(super) fn close(found: Option<f64>, wanted: Option<f64>, what: &str) {
    match (found, wanted) {
        (Some(found), Some(wanted)) => {
            assert!((found - wanted).abs() < 1e-9, "{what}: {found} {wanted}");
        }
        other => assert_eq!(other, (None, None), "{what}"),
    }
}

#[test]
fn the_order_of_files_and_copies_of_marks_change_nothing() {
    let (records, marks) = history(5);
    let mut fixture = Fixture::new();
    for part in marks.chunks(7) {
        fixture.marks(part.to_vec());
    }
    fixture.releases(records);
    fixture.marks(marks);
    let of = |tables| weekly::of_tables(&tables, &settings(), &week(WEEK), at(TO)).unwrap();
    assert_eq!(
        of(fixture.tables()).delivery,
        of(fixture.tables_reversed()).delivery
    );
}

#[test]
fn without_a_date_there_is_no_section_and_what_to_send_is_said() {
    let mut fixture = Fixture::new();
    let mut undated = record("1.0", 0);
    undated.released_at = None;
    fixture.releases(vec![undated]);
    let findings = report(&fixture);
    assert_eq!(findings.delivery, None);
    let missing = findings
        .missing
        .iter()
        .find(|missing| missing.metric == "deployments");
    assert!(missing.unwrap().send.contains("shipwake release mark"));
}

#[test]
fn marks_before_the_record_and_far_away_in_time() {
    let mut fixture = Fixture::new();
    let when = at("2026-09-01T00:00:00Z");
    let mut staging = mark("9.9", Deployed, when, "");
    staging.environment = "staging".to_owned();
    fixture.marks(vec![
        mark("no-record", Deployed, when, ""),
        mark("1.0", Deployed, 0, ""),
        mark("1.0", Deployed, when, ""),
        mark("2.0", Deployed, at(TO) + 1, ""),
        mark("3.0", RolledBack, when, ""),
        staging,
    ]);
    let mut planned = record("4.0", at(TO) + DAY);
    planned.planned_at = Some(when);
    fixture.releases(vec![planned]);
    let found = delivered(&fixture);
    let releases: Vec<&str> = found
        .deployments
        .iter()
        .map(|row| row.release.as_str())
        .collect();
    assert_eq!(releases, ["no-record"], "1.0 has been out since 1970");
    assert_eq!(kpi(&found, "deployments").now.n, 1);
    assert_eq!(
        kpi(&found, "deployment_gap_days").standing,
        Standing::InsufficientData
    );
    assert_eq!(
        kpi(&found, "change_fail_rate").standing,
        Standing::InsufficientData
    );
    assert_eq!(kpi(&found, "change_fail_rate").now.low, None);
}

#[test]
fn the_window_and_the_slip_are_of_the_reports_zone() {
    let mut fixture = Fixture::new();
    // 21:00 on the day before in New York, and in the first hour of the window there.
    let mut release = record("1.0", at("2026-09-11T01:00:00Z"));
    release.planned_at = Some(at("2026-09-10T23:00:00Z"));
    fixture.releases(vec![release, record("0.9", at("2026-07-07T03:30:00Z"))]);
    let slip = |zone: &str| {
        let zoned = Settings {
            zone: zone.to_owned(),
            ..settings()
        };
        let zone = jiff::tz::TimeZone::get(zone).unwrap();
        let period = week_of(WEEK, &zone, jiff::civil::Weekday::Monday).unwrap();
        let of = weekly::of_tables(
            &fixture.tables(),
            &zoned,
            &period,
            at("2026-10-06T00:00:00Z"),
        );
        let found = of.unwrap().delivery.unwrap();
        (row(&found, "1.0").slip_days, found.deployments.len())
    };
    assert_eq!(slip("UTC"), (Some(1), 2));
    assert_eq!(slip("America/New_York"), (Some(0), 1));
}

/// So many sessions on a release in one hour.
fn sessions(release: &str, from: Micros, count: i64) -> Vec<lake::Event<'static>> {
    let one = |index: i64| {
        let id = format!("{release}-{from}-{index}");
        update(
            &id,
            &id,
            SessionStatus::Exited,
            (&id, release),
            from + index * 1_000_000,
        )
    };
    (0..count).map(one).collect()
}

#[test]
fn without_a_mark_recovery_is_when_the_repair_has_its_share_of_sessions() {
    let mut fixture = Fixture::new();
    let out = at("2026-09-01T00:00:00Z");
    let fix = out + 30 * HOUR;
    fixture.marks(vec![
        mark("1.0", Deployed, out, ""),
        mark("1.0.1", Hotfix, fix, "1.0"),
    ]);
    // 70 of 100, then 150 of 190 and 300 of 340 in the same day, and in its third hour 460 of 510.
    for (hour, bad, good) in [(0, 30, 70), (1, 10, 80), (2, 0, 150), (3, 10, 160)] {
        fixture.events(sessions("1.0", fix + hour * HOUR, bad));
        fixture.events(sessions("1.0.1", fix + hour * HOUR, good));
    }
    let found = delivered(&fixture);
    let failed = row(&found, "1.0");
    assert_eq!(failed.failed_by, ["hotfix"]);
    assert_eq!(failed.recovered_by.as_deref(), Some("sessions"));
    // 460 of 510 is 90.2 %, 300 of 340 is 88.2 %: the end of the fourth hour.
    close(failed.recovery_hours, Some(34.0), "recovery");
    let recovery = kpi(&found, "recovery_hours");
    assert_eq!(recovery.standing, Standing::InsufficientData);
    assert_eq!(
        (recovery.now.n, recovery.rests_on[0].what.as_str()),
        (1, "sessions")
    );
    // A mark goes before the sessions.
    fixture.marks(vec![mark("1.0.1", Restored, fix + HOUR, "1.0")]);
    let found = delivered(&fixture);
    close(row(&found, "1.0").recovery_hours, Some(31.0), "by mark");
    assert_eq!(row(&found, "1.0").recovered_by.as_deref(), Some("restored"));
}

#[test]
fn a_verdict_of_fail_is_a_failed_deployment() {
    let mut fixture = Fixture::new();
    let day = |day: i64| at("2026-09-21T00:00:00Z") + day * DAY;
    let mut events = Vec::new();
    for (release, days, crashes) in [("1.0", 0..14, 4), ("1.1", 6..14, 30)] {
        for one in days {
            for index in 0..400 {
                let id = format!("{release}-{one}-{index}");
                let status = if index < crashes {
                    SessionStatus::Crashed
                } else {
                    SessionStatus::Exited
                };
                events.push(update(
                    &id,
                    &id,
                    status,
                    (&id, release),
                    day(one) + index * 1_000_000,
                ));
            }
        }
    }
    fixture.events(events);
    fixture.releases(vec![record("1.0", day(0)), record("1.1", day(6) - HOUR)]);
    let found = delivered(&fixture);
    assert_eq!(row(&found, "1.1").failed_by, ["verdict"]);
    assert_eq!(row(&found, "1.0").failed_by, [""; 0]);
    close(row(&found, "1.1").first_seen_lag_hours, Some(1.0), "lag");
    let recovery = kpi(&found, "recovery_hours");
    assert_eq!((recovery.now.n, recovery.left_out[0].count), (0, 1));
}

#[test]
fn scope_goals_and_lead_times_of_items() {
    let mut fixture = Fixture::new();
    let out = at("2026-09-20T00:00:00Z");
    let item_of = |id: &str, status: &str, target: &str| {
        let mut one = item(id, None);
        one.status = Some(status.to_owned());
        one.target = (!target.is_empty()).then(|| target.to_owned());
        one
    };
    fixture.backlog_of(
        out - 300 * HOUR,
        vec![item_of("A", "open", ""), item_of("B", "open", "")],
    );
    fixture.backlog_of(out - 200 * HOUR, vec![item_of("A", "In Progress", "")]);
    fixture.backlog_of(
        out - 100 * HOUR,
        vec![item_of("A", "doing", ""), item_of("B", "started", "")],
    );
    fixture.backlog_of(
        out - HOUR,
        vec![
            item_of("A", "Done", ""),
            item_of("B", "won't fix", ""),
            item_of("C", "closed", "1.0"),
        ],
    );
    let mut release = record("1.0", out);
    release.scope = ["A", "B", "unknown"].map(str::to_owned).to_vec();
    release.goals = vec![Goal {
        metric: "crash_free_sessions".to_owned(),
        target: 0.9,
        baseline: None,
        item: None,
    }];
    fixture.releases(vec![release]);
    fixture.events(sessions("1.0", out + HOUR, 200));
    let found = delivered(&fixture);
    let one = row(&found, "1.0");
    assert_eq!(one.lead_time_from.as_deref(), Some("items"));
    close(one.lead_time_hours, Some(150.0), "the items' lead time");
    assert_eq!((one.items_planned, one.items_shipped), (4, 2));
    let shipped = kpi(&found, "scope_shipped");
    assert_eq!((shipped.now.n, shipped.left_out[0].count), (3, 1));
    close(shipped.now.value, Some(2.0 / 3.0), "shipped");
    assert_eq!((one.goals_met, one.goals_judged), (1, 1));
    close(one.first_seen_lag_hours, Some(1.0), "lag");
}

#[test]
fn smaller_releases_are_seen_to_do_better_only_from_ten_on() {
    for count in [9, 12] {
        let mut fixture = Fixture::new();
        let (mut records, mut marks) = (Vec::new(), Vec::new());
        for number in 0..count {
            let version = format!("1.{number}");
            let when = at(FROM) + i64::from(number) * 5 * DAY;
            let mut release = record(&version, when);
            release.scope = (0..=number).map(|item| format!("I-{item}")).collect();
            records.push(release);
            // The larger half fails, one of the smaller ones, too.
            if number >= count / 2 || number == 1 {
                marks.push(mark(&version, RolledBack, when + DAY, ""));
            }
        }
        fixture.releases(records);
        fixture.marks(marks);
        let found = delivered(&fixture);
        let size = kpi(&found, "size_and_failure");
        assert_eq!(size.now.n, u64::try_from(count).unwrap());
        assert!(size.now.value.unwrap() > 0.5);
        let is_read = size.standing == Standing::Measured;
        assert_eq!(
            (is_read, size.now.low.is_some()),
            (count == 12, count == 12)
        );
        assert_eq!(
            kpi(&found, "size_and_low_ratings").standing,
            Standing::NoInput
        );
    }
}
