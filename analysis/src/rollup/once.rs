//! Which of many identities came more than once.
//!
//! Most come once. A bit a hash says of nearly all that they are new, in memory that a processor
//! holds close; of the few whose bit was set already, each is looked for among all at the end.

use super::keyed::Keyed;

/// Bits for each identity, at least: one of so many is looked for without need.
const BITS_EACH: usize = 16;
const BITS_MIN: usize = 1 << 20;

/// Identities as they come.
#[derive(Debug, Default)]
pub(super) struct Once {
    all: Vec<u128>,
    bits: Vec<u64>,
    /// Those whose bit was set already.
    doubtful: Vec<u128>,
}

impl Once {
    pub(super) fn with_capacity(identities: usize) -> Self {
        Self {
            all: Vec::with_capacity(identities),
            ..Self::default()
        }
    }

    pub(super) fn note(&mut self, identity: u128) {
        if self.all.len() * BITS_EACH >= self.bits.len() * 64 {
            self.grow();
        }
        self.all.push(identity);
        if !self.set(identity) {
            self.doubtful.push(identity);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Those that came more than once.
    pub(super) fn again(&self) -> Keyed<u128, ()> {
        let mut counts: Keyed<u128, u32> = Keyed::default();
        for identity in &self.doubtful {
            counts.place(*identity, || 0);
        }
        for identity in &self.all {
            if let Some(count) = counts.find(*identity).and_then(|place| counts.at(place)) {
                *count += 1;
            }
        }
        let mut again = Keyed::default();
        let several = counts.rows().iter().filter(|(_, count)| *count > 1);
        several.for_each(|(identity, _)| {
            again.note(*identity);
        });
        again
    }

    /// Sets the bit of an identity; whether it was not set.
    fn set(&mut self, identity: u128) -> bool {
        let bits = self.bits.len() as u128 * 64;
        let bit = usize::try_from(identity & bits.saturating_sub(1)).unwrap_or_default();
        let Some(word) = self.bits.get_mut(bit / 64) else {
            return false;
        };
        let mask = 1_u64 << (bit % 64);
        let is_new = *word & mask == 0;
        *word |= mask;
        is_new
    }

    /// Makes room for as many again.
    fn grow(&mut self) {
        let room = self.all.capacity().max(self.all.len() * 2);
        let bits = (room * BITS_EACH).max(BITS_MIN).next_power_of_two();
        self.bits = vec![0; bits / 64];
        let all = std::mem::take(&mut self.all);
        for identity in &all {
            self.set(*identity);
        }
        self.all = all;
    }
}

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::xxh3_128;

    use super::*;

    #[test]
    fn whatever_came_twice_is_found_however_many_came() {
        let identity = |number: u32| xxh3_128(&number.to_le_bytes());
        for capacity in [0, 10, 1_000_000] {
            let mut once = Once::with_capacity(capacity);
            for number in 0..200_000 {
                once.note(identity(number));
            }
            assert!(once.again().rows().is_empty());
            for number in [0, 7, 199_999, 7] {
                once.note(identity(number));
            }
            // The same low half, which a bit is chosen by.
            once.note(identity(3) ^ (1 << 100));
            let mut again: Vec<u128> = once.again().rows().iter().map(|row| row.0).collect();
            let mut expected = [0, 7, 199_999].map(identity);
            again.sort_unstable();
            expected.sort_unstable();
            assert_eq!(again, expected);
            assert_eq!(once.len(), 200_005);
        }
    }
}
