//! On which days each user was active: the list from which users are counted by day, by week, by
//! month and by how often they come.

use std::collections::BTreeMap;

use crate::days::Window;

/// Users and days, by user and day, each once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Presence {
    days: Vec<(u32, i32)>,
}

impl Presence {
    pub(crate) fn of(mut days: Vec<(u32, i32)>) -> Self {
        days.sort_unstable();
        days.dedup();
        Self { days }
    }

    /// The days of each user, oldest first.
    pub(crate) fn users(&self) -> impl Iterator<Item = (u32, &[(u32, i32)])> {
        let users = self.days.chunk_by(|a, b| a.0 == b.0);
        users.filter_map(|days| Some((days.first()?.0, days)))
    }

    /// For each day of `[first, end)` the users who were active on it or on one of the days before
    /// it, `length` days in all.
    pub(crate) fn trailing(&self, length: i32, (first, end): (i32, i32)) -> Vec<u64> {
        let days = usize::try_from(end.saturating_sub(first)).unwrap_or(0);
        let mut changes = vec![0_i64; days + 1];
        let mut change = |day: i32, by: i64| {
            let place = usize::try_from(day.saturating_sub(first).max(0)).unwrap_or(0);
            if let Some(change) = changes.get_mut(place.min(days)) {
                *change += by;
            }
        };
        for (_, active) in self.users() {
            for (place, (_, day)) in active.iter().enumerate() {
                // A user counts for `length` days, or until the next active day takes over.
                let over = day.saturating_add(length);
                let next = active.get(place + 1).map_or(over, |(_, next)| *next);
                change(*day, 1);
                change(over.min(next), -1);
            }
        }
        let mut users = 0;
        let counts = changes.iter().take(days).map(|change| {
            users += change;
            u64::try_from(users).unwrap_or(0)
        });
        counts.collect()
    }

    /// Distinct users by window.
    pub(crate) fn by_window(&self, window: Window) -> BTreeMap<i32, u64> {
        let mut counts = BTreeMap::new();
        for (_, active) in self.users() {
            let same =
                |a: &(u32, i32), b: &(u32, i32)| window.index_of(a.1) == window.index_of(b.1);
            for days in active.chunk_by(same) {
                let index = days.first().map(|(_, day)| window.index_of(*day));
                *counts.entry(index.unwrap_or_default()).or_default() += 1;
            }
        }
        counts
    }

    /// How many users were active on one day of the days `[first, end)`, on two, and so on.
    pub(crate) fn active_days(&self, (first, end): (i32, i32)) -> Vec<u64> {
        let days = usize::try_from(end.saturating_sub(first)).unwrap_or(0);
        let mut users = vec![0; days];
        for (_, active) in self.users() {
            let within = active.iter().filter(|(_, day)| (first..end).contains(day));
            let count = within.count().checked_sub(1);
            if let Some(users) = count.and_then(|place| users.get_mut(place)) {
                *users += 1;
            }
        }
        users
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const DAYS: [(u32, i32); 9] = [
        (2, 17),
        (1, 3),
        (1, 10),
        (1, 10),
        (1, 11),
        (2, 10),
        (3, 12),
        (3, 40),
        (4, 9),
    ];

    #[test]
    fn trailing_users_are_those_of_sets() {
        let presence = Presence::of(DAYS.to_vec());
        for length in [1, 2, 7, 28] {
            let found = presence.trailing(length, (5, 45));
            let expected: Vec<u64> = (5..45)
                .map(|day| {
                    let within = |seen: &&(u32, i32)| day - length < seen.1 && seen.1 <= day;
                    let users: BTreeSet<u32> =
                        DAYS.iter().filter(within).map(|seen| seen.0).collect();
                    users.len() as u64
                })
                .collect();
            assert_eq!(found, expected, "{length} days");
        }
        assert_eq!(presence.trailing(7, (5, 5)), [0_u64; 0]);
        assert_eq!(Presence::default().trailing(28, (1, 3)), [0, 0]);
    }

    #[test]
    fn each_active_user_stands_in_one_row_of_active_days() {
        let presence = Presence::of(DAYS.to_vec());
        assert_eq!(presence.active_days((10, 17)), [2, 1, 0, 0, 0, 0, 0]);
        assert_eq!(presence.active_days((9, 18)).iter().sum::<u64>(), 4);
        let window = Window {
            first: 10,
            length: 7,
        };
        let users = presence.by_window(window);
        assert_eq!(users, BTreeMap::from([(-1, 2), (0, 3), (1, 1), (4, 1)]));
    }
}
