//! How soon people are answered: a target for each class of feedback, and who is still waiting.
//!
//! Only pieces with words are looked at: a bare score asks for no answer. A piece is critical where
//! [`crate::feedback::critical`] raises it; else its class is its kind, as the team labelled it or as the
//! classifier judges it. Its time begins when it was given and ends with the first answer on record,
//! which is a piece of kind `reply` or the moment that an import gives.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use lake::Micros;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::days::instant_text;
use crate::facts::feedback::Piece;
use crate::feedback::critical::dangers;
use crate::feedback::kind::Kind;
use crate::feedback::learned::Learned;
use crate::feedback::tone::tone;
use crate::findings::{OverdueOf, ResponseTarget, Responses, WaitingPiece};
use crate::stats::proportion;

/// Within which time people are to be answered: the section `[response]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ResponseTargets {
    /// Reports that cannot wait: data lost, security, an app that does not start, money taken.
    #[serde(with = "lake::unit::span")]
    pub critical: Duration,
    /// Something does not work.
    #[serde(with = "lake::unit::span")]
    pub bug_report: Duration,
    /// Something is missing.
    #[serde(with = "lake::unit::span")]
    pub feature_request: Duration,
    /// A verdict of somebody who is pleased.
    #[serde(with = "lake::unit::span")]
    pub praise: Duration,
    /// All else.
    #[serde(with = "lake::unit::span")]
    pub other: Duration,
}

const DAY: Duration = Duration::from_secs(86_400);

impl Default for ResponseTargets {
    fn default() -> Self {
        let days = DAY * 5;
        Self {
            critical: DAY,
            bug_report: days,
            feature_request: days,
            praise: days,
            other: days,
        }
    }
}

impl ResponseTargets {
    /// What does not hold together.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let all = Class::ALL.into_iter();
        let nothing = all.filter(|class| self.of(*class).is_zero());
        let problem = |class: Class| {
            format!(
                "response.{}: must be longer than nothing, such as 5d",
                class.as_str()
            )
        };
        nothing.map(problem).collect()
    }

    /// Until when a piece is to be answered.
    pub(crate) fn due(&self, given_at: Micros, is_critical: bool, kind: Kind) -> Micros {
        let class = if is_critical {
            Class::Critical
        } else {
            Class::Of(kind)
        };
        self.due_of(given_at, class)
    }

    fn due_of(&self, given_at: Micros, class: Class) -> Micros {
        let span = Micros::try_from(self.of(class).as_micros());
        given_at.saturating_add(span.unwrap_or(Micros::MAX))
    }

    fn of(&self, class: Class) -> Duration {
        match class {
            Class::Critical => self.critical,
            Class::Of(Kind::BugReport) => self.bug_report,
            Class::Of(Kind::FeatureRequest) => self.feature_request,
            Class::Of(Kind::Praise) => self.praise,
            Class::Of(Kind::Other) => self.other,
        }
    }
}

/// What a piece is to whoever answers it, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Critical,
    Of(Kind),
}

impl Class {
    const ALL: [Self; 5] = [
        Self::Critical,
        Self::Of(Kind::BugReport),
        Self::Of(Kind::FeatureRequest),
        Self::Of(Kind::Praise),
        Self::Of(Kind::Other),
    ];

    fn of(piece: &Piece, text: &str, learned: &Learned, by_hand: Option<&Kind>) -> Self {
        if !dangers(text).is_empty() {
            return Self::Critical;
        }
        Self::Of(by_hand.map_or_else(
            || {
                let (tone, _) = tone(text, piece.rating()).unzip();
                learned.classifier.judge(text).kind.with_tone(tone)
            },
            |kind| *kind,
        ))
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Of(kind) => kind.as_str(),
        }
    }
}

/// Share of feedback that should be answered in time.
pub(crate) const IN_TIME_LEAST: f64 = 0.8;
/// Pieces that were due from which on their share is judged.
const JUDGED_FROM: u64 = 10;

/// Whether too few were answered in time; `None` where too few were due to say so.
pub(crate) fn is_slow(found: &Responses) -> Option<bool> {
    let share = found.in_time.value?;
    (found.in_time.n >= JUDGED_FROM).then_some(share < IN_TIME_LEAST)
}

/// Critical pieces without an answer: those beyond their time, and those within it.
pub(crate) fn critical_waiting(found: &Responses) -> (u64, u64) {
    let is_critical = |target: &&ResponseTarget| target.class == Class::Critical.as_str();
    let target = found.targets.iter().find(is_critical);
    target.map_or((0, 0), |target| (target.overdue, target.waiting))
}

/// Whom a piece of feedback is for: by its id, the backlog items that it counts for, with who answers for
/// each.
pub(crate) type SpokenOf<'a> = BTreeMap<&'a str, BTreeMap<String, Option<String>>>;

