//! The objects of an account, for an export and for the deletion of the account. No function calls this module.

use aws_sdk_s3::primitives::ByteStream;

use super::{FileError, Files, INBOX, OUTBOX, SOURCES, UNPACKED, UPLOADS, failed};
use crate::concurrent::drained;
use crate::id::AccountId;

/// The objects that are deleted at once.
const DELETIONS_IN_FLIGHT: usize = 16;

/// The beginnings of the keys of an account's objects, for example `sources/1/`.
pub fn prefixes_of(account: AccountId) -> [String; 5] {
    [SOURCES, UPLOADS, INBOX, OUTBOX, UNPACKED].map(|prefix| format!("{prefix}/{account}/"))
}

impl Files {
    /// The keys that begin with `prefix`, in ascending order.
    pub async fn keys_below(&self, prefix: &str) -> Result<Vec<String>, FileError> {
        let list = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix);
        let mut pages = list.into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let objects = page.map_err(failed)?.contents.unwrap_or_default();
            keys.extend(objects.into_iter().filter_map(|object| object.key));
        }
        Ok(keys)
    }

    /// The bytes of the object at `key`, whatever its ETag.
    pub async fn download(&self, key: &str) -> Result<ByteStream, FileError> {
        Ok(self.client.get_object().bucket(&self.bucket).key(key).send().await.map_err(failed)?.body)
    }

    /// Deletes each version of each object whose key begins with `prefix`, and returns the number of versions.
    pub async fn delete_below(&self, prefix: &str) -> Result<u64, FileError> {
        let mut deleted = 0;
        loop {
            // Deleted versions are in no list, so the next page is the first.
            let list = self.client.list_object_versions().bucket(&self.bucket).prefix(prefix);
            let page = list.send().await.map_err(failed)?;
            let markers = page.delete_markers().iter().map(|marker| (marker.key(), marker.version_id()));
            let versions = page.versions().iter().map(|version| (version.key(), version.version_id()));
            let all: Vec<_> = versions.chain(markers).filter_map(|(key, version)| Some((key?, version?))).collect();
            if all.is_empty() {
                return Ok(deleted);
            }
            let deletions = all.iter().map(|&(key, version)| async move {
                let delete = self.client.delete_object().bucket(&self.bucket).key(key).version_id(version);
                delete.send().await.map(drop).map_err(failed)
            });
            deleted += drained(deletions, DELETIONS_IN_FLIGHT).await?.len() as u64;
        }
    }
}
