//! `GET /limits`, the limits of the service and how long what is kept, read from the constants by which the code works, and
//! the quotas of the account with what is left of them.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::account::allowance;
use shared::account::day::QuotaDay;
use shared::entries::entry::MOST_TAGS;
use shared::files::UNPACKED_DAYS;
use shared::id::{AccountId, MAX_IMPORTS, MAX_ROWS};
use shared::import::list::MOST_COUNTED;
use shared::import::{CLAIM_LIFETIME, EVENT_LIFETIME, UPLOAD_WINDOW};
use shared::mappings::MOST_MAPPINGS;
use shared::packed;
use shared::quotas;
use shared::results::causes::{FIRST_ROWS, MOST_CAUSES};
use shared::results::findings::MOST_ERRORS;
use shared::services::Services;
use shared::source::MAX_RECORD;
use shared::store::StoreError;
use utoipa::ToSchema;

use super::cursor::LONGEST;
use super::parameters::{FEWEST, MOST, PER_PAGE};
use super::problem::{Caller, Problem};
use super::{parts, source};
use crate::idempotency::LONGEST_KEY;
use crate::openapi::native::{Everywhere, Headers};
use crate::{BODY_LIMIT, Door};

/// The number of seconds in a day, by which lifetimes are shown in days.
const DAY: i64 = 24 * 3600;

/// The limits of the service as deployed, read from the values by which the code works, and the quotas of the account. `null`
/// means no limit, or kept for good.
#[derive(Debug, Serialize, ToSchema)]
pub struct Limits {
    /// The largest body of a request in bytes, at present 4,194,304. A larger body is answered with 413, and a larger
    /// file goes straight to S3.
    body_bytes: usize,
    /// The largest file in bytes that goes straight to S3, at present 50 GiB, in parts above 5 GiB. A larger
    /// `file_size` is answered with 400.
    file_bytes: u64,
    /// The limits of files that the service fetches from a `location`.
    location: LocationLimits,
    /// The limits of spreadsheets and of files packed by gzip. A file above a limit ends its import as `unsupported`.
    packed: PackedLimits,
    /// The most data rows of an import, at present 999,999,999, so that the id of each row's record is below 2^53.
    rows: u64,
    /// The largest record of a file in bytes, at present 1,048,576. A larger record is the error of its row.
    record_bytes: usize,
    /// The number of rows that are loaded, committed and undone at once. An import keeps the number with
    /// which it was made.
    rows_per_chunk: u32,
    /// The most imports of an account over all time, at present 9,007,198, because a number is never used again.
    imports: u64,
    /// The most imports of the account that have not ended, or `null` without such a quota.
    open_imports: Option<u64>,
    /// The quotas of the account, with what is left of them.
    quotas: Quotas,
    /// The most column mappings that an account remembers, at present 200. The mapping which was not used for longest
    /// makes room for the next.
    mappings: usize,
    /// The most tags of a time entry, at present 20. A row with more tags is an error of the row.
    tags_per_entry: usize,
    /// The limits of lists with a `start_cursor`, which are all lists of `/api/v1`.
    lists: ListLimits,
    /// The limits of the lists in which the errors of an import are shown.
    errors: ErrorLimits,
    /// The limits of the header `Idempotency-Key`.
    idempotency_key: IdempotencyKey,
    /// The times for which imports, files and addresses are kept.
    retention: Retention,
}

/// The quotas of the account, each of which is `null` unless somebody set it for the account or for the whole service.
#[derive(Debug, Serialize, ToSchema)]
struct Quotas {
    /// The most bytes of a file as it comes, packed or not. A larger file is answered with 413.
    #[schema(required)]
    file_bytes: Option<u64>,
    /// The most imports that have not ended. A request for a further import is answered with 429.
    #[schema(required)]
    open_imports: Option<u64>,
    /// The number of imports that may be made before one of the open imports ends, or `null` without such a quota.
    #[schema(required)]
    open_imports_left: Option<u64>,
    /// The most rows of files that are loaded on a day of UTC. A file with more rows than are left ends its import as `failed`.
    #[schema(required)]
    rows_a_day: Option<u64>,
    /// The number of rows that are left of the day, or `null` without such a quota. An undo gives no rows back.
    #[schema(required)]
    rows_left_today: Option<u64>,
    /// The time at which the day of UTC ends and the next one begins, with all rows of its quota.
    #[schema(example = "2026-12-02T00:00:00Z")]
    day_ends_at: String,
}

impl Quotas {
    async fn read(services: &Services, account: AccountId) -> Result<Self, StoreError> {
        let quotas::Quotas { rows_a_day, open_imports, file_bytes } = allowance::quotas(services, account).await?;
        let day = QuotaDay::today(services);
        let open_imports_left = match open_imports.most() {
            Some(most) => Some(most - allowance::open_imports(services, account, most).await?),
            None => None,
        };
        let rows_left_today = match rows_a_day.most() {
            Some(most) => Some(most.saturating_sub(day.rows(services, account).await?)),
            None => None,
        };
        Ok(Self {
            file_bytes: file_bytes.most(),
            open_imports: open_imports.most(),
            open_imports_left,
            rows_a_day: rows_a_day.most(),
            rows_left_today,
            day_ends_at: day.end().to_string(),
        })
    }
}

