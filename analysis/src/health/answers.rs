//! What people say of a release, judged answer by answer.
//!
//! A release's ratings are compared with the baseline's in *its* own first days: those who are still on
//! the old version when the new one is out are the ones who do not update, and rate worse than that
//! version ever did (in real store reviews 33 % low ratings against 21 % in its own first days). Where
//! both have answers over the same days as well, these need to point the same way, or it is no more
//! than a look; without them the control is of other days, and it is no more than suspected.
//! What comments without a score read like is never more than that: a word list judges them.

use std::collections::{BTreeMap, BTreeSet};

use super::hours::{DAY_HOURS, Hour, hour_of, start_of};
use super::rules::Judging;
use crate::compare;
use crate::days::instant_text;
use crate::facts::feedback::Piece;
use crate::findings::{Change, Check, Estimate, State};
use crate::metric::{self, Metric};
use crate::stats::mean::{self, Moments};
use crate::stats::nps::Answers;
use crate::stats::sequential::asymptotic::Shift;
use crate::stats::{nps, proportion};

/// Answers that each side needs. No NPS below 30 answers: measuringu.com.
pub(crate) const ANSWERS_MIN: u64 = 30;
/// Answers of both sides at which the interval is tightest.
const PLANNED: u64 = 500;

/// What is asked of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    LowRating,
    RatingMean,
    Csat,
    Nps,
    /// What comments without a score read like.
    Negative,
}

/// What a piece of feedback says: the value that is averaged, and as what it is shown.
#[derive(Debug, Clone, Copy)]
struct Answer {
    value: f64,
    is_part: bool,
    nps: Answers,
}

impl Asked {
    pub(crate) const ALL: [Self; 5] = [
        Self::LowRating,
        Self::RatingMean,
        Self::Csat,
        Self::Nps,
        Self::Negative,
    ];

    pub(crate) fn metric(self) -> &'static Metric {
        match self {
            Self::LowRating => &metric::LOW_RATING,
            Self::RatingMean => &metric::RATING_MEAN,
            Self::Csat => &metric::CSAT,
            Self::Nps => &metric::NPS,
            Self::Negative => &metric::SENTIMENT_SHARE,
        }
    }

    /// Whether a piece is such an answer.
    pub(crate) fn is_answered_by(self, piece: &Piece) -> bool {
        self.answer(piece).is_some()
    }

    fn answer(self, piece: &Piece) -> Option<Answer> {
        let share = |is_part: bool| Answer {
            value: f64::from(u8::from(is_part)),
            is_part,
            nps: Answers::default(),
        };
        match self {
            Self::LowRating => piece.rating().map(|_| share(piece.is_low())),
            Self::RatingMean => piece.rating().map(|value| Answer {
                value,
                ..share(false)
            }),
            Self::Csat => piece.csat().map(|_| share(piece.is_satisfied())),
            Self::Negative => piece.is_negative().map(share),
            Self::Nps => piece.nps().map(|answer| {
                let nps = Answers::of(answer);
                Answer {
                    value: 100.0 * (nps.promoters as f64 - nps.detractors as f64),
                    is_part: false,
                    nps,
                }
            }),
        }
    }
}

/// The answers of one side.
#[derive(Debug, Clone, Copy, Default)]
struct Side {
    moments: Moments,
    part: u64,
    nps: Answers,
}

impl Side {
    fn of(answer: Answer) -> Self {
        Self {
            moments: Moments::of(&[answer.value]),
            part: u64::from(answer.is_part),
            nps: answer.nps,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            moments: self.moments.plus(&other.moments),
            part: self.part + other.part,
            nps: self.nps.plus(&other.nps),
        }
    }

    fn n(&self) -> u64 {
        self.moments.n
    }

    fn estimate(&self, asked: Asked) -> Estimate {
        match asked {
            Asked::RatingMean => self.moments.estimate(),
            Asked::LowRating | Asked::Csat | Asked::Negative => {
                proportion::estimate(self.part, self.n())
            }
            Asked::Nps => self.nps.estimate(),
        }
    }

