//! What an import created: its entries, tags and projects.

use axum::Json;
use axum::extract::OriginalUri;
use axum::http::{HeaderMap, Uri};
use serde_json::Value;
use shared::entity::Thing;
use shared::id::ThingId;
use shared::import::Made;
use shared::store::keys::Kind;

use super::NokoError;
use super::caller::{At, Importer};
use super::entries::Entries;
use super::filter::EntryFilter;
use super::imports::visible;
use super::input::Id;
use super::paging::{Page, Paging};
use super::projects::{Projects, project_filter};
use super::query::Query;
use super::resource::Shown;
use super::tags::Tags;
use super::thing_filter::ThingFilter;
use super::walk::Walk;

type List = Result<(HeaderMap, Json<Vec<Value>>), NokoError>;

/// `GET /imports/:id/entries`.
pub async fn entries(Importer(at): Importer, Id(id): Id, OriginalUri(uri): OriginalUri, query: Query) -> List {
    let (paging, filter) = (Paging::of(&query)?, EntryFilter::of(&at, &query).await?);
    let import = visible(&at, id).await?;
    let mut walk = Walk::new(&at.services, at.caller.account, &filter, &paging);
    if filter.admits_import(import.id.0) {
        walk.import(&import).await?;
    }
    let total = match filter.is_empty() {
        true => {
            let counts = import.counts(&at.services).await?;
            Some(counts.created - counts.dropped)
        }
        false => None,
    };
    shown::<Entries>(&at, &uri, &paging, walk.page(total)).await
}

/// `GET /imports/:id/tags`.
pub async fn tags(Importer(at): Importer, Id(id): Id, OriginalUri(uri): OriginalUri, query: Query) -> List {
    let (paging, filter) = (Paging::of(&query)?, ThingFilter::of_tags(&query)?);
    let made = Made::read(&at.services, &visible(&at, id).await?).await?.tags;
    let page = page(&at, Kind::Tag, made, &filter, &paging).await?;
    shown::<Tags>(&at, &uri, &paging, page).await
}

/// `GET /imports/:id/projects`.
pub async fn projects(Importer(at): Importer, Id(id): Id, OriginalUri(uri): OriginalUri, query: Query) -> List {
    let (paging, filter) = (Paging::of(&query)?, project_filter(&at, &query).await?);
    let made = Made::read(&at.services, &visible(&at, id).await?).await?.projects;
    let page = page(&at, Kind::Project, made, &filter, &paging).await?;
    shown::<Projects>(&at, &uri, &paging, page).await
}

async fn shown<R: Shown>(at: &At, uri: &Uri, paging: &Paging, page: Page<R::Item>) -> List {
    let shown = R::show(at, &page.items).await?;
    Ok((paging.links(&at.base, uri, &page), Json(shown)))
}

/// The page of some things of a kind: only those on it are read, unless others have to be looked at for a filter.
async fn page(
    at: &At,
    kind: Kind,
    ids: Vec<ThingId>,
    filter: &ThingFilter,
    paging: &Paging,
) -> Result<Page<Thing>, NokoError> {
    let read = async |ids: &[ThingId]| {
        let wanted: Vec<_> = ids.iter().map(|&id| (kind, id)).collect();
        let mut things = Thing::get_many(&at.services, at.caller.account, &wanted).await?;
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
