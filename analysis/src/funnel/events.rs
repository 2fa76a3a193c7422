//! The events of some steps, each once, by user and instant.
//!
//! A file is read twice: first the few columns that say which rows name a step, then of those rows
//! the others. So what no step names costs a number a row.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{StringArray, TimestampMicrosecondArray};
use lake::{EventKind, Micros, Table, columns};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
    RowSelector,
};
use xxhash_rust::xxh3::xxh3_128;

use crate::error::{Error, Result};
use crate::findings::FunnelSegment;
use crate::rollup::{Coded, NONE, Names, Persons, coded_schema, column, text_at};
use crate::scan::Tables;
use crate::settings::Settings;

/// Rows that are held at once.
const ROWS_AT_ONCE: usize = 16 * 1024;

/// Columns that say whether a row names a step: app, environment, kind, name; and the segment's.
const CHOOSING: [&str; 7] = [
    columns::APP,
    columns::ENVIRONMENT,
    columns::KIND,
    columns::NAME,
    columns::PLATFORM,
    columns::CHANNEL,
    columns::RELEASE,
];

/// Which events are asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) settings: &'a Settings,
    pub(super) names: &'a BTreeSet<&'a str>,
    pub(super) segment: &'a FunnelSegment,
    /// The first instant, and the first that is not asked for any more.
    pub(super) span: (Micros, Micros),
    /// Who is who.
    pub(super) persons: &'a Persons,
}

/// An event of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Event {
    pub(super) user: u32,
    pub(super) at: Micros,
    /// Whether it lies outside the segment. Those that lie in it come first, so that of events of one
    /// instant such a one begins a try.
    pub(super) is_outside: bool,
    pub(super) name: u32,
}

/// Events of steps by user and instant.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// What they are called.
    pub(super) names: Names,
    /// In order.
    pub(super) rows: Vec<Event>,
    /// The latest arrival.
    pub(super) data_through: Option<Micros>,
}

/// A row that may be a copy of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Stored {
    identity: u128,
    received_at: Micros,
    event: Event,
}

/// What a row must hold, by the numbers of its texts.
#[derive(Debug)]
struct Choice {
    app: u32,
    environment: u32,
    usage: u32,
    names: BTreeSet<u32>,
    /// Platform, channel and release; `None` is anything.
    segment: [Option<u32>; 3],
    span: (Micros, Micros),
}

/// A row that is chosen: its place in the file, and what is known of it.
type Chosen = (usize, Event);

impl Events {
    /// Reads the events that are asked for. Of copies the one that was received first counts.
    ///
    /// # Errors
    /// [`Error::Rollup`] when a file cannot be read.
    pub(super) fn read(tables: &Tables, asked: Asked<'_>) -> Result<Self> {
        let mut names = Names::default();
        let choice = Choice::of(asked, &mut names);
        let pinned = tables.pinned(Table::Events);
        let files = pinned.map(|pinned| pinned.files_between(asked.span.0, asked.span.1));
        let mut stored = Vec::new();
        for file in files.unwrap_or_default() {
            let names = (&mut names, asked.persons);
            read_file(&file.path, &choice, names, &mut stored)?;
        }
        stored.sort_unstable();
        stored.dedup_by_key(|row| row.identity);
        let data_through = stored.iter().map(|row| row.received_at).max();
        let mut rows: Vec<Event> = stored.into_iter().map(|row| row.event).collect();
        rows.sort_unstable();
        Ok(Self {
            names,
            rows,
            data_through,
        })
    }
}

impl Choice {
    fn of(asked: Asked<'_>, names: &mut Names) -> Self {
        let segment = asked.segment;
        let segment = [&segment.platform, &segment.channel, &segment.release];
        Self {
            app: names.number(&asked.settings.app),
            environment: names.number(&asked.settings.environment),
            usage: names.number(EventKind::Usage.as_str()),
            names: asked.names.iter().map(|name| names.number(name)).collect(),
            segment: segment.map(|text| text.as_ref().map(|text| names.number(text))),
            span: asked.span,
        }
    }

    /// Columns that are looked at.
    fn columns(&self) -> impl Iterator<Item = &'static str> {
        let of_segment = CHOOSING.into_iter().skip(4).zip(self.segment);
        let of_segment = of_segment.filter_map(|(column, asked)| asked.map(|_| column));
        CHOOSING.into_iter().take(4).chain(of_segment)
    }
}