    fn change(&self, before: &Self, asked: Asked) -> Option<Change> {
        match asked {
            Asked::RatingMean => mean::difference(&self.moments, &before.moments),
            Asked::LowRating | Asked::Csat | Asked::Negative => {
                proportion::difference(self.part, self.n(), before.part, before.n())
            }
            Asked::Nps => nps::difference(&self.nps, &before.nps),
        }
    }
}

/// By the hour, counted from a first one.
type ByHour = BTreeMap<Hour, Side>;

/// Whose answers are compared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grounds<'a> {
    /// All feedback, oldest first.
    pub(crate) pieces: &'a [Piece],
    pub(crate) release: &'a str,
    pub(crate) base: &'a [String],
    /// The hours judged, and the first hour in which the baseline was in use.
    pub(crate) window: (Hour, Hour),
    pub(crate) base_from: Hour,
    /// Whether no more hours will come.
    pub(crate) is_over: bool,
}

/// Whether the release has answers of a kind to judge: any at all, so that it is said how many are
/// missing; of comments as many as it takes, since most apps ask for none.
pub(crate) fn are_there(grounds: &Grounds<'_>, asked: Asked) -> bool {
    let (from, end) = grounds.window;
    let of_release = grounds
        .pieces
        .iter()
        .filter(|piece| piece.release_name() == grounds.release);
    let answers = of_release
        .filter(|piece| (from..end).contains(&hour_of(piece.at)) && asked.answer(piece).is_some());
    let needed = match asked {
        Asked::Negative => usize::try_from(ANSWERS_MIN).unwrap_or(usize::MAX),
        _ => 1,
    };
    answers.take(needed).count() == needed
}

/// Judges answers of one kind; `None` where the release has none.
pub(crate) fn judged(
    grounds: &Grounds<'_>,
    asked: Asked,
    (judging, alpha): (Judging, f64),
) -> Option<Check> {
    let (from, end) = grounds.window;
    let of = |is_asked: &dyn Fn(&str) -> bool, first: Hour, end: Hour| -> ByHour {
        let mut by_hour = ByHour::new();
        for piece in grounds
            .pieces
            .iter()
            .filter(|piece| is_asked(piece.release_name()))
        {
            let hour = hour_of(piece.at);
            // The hour first: reading words takes far longer.
            let is_within = (first..end).contains(&hour);
            if let Some(answer) = is_within.then(|| asked.answer(piece)).flatten() {
                let sum = by_hour.entry(hour - first).or_default();
                *sum = sum.plus(Side::of(answer));
            }
        }
        by_hour
    };
    let is_new = |release: &str| release == grounds.release;
    let is_base = |release: &str| grounds.base.iter().any(|base| base == release);
    let age = end.saturating_sub(from);
    let new = of(&is_new, from, end);
    let base_end = grounds.base_from.saturating_add(age).min(end);
    let base = of(&is_base, grounds.base_from, base_end);
    let same_hours = of(&is_base, from, end);
    if new.is_empty() {
        return None;
    }
    let course = Course::of(asked, &new, &base, (judging, alpha));
    Some(check(
        grounds,
        asked,
        (&course, total(&same_hours)),
        judging,
    ))
}

fn total(hours: &ByHour) -> Side {
    hours
        .values()
        .fold(Side::default(), |sum, side| sum.plus(*side))
}

/// How the comparison went, hour of age by hour of age.
struct Course {
    new: Side,
    base: Side,
    /// The first hour of age at which harm was beyond chance, and large enough to act on.
    first_alarm: Option<Hour>,
    /// The harm at the end: the estimate, and the ends of its confidence sequence.
    harm: Option<(f64, f64, f64)>,
}

impl Course {
    fn of(asked: Asked, new: &ByHour, base: &ByHour, (judging, alpha): (Judging, f64)) -> Self {
        let mut course = Self {
            new: Side::default(),
            base: Side::default(),
            first_alarm: None,
            harm: None,
        };
        let hours: BTreeSet<Hour> = new.keys().chain(base.keys()).copied().collect();
        for hour in hours {
            let at = |hours: &ByHour| hours.get(&hour).copied().unwrap_or_default();
            course.new = course.new.plus(at(new));
            course.base = course.base.plus(at(base));
            course.harm = harm(asked.metric(), &course.new, &course.base, alpha);
            let is_alarm =
                |(estimate, low, _): (f64, f64, f64)| low > 0.0 && estimate >= judging.least_harm;
            if course.first_alarm.is_none() && course.harm.is_some_and(is_alarm) {
                course.first_alarm = Some(hour);
            }
        }
        course
    }
}

