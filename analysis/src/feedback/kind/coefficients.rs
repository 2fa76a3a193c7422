//! The fitted coefficients as bytes: a byte per number, checked by a sum.
//!
//! Layout, little-endian: magic, buckets (u32), scale (f32), intercepts (f32 each), inverse document
//! frequencies (u8, in steps of [`IDF_STEP`]; 0 for a bucket never seen), coefficients (i8, in steps
//! of the scale), xxh3 of all before (u64).

use xxhash_rust::xxh3::xxh3_64;

use super::features::BUCKETS;
use super::fit::COEFFICIENTS;
use super::{Classifier, KINDS};

const MAGIC: &[u8; 8] = b"SWKIND1\n";
const IDF_STEP: f32 = 1.0 / 24.0;
const STEPS: f64 = 127.0;
const HEAD: usize = MAGIC.len() + 4 + 4 + 4 * KINDS;
const SUM: usize = 8;
const LENGTH: usize = HEAD + BUCKETS * (1 + KINDS) + SUM;

/// Why bytes are not coefficients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CoefficientsError {
    /// Another kind of file, another version, or cut.
    #[error("not a file of coefficients of {LENGTH} bytes")]
    Foreign,
    /// The sum does not fit what it was made of.
    #[error("coefficients are damaged: their checksum differs")]
    Damaged,
}

impl Classifier {
    /// Reads what [`Classifier::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// [`CoefficientsError`] when the bytes are something else or were damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CoefficientsError> {
        let body_length = LENGTH - SUM;
        if bytes.len() != LENGTH || !bytes.starts_with(MAGIC) {
            return Err(CoefficientsError::Foreign);
        }
        let (body, sum) = bytes.split_at(body_length);
        if sum != xxh3_64(body).to_le_bytes() {
            return Err(CoefficientsError::Damaged);
        }
        let (head, rest) = body.split_at(HEAD);
        let words: Vec<[u8; 4]> = head[MAGIC.len()..]
            .chunks_exact(4)
            .map(|word| [word[0], word[1], word[2], word[3]])
            .collect();
        if u32::from_le_bytes(words[0]) as usize != BUCKETS {
            return Err(CoefficientsError::Foreign);
        }
        let scale = f64::from(f32::from_le_bytes(words[1]));
        let intercepts = words[2..]
            .iter()
            .map(|word| f64::from(f32::from_le_bytes(*word)));
        let (idf, steps) = rest.split_at(BUCKETS);
        let rows = steps
            .iter()
            .map(|step| f64::from(step.cast_signed()) * scale);
        Ok(Self {
            idf: idf.iter().map(|step| f32::from(*step) * IDF_STEP).collect(),
            coefficients: rows.chain(intercepts).collect(),
        })
    }

    /// The coefficients, rounded to a byte each.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounded into a byte on purpose"
    )]
    #[expect(
        clippy::cast_sign_loss,
        reason = "an inverse document frequency is not negative"
    )]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (rows, intercepts) = self.coefficients.split_at(COEFFICIENTS - KINDS);
        let most = rows.iter().map(|c| c.abs()).fold(0.0, f64::max);
        let scale = most.max(f64::from(f32::MIN_POSITIVE)) / STEPS;
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend(MAGIC);
        bytes.extend((BUCKETS as u32).to_le_bytes());
        bytes.extend((scale as f32).to_le_bytes());
        for intercept in intercepts {
            bytes.extend((*intercept as f32).to_le_bytes());
        }
        bytes.extend(self.idf.iter().map(|idf| (idf / IDF_STEP).round() as u8));
        let steps = rows
            .iter()
            .map(|c| ((c / scale).round() as i8).cast_unsigned());
        bytes.extend(steps);
        bytes.extend(xxh3_64(&bytes).to_le_bytes());
        bytes
    }
}
