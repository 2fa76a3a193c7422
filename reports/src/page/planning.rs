//! The page of the planning report.

use analysis::findings::{Decision, PlanningFindings, ScoredItem};
use askama::Template;

use super::features::{self, UnusedView};
use super::releases::{self, ReleaseView};
use super::risk::{self, GatesView, ResponsesView, RiskView};
use super::score_card::{self, GoalView, OutcomeView};
use super::{Definition, Faces, Frame, definitions};
use crate::Reproduce;
use crate::brand::Brand;
use crate::chart::{Mark, Point, Segment, capacity_bar, effort_value};
use crate::error::Result;
use crate::markdown;
use crate::number;
use crate::parts::Parts;
use crate::text::{clean, short};
use crate::wording;

/// Longest title on hover.
const HINT_CHARS_MAX: usize = 60;
/// Near misses that are labelled in the matrix, from the best ranked on.
const NEAR_MISSES_LABELLED: usize = 6;
/// Most items of the plan, and most cut ones, on the page; the CSV table holds all.
const CHOSEN_MAX: usize = 70;
const CUT_MAX: usize = 40;
/// Most marks in the matrix.
const MARKS_MAX: usize = 200;
/// Longest title on the page.
const TITLE_CHARS_MAX: usize = 160;
/// Longest quote on the page.
const QUOTE_CHARS_MAX: usize = 220;

#[derive(Template)]
#[template(path = "planning.html", blocks = ["content", "definitions"])]
struct PlanningPage {
    frame: Frame,
    target: String,
    plan_sentence: String,
    list_sentence: String,
    first_cut_sentence: String,
    score_card_sentence: String,
    capacity: String,
    used: String,
    capacity_note: &'static str,
    value: String,
    value_of_all: String,
    list_value: String,
    lost: String,
    proof: String,
    capacity_chart: String,
    matrix: String,
    chosen: Vec<ItemView>,
    cut: Vec<ItemView>,
    chosen_more: Option<String>,
    cut_more: Option<String>,
    goals: Vec<GoalView>,
    card_release: Option<(String, String)>,
    card_drift: String,
    outcomes: Vec<OutcomeView>,
    calibration: Vec<String>,
    releases: Vec<ReleaseView>,
    unused: UnusedView,
    cycles: Vec<String>,
    dangling: Vec<(String, String)>,
    merge_circles: Vec<String>,
    authors: String,
    unmatched: String,
    risk_sentence: String,
    risks: Vec<RiskView>,
    gates: GatesView,
    responses: ResponsesView,
    definitions: Vec<Definition>,
    method: [(&'static str, &'static str); 3],
}

#[derive(Template)]
#[template(path = "planning.md")]
struct PlanningMarkdown<'a> {
    page: &'a PlanningPage,
}

/// How items are scored: word and meaning.
const METHOD: [(&str, &str); 3] = [
    (
        "Score (RICE)",
        "Reach × impact × confidence ÷ effort. Reach counts the distinct users whose feedback was \
         confirmed for an item, or holds one of its keywords and was not rejected (evidence), or is \
         given by hand (hand), or a stated default (default). People who write are not all who care: a \
         reach from feedback is a lower bound. Source: Intercom, RICE prioritisation.",
    ),
    (
        "Value",
        "Reach × impact × confidence: what the plan makes as large as the capacity and the dependencies \
         allow.",
    ),
    (
        "Factors",
        "Weighted mean, 0 to 10, of the decision factors present: bug or UI fix, strategic objective, \
         feasibility, dependencies, resources, cost, expected return.",
    ),
];

struct ItemView {
    rank: String,
    id: String,
    title: String,
    about: String,
    score: String,
    value: String,
    reach: String,
    reach_source: &'static str,
    impact: String,
    impact_source: &'static str,
    confidence: String,
    confidence_source: &'static str,
    effort: String,
    factor_score: String,
    evidence: String,
    by_hand: String,
    rating: String,
    keywords: String,
    quotes: Vec<String>,
    depends_on: String,
    why: String,
    bring_in: String,
}

/// Renders the page.
pub(crate) fn planning(
    findings: &PlanningFindings,
    reproduce: &Reproduce,
    brand: &Brand,
) -> Result<Faces> {
    let page = page(findings, reproduce, brand);
    Ok(Faces {
        html: page.render()?,
        markdown: markdown::tidy(&PlanningMarkdown { page: &page }.render()?),
    })
}

