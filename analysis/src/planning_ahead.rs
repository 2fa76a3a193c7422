//! The open backlog planned over the releases ahead, by team and by the rules that the meeting sets.

use std::collections::{BTreeMap, BTreeSet};

use lake::{Micros, Snapshot};

use crate::error::{Error, Result};
use crate::evidence::Texts;
use crate::facts::feedback::Feedback;
use crate::facts::records;
use crate::facts::triage::Triage;
use crate::findings::{
    AheadFindings, AheadItem, Calibration, FreezeFound, Ratios, ReleaseAhead, ScoredItem,
    ShareFound,
};
use crate::period::Period;
use crate::plan::ahead::{
    self, ByTeam, Coupling, Item, Plan, Problem, ProblemError, Release, Share, Spread, Spreads,
    Stability,
};
use crate::planning::{Backlog, PlanRequest, capacity, must_be_in, open_needs};
use crate::scan::Tables;
use crate::scope;
use crate::score_card::calibration;
use crate::settings::Settings;

/// What a plan for the releases ahead is asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AheadRequest {
    /// The releases, the next one first; where none is given, one with half of the open effort. A
    /// capacity under the name of no team, `""`, is for all of them together.
    pub releases: Vec<Release>,
    /// Bounds on kinds of work.
    pub shares: Vec<Share>,
    /// Rules between items.
    pub couplings: Vec<Coupling>,
    /// Ids of items that are not to be planned.
    pub without: BTreeSet<String>,
    /// Ids of items that are to be planned, and the place of the release if it matters.
    pub pins: BTreeMap<String, Option<usize>>,
    /// How many draws of effort and value are planned anew; 0 is none, and then it is not said either
    /// what would bring an item in.
    pub draws: u32,
    /// What they are drawn by.
    pub seed: u64,
}

/// Plans the open backlog over the releases ahead, with the period's feedback as evidence.
///
/// Efforts are drawn between 0.8 and 1.5 times the estimate, as work runs over more often than under;
/// values within a share of 0.2 + 1.6 × (1 − confidence) of theirs: 20 % at full confidence, everything
/// from nothing to twice as much at 0.5. Both are triangular. Where the score cards of earlier releases
/// say how far estimates and predictions were off, in enough items, their outer tenths take the place
/// of these figures; the estimate itself is never left out.
///
/// # Errors
/// [`Error::Scan`] when files cannot be read, [`Error::Record`] when a stored item does not hold what
/// it should, [`Error::Ahead`] when the request contradicts itself.
pub fn planning_ahead(
    snapshot: &Snapshot,
    settings: &Settings,
    period: &Period,
    request: &AheadRequest,
    as_of: Micros,
) -> Result<AheadFindings> {
    let tables = Tables::of(snapshot);
    let question = scope::question(&tables, settings, period, as_of)?;
    let feedback = Feedback::load(&question)?;
    let triage = Triage::load(&question)?;
    let texts = Texts::of(&feedback, question.window, &triage);
    let backlog = Backlog::read(&question, &texts)?;
    let problem = problem(&backlog, request).map_err(Error::Ahead)?;
    let plan = ahead::plan(&problem).map_err(Error::Ahead)?;
    let calibration = match request.draws {
        0 => Calibration::default(),
        _ => {
            let notes = records::release_notes(&question)?;
            let known = records::backlog_by_id(&question)?;
            calibration(&question, &notes, &known)?
        }
    };
    let spreads = backlog.items.iter();
    let spreads = spreads.map(|item| spreads_of(item, &calibration)).collect();
    let draws = if plan.freeze.is_some() {
        0
    } else {
        request.draws
    };
    let stability = ahead::stability(&problem, &spreads, draws, request.seed);
    let stability = stability.map_err(Error::Ahead)?;
    let items = items(&backlog.items, (&problem, &plan), &stability).map_err(Error::Ahead)?;
    let name = |place: usize| {
        let release = problem.releases.get(place);
        release.map_or_else(String::new, |release| release.name.clone())
    };
    Ok(AheadFindings {
        scope: scope::bare(&tables, settings, period, (as_of, feedback.data_through)),
        teams_without_capacity: teams_without_capacity(&problem),
        items,
        releases: (0..problem.releases.len())
            .map(|place| ReleaseAhead {
                name: name(place),
                capacity: plan.capacity.get(place).cloned().unwrap_or_default(),
                used: plan.used.get(place).cloned().unwrap_or_default(),
            })
            .collect(),
        value: plan.value,
        bound: plan.bound,
        proved_best: plan.proven,
        gap: plan.gap(),
        list_lost_share: plan.by_list.and_then(|list| list.lost_share),
        freeze: plan.freeze.map(|freeze| FreezeFound {
            shortfall: freeze.shortfall,
            proved: freeze.proven,
        }),
        required_left_out: plan.required_left_out,
        unmet_alternatives: plan.unmet_alternatives,
        broken_shares: plan
            .broken_shares
            .into_iter()
            .map(|broken| ShareFound {
                release: name(broken.release),
                kind: broken.kind,
                share: broken.share,
            })
            .collect(),
        cycles: plan.cycles,
        dangling: plan.dangling,
        merge_circles: triage.merges.circles.clone(),
        draws: stability.draws,
        draws_unproved: stability.unproved,
        calibration,
    })
}

