//! `shipwake key`: who may send, plan, read and administer.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context as _;
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use ingest::keys::{Key as IngestKey, KeyRequest, KeyStore, Origin, Scope};
use jiff::Timestamp;
use lake::SystemClock;

use crate::cli::{Data, Key, KeyCreate, KeyRevoke};
use crate::terminal;

pub(crate) fn run(key: &Key) -> anyhow::Result<()> {
    match key {
        Key::Create(args) => create(args),
        Key::List(data) => list(data),
        Key::Revoke(args) => revoke(args),
    }
}

fn open(data: &Data) -> anyhow::Result<KeyStore> {
    lake::files::create_folders(&data.data)?;
    Ok(KeyStore::open(&data.data, Arc::new(SystemClock))?)
}

fn create(args: &KeyCreate) -> anyhow::Result<()> {
    let scopes = args.scope.iter().map(|word| {
        let scope = Scope::from_word(word.trim());
        scope.with_context(|| format!("--scope {word:?} is none of send, plan, read, admin"))
    });
    let scopes: BTreeSet<Scope> = scopes.collect::<anyhow::Result<_>>()?;
    let made = open(&args.data)?.create(KeyRequest {
        app: args.app.clone(),
        person: args.person.clone(),
        origins: args.origins.clone(),
        expires_at: args.expires,
        scopes,
    })?;
    terminal::note(&format!(
        "key {} for app {}; its secret is shown this once:",
        made.key.id, made.key.app
    ));
    terminal::data(&made.secret);
    Ok(())
}

fn list(data: &Data) -> anyhow::Result<()> {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header([
        "id", "app", "scopes", "person", "origins", "created", "expires", "revoked",
    ]);
    for key in open(data)?.list()? {
        table.add_row(row(&key));
    }
    terminal::data(&table.to_string());
    Ok(())
}

fn row(key: &IngestKey) -> [String; 8] {
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    let origins: Vec<&str> = key.origins.iter().map(Origin::as_str).collect();
    let instant = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    [
        key.id.clone(),
        key.app.clone(),
        scopes.join(","),
        key.person.clone().unwrap_or_default(),
        origins.join(","),
        key.created_at.to_string(),
        instant(key.expires_at),
        instant(key.revoked_at),
    ]
}

fn revoke(args: &KeyRevoke) -> anyhow::Result<()> {
    let key = open(&args.data)?.revoke(&args.id)?;
    terminal::note(&format!(
        "key {} of app {} is refused from now on",
        key.id, key.app
    ));
    Ok(())
}
