//! Draws that are the same in each run: a hash of what is asked about.

/// The mixing step of splitmix64.
fn mixed(word: u64) -> u64 {
    let mut z = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// All draws of one seed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draws {
    pub(crate) seed: u64,
}

impl Draws {
    /// As random as the ids that clients make: 32 hexadecimal digits.
    pub(crate) fn id(self, question: &str, of: [u64; 3]) -> String {
        let word = self.word(question, of);
        format!("{word:016x}{:016x}", mixed(word))
    }

    /// A number in (0, 1] for a question about up to three things.
    pub(crate) fn share(self, question: &str, of: [u64; 3]) -> f64 {
        let asked = question.bytes().map(u64::from);
        let word = asked
            .chain(of)
            .fold(self.seed, |word, one| mixed(word ^ one));
        #[expect(clippy::cast_precision_loss, reason = "53 bits are all that is used")]
        let share = ((word >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        share
    }

    fn word(self, question: &str, of: [u64; 3]) -> u64 {
        let asked = question.bytes().map(u64::from);
        asked
            .chain(of)
            .fold(self.seed, |word, one| mixed(word ^ one))
    }
}

/// A whole number below `end`.
pub(crate) fn below(end: f64, share: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive and small"
    )]
    let number = (end * (1.0 - share)) as u64;
    number
}
