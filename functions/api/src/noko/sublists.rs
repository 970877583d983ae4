//! What an import created: its entries, tags and projects.

use axum::Json;
use axum::extract::{OriginalUri, Path, State};
use axum::http::HeaderMap;
use serde_json::Value;
use shared::entity::Thing;
use shared::entity::reference::Note;
use shared::id::ImportId;
use shared::import::Import;
use shared::services::Services;
use shared::store::keys::{self, Kind};

use super::NokoError;
use super::caller::Importer;
use super::filter::{EntryFilter, Query, ThingFilter};
use super::imports::visible;
use super::paging::Paging;
use super::shape::Shapes;
use super::walk::Walk;
use crate::Door;
use crate::base::Base;

/// `GET /imports/:id/entries`.
pub async fn entries(
    State(door): State<Door>,
    Importer(caller): Importer,
    Base(base): Base,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let services = &door.services;
    let (paging, filter) = (Paging::of(&query)?, EntryFilter::of(&query)?);
    let import = visible(services, &caller, &id).await?;
    let mut walk = Walk::new(services, caller.account, &filter, &paging);
    if filter.admits_import(import.id.0) {
        walk.import(&import).await?;
    }
    let total = match filter.is_empty() {
        true => {
            let counts = import.counts(services).await?;
            Some(counts.created - counts.dropped)
        }
        false => None,
    };
    let page = walk.page(total);
    let mut shapes = Shapes::new(&base, caller.account);
    shapes.learn_entries(services, &page.items).await?;
    let links = paging.links(&base, &uri, &page);
    Ok((links, Json(page.items.iter().map(|entry| shapes.entry(entry)).collect())))
}

/// The things of a kind that the import created and that stand, highest id first.
async fn created(services: &Services, import: &Import, kind: Kind) -> Result<Vec<Thing>, NokoError> {
    let notes: Vec<Note> = services.store.read_all(keys::notes(import.account, import.id, Some(kind))).await?;
    let wanted: Vec<_> = notes.iter().map(|note| (note.kind, note.id)).collect();
    let mut things = Thing::get_many(services, import.account, &wanted).await?;
    let by = |import: ImportId| move |thing: &Thing| thing.created_by == import && !thing.is_spent();
    things.retain(by(import.id));
    things.sort_by_key(|thing| std::cmp::Reverse(thing.id));
    Ok(things)
}

/// `GET /imports/:id/tags`.
pub async fn tags(
    State(door): State<Door>,
    Importer(caller): Importer,
    Base(base): Base,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let services = &door.services;
    let (paging, filter) = (Paging::of(&query)?, ThingFilter::of_tags(&query)?);
    let import = visible(services, &caller, &id).await?;
    let mut tags = created(services, &import, Kind::Tag).await?;
    tags.retain(|tag| filter.matches(tag));
    super::tags::page(services, caller.account, &base, &uri, &paging, tags).await
}

/// `GET /imports/:id/projects`.
pub async fn projects(
    State(door): State<Door>,
    Importer(caller): Importer,
    Base(base): Base,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let services = &door.services;
    let (paging, filter) = (Paging::of(&query)?, ThingFilter::of_projects(&query)?);
    let import = visible(services, &caller, &id).await?;
    let mut projects = created(services, &import, Kind::Project).await?;
    projects.retain(|project| filter.matches(project));
    super::projects::page(services, caller.account, &base, &uri, &paging, projects).await
}
