//! `shipwake release add`: writes a release's record. What is not named stays as the last record of
//! the version says, so that a date or commits can be added to a plan.

use anyhow::Context as _;
use ingest::Record;
use ingest::audit::Act;
use jiff::Timestamp;
use lake::{EventLimits, RawObject, ReleaseRecord};
use serde_json::{Value, json};

use super::{AUTHOR, git, hand_over, instant, put, refused};
use crate::cli::ReleaseAdd;
use crate::sink::Sink;
use crate::terminal;

pub(super) fn run(args: &ReleaseAdd) -> anyhow::Result<()> {
    let limits = EventLimits::default();
    // Before the data folder is touched: most mistakes are made here.
    let commits = match &args.git {
        Some(repository) => Some(commits(args, repository, limits.list_entries_max)?),
        None => None,
    };
    let named = named(args, commits.as_deref())?;
    let sink = Sink::open(&args.of_app.data, Act::Plan, &args.of_app.app)?;
    let snapshot = sink.snapshot()?;
    let known = analysis::release_record(&snapshot, &args.of_app.app, &args.release)?;
    let mut raw = known
        .as_ref()
        .map(as_object)
        .transpose()?
        .unwrap_or_default();
    raw.extend(named);
    let checked = lake::check_release_within(&raw, &limits);
    let mut record = checked.map_err(|refusal| refused(&refusal))?;
    record.author = Some(AUTHOR.to_owned());
    let done = format!(
        "{} {}{}",
        record.version,
        if known.is_some() {
            "is changed"
        } else {
            "is added"
        },
        match &commits {
            Some(commits) => format!(", with {} commits", commits.len()),
            None => String::new(),
        }
    );
    hand_over(&sink, &args.of_app, Record::Release(record), &done)?;
    sink.close()
}

/// The instants of the commits, thinned out evenly where there are more than a record holds.
fn commits(
    args: &ReleaseAdd,
    repository: &std::path::Path,
    most: usize,
) -> anyhow::Result<Vec<i64>> {
    let range = git::Range {
        version: &args.release,
        since: args.since.as_deref(),
        from: args.from.as_deref(),
        to: args.to.as_deref(),
    };
    let found = git::commit_seconds(repository, &range)?;
    if found.is_empty() {
        terminal::note("the range holds no commit: the record has no lead time");
    }
    let kept = thinned(&found, most);
    if kept.len() < found.len() {
        terminal::note(&format!(
            "of {} commits {} are kept, spread evenly over their instants",
            found.len(),
            kept.len()
        ));
    }
    Ok(kept)
}

/// At most so many of sorted values, from the first to the last at even distances of rank.
fn thinned(sorted: &[i64], most: usize) -> Vec<i64> {
    if sorted.len() <= most {
        return sorted.to_vec();
    }
    let last = sorted.len() - 1;
    let place = |index: usize| index * last / (most - 1).max(1);
    let places = (0..most).map(place);
    places
        .filter_map(|place| sorted.get(place))
        .copied()
        .collect()
}

/// What the command line names, in the fields of a record.
fn named(args: &ReleaseAdd, commits: Option<&[i64]>) -> anyhow::Result<RawObject> {
    let mut raw = RawObject::new();
    put(&mut raw, "version", Some(args.release.as_str()));
    put(&mut raw, "environment", args.of_app.environment.as_deref());
    let at = |option, text: &Option<String>| -> anyhow::Result<Option<String>> {
        let text = text.as_deref();
        text.map(|text| instant(option, text, &args.zone))
            .transpose()
    };
    put(
        &mut raw,
        "planned_at",
        at("--planned-at", &args.planned_at)?,
    );
    put(
        &mut raw,
        "released_at",
        at("--released-at", &args.released_at)?,
    );
    put(&mut raw, "channel", args.channel.as_deref());
    put(&mut raw, "rollout", args.rollout.as_deref());
    put(&mut raw, "owner", args.owner.as_deref());
    put(&mut raw, "notes", args.notes.as_deref());
    if !args.scope.is_empty() {
        put(&mut raw, "scope", Some(json!(args.scope)));
    }
    if let Some(commits) = commits {
        let texts: Vec<String> = commits
            .iter()
            .map(|seconds| Ok(Timestamp::from_second(*seconds)?.to_string()))
            .collect::<anyhow::Result<_>>()
            .context("a commit is of an instant that no calendar holds")?;
        put(&mut raw, "commits", Some(json!(texts)));
    }
    Ok(raw)
}

/// A record in the form in which it is sent.
fn as_object(record: &ReleaseRecord) -> anyhow::Result<RawObject> {
    let text = |at: i64| Ok::<_, anyhow::Error>(Timestamp::from_microsecond(at)?.to_string());
    let list = |json: &str| serde_json::from_str::<Value>(json).context("a stored list is no JSON");
    let mut raw = RawObject::new();
    put(&mut raw, "environment", Some(record.environment.as_str()));
    put(&mut raw, "channel", record.channel.as_deref());
    put(&mut raw, "build", record.build.as_deref());
    put(
        &mut raw,
        "planned_at",
        record.planned_at.map(text).transpose()?,
    );
    put(
        &mut raw,
        "released_at",
        record.released_at.map(text).transpose()?,
    );
    put(
        &mut raw,
        "rollout",
        record.rollout.map(lake::Rollout::as_str),
    );
    put(
        &mut raw,
        "stages",
        record.stages.as_deref().map(list).transpose()?,
    );
    put(&mut raw, "scope", Some(json!(record.scope)));
    put(&mut raw, "goals", Some(json!(record.goals)));
    put(&mut raw, "owner", record.owner.as_deref());
    put(&mut raw, "notes", record.notes.as_deref());
    put(
        &mut raw,
        "checklist",
        record.checklist.as_deref().map(list).transpose()?,
    );
    let commits = record.commits.iter().copied().map(text);
    let commits: Vec<String> = commits.collect::<anyhow::Result<_>>()?;
    put(&mut raw, "commits", Some(json!(commits)));
    Ok(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_both_ends_and_the_spread() {
        let all: Vec<i64> = (0..=1_000).collect();
        assert_eq!(
            thinned(&all, 11),
            (0..=10).map(|n| n * 100).collect::<Vec<_>>()
        );
        assert_eq!(thinned(&all[..3], 11), [0, 1, 2]);
        assert_eq!(thinned(&all, 1), [0]);
        assert_eq!(thinned(&[], 5), [0_i64; 0]);
    }

    #[test]
    fn a_record_read_back_is_the_record_that_was_sent() {
        let sent = json!({
            "version": "4.2.0", "channel": "beta", "environment": "staging", "build": "7",
            "planned_at": "2026-05-01T00:00:00Z", "released_at": "2026-05-02T10:00:00.5Z",
            "rollout": "phased", "stages": [{"share": 0.1}], "scope": ["A-1", "A-2"],
            "goals": [{"metric": "nps", "target": 30.0, "baseline": 20.0, "item": "A-1"}],
            "owner": "Ada", "notes": "n", "checklist": ["c"],
            "commits": ["2026-04-01T00:00:00Z", "2026-04-03T00:00:00Z"],
        });
        let record = lake::check_release(sent.as_object().unwrap()).unwrap();
        let mut raw = as_object(&record).unwrap();
        raw.insert("version".to_owned(), json!("4.2.0"));
        assert_eq!(lake::check_release(&raw).unwrap(), record);
    }
}
