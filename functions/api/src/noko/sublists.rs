//! What an import created: its entries, tags and projects.

use axum::Json;
use axum::extract::{OriginalUri, Path, State};
use axum::http::HeaderMap;
use serde_json::Value;
use shared::entity::Thing;
use shared::id::{AccountId, ThingId};
use shared::import::Made;
use shared::services::Services;
use shared::store::keys::Kind;

use super::NokoError;
use super::caller::Importer;
use super::filter::{EntryFilter, Query, ThingFilter};
use super::imports::visible;
use super::paging::{Page, Paging};
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

/// The page of some things of a kind: only those on it are read, unless others have to be looked at for a filter.
async fn page(
    services: &Services,
    account: AccountId,
    kind: Kind,
    ids: Vec<ThingId>,
    filter: &ThingFilter,
    paging: &Paging,
) -> Result<Page<Thing>, NokoError> {
    let read = async |ids: &[ThingId]| {
        let wanted: Vec<_> = ids.iter().map(|&id| (kind, id)).collect();
        let mut things = Thing::get_many(services, account, &wanted).await?;
        things.retain(|thing| !thing.is_spent() && filter.matches(thing));
        things.sort_by_key(|thing| std::cmp::Reverse(thing.id));
        Ok::<_, NokoError>(things)
    };
    if !filter.is_empty() {
        return Ok(paging.cut(read(&ids).await?));
    }
    let Page { items, more, total, after } = paging.cut(ids);
    Ok(Page { items: read(&items).await?, more, total, after })
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
    let made = Made::read(services, &import).await?.tags;
    let page = page(services, caller.account, Kind::Tag, made, &filter, &paging).await?;
    super::tags::page(services, caller.account, &base, &uri, &paging, page).await
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
    let made = Made::read(services, &import).await?.projects;
    let page = page(services, caller.account, Kind::Project, made, &filter, &paging).await?;
    super::projects::page(services, caller.account, &base, &uri, &paging, page).await
}
