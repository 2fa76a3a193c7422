//! When each item can be finished at all, and why some never can.

use std::collections::BTreeSet;

use super::problem::{Item, Problem};

/// Why an item can be in no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unplannable {
    NoEffort,
    Excluded,
    /// It cannot be finished in any release that it may be finished in.
    NoWindow,
    /// It needs all of these, of which a coupling allows one.
    Contradiction(Vec<usize>),
    /// Items that it needs, at once or as a coupling, are unplannable.
    Needs(Vec<usize>),
}

pub(crate) type Windows = (Vec<Vec<usize>>, Vec<Option<Unplannable>>);

/// The releases in which each item can be finished, given what it needs.
pub(crate) fn windows(
    problem: &Problem,
    items: &[&Item],
    needs: &[BTreeSet<usize>],
    contradictions: Vec<Option<Vec<usize>>>,
) -> Windows {
    let releases = problem.releases.len();
    let mut windows: Vec<Vec<usize>> = items
        .iter()
        .map(|item| own_window(item, releases))
        .collect();
    for (window, contradiction) in windows.iter_mut().zip(&contradictions) {
        if contradiction.is_some() {
            window.clear();
        }
    }
    trim(&mut windows, needs);
    for (item, window) in items.iter().zip(&mut windows) {
        if item.mandatory && item.needed_by.is_none() && item.pinned_to.is_none() {
            window.truncate(1);
        }
    }
    let unplannable = contradictions
        .into_iter()
        .enumerate()
        .map(|(at, contradiction)| {
            let lacking = |needed: &&usize| windows[**needed].is_empty();
            match items[at] {
                _ if !windows[at].is_empty() => None,
                item if item.excluded => Some(Unplannable::Excluded),
                item if item.effort.is_none() => Some(Unplannable::NoEffort),
                _ if contradiction.is_some() => contradiction.map(Unplannable::Contradiction),
                _ => {
                    let needed: Vec<usize> = needs[at].iter().filter(lacking).copied().collect();
                    Some(
                        if needed.is_empty() || own_window(items[at], releases).is_empty() {
                            Unplannable::NoWindow
                        } else {
                            Unplannable::Needs(needed)
                        },
                    )
                }
            }
        })
        .collect();
    (windows, unplannable)
}

fn own_window(item: &Item, releases: usize) -> Vec<usize> {
    if item.excluded || item.effort.is_none() {
        return Vec::new();
    }
    if let Some(pin) = item.pinned_to {
        return (pin..releases.min(pin + 1))
            .filter(|pin| *pin >= item.extra_releases)
            .collect();
    }
    let first = item.not_before.saturating_add(item.extra_releases);
    let end = item
        .needed_by
        .map_or(releases, |last| last.saturating_add(1).min(releases));
    (first..end).collect()
}

/// Takes away what comes before something needed, until nothing changes.
fn trim(windows: &mut [Vec<usize>], needs: &[BTreeSet<usize>]) {
    let mut changed = true;
    while changed {
        changed = false;
        for item in 0..windows.len() {
            let earliest = needs[item]
                .iter()
                .map(|needed| windows[*needed].first().copied());
            // Nothing comes in time for what never comes.
            let earliest = earliest
                .map(|first| first.unwrap_or(usize::MAX))
                .max()
                .unwrap_or(0);
            let before = windows[item].len();
            windows[item].retain(|release| *release >= earliest);
            changed |= windows[item].len() < before;
        }
    }
}

/// The items and all that they need, at any distance.
pub(crate) fn closure(
    needs: &[BTreeSet<usize>],
    items: impl IntoIterator<Item = usize>,
) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<usize> = items.into_iter().collect();
    while let Some(next) = open.pop() {
        if reached.insert(next) {
            open.extend(&needs[next]);
        }
    }
    reached
}

/// Items that one needs all of, and of which at most one may be in the plan.
pub(crate) fn contradiction(
    needs: &[BTreeSet<usize>],
    exclusives: &[Vec<usize>],
    item: usize,
) -> Option<Vec<usize>> {
    let needed = closure(needs, [item]);
    let both = exclusives.iter().map(|exclusive| -> Vec<usize> {
        exclusive
            .iter()
            .copied()
            .filter(|other| needed.contains(other))
            .collect()
    });
    both.into_iter().find(|both| both.len() > 1)
}
