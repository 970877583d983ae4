//! The deeds of workers, which are handlers' calls and edits by hand.

use shared::edit::EditError;
use shared::edit::entries;
use shared::edit::input::EntryInput;
use shared::edit::marks::{self, Mark};
use shared::edit::merge;
use shared::edit::people::{self, ContactError, PersonInput};
use shared::edit::things::{self, ThingInput};
use shared::id::{AccountId, EntryId, ImportId, RecordId, ThingId};
use shared::import::{
    Duplicates, Import, ImportError, ImportType, NewImport, OnError, Options, Origin, create, resume, store_body,
};
use shared::inbox::Arrival;
use shared::plan::plan;
use shared::revert;
use shared::services::Services;
use shared::settle::stop::cancel;
use shared::store::StoreError;
use shared::store::keys::Kind;
use waybill::system::Functions;

use crate::kill::columns;
use crate::postman::{Letter, arrive, dropped, hand_over};

/// The first user, who acts in both accounts.
const USER: ThingId = ThingId(1);

/// How an import is created.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The file is uploaded, rather than sent in a request's body.
    pub upload: bool,
    /// The columns of the file have a mapping.
    pub mapped: bool,
    /// The import is aborted at the first failed row.
    pub abort: bool,
    /// The rows of the file are contacts. `None` for time entries, else whether contacts that stand are skipped.
    pub contacts: Option<Duplicates>,
}

/// A task for a worker.
#[derive(Clone)]
pub enum Deed {
    Deliver(Letter),
    Object(AccountId, ImportId),
    /// Puts a file into the inbox, under the given key and with the given content.
    Drop(String, String),
    /// Delivers S3's notification about a file in the inbox.
    Arrival(Arrival),
    /// Creates an import of a file.
    Import(AccountId, String, Wanted),
    Undo(AccountId, ImportId),
    Cancel(AccountId, ImportId),
    Resume(AccountId, ImportId),
    Sweep,
    NewEntry(AccountId, EntryInput),
    EditEntry(AccountId, EntryId, EntryInput),
    DropEntry(AccountId, EntryId),
    NewThing(AccountId, Kind, ThingInput),
    EditThing(AccountId, Kind, ThingId, ThingInput),
    DropThing(AccountId, Kind, ThingId),
    Merge(AccountId, Kind, ThingId, ThingId),
    Retire(AccountId, Kind, ThingId),
    Approve(AccountId, Vec<EntryId>, bool),
    NewPerson(AccountId, PersonInput),
    EditPerson(AccountId, RecordId, PersonInput),
    DropPerson(AccountId, RecordId),
}

impl std::fmt::Display for Deed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Deliver(letter) => write!(f, "{} {}", letter.queue, letter.message.body),
            Self::Object(account, import) => write!(f, "the object of {account}/{import}"),
            Self::Drop(key, file) => write!(f, "drop {key:.40?}, {} rows", file.lines().count() - 1),
            Self::Arrival(arrival) => write!(f, "the arrival of {:.40?}, {}", arrival.key, arrival.etag),
            Self::Import(account, file, wanted) => {
                write!(f, "import for {account}, {} rows, {wanted:?}", file.lines().count() - 1)
            }
            Self::Undo(account, import) => write!(f, "undo {account}/{import}"),
            Self::Cancel(account, import) => write!(f, "cancel {account}/{import}"),
            Self::Resume(account, import) => write!(f, "resume {account}/{import}"),
            Self::Sweep => f.write_str("sweep"),
            Self::NewEntry(account, input) => {
                write!(f, "new entry for {account}: {:?} {:?}", input.project, input.tags)
            }
            Self::EditEntry(account, id, input) => {
                write!(f, "edit {account}'s entry {id}: {:?} {:?}", input.project, input.tags)
            }
            Self::DropEntry(account, id) => write!(f, "delete {account}'s entry {id}"),
            Self::NewThing(account, kind, input) => write!(f, "new {kind:?} for {account}: {input:?}"),
            Self::EditThing(account, kind, id, input) => write!(f, "edit {account}'s {kind:?} {id}: {input:?}"),
            Self::DropThing(account, kind, id) => write!(f, "delete {account}'s {kind:?} {id}"),
            Self::Merge(account, kind, into, id) => write!(f, "merge {account}'s {kind:?} {id} into {into}"),
            Self::Retire(account, kind, id) => write!(f, "delete {account}'s {kind:?} {id}, used or not"),
            Self::Approve(account, ids, approved) => write!(f, "approve {account}'s {ids:?}: {approved}"),
            Self::NewPerson(account, input) => {
                write!(f, "new person for {account}: {:?} {:?}", input.email, input.company)
            }
            Self::EditPerson(account, id, input) => {
                write!(f, "edit {account}'s person {id}: {:?} {:?} {:?}", input.email, input.company, input.title)
            }
            Self::DropPerson(account, id) => write!(f, "delete {account}'s person {id}"),
        }
    }
}

impl Deed {
    /// True if a person's request does the deed, for which the API has less time than other functions.
    pub fn is_a_request(&self) -> bool {
        !self.comes_again() && !matches!(self, Self::Sweep)
    }

    /// True if the deed is repeated until it succeeds.
    pub fn comes_again(&self) -> bool {
        matches!(self, Self::Deliver(_) | Self::Object(..) | Self::Arrival(_))
    }
}

