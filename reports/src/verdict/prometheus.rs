//! Verdicts as gauges in the text format of Prometheus, which is also one of OpenMetrics.

use std::collections::{BTreeMap, VecDeque};

use analysis::findings::HealthFindings;

use crate::text::log_safe;

/// Longest label value.
const LABEL_CHARS_MAX: usize = 200;

/// Name and help of each gauge.
const HEALTH: (&str, &str) = (
    "shipwake_release_health",
    "Verdict on a release: 0 pass, 1 warn, 2 fail, 3 unknown",
);
const CHECK: (&str, &str) = (
    "shipwake_release_check",
    "Verdict on one metric of a release: 0 pass, 1 warn, 2 fail, 3 unknown",
);
const VALUE: (&str, &str) = (
    "shipwake_release_check_value",
    "The metric's estimate on the release, in its own unit; a share is in 0 to 1",
);
const EVALUATED: (&str, &str) = (
    "shipwake_release_health_evaluated_timestamp_seconds",
    "When the verdict was made, Unix time",
);

const RAN: (&str, &str) = (
    "shipwake_last_successful_run_timestamp_seconds",
    "When a scheduled job last did all that was due, Unix time",
);

/// The verdict of one release.
pub(crate) fn prometheus(findings: &HealthFindings) -> String {
    gauges([findings])
}

fn gauges<'a>(all: impl IntoIterator<Item = &'a HealthFindings> + Clone) -> String {
    let mut text = String::new();
    family(&mut text, HEALTH, all.clone(), |found| {
        vec![(String::new(), f64::from(found.verdict.number()))]
    });
    family(&mut text, EVALUATED, all.clone(), |found| {
        let at = found.evaluated_at.parse::<jiff::Timestamp>().ok();
        let seconds = at.map(|at| at.as_duration().as_secs_f64());
        seconds.map(|at| (String::new(), at)).into_iter().collect()
    });
    family(&mut text, CHECK, all.clone(), |found| {
        let checks = found.checks.iter();
        checks
            .map(|check| (of_check(&check.metric), f64::from(check.verdict.number())))
            .collect()
    });
    family(&mut text, VALUE, all, |found| {
        let checks = found.checks.iter();
        checks
            .filter_map(|check| Some((of_check(&check.metric), check.now.value?)))
            .collect()
    });
    text
}

fn of_check(metric: &str) -> String {
    format!(",check=\"{}\"", label(metric))
}

/// All samples of one gauge, under one head.
fn family<'a>(
    text: &mut String,
    (name, help): (&str, &str),
    all: impl IntoIterator<Item = &'a HealthFindings>,
    samples: impl Fn(&HealthFindings) -> Vec<(String, f64)>,
) {
    let lines: Vec<String> = all
        .into_iter()
        .flat_map(|found| {
            let of_release = format!(
                "app=\"{}\",environment=\"{}\",release=\"{}\"",
                label(&found.app),
                label(&found.environment),
                label(&found.release)
            );
            samples(found)
                .into_iter()
                .map(move |(more, value)| format!("{name}{{{of_release}{more}}} {value}\n"))
        })
        .collect();
    if !lines.is_empty() {
        text.extend([format!("# HELP {name} {help}\n# TYPE {name} gauge\n")]);
        text.extend(lines);
    }
}

/// A label's value, escaped as the format asks.
fn label(value: &str) -> String {
    let value = log_safe(value, LABEL_CHARS_MAX);
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    value.replace('\n', "\\n")
}

/// The last verdicts, of at most so many releases an app and environment: those that were judged
/// last.
#[derive(Debug)]
pub struct ReleaseGauges {
    releases_max: usize,
    /// By app and environment, the one judged last in front.
    last: BTreeMap<(String, String), VecDeque<HealthFindings>>,
    /// When the schedule last looked at all that was due, in microseconds of Unix time.
    ran_at: Option<i64>,
}

impl ReleaseGauges {
    /// Nothing judged yet.
    #[must_use]
    pub fn of_at_most(releases_max: usize) -> Self {
        Self {
            releases_max,
            last: BTreeMap::new(),
            ran_at: None,
        }
    }

    /// Takes a verdict in. A release of which nothing was ever seen gets no gauge: anybody may ask
    /// for any name.
    pub fn judged(&mut self, findings: &HealthFindings) {
        if findings.checks.is_empty() {
            return;
        }
        let of = (findings.app.clone(), findings.environment.clone());
        let releases = self.last.entry(of).or_default();
        releases.retain(|known| label(&known.release) != label(&findings.release));
        releases.push_front(findings.clone());
        releases.truncate(self.releases_max);
    }

    /// Notes that the schedule looked at all that was due.
    pub fn ran(&mut self, at: i64) {
        self.ran_at = Some(at);
    }

    /// All gauges as text, empty where nothing was judged.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut all: Vec<&HealthFindings> = self.last.values().flatten().collect();
        all.sort_by(|a, b| {
            let of = |found: &HealthFindings| {
                let (app, release) = (found.app.clone(), found.release.clone());
                (app, found.environment.clone(), release)
            };
            of(a).cmp(&of(b))
        });
        let mut text = gauges(all);
        let ran_at = self
            .ran_at
            .and_then(|at| jiff::Timestamp::from_microsecond(at).ok());
        if let Some(ran_at) = ran_at {
            let (name, help) = RAN;
            let seconds = ran_at.as_duration().as_secs_f64();
            text.extend([
                format!("# HELP {name} {help}\n# TYPE {name} gauge\n"),
                format!("{name}{{job=\"health\"}} {seconds}\n"),
            ]);
        }
        text
    }
}
