//! The beginning of a load, unless the account has loaded too many rows on the day.

use crate::account::allowance::quotas;
use crate::account::day::QuotaDay;
use crate::import::{Change, Import, ImportError, Status, transition};
use crate::services::Services;

/// Begins the load of a planned import with `rows` rows, and counts the rows for the account's day in the same
/// transaction. Returns the reason for people if the quota of the day does not have room for all rows; then nothing is
/// changed and nothing is counted.
///
/// # Errors
/// [`ImportError::Status`] if the import has changed since the caller read it, or a condition of `change` does not hold.
pub async fn begin_load(
    services: &Services,
    import: &Import,
    change: Change,
    rows: u64,
) -> Result<Result<Import, String>, ImportError> {
    let account = import.account;
    let Some(most) = quotas(services, account).await?.rows_a_day.most() else {
        return transition(services, import, Status::Processing, change).await.map(Ok);
    };
    let day = QuotaDay::today(services);
    if let Some(count) = day.count(account, rows, most) {
        match transition(services, import, Status::Processing, change.also(count)).await {
            // The day has too few rows left, or a condition of the change does not hold.
            Err(ImportError::Status { status, .. }) if status == import.status => {}
            done => return done.map(Ok),
        }
    }
    let left = most.saturating_sub(day.rows(services, account).await?);
    if rows <= left {
        return Err(ImportError::Status { import: import.id, status: import.status });
    }
    Ok(Err(format!(
        "the account may load {most} rows a day; the file has {rows} rows, {left} rows of the day are left, and the day \
         ends at {}; send the file again then",
        day.end()
    )))
}