/// What responses are judged by.
pub(crate) struct Grounds<'a> {
    pub(crate) targets: &'a ResponseTargets,
    pub(crate) learned: &'a Learned,
    /// What the team says that pieces are.
    pub(crate) labels: &'a BTreeMap<String, Kind>,
    pub(crate) spoken_of: &'a SpokenOf<'a>,
    /// The present.
    pub(crate) as_of: Micros,
}

/// One piece beside its target.
struct Timed<'a> {
    piece: &'a Piece,
    text: &'a str,
    class: Class,
    due: Micros,
}

impl Timed<'_> {
    fn is_due(&self, as_of: Micros) -> bool {
        self.due <= as_of
    }

    fn is_in_time(&self) -> bool {
        self.piece.answered_at.is_some_and(|at| at <= self.due)
    }

    fn is_overdue(&self, as_of: Micros) -> bool {
        self.piece.answered_at.is_none() && self.is_due(as_of)
    }
}

/// How soon those were answered who gave these pieces.
pub(crate) fn responses<'a>(
    pieces: impl Iterator<Item = &'a Piece>,
    grounds: &Grounds<'_>,
) -> Responses {
    let with_words: Vec<(&Piece, &str)> = pieces
        .filter_map(|piece| Some((piece, piece.text.as_deref()?)))
        .filter(|(_, text)| !text.trim().is_empty())
        .collect();
    let timed: Vec<Timed<'_>> = with_words
        .into_par_iter()
        .map(|(piece, text)| {
            let by_hand = grounds.labels.get(&piece.event_id);
            let class = Class::of(piece, text, grounds.learned, by_hand);
            Timed {
                piece,
                text,
                class,
                due: grounds.targets.due_of(piece.at, class),
            }
        })
        .collect();
    let targets: Vec<ResponseTarget> = Class::ALL
        .into_iter()
        .filter_map(|class| target(&timed, class, grounds))
        .collect();
    let mut overdue: Vec<&Timed<'_>> = timed
        .iter()
        .filter(|timed| timed.is_overdue(grounds.as_of))
        .collect();
    overdue.sort_by(|a, b| {
        (a.class, a.due, &a.piece.event_id).cmp(&(b.class, b.due, &b.piece.event_id))
    });
    Responses {
        targets,
        in_time: in_time(timed.iter(), grounds.as_of),
        overdue: overdue.len() as u64,
        any_answer: timed.iter().any(|timed| timed.piece.answered_at.is_some()),
        by_owner: by_owner(&overdue, grounds.spoken_of),
        waiting: overdue
            .iter()
            .take(Responses::LISTED_MAX)
            .map(|timed| waiting(timed, grounds))
            .collect(),
    }
}

/// Pieces whose time is over: those answered in time, of all.
fn in_time<'t>(
    timed: impl Iterator<Item = &'t Timed<'t>>,
    as_of: Micros,
) -> crate::findings::Estimate {
    let (mut answered, mut all) = (0, 0);
    for one in timed.filter(|timed| timed.is_due(as_of)) {
        answered += u64::from(one.is_in_time());
        all += 1;
    }
    proportion::estimate(answered, all)
}

