//! Feedback as it stood at `as_of`: of several revisions of one piece the latest counts, replies
//! are joined to what they answer.
//!
//! A revision may move a piece to another day, so revisions are reduced over all feedback of the
//! app before any window is cut. Text is held for the windows that need it only.

use std::collections::BTreeMap;

use lake::{FeedbackKind, Micros, Table, columns};
use polars::prelude::{
    DataType, Expr, IntoLazy as _, JoinArgs, JoinType, LazyFrame, NULL, col, df, lit, when,
};

use crate::error::{Error, Result};
use crate::facts::Question;
use crate::feedback::tone::{Tone, tone};
use crate::rollup::Persons;
use crate::scan::{Frame, UNKNOWN, collect, of_segment, user};
use crate::stats::mean::Moments;

/// A piece of feedback.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Piece {
    pub(crate) event_id: String,
    pub(crate) kind: String,
    /// The user; a piece without one is its own author.
    pub(crate) author: String,
    pub(crate) release: Option<String>,
    pub(crate) at: Micros,
    /// The day of `at` in the zone.
    pub(crate) day: i32,
    pub(crate) received_at: Micros,
    pub(crate) protocol: String,
    pub(crate) flagged: bool,
    pub(crate) score: Option<f64>,
    pub(crate) scale: Option<(f64, f64)>,
    /// Held for this window and the one before.
    pub(crate) text: Option<String>,
    pub(crate) votes: i64,
    /// When the team answered, at or before `as_of`.
    pub(crate) answered_at: Option<Micros>,
}

impl Piece {
    /// The stars given, on the scale 1 to 5.
    pub(crate) fn rating(&self) -> Option<f64> {
        self.score_of(FeedbackKind::Rating, (1.0, 5.0))
    }

    /// The CSAT answer, on the scale 1 to 5.
    pub(crate) fn csat(&self) -> Option<f64> {
        self.score_of(FeedbackKind::Csat, (1.0, 5.0))
    }

    /// Whether it is one of the two best CSAT answers.
    pub(crate) fn is_satisfied(&self) -> bool {
        self.csat()
            .is_some_and(|answer| answer >= SATISFIED_AT_LEAST)
    }

    /// The NPS answer, 0 to 10.
    pub(crate) fn nps(&self) -> Option<f64> {
        self.score_of(FeedbackKind::Nps, (0.0, 10.0))
    }

    /// The answer of how easy it was, 1 to 7.
    pub(crate) fn ces(&self) -> Option<f64> {
        self.score_of(FeedbackKind::Ces, (1.0, 7.0))
    }

    /// Whether it is a rating of 1 or 2 stars.
    pub(crate) fn is_low(&self) -> bool {
        self.rating()
            .is_some_and(|rating| rating <= LOW_RATING_AT_MOST)
    }

    /// Whether it is a rating of 4 or 5 stars.
    pub(crate) fn is_high(&self) -> bool {
        self.rating()
            .is_some_and(|rating| rating >= HIGH_RATING_AT_LEAST)
    }

    /// Whether its words read as negative; `None` where it has a score, which says more than words, no
    /// words, or words that cannot be judged.
    pub(crate) fn is_negative(&self) -> Option<bool> {
        let text = self.text.as_deref().filter(|_| self.score.is_none())?;
        tone(text, None).map(|(tone, _)| tone == Tone::Dislike)
    }

    /// The release, with a name where there is none.
    pub(crate) fn release_name(&self) -> &str {
        self.release.as_deref().unwrap_or(UNKNOWN)
    }

    /// A score given on another scale is another measure, and left out.
    fn score_of(&self, kind: FeedbackKind, (min, max): (f64, f64)) -> Option<f64> {
        let same_scale = self
            .scale
            .is_none_or(|(low, high)| same(low, min) && same(high, max));
        let score = self.score.filter(|score| (min..=max).contains(score))?;
        (self.kind == kind.as_str() && same_scale).then_some(score)
    }
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

const LOW_RATING_AT_MOST: f64 = 2.0;
const HIGH_RATING_AT_LEAST: f64 = 4.0;
const SATISFIED_AT_LEAST: f64 = 4.0;

/// Ratings of some pieces.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Ratings {
    pub(crate) moments: Moments,
    pub(crate) low: u64,
}

