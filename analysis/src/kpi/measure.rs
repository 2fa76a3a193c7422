//! What a metric is made of in one window: sufficient statistics, which give its estimate and its
//! difference from another window's.

use crate::facts::Facts;
use crate::facts::feedback::{Piece, Ratings};
use crate::facts::sessions::Crashes;
use crate::findings::{Change, Estimate};
use crate::metric::{self, Metric};
use crate::settings::Settings;
use crate::stats;
use crate::stats::mean::Moments;
use crate::stats::nps::Answers;

const MICROS_PER_HOUR: f64 = 3.6e9;

/// Sufficient statistics of a metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Measure {
    /// Nothing is known of that window.
    Absent,
    /// A plain count.
    Count(u64),
    /// Successes of n.
    Share(u64, u64),
    /// A mean.
    Mean(Moments),
    /// A net promoter score.
    Nps(Answers),
    /// A median, of sorted values.
    Median(Vec<f64>),
}

impl Measure {
    /// The metric in the window with this index.
    pub(crate) fn of(metric: &Metric, facts: &Facts, index: i32) -> Self {
        let active = || {
            facts
                .activity
                .by_window
                .get(&index)
                .copied()
                .unwrap_or_default()
        };
        let holds = |day: i32| facts.window.index_of(day) == index;
        match metric.id {
            id if id == metric::ACTIVE_USERS.id => Self::Count(active().users),
            id if id == metric::SESSIONS.id => Self::Count(active().sessions),
            id if id == metric::CRASH_FREE_SESSIONS.id => {
                Self::of_crashes(facts.sessions.on_days(holds))
            }
            id if id == metric::CRASH_FREE_USERS.id => {
                let users = facts.sessions.users_by_window.get(&index);
                Self::of_crashes(users.copied().unwrap_or_default())
            }
            _ => Self::of_feedback(metric, facts.feedback.on_days(holds)),
        }
    }

    /// A crash-free rate.
    pub(crate) fn of_crashes(crashes: Crashes) -> Self {
        Self::Share(crashes.free(), crashes.all)
    }

    /// A metric of feedback, over these pieces; other metrics are absent.
    pub(crate) fn of_feedback<'a>(
        metric: &Metric,
        pieces: impl Iterator<Item = &'a Piece>,
    ) -> Self {
        match metric.id {
            id if id == metric::RATING_MEAN.id => Self::Mean(Ratings::of(pieces).moments),
            id if id == metric::LOW_RATING.id => {
                let ratings = Ratings::of(pieces);
                Self::Share(ratings.low, ratings.n())
            }
            id if id == metric::CSAT.id => {
                let (best, n) = tally(pieces.filter_map(Piece::csat), |answer| *answer >= 4.0);
                Self::Share(best, n)
            }
            id if id == metric::NPS.id => Self::Nps(answers(pieces)),
            id if id == metric::FEEDBACK_VOLUME.id => Self::Count(pieces.count() as u64),
            id if id == metric::ANSWERED.id => {
                let (answered, n) = tally(pieces, |piece| piece.answered_at.is_some());
                Self::Share(answered, n)
            }
            id if id == metric::ANSWER_HOURS.id => Self::Median(hours_to_answer(pieces)),
            _ => Self::Absent,
        }
    }

    /// The value with its interval.
    pub(crate) fn estimate(&self) -> Estimate {
        match self {
            Self::Absent => Estimate::default(),
            Self::Count(count) => stats::count(*count),
            Self::Share(successes, n) => stats::proportion::estimate(*successes, *n),
            Self::Mean(moments) => moments.estimate(),
            Self::Nps(answers) => answers.estimate(),
            Self::Median(sorted) => stats::quantile::median(sorted),
        }
    }

    /// This minus the other, where both are known.
    pub(crate) fn difference(&self, before: &Self) -> Option<Change> {
        match (self, before) {
            (Self::Count(now), Self::Count(before)) => Some(stats::count_change(*now, *before)),
            (Self::Share(s1, n1), Self::Share(s0, n0)) => {
                stats::proportion::difference(*s1, *n1, *s0, *n0)
            }
            (Self::Mean(now), Self::Mean(before)) => stats::mean::difference(now, before),
            (Self::Nps(now), Self::Nps(before)) => stats::nps::difference(now, before),
            (Self::Median(now), Self::Median(before)) => stats::quantile::difference(now, before),
            _ => None,
        }
    }
}

/// How many of those that count are so, and how many count.
fn tally<T>(items: impl Iterator<Item = T>, is_so: impl Fn(&T) -> bool) -> (u64, u64) {
    items.fold((0, 0), |(so, n), item| {
        (so + u64::from(is_so(&item)), n + 1)
    })
}

fn answers<'a>(pieces: impl Iterator<Item = &'a Piece>) -> Answers {
    let mut answers = Answers::default();
    for answer in pieces.filter_map(Piece::nps) {
        if answer >= 9.0 {
            answers.promoters += 1;
        } else if answer >= 7.0 {
            answers.passives += 1;
        } else {
            answers.detractors += 1;
        }
    }
    answers
}

/// Hours to the answer, sorted. Stores show the instant of the last edit, so an answer can stand
/// before its feedback: such a piece is answered, but its time is not known.
fn hours_to_answer<'a>(pieces: impl Iterator<Item = &'a Piece>) -> Vec<f64> {
    let mut hours: Vec<f64> = pieces
        .filter_map(|piece| Some((piece.answered_at?).saturating_sub(piece.at)))
        .filter(|micros| *micros >= 0)
        .map(|micros| micros as f64 / MICROS_PER_HOUR)
        .collect();
    hours.sort_by(f64::total_cmp);
    hours
}

/// Whether anything that could fill the metric ever came.
pub(crate) fn has_input(metric: &Metric, facts: &Facts) -> bool {
    let origins = &facts.origins;
    let mut pieces = facts.feedback.pieces.iter();
    match metric.id {
        id if id == metric::ACTIVE_USERS.id => origins.with_user > 0,
        id if id == metric::SESSIONS.id => origins.with_session > 0,
        id if id == metric::CRASH_FREE_SESSIONS.id => origins.updates > 0,
        id if id == metric::CRASH_FREE_USERS.id => origins.updates_with_user > 0,
        id if id == metric::RATING_MEAN.id || id == metric::LOW_RATING.id => {
            pieces.any(|piece| piece.rating().is_some())
        }
        id if id == metric::CSAT.id => pieces.any(|piece| piece.csat().is_some()),
        id if id == metric::NPS.id => pieces.any(|piece| piece.nps().is_some()),
        id if id == metric::FEEDBACK_VOLUME.id => pieces.next().is_some(),
        // Without a single answer ever, nobody can say whether the team answers elsewhere.
        _ => pieces.any(|piece| piece.answered_at.is_some()),
    }
}

/// How many of its denominator a metric needs on each side.
pub(crate) fn min_n(metric: &Metric, settings: &Settings) -> u64 {
    let min_n = &settings.min_n;
    match metric.id {
        id if id == metric::CRASH_FREE_SESSIONS.id || id == metric::CRASH_FREE_USERS.id => {
            min_n.sessions
        }
        id if id == metric::RATING_MEAN.id || id == metric::LOW_RATING.id => min_n.ratings,
        id if id == metric::CSAT.id || id == metric::NPS.id => min_n.answers,
        id if id == metric::ANSWERED.id => min_n.feedback,
        id if id == metric::ANSWER_HOURS.id => min_n.answered,
        // Counts are compared as they are.
        _ => 0,
    }
}
