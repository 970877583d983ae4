//! S3, made of `s3s` for the protocol and the signatures, `s3s-fs` for the files, and this module for the gaps.
//!
//! # Promises
//!
//! - **A read with `If-Match` never mixes two objects.** `s3s-fs` ignores the condition, and replaces an object in
//!   two steps, first the bytes and then the ETag. Between these steps the new bytes have the old ETag. Therefore a
//!   writer of a key excludes every other writer and every opening reader of the key. A reader with an open file
//!   continues with the bytes of this file.
//! - **A write with `If-None-Match: *`** holds against a concurrent writer, thanks to the same lock.
//! - **A body is received before its key is locked**, so a client which stops in the middle of a body delays
//!   nobody.
//! - **An upload in parts** is completed by parts that were uploaded, each under its own ETag ([`parts`]).
//! - **Notifications** are `ObjectCreated` events in S3's own shape, sent after the write and before its answer. If
//!   this process ends before the delivery, the next run sends the events again ([`journal`]).
//! - **Answers** distinguish a missing bucket from a missing key, lists contain ETags, and an object without a
//!   content type gets S3's default.
//! - **Keys** are any text of up to 1,024 bytes ([`paths`]), and longer keys are refused with S3's
//!   `KeyTooLongError`.

mod journal;
mod list;
mod notify;
mod parts;
mod paths;
mod spool;

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::path::{Path, PathBuf};

use axum::Router;
use axum::error_handling::HandleError;
use axum::http::header::ETAG;
use axum::http::{Method, StatusCode};
use futures::future::BoxFuture;
use s3s::auth::SimpleAuth;
use s3s::dto::*;
use s3s::service::S3ServiceBuilder;
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

pub use journal::{Journal, Record};
pub use notify::{Created, CreatedObjects, Notification, Notifier, encode_key, queue_of};

use super::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, StartError};
use parts::Parts;
use paths::Paths;

/// Number of locks which all keys share. Writers of two keys with the same lock wait for each other.
const LOCKS: usize = 64;

/// Builds the service, which keeps the objects as files in `directory`.
pub(super) fn service(directory: &Path, notifier: Notifier) -> Result<Router, StartError> {
    let buckets = Buckets {
        inner: FileSystem::new(directory).map_err(|error| StartError::Files(format!("{error:?}")))?,
        paths: Paths::new(directory),
        parts: Parts::default(),
        locks: std::array::from_fn(|_| RwLock::new(())),
        notifier,
        spool: directory.to_owned(),
    };
    let mut service = S3ServiceBuilder::new(buckets);
    service.set_auth(SimpleAuth::from_single(ACCESS_KEY_ID, SECRET_ACCESS_KEY));
    let service = HandleError::new(service.build(), async |error| {
        tracing::error!(?error, "S3 failed to answer a request");
        StatusCode::INTERNAL_SERVER_ERROR
    });
    // The template's bucket has the same CORS rule, for web pages which upload or download a file. The gate lets no page pass
    // except the pages of the service itself.
    let pages = CorsLayer::new()
        .allow_origin(AllowOrigin::mirror_request())
        .allow_methods([Method::GET, Method::PUT])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([ETAG]);
    Ok(Router::new().fallback_service(service).layer(pages))
}

/// All buckets of the emulator, in a single directory.
struct Buckets {
    inner: FileSystem,
    paths: Paths,
    parts: Parts,
    locks: [RwLock<()>; LOCKS],
    notifier: Notifier,
    /// Directory of the temporary files for large bodies which are being received.
    spool: PathBuf,
}

