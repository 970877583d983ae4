//! The Noko door, `/v2`, compatible with the clients of Noko (formerly Freckle).
//!
//! Paths, field names, error codes and texts are the vendor's.

mod actions;
mod caller;
mod create;
mod describe;
mod endpoint;
mod entries;
mod error;
mod filter;
mod groups;
mod imports;
mod input;
mod lists_of;
mod marking;
mod mine;
mod paging;
mod parameters;
mod projects;
mod query;
mod resource;
mod shape;
mod sublists;
mod tags;
mod thing_filter;
mod users;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{MethodRouter, any};

use crate::Door;
use crate::openapi::noko::{
    AccountShown, Approval, ApprovalOfEntries, CurrentUser, EntryIds, EntryShown, FileForm, GroupFields, GroupShown,
    ImportMade, ImportReport, ImportShown, ImportState, InvoiceOfEntries, Invoicing, MergedProject, MergedTag,
    NoExpense, NoFields, ProjectGroupShown, ProjectIds, ProjectShown, ProjectsAdded, TagIds, TagOrTags, TagShown,
    TagsMade, UserFields, UserLink,
};
use crate::routes::{Routes, gathered};
use describe::{Says, accepted, created, done, object, page, refused};
pub use endpoint::Endpoint;
use endpoint::{Endpoints, at};
use entries::Entries;
pub use error::NokoError;
use groups::ProjectGroups;
pub use parameters::Parameters;
use parameters::{ENTRIES, EXPENSES, IMPORTS, PROJECTS, TAGS};
use projects::{Groups, Projects};
use resource::Shown;
use tags::Tags;
use users::Users;

/// The handler for `/v2/`, which the nested router does not cover.
pub fn root() -> MethodRouter {
    any(async || NokoError::not_found()).layer(from_fn(caller::with_user_agent))
}

/// All paths, with the query parameters and the description of each of their methods.
fn paths<R: Routes>() -> Vec<Endpoints<R>> {
    of_imports()
        .into_iter()
        .chain(of_resources())
        .chain(of_entries())
        .chain(of_projects())
        .chain(of_tags())
        .chain(of_users())
        .chain(of_groups())
        .collect()
}

fn of_imports<R: Routes>() -> Vec<Endpoints<R>> {
    let import = Parameters::none(IMPORTS.resource);
    let report = object::<ImportReport>("Shows what became of an import's rows").or_nothing();
    let create = accepted::<ImportMade>("Creates an import from a file").takes_form::<FileForm>();
    vec![
        at("/imports").get(imports::list, IMPORTS, page::<ImportShown>("Lists imports")).post(
            create::create,
            import,
            create,
        ),
        at("/imports/{id}").get(imports::get, import, object::<ImportShown>("Shows an import")).delete(
            imports::delete,
            import,
            done("Undoes an import"),
        ),
        at("/imports/{id}/status").get(imports::status, import, object::<ImportState>("Shows an import's status")),
        at("/imports/{id}/details").get(imports::details, import, report),
        at("/imports/{id}/report").get(imports::details, import, report),
        at("/imports/{id}/entries").get(
            sublists::entries,
            ENTRIES,
            page::<EntryShown>("Lists the entries that an import created"),
        ),
        at("/imports/{id}/tags").get(sublists::tags, TAGS, page::<TagShown>("Lists the tags that an import created")),
        at("/imports/{id}/projects").get(
            sublists::projects,
            PROJECTS,
            page::<ProjectShown>("Lists the projects that an import created"),
        ),
    ]
}

fn of_resources<R: Routes>() -> Vec<Endpoints<R>> {
    let group = Parameters::none(Groups::FILTERS.resource);
    let tag = Parameters::none(TAGS.resource);
    vec![
        resource::all::<Entries, _>("/entries"),
        resource::each::<Entries, _>("/entries/{id}"),
        resource::all::<Projects, _>("/projects"),
        resource::each::<Projects, _>("/projects/{id}"),
        at("/tags").get(resource::list::<Tags>, TAGS, page::<TagShown>("Lists tags")).post(
            actions::post_tags,
            tag,
            created::<TagsMade>("Creates a tag, or several").takes::<TagOrTags>(),
        ),
        resource::each::<Tags, _>("/tags/{id}"),
        resource::all::<Users, _>("/users"),
        resource::each::<Users, _>("/users/{id}"),
        at("/expenses").get(projects::expenses, EXPENSES, page::<NoExpense>("Lists no expenses")),
        at("/groups").get(resource::list::<Groups>, Groups::FILTERS, page::<GroupShown>("Lists clients in short form")),
        at("/groups/{id}").get(resource::one::<Groups>, group, object::<GroupShown>("Shows a client in short form")),
    ]
}

