//! What a metric is made of in one window: sufficient statistics, which give its estimate and its
//! difference from another window's.

use crate::facts::Facts;
use crate::facts::feedback::{Piece, Ratings};
use crate::facts::people::Lifecycle;
use crate::facts::sessions::Crashes;
use crate::findings::{Change, Estimate};
use crate::metric::{self, Group, Metric};
use crate::settings::Settings;
use crate::stats;
use crate::stats::mean::Moments;
use crate::stats::nps::Answers;

const MICROS_PER_HOUR: f64 = 3.6e9;
const MS_PER_MINUTE: f64 = 60_000.0;
const THOUSAND: f64 = 1000.0;

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
    /// A figure of everybody, and its n: exact, without an interval.
    Exact(f64, u64),
    /// So many for each thousand of n.
    PerThousand(u64, u64),
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
            id if id == metric::NEW_USERS.id => Self::of_lifecycle(facts, index, |users| users.new),
            id if id == metric::RETURNING_USERS.id => {
                Self::of_lifecycle(facts, index, |users| users.returning)
            }
            id if id == metric::RESURRECTED_USERS.id => {
                Self::of_lifecycle(facts, index, |users| users.resurrected)
            }
            // Until a window is over, everybody may still come.
            id if id == metric::DORMANT_USERS.id && index == 0 && !facts.is_over => Self::Absent,
            id if id == metric::DORMANT_USERS.id => {
                Self::of_lifecycle(facts, index, |users| users.dormant)
            }
            id if id == metric::FEEDBACK_PER_THOUSAND.id => {
                let pieces = facts.feedback.on_days(holds).count() as u64;
                Self::PerThousand(pieces, active().users)
            }
            id if id == metric::CRASH_FREE_SESSIONS.id => {
                Self::of_crashes(facts.sessions.on_days(holds))
            }
            id if id == metric::ERROR_RATE.id => {
                let sessions = facts.sessions.on_days(holds);
                Self::Share(sessions.errored, sessions.all)
            }
            id if id == metric::CRASH_FREE_USERS.id => {
                let users = facts.sessions.users_by_window.get(&index);
                Self::of_crashes(users.copied().unwrap_or_default())
            }
            _ if is_of_use(metric) => Self::of_use(metric, facts, index).unwrap_or(Self::Absent),
            _ => Self::of_feedback(metric, facts.feedback.on_days(holds)),
        }
    }

    /// A metric of how often and for how long people use the product; `None` where no day of the
    /// window can be counted.
    fn of_use(metric: &Metric, facts: &Facts, index: i32) -> Option<Self> {
        let (usage, sessions) = (&facts.usage, &facts.sessions);
        let exact = |(value, n)| Self::Exact(value, n);
        match metric.id {
            id if id == metric::DAILY_ACTIVE_USERS.id => usage.daily_mean(index).map(exact),
            id if id == metric::WEEKLY_ACTIVE_USERS.id => usage.weekly(index).map(Self::Count),
            id if id == metric::MONTHLY_ACTIVE_USERS.id => usage.monthly(index).map(Self::Count),
            id if id == metric::STICKINESS.id => usage.stickiness(index).map(exact),
            id if id == metric::SESSIONS_PER_USER.id => {
                sessions.per_user.get(&index).copied().map(Self::Mean)
            }
            _ => {
                let lengths = sessions.lengths.get(&index)?.iter();
                let minutes = lengths.map(|length| *length as f64 / MS_PER_MINUTE);
                Some(Self::Median(minutes.collect()))
            }
        }
    }

    fn of_lifecycle(facts: &Facts, index: i32, users: impl Fn(&Lifecycle) -> u64) -> Self {
        let lifecycle = facts.people.by_window.get(&index);
        lifecycle.map_or(Self::Absent, |lifecycle| Self::Count(users(lifecycle)))
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
                let (best, n) = tally(pieces.filter(|piece| piece.csat().is_some()), |piece| {
                    piece.is_satisfied()
                });
                Self::Share(best, n)
            }
            id if id == metric::NPS.id => Self::Nps(answers(pieces)),
            id if id == metric::CES.id => {
                let answers: Vec<f64> = pieces.filter_map(Piece::ces).collect();
                Self::Mean(Moments::of(&answers))
            }
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
            Self::Exact(value, n) => Estimate {
                value: Some(*value),
                n: *n,
                ..Estimate::default()
            },
            Self::PerThousand(count, n) => {
                let rate = stats::rate::estimate(*count, *n);
                let times = |end: Option<f64>| end.map(|end| end * THOUSAND);
                Estimate {
                    value: times(rate.value),
                    low: times(rate.low),
                    high: times(rate.high),
                    n: rate.n,
                }
            }
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
            (Self::Exact(now, _), Self::Exact(before, _)) => {
                Some(stats::exact_change(*now, *before))
            }
            (Self::PerThousand(c1, n1), Self::PerThousand(c0, n0)) => {
                let change = stats::rate::difference(*c1, *n1, *c0, *n0)?;
                let times = |end: Option<f64>| end.map(|end| end * THOUSAND);
                Some(Change {
                    absolute: change.absolute * THOUSAND,
                    relative: change.relative,
                    low: times(change.low),
                    high: times(change.high),
                })
            }
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
    let answers = pieces.filter_map(Piece::nps).map(Answers::of);
    answers.fold(Answers::default(), |sum, answer| sum.plus(&answer))
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
        id if id == metric::SESSIONS_PER_USER.id => {
            origins.with_session > 0 && origins.with_user > 0
        }
        id if id == metric::SESSIONS.id || id == metric::SESSION_MINUTES.id => {
            origins.with_session > 0
        }
        id if id == metric::FEEDBACK_PER_THOUSAND.id => {
            origins.with_user > 0 && pieces.next().is_some()
        }
        _ if metric.group == Group::Users || is_of_lifecycle(metric) => origins.with_user > 0,
        id if id == metric::CRASH_FREE_SESSIONS.id || id == metric::ERROR_RATE.id => {
            origins.updates > 0
        }
        id if id == metric::CRASH_FREE_USERS.id => origins.updates_with_user > 0,
        id if id == metric::RATING_MEAN.id || id == metric::LOW_RATING.id => {
            pieces.any(|piece| piece.rating().is_some())
        }
        id if id == metric::CSAT.id => pieces.any(|piece| piece.csat().is_some()),
        id if id == metric::NPS.id => pieces.any(|piece| piece.nps().is_some()),
        id if id == metric::CES.id => pieces.any(|piece| piece.ces().is_some()),
        id if id == metric::FEEDBACK_VOLUME.id => pieces.next().is_some(),
        // Without a single answer ever, nobody can say whether the team answers elsewhere.
        _ => pieces.any(|piece| piece.answered_at.is_some()),
    }
}

