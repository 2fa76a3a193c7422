//! What the truth plants is in the data, by direct counting, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jiff::civil::{Date, date};
use serde_json::Value;

use super::Sample;
use super::truth::{Item, Truth};

fn monday() -> Date {
    date(2026, 9, 28)
}

/// The sample that all tests count in, made once.
fn planted() -> &'static (Truth, Sample) {
    static PLANTED: LazyLock<(Truth, Sample)> = LazyLock::new(|| {
        let truth = Truth::embedded().unwrap();
        let sample = Sample::of(&truth, monday()).unwrap();
        (truth, sample)
    });
    &PLANTED
}

fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap_or_default()
}

/// The number of the person, by whatever id.
fn user(object: &Value) -> &str {
    let id = object["user_id"]
        .as_str()
        .or(object["anonymous_id"].as_str());
    id.and_then(|id| id.split('-').nth(1)).unwrap_or_default()
}

/// Days from the sample's day 0.
fn day(object: &Value) -> i64 {
    let instant: jiff::Timestamp = text(object, "occurred_at").parse().unwrap();
    let anchor = monday()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .unwrap()
        .timestamp();
    35 - (anchor.as_second() - instant.as_second() + 86_399) / 86_400
}

fn ratio(part: usize, whole: usize) -> f64 {
    assert!(whole > 0, "a share of nothing");
    part as f64 / whole as f64
}

fn near(got: f64, planted: f64, tolerance: f64, what: &str) {
    assert!(
        (got - planted).abs() <= tolerance,
        "{what}: {got:.4}, planted {planted:.4}"
    );
}

/// The status that the last update of each session gave, by release.
fn ends(sample: &Sample) -> BTreeMap<&str, Vec<&str>> {
    let mut ends: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for event in sample.events.iter().filter(|event| event["sequence"] == 1) {
        ends.entry(text(event, "release"))
            .or_default()
            .push(text(event, "status"));
    }
    ends
}

fn ratings<'a>(sample: &'a Sample, release: &str) -> Vec<&'a Value> {
    let of_release =
        |piece: &&Value| text(piece, "kind") == "rating" && text(piece, "release") == release;
    sample.feedback.iter().filter(of_release).collect()
}

#[test]
fn the_same_anchor_gives_the_same_bytes() {
    let (truth, sample) = planted();
    let again = Sample::of(truth, monday()).unwrap();
    let bytes = |sample: &Sample| serde_json::to_vec(&(&sample.events, &sample.feedback)).unwrap();
    assert!(bytes(sample) == bytes(&again));
    assert_eq!(sample.releases, again.releases);
    let later = Sample::of(truth, date(2026, 10, 5)).unwrap();
    assert_eq!(sample.events.len(), later.events.len());
    assert_ne!(sample.events[0]["event_id"], later.events[0]["event_id"]);
    assert_eq!(sample.events[0]["user_id"], later.events[0]["user_id"]);
}

#[test]
fn sizes_are_within_what_a_demo_can_send() {
    let (truth, sample) = planted();
    assert!(
        (40_000..=60_000).contains(&sample.events.len()),
        "{}",
        sample.events.len()
    );
    assert!(
        (1_000..=1_600).contains(&sample.feedback.len()),
        "{}",
        sample.feedback.len()
    );
    let last_week = sample
        .feedback
        .iter()
        .filter(|piece| day(piece) >= 28)
        .count();
    assert!(last_week >= 300, "{last_week}");
    assert_eq!(
        sample.releases.len(),
        truth.releases.len() + truth.earlier.len()
    );
    assert_eq!(sample.backlog.len(), truth.items.len());
    assert!(serde_json::to_vec(&sample.events[..2_000]).unwrap().len() < 2_000_000);
}

