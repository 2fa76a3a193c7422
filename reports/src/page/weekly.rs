//! The page of the weekly report.

use analysis::findings::{LedgerLine, Phrase, WeeklyFindings};
use analysis::metric::Place;
use askama::Template;

use super::adoption::{self, SeriesView, StandView};
use super::delivery::{self, DeliveryView};
use super::features::{self, FeaturesView};
use super::kpis::{self, KpiView};
use super::releases::{self, DotsView, ReleaseView};
use super::retention::{self, RetentionView};
use super::upgrades::{self, UpgradesView};
use super::{ChipView, Definition, Faces, Frame, HeadlineView, definitions};
use crate::Reproduce;
use crate::brand::Brand;
use crate::chart::{rating_bars, split_bar};
use crate::day;
use crate::error::Result;
use crate::markdown;
use crate::number;
use crate::parts::Parts;
use crate::text::clean;
use crate::wording;

/// Most phrases on the page; the CSV table holds all.
const PHRASES_MAX: usize = 16;

/// Most reasons on the page for what one protocol had quarantined.
const REASONS_MAX: usize = 6;
/// The row of what came without a release.
const UNKNOWN: &str = "unknown";

#[derive(Template)]
#[template(
    path = "weekly.html",
    blocks = [
        "headline", "kpis", "adoption", "retention", "releases", "features", "said", "delivery",
        "quality", "definitions"
    ]
)]
struct WeeklyPage {
    frame: Frame,
    title: String,
    lead: Option<HeadlineView>,
    headline: Vec<HeadlineView>,
    newest: Option<(String, ChipView)>,
    kpis: Vec<KpiView>,
    missing: Vec<(String, String)>,
    adoption_chart: String,
    adoption_unit: &'static str,
    adoption: Vec<SeriesView>,
    stands: Vec<StandView>,
    upgrades: UpgradesView,
    retention: Option<RetentionView>,
    features: FeaturesView,
    dots: Vec<DotsView>,
    releases: Vec<ReleaseView>,
    releases_more: Option<String>,
    rating_chart: String,
    ratings: Vec<(String, String, String)>,
    phrases: Vec<PhraseView>,
    phrases_more: Option<String>,
    phrase_n: String,
    delivery: Option<DeliveryView>,
    quality: QualityView,
    definitions: Vec<Definition>,
}

#[derive(Template)]
#[template(path = "weekly.md")]
struct WeeklyMarkdown<'a> {
    page: &'a WeeklyPage,
}

struct PhraseView {
    text: String,
    users: String,
    before: String,
    new: bool,
    share: String,
    interval: String,
    low: String,
    high: String,
    rating: String,
    bar: String,
}

struct QualityView {
    ledger: Vec<LedgerView>,
    feedback: String,
    feedback_unknown: String,
    events: String,
    events_unknown: String,
    clock_flagged: String,
    late: String,
}

struct LedgerView {
    protocol: String,
    received: String,
    stored: String,
    revisions: String,
    duplicate: String,
    quarantined: String,
    balanced: bool,
    reasons: Vec<String>,
}

/// Renders the page.
pub(crate) fn weekly(
    findings: &WeeklyFindings,
    reproduce: &Reproduce,
    brand: &Brand,
) -> Result<Faces> {
    let page = page(findings, reproduce, brand);
    Ok(Faces {
        html: page.render()?,
        markdown: markdown::tidy(&WeeklyMarkdown { page: &page }.render()?),
    })
}

/// Renders the parts of the page.
pub(crate) fn weekly_parts(
    findings: &WeeklyFindings,
    reproduce: &Reproduce,
    brand: &Brand,
) -> Result<Parts> {
    let page = page(findings, reproduce, brand);
    let parts = vec![
        ("headline", page.as_headline().render()?),
        ("kpis", page.as_kpis().render()?),
        ("adoption", page.as_adoption().render()?),
        ("retention", page.as_retention().render()?),
        ("releases", page.as_releases().render()?),
        ("features", page.as_features().render()?),
        ("said", page.as_said().render()?),
        ("delivery", page.as_delivery().render()?),
        ("quality", page.as_quality().render()?),
        ("definitions", page.as_definitions().render()?),
    ];
    let known = findings.releases.iter().map(|row| &row.release);
    let releases = known.filter(|release| *release != UNKNOWN);
    let releases = releases.cloned().collect();
    Ok(Parts::new(&findings.scope, page.title, releases, parts))
}

/// What stands out, the first of it first.
pub(crate) fn headline(findings: &WeeklyFindings) -> Vec<HeadlineView> {
    let lines = findings.headline.iter().map(|found| {
        let line = wording::claim(found);
        HeadlineView {
            text: line.text,
            aside: line.aside,
            class: line.tone.class(),
        }
    });
    lines.collect()
}

