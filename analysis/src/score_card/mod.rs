//! The last plan, looked at again: what the newest release that shipped with goals or an accepted plan
//! promised, and what is observed on it since.

mod calibration;
mod items;

use std::collections::BTreeSet;

use lake::{Goal, Micros, Snapshot, Table, columns};
use polars::prelude::{DataType, LazyFrame, col, lit};

use crate::error::Result;
use crate::facts::records::{self, ReleaseNote};
use crate::facts::sessions::Sessions;
use crate::facts::{Facts, Question};
use crate::findings::{Estimate, GoalOutcome, ScoreCard};
use crate::kpi::Measure;
use crate::metric::{self, Direction, Place};
use crate::period::Period;
use crate::scan::{Tables, collect, count, of_app, user};
use crate::scope;
use crate::settings::Settings;
use crate::stats;

pub(crate) use calibration::calibration;
use items::DAYS_OBSERVED;

/// What `metric` of a goal begins with when it asks for the share of active users of the release
/// that sent an event.
pub(crate) const FEATURE_REACH: &str = "feature_reach:";

/// The score card of a release that had shipped by `as_of` and promised something; of the newest one
/// where none is named.
pub(crate) fn score_card(
    question: &Question<'_>,
    facts: &Facts,
    named: Option<&str>,
) -> Result<Option<ScoreCard>> {
    let place = |version: &String| facts.order.iter().position(|known| known == version);
    let newest = facts
        .notes
        .iter()
        .filter(|(version, _)| named.is_none_or(|named| named == *version))
        .filter(|(_, note)| !note.goals.is_empty() || note.accepted.is_some())
        .filter_map(|(version, note)| {
            let shipped_at = shipped_at(note).filter(|at| *at <= question.as_of)?;
            Some((shipped_at, place(version), version, note))
        })
        .max_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)));
    let Some((shipped_at, _, version, note)) = newest else {
        return Ok(None);
    };
    let known = records::backlog_by_id(question)?;
    let pieces = &facts.feedback.pieces;
    let (plan, outcomes) = match &note.accepted {
        Some(plan) => {
            let (plan, outcomes) = items::outcomes(question, (version, plan), &known, pieces)?;
            (Some(plan), outcomes)
        }
        None => (None, Vec::new()),
    };
    let shipped = outcomes.iter().filter(|one| one.shipped == Some(true));
    let shipped = shipped.count() as u64;
    Ok(Some(ScoreCard {
        release: version.clone(),
        items: items(note),
        goals: self::outcomes(question, facts, (version, shipped_at), &note.goals)?,
        plan,
        items_shipped: shipped,
        outcomes,
        days_observed: DAYS_OBSERVED,
        calibration: calibration(question, &facts.notes, &known)?,
    }))
}

/// When it shipped, by its record, else by its marks.
fn shipped_at(note: &ReleaseNote) -> Option<Micros> {
    let by_mark = || note.accepted.as_ref()?.closed_at;
    note.released_at.or_else(by_mark)
}

/// The score card of a release, or of the newest one that promised something: what became of its
/// accepted plan, of its goals, and how far the team's estimates are off. `None` where no such release
/// is out.
///
/// # Errors
/// [`crate::Error::Scan`] when files cannot be read, [`crate::Error::Record`] when a stored record does
/// not hold what it should.
pub fn release_score(
    snapshot: &Snapshot,
    settings: &Settings,
    period: &Period,
    release: Option<&str>,
    as_of: Micros,
) -> Result<Option<ScoreCard>> {
    let tables = Tables::of(snapshot);
    let question = scope::question(&tables, settings, period, as_of)?;
    score_card(&question, &Facts::load(&question)?, release)
}

/// What came of the goals of a release, from the moment on at which it went out.
pub(crate) fn outcomes(
    question: &Question<'_>,
    facts: &Facts,
    (version, released_at): (&str, Micros),
    goals: &[Goal],
) -> Result<Vec<GoalOutcome>> {
    let look = Look::at(question, facts, version, released_at)?;
    goals.iter().map(|goal| look.outcome(goal)).collect()
}

/// The items that the plan held: the release's scope, and items that only a goal names.
fn items(note: &ReleaseNote) -> Vec<String> {
    let mut items = note.scope.clone();
    for item in note.goals.iter().filter_map(|goal| goal.item.as_ref()) {
        if !items.contains(item) {
            items.push(item.clone());
        }
    }
    items
}

/// A release from its day on.
struct Look<'a> {
    question: &'a Question<'a>,
    facts: &'a Facts,
    release: &'a str,
    released_at: Micros,
    sessions: Sessions,
}

impl<'a> Look<'a> {
    fn at(
        question: &'a Question<'a>,
        facts: &'a Facts,
        release: &'a str,
        released_at: Micros,
    ) -> Result<Self> {
        let until = question.known_until();
        let sessions = Sessions::starting_in(question, released_at, until)?;
        Ok(Self {
            question,
            facts,
            release,
            released_at,
            sessions,
        })
    }

    fn outcome(&self, goal: &Goal) -> Result<GoalOutcome> {
        let (observed, direction, min_n) = self.observe(&goal.metric)?;
        Ok(GoalOutcome {
            metric: goal.metric.clone(),
            item: goal.item.clone(),
            baseline: goal.baseline,
            target: goal.target,
            outcome: judge(goal, &observed, direction, min_n).to_owned(),
            observed,
        })
    }