impl Buckets {
    async fn reading(&self, bucket: &str, key: &str) -> RwLockReadGuard<'_, ()> {
        self.locks[lock_of(bucket, key)].read().await
    }

    async fn writing(&self, bucket: &str, key: &str) -> RwLockWriteGuard<'_, ()> {
        self.locks[lock_of(bucket, key)].write().await
    }

    fn check_bucket(&self, bucket: &str) -> S3Result<()> {
        if self.paths.has_bucket(bucket) {
            Ok(())
        } else {
            Err(s3_error!(NoSuchBucket, "The specified bucket does not exist"))
        }
    }

    /// Name of an existing object within `s3s-fs`, which is not always the key. The caller holds the key's lock.
    fn stored(&self, bucket: &str, key: &str) -> S3Result<String> {
        self.check_bucket(bucket)?;
        let stored = self.paths.stored(bucket, key);
        if self.paths.has_object(bucket, &stored) {
            Ok(stored)
        } else {
            Err(s3_error!(NoSuchKey, "The specified key does not exist."))
        }
    }

    /// Name within `s3s-fs` for an object about to be written. The caller holds the key's lock.
    fn stored_anew(&self, bucket: &str, key: &str) -> S3Result<String> {
        self.check_bucket(bucket)?;
        self.paths.stored_anew(bucket, key).map_err(|error| s3_error!(error, InternalError))
    }

    /// Size, ETag and attributes of a stored object. The caller holds the key's lock.
    async fn head(&self, bucket: &str, stored: &str) -> S3Result<HeadObjectOutput> {
        let input = HeadObjectInput { bucket: bucket.to_owned(), key: stored.to_owned(), ..HeadObjectInput::default() };
        Ok(self.inner.head_object(request(input)).await?.output)
    }

    /// Sends the notification of an object just written. The caller holds the key's lock.
    async fn created(&self, cause: &str, bucket: &str, key: &str) -> S3Result<()> {
        let head = self.head(bucket, &self.stored(bucket, key)?).await?;
        let e_tag = head.e_tag.as_ref().map_or("", ETag::value);
        self.notifier.created(cause, bucket, key, head.content_length.unwrap_or(0), e_tag);
        Ok(())
    }
}

#[async_trait::async_trait]
impl S3 for Buckets {
    async fn create_bucket(&self, req: S3Request<CreateBucketInput>) -> S3Result<S3Response<CreateBucketOutput>> {
        if self.check_bucket(&req.input.bucket).is_ok() {
            return Err(s3_error!(BucketAlreadyOwnedByYou));
        }
        self.inner.create_bucket(req).await
    }

    async fn head_bucket(&self, req: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.inner.head_bucket(req).await
    }

    async fn list_buckets(&self, req: S3Request<ListBucketsInput>) -> S3Result<S3Response<ListBucketsOutput>> {
        self.inner.list_buckets(req).await
    }

    async fn list_objects_v2(&self, req: S3Request<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
        let asked = req.input;
        let all = ListObjectsV2Input {
            bucket: asked.bucket.clone(),
            max_keys: Some(i32::MAX),
            ..ListObjectsV2Input::default()
        };
        let mut objects = self.inner.list_objects_v2(request(all)).await?.output.contents.unwrap_or_default();
        for object in &mut objects {
            let key = object.key.take().map(|stored| self.paths.key(stored)).transpose();
            object.key = key.map_err(|error| s3_error!(error, InternalError))?;
        }
        let mut page = list::page(objects, &asked);
        for object in page.contents.iter_mut().flatten() {
            let key = object.key.as_deref().unwrap_or_default();
            let _reading = self.reading(&asked.bucket, key).await;
            // The object may have been deleted after the listing. S3's lists, too, describe a moment before the
            // answer.
            object.e_tag = match self.stored(&asked.bucket, key) {
                Ok(stored) => self.head(&asked.bucket, &stored).await.ok().and_then(|head| head.e_tag),
                Err(_) => None,
            };
        }
        Ok(S3Response::new(page))
    }

    /// Each object is its only version, as in a bucket without versioning.
    async fn list_object_versions(
        &self,
        req: S3Request<ListObjectVersionsInput>,
    ) -> S3Result<S3Response<ListObjectVersionsOutput>> {
        let ListObjectVersionsInput { bucket, prefix, key_marker, max_keys, .. } = req.input;
        let asked =
            ListObjectsV2Input { bucket, prefix, start_after: key_marker, max_keys, ..ListObjectsV2Input::default() };
        Ok(S3Response::new(list::versions(self.list_objects_v2(request(asked)).await?.output)))
    }

