//! The planning report's findings: open backlog items with their evidence and scores, and the best
//! plan for the capacity.

use std::collections::BTreeSet;

use lake::{BacklogItem, Micros, Snapshot};

use crate::error::{Error, Result};
use crate::evidence::{Items, Suggested, Texts};
use crate::facts::feedback::Feedback;
use crate::facts::triage::{Standing, Triage};
use crate::facts::{Facts, Question, records};
use crate::features;
use crate::feedback::learned::Learned;
use crate::findings::{
    Decision, Evidence, PlanningFindings, ReleaseRow, Responses, ScoredItem, ValueSource,
};
use crate::health;
use crate::period::Period;
use crate::plan::{self, Candidate};
use crate::releases::Releases;
use crate::response::{Grounds as Answering, SpokenOf, responses};
use crate::risks::{Grounds as RiskGrounds, risks};
use crate::scan::{Tables, UNKNOWN};
use crate::scope;
use crate::score;
use crate::score_card::score_card;
use crate::settings::Settings;
use crate::status;
use crate::versions;

/// What a plan is asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlanRequest {
    /// How many person-days the release can hold; half of the open items' effort where not given.
    pub capacity_person_days: Option<f64>,
    /// The release that is planned.
    pub target: Option<String>,
}

/// Words for a status that make an item closed; spaces, `_`, `-` and case do not matter. Items with
/// any other status, or none, are open.
const CLOSED: &[&str] = &[
    "abandoned",
    "archived",
    "canceled",
    "cancelled",
    "closed",
    "complete",
    "completed",
    "declined",
    "deployed",
    "done",
    "dropped",
    "duplicate",
    "fixed",
    "implemented",
    "invalid",
    "live",
    "merged",
    "notplanned",
    "obsolete",
    "rejected",
    "released",
    "resolved",
    "shipped",
    "wontdo",
    "wontfix",
];

/// RICE impact of an item without one: medium.
const IMPACT_DEFAULT: f64 = 1.0;

/// RICE confidence of an item with neither a hand value nor evidence: low.
const CONFIDENCE_DEFAULT: f64 = 0.5;

/// Scores the open backlog with the window's feedback as evidence and chooses the best plan.
///
/// Value of an item = reach × impact × confidence. Reach is the number of distinct users whose
/// feedback in the window counts for the item, where there is at least one; else the value given by
/// hand; else 1. Feedback counts where a person confirmed it for the item or for one that was merged
/// into it, or where it holds one of their keywords and nobody rejected it. Confidence given by hand stands; else evidence from fewer than 5
/// users gives 0.5, from 5 to 19 gives 0.8, from 20 on gives 1.0 (RICE's three steps).
///
/// # Errors
/// [`Error::Scan`] when files cannot be read, [`Error::Record`] when a stored record does not hold
/// what it should, [`Error::Plan`] when the capacity is no number of person-days.
pub fn planning(
    snapshot: &Snapshot,
    settings: &Settings,
    period: &Period,
    request: &PlanRequest,
    as_of: Micros,
) -> Result<PlanningFindings> {
    of_tables(&Tables::of(snapshot), settings, period, request, as_of)
}

pub(crate) fn of_tables(
    tables: &Tables,
    settings: &Settings,
    period: &Period,
    request: &PlanRequest,
    as_of: Micros,
) -> Result<PlanningFindings> {
    let question = scope::question(tables, settings, period, as_of)?;
    let facts = Facts::load(&question)?;
    let triage = Triage::load(&question)?;
    let texts = Texts::of(&facts.feedback, question.window, &triage);
    let Backlog {
        mut items,
        closed,
        matched,
        spoken_of,
    } = Backlog::read(&question, &texts)?;
    let (capacity, capacity_source) = capacity(request, &items);
    let candidates: Vec<Candidate> = items.iter().map(|item| candidate(item, &closed)).collect();
    let mut plan = plan::select(&candidates, capacity).map_err(Error::Plan)?;
    for item in &mut items {
        if let Some(decision) = plan.decisions.remove(&item.item_id) {
            item.decision = decision;
        }
    }
    items.sort_by_key(|item| (matches!(item.decision, Decision::Cut { .. }), item.rank));
    let releases = Releases::of(&facts, settings, &question.days, question.window).rows;
    let features = features::of_last_week(&question, &facts)?;
    let score_card = score_card(&question, &facts, None)?;
    let gates = health::gates_ahead(tables, settings, newest_in_use(&releases), as_of)?;
    let responses = answers(&question, (&facts.feedback, &triage), &spoken_of)?;
    let target = request.target.as_ref();
    let goals = target.and_then(|target| facts.notes.get(target));
    let risks = risks(&RiskGrounds {
        items: &items,
        closed: &closed,
        capacity,
        is_capacity_given: request.capacity_person_days.is_some(),
        used: plan.used_person_days,
        goals: goals.map_or(&[], |note| note.goals.as_slice()),
        score_card: score_card.as_ref(),
        features: &features.rows,
        gates: &gates,
        responses: &responses,
    });
    Ok(PlanningFindings {
        scope: scope::scope(&question, &facts, period),
        target: request.target.clone(),
        capacity_person_days: capacity,
        capacity_source: capacity_source.to_owned(),
        used_person_days: plan.used_person_days,
        value: plan.value,
        value_of_all: plan.value_of_all,
        proved_best: plan.proved_best,
        gap: plan.gap,
        items,
        by_list: plan.by_list,
        releases,
        score_card,
        unused: features.unused,
        cycles: plan.cycles,
        dangling: plan.dangling,
        authors: texts.authors.len() as u64,
        unmatched_authors: texts.authors.difference(&matched).count() as u64,
        merge_circles: triage.merges.circles.clone(),
        risks,
        gates,
        responses,
    })
}

