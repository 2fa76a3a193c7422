//! From the words of a question on the command line to the snapshot and the settings that answer it.

use std::collections::BTreeMap;
use std::sync::Arc;

use analysis::period::{self, Period};
use analysis::{FunnelRules, Settings, WeekStart};
use anyhow::{Context as _, bail};
use jiff::Span;
use jiff::tz::TimeZone;
use lake::{Clock as _, Lake, Micros, Snapshot, SystemClock};

use crate::brand::ReportSettings;
use crate::cli::{Data, Question};
use crate::config::Config;

/// A question that can be put: the tables are pinned, the app is known, the moment is fixed.
pub(crate) struct Asked {
    pub(crate) snapshot: Snapshot,
    pub(crate) settings: Settings,
    /// The funnels that the configuration names for the app.
    pub(crate) funnels: BTreeMap<String, FunnelRules>,
    /// Whose reports these are.
    pub(crate) report: ReportSettings,
    pub(crate) zone: TimeZone,
    pub(crate) as_of: Micros,
}

impl Asked {
    pub(crate) fn new(question: &Question, week_start: WeekStart) -> anyhow::Result<Self> {
        let zone = zone(&question.zone)?;
        let as_of = as_of(question.as_of.as_deref())?.unwrap_or_else(|| SystemClock.now());
        let config = Config::load(&question.data, Vec::new())?;
        let snapshot = pin(&question.data)?;
        let app = match &question.app {
            Some(app) => app.clone(),
            None => only_app(&snapshot)?,
        };
        let mut funnels = config.funnels;
        funnels.retain(|_, rules| rules.is_for(&app));
        let settings = Settings {
            app,
            features: config.features,
            segments: config.segments,
            health: config.health,
            response: config.response,
            checklist: config.checklist,
            staging: config.release.staging,
            environment: question.environment.clone(),
            zone: question.zone.clone(),
            week_start,
            ..Settings::default()
        };
        Ok(Self {
            snapshot,
            settings,
            funnels,
            report: config.report,
            zone,
            as_of,
        })
    }

    /// So many days up to the day that it is asked on.
    pub(crate) fn last_days(&self, days: i64) -> anyhow::Result<Period> {
        let last = period::day_of(self.as_of, &self.zone)?;
        let first = last.checked_sub(Span::new().days(days - 1))?;
        Ok(Period::of_days(first, last, &self.zone)?)
    }

    /// The week that `text` names: `last` is the last complete one.
    pub(crate) fn week(&self, text: &str) -> anyhow::Result<Period> {
        let start = self.settings.week_start.weekday();
        let week = if text == "last" {
            period::last_complete_week(self.as_of, &self.zone, start)
        } else {
            period::week_of(text, &self.zone, start)
        };
        week.context("--week cannot be used")
    }
}

/// The zone that `--zone` names.
pub(crate) fn zone(name: &str) -> anyhow::Result<TimeZone> {
    TimeZone::get(name).with_context(|| format!("--zone {name:?} is no IANA zone"))
}

/// The moment that `--as-of` names.
pub(crate) fn as_of(text: Option<&str>) -> anyhow::Result<Option<Micros>> {
    text.map(|text| {
        lake::parse_instant(text)
            .map_err(|problem| anyhow::anyhow!("--as-of {text:?} is {problem}"))
    })
    .transpose()
}

/// Pins one version of each table of a data folder.
pub(crate) fn pin(data: &Data) -> anyhow::Result<Snapshot> {
    let folder = &data.data;
    let there = folder.join("tables").try_exists().unwrap_or(false);
    if !there {
        bail!(
            "there is no data in {}: start `shipwake serve`, import a file, or name another folder \
             with --data",
            folder.display()
        );
    }
    crate::serving::runtime()?.block_on(async {
        let lake = Lake::open(folder, Arc::new(SystemClock))
            .await
            .with_context(|| format!("the tables in {} cannot be opened", folder.display()))?;
        lake.snapshot().await.context("the tables cannot be pinned")
    })
}

/// The app that is named, else the only one of a data folder.
pub(crate) fn app_named(named: Option<&str>, data: &Data) -> anyhow::Result<String> {
    match named {
        Some(app) => Ok(app.to_owned()),
        None => only_app(&pin(data)?),
    }
}

fn only_app(snapshot: &Snapshot) -> anyhow::Result<String> {
    let apps = analysis::apps(snapshot)?;
    match apps.as_slice() {
        [app] => Ok(app.clone()),
        [] => bail!("the tables are empty: send or import something first"),
        several => bail!(
            "there are several apps, name one with --app: {}",
            several.join(", ")
        ),
    }
}
