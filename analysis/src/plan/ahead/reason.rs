//! From a choice of columns to a plan with reasons.

use std::collections::BTreeMap;

use super::best::{Choice, value};
use super::list::walk;
use super::outcome::{BrokenShare, LeftOut, ListPlan, Plan};
use super::problem::{ByTeam, Coupling, Problem, Release};
use super::program::{Program, Rule, SAME};
use super::windows::Unplannable;

/// The plan that a choice makes.
pub(crate) fn outcome(problem: &Problem, program: &Program<'_>, choice: &Choice) -> Plan {
    let mut plan = Plan {
        releases: BTreeMap::new(),
        left_out: BTreeMap::new(),
        value: value(program, &choice.chosen),
        bound: choice.bound,
        proven: choice.proven,
        used: used(problem, program, &choice.chosen),
        capacity: problem.releases.iter().map(Release::plannable).collect(),
        freeze: choice.freeze.clone(),
        required_left_out: Vec::new(),
        unmet_alternatives: Vec::new(),
        broken_shares: Vec::new(),
        by_list: None,
        cycles: program
            .cycles
            .iter()
            .map(|knot| ids(program, knot))
            .collect(),
        dangling: program.dangling.clone(),
    };
    plan.cycles.sort();
    for (at, item) in program.items.iter().enumerate() {
        let mut columns = program.columns_of[at].iter();
        match columns.find(|column| choice.chosen[**column]) {
            Some(column) => {
                let release = program.columns[*column].release;
                plan.releases.insert(item.id.clone(), release);
            }
            None => {
                let reason = left_out(problem, program, choice, at);
                plan.left_out.insert(item.id.clone(), reason);
                if item.is_required() {
                    plan.required_left_out.push(item.id.clone());
                }
            }
        }
    }
    for coupling in &problem.couplings {
        if let Coupling::AtLeastOne(ids) = coupling
            && !ids.iter().any(|id| plan.releases.contains_key(id))
        {
            plan.unmet_alternatives.push(ids.clone());
        }
    }
    plan.broken_shares = broken_shares(problem, program, choice);
    plan.by_list = plan.freeze.is_none().then(|| by_list(program, plan.value));
    plan
}

fn by_list(program: &Program<'_>, best: f64) -> ListPlan {
    let chosen = walk(program, &vec![true; program.columns.len()]);
    let worth = value(program, &chosen);
    let taken = program
        .columns
        .iter()
        .zip(&chosen)
        .filter(|(_, chosen)| **chosen);
    ListPlan {
        releases: taken
            .map(|(column, _)| (program.items[column.item].id.clone(), column.release))
            .collect(),
        value: worth,
        lost_share: (best > 0.0).then(|| ((best - worth) / best).max(0.0)),
    }
}

fn ids(program: &Program<'_>, items: &[usize]) -> Vec<String> {
    items
        .iter()
        .map(|item| program.items[*item].id.clone())
        .collect()
}

fn used(problem: &Problem, program: &Program<'_>, chosen: &[bool]) -> Vec<ByTeam> {
    let mut used = vec![ByTeam::new(); problem.releases.len()];
    for row in &program.rows {
        if let Rule::Capacity { release, team } = &row.rule {
            used[*release].insert(team.clone(), Program::load(row, chosen));
        }
    }
    used
}

fn left_out(problem: &Problem, program: &Program<'_>, choice: &Choice, item: usize) -> LeftOut {
    match &program.unplannable[item] {
        Some(Unplannable::NoEffort) => return LeftOut::NoEffort,
        Some(Unplannable::Excluded) => return LeftOut::Excluded,
        Some(Unplannable::NoWindow) => return LeftOut::NoWindow,
        Some(Unplannable::Contradiction(both)) => {
            return LeftOut::Contradiction(ids(program, both));
        }
        Some(Unplannable::Needs(needed)) => return LeftOut::Blocked(ids(program, needed)),
        None => {}
    }
    if choice.freeze.is_some() {
        return LeftOut::Freeze;
    }
    let columns = &program.columns_of[item];
    if !columns
        .iter()
        .any(|column| program.columns[*column].value > 0.0)
    {
        return LeftOut::NoValue;
    }
    if let Some(other) = rival(problem, program, choice, item) {
        return LeftOut::InsteadOf(other);
    }
    let is_missing = |needed: &usize| {
        let mut columns = program.columns_of[*needed].iter();
        *needed != item && !columns.any(|column| choice.chosen[*column])
    };
    let missing: Vec<usize> = program
        .closure([item])
        .into_iter()
        .filter(is_missing)
        .collect();
    let fits_alone = columns.iter().any(|column| {
        let mut with = choice.chosen.clone();
        with[*column] = true;
        program.rows.iter().all(|row| Program::holds(row, &with))
    });
    if !missing.is_empty() && fits_alone {
        return LeftOut::Dependency(ids(program, &missing));
    }
    LeftOut::Capacity
}

/// The planned item that keeps this one out by a coupling.
fn rival(problem: &Problem, program: &Program<'_>, choice: &Choice, item: usize) -> Option<String> {
    let id = &program.items[item].id;
    let is_planned = |other: &&String| {
        let at = program.items.binary_search_by(|item| item.id.cmp(other));
        let columns = at.ok().map(|at| &program.columns_of[at]);
        columns
            .into_iter()
            .flatten()
            .any(|column| choice.chosen[*column])
    };
    problem
        .couplings
        .iter()
        .find_map(|coupling| match coupling {
            Coupling::AtMostOne(ids) if ids.contains(id) => ids.iter().find(is_planned).cloned(),
            _ => None,
        })
}

fn broken_shares(problem: &Problem, program: &Program<'_>, choice: &Choice) -> Vec<BrokenShare> {
    let mut broken = Vec::new();
    for release in 0..problem.releases.len() {
        let rows = program.rows.iter().filter(
            |row| matches!(&row.rule, Rule::Capacity { release: at, .. } if *at == release),
        );
        let (mut all, mut by_kind) = (0.0, BTreeMap::<&str, f64>::new());
        for (column, days) in rows.flat_map(|row| &row.terms) {
            if choice.chosen[*column] {
                all += days;
                let kind = program.items[program.columns[*column].item].kind.as_deref();
                *by_kind.entry(kind.unwrap_or_default()).or_default() += days;
            }
        }
        for bound in problem.shares.iter().filter(|_| all > 0.0) {
            let share = by_kind.get(bound.kind.as_str()).copied().unwrap_or(0.0) / all;
            if share < bound.at_least - SAME || share > bound.at_most + SAME {
                broken.push(BrokenShare {
                    release,
                    kind: bound.kind.clone(),
                    share,
                });
            }
        }
    }
    broken
}
