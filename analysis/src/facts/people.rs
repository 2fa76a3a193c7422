//! What becomes of users from window to window: who comes, stays, returns and stays away.

use std::collections::BTreeMap;

use crate::facts::Question;
use crate::facts::firsts::Firsts;
use crate::facts::presence::Presence;

/// Users of a window by what they did before. Those who are new, returning and resurrected are
/// together the active users of the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Lifecycle {
    /// Their first event ever lies in the window.
    pub(crate) new: u64,
    /// Active in the window before, too.
    pub(crate) returning: u64,
    /// Not in the window before, but at some time.
    pub(crate) resurrected: u64,
    /// Active in the window before, and not in this one.
    pub(crate) dormant: u64,
}

/// The windows of which it can be said what users did before: all known but the first.
#[derive(Debug, Clone, Default)]
pub(crate) struct People {
    pub(crate) by_window: BTreeMap<i32, Lifecycle>,
    /// Of the users who came in a window, how many were active in it and in each one after: by the
    /// indexes of both.
    pub(crate) back: BTreeMap<(i32, i32), u64>,
}

impl People {
    pub(crate) fn of(question: &Question<'_>, presence: &Presence, firsts: &Firsts) -> Self {
        let window = question.window;
        let mut people = Self {
            by_window: (2 - question.windows..=0)
                .map(|index| (index, Lifecycle::default()))
                .collect(),
            back: BTreeMap::new(),
        };
        let mut indexes: Vec<i32> = Vec::new();
        for (user, days) in presence.users() {
            indexes.clear();
            let all = days.iter().map(|(_, day)| window.index_of(*day));
            indexes.extend(all.filter(|index| *index > -question.windows));
            indexes.dedup();
            let first = firsts.of(user).map(|first| window.index_of(first.day));
            people.add(&indexes, first);
        }
        people
    }

    /// Adds a user, by the windows in which the user was active and the window of the first event.
    fn add(&mut self, active: &[i32], first: Option<i32>) {
        if let Some(first) = first.filter(|first| active.contains(first)) {
            for index in active.iter().filter(|index| **index >= first) {
                *self.back.entry((first, *index)).or_default() += 1;
            }
        }
        let was_active = |index: i32| active.binary_search(&index).is_ok();
        for &index in active {
            if let Some(lifecycle) = self.by_window.get_mut(&index) {
                if was_active(index - 1) {
                    lifecycle.returning += 1;
                } else if first.is_none_or(|first| first >= index) {
                    lifecycle.new += 1;
                } else {
                    lifecycle.resurrected += 1;
                }
            }
            if !was_active(index + 1)
                && let Some(next) = self.by_window.get_mut(&(index + 1))
            {
                next.dormant += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_active_user_of_a_window_is_one_of_three() {
        let mut people = People {
            by_window: (-2..=0)
                .map(|index| (index, Lifecycle::default()))
                .collect(),
            ..People::default()
        };
        // Known since before the windows, and away in the last but one.
        people.add(&[-3, -2, 0], Some(-9));
        people.add(&[-1, 0], Some(-1));
        people.add(&[0], Some(0));
        // First seen in the window before those known.
        people.add(&[-3, -1], Some(-3));
        let of = |new, returning, resurrected, dormant| Lifecycle {
            new,
            returning,
            resurrected,
            dormant,
        };
        let found: Vec<Lifecycle> = people.by_window.values().copied().collect();
        assert_eq!(found, [of(0, 1, 0, 1), of(1, 0, 1, 1), of(1, 1, 1, 1)]);
        let back: Vec<((i32, i32), u64)> = people.back.into_iter().collect();
        let expected = [
            ((-3, -3), 1),
            ((-3, -1), 1),
            ((-1, -1), 1),
            ((-1, 0), 1),
            ((0, 0), 1),
        ];
        assert_eq!(
            back, expected,
            "whoever came before the windows is in no cohort"
        );
    }
}
