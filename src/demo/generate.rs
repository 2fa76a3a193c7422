//! The whole sample: everything that the demo's app and team send.

use jiff::civil::Date;
use serde_json::Value;

use super::calendar::{Calendar, anchor};
use super::people::People;
use super::plans;
use super::truth::Truth;
use super::usage::Usage;
use super::voices::Voices;
use super::words::Words;

/// What is sent, as JSON objects in the native form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    pub(super) app: String,
    pub(super) versions: Vec<String>,
    pub(super) capacity_person_days: f64,
    /// For `/v1/events`, oldest first.
    pub(crate) events: Vec<Value>,
    /// For `/v1/feedback`, oldest first; the team's replies last.
    pub(crate) feedback: Vec<Value>,
    /// For `/v1/releases`, oldest first.
    pub(crate) releases: Vec<Value>,
    /// For `/v1/releases/marks`.
    pub(crate) marks: Vec<Value>,
    /// For `/v1/backlog`.
    pub(crate) backlog: Vec<Value>,
}

impl Sample {
    /// Makes the sample whose last week is the last complete one before `today`, a day in UTC. Ids
    /// and content depend on the truth's seed and that week alone.
    ///
    /// # Errors
    /// At the ends of the calendar, and when the files in `sample-data` cannot be read.
    pub(crate) fn generate(today: Date) -> anyhow::Result<Self> {
        Self::of(&Truth::embedded()?, anchor(today)?)
    }

    /// Makes the sample of a truth that ends at `anchor`, a Monday.
    pub(crate) fn of(truth: &Truth, anchor: Date) -> anyhow::Result<Self> {
        let calendar = Calendar::new(anchor, truth.days, &truth.zone)?;
        let words = Words::embedded()?;
        let people = People::new(truth);
        Ok(Self {
            app: truth.app.clone(),
            versions: truth
                .releases
                .iter()
                .map(|release| release.version.clone())
                .collect(),
            capacity_person_days: truth.plan.capacity_person_days,
            events: Usage::new(truth, &people).events(&calendar)?,
            feedback: Voices::new(truth, &people, &words).feedback(&calendar)?,
            releases: plans::releases(truth, &calendar)?,
            marks: plans::marks(truth, &calendar)?,
            backlog: plans::backlog(truth)?,
        })
    }

    /// The app whose keys the sample is sent with.
    pub(crate) fn app(&self) -> &str {
        &self.app
    }

    /// The versions of the releases, oldest first.
    pub(crate) fn versions(&self) -> Vec<String> {
        self.versions.clone()
    }

    /// What the release that is planned next can hold.
    pub(crate) fn capacity_person_days(&self) -> f64 {
        self.capacity_person_days
    }
}
