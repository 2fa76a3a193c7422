//! `shipwake lake`: the state of the tables and their upkeep.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use comfy_table::presets::NOTHING;
use ingest::audit::{Act, Actor, Audit};
use lake::{FolderLock, Keep, Lake, Ledger, Outcome, Snapshot, SystemClock, Table};
use serde_json::json;

use crate::cli::{Data, LakeCommand, LakeErase, LakeStatus, LakeVacuum, LakeVerify};
use crate::sink::Sink;
use crate::{serving, terminal};

pub(crate) fn run(command: &LakeCommand) -> anyhow::Result<()> {
    match command {
        LakeCommand::Status(args) => status(args),
        LakeCommand::Compact(data) => compact(data),
        LakeCommand::Vacuum(args) => vacuum(args),
        LakeCommand::Verify(args) => verify(args),
        LakeCommand::Erase(args) => erase(args),
    }
}

/// A command that only reads makes no tables where there are none.
fn expect_tables(folder: &Path) -> anyhow::Result<()> {
    if !folder.join("tables").try_exists().unwrap_or(false) {
        bail!(
            "there are no tables in {}: name the data folder with --data",
            folder.display()
        );
    }
    Ok(())
}

fn status(args: &LakeStatus) -> anyhow::Result<()> {
    let folder = &args.data.data;
    expect_tables(folder)?;
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

/// The outcomes of an app and protocol: those that add up, and those beside them.
fn lines(ledger: &Ledger) -> Vec<(String, String, [i64; 6])> {
    let pairs: BTreeSet<(&str, &str)> = ledger
        .counters()
        .map(|(c, _)| (c.app.as_str(), c.protocol.as_str()))
        .collect();
    let outcomes = [
        Outcome::Received,
        Outcome::Stored,
        Outcome::Duplicate,
        Outcome::Quarantined,
        Outcome::LostByClient,
        Outcome::Declined,
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
            |(app, protocol, [received, stored, duplicate, quarantined, lost, declined])| {
                json!({"app": app, "protocol": protocol, "received": received, "stored": stored,
                   "duplicate": duplicate, "quarantined": quarantined, "lost_by_client": lost,
                   "declined": declined})
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
        "lost by client",
        "declined",
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
    Audit::new(&data.data, Arc::new(SystemClock))
        .note(&Actor::Operator, Act::Compact, "tables")
        .context("the audit trail cannot be written")?;
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
            lake.checkpoint(table).await?;
            lake.trim(table, &Keep::default()).await?;
        }
        anyhow::Ok(())
    })
}

fn vacuum(args: &LakeVacuum) -> anyhow::Result<()> {
    expect_tables(&args.data.data)?;
    let sink = Sink::open(&args.data, Act::Vacuum, "tables")?;
    let done = sink.vacuum()?;
    sink.close()?;
    if args.json {
        terminal::data(&done.to_string());
        return Ok(());
    }
    terminal::data(&format!(
        "removed {} old versions, {} files that nothing names ({} bytes)",
        done["versions_removed"], done["files_removed"], done["bytes_removed"]
    ));
    Ok(())
}

fn verify(args: &LakeVerify) -> anyhow::Result<()> {
    let folder = &args.data.data;
    expect_tables(folder)?;
    let verification = serving::runtime()?.block_on(async {
        let lake = Lake::open(folder, Arc::new(SystemClock)).await?;
        anyhow::Ok(ingest::verify(&lake).await?)
    })?;
    if args.json {
        terminal::data(&serde_json::to_string_pretty(&verification)?);
    } else {
        let mut table = comfy_table::Table::new();
        let header = [
            "table",
            "version",
            "files",
            "rows",
            "copies",
            "erased",
            "expired",
            "dropped",
            "unnamed files",
        ];
        table.load_style(NOTHING).set_header(header);
        for checked in &verification.tables {
            let gone = |reason: &str| checked.gone.get(reason).copied().unwrap_or_default();
            table.add_row([
                checked.table.to_owned(),
                checked.version.to_string(),
                checked.files.to_string(),
                checked.rows.to_string(),
                checked.copies.to_string(),
                gone("erased").to_string(),
                gone("expired").to_string(),
                gone("copies").to_string(),
                checked.unnamed_files.to_string(),
            ]);
        }
        terminal::data(&table.to_string());
        for finding in &verification.findings {
            let (kind, place, detail) = (finding.kind, &finding.place, &finding.detail);
            terminal::data(&format!("{kind}: {place}: {detail}"));
        }
    }
    match verification.findings.len() {
        0 => Ok(()),
        1 => bail!("1 thing is not as it must be"),
        count => bail!("{count} things are not as they must be"),
    }
}

fn erase(args: &LakeErase) -> anyhow::Result<()> {
    expect_tables(&args.data.data)?;
    let sink = Sink::open(&args.data, Act::Erase, &args.app)?;
    let done = sink.erase(&args.app, &args.user)?;
    sink.close()?;
    let traces = done["traces"].as_array().map_or(&[][..], Vec::as_slice);
    if args.json {
        terminal::data(&done.to_string());
    } else {
        terminal::data(&format!(
            "erased {} rows, took the person out of {} rows of others, ids known: {}",
            done["rows_erased"], done["rows_redacted"], done["ids"]
        ));
        terminal::data(&format!(
            "files written anew: {}, old ones removed: {}; ids blanked in parts of the WAL set aside: {}",
            done["files_rewritten"], done["files_removed"], done["set_aside_blanked"]
        ));
        for trace in traces {
            let text = |name: &str| trace[name].as_str().unwrap_or_default().to_owned();
            terminal::data(&format!(
                "still found in {}: {}",
                text("file"),
                text("part")
            ));
        }
        if traces.is_empty() {
            terminal::data("searched every file: none of the ids is found");
        }
    }
    if !traces.is_empty() {
        bail!("an id is still found: it arrived again meanwhile, or erase again");
    }
    Ok(())
}
