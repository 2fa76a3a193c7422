//! Configuration: what the service works with, and where each value comes from.
//!
//! A value comes from the first of these that has one: a flag, the environment, the file, the
//! default. The file is `shipwake.toml` in the data folder unless another is named; each of its
//! sections belongs to the crate that works with it, which also says what holds together.
//!
//! Why the data folder is no key of the file: the file is looked for there.

mod reading;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use analysis::{
    ChecklistRule, FeatureRules, FunnelRules, HealthRules, ResponseTargets, SegmentRules,
};
use anyhow::{Context as _, bail};
use ingest::Settings;
use ingest::http::Limits;
use serde::{Deserialize, Serialize};

use crate::brand::ReportSettings;
use crate::cli::Data;
use crate::config::reading::Reading;
pub(crate) use crate::config::reading::Source;
use crate::deliver::NotifySettings;
use crate::schedule::ScheduleSettings;
use crate::serving::ServeSettings;
use crate::tls::TlsSettings;

/// The names of all environment variables that the program reads.
pub(crate) mod env {
    /// The data folder, as `--data`.
    pub(crate) const DATA: &str = "SHIPWAKE_DATA";
    /// The configuration file, as `--config`.
    pub(crate) const CONFIG: &str = "SHIPWAKE_CONFIG";
    /// Where to listen, as `--listen`.
    pub(crate) const LISTEN: &str = "SHIPWAKE_LISTEN";
    /// The zone of days and weeks, as `--zone`.
    pub(crate) const ZONE: &str = "SHIPWAKE_ZONE";
    /// What is logged, in place of `-v`.
    pub(crate) const LOG: &str = "SHIPWAKE_LOG";
    /// The service that is asked, as `--server`.
    pub(crate) const URL: &str = "SHIPWAKE_URL";
    /// The key for it, in place of `--key-file`.
    pub(crate) const KEY: &str = "SHIPWAKE_KEY";
    /// The file that GitHub Actions shows as the summary of a job.
    pub(crate) const GITHUB_STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";
    /// The file of values that a step of GitHub Actions hands on.
    pub(crate) const GITHUB_OUTPUT: &str = "GITHUB_OUTPUT";
}

/// The sections of the file.
const SECTIONS: [&str; 14] = [
    "serve",
    "ingest",
    "http",
    "app",
    "features",
    "segments",
    "health",
    "response",
    "release",
    "checklist",
    "schedule",
    "notify",
    "report",
    "funnel",
];
/// The file in the data folder.
const FILE_NAME: &str = "shipwake.toml";

/// A value that was given on the command line.
#[derive(Debug, Clone)]
pub(crate) struct Flag {
    /// The flag.
    pub(crate) name: &'static str,
    /// Section and key that it stands for.
    pub(crate) key: (&'static str, &'static str),
    /// What was given.
    pub(crate) value: String,
}

/// How releases are made: the section `[release]`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ReleaseSettings {
    /// The environment in which a release is tried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) staging: Option<String>,
}

/// What the service works with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config {
    pub(crate) serve: ServeSettings,
    pub(crate) tls: TlsSettings,
    /// With the rules of each app.
    pub(crate) ingest: Settings,
    pub(crate) http: Limits,
    pub(crate) features: FeatureRules,
    pub(crate) segments: SegmentRules,
    pub(crate) health: HealthRules,
    pub(crate) response: ResponseTargets,
    pub(crate) schedule: ScheduleSettings,
    pub(crate) notify: NotifySettings,
    pub(crate) report: ReportSettings,
    /// What is signed before a release goes out, by name.
    pub(crate) checklist: BTreeMap<String, ChecklistRule>,
    pub(crate) release: ReleaseSettings,
    /// By name.
    pub(crate) funnels: BTreeMap<String, FunnelRules>,
    /// The file that was read, if any.
    pub(crate) file: Option<PathBuf>,
    sources: BTreeMap<String, Source>,
}