    async fn head_object(&self, mut req: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let (bucket, key) = (req.input.bucket.clone(), req.input.key.clone());
        let _reading = self.reading(&bucket, &key).await;
        req.input.key = self.stored(&bucket, &key)?;
        let conditions = Conditions::new(req.input.if_match.clone(), req.input.if_none_match.clone());
        let mut answer = self.inner.head_object(req).await?;
        conditions.check(answer.output.e_tag.as_ref())?;
        answer.output.content_type.get_or_insert_with(default_content_type);
        Ok(answer)
    }

    async fn get_object(&self, mut req: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let (bucket, key) = (req.input.bucket.clone(), req.input.key.clone());
        // The lock is held until the file is open, and from then on the bytes match the ETag.
        let _reading = self.reading(&bucket, &key).await;
        req.input.key = self.stored(&bucket, &key)?;
        // The conditions are checked before the range. If a shorter object has replaced the pinned object, S3
        // answers 412 and not 416.
        let conditions = Conditions::new(req.input.if_match.clone(), req.input.if_none_match.clone());
        conditions.check(self.head(&bucket, &req.input.key).await?.e_tag.as_ref())?;
        let disposition = req.input.response_content_disposition.take();
        let mut answer = self.inner.get_object(req).await?;
        let output = &mut answer.output;
        output.content_disposition = disposition.or(output.content_disposition.take());
        output.content_type.get_or_insert_with(default_content_type);
        if output.e_tag.as_ref().is_some_and(|e_tag| e_tag.value().contains('-')) {
            forget_checksums(output);
        }
        Ok(answer)
    }

    async fn put_object(&self, mut req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let (bucket, key) = (req.input.bucket.clone(), req.input.key.clone());
        if let Some(body) = req.input.body.take() {
            req.input.body = Some(spool::received(body, &self.spool).await?);
        }
        let _writing = self.writing(&bucket, &key).await;
        req.input.key = self.stored_anew(&bucket, &key)?;
        let answer = self.inner.put_object(req).await?;
        self.created("Put", &bucket, &key).await?;
        Ok(answer)
    }

    async fn copy_object(&self, mut req: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        let (bucket, key) = (req.input.bucket.clone(), req.input.key.clone());
        let (source_bucket, source_key, version_id) = match &req.input.copy_source {
            CopySource::Bucket { bucket, key, version_id } => (bucket.clone(), key.to_string(), version_id.clone()),
            _ => return Err(s3_error!(NotImplemented)),
        };
        // Both locks are taken in ascending order, because otherwise two copies could wait for each other forever.
        let (from, to) = (lock_of(&source_bucket, &source_key), lock_of(&bucket, &key));
        let _lower = if from < to { Some(self.locks[from].read().await) } else { None };
        let _writing = self.locks[to].write().await;
        let _higher = if from > to { Some(self.locks[from].read().await) } else { None };
        let source_key = self.stored(&source_bucket, &source_key)?.into();
        req.input.copy_source = CopySource::Bucket { bucket: source_bucket, key: source_key, version_id };
        req.input.key = self.stored_anew(&bucket, &key)?;
        let answer = self.inner.copy_object(req).await?;
        self.created("Copy", &bucket, &key).await?;
        Ok(answer)
    }

    async fn delete_object(&self, mut req: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let (bucket, key) = (req.input.bucket.clone(), req.input.key.clone());
        let _writing = self.writing(&bucket, &key).await;
        req.input.key = self.paths.stored(&bucket, &key);
        if req.input.version_id.take().is_some_and(|version| version != list::ONLY_VERSION) {
            return Err(s3_error!(NoSuchVersion));
        }
        self.inner.delete_object(req).await
    }

