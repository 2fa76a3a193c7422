//! Words for how releases reach their users.

use analysis::findings::ForecastRecord;

use super::counted;
use crate::number;
use crate::text::clean;

/// A rollout path as people say it.
pub(crate) fn rollout(path: &str) -> String {
    match path {
        "big_bang" => "big bang".to_owned(),
        other => clean(other),
    }
}

/// How forecasts did so far: `48 forecasts so far were off by 2.1 points on average, …`.
pub(crate) fn forecast_record(record: &ForecastRecord) -> String {
    let Some((error, naive)) = record.error.zip(record.naive_error) else {
        return "No forecast has come due yet".to_owned();
    };
    let points = |share: f64| number::fixed(number::percent_figure(share), 1);
    let mut text = format!(
        "{} so far {} off by {} points on average, the share of the week before by {}",
        counted(record.n, "forecast", "forecasts"),
        if record.n == 1 { "was" } else { "were" },
        points(error),
        points(naive)
    );
    if record.intervals > 0 {
        text.push_str(&intervals_held(record));
    }
    text
}

fn intervals_held(record: &ForecastRecord) -> String {
    format!(
        "; {} of {} intervals held what came",
        number::count(record.held),
        number::count(record.intervals)
    )
}
