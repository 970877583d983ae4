//! Unpacks a spreadsheet, a gzip or JSON into a plain table in the bucket.
//!
//! The plan and the loaders read ranges of bytes, and none of these has byte ranges that make sense alone. The parser therefore unpacks a packed file once into a second object, and the import reads that object in
//! place of the file ([`Import::table`]). The original stays as the caller sent it.
//!
//! - **The same object after a crash.** The object's key contains a digest of everything that decides on the bytes, and
//!   the object is put only if it is absent. A parser that runs again after a death, or beside another parser, makes or
//!   finds the very same object, and the loaders' `If-Match` holds.
//! - **Kept for a month.** The bucket deletes the object after 30 days, long after the last loader. From then on
//!   reports of failed rows lack the rows' cells.
//! - **Nothing left by a stopped import.** The parser reads the import's status after each part of 8 MB and aborts the
//!   upload if the status has changed. An object that no loader will read is deleted ([`forget`]). A crash may leave
//!   the parts of an upload, which the bucket's lifecycle rule deletes after a day, or the object for a month.

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use crate::files::{FileError, Files, Object, UNPACKED, Upload};
use crate::import::{Import, ImportError, Status};
use crate::packed::{
    Cancellation, Gunzip, JsonKeys, JsonLines, Limits, MAGIC, NotUnpacked, Packing, Unpacked, WantedSheet, unpack,
};
use crate::services::Services;
use crate::store::keys;
use crate::table::{Form, RefusalOf};

/// The number of bytes of JSON that are turned into lines at a time. The shortest objects with a thousand keys give 16 MB.
const JSON_SLICE: usize = 64 * 1024;

/// The rows of an import's file as a plain table, ready to be read.
pub struct OpenTable {
    /// The bytes of the table, from the first byte on.
    pub bytes: Bytestream,
    /// The kind of the source (a plain file or a sheet), with evidence for people.
    pub from: Unpacked,
    /// The object that holds the unpacked table. `None` for a file that was not packed.
    pub unpacked: Option<Object>,
}

/// Opens the table of an import's file, and unpacks the file first if it is packed. `wanted` says which sheet of
/// a spreadsheet to read.
pub async fn open<F: Form>(
    services: &Services,
    import: &Import,
    source: &Object,
    wanted: &WantedSheet<F>,
) -> Result<Result<OpenTable, RefusalOf<F>>, ImportError> {
    let files = &services.files;
    let mut bytes = Bytestream::open(files, source).await?;
    let Some(kind) = Packing::of(bytes.head().await?) else {
        let from = Unpacked::from(None);
        return Ok(Ok(OpenTable { bytes, from, unpacked: None }));
    };
    let mut table = Unpacking { services, import, wanted, upload: files.upload(key(import, source, wanted)) };
    let from = match table.fill(kind, bytes, source).await {
        Ok(Ok(from)) => from,
        Ok(Err(why)) => {
            table.upload.abort().await?;
            return Ok(Err(why.into_refusal()));
        }
        Err(error) => {
            if let Err(left) = table.upload.abort().await {
                tracing::warn!(import = import.id.0, error = %left, "an upload was not aborted");
            }
            return Err(error);
        }
    };
    let unpacked = table.upload.finish().await?;
    let bytes = Bytestream::open(files, &unpacked).await?;
    Ok(Ok(OpenTable { bytes, from, unpacked: Some(unpacked) }))
}

/// Deletes the unpacked object if the import was stopped before the object was recorded in the import.
pub async fn forget(services: &Services, import: &Import, unpacked: &Object) {
    let is_open = matches!(import.status, Status::New | Status::Queued | Status::Processing);
    if is_open || import.unpacked.is_some() {
        return;
    }
    if let Err(error) = services.files.delete(&unpacked.key).await {
        tracing::warn!(import = import.id.0, %error, "an unneeded unpacked table was not deleted");
    }
}

