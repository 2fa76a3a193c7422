//! `shipwake release`: records of releases, and marks of what was done with them.

mod add;
mod check;
mod git;
mod list;
mod mark;
mod score;
mod show;

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use ingest::{Batch, Receipt, Record};
use lake::{Clock as _, RawObject, Refusal, SystemClock};
use serde_json::Value;

use crate::cli::{ReleaseCommand, ReleaseOf};
use crate::sink::Sink;
use crate::terminal;

pub(crate) fn run(command: &ReleaseCommand) -> anyhow::Result<ExitCode> {
    match command {
        ReleaseCommand::Check(args) => return check::run(args),
        ReleaseCommand::Add(args) => add::run(args)?,
        ReleaseCommand::Mark(args) => mark::run(args)?,
        ReleaseCommand::List(args) => list::run(args)?,
        ReleaseCommand::Show(args) => show::run(args)?,
        ReleaseCommand::Score(args) => score::run(args)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Who writes by a command on the data folder.
pub(crate) const AUTHOR: &str = "operator";

/// Hands one record over and says what became of it.
fn hand_over(
    sink: &Sink,
    of: &ReleaseOf,
    record: Record<'static>,
    done: &str,
) -> anyhow::Result<()> {
    let batch = Batch {
        app: of.app.clone().into(),
        protocol: ingest::import::PROTOCOL.into(),
        key_id: None,
        received_at: SystemClock.now(),
        records: vec![record],
    };
    match sink.submit_one(batch)? {
        Receipt::Accepted | Receipt::Noted => terminal::data(done),
        Receipt::Duplicate => terminal::data(&format!("{done} (it said so before)")),
        Receipt::Rejected => {
            bail!("the record came before with other content; the first one counts")
        }
    };
    Ok(())
}

/// A refusal in the words of the command line.
fn refused(refusal: &Refusal) -> anyhow::Error {
    let option = match refusal.field.as_str() {
        "version" => "RELEASE".to_owned(),
        field => format!("--{}", field.replace('_', "-")),
    };
    anyhow::anyhow!("{option}: {}", refusal.message)
}

/// Puts a value into an object, where there is one.
fn put(object: &mut RawObject, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object.insert(name.to_owned(), value.into());
    }
}

/// An instant as it is written in records; without a zone it is in the one named.
pub(crate) fn instant(option: &str, text: &str, zone: &str) -> anyhow::Result<String> {
    let zone = jiff::tz::TimeZone::get(zone)
        .with_context(|| format!("--zone {zone:?} is no IANA zone"))?;
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Ok(instant.to_string());
    }
    let civil = text.parse::<jiff::civil::DateTime>().or_else(|_| {
        text.parse::<jiff::civil::Date>()
            .map(|day| day.at(0, 0, 0, 0))
    });
    let zoned = civil.and_then(|civil| civil.to_zoned(zone));
    let zoned = zoned.map_err(|_| {
        anyhow::anyhow!(
            "{option} {text:?} is no instant: write 2026-05-01T09:30:00Z, or 2026-05-01T09:30 or \
             2026-05-01 in --zone"
        )
    })?;
    Ok(zoned.timestamp().to_string())
}
