//! The parts of uploads in progress, with their ETags.
//!
//! `s3s-fs` completes an upload whatever ETags the client names, and fails without an error of S3 if a part is missing.
//! The parts of an upload are known in memory, so an upload that was begun before a restart is completed unchecked.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard};

use s3s::dto::{CompletedMultipartUpload, ETag};
use s3s::{S3Result, s3_error};

/// ETags by number, for each upload in progress.
#[derive(Debug, Default)]
pub(super) struct Parts(Mutex<HashMap<String, BTreeMap<i32, String>>>);

impl Parts {
    fn uploads(&self) -> MutexGuard<'_, HashMap<String, BTreeMap<i32, String>>> {
        self.0.lock().expect("no one panics while holding the parts")
    }

    /// Notes a part, in place of an earlier part with the same number.
    pub fn uploaded(&self, upload: String, number: i32, etag: Option<&ETag>) {
        let etag = etag.map(|etag| etag.value().to_owned()).unwrap_or_default();
        self.uploads().entry(upload).or_default().insert(number, etag);
    }

    /// Checks that each part which a client names was uploaded under the ETag which the client names.
    pub fn check(&self, upload: &str, named: Option<&CompletedMultipartUpload>) -> S3Result<()> {
        let uploads = self.uploads();
        let Some(parts) = uploads.get(upload) else { return Ok(()) };
        let named = named.and_then(|named| named.parts.as_deref()).unwrap_or_default();
        let fits = named.iter().all(|part| {
            let etag = part.part_number.and_then(|number| parts.get(&number));
            etag.is_some_and(|etag| part.e_tag.as_ref().is_some_and(|named| named.value() == etag))
        });
        if fits {
            Ok(())
        } else {
            Err(s3_error!(InvalidPart, "One or more of the specified parts could not be found or has another ETag"))
        }
    }

    /// Forgets an upload that was completed or aborted.
    pub fn forget(&self, upload: &str) {
        self.uploads().remove(upload);
    }
}
