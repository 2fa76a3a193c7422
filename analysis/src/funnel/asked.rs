//! What a funnel asks: its steps, and the time allowed.

use std::time::Duration;

use lake::Micros;
use serde::{Deserialize, Serialize};

/// Most steps of a funnel.
const STEPS_MAX: usize = 20;

/// Longest time allowed.
const WITHIN_MAX: Duration = Duration::from_secs(400 * 86_400);

/// What stands between the steps of a funnel.
const THEN: char = '>';

/// Why a funnel cannot be asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FunnelError {
    /// Fewer than two.
    #[error("a funnel has two steps or more: write signup > open > pay")]
    TooFewSteps,
    /// More than a funnel may have.
    #[error("a funnel has at most {STEPS_MAX} steps")]
    TooManySteps,
    /// A step without a name.
    #[error("step {0} has no name")]
    NoName(usize),
    /// No time, or too much.
    #[error("the time allowed is above 0 and at most 400 days")]
    Within,
}

/// Steps in order, and the time allowed from the first to the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Funnel {
    name: Option<String>,
    steps: Vec<String>,
    within: Duration,
}

impl Funnel {
    /// A funnel of steps as people write them: `signup > open > pay`.
    ///
    /// # Errors
    /// [`FunnelError`], which says what to write instead.
    pub fn read(text: &str, within: Duration) -> Result<Self, FunnelError> {
        let steps = text.split(THEN).map(|step| step.trim().to_owned());
        Self::new(None, steps.collect(), within)
    }

    /// A funnel of the names of events.
    ///
    /// # Errors
    /// [`FunnelError`], which says what to write instead.
    pub fn new(
        name: Option<String>,
        steps: Vec<String>,
        within: Duration,
    ) -> Result<Self, FunnelError> {
        if let Some(place) = steps.iter().position(String::is_empty) {
            return Err(FunnelError::NoName(place + 1));
        }
        if steps.len() < 2 {
            return Err(FunnelError::TooFewSteps);
        }
        if steps.len() > STEPS_MAX {
            return Err(FunnelError::TooManySteps);
        }
        if within.is_zero() || within > WITHIN_MAX {
            return Err(FunnelError::Within);
        }
        Ok(Self {
            name,
            steps,
            within,
        })
    }

    /// What the configuration calls it.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The names of the steps' events, in order.
    pub fn steps(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().map(String::as_str)
    }

    /// The time allowed.
    #[must_use]
    pub fn within(&self) -> Duration {
        self.within
    }

    pub(super) fn within_micros(&self) -> Micros {
        Micros::try_from(self.within.as_micros()).unwrap_or(Micros::MAX)
    }
}

/// A funnel as the configuration names it: the section `[funnel.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FunnelRules {
    /// The app that it is for; all where none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The names of the steps' events, in order.
    pub steps: Vec<String>,
    /// The time allowed from the first step to the last.
    #[serde(with = "lake::unit::span")]
    pub within: Duration,
}

impl Default for FunnelRules {
    fn default() -> Self {
        Self {
            app: None,
            steps: Vec::new(),
            within: Duration::from_secs(7 * 86_400),
        }
    }
}

impl FunnelRules {
    /// The funnel of that name.
    ///
    /// # Errors
    /// [`FunnelError`], which says what to write instead.
    pub fn funnel(&self, name: &str) -> Result<Funnel, FunnelError> {
        Funnel::new(Some(name.to_owned()), self.steps.clone(), self.within)
    }

    /// Whether it is for this app.
    #[must_use]
    pub fn is_for(&self, app: &str) -> bool {
        self.app.as_deref().is_none_or(|named| named == app)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_as_people_write_them() {
        let week = Duration::from_secs(7 * 86_400);
        let funnel = Funnel::read(" sign up>open >  pay ", week).unwrap();
        let steps: Vec<&str> = funnel.steps().collect();
        assert_eq!(steps, ["sign up", "open", "pay"]);
        assert_eq!(Funnel::read("open", week), Err(FunnelError::TooFewSteps));
        assert_eq!(Funnel::read("", week), Err(FunnelError::NoName(1)));
        assert_eq!(Funnel::read("a > > b", week), Err(FunnelError::NoName(2)));
        assert_eq!(
            Funnel::read(&["a"; 21].join(">"), week),
            Err(FunnelError::TooManySteps)
        );
        for within in [Duration::ZERO, Duration::from_secs(401 * 86_400)] {
            assert_eq!(Funnel::read("a > b", within), Err(FunnelError::Within));
        }
    }
}
