//! `shipwake quarantine`: what was refused, and taking it after a fix.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use comfy_table::Table;
use comfy_table::presets::NOTHING;
use ingest::audit::Act;
use ingest::keys::{ANY_APP, KeyStore};
use jiff::Timestamp;
use lake::{Lake, Ledger, Outcome, QuarantineFilter, QuarantineRow, RowId, Snapshot, SystemClock};
use serde_json::json;

use crate::cli::{QuarantineCommand, QuarantineList, QuarantineReplay, QuarantineRows};
use crate::sink::Sink;
use crate::{serving, terminal};

/// Characters of raw bytes and of messages that are shown in a table.
const SHOWN_CHARS: usize = 60;

pub(crate) fn run(command: &QuarantineCommand) -> anyhow::Result<()> {
    match command {
        QuarantineCommand::List(args) => list(args),
        QuarantineCommand::Replay(args) => replay(args),
    }
}

fn filter(rows: &QuarantineRows) -> QuarantineFilter {
    QuarantineFilter {
        app: rows.app.clone(),
        reason: rows.reason,
    }
}

/// The newest rows, and how many there are in all.
struct Open {
    newest: BTreeMap<(i64, RowId), QuarantineRow>,
    count: i64,
}

fn list(args: &QuarantineList) -> anyhow::Result<()> {
    let folder = &args.rows.data.data;
    if !folder.join("tables").try_exists().unwrap_or(false) {
        anyhow::bail!(
            "there are no tables in {}: name the data folder with --data",
            folder.display()
        );
    }
    let snapshot = serving::runtime()?.block_on(async {
        let lake = Lake::open(folder, Arc::new(SystemClock)).await?;
        lake.snapshot().await
    })?;
    let mut open = Open {
        newest: BTreeMap::new(),
        count: 0,
    };
    snapshot.open_quarantine(&filter(&args.rows), |row| {
        open.count += 1;
        open.newest.insert((row.received_at, row.id.clone()), row);
        if open.newest.len() > args.limit {
            open.newest.pop_first();
        }
        ControlFlow::Continue(())
    })?;
    if args.rows.json {
        for row in open.newest.values() {
            terminal::data(&as_json(row).to_string());
        }
    } else {
        terminal::data(&table(open.newest.values()));
    }
    tell(&open, &snapshot, &args.rows)
}

/// Says how many are not shown, and how many are not there any more.
fn tell(open: &Open, snapshot: &Snapshot, rows: &QuarantineRows) -> anyhow::Result<()> {
    let shown = i64::try_from(open.newest.len()).unwrap_or(i64::MAX);
    if shown < open.count {
        let count = open.count;
        terminal::note(&format!(
            "the newest {shown} of {count} rows; more with --limit"
        ));
    }
    let counted = Ledger::read(snapshot)?.sum(Outcome::Quarantined, |counter| {
        let is_app = rows.app.as_ref().is_none_or(|app| *app == counter.app);
        let is_reason = rows.reason.map(lake::RefusalReason::as_str);
        is_app && is_reason.is_none_or(|reason| counter.reason.as_deref() == Some(reason))
    });
    let removed = counted - open.count;
    if removed > 0 {
        terminal::note(&format!(
            "{removed} more are counted and not kept: too old, beyond the quota, or erased"
        ));
    }
    Ok(())
}

fn as_json(row: &QuarantineRow) -> serde_json::Value {
    let raw = match std::str::from_utf8(&row.raw) {
        Ok(text) => json!(text),
        Err(_) => {
            json!({"hex": row.raw.iter().map(|byte| format!("{byte:02x}")).collect::<String>()})
        }
    };
    json!({
        "row": row.id.to_string(), "received_at": instant(row.received_at), "app": row.app,
        "protocol": row.protocol, "key_id": row.key_id, "sent_as": row.sent_as,
        "reason": row.reason, "field": row.field, "message": row.message,
        "event_id": row.event_id, "raw": raw,
    })
}

fn instant(at: i64) -> String {
    Timestamp::from_microsecond(at).map_or_else(|_| at.to_string(), |at| format!("{at:.3}"))
}

fn table<'a>(rows: impl Iterator<Item = &'a QuarantineRow>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header([
        "received", "app", "sent as", "reason", "field", "message", "bytes", "begins",
    ]);
    for row in rows {
        let sent_as = match row.sent_as {
            Some(sent_as) => sent_as.as_str(),
            None => &row.protocol,
        };
        table.add_row([
            instant(row.received_at),
            row.app.clone(),
            sent_as.to_owned(),
            row.reason.clone(),
            row.field.clone(),
            plain(&row.message),
            row.raw.len().to_string(),
            plain(&String::from_utf8_lossy(&row.raw)),
        ]);
    }
    table.to_string()
}

/// The beginning of what somebody sent, without control characters: it must not steer a terminal.
fn plain(text: &str) -> String {
    let printable = text.chars().filter(|c| !c.is_control());
    printable.take(SHOWN_CHARS).collect()
}

fn replay(args: &QuarantineReplay) -> anyhow::Result<()> {
    let folder = &args.rows.data.data;
    let object = args.rows.app.as_deref().unwrap_or(ANY_APP);
    let sink = Sink::open(&args.rows.data, Act::Replay, object)?;
    let keys = KeyStore::open(folder, Arc::new(SystemClock))?;
    let done = sink.replay(filter(&args.rows), args.dry_run, &keys)?;
    sink.close()?;
    if args.rows.json {
        terminal::data(&serde_json::to_string(&done)?);
        return Ok(());
    }
    if done.left > 0 {
        terminal::note(&format!(
            "{} cannot be checked again: their bytes are gone, they came from a file, or their id \
             came before",
            done.left
        ));
    }
    let would = if done.dry_run { "would be: " } else { "" };
    terminal::data(&format!(
        "{would}found {}, stored {}, duplicate {}, refused again {}, left {}",
        done.found, done.stored, done.duplicate, done.refused, done.left
    ));
    Ok(())
}
