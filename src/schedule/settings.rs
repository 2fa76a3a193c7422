//! The section `[schedule]`.

use std::time::Duration;

use analysis::WeekStart;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::timetable::Timetable;
use super::weekly::Weekly;
use crate::deliver::not_an_address;

/// The section `[schedule]`: when the service looks by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ScheduleSettings {
    /// When releases may be looked at, as in cron: five fields, or six with seconds first. Empty is
    /// never.
    pub(crate) health: String,
    /// When the weekly report of each app is made, as in cron. Empty is never.
    pub(crate) weekly: String,
    /// The day on which its weeks start.
    pub(crate) week_start: WeekStart,
    /// The IANA zone of all that, and of the days of the report.
    pub(crate) zone: String,
    /// How often a release is looked at in its first hours, at most.
    #[serde(with = "lake::unit::span")]
    pub(crate) dense_every: Duration,
    /// Memory that an analysis may use, in a process of its own.
    #[serde(with = "lake::unit::bytes")]
    pub(crate) memory_max: u64,
    /// Longest time of an analysis.
    #[serde(with = "lake::unit::span")]
    pub(crate) time_max: Duration,
    /// Address that is told of each run, as healthchecks.io takes it: the code is appended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) heartbeat: Option<String>,
    /// What the code is.
    pub(crate) heartbeat_says: HeartbeatSays,
}

/// What a heartbeat tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HeartbeatSays {
    /// 0 where the run was done, 1 where it failed: that somebody still looks.
    Ran,
    /// The worst verdict: 0 pass, 1 warn, 2 fail, 3 unknown.
    Verdict,
}

impl Default for ScheduleSettings {
    fn default() -> Self {
        Self {
            health: "*/10 * * * *".to_owned(),
            weekly: String::new(),
            week_start: WeekStart::Monday,
            zone: "UTC".to_owned(),
            dense_every: Duration::from_secs(600),
            memory_max: 1 << 30,
            time_max: Duration::from_secs(600),
            heartbeat: None,
            heartbeat_says: HeartbeatSays::Ran,
        }
    }
}

/// Least memory of an analysis.
const MEMORY_BYTES_MIN: u64 = 128 << 20;

impl ScheduleSettings {
    /// When releases may be looked at; `None` is never.
    ///
    /// # Errors
    /// A sentence on what cannot be read.
    pub(crate) fn health_times(&self) -> Result<Option<Timetable>, String> {
        self.times(("health", &self.health))
    }

    /// The day on which weeks start, as the command line takes it.
    ///
    /// # Errors
    /// When it has no form in words, which is a fault of ours.
    pub(crate) fn week_start_word(&self) -> anyhow::Result<String> {
        let word = serde_json::to_value(self.week_start)?;
        Ok(word.as_str().unwrap_or_default().to_owned())
    }

    /// When the weekly report is made, and of which weeks; `None` is never.
    ///
    /// # Errors
    /// A sentence on what cannot be read.
    pub(crate) fn weekly_job(&self) -> Result<Option<Weekly>, String> {
        let timetable = self.times(("weekly", &self.weekly))?;
        Ok(timetable.map(|timetable| Weekly {
            timetable,
            zone: TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC),
            week_start: self.week_start.weekday(),
        }))
    }

    fn times(&self, job: (&str, &str)) -> Result<Option<Timetable>, String> {
        if job.1.trim().is_empty() {
            return Ok(None);
        }
        Timetable::parse(job, &self.zone).map(Some)
    }

    /// What does not hold together.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let wrong = [self.health_times().err(), self.weekly_job().err()];
        let wrong = wrong.into_iter().flatten();
        problems.extend(wrong.map(|problem| format!("schedule.{problem}")));
        if self.memory_max < MEMORY_BYTES_MIN {
            problems.push("schedule.memory_max: an analysis needs 128MiB or more".to_owned());
        }
        if self.time_max.is_zero() {
            problems.push("schedule.time_max: must be longer than nothing".to_owned());
        }
        let heartbeat = self.heartbeat.as_deref();
        problems.extend(heartbeat.and_then(|url| not_an_address("schedule.heartbeat", url)));
        problems
    }
}
