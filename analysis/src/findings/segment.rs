//! The part of the events and the feedback that is asked about.

use std::fmt;

use serde::Serialize;

/// What events and feedback must say to count; `None` is anything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Segment {
    /// The platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

impl Segment {
    /// Whether everything counts.
    #[must_use]
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// What it says, name by name.
    pub fn parts(&self) -> impl Iterator<Item = (&str, &str)> {
        let parts = [("platform", &self.platform), ("channel", &self.channel)];
        parts
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }
}

/// `platform ios, channel beta`.
impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, value)) in self.parts().enumerate() {
            let comma = if place > 0 { ", " } else { "" };
            write!(f, "{comma}{name} {value}")?;
        }
        Ok(())
    }
}
