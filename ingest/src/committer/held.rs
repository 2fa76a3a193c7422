//! What tables hold, held to what was sent and what was answered.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arrow::array::AsArray as _;
use lake::{FixedClock, Lake, Ledger, Snapshot, Table, columns};

use super::crash::Sent;
use super::tests::NOW;
use crate::engine::Ingest;
use crate::power_cuts::causes;

/// Fails with what is wrong, in words.
pub(super) type Outcome<T> = Result<T, String>;

/// Before anything is recovered a reader sees tables and ledger at one position.
pub(super) async fn hold_snapshot(image: &Path) -> Outcome<()> {
    let lake = Lake::open(image, Arc::new(FixedClock(NOW))).await;
    let lake = lake.map_err(|error| format!("the tables do not open: {}", causes(&error)))?;
    let snapshot = lake.snapshot().await;
    let snapshot =
        snapshot.map_err(|error| format!("the tables cannot be read: {}", causes(&error)))?;
    let counted = Ledger::read(&snapshot);
    let counted =
        counted.map_err(|error| format!("the ledger cannot be read: {}", causes(&error)))?;
    let sum = |outcome| u64::try_from(counted.sum(outcome, |_| true)).unwrap();
    let rows = |table| snapshot.table(table).rows();
    let found = (
        rows(Table::Events) + rows(Table::Feedback),
        rows(Table::Quarantine),
    );
    let counted = (sum(lake::Outcome::Stored), sum(lake::Outcome::Quarantined));
    if found == counted {
        return Ok(());
    }
    Err(format!(
        "a reader finds (stored, quarantined) {found:?}, the ledger says {counted:?}"
    ))
}

/// How often each value of a column is in a table.
fn values(snapshot: &Snapshot, table: Table, column: &str) -> Outcome<BTreeMap<String, u64>> {
    let mut values = BTreeMap::new();
    let read = snapshot.table(table).read(&[column], |batch| {
        for value in batch.column(0).as_string::<i32>().iter().flatten() {
            *values.entry(value.to_owned()).or_default() += 1;
        }
    });
    read.map_err(|error| format!("{} cannot be read: {}", table.name(), causes(&error)))?;
    Ok(values)
}

/// Holds the tables to what was promised and to all that was ever sent.
pub(super) async fn hold(
    ingest: &Ingest,
    promised: &[Sent],
    all: &[Sent],
    when: &str,
) -> Outcome<()> {
    let snapshot = ingest.lake().snapshot().await;
    let snapshot =
        snapshot.map_err(|error| format!("{when}: tables cannot be read: {}", causes(&error)))?;
    let mut stored = values(&snapshot, Table::Events, columns::EVENT_ID)?;
    stored.extend(values(&snapshot, Table::Feedback, columns::EVENT_ID)?);
    if let Some((id, count)) = stored.iter().find(|(_, count)| **count > 1) {
        return Err(format!(
            "{when}: {id} is stored more than once, {count} times"
        ));
    }
    let found: BTreeSet<&String> = stored.keys().collect();
    let sent: BTreeSet<String> = all.iter().filter_map(|one| one.id()).collect();
    if let Some(id) = found.iter().find(|id| !sent.contains(**id)) {
        return Err(format!("{when}: {id} is stored and was never sent"));
    }
    let lost = promised
        .iter()
        .filter_map(|one| one.id())
        .find(|id| !stored.contains_key(id));
    if let Some(id) = lost {
        return Err(format!("{when}: {id} was acknowledged and is lost"));
    }
    let names = values(&snapshot, Table::Events, columns::NAME)?;
    let known: BTreeSet<String> = all
        .iter()
        .filter_map(|one| match one {
            Sent::Event { name, .. } => Some(format!("n{name}")),
            _ => None,
        })
        .collect();
    if let Some(name) = names.keys().find(|name| !known.contains(*name)) {
        return Err(format!("{when}: name {name} was never sent"));
    }
    let reasons = values(&snapshot, Table::Quarantine, columns::REASON)?;
    let counted = Ledger::read(&snapshot);
    let counted =
        counted.map_err(|error| format!("the ledger cannot be read: {}", causes(&error)))?;
    let held = (stored.len() as u64, reasons.values().sum());
    add_up(&counted, held, (promised.len() as u64, all.len() as u64))
        .map_err(|problem| format!("{when}: {problem}"))
}

/// Received = stored + duplicate + quarantined, as many as the tables hold, and as many as were
/// promised at least and sent at most.
fn add_up(counted: &Ledger, held: (u64, u64), (promised, sent): (u64, u64)) -> Outcome<()> {
    let sum = |outcome| u64::try_from(counted.sum(outcome, |_| true)).unwrap();
    let received = sum(lake::Outcome::Received);
    let said = (sum(lake::Outcome::Stored), sum(lake::Outcome::Quarantined));
    if said != held {
        return Err(format!(
            "the ledger does not add up: it says (stored, quarantined) {said:?}, the tables hold {held:?}"
        ));
    }
    let duplicate = sum(lake::Outcome::Duplicate);
    if received != said.0 + duplicate + said.1 {
        return Err(format!(
            "the ledger does not add up: {received} received, but {said:?} and {duplicate} duplicate"
        ));
    }
    if received < promised || received > sent {
        return Err(format!(
            "the ledger does not add up: {received} counted, {promised} promised, {sent} sent"
        ));
    }
    Ok(())
}
