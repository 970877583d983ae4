//! What is done to projects, tags and users besides editing them: merged, archived, activated, and several at once.
//!
//! Of several, those that are not there or that a rule keeps as they are, are left out, as the vendor does.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use shared::concurrent::drained;
use shared::edit::things::{self, ThingInput};
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

/// Things that one request changes at most.
const MOST_AT_ONCE: usize = 1000;
/// Things changed at once.
const IN_FLIGHT: usize = 8;

type Done = Result<StatusCode, NokoError>;

/// `PUT /projects/:id/merge`: the project that the body names is merged into this one.
pub async fn merge_project(Member(at): Member, Id(id): Id, input: Input) -> Done {
    merged::<Projects>(&at, Kind::Project, id, &input, "project_id").await
}

/// `PUT /tags/:id/merge`.
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

/// `PUT /projects/:id/archive`.
pub async fn archive(at: Member, id: Id, input: PerhapsInput) -> Done {
    set_enabled(at, id, input, false).await
}

/// `PUT /projects/:id/unarchive`.
pub async fn unarchive(at: Member, id: Id, input: PerhapsInput) -> Done {
    set_enabled(at, id, input, true).await
}

async fn set_enabled(Member(at): Member, Id(id): Id, input: PerhapsInput, enabled: bool) -> Done {
    nothing::<Projects>(&input)?;
    things::set_enabled(&at.services, at.caller.account, ThingId(id), enabled).await.map_err(Projects::wrong)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /projects/archive`.
pub async fn archive_all(Member(at): Member, input: Input) -> Done {
    let set = |id| things::set_enabled(&at.services, at.caller.account, id, false);
    each::<Projects, _>(listed::<Projects>(&input, "project_ids")?, set).await
}

/// `PUT /projects/unarchive`.
pub async fn unarchive_all(Member(at): Member, input: Input) -> Done {
    let set = |id| things::set_enabled(&at.services, at.caller.account, id, true);
    each::<Projects, _>(listed::<Projects>(&input, "project_ids")?, set).await
}

/// `PUT /projects/delete`: those without entries.
pub async fn delete_projects(Member(at): Member, input: Input) -> Done {
    let delete = |id| things::delete(&at.services, at.caller.account, Kind::Project, id);
    each::<Projects, _>(listed::<Projects>(&input, "project_ids")?, delete).await
}

/// `PUT /tags/delete`, and `DELETE`, as one of the clients sends it.
pub async fn delete_tags(Member(at): Member, input: Input) -> Done {
    let delete = |id| merge::delete(&at.services, at.caller.account, Kind::Tag, id);
    each::<Tags, _>(listed::<Tags>(&input, "tag_ids")?, delete).await
}

/// `POST /tags`: one tag by its `name`, or several by their `names`, of which those that are there already or are no names of
/// tags are left out.
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

/// `PUT /users/:id/deactivate`. Nobody deactivates themselves.
pub async fn deactivate(at: Member, id: Id, input: PerhapsInput) -> Done {
    set_active(at, id, input, false).await
}

/// `PUT /users/:id/activate`.
pub async fn activate(at: Member, id: Id, input: PerhapsInput) -> Done {
    set_active(at, id, input, true).await
}

async fn set_active(Member(at): Member, Id(id): Id, input: PerhapsInput, active: bool) -> Done {
    nothing::<Users>(&input)?;
    let user = ThingId(id);
    if user == at.caller.user {
        return Err(Users::wrong(EditError::Forbidden(if active { Rule::NotDeactivated } else { Rule::Oneself })));
    }
    things::set_active(&at.services, at.caller.account, user, active).await.map_err(Users::wrong)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /users/:id/give_access_to_projects`: every user has access to all projects, so nothing is left to give.
pub async fn give_access(Member(at): Member, Id(id): Id, input: Input) -> Done {
    thing(&at, Kind::User, id).await?;
    listed::<Users>(&input, "project_ids")?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /users/:id/revoke_access_to_projects` and `…_to_all_projects`: refused, for every user has access to all projects.
pub async fn revoke_access(Member(at): Member, Id(id): Id) -> Done {
    thing(&at, Kind::User, id).await?;
    let error = FieldError::new(Users::FILTERS.resource, "base", "can_access_all_projects");
    Err(NokoError::invalid(vec![error.saying("every user has access to all projects")]))
}

/// Refuses a body with fields.
fn nothing<R: Edited>(input: &PerhapsInput) -> Result<(), NokoError> {
    input.0.read(R::FILTERS.resource, |_| ()).all()
}

/// The ids that a body lists.
fn listed<R: Edited>(input: &Input, field: &'static str) -> Result<Vec<ThingId>, NokoError> {
    input.read(R::FILTERS.resource, |fields| id_list(fields, field)).all()
}

/// A required list of ids.
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
