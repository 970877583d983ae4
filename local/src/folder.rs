//! The data folder, which keeps a system's state between two runs.
//!
//! A lock on the file `lock` lets only one process at a time use the folder. The lock ends with the process, even
//! after a crash. Only the owner can read the state, so no other user of the machine can look into the folder.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError, set_permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Permissions of a directory which only its owner may use.
const OWN_FOLDER: u32 = 0o700;
/// Permissions of a file which only its owner may use.
const OWN_FILE: u32 = 0o600;

/// How long a locked folder is waited for. A process which the holder of the lock starts has the lock as well, until the process
/// runs a program of its own, so the lock may outlast its holder by a moment.
const PATIENCE: Duration = Duration::from_secs(1);
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// The reasons for which a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process holds the lock on the folder.
    #[error("another waybill is using {0}; talk to it with --url and --token, or choose another --data")]
    Taken(PathBuf),
    /// The operating system refuses an operation on a path.
    #[error("{path} cannot be used: {source}")]
    Path {
        /// Path of the folder or of a file in the folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
}

/// A locked data folder. The lock is released when this value is dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Locks the folder, and creates the folder if it does not exist. Waits for a second if the folder is locked.
    pub fn take(path: &Path) -> Result<Self, FolderError> {
        make(path)?;
        let lock = own_file(&path.join("lock"))?;
        let until = Instant::now() + PATIENCE;
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(Self { path: path.to_owned(), _lock: lock }),
                Err(TryLockError::WouldBlock) if Instant::now() < until => sleep(BETWEEN_TRIES),
                Err(TryLockError::WouldBlock) => return Err(FolderError::Taken(path.to_owned())),
                Err(TryLockError::Error(source)) => return Err(FolderError::Path { path: path.to_owned(), source }),
            }
        }
    }

    /// Directory of the buckets, created if absent.
    pub fn files(&self) -> Result<PathBuf, FolderError> {
        self.own_folder("s3")
    }

    /// Directory of the journal, in which S3's notifications wait for their deletion.
    pub fn events(&self) -> Result<PathBuf, FolderError> {
        self.own_folder("events")
    }

    /// Path of the tables' SQLite file. SQLite gives its auxiliary files the same permissions.
    pub fn database(&self) -> Result<PathBuf, FolderError> {
        let path = self.path.join("dynamodb.sqlite");
        own_file(&path)?;
        Ok(path)
    }

    /// A subdirectory which only its owner may enter. A subdirectory from an earlier version may be open to other
    /// users, so its permissions are set each time.
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

/// Opens a file, or creates the file if it does not exist, and sets its permissions.
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
