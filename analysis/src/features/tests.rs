//! Features of small lakes, by hand at the edges and by brute force over random ones.

use std::collections::{BTreeMap, BTreeSet};

use lake::{Goal, Micros};

use crate::findings::{FeatureFigure, FeatureRow, Features, UnusedFeature};
use crate::fixture::*;
use crate::settings::Settings;
use crate::weekly::of_tables;

/// The Monday after the week that is asked about: 2026-W10, from 2 to 8 March.
const END: &str = "2026-03-09T00:00:00Z";

/// An instant at noon, so many days before the end of the week.
fn back(days: i64) -> Micros {
    at(END) - days * DAY + 12 * HOUR
}

fn features_of(fixture: &Fixture, settings: &Settings) -> Features {
    let as_of = at(END) + DAY;
    let week = week("2026-W10");
    let found = of_tables(&fixture.tables(), settings, &week, as_of).unwrap();
    let reversed = of_tables(&fixture.tables_reversed(), settings, &week, as_of).unwrap();
    assert_eq!(found.features, reversed.features);
    found.features
}

fn row<'a>(features: &'a Features, name: &str) -> &'a FeatureRow {
    let mut rows = features.rows.iter();
    rows.find(|row| row.feature == name).unwrap()
}

/// Numerator and denominator of a share.
fn parts(estimate: &crate::findings::Estimate) -> (u64, u64) {
    let n = estimate.n;
    let above = estimate.value.map_or(0.0, |value| value * n as f64);
    (
        (0..=n).find(|k| (*k as f64 - above).abs() < 1e-6).unwrap(),
        n,
    )
}

fn now(figure: &FeatureFigure) -> (u64, u64) {
    parts(&figure.now)
}

fn before(figure: &FeatureFigure) -> (u64, u64) {
    parts(&figure.before)
}

/// Events with ids of their own.
#[derive(Default)]
struct Told {
    events: Vec<lake::Event<'static>>,
}

impl Told {
    fn tell(&mut self, name: &str, user: &str, release: &str, at: Micros) {
        let id = format!("e{}", self.events.len());
        self.events.push(usage(&id, name, user, release, at));
    }

    fn fixture(self) -> Fixture {
        let mut fixture = Fixture::new();
        fixture.events(self.events);
        fixture
    }
}

#[test]
fn a_feature_has_breadth_depth_and_repeat_among_those_who_could() {
    let mut told = Told::default();
    for (user, days_back, uses) in [("ann", 7, 3), ("ann", 6, 1), ("bob", 5, 1), ("cy", 1, 2)] {
        for use_ in 0..uses {
            told.tell("export", user, "1.1.0", back(days_back) + use_ * HOUR);
        }
    }
    told.tell("open", "dee", "1.1.0", back(3));
    // Could not have used it; and somebody of whom nobody knows.
    told.tell("open", "eve", "1.0.0", back(3));
    told.tell("export", "fay", "", back(3));
    told.tell("export", "", "1.1.0", back(3));
    // The week before: on the same release, two users.
    told.tell("export", "gus", "1.1.0", back(8));
    told.tell("open", "ann", "1.1.0", back(9));
    let found = features_of(&told.fixture(), &settings());
    let export = row(&found, "export");
    assert_eq!(export.release.as_deref(), Some("1.1.0"));
    assert!(!export.is_recorded);
    assert_eq!(export.users.now.n, 4, "ann, bob, cy, fay");
    assert_eq!(export.users.before.n, 1);
    assert_eq!(
        now(&export.eligible_share),
        (3, 4),
        "ann, bob, cy of dee, too"
    );
    assert_eq!(before(&export.eligible_share), (1, 2));
    assert_eq!(export.depth.value, Some(1.5), "1, 1, 2, 4");
    assert_eq!(export.depth_p90, Some(4.0));
    assert_eq!(now(&export.repeat_share), (1, 3), "cy has had no other day");
    assert_eq!(
        before(&export.repeat_share),
        (0, 0),
        "gus came on the last day"
    );
    assert_eq!(row(&found, "open").users.now.n, 2);
    assert_eq!(found.used, 2);
    assert_eq!(found.rows[0].feature, "export", "most users first");
}

#[test]
fn kept_counts_those_whose_day_28_is_over() {
    let mut told = Told::default();
    let mut uses = |user: &str, days: &[i64]| {
        for days_back in days {
            told.tell("sync", user, "1.0.0", back(*days_back));
        }
    };
    // Day 28 after the first use is the week's last day, on which one came and one did not.
    uses("on day 28", &[29, 1]);
    uses("on day 27", &[29, 2]);
    uses("not over", &[28, 1]);
    uses("first of the 12 weeks", &[84, 8]);
    uses("a day too early", &[85]);
    let found = features_of(&told.fixture(), &settings());
    let kept = &row(&found, "sync").kept_share;
    assert_eq!(now(kept), (2, 3));
    assert_eq!(before(kept), (1, 2), "a week earlier, the last two");
}

