//! The best value at every capacity at once, for what-if questions.
//!
//! Where efforts are whole numbers of some step of a person-day and dependencies tie only few items
//! together, as in backlogs, the selection is a multiple-choice knapsack (H. Kellerer, U. Pferschy,
//! D. Pisinger, Knapsack Problems (2004), chapter 11): each group of items tied together offers the
//! choices that keep its dependencies, and one pass over the groups gives the best value at each
//! capacity. A pass costs far less than a search for one capacity does.

use super::graph::Graph;
use super::select::{efforts, fits, forced};

/// Steps of effort that are tried, largest first, in person-days.
const QUANTA: [f64; 4] = [0.5, 0.25, 0.1, 0.05];
/// Choices that one group may offer.
const CHOICES_MAX: usize = 4096;
/// Items that may be tied together.
const GROUP_MAX: usize = 32;

/// Units that are tied together, and what can be taken of them.
#[derive(Debug)]
struct Group {
    units: Vec<usize>,
    choices: Vec<Choice>,
}

/// A set of units of one group that holds all that it needs.
#[derive(Debug, Clone, Copy)]
struct Choice {
    /// Its effort in quanta.
    effort: usize,
    value: f64,
    /// Which of the group's units, as bits.
    holds: u32,
}

/// The groups of all units that are free to be in or out.
#[derive(Debug)]
pub(crate) struct Table {
    /// The step of effort, in person-days.
    quantum: f64,
    /// What the mandatory units leave of the capacity, in quanta.
    pub(crate) left: usize,
    /// Largest capacity, in quanta.
    width: usize,
    groups: Vec<Group>,
}

/// The best values beside one unit's group, and that group's choices with and without the unit.
#[derive(Debug)]
pub(crate) struct Question {
    rest: Vec<f64>,
    with: Vec<Choice>,
    without: Vec<Choice>,
}

impl Table {
    /// The table up to `capacity + beyond`; `None` where the efforts have no common step, or too
    /// many items are tied together.
    pub(crate) fn new(graph: &Graph<'_>, capacity: f64, beyond: f64) -> Option<Self> {
        let forced = forced(graph);
        let left = capacity - efforts(graph, &forced);
        let free: Vec<bool> = graph
            .units
            .iter()
            .zip(&forced)
            .map(|(unit, forced)| {
                !unit.blocked
                    && !forced
                    && unit
                        .effort
                        .is_some_and(|effort| fits(effort, left + beyond))
            })
            .collect();
        let quantum = QUANTA.into_iter().find(|quantum| {
            let is_whole = |unit: usize| whole(graph.effort(unit) / quantum).is_some();
            (0..free.len()).filter(|unit| free[*unit]).all(is_whole)
        })?;
        let groups = groups(graph, &free)
            .into_iter()
            .map(|units| Group::new(graph, &forced, units, quantum))
            .collect::<Option<Vec<Group>>>()?;
        Some(Self {
            quantum,
            left: floor(left / quantum)?,
            width: floor((left + beyond) / quantum)?,
            groups,
        })
    }

    /// Person-days in quanta.
    pub(crate) fn quanta(&self, person_days: f64) -> Option<usize> {
        whole(person_days / self.quantum)
    }

    /// What one pass costs.
    pub(crate) fn cells(&self) -> usize {
        (self.width + 1)
            * self
                .groups
                .iter()
                .map(|group| group.choices.len())
                .sum::<usize>()
    }

    /// Prepares the questions about one unit; `None` where it is not free.
    pub(crate) fn ask(&self, unit: usize) -> Option<Question> {
        let own = self
            .groups
            .iter()
            .position(|group| group.units.contains(&unit))?;
        let place = self.groups[own]
            .units
            .iter()
            .position(|other| *other == unit)?;
        let (with, without): (Vec<Choice>, Vec<Choice>) = self.groups[own]
            .choices
            .iter()
            .partition(|choice| choice.holds >> place & 1 == 1);
        let mut rest = vec![0.0; self.width + 1];
        for group in self
            .groups
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != own)
            .map(|(_, g)| g)
        {
            let choices = undominated(&group.choices);
            for capacity in (0..rest.len()).rev() {
                rest[capacity] = most(&choices, &rest, capacity);
            }
        }
        Some(Question {
            rest,
            with: undominated(&with),
            without: undominated(&without),
        })
    }
}

