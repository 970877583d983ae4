//! Lists of the entries, tags and projects that an import created.

use axum::Json;
use axum::extract::OriginalUri;
use axum::http::HeaderMap;
use serde_json::Value;
use shared::entries::list;
use shared::id::ThingId;
use shared::results::made::Made;
use shared::store::keys::Kind;
use shared::things::Thing;

use super::NokoError;
use super::caller::{At, Importer};
use super::entries::Entries;
use super::filter::entry_filter;
use super::imports::visible;
use super::input::Id;
use super::paging::{Page, Paging};
use super::projects::{Projects, project_filter};
use super::query::Query;
use super::resource::answer;
use super::tags::Tags;
use super::thing_filter::ThingFilter;

/// The number of things read at once while a filter is applied.
const LOOKS_AT_ONCE: usize = 500;

type List = Result<(HeaderMap, Json<Vec<Value>>), NokoError>;

/// `GET /imports/:id/entries` returns the entries that the import created.
pub async fn entries(Importer(at): Importer, Id(id): Id, OriginalUri(uri): OriginalUri, query: Query) -> List {
    let (paging, filter) = (Paging::of(&query)?, entry_filter(&at, &query).await?);
    let import = visible(&at, id).await?;
    let page = list::of_import(&at.services, &import, &filter, &paging.wanted()).await?;
    answer::<Entries>(&at, &uri, &paging, page.into()).await
}

/// `GET /imports/:id/tags` returns the tags that the import created.
pub async fn tags(Importer(at): Importer, Id(id): Id, OriginalUri(uri): OriginalUri, query: Query) -> List {
    let (paging, filter) = (Paging::of(&query)?, ThingFilter::of_tags(&query)?);
    let made = Made::read(&at.services, &visible(&at, id).await?).await?;
    let page = page(&at, Kind::Tag, &made, &filter, &paging).await?;
    answer::<Tags>(&at, &uri, &paging, page).await
}

/// `GET /imports/:id/projects` returns the projects that the import created.
pub async fn projects(Importer(at): Importer, Id(id): Id, OriginalUri(uri): OriginalUri, query: Query) -> List {
    let (paging, filter) = (Paging::of(&query)?, project_filter(&at, &query).await?);
    let made = Made::read(&at.services, &visible(&at, id).await?).await?;
    let page = page(&at, Kind::Project, &made, &filter, &paging).await?;
    answer::<Projects>(&at, &uri, &paging, page).await
}

/// A page of the things of a kind that an import created. Without a filter, only the things on the page are read.
/// With a filter, things are read some at a time up to the end of the page, and their total number is known only
/// once all were read.
async fn page(
    at: &At,
    kind: Kind,
    made: &Made,
    filter: &ThingFilter,
    paging: &Paging,
) -> Result<Page<Thing>, NokoError> {
    let read = async |ids: &[ThingId]| {
        let wanted: Vec<_> = ids.iter().map(|&id| (kind, id)).collect();
        let mut things = Thing::get_many(&at.services, at.caller.account, &wanted).await?;
        things.retain(|thing| filter.matches(thing));
        things.sort_by_key(|thing| std::cmp::Reverse(thing.id));
        Ok::<_, NokoError>(things)
    };
    let total = made.count(kind);
    if filter.is_empty() {
        let ids = made.ids(&at.services, kind, paging.skip(), paging.take()).await?;
        let more = total > paging.skip() + paging.take() as u64;
        return Ok(Page { items: read(&ids).await?, more, total: Some(total), after: None });
    }
    let mut cut = paging.cutter();
    let mut looked_at = 0;
    while looked_at < total && !cut.is_far_behind() {
        let ids = made.ids(&at.services, kind, looked_at, LOOKS_AT_ONCE).await?;
        if ids.is_empty() {
            break;
        }
        looked_at += ids.len() as u64;
        read(&ids).await?.into_iter().for_each(|thing| cut.push(thing));
    }
    Ok(cut.page(looked_at >= total))
}
