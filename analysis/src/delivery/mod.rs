//! How releases are delivered: the five DORA keys from release records and marks, cadence and slip,
//! the lag until a release is seen, scope and goals, and whether smaller releases did better.
//!
//! The window is one of its own, some months up to the end of the report's: releases are few. What
//! each figure counts stands in [`crate::metric::of_delivery`].

mod deployments;
mod figures;
mod outcome;
mod recovery;

use std::collections::BTreeMap;

use lake::{BacklogItem, Micros};

use crate::compare::{Comparison, Grounds};
use crate::days::{Window, day_text};
use crate::error::Result;
use crate::facts::records::{self, Mark};
use crate::facts::{Facts, Question};
use crate::findings::{Delivery, DeploymentRow, MissingInput};
use crate::metric;
use crate::releases::Releases;

use deployments::Deployment;

/// Everything that figures of delivery are made of.
struct Evidence<'a> {
    question: &'a Question<'a>,
    facts: &'a Facts,
    marks: BTreeMap<String, Vec<Mark>>,
    /// All, oldest first.
    deployments: Vec<Deployment>,
    window: Window,
    items: BTreeMap<String, BacklogItem>,
    /// When work on an item began.
    starts: BTreeMap<String, Micros>,
    /// Releases of the window beside the one before each.
    comparisons: BTreeMap<String, Comparison>,
    /// Looks at a metric of a release.
    tests: usize,
}

/// How releases were delivered; what to send, where no release has a date.
pub(crate) fn delivery(
    question: &Question<'_>,
    facts: &Facts,
    releases: &Releases,
) -> Result<std::result::Result<Delivery, MissingInput>> {
    let marks = records::marks(question)?;
    let has_date = facts
        .notes
        .values()
        .any(|note| note.planned_at.is_some() || note.released_at.is_some());
    if !has_date && marks.is_empty() {
        return Ok(Err(MissingInput {
            metric: metric::DEPLOYMENTS.id.to_owned(),
            send: metric::DEPLOYMENTS.fed_by.to_owned(),
        }));
    }
    let window = window(question);
    let evidence = Evidence::load((question, facts), marks, window, releases)?;
    let outcomes = evidence.outcomes()?;
    Ok(Ok(Delivery {
        first_day: day_text(window.first),
        last_day: day_text(window.end().saturating_sub(1)),
        window_days: question.settings.delivery_days,
        kpis: figures::all(&evidence, &outcomes),
        deployments: outcomes.iter().rev().map(|one| one.row.clone()).collect(),
    }))
}

/// The deployments of one release, the newest first, as [`delivery`] tells them; `since` is a day before
/// all of them.
pub(crate) fn deployments_of(
    question: &Question<'_>,
    facts: &Facts,
    releases: &Releases,
    (release, since): (&str, i32),
) -> Result<Vec<DeploymentRow>> {
    let usual = window(question);
    let first = usual.first.min(since);
    let window = Window {
        first,
        length: usual.end().saturating_sub(first),
    };
    let marks = records::marks(question)?;
    let evidence = Evidence::load((question, facts), marks, window, releases)?;
    let mut rows = evidence.rows_of(release)?;
    rows.reverse();
    Ok(rows)
}

/// The days up to the end of the window asked about.
fn window(question: &Question<'_>) -> Window {
    let length = i32::try_from(question.settings.delivery_days).unwrap_or(i32::MAX);
    let length = length.clamp(1, 36_600);
    Window {
        first: question.window.end().saturating_sub(length),
        length,
    }
}

impl<'a> Evidence<'a> {
    fn load(
        (question, facts): (&'a Question<'a>, &'a Facts),
        marks: BTreeMap<String, Vec<Mark>>,
        window: Window,
        releases: &Releases,
    ) -> Result<Self> {
        let mut evidence = Self {
            question,
            facts,
            deployments: deployments::all(&facts.notes, &marks, question.as_of),
            marks,
            window,
            items: records::backlog_by_id(question)?,
            starts: records::item_starts(question)?,
            comparisons: BTreeMap::new(),
            tests: 0,
        };
        evidence.compare(releases);
        Ok(evidence)
    }
}

impl Evidence<'_> {
    /// Whether an instant lies in the window.
    fn holds(&self, at: Micros) -> bool {
        self.window.holds(self.question.days.day_of(at))
    }

    /// Deployments of the window, oldest first.
    fn in_window(&self) -> impl Iterator<Item = &Deployment> {
        self.deployments.iter().filter(|one| self.holds(one.at))
    }

    /// Compares the releases that went out in the window with those before them. Of a release that
    /// the report compares by itself the same looks are counted, so that both say the same of it.
    fn compare(&mut self, releases: &Releases) {
        let grounds = Grounds::new(self.facts, self.question.settings);
        let end = self.question.window.end();
        let compared: BTreeMap<String, Comparison> = self
            .in_window()
            .filter_map(|one| Some((one.release.clone(), grounds.compare(&one.release, end)?)))
            .collect();
        let judged = compared
            .values()
            .flat_map(|comparison| &comparison.metrics)
            .filter(|metric| metric.is_judged());
        self.tests = judged.count().max(releases.tests);
        self.comparisons = compared;
    }
}
