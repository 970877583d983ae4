//! S3: `s3s` for the protocol and the signatures, `s3s-fs` for the files, and here what they lack.
//!
//! - **A read pinned by `If-Match` never mixes two objects.** `s3s-fs` ignores the condition, and replaces an object in
//!   two steps (the bytes, then the ETag), between which the new bytes go by the old name. Writers of a key therefore
//!   exclude each other and whoever opens it; a read that is open goes on with the bytes it has opened.
//! - **`If-None-Match: *`** holds against a rival, for the same reason.
//! - **A body is received before its key is locked**, so that a client which stays in the middle of one holds up nobody.
//! - **Notifications**: `ObjectCreated` events in S3's own shape, sent after the write and before its answer, and again
//!   by the next run if this one ends before they are delivered ([`journal`]).
//! - **Answers**: a bucket that is not there is told from a key that is not; lists carry ETags; an object without a
//!   content type has S3's default.
//!
//! - **Keys** are any text of up to 1,024 bytes ([`paths`]); longer ones are refused as S3 does (`KeyTooLongError`).

mod journal;
mod list;
mod notify;
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
use paths::Paths;

/// How many locks all keys share. Writers of two keys with the same one wait for each other.
const LOCKS: usize = 64;

/// The service, keeping its files in `directory`.
pub(super) fn service(directory: &Path, notifier: Notifier) -> Result<Router, StartError> {
    let buckets = Buckets {
        inner: FileSystem::new(directory).map_err(|error| StartError::Files(format!("{error:?}")))?,
        paths: Paths::new(directory),
        locks: std::array::from_fn(|_| RwLock::new(())),
        notifier,
        spool: directory.to_owned(),
    };
    let mut service = S3ServiceBuilder::new(buckets);
    service.set_auth(SimpleAuth::from_single(ACCESS_KEY_ID, SECRET_ACCESS_KEY));
    let service = HandleError::new(service.build(), async |error| {
        tracing::error!(?error, "S3 could not answer");
        StatusCode::INTERNAL_SERVER_ERROR
    });
    // As the template's bucket has it, for pages that upload a file. Other pages than the service's own do not get
    // through the gate.
    let pages = CorsLayer::new()
        .allow_origin(AllowOrigin::mirror_request())
        .allow_methods([Method::PUT])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([ETAG]);
    Ok(Router::new().fallback_service(service).layer(pages))
}

/// All buckets.
struct Buckets {
    inner: FileSystem,
    paths: Paths,
    locks: [RwLock<()>; LOCKS],
    notifier: Notifier,
    /// Where large bodies are kept while they come.
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

    /// The key by which `s3s-fs` knows an object that is there. The caller holds its lock.
    fn stored(&self, bucket: &str, key: &str) -> S3Result<String> {
        self.check_bucket(bucket)?;
        let stored = self.paths.stored(bucket, key);
        if self.paths.has_object(bucket, &stored) {
            Ok(stored)
        } else {
            Err(s3_error!(NoSuchKey, "The specified key does not exist."))
        }
    }

    /// The key by which `s3s-fs` is to know an object that is about to be written. The caller holds its lock.
    fn stored_anew(&self, bucket: &str, key: &str) -> S3Result<String> {
        self.check_bucket(bucket)?;
        self.paths.stored_anew(bucket, key).map_err(|error| s3_error!(error, InternalError))
    }

    /// What an object is now. The caller holds its lock.
    async fn head(&self, bucket: &str, stored: &str) -> S3Result<HeadObjectOutput> {
        let input = HeadObjectInput { bucket: bucket.to_owned(), key: stored.to_owned(), ..HeadObjectInput::default() };
        Ok(self.inner.head_object(request(input)).await?.output)
    }

    /// Tells of an object that was just written. The caller holds its lock.
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
            // Deleted since it was listed: S3's lists, too, are of a moment before the answer.
            object.e_tag = match self.stored(&asked.bucket, key) {
                Ok(stored) => self.head(&asked.bucket, &stored).await.ok().and_then(|head| head.e_tag),
                Err(_) => None,
            };
        }
        Ok(S3Response::new(page))
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
        // Held until the file is open: from then on the bytes are those that the ETag names.
        let _reading = self.reading(&bucket, &key).await;
        req.input.key = self.stored(&bucket, &key)?;
        // Before the range is looked at: of a shorter object that took this one's place S3 says 412, not 416.
        let conditions = Conditions::new(req.input.if_match.clone(), req.input.if_none_match.clone());
        conditions.check(self.head(&bucket, &req.input.key).await?.e_tag.as_ref())?;
        let mut answer = self.inner.get_object(req).await?;
        let output = &mut answer.output;
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
        // In the order of the locks, or two copies could each wait for the other's.
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
        self.inner.upload_part(req).await
    }

    async fn list_parts(&self, req: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        // The parts are found by the upload's id.
        self.inner.list_parts(req).await
    }

    async fn complete_multipart_upload(
        &self,
        mut req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let (bucket, key) = (req.input.bucket.clone(), req.input.key.clone());
        let _writing = self.writing(&bucket, &key).await;
        req.input.key = self.stored_anew(&bucket, &key)?;
        let mut answer = self.inner.complete_multipart_upload(req).await?;
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
        self.inner.abort_multipart_upload(req).await
    }
}

/// The conditions of a read.
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
            // A client may leave out the quotes; the value is what counts.
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

/// `s3s-fs` leaves the checksums of an object at its key when an upload in parts takes its place.
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
    // The remainder is smaller than the number of locks.
    (hash % LOCKS as u64) as usize
}

/// A request of our own to the store underneath.
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
