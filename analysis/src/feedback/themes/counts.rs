//! Who said what: distinct users of each phrase, in each part of a comparison.
//!
//! Two passes keep memory small: the first counts hashes of phrases, the second looks only at those
//! that enough users share. The texts are walked by author, so a set of users is a count.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use rayon::prelude::*;
use xxhash_rust::xxh3::{Xxh3Builder, xxh3_64};

use super::phrases::{Phrase, phrases};
use super::{Text, ThemeRules};

/// The parts of a comparison.
pub(super) const PARTS: usize = 3;
pub(super) const NOW: usize = 0;
pub(super) const EARLIER: usize = 1;

/// A phrase that enough users share.
#[derive(Debug, Clone, Default)]
pub(super) struct Candidate {
    pub(super) key: String,
    /// As most texts write it.
    pub(super) surface: String,
    /// Of each part, the users who said it, ascending.
    pub(super) users: [Vec<usize>; PARTS],
    /// Of each part, the texts that say it, ascending.
    pub(super) texts: [Vec<usize>; PARTS],
}

/// The phrases of three groups of texts.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) candidates: Vec<Candidate>,
    /// Of each part, the users with text.
    pub(super) users: [u64; PARTS],
    /// Of the release looked at, the user of each text.
    pub(super) user_of_now: Vec<usize>,
}

/// Counts the phrases of the parts; candidates are chosen by how many users share them in either
/// part, never by how they changed, so that testing their change stays honest.
pub(super) fn count(parts: [&[Text<'_>]; PARTS], rules: &ThemeRules) -> Counted {
    let authors = parts.map(users_of);
    let names: Vec<String> = rules
        .names
        .iter()
        .map(|name| crate::words::normalise(name))
        .collect();
    let hashed = parts.map(|part| {
        let of_text = |text: &Text<'_>| phrases(text.text, &names).iter().map(hash).collect();
        part.par_iter().map(of_text).collect::<Vec<Vec<u64>>>()
    });
    let mut shared: Vec<(f64, u64)> = Vec::new();
    let mut shares: HashMap<u64, f64, Xxh3Builder> = HashMap::default();
    for part in [NOW, EARLIER] {
        let users = authors[part].1;
        for (hash, count) in counts(&hashed[part], &authors[part].0) {
            if count >= rules.users_min {
                let share = count as f64 / users.max(1) as f64;
                let most = shares.entry(hash).or_default();
                *most = most.max(share);
            }
        }
    }
    shared.extend(shares.iter().map(|(hash, share)| (*share, *hash)));
    shared.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    shared.truncate(rules.candidates_max);
    let chosen: BTreeMap<u64, usize> = shared
        .iter()
        .enumerate()
        .map(|(number, (_, hash))| (*hash, number))
        .collect();
    let mut candidates = vec![Candidate::default(); chosen.len()];
    let mut surfaces: Vec<BTreeMap<String, u64>> = vec![BTreeMap::new(); chosen.len()];
    for (part, texts) in parts.iter().enumerate() {
        for (index, text) in texts.iter().enumerate() {
            if !hashed[part][index]
                .iter()
                .any(|hash| chosen.contains_key(hash))
            {
                continue;
            }
            for phrase in phrases(text.text, &names) {
                let Some(number) = chosen.get(&hash(&phrase)) else {
                    continue;
                };
                let candidate = &mut candidates[*number];
                candidate.users[part].push(authors[part].0[index]);
                candidate.texts[part].push(index);
                candidate.key = phrase.key;
                *surfaces[*number].entry(phrase.surface).or_default() += 1;
            }
        }
    }
    for (candidate, surfaces) in candidates.iter_mut().zip(surfaces) {
        for users in &mut candidate.users {
            users.sort_unstable();
            users.dedup();
        }
        let most = surfaces
            .into_iter()
            .max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)));
        candidate.surface = most.map(|(surface, _)| surface).unwrap_or_default();
    }
    let [now, earlier, unknown] = authors;
    Counted {
        candidates,
        users: [now.1, earlier.1, unknown.1],
        user_of_now: now.0,
    }
}

fn hash(phrase: &Phrase) -> u64 {
    xxh3_64(phrase.key.as_bytes())
}

/// The user of each text by number, and how many users have text.
fn users_of(part: &[Text<'_>]) -> (Vec<usize>, u64) {
    let mut number_of: BTreeMap<&str, usize> = BTreeMap::new();
    let users: Vec<usize> = part
        .iter()
        .map(|text| {
            let next = number_of.len();
            *number_of.entry(text.author).or_insert(next)
        })
        .collect();
    (users, number_of.len() as u64)
}

/// Distinct users of each hash, ascending by hash.
fn counts(hashed: &[Vec<u64>], users: &[usize]) -> Vec<(u64, u64)> {
    let said = hashed.iter().zip(users);
    let mut pairs: Vec<(u64, usize)> = said
        .flat_map(|(hashes, user)| hashes.iter().map(|hash| (*hash, *user)))
        .collect();
    pairs.par_sort_unstable();
    pairs.dedup();
    pairs
        .chunk_by(|a, b| a.0 == b.0)
        .map(|same| (same[0].0, same.len() as u64))
        .collect()
}
