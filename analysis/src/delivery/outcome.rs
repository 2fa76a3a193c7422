//! What came of each deployment.

use lake::Micros;

use super::Evidence;
use super::deployments::Deployment;
use super::recovery::{self, Recovery};
use crate::compare::worst;
use crate::days::{day_text, instant_text};
use crate::error::Result;
use crate::facts::records::ReleaseNote;
use crate::findings::{DeploymentRow, Verdict};
use crate::metric;
use crate::score_card;
use crate::stats::quantile;
use crate::status;

const MICROS_PER_HOUR: f64 = 3_600_000_000.0;

/// A hotfix that comes later repairs something else.
const HOTFIX_WITHIN: Micros = 7 * 86_400_000_000;

/// A deployment, its row, and what figures are made of beside it.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub(super) row: DeploymentRow,
    pub(super) is_first: bool,
    /// Hours of each change, and how many were left out since theirs were 0 or below.
    pub(super) lead_hours: Vec<f64>,
    pub(super) leads_left_out: u64,
    /// Items of the scope, of a first deployment that has any.
    pub(super) size: Option<u64>,
    /// Change of the share of low ratings against the release before.
    pub(super) low_rating_change: Option<f64>,
    /// The release was seen before it went out.
    pub(super) is_seen_before: bool,
    /// Items planned that the backlog does not know, and goals with too few data.
    pub(super) items_unknown: u64,
    pub(super) goals_not_judged: u64,
}

/// Hours between two instants.
pub(super) fn hours(from: Micros, to: Micros) -> f64 {
    to.saturating_sub(from) as f64 / MICROS_PER_HOUR
}

