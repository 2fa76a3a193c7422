//! The lake: a folder with one Delta table a name, opened or created.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use deltalake_core::kernel::StructType;
use deltalake_core::kernel::engine::arrow_conversion::TryIntoKernel as _;
use deltalake_core::logstore::{LogStoreRef, StorageConfig, logstore_with};
use deltalake_core::operations::create::CreateBuilder;
use deltalake_core::{DeltaTable, DeltaTableError};
use object_store::ObjectStore;
use tokio::sync::Mutex;
use tracing::warn;
use url::Url;

use crate::clock::Clock;
use crate::columns::DAY;
use crate::error::{Error, Result};
use crate::evolve::bring_up_to_date;
use crate::failpoint::Failpoint;
use crate::schema::Table;
use crate::store::SyncedStore;
use crate::{disk, files, upkeep};

/// The tables of one data folder.
#[derive(Debug)]
pub struct Lake {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    tables: [Mutex<DeltaTable>; Table::ALL.len()],
    upkeep: upkeep::State,
}

impl Lake {
    /// Opens the tables under `folder/tables`, creating those that are absent and adding the columns
    /// that older ones lack.
    ///
    /// # Errors
    /// [`Error::Table`] when a log cannot be read or written, [`Error::Protocol`] when a table
    /// needs features that Shipwake does not write.
    pub async fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        Self::open_on(folder, clock, Arc::new(SyncedStore::default())).await
    }

    /// Opens the tables on a given store, rooted at the file system's root.
    ///
    /// # Errors
    /// As [`Lake::open`].
    pub async fn open_on(
        folder: &Path,
        clock: Arc<dyn Clock>,
        store: Arc<dyn ObjectStore>,
    ) -> Result<Self> {
        files::create_folders(folder)?;
        let folder = folder.canonicalize().map_err(|source| Error::File {
            action: "opening",
            path: folder.to_owned(),
            source,
        })?;
        let mut tables = Vec::with_capacity(Table::ALL.len());
        for table in Table::ALL {
            tables.push(Mutex::new(
                open_table(&folder, table, Arc::clone(&store)).await?,
            ));
        }
        settle(&folder)?;
        match tables.try_into() {
            Ok(tables) => Ok(Self {
                folder,
                clock,
                tables,
                upkeep: upkeep::State::default(),
            }),
            Err(_) => unreachable!("one table was opened for each name"),
        }
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The clock that the lake was opened with.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Where the files of a table lie.
    #[must_use]
    pub fn table_folder(&self, table: Table) -> PathBuf {
        table_folder(&self.folder, table)
    }

    /// The ingest node of this folder, once one has written here.
    #[must_use]
    pub fn own_node(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.folder.join(NODE_FILE)).ok()?;
        Some(text.trim().to_owned()).filter(|node| !node.is_empty())
    }

    /// The ingest node of this folder; named now if it has no name yet.
    ///
    /// # Errors
    /// [`Error::File`] when the name cannot be kept.
    pub fn name_node(&self) -> Result<String> {
        if let Some(node) = self.own_node() {
            return Ok(node);
        }
        let node = uuid::Uuid::new_v4().to_string();
        files::replace(&self.folder.join(NODE_FILE), node.as_bytes())?;
        Ok(node)
    }

    pub(crate) fn state(&self) -> &upkeep::State {
        &self.upkeep
    }

    pub(crate) fn cell(&self, table: Table) -> &Mutex<DeltaTable> {
        &self.tables[table as usize]
    }
}

/// Holds the node's name within the data folder.
const NODE_FILE: &str = "node";
/// Holds a table's log within its folder.
pub(crate) const LOG_FOLDER: &str = "_delta_log";

/// Forces the names in all folders to disk: those that a killed process left may be in memory alone,
/// and they are built on from now on. Names of data files follow with the next one in their folder.
fn settle(folder: &Path) -> Result<()> {
    if Failpoint::LakeSkipOpenFsync.is_on() {
        return Ok(());
    }
    files::sync_folder(folder)?;
    files::sync_folder(&folder.join("tables"))?;
    for table in Table::ALL {
        let folder = table_folder(folder, table);
        files::sync_folder(&folder)?;
        files::sync_folder(&folder.join(LOG_FOLDER))?;
    }
    Ok(())
}