#[test]
fn waiting_for_the_first_use_ends_with_it_or_when_last_seen() {
    let mut told = Told::default();
    let mut first_on_it = |user: &str, used_after: Option<i64>, seen_after: i64| {
        told.tell("open", user, "1.0.0", back(60));
        told.tell("open", user, "2.0.0", back(40));
        told.tell("open", user, "2.0.0", back(40 - seen_after));
        if let Some(days) = used_after {
            let release = if days < 0 { "1.0.0" } else { "2.0.0" };
            told.tell("export", user, release, back(40 - days));
        }
    };
    first_on_it("at once", Some(0), 9);
    first_on_it("soon", Some(3), 9);
    first_on_it("lost", None, 5);
    first_on_it("waiting", None, 9);
    // Somebody who had it before waits not at all.
    first_on_it("tester", Some(-10), 1);
    // On it since before the weeks that are looked at, and never there.
    told.tell("export", "old", "2.0.0", back(85));
    told.tell("open", "old", "2.0.0", back(20));
    told.tell("open", "stays", "1.0.0", back(3));
    let mut fixture = told.fixture();
    let mut item = item("APP-1", None);
    item.feature_events = vec!["export".to_owned()];
    fixture.backlog(vec![item]);
    let mut release = record("2.0.0", back(41));
    release.scope = vec!["APP-1".to_owned()];
    fixture.releases(vec![release]);
    let found = features_of(&fixture, &settings());
    let export = row(&found, "export");
    assert!(export.is_recorded);
    assert_eq!(export.items, ["APP-1"]);
    // Waits of 0, 0, 3 that ended, and of 5, 9 that did not: S is 3/5 and then 2/5.
    assert_eq!((export.first_use_days.n, export.first_users), (5, 3));
    assert_eq!(export.first_use_days.value, Some(3.0));
    assert_eq!(export.users.now.n, 0, "named, so listed without users");
}

#[test]
fn features_are_named_by_items_and_goals_and_may_have_several_events() {
    let mut told = Told::default();
    told.tell("pdf", "ann", "1.0.0", back(5));
    told.tell("csv", "ann", "1.0.0", back(4));
    told.tell("csv", "bob", "1.0.0", back(4));
    told.tell("open", "cy", "1.0.0", back(4));
    let mut fixture = told.fixture();
    let with_events = |id: &str, events: &[&str]| {
        let mut item = item(id, None);
        item.feature_events = events.iter().map(|event| (*event).to_owned()).collect();
        item
    };
    fixture.backlog(vec![
        with_events("EXPORT", &["pdf", "csv", "csv"]),
        with_events("IDEA", &["not_built_yet"]),
        with_events("SHIPPED", &["never_sent"]),
    ]);
    let mut release = record("1.0.0", back(60));
    release.scope = vec!["SHIPPED".to_owned()];
    release.goals = vec![Goal {
        metric: "feature_reach:open".to_owned(),
        target: 0.5,
        baseline: None,
        item: None,
    }];
    fixture.releases(vec![release]);
    let mut settings = settings();
    settings.features.listed = 1;
    let found = features_of(&fixture, &settings);
    let names: Vec<&str> = found.rows.iter().map(|row| row.feature.as_str()).collect();
    assert_eq!(names, ["EXPORT", "csv", "open", "never_sent"]);
    let export = row(&found, "EXPORT");
    assert_eq!(export.events, ["csv", "pdf"]);
    assert_eq!(now(&export.eligible_share), (2, 3));
    assert_eq!(
        now(&export.repeat_share),
        (1, 2),
        "ann used one on each of two days"
    );
    assert_eq!(now(&row(&found, "never_sent").eligible_share), (0, 3));
    assert_eq!(found.used, 3);
}

fn unused<'a>(features: &'a Features, name: &str) -> Option<&'a UnusedFeature> {
    let mut rows = features.unused.rows.iter();
    rows.find(|row| row.feature == name)
}