/// The capacity of all teams together.
const ALL: &str = "";

fn problem(
    backlog: &Backlog<'_>,
    request: &AheadRequest,
) -> std::result::Result<Problem, ProblemError> {
    let mut releases = request.releases.clone();
    if releases.is_empty() {
        let (days, _) = capacity(&PlanRequest::default(), &backlog.items);
        releases.push(Release {
            capacity: ByTeam::from([(ALL.to_owned(), days)]),
            ..Release::default()
        });
    }
    let told_apart = releases.iter().flat_map(|release| release.capacity.keys());
    let by_team = told_apart.into_iter().any(|team| team != ALL);
    let known: BTreeSet<&str> = backlog
        .items
        .iter()
        .map(|item| item.item_id.as_str())
        .collect();
    let named = request.without.iter().chain(request.pins.keys());
    if let Some(unknown) = named.into_iter().find(|id| !known.contains(id.as_str())) {
        return Err(ProblemError::UnknownItem(unknown.clone()));
    }
    let item = |item: &ScoredItem| {
        let pin = request.pins.get(&item.item_id);
        let team = match (&item.team, by_team) {
            (Some(team), true) => team.clone(),
            _ => ALL.to_owned(),
        };
        Item {
            id: item.item_id.clone(),
            value: item.value,
            effort: item
                .effort_person_days
                .map(|days| ByTeam::from([(team, days)])),
            kind: item.kind.clone(),
            depends_on: open_needs(item, &backlog.closed),
            mandatory: must_be_in(item) || pin == Some(&None),
            excluded: request.without.contains(&item.item_id),
            pinned_to: pin.copied().flatten(),
            ..Item::default()
        }
    };
    Ok(Problem {
        items: backlog.items.iter().map(item).collect(),
        releases,
        couplings: request.couplings.clone(),
        shares: request.shares.clone(),
    })
}

fn teams_without_capacity(problem: &Problem) -> Vec<String> {
    let has_some = |team: &&String| {
        let mut of_releases = problem
            .releases
            .iter()
            .map(|release| release.capacity.get(*team));
        of_releases.any(|days| days.is_some_and(|days| *days > 0.0))
    };
    let teams = problem
        .items
        .iter()
        .flat_map(|item| item.effort.iter().flat_map(ByTeam::keys));
    let lacking: BTreeSet<String> = teams.filter(|team| !has_some(team)).cloned().collect();
    lacking.into_iter().collect()
}

fn spreads_of(item: &ScoredItem, calibration: &Calibration) -> (String, Spreads) {
    let width = 0.2 + 1.6 * (1.0 - item.confidence.clamp(0.0, 1.0));
    let effort = Spread {
        low: 0.8,
        high: 1.5,
    };
    let value = Spread {
        low: (1.0 - width).max(0.0),
        high: 1.0 + width,
    };
    let spreads = Spreads {
        effort: measured(&calibration.effort).unwrap_or(effort),
        value: measured(&calibration.reach).unwrap_or(value),
    };
    (item.item_id.clone(), spreads)
}

/// From one outer tenth to the other, around the estimate.
fn measured(ratios: &Ratios) -> Option<Spread> {
    let (low, high) = ratios.low.zip(ratios.high).filter(|_| ratios.are_used)?;
    Some(Spread {
        low: low.min(1.0),
        high: high.max(1.0),
    })
}

/// Items in no release of which it is said what would bring them in, those of most score first.
const WAYS_IN: usize = 20;
/// What finding that may cost for each.
const WAY_WORK: u64 = 5_000;

fn items(
    scored: &[ScoredItem],
    (problem, plan): (&Problem, &Plan),
    stability: &Stability,
) -> std::result::Result<Vec<AheadItem>, ProblemError> {
    let mut ways_left = if stability.draws > 0 { WAYS_IN } else { 0 };
    let mut items = Vec::with_capacity(scored.len());
    for item in scored {
        let place = plan.releases.get(&item.item_id);
        let left_out = plan.left_out.get(&item.item_id);
        let could_be = left_out.is_some_and(|why| matches!(why.word(), "capacity" | "dependency"));
        let value_at_least = if could_be && ways_left > 0 {
            ways_left -= 1;
            ahead::score_at_least(problem, plan, &item.item_id, WAY_WORK)?
        } else {
            None
        };
        let in_draws = stability
            .items
            .get(&item.item_id)
            .filter(|_| stability.draws > 0);
        items.push((
            place.copied().unwrap_or(usize::MAX),
            AheadItem {
                rank: item.rank,
                item_id: item.item_id.clone(),
                title: item.title.clone(),
                team: item.team.clone(),
                kind: item.kind.clone(),
                effort_person_days: item.effort_person_days,
                value: item.value,
                reach_users: item.reach_users,
                release: place
                    .and_then(|place| problem.releases.get(*place))
                    .map(|release| release.name.clone()),
                reason: left_out.map(|why| why.word().to_owned()),
                because_of: left_out.map(ahead::LeftOut::ids).unwrap_or_default(),
                in_draws: in_draws.cloned(),
                value_at_least,
            },
        ));
    }
    items.sort_by_key(|(place, item)| (*place, item.rank));
    Ok(items.into_iter().map(|(_, item)| item).collect())
}
