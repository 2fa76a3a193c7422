//! A split block Bloom filter over keys, which are hashes already (Putze, Sanders, Singler: Cache-,
//! hash- and space-efficient Bloom filters, 2007): one cache line a look.

use super::Key;

/// Odd constants that spread 32 bits over the eight words of a block.
const SALTS: [u32; 8] = [
    0x47b6_137b,
    0x4497_4d91,
    0x8824_ad5b,
    0xa2b7_289d,
    0x7054_95c7,
    0x2df1_424b,
    0x9efc_4947,
    0x5c6b_fb31,
];
const BLOCK_BITS: usize = 256;

/// Says of a key that it is surely not there, or that it may be.
#[derive(Debug)]
pub(super) struct Filter {
    blocks: Vec<[u32; 8]>,
}

impl Filter {
    /// For `keys` keys at `bits` bits each.
    pub(super) fn new(keys: usize, bits: usize) -> Self {
        let blocks = (keys * bits).div_ceil(BLOCK_BITS).max(1);
        Self {
            blocks: vec![[0; 8]; blocks],
        }
    }

    /// Puts a key in.
    pub(super) fn insert(&mut self, key: Key) {
        let block = self.block(key);
        for (word, bit) in self.blocks[block].iter_mut().zip(bits(key)) {
            *word |= bit;
        }
    }

    /// Whether a key may be there.
    pub(super) fn may_hold(&self, key: Key) -> bool {
        let words = self.blocks[self.block(key)].iter();
        words.zip(bits(key)).all(|(word, bit)| word & bit != 0)
    }

    /// Its size in memory.
    pub(super) fn bytes(&self) -> usize {
        self.blocks.len() * BLOCK_BITS / 8
    }

    fn block(&self, key: Key) -> usize {
        let scaled = u128::from(key.0) * self.blocks.len() as u128;
        usize::try_from(scaled >> 64).unwrap_or_default()
    }
}

fn bits(key: Key) -> impl Iterator<Item = u32> {
    let low = u32::try_from(key.1 & u64::from(u32::MAX)).unwrap_or_default();
    SALTS
        .into_iter()
        .map(move |salt| 1 << (low.wrapping_mul(salt) >> 27))
}

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::xxh3_128;

    use super::*;

    fn key(n: u64) -> Key {
        let hash = xxh3_128(&n.to_le_bytes());
        let half = |shift: u32| u64::try_from((hash >> shift) & u128::from(u64::MAX)).unwrap();
        (half(0), half(64))
    }

    #[test]
    fn keys_that_are_there_are_let_through_and_few_others() {
        let mut filter = Filter::new(100_000, 12);
        (0..100_000).for_each(|n| filter.insert(key(n)));
        assert!((0..100_000).all(|n| filter.may_hold(key(n))));
        let others = (100_000..200_000)
            .filter(|n| filter.may_hold(key(*n)))
            .count();
        // At 12 bits a key about 0.5 % of others pass.
        assert!(others < 1_500, "{others}");
    }
}
