//! The table store: a local folder in which every finished write is on disk.
//!
//! `LocalFileSystem` never syncs, so this store writes by itself: to a temporary name, fsync, link
//! (or rename, where replacing is meant), fsync of the folder and of each new ancestor. Data files
//! are therefore durable before the commit that names them, and the commit before the WAL is cut.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::PathBuf;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    Attributes, CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult,
    MultipartUpload, ObjectMeta, ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, RenameOptions, RenameTargetMode, Result,
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

/// Largest file that is read where it is asked for. Commits of a log are small and read by the hundred:
/// to hand each to another thread takes longer than to read it.
const READ_HERE_MAX: u64 = 256 << 10;

/// A small file and when it was changed; `None` for a larger one.
fn small(path: &std::path::Path) -> io::Result<Option<(Vec<u8>, SystemTime)>> {
    let mut file = File::open(path)?;
    let about = file.metadata()?;
    if !about.is_file() || about.len() > READ_HERE_MAX {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or_default());
    file.read_to_end(&mut bytes)?;
    Ok(Some((bytes, about.modified()?)))
}

/// Whether a whole file is asked for, whatever its state.
fn is_plain(options: &GetOptions) -> bool {
    let conditions = [
        options.if_match.is_some(),
        options.if_none_match.is_some(),
        options.if_modified_since.is_some(),
        options.if_unmodified_since.is_some(),
        options.range.is_some(),
        options.version.is_some(),
        options.head,
    ];
    !conditions.contains(&true)
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

    /// Reads a small file at once; `None` where it is large, or cannot be read: then whoever reads large
    /// ones says why.
    fn read_here(&self, location: &Path) -> Result<Option<GetResult>> {
        let path = self.inner.path_to_filesystem(location)?;
        let Ok(Some((bytes, changed_at))) = small(&path) else {
            return Ok(None);
        };
        let size = bytes.len() as u64;
        let payload = futures::stream::once(futures::future::ready(Ok(Bytes::from(bytes))));
        Ok(Some(GetResult {
            payload: GetResultPayload::Stream(payload.boxed()),
            meta: ObjectMeta {
                location: location.clone(),
                last_modified: changed_at.into(),
                size,
                e_tag: None,
                version: None,
            },
            range: 0..size,
            attributes: Attributes::default(),
        }))
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
        if is_plain(&options)
            && let Some(read) = self.read_here(location)?
        {
            return Ok(read);
        }
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