fn table_folder(folder: &Path, table: Table) -> PathBuf {
    folder.join("tables").join(table.name())
}

pub(crate) fn failed(table: Table, action: &'static str) -> impl FnOnce(DeltaTableError) -> Error {
    move |source| Error::Table {
        table: table.name(),
        action,
        source: Box::new(source),
    }
}

async fn open_table(
    folder: &Path,
    table: Table,
    store: Arc<dyn ObjectStore>,
) -> Result<DeltaTable> {
    let path = table_folder(folder, table);
    files::create_folders(&path)?;
    set_aside_unreadable_tail(&path)?;
    let location = Url::from_directory_path(&path).map_err(|()| Error::File {
        action: "opening",
        path: path.clone(),
        source: std::io::Error::other("not an absolute path"),
    })?;
    let log_store = logstore_with(store, &location, StorageConfig::default())
        .map_err(failed(table, "opened"))?;
    let mut delta = DeltaTable::new(Arc::clone(&log_store));
    let exists = delta
        .verify_deltatable_existence()
        .await
        .map_err(failed(table, "opened"))?;
    if exists {
        delta.load().await.map_err(failed(table, "opened"))?;
    } else {
        delta = create(table, log_store).await?;
    }
    refuse_unknown_features(table, &delta)?;
    bring_up_to_date(table, delta).await
}

async fn create(table: Table, log_store: LogStoreRef) -> Result<DeltaTable> {
    let schema: StructType = table
        .schema()
        .as_ref()
        .try_into_kernel()
        .map_err(|source| Error::Rows {
            table: table.name(),
            source,
        })?;
    let configuration = [
        (
            "delta.dataSkippingStatsColumns".to_owned(),
            Some(table.statistics_columns().join(",")),
        ),
        // Upkeep trims the log; readers of the last week's versions stay able to read.
        (
            "delta.logRetentionDuration".to_owned(),
            Some("interval 7 days".to_owned()),
        ),
        // Upkeep goes by the log; a checkpoint need not carry a week of removed files.
        (
            "delta.deletedFileRetentionDuration".to_owned(),
            Some("interval 1 days".to_owned()),
        ),
    ];
    let builder = CreateBuilder::new()
        .with_log_store(Arc::clone(&log_store))
        .with_table_name(table.name())
        .with_columns(schema.fields().cloned())
        .with_configuration(configuration);
    let builder = if table.is_partitioned() {
        builder.with_partition_columns([DAY])
    } else {
        builder
    };
    match builder.await {
        Ok(delta) => Ok(delta),
        Err(error) => {
            // Another process may have made it a moment before.
            let mut delta = DeltaTable::new(log_store);
            if delta.load().await.is_ok() {
                Ok(delta)
            } else {
                Err(failed(table, "created")(error))
            }
        }
    }
}

fn refuse_unknown_features(table: Table, delta: &DeltaTable) -> Result<()> {
    let state = delta.snapshot().map_err(failed(table, "opened"))?;
    let protocol = state.protocol();
    let (reader, writer) = (protocol.min_reader_version(), protocol.min_writer_version());
    if reader > 1 || writer > 2 {
        let found = format!("reader {reader} / writer {writer}");
        return Err(Error::Protocol {
            table: table.name(),
            found,
        });
    }
    Ok(())
}

/// A last log entry that cannot be read (a damaged disk: ours are linked whole) is set aside under
/// a name; the WAL still holds what it committed, and recovery commits it again.
fn set_aside_unreadable_tail(path: &Path) -> Result<()> {
    let log = path.join(LOG_FOLDER);
    let Ok(entries) = std::fs::read_dir(&log) else {
        return Ok(());
    };
    let last = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .max();
    let Some(last) = last else { return Ok(()) };
    let failed = |source| Error::File {
        action: "reading",
        path: last.clone(),
        source,
    };
    let text = std::fs::read(&last).map_err(failed)?;
    let mut values = serde_json::Deserializer::from_slice(&text).into_iter::<serde_json::Value>();
    if !text.is_empty() && values.all(|value| value.is_ok()) {
        return Ok(());
    }
    let aside = last.with_extension("json.damaged");
    warn!(entry = %last.display(), "set aside an unreadable last entry of the table's log");
    disk::rename(&last, &aside).map_err(failed)?;
    files::sync_folder(&log)
}
