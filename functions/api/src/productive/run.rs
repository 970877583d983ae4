//! The paths `/imports/{id}/import` and `/imports/{id}/revert`, which run an import and take it back.
//!
//! | the import | `import` | `revert` |
//! |---|---|---|
//! | was not started | runs it, 200 | 409 `import_not_processed` |
//! | is queued or being loaded | 409 `import_already_processed` | 409 `import_not_processed` |
//! | is loaded, whole or in part | 409 `import_already_processed` | reverts it, 200 |
//! | has failed, and nothing stands | 409 `import_already_processed` | 409 `import_not_processed` |
//! | is being reverted, or is reverted | 409 `import_already_processed` | 409 `import_already_reverted` |
//!
//! The state is judged before the body. Up to a chunk of rows is planned and loaded by this request, with the engine's own
//! code. Whatever takes longer goes on in the queues, and the answer has `processed_at: null` or `reverted_at: null`.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use serde_json::{Map, json};
use shared::contact_form::check::humanized;
use shared::contact_form::data::{DataFault, DataFaults, ImportData, Model};
use shared::files::Object;
use shared::import::{Asker, Import, ImportError, Status, held};
use shared::plan::plan;
use shared::results::findings::Findings;
use shared::revert::ask;

use super::body::Body;
use super::caller::{At, Importer};
use super::document::IMPORTS;
use super::error::{ALREADY_REVERTED, NOT_PROCESSED, ProductiveError};
use super::imports::{ImportInput, ImportQuery, admit_rows, already_processed, check, faulty, import_of, one, read};
use super::path::Path;
use crate::openapi::productive::{
    AlreadyDone, Anywhere, BadDocument, Headers, ImportAsked, ImportNumber, ImportResource, Refused, Single, Unknown,
    Written,
};

/// How long a request waits for the end of an import or an undo. API Gateway ends a request after 30 seconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pauses between two looks at an import: the first, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Runs an import. Rows in the body replace the rows that the import was made with; without a body, or with an empty object,
/// the import's own rows are run. The rows are checked again, because the account may have changed since.
#[utoipa::path(
    post,
    path = "/imports/{id}/import",
    operation_id = "productive_run_import",
    tag = "Productive: imports",
    params(ImportNumber, Headers, ImportQuery),
    request_body(content = Option<ImportAsked>, content_type = "application/vnd.api+json"),
    responses(
        (status = 200, description = "The import; `processed_at` is null while rows are still being loaded",
            body = Single<ImportResource>, content_type = "application/vnd.api+json"),
        BadDocument, Unknown, AlreadyDone, Refused, Written, Anywhere
    )
)]
pub async fn import(Importer(at): Importer, path: Path, body: Body) -> Result<Response, ProductiveError> {
    let query = read(&at, false)?;
    let import = import_of(&at, &path).await?;
    if import.status != Status::New {
        return Err(already_processed(import.status));
    }
    let sent = body.read_if_sent(IMPORTS, &path.0)?;
    let input = match &sent {
        Some(sent) => ImportInput::of(sent, false)?,
        None => ImportInput::default(),
    };
    let (data, object) = rows(&at, &import, input).await?;
    check(&at, &data).await?;
    let started = started(&at, import, &data, object).await?;
    let planned = match data.rows() <= started.rows_per_chunk as usize {
        true => Some(Box::pin(plan(&at.services, at.id(), started.id)).await),
        false => None,
    };
    if let Some(Err(error)) = &planned {
        tracing::warn!(account = at.id().0, import = started.id.0, %error, "an import was not loaded by its request");
    }
    if !matches!(planned, Some(Ok(()))) {
        held::call_parser(&at.services, &started).await;
    }
    let ended = wait(&at, started, |import| !import.status.is_settled()).await?;
    if ended.status == Status::Failed {
        return Err(failed(&at, &ended, &data).await?);
    }
    one(&at, &query, StatusCode::OK, &ended, Map::new()).await
}

/// The rows to run: those in the body, which are not stored yet, or those of the import.
async fn rows(at: &At, import: &Import, input: ImportInput) -> Result<(ImportData, Option<Object>), ProductiveError> {
    if let Some(data) = input.data {
        admit_rows(at, &data).await?;
        return Ok((data, None));
    }
    let blank = || ProductiveError::invalid("import_data", "can't be blank");
    // An import of another door may wait for its file, or have a file of another form.
    let source = import.source.as_ref().ok_or_else(blank)?;
    let table = at.services.files.range(source, 0..source.size).await.map_err(ImportError::from)?;
    let data = ImportData::of_csv(&table).ok_or_else(|| {
        ProductiveError::invalid(
            "import_data",
            "was not made here; start the import by POST /api/v1/imports/{id}/start",
        )
    })?;
    Ok((data, Some(source.clone())))
}

