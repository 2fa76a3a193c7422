//! What a run knows: feedback, activity, sessions, releases and records of one app in one
//! environment, brought down from the tables once. Everything after this is plain arithmetic over
//! small ordered maps, so results depend neither on the order of files nor on the threads.

pub(crate) mod accepted;
pub(crate) mod activity;
pub(crate) mod cohorts;
pub(crate) mod feedback;
pub(crate) mod firsts;
pub(crate) mod origin;
pub(crate) mod people;
pub(crate) mod presence;
pub(crate) mod records;
pub(crate) mod sessions;
pub(crate) mod sightings;
pub(crate) mod spans;
pub(crate) mod stages;
pub(crate) mod triage;
pub(crate) mod usage;

use std::collections::BTreeMap;
use std::sync::Arc;

use lake::Micros;

use crate::beside::beside;
use crate::days::{Days, Window};
use crate::error::Result;
use crate::rollup::{Names, Of, Persons, Rollups};
use crate::scan::Tables;
use crate::settings::Settings;
use crate::versions;

use activity::{Activity, Seen};
use cohorts::Cohorts;
use feedback::Feedback;
use firsts::Firsts;
use origin::Origins;
use people::People;
use presence::Presence;
use records::ReleaseNote;
use sessions::Sessions;
use sightings::Users;
use usage::Usage;

/// Which rows a run may know of, and how it names its days.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) settings: &'a Settings,
    pub(crate) days: Days,
    /// The events that are known, by day.
    pub(crate) rollups: Rollups,
    /// The window asked about.
    pub(crate) window: Window,
    /// How many windows to know, this one included.
    pub(crate) windows: i32,
    /// Rows that occurred after it are not known.
    pub(crate) as_of: Micros,
}

impl<'a> Question<'a> {
    /// Brings the rollups up to date that it needs.
    pub(crate) fn new(
        tables: &'a Tables,
        settings: &'a Settings,
        days: Days,
        (window, windows): (Window, i32),
        as_of: Micros,
    ) -> Result<Self> {
        let rollups = tables.rollups(&days, as_of.saturating_add(1))?;
        Ok(Self {
            tables,
            settings,
            days,
            rollups,
            window,
            windows,
            as_of,
        })
    }

    /// Of the day that holds `as_of`: what is asked of records, in which days play no part.
    pub(crate) fn of_moment(
        tables: &'a Tables,
        settings: &'a Settings,
        as_of: Micros,
    ) -> Result<Self> {
        let days = Days::in_zone(&settings.zone)?;
        let window = Window {
            first: days.day_of(as_of),
            length: 1,
        };
        Self::new(tables, settings, days, (window, 1), as_of)
    }

    /// The days of the windows known: the first, and that after the last.
    pub(crate) fn known_days(&self) -> (i32, i32) {
        (self.window.first_of(1 - self.windows), self.window.end())
    }

    /// The app and environment asked about.
    pub(crate) fn of(&self) -> Of<'_> {
        Of {
            app: &self.settings.app,
            environment: &self.settings.environment,
            segment: &self.settings.segment,
        }
    }

    /// Who is who among its users.
    pub(crate) fn persons(&self) -> Result<Arc<Persons>> {
        self.rollups.persons(self.of())
    }

    /// First instant of the first window known, first instant after the window asked about.
    pub(crate) fn span(&self) -> Result<(Micros, Micros)> {
        let from = self.days.start_of(self.window.first_of(1 - self.windows))?;
        Ok((from, self.days.start_of(self.window.end())?))
    }

    /// The first instant that is not known any more.
    pub(crate) fn known_until(&self) -> Micros {
        self.as_of.saturating_add(1)
    }

    /// The first day that was not over at `as_of`, and none behind the window asked about.
    pub(crate) fn first_day_open(&self) -> i32 {
        let open = self.days.day_of(self.known_until());
        self.window.end().min(open)
    }
}

/// Everything that a run knows.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The window asked about.
    pub(crate) window: Window,
    /// Whether it was over.
    pub(crate) is_over: bool,
    pub(crate) feedback: Feedback,
    pub(crate) activity: Activity,
    pub(crate) people: People,
    pub(crate) usage: Usage,
    pub(crate) cohorts: Cohorts,
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

/// What is known of users, and what they said.
struct OfUsers {
    feedback: Feedback,
    origins: Origins,
    activity: Activity,
    people: People,
    usage: Usage,
    cohorts: Cohorts,
}

impl OfUsers {
    fn load(question: &Question<'_>) -> Result<Self> {
        let feedback = Feedback::load(question)?;
        let origins = Origins::load(question)?;
        let mut names = Names::default();
        let firsts = Firsts::load(question, &mut names)?;
        let mut users = Users::read(question, &firsts, &mut names)?;
        let presence = Presence::of(users.days());
        let people = People::of(question, &presence, &firsts);
        let since = origins.first_at.map(|at| question.days.day_of(at));
        let usage = Usage::of(question, &presence, since);
        let spans = users.spans.settled(question, &firsts, &names)?;
        let cohorts = Cohorts::of(question, &presence, (&firsts, &spans))?;
        let seen = Seen {
            sightings: users.sightings,
            names,
        };
        let activity = Activity::load(question, seen, (&presence, &usage))?;
        Ok(Self {
            feedback,
            origins,
            activity,
            people,
            usage,
            cohorts,
        })
    }
}

/// The instant at which each release was first seen, by an event or by feedback.
pub(crate) fn first_seen(origins: &Origins, feedback: &Feedback) -> BTreeMap<String, Micros> {
    let mut first_seen = origins.first_seen.clone();
    for piece in &feedback.pieces {
        let Some(release) = &piece.release else {
            continue;
        };
        let first = first_seen.entry(release.clone()).or_insert(piece.at);
        *first = piece.at.min(*first);
    }
    first_seen
}

impl Facts {
    pub(crate) fn load(question: &Question<'_>) -> Result<Self> {
        let (sessions, of_users) = beside(|| Sessions::load(question), || OfUsers::load(question))?;
        let OfUsers {
            feedback,
            origins,
            activity,
            people,
            usage,
            cohorts,
        } = of_users;
        let notes = records::release_notes(question)?;
        let first_seen = first_seen(&origins, &feedback);
        let order = versions::oldest_first(&first_seen, |version| {
            notes.get(version).and_then(|note| note.released_at)
        });
        let data_through = feedback.data_through.max(origins.data_through);
        Ok(Self {
            window: question.window,
            is_over: question.span()?.1 <= question.known_until(),
            feedback,
            activity,
            people,
            usage,
            cohorts,
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
