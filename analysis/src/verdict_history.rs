//! The verdicts that were given: what was said of each release, when it changed, and how often a
//! release that was fine had been flagged.

use std::collections::BTreeMap;

use lake::{Micros, Snapshot, Table, columns};
use polars::prelude::Expr;

use crate::days::instant_text;
use crate::error::Result;
use crate::findings::{PastVerdict, Verdict, VerdictHistory};
use crate::scan::{Tables, collect, of_app};
use crate::settings::Settings;
use crate::stats;

const COLUMNS: [&str; 13] = [
    columns::APP,
    columns::ENVIRONMENT,
    columns::VERSION,
    columns::VERDICT,
    columns::STATE,
    columns::CHANGED_FROM,
    columns::REVISION_NUMBER,
    columns::REASON,
    columns::BASELINE,
    columns::SCORE,
    columns::EVALUATED_AT,
    columns::DATA_THROUGH,
    columns::POSITION,
];

/// The verdicts up to `as_of`, the oldest first; of one release, where it is named. The calibration
/// is of all of them.
///
/// # Errors
/// [`crate::Error::Scan`] when files cannot be read.
pub fn verdict_history(
    snapshot: &Snapshot,
    settings: &Settings,
    release: Option<&str>,
    as_of: Micros,
) -> Result<VerdictHistory> {
    of_tables(&Tables::of(snapshot), settings, release, as_of)
}

pub(crate) fn of_tables(
    tables: &Tables,
    settings: &Settings,
    release: Option<&str>,
    as_of: Micros,
) -> Result<VerdictHistory> {
    let mut rows = read(tables, settings, as_of)?;
    let mut by_release: BTreeMap<&str, Vec<Verdict>> = BTreeMap::new();
    for row in &rows {
        by_release
            .entry(&row.release)
            .or_default()
            .push(row.verdict);
    }
    let fine: Vec<&Vec<Verdict>> = by_release
        .values()
        .filter(|verdicts| verdicts.last() == Some(&Verdict::Pass))
        .collect();
    let is_flag = |verdict: &Verdict| matches!(verdict, Verdict::Warn | Verdict::Fail);
    let flagged = fine.iter().filter(|all| all.iter().any(is_flag)).count();
    let flagged_while_fine = stats::proportion::estimate(flagged as u64, fine.len() as u64);
    rows.retain(|row| release.is_none_or(|release| row.release == release));
    Ok(VerdictHistory {
        schema: "shipwake.health.history.v1".to_owned(),
        app: settings.app.clone(),
        environment: settings.environment.clone(),
        verdicts: rows,
        flagged_while_fine,
    })
}

fn read(tables: &Tables, settings: &Settings, as_of: Micros) -> Result<Vec<PastVerdict>> {
    let of_app: Expr = of_app(&settings.app, &settings.environment);
    let query = tables.all(Table::Verdicts, &COLUMNS)?.filter(of_app);
    let frame = collect(Table::Verdicts, query)?;
    let text = |name: &str| frame.texts(name);
    let (versions, words) = (text(columns::VERSION)?, text(columns::VERDICT)?);
    let (states, befores) = (text(columns::STATE)?, text(columns::CHANGED_FROM)?);
    let (reasons, baselines) = (text(columns::REASON)?, text(columns::BASELINE)?);
    let scores = frame.numbers(columns::SCORE)?;
    let whole = |name: &str| frame.integers(name);
    let (evaluated, through) = (whole(columns::EVALUATED_AT)?, whole(columns::DATA_THROUGH)?);
    let (revisions, positions) = (whole(columns::REVISION_NUMBER)?, whole(columns::POSITION)?);
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let mut rows = Vec::new();
    for row in 0..frame.rows() {
        let found = (
            versions.get(row),
            words.get(row).and_then(Verdict::from_word),
            evaluated.get(row).filter(|at| *at <= as_of),
        );
        let (Some(version), Some(verdict), Some(at)) = found else {
            continue;
        };
        let past = PastVerdict {
            release: version.to_owned(),
            revision: revisions.get(row).unwrap_or_default(),
            verdict,
            state: owned(states.get(row)),
            changed_from: befores.get(row).and_then(Verdict::from_word),
            reason: reasons.get(row).unwrap_or_default().to_owned(),
            baseline: owned(baselines.get(row)),
            score: scores.get(row),
            evaluated_at: instant_text(at),
            data_through: through.get(row).map(instant_text),
        };
        rows.push(((at, positions.get(row).unwrap_or_default()), past));
    }
    rows.sort_by_key(|(order, _)| *order);
    Ok(rows.into_iter().map(|(_, past)| past).collect())
}
