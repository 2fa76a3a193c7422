//! Findings made readable: self-contained pages, Markdown, CSV summary tables, a workbook, JSON and
//! terminal text.
//!
//! Nothing is computed here. Each number that is shown stands in [`analysis::findings`]; this crate
//! chooses notation (`number`), words (`wording`) and coordinates (`chart`). Rendering reads no
//! clock and no environment, so the same findings give the same bytes.

mod accepted;
mod ahead;
mod answer;
mod backlog;
pub mod board;
mod brand;
mod bundle;
mod chart;
mod day;
mod dictionary;
mod error;
mod export;
mod feedback;
mod funnel;
mod markdown;
mod message;
mod notice;
mod number;
mod page;
mod parts;
mod release_check;
mod simulation;
mod table;
mod text;
mod verdict;
mod wording;
mod workbook;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;

use analysis::findings::{
    ComingNext, HealthFindings, PlanningFindings, ReleaseFindings, ReleaseSeen, Scope, Verdict,
    VerdictHistory, WeeklyFindings,
};
use analysis::metric::{self, Metric};
use serde::Serialize;

pub use accepted::{person_days, release_json, release_text, score_card_json, score_card_text};
pub use ahead::{ahead_json, ahead_text};
pub use answer::{answer_csv_head, answer_csv_row, answer_json_row, answer_table};
pub use backlog::{Preset, backlog_csv};
pub use brand::{Brand, image_kind};
pub use bundle::{Bundle, File};
pub use dictionary::{
    Found, dictionary_csv, dictionary_json, dictionary_markdown, dictionary_text, look_up,
};
pub use error::{Error, Result};
pub use export::{Tracker, plan_export};
pub use feedback::{
    feedback_csv, feedback_json, feedback_text, link_suggestions_csv, link_suggestions_text,
    release_themes_csv, release_themes_text,
};
pub use funnel::{funnel_csv, funnel_json, funnel_text};
pub use message::{Message, weekly_message};
pub use notice::{critical_message, rising_message};
pub use parts::Parts;
pub use release_check::{release_check_json, release_check_text};
pub use simulation::{
    judged_hours_csv, judged_hours_csv_head, judged_hours_table, simulation_csv, simulation_table,
};
pub use verdict::{GithubVerdict, ReleaseGauges};

use crate::page::Faces;
use crate::table::Written;
use crate::workbook::{Lines, Title};

/// How to make a report again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reproduce {
    /// The command line that gives the same bytes from the same table versions.
    pub command: String,
    /// The version of the program.
    pub version: String,
}

/// The weekly report: page, Markdown, JSON, workbook, CSV tables, manifest.
///
/// # Errors
/// [`Error::Page`], [`Error::Json`] or [`Error::Row`]; all are faults of this crate.
pub fn weekly(findings: &WeeklyFindings, reproduce: &Reproduce, brand: &Brand) -> Result<Bundle> {
    let scope = &findings.scope;
    let page = page::weekly(findings, reproduce, brand)?;
    let json = to_json("shipwake.report.weekly.v1", findings, reproduce)?;
    let mut tables = vec![
        table::kpi_weekly(findings)?,
        table::kpi_history(findings)?,
        table::release_health(findings)?,
        table::adoption_daily(scope, findings.adoption.iter())?,
        table::release_adoption(scope, findings.adoption.iter())?,
        table::release_moves(findings)?,
        table::users_behind(findings)?,
        table::retention(findings)?,
        table::active_days(findings)?,
        table::features(scope, &findings.features.rows)?,
        table::feature_candidates(findings)?,
        table::feedback_themes(findings)?,
        table::data_quality(findings)?,
    ];
    if let Some(delivery) = &findings.delivery {
        tables.push(table::delivery(scope, delivery)?);
        tables.push(table::deployments(scope, delivery)?);
    }
    tables.push(table::dictionary(scope)?);
    let report = Rendered {
        stem: stem("weekly", scope, &day::label(scope)),
        manifest: "manifest.json",
        page,
        json,
        sentences: weekly_sentences(findings),
        tables,
    };
    report.gather(scope, reproduce)
}

/// The planning report: page, Markdown, JSON, workbook, the priorities table, manifest. The manifest has a name of its
/// own (`manifest_planning.json`), so that both reports may lie in one folder.
///
/// # Errors
/// [`Error::Page`], [`Error::Json`] or [`Error::Row`]; all are faults of this crate.
pub fn planning(
    findings: &PlanningFindings,
    reproduce: &Reproduce,
    brand: &Brand,
) -> Result<Bundle> {
    let scope = &findings.scope;
    let page = page::planning(findings, reproduce, brand)?;
    let json = to_json("shipwake.report.planning.v1", findings, reproduce)?;
    let tables = vec![table::priorities(findings)?, table::dictionary(scope)?];
    let report = Rendered {
        stem: stem("planning", scope, &day::label(scope)),
        manifest: "manifest_planning.json",
        page,
        json,
        sentences: planning_sentences(findings),
        tables,
    };
    report.gather(scope, reproduce)
}

