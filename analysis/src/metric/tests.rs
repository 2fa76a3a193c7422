//! The registry is complete, and speaks in the product's words.

use std::collections::BTreeSet;

use super::*;

/// Words that mean something else here, or nothing: the glossary has another one for each.
const FOREIGN_WORDS: &[&str] = &[
    "actor",
    "actors",
    "visitor",
    "visitors",
    "visit",
    "visits",
    "uptake",
    "deploy",
    "deploys",
    "uplift",
    "cutoff",
    "offset",
    "lsn",
    "topic",
    "topics",
    "ticket",
    "tickets",
    "budget",
    "roadmap",
    "slice",
    "uuid",
    "timestamp",
    "tbd",
    "todo",
    "etc",
];

fn sentences(metric: &Metric) -> Vec<&'static str> {
    let mut texts = vec![metric.definition];
    texts.extend(metric.edge_cases);
    texts
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

#[test]
fn every_metric_is_complete() {
    for metric in registry() {
        let id = metric.id;
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        assert!(!id.is_empty() && id.chars().all(is_plain), "{id}");
        let filled = [
            metric.name,
            metric.numerator,
            metric.definition,
            metric.formula,
            metric.interval,
            metric.fed_by,
            metric.source,
        ];
        assert!(filled.iter().all(|text| !text.trim().is_empty()), "{id}");
        assert!(!metric.edge_cases.is_empty(), "{id}");
        for text in sentences(metric) {
            assert!(text.ends_with('.'), "{id}: {text}");
            assert!(!text.contains("  ") && !text.contains('\n'), "{id}: {text}");
            let first = text.chars().next().unwrap();
            let is_capital = first.is_uppercase() || first.is_ascii_digit() || first == '`';
            assert!(is_capital, "{id}: {text}");
        }
        for text in [
            metric.formula,
            metric.interval,
            metric.fed_by,
            metric.source,
        ] {
            assert!(!text.ends_with('.'), "{id}: {text}");
        }
    }
}

#[test]
fn ids_names_and_groups_tell_metrics_apart() {
    let ids: Vec<&str> = registry().map(|metric| metric.id).collect();
    let names: BTreeSet<&str> = registry().map(|metric| metric.name).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    assert_eq!(names.len(), ids.len());
    let groups: Vec<Group> = registry().map(|metric| metric.group).collect();
    let runs = groups.chunk_by(|a, b| a == b).count();
    let distinct: BTreeSet<&str> = groups.iter().map(|group| group.id()).collect();
    assert_eq!(runs, distinct.len(), "each group stands in one place");
    for metric in registry() {
        assert_eq!(by_id(metric.id), Some(metric));
    }
    assert_eq!(by_id("no_such_metric"), None);
}

#[test]
fn a_fraction_has_one_line_and_something_below_it() {
    for metric in registry() {
        let lines = metric.formula.matches(" ÷ ").count();
        assert!(lines <= 1, "{}: {}", metric.id, metric.formula);
        let is_part = matches!(
            metric.unit,
            Unit::Rate | Unit::Score | Unit::Points | Unit::PerThousand
        );
        if is_part {
            assert!(!metric.denominator.is_empty(), "{}", metric.id);
            assert_eq!(lines, 1, "{}: {}", metric.id, metric.formula);
        }
        if metric.unit == Unit::Users || metric.unit == Unit::Count {
            assert!(metric.denominator.is_empty(), "{}", metric.id);
            assert!(metric.interval.starts_with("none"), "{}", metric.id);
        }
    }
}

#[test]
fn words_are_those_of_the_glossary() {
    for metric in registry() {
        let mut texts = sentences(metric);
        texts.extend([
            metric.name,
            metric.formula,
            metric.numerator,
            metric.denominator,
        ]);
        for word in texts.iter().flat_map(|text| words(text)) {
            assert!(
                !FOREIGN_WORDS.contains(&word.as_str()),
                "{}: {word}",
                metric.id
            );
        }
    }
}

#[test]
fn a_place_shows_only_what_is_computed() {
    assert!(weekly_kpis().all(Metric::is_computed));
    assert!(computed().all(|metric| !metric.shown_in.is_empty()));
    let shown: Vec<&str> = weekly_kpis().map(|metric| metric.id).collect();
    assert_eq!(
        shown,
        [
            "active_users",
            "daily_active_users",
            "weekly_active_users",
            "monthly_active_users",
            "stickiness",
            "new_users",
            "returning_users",
            "resurrected_users",
            "dormant_users",
            "sessions",
            "sessions_per_user",
            "session_minutes_median",
            "crash_free_sessions",
            "crash_free_users",
            "error_rate",
            "rating_mean",
            "low_rating",
            "csat",
            "nps",
            "ces",
            "feedback_volume",
            "feedback_per_thousand",
            "answered_share",
            "answer_hours_median",
        ]
    );
}

/// What a reader asks, and the words that answer it from the definition alone.
#[test]
fn definitions_answer_what_readers_ask() {
    let says = |id: &str, answer: &str| {
        let metric = by_id(id).unwrap();
        let page = [&sentences(metric)[..], &[metric.formula]]
            .concat()
            .join(" ");
        assert!(page.contains(answer), "{id} does not say {answer:?}");
    };
    says("active_users", "on two releases in one day");
    says("active_users", "counts once in the total");
    says("crash_free_users", "÷ users with a session update");
    says(
        "retention_on_day",
        "in which nobody came back is shown as 0",
    );
    says("daily_active_users", "a day that is not over");
    says("monthly_active_users", "stickiness leaves such days out");
    says("session_minutes_median", "no time passed");
    says("nps", "Promoters answered 9 or 10, detractors 0 to 6");
    says("feedback_volume", "Replies of the team are not counted");
}
