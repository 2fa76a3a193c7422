//! A person leaves the tables: rows, mentions in others' rows, old versions, and files that a crash
//! left.
//!
//! The files that speak of the person are written anew, then the log is cut to the present version
//! and every file that it does not name is removed. A reader that has an old file open reads it to
//! its end, for the system keeps it until then; one that opens it later is told that it is gone.
//!
//! Rollups are removed as a whole: they are made again from what is left.
//!
//! Erasure changes no counter of the ledger: it says what happened. How many rows left a table is
//! kept as [`crate::Gone::Erased`].

mod needle;
mod rows;
mod scan;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::Serialize;
use tracing::info;

pub use scan::{Searcher, Trace};

use crate::columns::{ANONYMOUS_ID, APP, KIND, USER_ID};
use crate::error::{Error, Result};
use crate::event::EventKind;
use crate::files;
use crate::schema::Table;
use crate::snapshot::{PinnedFile, read_file};
use crate::tables::{Lake, failed};
use crate::upkeep::{Change, Gone, Kept, Output, Place, texts};
use needle::Needles;
use rows::Person;

/// Attempts at a table that others rewrite meanwhile.
const ATTEMPTS: usize = 8;

/// What an erasure did to the tables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EraseOutcome {
    /// The person's rows, taken out.
    pub rows_erased: u64,
    /// Rows of others in which something was put in place of the person's id.
    pub rows_redacted: u64,
    /// Files written anew.
    pub files_rewritten: usize,
}

impl EraseOutcome {
    /// Adds what a further erasure did.
    pub fn add(&mut self, further: Self) {
        self.rows_erased += further.rows_erased;
        self.rows_redacted += further.rows_redacted;
        self.files_rewritten += further.files_rewritten;
    }
}

impl Lake {
    /// The ids by which an app knows the person with the id `id`: those that identify events tie to
    /// it are among them.
    ///
    /// # Errors
    /// When the table of events cannot be read.
    pub async fn person_ids(&self, app: Option<&str>, id: &str) -> Result<BTreeSet<String>> {
        let files = self.files(Table::Events).await?;
        let app = app.map(str::to_owned);
        let pairs = self
            .off_reactor(Table::Events, move || identified(&files, app.as_deref()))
            .await?;
        let mut ids = BTreeSet::from([id.to_owned()]);
        // An anonymous id leads to the person that it was before they gave a name; a device that
        // several people named themselves on leads to none of them.
        let named: BTreeSet<&str> = pairs
            .iter()
            .filter(|(_, anonymous)| anonymous == id)
            .map(|(user, _)| user.as_str())
            .collect();
        if named.len() == 1 {
            ids.extend(named.into_iter().map(str::to_owned));
        }
        let tied = pairs.iter().filter(|(user, _)| ids.contains(user));
        let tied: Vec<String> = tied.map(|(_, anonymous)| anonymous.clone()).collect();
        ids.extend(tied);
        Ok(ids)
    }

    /// Takes a person out of all tables: the one with the id `id`, and with the others in `ids` that
    /// are tied to it. Older versions and files hold on to them until [`Lake::forget`].
    ///
    /// # Errors
    /// When tables or disk refuse: what was done stays done; erase again.
    pub async fn erase(
        &self,
        app: Option<&str>,
        id: &str,
        ids: &BTreeSet<String>,
    ) -> Result<EraseOutcome> {
        let _turn = self.state().turn.lock().await;
        let person = Person {
            app: app.map(str::to_owned),
            id: id.to_owned(),
            needles: Needles::new(ids.iter().map(String::as_str)),
            seed: uuid::Uuid::new_v4().as_u64_pair().0,
        };
        let mut outcome = EraseOutcome::default();
        for table in Table::ALL {
            self.erase_from(table, &person, &mut outcome).await?;
        }
        self.remove_rollups()?;
        info!(
            rows = outcome.rows_erased,
            redacted = outcome.rows_redacted,
            "erased a person from the tables"
        );
        Ok(outcome)
    }

