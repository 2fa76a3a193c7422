//! The figures of one feature.

use std::collections::BTreeMap;

use crate::facts::Facts;
use crate::findings::{Estimate, FeatureFigure, FeatureRow};
use crate::kpi::Measure;
use crate::stats::survival::{Ended, kaplan_meier_days};
use crate::stats::{self, quantile};

use super::audience::Audience;
use super::catalog::{Feature, NO_RELEASE};
use super::firsts::Firsts;
use super::uses::{Last, Use};
use super::{COHORT_DAYS, Known};

/// A feature is kept by those who still use it so many days after their first use.
const KEPT_DAYS: i32 = 28;

/// Who could use a feature first when, by the place of its release.
type Chances = BTreeMap<i32, Vec<(u32, i32)>>;

/// What the figures of all features are made of.
#[derive(Debug)]
pub(super) struct Figures<'a> {
    known: &'a Known<'a>,
    firsts: &'a Firsts,
    /// Of the window and of the one before.
    audiences: [Audience; 2],
    chances: Chances,
    has_before: bool,
}

/// A feature's users in one window.
#[derive(Debug, Default, PartialEq)]
struct InWindow {
    users: Vec<u32>,
    /// Uses by user, sorted.
    uses: Vec<f64>,
    /// Users on two days or more, and users whose first day was not the last.
    repeat: (u64, u64),
}

impl<'a> Figures<'a> {
    pub(super) fn new(known: &'a Known<'a>, firsts: &'a Firsts) -> Self {
        let (seen, window) = (&known.facts.activity.users, known.span.window);
        let audience =
            |index| Audience::of(seen, &known.order, |day| window.index_of(day) == index);
        Self {
            known,
            firsts,
            audiences: [audience(0), audience(-1)],
            chances: Chances::new(),
            has_before: begins_before(known.facts, window.first),
        }
    }

    pub(super) fn row(&mut self, feature: &Feature) -> FeatureRow {
        let known = self.known;
        let (uses, span) = (&known.uses, known.span);
        let since = feature.recorded.or_else(|| uses.since(&feature.events));
        let since = since.unwrap_or(NO_RELEASE);
        let rows = uses.of(&feature.events);
        let in_window = |index: i32, last_day: i32| {
            let holds = |row: &Use| span.window.index_of(row.day) == index;
            InWindow::of(&rows, holds, last_day)
        };
        let now = in_window(0, span.end.saturating_sub(1));
        let before = in_window(-1, span.window.first.saturating_sub(1));
        let [audience, audience_before] = &self.audiences;
        let eligible = |audience: &Audience, users: &[u32]| {
            Measure::Share(audience.eligible_of(users, since), audience.eligible(since))
        };
        let events: Vec<u32> = uses.numbers(&feature.events).collect();
        let first_uses = self.firsts.uses(&events);
        let (first, end) = (span.window.first, span.window.end());
        let tried = (events.as_slice(), first_uses.as_slice());
        let kept = self.kept(tried, (end, span.whole_end), |last| last.day);
        let kept_before = self.kept(tried, (first, first), |last| last.before);
        let count = |window: &InWindow| Measure::Count(window.users.len() as u64);
        let repeat = |window: &InWindow| Measure::Share(window.repeat.0, window.repeat.1);
        let figures = [
            (count(&now), count(&before)),
            (
                eligible(audience, &now.users),
                eligible(audience_before, &before.users),
            ),
            (repeat(&now), repeat(&before)),
            (kept, kept_before),
        ];
        let [users, eligible_share, repeat_share, kept_share] =
            figures.map(|(now, before)| self.figure(&now, &before));
        let (first_use_days, first_users) = self.first_use(since, &first_uses);
        FeatureRow {
            feature: feature.name.clone(),
            events: feature.events.clone(),
            items: feature.items.clone(),
            release: known.order.version(since).map(str::to_owned),
            is_recorded: feature.recorded.is_some(),
            users,
            eligible_share,
            depth: quantile::median(&now.uses),
            depth_p90: quantile::upper_tenth(&now.uses),
            repeat_share,
            kept_share,
            first_use_days,
            first_users,
        }
    }

