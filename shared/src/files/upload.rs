//! An object that is written piece by piece, in memory that does not grow with it.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use super::{FileError, Files, Object, failed, unquoted};

/// Bytes of a part. S3 wants at least 5 MB, and takes 10,000 parts: 80 GB.
const PART: usize = 8 << 20;

/// An object on its way to the bucket. It is there when [`finish`](Self::finish) says so, or not at all; parts of one
/// that was given up or died are swept away by the bucket's lifecycle.
pub struct Upload<'f> {
    files: &'f Files,
    key: String,
    held: Vec<u8>,
    size: u64,
    /// Begun when there is more than one part.
    multipart: Option<Multipart>,
}

struct Multipart {
    id: String,
    parts: Vec<CompletedPart>,
}

impl Files {
    /// Begins an object at `key`, unless there is one.
    pub fn upload(&self, key: String) -> Upload<'_> {
        Upload { files: self, key, held: Vec::new(), size: 0, multipart: None }
    }
}

impl Upload<'_> {
    /// How many parts are in the bucket.
    pub fn parts(&self) -> usize {
        self.multipart.as_ref().map_or(0, |multipart| multipart.parts.len())
    }

    /// Appends bytes.
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

    /// Makes the object, or finds it: whoever was first wrote the same.
    pub async fn finish(mut self) -> Result<Object, FileError> {
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
            Ok(etag) => Ok(Object { etag: unquoted(etag.as_deref()), key: self.key, size: self.size }),
            // An earlier run, or this one, and the answer was lost.
            Err(FileError::Replaced | FileError::Missing) => match self.files.head(&self.key).await {
                Err(FileError::Missing) => Err(FileError::Sdk("the upload is gone: it is to be made again".to_owned())),
                found => found,
            },
            Err(error) => Err(error),
        }
    }

    /// Gives the object up.
    pub async fn abort(self) -> Result<(), FileError> {
        let Files { client, bucket } = self.files;
        if let Some(Multipart { id, .. }) = self.multipart {
            let abort = client.abort_multipart_upload().bucket(bucket).key(&self.key).upload_id(id);
            abort.send().await.map_err(failed)?;
        }
        Ok(())
    }
}
