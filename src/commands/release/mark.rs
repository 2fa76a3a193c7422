//! `shipwake release mark`: what was done with a release, and when.

use ingest::Record;
use ingest::audit::Act;
use lake::{Arrival, Clock as _, EventLimits, RawObject, ReleaseMark, SystemClock};

use super::{AUTHOR, hand_over, instant, put, refused};
use crate::cli::ReleaseMarkArgs;
use crate::commands::draft::Draft;
use crate::remote::Remote;
use crate::sink::Sink;

pub(super) fn run(args: &ReleaseMarkArgs) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let at = match &args.at {
        Some(text) => instant("--at", text, &args.zone)?,
        None => jiff::Timestamp::from_microsecond(now)?.to_string(),
    };
    let mut raw = RawObject::new();
    put(&mut raw, "version", Some(args.release.as_str()));
    put(&mut raw, "mark", Some(args.mark.as_str()));
    put(&mut raw, "at", Some(at.as_str()));
    put(&mut raw, "of", args.of.as_deref());
    put(&mut raw, "note", args.note.as_deref());
    put(&mut raw, "environment", args.of_app.environment.as_deref());
    let arrival = Arrival {
        received_at: now,
        sent_at: None,
        import: true,
    };
    let checked = lake::check_mark_within(&raw, &arrival, &EventLimits::default());
    let mark = checked.map_err(|refusal| refused(&refusal))?;
    let done = format!(
        "{} is marked as {} at {at}",
        mark.version,
        mark.mark.as_str()
    );
    match Remote::named(&args.service)? {
        Some(remote) => Draft {
            app: args.of_app.app.clone(),
            plans: Vec::new(),
            marks: vec![raw],
            told: vec![done],
        }
        .send(&remote),
        None => keep(args, mark, &done),
    }
}

/// Puts a mark into a data folder.
fn keep(args: &ReleaseMarkArgs, mark: ReleaseMark, done: &str) -> anyhow::Result<()> {
    let mark = ReleaseMark {
        author: Some(AUTHOR.to_owned()),
        ..mark
    };
    let sink = Sink::open(&args.of_app.data, Act::Plan, &args.of_app.app)?;
    hand_over(&sink, &args.of_app, Record::Mark(mark), done)?;
    sink.close()
}
