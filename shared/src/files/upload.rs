//! Writes an object to the bucket piece by piece, in memory that does not grow with the object.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use super::{FileError, Files, Object, failed, unquoted};

/// The size of a part in bytes. S3 requires at least 5 MB and accepts 10,000 parts, so an object may have up to 80 GB.
const PART: usize = 8 << 20;

/// An object on its way to the bucket. No reader finds any of the object before [`finish`](Self::finish) returns. The
/// bucket's lifecycle rule deletes the parts of an upload that was abandoned or whose process died.
pub struct Upload<'f> {
    files: &'f Files,
    key: String,
    held: Vec<u8>,
    size: u64,
    /// The multipart upload, or `None` until the first part is full.
    multipart: Option<Multipart>,
}

struct Multipart {
    id: String,
    parts: Vec<CompletedPart>,
}

impl Files {
    /// Begins to write an object at `key`. Only [`finish`](Upload::finish) finds out whether an
    /// object is there already.
    pub fn upload(&self, key: String) -> Upload<'_> {
        Upload { files: self, key, held: Vec::new(), size: 0, multipart: None }
    }
}

impl Upload<'_> {
    /// The number of parts that the bucket has received.
    pub fn parts(&self) -> usize {
        self.multipart.as_ref().map_or(0, |multipart| multipart.parts.len())
    }

    /// Appends bytes, and sends a part whenever 8 MB are held.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = PART - self.held.len();
            let (some, behind) = rest.split_at(room.min(rest.len()));
            self.held.extend_from_slice(some);
            rest = behind;
            if self.held.len() == PART {
                self.part().await?;
            }
        }
        self.size += bytes.len() as u64;
        Ok(())
    }

    async fn part(&mut self) -> Result<(), FileError> {
        let Files { client, bucket } = self.files;
        if self.multipart.is_none() {
            let begun = client.create_multipart_upload().bucket(bucket).key(&self.key).send().await.map_err(failed)?;
            let id = begun.upload_id.unwrap_or_default();
            self.multipart = Some(Multipart { id, parts: Vec::new() });
        }
        let Some(Multipart { id, parts }) = &mut self.multipart else {
            unreachable!("it was begun above");
        };
        let number = parts.len() as i32 + 1;
        let body = ByteStream::from(std::mem::take(&mut self.held));
        let put = client.upload_part().bucket(bucket).key(&self.key).upload_id(&*id).part_number(number).body(body);
        let done = put.send().await.map_err(failed)?;
        parts.push(CompletedPart::builder().part_number(number).set_e_tag(done.e_tag).build());
        Ok(())
    }

    /// Completes the object, or returns the object that is there already: of an earlier run of the same work, under a key
    /// that no other work has.
    pub async fn finish(self) -> Result<Object, FileError> {
        Ok(self.complete().await?.0)
    }

    /// Completes the object like [`finish`](Self::finish); `true` if the object has for certain the bytes of this upload, and not
    /// those of an earlier run.
    pub async fn complete(mut self) -> Result<(Object, bool), FileError> {
        if self.multipart.is_some() && !self.held.is_empty() {
            self.part().await?;
        }
        let Files { client, bucket } = self.files;
        let made = match self.multipart {
            None => {
                let put = client.put_object().bucket(bucket).key(&self.key).if_none_match("*");
                let body = ByteStream::from(std::mem::take(&mut self.held));
                put.body(body).send().await.map(|done| done.e_tag).map_err(failed)
            }
            Some(Multipart { id, parts }) => {
                let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
                let complete = client.complete_multipart_upload().bucket(bucket).key(&self.key).upload_id(id);
                let complete = complete.multipart_upload(parts).if_none_match("*");
                complete.send().await.map(|done| done.e_tag).map_err(failed)
            }
        };
        match made {
            Ok(etag) => Ok((Object { etag: unquoted(etag.as_deref()), key: self.key, size: self.size }, true)),
            // An earlier run completed the object, or this run did and the answer was lost.
            Err(FileError::Replaced | FileError::Missing) => match self.files.head(&self.key).await {
                Err(FileError::Missing) => Err(FileError::Sdk("the upload is gone: it is to be made again".to_owned())),
                found => Ok((found?, false)),
            },
            Err(error) => Err(error),
        }
    }

    /// Abandons the object and deletes the parts in the bucket.
    pub async fn abort(self) -> Result<(), FileError> {
        let Files { client, bucket } = self.files;
        if let Some(Multipart { id, .. }) = self.multipart {
            let abort = client.abort_multipart_upload().bucket(bucket).key(&self.key).upload_id(id);
            abort.send().await.map_err(failed)?;
        }
        Ok(())
    }
}
