//! A problem as a 0-1 program: `x(i, f) = 1` when item i is finished in release f.
//!
//! Items that can never be planned are set apart first, with the reason: no effort, excluded, no
//! release in which they could be finished, couplings that contradict each other, or a prerequisite
//! of which one of these is true. What remains:
//!
//! - each item is finished once at most: `Σ_f x(i, f) ≤ 1`;
//! - i needs j: by the end of each release, i is finished only if j is;
//! - a release's capacity by team, where an item that takes several releases takes of each its part;
//! - couplings and shares, one row each.
//!
//! Releases as an index over the binaries of the next release problem: M. van den Akker,
//! S. Brinkkemper, G. Diepen, J. Versendaal, UU-CS-2006-63; D. Greer, G. Ruhe, Information and
//! Software Technology 46 (2004) 243–253.

use std::collections::{BTreeMap, BTreeSet};

use super::problem::{Coupling, Item, Problem};
use super::windows::{Unplannable, closure, contradiction, windows};
use crate::plan::components::components;

/// Person-days that differ by less than this share of a capacity are the same.
pub(crate) const SAME: f64 = 1e-9;

/// One item finished in one release.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) item: usize,
    pub(crate) release: usize,
    /// Worth, season and release considered.
    pub(crate) value: f64,
    /// Person-days over all teams.
    pub(crate) effort: f64,
}

/// `Σ coefficient · x ≤ most`.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// (column, coefficient).
    pub(crate) terms: Vec<(usize, f64)>,
    pub(crate) most: f64,
    pub(crate) rule: Rule,
}

/// What a row is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rule {
    Capacity {
        release: usize,
        team: String,
    },
    AtMostOne,
    Share,
    /// One of some items must be in the plan.
    Demand,
}

/// The program.
#[derive(Debug, Clone)]
pub(crate) struct Program<'a> {
    /// All items, by id.
    pub(crate) items: Vec<&'a Item>,
    /// For each item why it is in no plan, if it cannot be.
    pub(crate) unplannable: Vec<Option<Unplannable>>,
    pub(crate) columns: Vec<Column>,
    /// For each item its columns, the earliest release first.
    pub(crate) columns_of: Vec<Vec<usize>>,
    /// For each item those that it needs directly, couplings included.
    pub(crate) needs: Vec<BTreeSet<usize>>,
    pub(crate) rows: Vec<Row>,
    /// Each is a set of items of which at least one must be in the plan.
    pub(crate) demands: Vec<Vec<usize>>,
    /// Items that depend on each other, as indexes.
    pub(crate) cycles: Vec<Vec<usize>>,
    /// (item, id that it depends on and that is no item).
    pub(crate) dangling: Vec<(String, String)>,
}

impl<'a> Program<'a> {
    /// Builds the program of a problem that has been checked.
    pub(crate) fn new(problem: &'a Problem) -> Self {
        let mut items: Vec<&Item> = problem.items.iter().collect();
        items.sort_by(|a, b| a.id.cmp(&b.id));
        let ids = items.iter().enumerate();
        let index: BTreeMap<&str, usize> = ids.map(|(at, item)| (item.id.as_str(), at)).collect();
        let (mut needs, dangling) = dependencies(&items, &index);
        let cycles = components(&needs)
            .into_iter()
            .filter(|knot| knot.len() > 1 || knot.iter().any(|item| needs[*item].contains(item)))
            .collect();
        needs.iter_mut().enumerate().for_each(|(item, needed)| {
            needed.remove(&item);
        });
        let known = |ids: &[String]| -> Vec<usize> {
            let known: BTreeSet<usize> = ids
                .iter()
                .filter_map(|id| index.get(id.as_str()))
                .copied()
                .collect();
            known.into_iter().collect()
        };
        let (mut alternatives, mut exclusives) = (Vec::new(), Vec::new());
        for coupling in &problem.couplings {
            match coupling {
                // Each needs the next and the last the first: a knot comes in one release or not.
                Coupling::Together(ids) => {
                    let ids = known(ids);
                    for (item, next) in ids.iter().zip(ids.iter().cycle().skip(1)) {
                        if item != next {
                            needs[*item].insert(*next);
                        }
                    }
                }
                Coupling::AtLeastOne(ids) => alternatives.push(known(ids)),
                Coupling::AtMostOne(ids) => exclusives.push(known(ids)),
            }
        }
        let contradictions: Vec<Option<Vec<usize>>> = (0..items.len())
            .map(|item| contradiction(&needs, &exclusives, item))
            .collect();
        let (windows, unplannable) = windows(problem, &items, &needs, contradictions);
        let mut program = Self {
            columns: Vec::new(),
            columns_of: vec![Vec::new(); items.len()],
            rows: Vec::new(),
            demands: Vec::new(),
            items,
            unplannable,
            needs,
            cycles,
            dangling,
        };
        program.add_columns(problem, &windows);
        program.add_rows(problem, &exclusives);
        program.add_demands(alternatives);
        program
    }

    fn add_columns(&mut self, problem: &Problem, windows: &[Vec<usize>]) {
        for (at, (item, window)) in self.items.iter().zip(windows).enumerate() {
            for release in window {
                let season = item.season.get(*release).copied().unwrap_or(1.0);
                self.columns_of[at].push(self.columns.len());
                self.columns.push(Column {
                    item: at,
                    release: *release,
                    value: item.value * season * problem.releases[*release].value_factor,
                    effort: item.person_days().unwrap_or(0.0),
                });
            }
        }
    }

