//! A report in parts, for a page of another make that shows some of them.

use std::collections::BTreeMap;

use analysis::findings::Scope;
use serde::{Deserialize, Serialize};

use crate::day;
use crate::text::clean;

/// The parts of a page, each finished HTML that fits into any page with the same style.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Parts {
    /// What is shown: a week, a window, a release, a plan.
    pub title: String,
    /// The window, the zone, the environment, and how far the data go.
    pub about: Vec<String>,
    /// The moment that it speaks for, RFC 3339 UTC.
    pub as_of: String,
    /// Releases that are named in it, the newest first.
    pub releases: Vec<String>,
    /// Of a list, how many there are, of which a page shows some.
    pub found: Option<u64>,
    /// HTML by the name of the part.
    pub parts: BTreeMap<String, String>,
}

impl Parts {
    pub(crate) fn new(
        scope: &Scope,
        title: String,
        releases: Vec<String>,
        parts: Vec<(&str, String)>,
    ) -> Self {
        let data = scope.data_through.as_deref().map_or_else(
            || "no data".to_owned(),
            |at| format!("data to {}", day::instant(at)),
        );
        let about = [
            day::range(&scope.first_day, &scope.last_day),
            clean(&scope.zone),
            crate::page::environment(scope),
            data,
        ];
        Self {
            title,
            about: about.into(),
            as_of: scope.as_of.clone(),
            releases,
            found: None,
            parts: parts
                .into_iter()
                .map(|(name, html)| (name.to_owned(), html))
                .collect(),
        }
    }
}