/// The result of a deed, with an error which would be the product's fault.
pub struct Ended {
    pub well: bool,
    pub error: Option<String>,
    /// The import whose object was stored, about which S3 sends an event.
    pub stored: Option<(AccountId, ImportId)>,
}

impl Ended {
    fn of_edit<T>(result: Result<T, EditError>) -> Self {
        let error = match &result {
            Err(EditError::Store(error)) => Some(error.to_string()),
            _ => None,
        };
        Self { well: result.is_ok(), error, stored: None }
    }

    fn of_person<T>(result: Result<T, ContactError>) -> Self {
        match result {
            Err(ContactError::Edit(error)) => Self::of_edit(Err::<T, _>(error)),
            other => Self { well: other.is_ok(), error: None, stored: None },
        }
    }

    fn of_import<T>(result: Result<T, ImportError>) -> Self {
        let error = match &result {
            Ok(_)
            | Err(
                ImportError::Status { .. }
                | ImportError::NotResumable { .. }
                | ImportError::Missing(_)
                | ImportError::OutOfTime,
            ) => None,
            // The state changed in the meantime, so the caller got an error and repeats the deed.
            Err(ImportError::Store(StoreError::Busy(_))) => None,
            Err(error) => Some(error.to_string()),
        };
        Self { well: result.is_ok(), error, stored: None }
    }
}

pub async fn act(functions: Functions, person: Services, deed: Deed) -> Ended {
    let api = &functions.api;
    match deed {
        Deed::Deliver(letter) => Ended { well: hand_over(&letter, &functions).await, error: None, stored: None },
        Deed::Object(account, import) => Ended::of_import(plan(&functions.parser, account, import).await),
        Deed::Drop(key, file) => Ended::of_import(person.files.put(&key, file.into()).await.map_err(ImportError::from)),
        Deed::Arrival(arrival) => {
            let event = dropped(&arrival.key, &arrival.etag, &arrival.sequencer);
            Ended { well: arrive(&functions.parser, event).await.is_ok(), error: None, stored: None }
        }
        Deed::Import(account, file, wanted) => match import(api, account, file, wanted).await {
            Ok(import) if wanted.upload => Ended { well: true, error: None, stored: Some((account, import.id)) },
            other => Ended::of_import(other),
        },
        Deed::Undo(account, import) => {
            let undone = async {
                let import = Import::find(api, account, import).await?;
                revert::ask(api, &import, "user 1").await
            };
            Ended::of_import(undone.await)
        }
        Deed::Cancel(account, import) => {
            let cancelled = async {
                let import = Import::find(api, account, import).await?;
                cancel(api, &import, "user 1").await
            };
            Ended::of_import(cancelled.await)
        }
        Deed::Resume(account, import) => {
            let resumed = async {
                let import = Import::find(api, account, import).await?;
                resume(api, &import, &"user 1".into()).await
            };
            Ended::of_import(resumed.await)
        }
        Deed::Sweep => Ended::of_import(sweep::handle(&functions.sweep).await.map_err(ImportError::from)),
        Deed::NewEntry(account, input) => Ended::of_edit(entries::create(api, account, USER, &input).await),
        Deed::EditEntry(account, id, input) => Ended::of_edit(entries::update(api, account, id, &input).await),
        Deed::DropEntry(account, id) => Ended::of_edit(entries::delete(api, account, id).await),
        Deed::NewThing(account, kind, input) => Ended::of_edit(things::create(api, account, kind, &input).await),
        Deed::EditThing(account, kind, id, input) => {
            Ended::of_edit(things::update(api, account, kind, id, &input).await)
        }
        Deed::DropThing(account, kind, id) => Ended::of_edit(things::delete(api, account, kind, id).await),
        Deed::Merge(account, kind, into, id) => Ended::of_edit(merge::merge(api, account, kind, into, id, "id").await),
        Deed::Retire(account, kind, id) => Ended::of_edit(merge::delete(api, account, kind, id).await),
        Deed::Approve(account, ids, approved) => {
            let mark = if approved { Mark::Approved(USER, api.clock.now_ms()) } else { Mark::Unapproved };
            Ended::of_edit(marks::mark_all(api, account, &ids, mark).await)
        }
        Deed::NewPerson(account, input) => Ended::of_person(people::create(api, account, &input).await),
        Deed::EditPerson(account, id, input) => Ended::of_person(people::update(api, account, id, &input).await),
        Deed::DropPerson(account, id) => Ended::of_person(people::delete(api, account, id).await),
    }
}

async fn import(
    services: &Services,
    account: AccountId,
    file: String,
    Wanted { upload, mapped, abort, contacts }: Wanted,
) -> Result<Import, ImportError> {
    let token = shared::lease::nonce();
    let origin = if upload { Origin::Awaited { token } } else { Origin::Body { token } };
    let mut options = Options::of_user(USER);
    options.on_error = if abort { OnError::Abort } else { OnError::Skip };
    options.reading.mapping = mapped.then(|| columns().expect("a mapping"));
    options.duplicates = contacts.unwrap_or_default();
    let import_type = if contacts.is_some() { ImportType::Contacts } else { ImportType::TimeEntries };
    let file_name = "file.csv".to_owned();
    let new = NewImport { account, user: USER, import_type, options, file_name, note: None, origin, once: None };
    let import = create(services, &new).await?;
    match import.awaits.as_ref().filter(|_| upload) {
        Some(key) => drop(services.files.put(key, file.into()).await?),
        None => store_body(services, &import, file.into()).await?,
    }
    Ok(import)
}
