//! What a plan is asked for: items, releases ahead, and the rules between them.

use std::collections::BTreeMap;

/// Person-days by team or skill.
pub type ByTeam = BTreeMap<String, f64>;

/// Everything that a plan depends on. The order of the items does not matter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Problem {
    /// The items that may be planned.
    pub items: Vec<Item>,
    /// The releases ahead, the next one first.
    pub releases: Vec<Release>,
    /// Rules between items beside prerequisites.
    pub couplings: Vec<Coupling>,
    /// Bounds on what kinds of work may take.
    pub shares: Vec<Share>,
}

/// A backlog item as the planner sees it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Item {
    /// The team's own id.
    pub id: String,
    /// What it is worth: 0 or more.
    pub value: f64,
    /// Person-days, 0 or more each; `None` is unknown, and the item cannot be planned.
    pub effort: Option<ByTeam>,
    /// `maintenance`, `feature` …, for [`Share`].
    pub kind: Option<String>,
    /// Ids that must be finished in the same release or before; ids that are no items bind nothing.
    pub depends_on: Vec<String>,
    /// Must be in the plan: in the first release in which it can be finished, unless `needed_by`
    /// gives it longer. Comes before all value.
    pub mandatory: bool,
    /// Must not be in the plan.
    pub excluded: bool,
    /// The release that somebody put it into by hand: it must be finished in that one. Stands above
    /// `not_before` and `needed_by`, and comes before all value.
    pub pinned_to: Option<usize>,
    /// The first release in which work on it may begin.
    pub not_before: usize,
    /// The last release in which it is still of use.
    pub needed_by: Option<usize>,
    /// Releases in a row that work on it takes, beyond the first; its effort spreads evenly.
    pub extra_releases: usize,
    /// What its value is multiplied by when it is finished in each release; missing ones are 1.
    pub season: Vec<f64>,
}

/// A release ahead.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// `4.3.0`, or `now`, `next`, `later`.
    pub name: String,
    /// Person-days that each team has; a team that is missing has none.
    pub capacity: ByTeam,
    /// Share of them that goes into planned work at all, in [0, 1].
    pub focus_factor: f64,
    /// Share of the focused days that is kept for bugs yet to come, in [0, 1].
    pub bug_reserve: f64,
    /// What values are multiplied by here, because later is worth less: above 0.
    pub value_factor: f64,
}

/// A rule between items. Ids that are no items are passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coupling {
    /// AND: finished in one release together, or none of them.
    Together(Vec<String>),
    /// OR: at least one of them must be in the plan. Comes before all value.
    AtLeastOne(Vec<String>),
    /// XOR: at most one of them may be in the plan.
    AtMostOne(Vec<String>),
}

/// Bounds on the share of each release's planned effort, over all teams, that goes into one kind.
/// Yields to what must be in the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// The kind of item.
    pub kind: String,
    /// At least this share, in [0, 1].
    pub at_least: f64,
    /// At most this share, in [0, 1].
    pub at_most: f64,
}

/// Why no plan could be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProblemError {
    /// There is no release to plan for.
    #[error("there is no release to plan for: name at least one with its capacity")]
    NoRelease,
    /// A number is out of its range.
    #[error("{what} of {of:?} must be {range}, got {got}")]
    BadNumber {
        /// `value`, `effort`, `capacity` …
        what: &'static str,
        /// The item, release or kind.
        of: String,
        /// What it may be.
        range: &'static str,
        /// What it was.
        got: f64,
    },
    /// Two items share an id.
    #[error("item {0:?} is there twice")]
    RepeatedId(String),
    /// An item is named that there is not.
    #[error("there is no open item {0:?} in the backlog")]
    UnknownItem(String),
    /// An item is both wanted and not.
    #[error("item {0:?} is excluded, and also mandatory or pinned: drop one of the two")]
    Contradiction(String),
    /// An item names a release that there is not.
    #[error("item {id:?} is pinned to release {release}, but there are {releases}")]
    UnknownRelease {
        /// The item.
        id: String,
        /// Counted from 1.
        release: usize,
        /// How many there are.
        releases: usize,
    },
}

impl Default for Release {
    fn default() -> Self {
        Self {
            name: "next".to_owned(),
            capacity: ByTeam::new(),
            focus_factor: 1.0,
            bug_reserve: 0.0,
            value_factor: 1.0,
        }
    }
}

impl Release {
    /// Person-days of each team that planned work may fill.
    /// Formula: capacity × focus factor × (1 − bug reserve).
    #[must_use]
    pub fn plannable(&self) -> ByTeam {
        let share = self.focus_factor * (1.0 - self.bug_reserve);
        let teams = self.capacity.iter();
        teams
            .map(|(team, days)| (team.clone(), days * share))
            .collect()
    }
}

impl Item {
    /// Whether the plan must hold it.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.mandatory || self.pinned_to.is_some()
    }

    /// Person-days over all teams; `None` is unknown.
    #[must_use]
    pub fn person_days(&self) -> Option<f64> {
        self.effort.as_ref().map(|effort| effort.values().sum())
    }
}

impl Problem {
    /// The first thing that no plan can be made of.
    pub(crate) fn check(&self) -> Result<(), ProblemError> {
        if self.releases.is_empty() {
            return Err(ProblemError::NoRelease);
        }
        for release in &self.releases {
            for days in release.capacity.values() {
                number("capacity", &release.name, *days, f64::INFINITY)?;
            }
            number("focus factor", &release.name, release.focus_factor, 1.0)?;
            number("bug reserve", &release.name, release.bug_reserve, 1.0)?;
            number(
                "value factor",
                &release.name,
                release.value_factor,
                f64::INFINITY,
            )?;
        }
        for share in &self.shares {
            number("smallest share", &share.kind, share.at_least, 1.0)?;
            number("largest share", &share.kind, share.at_most, 1.0)?;
        }
        self.items
            .iter()
            .try_for_each(|item| self.check_item(item))?;
        let mut ids: Vec<&String> = self.items.iter().map(|item| &item.id).collect();
        ids.sort();
        match ids.array_windows().find(|[a, b]| a == b) {
            Some([id, _]) => Err(ProblemError::RepeatedId((*id).clone())),
            None => Ok(()),
        }
    }

    fn check_item(&self, item: &Item) -> Result<(), ProblemError> {
        number("value", &item.id, item.value, f64::INFINITY)?;
        for days in item.effort.iter().flat_map(BTreeMap::values) {
            number("effort", &item.id, *days, f64::INFINITY)?;
        }
        for factor in &item.season {
            number("season", &item.id, *factor, f64::INFINITY)?;
        }
        if item.excluded && item.is_required() {
            return Err(ProblemError::Contradiction(item.id.clone()));
        }
        match item
            .pinned_to
            .filter(|release| *release >= self.releases.len())
        {
            Some(release) => Err(ProblemError::UnknownRelease {
                id: item.id.clone(),
                release: release.saturating_add(1),
                releases: self.releases.len(),
            }),
            None => Ok(()),
        }
    }
}

fn number(what: &'static str, of: &str, got: f64, most: f64) -> Result<(), ProblemError> {
    if got.is_finite() && (0.0..=most).contains(&got) {
        return Ok(());
    }
    Err(ProblemError::BadNumber {
        what,
        of: of.to_owned(),
        range: if most.is_finite() {
            "from 0 to 1"
        } else {
            "0 or more"
        },
        got,
    })
}