impl Evidence<'_> {
    /// What came of the deployments of the window, oldest first.
    pub(super) fn outcomes(&self) -> Result<Vec<Outcome>> {
        self.in_window().map(|one| self.outcome(one)).collect()
    }

    /// The deployments of one release, oldest first.
    pub(super) fn rows_of(&self, release: &str) -> Result<Vec<DeploymentRow>> {
        let of_release = self.in_window().filter(|one| one.release == release);
        of_release.map(|one| Ok(self.outcome(one)?.row)).collect()
    }

    fn outcome(&self, one: &Deployment) -> Result<Outcome> {
        let hotfix = self.hotfix_of(one);
        let failed_by = self.failed_by(one, hotfix);
        let recovery = if failed_by.is_empty() {
            None
        } else {
            self.recovery(one, hotfix)?
        };
        let first_seen = self.facts.first_seen.get(&one.release).copied();
        let comparison = self.comparisons.get(&one.release);
        let low_rating_change = comparison.and_then(|comparison| {
            let mut metrics = comparison.metrics.iter();
            let low = metrics.find(|compared| compared.metric.id == metric::LOW_RATING.id)?;
            Some(low.change.as_ref().filter(|_| low.is_judged())?.absolute)
        });
        let row = DeploymentRow {
            release: one.release.clone(),
            deployed_on: day_text(self.question.days.day_of(one.at)),
            deployed_at: instant_text(one.at),
            known_by: if one.is_marked { "mark" } else { "record" }.to_owned(),
            repairs: one.repairs.clone(),
            failed_by,
            recovery_hours: recovery.map(|recovery| hours(one.at, recovery.at)),
            recovered_by: recovery.map(|recovery| {
                let word = if recovery.is_marked {
                    "restored"
                } else {
                    "sessions"
                };
                word.to_owned()
            }),
            lead_time_hours: None,
            changes: 0,
            lead_time_from: None,
            slip_days: None,
            first_seen_lag_hours: None,
            items_planned: 0,
            items_shipped: 0,
            goals_judged: 0,
            goals_met: 0,
        };
        let mut outcome = Outcome {
            row,
            is_first: one.is_first,
            lead_hours: Vec::new(),
            leads_left_out: 0,
            size: None,
            low_rating_change,
            is_seen_before: one.is_first && first_seen.is_some_and(|seen| seen < one.at),
            items_unknown: 0,
            goals_not_judged: 0,
        };
        if one.is_first {
            outcome.row.first_seen_lag_hours = first_seen
                .filter(|seen| *seen >= one.at)
                .map(|seen| hours(one.at, seen));
            if let Some(note) = self.facts.notes.get(&one.release) {
                self.add_lead(&mut outcome, note, one.at);
                self.add_plan(&mut outcome, note, one)?;
            }
        }
        Ok(outcome)
    }

    /// The deployment that repaired this one, by its own mark, in time.
    fn hotfix_of(&self, failed: &Deployment) -> Option<&Deployment> {
        self.deployments.iter().find(|one| {
            one.repairs.as_ref() == Some(&failed.release)
                && failed.holds(one.at)
                && one.at.saturating_sub(failed.at) <= HOTFIX_WITHIN
        })
    }

    fn failed_by(&self, one: &Deployment, hotfix: Option<&Deployment>) -> Vec<String> {
        let verdict = self.comparisons.get(&one.release).map(|comparison| {
            let metrics = comparison.metrics.iter();
            worst(metrics.map(|compared| compared.verdict(self.tests)))
        });
        let reasons = [
            (one.rolled_back_at.is_some(), "rolled_back"),
            (hotfix.is_some(), "hotfix"),
            (one.is_first && verdict == Some(Verdict::Fail), "verdict"),
        ];
        let given = reasons.into_iter().filter(|(is_so, _)| *is_so);
        given.map(|(_, reason)| reason.to_owned()).collect()
    }

    fn recovery(&self, one: &Deployment, hotfix: Option<&Deployment>) -> Result<Option<Recovery>> {
        if let Some(recovery) = recovery::by_mark(one, &self.marks) {
            return Ok(Some(recovery));
        }
        match recovery::repair(one, hotfix, &self.deployments) {
            Some(repair) => recovery::by_sessions(self.question, one, &repair),
            None => Ok(None),
        }
    }

    /// Lead times of the record's commits; of its items where it has none.
    fn add_lead(&self, outcome: &mut Outcome, note: &ReleaseNote, deployed_at: Micros) {
        let (from, word): (Vec<Micros>, &str) = if note.commits.is_empty() {
            let items = note.scope.iter();
            (
                items
                    .filter_map(|id| self.starts.get(id))
                    .copied()
                    .collect(),
                "items",
            )
        } else {
            (note.commits.clone(), "commits")
        };
        let mut times: Vec<f64> = from.iter().map(|at| hours(*at, deployed_at)).collect();
        let before = times.len();
        times.retain(|hours| *hours > 0.0);
        outcome.leads_left_out = (before - times.len()) as u64;
        times.sort_by(f64::total_cmp);
        outcome.row.lead_time_hours = quantile::median(&times).value;
        outcome.row.changes = times.len() as u64;
        outcome.row.lead_time_from = (!times.is_empty()).then(|| word.to_owned());
        outcome.lead_hours = times;
    }

    /// Slip, scope and goals.
    fn add_plan(&self, outcome: &mut Outcome, note: &ReleaseNote, one: &Deployment) -> Result<()> {
        let day_of = |at| self.question.days.day_of(at);
        outcome.row.slip_days = note
            .planned_at
            .map(|planned| day_of(one.at).saturating_sub(day_of(planned)));
        outcome.size = Some(note.scope.len() as u64).filter(|size| *size > 0);
        let targeted = self.items.values().filter(|item| {
            item.target.as_ref() == Some(&one.release) && !note.scope.contains(&item.item_id)
        });
        let planned: Vec<&str> = note
            .scope
            .iter()
            .chain(targeted.map(|item| &item.item_id))
            .map(String::as_str)
            .collect();
        let known: Vec<&str> = planned
            .iter()
            .filter_map(|id| Some(self.items.get(*id)?.status.as_deref().unwrap_or_default()))
            .collect();
        outcome.row.items_planned = planned.len() as u64;
        outcome.items_unknown = (planned.len() - known.len()) as u64;
        outcome.row.items_shipped = count(known.iter().filter(|word| status::is_shipped(word)));
        let goals = score_card::outcomes(
            self.question,
            self.facts,
            (&one.release, one.at),
            &note.goals,
        )?;
        let is = |word: &str| count(goals.iter().filter(|goal| goal.outcome == word));
        outcome.row.goals_met = is("met");
        outcome.goals_not_judged = is("insufficient_data");
        outcome.row.goals_judged = goals.len() as u64 - outcome.goals_not_judged;
        Ok(())
    }
}

fn count<T>(of: impl Iterator<Item = T>) -> u64 {
    of.count() as u64
}
