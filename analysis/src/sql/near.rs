//! The name that somebody may have meant.

/// The nearest of some names, unless all are far away; the first of equally near ones.
pub(super) fn nearest(name: &str, there: &[String]) -> Option<String> {
    let (name, far) = (name.to_lowercase(), name.chars().count().div_ceil(3).max(2));
    there
        .iter()
        .map(|other| (distance(&name, &other.to_lowercase()), other))
        .filter(|(distance, _)| *distance <= far)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other.clone())
}

/// How many letters must be changed, added or removed (Levenshtein 1966).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (place, letter) in a.chars().enumerate() {
        let mut left = place + 1;
        let mut next = vec![left];
        for (above, other) in row.windows(2).zip(&b) {
            let [diagonal, up] = above else { continue };
            left = (diagonal + usize::from(letter != *other))
                .min(up + 1)
                .min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_textbook() {
        for (a, b, expected) in [
            ("kitten", "sitting", 3),
            ("", "abc", 3),
            ("abc", "", 3),
            ("flaw", "lawn", 2),
            ("same", "same", 0),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn a_slip_is_understood_and_nonsense_is_not() {
        let there = ["events", "feedback", "user_id"].map(str::to_owned);
        assert_eq!(nearest("Event", &there).as_deref(), Some("events"));
        assert_eq!(nearest("userid", &there).as_deref(), Some("user_id"));
        assert_eq!(nearest("zzzzzz", &there), None);
        assert_eq!(nearest("x", &[]), None);
    }
}
