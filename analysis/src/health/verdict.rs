//! From the checks of a release to one verdict, and one sentence.

use super::hours::{Hour, start_of};
use super::rates::JudgedRate;
use super::rules::{Gate, HealthRules};
use crate::days::instant_text;
use crate::findings::{Check, State, Verdict};
use crate::metric;

/// What the verdict follows from.
pub(super) struct Grounds<'a> {
    pub(super) rules: &'a HealthRules,
    pub(super) baseline: String,
    pub(super) checks: &'a [Check],
    /// The check on crashes.
    pub(super) crashes: Option<&'a JudgedRate>,
    /// What is wrong with the data.
    pub(super) problems: Vec<String>,
    /// Until when anything arrived, where that is too long ago.
    pub(super) stale_since: Option<String>,
    pub(super) superseded_by: Option<&'a str>,
    pub(super) now: Hour,
}

/// A verdict with its reasons.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) verdict: Verdict,
    pub(super) state: State,
    pub(super) score: Option<u8>,
    pub(super) reason: String,
    pub(super) notes: Vec<String>,
    pub(super) first_alarm_at: Option<String>,
    pub(super) hidden: Option<f64>,
    pub(super) decides_at: Option<String>,
}

impl Said {
    fn bare(state: State, reason: String) -> Self {
        Self {
            verdict: state.verdict(None, 0.0),
            state,
            score: None,
            reason,
            notes: Vec::new(),
            first_alarm_at: None,
            hidden: None,
            decides_at: None,
        }
    }

    pub(super) fn no_data(reason: String) -> Self {
        Self::bare(State::NoData, reason)
    }

    pub(super) fn insufficient(reason: String) -> Self {
        Self::bare(State::InsufficientData, reason)
    }

    /// The verdict of a release that could be compared.
    pub(super) fn of(grounds: Grounds<'_>) -> Self {
        let state = state(&grounds);
        let verdict = verdict(&grounds, state);
        let hidden = grounds.crashes.and_then(|crashes| crashes.check.hidden);
        let is_open = matches!(state, State::Monitoring | State::InsufficientData);
        let is_open = is_open && hidden.is_none_or(|hidden| hidden > grounds.rules.max_hidden);
        let undecided = grounds.crashes.filter(|_| is_open);
        let decides_at =
            undecided.and_then(|crashes| decision(crashes, grounds.rules, grounds.now));
        let alarms = grounds
            .checks
            .iter()
            .filter(|check| check.verdict == Verdict::Fail);
        let notes = grounds.problems.iter().cloned();
        let notes = notes.chain(stale(&grounds)).collect();
        Self {
            verdict,
            state: grounds.superseded_by.map_or(state, |_| State::Superseded),
            score: score(grounds.checks),
            reason: reason(&grounds, state, verdict, (hidden, decides_at.as_deref())),
            notes,
            first_alarm_at: alarms
                .filter_map(|check| check.first_alarm_at.clone())
                .min(),
            hidden,
            decides_at,
        }
    }
}

fn is_judged(check: &&Check) -> bool {
    !matches!(check.state, State::NoData | State::InsufficientData)
}

/// The worst of what could be judged; a critical check that could not be keeps anything better back.
fn state(grounds: &Grounds<'_>) -> State {
    if !grounds.problems.is_empty() {
        return State::InvalidData;
    }
    let worst = grounds
        .checks
        .iter()
        .filter(is_judged)
        .map(|check| check.state)
        .max();
    let lacking = grounds
        .checks
        .iter()
        .filter(|check| check.critical && !is_judged(check));
    let lacking = lacking.map(|check| check.state).max();
    match (worst, lacking) {
        (Some(worst), Some(lacking)) if worst < State::Watch => lacking,
        (Some(worst), _) => worst,
        (None, lacking) => lacking.unwrap_or(State::InsufficientData),
    }
}

fn verdict(grounds: &Grounds<'_>, state: State) -> Verdict {
    if grounds.stale_since.is_some()
        || matches!(
            state,
            State::InvalidData | State::NoData | State::InsufficientData
        )
    {
        return Verdict::InsufficientData;
    }
    let verdicts = grounds
        .checks
        .iter()
        .filter(is_judged)
        .map(|check| check.verdict);
    let worst = verdicts
        .filter(|verdict| *verdict != Verdict::InsufficientData)
        .max();
    let worst = worst.unwrap_or(Verdict::InsufficientData);
    let critical = || grounds.checks.iter().filter(|check| check.critical);
    let is_open = match grounds.rules.gate {
        Gate::Seen => critical().any(|check| check.verdict == Verdict::InsufficientData),
        Gate::Proved => {
            let proved = [State::ProvedHealthy, State::Improved];
            critical().any(|check| !proved.contains(&check.state))
        }
    };
    if worst == Verdict::Pass && is_open {
        return Verdict::InsufficientData;
    }
    worst
}

/// By weight: 100 for a pass, 50 for a warning, 0 for a fail.
fn score(checks: &[Check]) -> Option<u8> {
    let points = |check: &Check| match check.verdict {
        Verdict::Pass => Some(100.0),
        Verdict::Warn => Some(50.0),
        Verdict::Fail => Some(0.0),
        Verdict::InsufficientData => None,
    };
    let judged = checks
        .iter()
        .filter_map(|check| Some((check.weight, points(check)?)));
    let (weights, sum) = judged.fold((0.0, 0.0), |(weights, sum), (weight, points)| {
        (weights + weight, sum + weight * points)
    });
    let score: f64 = sum / weights;
    (0..=100_u8).find(|whole| f64::from(*whole) >= score.floor() && weights > 0.0)
}

