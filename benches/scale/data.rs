//! The events: who is active when, how much, on which release, and how it ends.

use std::path::Path;
use std::sync::Arc;

use lake::{
    Event, EventColumns, EventKind, FixedClock, Lake, Micros, Origin, SessionStatus, SessionUpdate,
    Stamp, Table, TableFiles, Text, Times, utc_day,
};

use crate::draw::{Draws, below};

/// Monday 2026-03-02T00:00:00Z.
pub(crate) const START: Micros = 1_772_409_600_000_000;
pub(crate) const DAY: Micros = 86_400_000_000;
pub(crate) const WEEKS: i32 = 8;
pub(crate) const APP: &str = "bench";
const FEATURES: f64 = 40.0;
const EVENTS_A_SESSION: u64 = 25;
const ROWS_AT_ONCE: usize = 16_384;
/// Mean events of an active user and day.
const DENSE: f64 = 25.0;
/// Share of the users who are active on a day, on average.
const ACTIVE: f64 = 0.2;

/// How many events, over how long, of whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) events: u64,
    pub(crate) weeks: i32,
    pub(crate) is_sparse: bool,
    pub(crate) draws: Draws,
}

impl Shape {
    fn days(self) -> u64 {
        u64::try_from(self.weeks * 7).unwrap_or_default()
    }

    /// Everybody, those who come later included.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    fn users(self) -> u64 {
        let each = if self.is_sparse { 1.0 } else { DENSE };
        let events_a_day = self.events as f64 / self.days() as f64;
        below(events_a_day / each / ACTIVE / 0.8, 0.0).max(10)
    }
}

/// What was made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Made {
    pub(crate) events: u64,
    pub(crate) users: u64,
    pub(crate) bytes: u64,
}

/// Makes the table of events.
pub(crate) fn make(data: &Path, shape: Shape) -> anyhow::Result<Made> {
    let mut events = 0;
    append(data, shape, 0..shape.days(), &mut events)?;
    Ok(Made {
        events,
        users: shape.users(),
        bytes: bytes_in(&data.join("tables/events"))?,
    })
}

/// Adds the day after the last.
pub(crate) fn one_more_day(data: &Path, shape: Shape) -> anyhow::Result<()> {
    append(data, shape, shape.days()..shape.days() + 1, &mut 0)
}

fn append(
    data: &Path,
    shape: Shape,
    days: std::ops::Range<u64>,
    events: &mut u64,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let lake = Lake::open(data, Arc::new(FixedClock(START))).await?;
        for day in days {
            let mut files = TableFiles::new(Table::Events);
            let mut rows = EventColumns::default();
            let mut pending = 0;
            for event in day_of_events(shape, day) {
                rows.push(&stamp(&event), &event);
                *events += 1;
                pending += 1;
                if pending == ROWS_AT_ONCE {
                    files.push_batch(&std::mem::take(&mut rows).finish()?)?;
                    pending = 0;
                }
            }
            files.push_batch(&rows.finish()?)?;
            let files = lake.put(files).await?;
            let position = i64::try_from(day)? + 1;
            lake.commit(Table::Events, &files, "bench", position)
                .await?;
        }
        Ok(())
    })
}

fn stamp(event: &Event<'_>) -> Stamp<'static> {
    Stamp {
        app: APP,
        protocol: "native",
        key_id: None,
        received_at: event.times.occurred_at + 2_000_000,
        node: "bench",
        position: 1,
        frame_row: 0,
    }
}

/// The events of a day, user by user.
fn day_of_events(shape: Shape, day: u64) -> impl Iterator<Item = Event<'static>> {
    (0..shape.users())
        .filter(move |user| is_active(shape, *user, day))
        .flat_map(move |user| {
            let n = if shape.is_sparse {
                1
            } else {
                // A Pareto tail with a mean of about 25.
                below(8.0, 0.0)
                    .max(below(
                        8.0 / shape.draws.share("much", [user, day, 0]).powf(0.7),
                        0.0,
                    ))
                    .min(2_000)
            };
            (0..n).map(move |place| event(shape, user, day, place))
        })
}