impl Config {
    /// Reads the configuration of a data folder.
    ///
    /// # Errors
    /// With every problem that was found, each with its key.
    pub(crate) fn load(data: &Data, flags: Vec<Flag>) -> anyhow::Result<Self> {
        let file = Self::find(data)?;
        let name = file.as_ref().map_or_else(
            || "flags and environment".to_owned(),
            |path| path.display().to_string(),
        );
        let text = match &file {
            Some(path) => std::fs::read_to_string(path)
                .with_context(|| format!("{} cannot be read", path.display()))?,
            None => String::new(),
        };
        let mut reading = Reading::of_file(&text).with_context(|| format!("{name} is no TOML"))?;
        if let Ok(listen) = std::env::var(env::LISTEN) {
            reading.set(
                ("serve", "listen"),
                listen,
                Source::Environment(env::LISTEN),
            );
        }
        for flag in flags {
            reading.set(flag.key, flag.value, Source::Flag(flag.name));
        }
        let mut config = Self {
            // Before the section that it lies in.
            tls: reading.section("serve.tls"),
            serve: reading.section("serve"),
            ingest: reading.section("ingest"),
            http: reading.section("http"),
            features: reading.section("features"),
            segments: reading.section("segments"),
            health: reading.section("health"),
            response: reading.section("response"),
            schedule: reading.section("schedule"),
            notify: reading.section("notify"),
            report: reading.section("report"),
            funnels: reading.named_sections("funnel", "a funnel"),
            checklist: reading.named_sections("checklist", "an item"),
            release: reading.section("release"),
            file,
            sources: BTreeMap::new(),
        };
        config.ingest.apps = reading.named_sections("app", "an app");
        let (sources, mut problems) = reading.end(&SECTIONS);
        config.sources = sources;
        if let Some(folder) = config.file.as_deref().and_then(Path::parent) {
            config.tls.look_in(folder);
            config.notify.look_in(folder);
            config.report.look_in(folder);
        }
        problems.extend(config.problems());
        if !problems.is_empty() {
            bail!(
                "{name} does not hold together:\n  {}",
                problems.join("\n  ")
            );
        }
        Ok(config)
    }

    /// The file that is named, or the one in the data folder where there is one.
    fn find(data: &Data) -> anyhow::Result<Option<PathBuf>> {
        if let Some(named) = &data.config {
            return Ok(Some(named.clone()));
        }
        let path = data.data.join(FILE_NAME);
        let is_there = path
            .try_exists()
            .with_context(|| format!("{} cannot be looked for", path.display()))?;
        Ok(is_there.then_some(path))
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = self.serve.problems();
        problems.extend(self.tls.problems());
        problems.extend(self.ingest.problems());
        problems.extend(self.http.problems());
        problems.extend(self.features.problems());
        problems.extend(self.segments.problems());
        problems.extend(self.health.problems());
        problems.extend(self.response.problems());
        problems.extend(self.schedule.problems());
        problems.extend(self.notify.problems());
        let checklist = self.checklist.iter();
        problems.extend(checklist.filter_map(|(name, rule)| rule.problem(name)));
        for (name, rules) in &self.funnels {
            if let Err(problem) = rules.funnel(name) {
                problems.push(format!("funnel.{name}: {problem}"));
            }
        }
        problems
    }

    /// How many values do not come from the defaults.
    pub(crate) fn values_given(&self) -> usize {
        self.sources.len()
    }

    /// Every value as a file would hold it, and where it comes from.
    ///
    /// # Errors
    /// When a value has no form in TOML.
    pub(crate) fn shown(&self) -> anyhow::Result<String> {
        let mut sections = vec![
            self.shown_section("serve", &self.serve)?,
            self.shown_section("serve.tls", &self.tls)?,
            self.shown_section("ingest", &self.ingest)?,
            self.shown_section("http", &self.http)?,
            self.shown_section("features", &self.features)?,
            self.shown_section("segments", &self.segments)?,
            self.shown_section("health", &self.health)?,
            self.shown_section("response", &self.response)?,
            self.shown_section("release", &self.release)?,
            self.shown_section("schedule", &self.schedule)?,
            self.shown_section("notify", &self.notify)?,
            self.shown_section("report", &self.report)?,
        ];
        for (app, rules) in &self.ingest.apps {
            sections.push(self.shown_section(&format!("app.{app}"), rules)?);
        }
        for (name, rule) in &self.checklist {
            sections.push(self.shown_section(&format!("checklist.{name}"), rule)?);
        }
        for (name, rules) in &self.funnels {
            sections.push(self.shown_section(&format!("funnel.{name}"), rules)?);
        }
        sections.retain(|section| !section.is_empty());
        Ok(sections.join("\n\n"))
    }

    fn shown_section(&self, section: &str, values: &impl Serialize) -> anyhow::Result<String> {
        let table = toml::Table::try_from(values)
            .with_context(|| format!("{section} has no form in TOML"))?;
        let mut lines = Vec::new();
        for (key, value) in table {
            let source = self.sources.get(&format!("{section}.{key}"));
            let source = source.copied().unwrap_or(Source::Default);
            lines.push(format!("{:<42} # {source}", format!("{key} = {value}")));
        }
        if !lines.is_empty() {
            lines.insert(0, format!("[{section}]"));
        }
        Ok(lines.join("\n"))
    }
}

#[cfg(test)]
mod tests;
