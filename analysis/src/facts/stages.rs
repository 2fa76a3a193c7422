//! The stages of a phased rollout, and the deadline of one that is pulled, as teams write them.

use lake::{Micros, parse_instant};
use serde_json::Value;

/// When each stage begins and the share of the users it is for, in [0, 1], oldest first; stages
/// without an instant or a share say nothing.
///
/// The share is `{"share": 0.25}`, `{"percent": 25}`, or `{"share": "25%"}`; where one plain share is
/// above 1, all of them are percent.
pub(crate) fn stages(sent: &[Value]) -> Vec<(Micros, f64)> {
    let in_percent = sent
        .iter()
        .filter_map(share)
        .any(|share| matches!(share, Share::Plain(value) if value > 1.0));
    let mut stages: Vec<(Micros, f64)> = sent
        .iter()
        .filter_map(|stage| {
            let at = parse_instant(stage.get("at")?.as_str()?).ok()?;
            let share = match share(stage)? {
                Share::Plain(value) if !in_percent => value,
                Share::Plain(value) | Share::Percent(value) => value / 100.0,
            };
            (0.0..=1.0).contains(&share).then_some((at, share))
        })
        .collect();
    stages.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    stages
}

/// By when everybody is to have the release: the last `{"deadline": "2026-10-01T00:00:00Z"}`.
pub(crate) fn deadline(sent: &[Value]) -> Option<Micros> {
    let named = sent
        .iter()
        .filter_map(|stage| stage.get("deadline")?.as_str());
    named.filter_map(|at| parse_instant(at).ok()).max()
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Share {
    Plain(f64),
    Percent(f64),
}

fn share(stage: &Value) -> Option<Share> {
    if let Some(percent) = stage.get("percent") {
        return percent.as_f64().map(Share::Percent);
    }
    let share = stage.get("share")?;
    if let Some(text) = share.as_str() {
        let number = text.trim().strip_suffix('%')?;
        return number.trim().parse().ok().map(Share::Percent);
    }
    share.as_f64().map(Share::Plain)
}