#[test]
fn every_object_is_taken_as_it_is() {
    let (_, sample) = planted();
    let arrival = lake::Arrival {
        received_at: lake::parse_instant("2026-09-28T00:00:00Z").unwrap(),
        sent_at: None,
        import: false,
    };
    let object = |value: &Value| value.as_object().cloned().unwrap();
    let mut ids = BTreeSet::new();
    for event in &sample.events {
        let event = object(event);
        let event = lake::check_event(&lake::RawEvent::of(&event), &arrival).unwrap();
        let event = event.into_owned();
        assert!(event.id_given && event.times.flag.is_none());
        assert!(event.times.occurred_at < arrival.received_at);
        assert!(ids.insert(event.event_id));
    }
    for piece in &sample.feedback {
        let piece = object(piece);
        let piece = lake::check_feedback(&piece, &arrival).unwrap().into_owned();
        assert!(piece.id_given && piece.times.flag.is_none());
        assert!(piece.times.occurred_at < arrival.received_at);
        assert!(
            piece
                .replied_at
                .is_none_or(|at| { piece.times.occurred_at < at && at < arrival.received_at })
        );
        assert!(ids.insert(piece.event_id));
    }
    sample
        .releases
        .iter()
        .for_each(|r| assert!(lake::check_release(&object(r)).is_ok(), "{r}"));
    for mark in &sample.marks {
        let limits = lake::EventLimits::default();
        let checked = lake::check_mark_within(&object(mark), &arrival, &limits);
        assert!(ids.insert(checked.unwrap().event_id.into()), "{mark}");
    }
    sample
        .backlog
        .iter()
        .for_each(|i| assert!(lake::check_backlog(&object(i)).is_ok(), "{i}"));
}

#[test]
fn sessions_crash_at_the_planted_rates() {
    let (truth, sample) = planted();
    let ends = ends(sample);
    for release in truth.stable() {
        let all = &ends[release.version.as_str()];
        let crashed = all.iter().filter(|status| **status == "crashed").count();
        near(
            ratio(crashed, all.len()),
            release.crash_rate,
            0.002,
            &release.version,
        );
        let fatal = sample
            .events
            .iter()
            .filter(|event| event["handled"] == false && text(event, "release") == release.version);
        assert_eq!(
            fatal.count(),
            crashed,
            "{}: one fatal error for each crash",
            release.version
        );
    }
}

#[test]
fn crashes_are_as_many_in_each_week_of_a_release() {
    let (truth, sample) = planted();
    for release in truth.stable() {
        for week in 0..5 {
            let ended = |event: &&Value| {
                event["sequence"] == 1
                    && text(event, "release") == release.version
                    && day(event) / 7 == week
            };
            let all: Vec<&Value> = sample.events.iter().filter(ended).collect();
            if all.len() >= 300 {
                let crashed = all
                    .iter()
                    .filter(|event| event["status"] == "crashed")
                    .count();
                let what = format!("{} in week {week}", release.version);
                near(ratio(crashed, all.len()), release.crash_rate, 0.005, &what);
            }
        }
    }
}

#[test]
fn users_move_to_a_release_along_its_curve() {
    let (truth, sample) = planted();
    let mut by_day: BTreeMap<i64, BTreeMap<&str, &str>> = BTreeMap::new();
    for event in &sample.events {
        by_day
            .entry(day(event))
            .or_default()
            .insert(user(event), text(event, "release"));
    }
    for (day, users) in by_day {
        let today = u32::try_from(day).unwrap();
        let mut newer = 0.0;
        for release in truth.releases.iter().rev() {
            let on = users
                .values()
                .filter(|version| **version == release.version)
                .count();
            let moved = release.adoption_on(today);
            let what = format!("{} on day {day}", release.version);
            near(
                ratio(on, users.len()),
                (moved - newer).max(0.0),
                0.05,
                &what,
            );
            newer = f64::max(newer, moved);
        }
    }
}

#[test]
fn half_of_the_users_are_reached_when_the_truth_says() {
    let (truth, _) = planted();
    for release in truth.stable().filter(|release| release.day > 0) {
        let half = (release.day..truth.days).find(|day| release.adoption_on(*day) >= 0.5);
        let days = half.map(|day| day - release.day);
        assert_eq!(
            days.as_ref(),
            truth.expect.days_to_half.get(&release.version)
        );
    }
}

