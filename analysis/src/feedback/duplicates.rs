//! Texts that say the same: equal but for case and signs, or nearly equal.
//!
//! Nothing is dropped. Each text points to its representative, the first of its group, so that a
//! reader sees a text once with how many times it came, and users are counted all the same. Near
//! duplicates share at least [`NEAR`] of their character 3-grams (Jaccard). They are found by
//! MinHash and banding: a text is compared only with representatives that agree with it in a whole
//! band, so the cost grows with the number of texts. Sources: A. Broder, "On the resemblance and
//! containment of documents", 1997; J. Leskovec, A. Rajaraman and J. Ullman, "Mining of Massive
//! Datasets", 3rd ed., section 3.4.

use hashbrown::HashMap;
use rayon::prelude::*;
use xxhash_rust::xxh3::{Xxh3Builder, xxh3_64, xxh3_64_with_seed};

use crate::words::normalise;

/// The least Jaccard similarity of near duplicates.
pub const NEAR: f64 = 0.8;

/// Eight bands of four rows find a pair of similarity 0.8 with probability 0.985.
const BANDS: usize = 8;
const ROWS: usize = 4;

/// Shorter texts are compared as a whole only: one letter more would make "good" near "goods".
const SHINGLES_MIN: usize = 12;

/// Read of a text.
const CHARACTERS_MAX: usize = 2_000;

/// Any fixed number: groups must not change from run to run.
const SEED: u64 = 0x5eed;

/// The texts of one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// The index of the first text of the group.
    pub representative: usize,
    /// Texts equal to it but for case, space and signs; itself counts.
    pub equal: u64,
    /// Texts nearly equal to it.
    pub near: u64,
}

/// Which texts say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicates {
    /// Of each text, the index of its representative.
    pub representative: Vec<usize>,
    /// The groups by their representative.
    pub groups: Vec<Group>,
}

/// Groups the texts; one without letters and digits stands alone only if no other has its signs.
#[must_use]
pub fn duplicates(texts: &[&str]) -> Duplicates {
    let keys: Vec<String> = texts.par_iter().map(|text| key(text)).collect();
    let mut first_of_key: HashMap<&str, usize, Xxh3Builder> = HashMap::default();
    let first: Vec<usize> = keys
        .iter()
        .enumerate()
        .map(|(index, key)| *first_of_key.entry(key).or_insert(index))
        .collect();
    let shingles: Vec<Vec<u32>> = keys
        .par_iter()
        .enumerate()
        .map(|(index, key)| {
            if first[index] == index {
                shingles_of(key)
            } else {
                Vec::new()
            }
        })
        .collect();
    let near = near_representatives(&first, &shingles);
    let representative: Vec<usize> = first.iter().map(|first| near[*first]).collect();
    Duplicates {
        groups: groups(&representative, &first),
        representative,
    }
}

/// Letters and digits in lower case with single spaces; the signs where there is nothing else.
fn key(text: &str) -> String {
    let head: String = text.chars().take(CHARACTERS_MAX).collect();
    let normalised = normalise(&head);
    let mut key = String::with_capacity(normalised.len());
    for part in normalised.split(|character: char| !character.is_alphanumeric()) {
        if !part.is_empty() {
            if !key.is_empty() {
                key.push(' ');
            }
            key.push_str(part);
        }
    }
    if key.is_empty() {
        normalised.split_whitespace().collect()
    } else {
        key
    }
}

/// The distinct character 3-grams, hashed and sorted; none for short texts.
fn shingles_of(key: &str) -> Vec<u32> {
    let starts: Vec<usize> = key
        .char_indices()
        .map(|(at, _)| at)
        .chain([key.len()])
        .collect();
    let mut shingles: Vec<u32> = starts
        .windows(4)
        .map(|window| low_half(xxh3_64(&key.as_bytes()[window[0]..window[3]])))
        .collect();
    shingles.sort_unstable();
    shingles.dedup();
    if shingles.len() < SHINGLES_MIN {
        shingles.clear();
    }
    shingles
}