    /// What is observed, which way is good, and how many it needs.
    fn observe(&self, id: &str) -> Result<(Estimate, Direction, u64)> {
        let min_n = &self.question.settings.min_n;
        if let Some(name) = id.strip_prefix(FEATURE_REACH) {
            return Ok((self.feature_reach(name)?, Direction::UpIsGood, min_n.users));
        }
        let known = metric::by_id(id).filter(|metric| metric.is_shown_in(Place::PlanningGoals));
        let Some(metric) = known else {
            return Ok((Estimate::default(), Direction::UpIsGood, 1));
        };
        let measure = match id {
            id if id == metric::ACTIVE_USERS.id => Measure::Count(self.users()?),
            id if id == metric::SESSIONS.id => Measure::Count(self.sessions()?),
            id if id == metric::CRASH_FREE_SESSIONS.id => {
                Measure::of_crashes(self.sessions.of_release(self.release, |_| true))
            }
            id if id == metric::CRASH_FREE_USERS.id => {
                Measure::of_crashes(self.sessions.users_of_release(self.release))
            }
            _ => {
                let pieces = self.facts.feedback.pieces.iter().filter(|piece| {
                    piece.at >= self.released_at && piece.release_name() == self.release
                });
                Measure::of_feedback(metric, pieces)
            }
        };
        let needed = crate::kpi::min_n(metric, self.question.settings);
        Ok((measure.estimate(), metric.direction, needed))
    }

    /// Distinct active users on the release that sent an event, of all its active users.
    fn feature_reach(&self, name: &str) -> Result<Estimate> {
        let rows = self.events()?;
        let reached = self.distinct_users(rows.filter(col(columns::NAME).eq(lit(name))))?;
        Ok(stats::proportion::estimate(reached, self.users()?))
    }

    /// Distinct users on the release.
    fn users(&self) -> Result<u64> {
        self.distinct_users(self.events()?)
    }

    fn distinct_users(&self, events: LazyFrame) -> Result<u64> {
        let users = events.filter(col(USER).is_not_null());
        let frame = collect(Table::Events, users.group_by([col(USER)]).agg([]))?;
        let persons = self.question.persons()?;
        let ids = frame.texts(USER)?.iter().flatten();
        let users: BTreeSet<&str> = ids.map(|id| persons.person(id)).collect();
        Ok(users.len() as u64)
    }

    /// Distinct sessions on the release.
    fn sessions(&self) -> Result<u64> {
        let query = self
            .events()?
            .filter(col(columns::SESSION_ID).is_not_null())
            .select([col(columns::SESSION_ID)
                .n_unique()
                .cast(DataType::Int64)
                .alias(ALL)]);
        let frame = collect(Table::Events, query)?;
        Ok(count(frame.integers(ALL)?.get(0)))
    }

    fn events(&self) -> Result<LazyFrame> {
        let names = [
            columns::APP,
            columns::ENVIRONMENT,
            columns::NAME,
            columns::USER_ID,
            columns::ANONYMOUS_ID,
            columns::SESSION_ID,
            columns::RELEASE,
            columns::OCCURRED_AT,
        ];
        let settings = self.question.settings;
        let span = (self.released_at, self.question.known_until());
        Ok(self
            .question
            .tables
            .between(Table::Events, &names, span)?
            .filter(of_app(&settings.app, &settings.environment))
            .filter(col(columns::RELEASE).eq(lit(self.release)))
            .select([
                user().alias(USER),
                col(columns::SESSION_ID),
                col(columns::NAME),
            ]))
    }
}

const USER: &str = "user";
const ALL: &str = "all";

/// `met`: the estimate reaches the target, and its interval excludes the baseline where one was
/// promised from (an improvement that chance explains is no promise kept). `missed`: the whole
/// interval falls short of the target. `not_conclusive`: neither. Counts have no interval and are
/// judged as they stand.
fn judge(goal: &Goal, observed: &Estimate, direction: Direction, min_n: u64) -> &'static str {
    let Some(value) = observed.value.filter(|_| observed.n >= min_n.max(1)) else {
        return "insufficient_data";
    };
    let sign = if direction == Direction::DownIsGood {
        -1.0
    } else {
        1.0
    };
    let ends = [
        observed.low.unwrap_or(value),
        observed.high.unwrap_or(value),
    ]
    .map(|e| sign * e);
    let (worst, best) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
    let target = sign * goal.target;
    let is_beyond_baseline = goal.baseline.is_none_or(|baseline| worst > sign * baseline);
    if sign * value >= target && (is_beyond_baseline || worst >= target) {
        "met"
    } else if best < target {
        "missed"
    } else {
        "not_conclusive"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goal(target: f64, baseline: Option<f64>) -> Goal {
        Goal {
            metric: "low_rating".to_owned(),
            target,
            baseline,
            item: None,
        }
    }

    fn seen(low: f64, value: f64, high: f64) -> Estimate {
        Estimate {
            value: Some(value),
            low: Some(low),
            high: Some(high),
            n: 100,
        }
    }

    #[test]
    fn outcomes_follow_the_interval_and_the_direction() {
        let up = |target, baseline, seen: Estimate| {
            judge(&goal(target, baseline), &seen, Direction::UpIsGood, 30)
        };
        assert_eq!(up(0.5, Some(0.3), seen(0.45, 0.52, 0.6)), "met");
        assert_eq!(up(0.5, Some(0.48), seen(0.45, 0.52, 0.6)), "not_conclusive");
        assert_eq!(up(0.5, None, seen(0.3, 0.4, 0.49)), "missed");
        assert_eq!(up(0.5, None, seen(0.3, 0.4, 0.51)), "not_conclusive");
        let down = judge(
            &goal(0.2, Some(0.3)),
            &seen(0.1, 0.15, 0.25),
            Direction::DownIsGood,
            30,
        );
        assert_eq!(down, "met");
        let few = judge(
            &goal(0.2, None),
            &seen(0.1, 0.15, 0.25),
            Direction::DownIsGood,
            101,
        );
        assert_eq!(few, "insufficient_data");
    }
}