/// The parts of the weekly report's page.
///
/// # Errors
/// [`Error::Page`] if one can't be rendered.
pub fn weekly_parts(
    findings: &WeeklyFindings,
    reproduce: &Reproduce,
    brand: &Brand,
) -> Result<Parts> {
    page::weekly_parts(findings, reproduce, brand)
}

/// The parts of the planning report's page.
///
/// # Errors
/// [`Error::Page`] if one can't be rendered.
pub fn planning_parts(
    findings: &PlanningFindings,
    reproduce: &Reproduce,
    brand: &Brand,
) -> Result<Parts> {
    page::planning_parts(findings, reproduce, brand)
}

/// The report of one release: page, Markdown, JSON, workbook, CSV tables, manifest. The manifest has a name
/// of its own (`manifest_release.json`).
///
/// # Errors
/// [`Error::Page`], [`Error::Json`] or [`Error::Row`]; all are faults of this crate.
pub fn release(findings: &ReleaseFindings, reproduce: &Reproduce, brand: &Brand) -> Result<Bundle> {
    let scope = &findings.scope;
    let page = page::release(findings, reproduce, brand)?;
    let json = to_json("shipwake.report.release.v1", findings, reproduce)?;
    let series = || findings.adoption.iter().map(|one| &one.series);
    let mut tables = vec![
        table::release_timeline(findings)?,
        table::release_items(findings)?,
        table::release_goals(findings)?,
        table::adoption_by_age(findings)?,
        table::adoption_daily(scope, series())?,
        table::release_adoption(scope, series())?,
        table::release_checks(findings)?,
        table::release_verdicts(findings)?,
        table::release_ratings(findings)?,
    ];
    if let Some(themes) = &findings.themes {
        tables.push(table::release_themes(themes)?);
    }
    tables.push(table::features(scope, &findings.features)?);
    tables.push(table::dictionary(scope)?);
    let report = Rendered {
        stem: stem("release", scope, &findings.release),
        manifest: "manifest_release.json",
        page,
        json,
        sentences: release_sentences(findings),
        tables,
    };
    report.gather(scope, reproduce)
}

/// The parts of the page of one release.
///
/// # Errors
/// [`Error::Page`] if one can't be rendered.
pub fn release_parts(
    findings: &ReleaseFindings,
    reproduce: &Reproduce,
    brand: &Brand,
) -> Result<Parts> {
    page::release_parts(findings, reproduce, brand)
}

/// At most three sentences: how a release is judged, how far it has come, and what is new in what its users
/// say.
#[must_use]
pub fn release_sentences(findings: &ReleaseFindings) -> Vec<String> {
    wording::release_sentences(findings)
}

/// Three sentences: which release got worse and which did not, how far the newest has come, which
/// KPI moved.
#[must_use]
pub fn weekly_sentences(findings: &WeeklyFindings) -> Vec<String> {
    wording::weekly_sentences(findings)
}

/// Five sentences: what the last plan promised against what was observed, what to take next, what a
/// list sorted by score would have lost, what would bring the first cut item in, what may go wrong.
#[must_use]
pub fn planning_sentences(findings: &PlanningFindings) -> Vec<String> {
    wording::planning_sentences(findings)
}

/// The page of what comes next, to be shared: nothing of a single person is on it.
///
/// # Errors
/// [`Error::Page`] if it can't be rendered.
pub fn coming_page(found: &ComingNext) -> Result<Vec<u8>> {
    Ok(page::coming(found)?.into_bytes())
}

/// A plan for the terminal: its sentences, then each item with why it is in or out.
#[must_use]
pub fn plan_text(findings: &PlanningFindings) -> String {
    let mut sentences = wording::planning_sentences(findings);
    sentences.extend(wording::merge_circles(&findings.merge_circles));
    let sentences = sentences.join("\n");
    format!("{sentences}\n\n{}\n", wording::plan_table(findings))
}

/// The findings of a plan as JSON, of which no character steers a terminal or a build log.
///
/// # Errors
/// [`Error::Json`] if the findings can't be written.
pub fn plan_json(findings: &PlanningFindings) -> Result<String> {
    Ok(verdict::json(&serde_json::to_string_pretty(findings)?))
}

