//! The history behind a report: its KPIs in each window known, and what a mean over everybody hides,
//! by day, release, feature and cohort.
//!
//! One long table, so that a spreadsheet can pivot it and another engine can be held against it.

mod features;

use crate::days::{Window, day_text};
use crate::error::Result;
use crate::facts::{Facts, Question};
use crate::findings::{Estimate, Grain, PastFigure};
use crate::kpi::{self, Measure};
use crate::metric::{self, Metric};
use crate::stats;

/// All figures, in the order of metrics in the table, then of spans.
pub(crate) fn history(question: &Question<'_>, facts: &Facts) -> Result<Vec<PastFigure>> {
    let mut past = Past {
        window: facts.window,
        figures: Vec::new(),
    };
    let indexes = kpi::first_window_with_data(facts, question.windows)..=0;
    for metric in metric::weekly_kpis().filter(|metric| kpi::has_input(metric, facts)) {
        for index in indexes.clone() {
            let measure = Measure::of(metric, facts, index);
            if measure != Measure::Absent {
                past.of_window(metric, index, Part::default(), measure.estimate());
            }
        }
    }
    users_by_day(&mut past, facts);
    crashes_by_release(&mut past, facts);
    for ((feature, index), users) in features::users_by_window(question)? {
        let part = Part {
            feature: Some(&feature),
            ..Part::default()
        };
        past.of_window(&metric::FEATURE_USERS, index, part, stats::count(users));
    }
    retention(&mut past, facts);
    Ok(past.figures)
}

/// Whose figure it is, where it is not everybody's.
#[derive(Debug, Clone, Copy, Default)]
struct Part<'a> {
    release: Option<&'a str>,
    feature: Option<&'a str>,
    cohort: Option<i32>,
}

impl<'a> Part<'a> {
    fn of_release(release: &'a str) -> Self {
        Self {
            release: Some(release),
            ..Self::default()
        }
    }
}

/// Figures under way.
#[derive(Debug)]
struct Past {
    window: Window,
    figures: Vec<PastFigure>,
}

impl Past {
    fn put(&mut self, metric: &Metric, span: (Grain, i32), part: Part<'_>, estimate: Estimate) {
        self.figures.push(PastFigure {
            metric: metric.id.to_owned(),
            grain: span.0,
            start: day_text(span.1),
            release: part.release.map(str::to_owned),
            feature: part.feature.map(str::to_owned),
            cohort: part.cohort.map(day_text),
            estimate,
        });
    }

    fn of_window(&mut self, metric: &Metric, index: i32, part: Part<'_>, estimate: Estimate) {
        let span = (Grain::Window, self.window.first_of(index));
        self.put(metric, span, part, estimate);
    }
}

fn users_by_day(past: &mut Past, facts: &Facts) {
    let metric = &metric::DAILY_ACTIVE_USERS;
    for (day, users) in &facts.activity.users_by_day {
        let estimate = stats::count(*users);
        past.put(metric, (Grain::Day, *day), Part::default(), estimate);
    }
    for ((release, day), users) in &facts.activity.users_by_release_day {
        let part = Part::of_release(release);
        past.put(metric, (Grain::Day, *day), part, stats::count(*users));
    }
}

fn crashes_by_release(past: &mut Past, facts: &Facts) {
    let window = facts.window;
    for ((release, index), crashes) in facts.sessions.by_release_window(window) {
        let share = Measure::of_crashes(crashes).estimate();
        let part = Part::of_release(&release);
        past.of_window(&metric::CRASH_FREE_SESSIONS, index, part, share);
    }
    for ((release, index), crashes) in facts.sessions.users_by_release_window(window) {
        let share = Measure::of_crashes(crashes).estimate();
        let part = Part::of_release(&release);
        past.of_window(&metric::CRASH_FREE_USERS, index, part, share);
    }
}

/// Of everybody who came in a window, the share who were active in it and in each one after.
fn retention(past: &mut Past, facts: &Facts) {
    let back = &facts.people.back;
    let newest = if facts.is_over { 0 } else { -1 };
    for (&(cohort, _), &all) in back.iter().filter(|((cohort, index), _)| cohort == index) {
        let part = Part {
            cohort: Some(past.window.first_of(cohort)),
            ..Part::default()
        };
        for index in cohort..=newest {
            let users = back.get(&(cohort, index)).copied().unwrap_or_default();
            let share = stats::proportion::estimate(users, all);
            past.of_window(&metric::RETENTION_IN_WINDOW, index, part, share);
        }
    }
}