/// How soon those were answered who wrote in the window.
pub(crate) fn answers(
    question: &Question<'_>,
    (feedback, triage): (&Feedback, &Triage),
    spoken_of: &SpokenOf<'_>,
) -> Result<Responses> {
    let in_window = feedback.on_days(|day| question.window.holds(day));
    let grounds = Answering {
        targets: &question.settings.response,
        learned: &Learned::of(question, triage)?,
        labels: &triage.labels,
        spoken_of,
        as_of: question.as_of,
    };
    Ok(responses(in_window, &grounds))
}

/// Share of the window's users from which on a release is in use.
const IN_USE_SHARE: f64 = 0.05;

/// The newest release in use that is no pre-release.
pub(crate) fn newest_in_use(releases: &[ReleaseRow]) -> Option<&str> {
    let in_use = releases.iter().find(|row| {
        let is_used = row.share.is_some_and(|share| share >= IN_USE_SHARE);
        is_used && row.release != UNKNOWN && !versions::is_pre_release(&row.release)
    });
    in_use.map(|row| row.release.as_str())
}

/// The backlog with its evidence.
pub(crate) struct Backlog<'a> {
    /// Open items by rank; those that must be in the plan are marked as chosen. One that was merged into
    /// another is not among them: that one stands for it.
    pub(crate) items: Vec<ScoredItem>,
    /// Ids of items that are done or dropped.
    pub(crate) closed: BTreeSet<String>,
    /// Authors whose feedback speaks of an open item.
    matched: BTreeSet<&'a str>,
    /// The open items that each piece speaks of.
    spoken_of: SpokenOf<'a>,
}

impl<'a> Backlog<'a> {
    pub(crate) fn read(question: &Question<'_>, texts: &Texts<'a>) -> Result<Self> {
        let all = records::backlog(question)?;
        let by_id: Items<'_> = all
            .iter()
            .map(|item| (item.item_id.as_str(), item))
            .collect();
        let standing = texts.triage.merges.among(by_id.keys().copied().collect());
        let is_open = |item: &&BacklogItem| !is_closed(item) && !standing.is_merged(&item.item_id);
        let open = || all.iter().filter(is_open);
        let suggested = if question.settings.with_suggested {
            texts.suggested(open())
        } else {
            Suggested::new()
        };
        let mut matched: BTreeSet<&str> = BTreeSet::new();
        let mut spoken_of = SpokenOf::new();
        let mut items: Vec<ScoredItem> = Vec::new();
        for item in open() {
            let (evidence, pieces) = texts.evidence(item, &by_id, &suggested);
            for piece in pieces {
                matched.insert(&piece.author);
                let of_piece = spoken_of.entry(&piece.event_id).or_default();
                of_piece.insert(item.item_id.clone(), item.owner.clone());
            }
            let item = with_merged(item, &by_id, (&evidence.merged_items, &standing));
            items.push(scored(item, evidence, question.settings));
        }
        rank(&mut items);
        let closed = all.iter().filter(|item| is_closed(item));
        Ok(Self {
            items,
            closed: closed.map(|item| item.item_id.clone()).collect(),
            matched,
            spoken_of,
        })
    }
}

