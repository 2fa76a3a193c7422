//! The page of the release report. Each section is a block of its template, so that one may stand alone.

mod adoption;
mod health;
mod record;
mod said;

use analysis::findings::ReleaseFindings;
use analysis::metric;
use askama::Template;

use super::features::{self, FeatureView};
use super::{ChipView, Definition, Faces, Frame, HeadlineView, definitions};
use crate::Reproduce;
use crate::brand::Brand;
use crate::error::Result;
use crate::markdown;
use crate::parts::Parts;
use crate::text::clean;
use crate::wording;

use adoption::AdoptionView;
use health::HealthView;
use record::{RecordView, ScopeView};
use said::SaidView;

#[derive(Template)]
#[template(
    path = "release.html",
    blocks = [
        "headline", "record", "scope", "adoption", "health", "said", "features", "definitions"
    ]
)]
struct ReleasePage {
    frame: Frame,
    release: String,
    earlier: String,
    lead: Option<HeadlineView>,
    headline: Vec<HeadlineView>,
    status: ChipView,
    record: RecordView,
    scope: ScopeView,
    adoption: AdoptionView,
    health: HealthView,
    said: SaidView,
    features: Vec<FeatureView>,
    features_more: Option<String>,
    definitions: Vec<Definition>,
}

#[derive(Template)]
#[template(path = "release.md")]
struct ReleaseMarkdown<'a> {
    page: &'a ReleasePage,
}

/// Renders the page.
pub(crate) fn release(
    findings: &ReleaseFindings,
    reproduce: &Reproduce,
    brand: &Brand,
) -> Result<Faces> {
    let page = page(findings, reproduce, brand);
    Ok(Faces {
        html: page.render()?,
        markdown: markdown::tidy(&ReleaseMarkdown { page: &page }.render()?),
    })
}

/// Renders the parts of the page.
pub(crate) fn release_parts(
    findings: &ReleaseFindings,
    reproduce: &Reproduce,
    brand: &Brand,
) -> Result<Parts> {
    let page = page(findings, reproduce, brand);
    let parts = vec![
        ("headline", page.as_headline().render()?),
        ("record", page.as_record().render()?),
        ("scope", page.as_scope().render()?),
        ("adoption", page.as_adoption().render()?),
        ("health", page.as_health().render()?),
        ("said", page.as_said().render()?),
        ("features", page.as_features().render()?),
        ("definitions", page.as_definitions().render()?),
    ];
    let beside = findings.adoption.iter().map(|one| &one.series.release);
    let beside = beside.filter(|release| **release != findings.release);
    let beside = beside.cloned().collect();
    let title = format!("release {}", page.release);
    Ok(Parts::new(&findings.scope, title, beside, parts))
}

fn page(findings: &ReleaseFindings, reproduce: &Reproduce, brand: &Brand) -> ReleasePage {
    let lines = findings.headline.iter().map(wording::release_claim);
    let mut lines = lines.map(|line| HeadlineView {
        text: line.text,
        aside: line.aside,
        class: line.tone.class(),
    });
    let earlier: Vec<String> = findings.earlier.iter().map(|name| clean(name)).collect();
    let shown = shown_metrics(findings);
    ReleasePage {
        frame: Frame {
            kind: "release report",
            ..Frame::new(&findings.scope, reproduce, brand)
        },
        release: clean(&findings.release),
        earlier: crate::text::listed(&earlier),
        lead: lines.next(),
        headline: lines.collect(),
        status: wording::verdict(findings.health.verdict).into(),
        record: record::view(findings),
        scope: record::scope(findings),
        adoption: adoption::view(findings),
        health: health::view(findings),
        said: said::view(findings),
        features: features::rows(&findings.features),
        features_more: features::more(&findings.features),
        definitions: definitions(|metric| shown.contains(&metric.id)),
    }
}

/// The metrics that the page speaks of.
fn shown_metrics(findings: &ReleaseFindings) -> Vec<&str> {
    let of_features = [
        metric::FEATURE_USERS.id,
        metric::FEATURE_ELIGIBLE_SHARE.id,
        metric::FEATURE_DEPTH.id,
        metric::FEATURE_REPEAT_SHARE.id,
        metric::FEATURE_KEPT_SHARE.id,
        metric::FEATURE_FIRST_USE_DAYS.id,
    ];
    let fixed = [
        metric::ADOPTION_USERS.id,
        metric::RATING_MEAN.id,
        metric::LOW_RATING.id,
    ];
    let checks = findings.health.checks.iter();
    let goals = findings.score_card.iter().flat_map(|card| &card.goals);
    fixed
        .into_iter()
        .chain(checks.map(|check| check.metric.as_str()))
        .chain(goals.map(|goal| goal.metric.as_str()))
        .chain(
            of_features
                .into_iter()
                .filter(|_| !findings.features.is_empty()),
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn each_section_may_stand_alone() {
        let found = fixtures::release();
        let page = page(&found, &fixtures::reproduce(), &Brand::default());
        let whole = page.render().unwrap();
        let blocks = [
            ("headline", page.as_headline().render().unwrap()),
            ("record", page.as_record().render().unwrap()),
            ("scope", page.as_scope().render().unwrap()),
            ("adoption", page.as_adoption().render().unwrap()),
            ("health", page.as_health().render().unwrap()),
            ("said", page.as_said().render().unwrap()),
            ("features", page.as_features().render().unwrap()),
            ("definitions", page.as_definitions().render().unwrap()),
        ];
        for (name, block) in blocks {
            assert!(block.starts_with("<section"), "{name}: {block:.60}");
            assert!(block.ends_with("</section>"), "{name}");
            assert!(whole.contains(&block), "{name} is not as on the page");
        }
    }
}
