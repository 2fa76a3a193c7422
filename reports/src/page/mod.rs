//! The pages: views made of finished text, and the templates that lay them out.
//!
//! A page is one file without script and without a request to anywhere. Templates escape all text;
//! only drawings from [`crate::chart`] go in as they are.

mod adoption;
mod coming;
mod delivery;
mod features;
mod kpis;
mod planning;
mod release;
mod releases;
mod retention;
mod risk;
mod score_card;
mod upgrades;
mod weekly;

pub(crate) use coming::coming;
pub(crate) use kpis::{KpiView, filled as kpis};
pub(crate) use planning::{planning, planning_parts};
pub(crate) use release::{release, release_parts};
pub(crate) use releases::{ReleaseView, rows as releases};
pub(crate) use weekly::{headline, weekly, weekly_parts};

use analysis::findings::Scope;
use analysis::metric::{self, Metric};

use crate::Reproduce;
use crate::brand::Brand;
use crate::day;
use crate::text::clean;
use crate::wording;

/// A report as it is read.
pub(crate) struct Faces {
    pub(crate) html: String,
    pub(crate) markdown: String,
}

/// What stands at the head and the foot of each page.
pub(crate) struct Frame {
    /// Whose report it is, and the address of the logo.
    pub(crate) company: String,
    pub(crate) logo: String,
    pub(crate) app: String,
    /// What the report is called.
    pub(crate) kind: &'static str,
    /// What its window is called.
    pub(crate) window: &'static str,
    pub(crate) period: String,
    pub(crate) zone: String,
    pub(crate) environment: String,
    pub(crate) data_through: String,
    pub(crate) as_of: String,
    pub(crate) partial: bool,
    pub(crate) command: String,
    pub(crate) version: String,
    pub(crate) versions: Vec<(String, String)>,
}

impl Frame {
    fn new(scope: &Scope, reproduce: &Reproduce, brand: &Brand) -> Self {
        Self {
            company: brand.company.as_deref().map_or_else(String::new, clean),
            logo: brand.logo.clone().unwrap_or_default(),
            app: clean(&scope.app),
            kind: day::kind(scope),
            window: day::window(scope),
            period: day::range(&scope.first_day, &scope.last_day),
            zone: clean(&scope.zone),
            environment: environment(scope),
            data_through: scope.data_through.as_deref().map_or_else(
                || "no data".to_owned(),
                |at| format!("data to {}", day::instant(at)),
            ),
            as_of: scope.as_of.clone(),
            partial: !scope.complete,
            command: clean(&reproduce.command),
            version: clean(&reproduce.version),
            versions: scope
                .table_versions
                .iter()
                .map(|(table, version)| (clean(table), version.to_string()))
                .collect(),
        }
    }
}

/// The environment, and the part of it that the page speaks of.
pub(crate) fn environment(scope: &Scope) -> String {
    let environment = clean(&scope.environment);
    if scope.segment.is_all() {
        return environment;
    }
    let segment = clean(&scope.segment.to_string());
    format!("{environment} · only {segment}")
}

/// A metric as the page defines it.
pub(crate) struct Definition {
    pub(crate) name: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) formula: &'static str,
    pub(crate) interval: &'static str,
    pub(crate) source: &'static str,
}

fn definitions(shown: impl Fn(&Metric) -> bool) -> Vec<Definition> {
    metric::computed()
        .filter(|metric| shown(metric))
        .map(|metric| Definition {
            name: metric.name,
            meaning: metric.definition,
            formula: metric.formula,
            interval: metric.interval,
            source: metric.source,
        })
        .collect()
}

/// A verdict as shown.
pub(crate) struct ChipView {
    pub(crate) icon: &'static str,
    pub(crate) word: &'static str,
    pub(crate) class: &'static str,
}

impl From<wording::Chip> for ChipView {
    fn from(chip: wording::Chip) -> Self {
        Self {
            icon: chip.icon,
            word: chip.word,
            class: chip.class,
        }
    }
}

/// A sentence of the headline.
pub(crate) struct HeadlineView {
    pub(crate) text: String,
    pub(crate) aside: String,
    pub(crate) class: &'static str,
}