    async fn erase_from(
        &self,
        table: Table,
        person: &Person,
        outcome: &mut EraseOutcome,
    ) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let mut lost = false;
            for file in self.files(table).await? {
                match self.clean_file(table, &file, person, outcome).await {
                    Err(Error::Conflict { .. }) => lost = true,
                    cleaned => cleaned?,
                }
            }
            if !lost {
                return Ok(());
            }
        }
        Err(Error::Conflict {
            table: table.name(),
            file: "a file that speaks of the person".to_owned(),
        })
    }

    /// Writes a file anew without the person, if it speaks of them.
    async fn clean_file(
        &self,
        table: Table,
        file: &PinnedFile,
        person: &Person,
        outcome: &mut EraseOutcome,
    ) -> Result<()> {
        let place = self.place(table, file.day, false).await;
        let (path, person) = (file.path.clone(), person.clone());
        let cleaned = self
            .off_reactor(table, move || clean(table, &path, &person, place))
            .await?;
        let Some((added, erased, redacted)) = cleaned else {
            return Ok(());
        };
        let change = Change::removal(Gone::Erased, erased);
        let removed = std::slice::from_ref(file);
        self.replace_or_discard(table, removed, &added, change)
            .await?;
        outcome.files_rewritten += 1;
        outcome.rows_erased += erased;
        outcome.rows_redacted += redacted;
        Ok(())
    }

    /// Forgets all older versions of all tables and removes every data file that the present ones do
    /// not name; returns how many that were. No flush may be under way, or what it has written and not
    /// committed would be removed.
    ///
    /// # Errors
    /// When tables or disk refuse: forget again.
    pub async fn forget(&self) -> Result<usize> {
        let _turn = self.state().turn.lock().await;
        let mut removed = 0;
        for table in Table::ALL {
            removed += self.forget_of(table).await?;
        }
        for (path, ..) in files::list(&self.scratch_folder())? {
            files::remove(&path)?;
        }
        Ok(removed)
    }

    async fn forget_of(&self, table: Table) -> Result<usize> {
        let version = self.checkpoint(table).await?;
        let cut = self.trim_where(table, move |kept, _, _| kept <= version);
        let mut removed = cut.await?.files;
        for (path, _) in self.unnamed(table, i64::MAX).await? {
            files::remove(&path)?;
            removed += 1;
        }
        let log = self.table_folder(table).join("_delta_log");
        for (path, ..) in files::list(&log)? {
            if path.extension().is_some_and(|ending| ending == "damaged") {
                files::remove(&path)?;
                removed += 1;
            }
        }
        // A power cut must not bring them back.
        let folder = self.table_folder(table);
        self.off_reactor(table, move || files::sync_folders(&folder))
            .await?;
        Ok(removed)
    }

    async fn files(&self, table: Table) -> Result<Vec<PinnedFile>> {
        let mut delta = self.cell(table).lock().await.clone();
        delta.update_state().await.map_err(failed(table, "read"))?;
        Ok(self.pin(table, &delta)?.files)
    }
}

/// The pairs of user and anonymous id in the identify events of an app.
fn identified(files: &[PinnedFile], app: Option<&str>) -> Result<BTreeSet<(String, String)>> {
    let names = [APP, KIND, USER_ID, ANONYMOUS_ID];
    let mut pairs = BTreeSet::new();
    for file in files {
        read_file(Table::Events, file, Some(&names), &mut |batch| {
            let [apps, kinds, users, anonymous] = names.map(|name| texts(batch, name));
            let (Some(apps), Some(kinds)) = (apps, kinds) else {
                return;
            };
            let (Some(users), Some(anonymous)) = (users, anonymous) else {
                return;
            };
            let ids = users.iter().zip(anonymous.iter());
            for ((of, kind), ids) in apps.iter().zip(kinds.iter()).zip(ids) {
                let is_identify = kind == Some(EventKind::Identify.as_str());
                if let (true, (Some(user), Some(anonymous))) = (is_identify, ids)
                    && app.is_none_or(|app| of == Some(app))
                {
                    pairs.insert((user.to_owned(), anonymous.to_owned()));
                }
            }
        })?;
    }
    Ok(pairs)
}

type CleanFile = (Vec<crate::DataFile>, u64, u64);

/// Writes a file anew without the person; `None` where it does not speak of them.
fn clean(
    table: Table,
    path: &std::path::Path,
    person: &Person,
    place: Place,
) -> Result<Option<CleanFile>> {
    let mut speaks = false;
    for batch in Kept::open(table, path, Vec::new())? {
        speaks = speaks || person.rows_that_speak(&batch?).contains(&true);
        if speaks {
            break;
        }
    }
    if !speaks {
        return Ok(None);
    }
    let (mut erased, mut redacted) = (0, 0);
    let name = |_| format!("part-{}", uuid::Uuid::new_v4());
    let mut output = Output::new(place, u64::MAX, name);
    for batch in Kept::open(table, path, Vec::new())? {
        let batch = batch?;
        let cleaned = person.clean(table, &batch).map_err(Error::rows(table))?;
        match cleaned {
            Some(cleaned) => {
                erased += cleaned.erased;
                redacted += cleaned.redacted;
                output.push(&cleaned.batch)?;
            }
            None => output.push(&batch)?,
        }
    }
    Ok(Some((output.finish()?, erased, redacted)))
}
