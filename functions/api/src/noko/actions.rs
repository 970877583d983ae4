//! Actions on projects, tags and users beyond editing: merge, archive, activate, and changes of several things at once.
//!
//! When a request names several things, things that do not exist or that a rule protects are skipped without an error,
//! as the vendor does.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use shared::concurrent::drained;
use shared::edit::things::{self, ThingInput};
use shared::edit::users;
use shared::edit::{EditError, Rule, merge};
use shared::id::ThingId;
use shared::store::keys::Kind;
use shared::things::Thing;
use shared::values::hashtags::Tag;

use super::NokoError;
use super::caller::{At, Member};
use super::error::FieldError;
use super::input::{Fields, Id, Input, PerhapsInput, ids, number};
use super::projects::Projects;
use super::resource::{Edited, Shown, create, thing};
use super::tags::{Tags, named};
use super::users::Users;

/// The number of things that a request may change.
const MOST_AT_ONCE: usize = 1000;
/// The number of changes in flight at once.
const IN_FLIGHT: usize = 8;

type Done = Result<StatusCode, NokoError>;

/// `PUT /projects/:id/merge` merges the project named in the body into the project in the path.
pub async fn merge_project(Member(at): Member, Id(id): Id, input: Input) -> Done {
    merged::<Projects>(&at, Kind::Project, id, &input, "project_id").await
}

/// `PUT /tags/:id/merge` merges the tag named in the body into the tag in the path.
pub async fn merge_tag(Member(at): Member, Id(id): Id, input: Input) -> Done {
    merged::<Tags>(&at, Kind::Tag, id, &input, "tag_id").await
}

