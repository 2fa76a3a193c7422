//! The health of the release now, and the verdicts that were given on it.

use analysis::findings::{Check, NewError, PastVerdict, ReleaseFindings};
use analysis::metric::Unit;

use super::super::ChipView;
use crate::day;
use crate::number;
use crate::text::{clean, short};
use crate::wording;

/// Most verdicts and new errors on the page; the CSV table holds all verdicts.
const VERDICTS_MAX: usize = 40;
const ERRORS_MAX: usize = 12;
/// Longest name of an error on the page.
const NAME_CHARS_MAX: usize = 80;

/// The section.
pub(super) struct HealthView {
    pub(super) chip: ChipView,
    pub(super) reason: String,
    pub(super) state: String,
    pub(super) baseline: String,
    pub(super) users: String,
    pub(super) sessions: String,
    pub(super) score: String,
    pub(super) checks: Vec<CheckView>,
    pub(super) notes: Vec<String>,
    pub(super) errors: Vec<ErrorView>,
    pub(super) errors_more: Option<String>,
    pub(super) verdicts: Vec<VerdictView>,
    pub(super) verdicts_more: Option<String>,
}

/// One check.
pub(super) struct CheckView {
    pub(super) name: String,
    pub(super) critical: bool,
    pub(super) chip: ChipView,
    /// The release, and what it is compared with.
    pub(super) sides: [SideView; 2],
    pub(super) difference: String,
    pub(super) ratio: String,
    pub(super) reason: String,
}

/// What a check found on one side.
pub(super) struct SideView {
    pub(super) value: String,
    pub(super) interval: String,
    pub(super) n: String,
}

/// An error that came with the release.
pub(super) struct ErrorView {
    pub(super) name: String,
    pub(super) users: String,
    pub(super) share: String,
    pub(super) interval: String,
    pub(super) n: String,
    pub(super) times: String,
    pub(super) since: String,
}

/// A verdict that was given.
pub(super) struct VerdictView {
    pub(super) at: String,
    pub(super) chip: ChipView,
    pub(super) state: String,
    pub(super) reason: String,
    pub(super) baseline: String,
}

pub(super) fn view(findings: &ReleaseFindings) -> HealthView {
    let health = &findings.health;
    let (verdicts, errors) = (&findings.verdicts, &health.new_errors);
    HealthView {
        chip: wording::verdict(health.verdict).into(),
        reason: clean(&health.reason),
        state: health.state.as_str().replace('_', " "),
        baseline: health
            .baseline
            .as_deref()
            .map_or_else(|| number::ABSENT.to_owned(), clean),
        users: number::count(health.data.users),
        sessions: number::count(health.data.sessions),
        score: health.score.map_or_else(
            || number::ABSENT.to_owned(),
            |score| number::count(score.into()),
        ),
        checks: health.checks.iter().map(check).collect(),
        notes: health.notes.iter().map(|note| clean(note)).collect(),
        errors: errors.iter().take(ERRORS_MAX).map(error).collect(),
        errors_more: (errors.len() > ERRORS_MAX).then(|| number::count(wording::size(errors))),
        verdicts: verdicts
            .iter()
            .rev()
            .take(VERDICTS_MAX)
            .map(verdict)
            .collect(),
        verdicts_more: (verdicts.len() > VERDICTS_MAX)
            .then(|| number::count(wording::size(verdicts))),
    }
}

fn check(check: &Check) -> CheckView {
    let unit = wording::unit_of(&check.metric);
    let side = |estimate| SideView {
        value: number::estimate(unit, estimate),
        interval: number::interval(unit, estimate).unwrap_or_default(),
        n: number::count(estimate.n),
    };
    CheckView {
        name: wording::metric_name(&check.metric),
        critical: check.critical,
        chip: wording::verdict(check.verdict).into(),
        sides: [side(&check.now), side(&check.before)],
        difference: wording::difference(check),
        ratio: wording::ratio_of(check),
        reason: clean(&check.reason),
    }
}

fn error(error: &NewError) -> ErrorView {
    ErrorView {
        name: short(&error.name, NAME_CHARS_MAX),
        users: number::count(error.users),
        share: number::estimate(Unit::Rate, &error.per_user),
        interval: number::interval(Unit::Rate, &error.per_user).unwrap_or_default(),
        n: number::count(error.per_user.n),
        times: number::count(error.errors),
        since: error
            .first_at
            .as_deref()
            .map_or_else(|| number::ABSENT.to_owned(), day::instant),
    }
}

fn verdict(past: &PastVerdict) -> VerdictView {
    VerdictView {
        at: day::instant(&past.evaluated_at),
        chip: wording::verdict(past.verdict).into(),
        state: past
            .state
            .as_deref()
            .map_or_else(String::new, |state| clean(&state.replace('_', " "))),
        reason: clean(&past.reason),
        baseline: past.baseline.as_deref().map_or_else(String::new, clean),
    }
}
