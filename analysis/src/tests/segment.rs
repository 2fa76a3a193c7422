//! A segment is what would be found, had nothing else come; and nothing is said of very few.

use lake::{Event, Feedback, FeedbackKind, SessionStatus};
use serde_json::Value;

use crate::Settings;
use crate::error::Error;
use crate::findings::{Segment, WeeklyFindings};
use crate::fixture::*;
use crate::weekly::of_tables;

struct Told {
    events: Vec<Event<'static>>,
    feedback: Vec<Feedback<'static>>,
}

/// Users of two platforms and two channels, each on one of them for good, over five weeks.
fn told(users: i64) -> Told {
    let begin = at("2026-03-02T00:00:00Z");
    let (mut events, mut feedback) = (Vec::new(), Vec::new());
    for n in 0..users {
        let (platform, channel) = (
            ["android", "ios"][usize::from(n % 2 == 1)],
            ["beta", "stable"][usize::from(n / 2 % 2 == 1)],
        );
        let user = format!("u{n}");
        for k in 0..30 {
            // Few come in the last week only.
            let (first, hours) = if n % 20 == 7 {
                (28 * DAY, 7 * 24)
            } else {
                (0, 35 * 24)
            };
            let moment = begin + first + (n * 37 + k * 29) % hours * HOUR + k * 1_000_000;
            let release = ["1.0", "1.1"][usize::from((n + k) % 3 == 0)];
            let id = format!("{n}-{k}");
            let whose = (user.as_str(), release);
            let mut event = if k % 3 == 0 {
                let status = [SessionStatus::Exited, SessionStatus::Crashed];
                let status = status[usize::from((n + k) % 7 == 0)];
                update(&id, &format!("s{id}"), status, whose, moment)
            } else {
                usage(&id, &format!("f{}", k % 4), &user, release, moment)
            };
            event.origin.platform = Some(platform.into());
            event.origin.channel = Some(channel.into());
            events.push(event);
            if k % 5 == 0 {
                let score = Some(1.0 + ((n + k) % 5) as f64);
                let mut piece = self::feedback(
                    &format!("r{id}"),
                    FeedbackKind::Rating,
                    score,
                    whose,
                    moment,
                );
                piece.origin.platform = Some(platform.into());
                piece.origin.channel = Some(channel.into());
                feedback.push(piece);
                let mut reply = self::feedback(
                    &format!("a{id}"),
                    FeedbackKind::Reply,
                    None,
                    ("team", ""),
                    moment + HOUR,
                );
                reply.parent_id = Some(format!("r{id}"));
                feedback.push(reply);
            }
        }
    }
    Told { events, feedback }
}

fn segment(platform: Option<&str>, channel: Option<&str>) -> Segment {
    Segment {
        platform: platform.map(str::to_owned),
        channel: channel.map(str::to_owned),
        ..Segment::default()
    }
}

fn found(told: &Told, segment: &Segment, least: u64) -> Result<WeeklyFindings, Error> {
    let mut fixture = Fixture::new();
    fixture.events(told.events.clone());
    fixture.feedback(told.feedback.clone());
    let settings = Settings {
        segment: segment.clone(),
        segments: crate::SegmentRules {
            users_min: least,
            ..Default::default()
        },
        history_weeks: 4,
        ..settings()
    };
    let as_of = at("2026-04-06T12:00:00Z");
    of_tables(&fixture.tables(), &settings, &week("2026-W14"), as_of)
}

/// Without what a segment says of itself.
fn bare(findings: WeeklyFindings) -> Value {
    let mut json = serde_json::to_value(findings).unwrap();
    json["scope"].as_object_mut().unwrap().remove("segment");
    json
}

#[test]
fn a_segment_is_what_would_be_found_had_nothing_else_come() {
    let all = told(60);
    for (platform, channel) in [
        (Some("ios"), None),
        (None, Some("beta")),
        (Some("android"), Some("stable")),
    ] {
        let is_inside = |origin: &lake::Origin<'_>| {
            platform.is_none_or(|platform| origin.platform.as_deref() == Some(platform))
                && channel.is_none_or(|channel| origin.channel.as_deref() == Some(channel))
        };
        let mut only = Told {
            events: all.events.clone(),
            feedback: all.feedback.clone(),
        };
        only.events.retain(|event| is_inside(&event.origin));
        only.feedback
            .retain(|piece| piece.kind == FeedbackKind::Reply || is_inside(&piece.origin));
        assert!(
            only.events.len() * 3 > all.events.len() / 2 && only.events.len() < all.events.len()
        );
        let segment = segment(platform, channel);
        let of_all = bare(found(&all, &segment, 0).unwrap());
        let alone = bare(found(&only, &Segment::default(), 0).unwrap());
        assert!(of_all["kpis"][0]["now"]["value"].as_f64().unwrap() > 5.0);
        assert_eq!(of_all, alone, "{segment}");
    }
}

