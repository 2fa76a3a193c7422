//! Rows under way, found by a key of numbers.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// What a row is found by.
pub(crate) trait Key: Copy + Eq {
    fn hash(self) -> u64;
}

/// Folds the product of two words: every bit of the key reaches every bit of the hash.
#[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
pub(super) fn fold(key: u64) -> u64 {
    let product = u128::from(key ^ 0x9e37_79b9_7f4a_7c15) * 0xa076_1d64_78bd_642f_u128;
    (product as u64) ^ ((product >> 64) as u64)
}

impl Key for (u32, u32) {
    fn hash(self) -> u64 {
        fold(u64::from(self.0) << 32 | u64::from(self.1))
    }
}

/// What was a hash before it became a key.
impl Key for u128 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a half of a hash is a hash"
    )]
    fn hash(self) -> u64 {
        self as u64
    }
}

impl<const N: usize> Key for [u32; N] {
    fn hash(self) -> u64 {
        self.into_iter().fold(0, |hash: u64, word| {
            fold(hash.rotate_left(32) ^ u64::from(word))
        })
    }
}

/// Rows in the order in which their keys came.
#[derive(Debug)]
pub(crate) struct Keyed<K, V> {
    rows: Vec<(K, V)>,
    places: HashTable<u32>,
}

impl<K, V> Default for Keyed<K, V> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            places: HashTable::new(),
        }
    }
}

impl<K: Key, V> Keyed<K, V> {
    /// With room for so many rows.
    pub(super) fn with_capacity(rows: usize) -> Self {
        Self {
            rows: Vec::with_capacity(rows),
            places: HashTable::with_capacity(rows),
        }
    }

    /// The place of a key's row, and whether it was made now.
    pub(crate) fn place(&mut self, key: K, make: impl FnOnce() -> V) -> (u32, bool) {
        let Self { rows, places } = self;
        let is_it = |place: &u32| rows.get(*place as usize).is_some_and(|row| row.0 == key);
        let hash = |place: &u32| rows.get(*place as usize).map_or(0, |row| row.0.hash());
        match places.entry(key.hash(), is_it, hash) {
            Entry::Occupied(place) => (*place.get(), false),
            Entry::Vacant(free) => {
                let place = u32::try_from(rows.len()).unwrap_or(u32::MAX);
                free.insert(place);
                rows.push((key, make()));
                (place, true)
            }
        }
    }

    /// The place of a key's row, if it is there.
    pub(crate) fn find(&self, key: K) -> Option<u32> {
        let is_it = |place: &u32| {
            let row = self.rows.get(*place as usize);
            row.is_some_and(|row| row.0 == key)
        };
        self.places.find(key.hash(), is_it).copied()
    }

    /// The row of a key, made if it is not there.
    pub(super) fn of(&mut self, key: K, make: impl FnOnce() -> V) -> Option<&mut V> {
        let (place, _) = self.place(key, make);
        self.at(place)
    }

    /// The row at a place.
    pub(crate) fn at(&mut self, place: u32) -> Option<&mut V> {
        self.rows.get_mut(place as usize).map(|row| &mut row.1)
    }

    pub(crate) fn rows(&self) -> &[(K, V)] {
        &self.rows
    }

    /// Notes a key; whether it is new.
    pub(super) fn note(&mut self, key: K) -> bool
    where
        V: Default,
    {
        self.place(key, V::default).1
    }
}