/// An item with what it takes over from those that were merged into it: it must be in the plan if one
/// of them must. What depends on a merged item depends on the one that stands for it.
fn with_merged(
    item: &BacklogItem,
    all: &Items<'_>,
    (merged, standing): (&[String], &Standing<'_>),
) -> BacklogItem {
    let mut item = item.clone();
    let of_merged = merged.iter().filter_map(|id| all.get(id.as_str()));
    item.mandatory |= of_merged
        .into_iter()
        .any(|one| one.mandatory && !is_closed(one));
    let needs = std::mem::take(&mut item.depends_on);
    for need in needs {
        let mut instead = vec![need.as_str()];
        if standing.is_merged(&need) {
            instead = standing.of_merged(&need).into_iter().collect();
            instead.retain(|other| *other != item.item_id);
        }
        for one in instead {
            if !item.depends_on.iter().any(|known| known == one) {
                item.depends_on.push(one.to_owned());
            }
        }
    }
    item
}

pub(crate) fn is_closed(item: &BacklogItem) -> bool {
    let Some(status) = &item.status else {
        return false;
    };
    CLOSED.contains(&status::letters(status).as_str())
}

/// The users that an item reaches of which nothing is known: the one who wrote it. A backlog that
/// nobody has sized is then planned by effort, and not at all beside an item with evidence.
const REACH_DEFAULT: f64 = 1.0;

/// What a scored item is before the plan has spoken.
const UNDECIDED: &str = "capacity";

fn scored(item: BacklogItem, evidence: Evidence, settings: &Settings) -> ScoredItem {
    let (reach_users, reach_source) = match item.reach_users {
        _ if evidence.users > 0 => (evidence.users as f64, ValueSource::Evidence),
        Some(by_hand) => (by_hand.max(0.0), ValueSource::Hand),
        None => (REACH_DEFAULT, ValueSource::Default),
    };
    let (impact, impact_source) = match item.impact {
        Some(by_hand) => (by_hand.max(0.0), ValueSource::Hand),
        None => (IMPACT_DEFAULT, ValueSource::Default),
    };
    let (confidence, confidence_source) = match item.confidence {
        Some(by_hand) => (by_hand.clamp(0.0, 1.0), ValueSource::Hand),
        None if evidence.users > 0 => (confidence(evidence.users), ValueSource::Evidence),
        None => (CONFIDENCE_DEFAULT, ValueSource::Default),
    };
    let effort = item.effort_person_days.filter(|effort| *effort >= 0.0);
    let factors = item.factors;
    ScoredItem {
        rank: 0,
        item_id: item.item_id,
        title: item.title,
        kind: item.kind,
        team: item.team,
        owner: item.owner,
        status: item.status,
        effort_person_days: effort,
        depends_on: item.depends_on,
        reach_users,
        reach_source,
        impact,
        impact_source,
        confidence,
        confidence_source,
        value: score::value(reach_users, impact, confidence),
        rice: effort.and_then(|effort| score::rice(reach_users, impact, confidence, effort)),
        factor_score: score::weighted(&factors, &settings.factor_weights),
        factors,
        evidence,
        feature_events: item.feature_events,
        decision: if item.mandatory {
            Decision::Chosen {
                mandatory: true,
                needed_by: Vec::new(),
            }
        } else {
            Decision::Cut {
                reason: UNDECIDED.to_owned(),
                because_of: Vec::new(),
                extra_person_days: None,
                effort_at_most: None,
            }
        },
    }
}

fn confidence(users: u64) -> f64 {
    match users {
        0..5 => 0.5,
        5..20 => 0.8,
        _ => 1.0,
    }
}

/// By RICE; then by value, factor score and id. Items without effort come last.
fn rank(items: &mut [ScoredItem]) {
    items.sort_by(|a, b| {
        let key = |item: &ScoredItem| {
            [
                item.rice.unwrap_or(-1.0),
                item.value,
                item.factor_score.unwrap_or(-1.0),
            ]
        };
        let (a_key, b_key) = (key(a), key(b));
        b_key[0]
            .total_cmp(&a_key[0])
            .then(b_key[1].total_cmp(&a_key[1]))
            .then(b_key[2].total_cmp(&a_key[2]))
            .then_with(|| a.item_id.cmp(&b.item_id))
    });
    for (rank, item) in (1..).zip(items) {
        item.rank = rank;
    }
}

pub(crate) fn capacity(request: &PlanRequest, items: &[ScoredItem]) -> (f64, &'static str) {
    match request.capacity_person_days {
        Some(given) => (given, "given"),
        None => {
            let all: f64 = items
                .iter()
                .filter_map(|item| item.effort_person_days)
                .sum();
            (all / 2.0, "half_of_open_effort")
        }
    }
}

fn candidate(item: &ScoredItem, closed: &BTreeSet<String>) -> Candidate {
    Candidate {
        id: item.item_id.clone(),
        value: item.value,
        effort: item.effort_person_days,
        depends_on: open_needs(item, closed),
        mandatory: must_be_in(item),
    }
}

/// What an item depends on; a closed item is done and binds nothing.
pub(crate) fn open_needs(item: &ScoredItem, closed: &BTreeSet<String>) -> Vec<String> {
    let needs = item.depends_on.iter().filter(|id| !closed.contains(*id));
    needs.cloned().collect()
}

/// Whether an item that no plan has spoken of yet must be in it.
pub(crate) fn must_be_in(item: &ScoredItem) -> bool {
    matches!(item.decision, Decision::Chosen { .. })
}
