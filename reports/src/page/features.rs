//! Which features are used, and which are hardly used.

use analysis::findings::{
    Estimate, FeatureFigure, FeatureRow, Features, UnusedFeature, UnusedFeatures,
};
use analysis::metric::{self, Unit};

use crate::day;
use crate::number;
use crate::text::{clean, short};
use crate::wording;

/// Most features on the page; the CSV table holds all.
const FEATURES_MAX: usize = 20;

/// Most candidates on the page; the CSV table of the week holds more.
const UNUSED_MAX: usize = 15;

/// Longest name on the page.
const NAME_CHARS_MAX: usize = 60;

/// Features of the week.
pub(crate) struct FeaturesView {
    pub(crate) rows: Vec<FeatureView>,
    pub(crate) more: Option<String>,
    pub(crate) used: String,
    pub(crate) unused: UnusedView,
}

/// One feature.
pub(crate) struct FeatureView {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) figures: Vec<FigureView>,
}

/// One figure of a feature.
pub(crate) struct FigureView {
    pub(crate) value: String,
    pub(crate) interval: String,
    pub(crate) n: String,
    pub(crate) aside: String,
    pub(crate) tone: &'static str,
}

/// Candidates to simplify or remove.
pub(crate) struct UnusedView {
    pub(crate) sentence: String,
    pub(crate) period: String,
    pub(crate) rows: Vec<UnusedRow>,
    pub(crate) more: Option<String>,
}

/// One candidate.
pub(crate) struct UnusedRow {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) shipped: String,
    pub(crate) users: String,
    pub(crate) share: String,
    pub(crate) interval: String,
    pub(crate) n: String,
    pub(crate) sure: &'static str,
}

/// The view of a week.
pub(crate) fn view(features: &Features) -> FeaturesView {
    FeaturesView {
        rows: rows(&features.rows),
        more: more(&features.rows),
        used: wording::counted(features.used, "feature was", "features were"),
        unused: unused(&features.unused),
    }
}

/// The features that the page has room for.
pub(crate) fn rows(rows: &[FeatureRow]) -> Vec<FeatureView> {
    rows.iter().take(FEATURES_MAX).map(feature).collect()
}

/// How many features there are where the page does not hold all.
pub(crate) fn more(rows: &[FeatureRow]) -> Option<String> {
    (rows.len() > FEATURES_MAX).then(|| number::count(wording::size(rows)))
}

/// The view of what is hardly used.
pub(crate) fn unused(unused: &UnusedFeatures) -> UnusedView {
    let shown = unused.rows.iter().take(UNUSED_MAX);
    let all = wording::size(&unused.rows).saturating_add(unused.more);
    UnusedView {
        sentence: wording::unused_sentence(unused),
        period: day::range(&unused.first_day, &unused.last_day),
        rows: shown.map(candidate).collect(),
        more: (unused.rows.len() > UNUSED_MAX).then(|| number::count(all)),
    }
}

fn feature(row: &FeatureRow) -> FeatureView {
    let p90 = row.depth_p90.map_or_else(String::new, |most| {
        format!("nine in ten: {} or fewer", number::plain(most))
    });
    let first_use = format!(
        "{} of {} have used it",
        number::count(row.first_users),
        wording::counted(row.first_use_days.n, "user", "users")
    );
    FeatureView {
        name: short(&row.feature, NAME_CHARS_MAX),
        about: about(&row.items, row.release.as_deref(), row.is_recorded),
        figures: vec![
            figure(metric::FEATURE_USERS.id, &row.users),
            figure(metric::FEATURE_ELIGIBLE_SHARE.id, &row.eligible_share),
            FigureView {
                aside: p90,
                ..plain(metric::FEATURE_DEPTH.unit, &row.depth)
            },
            figure(metric::FEATURE_REPEAT_SHARE.id, &row.repeat_share),
            figure(metric::FEATURE_KEPT_SHARE.id, &row.kept_share),
            FigureView {
                n: String::new(),
                aside: first_use,
                interval: days_interval(&row.first_use_days),
                ..plain(metric::FEATURE_FIRST_USE_DAYS.unit, &row.first_use_days)
            },
        ],
    }
}

/// What names it, and since when users have it.
fn about(items: &[String], release: Option<&str>, is_recorded: bool) -> String {
    let mut parts: Vec<String> = Vec::new();
    if !items.is_empty() {
        parts.push(short(&items.join(", "), NAME_CHARS_MAX));
    }
    let since = wording::feature_since(release, is_recorded);
    if !since.is_empty() {
        parts.push(since);
    }
    parts.join(" · ")
}

fn figure(metric: &str, figure: &FeatureFigure) -> FigureView {
    FigureView {
        aside: wording::feature_figure(metric, figure),
        tone: wording::tone(metric, figure.reading).class(),
        ..plain(wording::unit_of(metric), &figure.now)
    }
}

fn plain(unit: Unit, estimate: &Estimate) -> FigureView {
    FigureView {
        value: number::estimate(unit, estimate),
        interval: number::interval(unit, estimate).unwrap_or_default(),
        n: if unit == Unit::Users {
            String::new()
        } else {
            number::count(estimate.n)
        },
        aside: String::new(),
        tone: "plain",
    }
}

/// The interval of a time may be open to above.
fn days_interval(estimate: &Estimate) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), None) => format!("{} or more", number::plain(low)),
        (Some(low), Some(high)) => format!("{} to {}", number::plain(low), number::plain(high)),
        (None, _) => String::new(),
    }
}

fn candidate(row: &UnusedFeature) -> UnusedRow {
    let shipped = day::long(&row.shipped_on);
    UnusedRow {
        name: short(&row.feature, NAME_CHARS_MAX),
        about: clean(&row.items.join(", ")),
        shipped: match row.release.as_deref() {
            Some(release) if row.is_recorded => format!("{shipped}, in {}", clean(release)),
            _ if row.is_recorded => shipped,
            _ => format!("first used {shipped}"),
        },
        users: number::count(row.users),
        share: number::estimate(Unit::Rate, &row.share),
        interval: number::interval(Unit::Rate, &row.share).unwrap_or_default(),
        n: number::count(row.share.n),
        sure: match (row.is_seen, row.is_certain) {
            (false, _) => "no event of it ever came: does the app send it?",
            (true, true) => "yes, the whole interval",
            (true, false) => "not beyond chance",
        },
    }
}
