//! The backlog as it stands.

use lake::BacklogItem;
use serde::Serialize;

/// Every item of an app's backlog, those that are done included, by id.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Backlog {
    /// The app.
    pub app: String,
    /// The items.
    pub items: Vec<BacklogItem>,
}
