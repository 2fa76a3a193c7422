//! Multipart uploads: a large file goes to disk as it is produced, and into its place when it is
//! whole. A half-written one is never seen.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use object_store::{MultipartUpload, PutPayload, PutResult, Result, UploadPart};

use crate::files::Staged;
use crate::store::generic;

/// Parts are written in the order in which they were handed over.
#[derive(Debug)]
pub(crate) struct StagedUpload {
    path: PathBuf,
    state: Arc<Mutex<State>>,
    handed: usize,
}

#[derive(Debug, Default)]
struct State {
    staged: Option<Staged>,
    /// Parts whose turn has not come, by their number.
    early: std::collections::BTreeMap<usize, PutPayload>,
    written: usize,
}

impl StagedUpload {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            state: Arc::default(),
            handed: 0,
        }
    }
}

impl State {
    fn take(&mut self, path: &std::path::Path, number: usize, part: PutPayload) -> Result<()> {
        self.early.insert(number, part);
        if self.staged.is_none() {
            self.staged = Some(Staged::create(path).map_err(generic)?);
        }
        while let Some(part) = self.early.remove(&self.written)
            && let Some(staged) = &mut self.staged
        {
            for chunk in &part {
                staged.append(chunk).map_err(generic)?;
            }
            self.written += 1;
        }
        Ok(())
    }
}

async fn off_reactor(work: impl FnOnce() -> Result<()> + Send + 'static) -> Result<()> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|source| generic(std::io::Error::other(source)))?
}

#[async_trait]
impl MultipartUpload for StagedUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (state, path, number) = (Arc::clone(&self.state), self.path.clone(), self.handed);
        self.handed += 1;
        Box::pin(off_reactor(move || {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.take(&path, number, data)
        }))
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let (state, path, handed) = (Arc::clone(&self.state), self.path.clone(), self.handed);
        off_reactor(move || {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.written != handed {
                let missing = std::io::Error::other("a part of the file was not written");
                return Err(generic(missing));
            }
            let staged = match state.staged.take() {
                Some(staged) => staged,
                None => Staged::create(&path).map_err(generic)?,
            };
            staged.finish().map_err(generic)
        })
        .await?;
        Ok(PutResult {
            e_tag: None,
            version: None,
        })
    }

    async fn abort(&mut self) -> Result<()> {
        let state = Arc::clone(&self.state);
        off_reactor(move || {
            *state.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
            Ok(())
        })
        .await
    }
}
