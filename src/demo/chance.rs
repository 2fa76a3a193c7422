//! Chance that is the same on every machine: whole numbers only, no clock and no entropy.
//!
//! Two kinds. [`Rng`] decides what nobody counts (who, when, which words). [`Quota`] and [`Wheel`]
//! decide what is planted: they keep to a rate as closely as whole numbers can, so that the planted
//! effect is in the data whatever the seed, and nothing else is there by accident.

const PPM: u64 = 1_000_000;

/// A rate in [0, 1] in parts per million.
pub(crate) fn ppm(rate: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to [0, 1] before it is scaled"
    )]
    let parts = (rate.clamp(0.0, 1.0) * 1e6).round() as u64;
    parts
}

/// The generator splitmix64. Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom
/// number generators", OOPSLA 2014; constants of the reference code by S. Vigna.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    /// A stream of its own for each part of the data, so that a change to one part leaves the
    /// others as they are.
    pub(crate) fn stream(seed: u64, part: &str) -> Self {
        let mut mixed = Self(seed);
        for byte in part.bytes() {
            mixed.0 ^= u64::from(byte);
            mixed.next();
        }
        mixed
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A whole number from 0 to below `n`; 0 where there is no choice.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    /// True at the rate of `parts` in a million.
    pub(crate) fn chance(&mut self, parts: u64) -> bool {
        self.below(PPM) < parts
    }

    /// One of a list; `None` of an empty one.
    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        let at = self.below(u64::try_from(list.len()).ok()?);
        list.get(usize::try_from(at).ok()?)
    }

    /// Shuffles a list (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let bound = u64::try_from(last).map_or(0, |last| last + 1);
            if let Ok(other) = usize::try_from(self.below(bound)) {
                list.swap(last, other);
            }
        }
    }
}

/// Says yes at a rate, evenly: after n questions the count of yeses is within 1 of rate × n.
#[derive(Debug, Clone, Default)]
pub(crate) struct Quota(u64);

impl Quota {
    /// A quota whose first yes comes after half a period, not after a whole one.
    pub(crate) fn new() -> Self {
        Self(PPM / 2)
    }

    /// Counts one more case, and says whether it is a yes.
    pub(crate) fn take(&mut self, parts: u64) -> bool {
        self.add(parts);
        self.due() && self.settle()
    }

    /// Counts one more case without deciding it.
    pub(crate) fn add(&mut self, parts: u64) {
        self.0 += parts;
    }

    /// Whether a yes is owed.
    pub(crate) fn due(&self) -> bool {
        self.0 >= PPM
    }

    /// Gives the yes that is owed.
    pub(crate) fn settle(&mut self) -> bool {
        self.0 = self.0.saturating_sub(PPM);
        true
    }
}

/// Chooses among several by weight, evenly: each comes as often as its weight says, within a few
/// (smooth weighted round robin, as in nginx's upstream balancing). It begins at a drawn phase: from
/// rest, the rare choices would all come late, and a short run would lack them.
#[derive(Debug, Clone)]
pub(crate) struct Wheel {
    weights: Vec<i64>,
    standing: Vec<i64>,
}

impl Wheel {
    pub(crate) fn new(weights: &[u64], rng: &mut Rng) -> Self {
        let sum: u64 = weights.iter().sum();
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let mut phase = || signed(rng.below(sum)) - signed(sum / 2);
        Self {
            standing: weights.iter().map(|_| phase()).collect(),
            weights: weights.iter().map(|weight| signed(*weight)).collect(),
        }
    }

    /// The place of the next choice; 0 of an empty wheel.
    pub(crate) fn turn(&mut self) -> usize {
        for (standing, weight) in self.standing.iter_mut().zip(&self.weights) {
            *standing += weight;
        }
        let best = (0..self.standing.len())
            .filter(|place| self.weights[*place] > 0)
            .max_by_key(|place| (self.standing[*place], std::cmp::Reverse(*place)));
        let Some(best) = best else { return 0 };
        self.standing[best] -= self.weights.iter().sum::<i64>();
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_the_published_one() {
        // First outputs of splitmix64 for the seed 1234567 (Vigna's reference code; the same figures
        // stand in Rosetta Code, "Pseudo-random numbers/Splitmix64").
        let mut rng = Rng(1_234_567);
        let got: Vec<u64> = (0..3).map(|_| rng.next()).collect();
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!(got, expected);
    }

    #[test]
    fn a_quota_keeps_its_rate_within_one() {
        let mut quota = Quota::new();
        let mut yes = 0_u64;
        for n in 1..=10_000_u64 {
            yes += u64::from(quota.take(ppm(0.037)));
            assert!((yes * PPM).abs_diff(n * 37_000) <= PPM, "{yes} of {n}");
        }
        assert_eq!(yes, 370);
    }

    #[test]
    fn a_wheel_keeps_its_weights() {
        let weights = [5, 0, 3, 2];
        for seed in 0..50 {
            let mut wheel = Wheel::new(&weights, &mut Rng::stream(seed, "wheel"));
            let mut counts = [0_u64; 4];
            for turn in 1..=1000_u64 {
                counts[wheel.turn()] += 1;
                for (count, weight) in counts.iter().zip(weights) {
                    let off = (count * 10).abs_diff(turn * weight);
                    assert!(off <= 30, "{counts:?} after {turn} turns");
                }
            }
            assert_eq!(counts[1], 0);
        }
    }

    #[test]
    fn a_shuffle_keeps_every_entry() {
        let mut list: Vec<u32> = (0..50).collect();
        Rng::stream(7, "shuffle").shuffle(&mut list);
        assert_ne!(list, (0..50).collect::<Vec<_>>());
        list.sort_unstable();
        assert_eq!(list, (0..50).collect::<Vec<_>>());
    }
}
