//! Texts by number: what is compared and counted many times is a number.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use xxhash_rust::xxh3::xxh3_64;

use super::keyed::fold;

/// The number of no text.
pub(crate) const NONE: u32 = 0;

/// Texts, each once, numbered from 1 in the order in which they came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    texts: String,
    /// Where each text ends.
    ends: Vec<usize>,
    /// A part of the text's hash, and its number: so that neither a search nor a larger table need look
    /// at texts.
    numbers: HashTable<(u32, u32)>,
}

impl Names {
    /// With room for so many texts.
    pub(super) fn with_capacity(texts: usize) -> Self {
        Self {
            texts: String::new(),
            ends: Vec::with_capacity(texts),
            numbers: HashTable::with_capacity(texts),
        }
    }

    /// How many texts there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The number of a text; of the same text always the same.
    pub(crate) fn number(&mut self, text: &str) -> u32 {
        let Self {
            texts,
            ends,
            numbers,
        } = self;
        let tag = tag(text);
        let same = |known: &(u32, u32)| known.0 == tag && text_of(texts, ends, known.1) == text;
        match numbers.entry(hash(tag), same, |known| hash(known.0)) {
            Entry::Occupied(known) => known.get().1,
            Entry::Vacant(free) => {
                texts.push_str(text);
                ends.push(texts.len());
                let number = u32::try_from(ends.len()).unwrap_or(NONE);
                free.insert((tag, number));
                number
            }
        }
    }

    /// The number of a text that has one.
    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        let tag = tag(text);
        let same = |known: &(u32, u32)| {
            known.0 == tag && text_of(&self.texts, &self.ends, known.1) == text
        };
        self.numbers.find(hash(tag), same).map(|known| known.1)
    }

    /// The text of a number; `None` of [`NONE`].
    pub(crate) fn text(&self, number: u32) -> Option<&str> {
        (number != NONE).then(|| text_of(&self.texts, &self.ends, number))
    }

    /// For each number the place of its text among those of `used`; of [`NONE`] before all.
    pub(super) fn ranks_of(&self, used: impl Iterator<Item = u32>) -> Vec<u32> {
        let mut ranks = vec![0; self.ends.len() + 1];
        let mut distinct = Vec::new();
        for number in used {
            if let Some(rank @ 0) = ranks.get_mut(number as usize)
                && number != NONE
            {
                *rank = 1;
                distinct.push(number);
            }
        }
        distinct.sort_unstable_by_key(|number| self.text(*number));
        for (rank, number) in (1..).zip(distinct) {
            if let Some(place) = ranks.get_mut(number as usize) {
                *place = rank;
            }
        }
        ranks
    }
}

/// The upper half of a text's hash.
fn tag(text: &str) -> u32 {
    u32::try_from(xxh3_64(text.as_bytes()) >> 32).unwrap_or_default()
}

fn hash(tag: u32) -> u64 {
    fold(u64::from(tag))
}

fn text_of<'t>(texts: &'t str, ends: &[usize], number: u32) -> &'t str {
    let place = (number as usize).saturating_sub(1);
    let from = place.checked_sub(1).and_then(|before| ends.get(before));
    let to = ends.get(place).copied().unwrap_or_default();
    texts
        .get(from.copied().unwrap_or_default()..to)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_and_a_place() {
        let mut names = Names::default();
        let numbers: Vec<u32> = ["b", "a", "", "b", "é"]
            .map(|text| names.number(text))
            .into();
        assert_eq!(numbers, [1, 2, 3, 1, 4]);
        assert_eq!(names.text(4), Some("é"));
        assert_eq!(names.text(3), Some(""));
        assert_eq!(names.text(NONE), None);
        assert_eq!(
            names.ranks_of([2, 4, 1, 4, NONE].into_iter()),
            [0, 2, 1, 0, 3]
        );
    }
}
