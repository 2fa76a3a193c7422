//! The table store: a local folder in which every finished write is on disk.
//!
//! `LocalFileSystem` never syncs, so this store writes by itself: to a temporary name, fsync, link
//! (or rename, where replacing is meant), fsync of the folder and of each new ancestor. Data files
//! are therefore durable before the commit that names them, and the commit before the WAL is cut.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions,
    RenameTargetMode, Result,
};

use crate::failpoint::Failpoint;
use crate::log_tail::list_behind;
use crate::upload::StagedUpload;
use crate::{disk, files};

/// An `ObjectStore` over the file system's root whose writes survive a power cut.
#[derive(Debug, Clone, Default)]
pub struct SyncedStore {
    inner: std::sync::Arc<LocalFileSystem>,
}

impl fmt::Display for SyncedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("synced local files")
    }
}

pub(crate) fn generic(source: io::Error) -> Error {
    Error::Generic {
        store: "synced local files",
        source: Box::new(source),
    }
}

fn put_file(path: &std::path::Path, bytes: &[u8], create: bool) -> io::Result<()> {
    let beside = files::write_beside(path, bytes)?;
    if create {
        let linked = disk::hard_link(&beside, path);
        disk::remove(&beside)?;
        linked?;
    } else {
        disk::rename(&beside, path)?;
    }
    if Failpoint::LakeSkipFolderFsync.is_on() {
        return Ok(());
    }
    files::sync_folder_of(path)
}

/// Does what blocks on a thread made for it.
async fn blocking(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> io::Result<()> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|source| Err(io::Error::other(source)))
}

impl SyncedStore {
    async fn put_at(&self, path: PathBuf, payload: PutPayload, create: bool) -> Result<PutResult> {
        let bytes: Bytes = payload.into();
        let to = path.clone();
        match blocking(move || put_file(&to, &bytes, create)).await {
            Ok(()) => Ok(PutResult {
                e_tag: None,
                version: None,
            }),
            Err(source) if create && source.kind() == io::ErrorKind::AlreadyExists => {
                Err(Error::AlreadyExists {
                    path: path.display().to_string(),
                    source: Box::new(source),
                })
            }
            Err(source) => Err(generic(source)),
        }
    }

    /// What is gone already is gone.
    async fn remove(&self, location: &Path) -> Result<()> {
        let path = self.inner.path_to_filesystem(location)?;
        let removed = blocking(move || disk::remove(&path)).await;
        match removed {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(generic(source)),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl ObjectStore for SyncedStore {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        opts: PutOptions,
    ) -> Result<PutResult> {
        let create = match opts.mode {
            PutMode::Overwrite => false,
            PutMode::Create => true,
            PutMode::Update(_) => {
                return Err(Error::NotImplemented {
                    operation: "put with PutMode::Update".to_owned(),
                    implementer: self.to_string(),
                });
            }
        };
        self.put_at(self.inner.path_to_filesystem(location)?, payload, create)
            .await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        _opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let path = self.inner.path_to_filesystem(location)?;
        Ok(Box::new(StagedUpload::new(path)))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let store = self.clone();
        let removed = locations.then(move |location| {
            let store = store.clone();
            async move {
                let location = location?;
                store.remove(&location).await?;
                Ok(location)
            }
        });
        removed.boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        list_behind(std::sync::Arc::clone(&self.inner), prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let bytes = self
            .inner
            .get_opts(from, GetOptions::default())
            .await?
            .bytes()
            .await?;
        let create = matches!(options.mode, object_store::CopyMode::Create);
        self.put_at(self.inner.path_to_filesystem(to)?, bytes.into(), create)
            .await?;
        Ok(())
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        let create = matches!(options.target_mode, RenameTargetMode::Create);
        let bytes = self
            .inner
            .get_opts(from, GetOptions::default())
            .await?
            .bytes()
            .await?;
        self.put_at(self.inner.path_to_filesystem(to)?, bytes.into(), create)
            .await?;
        self.remove(from).await
    }
}