fn target(timed: &[Timed<'_>], class: Class, grounds: &Grounds<'_>) -> Option<ResponseTarget> {
    let of_class: Vec<&Timed<'_>> = timed.iter().filter(|timed| timed.class == class).collect();
    if of_class.is_empty() {
        return None;
    }
    let as_of = grounds.as_of;
    let count = |holds: &dyn Fn(&Timed<'_>) -> bool| {
        of_class.iter().filter(|timed| holds(timed)).count() as u64
    };
    Some(ResponseTarget {
        class: class.as_str().to_owned(),
        target_hours: grounds.targets.of(class).as_secs_f64() / 3_600.0,
        in_time: in_time(of_class.iter().copied(), as_of),
        overdue: count(&|timed| timed.is_overdue(as_of)),
        waiting: count(&|timed| timed.piece.answered_at.is_none() && !timed.is_due(as_of)),
    })
}

fn owners(spoken_of: &SpokenOf<'_>, piece: &Piece) -> BTreeSet<String> {
    let items = spoken_of.get(piece.event_id.as_str()).into_iter().flatten();
    items.filter_map(|(_, owner)| owner.clone()).collect()
}

fn by_owner(overdue: &[&Timed<'_>], spoken_of: &SpokenOf<'_>) -> Vec<OverdueOf> {
    let mut counts: BTreeMap<Option<String>, (u64, u64)> = BTreeMap::new();
    for timed in overdue {
        let owners = owners(spoken_of, timed.piece);
        let nobody = owners.is_empty().then_some(None);
        for owner in owners.into_iter().map(Some).chain(nobody) {
            let of_owner = counts.entry(owner).or_default();
            of_owner.0 += 1;
            of_owner.1 += u64::from(timed.class == Class::Critical);
        }
    }
    let mut all: Vec<OverdueOf> = counts
        .into_iter()
        .map(|(owner, (overdue, critical))| OverdueOf {
            owner,
            overdue,
            critical,
        })
        .collect();
    all.sort_by(|a, b| {
        (b.overdue.cmp(&a.overdue))
            .then(b.critical.cmp(&a.critical))
            .then_with(|| a.owner.cmp(&b.owner))
    });
    all
}

fn waiting(timed: &Timed<'_>, grounds: &Grounds<'_>) -> WaitingPiece {
    let piece = timed.piece;
    let items = grounds.spoken_of.get(piece.event_id.as_str());
    let beyond = grounds.as_of.saturating_sub(timed.due);
    WaitingPiece {
        event_id: piece.event_id.clone(),
        given_at: instant_text(piece.at),
        class: timed.class.as_str().to_owned(),
        overdue_hours: Duration::from_micros(beyond.unsigned_abs()).as_secs_f64() / 3_600.0,
        owners: owners(grounds.spoken_of, piece).into_iter().collect(),
        items: items
            .into_iter()
            .flat_map(BTreeMap::keys)
            .cloned()
            .collect(),
        text: timed.text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Micros = 3_600_000_000;

    fn piece(id: &str, text: &str, at: Micros, answered_at: Option<Micros>) -> Piece {
        Piece {
            event_id: id.to_owned(),
            kind: "comment".to_owned(),
            author: id.to_owned(),
            release: None,
            at,
            day: 0,
            received_at: at,
            protocol: "native".to_owned(),
            flagged: false,
            score: None,
            scale: None,
            text: (!text.is_empty()).then(|| text.to_owned()),
            votes: 0,
            answered_at,
        }
    }

    fn judged(pieces: &[Piece], as_of: Micros) -> Responses {
        let mut labels = BTreeMap::new();
        labels.insert("wish".to_owned(), Kind::FeatureRequest);
        labels.insert("slow".to_owned(), Kind::FeatureRequest);
        let owned = |item: &str, owner: Option<&str>| {
            BTreeMap::from([(item.to_owned(), owner.map(str::to_owned))])
        };
        let spoken_of = SpokenOf::from([
            ("wish", owned("A-1", Some("ann"))),
            ("lost", owned("A-2", None)),
        ]);
        responses(
            pieces.iter(),
            &Grounds {
                targets: &ResponseTargets::default(),
                learned: &Learned::shipped().unwrap(),
                labels: &labels,
                spoken_of: &spoken_of,
                as_of,
            },
        )
    }

    #[test]
    fn who_waits_beyond_the_target_is_named_by_owner() {
        let pieces = [
            // Critical: a day.
            piece("lost", "All my photos are gone, data lost", 0, None),
            // A request with a label: five days; over at hour 120.
            piece("wish", "please add a dark theme", 0, None),
            piece("slow", "please add an export", 0, Some(121 * HOUR)),
            // Not due yet, and answered all the same: it counts for nothing yet.
            piece("new", "please add tabs", 100 * HOUR, Some(101 * HOUR)),
            piece("score alone", "", 0, None),
        ];
        let now = 120 * HOUR;
        let found = judged(&pieces, now);
        assert_eq!((found.overdue, found.in_time.n), (2, 3));
        assert_eq!(found.in_time.value, Some(0.0));
        assert!(found.any_answer);
        let ids: Vec<&str> = found.waiting.iter().map(|w| w.event_id.as_str()).collect();
        assert_eq!(ids, ["lost", "wish"]);
        assert!((found.waiting[0].overdue_hours - 96.0).abs() < 1e-9);
        assert_eq!(found.waiting[0].items, ["A-2"]);
        let owed: Vec<(Option<&str>, u64, u64)> = found
            .by_owner
            .iter()
            .map(|of| (of.owner.as_deref(), of.overdue, of.critical))
            .collect();
        assert_eq!(owed, [(None, 1, 1), (Some("ann"), 1, 0)]);
        assert_eq!(found.targets[0].class, "critical");
        assert!((found.targets[0].target_hours - 24.0).abs() < 1e-9);
        // An hour before nothing but the critical one is due.
        assert_eq!(judged(&pieces, now - HOUR).overdue, 1);
    }

    #[test]
    fn an_answer_at_the_last_moment_is_in_time() {
        let pieces = [piece("a", "please add tabs", 0, Some(120 * HOUR))];
        let found = judged(&pieces, 500 * HOUR);
        assert_eq!((found.in_time.value, found.overdue), (Some(1.0), 0));
        assert_eq!(judged(&[], 0), Responses::default());
    }
}
