//! Random plans with every kind of rule at once, against every assignment of items to releases.
//!
//! The rules are spelled out here once more, from the words of the problem alone: nothing is asked
//! of the planner's program.

use std::collections::BTreeMap;

use crate::plan::ahead::{ByTeam, Coupling, Item, Plan, Problem, Release, Share, plan};
use crate::plan::stream::Stream;

impl Stream {
    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn halves(&mut self, n: usize) -> f64 {
        f64::from(u32::try_from(self.below(n)).unwrap()) / 2.0
    }
}

fn id(index: usize) -> String {
    format!("i{index:02}")
}

fn random_item(stream: &mut Stream, index: usize, items: usize, releases: usize) -> Item {
    let mut effort = ByTeam::new();
    for team in ["api", "web"] {
        if stream.below(3) > 0 {
            effort.insert(team.to_owned(), stream.halves(9));
        }
    }
    let needed = |stream: &mut Stream| match stream.below(6) {
        0 => id(stream.below(items + 1)),
        _ => id(stream.below(index + 1)),
    };
    let excluded = stream.one_in(14);
    Item {
        id: id(index),
        value: stream.halves(20) * 1.25,
        effort: (!stream.one_in(14)).then_some(effort),
        kind: [None, Some("maintenance"), Some("feature")][stream.below(3)].map(str::to_owned),
        depends_on: (0..stream.below(5) / 3).map(|_| needed(stream)).collect(),
        mandatory: !excluded && stream.one_in(9),
        pinned_to: (!excluded && stream.one_in(15)).then(|| stream.below(releases)),
        excluded,
        not_before: if stream.one_in(6) {
            stream.below(releases + 1)
        } else {
            0
        },
        needed_by: stream.one_in(6).then(|| stream.below(releases)),
        extra_releases: usize::from(stream.one_in(8)),
        season: (0..stream.below(3))
            .map(|_| 0.5 + stream.halves(4))
            .collect(),
    }
}

fn random_problem(stream: &mut Stream) -> Problem {
    let releases = [1, 1, 2, 3][stream.below(4)];
    let items = 1 + stream.below([12, 8, 6][releases - 1]);
    let some = |stream: &mut Stream| -> Vec<String> {
        (0..2 + stream.below(2))
            .map(|_| id(stream.below(items + 1)))
            .collect()
    };
    let couplings = (0..stream.below(4))
        .map(|_| match stream.below(3) {
            0 => Coupling::Together(some(stream)),
            1 => Coupling::AtLeastOne(some(stream)),
            _ => Coupling::AtMostOne(some(stream)),
        })
        .collect();
    let shares = (0..stream.below(3) / 2)
        .map(|_| Share {
            kind: "maintenance".to_owned(),
            at_least: [0.0, 0.2, 0.5][stream.below(3)],
            at_most: [1.0, 0.75, 0.5][stream.below(3)],
        })
        .collect();
    Problem {
        items: (0..items)
            .map(|index| random_item(stream, index, items, releases))
            .collect(),
        releases: (0..releases)
            .map(|at| Release {
                name: format!("r{at}"),
                capacity: ["api", "web"]
                    .map(|team| (team.to_owned(), stream.halves(24)))
                    .into(),
                focus_factor: [1.0, 0.75][stream.below(2)],
                bug_reserve: [0.0, 0.25][stream.below(2)],
                value_factor: [1.0, 0.875][stream.below(2)],
            })
            .collect(),
        couplings,
        shares,
    }
}

/// An assignment: for each item the release that finishes it.
type Assignment = Vec<Option<usize>>;

/// The rules that always bind, in the order of the words.
fn is_allowed(problem: &Problem, finished: &[Option<usize>]) -> bool {
    let at: BTreeMap<&str, Option<usize>> = problem
        .items
        .iter()
        .zip(finished)
        .map(|(item, at)| (item.id.as_str(), *at))
        .collect();
    let each = problem.items.iter().zip(finished).all(|(item, release)| {
        let Some(release) = *release else {
            return true;
        };
        let in_window = match item.pinned_to {
            Some(pin) => release == pin && release >= item.extra_releases,
            None => {
                release >= item.not_before + item.extra_releases
                    && item.needed_by.is_none_or(|last| release <= last)
            }
        };
        let needs_met = item.depends_on.iter().all(|id| match at.get(id.as_str()) {
            Some(Some(other)) => *other <= release,
            Some(None) => false,
            None => true,
        });
        item.effort.is_some() && !item.excluded && in_window && needs_met
    });
    let coupled = problem.couplings.iter().all(|coupling| match coupling {
        Coupling::Together(ids) => {
            let mut known = ids.iter().filter_map(|id| at.get(id.as_str()));
            let first = known.next();
            known.all(|release| Some(release) == first)
        }
        Coupling::AtMostOne(ids) => {
            let planned: std::collections::BTreeSet<&String> = ids
                .iter()
                .filter(|id| at.get(id.as_str()).is_some_and(Option::is_some))
                .collect();
            planned.len() <= 1
        }
        Coupling::AtLeastOne(_) => true,
    });
    each && coupled
}

