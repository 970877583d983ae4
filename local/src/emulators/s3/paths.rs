//! Where the object of a key lies on disk.
//!
//! `s3s-fs` takes a key for a path below the bucket's directory, and keeps an object's attributes in a file whose name is
//! bucket and key in base64. The keys of S3 are up to 1,024 bytes of any text. Therefore a *plain* key is its own path, as
//! people expect who look into the folder, and the object of any other key lies **aside**, at
//! `.keys/<SHA-256 of the key>` of its bucket, with the key itself in `.key-<SHA-256>` beside the buckets, for lists.
//!
//! | not plain | example |
//! |---|---|
//! | longer than [`PLAIN`] bytes | |
//! | a part that is no name of a file | `a//b`, `../a`, `a/`, a NUL |
//! | where a directory or another object is in its way | `a/b` beside an object `a`, and the reverse |
//! | `.keys/…` itself | |
//!
//! A key with an object aside stays aside, whatever becomes of the path that was in its way.

use std::io;
use std::path::{Path, PathBuf};

use shared::store::keys;

/// The longest plain key, in bytes. The name of an attributes file has 255 bytes at most, and during an upload in parts
/// to the local bucket 160 of them are left for the key in base64.
pub(super) const PLAIN: usize = 120;
/// The directory within a bucket for objects whose keys are not plain.
const ASIDE: &str = ".keys";

/// The directory of all buckets.
pub(super) struct Paths {
    directory: PathBuf,
}

impl Paths {
    pub(super) fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    /// Whether the bucket is there.
    pub(super) fn has_bucket(&self, bucket: &str) -> bool {
        self.directory.join(bucket).is_dir()
    }

    /// Whether an object is there; a directory is no object.
    pub(super) fn has_object(&self, bucket: &str, stored: &str) -> bool {
        self.directory.join(bucket).join(stored).is_file()
    }

    /// The key by which `s3s-fs` knows the object. The caller holds the key's lock.
    pub(super) fn stored(&self, bucket: &str, key: &str) -> String {
        let aside = format!("{ASIDE}/{}", digest(key));
        if self.has_object(bucket, &aside) || !self.is_plain(bucket, key) { aside } else { key.to_owned() }
    }

    /// The key by which `s3s-fs` is to know an object that is about to be written.
    pub(super) fn stored_anew(&self, bucket: &str, key: &str) -> io::Result<String> {
        let stored = self.stored(bucket, key);
        if stored != key {
            std::fs::write(self.name_of(&digest(key)), key)?;
        }
        Ok(stored)
    }

    /// The key of an object that `s3s-fs` lists.
    pub(super) fn key(&self, stored: String) -> io::Result<String> {
        match stored.strip_prefix(ASIDE).and_then(|rest| rest.strip_prefix('/')) {
            Some(digest) => std::fs::read_to_string(self.name_of(digest)),
            None => Ok(stored),
        }
    }

    fn name_of(&self, digest: &str) -> PathBuf {
        self.directory.join(format!(".key-{digest}"))
    }

    fn is_plain(&self, bucket: &str, key: &str) -> bool {
        if key.len() > PLAIN || key.contains('\0') || key.split('/').next() == Some(ASIDE) {
            return false;
        }
        let mut path = self.directory.join(bucket);
        for part in key.split('/') {
            if matches!(part, "" | "." | "..") || path.is_file() {
                return false;
            }
            path.push(part);
        }
        !path.is_dir()
    }
}

fn digest(key: &str) -> String {
    keys::digest(&[key.as_bytes()])
}
