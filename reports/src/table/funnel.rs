//! The table of funnels: a row a step.

use analysis::findings::{FunnelFindings, FunnelResult, FunnelStep};

use super::Kind::{Integer, Number, Text};
use super::columns::{by_window, estimate, window};
use super::{Cell, Layout, Written, col, opt, write};
use crate::error::Result;
use crate::wording;

/// Steps of funnels.
pub(crate) const FUNNEL: Layout = Layout {
    file: "funnel",
    grain: "one step of one funnel in one window",
    key: &["app", "week_start", "week_end", "funnel", "step"],
    columns: by_window![
        col(
            "funnel",
            Text,
            "",
            "What the configuration calls the funnel, else its steps.",
        ),
        col(
            "within_seconds",
            Number,
            "seconds",
            "The time allowed from the first step to the last.",
        ),
        opt(
            "platform",
            Text,
            "",
            "The platform of the first step, where one was asked for.",
        ),
        opt(
            "channel",
            Text,
            "",
            "The channel of the first step, where one was asked for.",
        ),
        opt(
            "release",
            Text,
            "",
            "The release of the first step, where one was asked for.",
        ),
        col("step", Integer, "count", "The step, from 1."),
        col("event", Text, "", "The name of its event."),
        col(
            "users",
            Integer,
            "users",
            "Users who reached it in order and in time.",
        ),
        opt(
            "of_first_ratio",
            Number,
            "ratio",
            "users / users of the first step.",
        ),
        opt(
            "of_first_ci_low",
            Number,
            "ratio",
            "Lower end of the 95 % interval of of_first_ratio.",
        ),
        opt(
            "of_first_ci_high",
            Number,
            "ratio",
            "Upper end of the 95 % interval of of_first_ratio.",
        ),
        opt(
            "of_previous_ratio",
            Number,
            "ratio",
            "users / users of the step before; empty for the first step.",
        ),
        opt(
            "of_previous_ci_low",
            Number,
            "ratio",
            "Lower end of the 95 % interval of of_previous_ratio.",
        ),
        opt(
            "of_previous_ci_high",
            Number,
            "ratio",
            "Upper end of the 95 % interval of of_previous_ratio.",
        ),
        opt(
            "seconds_median",
            Number,
            "seconds",
            "Median time from the step before, of those who reached this one.",
        ),
        opt(
            "seconds_ci_low",
            Number,
            "seconds",
            "Lower end of the 95 % interval of seconds_median.",
        ),
        opt(
            "seconds_ci_high",
            Number,
            "seconds",
            "Upper end of the 95 % interval of seconds_median.",
        ),
        col(
            "left_out",
            Integer,
            "users",
            "Users of the funnel who have time left and are not through: they are in no other column.",
        ),
    ],
};

/// Steps of funnels.
pub(crate) fn funnel(findings: &FunnelFindings) -> Result<Written> {
    let scope = &findings.scope;
    let rows = findings.funnels.iter().flat_map(|funnel| {
        let steps = funnel.steps.iter();
        steps.map(|step| [window(scope), about(funnel), cells(step, funnel)].concat())
    });
    write(&FUNNEL, scope, rows.collect())
}

fn about(funnel: &FunnelResult) -> Vec<Cell> {
    let segment = &funnel.segment;
    vec![
        Cell::text(&wording::funnel_name(funnel)),
        Cell::real(Some(funnel.within_seconds), 3),
        Cell::text_or_empty(segment.platform.as_deref()),
        Cell::text_or_empty(segment.channel.as_deref()),
        Cell::text_or_empty(segment.release.as_deref()),
    ]
}

fn cells(step: &FunnelStep, funnel: &FunnelResult) -> Vec<Cell> {
    let mut cells = vec![
        Cell::Count(u64::from(step.place)),
        Cell::text(&step.event),
        Cell::Count(step.users),
    ];
    cells.extend(estimate(&step.of_first, 6));
    cells.extend(estimate(&step.of_previous, 6));
    cells.extend(estimate(&step.seconds, 6));
    cells.push(Cell::Count(funnel.left_out));
    cells
}