/// A health check for the terminal: one line, a table of its checks, then what else is to be known.
#[must_use]
pub fn health_text(findings: &HealthFindings) -> String {
    let notes = wording::health_notes(findings);
    let notes: String = notes.iter().map(|note| format!("\n{note}")).collect();
    format!(
        "{}\n\n{}\n{notes}\n",
        wording::health_line(findings),
        wording::health_table(findings)
    )
}

/// An instant as pages show it.
#[must_use]
pub fn instant_text(at: &str) -> String {
    day::instant(at)
}

/// A health check in one line: state, release, baseline and why.
#[must_use]
pub fn health_line(findings: &HealthFindings) -> String {
    format!("{}\n", wording::health_line(findings))
}

/// A health check as one line for monitors, with `| label=value` figures.
#[must_use]
pub fn health_nagios(findings: &HealthFindings) -> String {
    format!("{}\n", wording::health_nagios(findings))
}

/// A health check as JSON, of which no character steers a terminal or a build log.
///
/// # Errors
/// [`Error::Json`] if the findings can't be written.
pub fn health_json(findings: &HealthFindings) -> Result<String> {
    let mut text = verdict::json(&serde_json::to_string_pretty(findings)?);
    text.push('\n');
    Ok(text)
}

/// A health check as JUnit XML: a test case for the verdict and one for each check.
#[must_use]
pub fn health_junit(findings: &HealthFindings) -> String {
    verdict::junit(findings)
}

/// A health check for GitHub Actions.
#[must_use]
pub fn health_github(findings: &HealthFindings) -> GithubVerdict {
    verdict::github(findings)
}

/// The verdicts that were given, for the terminal.
#[must_use]
pub fn health_history_text(found: &VerdictHistory) -> String {
    verdict::history(found)
}

/// What a chat is told when a verdict changes from the one before.
#[must_use]
pub fn health_notice(findings: &HealthFindings, before: Option<Verdict>) -> String {
    verdict::notice(findings, before)
}

/// The releases of apps, for the terminal.
#[must_use]
pub fn release_list_text(releases: &[ReleaseSeen]) -> String {
    wording::release_list(releases)
}

/// A health check as gauges in the text format of Prometheus.
#[must_use]
pub fn health_prometheus(findings: &HealthFindings) -> String {
    verdict::prometheus(findings)
}

#[derive(Serialize)]
struct Document<'a, F> {
    schema: &'static str,
    reproduce: &'a Reproduce,
    findings: &'a F,
    definitions: Vec<&'static Metric>,
}

fn to_json<F: Serialize>(
    schema: &'static str,
    findings: &F,
    reproduce: &Reproduce,
) -> Result<Vec<u8>> {
    let document = Document {
        schema,
        reproduce,
        findings,
        definitions: metric::computed().collect(),
    };
    let mut bytes = serde_json::to_vec_pretty(&document)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn stem(report: &str, scope: &Scope, label: &str) -> String {
    format!(
        "shipwake_{report}_{}_{}",
        text::file_part(&scope.app),
        text::file_part(label)
    )
}

/// What the charts of a workbook show.
const LINES: &[Lines] = &[
    Lines {
        table: "release_adoption_daily",
        line: "release",
        day: "date",
        value: "adoption_ratio",
        only: &[],
        title: Title::All("Share of each day on a release"),
    },
    Lines {
        table: "kpi_history",
        line: "metric_id",
        day: "start",
        value: "value",
        only: &[
            ("grain", "window"),
            ("release", ""),
            ("feature", ""),
            ("cohort_start", ""),
        ],
        title: Title::Metric,
    },
];

/// A report whose parts are rendered.
struct Rendered {
    /// The name of its files without their endings.
    stem: String,
    /// The name of the manifest.
    manifest: &'static str,
    page: Faces,
    json: Vec<u8>,
    sentences: Vec<String>,
    tables: Vec<Written>,
}

impl Rendered {
    fn gather(self, scope: &Scope, reproduce: &Reproduce) -> Result<Bundle> {
        let Self { stem, tables, .. } = self;
        let file = |ending: &str, bytes: Vec<u8>| File {
            name: format!("{stem}.{ending}"),
            bytes,
        };
        let about = (scope, reproduce, self.sentences.as_slice());
        let mut files = vec![
            file("html", self.page.html.into_bytes()),
            file("md", self.page.markdown.into_bytes()),
            file("json", self.json),
            workbook::workbook(format!("{stem}.xlsx"), about, &tables, LINES)?,
        ];
        let manifest = table::manifest(self.manifest, scope, reproduce, &tables, &files)?;
        files.extend(tables.into_iter().map(|table| table.file));
        files.push(manifest);
        Ok(Bundle { files })
    }
}
