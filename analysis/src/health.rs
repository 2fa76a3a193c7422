//! The health check of one release: a single look at it beside its baseline.

use lake::{Micros, Snapshot};

use crate::compare::{Compared, Comparison, Grounds, worst};
use crate::days::{Days, Window, day_text, instant_text};
use crate::error::Result;
use crate::facts::{Facts, Question};
use crate::findings::{Check, HealthFindings, Verdict};
use crate::metric;
use crate::scan::Tables;
use crate::settings::Settings;

/// The release is judged by its first fortnight.
const JUDGED_DAYS: i32 = 14;

/// Judges a release against its baseline, with what happened up to `as_of`.
///
/// The intervals hold for one look: checked again and again, the check would cry wolf more often
/// than it says. Too few data, an unknown release and a release without a baseline are
/// [`Verdict::InsufficientData`], never a pass.
///
/// # Errors
/// [`crate::Error::Scan`] when files cannot be read, [`crate::Error::Zone`] for an unknown zone.
pub fn health(
    snapshot: &Snapshot,
    settings: &Settings,
    release: &str,
    as_of: Micros,
) -> Result<HealthFindings> {
    of_tables(&Tables::of(snapshot), settings, release, as_of)
}

pub(crate) fn of_tables(
    tables: &Tables,
    settings: &Settings,
    release: &str,
    as_of: Micros,
) -> Result<HealthFindings> {
    let days = Days::in_zone(&settings.zone)?;
    let today = days.day_of(as_of);
    // Far enough back to see the release come into use and its baseline before it.
    let length = 13 * 7;
    let window = Window {
        first: today.saturating_sub(length - 1),
        length,
    };
    let question = Question::new(tables, settings, days, (window, 1), as_of)?;
    let facts = Facts::load(&question)?;
    let grounds = Grounds::new(&facts, settings);
    let end = grounds.in_use_from(release).map_or(window.end(), |first| {
        first.saturating_add(JUDGED_DAYS).min(window.end())
    });
    let comparison = grounds.compare(release, end);
    let checks = comparison.as_ref().map(checks).unwrap_or_default();
    let verdict = worst(checks.iter().map(|check| check.verdict));
    Ok(HealthFindings {
        schema: "shipwake.health.v1".to_owned(),
        verdict,
        reason: reason(verdict, release, &facts, comparison.as_ref(), &checks),
        method: "single_look".to_owned(),
        app: settings.app.clone(),
        environment: settings.environment.clone(),
        release: release.to_owned(),
        baseline: comparison
            .as_ref()
            .map(|comparison| comparison.baseline.clone()),
        first_day: comparison
            .as_ref()
            .map(|comparison| day_text(comparison.first_day)),
        last_day: comparison
            .as_ref()
            .map(|comparison| day_text(comparison.end.saturating_sub(1))),
        zone: settings.zone.clone(),
        evaluated_at: instant_text(as_of),
        data_through: facts.data_through.map(instant_text),
        checks,
    })
}

fn checks(comparison: &Comparison) -> Vec<Check> {
    let tests = comparison
        .metrics
        .iter()
        .filter(|compared| compared.is_judged())
        .count();
    comparison
        .metrics
        .iter()
        .map(|compared| {
            let verdict = compared.verdict(tests);
            Check {
                metric: compared.metric.id.to_owned(),
                verdict,
                now: compared.now.clone(),
                before: compared.before.clone(),
                change: compared.change.clone(),
                min_n: compared.min_n,
                reason: check_reason(compared, verdict),
            }
        })
        .collect()
}

fn check_reason(compared: &Compared, verdict: Verdict) -> String {
    match verdict {
        Verdict::Pass => "not worse than the baseline beyond chance".to_owned(),
        Verdict::Warn if compared.contradicted => {
            "worse than the baseline in its own first days, but not over the same days".to_owned()
        }
        Verdict::Warn => {
            "worse than the baseline, but little, or chance is not excluded".to_owned()
        }
        Verdict::Fail => "worse than the baseline beyond chance".to_owned(),
        Verdict::InsufficientData => format!(
            "needs {} on each side, has {} and {}",
            compared.min_n, compared.now.n, compared.before.n
        ),
    }
}

fn reason(
    verdict: Verdict,
    release: &str,
    facts: &Facts,
    comparison: Option<&Comparison>,
    checks: &[Check],
) -> String {
    let Some(comparison) = comparison else {
        return if facts.first_seen.contains_key(release) {
            format!("release {release} has no earlier release with enough data to compare with")
        } else {
            format!("nothing was seen of release {release}")
        };
    };
    let named = |wanted: Verdict| -> String {
        let names: Vec<String> = checks
            .iter()
            .filter(|check| check.verdict == wanted)
            .map(|check| {
                let metric = metric::by_id(&check.metric);
                metric.map_or(check.metric.clone(), |metric| metric.name.to_lowercase())
            })
            .collect();
        names.join(", ")
    };
    let baseline = &comparison.baseline;
    let said = match verdict {
        Verdict::Pass => format!("not worse than {baseline} by {}", named(Verdict::Pass)),
        Verdict::Warn => format!(
            "worse than {baseline} by {}, not surely",
            named(Verdict::Warn)
        ),
        Verdict::Fail => format!(
            "worse than {baseline} beyond chance by {}",
            named(Verdict::Fail)
        ),
        Verdict::InsufficientData => return format!("too few data beside {baseline}"),
    };
    match named(Verdict::InsufficientData) {
        unjudged if unjudged.is_empty() => said,
        unjudged => format!("{said}; too few data for {unjudged}"),
    }
}
