//! Uploads in parts, which a caller of the API sends straight to the bucket.

use std::time::Duration;

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use super::{FileError, Files, PresignedPut, failed, presigned};

/// The sizes of uploads; tests use small sizes.
#[derive(Clone, Copy, Debug)]
pub struct UploadSizes {
    /// The most bytes of a single PUT, which is S3's limit; a larger file comes in parts.
    pub single: u64,
    /// The bytes of each part but the last. S3 takes parts from 5 MB on.
    pub part: u64,
    /// The most bytes of a file.
    pub most: u64,
}

impl Default for UploadSizes {
    /// S3 takes files of 5 TB, and the parser reads a file within 15 minutes: 50 GiB at 60 MB a second. A larger file would be
    /// uploaded for nothing.
    fn default() -> Self {
        Self { single: 5 << 30, part: 64 << 20, most: 50 << 30 }
    }
}

/// The end of an upload in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// The object is in the bucket, by this request or by an earlier one.
    Done,
    /// The ETags are not those of the parts in the bucket, or parts are missing.
    WrongParts,
    /// The bucket knows no such upload: it was never begun, or it was abandoned and deleted.
    Gone,
}

impl Files {
    /// Begins an upload in parts and returns its id. The bucket's lifecycle rule deletes an upload that is never completed.
    pub async fn begin_parts(&self, key: &str) -> Result<String, FileError> {
        let begun = self.client.create_multipart_upload().bucket(&self.bucket).key(key).send().await.map_err(failed)?;
        begun.upload_id.ok_or_else(|| FileError::Sdk("an upload without an id".to_owned()))
    }

    /// Signs a request that PUTs exactly `size` bytes as the part of this number, from 1, within `lifetime`.
    pub async fn presigned_part(
        &self,
        key: &str,
        id: &str,
        (number, size): (u32, u64),
        lifetime: Duration,
    ) -> Result<PresignedPut, FileError> {
        let unfit = |error: &dyn std::error::Error| FileError::Sdk(error.to_string());
        let config = PresigningConfig::expires_in(lifetime).map_err(|error| unfit(&error))?;
        let number = i32::try_from(number).map_err(|error| unfit(&error))?;
        let size = i64::try_from(size).map_err(|error| unfit(&error))?;
        let part = self.client.upload_part().bucket(&self.bucket).key(key).upload_id(id).part_number(number);
        Ok(presigned(&part.content_length(size).presigned(config).await.map_err(failed)?))
    }

    /// Makes the object of the parts with these ETags, in order, unless an object is there.
    pub async fn complete_parts(&self, key: &str, id: &str, etags: Vec<String>) -> Result<Completion, FileError> {
        let part = |(number, etag): (i32, String)| CompletedPart::builder().part_number(number).e_tag(etag).build();
        let parts = (1..).zip(etags).map(part).collect();
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let complete = self.client.complete_multipart_upload().bucket(&self.bucket).key(key).upload_id(id);
        let Err(error) = complete.multipart_upload(parts).if_none_match("*").send().await else {
            return Ok(Completion::Done);
        };
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default();
        if ["InvalidPart", "InvalidPartOrder", "EntityTooSmall", "MalformedXML"].contains(&code) {
            return Ok(Completion::WrongParts);
        }
        // An earlier request may have completed the upload, whose id the bucket then does not know any more.
        match (failed(error), self.head(key).await) {
            (FileError::Replaced, _) | (_, Ok(_)) => Ok(Completion::Done),
            (FileError::Missing, Err(FileError::Missing)) => Ok(Completion::Gone),
            (error, _) => Err(error),
        }
    }
}