fn low_half(hash: u64) -> u32 {
    let bytes = hash.to_le_bytes();
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// Of each first text of its key, the earlier text that it nearly equals, or itself.
fn near_representatives(first: &[usize], shingles: &[Vec<u32>]) -> Vec<usize> {
    let bands: Vec<Option<[u64; BANDS]>> = shingles
        .par_iter()
        .map(|shingles| (!shingles.is_empty()).then(|| bands_of(shingles)))
        .collect();
    let mut by_band: HashMap<(usize, u64), usize, Xxh3Builder> = HashMap::default();
    let mut near: Vec<usize> = (0..first.len()).collect();
    for (index, bands) in bands.iter().enumerate() {
        let Some(bands) = bands else { continue };
        let known = bands.iter().enumerate().find_map(|(band, hash)| {
            let candidate = *by_band.get(&(band, *hash))?;
            (jaccard(&shingles[candidate], &shingles[index]) >= NEAR).then_some(candidate)
        });
        if let Some(known) = known {
            near[index] = known;
            continue;
        }
        for (band, hash) in bands.iter().enumerate() {
            by_band.entry((band, *hash)).or_insert(index);
        }
    }
    near
}

/// The least values of the shingles under seeded hashes, joined by bands.
fn bands_of(shingles: &[u32]) -> [u64; BANDS] {
    std::array::from_fn(|band| {
        let mut rows = [0; ROWS * 8];
        for (row, bytes) in rows.chunks_exact_mut(8).enumerate() {
            let (times, plus) = hash_of_row(band * ROWS + row);
            let least = shingles
                .iter()
                .map(|shingle| u64::from(*shingle).wrapping_mul(times).wrapping_add(plus) >> 16)
                .min()
                .unwrap_or(u64::MAX);
            bytes.copy_from_slice(&least.to_le_bytes());
        }
        xxh3_64(&rows)
    })
}

/// The odd factor and the summand of one multiply-shift hash.
fn hash_of_row(row: usize) -> (u64, u64) {
    let bytes = row.to_le_bytes();
    (
        xxh3_64_with_seed(&bytes, SEED) | 1,
        xxh3_64_with_seed(&bytes, SEED + 1),
    )
}

/// `|A ∩ B| / |A ∪ B|` of two sorted sets.
fn jaccard(a: &[u32], b: &[u32]) -> f64 {
    let (mut i, mut j, mut shared) = (0, 0, 0_usize);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                shared += 1;
                i += 1;
                j += 1;
            }
        }
    }
    shared as f64 / (a.len() + b.len() - shared) as f64
}

fn groups(representative: &[usize], first: &[usize]) -> Vec<Group> {
    let mut counts = vec![(0, 0); representative.len()];
    for (representative, first) in representative.iter().zip(first) {
        let (equal, near) = &mut counts[*representative];
        *if representative == first { equal } else { near } += 1;
    }
    counts
        .into_iter()
        .enumerate()
        .filter(|(_, (equal, _))| *equal > 0)
        .map(|(representative, (equal, near))| Group {
            representative,
            equal,
            near,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_and_near_texts_are_counted_with_their_first() {
        let long = "The driver cancelled my trip and the app still charged me twice for it";
        let nearly = "the driver cancelled my trip, and the app still charged me twice for";
        let texts = ["Good!", long, "good", nearly, "goods", long];
        let found = duplicates(&texts);
        assert_eq!(found.representative, [0, 1, 0, 1, 4, 1]);
        let counts: Vec<(u64, u64)> = found.groups.iter().map(|g| (g.equal, g.near)).collect();
        assert_eq!(counts, [(2, 0), (2, 1), (1, 0)]);
    }

    #[test]
    fn every_text_is_counted_once() {
        let texts = [
            "",
            "👍",
            "👍👍",
            "a",
            "A",
            " a ",
            "ログインできません",
            "ログインできません。",
        ];
        let found = duplicates(&texts);
        let counted: u64 = found
            .groups
            .iter()
            .map(|group| group.equal + group.near)
            .sum();
        assert_eq!(counted, texts.len() as u64);
        assert_eq!(found.representative, [0, 1, 2, 3, 3, 3, 6, 6]);
    }

    #[test]
    fn jaccard_of_known_sets() {
        assert!((jaccard(&[1, 2, 3], &[2, 3, 4]) - 0.5).abs() < 1e-12);
    }
}