impl Ratings {
    pub(crate) fn add(&mut self, piece: &Piece) {
        let Some(rating) = piece.rating() else { return };
        self.moments.n += 1;
        self.moments.sum += rating;
        self.moments.sum_sq += rating * rating;
        self.low += u64::from(piece.is_low());
    }

    pub(crate) fn of<'a>(pieces: impl Iterator<Item = &'a Piece>) -> Self {
        let mut ratings = Self::default();
        pieces.for_each(|piece| ratings.add(piece));
        ratings
    }

    pub(crate) fn n(&self) -> u64 {
        self.moments.n
    }
}

/// All feedback of the app, oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Feedback {
    pub(crate) pieces: Vec<Piece>,
    /// The latest arrival.
    pub(crate) data_through: Option<Micros>,
}

impl Feedback {
    pub(crate) fn load(question: &Question<'_>) -> Result<Self> {
        let frame = collect(Table::Feedback, query(question)?)?;
        let rows = read(&frame, &*question.persons()?)?;
        let members = question.rollups.members(question.of())?;
        let data_through = rows.iter().map(|row| row.piece.received_at).max();
        let latest = latest(rows);
        let mut replied: BTreeMap<String, Micros> = BTreeMap::new();
        let mut pieces = Vec::new();
        for row in latest.into_values() {
            if row.piece.kind != FeedbackKind::Reply.as_str() {
                let is_member = members
                    .as_ref()
                    .is_none_or(|members| members.contains(&row.piece.author));
                if row.environment == question.settings.environment && is_member {
                    pieces.push(row.piece);
                }
            } else if let Some(parent) = row.parent_id {
                let first = replied.entry(parent).or_insert(row.piece.at);
                *first = row.piece.at.min(*first);
            }
        }
        for piece in &mut pieces {
            let reply = replied.get(&piece.event_id).copied();
            piece.answered_at = piece
                .answered_at
                .into_iter()
                .chain(reply)
                .filter(|at| *at <= question.as_of)
                .min();
            piece.day = question.days.day_of(piece.at);
        }
        pieces.sort_by(|a, b| (a.at, &a.event_id).cmp(&(b.at, &b.event_id)));
        Ok(Self {
            pieces,
            data_through,
        })
    }

    /// Pieces given on days for which `holds` is true.
    pub(crate) fn on_days(&self, holds: impl Fn(i32) -> bool) -> impl Iterator<Item = &Piece> {
        self.pieces.iter().filter(move |piece| holds(piece.day))
    }
}

/// Pieces of the app with such ids, in their order, each with its text, of whatever day it is.
pub(crate) fn of_ids<'i>(
    question: &Question<'_>,
    ids: impl Iterator<Item = &'i str>,
) -> Result<Vec<Piece>> {
    let ids: Vec<&str> = ids.collect();
    let table = Table::Feedback;
    let ids = df!(columns::EVENT_ID => ids).map_err(|source| Error::Scan {
        table: table.name(),
        source,
    })?;
    let id = || [col(columns::EVENT_ID)];
    let semi = JoinArgs::new(JoinType::Semi);
    let rows = known(question)?.with_columns([user().alias(columns::USER_ID)]);
    let frame = collect(table, rows.join(ids.lazy(), id(), id(), semi))?;
    let latest = latest(read(&frame, &*question.persons()?)?).into_values();
    Ok(latest.map(|row| row.piece).collect())
}

/// The last revision of each piece.
fn latest(rows: Vec<Row>) -> BTreeMap<String, Row> {
    let mut latest: BTreeMap<String, Row> = BTreeMap::new();
    for row in rows {
        match latest.get(&row.piece.event_id) {
            Some(known) if known.order() >= row.order() => {}
            _ => drop(latest.insert(row.piece.event_id.clone(), row)),
        }
    }
    latest
}

struct Row {
    piece: Piece,
    environment: String,
    parent_id: Option<String>,
    position: i64,
    frame_row: i64,
    node: String,
}

impl Row {
    fn order(&self) -> (Micros, Micros, i64, i64, &str) {
        let piece = &self.piece;
        (
            piece.at,
            piece.received_at,
            self.position,
            self.frame_row,
            &self.node,
        )
    }
}

