//! What a run knows: feedback, activity, sessions, releases and records of one app in one
//! environment, brought down from the tables once. Everything after this is plain arithmetic over
//! small ordered maps, so results depend neither on the order of files nor on the threads.

pub(crate) mod activity;
pub(crate) mod feedback;
pub(crate) mod origin;
pub(crate) mod records;
pub(crate) mod sessions;

use std::collections::BTreeMap;

use lake::Micros;

use crate::days::{Days, Window};
use crate::error::Result;
use crate::scan::Tables;
use crate::settings::Settings;
use crate::versions;

use activity::Activity;
use feedback::Feedback;
use origin::Origins;
use records::ReleaseNote;
use sessions::Sessions;

/// Which rows a run may know of, and how it names its days.
#[derive(Debug, Clone)]
pub(crate) struct Question<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) settings: &'a Settings,
    pub(crate) days: Days,
    /// The window asked about.
    pub(crate) window: Window,
    /// How many windows to know, this one included.
    pub(crate) windows: i32,
    /// Rows that occurred after it are not known.
    pub(crate) as_of: Micros,
}

impl Question<'_> {
    /// First instant of the first window known, first instant after the window asked about.
    pub(crate) fn span(&self) -> Result<(Micros, Micros)> {
        let from = self.days.start_of(self.window.first_of(1 - self.windows))?;
        Ok((from, self.days.start_of(self.window.end())?))
    }

    /// The first instant that is not known any more.
    pub(crate) fn known_until(&self) -> Micros {
        self.as_of.saturating_add(1)
    }
}

/// Everything that a run knows.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The window asked about.
    pub(crate) window: Window,
    pub(crate) feedback: Feedback,
    pub(crate) activity: Activity,
    pub(crate) sessions: Sessions,
    pub(crate) origins: Origins,
    pub(crate) notes: BTreeMap<String, ReleaseNote>,
    /// Known releases, oldest first; `unknown` is not among them.
    pub(crate) order: Vec<String>,
    /// The instant at which each release was first seen.
    pub(crate) first_seen: BTreeMap<String, Micros>,
    /// The latest arrival among the rows read.
    pub(crate) data_through: Option<Micros>,
}

impl Facts {
    pub(crate) fn load(question: &Question<'_>) -> Result<Self> {
        let feedback = Feedback::load(question)?;
        let activity = Activity::load(question)?;
        let sessions = Sessions::load(question)?;
        let origins = Origins::load(question)?;
        let notes = records::release_notes(question)?;
        let mut first_seen = origins.first_seen.clone();
        for piece in &feedback.pieces {
            let Some(release) = &piece.release else {
                continue;
            };
            let first = first_seen.entry(release.clone()).or_insert(piece.at);
            *first = piece.at.min(*first);
        }
        let order = versions::oldest_first(&first_seen);
        let data_through = feedback.data_through.max(origins.data_through);
        Ok(Self {
            window: question.window,
            feedback,
            activity,
            sessions,
            origins,
            notes,
            order,
            first_seen,
            data_through,
        })
    }

    /// The first instant that anything is known of.
    pub(crate) fn first_data(&self) -> Option<Micros> {
        let feedback = self.feedback.pieces.first().map(|piece| piece.at);
        feedback.into_iter().chain(self.origins.first_at).min()
    }

    /// Whether adoption can be counted in active users; else it is counted in feedback authors.
    pub(crate) fn counts_users(&self) -> bool {
        self.activity.window_users() > 0
    }
}