#[test]
fn what_few_used_after_30_days_is_a_candidate() {
    let mut told = Told::default();
    for user in 0..40 {
        told.tell("open", &format!("u{user}"), "1.1.0", back(2));
    }
    for user in 0..3 {
        told.tell("known", &format!("u{user}"), "1.1.0", back(30));
    }
    told.tell("known", "u3", "1.1.0", back(31));
    // Used by 1 of 41, and by 2 of them, just below the stated share.
    for (name, users, first) in [("rare", 1, 30), ("fair", 2, 30), ("fresh", 1, 29)] {
        told.tell(name, "early", "1.1.0", back(first));
        for user in 1..users {
            told.tell(name, &format!("u{user}"), "1.1.0", back(1));
        }
    }
    let mut fixture = told.fixture();
    let with_event = |id: &str, event: &str| {
        let mut item = item(id, None);
        item.feature_events = vec![event.to_owned()];
        item
    };
    fixture.backlog(vec![with_event("OLD", "print"), with_event("NEW", "scan")]);
    let with_item = |version: &str, days_back: i64, item: &str| {
        let mut release = record(version, back(days_back));
        release.scope = vec![item.to_owned()];
        release
    };
    fixture.releases(vec![
        with_item("1.0.0", 30, "OLD"),
        with_item("1.1.0", 29, "NEW"),
    ]);
    let found = features_of(&fixture, &settings());
    let list = &found.unused;
    assert_eq!((list.days, list.first_day.as_str()), (30, "2026-02-07"));
    assert_eq!(list.last_day, "2026-03-08");
    let names: Vec<&str> = list.rows.iter().map(|row| row.feature.as_str()).collect();
    assert_eq!(names, ["print", "rare", "fair"], "recorded ones first");
    let print = unused(&found, "print").unwrap();
    assert_eq!((print.users, print.share.n, print.is_seen), (0, 41, false));
    assert_eq!(print.shipped_on, "2026-02-07");
    assert!(!print.is_certain, "up to 8.6 % of 41");
    let rare = unused(&found, "rare").unwrap();
    assert_eq!((rare.users, rare.share.n, rare.is_seen), (1, 41, true));
    // known (3 of 41 in the 30 days), fair, rare, print; not open, fresh and scan.
    assert_eq!(list.judged, 4);
    let mut strict = settings();
    strict.features.used_share_min = 0.04;
    assert!(unused(&features_of(&fixture, &strict), "fair").is_none());
    strict.min_n.users = 42;
    assert_eq!(features_of(&fixture, &strict).unused.judged, 0);
}

#[test]
fn without_releases_everybody_could() {
    let mut told = Told::default();
    told.tell("open", "ann", "", back(3));
    told.tell("open", "bob", "", back(3));
    told.tell("export", "bob", "", back(2));
    let found = features_of(&told.fixture(), &settings());
    let export = row(&found, "export");
    assert_eq!(export.release, None);
    assert_eq!(now(&export.eligible_share), (1, 2));
    assert_eq!(export.first_use_days.n, 2);
    assert!(of_nothing().rows.is_empty());
}

fn of_nothing() -> Features {
    features_of(&Fixture::new(), &settings())
}

/// Pseudo-random numbers below `n`, the same on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % n.unsigned_abs()).unwrap()
    }
}

/// What the slow and obvious way holds of a row of the log.
#[derive(Clone)]
struct Seen {
    days_back: i64,
    name: &'static str,
    user: String,
    release: &'static str,
}

/// Users by their days before the end of the week.
type ByUser<'a> = BTreeMap<&'a str, BTreeSet<i64>>;

fn by_user<'a>(rows: impl Iterator<Item = &'a Seen>) -> ByUser<'a> {
    let mut users = ByUser::new();
    for row in rows {
        users.entry(&row.user).or_default().insert(row.days_back);
    }
    users
}

#[test]
fn random_logs_give_what_sets_over_the_events_give() {
    for seed in 1..=2_u64 {
        let mut dice = Dice(seed);
        let mut rows = Vec::new();
        for _ in 0..1_500 {
            let user = dice.below(40);
            // Each user comes in some weeks alone, so that some are lost and some new.
            let days_back = 1 + (user * 7 + dice.below(60)) % 110;
            // Newer releases come later.
            let newest = ((110 - days_back) / 35).min(2);
            let release = ["1.0.0", "1.1.0", "", "1.2.0"];
            let release = release[usize::try_from(dice.below(newest + 2)).unwrap()];
            let names = ["open", "export", "share"];
            let mut name = names[usize::try_from(dice.below(3)).unwrap()];
            if name == "export" && release != "1.2.0" {
                name = "open";
            }
            rows.push(Seen {
                days_back,
                name,
                user: format!("u{user}"),
                release,
            });
        }
        let mut told = Told::default();
        for row in &rows {
            told.tell(row.name, &row.user, row.release, back(row.days_back));
        }
        let tables = told.fixture();
        let as_of = at(END) + DAY;
        let found = of_tables(&tables.tables(), &settings(), &week("2026-W10"), as_of);
        let found = found.unwrap().features;
        for name in ["open", "export", "share"] {
            check(&found, name, &rows, seed);
        }
    }
}

