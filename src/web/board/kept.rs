//! A list in a file of the data folder: held in memory, replaced whole when it changes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use anyhow::Context as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A list that outlives the process.
#[derive(Debug)]
pub(super) struct Kept<T> {
    file: PathBuf,
    /// Held for as long as a look takes.
    held: RwLock<Arc<Vec<T>>>,
    /// Held by the one who changes it, for as long as the disk takes.
    changing: Mutex<()>,
}

impl<T: Clone + Serialize + DeserializeOwned> Kept<T> {
    /// Opens the list of a file; it is empty where there is none.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub(super) fn open(data: &Path, name: &str) -> anyhow::Result<Self> {
        let file = data.join(name);
        let held = match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .with_context(|| format!("{} is damaged: remove it", file.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                return Err(error).with_context(|| format!("{} cannot be read", file.display()));
            }
        };
        Ok(Self {
            file,
            held: RwLock::new(Arc::new(held)),
            changing: Mutex::default(),
        })
    }

    /// Looks at the list.
    pub(super) fn look<R>(&self, look: impl FnOnce(&[T]) -> R) -> R {
        look(&self.now())
    }

    fn now(&self) -> Arc<Vec<T>> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the list, on disk before in memory; nobody who looks waits for the disk. Blocks: call it
    /// off the reactor.
    ///
    /// # Errors
    /// When the disk refuses; then nothing is changed.
    pub(super) fn change(&self, change: impl FnOnce(&mut Vec<T>)) -> anyhow::Result<()> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = self.now().as_ref().clone();
        change(&mut changed);
        let bytes = serde_json::to_vec_pretty(&changed)?;
        lake::files::replace(&self.file, &bytes)
            .with_context(|| format!("{} cannot be written", self.file.display()))?;
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(changed);
        Ok(())
    }
}
