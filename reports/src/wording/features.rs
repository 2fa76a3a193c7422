//! Words for whether what was built is used.

use analysis::findings::{FeatureFigure, Reading, UnusedFeatures};

use super::{change, counted, too_few};
use crate::number;
use crate::text::clean;

/// The reading of a figure of a feature against the week before; empty where nothing was there.
pub(crate) fn feature_figure(metric: &str, figure: &FeatureFigure) -> String {
    match (figure.reading, &figure.change) {
        (_, None) | (Reading::NoInput, _) => String::new(),
        (Reading::InsufficientData, _) => too_few(&figure.now, &figure.before),
        (reading, Some(found)) => change(metric, found, reading),
    }
}

/// Since when users have a feature: `since 4.2.0`, or `seen from 4.2.0 on` where no record says so.
pub(crate) fn feature_since(release: Option<&str>, is_recorded: bool) -> String {
    match release {
        Some(release) if is_recorded => format!("since {}", clean(release)),
        Some(release) => format!("seen from {} on", clean(release)),
        None => String::new(),
    }
}

/// What the list of hardly used features says as a whole.
pub(crate) fn unused_sentence(unused: &UnusedFeatures) -> String {
    let days = unused.days;
    if unused.judged == 0 {
        return format!(
            "No feature has been out for {days} days with enough users who could use it."
        );
    }
    let below = u64::try_from(unused.rows.len()).unwrap_or(u64::MAX);
    let below = below.saturating_add(unused.more);
    format!(
        "Of {} that {} been out for {days} days, {} used in the last {days} by fewer than {} of \
         those who could.",
        counted(unused.judged, "feature", "features"),
        if unused.judged == 1 { "has" } else { "have" },
        match below {
            0 => "none was".to_owned(),
            1 => "1 was".to_owned(),
            more => format!("{} were", number::count(more)),
        },
        number::percent(unused.share_min)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_says_of_how_many_it_speaks() {
        let unused = |judged, more| UnusedFeatures {
            share_min: 0.05,
            days: 30,
            judged,
            more,
            ..UnusedFeatures::default()
        };
        let check = |judged, more, expected: &str| {
            assert_eq!(unused_sentence(&unused(judged, more)), expected);
        };
        check(
            0,
            0,
            "No feature has been out for 30 days with enough users who could use it.",
        );
        check(
            12,
            0,
            "Of 12 features that have been out for 30 days, none was used in the last 30 by fewer \
             than 5.0% of those who could.",
        );
        check(
            1,
            1,
            "Of 1 feature that has been out for 30 days, 1 was used in the last 30 by fewer than \
             5.0% of those who could.",
        );
    }
}
