//! `shipwake quickstart`: from a running server to an app that sends to it, by the lines that change.

mod inputs;
mod snippets;

use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::ValueEnum as _;
use ingest::keys::KeyStore;
use lake::{FolderLock, SystemClock};

use crate::cli::{Question, Quickstart};
use crate::config::Config;
use crate::question::Asked;
use crate::sink::first_key;
use crate::terminal;

pub(crate) use snippets::Sdk;
use snippets::Target;

pub(crate) fn run(args: &Quickstart) -> anyhow::Result<()> {
    let key = match &args.key {
        Some(key) => key.trim().to_owned(),
        None => {
            first_key(&args.question.data.data, "send").context("name a send key with --key")?
        }
    };
    if args.check {
        return check(args, &key);
    }
    let target = Target::new(&address(args)?, &key)?;
    if let Some(sdk) = args.sdk {
        terminal::data(&target.snippet(sdk));
        return Ok(());
    }
    terminal::data(&target.introduction());
    for sdk in Sdk::value_variants() {
        if !terminal::data(&format!("\n{}", target.section(*sdk))) {
            return Ok(());
        }
    }
    terminal::note("\nshipwake tail shows what arrives, quickstart --check what it is good for");
    Ok(())
}

/// Where apps reach the server.
fn address(args: &Quickstart) -> anyhow::Result<String> {
    if let Some(server) = &args.server {
        return Ok(server.clone());
    }
    let data = &args.question.data;
    let note = FolderLock::note(&data.data);
    let config = Config::load(data, Vec::new())?;
    if config.tls.is_on() {
        bail!("name the address with --server: the certificate is for it, https://…");
    }
    if note.is_empty() {
        let listen = &config.serve.listen;
        terminal::note(&format!(
            "no server holds {}: the lines are for {listen}, once `shipwake serve` runs",
            data.data.display()
        ));
        return Ok(format!("http://{listen}"));
    }
    Ok(format!("http://{note}"))
}

/// Says which KPIs have their input.
fn check(args: &Quickstart, key: &str) -> anyhow::Result<()> {
    let mut question: Question = args.question.clone();
    if question.app.is_none() {
        let keys = KeyStore::open(&question.data.data, Arc::new(SystemClock))?;
        question.app = keys.authorize(key).map(|key| key.app.clone());
    }
    let asked = Asked::new(&question, analysis::WeekStart::Monday)?;
    terminal::data(&inputs::told(&asked)?);
    Ok(())
}
