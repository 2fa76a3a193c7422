//! Kano's classes of features, from pairs of answers.

/// How somebody would feel about a feature being there, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// I like it.
    Like,
    /// I expect it.
    MustBe,
    /// I do not mind.
    Neutral,
    /// I can live with it.
    LiveWith,
    /// I dislike it.
    Dislike,
}

/// What a pair of answers makes of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Delights when there, is not missed when not.
    Attractive,
    /// The more the better.
    OneDimensional,
    /// Missed when not there.
    MustBe,
    /// Of no matter.
    Indifferent,
    /// Better left out.
    Reverse,
    /// The two answers contradict each other.
    Questionable,
}

/// Better and worse: how satisfaction rises with a feature and falls without it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Coefficients {
    /// (A + O) ÷ (A + O + M + I), in [0, 1].
    pub(crate) better: f64,
    /// −(O + M) ÷ (A + O + M + I), in [−1, 0].
    pub(crate) worse: f64,
}

/// The class of a pair: the answer if the feature is there, and if it is not.
/// Source: C. Berger et al., Center for Quality of Management Journal 2(4) (1993) 3–36.
#[must_use]
pub(crate) fn class(present: Answer, absent: Answer) -> Class {
    use Answer::{Dislike, Like};
    match (present, absent) {
        (Like, Like) | (Dislike, Dislike) => Class::Questionable,
        (Like, Dislike) => Class::OneDimensional,
        (Like, _) => Class::Attractive,
        (Dislike, _) | (_, Like) => Class::Reverse,
        (_, Dislike) => Class::MustBe,
        (_, _) => Class::Indifferent,
    }
}

/// The coefficients over all answers; reverse and questionable ones are left out. `None` where none
/// is left. Source: as [`class`].
#[must_use]
pub(crate) fn coefficients(classes: &[Class]) -> Option<Coefficients> {
    let count = |wanted: &[Class]| {
        let found = classes.iter().filter(|class| wanted.contains(class));
        found.fold(0.0, |count, _| count + 1.0)
    };
    use Class::{Attractive, Indifferent, MustBe, OneDimensional};
    let all = count(&[Attractive, OneDimensional, MustBe, Indifferent]);
    (all > 0.0).then(|| Coefficients {
        better: count(&[Attractive, OneDimensional]) / all,
        worse: -count(&[OneDimensional, MustBe]) / all,
    })
}
