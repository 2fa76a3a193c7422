//! The table store: a local folder in which every finished write is on disk.
//!
//! `LocalFileSystem` never syncs, so this store writes by itself: to a temporary name, fsync, link
//! (or rename, where replacing is meant), fsync of the folder and of each new ancestor. Data files
//! are therefore durable before the commit that names them, and the commit before the WAL is cut.

use std::fmt;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutPayloadMut, PutResult,
    RenameOptions, RenameTargetMode, Result, UploadPart,
};

use crate::files;

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

fn generic(source: io::Error) -> Error {
    Error::Generic {
        store: "synced local files",
        source: Box::new(source),
    }
}

fn put_file(path: &std::path::Path, bytes: &[u8], create: bool) -> Result<()> {
    let beside = files::write_beside(path, bytes).map_err(generic)?;
    if !create {
        fs::rename(&beside, path).map_err(generic)?;
        return files::sync_folder_of(path).map_err(generic);
    }
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside).map_err(generic)?;
    match linked {
        Ok(()) => files::sync_folder_of(path).map_err(generic),
        Err(source) if source.kind() == io::ErrorKind::AlreadyExists => Err(Error::AlreadyExists {
            path: path.display().to_string(),
            source: Box::new(source),
        }),
        Err(source) => Err(generic(source)),
    }
}

impl SyncedStore {
    async fn put_at(&self, path: PathBuf, payload: PutPayload, create: bool) -> Result<PutResult> {
        let bytes: Bytes = payload.into();
        tokio::task::spawn_blocking(move || put_file(&path, &bytes, create))
            .await
            .map_err(|source| generic(io::Error::other(source)))??;
        Ok(PutResult {
            e_tag: None,
            version: None,
        })
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
        let store = self.clone();
        Ok(Box::new(WholeUpload {
            store,
            path,
            parts: PutPayloadMut::new(),
        }))
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
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
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
        let source = self.inner.path_to_filesystem(from)?;
        let create = matches!(options.target_mode, RenameTargetMode::Create);
        let bytes = self
            .inner
            .get_opts(from, GetOptions::default())
            .await?
            .bytes()
            .await?;
        self.put_at(self.inner.path_to_filesystem(to)?, bytes.into(), create)
            .await?;
        fs::remove_file(source).map_err(generic)
    }
}

/// A multipart upload that keeps its parts and writes one whole file at the end: table files are
/// a few MiB, and a half-written one must never be seen.
#[derive(Debug)]
struct WholeUpload {
    store: SyncedStore,
    path: PathBuf,
    parts: PutPayloadMut,
}

#[async_trait]
impl MultipartUpload for WholeUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        for chunk in &data {
            self.parts.push(chunk.clone());
        }
        Box::pin(std::future::ready(Ok(())))
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let payload = std::mem::take(&mut self.parts).freeze();
        self.store.put_at(self.path.clone(), payload, false).await
    }

    async fn abort(&mut self) -> Result<()> {
        self.parts = PutPayloadMut::new();
        Ok(())
    }
}