/// The paths that mark entries. Marking as invoiced has several paths, because the vendor's documentation has changed
/// its spelling and clients use short forms.
fn of_entries<R: Routes>() -> Vec<Endpoints<R>> {
    let none = Parameters::none(ENTRIES.resource);
    let invoice = done("Marks an entry as invoiced, or removes the mark").may_take::<Invoicing>();
    let invoice_all = done("Marks entries as invoiced, or removes the marks").may_take::<InvoiceOfEntries>();
    let approve = done("Approves an entry").may_take::<Approval>();
    let approve_all = done("Approves entries").may_take::<ApprovalOfEntries>();
    let unapprove = done("Removes the approval of an entry").may_take::<NoFields>();
    let unapprove_all = done("Removes the approval of entries").may_take::<EntryIds>();
    vec![
        at("/entries/{id}/marked_as_invoiced").put(marking::invoice, none, invoice),
        at("/entries/{id}/mark_as_invoiced").put(marking::invoice, none, invoice),
        at("/entries/{id}/invoiced_outside_of_noko").put(marking::invoice, none, invoice),
        at("/entries/{id}/invoiced_outside_of_freckle").put(marking::invoice, none, invoice),
        at("/entries/marked_as_invoiced").put(marking::invoice_all, none, invoice_all),
        at("/entries/mark_as_invoiced").put(marking::invoice_all, none, invoice_all),
        at("/entries/invoiced_outside_of_noko").put(marking::invoice_all, none, invoice_all),
        at("/entries/invoiced_outside_of_freckle").put(marking::invoice_all, none, invoice_all),
        at("/entries/{id}/approved").put(marking::approve, none, approve),
        at("/entries/approved").put(marking::approve_all, none, approve_all),
        at("/entries/{id}/unapproved").put(marking::unapprove, none, unapprove),
        at("/entries/unapproved").put(marking::unapprove_all, none, unapprove_all),
    ]
}

fn of_projects<R: Routes>() -> Vec<Endpoints<R>> {
    let none = Parameters::none(PROJECTS.resource);
    let all = |says: Says| says.takes::<ProjectIds>();
    let merge = done("Merges another project into a project").takes::<MergedProject>();
    vec![
        at("/projects/archive").put(actions::archive_all, none, all(done("Archives projects"))),
        at("/projects/unarchive").put(actions::unarchive_all, none, all(done("Takes projects out of the archive"))),
        at("/projects/delete").put(actions::delete_projects, none, all(done("Deletes projects without entries"))),
        at("/projects/{id}/archive").put(actions::archive, none, done("Archives a project").may_take::<NoFields>()),
        at("/projects/{id}/unarchive").put(
            actions::unarchive,
            none,
            done("Takes a project out of the archive").may_take::<NoFields>(),
        ),
        at("/projects/{id}/merge").put(actions::merge_project, none, merge),
        at("/projects/{id}/entries").get(
            lists_of::entries_of_project,
            ENTRIES,
            page::<EntryShown>("Lists the entries of a project"),
        ),
        at("/projects/{id}/participants").get(
            lists_of::participants,
            none,
            page::<UserLink>("Lists the users with entries in a project"),
        ),
        at("/projects/{id}/expenses").get(
            lists_of::expenses_of::<true>,
            EXPENSES,
            page::<NoExpense>("Lists no expenses"),
        ),
    ]
}

fn of_tags<R: Routes>() -> Vec<Endpoints<R>> {
    let tag = Parameters::none(TAGS.resource);
    let delete = done("Deletes tags").takes::<TagIds>();
    let merge = done("Merges another tag into a tag").takes::<MergedTag>();
    let entries = page::<EntryShown>("Lists the entries with a tag");
    vec![
        at("/tags/delete").put(actions::delete_tags, tag, delete).delete(actions::delete_tags, tag, delete),
        at("/tags/{id}/merge").put(actions::merge_tag, tag, merge),
        at("/tags/{id}/entries").get(lists_of::entries_of_tag, ENTRIES, entries),
    ]
}

