//! The shapes of the answer to a request that creates an import, with the requests that upload its file.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::imports::{StatusWord, Time, TypeWord};

/// The answer to the request which made an import. A request repeated under its `Idempotency-Key` gets the same answer,
/// with a fresh signature in the URL of an upload.
#[derive(ToSchema)]
#[schema(as = NewImport)]
pub struct ImportMade {
    /// The number of the import within the account, from 1, which is never used again.
    id: u64,
    /// The kind of the import's rows, as asked for or by default time entries.
    r#type: TypeWord,
    /// The first status: `new` for an upload and with `autostart=false`, and otherwise `queued`.
    status: StatusWord,
    /// The name of the file as people see the name, at most 200 letters long.
    file_name: String,
    /// The note of the request, cut at 500 letters, or `null` for an import without a note.
    #[schema(required)]
    note: Option<String>,
    /// The time at which the import was made.
    created_at: Time,
    /// The address of the import, which is also the header `Location`.
    #[schema(format = "uri")]
    url: String,
    /// The address from which the file is fetched, without its query, cut at 200 letters. The member is absent for a
    /// file which came in another way.
    #[schema(nullable = false)]
    location: Option<String>,
    /// The request or requests that upload the file. The member is absent for other ways, and once the file is there.
    #[schema(nullable = false)]
    upload: Option<UploadAddress>,
}

/// The request that uploads a file, or, above 5 GiB, the requests that upload its parts.
#[derive(ToSchema)]
#[serde(untagged)]
enum UploadAddress {
    /// The whole file in one request, up to 5 GiB.
    Whole(WholeAddress),
    /// A part of the file in each request, for a file above 5 GiB.
    Parts(PartsAddresses),
}

/// The request that uploads a file of exactly the announced size. A second upload to the same address is refused by S3.
#[derive(ToSchema)]
struct WholeAddress {
    /// The method of the request, which is always `PUT`.
    #[schema(example = "PUT")]
    method: String,
    /// The address of the file in S3, signed for exactly this size, these headers and this time.
    #[schema(format = "uri")]
    url: String,
    /// The headers that the request has to send unchanged, by name, because the signature covers each of them.
    headers: BTreeMap<String, String>,
    /// The number of seconds for which the address is valid, counted from this answer, at present 3600.
    expires_in: u64,
}

/// The requests that upload up to a hundred parts of a file above 5 GiB. Parts may be uploaded in any order and
/// at the same time.
#[derive(ToSchema)]
pub struct PartsAddresses {
    /// The method of each request, which is always `PUT`.
    #[schema(example = "PUT")]
    method: String,
    /// The size of each part but the last in bytes, at present 67,108,864 (64 MiB).
    part_size: u64,
    /// The number of all parts of the file, at most 800 at the present sizes.
    part_count: u32,
    /// The next parts in the order of their numbers, at most a hundred.
    parts: Vec<PartAddress>,
    /// The address of the next hundred parts, or `null` if the last part is among these.
    #[schema(required)]
    next_parts: Option<String>,
    /// The address to which the ETags of all parts are sent by POST, once every part is uploaded.
    #[schema(format = "uri")]
    complete: String,
    /// The number of seconds for which the addresses are valid, at present 3600. Fresh
    /// ones come from `GET /imports/{id}/upload/parts`.
    expires_in: u64,
}

/// The request that uploads one part, whose answer has the part's ETag in a header.
#[derive(ToSchema)]
struct PartAddress {
    /// The number of the part within the file, from 1.
    part_number: u32,
    /// The exact size of the part in bytes, for which the address is signed.
    size: u64,
    /// The address of the part in S3, signed for this size and these headers.
    #[schema(format = "uri")]
    url: String,
    /// The headers that the request has to send unchanged, by name.
    headers: BTreeMap<String, String>,
}
