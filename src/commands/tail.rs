//! `shipwake tail`: what arrives at a running server, a line each.

use std::io::{BufRead as _, BufReader};

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use lake::FolderLock;
use serde_json::Value;

use crate::cli::Tail;
use crate::remote::key_in;
use crate::sink::first_key;
use crate::terminal;

/// Longest text of one field on a line.
const FIELD_CHARS_MAX: usize = 80;

pub(crate) fn run(args: &Tail) -> anyhow::Result<()> {
    let url = match &args.server {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => holder(args)?,
    };
    let key = match &args.key_file {
        Some(file) => key_in(file)?,
        None => first_key(&args.data.data, "read")?,
    };
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let mut response = agent
        .get(format!("{url}/v1/tail"))
        .header("authorization", format!("Bearer {key}"))
        .call()
        .with_context(|| format!("{url} does not answer"))?;
    if response.status() != 200 {
        let said = response.body_mut().read_to_string().unwrap_or_default();
        bail!("{url} answered {}: {said}", response.status());
    }
    terminal::note(&format!("listening to {url}; end with ctrl-c"));
    let mut left = args.lines.unwrap_or(u64::MAX);
    for line in BufReader::new(response.into_body().into_reader()).lines() {
        let line = line.context("the server ended the connection")?;
        if line.trim().is_empty() {
            continue;
        }
        if left == 0 {
            break;
        }
        left -= 1;
        let is_heard = terminal::data(&shown(&line));
        if left == 0 || !is_heard {
            break;
        }
    }
    Ok(())
}

fn holder(args: &Tail) -> anyhow::Result<String> {
    let note = FolderLock::note(&args.data.data);
    if note.is_empty() {
        bail!(
            "no server holds {}: start `shipwake serve` or name one with --server",
            args.data.data.display()
        );
    }
    Ok(format!("http://{note}"))
}

/// One arrival as columns; what an app sent is shown without control characters.
fn shown(line: &str) -> String {
    let Ok(Value::Object(seen)) = serde_json::from_str(line) else {
        return plain(line);
    };
    let field = |name: &str| match seen.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => plain(text),
        Some(other) => plain(&other.to_string()),
    };
    if seen.contains_key("missed") {
        return format!("({} not shown: the tail lagged behind)", field("missed"));
    }
    let at = seen.get("received_at").and_then(Value::as_i64);
    let at = at.and_then(|at| Timestamp::from_microsecond(at).ok());
    let columns = [
        "app", "outcome", "kind", "name", "release", "event_id", "reason", "message",
    ];
    at.map(|at| format!("{at:.3}"))
        .into_iter()
        .chain(columns.map(field))
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join("  ")
}

fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(FIELD_CHARS_MAX)
        .collect()
}