/// The key of the unpacked table: a digest of the file's ETag and of the options that decide which sheet is read.
fn key<F: Form>(import: &Import, source: &Object, wanted: &WantedSheet<F>) -> String {
    let made_from = Sha256::digest(format!("{}\n{wanted:?}", source.etag));
    let name = keys::hex(&made_from[..8]);
    format!("{UNPACKED}/{}/{}/{name}.csv", import.account, import.id)
}

/// An unpacked table on the way into the bucket.
struct Unpacking<'s, F: Form> {
    services: &'s Services,
    import: &'s Import,
    wanted: &'s WantedSheet<F>,
    upload: Upload<'s>,
}

impl<F: Form> Unpacking<'_, F> {
    async fn fill(
        &mut self,
        kind: Packing,
        bytes: Bytestream,
        source: &Object,
    ) -> Result<Result<Unpacked, NotUnpacked>, ImportError> {
        match kind {
            Packing::Gzip => self.gunzip(bytes).await,
            Packing::Zip => self.sheet(bytes, source).await,
            Packing::Json => self.json(bytes, source).await,
            Packing::Compound => {
                let never = Cancellation::default();
                Ok(unpack(kind, Bytes::new(), self.wanted, &Limits::PARSER, &never, &mut |_| Ok(())))
            }
        }
    }

    /// Appends bytes of the table. After each part of the upload the import's status is read again. If the
    /// import was stopped, or planned by another parser, the unpacking ends with the error for a step that the
    /// status does not allow.
    async fn push(&mut self, bytes: &[u8]) -> Result<(), ImportError> {
        let parts = self.upload.parts();
        self.upload.push(bytes).await?;
        if self.upload.parts() > parts {
            let Import { id, status, .. } = Import::find(self.services, self.import.account, self.import.id).await?;
            if status != self.import.status {
                return Err(ImportError::Status { import: id, status });
            }
        }
        Ok(())
    }

    /// Unpacks a gzip while the bytes arrive, in threads that may block.
    async fn gunzip(&mut self, mut bytes: Bytestream) -> Result<Result<Unpacked, NotUnpacked>, ImportError> {
        let mut gunzip = Gunzip::new(&Limits::PARSER);
        while let Some(piece) = bytes.next().await? {
            // Small slices bound the number of bytes that come out of a slice.
            for start in (0..piece.len()).step_by(Gunzip::SLICE) {
                let slice = piece.slice(start..piece.len().min(start + Gunzip::SLICE));
                let (rest, pushed) = in_a_thread(move || {
                    let mut table = Vec::new();
                    let pushed = gunzip.push(&slice, &mut |out| {
                        table.extend_from_slice(out);
                        Ok(())
                    });
                    (gunzip, pushed.map(|()| table))
                })
                .await?;
                gunzip = rest;
                match pushed {
                    Ok(table) => self.push(&table).await?,
                    Err(why) => return Ok(Err(why)),
                }
            }
        }
        let mut table = Vec::new();
        let finished = gunzip.finish(&mut |out| {
            table.extend_from_slice(out);
            Ok(())
        });
        self.push(&table).await?;
        Ok(finished)
    }

    /// Turns JSON into lines while the bytes arrive, in threads that may block. The file is read twice: for the keys, and
    /// for the lines.
    async fn json(
        &mut self,
        mut bytes: Bytestream,
        source: &Object,
    ) -> Result<Result<Unpacked, NotUnpacked>, ImportError> {
        let mut keys = JsonKeys::default();
        while let Some(piece) = bytes.next().await? {
            let (rest, pushed) = in_a_thread(move || {
                let pushed = keys.push(&piece);
                (keys, pushed)
            })
            .await?;
            keys = rest;
            if let Err(why) = pushed {
                return Ok(Err(why));
            }
        }
        let mut lines = match keys.finish() {
            Ok(keys) => JsonLines::new(keys, &Limits::PARSER),
            Err(why) => return Ok(Err(why)),
        };
        let mut bytes = Bytestream::open(&self.services.files, source).await?;
        while let Some(piece) = bytes.next().await? {
            // Small slices bound the number of bytes that come out of a slice.
            for start in (0..piece.len()).step_by(JSON_SLICE) {
                let slice = piece.slice(start..piece.len().min(start + JSON_SLICE));
                let (rest, pushed) = in_a_thread(move || {
                    let mut table = Vec::new();
                    let pushed = lines.push(&slice, &mut |out| {
                        table.extend_from_slice(out);
                        Ok(())
                    });
                    (lines, pushed.map(|()| table))
                })
                .await?;
                lines = rest;
                match pushed {
                    Ok(table) => self.push(&table).await?,
                    Err(why) => return Ok(Err(why)),
                }
            }
        }
        let mut table = Vec::new();
        let finished = lines.finish(&mut |out| {
            table.extend_from_slice(out);
            Ok(())
        });
        self.push(&table).await?;
        Ok(finished)
    }

    /// Unpacks a sheet in a thread of its own, because `calamine` reads from memory and does not yield.
    async fn sheet(
        &mut self,
        mut bytes: Bytestream,
        source: &Object,
    ) -> Result<Result<Unpacked, NotUnpacked>, ImportError> {
        // A larger file is not read to the end, because the bytes read so far already break the limit.
        let most = Limits::PARSER.workbook.min(source.size) as usize + 1;
        let mut file = Vec::with_capacity(most);
        while let Some(piece) = bytes.next().await? {
            file.extend_from_slice(&piece[..piece.len().min(most - file.len())]);
            if file.len() == most {
                break;
            }
        }
        let (sender, mut pieces) = mpsc::channel::<Bytes>(4);
        let (wanted, cancellation) = (self.wanted.clone(), Cancellation::default());
        let _cancelled = cancellation.on_drop();
        let work = tokio::task::spawn_blocking(move || {
            unpack(Packing::Zip, file.into(), &wanted, &Limits::PARSER, &cancellation, &mut |piece| {
                sender.blocking_send(Bytes::copy_from_slice(piece)).map_err(|_| NotUnpacked::Unwanted)
            })
        });
        while let Some(piece) = pieces.recv().await {
            self.push(&piece).await?;
        }
        work.await.map_err(broken)
    }
}

