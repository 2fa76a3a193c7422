//! MoSCoW: how the effort of a plan spreads over must, should and could.

/// Above this share of the effort in musts nothing is left to give way.
/// Source: DSDM handbook, chapter 10.4.
const MUST_MAX: f64 = 0.6;

/// The part that an item plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    /// Without it there is no release.
    Must,
    /// Important.
    Should,
    /// Wanted, if it fits.
    Could,
}

/// Shares of the effort, in [0, 1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shares {
    /// Of musts.
    pub(crate) must: f64,
    /// Of shoulds.
    pub(crate) should: f64,
    /// Of coulds: the contingency.
    pub(crate) could: f64,
    /// The musts take more than 60 %.
    pub(crate) is_at_risk: bool,
}

/// The shares of (part, effort). `None` where there is no effort.
#[must_use]
pub(crate) fn shares(items: &[(Share, f64)]) -> Option<Shares> {
    let effort = |wanted: Share| {
        let own = items.iter().filter(|(share, _)| *share == wanted);
        own.fold(0.0, |sum, (_, effort)| sum + effort)
    };
    let all = items.iter().fold(0.0, |sum, (_, effort)| sum + effort);
    (all > 0.0).then(|| Shares {
        must: effort(Share::Must) / all,
        should: effort(Share::Should) / all,
        could: effort(Share::Could) / all,
        is_at_risk: effort(Share::Must) / all > MUST_MAX,
    })
}