/// Whether a user is active: a third comes within the time, some come often and most seldom.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn is_active(shape: Shape, user: u64, day: u64) -> bool {
    let eight_weeks = f64::from(WEEKS * 7);
    let came = (1.5 * shape.draws.share("came", [user, 0, 0]) - 1.0).max(0.0) * 2.0 * eight_weeks;
    let often = 0.09 / shape.draws.share("often", [user, 0, 0]).powf(0.65);
    let fades =
        1.0 - 0.3 * (day as f64 / shape.days() as f64) * shape.draws.share("fades", [user, 0, 0]);
    day as f64 >= came && shape.draws.share("active", [user, day, 0]) < (often * fades).min(0.95)
}

fn event(shape: Shape, user: u64, day: u64, place: u64) -> Event<'static> {
    let session = place / EVENTS_A_SESSION;
    let (hour, second) = (
        below(14.0, shape.draws.share("hour", [user, day, session])),
        place % EVENTS_A_SESSION,
    );
    let at = START
        + i64::try_from(day).unwrap_or_default() * DAY
        + i64::try_from((6 + hour) * 3600 + session * 120 + second * 7).unwrap_or_default()
            * 1_000_000;
    let release = release(shape, user, day);
    let is_update = if shape.is_sparse {
        shape.draws.share("update", [user, day, 0]) < 0.3
    } else {
        second == 0
    };
    let name = if is_update {
        "session".to_owned()
    } else {
        let nth = below(
            FEATURES,
            shape.draws.share("feature", [user, day, place]).sqrt(),
        );
        format!("feature_{nth:02}")
    };
    Event {
        event_id: shape.draws.id("event", [user, day, place]).into(),
        id_given: true,
        kind: if is_update {
            EventKind::Session
        } else {
            EventKind::Usage
        },
        name: name.into(),
        origin: Origin {
            user_id: Some(format!("user-{user:08}").into()),
            session_id: Some(shape.draws.id("session", [user, day, session]).into()),
            release: Some(format!("{}.{}.0", 1 + release / 4, release % 4).into()),
            environment: environment(user),
            channel: Some("stable".into()),
            platform: Some(
                ["ios", "android", "web"][usize::try_from(user % 3).unwrap_or_default()].into(),
            ),
            ..Origin::default()
        },
        times: Times {
            occurred_at: at,
            client_at: Some(at),
            sent_at: None,
            flag: None,
            day: utc_day(at),
        },
        level: None,
        handled: None,
        fingerprint: None,
        session: is_update.then(|| SessionUpdate {
            status: status(shape, user, day, session, release),
            errors: 0,
            started_at: Some(at),
            duration_ms: Some(90_000),
            sequence: None,
            count: None,
        }),
        content: user ^ day << 32 ^ place << 48,
        properties: Some(format!(r#"{{"items":{},"screen":"home"}}"#, place * 7 % 31).into()),
    }
}

fn environment(user: u64) -> Text<'static> {
    if user % 50 == 49 {
        "staging"
    } else {
        "production"
    }
    .into()
}

/// The last of the eight releases.
pub(crate) const NEWEST: &str = "2.3.0";

/// Of eight releases, one a week (or an eighth of the time), each of which a user takes some days
/// after it came.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn release(shape: Shape, user: u64, day: u64) -> u64 {
    let between = shape.days() as f64 / 8.0;
    let lag = 4.0 * -shape.draws.share("lag", [user, 0, 0]).ln();
    below(((day as f64 - lag).max(0.0) / between).min(7.0), 0.0)
}

fn status(shape: Shape, user: u64, day: u64, session: u64, release: u64) -> SessionStatus {
    let crashes = if release == 5 { 0.03 } else { 0.01 };
    if shape.draws.share("crash", [user, day, session]) < crashes {
        SessionStatus::Crashed
    } else {
        SessionStatus::Exited
    }
}

/// Bytes of the Parquet files below a folder.
pub(crate) fn bytes_in(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            bytes += bytes_in(&entry.path())?;
        } else if entry.path().extension().is_some_and(|it| it == "parquet") {
            bytes += entry.metadata()?.len();
        }
    }
    Ok(bytes)
}