/// All numbers that say on how many something rests.
fn counts(json: &Value, found: &mut Vec<(String, u64)>) {
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                let is_count =
                    ["n", "users", "active_users", "on_release"].contains(&name.as_str());
                found.extend(
                    value
                        .as_u64()
                        .filter(|_| is_count)
                        .map(|n| (name.clone(), n)),
                );
                counts(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| counts(value, found)),
        _ => {}
    }
}

#[test]
fn no_cell_of_a_segment_rests_on_fewer_than_five() {
    let all = told(24);
    let ios = segment(Some("ios"), None);
    let cells = |least| {
        let findings = found(&all, &ios, least).unwrap();
        assert!(
            findings
                .history
                .iter()
                .all(|figure| figure.estimate.n == 0 || figure.estimate.n >= least)
        );
        let mut found = Vec::new();
        counts(&serde_json::to_value(findings).unwrap(), &mut found);
        found.retain(|(_, n)| *n > 0);
        found
    };
    let small = |cells: &[(String, u64)]| cells.iter().filter(|(_, n)| *n < 5).count();
    let (shown, kept) = (cells(0), cells(5));
    assert!(small(&shown) > 20, "{} small cells", small(&shown));
    assert_eq!(small(&kept), 0, "{kept:?}");
    assert!(kept.len() > 30, "only {} cells are left", kept.len());
}

/// New, returning and resurrected users add up to the active ones: one that is hidden alone could be
/// reckoned from the rest.
#[test]
fn what_adds_up_is_hidden_together() {
    let ios = segment(Some("ios"), None);
    let parts = |least| {
        let findings = found(&told(60), &ios, least).unwrap();
        ["new_users", "returning_users", "resurrected_users"].map(|id| {
            let kpi = findings.kpis.iter().find(|kpi| kpi.metric == id);
            kpi.unwrap().now.value
        })
    };
    let shown = parts(0).map(Option::unwrap);
    let is_small = |n: &f64| *n > 0.0 && *n < 5.0;
    assert!(shown.iter().any(is_small), "{shown:?}");
    assert!(shown.iter().any(|n| *n >= 5.0), "{shown:?}");
    assert_eq!(parts(5), [None; 3]);
}

#[test]
fn very_few_users_are_no_segment() {
    let refused = found(&told(8), &segment(Some("ios"), None), 5);
    let error = refused.unwrap_err().to_string();
    assert!(
        error.starts_with("fewer than 5 users of the segment (platform ios)"),
        "{error}"
    );
    assert!(found(&told(8), &segment(None, Some("none")), 5).is_err());
}

/// Some users say their plan, in one event or another, and some change it.
#[test]
fn users_are_told_apart_by_the_last_value_of_a_property() {
    let mut all = told(60);
    let begin = at("2026-03-02T00:00:00Z");
    let plan_of = |n: usize| match n % 5 {
        0 | 1 => Some("pro"),
        2 => Some("free"),
        // Was of the other plan once.
        3 => Some("pro"),
        _ => None,
    };
    for n in 0..60 {
        let mut say = |id: String, plan: &str, day: i64| {
            let mut event = usage(&id, "identify", &format!("u{n}"), "", begin + day * DAY);
            event.kind = lake::EventKind::Identify;
            let set = if n % 2 == 0 {
                format!(r#"{{"plan":"{plan}","seats":3}}"#)
            } else {
                format!(r#"{{"$set":{{"plan":"{plan}"}}}}"#)
            };
            event.properties = Some(set.into());
            all.events.push(event);
        };
        if let Some(plan) = plan_of(n) {
            if n % 5 == 3 {
                say(format!("p{n}a"), "free", 3);
                // Told after the moment that is asked about.
                say(format!("p{n}c"), "free", 36);
            }
            say(format!("p{n}b"), plan, 5);
        }
    }
    let mut pro = Segment::default();
    pro.properties.insert("plan".to_owned(), "pro".to_owned());
    let is_pro = |origin: &lake::Origin<'_>| {
        let number = origin
            .user_id
            .as_deref()
            .and_then(|user| user.get(1..)?.parse().ok());
        number.is_some_and(|n: usize| plan_of(n) == Some("pro"))
    };
    let mut only = Told {
        events: all.events.clone(),
        feedback: all.feedback.clone(),
    };
    only.events.retain(|event| is_pro(&event.origin));
    only.feedback
        .retain(|piece| piece.kind == FeedbackKind::Reply || is_pro(&piece.origin));
    let (of_all, alone) = (
        found(&all, &pro, 0).unwrap(),
        found(&only, &Segment::default(), 0).unwrap(),
    );
    assert_eq!(of_all.kpis, alone.kpis);
    assert_eq!(of_all.retention, alone.retention);
    assert_eq!(of_all.features, alone.features);
    assert_eq!(of_all.releases, alone.releases);
    let active = &of_all.kpis[0].now;
    assert!(
        active
            .value
            .is_some_and(|users| users > 20.0 && users <= 36.0),
        "{active:?}"
    );
    let mut nobody = pro.clone();
    nobody.properties.insert("seats".to_owned(), "4".to_owned());
    assert!(found(&all, &nobody, 5).is_err());
}