/// Renders the parts of the page.
pub(crate) fn planning_parts(
    findings: &PlanningFindings,
    reproduce: &Reproduce,
    brand: &Brand,
) -> Result<Parts> {
    let page = page(findings, reproduce, brand);
    let parts = vec![
        ("plan", page.as_content().render()?),
        ("definitions", page.as_definitions().render()?),
    ];
    let target = findings.target.as_deref().map(clean);
    let title = target.unwrap_or_else(|| "next release".to_owned());
    Ok(Parts::new(&findings.scope, title, Vec::new(), parts))
}

fn page(findings: &PlanningFindings, reproduce: &Reproduce, brand: &Brand) -> PlanningPage {
    let card = findings.score_card.as_ref();
    let (chosen, cut): (Vec<&ScoredItem>, Vec<&ScoredItem>) =
        findings.items.iter().partition(|item| is_chosen(item));
    PlanningPage {
        frame: Frame::new(&findings.scope, reproduce, brand),
        target: findings.target.as_deref().map_or_else(String::new, clean),
        plan_sentence: wording::plan_sentence(findings),
        list_sentence: wording::list_sentence(findings),
        first_cut_sentence: wording::first_cut_sentence(findings),
        score_card_sentence: wording::score_card_sentence(card),
        capacity: number::plain(findings.capacity_person_days),
        used: number::plain(findings.used_person_days),
        capacity_note: match findings.capacity_source.as_str() {
            "given" => "given",
            "half_of_open_effort" => "not given: half of the open effort",
            _ => "",
        },
        value: number::magnitude(findings.value),
        value_of_all: number::magnitude(findings.value_of_all),
        list_value: number::magnitude(findings.by_list.value),
        lost: number::percent(findings.by_list.lost_share),
        proof: wording::proof(findings),
        capacity_chart: capacity_chart(findings),
        matrix: matrix(findings),
        chosen: chosen.iter().copied().take(CHOSEN_MAX).map(view).collect(),
        cut: cut.iter().copied().take(CUT_MAX).map(view).collect(),
        chosen_more: (chosen.len() > CHOSEN_MAX).then(|| number::count(wording::size(&chosen))),
        cut_more: (cut.len() > CUT_MAX).then(|| number::count(wording::size(&cut))),
        goals: card.map_or_else(Vec::new, |card| {
            card.goals.iter().map(score_card::goal).collect()
        }),
        card_release: card.map(|card| {
            let items: Vec<String> = card.items.iter().map(|id| clean(id)).collect();
            (clean(&card.release), items.join(", "))
        }),
        card_drift: card
            .and_then(|card| card.plan.as_ref())
            .map_or_else(String::new, wording::drift_sentence),
        outcomes: card.map_or_else(Vec::new, |card| {
            card.outcomes.iter().map(score_card::outcome).collect()
        }),
        calibration: card
            .filter(|card| card.plan.is_some())
            .map_or_else(Vec::new, wording::calibration_sentences),
        releases: releases::rows(&findings.releases),
        unused: features::unused(&findings.unused),
        cycles: findings
            .cycles
            .iter()
            .map(|ids| clean(&ids.join(" → ")))
            .collect(),
        dangling: findings
            .dangling
            .iter()
            .map(|(a, b)| (clean(a), clean(b)))
            .collect(),
        merge_circles: findings
            .merge_circles
            .iter()
            .map(|ids| clean(&ids.join(", ")))
            .collect(),
        authors: number::count(findings.authors),
        unmatched: number::count(findings.unmatched_authors),
        risk_sentence: wording::risk_sentence(findings),
        risks: risk::risks(findings),
        gates: risk::gates(&findings.gates),
        responses: risk::responses(&findings.responses),
        definitions: definitions(|metric| shown_metrics(findings).iter().any(|id| id == metric.id)),
        method: METHOD,
    }
}

fn shown_metrics(findings: &PlanningFindings) -> Vec<String> {
    let fixed = [
        "rating_mean",
        "low_rating",
        "crash_free_sessions",
        "feature_recent_share",
    ];
    let fixed = fixed.map(str::to_owned);
    let goals = findings.score_card.iter().flat_map(|card| &card.goals);
    let gates = findings.gates.gates.iter();
    fixed
        .into_iter()
        .chain(goals.map(|goal| goal.metric.clone()))
        .chain(gates.map(|gate| gate.metric.clone()))
        .collect()
}

