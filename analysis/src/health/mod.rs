//! The health check of one release: hour by hour beside its baseline, so that it may be looked at every
//! hour and still tells the truth.
//!
//! **What is compared.** First crashes of users, and first errors, within the same hours and platforms
//! ([`people`], [`rates`]); ratings and answers each in the release's own first days ([`answers`]). A
//! release that came to everybody at once has nobody beside it: then the same hours of past weeks stand
//! in ([`past`]), and no more than a suspicion can come of it.
//!
//! Beside the baseline a rate may be held to a limit of the team's own ([`guardrail`]).
//!
//! **When.** From the first day on which a hundredth of the traffic is on the release, for a fortnight;
//! an hour is judged once all but a hundredth of its events have come ([`hours`]).
//!
//! **What is said.** Each check has its share of `alpha`, by its weight, so that of releases that are
//! fine at most one in twenty is ever flagged by any of them. The worst check is the release's state;
//! what is wrong with the data ([`quality`]) comes before all of them.

mod ahead;
mod answers;
mod baseline;
mod guardrail;
mod hours;
mod new_errors;
mod past;
mod people;
mod pull;
mod quality;
mod rates;
mod rules;
mod stage;
#[cfg(test)]
mod tests;
mod verdict;

use std::collections::BTreeMap;

use lake::{Micros, Snapshot};

use crate::days::{Days, Window, day_text, instant_text};
use crate::error::Result;
use crate::facts::Question;
use crate::facts::feedback::Feedback;
use crate::facts::records::{self, ReleaseNote};
use crate::findings::{Check, GatesAhead, HealthData, HealthFindings, HealthWindow};
use crate::metric;
use crate::scan::Tables;
use crate::settings::Settings;
use crate::versions;

use answers::Asked;
use baseline::Baseline;
use hours::{DAY_HOURS, Hour, Hours, hour_of, start_of};
use new_errors::NewErrors;
use people::{Harm, People, Sides};
use rates::{Against, JudgedRate, USERS_MIN};

pub use rules::{Gate, HealthRules, MetricRule};

/// How far back hours are read: the past weeks of a release at the end of its window, and more.
const KNOWN_DAYS: i32 = 13 * 7;
/// How long before a release its later users are looked at, to see how unlike the others they are.
const BEFORE_HOURS: Hour = 7 * DAY_HOURS;

/// Judges a release against its baseline, with what happened up to `as_of`.
///
/// [`Settings::baseline`] names the release to compare with; without it the rule of
/// [`HealthFindings::baseline_rule`] chooses. The bounds of error hold however often it is looked. Too few data, an unknown release and a
/// release without a baseline are [`crate::findings::Verdict::InsufficientData`], never a pass.
///
/// # Errors
/// [`crate::Error::Scan`] and [`crate::Error::Rollup`] when files cannot be read,
/// [`crate::Error::Zone`] for an unknown zone.
pub fn health(
    snapshot: &Snapshot,
    settings: &Settings,
    release: &str,
    as_of: Micros,
) -> Result<HealthFindings> {
    of_tables(&Tables::of(snapshot), settings, release, as_of)
}

pub(crate) fn of_tables(
    tables: &Tables,
    settings: &Settings,
    release: &str,
    as_of: Micros,
) -> Result<HealthFindings> {
    with_scene(tables, settings, release, as_of, |scene| scene.findings())
}

/// What will judge the release that is planned, by how the newest release in use is doing.
///
/// # Errors
/// As [`health`].
pub(crate) fn gates_ahead(
    tables: &Tables,
    settings: &Settings,
    newest: Option<&str>,
    as_of: Micros,
) -> Result<GatesAhead> {
    match newest {
        Some(newest) => with_scene(tables, settings, newest, as_of, ahead::gates),
        None => Ok(ahead::without_release(&settings.health)),
    }
}