    fn add_rows(&mut self, problem: &Problem, exclusives: &[Vec<usize>]) {
        for (release, ahead) in problem.releases.iter().enumerate() {
            let plannable = ahead.plannable();
            let mut by_team: BTreeMap<&str, Vec<(usize, f64)>> = BTreeMap::new();
            for (at, column) in self.columns.iter().enumerate() {
                let item = self.items[column.item];
                for (team, days) in item
                    .effort
                    .iter()
                    .flatten()
                    .filter(|(_, days)| **days > 0.0)
                {
                    if let Some(share) = share_in(item, column.release, release) {
                        by_team.entry(team).or_default().push((at, days * share));
                    }
                }
            }
            let all: Vec<(usize, f64)> = by_team.values().flatten().copied().collect();
            for (team, terms) in by_team {
                self.rows.push(Row {
                    most: plannable.get(team).copied().unwrap_or(0.0),
                    rule: Rule::Capacity {
                        release,
                        team: team.to_owned(),
                    },
                    terms,
                });
            }
            for share in &problem.shares {
                let of_kind = |column: usize| {
                    let kind = self.items[self.columns[column].item].kind.as_ref();
                    if kind == Some(&share.kind) { 1.0 } else { 0.0 }
                };
                for (sign, bound) in [(-1.0, share.at_least), (1.0, share.at_most)] {
                    let terms = all.iter();
                    let terms = terms.map(|(at, days)| (*at, sign * days * (of_kind(*at) - bound)));
                    self.rows.push(Row {
                        terms: summed(terms),
                        most: 0.0,
                        rule: Rule::Share,
                    });
                }
            }
        }
        for items in exclusives {
            let columns = items.iter().flat_map(|item| &self.columns_of[*item]);
            self.rows.push(Row {
                terms: columns.map(|column| (*column, 1.0)).collect(),
                most: 1.0,
                rule: Rule::AtMostOne,
            });
        }
        self.rows.retain(|row| !row.terms.is_empty());
    }

    /// What must be in the plan, of what can be.
    fn add_demands(&mut self, alternatives: Vec<Vec<usize>>) {
        let required = (0..self.items.len()).filter(|item| self.items[*item].is_required());
        let all = required.map(|item| vec![item]).chain(alternatives);
        self.demands = all
            .map(|items| {
                let plannable = |item: &usize| !self.columns_of[*item].is_empty();
                items.into_iter().filter(plannable).collect::<Vec<usize>>()
            })
            .filter(|items| !items.is_empty())
            .collect();
    }

    /// The items and all that they need, at any distance.
    pub(crate) fn closure(&self, items: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        closure(&self.needs, items)
    }

    /// What a row comes to.
    pub(crate) fn load(row: &Row, chosen: &[bool]) -> f64 {
        let terms = row.terms.iter().filter(|(column, _)| chosen[*column]);
        terms.fold(0.0, |sum, (_, coefficient)| sum + coefficient)
    }

    /// Whether a row holds, but for rounding of sums.
    pub(crate) fn holds(row: &Row, chosen: &[bool]) -> bool {
        Self::load(row, chosen) <= row.most + SAME * row.most.abs().max(1.0)
    }

    /// Whether each item is finished once at most, and only with all that it needs.
    pub(crate) fn is_in_order(&self, chosen: &[bool]) -> bool {
        let finished = |item: usize| {
            let columns = self.columns_of[item]
                .iter()
                .filter(|column| chosen[**column]);
            columns.map(|column| self.columns[*column].release)
        };
        (0..self.items.len()).all(|item| match finished(item).next() {
            None => true,
            Some(release) => {
                let is_there = |needed: &usize| finished(*needed).any(|at| at <= release);
                finished(item).count() == 1 && self.needs[item].iter().all(is_there)
            }
        })
    }

    /// Whether at least one of the items is in the plan.
    pub(crate) fn meets(&self, demand: &[usize], chosen: &[bool]) -> bool {
        let mut columns = demand.iter().flat_map(|item| &self.columns_of[*item]);
        columns.any(|column| chosen[*column])
    }
}

/// The part of an item's effort that falls into a release, when it is finished in another.
fn share_in(item: &Item, finished: usize, release: usize) -> Option<f64> {
    let works = finished.checked_sub(item.extra_releases)? <= release && release <= finished;
    let releases = u32::try_from(item.extra_releases).ok()?.checked_add(1)?;
    works.then(|| 1.0 / f64::from(releases))
}

/// Terms of one column become one.
fn summed(terms: impl Iterator<Item = (usize, f64)>) -> Vec<(usize, f64)> {
    let mut sums: BTreeMap<usize, f64> = BTreeMap::new();
    terms.for_each(|(column, coefficient)| *sums.entry(column).or_default() += coefficient);
    sums.into_iter().collect()
}

type Dependencies = (Vec<BTreeSet<usize>>, Vec<(String, String)>);

/// What each item depends on, and what is no item.
fn dependencies(items: &[&Item], index: &BTreeMap<&str, usize>) -> Dependencies {
    let mut dangling = BTreeSet::new();
    let mut needs = vec![BTreeSet::new(); items.len()];
    for (item, needed) in items.iter().zip(&mut needs) {
        for id in &item.depends_on {
            match index.get(id.as_str()) {
                Some(other) => {
                    needed.insert(*other);
                }
                None => {
                    dangling.insert((item.id.clone(), id.clone()));
                }
            }
        }
    }
    (needs, dangling.into_iter().collect())
}
