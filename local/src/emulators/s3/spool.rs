//! Receives the whole body of a request before the object's key is locked.
//!
//! A client which sends half a body and stops must not hold a lock. Several keys share each lock, so other clients,
//! for example the loaders, would have to wait for this client.

use std::io::{self, SeekFrom};
use std::path::Path;

use axum::body::Bytes;
use futures::stream::{StreamExt, once, unfold};
use s3s::dto::StreamingBlob;
use s3s::{S3Result, s3_error};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

/// Longest body in bytes which is held in memory. A longer body goes to a temporary file without a name.
const IN_MEMORY: usize = 8 << 20;
/// Bytes read from the temporary file at a time.
const PIECE: usize = 256 << 10;

/// Receives the body to its end, and returns the body as a new stream. A long body is
/// kept in `directory` meanwhile.
pub(super) async fn received(mut body: StreamingBlob, directory: &Path) -> S3Result<StreamingBlob> {
    let mut held = Vec::new();
    let mut file: Option<File> = None;
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| s3_error!(IncompleteBody, "The body did not come to its end: {error}"))?;
        match &mut file {
            Some(file) => file.write_all(&piece).await.map_err(unwritten)?,
            None => held.extend_from_slice(&piece),
        }
        if file.is_none() && held.len() > IN_MEMORY {
            let mut begun = File::from_std(tempfile::tempfile_in(directory).map_err(unwritten)?);
            begun.write_all(&std::mem::take(&mut held)).await.map_err(unwritten)?;
            file = Some(begun);
        }
    }
    let Some(mut file) = file else {
        return Ok(StreamingBlob::wrap(once(async move { Ok::<_, io::Error>(Bytes::from(held)) })));
    };
    file.flush().await.map_err(unwritten)?;
    file.seek(SeekFrom::Start(0)).await.map_err(unwritten)?;
    Ok(StreamingBlob::wrap(unfold(file, |mut file| async move {
        let mut piece = vec![0; PIECE];
        match file.read(&mut piece).await {
            Ok(0) => None,
            Ok(read) => {
                piece.truncate(read);
                Some((Ok(Bytes::from(piece)), file))
            }
            Err(error) => Some((Err(error), file)),
        }
    })))
}

fn unwritten(error: io::Error) -> s3s::S3Error {
    s3_error!(InternalError, "The body cannot be kept: {error}")
}
