//! Sentences of the weekly report.

use analysis::findings::{
    Change, Claim, Estimate, Kpi, Reading, ReleaseRow, Verdict, WeeklyFindings,
};

use super::{
    Tone, change, counted, denominator, metric_inline, metric_name, reading_of, share_unit, tone,
    unit_of,
};
use crate::number;
use crate::text::{clean, listed};

/// A sentence and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The sentence, without a full stop.
    pub(crate) text: String,
    /// Interval and n behind it; empty where there are none.
    pub(crate) aside: String,
    /// Good or bad news.
    pub(crate) tone: Tone,
}

impl Line {
    pub(super) fn new(text: String, tone: Tone) -> Self {
        Self {
            text,
            aside: String::new(),
            tone,
        }
    }

    /// The whole sentence, for a terminal.
    pub(crate) fn sentence(&self) -> String {
        if self.aside.is_empty() {
            format!("{}.", self.text)
        } else {
            format!("{} ({}).", self.text, self.aside)
        }
    }
}

/// Words a claim of the headline.
pub(crate) fn claim(claim: &Claim) -> Line {
    match claim {
        Claim::ReleaseWorse {
            release,
            baseline,
            metric,
            now,
            before,
            change,
        } => {
            let found = moved(metric, now, before, change, reading_of(change));
            let (release, baseline) = (clean(release), clean(baseline));
            Line {
                text: format!("{release} got worse than {baseline}: {}", found.0),
                aside: found.1,
                tone: Tone::Bad,
            }
        }
        Claim::NoReleaseWorse { compared } => Line::new(no_release_worse(compared), Tone::Good),
        Claim::KpiMoved {
            metric,
            reading,
            now,
            before,
            change,
        } => {
            let found = moved(metric, now, before, change, *reading);
            Line {
                text: capital(&found.0),
                aside: found.1,
                tone: tone(metric, *reading),
            }
        }
        Claim::Adoption {
            release,
            unit,
            share,
            days,
            days_to_half,
        } => Line::new(
            adoption(release, unit, *share, *days, *days_to_half),
            Tone::Plain,
        ),
        Claim::TooFewData { feedback, sessions } => Line::new(
            format!(
                "Too few data to compare anything: {} and {} in the window",
                counted(*feedback, "piece of feedback", "pieces of feedback"),
                counted(*sessions, "session", "sessions"),
            ),
            Tone::Plain,
        ),
    }
}

/// `crash-free sessions fell by 2.9 pp to 96.1% from 99.0%`, and its interval and n.
pub(super) fn moved(
    id: &str,
    now: &Estimate,
    before: &Estimate,
    found: &Change,
    reading: Reading,
) -> (String, String) {
    let unit = unit_of(id);
    let name = metric_inline(id);
    let size = number::change_size(unit, found);
    let (to, from) = (number::estimate(unit, now), number::estimate(unit, before));
    let verb = match reading {
        Reading::Rose => format!("rose by {size} to {to} from {from}"),
        Reading::Fell => format!("fell by {size} to {to} from {from}"),
        Reading::NoDetectableChange => format!("showed no detectable change at {to}"),
        Reading::Counted => match found.relative {
            Some(ratio) => format!("changed by {} to {to} from {from}", number::relative(ratio)),
            None => format!("changed to {to} from {from}"),
        },
        Reading::InsufficientData | Reading::NoInput => format!("stood at {to}"),
    };
    let mut aside = Vec::new();
    if let Some(interval) = number::change_interval(unit, found) {
        aside.push(format!("95% interval {interval}"));
    }
    if !denominator(id).is_empty() {
        aside.push(format!(
            "n = {} against {}",
            number::count(now.n),
            number::count(before.n)
        ));
    }
    (format!("{name} {verb}"), aside.join("; "))
}

fn no_release_worse(compared: &[String]) -> String {
    let names: Vec<String> = compared.iter().map(|release| clean(release)).collect();
    match names.as_slice() {
        [] => "No release had enough data to be compared".to_owned(),
        [one] => format!("{one} is not worse than its baseline beyond chance"),
        many => format!(
            "{} are not worse than their baselines beyond chance",
            listed(many)
        ),
    }
}

fn adoption(release: &str, unit: &str, share: f64, days: u32, half: Option<u32>) -> String {
    let after = match days {
        0 => "on the day it was first seen".to_owned(),
        1 => "1 day after it was first seen".to_owned(),
        n => format!("{n} days after it was first seen"),
    };
    let reached = match half {
        Some(0) => "half of them were on it the same day".to_owned(),
        Some(1) => "half of them were on it after 1 day".to_owned(),
        Some(n) => format!("half of them were on it after {n} days"),
        None => "it has not reached half of them".to_owned(),
    };
    format!(
        "{} is used by {} of {} {after}; {reached}",
        clean(release),
        number::percent(share),
        share_unit(unit),
    )
}

