//! Rows of a rollup as columns of numbers, for those who ask.

use std::path::Path;

use arrow::array::{
    Array as _, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use lake::Micros;
use lake::columns::{
    APP, CHANNEL, DAY, ENVIRONMENT, FEATURE, FINGERPRINT, NAME, PLATFORM, RELEASE, STATUS,
};

use super::columns::USER;
use super::names::{NONE, Names};
use super::persons::Counted;
use super::source::{Coded, coded_batches, column};
use crate::error::Result;
use crate::findings::Segment;

/// Columns in which texts come many times.
const FEW: [&str; 10] = [
    APP,
    ENVIRONMENT,
    CHANNEL,
    PLATFORM,
    RELEASE,
    USER,
    FEATURE,
    STATUS,
    FINGERPRINT,
    NAME,
];

/// App, environment and segment of the rows that are asked for. Rows that say nothing of platforms,
/// channels or users are of every segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Of<'a> {
    pub(crate) app: &'a str,
    pub(crate) environment: &'a str,
    pub(crate) segment: &'a Segment,
}

impl<'a> Of<'a> {
    /// What columns must hold.
    fn texts(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        [(APP, self.app), (ENVIRONMENT, self.environment)]
            .into_iter()
            .chain(self.segment.of_rows())
    }
}

/// Rows of one app in one environment.
#[derive(Debug)]
pub(crate) struct Piece {
    batch: RecordBatch,
    texts: Vec<(&'static str, Coded)>,
    is_asked: Vec<bool>,
}

impl Piece {
    /// The places of the rows that are asked for.
    pub(crate) fn rows(&self) -> impl Iterator<Item = usize> {
        let asked = self.is_asked.iter().enumerate();
        asked.filter_map(|(row, asked)| asked.then_some(row))
    }

    /// The numbers of a column of texts, 0 where there is none.
    pub(crate) fn texts(&self, name: &str) -> &[u32] {
        let coded = self.texts.iter().find(|(column, _)| *column == name);
        coded.map_or(&[], |(_, coded)| &coded.numbers)
    }

    /// A column of texts of which each row has its own.
    pub(crate) fn own_texts(&self, name: &str) -> Option<StringArray> {
        column(&self.batch, name)
    }

    pub(crate) fn counts(&self, name: &str) -> Option<Int64Array> {
        column(&self.batch, name)
    }

    pub(crate) fn truths(&self, name: &str) -> Option<BooleanArray> {
        column(&self.batch, name)
    }

    pub(crate) fn days(&self, name: &str) -> Option<Date32Array> {
        column(&self.batch, name)
    }

    pub(crate) fn instants(&self, name: &str) -> Option<TimestampMicrosecondArray> {
        column(&self.batch, name)
    }

    /// The day of the rows: all of a file have the same.
    pub(crate) fn day(&self) -> i32 {
        let days = self.days(DAY);
        days.filter(|days| !days.is_empty())
            .map_or(0, |days| days.value(0))
    }
}

/// The value of a row, where it has one.
pub(crate) fn at(numbers: Option<&Int64Array>, row: usize) -> Option<i64> {
    let numbers = numbers?;
    numbers.is_valid(row).then(|| numbers.value(row))
}

/// The instant of a row, where it has one.
pub(crate) fn instant_at(
    instants: Option<&TimestampMicrosecondArray>,
    row: usize,
) -> Option<Micros> {
    let instants = instants?;
    instants.is_valid(row).then(|| instants.value(row))
}

/// Reads some columns of a file, handing over in pieces the rows that are asked for.
///
/// # Errors
/// [`Error::Rollup`] when the file cannot be read, and whatever `each` fails with.
pub(super) fn read(
    path: &Path,
    columns: &[&str],
    of: Of<'_>,
    (names, persons): (&mut Names, &mut Counted<'_>),
    each: &mut dyn FnMut(&Piece, &mut Names) -> Result<()>,
) -> Result<()> {
    let choice: Vec<(&str, u32)> = of
        .texts()
        .map(|(column, text)| (column, names.number(text)))
        .collect();
    let by_user = !of.segment.properties.is_empty();
    let choosing = |name: &str| choice.iter().any(|(column, _)| *column == name);
    let asked: Vec<&str> = choice
        .iter()
        .map(|(column, _)| *column)
        .chain([DAY])
        .chain(by_user.then_some(USER))
        .chain(columns.iter().copied())
        .collect();
    let read: Vec<&'static str> = FEW
        .into_iter()
        .filter(|name| choosing(name) || columns.contains(name) || by_user && *name == USER)
        .collect();
    let mut texts: Vec<(&'static str, Coded)> = read
        .into_iter()
        .map(|name| (name, Coded::default()))
        .collect();
    for batch in coded_batches(path, asked, (&FEW, &[]))? {
        let batch = batch?;
        for (name, coded) in &mut texts {
            coded.read(batch.column_by_name(name), batch.num_rows(), names);
            if *name == USER {
                persons.replace(&mut coded.numbers, names);
            }
        }
        let mut piece = Piece {
            batch,
            texts,
            is_asked: Vec::new(),
        };
        let mut is_asked = vec![true; piece.batch.num_rows()];
        for (column, text) in &choice {
            if piece.batch.column_by_name(column).is_some() {
                let found = is_asked.iter_mut().zip(piece.texts(column));
                found.for_each(|(is_asked, found)| *is_asked &= found == text);
            }
        }
        if piece.batch.column_by_name(USER).is_some() {
            persons.choose(piece.texts(USER), names, &mut is_asked);
        }
        piece.is_asked = is_asked;
        if piece.is_asked.contains(&true) {
            each(&piece, names)?;
        }
        texts = piece.texts;
    }
    Ok(())
}

/// The number of the release of each row, with that of a name for rows that have none.
pub(crate) fn releases(piece: &Piece, unknown: u32) -> Vec<u32> {
    let releases = piece.texts(RELEASE).iter();
    releases
        .map(|release| if *release == NONE { unknown } else { *release })
        .collect()
}
