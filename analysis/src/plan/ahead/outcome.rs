//! The plan that was found, and why each item is in it or not.

use std::collections::BTreeMap;

use super::problem::ByTeam;

/// Which items to finish when.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// For each planned item the release in which it is finished.
    pub releases: BTreeMap<String, usize>,
    /// For each other item the reason.
    pub left_out: BTreeMap<String, LeftOut>,
    /// Sum of the planned items' values, seasons and releases considered.
    pub value: f64,
    /// No plan that keeps the same rules is worth more.
    pub bound: f64,
    /// Whether `value` is proved to be the most.
    pub proven: bool,
    /// Person-days that the plan takes, by release and team.
    pub used: Vec<ByTeam>,
    /// Person-days that planned work may take, by release and team: focus factor and bug reserve
    /// taken off.
    pub capacity: Vec<ByTeam>,
    /// Set where what must be in the plan is not, though each of it alone could be.
    pub freeze: Option<Freeze>,
    /// Required items that are not in the plan, for whatever reason.
    pub required_left_out: Vec<String>,
    /// Couplings of which at least one item should be in the plan, and none is.
    pub unmet_alternatives: Vec<Vec<String>>,
    /// Shares that had to yield to what must be in the plan.
    pub broken_shares: Vec<BrokenShare>,
    /// What a list sorted by score would take; `None` in a freeze.
    pub by_list: Option<ListPlan>,
    /// Groups of items that depend on each other, as ids in order.
    pub cycles: Vec<Vec<String>>,
    /// (item, id that it depends on and that is no item).
    pub dangling: Vec<(String, String)>,
}

/// What must be in the plan exceeds what there is. The plan then holds as many of the demands as
/// can be met, of such plans the most valuable, and nothing that is not needed for them.
#[derive(Debug, Clone, PartialEq)]
pub struct Freeze {
    /// The fewest person-days that are missing, by release and team. Empty where no capacity would
    /// help, because the demands contradict each other.
    pub shortfall: Vec<ByTeam>,
    /// Whether `shortfall` is proved to be the fewest.
    pub proven: bool,
}

/// The plan of a list sorted by value ÷ effort, required items first. It does not look at shares.
#[derive(Debug, Clone, PartialEq)]
pub struct ListPlan {
    /// For each item that it takes the release.
    pub releases: BTreeMap<String, usize>,
    /// Sum of their values.
    pub value: f64,
    /// Value lost against the plan, as a share of the plan's value, in [0, 1]; `None` where the plan
    /// is worth nothing.
    pub lost_share: Option<f64>,
}

/// A share out of its bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct BrokenShare {
    /// The release.
    pub release: usize,
    /// The kind.
    pub kind: String,
    /// Its share of the release's planned effort, in [0, 1].
    pub share: f64,
}

/// Why an item is not in the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftOut {
    /// Its effort is unknown.
    NoEffort,
    /// Somebody excluded it.
    Excluded,
    /// There is no release in which it could be finished: it may begin too late, is needed too early
    /// or takes more releases than are ahead.
    NoWindow,
    /// It needs all of these, of which a coupling allows one.
    Contradiction(Vec<String>),
    /// It needs these, which can be in no plan.
    Blocked(Vec<String>),
    /// What must be in the plan leaves no room for anything else, or not for all of itself.
    Freeze,
    /// It is worth nothing.
    NoValue,
    /// This one is in the plan, and only one of the two may be.
    InsteadOf(String),
    /// It would fit, but not with these that it needs.
    Dependency(Vec<String>),
    /// Other items make more of the capacity, or of the bounds on kinds of work.
    Capacity,
}

impl LeftOut {
    /// The word that findings and files use.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::NoEffort => "no_effort",
            Self::Excluded => "excluded",
            Self::NoWindow => "no_release",
            Self::Contradiction(_) => "contradiction",
            Self::Blocked(_) | Self::Dependency(_) => "dependency",
            Self::Freeze => "mandatory_over_capacity",
            Self::NoValue => "no_value",
            Self::InsteadOf(_) => "exclusive",
            Self::Capacity => "capacity",
        }
    }
}

impl LeftOut {
    /// The ids that it speaks of.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        match self {
            Self::Contradiction(ids) | Self::Blocked(ids) | Self::Dependency(ids) => ids.clone(),
            Self::InsteadOf(id) => vec![id.clone()],
            Self::NoEffort
            | Self::Excluded
            | Self::NoWindow
            | Self::Freeze
            | Self::NoValue
            | Self::Capacity => Vec::new(),
        }
    }
}

impl Plan {
    /// The largest share by which a better plan could exceed this one; 0 when proved.
    #[must_use]
    pub fn gap(&self) -> f64 {
        if self.proven || self.bound <= self.value {
            0.0
        } else if self.value > 0.0 {
            (self.bound - self.value) / self.value
        } else {
            1.0
        }
    }
}
