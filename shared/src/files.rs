//! S3: the bucket in which the files of imports lie before, during and after the import.
//!
//! An import pins the ETag of the file's object, and every read says `If-Match`. If the object is replaced during the
//! import, the read fails ([`FileError::Replaced`]), so an import never mixes two files.

pub mod of_account;
mod parts;
pub mod place;
mod upload;

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::store::is_passing;
pub use parts::{Completion, UploadSizes};
pub use upload::Upload;

/// The longest key that S3 accepts, in bytes.
pub const LONGEST_KEY: usize = 1024;

/// The prefix for files that came in the body of a request.
pub const SOURCES: &str = "sources";
/// The prefix for files that a caller uploads straight to S3. The arrival of the object starts the import.
pub const UPLOADS: &str = "uploads";

/// The prefix for files that are dropped into the bucket. The arrival of the object makes an import.
pub const INBOX: &str = "inbox";
/// The prefix for the reports on dropped files.
pub const OUTBOX: &str = "outbox";
/// The prefix for tables that were unpacked from a spreadsheet or a gzip. The bucket deletes these
/// objects after [`UNPACKED_DAYS`].
pub const UNPACKED: &str = "unpacked";
/// The days after which the bucket deletes an unpacked table, by the lifecycle rule of `template.yaml`.
pub const UNPACKED_DAYS: u64 = 30;

/// The end of a key, for people who look into the bucket: the first 60 characters of the file name, in which every
/// character beyond ASCII letters, digits, `.`, `_` and `-` becomes `_`.
pub fn key_part(file_name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let part: String = file_name.chars().map(plain).take(60).collect();
    if part.trim_matches('.').is_empty() { "file".to_owned() } else { part }
}

/// The ways in which a request to the bucket fails.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// No object lies under the key, or the object was deleted.
    #[error("the file is not there (any more)")]
    Missing,
    /// The object under the key has a different ETag, or an object exists where the caller wanted none.
    #[error("the file was replaced while it was imported")]
    Replaced,
    /// After all of the SDK's retries S3 had no capacity or could not be reached in time.
    #[error("{0}")]
    Unavailable(String),
    /// The request failed for another reason, which the text tells.
    #[error("{0}")]
    Sdk(String),
}

/// An object in the bucket, pinned to a version of the content by the ETag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// The key within the bucket, for example `sources/1/5/times.csv`.
    pub key: String,
    /// The ETag of the content, without quotes.
    pub etag: String,
    /// The size of the object in bytes.
    pub size: u64,
}

/// The address and the headers of a signed PUT, for a caller of the API to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PresignedPut {
    /// The signed URL to which the caller sends the file.
    pub url: String,
    /// The signed headers besides the length, which the caller has to send unchanged.
    pub headers: BTreeMap<String, String>,
}

/// The bucket with the files of all accounts, whose clones share a client.
#[derive(Clone)]
pub struct Files {
    client: Client,
    bucket: String,
}

impl Files {
    /// The bucket of this name, reached through `client`.
    pub fn new(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    /// The same bucket, reached through another client.
    pub fn through(&self, client: Client) -> Self {
        Self::new(client, self.bucket.clone())
    }

    /// The name of the bucket, which is part of the claim of an object as an import's source.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Stores `bytes` at `key`, in place of any object there.
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<Object, FileError> {
        let size = bytes.len() as u64;
        let put = self.client.put_object().bucket(&self.bucket).key(key).body(ByteStream::from(bytes));
        let answer = put.send().await.map_err(failed)?;
        let etag = unquoted(answer.e_tag.as_deref());
        Ok(Object { key: key.to_owned(), etag, size })
    }

    /// Deletes the object at `key`, where a missing object is no error.
    pub async fn delete(&self, key: &str) -> Result<(), FileError> {
        self.client.delete_object().bucket(&self.bucket).key(key).send().await.map_err(failed)?;
        Ok(())
    }

    /// Stores `bytes` at `key` if no object is there, and returns whether the object was stored.
    pub async fn put_new(&self, key: &str, bytes: Bytes) -> Result<bool, FileError> {
        let put = self.client.put_object().bucket(&self.bucket).key(key).if_none_match("*");
        match put.body(ByteStream::from(bytes)).send().await.map_err(failed) {
            Ok(_) => Ok(true),
            Err(FileError::Replaced) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The ETag and the size of the object at `key`.
    pub async fn head(&self, key: &str) -> Result<Object, FileError> {
        Ok(self.look(key).await?.0)
    }

    /// The ETag and the size of the object at `key`, with the object's metadata.
    pub async fn look(&self, key: &str) -> Result<(Object, BTreeMap<String, String>), FileError> {
        let answer = self.client.head_object().bucket(&self.bucket).key(key).send().await.map_err(failed)?;
        let size = answer.content_length.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
        let object = Object { key: key.to_owned(), etag: unquoted(answer.e_tag.as_deref()), size };
        Ok((object, answer.metadata.unwrap_or_default().into_iter().collect()))
    }

    /// The bytes of the object as a stream, in the pieces that S3 sends.
    pub async fn stream(&self, object: &Object) -> Result<ByteStream, FileError> {
        let get = self.client.get_object().bucket(&self.bucket).key(&object.key);
        Ok(get.if_match(format!("\"{}\"", object.etag)).send().await.map_err(failed)?.body)
    }

    /// The bytes of the object in a range whose end is excluded; a shorter answer from S3 is an error.
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

    /// The bytes of several ranges of the object, joined in the order of the ranges.
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

    /// Signs a request that PUTs exactly `size` bytes to `key` within `lifetime`. The request succeeds only once,
    /// because S3 does not replace an existing object (412) that the import may have read.
    pub async fn presigned_put(&self, key: &str, size: u64, lifetime: Duration) -> Result<PresignedPut, FileError> {
        let config = PresigningConfig::expires_in(lifetime).map_err(|error| FileError::Sdk(error.to_string()))?;
        let size = i64::try_from(size).map_err(|error| FileError::Sdk(error.to_string()))?;
        let put = self.client.put_object().bucket(&self.bucket).key(key).content_length(size).if_none_match("*");
        Ok(presigned(&put.presigned(config).await.map_err(failed)?))
    }

    /// Signs a request that GETs the object at `key` within `lifetime`. S3 answers the request with `disposition` as its
    /// `Content-Disposition`.
    pub async fn presigned_get(&self, key: &str, disposition: &str, lifetime: Duration) -> Result<String, FileError> {
        let config = PresigningConfig::expires_in(lifetime).map_err(|error| FileError::Sdk(error.to_string()))?;
        let get = self.client.get_object().bucket(&self.bucket).key(key).response_content_disposition(disposition);
        Ok(get.presigned(config).await.map_err(failed)?.uri().to_owned())
    }
}

/// The parts of a signed request that a caller needs.
fn presigned(put: &PresignedRequest) -> PresignedPut {
    // HTTP clients set the length themselves, and browsers forbid scripts to set the header.
    let headers = put.headers().filter(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    PresignedPut { url: put.uri().to_owned(), headers }
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