#[test]
fn ratings_have_the_planted_means_and_goals_are_what_they_say() {
    let (truth, sample) = planted();
    for release in truth.stable() {
        let stars: Vec<f64> = ratings(sample, &release.version)
            .iter()
            .filter_map(|r| r["score"].as_f64())
            .collect();
        let mean = stars.iter().sum::<f64>() / stars.len() as f64;
        near(mean, release.rating_mean, 0.1, &release.version);
        for goal in release
            .goals
            .iter()
            .filter(|goal| goal.metric == "rating_mean")
        {
            let said = if release.rating_mean < goal.target {
                "missed"
            } else {
                "met"
            };
            assert_eq!(goal.outcome, said);
        }
    }
}

#[test]
fn features_reach_the_planted_share_of_users() {
    let (truth, sample) = planted();
    for release in truth.stable() {
        let of_release = |event: &&Value| text(event, "release") == release.version;
        let users: BTreeSet<&str> = sample.events.iter().filter(of_release).map(user).collect();
        for (name, share) in &release.reach {
            let used = sample
                .events
                .iter()
                .filter(of_release)
                .filter(|e| text(e, "name") == name);
            let used: BTreeSet<&str> = used.map(user).collect();
            near(
                ratio(used.len(), users.len()),
                *share,
                0.01,
                &release.version,
            );
        }
    }
}

#[test]
fn themes_have_the_planted_shares() {
    let (truth, sample) = planted();
    for release in truth.stable() {
        let ratings = ratings(sample, &release.version);
        for theme in &truth.themes {
            let of_theme = ratings
                .iter()
                .filter(|rating| text(rating, "text").to_lowercase().contains(&theme.phrase));
            let share = ratio(of_theme.count(), ratings.len());
            let what = format!("{:?} on {}", theme.phrase, release.version);
            near(share, theme.share_on(&release.version), 0.03, &what);
        }
    }
}

#[test]
fn the_planted_share_is_answered_in_the_planted_time() {
    let (truth, sample) = planted();
    let given_at: BTreeMap<&str, i64> = sample
        .feedback
        .iter()
        .map(|p| {
            (
                text(p, "event_id"),
                lake::parse_instant(text(p, "occurred_at")).unwrap(),
            )
        })
        .collect();
    let mut hours: Vec<f64> = Vec::new();
    for piece in &sample.feedback {
        let (parent, at) = match (text(piece, "kind"), text(piece, "replied_at")) {
            ("reply", _) => (text(piece, "parent_id"), text(piece, "occurred_at")),
            (_, "") => continue,
            (_, at) => (text(piece, "event_id"), at),
        };
        hours.push((lake::parse_instant(at).unwrap() - given_at[parent]) as f64 / 3.6e9);
    }
    let pieces = sample
        .feedback
        .iter()
        .filter(|piece| text(piece, "kind") != "reply")
        .count();
    near(
        ratio(hours.len(), pieces),
        truth.feedback.answered_share,
        0.02,
        "answered",
    );
    hours.sort_by(f64::total_cmp);
    near(
        hours[hours.len() / 2],
        truth.feedback.answer_hours_median,
        2.0,
        "median hours",
    );
}

#[test]
fn hostile_and_foreign_texts_come_through_unchanged() {
    let (truth, sample) = planted();
    for special in &truth.specials {
        let found = sample
            .feedback
            .iter()
            .filter(|piece| text(piece, "text") == special.text);
        let found: Vec<(i64, &str)> = found.map(|p| (day(p), text(p, "release"))).collect();
        let planted = (i64::from(special.day), special.release.as_str());
        assert_eq!(found, [planted], "{}", special.text);
    }
}

#[test]
fn texts_vary() {
    let (_, sample) = planted();
    let texts: Vec<&str> = sample
        .feedback
        .iter()
        .map(|p| text(p, "text"))
        .filter(|t| !t.is_empty())
        .collect();
    let distinct: BTreeSet<&&str> = texts.iter().collect();
    assert!(
        ratio(distinct.len(), texts.len()) > 0.75,
        "{} of {}",
        distinct.len(),
        texts.len()
    );
}

/// Distinct users in the days from `from` whose text holds one of the item's keywords; by hand where
/// there is none.
fn reach(item: &Item, sample: &Sample, from: i64) -> f64 {
    let heard = |piece: &&Value| {
        let text = text(piece, "text").to_lowercase();
        day(piece) >= from && item.keywords.iter().any(|keyword| text.contains(keyword))
    };
    let users: BTreeSet<&str> = sample.feedback.iter().filter(heard).map(user).collect();
    if users.is_empty() {
        item.reach_users.unwrap_or(0.0)
    } else {
        users.len() as f64
    }
}