/// The harm of the release, with its confidence sequence; `None` below the least answers.
fn harm(metric: &Metric, new: &Side, base: &Side, alpha: f64) -> Option<(f64, f64, f64)> {
    if new.n() < ANSWERS_MIN || base.n() < ANSWERS_MIN {
        return None;
    }
    let shift = Shift::absolute(&new.moments, &base.moments)?;
    let (low, high) = shift.interval(alpha, PLANNED);
    let (one, other) = (compare::harm(metric, low), compare::harm(metric, high));
    Some((
        compare::harm(metric, shift.estimate),
        one.min(other),
        one.max(other),
    ))
}

fn check(
    grounds: &Grounds<'_>,
    asked: Asked,
    (course, same_hours): (&Course, Side),
    judging: Judging,
) -> Check {
    let change = course.new.change(&course.base, asked);
    let (state, reason) = word(grounds, asked, (course, &same_hours), judging);
    let alarm = course
        .first_alarm
        .map(|age| start_of(grounds.window.0 + age));
    Check {
        metric: asked.metric().id.to_owned(),
        verdict: state.verdict(None, 0.0),
        state,
        critical: judging.critical,
        weight: judging.weight,
        now: course.new.estimate(asked),
        before: course.base.estimate(asked),
        change,
        ratio: None,
        e_value: None,
        hidden: None,
        first_alarm_at: alarm.map(instant_text),
        guardrail: None,
        min_n: ANSWERS_MIN,
        reason,
    }
}

fn word(
    grounds: &Grounds<'_>,
    asked: Asked,
    (course, same_hours): (&Course, &Side),
    judging: Judging,
) -> (State, String) {
    let Some((estimate, low, high)) = course.harm else {
        let (new, base) = (course.new.n(), course.base.n());
        let few = format!("needs {ANSWERS_MIN} answers on each side, has {new} and {base}");
        return (State::InsufficientData, few);
    };
    let same_hours_harm = || {
        let (new, base) = (&course.new.moments, &same_hours.moments);
        Some(compare::harm(asked.metric(), new.mean()? - base.mean()?))
    };
    let said = |state, words: &str| (state, words.to_owned());
    if course.first_alarm.is_some() {
        if high < judging.least_harm {
            return said(
                State::Recovered,
                "was worse beyond chance, and is not any more",
            );
        }
        if asked == Asked::Negative {
            return said(
                State::Suspected,
                "reads worse, by a word list that is often wrong",
            );
        }
        if same_hours.n() < ANSWERS_MIN {
            return said(
                State::Suspected,
                "worse than the baseline in its own first days; too few answers on it over the same days to be sure",
            );
        }
        if same_hours_harm().is_some_and(|harm| harm <= 0.0) {
            return said(
                State::Watch,
                "worse than the baseline in its own first days, but not over the same days",
            );
        }
        return said(State::Regressed, "worse than the baseline beyond chance");
    }
    let days = (grounds.window.1 - grounds.window.0) / DAY_HOURS;
    if low > 0.0 {
        said(
            State::Watch,
            "worse than the baseline beyond chance, but by little",
        )
    } else if high < 0.0 {
        said(State::Improved, "better than the baseline beyond chance")
    } else if high < judging.margin {
        said(
            State::ProvedHealthy,
            "not worse than the baseline by as much as matters",
        )
    } else if grounds.is_over && asked == Asked::Negative {
        said(
            State::InsufficientData,
            "too few comments to tell by their words",
        )
    } else if grounds.is_over {
        said(State::Inconclusive, "the window ended undecided")
    } else if estimate > 0.0 {
        (
            State::Monitoring,
            format!("a little worse after {days} days, within chance"),
        )
    } else {
        (
            State::Monitoring,
            format!("not worse after {days} days, but a difference could still be hidden"),
        )
    }
}