/// Starts the import, with the rows that were checked.
async fn started(
    at: &At,
    import: Import,
    data: &ImportData,
    object: Option<Object>,
) -> Result<Import, ProductiveError> {
    let services = &at.services;
    let object = match object {
        Some(object) => object,
        None => held::put_data(services, &import, Bytes::from(data.to_csv())).await?,
    };
    let asker = Asker::new(at.principal.signature(), None);
    match held::start_here(services, &import, &object, &asker).await {
        Ok(import) => Ok(import),
        Err(ImportError::Status { status, .. }) => Err(already_processed(status)),
        Err(error) => Err(error.into()),
    }
}

/// Reads the import again until it no longer runs, or patience ends. Returns the import as it then is.
async fn wait(at: &At, mut import: Import, runs: impl Fn(&Import) -> bool) -> Result<Import, ProductiveError> {
    let end = tokio::time::Instant::now() + PATIENCE;
    let mut pause = FIRST_PAUSE;
    loop {
        import = Import::find(&at.services, at.id(), import.id).await?;
        if !runs(&import) || tokio::time::Instant::now() + pause > end {
            return Ok(import);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The answer for an import whose rows were taken by somebody else between the check and the load. Nothing of the import
/// stands.
async fn failed(at: &At, import: &Import, data: &ImportData) -> Result<ProductiveError, ProductiveError> {
    let found = Findings::read(&at.services, import).await?;
    let mut faults = DataFaults { company: None, person: None };
    for error in found.errors {
        let (model, row) = data.place(error.row.0);
        let (list, column) = match model {
            Model::Company => (&mut faults.company, "name"),
            Model::Person => (&mut faults.person, error.column.as_str()),
        };
        let said = if error.code == "taken" { "has already been taken" } else { error.message.as_str() };
        let messages = vec![format!("{} {said}", humanized(column)).trim().to_owned()];
        list.get_or_insert_default().push(DataFault { row, column: column.to_owned(), messages });
    }
    if faults.is_empty() {
        let reason = import.reason.clone().unwrap_or_else(|| "could not be loaded".to_owned());
        return Ok(ProductiveError::invalid("import_data", json!(reason)));
    }
    Ok(faulty(faults))
}

/// Reverts an import: everything that it created goes, but what others have changed or use since. `meta.kept` counts the
/// people who stay.
#[utoipa::path(
    patch,
    path = "/imports/{id}/revert",
    operation_id = "productive_revert_import",
    tag = "Productive: imports",
    params(ImportNumber, Headers, ImportQuery),
    responses(
        (status = 200, description = "The import; `reverted_at` is null while rows are still being taken back",
            body = Single<ImportResource>, content_type = "application/vnd.api+json"),
        BadDocument, Unknown, AlreadyDone, Anywhere
    )
)]
pub async fn revert(Importer(at): Importer, path: Path) -> Result<Response, ProductiveError> {
    let query = read(&at, false)?;
    let import = import_of(&at, &path).await?;
    match import.status {
        Status::Complete | Status::PartiallyComplete | Status::Incomplete => {}
        Status::RollingBack if !import.aborting => {
            return Err(ALREADY_REVERTED.saying("The import is being reverted"));
        }
        Status::RolledBack => return Err(ALREADY_REVERTED.saying("The import has been reverted")),
        Status::Failed | Status::Unsupported | Status::RollingBack => {
            return Err(NOT_PROCESSED.saying("The import has failed, and nothing of it stands"));
        }
        Status::New | Status::Queued | Status::Processing => {
            return Err(NOT_PROCESSED.saying("The import has not been processed yet"));
        }
    }
    let asker = Asker::new(at.principal.signature(), None);
    let undone = ask(&at.services, &import, asker).await?;
    let undone = wait(&at, undone, |import| import.status == Status::RollingBack).await?;
    let kept = undone.counts(&at.services).await?.kept;
    let meta = if kept > 0 { Map::from_iter([("kept".to_owned(), json!(kept))]) } else { Map::new() };
    one(&at, &query, StatusCode::OK, &undone, meta).await
}
