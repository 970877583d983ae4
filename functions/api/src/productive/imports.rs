//! The paths `/imports` and `/imports/{id}`: imports of contacts are listed, shown, made and changed. [`super::run`] runs and
//! reverts an import.
//!
//! The list has all imports of contacts of the account, from whichever door they came. An import that was made here has its
//! data checked before it is made, and again when it is run.

use std::collections::BTreeSet;

use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use shared::account::allowance::{admit, quotas};
use shared::contact_form::check::Rules;
use shared::contact_form::data::{DataFaults, ImportData, NoImportData};
use shared::contacts::standing::standing;
use shared::id::ImportId;
use shared::import::{
    ContactOptions, Import, ImportError, ImportType, NewImport, OnError, Options, Origin, Roll, RollOf, Status,
    create_or_find, held,
};
use shared::lease::nonce;
use shared::settle::stop::stop;
use shared::store::keys::{self, Kind as ThingKind};
use shared::store::{StoreError, decode};
use shared::things::Thing;

use super::body::{Body, Sent};
use super::caller::{At, Importer};
use super::companies::Attributes;
use super::document::{IMPORTS, Included, list as answer_list, single};
use super::error::{ALREADY_PROCESSED, INVALID, ProductiveError, UNSUPPORTED_ATTRIBUTE, WRONG_KEY};
use super::listing::{Collected, Followed, after, is_followed};
use super::path::Path;
use super::query::filter::{Field, Kind};
use super::query::matching::{Datum, Filtered};
use super::query::page::Found;
use super::query::{Endpoint, Query};
use super::shape::{IMPORT_ATTRIBUTES, Shapes, Times, names};
use crate::Door;
use crate::answer::{LARGEST, Room};
use crate::idempotency::once;
use crate::openapi::productive::{
    AlreadyDone, Anywhere, BadDocument, Headers, ImportAsked, ImportNumber, ImportResource, Mismatch, Pages, Refused,
    Repeatable, Single, TooMany, Unknown, Written, described_query,
};

/// The name of the table that holds the rows of an import.
const FILE_NAME: &str = "import_data.csv";
/// The most imports read at once.
const AT_ONCE: usize = 100;

static LIST: Endpoint = Endpoint {
    kind: IMPORTS,
    filters: &[Field { name: "import_model_id", kind: Kind::Id }, Field { name: "sample", kind: Kind::Flag }],
    sorts: &["id", "started_at", "processed_at"],
    includes: &["creator", "creator.company"],
    included: &["creator", "creator.company"],
    is_list: true,
};

static ONE: Endpoint = Endpoint {
    kind: IMPORTS,
    filters: &[],
    sorts: &[],
    includes: &["creator", "creator.company"],
    included: &["creator", "creator.company"],
    is_list: false,
};

described_query! {
    ImportsQuery: LIST,
    ImportQuery: ONE,
}

impl Filtered for Import {
    fn number(&self) -> u64 {
        self.id.0
    }

    fn datum(&self, field: &str) -> Datum<'_> {
        let time = |time: Option<i64>| time.map_or(Datum::Null, Datum::Time);
        let number = |number: u64| i64::try_from(number).map_or(Datum::Null, Datum::Number);
        let times = Times::of(self);
        match field {
            "id" => number(self.id.0),
            "import_model_id" => self.options.contacts.import_model_id.map_or(Datum::Null, number),
            "sample" => self.options.contacts.sample.map_or(Datum::Null, Datum::Flag),
            "started_at" => time(times.started_at),
            "processed_at" => time(times.processed_at),
            _ => Datum::Null,
        }
    }
}

pub fn read(at: &At, is_list: bool) -> Result<Query, ProductiveError> {
    let endpoint = if is_list { &LIST } else { &ONE };
    Query::read(&at.query, endpoint, &names(), &at.zone, at.by_days)
}

/// The creators of imports, and the company of each, as the query asks.
async fn included(at: &At, query: &Query, imports: &[Import]) -> Result<Included, ProductiveError> {
    let mut included = Included::default();
    if !query.include.contains("creator") {
        return Ok(included);
    }
    let others: BTreeSet<_> = imports.iter().map(|import| import.user).filter(|&id| id != at.user.id).collect();
    let wanted: Vec<_> = others.into_iter().map(|id| (ThingKind::User, id)).collect();
    let shapes = Shapes(at);
    let users = Thing::get_many(&at.services, at.id(), &wanted).await?;
    users.iter().for_each(|user| included.person(shapes.user(user)));
    if imports.iter().any(|import| import.user == at.user.id) {
        included.person(shapes.user(&at.user));
    }
    // Creators are users, and all users belong to the account's own company.
    if query.include.contains("creator.company") && !included.people.is_empty() {
        included.company(shapes.own_company());
    }
    Ok(included)
}

