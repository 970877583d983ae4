//! `GET /limits`, the limits of the service and how long what is kept, read from the constants by which the code works.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::entries::entry::MOST_TAGS;
use shared::files::UNPACKED_DAYS;
use shared::id::{MAX_IMPORTS, MAX_ROWS};
use shared::import::list::MOST_COUNTED;
use shared::import::{CLAIM_LIFETIME, EVENT_LIFETIME, UPLOAD_WINDOW};
use shared::mappings::MOST_MAPPINGS;
use shared::packed;
use shared::results::causes::{FIRST_ROWS, MOST_CAUSES};
use shared::results::findings::MOST_ERRORS;
use shared::source::MAX_RECORD;
use utoipa::ToSchema;

use super::cursor::LONGEST;
use super::parameters::{FEWEST, MOST, PER_PAGE};
use super::problem::Caller;
use super::{parts, source};
use crate::idempotency::LONGEST_KEY;
use crate::openapi::native::{Everywhere, Headers};
use crate::{BODY_LIMIT, Door};

/// The number of seconds in a day.
const DAY: i64 = 24 * 3600;

/// The limits of the service. `null` means that there is no limit, or that something is kept for good.
#[derive(Debug, Serialize, ToSchema)]
pub struct Limits {
    /// The largest body of a request in bytes. A larger file goes straight to S3.
    body_bytes: usize,
    /// The largest file in bytes that goes straight to S3, in parts above 5 GiB.
    file_bytes: u64,
    location: LocationLimits,
    packed: PackedLimits,
    /// The most data rows of an import.
    rows: u64,
    /// The largest record of a file in bytes. A larger record is the error of its row.
    record_bytes: usize,
    /// The number of rows that are loaded, committed and undone at once.
    rows_per_chunk: u32,
    /// The most imports of an account over all time.
    imports: u64,
    /// The most imports of an account that are not settled.
    open_imports: Option<u64>,
    /// The most column mappings that an account remembers.
    mappings: usize,
    /// The most tags of a time entry.
    tags_per_entry: usize,
    lists: ListLimits,
    errors: ErrorLimits,
    idempotency_key: IdempotencyKey,
    retention: Retention,
}

/// The limits of files that the service fetches.
#[derive(Debug, Serialize, ToSchema)]
struct LocationLimits {
    /// The largest file in bytes.
    bytes: u64,
    /// The longest time of a fetch.
    seconds: u64,
    /// The most redirects that are followed.
    redirects: usize,
}

/// The limits of spreadsheets and gzips.
#[derive(Debug, Serialize, ToSchema)]
struct PackedLimits {
    /// The largest .xlsx file in bytes.
    workbook_bytes: u64,
    /// The most cells of a sheet.
    cells: u64,
    /// The largest unpacked table in bytes.
    table_bytes: u64,
}

/// The limits of keyset lists.
#[derive(Debug, Serialize, ToSchema)]
struct ListLimits {
    per_page_min: usize,
    per_page_max: usize,
    per_page_default: usize,
    /// The number up to which `estimated_remaining_count` counts.
    estimated_remaining_count_max: usize,
    cursor_letters: usize,
    cursor_days: Option<u64>,
}

/// The limits of the errors of an import.
#[derive(Debug, Serialize, ToSchema)]
struct ErrorLimits {
    /// The most causes in `GET /imports/{id}/errors`.
    causes: usize,
    /// The most rows named for a cause.
    first_rows: usize,
    /// The most errors in `GET /imports/{id}`.
    shown: usize,
}

/// The limits of the header `Idempotency-Key`.
#[derive(Debug, Serialize, ToSchema)]
struct IdempotencyKey {
    bytes: usize,
    days: i64,
}

/// How long things are kept.
#[derive(Debug, Serialize, ToSchema)]
struct Retention {
    /// An import with its ledger and history.
    import_days: Option<u64>,
    /// The file of an import.
    file_days: Option<u64>,
    /// A table unpacked from a spreadsheet or a gzip.
    unpacked_days: u64,
    /// An event in the outbox.
    event_days: i64,
    /// The time for which the URL of an upload is valid.
    upload_url_seconds: u64,
    /// The time after which an import whose file never came is given up.
    upload_wait_seconds: u64,
    /// The time for which the URL of `GET /imports/{id}/source` is valid.
    source_url_seconds: u64,
}

/// `GET /limits` returns the limits of the service.
#[utoipa::path(
    get,
    path = "/limits",
    operation_id = "show_limits",
    tag = "Description",
    params(Headers),
    responses(
        (status = 200, description = "The limits", body = Limits), Everywhere
    )
)]
pub async fn get(State(door): State<Door>, _: Caller) -> Json<Limits> {
    let packed::Limits { table, workbook, cells, .. } = packed::Limits::PARSER;
    let fetch = door.services.fetcher.limits;
    Json(Limits {
        body_bytes: BODY_LIMIT,
        file_bytes: door.services.uploads.most,
        location: LocationLimits { bytes: fetch.size, seconds: fetch.total.as_secs(), redirects: fetch.redirects },
        packed: PackedLimits { workbook_bytes: workbook, cells, table_bytes: table },
        rows: MAX_ROWS,
        record_bytes: MAX_RECORD,
        rows_per_chunk: door.services.rows_per_chunk,
        imports: MAX_IMPORTS,
        open_imports: None,
        mappings: MOST_MAPPINGS,
        tags_per_entry: MOST_TAGS,
        lists: ListLimits {
            per_page_min: FEWEST,
            per_page_max: MOST,
            per_page_default: PER_PAGE,
            estimated_remaining_count_max: MOST_COUNTED,
            cursor_letters: LONGEST,
            cursor_days: None,
        },
        errors: ErrorLimits { causes: MOST_CAUSES, first_rows: FIRST_ROWS, shown: MOST_ERRORS },
        idempotency_key: IdempotencyKey { bytes: LONGEST_KEY, days: CLAIM_LIFETIME / DAY },
        retention: Retention {
            import_days: None,
            file_days: None,
            unpacked_days: UNPACKED_DAYS,
            event_days: EVENT_LIFETIME / DAY,
            upload_url_seconds: parts::LIFETIME.as_secs(),
            upload_wait_seconds: UPLOAD_WINDOW.as_secs(),
            source_url_seconds: source::LIFETIME.as_secs(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bucket_keeps_unpacked_tables_as_long_as_is_said() {
        let template = include_str!("../../../../template.yaml");
        let rule = template.split("Id: forget-unpacked").nth(1).unwrap_or_default();
        let days = format!("ExpirationInDays: {UNPACKED_DAYS}\n");
        assert!(rule.lines().take(4).any(|line| line.trim() == days.trim()), "{days}");
        // Nothing else in the bucket expires.
        assert_eq!(template.matches("ExpirationInDays").count(), 1);
    }
}