/// What would have been seen: the least rise, where the rate may be above the baseline's at all.
pub(super) fn seen_by_now(of: &str, hidden: f64) -> String {
    if hidden <= 1.0 {
        return format!("any rise {of}would have been seen by now");
    }
    format!("a rise {of}to ×{hidden:.2} or more would have been seen by now")
}

/// When, at the traffic of the last day, a rise to `max_hidden` would be seen.
///
/// An event between arms of which the new one has the share `q` of the exposure tells a ratio of 1 from
/// one of `r` by `q ln(q/p) + (1 − q) ln((1 − q)/(1 − p))`, `p = rq/(1 − q + rq)`, on average (Kullback
/// and Leibler 1951); it takes `ln(1/β)` of that, and about 1.5 more for not knowing `r`.
fn decision(crashes: &JudgedRate, rules: &HealthRules, now: Hour) -> Option<String> {
    const FOR_NOT_KNOWING: f64 = 1.5;
    let (events, share) = crashes.last_day;
    let ratio = rules.max_hidden;
    if events == 0 || !(share > 0.0 && share < 1.0) || ratio <= 1.0 {
        return None;
    }
    let moved = ratio * share / (1.0 - share + ratio * share);
    let told = share * (share / moved).ln() + (1.0 - share) * ((1.0 - share) / (1.0 - moved)).ln();
    let needed = ((1.0 / rules.beta).ln() + FOR_NOT_KNOWING) / told;
    let missing = (needed - crashes.events as f64).max(0.0);
    let hours = (missing / (events as f64 / 24.0)).ceil().max(1.0);
    let hours = (1..=HOURS_AHEAD_MAX).find(|whole| *whole as f64 >= hours)?;
    Some(instant_text(start_of(now.saturating_add(hours))))
}

/// Further ahead the traffic of a day says nothing.
const HOURS_AHEAD_MAX: Hour = 90 * 24;

fn stale(grounds: &Grounds<'_>) -> Option<String> {
    let since = grounds.stale_since.as_deref()?;
    let hours = grounds.rules.max_age.as_secs().div_ceil(3600);
    Some(format!(
        "stale data: nothing arrived since {since}, longer before this look than the {hours} h that are allowed"
    ))
}

fn names(checks: &[Check], wanted: impl Fn(&Check) -> bool) -> String {
    let name = |check: &Check| {
        let metric = metric::by_id(&check.metric);
        metric.map_or(check.metric.clone(), |metric| metric.name.to_lowercase())
    };
    let named: Vec<String> = checks
        .iter()
        .filter(|check| wanted(check))
        .map(name)
        .collect();
    named.join(", ")
}

/// By what a release fails: its limits, and its baseline.
fn failing(baseline: &str, checks: &[Check]) -> String {
    let is_past = |check: &Check| {
        let guardrail = check.guardrail.as_ref();
        guardrail.is_some_and(|guardrail| guardrail.crossed_at.is_some())
    };
    let fails = |check: &Check| check.verdict == Verdict::Fail;
    let past = names(checks, |check| fails(check) && is_past(check));
    let worse = names(checks, |check| fails(check) && !is_past(check));
    let said = [
        (past, "past its limit beyond chance by ".to_owned()),
        (worse, format!("worse than {baseline} beyond chance by ")),
    ];
    let said = said.into_iter().filter(|(names, _)| !names.is_empty());
    said.map(|(names, words)| words + &names)
        .collect::<Vec<_>>()
        .join("; ")
}

fn reason(
    grounds: &Grounds<'_>,
    state: State,
    verdict: Verdict,
    (hidden, decides_at): (Option<f64>, Option<&str>),
) -> String {
    let (baseline, checks) = (&grounds.baseline, grounds.checks);
    if let Some(problem) = grounds.problems.first() {
        return format!("the data cannot be judged: {problem}");
    }
    if let Some(stale) = stale(grounds) {
        return stale;
    }
    if state == State::NoData {
        return "nothing came from the release in the last day".to_owned();
    }
    let of = |wanted: Verdict| names(checks, |check| check.verdict == wanted);
    let said = match verdict {
        Verdict::Fail => failing(baseline, checks),
        Verdict::Warn if state == State::Inconclusive => {
            format!("beside {baseline} the window ended undecided")
        }
        Verdict::Warn if state == State::Recovered => {
            format!("was worse than {baseline} beyond chance, and is not any more")
        }
        Verdict::Warn => format!("worse than {baseline} by {}, not surely", of(Verdict::Warn)),
        Verdict::Pass => match hidden {
            Some(hidden) => {
                format!(
                    "not worse than {baseline}: {}",
                    seen_by_now("of the crash rate ", hidden)
                )
            }
            None => format!("not worse than {baseline} by {}", of(Verdict::Pass)),
        },
        Verdict::InsufficientData => {
            let first = checks
                .iter()
                .find(|check| check.critical)
                .or(checks.first());
            let why = first.map_or("nothing is told of it", |check| check.reason.as_str());
            let when = decides_at.map_or_else(String::new, |at| {
                format!("; at the traffic of the last day it is decided by {at}")
            });
            return format!("too few data beside {baseline}: {why}{when}");
        }
    };
    match names(checks, |check| !is_judged(&check)) {
        unjudged if unjudged.is_empty() => said,
        unjudged => format!("{said}; too few data for {unjudged}"),
    }
}