/// Runs slow work in a thread in which no other task waits.
async fn in_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ImportError> {
    tokio::task::spawn_blocking(work).await.map_err(broken)
}

fn broken(error: tokio::task::JoinError) -> ImportError {
    ImportError::Impossible(format!("the file cannot be unpacked: {error}"))
}

/// The bytes of an object as a stream whose beginning can be inspected first.
pub struct Bytestream {
    stream: ByteStream,
    head: Option<Bytes>,
}

impl Bytestream {
    async fn open(files: &Files, object: &Object) -> Result<Self, FileError> {
        Ok(Self { stream: files.stream(object).await?, head: None })
    }

    /// Looks at the first [`MAGIC`] bytes or more (fewer if the object is shorter) without taking the
    /// bytes off the stream.
    async fn head(&mut self) -> Result<&[u8], FileError> {
        let mut head = Vec::new();
        while head.len() < MAGIC {
            let Some(bytes) = self.read().await? else { break };
            head.extend_from_slice(&bytes);
        }
        Ok(self.head.insert(head.into()))
    }

    /// The next bytes, or `None` at the end of the object.
    pub async fn next(&mut self) -> Result<Option<Bytes>, FileError> {
        match self.head.take() {
            Some(head) if !head.is_empty() => Ok(Some(head)),
            _ => self.read().await,
        }
    }

    async fn read(&mut self) -> Result<Option<Bytes>, FileError> {
        self.stream.try_next().await.map_err(|error| FileError::Sdk(error.to_string()))
    }
}
