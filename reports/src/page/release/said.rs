//! What users of the release said: how they rate it beside the earlier ones, and what they talk about.

use analysis::findings::{RatedRelease, ReleaseFindings, ReleaseTheme};
use analysis::metric::{self, Unit};

use crate::chart::{Dot, interval_dots};
use crate::day;
use crate::number;
use crate::text::{clean, short};
use crate::wording;

/// Most themes on the page, and most quotes of each; the CSV table holds all themes.
const THEMES_MAX: usize = 15;
const QUOTES_MAX: usize = 3;
/// Longest quote and longest name of a theme on the page.
const QUOTE_CHARS_MAX: usize = 220;
const NAME_CHARS_MAX: usize = 80;

/// The section.
pub(super) struct SaidView {
    pub(super) chart: String,
    pub(super) days: String,
    pub(super) ratings: Vec<RatingView>,
    /// What moved against the baseline, with its class.
    pub(super) moves: Vec<(String, &'static str)>,
    pub(super) against: String,
    pub(super) period: String,
    pub(super) themes: Vec<ThemeView>,
    pub(super) themes_more: Option<String>,
    pub(super) unmatched: String,
}

/// A release and its ratings.
pub(super) struct RatingView {
    pub(super) release: String,
    pub(super) period: String,
    pub(super) mean: String,
    pub(super) mean_interval: String,
    pub(super) low: String,
    pub(super) low_interval: String,
    pub(super) n: String,
}

/// A theme.
pub(super) struct ThemeView {
    pub(super) name: String,
    pub(super) phrases: String,
    pub(super) standing: &'static str,
    pub(super) is_new: bool,
    pub(super) share: String,
    pub(super) interval: String,
    pub(super) n: String,
    pub(super) before: String,
    pub(super) before_n: String,
    pub(super) change: String,
    pub(super) low: String,
    pub(super) high: String,
    pub(super) quotes: Vec<String>,
}

pub(super) fn view(findings: &ReleaseFindings) -> SaidView {
    let ratings = &findings.ratings;
    let themes = findings.themes.as_ref();
    let listed = themes.map_or(&[][..], |found| found.themes.as_slice());
    let against: Vec<String> = themes
        .iter()
        .flat_map(|found| &found.against)
        .map(|name| clean(name))
        .collect();
    SaidView {
        chart: chart(&ratings.rows),
        days: wording::counted(ratings.days.into(), "day", "days"),
        ratings: ratings.rows.iter().map(rating).collect(),
        moves: moves(findings),
        against: crate::text::listed(&against),
        period: themes.map_or_else(String::new, |found| {
            day::range(&found.scope.first_day, &found.scope.last_day)
        }),
        themes: listed.iter().take(THEMES_MAX).map(theme).collect(),
        themes_more: (listed.len() > THEMES_MAX).then(|| number::count(wording::size(listed))),
        unmatched: themes.map_or_else(String::new, wording::unmatched),
    }
}

/// What is said of ratings against the baseline.
fn moves(findings: &ReleaseFindings) -> Vec<(String, &'static str)> {
    let ratings = &findings.ratings;
    let Some(baseline) = ratings.baseline.as_deref().map(clean) else {
        return Vec::new();
    };
    let compared = ratings.compared.iter().filter_map(|by| {
        let name = wording::metric_name(&by.metric);
        let change = by.change.as_ref()?;
        let said = match by.reading {
            analysis::findings::Reading::InsufficientData => wording::too_few(&by.now, &by.before),
            reading => wording::change(&by.metric, change, reading),
        };
        let text = format!("{name} against {baseline}: {said}");
        Some((text, wording::tone(&by.metric, by.reading).class()))
    });
    compared.collect()
}

fn rating(row: &RatedRelease) -> RatingView {
    let mean = metric::RATING_MEAN.unit;
    RatingView {
        release: clean(&row.release),
        period: day::range(&row.first_day, &row.last_day),
        mean: number::estimate(mean, &row.rating),
        mean_interval: number::interval(mean, &row.rating).unwrap_or_default(),
        low: number::estimate(Unit::Rate, &row.low_rating),
        low_interval: number::interval(Unit::Rate, &row.low_rating).unwrap_or_default(),
        n: number::count(row.rating.n),
    }
}

/// The drawing; empty where fewer than two releases were rated.
fn chart(rows: &[RatedRelease]) -> String {
    let unit = metric::RATING_MEAN.unit;
    let dots: Vec<Dot> = rows
        .iter()
        .enumerate()
        .filter_map(|(place, row)| {
            Some(Dot {
                name: clean(&row.release),
                value: row.rating.value?,
                interval: row.rating.low.zip(row.rating.high),
                text: number::estimate(unit, &row.rating),
                n: format!("n = {}", number::count(row.rating.n)),
                class: if place == 0 { "own" } else { "other" },
            })
        })
        .collect();
    if dots.len() < 2 {
        return String::new();
    }
    let title = "Mean rating of each release in its own first days, with 95 % intervals";
    interval_dots("rated", title, &dots, |value| number::value(unit, value))
}

fn theme(theme: &ReleaseTheme) -> ThemeView {
    let rest = theme.phrases.iter().filter(|phrase| **phrase != theme.name);
    let rest: Vec<String> = rest.map(|phrase| clean(phrase)).collect();
    let quotes = theme.quotes.iter().take(QUOTES_MAX);
    ThemeView {
        name: short(&theme.name, NAME_CHARS_MAX),
        phrases: short(&rest.join(", "), NAME_CHARS_MAX),
        standing: wording::standing(&theme.standing),
        is_new: matches!(theme.standing.as_str(), "new" | "rising"),
        share: number::estimate(Unit::Rate, &theme.share),
        interval: number::interval(Unit::Rate, &theme.share).unwrap_or_default(),
        n: number::count(theme.share.n),
        before: number::estimate(Unit::Rate, &theme.share_before),
        before_n: number::count(theme.share_before.n),
        change: theme.change.as_ref().map_or_else(String::new, |change| {
            let size = number::change(Unit::Rate, change);
            number::change_interval(Unit::Rate, change)
                .map_or(size.clone(), |interval| format!("{size} ({interval})"))
        }),
        low: number::count(theme.low_users),
        high: number::count(theme.high_users),
        quotes: quotes
            .map(|quote| short(&quote.text, QUOTE_CHARS_MAX))
            .collect(),
    }
}
