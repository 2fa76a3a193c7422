//! Releases side by side: a table, and dots with intervals for what can be measured on them.

use analysis::findings::{Change, Estimate, ReleaseRow, Verdict};

use super::ChipView;
use crate::chart::{Dot, interval_dots};
use crate::day;
use crate::number;
use crate::text::clean;
use crate::wording;

/// Most releases in one chart; the table holds all.
const DOTS_MAX: usize = 8;
/// Most releases on a page; the CSV table holds all.
const ROWS_MAX: usize = 20;

/// One release.
pub(crate) struct ReleaseView {
    pub(crate) release: String,
    pub(crate) chip: ChipView,
    pub(crate) why: String,
    pub(crate) first_seen: String,
    pub(crate) share: String,
    pub(crate) share_unit: &'static str,
    pub(crate) users: String,
    pub(crate) authors: String,
    pub(crate) half: String,
    pub(crate) measures: Vec<MeasureView>,
}

/// One measure of a release.
pub(crate) struct MeasureView {
    pub(crate) value: String,
    pub(crate) interval: String,
    pub(crate) n: String,
    pub(crate) change: String,
    pub(crate) tone: &'static str,
}

/// The rows of the table.
pub(crate) fn rows(releases: &[ReleaseRow]) -> Vec<ReleaseView> {
    releases.iter().take(ROWS_MAX).map(view).collect()
}

/// How many releases there are where the table does not hold all.
pub(crate) fn more(releases: &[ReleaseRow]) -> Option<String> {
    (releases.len() > ROWS_MAX).then(|| number::count(wording::size(releases)))
}

fn view(row: &ReleaseRow) -> ReleaseView {
    ReleaseView {
        release: clean(&row.release),
        chip: wording::verdict(row.verdict).into(),
        why: wording::release_reason(row),
        first_seen: match (&row.released_on, &row.first_seen) {
            (Some(on), _) => format!("released {}", day::long(on)),
            (None, Some(seen)) => format!("first seen {}", day::long(seen)),
            (None, None) => String::new(),
        },
        share: row
            .share
            .map_or_else(|| number::ABSENT.to_owned(), number::percent),
        share_unit: wording::share_unit(&row.share_unit),
        users: number::count(row.active_users),
        authors: number::count(row.feedback_authors),
        half: row.days_to_half.map_or_else(
            || number::ABSENT.to_owned(),
            |days| wording::counted(days.into(), "day", "days"),
        ),
        measures: vec![
            measure(
                "crash_free_sessions",
                &row.crash_free_sessions,
                row.crash_free_change.as_ref(),
                row.verdict,
            ),
            measure(
                "rating_mean",
                &row.rating,
                row.rating_change.as_ref(),
                row.verdict,
            ),
            measure(
                "low_rating",
                &row.low_rating,
                row.low_rating_change.as_ref(),
                row.verdict,
            ),
        ],
    }
}

fn measure(id: &str, now: &Estimate, change: Option<&Change>, verdict: Verdict) -> MeasureView {
    let unit = wording::unit_of(id);
    let (words, tone) = match change {
        Some(change) if verdict != Verdict::InsufficientData => {
            let reading = wording::reading_of(change);
            let tone = wording::tone(id, reading);
            let arrow = wording::arrow(reading);
            (
                format!("{arrow} {}", number::change(unit, change)),
                tone.class(),
            )
        }
        _ => (String::new(), "plain"),
    };
    MeasureView {
        value: number::estimate(unit, now),
        interval: number::interval(unit, now).unwrap_or_default(),
        n: number::count(now.n),
        change: words,
        tone,
    }
}

/// What is measured of a release.
type Measured = fn(&ReleaseRow) -> &Estimate;

/// A drawing and what it is about.
pub(crate) struct DotsView {
    pub(crate) heading: String,
    pub(crate) chart: String,
}

/// Crash-free sessions, mean rating or low ratings of the newest releases, where they were measured.
pub(crate) fn dots(releases: &[ReleaseRow]) -> Vec<DotsView> {
    let measures: [(&str, Measured); 3] = [
        ("crash_free_sessions", |row| &row.crash_free_sessions),
        ("rating_mean", |row| &row.rating),
        ("low_rating", |row| &row.low_rating),
    ];
    let drawn = measures
        .into_iter()
        .filter_map(|(id, of)| drawing(id, releases, of));
    drawn.take(2).collect()
}

fn drawing(id: &str, releases: &[ReleaseRow], of: Measured) -> Option<DotsView> {
    let unit = wording::unit_of(id);
    // A release with too few data has an interval so wide that it would hide what the others say.
    let measured = |row: &&ReleaseRow| of(row).value.is_some();
    let judged = |row: &&ReleaseRow| row.verdict != Verdict::InsufficientData;
    let enough = releases.iter().filter(measured).filter(judged).count() > 1;
    let dots: Vec<Dot> = releases
        .iter()
        .filter(|row| !enough || judged(row))
        .filter_map(|row| {
            let estimate = of(row);
            let value = estimate.value?;
            Some(Dot {
                name: clean(&row.release),
                value,
                interval: estimate.low.zip(estimate.high),
                text: number::estimate(unit, estimate),
                n: format!("n = {}", number::count(estimate.n)),
                class: wording::verdict(row.verdict).class,
            })
        })
        .take(DOTS_MAX)
        .collect();
    if dots.len() < 2 {
        return None;
    }
    let name = wording::metric_name(id);
    let title = format!("{name} by release, with 95 % intervals");
    let chart = interval_dots(id, &title, &dots, |value| number::value(unit, value));
    Some(DotsView {
        heading: name,
        chart,
    })
}