/// Whether a metric says how often and for how long people use the product, beyond plain counts of a
/// window.
fn is_of_use(metric: &Metric) -> bool {
    matches!(metric.group, Group::Users | Group::Sessions)
}

/// Whether a metric says what became of users since the window before.
pub(crate) fn is_of_lifecycle(metric: &Metric) -> bool {
    metric.group == Group::Lifecycle
}

/// How many of its denominator a metric needs on each side.
pub(crate) fn min_n(metric: &Metric, settings: &Settings) -> u64 {
    let min_n = &settings.min_n;
    match metric.id {
        id if id == metric::CRASH_FREE_SESSIONS.id
            || id == metric::CRASH_FREE_USERS.id
            || id == metric::ERROR_RATE.id
            || id == metric::SESSION_MINUTES.id =>
        {
            min_n.sessions
        }
        id if id == metric::SESSIONS_PER_USER.id || id == metric::FEEDBACK_PER_THOUSAND.id => {
            min_n.users
        }
        id if id == metric::RATING_MEAN.id || id == metric::LOW_RATING.id => min_n.ratings,
        id if id == metric::CSAT.id || id == metric::NPS.id || id == metric::CES.id => {
            min_n.answers
        }
        id if id == metric::ANSWERED.id => min_n.feedback,
        id if id == metric::ANSWER_HOURS.id => min_n.answered,
        // Counts are compared as they are.
        _ => 0,
    }
}