/// Why a release has its verdict, in a few words.
pub(crate) fn release_reason(row: &ReleaseRow) -> String {
    let against = row.baseline.as_deref().map(clean);
    match (row.verdict, against) {
        (Verdict::InsufficientData, None) => "no release before it to compare with".to_owned(),
        (Verdict::InsufficientData, Some(baseline)) => format!(
            "too few against {baseline} ({}, {})",
            counted(row.rating.n, "rating", "ratings"),
            counted(row.crash_free_sessions.n, "session", "sessions"),
        ),
        (Verdict::Pass, Some(baseline)) => format!("not worse than {baseline} beyond chance"),
        (Verdict::Pass, None) => "nothing speaks against it".to_owned(),
        (Verdict::Warn | Verdict::Fail, baseline) => {
            let parts: Vec<String> = row.worse_by.iter().map(|id| worse_part(row, id)).collect();
            let why = match (parts.is_empty(), row.verdict) {
                (true, _) => "worse by the estimate, chance not excluded".to_owned(),
                (false, Verdict::Warn) => {
                    format!("{}: little, or chance not excluded", listed(&parts))
                }
                (false, _) => listed(&parts),
            };
            baseline.map_or(why.clone(), |baseline| format!("{why}, against {baseline}"))
        }
    }
}

fn worse_part(row: &ReleaseRow, id: &str) -> String {
    let found = match id {
        "rating_mean" => row.rating_change.as_ref(),
        "low_rating" => row.low_rating_change.as_ref(),
        "crash_free_sessions" => row.crash_free_change.as_ref(),
        _ => None,
    };
    let name = metric_inline(id);
    match found {
        None => name,
        // A warning is no claim: the estimate is shown, and no verb says that it fell or rose.
        Some(found) if row.verdict == Verdict::Warn => {
            let (unit, estimate) = (unit_of(id), number::change(unit_of(id), found));
            match number::change_interval(unit, found) {
                Some(interval) => format!("{name} {estimate} ({interval})"),
                None => format!("{name} {estimate}"),
            }
        }
        Some(found) => format!("{name} {}", change(id, found, reading_of(found))),
    }
}

/// Three sentences for the terminal: which release got worse and which did not, how far the newest
/// has come, and which KPI moved.
pub(crate) fn weekly_sentences(findings: &WeeklyFindings) -> Vec<String> {
    vec![
        releases_sentence(findings),
        adoption_sentence(findings),
        kpi_sentence(findings),
    ]
}

fn releases_sentence(findings: &WeeklyFindings) -> String {
    let named = |verdict: Verdict| -> Vec<String> {
        let rows = findings
            .releases
            .iter()
            .filter(|row| row.verdict == verdict);
        rows.map(|row| clean(&row.release)).collect()
    };
    let fine = named(Verdict::Pass);
    let mut parts: Vec<String> = findings
        .headline
        .iter()
        .filter(|found| matches!(found, Claim::ReleaseWorse { .. }))
        .map(|found| claim(found).sentence())
        .collect();
    if parts.is_empty() {
        let worse = findings
            .releases
            .iter()
            .filter(|row| row.verdict == Verdict::Fail);
        parts.extend(worse.map(|row| {
            format!(
                "{} got worse: {}.",
                clean(&row.release),
                release_reason(row)
            )
        }));
    }
    if parts.is_empty() {
        parts.push(format!("{}.", no_release_worse(&fine)));
    } else if !fine.is_empty() {
        let are = if fine.len() == 1 { "is" } else { "are" };
        parts.push(format!(
            "{} {are} not worse than before beyond chance.",
            listed(&fine)
        ));
    }
    parts.join(" ")
}

fn adoption_sentence(findings: &WeeklyFindings) -> String {
    let claimed = findings
        .headline
        .iter()
        .find(|found| matches!(found, Claim::Adoption { .. }));
    if let Some(found) = claimed {
        return claim(found).sentence();
    }
    let newest = findings.adoption.first().and_then(|series| {
        let point = series.points.last()?;
        let text = adoption(
            &series.release,
            &series.unit,
            point.share,
            point.days_since_first_seen,
            series.days_to_half,
        );
        Some(Line::new(text, Tone::Plain).sentence())
    });
    newest.unwrap_or_else(|| "No release is named in the data, so adoption is unknown.".to_owned())
}

fn kpi_sentence(findings: &WeeklyFindings) -> String {
    let claimed: Vec<String> = findings
        .headline
        .iter()
        .filter(|found| matches!(found, Claim::KpiMoved { .. }))
        .map(|found| claim(found).sentence())
        .collect();
    if !claimed.is_empty() {
        return claimed.join(" ");
    }
    let moved_kpi = |kpi: &&Kpi| matches!(kpi.reading, Reading::Rose | Reading::Fell);
    if let Some((kpi, found)) = findings
        .kpis
        .iter()
        .find(moved_kpi)
        .and_then(|kpi| Some((kpi, kpi.change.as_ref()?)))
    {
        let (text, aside) = moved(&kpi.metric, &kpi.now, &kpi.before, found, kpi.reading);
        return Line {
            text: capital(&text),
            aside,
            tone: Tone::Plain,
        }
        .sentence();
    }
    if let Some(few) = findings
        .headline
        .iter()
        .find(|found| matches!(found, Claim::TooFewData { .. }))
    {
        return claim(few).sentence();
    }
    let steady: Vec<String> = findings
        .kpis
        .iter()
        .filter(|kpi| kpi.reading == Reading::NoDetectableChange)
        .map(|kpi| {
            let unit = unit_of(&kpi.metric);
            format!(
                "{} {}",
                metric_name(&kpi.metric),
                number::estimate(unit, &kpi.now)
            )
        })
        .collect();
    if steady.is_empty() {
        "No KPI could be compared with what was before.".to_owned()
    } else {
        format!("No KPI changed beyond chance: {}.", listed(&steady))
    }
}

pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