fn check(found: &Features, name: &str, rows: &[Seen], seed: u64) {
    let what = format!("{name} of seed {seed}");
    let uses = || rows.iter().filter(|row| row.name == name);
    // Known are 91 days; the oldest release with the event has it, and all newer ones.
    let on = uses()
        .filter(|row| row.days_back <= 91)
        .map(|row| row.release);
    let since = on.filter(|release| !release.is_empty()).min().unwrap();
    let eligible = |days: std::ops::RangeInclusive<i64>| -> BTreeSet<&str> {
        let active = rows.iter().filter(|row| days.contains(&row.days_back));
        let on_it = active.filter(|row| row.release >= since);
        on_it.map(|row| row.user.as_str()).collect()
    };
    let found = row(found, name);
    assert_eq!(found.release.as_deref(), Some(since), "{what}");
    for (days, is_now) in [(1..=7, true), (8..=14, false)] {
        let read = |figure: &FeatureFigure| if is_now { now(figure) } else { before(figure) };
        let users = by_user(uses().filter(|row| days.contains(&row.days_back)));
        let able = eligible(days.clone());
        let used = users.keys().filter(|user| able.contains(*user)).count() as u64;
        let counted = if is_now {
            &found.users.now
        } else {
            &found.users.before
        };
        assert_eq!(counted.n, users.len() as u64, "{what}");
        assert_eq!(
            read(&found.eligible_share),
            (used, able.len() as u64),
            "{what}"
        );
        let repeating: Vec<_> = users
            .values()
            .filter(|d| d.last() != Some(days.start()))
            .collect();
        let again = repeating.iter().filter(|days| days.len() > 1).count();
        let repeat = (again as u64, repeating.len() as u64);
        assert_eq!(read(&found.repeat_share), repeat, "{what}");
        let end = days.start() - 1;
        let (mut kept, mut tried) = (0, 0);
        for days in by_user(uses()).values() {
            let first = days.last().unwrap();
            if (end + 29..=end + 84).contains(first) {
                tried += 1;
                let later = |day: &i64| *day > end && *day <= first - 28;
                kept += u64::from(days.iter().any(later));
            }
        }
        assert_eq!(read(&found.kept_share), (kept, tried), "{what}");
    }
    let mut depth: BTreeMap<&str, u64> = BTreeMap::new();
    for row in uses().filter(|row| row.days_back <= 7) {
        *depth.entry(&row.user).or_default() += 1;
    }
    let mut depth: Vec<f64> = depth.values().map(|uses| *uses as f64).collect();
    depth.sort_by(f64::total_cmp);
    assert_eq!(
        found.depth,
        crate::stats::quantile::median(&depth),
        "{what}"
    );
    let enough =
        |most: &&f64| depth.iter().filter(|uses| *uses <= most).count() * 10 >= depth.len() * 9;
    assert_eq!(
        found.depth_p90,
        depth.iter().find(enough).copied(),
        "{what}"
    );
    first_use_is_that_of_the_curve(found, name, rows, since);
}

fn first_use_is_that_of_the_curve(found: &FeatureRow, name: &str, rows: &[Seen], since: &str) {
    let mut waits: Vec<(i64, bool)> = Vec::new();
    for (user, active) in by_user(rows.iter()) {
        let of_user = || rows.iter().filter(|row| row.user == user);
        let on_it = of_user().filter(|row| row.release >= since);
        let chance = on_it.map(|row| row.days_back).max();
        let Some(chance) = chance.filter(|chance| *chance <= 84) else {
            continue;
        };
        let used = of_user().filter(|row| row.name == name);
        match used.map(|row| row.days_back).max() {
            Some(first) => waits.push(((chance - first).max(0), true)),
            None => waits.push((chance - active.first().unwrap(), false)),
        }
    }
    waits.sort_unstable();
    let used = waits.iter().filter(|wait| wait.1).count() as u64;
    assert_eq!(
        (found.first_use_days.n, found.first_users),
        (waits.len() as u64, used)
    );
    let (mut left, mut half) = (1.0, None);
    for day in 0..=84 {
        let at_risk = waits.iter().filter(|wait| wait.0 >= day).count() as f64;
        let events = waits.iter().filter(|wait| **wait == (day, true)).count() as f64;
        if events > 0.0 {
            left *= 1.0 - events / at_risk;
        }
        if left <= 0.5 + 1e-9 && half.is_none() {
            half = Some(day as f64);
        }
    }
    assert_eq!(found.first_use_days.value, half);
}