async fn merged<R: Edited>(at: &At, kind: Kind, id: u64, input: &Input, field: &'static str) -> Done {
    let from = input.read(R::FILTERS.resource, |fields| {
        fields.required(&[field]);
        fields.value(field, number)
    });
    let from = ThingId(from.all()?.unwrap_or_default());
    let done = merge::merge(&at.services, at.caller.account, kind, ThingId(id), from, field).await;
    done.map_err(R::wrong)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /projects/:id/archive` archives a project with entries, so that the entries can no longer
/// be approved or deleted.
pub async fn archive(at: Member, id: Id, input: PerhapsInput) -> Done {
    set_enabled(at, id, input, false).await
}

/// `PUT /projects/:id/unarchive` takes the project out of the archive.
pub async fn unarchive(at: Member, id: Id, input: PerhapsInput) -> Done {
    set_enabled(at, id, input, true).await
}

async fn set_enabled(Member(at): Member, Id(id): Id, input: PerhapsInput, enabled: bool) -> Done {
    nothing::<Projects>(&input)?;
    things::set_enabled(&at.services, at.caller.account, ThingId(id), enabled).await.map_err(Projects::wrong)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /projects/archive` archives the projects listed in the body.
pub async fn archive_all(Member(at): Member, input: Input) -> Done {
    let set = |id| things::set_enabled(&at.services, at.caller.account, id, false);
    each::<Projects, _>(listed::<Projects>(&input, "project_ids")?, set).await
}

/// `PUT /projects/unarchive` takes the projects listed in the body out of the archive.
pub async fn unarchive_all(Member(at): Member, input: Input) -> Done {
    let set = |id| things::set_enabled(&at.services, at.caller.account, id, true);
    each::<Projects, _>(listed::<Projects>(&input, "project_ids")?, set).await
}

/// `PUT /projects/delete` deletes the listed projects that have no entries.
pub async fn delete_projects(Member(at): Member, input: Input) -> Done {
    let delete = |id| things::delete(&at.services, at.caller.account, Kind::Project, id);
    each::<Projects, _>(listed::<Projects>(&input, "project_ids")?, delete).await
}

/// `PUT /tags/delete` deletes the listed tags. `DELETE` does the same, because a known client sends `DELETE`.
pub async fn delete_tags(Member(at): Member, input: Input) -> Done {
    let delete = |id| merge::delete(&at.services, at.caller.account, Kind::Tag, id);
    each::<Tags, _>(listed::<Tags>(&input, "tag_ids")?, delete).await
}

/// `POST /tags` creates a tag by its `name`, or several tags by their `names`. Among several, existing tags and
/// invalid names are skipped.
pub async fn post_tags(member: Member, input: Input) -> Result<Response, NokoError> {
    if !input.has("names") {
        return Ok(create::<Tags>(member, input).await?.into_response());
    }
    let names = input.read(Tags::FILTERS.resource, |fields| {
        fields.value("names", |value| value.as_array().filter(|names| names.len() <= MOST_AT_ONCE).cloned())
    });
    let (Member(at), names) = (member, names.all()?.unwrap_or_default());
    let made = names.iter().filter_map(named).map(|tag| create_tag(&at, tag));
    let made: Vec<_> = drained(made, IN_FLIGHT).await?.into_iter().flatten().collect();
    Ok((StatusCode::CREATED, Json(Tags::show(&at, &made).await?)).into_response())
}

async fn create_tag(at: &At, tag: Tag<'static>) -> Result<Option<Thing>, NokoError> {
    let billable = tag.unbillable.then_some(false);
    let input = ThingInput { name: Some(tag.name.into_owned()), billable, ..ThingInput::default() };
    match things::create(&at.services, at.caller.account, Kind::Tag, &input).await {
        Ok(tag) => Ok(Some(tag)),
        Err(EditError::Taken(_)) => Ok(None),
        Err(error) => Err(Tags::wrong(error)),
    }
}

/// `PUT /users/:id/deactivate` deactivates a user. Users cannot deactivate themselves.
pub async fn deactivate(at: Member, id: Id, input: PerhapsInput) -> Done {
    set_active(at, id, input, false).await
}

/// `PUT /users/:id/activate` activates a user who was deactivated.
pub async fn activate(at: Member, id: Id, input: PerhapsInput) -> Done {
    set_active(at, id, input, true).await
}

async fn set_active(Member(at): Member, Id(id): Id, input: PerhapsInput, active: bool) -> Done {
    nothing::<Users>(&input)?;
    let user = ThingId(id);
    if user == at.caller.user {
        return Err(Users::wrong(EditError::Forbidden(if active { Rule::NotDeactivated } else { Rule::Oneself })));
    }
    users::set_active(&at.services, at.caller.account, user, active).await.map_err(Users::wrong)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /users/:id/give_access_to_projects` succeeds without effect, because every user has access to all projects.
pub async fn give_access(Member(at): Member, Id(id): Id, input: Input) -> Done {
    thing(&at, Kind::User, id).await?;
    listed::<Users>(&input, "project_ids")?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /users/:id/revoke_access_to_projects` and `…_to_all_projects` are refused, because every user has
/// access to all projects.
pub async fn revoke_access(Member(at): Member, Id(id): Id) -> Done {
    thing(&at, Kind::User, id).await?;
    let error = FieldError::new(Users::FILTERS.resource, "base", "can_access_all_projects");
    Err(NokoError::invalid(vec![error.saying("every user has access to all projects")]))
}

/// Refuses a body that has any field.
fn nothing<R: Edited>(input: &PerhapsInput) -> Result<(), NokoError> {
    input.0.read(R::FILTERS.resource, |_| ()).all()
}

/// The ids in the body's list under the name `field`.
fn listed<R: Edited>(input: &Input, field: &'static str) -> Result<Vec<ThingId>, NokoError> {
    input.read(R::FILTERS.resource, |fields| id_list(fields, field)).all()
}

/// Parses a list of ids that must be in the body and has at most [`MOST_AT_ONCE`] ids.
pub fn id_list(fields: &mut Fields<'_>, field: &'static str) -> Vec<ThingId> {
    fields.required(&[field]);
    let ids = fields.value(field, |value| ids(value).filter(|ids| ids.len() <= MOST_AT_ONCE));
    ids.unwrap_or_default().into_iter().map(ThingId).collect()
}

async fn each<R: Edited, F>(ids: Vec<ThingId>, change: impl Fn(ThingId) -> F) -> Done
where
    F: Future<Output = Result<(), EditError>>,
{
    let changes = ids.into_iter().map(|id| {
        let change = change(id);
        async move {
            match change.await {
                Err(EditError::Store(error)) => Err(EditError::Store(error)),
                _ => Ok(()),
            }
        }
    });
    drained(changes, IN_FLIGHT).await.map_err(R::wrong)?;
    Ok(StatusCode::NO_CONTENT)
}
