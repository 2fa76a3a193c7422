//! A repeatable stream of numbers, for tests.

/// Knuth's MMIX multiplier.
pub(crate) struct Stream(pub(crate) u64);

impl Stream {
    /// A number from 0 to below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
}