/// The limits of files that the service fetches. A fetch beyond a limit leaves its import `incomplete`, with a reason
/// that names the limit.
#[derive(Debug, Serialize, ToSchema)]
struct LocationLimits {
    /// The largest file in bytes, at present 2 GiB.
    bytes: u64,
    /// The longest time of a fetch in seconds with all redirects, at present 300.
    seconds: u64,
    /// The most redirects that are followed, at present 5, each of which is checked like the first address.
    redirects: usize,
}

/// The limits of spreadsheets and of files packed by gzip.
#[derive(Debug, Serialize, ToSchema)]
struct PackedLimits {
    /// The largest `.xlsx` file in bytes, at present 128 MiB.
    workbook_bytes: u64,
    /// The most cells of a sheet, at present 20,000,000.
    cells: u64,
    /// The largest unpacked table in bytes, at present 2 GiB.
    table_bytes: u64,
}

/// The limits of keyset lists, which the parameters `per_page` and `start_cursor` have to keep.
#[derive(Debug, Serialize, ToSchema)]
struct ListLimits {
    /// The fewest records for which a request may ask, at present 2.
    per_page_min: usize,
    /// The most records for which a request may ask, at present 100.
    per_page_max: usize,
    /// The number of records of a page without `per_page`, at present 50.
    per_page_default: usize,
    /// The number up to which `estimated_remaining_count` counts, at present 500.
    estimated_remaining_count_max: usize,
    /// The longest cursor in letters, at present 512. A longer text is answered with 400.
    cursor_letters: usize,
    /// The number of days for which a cursor can be used, at present `null`.
    cursor_days: Option<u64>,
}

/// The limits of the lists of an import's errors, which end early and say so.
#[derive(Debug, Serialize, ToSchema)]
struct ErrorLimits {
    /// The most causes in `GET /imports/{id}/errors`, at present 100.
    causes: usize,
    /// The most rows named for a cause or a reason, at present 10.
    first_rows: usize,
    /// The most errors in `GET /imports/{id}`, at present 1,000. Long texts end the list before.
    shown: usize,
}

/// The limits of the header `Idempotency-Key`, which belongs to the user of the token.
#[derive(Debug, Serialize, ToSchema)]
struct IdempotencyKey {
    /// The longest key in bytes, at present 255. A longer or empty key is answered with 400.
    bytes: usize,
    /// The number of days for which a key is kept, at present 180.
    days: i64,
}

/// The times for which things are kept, in days or seconds by the end of the member's name.
#[derive(Debug, Serialize, ToSchema)]
struct Retention {
    /// The days for which an import is kept with its ledger and history, at present `null`.
    import_days: Option<u64>,
    /// The days from the beginning of its load during which the undo of an import can be asked for, by default `null`. Each
    /// import tells its own last moment as `undo_until`.
    undo_days: Option<u16>,
    /// The days for which the file of an import is kept, by default `null`.
    file_days: Option<u16>,
    /// The days for which the report of a dropped file is kept, by default `null`.
    report_days: Option<u16>,
    /// The days for which a table unpacked from a spreadsheet or a gzip is kept, at present 30.
    unpacked_days: u64,
    /// The days for which an event stays in the outbox, at present 14.
    event_days: i64,
    /// The seconds for which the URL of an upload is valid, at present 3600.
    upload_url_seconds: u64,
    /// The seconds after which an import whose file never came is given up, at present 7200.
    upload_wait_seconds: u64,
    /// The seconds for which the URL of `GET /imports/{id}/source` is valid, at present 300.
    source_url_seconds: u64,
}

/// `GET /limits` returns the limits of the service, which are the same for all accounts, and the quotas of the account.
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
pub async fn get(State(door): State<Door>, Caller(caller): Caller) -> Result<Json<Limits>, Problem> {
    let quotas = Quotas::read(&door.services, caller.account).await?;
    let packed::Limits { table, workbook, cells, .. } = packed::Limits::PARSER;
    let fetch = door.services.fetcher.limits;
    let kept = door.services.retention;
    Ok(Json(Limits {
        body_bytes: BODY_LIMIT,
        file_bytes: door.services.uploads.most,
        location: LocationLimits { bytes: fetch.size, seconds: fetch.total.as_secs(), redirects: fetch.redirects },
        packed: PackedLimits { workbook_bytes: workbook, cells, table_bytes: table },
        rows: MAX_ROWS,
        record_bytes: MAX_RECORD,
        rows_per_chunk: door.services.rows_per_chunk,
        imports: MAX_IMPORTS,
        open_imports: quotas.open_imports,
        quotas,
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
            undo_days: kept.undo.number(),
            file_days: kept.files.number(),
            report_days: kept.reports.number(),
            unpacked_days: UNPACKED_DAYS,
            event_days: EVENT_LIFETIME / DAY,
            upload_url_seconds: parts::LIFETIME.as_secs(),
            upload_wait_seconds: UPLOAD_WINDOW.as_secs(),
            source_url_seconds: source::LIFETIME.as_secs(),
        },
    }))
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
        // Files and reports expire only after days that the deployment chooses.
        let chosen = ["FileDays", "ReportDays"].map(|days| format!("ExpirationInDays: {{Ref: {days}}}"));
        let chosen: Vec<_> = chosen.iter().map(|rule| template.matches(rule.as_str()).count()).collect();
        assert_eq!((template.matches("ExpirationInDays").count(), chosen), (5, vec![3, 1]));
    }
}