    async fn create_multipart_upload(
        &self,
        mut req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let (bucket, key) = (req.input.bucket.clone(), req.input.key.clone());
        let _writing = self.writing(&bucket, &key).await;
        req.input.key = self.stored_anew(&bucket, &key)?;
        let mut answer = self.inner.create_multipart_upload(req).await?;
        answer.output.key = Some(key);
        Ok(answer)
    }

    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let (upload, number) = (req.input.upload_id.clone(), req.input.part_number);
        let answer = self.inner.upload_part(req).await?;
        self.parts.uploaded(upload, number, answer.output.e_tag.as_ref());
        Ok(answer)
    }

    async fn list_parts(&self, req: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        // The upload's id is enough to find its parts, so the key stays as the client spelled it.
        self.inner.list_parts(req).await
    }

    async fn complete_multipart_upload(
        &self,
        mut req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let (bucket, key) = (req.input.bucket.clone(), req.input.key.clone());
        let _writing = self.writing(&bucket, &key).await;
        req.input.key = self.stored_anew(&bucket, &key)?;
        let upload = req.input.upload_id.clone();
        self.parts.check(&upload, req.input.multipart_upload.as_ref())?;
        let mut answer = self.inner.complete_multipart_upload(req).await?;
        self.parts.forget(&upload);
        self.created("CompleteMultipartUpload", &bucket, &key).await?;
        answer.output.future = answer.output.future.take().map(|body| -> BoxFuture<'static, _> {
            Box::pin(async move { body.await.map(|output| CompleteMultipartUploadOutput { key: Some(key), ..output }) })
        });
        Ok(answer)
    }

    async fn abort_multipart_upload(
        &self,
        mut req: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let (bucket, key) = (req.input.bucket.clone(), req.input.key.clone());
        let _writing = self.writing(&bucket, &key).await;
        req.input.key = self.paths.stored(&bucket, &key);
        self.parts.forget(&req.input.upload_id);
        self.inner.abort_multipart_upload(req).await
    }
}

/// The conditions `If-Match` and `If-None-Match` of a read.
struct Conditions {
    if_match: Option<ETagCondition>,
    if_none_match: Option<ETagCondition>,
}

impl Conditions {
    fn new(if_match: Option<ETagCondition>, if_none_match: Option<ETagCondition>) -> Self {
        Self { if_match, if_none_match }
    }

    fn check(&self, e_tag: Option<&ETag>) -> S3Result<()> {
        let is = |condition: &ETagCondition| match condition {
            ETagCondition::Any => true,
            // A client may omit the quotes of an ETag, so only the values are compared.
            ETagCondition::ETag(expected) => e_tag.is_some_and(|e_tag| e_tag.value() == expected.value()),
        };
        if self.if_match.as_ref().is_some_and(|condition| !is(condition)) {
            return Err(s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold"));
        }
        if self.if_none_match.as_ref().is_some_and(is) {
            return Err(s3_error!(NotModified));
        }
        Ok(())
    }
}

/// Removes the checksums from an answer. When an upload in parts replaces an object, `s3s-fs` keeps the old
/// object's checksums under the key.
fn forget_checksums(output: &mut GetObjectOutput) {
    output.checksum_crc32 = None;
    output.checksum_crc32c = None;
    output.checksum_crc64nvme = None;
    output.checksum_sha1 = None;
    output.checksum_sha256 = None;
}

fn default_content_type() -> String {
    "binary/octet-stream".to_owned()
}

fn lock_of(bucket: &str, key: &str) -> usize {
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one((bucket, key));
    // The remainder is smaller than the number of locks, so the cast loses nothing.
    (hash % LOCKS as u64) as usize
}

/// Wraps an input into a request from this module to `s3s-fs`.
fn request<T>(input: T) -> S3Request<T> {
    S3Request {
        input,
        method: Method::HEAD,
        uri: axum::http::Uri::default(),
        headers: axum::http::HeaderMap::new(),
        extensions: axum::http::Extensions::new(),
        credentials: None,
        region: None,
        service: None,
        trailing_headers: None,
    }
}

#[cfg(test)]
mod tests;
