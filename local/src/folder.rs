//! The data folder: a system's state between two runs.
//!
//! One process at a time works on it, which a lock on the file `lock` sees to; the lock ends with the process, however
//! that ends. Nobody else on the machine may look into it: the state is readable for its owner only.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError, set_permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A folder that its owner alone may use.
const OWN_FOLDER: u32 = 0o700;
/// A file that its owner alone may use.
const OWN_FILE: u32 = 0o600;

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process works on it.
    #[error("another waybill is using {0}; talk to it with --url and --token, or choose another --data")]
    Taken(PathBuf),
    /// The system does not let us.
    #[error("{path} cannot be used: {source}")]
    Path {
        /// The folder, or a file in it.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A data folder that this process has to itself, until this is dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Takes a folder, and makes it if it is not there.
    pub fn take(path: &Path) -> Result<Self, FolderError> {
        make(path)?;
        let lock = own_file(&path.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FolderError::Taken(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(FolderError::Path { path: path.to_owned(), source }),
        }
    }

    /// Where the buckets are.
    pub fn files(&self) -> Result<PathBuf, FolderError> {
        self.own_folder("s3")
    }

    /// Where S3's notifications wait.
    pub fn events(&self) -> Result<PathBuf, FolderError> {
        self.own_folder("events")
    }

    /// Where the tables are: a file of SQLite, which gives the files beside it the same permissions.
    pub fn database(&self) -> Result<PathBuf, FolderError> {
        let path = self.path.join("dynamodb.sqlite");
        own_file(&path)?;
        Ok(path)
    }

    /// A folder in this one, which may be an old one that others may enter: so that one is closed as well.
    fn own_folder(&self, name: &str) -> Result<PathBuf, FolderError> {
        let path = self.path.join(name);
        make(&path)?;
        set_permissions(&path, Permissions::from_mode(OWN_FOLDER)).map_err(at(&path))?;
        Ok(path)
    }
}

fn make(path: &Path) -> Result<(), FolderError> {
    DirBuilder::new().recursive(true).mode(OWN_FOLDER).create(path).map_err(at(path))
}

/// Opens a file, and makes it if it is not there.
fn own_file(path: &Path) -> Result<File, FolderError> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(OWN_FILE).open(path);
    let file = file.map_err(at(path))?;
    file.set_permissions(Permissions::from_mode(OWN_FILE)).map_err(at(path))?;
    Ok(file)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_owned();
    |source| FolderError::Path { path, source }
}

#[cfg(test)]
mod tests;
