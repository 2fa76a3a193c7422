//! Themes that keep their identity from one look to the next.

use std::collections::BTreeSet;

use xxhash_rust::xxh3::xxh3_64;

use super::Theme;

/// The least overlap of two themes that are one.
const SAME: f64 = 0.5;

/// What is kept of a theme to know it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownTheme {
    /// Its identity.
    pub id: String,
    /// Its name when it was last seen.
    pub name: String,
    /// The keys of its phrases.
    pub keys: Vec<String>,
}

/// Gives themes that were known before their identity back; others keep the one that they got from
/// their name, or a further one where a known theme has it.
///
/// Two themes are one if they share half of the phrases of the smaller one (overlap coefficient);
/// of several the greatest overlap wins, of equals the known theme that comes first. Users and texts
/// change from week to week, the words stay.
pub fn carry(known: &[KnownTheme], themes: &mut [Theme]) {
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (place, theme) in themes.iter().enumerate() {
        for (known_place, known) in known.iter().enumerate() {
            let overlap = overlap(&theme.keys, &known.keys);
            if overlap >= SAME {
                pairs.push((overlap, known_place, place));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let mut given: BTreeSet<usize> = BTreeSet::new();
    let mut named: BTreeSet<usize> = BTreeSet::new();
    for (_, known_place, place) in pairs {
        if !given.contains(&known_place) && named.insert(place) {
            given.insert(known_place);
            themes[place].id.clone_from(&known[known_place].id);
        }
    }
    let mut taken: BTreeSet<String> = known.iter().map(|known| known.id.clone()).collect();
    for (place, theme) in themes.iter_mut().enumerate() {
        let mut attempt = 0;
        while !named.contains(&place) && taken.contains(&theme.id) {
            attempt += 1;
            theme.id = id_of(&format!("{} {attempt}", theme.name));
        }
        taken.insert(theme.id.clone());
    }
}

/// The identity of a theme at its birth.
pub(super) fn id_of(name: &str) -> String {
    format!("theme-{:08x}", xxh3_64(name.as_bytes()) >> 32)
}

fn overlap(a: &[String], b: &[String]) -> f64 {
    let b: BTreeSet<&String> = b.iter().collect();
    let shared = a.iter().filter(|key| b.contains(key)).count();
    shared as f64 / a.len().min(b.len()).max(1) as f64
}
