//! A day's rollups as rows, in the order of their keys: the same events give the same bytes,
//! whatever files they lay in and in whatever order.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::error::ArrowError;
use lake::Micros;

use super::arrival_day::ArrivalDay;
use super::columns::Rollup;
use super::day::{Day, Words};
use super::health_hour::{self, HOUR, HealthHour, LATE_HOURS, hour_of};
use super::names::{NONE, Names};
use super::session_day::Line;

/// The rollups of a day.
pub(super) type DayRows = Vec<(Rollup, RecordBatch)>;

/// A day that is whole, with what its numbers mean.
struct Finished<'a> {
    names: &'a Names,
    day: i32,
    cells: Vec<[u32; 5]>,
    /// The place of each cell in the order of its texts.
    cell_ranks: Vec<u32>,
    name_ranks: Vec<u32>,
}

/// Ends a day.
pub(super) fn finish(
    mut day: Day,
    number: i32,
    names: &Names,
    words: Words,
) -> Result<DayRows, ArrowError> {
    add_sessions_to_users(&mut day, words);
    health_hour::count_people(&mut day, words);
    let cells: Vec<[u32; 5]> = day.cells.rows().iter().map(|row| row.0).collect();
    let users = day.users.rows().iter().map(|row| row.0.1);
    let features = day.features.rows().iter().map(|row| row.0.1);
    let errors = day.errors.rows().iter();
    let errors = errors.flat_map(|([_, fingerprint, name], _)| [*fingerprint, *name]);
    let used = cells.iter().flatten().copied().chain(users);
    let ties = day.ties.rows().iter().flat_map(|(tie, _)| [tie[1], tie[2]]);
    let used = used.chain(features).chain(errors).chain(ties);
    let name_ranks = names.ranks_of(used);
    let rank = |number: u32| name_ranks.get(number as usize).copied().unwrap_or(0);
    let mut order: Vec<u32> = (0..).take(cells.len()).collect();
    order.sort_unstable_by_key(|at| cells.get(*at as usize).map(|cell| cell.map(rank)));
    let mut cell_ranks = vec![0; cells.len()];
    for (rank, at) in (0..).zip(order) {
        if let Some(place) = cell_ranks.get_mut(at as usize) {
            *place = rank;
        }
    }
    let finished = Finished {
        names,
        day: number,
        cells,
        cell_ranks,
        name_ranks,
    };
    Ok(vec![
        (Rollup::UserDay, finished.users(&day)?),
        (Rollup::FeatureDay, finished.features(&day)?),
        (Rollup::ErrorDay, finished.errors(&day)?),
        (Rollup::SessionDay, finished.sessions(&day, words)?),
        (Rollup::ArrivalDay, finished.arrivals(&day)?),
        (Rollup::HealthHour, finished.hours(&day)?),
        (Rollup::IdentityDay, finished.ties(&day)?),
    ])
}

/// What the sessions of the day tell of their users.
fn add_sessions_to_users(day: &mut Day, words: Words) {
    let Day {
        users,
        sessions,
        starts_at,
        ..
    } = day;
    let mut told = |cell: u32, user: u32, (at, crashed): (Micros, i64), active_ms: i64| {
        let place = users.find((cell, user));
        if let Some(user_day) = place.and_then(|place| users.at(place)) {
            user_day.crashed = user_day.crashed.saturating_add(crashed);
            user_day.active_ms = user_day.active_ms.saturating_add(active_ms);
            user_day.crashed_hours |= u32::from(crashed > 0) << hour_of(*starts_at, at);
        }
    };
    for ((cell, _), kept) in sessions.sessions.rows() {
        let crashed = i64::from(kept.has_crashed(words.crashed));
        let lasted = kept.duration_ms.unwrap_or(0);
        told(*cell, kept.user, (kept.at, crashed), lasted);
    }
    for ((cell, user, status, began, _), count) in &sessions.counted {
        let crashed = if *status == words.crashed { *count } else { 0 };
        told(*cell, *user, (*began, crashed), 0);
    }
}

/// The cell and the user of a row of a day's users.
fn whose(day: &Day, place: u32) -> (u32, u32) {
    let rows = day.users.rows();
    rows.get(place as usize).map_or((0, NONE), |row| row.0)
}

