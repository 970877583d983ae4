//! S3: where files lie until, and after, they are imported.
//!
//! An import pins the ETag of its object, and every read says `If-Match`: an object that was replaced
//! midway is an error ([`FileError::Replaced`]), never a mixture of two files.

pub mod place;
mod upload;

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::store::is_passing;
pub use upload::Upload;

/// The longest key that S3 takes, in bytes.
pub const LONGEST_KEY: usize = 1024;

/// The prefix for files that came in the body of a request.
pub const SOURCES: &str = "sources";
/// The prefix for files that are uploaded straight to S3; an object here starts its import.
pub const UPLOADS: &str = "uploads";

/// The prefix for files that are dropped into the bucket; an object here makes its import.
pub const INBOX: &str = "inbox";
/// The prefix for what is told of dropped files.
pub const OUTBOX: &str = "outbox";
/// The prefix for what was unpacked of a file; the bucket forgets it after a while.
pub const UNPACKED: &str = "unpacked";

/// The end of a key, for people who look into the bucket: what is plain in a file's name, at most 60 characters.
pub fn key_part(file_name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let part: String = file_name.chars().map(plain).take(60).collect();
    if part.trim_matches('.').is_empty() { "file".to_owned() } else { part }
}

/// What can go wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// No object lies there.
    #[error("the file is not there (any more)")]
    Missing,
    /// Another object lies there now.
    #[error("the file was replaced while it was imported")]
    Replaced,
    /// S3 had no capacity, or could not be reached in time, after all of the SDK's tries.
    #[error("{0}")]
    Unavailable(String),
    /// The request failed.
    #[error("{0}")]
    Sdk(String),
}

/// A stored object, pinned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// The key within the bucket.
    pub key: String,
    /// The ETag, without quotes.
    pub etag: String,
    /// Bytes.
    pub size: u64,
}

/// A request that was signed for somebody else to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PresignedPut {
    /// Where to.
    pub url: String,
    /// Headers that are signed, and have to be sent as they are here, besides the length.
    pub headers: BTreeMap<String, String>,
}

/// The bucket.
#[derive(Clone)]
pub struct Files {
    client: Client,
    bucket: String,
}

impl Files {
    /// The bucket behind `client`.
    pub fn new(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    /// The same bucket through another client.
    pub fn through(&self, client: Client) -> Self {
        Self::new(client, self.bucket.clone())
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Stores `bytes` at `key`.
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<Object, FileError> {
        let size = bytes.len() as u64;
        let put = self.client.put_object().bucket(&self.bucket).key(key).body(ByteStream::from(bytes));
        let answer = put.send().await.map_err(failed)?;
        let etag = unquoted(answer.e_tag.as_deref());
        Ok(Object { key: key.to_owned(), etag, size })
    }

    /// Deletes the object at `key`, if there is one.
    pub async fn delete(&self, key: &str) -> Result<(), FileError> {
        self.client.delete_object().bucket(&self.bucket).key(key).send().await.map_err(failed)?;
        Ok(())
    }

    /// Stores `bytes` at `key` if nothing is there; whether it did.
    pub async fn put_new(&self, key: &str, bytes: Bytes) -> Result<bool, FileError> {
        let put = self.client.put_object().bucket(&self.bucket).key(key).if_none_match("*");
        match put.body(ByteStream::from(bytes)).send().await.map_err(failed) {
            Ok(_) => Ok(true),
            Err(FileError::Replaced) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What lies at `key`.
    pub async fn head(&self, key: &str) -> Result<Object, FileError> {
        Ok(self.look(key).await?.0)
    }

    /// What lies at `key`, and its metadata.
    pub async fn look(&self, key: &str) -> Result<(Object, BTreeMap<String, String>), FileError> {
        let answer = self.client.head_object().bucket(&self.bucket).key(key).send().await.map_err(failed)?;
        let size = answer.content_length.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
        let object = Object { key: key.to_owned(), etag: unquoted(answer.e_tag.as_deref()), size };
        Ok((object, answer.metadata.unwrap_or_default().into_iter().collect()))
    }

    /// The bytes of the object, as they come.
    pub async fn stream(&self, object: &Object) -> Result<ByteStream, FileError> {
        let get = self.client.get_object().bucket(&self.bucket).key(&object.key);
        Ok(get.if_match(format!("\"{}\"", object.etag)).send().await.map_err(failed)?.body)
    }

    /// Some bytes of the object.
    pub async fn range(&self, object: &Object, range: Range<u64>) -> Result<Bytes, FileError> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let get = self.client.get_object().bucket(&self.bucket).key(&object.key);
        let get =
            get.if_match(format!("\"{}\"", object.etag)).range(format!("bytes={}-{}", range.start, range.end - 1));
        let body = get.send().await.map_err(failed)?.body;
        let bytes = body.collect().await.map_err(|error| FileError::Sdk(error.to_string()))?.into_bytes();
        if bytes.len() as u64 != range.end - range.start {
            return Err(FileError::Sdk(format!("{} bytes came for the range {range:?}", bytes.len())));
        }
        Ok(bytes)
    }

    /// Several parts of the object, one after the other.
    pub async fn ranges(&self, object: &Object, ranges: impl Iterator<Item = Range<u64>>) -> Result<Bytes, FileError> {
        let mut parts = Vec::new();
        for range in ranges {
            parts.push(self.range(object, range).await?);
        }
        Ok(match parts.len() {
            1 => parts.remove(0),
            _ => parts.concat().into(),
        })
    }

    /// A request that PUTs exactly `size` bytes to `key`, good for `lifetime` and for one success: an object that is
    /// there is not replaced (412), for its import may have read it already.
    pub async fn presigned_put(&self, key: &str, size: u64, lifetime: Duration) -> Result<PresignedPut, FileError> {
        let config = PresigningConfig::expires_in(lifetime).map_err(|error| FileError::Sdk(error.to_string()))?;
        let size = i64::try_from(size).map_err(|error| FileError::Sdk(error.to_string()))?;
        let put = self.client.put_object().bucket(&self.bucket).key(key).content_length(size).if_none_match("*");
        let put = put.presigned(config).await.map_err(failed)?;
        // Clients set the length themselves, and browsers let nobody else do it.
        let headers = put.headers().filter(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(PresignedPut { url: put.uri().to_owned(), headers })
    }
}

fn unquoted(etag: Option<&str>) -> String {
    etag.unwrap_or_default().trim_matches('"').to_owned()
}

fn failed<E>(error: SdkError<E>) -> FileError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    match (status, error.as_service_error().and_then(ProvideErrorMetadata::code)) {
        (Some(412), _) | (_, Some("PreconditionFailed")) => FileError::Replaced,
        (Some(404), _) | (_, Some("NoSuchKey" | "NotFound")) => FileError::Missing,
        _ if is_passing(&error) => FileError::Unavailable(DisplayErrorContext(&error).to_string()),
        _ => FileError::Sdk(DisplayErrorContext(&error).to_string()),
    }
}
