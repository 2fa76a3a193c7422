//! Rendered files and how they reach a folder.
//!
//! A bundle is complete in memory before the first byte is written, and each file is put in place by
//! one rename: a reader sees the file of the run before or of this run, never a half of one.

use std::fs::{self, File as Handle};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// One rendered file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name, without a folder.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The files of one report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bundle {
    /// The page first, then JSON, then CSV, the manifest last.
    pub files: Vec<File>,
}

impl Bundle {
    /// Writes all files into `dir`, which is created where it is missing. Each file replaces the one
    /// of its name at once; the manifest comes last. Returns the paths in the bundle's order.
    ///
    /// # Errors
    /// [`Error::Publish`] with the path that could not be written; files before it are in place.
    pub fn publish(&self, dir: &Path) -> Result<Vec<PathBuf>> {
        fs::create_dir_all(dir).map_err(|source| Error::Publish {
            path: dir.to_path_buf(),
            source,
        })?;
        let mut paths = Vec::with_capacity(self.files.len());
        for file in &self.files {
            let path = dir.join(&file.name);
            replace(dir, &path, file).map_err(|source| Error::Publish {
                path: path.clone(),
                source,
            })?;
            paths.push(path);
        }
        sync_folder(dir).map_err(|source| Error::Publish {
            path: dir.to_path_buf(),
            source,
        })?;
        Ok(paths)
    }

    /// The page of the bundle.
    #[must_use]
    pub fn page(&self) -> Option<&File> {
        self.files.iter().find(|file| {
            Path::new(&file.name)
                .extension()
                .is_some_and(|extension| extension == "html")
        })
    }
}

fn replace(dir: &Path, path: &Path, file: &File) -> io::Result<()> {
    let temporary = dir.join(format!(".{}.partial", file.name));
    let mut handle = Handle::create(&temporary)?;
    handle.write_all(&file.bytes)?;
    handle.sync_all()?;
    drop(handle);
    fs::rename(&temporary, path)
}

/// Makes the renames durable.
fn sync_folder(dir: &Path) -> io::Result<()> {
    Handle::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishing_twice_replaces_and_leaves_nothing_else() {
        let dir = std::env::temp_dir().join(format!("shipwake-bundle-{}", std::process::id()));
        let bundle = |text: &str| Bundle {
            files: vec![File {
                name: "a.html".into(),
                bytes: text.as_bytes().to_vec(),
            }],
        };
        bundle("one").publish(&dir.join("deep")).unwrap();
        let paths = bundle("two").publish(&dir.join("deep")).unwrap();
        assert_eq!(fs::read(&paths[0]).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.join("deep")).unwrap().count(), 1);
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let file = std::env::temp_dir().join(format!("shipwake-file-{}", std::process::id()));
        let mut handle = Handle::create(&file).unwrap();
        handle.write_all(b"x").unwrap();
        let error = Bundle::default().publish(&file.join("sub")).unwrap_err();
        assert!(error.to_string().contains("shipwake-file"), "{error}");
        fs::remove_file(&file).unwrap();
    }
}