    fn figure(&self, now: &Measure, before: &Measure) -> FeatureFigure {
        let absent = Measure::Absent;
        let before = if self.has_before { before } else { &absent };
        let change = now.difference(before);
        let min_n = match now {
            Measure::Count(_) => 0,
            _ => self.known.question.settings.min_n.users,
        };
        let (now, before) = (now.estimate(), before.estimate());
        FeatureFigure {
            reading: stats::reading(change.as_ref(), &now, &before, min_n),
            now,
            before,
            change,
        }
    }

    /// Of those who first used it in the weeks before `end` and whose day 28 was over on `whole_end`,
    /// the ones who used it on that day or later.
    fn kept(
        &self,
        (events, first_uses): (&[u32], &[(u32, i32)]),
        (end, whole_end): (i32, i32),
        last_day: impl Fn(Last) -> i32,
    ) -> Measure {
        let from = end.saturating_sub(COHORT_DAYS).max(self.known.span.first);
        let (mut kept, mut all) = (0, 0);
        for (user, first) in first_uses {
            let day_28 = first.saturating_add(KEPT_DAYS);
            if *first >= from && day_28 < whole_end {
                all += 1;
                let last = last_day(self.known.uses.last(events, *user));
                kept += u64::from(last >= day_28);
            }
        }
        Measure::Share(kept, all)
    }

    /// Days from the first chance to the first use, and how many have used it.
    fn first_use(&mut self, since: i32, first_uses: &[(u32, i32)]) -> (Estimate, u64) {
        let (firsts, span) = (self.firsts, self.known.span);
        let from = span
            .window
            .end()
            .saturating_sub(COHORT_DAYS)
            .max(span.first);
        let chances = self.chances.entry(since);
        let chances = chances.or_insert_with(|| firsts.chances(since, from));
        let mut ended: BTreeMap<u32, Ended> = BTreeMap::new();
        let mut used = 0;
        let mut first_uses = first_uses.iter().copied().peekable();
        for (user, chance) in chances.iter().copied() {
            while first_uses.next_if(|first| first.0 < user).is_some() {}
            let first = first_uses.next_if(|first| first.0 == user);
            let until = first.map_or_else(|| firsts.last_active.day(user), |first| Some(first.1));
            let waited = until.map_or(0, |until| crate::days::days_between(chance, until));
            let ended = ended.entry(waited).or_default();
            if first.is_some() {
                used += 1;
                ended.events += 1;
            } else {
                ended.censored += 1;
            }
        }
        let half = kaplan_meier_days(&ended).time_until(0.5);
        let estimate = Estimate {
            value: half.time,
            low: half.low,
            high: half.high,
            n: chances.len() as u64,
        };
        (estimate, used)
    }
}

impl InWindow {
    /// The users of those rows, by user and day, that `holds` says.
    fn of(rows: &[Use], holds: impl Fn(&Use) -> bool, last_day: i32) -> Self {
        let mut found = Self::default();
        for rows in rows.chunk_by(|a, b| a.user == b.user) {
            let held: Vec<&Use> = rows.iter().filter(|row| holds(row)).collect();
            let Some(first) = held.first() else {
                continue;
            };
            found.users.push(first.user);
            found
                .uses
                .push(held.iter().map(|row| row.uses).sum::<u64>() as f64);
            if first.day < last_day {
                found.repeat.1 += 1;
                found.repeat.0 += u64::from(held.len() > 1);
            }
        }
        found.uses.sort_by(f64::total_cmp);
        found
    }
}

/// Whether anybody was active before a day.
fn begins_before(facts: &Facts, day: i32) -> bool {
    let first = facts.activity.users_by_day.keys().next();
    first.is_some_and(|first| *first < day)
}