fn load(problem: &Problem, finished: &[Option<usize>], release: usize, team: &str) -> f64 {
    let pairs = problem.items.iter().zip(finished);
    let each = pairs.filter_map(|(item, end)| {
        let end = (*end)?;
        let works = release <= end && release + item.extra_releases >= end;
        let spread = f64::from(u32::try_from(item.extra_releases + 1).unwrap());
        let days = item.effort.as_ref()?.get(team)?;
        works.then_some(days / spread)
    });
    each.sum()
}

fn fits(problem: &Problem, finished: &[Option<usize>]) -> bool {
    problem.releases.iter().enumerate().all(|(at, release)| {
        ["api", "web"].into_iter().all(|team| {
            let capacity = release.capacity.get(team).copied().unwrap_or(0.0)
                * release.focus_factor
                * (1.0 - release.bug_reserve);
            load(problem, finished, at, team) <= capacity + 1e-9
        })
    })
}

fn keeps_shares(problem: &Problem, finished: &[Option<usize>]) -> bool {
    (0..problem.releases.len()).all(|at| {
        let of = |kind: Option<&String>| -> f64 {
            let only: Assignment = problem
                .items
                .iter()
                .zip(finished)
                .map(|(item, end)| end.filter(|_| kind.is_none() || item.kind.as_ref() == kind))
                .collect();
            ["api", "web"]
                .into_iter()
                .map(|team| load(problem, &only, at, team))
                .sum()
        };
        problem.shares.iter().all(|share| {
            let (own, all) = (of(Some(&share.kind)), of(None));
            own >= share.at_least * all - 1e-9 && own <= share.at_most * all + 1e-9
        })
    })
}

fn worth(problem: &Problem, finished: &[Option<usize>]) -> f64 {
    let pairs = problem.items.iter().zip(finished);
    let each = pairs.filter_map(|(item, end)| {
        let end = (*end)?;
        let season = item.season.get(end).copied().unwrap_or(1.0);
        Some(item.value * season * problem.releases[end].value_factor)
    });
    each.sum()
}

fn days(problem: &Problem, finished: &[Option<usize>]) -> f64 {
    let planned = problem
        .items
        .iter()
        .zip(finished)
        .filter(|(_, end)| end.is_some());
    planned.filter_map(|(item, _)| item.person_days()).sum()
}

/// Every assignment that keeps the rules that always bind.
fn allowed(problem: &Problem, deadlines: &[Option<usize>]) -> Vec<Assignment> {
    let choices = problem.releases.len() + 1;
    let count = u32::try_from(problem.items.len()).unwrap();
    let mut all = Vec::new();
    for code in 0..choices.pow(count) {
        let mut rest = code;
        let finished: Assignment = (0..count)
            .map(|_| {
                let digit = rest % choices;
                rest /= choices;
                digit.checked_sub(1)
            })
            .collect();
        let pairs = finished.iter().zip(deadlines);
        let in_time = |(end, last): (&Option<usize>, &Option<usize>)| match (end, last) {
            (Some(end), Some(last)) => end <= last,
            _ => true,
        };
        if pairs.into_iter().all(in_time) && is_allowed(problem, &finished) {
            all.push(finished);
        }
    }
    all
}

/// What must be in the plan, as sets of items of which one suffices; only items that some allowed
/// assignment holds, whatever the capacity.
fn demands(problem: &Problem, allowed: &[Assignment]) -> Vec<Vec<usize>> {
    let possible = |item: &usize| allowed.iter().any(|finished| finished[*item].is_some());
    let required = (0..problem.items.len()).filter(|item| {
        let item = &problem.items[*item];
        item.mandatory || item.pinned_to.is_some()
    });
    let required = required.map(|item| vec![item]);
    let alternatives = problem
        .couplings
        .iter()
        .filter_map(|coupling| match coupling {
            Coupling::AtLeastOne(ids) => {
                let known = |id: &String| problem.items.iter().position(|item| item.id == *id);
                Some(ids.iter().filter_map(known).collect::<Vec<usize>>())
            }
            _ => None,
        });
    required
        .chain(alternatives)
        .map(|items| items.into_iter().filter(possible).collect::<Vec<usize>>())
        .filter(|items| !items.is_empty())
        .collect()
}

/// The release in which each item can first be finished, were there no end to capacity.
fn deadlines(problem: &Problem) -> Vec<Option<usize>> {
    let all = allowed(problem, &vec![None; problem.items.len()]);
    let each = problem.items.iter().enumerate().map(|(at, item)| {
        let is_urgent = item.mandatory && item.needed_by.is_none() && item.pinned_to.is_none();
        let first = all.iter().filter_map(|finished| finished[at]).min();
        first.filter(|_| is_urgent)
    });
    each.collect()
}

