//! Which KPIs have their input in the data, and what would fill the others.

use analysis::metric::{self, Group};
use analysis::period::{self, Period};
use anyhow::Context as _;
use jiff::ToSpan as _;

use crate::question::Asked;

/// Days that are looked at in full; what came before counts as input, too, as in a weekly report.
const DAYS: i64 = 28;

/// How findings name the release of what came without one.
const UNKNOWN: &str = "unknown";

/// The columns of the text: where the second begins, and where lines end.
const SECOND: usize = 35;
const WIDTH: usize = 80;

/// A KPI's name, and what to send for it, where it has nothing.
struct Input {
    name: &'static str,
    wanted: Option<String>,
}

/// The answer as text.
pub(crate) fn told(asked: &Asked) -> anyhow::Result<String> {
    let last = period::day_of(asked.as_of, &asked.zone)?;
    let first = last
        .checked_sub((DAYS - 1).days())
        .context("--as-of is at the calendar's end")?;
    let period = Period::of_days(first, last, &asked.zone)?;
    let findings = analysis::weekly(&asked.snapshot, &asked.settings, &period, asked.as_of)?;
    let mut inputs: Vec<Input> = metric::weekly_kpis()
        .map(|metric| {
            let missing = findings
                .missing
                .iter()
                .find(|missing| missing.metric == metric.id);
            Input {
                name: metric.name,
                wanted: missing.map(|missing| wanted(&missing.metric, &missing.send)),
            }
        })
        .collect();
    let has_release = findings.releases.iter().any(|row| row.release != UNKNOWN);
    let by_release = "the version with each event and each piece of feedback: the comments of \
                      `shipwake quickstart` say how";
    inputs.push(Input {
        name: "Adoption by release",
        wanted: (!has_release).then(|| by_release.to_owned()),
    });
    let heading = format!(
        "App {} in {}, up to {last}.",
        asked.settings.app, asked.settings.environment
    );
    Ok(text(&heading, &inputs))
}

fn text(heading: &str, inputs: &[Input]) -> String {
    let mut lines = vec![heading.to_owned()];
    let filled: Vec<&str> = inputs
        .iter()
        .filter(|input| input.wanted.is_none())
        .map(|input| input.name)
        .collect();
    if !filled.is_empty() {
        lines.extend([String::new(), "Has its input".to_owned()]);
        lines.extend(filled.iter().map(|name| format!("  {name}")));
    }
    if filled.len() < inputs.len() {
        let (left, right) = ("Has none yet", "What would fill it");
        lines.extend([String::new(), format!("{left:SECOND$}{right}")]);
    }
    for input in inputs {
        let Some(wanted) = &input.wanted else {
            continue;
        };
        let mut name = input.name;
        for line in wrapped(wanted, WIDTH - SECOND) {
            lines.push(format!("  {name:width$}{line}", width = SECOND - 2));
            name = "";
        }
    }
    lines.join("\n")
}

/// What to send, and what sends it.
fn wanted(id: &str, send: &str) -> String {
    let group = metric::by_id(id).map(|metric| metric.group);
    let by = if group == Some(Group::Users) {
        "any SDK"
    } else if group == Some(Group::Sessions) {
        "posthog-js, or a Sentry SDK"
    } else if id == metric::CRASH_FREE_SESSIONS.id || id == metric::CRASH_FREE_USERS.id {
        "a Sentry SDK with its release set"
    } else if id == metric::RATING_MEAN.id || id == metric::LOW_RATING.id {
        "`shipwake import reviews`"
    } else if id == metric::CSAT.id {
        "the widget, data-kind=\"csat\" or \"emoji\""
    } else if id == metric::NPS.id {
        "the widget, data-kind=\"nps\", or a PostHog survey"
    } else if id == metric::FEEDBACK_VOLUME.id {
        "the widget, a form, a survey, `shipwake import`"
    } else {
        return send.to_owned();
    };
    format!("{send}: {by}")
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
