//! Maps the key of an object to the path of its file.
//!
//! `s3s-fs` treats a key as a path below the bucket's directory, and keeps an object's attributes in a file whose
//! name is bucket and key in base64. S3's keys, however, are any text of up to 1,024 bytes. Therefore this module
//! distinguishes two sorts of keys:
//!
//! - A *plain* key is its own path, as a person who looks into the folder expects.
//! - The object of any other key lies **aside**, at `.keys/<SHA-256 of the key>` in its bucket. The key itself is
//!   the content of the file `.key-<SHA-256>` beside the buckets, where lists read the key.
//!
//! # Rules
//!
//! | a key is not plain if | example |
//! |---|---|
//! | the key is longer than [`PLAIN`] bytes | |
//! | a part of the key cannot be a file name | `a//b`, `../a`, `a/`, a NUL |
//! | a directory or another object is in the way of the path | `a/b` beside an object `a`, and the reverse |
//! | the key begins with `.keys/` | |
//!
//! A key whose object lies aside stays aside, even after the path has become free.

use std::io;
use std::path::{Path, PathBuf};

use shared::store::keys;

/// Longest plain key in bytes. The name of an attributes file has at most 255 bytes, and during an upload in parts
/// to the local bucket 160 of these bytes remain for the key in base64.
pub(super) const PLAIN: usize = 120;
/// Directory within a bucket for the objects whose keys are not plain.
const ASIDE: &str = ".keys";

/// The directory of all buckets, with the rules for the paths of objects.
pub(super) struct Paths {
    directory: PathBuf,
}

impl Paths {
    pub(super) fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    /// True if the bucket's directory exists.
    pub(super) fn has_bucket(&self, bucket: &str) -> bool {
        self.directory.join(bucket).is_dir()
    }

    /// True if the object's file exists. A directory counts as no object.
    pub(super) fn has_object(&self, bucket: &str, stored: &str) -> bool {
        self.directory.join(bucket).join(stored).is_file()
    }

    /// Name of an object within `s3s-fs`, whether or not the object exists. The caller holds the key's lock.
    pub(super) fn stored(&self, bucket: &str, key: &str) -> String {
        let aside = format!("{ASIDE}/{}", digest(key));
        if self.has_object(bucket, &aside) || !self.is_plain(bucket, key) { aside } else { key.to_owned() }
    }

    /// Name within `s3s-fs` for an object about to be written. If the object lies aside, its key is
    /// written beside the buckets.
    pub(super) fn stored_anew(&self, bucket: &str, key: &str) -> io::Result<String> {
        let stored = self.stored(bucket, key);
        if stored != key {
            std::fs::write(self.name_of(&digest(key)), key)?;
        }
        Ok(stored)
    }

    /// Key of an object which `s3s-fs` lists under `stored`.
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
