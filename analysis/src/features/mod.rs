//! Features: which are used, by how many of those who could, how often, and for how long.
//!
//! A feature is a usage event, or the events that a backlog item names together. Users have it from
//! the release on in whose record it stands, else from the oldest on which its event was seen.
//!
//! | question | module |
//! |---|---|
//! | which features there are, and since when | [`catalog`] |
//! | who was active, on which release at the newest | [`audience`] |
//! | who used what on which day | [`uses`] |
//! | when each could first, and did first | [`firsts`] |
//! | the figures of one feature | [`figures`] |
//! | what is shipped and hardly used | [`unused`] |
//!
//! All of it is made of rollups, in numbers: users and events by the numbers of their names, days as
//! days, releases by their place in the one order of releases.

mod audience;
mod catalog;
mod figures;
mod firsts;
#[cfg(test)]
mod tests;
mod unused;
mod uses;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::days::Window;
use crate::error::Result;
use crate::facts::{Facts, Question};
use crate::findings::{FeatureRow, Features};

use catalog::{Feature, Order};
use figures::Figures;
use firsts::Firsts;
use uses::Uses;

/// How far back first uses are looked at, from the end of a window.
const COHORT_DAYS: i32 = 84;

/// The window of those who ask for the last week alone.
const WEEK_DAYS: i32 = 7;

/// What the lists of features hold: the section `[features]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FeatureRules {
    /// How many of the most used features are listed, beside those that are named.
    pub listed: u32,
    /// A shipped feature that a smaller share of its eligible users have used in 30 days is a
    /// candidate to simplify or remove.
    pub used_share_min: f64,
}

impl Default for FeatureRules {
    fn default() -> Self {
        Self {
            listed: 30,
            used_share_min: 0.05,
        }
    }
}

impl FeatureRules {
    /// What does not hold together, each with the key that it is about.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !(0.0..=1.0).contains(&self.used_share_min) {
            problems.push("features.used_share_min must be a share from 0 to 1".to_owned());
        }
        problems
    }
}

/// The days that are looked at.
#[derive(Debug, Clone, Copy)]
struct Span {
    /// The window asked about.
    window: Window,
    /// The first day looked at.
    first: i32,
    /// The first day after those that are known, the last of them maybe in part.
    end: i32,
    /// The first day after those that are known as a whole.
    whole_end: i32,
}

impl Span {
    fn of(question: &Question<'_>, window: Window) -> Self {
        let days = &question.days;
        let end = window.end();
        let cohorts = end.saturating_sub(COHORT_DAYS.saturating_add(window.length));
        let last_day = days.day_of(question.as_of);
        Self {
            window,
            first: cohorts.max(question.known_days().0),
            end: end.min(last_day.saturating_add(1)),
            whole_end: end.min(days.day_of(question.known_until())),
        }
    }
}

/// What is known of features.
#[derive(Debug)]
struct Known<'a> {
    question: &'a Question<'a>,
    facts: &'a Facts,
    span: Span,
    order: Order,
    named: Vec<Feature>,
    uses: Uses,
}

impl<'a> Known<'a> {
    fn load(question: &'a Question<'a>, facts: &'a Facts, window: Window) -> Result<Self> {
        let span = Span::of(question, window);
        let order = Order::of(facts, question.as_of);
        Ok(Self {
            question,
            facts,
            span,
            named: catalog::named(question, facts, &order)?,
            uses: Uses::load(question, facts, &order, span)?,
            order,
        })
    }
}

/// Features of the window, and what is hardly used.
///
/// # Errors
/// When rollups or records cannot be read.
pub(crate) fn features(question: &Question<'_>, facts: &Facts) -> Result<Features> {
    of_window(question, facts, question.window)
}

/// Those features of the window that came with a release: named by its items, in its record, or first
/// seen on it while others were there before.
///
/// # Errors
/// When rollups or records cannot be read.
pub(crate) fn of_release(
    question: &Question<'_>,
    facts: &Facts,
    (release, items): (&str, &[String]),
) -> Result<Vec<FeatureRow>> {
    let is_oldest = facts.order.first().is_none_or(|oldest| oldest == release);
    let came_with = |row: &FeatureRow| {
        let since = row.release.as_deref() == Some(release) && (row.is_recorded || !is_oldest);
        since || row.items.iter().any(|item| items.contains(item))
    };
    let mut rows = features(question, facts)?.rows;
    rows.retain(came_with);
    Ok(rows)
}

/// Features of the last week of the window, and what is hardly used.
///
/// # Errors
/// When rollups or records cannot be read.
pub(crate) fn of_last_week(question: &Question<'_>, facts: &Facts) -> Result<Features> {
    let week = Window {
        first: question.window.end().saturating_sub(WEEK_DAYS),
        length: WEEK_DAYS,
    };
    of_window(question, facts, week)
}

fn of_window(question: &Question<'_>, facts: &Facts, window: Window) -> Result<Features> {
    let mut known = Known::load(question, facts, window)?;
    let listed = usize::try_from(question.settings.features.listed).unwrap_or(usize::MAX);
    let (most_used, used) = known.uses.most_used(listed);
    let mut shown = known.named.clone();
    let named: BTreeSet<&Vec<String>> = known.named.iter().map(|one| &one.events).collect();
    let others = most_used.into_iter().map(Feature::of_event);
    shown.extend(others.filter(|feature| !named.contains(&feature.events)));
    shown.retain(|feature| {
        feature.recorded.is_some() || known.uses.since(&feature.events).is_some()
    });
    let firsts = Firsts::load(&mut known, &shown)?;
    let mut figures = Figures::new(&known, &firsts);
    let mut rows: Vec<FeatureRow> = shown.iter().map(|feature| figures.row(feature)).collect();
    rows.sort_by(|a, b| {
        let most_first = b.users.now.n.cmp(&a.users.now.n);
        most_first.then_with(|| a.feature.cmp(&b.feature))
    });
    Ok(Features {
        rows,
        used,
        unused: unused::of(&known, &firsts),
    })
}