impl Finished<'_> {
    fn rank(&self, number: u32) -> u32 {
        self.name_ranks.get(number as usize).copied().unwrap_or(0)
    }

    fn cell_rank(&self, cell: u32) -> u32 {
        self.cell_ranks.get(cell as usize).copied().unwrap_or(0)
    }

    fn text(&self, numbers: impl Iterator<Item = u32>) -> ArrayRef {
        Arc::new(
            numbers
                .map(|number| self.names.text(number))
                .collect::<StringArray>(),
        )
    }

    /// A batch: the day, the texts of each row's cell, then the rollup's own columns.
    fn batch(
        &self,
        rollup: Rollup,
        cells: &[u32],
        own: Vec<ArrayRef>,
    ) -> Result<RecordBatch, ArrowError> {
        let mut columns: Vec<ArrayRef> =
            vec![Arc::new(Date32Array::from_value(self.day, cells.len()))];
        for at in 0..5 {
            let of = |cell: &u32| {
                let cell = self.cells.get(*cell as usize);
                cell.and_then(|cell| cell.get(at)).copied().unwrap_or(NONE)
            };
            columns.push(self.text(cells.iter().map(of)));
        }
        columns.extend(own);
        RecordBatch::try_new(rollup.schema(), columns)
    }

    fn users(&self, day: &Day) -> Result<RecordBatch, ArrowError> {
        let mut rows: Vec<_> = day.users.rows().iter().collect();
        rows.sort_unstable_by_key(|((cell, user), _)| (self.cell_rank(*cell), self.rank(*user)));
        let cells: Vec<u32> = rows.iter().map(|row| row.0.0).collect();
        let own = vec![
            self.text(rows.iter().map(|row| row.0.1)),
            counts(rows.iter().map(|row| row.1.events)),
            counts(rows.iter().map(|row| row.1.errors)),
            counts(rows.iter().map(|row| row.1.sessions)),
            counts(rows.iter().map(|row| row.1.crashed)),
            counts(rows.iter().map(|row| row.1.active_ms)),
            instants(rows.iter().map(|row| Some(row.1.first_at))),
            instants(rows.iter().map(|row| Some(row.1.last_at))),
            counts(rows.iter().map(|row| row.1.active_hours.into())),
            counts(rows.iter().map(|row| row.1.errored_hours.into())),
            counts(rows.iter().map(|row| row.1.crashed_hours.into())),
        ];
        self.batch(Rollup::UserDay, &cells, own)
    }

    fn errors(&self, day: &Day) -> Result<RecordBatch, ArrowError> {
        let mut rows: Vec<_> = day
            .errors
            .rows()
            .iter()
            .map(|([place, fingerprint, name], errors)| {
                (whose(day, *place), [*fingerprint, *name], errors)
            })
            .collect();
        rows.sort_unstable_by_key(|((cell, user), of, _)| {
            let of = of.map(|number| self.rank(number));
            (self.cell_rank(*cell), self.rank(*user), of)
        });
        let cells: Vec<u32> = rows.iter().map(|row| row.0.0).collect();
        let own = vec![
            self.text(rows.iter().map(|row| row.0.1)),
            self.text(rows.iter().map(|row| row.1[0])),
            self.text(rows.iter().map(|row| row.1[1])),
            counts(rows.iter().map(|row| row.2.count)),
            instants(rows.iter().map(|row| Some(row.2.first_at))),
        ];
        self.batch(Rollup::ErrorDay, &cells, own)
    }

    fn features(&self, day: &Day) -> Result<RecordBatch, ArrowError> {
        let mut rows: Vec<_> = day
            .features
            .rows()
            .iter()
            .map(|((place, name), uses)| (whose(day, *place), *name, uses))
            .collect();
        rows.sort_unstable_by_key(|((cell, user), name, _)| {
            (self.cell_rank(*cell), self.rank(*user), self.rank(*name))
        });
        let cells: Vec<u32> = rows.iter().map(|row| row.0.0).collect();
        let own = vec![
            self.text(rows.iter().map(|row| row.0.1)),
            self.text(rows.iter().map(|row| row.1)),
            counts(rows.iter().map(|row| row.2.count)),
            instants(rows.iter().map(|row| Some(row.2.first_at))),
        ];
        self.batch(Rollup::FeatureDay, &cells, own)
    }

    fn sessions(&self, day: &Day, words: Words) -> Result<RecordBatch, ArrowError> {
        let ids = &day.sessions.ids;
        let mut lines = day.sessions.lines();
        lines.sort_unstable_by_key(|line| {
            let (user, status) = (self.rank(line.user), self.names.text(line.status));
            let within = (line.count, line.errors, user, status, line.started_at);
            let session = line.session.map(|session| ids.text(session));
            (
                self.cell_rank(line.cell),
                session.is_none(),
                session,
                within,
            )
        });
        let cells: Vec<u32> = lines.iter().map(|line| line.cell).collect();
        let texts = |text: &dyn Fn(&Line<'_>) -> Option<String>| -> ArrayRef {
            Arc::new(lines.iter().map(text).collect::<StringArray>())
        };
        let kept = || lines.iter().map(|line| line.kept);
        let broke = kept().map(|kept| Some(kept.is_some_and(|kept| kept.broke)));
        let own: Vec<ArrayRef> = vec![
            texts(&|line| Some(ids.text(line.session?)?.to_owned())),
            self.text(lines.iter().map(|line| line.user)),
            self.text(lines.iter().map(|line| line.status)),
            numbers(lines.iter().map(|line| line.rank(words))),
            instants(lines.iter().map(|line| line.updated_at())),
            numbers(kept().map(|kept| kept.map(|kept| kept.sequence))),
            numbers(lines.iter().map(|line| line.errors)),
            texts(&|line| Some(line.kept?.event_id.clone())),
            instants(lines.iter().map(|line| line.started_at)),
            instants(lines.iter().map(|line| line.first_at())),
            numbers(kept().map(|kept| kept?.duration_ms)),
            Arc::new(broke.collect::<BooleanArray>()),
            counts(lines.iter().map(|line| line.count)),
            instants(lines.iter().map(|line| Some(line.seen?.0))),
            instants(lines.iter().map(|line| Some(line.seen?.1))),
        ];
        self.batch(Rollup::SessionDay, &cells, own)
    }

    fn arrivals(&self, day: &Day) -> Result<RecordBatch, ArrowError> {
        let mut rows: Vec<_> = day.arrivals.rows().iter().collect();
        rows.sort_unstable_by_key(|((cell, arrived), _)| (self.cell_rank(*cell), *arrived));
        let cells: Vec<u32> = rows.iter().map(|row| row.0.0).collect();
        let days = rows.iter().map(|row| ArrivalDay::received_day(row.0.1));
        let own: Vec<ArrayRef> = vec![
            Arc::new(days.collect::<Date32Array>()),
            counts(rows.iter().map(|row| row.1.events)),
            counts(rows.iter().map(|row| row.1.flagged)),
            counts(rows.iter().map(|row| row.1.with_user)),
            counts(rows.iter().map(|row| row.1.with_session)),
            counts(rows.iter().map(|row| row.1.updates)),
            counts(rows.iter().map(|row| row.1.updates_with_user)),
            instants(rows.iter().map(|row| Some(row.1.first_at))),
            instants(rows.iter().map(|row| Some(row.1.received_to))),
        ];
        self.batch(Rollup::ArrivalDay, &cells, own)
    }

    fn ties(&self, day: &Day) -> Result<RecordBatch, ArrowError> {
        let mut rows: Vec<_> = day.ties.rows().iter().collect();
        rows.sort_unstable_by_key(|([cell, anonymous, user], _)| {
            (
                self.cell_rank(*cell),
                self.rank(*anonymous),
                self.rank(*user),
            )
        });
        let cells: Vec<u32> = rows.iter().map(|row| row.0[0]).collect();
        let own = vec![
            self.text(rows.iter().map(|row| row.0[1])),
            self.text(rows.iter().map(|row| row.0[2])),
            instants(rows.iter().map(|row| Some(row.1))),
        ];
        self.batch(Rollup::IdentityDay, &cells, own)
    }

    fn hours(&self, day: &Day) -> Result<RecordBatch, ArrowError> {
        let mut rows: Vec<_> = day.hours.rows().iter().collect();
        rows.sort_unstable_by_key(|((cell, hour), _)| (self.cell_rank(*cell), *hour));
        let cells: Vec<u32> = rows.iter().map(|row| row.0.0).collect();
        let starts = rows
            .iter()
            .map(|row| Some(day.starts_at + i64::from(row.0.1) * HOUR));
        let count = |of: fn(&HealthHour) -> i64| counts(rows.iter().map(|row| of(&row.1)));
        let mut own = vec![
            instants(starts),
            count(|hour| hour.events),
            count(|hour| hour.users),
            count(|hour| hour.users_at_risk),
            count(|hour| hour.crashed_users),
            count(|hour| hour.errored_users),
            count(|hour| hour.sessions),
            count(|hour| hour.crashed_sessions),
            count(|hour| hour.errored_sessions),
            count(|hour| hour.live),
        ];
        for place in 0..LATE_HOURS.len() {
            let late = rows.iter().map(|row| row.1.late.get(place).copied());
            own.push(counts(late.map(Option::unwrap_or_default)));
        }
        self.batch(Rollup::HealthHour, &cells, own)
    }
}

fn counts(numbers: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(numbers))
}

fn numbers(numbers: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(numbers.collect::<Int64Array>())
}

fn instants(instants: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(
        instants
            .collect::<TimestampMicrosecondArray>()
            .with_timezone("UTC"),
    )
}