fn read_file(
    path: &Path,
    choice: &Choice,
    (names, persons): (&mut Names, &Persons),
    stored: &mut Vec<Stored>,
) -> Result<()> {
    let failed = Error::rollup(path, "read");
    let open = || File::open(path).map_err(|error| failed(error.into()));
    let options = ArrowReaderOptions::new();
    let plain = ArrowReaderMetadata::load(&open()?, options).map_err(&failed)?;
    let options = ArrowReaderOptions::new().with_schema(coded_schema(plain.schema(), &CHOOSING));
    let coded = ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), options);
    let coded = coded.map_err(&failed)?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(open()?, coded.clone());
    let chosen = chosen(builder, choice, names).map_err(&failed)?;
    if chosen.is_empty() {
        return Ok(());
    }
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(open()?, coded);
    take(builder, &chosen, (names, persons), stored).map_err(&failed)
}

type Builder = ParquetRecordBatchReaderBuilder<File>;
type Read<T> = std::result::Result<T, parquet::errors::ParquetError>;

/// The rows that name a step.
fn chosen(builder: Builder, choice: &Choice, names: &mut Names) -> Read<Vec<Chosen>> {
    let asked: Vec<&str> = choice.columns().collect();
    let all = asked.iter().copied().chain([columns::OCCURRED_AT]);
    let mask = ProjectionMask::columns(builder.parquet_schema(), all);
    let reader = builder
        .with_projection(mask)
        .with_batch_size(ROWS_AT_ONCE)
        .build()?;
    let mut texts: [Coded; CHOOSING.len()] = Default::default();
    let (mut found, mut before) = (Vec::new(), 0);
    for batch in reader {
        let batch = batch?;
        let rows = batch.num_rows();
        for (coded, name) in texts.iter_mut().zip(CHOOSING) {
            coded.read(batch.column_by_name(name), rows, names);
        }
        let instants: Option<TimestampMicrosecondArray> = column(&batch, columns::OCCURRED_AT);
        let Some(instants) = instants else { continue };
        let [apps, environments, kinds, events, segment @ ..] =
            texts.each_ref().map(|coded| coded.numbers.as_slice());
        for row in 0..rows {
            let (name, at) = (events[row], instants.value(row));
            let is_asked = choice.names.contains(&name)
                && kinds[row] == choice.usage
                && apps[row] == choice.app
                && environments[row] == choice.environment
                && choice.span.0 <= at
                && at < choice.span.1;
            if is_asked {
                let mut of_segment = segment.iter().zip(choice.segment);
                let is_inside = of_segment
                    .all(|(numbers, asked)| asked.is_none_or(|asked| numbers[row] == asked));
                let event = Event {
                    user: NONE,
                    at,
                    is_outside: !is_inside,
                    name,
                };
                found.push((before + row, event));
            }
        }
        before += rows;
    }
    Ok(found)
}

/// Of the rows that are chosen, what identifies them and whose they are; those of nobody are left.
fn take(
    builder: Builder,
    chosen: &[Chosen],
    (names, persons): (&mut Names, &Persons),
    stored: &mut Vec<Stored>,
) -> Read<()> {
    let asked = [
        columns::EVENT_ID,
        columns::USER_ID,
        columns::ANONYMOUS_ID,
        columns::RECEIVED_AT,
    ];
    let mask = ProjectionMask::columns(builder.parquet_schema(), asked);
    let reader = builder
        .with_projection(mask)
        .with_row_selection(selection(chosen))
        .with_batch_size(ROWS_AT_ONCE)
        .build()?;
    let mut chosen = chosen.iter();
    for batch in reader {
        let batch = batch?;
        let texts = |name| column::<StringArray>(&batch, name);
        let [ids, users, anonymous] = [asked[0], asked[1], asked[2]].map(texts);
        let received: Option<TimestampMicrosecondArray> = column(&batch, columns::RECEIVED_AT);
        for (row, (_, event)) in (0..batch.num_rows()).zip(&mut chosen) {
            let user = text_at(users.as_ref(), row).or_else(|| text_at(anonymous.as_ref(), row));
            let Some(user) = user else { continue };
            let id = text_at(ids.as_ref(), row).unwrap_or_default();
            let user = names.number(persons.person(user));
            stored.push(Stored {
                identity: xxh3_128(id.as_bytes()),
                received_at: received.as_ref().map_or(0, |received| received.value(row)),
                event: Event { user, ..*event },
            });
        }
    }
    Ok(())
}

/// The runs of rows that are skipped and taken.
fn selection(chosen: &[Chosen]) -> RowSelection {
    let mut runs: Vec<RowSelector> = Vec::new();
    let mut next = 0;
    for run in chosen.chunk_by(|a, b| a.0 + 1 == b.0) {
        let Some((first, _)) = run.first() else {
            continue;
        };
        if *first > next {
            runs.push(RowSelector::skip(first - next));
        }
        runs.push(RowSelector::select(run.len()));
        next = first + run.len();
    }
    RowSelection::from(runs)
}
