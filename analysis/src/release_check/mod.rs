//! Whether a release may go out: what the data answer by themselves, what somebody signs, and what was
//! decided.
//!
//! | check | fails when | blocks |
//! |---|---|---|
//! | critical reports | one of the last four weeks waits beyond its time; a warning while one waits within it | yes |
//! | last release | the health check of the newest release in use fails; a warning where that warns | yes |
//! | staging | the same of this release in the environment that `[checklist]` calls staging | yes |
//! | scope done | an item of its scope has no status of work that users have | yes |
//! | answers | less than four fifths of the feedback whose time is over was answered in time | no |
//! | goals | its record holds none | no |
//! | measurable, clear scope | an item of its scope is not: [`crate::risks`] | no |
//! | capacity | its plan exceeds the capacity that was accepted | no |
//!
//! A check that does not block makes no more than a warning.

mod by_hand;

use std::collections::BTreeSet;

use lake::{BacklogItem, MarkKind, Micros, Snapshot};

use crate::accepted::{Known, told};
use crate::days::instant_text;
use crate::error::Result;
use crate::facts::Facts;
use crate::facts::records::{self, Mark, ReleaseNote};
use crate::facts::triage::Triage;
use crate::findings::{
    GoCheck, GoDecision, GoRule, HandCheck, HealthFindings, ReleaseCheck, Responses, RiskItem,
    Verdict,
};
use crate::health;
use crate::period::Period;
use crate::planning::{answers, newest_in_use};
use crate::releases::Releases;
use crate::response::{SpokenOf, critical_waiting, is_slow};
use crate::risks::vague;
use crate::scan::Tables;
use crate::scope;
use crate::settings::Settings;
use crate::status;

pub use by_hand::ChecklistRule;

/// Judges whether a release may go out, by what is known at `as_of`; `period` is the one whose feedback
/// is looked at.
///
/// # Errors
/// [`crate::Error::Scan`] and [`crate::Error::Rollup`] when files cannot be read,
/// [`crate::Error::Record`] when a stored record does not hold what it should.
pub fn release_check(
    snapshot: &Snapshot,
    settings: &Settings,
    period: &Period,
    release: &str,
    as_of: Micros,
) -> Result<ReleaseCheck> {
    let tables = Tables::of(snapshot);
    let question = scope::question(&tables, settings, period, as_of)?;
    let facts = Facts::load(&question)?;
    let triage = Triage::load(&question)?;
    let known = records::backlog_by_id(&question)?;
    let note = facts.notes.get(release).cloned().unwrap_or_default();
    let marks = records::marks(&question)?.remove(release);
    let marks = marks.unwrap_or_default();
    let responses = answers(&question, (&facts.feedback, &triage), &SpokenOf::new())?;
    let mut rows = Releases::of(&facts, settings, &question.days, question.window).rows;
    rows.retain(|row| row.release != release);
    let judged =
        |settings: &Settings, release: &str| health::of_tables(&tables, settings, release, as_of);
    let last = newest_in_use(&rows).map(|last| judged(settings, last));
    let last = last.transpose()?;
    let mut checks = vec![
        critical_reports(&responses),
        of_health(GoRule::LastRelease, last.as_ref()),
    ];
    if let Some(environment) = &settings.staging {
        let there = Settings {
            environment: environment.clone(),
            ..settings.clone()
        };
        let found = judged(&there, release)?;
        checks.push(of_health(GoRule::Staging, Some(&found)));
    }
    checks.extend(of_scope(&note, &known));
    checks.push(in_time(&responses));
    checks.push(goals(&note));
    checks.extend(capacity(&note, &known));
    let by_hand = by_hand::items(&settings.checklist, &note, &marks, as_of);
    Ok(ReleaseCheck {
        app: settings.app.clone(),
        environment: settings.environment.clone(),
        release: release.to_owned(),
        planned_at: note.planned_at.map(instant_text),
        owner: note.owner,
        evaluated_at: instant_text(as_of),
        verdict: verdict(&checks, &by_hand),
        checks,
        by_hand,
        decision: decision(&marks),
        table_versions: tables.versions(),
    })
}

/// What checks and signatures come to.
fn verdict(checks: &[GoCheck], by_hand: &[HandCheck]) -> Verdict {
    let of_check = checks.iter().map(|check| match check.verdict {
        Verdict::Fail | Verdict::InsufficientData if !check.is_blocking => Verdict::Warn,
        verdict => verdict,
    });
    let of_hand = by_hand
        .iter()
        .map(|item| match (&item.signed_at, item.is_optional) {
            (Some(_), _) => Verdict::Pass,
            (None, true) => Verdict::Warn,
            (None, false) => Verdict::Fail,
        });
    let severity = |verdict: &Verdict| match verdict {
        Verdict::Pass => 0,
        Verdict::Warn => 1,
        Verdict::InsufficientData => 2,
        Verdict::Fail => 3,
    };
    let worst = of_check.chain(of_hand).max_by_key(severity);
    worst.unwrap_or(Verdict::InsufficientData)
}

fn check(check: GoRule, is_blocking: bool, verdict: Verdict) -> GoCheck {
    GoCheck {
        check,
        verdict,
        is_blocking,
        found: 0.0,
        of: 0.0,
        about: Vec::new(),
        items: Vec::new(),
    }
}

fn critical_reports(responses: &Responses) -> GoCheck {
    let (overdue, waiting) = critical_waiting(responses);
    let verdict = match (overdue, waiting) {
        (0, 0) => Verdict::Pass,
        (0, _) => Verdict::Warn,
        _ => Verdict::Fail,
    };
    GoCheck {
        found: (overdue + waiting) as f64,
        ..check(GoRule::CriticalReports, true, verdict)
    }
}

