//! What a piece of feedback is: bug report, feature request, praise or other.
//!
//! A logistic model on hashed n-grams (`fit` says how it is fitted). It orders a triage and its
//! shares are estimates; it is no judge of a single text. `model-card.md` beside this file says what
//! the shipped coefficients were fitted on, how well they do elsewhere, and how to make them anew.

mod coefficients;
mod features;
mod fit;
mod minimise;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

pub use coefficients::CoefficientsError;
use features::{BUCKETS, Counts};
use fit::{COEFFICIENTS, Example, even_ridges, fit, ridges_by_texts, scores, softmax};

use super::tone::Tone;

const KINDS: usize = 4;

const SHIPPED: &[u8] = include_bytes!("coefficients.bin");

/// What a piece of feedback is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Something does not work.
    BugReport,
    /// Something is missing or should be otherwise.
    FeatureRequest,
    /// A bare verdict: what the stars say, in words. Good or bad, until the tone is known.
    Praise,
    /// How it is to use, and all else.
    Other,
}

impl Kind {
    /// All kinds, in the order of probabilities.
    pub const ALL: [Self; KINDS] = [
        Self::BugReport,
        Self::FeatureRequest,
        Self::Praise,
        Self::Other,
    ];

    /// The name in tables and files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BugReport => "bug_report",
            Self::FeatureRequest => "feature_request",
            Self::Praise => "praise",
            Self::Other => "other",
        }
    }

    /// The kind beside a known tone: a verdict by one who dislikes is no praise.
    #[must_use]
    pub fn with_tone(self, tone: Option<Tone>) -> Self {
        match (self, tone) {
            (Self::Praise, Some(Tone::Dislike)) => Self::Other,
            _ => self,
        }
    }
}

/// The classifier's judgement of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// The most probable kind.
    pub kind: Kind,
    /// In the order of [`Kind::ALL`]; they sum to 1.
    pub probabilities: [f64; KINDS],
}

impl Judgement {
    /// The probability that the text asks for something: a bug report or a feature request.
    #[must_use]
    pub fn actionable(&self) -> f64 {
        self.probabilities[Kind::BugReport as usize]
            + self.probabilities[Kind::FeatureRequest as usize]
    }
}

/// Fitted coefficients.
#[derive(Debug, Clone, PartialEq)]
pub struct Classifier {
    /// Of each bucket; 0 for one never seen, which then says nothing.
    idf: Vec<f32>,
    coefficients: Vec<f64>,
}

impl Classifier {
    /// The coefficients that come with the program.
    ///
    /// # Errors
    ///
    /// [`CoefficientsError`] when the program's file was damaged.
    pub fn shipped() -> Result<Self, CoefficientsError> {
        Self::from_bytes(SHIPPED)
    }

    /// Fits a classifier to labelled texts; each kind weighs the same, however rare.
    #[must_use]
    pub fn fitted(labelled: &[(&str, Kind)]) -> Self {
        let counts: Vec<Counts> = labelled
            .par_iter()
            .map(|(text, _)| Counts::of(text))
            .collect();
        let idf = inverse_document_frequencies(&counts);
        let mut of_kind = [0.0_f64; KINDS];
        for (_, kind) in labelled {
            of_kind[*kind as usize] += 1.0;
        }
        let weight = |kind: Kind| labelled.len() as f64 / (KINDS as f64 * of_kind[kind as usize]);
        let examples = examples(labelled, &counts, &idf, weight);
        Self {
            coefficients: fit(&examples, &[0.0; COEFFICIENTS], &even_ridges()),
            idf,
        }
    }

    /// This classifier after a team's corrections: it stays near what it knew where they are few.
    #[must_use]
    pub fn corrected(&self, corrections: &[(&str, Kind)]) -> Self {
        let counts: Vec<Counts> = corrections
            .iter()
            .map(|(text, _)| Counts::of(text))
            .collect();
        let ridges = ridges_by_texts(&self.idf);
        let mut idf = self.idf.clone();
        let rarest = idf.iter().copied().fold(1.0, f32::max);
        for bucket in counts.iter().flat_map(Counts::buckets) {
            if idf[bucket] <= 0.0 {
                idf[bucket] = rarest;
            }
        }
        let examples = examples(corrections, &counts, &idf, |_| 1.0);
        Self {
            coefficients: fit(&examples, &self.coefficients, &ridges),
            idf,
        }
    }

    /// Judges a text.
    #[must_use]
    pub fn judge(&self, text: &str) -> Judgement {
        let features = Counts::of(text).weighted(&self.idf);
        let probabilities = softmax(scores(&self.coefficients, &features));
        let most =
            |a: &Kind, b: &Kind| probabilities[*a as usize].total_cmp(&probabilities[*b as usize]);
        Judgement {
            kind: Kind::ALL.into_iter().max_by(most).unwrap_or(Kind::Other),
            probabilities,
        }
    }
}

/// `ln((1 + n) / (1 + df)) + 1`; 0 for buckets of one text, which would only be learned by heart.
fn inverse_document_frequencies(counts: &[Counts]) -> Vec<f32> {
    let mut texts = vec![0.0_f32; BUCKETS];
    for bucket in counts.iter().flat_map(Counts::buckets) {
        texts[bucket] += 1.0;
    }
    let n = counts.len() as f32;
    let idf = |texts: f32| {
        if texts > 1.0 {
            ((1.0 + n) / (1.0 + texts)).ln() + 1.0
        } else {
            0.0
        }
    };
    texts.into_iter().map(idf).collect()
}

fn examples(
    labelled: &[(&str, Kind)],
    counts: &[Counts],
    idf: &[f32],
    weight: impl Fn(Kind) -> f64,
) -> Vec<Example> {
    let pairs = labelled.iter().zip(counts);
    let example = |((_, kind), counts): (&(&str, Kind), &Counts)| Example {
        features: counts.weighted(idf),
        kind: *kind,
        weight: weight(*kind),
    };
    pairs.map(example).collect()
}
