//! Sessions and what happens in them: session updates, usage events and errors.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use super::calendar::{Calendar, second_of};
use super::chance::{Quota, Rng, ppm};
use super::people::{People, Person};
use super::truth::{Release, Truth};

/// Sessions begin between 06:00 and 22:30, so that none runs over midnight.
const FIRST_SECOND: u64 = 6 * 3600;
const SPAN_SECONDS: u64 = 16 * 3600 + 1800;
/// A session lasts two minutes and up to some twenty more.
const SHORTEST_SECONDS: u64 = 120;
const LENGTH_SECONDS: u64 = 1_300;
/// Of a user's later sessions, those that use again what the user has found once.
const AGAIN_PPM: u64 = 250_000;

/// What is planted in one release's sessions.
#[derive(Debug)]
struct Planted {
    crashes: Quota,
    handled_errors: Quota,
    reach: BTreeMap<String, Quota>,
}

/// Makes the events of all sessions, in the order in which they happened, each with its id.
#[derive(Debug)]
pub(crate) struct Usage<'a> {
    truth: &'a Truth,
    people: &'a People,
    rng: Rng,
    planted: Vec<Planted>,
    features: Vec<Quota>,
    /// (release, person) pairs that have had a session.
    seen: BTreeSet<(usize, usize)>,
    /// (release, person, event) of those who have found a feature.
    found: BTreeSet<(usize, usize, String)>,
    /// Those who have said who they are.
    signed_in: BTreeSet<usize>,
    sessions: u64,
    events: Vec<(i64, Map<String, Value>)>,
}

/// One session as it is being made.
#[derive(Debug, Clone, Copy)]
struct Session<'a> {
    person: &'a Person,
    who: usize,
    release: &'a Release,
    place: usize,
    number: u64,
    day: u32,
    start: i64,
    end: i64,
}

impl<'a> Usage<'a> {
    pub(crate) fn new(truth: &'a Truth, people: &'a People) -> Self {
        let planted = truth
            .releases
            .iter()
            .map(|release| Planted {
                crashes: Quota::new(),
                handled_errors: Quota::new(),
                reach: release
                    .reach
                    .keys()
                    .map(|name| (name.clone(), Quota::new()))
                    .collect(),
            })
            .collect();
        Self {
            truth,
            people,
            rng: Rng::stream(truth.seed, "usage"),
            planted,
            features: truth.features.iter().map(|_| Quota::new()).collect(),
            seen: BTreeSet::new(),
            found: BTreeSet::new(),
            signed_in: BTreeSet::new(),
            sessions: 0,
            events: Vec::new(),
        }
    }

    /// All events, oldest first.
    ///
    /// # Errors
    /// When an instant lies beyond the calendar.
    pub(crate) fn events(mut self, calendar: &Calendar) -> anyhow::Result<Vec<Value>> {
        let people = self.people;
        for day in 0..calendar.days() {
            for (who, person) in people.all.iter().enumerate() {
                if self.rng.chance(person.daily) {
                    self.session(day, who, person, calendar)?;
                    if self
                        .rng
                        .chance(ppm(self.truth.activity.second_session_share))
                    {
                        self.session(day, who, person, calendar)?;
                    }
                }
            }
        }
        self.events.sort_by_key(|(second, _)| *second);
        let anchor = calendar.anchor();
        (0_u64..)
            .zip(self.events)
            .map(|(number, (second, mut event))| {
                event.insert(
                    "event_id".to_owned(),
                    json!(format!("{anchor}-e-{number:06}")),
                );
                event.insert("occurred_at".to_owned(), json!(calendar.instant(second)?));
                Ok(Value::Object(event))
            })
            .collect()
    }

    fn session(
        &mut self,
        day: u32,
        who: usize,
        person: &'a Person,
        calendar: &Calendar,
    ) -> anyhow::Result<()> {
        let place = self
            .people
            .release_on(person, day)
            .context("a user has no release")?;
        let release = &self.truth.releases[place];
        // The mean of two draws: most sessions in the middle of the day.
        let second = (self.rng.below(SPAN_SECONDS) + self.rng.below(SPAN_SECONDS)) / 2;
        let start = second_of(day, FIRST_SECOND + second);
        let length = SHORTEST_SECONDS + self.rng.below(LENGTH_SECONDS);
        let end = start + i64::try_from(length).unwrap_or(0);
        let number = self.sessions;
        self.sessions += 1;
        let session = Session {
            person,
            who,
            release,
            place,
            number,
            day,
            start,
            end,
        };
        self.sign_in(&session);
        let crashed = self.planted[place].crashes.take(ppm(release.crash_rate));
        self.update(&session, false, crashed, calendar)?;
        self.features(&session);
        self.errors(&session, crashed);
        self.update(&session, true, crashed, calendar)
    }

