//! How often something happened to a user on a day, and when first.

use lake::Micros;

/// A count with its first instant. Merge rule: counts add up, of the first instants the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) count: i64,
    pub(super) first_at: Micros,
}

impl Tally {
    pub(super) fn beginning(at: Micros) -> Self {
        Self {
            count: 0,
            first_at: at,
        }
    }

    pub(super) fn take(&mut self, at: Micros) {
        self.count += 1;
        self.first_at = self.first_at.min(at);
    }
}