fn page(findings: &WeeklyFindings, reproduce: &Reproduce, brand: &Brand) -> WeeklyPage {
    let mut lines = headline(findings).into_iter();
    let lead = lines.next();
    let headline: Vec<HeadlineView> = lines.collect();
    let shown = findings.phrases.len().min(PHRASES_MAX);
    WeeklyPage {
        frame: Frame::new(&findings.scope, reproduce, brand),
        title: day::title(&findings.scope),
        lead,
        headline,
        newest: findings
            .releases
            .iter()
            .find(|row| row.release != UNKNOWN)
            .map(|row| (clean(&row.release), wording::verdict(row.verdict).into())),
        kpis: kpis::filled(findings),
        missing: findings
            .missing
            .iter()
            .map(|missing| (wording::metric_name(&missing.metric), clean(&missing.send)))
            .collect(),
        adoption_chart: adoption::chart(&findings.adoption, &findings.scope.last_day),
        adoption_unit: findings
            .adoption
            .first()
            .map_or("users", |series| wording::share_unit(&series.unit)),
        adoption: adoption::rows(&findings.adoption, &findings.scope.last_day),
        stands: adoption::stands(findings.adoption.iter()),
        upgrades: upgrades::view(findings),
        retention: retention::view(findings),
        features: features::view(&findings.features),
        dots: releases::dots(&findings.releases),
        releases: releases::rows(&findings.releases),
        releases_more: releases::more(&findings.releases),
        rating_chart: rating_chart(findings),
        ratings: rating_rows(findings),
        phrases: phrases(&findings.phrases[..shown]),
        phrases_more: (findings.phrases.len() > shown)
            .then(|| number::count(wording::size(&findings.phrases))),
        phrase_n: findings
            .phrases
            .first()
            .map_or_else(String::new, |phrase| number::count(phrase.share.n)),
        delivery: findings.delivery.as_ref().map(delivery::view),
        quality: quality(findings),
        definitions: definitions(|metric| {
            metric.is_shown_in(Place::WeeklyKpis) || metric.is_shown_in(Place::WeeklyReport)
        }),
    }
}

fn rating_chart(findings: &WeeklyFindings) -> String {
    let ratings = &findings.ratings;
    if ratings
        .now
        .iter()
        .chain(&ratings.before)
        .all(|count| *count == 0)
    {
        return String::new();
    }
    let window = day::window(&findings.scope);
    let whens = (format!("this {window}"), format!("the {window} before"));
    let title = format!("Ratings by stars, {} and {}", whens.0, whens.1);
    let counts = (&ratings.now, &ratings.before);
    rating_bars("ratings", &title, counts, (&whens.0, &whens.1))
}

fn rating_rows(findings: &WeeklyFindings) -> Vec<(String, String, String)> {
    let pairs = findings
        .ratings
        .now
        .iter()
        .zip(&findings.ratings.before)
        .enumerate();
    pairs
        .map(|(index, (now, before))| {
            (
                format!("{} ★", index + 1),
                number::count(*now),
                number::count(*before),
            )
        })
        .rev()
        .collect()
}

fn phrases(phrases: &[Phrase]) -> Vec<PhraseView> {
    let most = phrases.iter().map(|phrase| phrase.users).max().unwrap_or(0);
    let rate = analysis::metric::Unit::Rate;
    phrases
        .iter()
        .enumerate()
        .map(|(index, phrase)| {
            let text = clean(&phrase.text);
            let title = format!(
                "{text}: {}, of whom {} gave 1 or 2 stars and {} gave 4 or 5",
                wording::counted(phrase.users, "user", "users"),
                number::count(phrase.low_users),
                number::count(phrase.high_users)
            );
            let id = format!("phrase{index}");
            PhraseView {
                bar: split_bar(
                    &id,
                    &title,
                    most,
                    phrase.users,
                    phrase.low_users,
                    phrase.high_users,
                ),
                text,
                users: number::count(phrase.users),
                before: number::count(phrase.users_before),
                new: phrase.users_before == 0,
                share: number::estimate(rate, &phrase.share),
                interval: number::interval(rate, &phrase.share).unwrap_or_default(),
                low: number::count(phrase.low_users),
                high: number::count(phrase.high_users),
                rating: phrase
                    .rating
                    .map_or_else(|| number::ABSENT.to_owned(), |mean| number::fixed(mean, 2)),
            }
        })
        .collect()
}

fn quality(findings: &WeeklyFindings) -> QualityView {
    let quality = &findings.quality;
    QualityView {
        ledger: quality.ledger.iter().map(ledger_view).collect(),
        feedback: number::count(quality.feedback),
        feedback_unknown: number::count(quality.feedback_unknown_release),
        events: number::count(quality.events),
        events_unknown: number::count(quality.events_unknown_release),
        clock_flagged: number::count(quality.clock_flagged),
        late: number::count(quality.late),
    }
}

fn ledger_view(line: &LedgerLine) -> LedgerView {
    LedgerView {
        protocol: clean(&line.protocol),
        received: number::count(line.received),
        stored: number::count(line.stored),
        revisions: number::count(line.revisions),
        duplicate: number::count(line.duplicate),
        quarantined: number::count(line.quarantined),
        balanced: [line.stored, line.duplicate, line.quarantined]
            .into_iter()
            .try_fold(line.received, u64::checked_sub)
            == Some(0),
        reasons: line
            .reasons
            .iter()
            .take(REASONS_MAX)
            .map(|(reason, count)| format!("{} {}", number::count(*count), clean(reason)))
            .collect(),
    }
}