    /// Whoever is named for the first time says so.
    fn sign_in(&mut self, session: &Session<'_>) {
        let person = session.person;
        let ids = person
            .sign_in()
            .filter(|[user, _]| person.name_on(session.day) == *user);
        if let Some(ids) = ids.filter(|_| self.signed_in.insert(session.who)) {
            let mut event = session.event("identify", "identify");
            event.extend(ids.map(|(field, id)| (field.to_owned(), json!(id))));
            self.events.push((session.start, event));
        }
    }

    /// The session's first update, or its last.
    fn update(
        &mut self,
        session: &Session<'_>,
        last: bool,
        crashed: bool,
        calendar: &Calendar,
    ) -> anyhow::Result<()> {
        let mut event = session.event("session", "session");
        let status = match (last, crashed) {
            (false, _) => "ok",
            (true, false) => "exited",
            (true, true) => "crashed",
        };
        event.insert("status".to_owned(), json!(status));
        event.insert(
            "started_at".to_owned(),
            json!(calendar.instant(session.start)?),
        );
        event.insert("sequence".to_owned(), json!(u8::from(last)));
        if last {
            let length = (session.end - session.start) * 1000;
            event.insert("duration_ms".to_owned(), json!(length));
            event.insert("errors".to_owned(), json!(u8::from(crashed)));
        }
        self.events
            .push((if last { session.end } else { session.start }, event));
        Ok(())
    }

    fn features(&mut self, session: &Session<'_>) {
        let truth = self.truth;
        for (feature, quota) in truth.features.iter().zip(&mut self.features) {
            if quota.take(ppm(feature.per_session)) {
                let second = session.moment(&mut self.rng);
                self.events
                    .push((second, session.event("usage", &feature.name)));
            }
        }
        let first = self.seen.insert((session.place, session.who));
        for (name, quota) in &mut self.planted[session.place].reach {
            let key = (session.place, session.who, name.clone());
            let uses = if first {
                let share = session.release.reach.get(name).copied().unwrap_or(0.0);
                quota.take(ppm(share)) && self.found.insert(key)
            } else {
                self.found.contains(&key) && self.rng.chance(AGAIN_PPM)
            };
            if uses {
                let second = session.moment(&mut self.rng);
                self.events.push((second, session.event("usage", name)));
            }
        }
    }

    fn errors(&mut self, session: &Session<'_>, crashed: bool) {
        let rate = ppm(session.release.handled_error_rate);
        if self.planted[session.place].handled_errors.take(rate) {
            let second = session.moment(&mut self.rng);
            self.events
                .push((second, session.error("SyncTimeout", "sync-timeout", true)));
        }
        if crashed {
            let fingerprint = if self.rng.chance(800_000) {
                "list-view-index"
            } else {
                "out-of-memory"
            };
            self.events
                .push((session.end, session.error("Crash", fingerprint, false)));
        }
    }
}

impl Session<'_> {
    /// A moment within the session.
    fn moment(&self, rng: &mut Rng) -> i64 {
        let length = u64::try_from(self.end - self.start).unwrap_or(0);
        self.start + i64::try_from(rng.below(length)).unwrap_or(0)
    }

    fn event(&self, kind: &str, name: &str) -> Map<String, Value> {
        let text = |value: &str| Value::String(value.to_owned());
        let (id_field, id) = self.person.name_on(self.day);
        [
            ("kind", text(kind)),
            ("name", text(name)),
            (id_field, text(id)),
            ("session_id", Value::String(format!("s-{:06}", self.number))),
            ("release", text(&self.release.version)),
            ("platform", text(self.person.platform)),
            ("locale", text(self.person.locale)),
        ]
        .into_iter()
        .map(|(field, value)| (field.to_owned(), value))
        .collect()
    }

    fn error(&self, name: &str, fingerprint: &str, handled: bool) -> Map<String, Value> {
        let mut event = self.event("error", name);
        event.insert(
            "level".to_owned(),
            json!(if handled { "warning" } else { "fatal" }),
        );
        event.insert("handled".to_owned(), json!(handled));
        event.insert("fingerprint".to_owned(), json!(fingerprint));
        event
    }
}
