//! `shipwake lake`: the state of the tables and their upkeep.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context as _;
use comfy_table::presets::NOTHING;
use lake::{FolderLock, Lake, Ledger, Outcome, Snapshot, SystemClock, Table};
use serde_json::json;

use crate::cli::{Data, LakeCommand, LakeStatus};
use crate::{serving, terminal};

pub(crate) fn run(command: &LakeCommand) -> anyhow::Result<()> {
    match command {
        LakeCommand::Status(args) => status(args),
        LakeCommand::Compact(data) => compact(data),
    }
}

fn status(args: &LakeStatus) -> anyhow::Result<()> {
    let folder = &args.data.data;
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
    let ledger = Ledger::read(&snapshot)?;
    if args.json {
        terminal::data(&serde_json::to_string_pretty(&as_json(&snapshot, &ledger))?);
    } else {
        terminal::data(&tables(&snapshot));
        terminal::data("");
        terminal::data(&ledger_table(&ledger));
    }
    Ok(())
}

/// The four outcomes of an app and protocol.
fn lines(ledger: &Ledger) -> Vec<(String, String, [i64; 4])> {
    let pairs: BTreeSet<(&str, &str)> = ledger
        .counters()
        .map(|(c, _)| (c.app.as_str(), c.protocol.as_str()))
        .collect();
    let outcomes = [
        Outcome::Received,
        Outcome::Stored,
        Outcome::Duplicate,
        Outcome::Quarantined,
    ];
    pairs
        .into_iter()
        .map(|(app, protocol)| {
            let sum = |outcome| ledger.sum(outcome, |c| c.app == app && c.protocol == protocol);
            (app.to_owned(), protocol.to_owned(), outcomes.map(sum))
        })
        .collect()
}

fn as_json(snapshot: &Snapshot, ledger: &Ledger) -> serde_json::Value {
    let tables: serde_json::Map<_, _> = Table::ALL
        .into_iter()
        .map(|table| {
            let pinned = snapshot.table(table);
            let state = json!({
                "version": pinned.version, "rows": pinned.rows(), "files": pinned.files.len(),
            });
            (table.name().to_owned(), state)
        })
        .collect();
    let ledger: Vec<_> = lines(ledger)
        .into_iter()
        .map(
            |(app, protocol, [received, stored, duplicate, quarantined])| {
                json!({"app": app, "protocol": protocol, "received": received, "stored": stored,
                   "duplicate": duplicate, "quarantined": quarantined})
            },
        )
        .collect();
    json!({"tables": tables, "ledger": ledger})
}

fn tables(snapshot: &Snapshot) -> String {
    let mut table = comfy_table::Table::new();
    table
        .load_style(NOTHING)
        .set_header(["table", "version", "rows", "files"]);
    for name in Table::ALL {
        let pinned = snapshot.table(name);
        table.add_row([
            name.name().to_owned(),
            pinned.version.to_string(),
            pinned.rows().to_string(),
            pinned.files.len().to_string(),
        ]);
    }
    table.to_string()
}

fn ledger_table(ledger: &Ledger) -> String {
    let mut table = comfy_table::Table::new();
    let header = [
        "app",
        "protocol",
        "received",
        "= stored",
        "+ duplicate",
        "+ quarantined",
    ];
    table.load_style(NOTHING).set_header(header);
    for (app, protocol, counts) in lines(ledger) {
        table.add_row(
            [
                vec![app, protocol],
                counts.map(|count| count.to_string()).to_vec(),
            ]
            .concat(),
        );
    }
    table.to_string()
}

fn compact(data: &Data) -> anyhow::Result<()> {
    let _lock = FolderLock::take(&data.data, "")
        .context("a running server compacts by itself; stop it to do it by hand")?;
    serving::runtime()?.block_on(async {
        let lake = Lake::open(&data.data, Arc::new(SystemClock)).await?;
        for table in Table::ALL {
            let done = lake.compact(table, 2).await?;
            if done.files_removed > 0 {
                terminal::note(&format!(
                    "{}: {} files became {}, {} late copies dropped",
                    table.name(),
                    done.files_removed,
                    done.files_added,
                    done.copies_dropped
                ));
            }
            lake.checkpoint(table, 1).await?;
        }
        anyhow::Ok(())
    })
}