/// How a release is doing; `None` where none is in use.
fn of_health(rule: GoRule, found: Option<&HealthFindings>) -> GoCheck {
    let Some(found) = found else {
        return GoCheck {
            about: vec!["no release is in use".to_owned()],
            ..check(rule, true, Verdict::InsufficientData)
        };
    };
    GoCheck {
        about: vec![found.release.clone(), found.reason.clone()],
        ..check(rule, true, found.verdict)
    }
}

/// Checks of what the release is to hold.
fn of_scope(note: &ReleaseNote, known: &Known) -> Vec<GoCheck> {
    let promised: BTreeSet<&str> = note
        .goals
        .iter()
        .filter_map(|goal| goal.item.as_deref())
        .collect();
    let is_done = |item: &&BacklogItem| item.status.as_deref().is_some_and(status::is_shipped);
    let mut open = Vec::new();
    let mut unseen = Vec::new();
    let mut vague = Vec::new();
    for id in &note.scope {
        let item = known.get(id);
        let told = |found: Vec<String>| RiskItem {
            item_id: id.clone(),
            title: item.map_or_else(String::new, |item| item.title.clone()),
            found,
        };
        let standing = item.and_then(|item| item.status.clone());
        if item.filter(is_done).is_none() {
            open.push(told(standing.into_iter().collect()));
        }
        let has_event = item.is_some_and(|item| !item.feature_events.is_empty());
        if !has_event && !promised.contains(id.as_str()) {
            unseen.push(told(Vec::new()));
        }
        let words = item
            .map(|item| vague::found(&item.title))
            .unwrap_or_default();
        if !words.is_empty() {
            vague.push(told(words));
        }
    }
    let of_items = |rule, is_blocking, items: Vec<RiskItem>| {
        let verdict = match (note.scope.is_empty(), items.is_empty()) {
            (true, _) => Verdict::InsufficientData,
            (false, true) => Verdict::Pass,
            (false, false) => Verdict::Fail,
        };
        GoCheck {
            found: items.len() as f64,
            of: note.scope.len() as f64,
            items,
            ..check(rule, is_blocking, verdict)
        }
    };
    vec![
        of_items(GoRule::ScopeDone, true, open),
        of_items(GoRule::Measurable, false, unseen),
        of_items(GoRule::ClearScope, false, vague),
    ]
}

fn in_time(responses: &Responses) -> GoCheck {
    let verdict = match is_slow(responses) {
        Some(true) => Verdict::Fail,
        Some(false) => Verdict::Pass,
        None if responses.overdue == 0 => Verdict::Pass,
        None => Verdict::InsufficientData,
    };
    GoCheck {
        found: responses.overdue as f64,
        of: responses.in_time.n as f64,
        ..check(GoRule::Answers, false, verdict)
    }
}

fn goals(note: &ReleaseNote) -> GoCheck {
    let verdict = if note.goals.is_empty() {
        Verdict::Fail
    } else {
        Verdict::Pass
    };
    GoCheck {
        of: note.goals.len() as f64,
        ..check(GoRule::Goals, false, verdict)
    }
}

fn capacity(note: &ReleaseNote, known: &Known) -> Option<GoCheck> {
    let plan = told(note.accepted.as_ref()?, known);
    let over = plan.over_capacity_person_days?;
    let verdict = if over > 1e-9 {
        Verdict::Fail
    } else {
        Verdict::Pass
    };
    Some(GoCheck {
        found: plan.person_days_now,
        of: plan.capacity_person_days.unwrap_or_default(),
        ..check(GoRule::Capacity, false, verdict)
    })
}

/// What was decided last.
fn decision(marks: &[Mark]) -> Option<GoDecision> {
    let decisions = marks.iter().rev();
    let last = decisions
        .into_iter()
        .find(|mark| matches!(mark.kind, MarkKind::Go | MarkKind::NoGo))?;
    Some(GoDecision {
        decision: last.kind.as_str().to_owned(),
        at: instant_text(last.at),
        by: last.author.clone(),
        reason: last.note.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(verdict: Verdict, is_blocking: bool) -> GoCheck {
        check(GoRule::Goals, is_blocking, verdict)
    }

    fn signed(is_signed: bool, is_optional: bool) -> HandCheck {
        HandCheck {
            item: "a".to_owned(),
            title: "a".to_owned(),
            owner: None,
            due_at: None,
            is_overdue: false,
            is_optional,
            signed_by: None,
            signed_at: is_signed.then(String::new),
            note: None,
        }
    }

    #[test]
    fn what_blocks_fails_and_what_does_not_warns() {
        use Verdict::{Fail, InsufficientData, Pass, Warn};
        assert_eq!(verdict(&[of(Pass, true)], &[signed(true, false)]), Pass);
        assert_eq!(verdict(&[of(Fail, false)], &[]), Warn);
        assert_eq!(
            verdict(&[of(Fail, true), of(InsufficientData, true)], &[]),
            Fail
        );
        assert_eq!(
            verdict(&[of(Warn, true), of(InsufficientData, true)], &[]),
            InsufficientData
        );
        assert_eq!(verdict(&[of(Pass, true)], &[signed(false, false)]), Fail);
        assert_eq!(verdict(&[of(Pass, true)], &[signed(false, true)]), Warn);
        assert_eq!(verdict(&[], &[]), InsufficientData);
    }
}