/// The answer with an import.
pub async fn one(
    at: &At,
    query: &Query,
    status: StatusCode,
    import: &Import,
    meta: Map<String, Value>,
) -> Result<Response, ProductiveError> {
    let included = included(at, query, std::slice::from_ref(import)).await?;
    Ok(single(at, query, status, (Shapes(at).import(import), included), meta))
}

/// The imports with these numbers, in this order.
async fn imports(at: &At, ids: &[ImportId]) -> Result<Vec<Import>, StoreError> {
    let keys: Vec<_> = ids.iter().map(|&id| keys::import(at.id(), id)).collect();
    let found = at.services.store.get_many(&keys).await?.into_iter().map(decode::<Import>);
    let mut imports: Vec<Import> = found.collect::<Result<_, _>>()?;
    imports.sort_by_key(|import| import.id);
    Ok(imports)
}

/// The import of contacts with the id in a path, or 404.
pub async fn import_of(at: &At, path: &Path) -> Result<Import, ProductiveError> {
    let import = Import::get(&at.services, at.id(), path.number()?).await?;
    let import = import.filter(|import| import.import_type == ImportType::Contacts);
    import.ok_or_else(ProductiveError::not_found)
}

/// Lists the account's imports of contacts, by id.
#[utoipa::path(
    get,
    path = "/imports",
    operation_id = "productive_list_imports",
    tag = "Productive: imports",
    params(Headers, ImportsQuery),
    responses(
        (status = 200, description = "A page of imports", body = Pages<ImportResource>,
            content_type = "application/vnd.api+json"),
        BadDocument, Anywhere
    )
)]
pub async fn list(Importer(at): Importer, OriginalUri(uri): OriginalUri) -> Result<Response, ProductiveError> {
    let query = read(&at, true)?;
    let roll = Roll::read(&at.services, at.id(), RollOf::Contacts).await?;
    let behind = after(&query);
    let mut ids: Vec<ImportId> =
        roll.all().map(|(import, _)| import).filter(|import| behind.is_none_or(|after| import.0 > after)).collect();
    ids.sort_unstable();
    let is_plain = query.filter.is_empty() && query.sort.is_empty();
    let (found_imports, found) = if is_followed(&query) {
        let mut page = Followed::new(&query);
        let most = if is_plain { query.page.size + 1 } else { AT_ONCE };
        for some in ids.chunks(most) {
            imports(&at, some).await?.into_iter().for_each(|import| page.push(import));
            if page.is_full() {
                break;
            }
        }
        page.page()
    } else if is_plain {
        let skip = usize::try_from(query.page.skip()).unwrap_or(usize::MAX).min(ids.len());
        let end = skip.saturating_add(query.page.size).min(ids.len());
        (imports(&at, &ids[skip..end]).await?, Found::Total(ids.len() as u64))
    } else {
        let mut page = Collected::new(&query)?;
        for some in ids.chunks(AT_ONCE) {
            imports(&at, some).await?.into_iter().for_each(|import| page.push(import));
        }
        page.page()
    };
    let included = included(&at, &query, &found_imports).await?;
    let resources = found_imports.iter().map(|import| Shapes(&at).import(import)).collect();
    answer_list(&at, &query, uri.path(), IMPORTS, (resources, included), found)
}

/// Shows an import of contacts.
#[utoipa::path(
    get,
    path = "/imports/{id}",
    operation_id = "productive_show_import",
    tag = "Productive: imports",
    params(ImportNumber, Headers, ImportQuery),
    responses(
        (status = 200, description = "The import", body = Single<ImportResource>, content_type = "application/vnd.api+json"),
        BadDocument, Unknown, Anywhere
    )
)]
pub async fn get(Importer(at): Importer, path: Path) -> Result<Response, ProductiveError> {
    let query = read(&at, false)?;
    let import = import_of(&at, &path).await?;
    one(&at, &query, StatusCode::OK, &import, Map::new()).await
}

