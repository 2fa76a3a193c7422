//! The part of the events and the feedback that is asked about.

use std::collections::BTreeMap;
use std::fmt;

use lake::columns::{CHANNEL, PLATFORM};
use serde::{Deserialize, Serialize};

/// What events and feedback must say to count, and what their users must be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Segment {
    /// The platform; any where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Users' properties, each with the last value that an event gave.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
}

impl Segment {
    /// Whether everything counts.
    #[must_use]
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// What rows themselves must hold, column by column.
    pub fn of_rows(&self) -> impl Iterator<Item = (&str, &str)> {
        let texts = [(PLATFORM, &self.platform), (CHANNEL, &self.channel)];
        let texts = texts.into_iter();
        texts.filter_map(|(column, text)| Some((column, text.as_deref()?)))
    }

    /// What it says, name by name.
    pub fn parts(&self) -> impl Iterator<Item = (&str, &str)> {
        let properties = self.properties.iter();
        let properties = properties.map(|(name, value)| (name.as_str(), value.as_str()));
        self.of_rows().chain(properties)
    }
}

/// `platform ios, plan pro`.
impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, value)) in self.parts().enumerate() {
            let comma = if place > 0 { ", " } else { "" };
            write!(f, "{comma}{name} {value}")?;
        }
        Ok(())
    }
}