fn is_chosen(item: &ScoredItem) -> bool {
    matches!(item.decision, Decision::Chosen { .. })
}

fn view(item: &ScoredItem) -> ItemView {
    let about = [&item.kind, &item.team, &item.owner, &item.status];
    let about: Vec<String> = about
        .into_iter()
        .flatten()
        .map(|part| clean(part))
        .collect();
    let dash = || number::ABSENT.to_owned();
    let ids: Vec<String> = item.depends_on.iter().map(|id| clean(id)).collect();
    let keywords: Vec<String> = item
        .evidence
        .keywords
        .iter()
        .map(|word| clean(word))
        .collect();
    let chosen = is_chosen(item);
    ItemView {
        rank: item.rank.to_string(),
        id: clean(&item.item_id),
        title: short(&item.title, TITLE_CHARS_MAX),
        about: about.join(" · "),
        score: item.rice.map_or_else(dash, number::magnitude),
        value: number::magnitude(item.value),
        reach: number::magnitude(item.reach_users),
        reach_source: wording::source(item.reach_source),
        impact: number::plain(item.impact),
        impact_source: wording::source(item.impact_source),
        confidence: number::percent_short(item.confidence),
        confidence_source: wording::source(item.confidence_source),
        effort: item
            .effort_person_days
            .map_or_else(|| "unknown".to_owned(), number::days_of_work),
        factor_score: item
            .factor_score
            .map_or_else(dash, |score| number::fixed(score, 1)),
        evidence: number::count(item.evidence.users),
        by_hand: wording::said_by_hand(&item.evidence),
        rating: item.evidence.rating.value.map_or_else(String::new, |mean| {
            format!("rated {}", number::fixed(mean, 1))
        }),
        keywords: keywords.join(", "),
        quotes: item
            .evidence
            .quotes
            .iter()
            .map(|quote| short(quote, QUOTE_CHARS_MAX))
            .collect(),
        depends_on: if ids.is_empty() {
            dash()
        } else {
            ids.join(", ")
        },
        why: if chosen {
            wording::chosen_because(item)
        } else {
            wording::cut_reason(item)
        },
        bring_in: wording::bring_in(item),
    }
}

fn capacity_chart(findings: &PlanningFindings) -> String {
    let segments: Vec<Segment> = findings
        .items
        .iter()
        .filter(|item| is_chosen(item))
        .filter_map(|item| {
            Some(Segment {
                name: clean(&item.item_id),
                title: short(&item.title, HINT_CHARS_MAX),
                person_days: item.effort_person_days?,
            })
        })
        .collect();
    let title = format!(
        "The plan uses {} of {} person-days",
        number::plain(findings.used_person_days),
        number::plain(findings.capacity_person_days)
    );
    capacity_bar("capacity", &title, findings.capacity_person_days, &segments)
}

fn matrix(findings: &PlanningFindings) -> String {
    let mut near = 0;
    let points: Vec<Point> = findings
        .items
        .iter()
        .filter_map(|item| {
            let effort = item.effort_person_days?;
            let chosen = is_chosen(item);
            near += usize::from(!chosen);
            Some(Point {
                name: short(&item.title, HINT_CHARS_MAX),
                hint: format!(
                    "{} {}: {}, value {}, {}",
                    clean(&item.item_id),
                    short(&item.title, HINT_CHARS_MAX),
                    number::days_of_work(effort),
                    number::magnitude(item.value),
                    if chosen { "in the plan" } else { "cut" }
                ),
                effort,
                value: item.value,
                mark: match item.kind.as_deref() {
                    Some("bug" | "bug_fix" | "fix") => Mark::Circle,
                    Some("feature") => Mark::Square,
                    _ => Mark::Triangle,
                },
                chosen,
                labelled: chosen || near <= NEAR_MISSES_LABELLED,
            })
        })
        .take(MARKS_MAX)
        .collect();
    if points.is_empty() {
        return String::new();
    }
    effort_value("matrix", "Effort against value of the open items", &points)
}
