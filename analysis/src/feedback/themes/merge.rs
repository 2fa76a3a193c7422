//! Phrases of the same users made into one theme, named by its best phrase.

use std::collections::BTreeSet;

use super::counts::{Candidate, PARTS};

/// Phrases that share this much of their users (Jaccard) are one theme.
const SAME_USERS: f64 = 0.5;

/// A phrase inside a longer one joins it when the longer one has this share of its users: the rest
/// is too little to be a theme of its own.
const INSIDE: f64 = 0.5;

/// The longer phrase names a theme when it has this share of the users of the shorter.
const LONGER_NAMES: f64 = 0.4;

/// Longer phrases told of a theme.
const LONGER_MAX: usize = 3;

/// Phrases that go together, by their numbers among the candidates; the first names the theme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) members: Vec<usize>,
    pub(super) users: [BTreeSet<usize>; PARTS],
}

/// Users of all parts, each with its part, ascending.
type Users = Vec<(usize, usize)>;

/// Groups the candidates, most users first: each joins the first group whose seed it goes with.
pub(super) fn groups(candidates: &[Candidate]) -> Vec<Group> {
    let users: Vec<Users> = candidates.iter().map(pooled).collect();
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by(|a, b| {
        (users[*b].len().cmp(&users[*a].len()))
            .then_with(|| candidates[*b].key.len().cmp(&candidates[*a].key.len()))
            .then_with(|| candidates[*a].key.cmp(&candidates[*b].key))
    });
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for candidate in order {
        let home = groups
            .iter_mut()
            .find(|group| goes_with((candidates, &users), group[0], candidate));
        match home {
            Some(group) => group.push(candidate),
            None => groups.push(vec![candidate]),
        }
    }
    groups
        .into_iter()
        .map(|members| named(members, candidates, &users))
        .collect()
}

/// Whether a candidate goes with a seed of no fewer users.
fn goes_with((candidates, users): (&[Candidate], &[Users]), seed: usize, candidate: usize) -> bool {
    let (of_seed, of_it) = (users[seed].len() as f64, users[candidate].len() as f64);
    let is_inside = is_part(&candidates[seed].key, &candidates[candidate].key);
    if is_inside && candidates[seed].key.contains(' ') {
        return true;
    }
    // With fewer users than that it cannot share enough, even if it shares all.
    if !is_inside && of_it < SAME_USERS * of_seed {
        return false;
    }
    let both = shared(&users[seed], &users[candidate]) as f64;
    both >= SAME_USERS * (of_seed + of_it - both) || is_inside && both >= INSIDE * of_seed
}

/// The phrases outside the group that hold its name, most users first.
pub(super) fn longer<'a>(candidates: &'a [Candidate], group: &Group) -> Vec<&'a Candidate> {
    let Some(name) = group.members.first().map(|first| &candidates[*first].key) else {
        return Vec::new();
    };
    let mut longer: Vec<(usize, &Candidate)> = candidates
        .iter()
        .enumerate()
        .filter(|(number, other)| !group.members.contains(number) && is_part(name, &other.key))
        .map(|(_, other)| (other.users.iter().map(Vec::len).sum(), other))
        .collect();
    longer.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.key.cmp(&b.1.key)));
    longer
        .into_iter()
        .map(|(_, other)| other)
        .take(LONGER_MAX)
        .collect()
}

/// Users of the parts that are compared.
fn pooled(candidate: &Candidate) -> Users {
    let parts = candidate.users.iter().enumerate();
    parts
        .flat_map(|(part, users)| users.iter().map(move |user| (part, *user)))
        .collect()
}

/// How many two sorted sets share.
fn shared(a: &[(usize, usize)], b: &[(usize, usize)]) -> usize {
    let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    few.iter()
        .filter(|user| many.binary_search(user).is_ok())
        .count()
}

/// Whether one phrase is part of another, by whole words.
fn is_part(short: &str, long: &str) -> bool {
    if short.len() >= long.len() {
        return false;
    }
    let is_end = |rest: &str| rest.is_empty() || rest.starts_with(' ');
    let spaces = long.match_indices(' ');
    let mut starts = std::iter::once(0).chain(spaces.map(|(space, _)| space + 1));
    starts.any(|start| long[start..].strip_prefix(short).is_some_and(is_end))
}

/// Puts the best phrase first: the longest that keeps most of the seed's users.
fn named(mut members: Vec<usize>, candidates: &[Candidate], users: &[Users]) -> Group {
    let seed_users = users[members[0]].len() as f64;
    let words = |candidate: usize| candidates[candidate].key.split(' ').count();
    let mut best = 0;
    for (place, member) in members.iter().enumerate() {
        let keeps = users[*member].len() as f64 >= LONGER_NAMES * seed_users;
        if keeps && words(*member) > words(members[best]) {
            best = place;
        }
    }
    members[..=best].rotate_right(1);
    let users = std::array::from_fn(|part| {
        members
            .iter()
            .flat_map(|member| candidates[*member].users[part].iter().copied())
            .collect()
    });
    Group { members, users }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(key: &str, users: std::ops::Range<usize>) -> Candidate {
        Candidate {
            key: key.to_owned(),
            surface: key.to_owned(),
            users: [users.collect(), Vec::new(), Vec::new()],
            texts: <[Vec<usize>; PARTS]>::default(),
        }
    }

    fn keys(candidates: &[Candidate]) -> Vec<Vec<&str>> {
        let key = |member: &usize| candidates[*member].key.as_str();
        groups(candidates)
            .iter()
            .map(|group| group.members.iter().map(key).collect())
            .collect()
    }

    #[test]
    fn the_longer_phrase_names_the_theme() {
        let candidates = [
            candidate("servic", 0..10),
            candidate("customer servic", 0..9),
        ];
        assert_eq!(keys(&candidates), [["customer servic", "servic"]]);
    }

    #[test]
    fn a_part_is_of_whole_words() {
        for (short, long) in [
            ("a", "a b"),
            ("b", "a b"),
            ("b c", "a b c d"),
            ("an", "ban an"),
            ("a a", "ba a a"),
        ] {
            assert!(is_part(short, long), "{short} in {long}");
        }
        for (short, long) in [
            ("a", "a"),
            ("an", "ban"),
            ("b c", "ab cd"),
            ("a b c", "a b"),
        ] {
            assert!(!is_part(short, long), "{short} in {long}");
        }
    }

    #[test]
    fn a_general_word_does_not_swallow_what_is_said_with_it() {
        let candidates = [
            candidate("driver", 0..100),
            candidate("rude driver", 0..12),
            candidate("driver cancel", 50..70),
            candidate("driver cancel trip", 50..56),
        ];
        let expected: [&[&str]; 3] = [
            &["driver"],
            &["driver cancel", "driver cancel trip"],
            &["rude driver"],
        ];
        assert_eq!(keys(&candidates), expected);
    }
}