fn with_scene<T>(
    tables: &Tables,
    settings: &Settings,
    release: &str,
    as_of: Micros,
    of: impl FnOnce(&Scene<'_>) -> Result<T>,
) -> Result<T> {
    let days = Days::in_zone(&settings.zone)?;
    let today = days.day_of(as_of);
    let window = Window {
        first: today.saturating_sub(KNOWN_DAYS - 1),
        length: KNOWN_DAYS,
    };
    let question = Question::new(tables, settings, days, (window, 1), as_of)?;
    let known = (window.first, window.end());
    let feedback = Feedback::load(&question)?;
    let mut hours = Hours::load(&question, known)?;
    if hours.is_empty() {
        hours = Hours::of_feedback(&feedback);
    }
    let arrivals = quality::Arrivals::load(&question, release, known)?;
    let notes = records::release_notes(&question)?;
    let scene = Scene {
        order: order(&hours, &notes),
        question: &question,
        release,
        note: notes.get(release),
        feedback: &feedback,
        hours: &hours,
        arrivals,
    };
    of(&scene)
}

/// All releases seen, oldest first.
fn order(hours: &Hours, notes: &BTreeMap<String, ReleaseNote>) -> Vec<String> {
    let first_seen: BTreeMap<String, Micros> = hours
        .releases()
        .filter_map(|release| Some((release.to_owned(), start_of(hours.first_of(release)?))))
        .collect();
    versions::oldest_first(&first_seen, |version| {
        notes.get(version).and_then(|note| note.released_at)
    })
}

/// Everything that a release is judged from.
struct Scene<'a> {
    question: &'a Question<'a>,
    release: &'a str,
    note: Option<&'a ReleaseNote>,
    order: Vec<String>,
    feedback: &'a Feedback,
    hours: &'a Hours,
    arrivals: quality::Arrivals,
}

/// The hours that are judged.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: Hour,
    end: Hour,
    /// The first hour that is not judged yet, whatever the window.
    now: Hour,
    is_over: bool,
}