impl Question {
    /// The best value at a capacity, in quanta, with the unit; endlessly bad where it cannot be in.
    pub(crate) fn with(&self, capacity: usize) -> f64 {
        most(&self.with, &self.rest, capacity)
    }

    /// The best value at a capacity, in quanta, without the unit.
    pub(crate) fn without(&self, capacity: usize) -> f64 {
        most(&self.without, &self.rest, capacity)
    }
}

impl Group {
    fn new(graph: &Graph<'_>, forced: &[bool], units: Vec<usize>, quantum: f64) -> Option<Self> {
        if units.len() > GROUP_MAX {
            return None;
        }
        let mut choices = vec![Choice {
            effort: 0,
            value: 0.0,
            holds: 0,
        }];
        for (place, unit) in units.iter().enumerate() {
            let mut needs = 0_u32;
            for needed in graph.units[*unit]
                .needs
                .iter()
                .filter(|needed| !forced[**needed])
            {
                // A prerequisite that can never fit keeps the unit out as well.
                needs |= units
                    .iter()
                    .position(|other| other == needed)
                    .map_or(1 << place, |at| 1 << at);
            }
            let effort = whole(graph.effort(*unit) / quantum)?;
            for at in 0..choices.len() {
                let choice = choices[at];
                if choice.holds & needs == needs {
                    choices.push(Choice {
                        effort: choice.effort + effort,
                        value: choice.value + graph.units[*unit].value,
                        holds: choice.holds | 1 << place,
                    });
                }
            }
            if choices.len() > CHOICES_MAX {
                return None;
            }
        }
        Some(Self { units, choices })
    }
}

/// The best of the choices at a capacity, with the rest of the capacity used as well as can be.
fn most(choices: &[Choice], rest: &[f64], capacity: usize) -> f64 {
    choices
        .iter()
        .filter(|choice| choice.effort <= capacity)
        .map(|choice| rest[capacity - choice.effort] + choice.value)
        .fold(f64::NEG_INFINITY, f64::max)
}

/// The choices that are worth more than every choice of no more effort.
fn undominated(choices: &[Choice]) -> Vec<Choice> {
    let mut sorted = choices.to_vec();
    sorted.sort_by(|a, b| a.effort.cmp(&b.effort).then(b.value.total_cmp(&a.value)));
    let mut most = f64::NEG_INFINITY;
    sorted.retain(|choice| {
        let is_more = choice.value > most;
        most = most.max(choice.value);
        is_more
    });
    sorted
}

/// Free units tied together by needs, each group in the units' own order.
fn groups(graph: &Graph<'_>, free: &[bool]) -> Vec<Vec<usize>> {
    let mut group_of: Vec<usize> = (0..free.len()).collect();
    let root = |group_of: &[usize], mut unit: usize| {
        while group_of[unit] != unit {
            unit = group_of[unit];
        }
        unit
    };
    for unit in (0..free.len()).filter(|unit| free[*unit]) {
        for needed in graph.units[unit]
            .needs
            .iter()
            .filter(|needed| free[**needed])
        {
            let (a, b) = (root(&group_of, unit), root(&group_of, *needed));
            group_of[a.max(b)] = a.min(b);
        }
    }
    let mut groups = vec![Vec::new(); free.len()];
    for unit in (0..free.len()).filter(|unit| free[*unit]) {
        groups[root(&group_of, unit)].push(unit);
    }
    groups.retain(|units| !units.is_empty());
    groups
}

/// The whole number that this is, but for rounding; `None` for any other.
fn whole(number: f64) -> Option<usize> {
    let nearest = number.round();
    if (number - nearest).abs() <= 1e-6 {
        to_usize(nearest)
    } else {
        None
    }
}

fn floor(number: f64) -> Option<usize> {
    to_usize((number + 1e-6).floor().max(0.0))
}

fn to_usize(number: f64) -> Option<usize> {
    if !(0.0..1e7).contains(&number) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number from 0 to 10 million"
    )]
    Some(number as usize)
}