/// What is known of the app's feedback.
fn known(question: &Question<'_>) -> Result<LazyFrame> {
    let names = [
        columns::APP,
        columns::ENVIRONMENT,
        columns::EVENT_ID,
        columns::KIND,
        columns::USER_ID,
        columns::ANONYMOUS_ID,
        columns::RELEASE,
        columns::OCCURRED_AT,
        columns::RECEIVED_AT,
        columns::CLOCK_FLAG,
        columns::PROTOCOL,
        columns::SCORE,
        columns::SCALE_MIN,
        columns::SCALE_MAX,
        columns::TEXT,
        columns::PARENT_ID,
        columns::REPLIED_AT,
        columns::VOTES,
        columns::PLATFORM,
        columns::CHANNEL,
        columns::NODE,
        columns::POSITION,
        columns::FRAME_ROW,
    ];
    let span = (Micros::MIN, question.known_until());
    let rows = question.tables.between(Table::Feedback, &names, span)?;
    // Whoever replies is in no segment.
    let is_reply = col(columns::KIND).eq(lit(FeedbackKind::Reply.as_str()));
    Ok(rows
        .filter(col(columns::APP).eq(lit(question.settings.app.as_str())))
        .filter(is_reply.or(of_segment(&question.settings.segment))))
}

fn query(question: &Question<'_>) -> Result<LazyFrame> {
    let window = question.window;
    let from = question.days.start_of(window.first_of(-1))?;
    let to = question.days.start_of(window.end())?;
    let at = || col(columns::OCCURRED_AT);
    let needed = at().gt_eq(lit(from)).and(at().lt(lit(to)));
    let text: Expr = when(needed)
        .then(col(columns::TEXT))
        .otherwise(lit(NULL).cast(DataType::String))
        .alias(columns::TEXT);
    Ok(known(question)?.with_columns([text, user().alias(columns::USER_ID)]))
}

fn read(frame: &Frame, persons: &Persons) -> Result<Vec<Row>> {
    let ids = frame.texts(columns::EVENT_ID)?;
    let (kinds, users) = (frame.texts(columns::KIND)?, frame.texts(columns::USER_ID)?);
    let (releases, texts) = (frame.texts(columns::RELEASE)?, frame.texts(columns::TEXT)?);
    let (environments, parents) = (
        frame.texts(columns::ENVIRONMENT)?,
        frame.texts(columns::PARENT_ID)?,
    );
    let (protocols, flags) = (
        frame.texts(columns::PROTOCOL)?,
        frame.texts(columns::CLOCK_FLAG)?,
    );
    let (at, received) = (
        frame.integers(columns::OCCURRED_AT)?,
        frame.integers(columns::RECEIVED_AT)?,
    );
    let (replied, votes) = (
        frame.integers(columns::REPLIED_AT)?,
        frame.integers(columns::VOTES)?,
    );
    let scores = frame.numbers(columns::SCORE)?;
    let (lows, highs) = (
        frame.numbers(columns::SCALE_MIN)?,
        frame.numbers(columns::SCALE_MAX)?,
    );
    let nodes = frame.texts(columns::NODE)?;
    let (positions, frame_rows) = (
        frame.integers(columns::POSITION)?,
        frame.integers(columns::FRAME_ROW)?,
    );
    let owned = |value: Option<&str>| value.map(str::to_owned);
    Ok((0..frame.rows())
        .map(|row| {
            let event_id = ids.get(row).unwrap_or_default().to_owned();
            let author = users.get(row).map(|id| persons.person(id).to_owned());
            let author = author.unwrap_or_else(|| event_id.clone());
            Row {
                piece: Piece {
                    event_id,
                    kind: kinds.get(row).unwrap_or_default().to_owned(),
                    author,
                    release: owned(releases.get(row)),
                    at: at.get(row).unwrap_or_default(),
                    day: 0,
                    received_at: received.get(row).unwrap_or_default(),
                    protocol: protocols.get(row).unwrap_or_default().to_owned(),
                    flagged: flags.get(row).is_some(),
                    score: scores.get(row).filter(|score| score.is_finite()),
                    scale: lows.get(row).zip(highs.get(row)),
                    text: owned(texts.get(row)),
                    votes: votes.get(row).unwrap_or_default(),
                    answered_at: replied.get(row),
                },
                environment: environments.get(row).unwrap_or_default().to_owned(),
                parent_id: owned(parents.get(row)),
                position: positions.get(row).unwrap_or_default(),
                frame_row: frame_rows.get(row).unwrap_or_default(),
                node: nodes.get(row).unwrap_or_default().to_owned(),
            }
        })
        .collect())
}