/// The most that any subset of the open items is worth, by trying all of them.
fn best(items: &[(&Item, f64)], capacity: f64) -> f64 {
    let set_of = |wanted: &dyn Fn(&Item) -> bool| -> u32 {
        (0..)
            .zip(items)
            .filter(|(_, (item, _))| wanted(item))
            .map(|(bit, _)| 1 << bit)
            .sum()
    };
    let needs: Vec<u32> = items
        .iter()
        .map(|(item, _)| set_of(&|other| item.depends_on.contains(&other.item_id)))
        .collect();
    let mandatory = set_of(&|item| item.mandatory);
    let mut most = 0.0;
    for set in (0..1_u32 << items.len()).filter(|set| set & mandatory == mandatory) {
        let (mut effort, mut worth, mut whole) = (0.0, 0.0, true);
        for (bit, ((item, value), needs)) in (0..).zip(items.iter().zip(&needs)) {
            if set & (1_u32 << bit) != 0 {
                effort += item.effort_person_days;
                worth += value;
                whole &= set & needs == *needs;
            }
        }
        if whole && effort <= capacity {
            most = f64::max(most, worth);
        }
    }
    most
}

/// What the list sorted by score is worth: from the top, an item with what it needs if that fits.
fn by_list(items: &[(&Item, f64)], capacity: f64) -> f64 {
    let mut order: Vec<&(&Item, f64)> = items.iter().collect();
    order.sort_by(|(a, x), (b, y)| {
        let score = |item: &Item, value: f64| value / item.effort_person_days;
        b.mandatory
            .cmp(&a.mandatory)
            .then(score(b, *y).total_cmp(&score(a, *x)))
    });
    let (mut taken, mut left, mut worth) = (BTreeSet::new(), capacity, 0.0);
    for (item, _) in order {
        let wanted: Vec<&(&Item, f64)> = items
            .iter()
            .filter(|(other, _)| {
                let id = &other.item_id;
                (*id == item.item_id || item.depends_on.contains(id)) && !taken.contains(id)
            })
            .collect();
        let effort: f64 = wanted.iter().map(|(item, _)| item.effort_person_days).sum();
        if effort <= left {
            left -= effort;
            worth += wanted.iter().map(|(_, value)| value).sum::<f64>();
            taken.extend(wanted.iter().map(|(item, _)| &item.item_id));
        }
    }
    worth
}

#[test]
fn the_best_plan_beats_the_list_by_the_planted_share() {
    let (truth, sample) = planted();
    let open: Vec<&Item> = truth
        .items
        .iter()
        .filter(|item| item.status == "open")
        .collect();
    let effort: f64 = open.iter().map(|item| item.effort_person_days).sum();
    let capacity = truth.plan.capacity_person_days;
    near(capacity, effort / 2.0, 1e-9, "half of the open effort");
    let weeks = i64::from(truth.plan.evidence_weeks);
    for from in [35 - 7 * weeks, 28, 0] {
        let worth = |item: &Item| reach(item, sample, from) * item.impact * item.confidence;
        let items: Vec<(&Item, f64)> = open.iter().map(|item| (*item, worth(item))).collect();
        let (best, list) = (best(&items, capacity), by_list(&items, capacity));
        let lost = (best - list) / best;
        assert!(
            lost >= truth.plan.list_loses_at_least,
            "from day {from}: {lost:.3} lost"
        );
    }
}

#[test]
fn the_scope_of_a_release_is_in_the_backlog_and_done() {
    let (truth, _) = planted();
    let done: BTreeSet<&String> = truth
        .items
        .iter()
        .filter(|item| item.status == "done")
        .map(|item| &item.item_id)
        .collect();
    let scope: BTreeSet<&String> = truth.releases.iter().flat_map(|r| &r.scope).collect();
    assert_eq!(done, scope);
    for goal in truth.releases.iter().flat_map(|release| &release.goals) {
        assert!(scope.contains(&goal.item), "{}", goal.item);
    }
}
