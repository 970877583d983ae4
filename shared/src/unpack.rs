//! A packed file to a table in the bucket.
//!
//! What the plan and the loaders read are ranges of bytes, and neither a gzip nor a spreadsheet has any that mean
//! something. So the parser unpacks such a file once, into an object beside it, and the import remembers that object
//! where others have their file ([`Import::table`]). The original stays as it came.
//!
//! The object's key says what it was made from, and it is put only if it is not there. So a parser that comes again
//! after a death, or beside another, finds or makes the very same object, and the loaders' `If-Match` holds. The bucket
//! forgets it a month later, long after the last loader; what is lost then are the cells in reports of failed rows.

use std::fmt::Write as _;

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use crate::files::{FileError, Files, Object, UNPACKED, Upload};
use crate::format::Refusal;
use crate::import::{Import, ImportError};
use crate::packed::{Gunzip, Kind, Limits, MAGIC, NotUnpacked, Unpacked, unpack};
use crate::services::Services;

/// The rows of an import's file, ready to be read.
pub struct Table {
    /// The bytes.
    pub bytes: Bytestream,
    /// Where they come from.
    pub from: Unpacked,
    /// The object that was made for them.
    pub unpacked: Option<Object>,
}

/// Opens the table of an import's file; if it is packed, unpacks it first.
pub async fn open(
    services: &Services,
    import: &Import,
    source: &Object,
) -> Result<Result<Table, Refusal>, ImportError> {
    let files = &services.files;
    let mut bytes = Bytestream::open(files, source).await?;
    let Some(kind) = Kind::of(bytes.head().await?) else {
        let from = Unpacked { sheet: false, evidence: Vec::new() };
        return Ok(Ok(Table { bytes, from, unpacked: None }));
    };
    let mut upload = files.upload(key(import, source));
    let from = match kind {
        Kind::Gzip => gunzip(bytes, &mut upload).await?,
        Kind::Zip => sheet(bytes, source, import, &mut upload).await?,
        Kind::Compound => unpack(kind, Bytes::new(), &import.options.wanted(), &Limits::PARSER, &mut |_| Ok(())),
    };
    let from = match from {
        Ok(from) => from,
        Err(why) => {
            upload.abort().await?;
            return Ok(Err(why.into_refusal()));
        }
    };
    let unpacked = upload.finish().await?;
    let bytes = Bytestream::open(files, &unpacked).await?;
    Ok(Ok(Table { bytes, from, unpacked: Some(unpacked) }))
}

/// The key of what is unpacked of a file: told by all that decides on its bytes.
fn key(import: &Import, source: &Object) -> String {
    let made_from = Sha256::digest(format!("{}\n{:?}", source.etag, import.options.wanted()));
    let mut name = String::new();
    for byte in &made_from[..8] {
        let _ = write!(name, "{byte:02x}");
    }
    format!("{UNPACKED}/{}/{}/{name}.csv", import.account, import.id)
}

/// Unpacks while the bytes come.
async fn gunzip(mut bytes: Bytestream, upload: &mut Upload<'_>) -> Result<Result<Unpacked, NotUnpacked>, FileError> {
    let mut gunzip = Gunzip::new(&Limits::PARSER);
    let mut table = Vec::new();
    while let Some(piece) = bytes.next().await? {
        // In slices, so that what comes out of one is never much.
        for slice in piece.chunks(Gunzip::SLICE) {
            let pushed = gunzip.push(slice, &mut |out| {
                table.extend_from_slice(out);
                Ok(())
            });
            if let Err(why) = pushed {
                return Ok(Err(why));
            }
            upload.push(&table).await?;
            table.clear();
        }
    }
    let finished = gunzip.finish(&mut |out| {
        table.extend_from_slice(out);
        Ok(())
    });
    upload.push(&table).await?;
    Ok(finished)
}

/// Unpacks in a thread of its own, because `calamine` reads from memory, and for as long as it takes.
async fn sheet(
    mut bytes: Bytestream,
    source: &Object,
    import: &Import,
    upload: &mut Upload<'_>,
) -> Result<Result<Unpacked, NotUnpacked>, ImportError> {
    // What is larger is not read to its end: the limit is found broken by what there is.
    let most = Limits::PARSER.workbook.min(source.size) as usize + 1;
    let mut file = Vec::with_capacity(most);
    while let Some(piece) = bytes.next().await? {
        file.extend_from_slice(&piece[..piece.len().min(most - file.len())]);
        if file.len() == most {
            break;
        }
    }
    let (sender, mut pieces) = mpsc::channel::<Bytes>(4);
    let wanted = import.options.wanted();
    let work = tokio::task::spawn_blocking(move || {
        unpack(Kind::Zip, file.into(), &wanted, &Limits::PARSER, &mut |piece| {
            sender.blocking_send(Bytes::copy_from_slice(piece)).map_err(|_| NotUnpacked::Unwanted)
        })
    });
    while let Some(piece) = pieces.recv().await {
        upload.push(&piece).await?;
    }
    work.await.map_err(|error| ImportError::Impossible(format!("the spreadsheet cannot be read: {error}")))
}

/// The bytes of an object as they come; the first of them may be looked at.
pub struct Bytestream {
    stream: ByteStream,
    head: Option<Bytes>,
}

impl Bytestream {
    async fn open(files: &Files, object: &Object) -> Result<Self, FileError> {
        Ok(Self { stream: files.stream(object).await?, head: None })
    }

    /// The first [`MAGIC`] bytes at least, or all there are; they are still to come.
    async fn head(&mut self) -> Result<&[u8], FileError> {
        let mut head = Vec::new();
        while head.len() < MAGIC {
            let Some(bytes) = self.read().await? else { break };
            head.extend_from_slice(&bytes);
        }
        Ok(self.head.insert(head.into()))
    }

    /// The next bytes; none at the end.
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