/// (demands met, value, person-days) of the best plan, whether it keeps the shares, and whether the
/// demands alone are too many.
struct Best {
    met: usize,
    value: f64,
    days: f64,
    keeps_shares: bool,
    is_freeze: bool,
}

fn best_of_all(problem: &Problem) -> Best {
    let allowed = allowed(problem, &deadlines(problem));
    let demands = demands(problem, &allowed);
    let met = |finished: &Assignment| {
        let is_met = |demand: &&Vec<usize>| demand.iter().any(|item| finished[*item].is_some());
        demands.iter().filter(is_met).count()
    };
    let fitting: Vec<Assignment> = allowed
        .into_iter()
        .filter(|finished| fits(problem, finished))
        .collect();
    let most = fitting.iter().map(&met).max().unwrap();
    let is_freeze = most < demands.len();
    let mut reached: Vec<usize> = demands.iter().flatten().copied().collect();
    let mut needed = vec![false; problem.items.len()];
    while let Some(next) = reached.pop() {
        if std::mem::replace(&mut needed[next], true) {
            continue;
        }
        let own = problem.items[next].depends_on.iter();
        let tied = problem
            .couplings
            .iter()
            .filter_map(|coupling| match coupling {
                Coupling::Together(ids) if ids.contains(&problem.items[next].id) => Some(ids),
                _ => None,
            });
        for id in own.chain(tied.flatten()) {
            reached.extend(problem.items.iter().position(|item| item.id == *id));
        }
    }
    let of_interest: Vec<&Assignment> = fitting
        .iter()
        .filter(|finished| met(finished) == most)
        .filter(|finished| {
            !is_freeze || (0..needed.len()).all(|item| needed[item] || finished[item].is_none())
        })
        .collect();
    let sharing: Vec<&Assignment> = of_interest
        .iter()
        .copied()
        .filter(|finished| keeps_shares(problem, finished))
        .collect();
    let keeps = !is_freeze && !sharing.is_empty();
    let field = if keeps { sharing } else { of_interest };
    let value = field
        .iter()
        .map(|finished| worth(problem, finished))
        .fold(0.0, f64::max);
    let equal = field
        .iter()
        .filter(|finished| worth(problem, finished) > value - 1e-9);
    Best {
        met: most,
        value,
        days: equal
            .map(|finished| days(problem, finished))
            .fold(f64::INFINITY, f64::min),
        keeps_shares: keeps,
        is_freeze,
    }
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-7
}

fn assignment(problem: &Problem, plan: &Plan) -> Assignment {
    let items = problem.items.iter();
    items
        .map(|item| plan.releases.get(&item.id).copied())
        .collect()
}

#[test]
fn random_plans_are_as_good_as_the_best_of_all_assignments() {
    let mut stream = Stream(31);
    let (mut freezes, mut yielded, mut full) = (0, 0, 0);
    for round in 0..ROUNDS {
        let problem = random_problem(&mut stream);
        let plan = plan(&problem).unwrap();
        let finished = assignment(&problem, &plan);
        let told = format!("round {round}: {problem:#?}\n{plan:#?}");
        assert!(plan.proven, "{told}");
        assert!(
            is_allowed(&problem, &finished) && fits(&problem, &finished),
            "{told}"
        );
        let best = best_of_all(&problem);
        assert_eq!(plan.freeze.is_some(), best.is_freeze, "{told}");
        let limits = deadlines(&problem);
        let demands = demands(&problem, &allowed(&problem, &limits));
        let met = demands
            .iter()
            .filter(|demand| demand.iter().any(|at| finished[*at].is_some()));
        assert_eq!(met.count(), best.met, "{told}");
        assert!(
            near(plan.value, best.value),
            "{} is better\n{told}",
            best.value
        );
        assert!(
            near(days(&problem, &finished), best.days),
            "{} is less\n{told}",
            best.days
        );
        assert!(
            !best.keeps_shares || keeps_shares(&problem, &finished),
            "{told}"
        );
        assert_eq!(
            plan.broken_shares.is_empty(),
            keeps_shares(&problem, &finished),
            "{told}"
        );
        let mut reversed = problem.clone();
        reversed.items.reverse();
        assert_eq!(crate::plan::ahead::plan(&reversed).unwrap(), plan, "{told}");
        freezes += u32::from(best.is_freeze);
        yielded += u32::from(!best.is_freeze && !best.keeps_shares);
        full += u32::from(!best.is_freeze && best.keeps_shares && !problem.shares.is_empty());
    }
    assert!(freezes > ROUNDS / 50 && yielded > ROUNDS / 200 && full > ROUNDS / 10);
}

const ROUNDS: u32 = 6000;