/// The attributes of an import in a body.
#[derive(Debug, Default)]
pub struct ImportInput {
    pub import_model_id: Option<Option<u64>>,
    pub sample: Option<Option<bool>>,
    /// The rows, or `None` if the body has none.
    pub data: Option<ImportData>,
}

impl ImportInput {
    /// Reads the attributes. `import_data` must have a value, unless `may_lack_data`.
    pub fn of(sent: &Sent, may_lack_data: bool) -> Result<Self, ProductiveError> {
        let known: Vec<&str> = IMPORT_ATTRIBUTES.iter().copied().chain(["import_data", "failed_at"]).collect();
        let unsupported = sent.unsupported(&known, &["organization", "creator"]);
        if !unsupported.is_empty() {
            return Err(ProductiveError::all(UNSUPPORTED_ATTRIBUTE, unsupported));
        }
        let mut attributes = Attributes::of(sent);
        let (import_model_id, sample) = (attributes.number("import_model_id"), attributes.flag("sample"));
        let mut wrong = None;
        let data = match sent.attributes.get("import_data") {
            None if may_lack_data => None,
            None | Some(Value::Null) => {
                wrong = Some(NoImportData::Blank);
                None
            }
            Some(Value::String(text)) => ImportData::read(text).map_err(|error| wrong = Some(error)).ok(),
            Some(_) => {
                wrong = Some(NoImportData::Invalid);
                None
            }
        };
        if let Some(wrong) = wrong {
            attributes.add(INVALID.at("data/attributes/import_data", wrong.to_string()));
        }
        attributes.all(Self { import_model_id, sample, data })
    }

    /// The options of an import with the attributes of this input in place of those of `before`.
    pub fn options(&self, before: &Options) -> Options {
        let contacts = ContactOptions {
            import_model_id: self.import_model_id.unwrap_or(before.contacts.import_model_id),
            sample: self.sample.unwrap_or(before.contacts.sample),
            ..before.contacts.clone()
        };
        Options { contacts, ..before.clone() }
    }
}

/// The size of the file that holds the rows of an import.
fn size(data: &ImportData) -> u64 {
    data.to_csv().len() as u64
}

/// Refuses rows in place of those of an import whose file would be larger than the account's quota.
pub async fn admit_rows(at: &At, data: &ImportData) -> Result<(), ProductiveError> {
    let quotas = quotas(&at.services, at.id()).await?;
    Ok(quotas.admit_file(size(data)).map_err(ImportError::from)?)
}

/// Refuses rows with faults, all of which the answer names as far as an answer can hold them.
pub async fn check(at: &At, data: &ImportData) -> Result<(), ProductiveError> {
    let faults = data.check(&standing(&at.services, at.id(), data).await?);
    if faults.is_empty() { Ok(()) } else { Err(faulty(faults)) }
}

/// 422 with the faults of rows by model.
pub fn faulty(faults: DataFaults) -> ProductiveError {
    let mut room = Room::of(LARGEST);
    let DataFaults { company, person } = faults;
    let faults =
        DataFaults { company: company.map(|faults| room.fill(faults)), person: person.map(|faults| room.fill(faults)) };
    ProductiveError::invalid("import_data", json!(faults))
}

/// The options of an import that is made here: it waits for a start, and loads everything or nothing.
fn options() -> Options {
    Options {
        autostart: false,
        on_error: OnError::Abort,
        recall: false,
        contacts: ContactOptions { rules: Rules::ImportData, sample: Some(false), ..ContactOptions::default() },
        ..Options::default()
    }
}