fn of_users<R: Routes>() -> Vec<Endpoints<R>> {
    let user = Parameters::none(Users::FILTERS.resource);
    let entries = page::<EntryShown>("Lists the entries of a user");
    let own_entries = page::<EntryShown>("Lists the caller's entries");
    let expenses = page::<NoExpense>("Lists no expenses");
    let give = done("Gives access to projects, which every user has").takes::<ProjectIds>();
    let revoke = refused("Refuses to revoke access to projects, which every user has");
    vec![
        at("/account").get(mine::account, Parameters::none("Account"), object::<AccountShown>("Shows the account")),
        at("/current_user").get(mine::user, user, object::<CurrentUser>("Shows the caller")).put(
            mine::change,
            user,
            object::<CurrentUser>("Changes the caller").takes::<UserFields>(),
        ),
        at("/current_user/entries").get(lists_of::entries_of_caller, ENTRIES, own_entries),
        at("/current_user/expenses").get(projects::expenses, EXPENSES, expenses),
        at("/users/{id}/entries").get(lists_of::entries_of_user, ENTRIES, entries),
        at("/users/{id}/expenses").get(lists_of::expenses_of::<false>, EXPENSES, expenses),
        at("/users/{id}/activate").put(actions::activate, user, done("Activates a user").may_take::<NoFields>()),
        at("/users/{id}/deactivate").put(actions::deactivate, user, done("Deactivates a user").may_take::<NoFields>()),
        at("/users/{id}/give_access_to_projects").put(actions::give_access, user, give),
        at("/users/{id}/revoke_access_to_projects").put(actions::revoke_access, user, revoke),
        at("/users/{id}/revoke_access_to_all_projects").put(actions::revoke_access, user, revoke),
    ]
}

fn of_groups<R: Routes>() -> Vec<Endpoints<R>> {
    let none = Parameters::none(ProjectGroups::FILTERS.resource);
    let fields = Parameters { single: &["name"], lists: &["project_ids"], ..none };
    let list = page::<ProjectGroupShown>("Lists clients");
    let create = created::<ProjectGroupShown>("Creates a client, by fields or by parameters").may_take::<GroupFields>();
    let add = object::<ProjectsAdded>("Adds projects to a client").takes::<ProjectIds>();
    let remove = done("Takes projects from a client").takes::<ProjectIds>();
    vec![
        at("/project_groups").get(resource::list::<ProjectGroups>, ProjectGroups::FILTERS, list).post(
            groups::create,
            fields,
            create,
        ),
        resource::each::<ProjectGroups, _>("/project_groups/{id}"),
        at("/project_groups/{id}/entries").get(
            lists_of::entries_of_group,
            ENTRIES,
            page::<EntryShown>("Lists the entries of a client's projects"),
        ),
        at("/project_groups/{id}/projects").get(
            lists_of::projects_of_group,
            PROJECTS,
            page::<ProjectShown>("Lists the projects of a client"),
        ),
        at("/project_groups/{id}/add_projects").post(groups::add, none, add),
        at("/project_groups/{id}/remove_projects").put(groups::remove, none, remove),
        at("/project_groups/{id}/remove_all_projects").put(
            groups::remove_all,
            none,
            done("Takes all projects from a client").may_take::<NoFields>(),
        ),
    ]
}

/// All endpoints, for tests that call each of them.
pub fn endpoints() -> Vec<Endpoint> {
    paths::<Router<Door>>().into_iter().flat_map(Endpoints::each).collect()
}

/// The routes of the door. Each path is accepted with and without a slash at the end.
pub(crate) fn routes<R: Routes>() -> R {
    paths().into_iter().fold(R::default(), Endpoints::add_to)
}

/// The router of the door.
pub fn router(door: Door) -> Router {
    let routes = routes::<Router<Door>>()
        .fallback(async || NokoError::not_found())
        .method_not_allowed_fallback(async || NokoError::method_not_allowed())
        .with_state(door);
    gathered(routes).layer(from_fn(caller::with_user_agent))
}
