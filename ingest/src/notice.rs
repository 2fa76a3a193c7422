//! What parts of the program that are not of this crate have to say about themselves in `/readyz` and
//! `/metrics`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Warnings by topic, each until it is taken back. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Notices(Arc<Mutex<BTreeMap<&'static str, String>>>);

impl Notices {
    /// Sets the warning of a topic, or takes it back.
    pub fn set(&self, topic: &'static str, warning: Option<String>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match warning {
            Some(warning) => held.insert(topic, warning),
            None => held.remove(topic),
        };
    }

    pub(crate) fn warnings(&self) -> Vec<String> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.values().cloned().collect()
    }
}

/// Metrics in the text format of OpenMetrics, without its end mark. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct MoreMetrics(Arc<Mutex<String>>);

impl MoreMetrics {
    /// Puts these in place of those before.
    pub fn set(&self, text: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }

    pub(crate) fn text(&self) -> String {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