/// Creates an import of the rows in `import_data`, which are checked and not loaded yet.
#[utoipa::path(
    post,
    path = "/imports",
    operation_id = "productive_create_import",
    tag = "Productive: imports",
    params(Repeatable, Headers, ImportQuery),
    request_body(content = ImportAsked, content_type = "application/vnd.api+json"),
    responses(
        (status = 201, description = "The import", body = Single<ImportResource>, content_type = "application/vnd.api+json"),
        BadDocument, Mismatch, Refused, Written, TooMany, Anywhere
    )
)]
pub async fn create(
    State(door): State<Door>,
    Importer(at): Importer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ProductiveError> {
    let query = read(&at, false)?;
    let once =
        once(&headers, at.principal.user, &[b"productive", body.bytes()]).map_err(|why| WRONG_KEY.saying(why))?;
    let input = ImportInput::of(&body.read(IMPORTS, None)?.unwrap_or_default(), false)?;
    let data = input.data.as_ref().ok_or_else(|| ProductiveError::invalid("import_data", "can't be blank"))?;
    // The semaphore is never closed, so each request gets its permit.
    let _turn = door.turns.acquire().await;
    let services = &at.services;
    let made = match &once {
        Some(once) => once.made(services, at.id()).await?,
        None => None,
    };
    if let Some(made) = made.as_ref().filter(|made| made.source.is_some() || made.status != Status::New) {
        return one(&at, &query, StatusCode::CREATED, made, Map::new()).await;
    }
    if made.is_none() {
        admit(services, at.id(), Some(size(data))).await?;
    }
    check(&at, data).await?;
    let new = NewImport {
        account: at.id(),
        user: at.principal.user,
        import_type: ImportType::Contacts,
        options: input.options(&options()),
        file_name: FILE_NAME.to_owned(),
        note: None,
        origin: Origin::Body { token: nonce() },
        once,
    };
    let (import, _) = create_or_find(services, &new).await?;
    match store(&at, &import, Some(data), &import.options).await {
        Ok(import) => one(&at, &query, StatusCode::CREATED, &import, Map::new()).await,
        Err(error) => {
            // A retry with the same key stores the data after all; without a key nobody can.
            if new.once.is_none()
                && let Err(error) = stop(services, &import, "its data could not be stored".to_owned()).await
            {
                tracing::warn!(account = at.id().0, import = import.id.0, %error, "an import without data goes on");
            }
            Err(error.into())
        }
    }
}

/// Stores options, and rows if there are any, of an import that was not started yet.
async fn store(at: &At, import: &Import, data: Option<&ImportData>, options: &Options) -> Result<Import, ImportError> {
    let object = match data {
        Some(data) => Some(held::put_data(&at.services, import, Bytes::from(data.to_csv())).await?),
        None => None,
    };
    held::replace(&at.services, import, options, object.as_ref()).await
}

/// Changes an import that was not run yet. Rows in the body replace all rows; a body with other attributes alone leaves the
/// rows.
#[utoipa::path(
    patch,
    path = "/imports/{id}",
    operation_id = "productive_update_import",
    tag = "Productive: imports",
    params(ImportNumber, Headers, ImportQuery),
    request_body(content = ImportAsked, content_type = "application/vnd.api+json"),
    responses(
        (status = 200, description = "The import", body = Single<ImportResource>, content_type = "application/vnd.api+json"),
        BadDocument, Unknown, AlreadyDone, Refused, Written, Anywhere
    )
)]
pub async fn update(Importer(at): Importer, path: Path, body: Body) -> Result<Response, ProductiveError> {
    let query = read(&at, false)?;
    let import = import_of(&at, &path).await?;
    if import.status != Status::New {
        return Err(already_processed(import.status));
    }
    let sent = body.read(IMPORTS, Some(&path.0))?.unwrap_or_default();
    let keeps_data =
        import.source.is_some() && ["import_model_id", "sample"].iter().any(|name| sent.attributes.contains_key(*name));
    let input = ImportInput::of(&sent, keeps_data)?;
    if let Some(data) = &input.data {
        admit_rows(&at, data).await?;
        check(&at, data).await?;
    }
    match store(&at, &import, input.data.as_ref(), &input.options(&import.options)).await {
        Ok(import) => one(&at, &query, StatusCode::OK, &import, Map::new()).await,
        Err(ImportError::Status { status, .. }) => Err(already_processed(status)),
        Err(error) => Err(error.into()),
    }
}

/// 409 for an import that was started, with its status in words.
pub fn already_processed(status: Status) -> ProductiveError {
    let detail = match status {
        Status::New | Status::Queued | Status::Processing => "The import is being processed",
        Status::Complete | Status::PartiallyComplete => "The import has been processed",
        Status::Failed | Status::Incomplete | Status::Unsupported => {
            "The import has been started and has failed; create another import"
        }
        Status::RollingBack | Status::RolledBack => "The import has been processed and reverted; create another import",
    };
    ALREADY_PROCESSED.saying(detail)
}