impl Scene<'_> {
    fn findings(&self) -> Result<HealthFindings> {
        let today = self.question.days.day_of(self.question.as_of);
        let of_release = (self.release, self.note);
        let pull = pull::progress(self.question, of_release, &self.order, today)?;
        Ok(HealthFindings {
            pull,
            ..self.judged()?
        })
    }

    fn judged(&self) -> Result<HealthFindings> {
        let rules = &self.question.settings.health;
        let delay = self.hours.reporting_delay();
        let now = hour_of(self.question.known_until()) - delay;
        // Where nobody sends any more, or the data are of the past, their end is the present.
        let now = now.min(self.hours.end().unwrap_or(now));
        let Some(from) = baseline::in_use_from(self.hours, self.release) else {
            let reason = format!("nothing was seen of release {}", self.release);
            return Ok(self.said(None, verdict::Said::no_data(reason)));
        };
        let whole = from.saturating_add(Hour::from(rules.window_days) * DAY_HOURS);
        let span = Span {
            from,
            end: whole.min(now).max(from),
            now,
            is_over: whole <= now,
        };
        let (baseline, against) = match self.baseline(from) {
            Ok(found) => found,
            Err(reason) => return Ok(self.said(Some(span), verdict::Said::insufficient(reason))),
        };
        let people = self.people(&baseline, span)?;
        let (checks, crashes) = self.checks(&baseline, (&people, against), span);
        let problems = quality::problems(&quality::Grounds {
            hours: self.hours,
            people: &people,
            arrivals: self.arrivals,
            release: self.release,
            window: (span.from, span.end),
            now: span.now,
            drawn_share: self.drawn_share(),
        });
        let superseded_by = self.superseded_by(span.now);
        let said = verdict::Said::of(verdict::Grounds {
            rules,
            baseline: self.baseline_name(&baseline, against),
            checks: &checks,
            crashes: crashes.as_ref(),
            problems,
            stale_since: self.stale_since().map(instant_text),
            superseded_by: superseded_by.as_deref(),
            now: span.now,
        });
        let mut findings = self.said(Some(span), said);
        findings.data.users = people.new.users;
        findings.notes.extend(self.notes(&people));
        findings.baseline = Some(self.baseline_name(&baseline, against));
        findings.baseline_rule = Some(match against {
            Against::SameHours => baseline.rule.to_owned(),
            Against::PastWeeks => {
                "it came to everybody at once: the same hours of the weeks before it".to_owned()
            }
        });
        findings.baseline_releases = baseline.releases;
        findings.superseded_by = superseded_by;
        findings.checks = checks;
        let new_errors = self.new_errors(span, people.new.users)?;
        if new_errors.more > 0 {
            let more = format!("{} more new errors are not listed", new_errors.more);
            findings.notes.push(more);
        }
        findings.new_errors = new_errors.listed;
        Ok(findings)
    }

    /// What the release is compared with, or why there is nothing.
    fn baseline(&self, from: Hour) -> std::result::Result<(Baseline, Against), String> {
        if let Some(named) = self.question.settings.baseline.as_deref() {
            return match self.hours.first_of(named) {
                Some(_) => Ok((baseline::named(named), Against::SameHours)),
                None => Err(format!("nothing was seen of the baseline {named}")),
            };
        }
        let chosen = baseline::choose(self.hours, &self.order, (self.release, from));
        match self.note.and_then(|note| note.rollout.as_deref()) {
            Some("big_bang" | "push") => Ok((chosen.unwrap_or_default(), Against::PastWeeks)),
            _ => chosen
                .map(|chosen| (chosen, Against::SameHours))
                .ok_or_else(|| {
                    format!(
                        "release {} has no earlier release with enough data to compare with",
                        self.release
                    )
                }),
        }
    }

    fn people(&self, baseline: &Baseline, span: Span) -> Result<People> {
        let sides = Sides {
            new: self.release,
            base: &baseline.releases,
            hours: (span.from, span.end),
            before_from: span.from - BEFORE_HOURS,
        };
        let day = |hour| self.question.days.day_of(start_of(hour));
        let days = (day(sides.before_from), day(span.end).saturating_add(1));
        People::load(self.question, &sides, days)
    }

    fn new_errors(&self, span: Span, users: u64) -> Result<NewErrors> {
        let day = |hour| self.question.days.day_of(start_of(hour));
        let days = (
            day(span.from).saturating_sub(KNOWN_DAYS),
            day(span.end).saturating_add(1),
        );
        let place = self.order.iter().position(|known| known == self.release);
        let older = self.order.get(..place.unwrap_or(0)).unwrap_or_default();
        let since = start_of(span.from);
        new_errors::find(self.question, days, (self.release, older), (since, users))
    }

    /// The checks that the data can bear, and the one on crashes.
    fn checks(
        &self,
        baseline: &Baseline,
        (people, against): (&People, Against),
        span: Span,
    ) -> (Vec<Check>, Option<JudgedRate>) {
        let rules = &self.question.settings.health;
        let grounds = rates::Grounds {
            rules,
            hours: self.hours,
            people,
            release: self.release,
            base: &baseline.releases,
            against,
            window: (span.from, span.end),
            is_over: span.is_over,
            is_drawn: self.drawn_share().is_some(),
        };
        let asks = answers::Grounds {
            pieces: &self.feedback.pieces,
            release: self.release,
            base: &baseline.releases,
            window: (span.from, span.end),
            base_from: self.base_from(baseline, span),
            is_over: span.is_over,
        };
        let users = [
            (&metric::CRASH_FREE_USERS, Harm::Crash),
            (&metric::USERS_WITH_ERRORS, Harm::Error),
        ];
        let tells_harm = self.hours.tell_harm();
        let by_user = tells_harm && people.new.users > 0;
        let by_session = tells_harm && !by_user && self.hours.counts_sessions();
        let judging = |id: &str| rules.of(id);
        let asked: Vec<Asked> = Asked::ALL
            .into_iter()
            .filter(|asked| answers::are_there(&asks, *asked))
            .collect();
        let mut ids: Vec<&str> = asked.iter().map(|asked| asked.metric().id).collect();
        if by_user {
            ids.extend(users.map(|(metric, _)| metric.id));
        }
        if by_session {
            ids.push(metric::CRASH_FREE_SESSIONS.id);
        }
        let all: f64 = ids.iter().map(|id| judging(id).weight).sum();
        let share = |id: &str| {
            let judging = judging(id);
            (judging, rules.alpha_of(judging, all))
        };
        let is_on = |id: &str| judging(id).weight > 0.0;
        let mut checks = Vec::new();
        let mut crashes = None;
        for (metric, harm) in users
            .into_iter()
            .filter(|(metric, _)| by_user && is_on(metric.id))
        {
            let judged = rates::of_users(&grounds, (metric, harm), share(metric.id));
            checks.push(judged.check.clone());
            crashes.get_or_insert(judged);
        }
        if by_session && is_on(metric::CRASH_FREE_SESSIONS.id) {
            let metric = &metric::CRASH_FREE_SESSIONS;
            let judged = rates::of_sessions(&grounds, metric, share(metric.id));
            checks.push(judged.check.clone());
            crashes.get_or_insert(judged);
        }
        for asked in asked.into_iter().filter(|asked| is_on(asked.metric().id)) {
            checks.extend(answers::judged(&asks, asked, share(asked.metric().id)));
        }
        (checks, crashes)
    }

    /// The first hour of the baseline's own first days.
    fn base_from(&self, baseline: &Baseline, span: Span) -> Hour {
        let first = match baseline.releases.as_slice() {
            [one] => baseline::in_use_from(self.hours, one),
            _ => None,
        };
        first.unwrap_or(span.from).min(span.from)
    }

    fn baseline_name(&self, baseline: &Baseline, against: Against) -> String {
        match against {
            Against::SameHours => baseline.name(),
            Against::PastWeeks => "the weeks before".to_owned(),
        }
    }

    /// The share of users that was to get the release, where one was drawn by lot.
    fn drawn_share(&self) -> Option<f64> {
        let [stage] = self.note?.stages.as_slice() else {
            return None;
        };
        let is_drawn = stage.get("randomised")?.as_bool()?;
        let share = stage.get("share")?.as_f64()?;
        (is_drawn && share > 0.0 && share < 1.0).then_some(share)
    }

    /// Until when anything arrived, where that is too long ago.
    fn stale_since(&self) -> Option<Micros> {
        let max_age = self.question.settings.health.max_age.as_micros();
        let max_age = Micros::try_from(max_age).unwrap_or(Micros::MAX);
        let oldest = self.question.as_of.saturating_sub(max_age);
        self.data_through().filter(|through| *through < oldest)
    }

    fn data_through(&self) -> Option<Micros> {
        self.arrivals.data_through.max(self.feedback.data_through)
    }

    /// The newest stable release after it that has more of the last day's traffic.
    fn superseded_by(&self, now: Hour) -> Option<String> {
        let place = self.order.iter().position(|known| known == self.release)?;
        let share = |release: &str| self.hours.share(release, now - DAY_HOURS, now);
        let own = share(self.release);
        let newer = self.order.get(place + 1..)?.iter().rev();
        let mut newer = newer.filter(|known| !versions::is_pre_release(known));
        newer.find(|known| share(known) > own).cloned()
    }

    /// What is to be known beside the verdict.
    fn notes(&self, people: &People) -> Vec<String> {
        let both = people.on_both as f64 / people.new.users.max(1) as f64;
        let mixed = (both > MIXED_SHARE).then(|| {
            format!(
                "{:.0} % of its users were on the baseline, too, in these hours; each counts where it was",
                100.0 * both
            )
        });
        mixed.into_iter().collect()
    }

    fn said(&self, span: Option<Span>, said: verdict::Said) -> HealthFindings {
        let settings = self.question.settings;
        let delay = self.hours.reporting_delay();
        let instant = |hour: Hour| instant_text(start_of(hour));
        let day = |hour: Hour| day_text(self.question.days.day_of(start_of(hour)));
        let counts = span.map(|span| self.hours.of(self.release, span.from, span.end));
        let counts = counts.unwrap_or_default();
        HealthFindings {
            schema: "shipwake.health.v1".to_owned(),
            verdict: said.verdict,
            state: said.state,
            score: said.score,
            reason: said.reason,
            notes: said.notes,
            method: "sequential".to_owned(),
            app: settings.app.clone(),
            environment: settings.environment.clone(),
            release: self.release.to_owned(),
            baseline: None,
            baseline_releases: Vec::new(),
            baseline_rule: None,
            rollout: self.note.and_then(|note| note.rollout.clone()),
            stage: self.note.and_then(|note| {
                let decides_at = said.decides_at.as_deref();
                stage::advice(note, (said.verdict, decides_at), self.question.as_of)
            }),
            pull: None,
            superseded_by: None,
            window: HealthWindow {
                start: span.map(|span| instant(span.from)),
                end: span.map(|span| instant(span.end)),
                reporting_delay_hours: delay,
                pending_share: self.hours.later_than(delay),
            },
            first_day: span.map(|span| day(span.from)),
            last_day: span
                .filter(|span| span.end > span.from)
                .map(|span| day(span.end - 1)),
            zone: settings.zone.clone(),
            evaluated_at: instant_text(self.question.as_of),
            data_through: self.data_through().map(instant_text),
            stale: self.stale_since().is_some(),
            first_alarm_at: said.first_alarm_at,
            hidden: said.hidden,
            decides_at: said.decides_at,
            data: HealthData {
                ok: said.verdict.is_ok(),
                blocking: said.verdict == crate::findings::Verdict::Fail,
                events: counts.events,
                sessions: counts.sessions,
                users: 0,
                min_users: USERS_MIN,
            },
            checks: Vec::new(),
            new_errors: Vec::new(),
        }
    }
}

/// Where more users than this were on both sides, it is said.
const MIXED_SHARE: f64 = 0.10;
