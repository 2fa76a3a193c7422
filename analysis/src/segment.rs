//! By what the configuration lets segments be told apart.

use serde::{Deserialize, Serialize};

/// Most properties that segments may be told apart by.
const PROPERTIES_MAX: usize = 16;

/// Which segments may be asked for, and of how few users nothing is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SegmentRules {
    /// The properties of users, beside platform and channel. Each user counts by the last value that an
    /// event gave.
    pub properties: Vec<String>,
    /// Of fewer users than this nothing is shown of a segment, nor of a part of it.
    pub users_min: u64,
}

impl Default for SegmentRules {
    fn default() -> Self {
        Self {
            properties: Vec::new(),
            users_min: 5,
        }
    }
}

impl SegmentRules {
    /// What does not hold together, each with the key that it is about.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.properties.len() > PROPERTIES_MAX {
            problems.push(format!(
                "segments.properties: at most {PROPERTIES_MAX} are told apart, here are {}",
                self.properties.len()
            ));
        }
        if self.properties.iter().any(|name| name.trim().is_empty()) {
            problems.push("segments.properties: a property has a name".to_owned());
        }
        problems
    }
}
