//! `/entries`: the account's entries, made by hand first, then those of the latest import, its highest row first.

use axum::Json;
use axum::extract::{OriginalUri, Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use shared::entity::by_hand::entries::{self as by_hand, EntryInput, HAND_CHUNK, ProjectInput};
use shared::entity::by_hand::{EditError, MOST_TAGS};
use shared::entity::{Entry, entry::minutes};
use shared::id::{AccountId, ChunkNo, EntryId, ImportId, Row, ThingId};
use shared::import::{Import, Status};
use shared::ledger::{Chunk, ChunkState};
use shared::services::Services;
use shared::store::keys::{self, Counter};
use shared::store::{StoreError, decode};

use super::NokoError;
use super::caller::Member;
use super::filter::{EntryFilter, Query};
use super::input::{Input, any_text, flag, number, text};
use super::paging::{Page, Paging};
use super::shape::Shapes;
use crate::Door;
use crate::base::Base;

const ENTRY: &str = "Entry";
/// The longest duration by hand: about a hundred years.
const MOST_MINUTES: u64 = 60_000_000;

/// The search for a page: what comes before it is passed over, one more than it holds is looked for.
pub struct Walk {
    skip: u64,
    want: usize,
    found: Vec<Entry>,
}

impl Walk {
    /// A search for this page.
    pub fn new(paging: &Paging) -> Self {
        Self { skip: paging.skip(), want: paging.take(), found: Vec::new() }
    }

    /// Whether enough is found.
    pub fn is_done(&self) -> bool {
        self.found.len() > self.want
    }

    /// Passes over `count` entries at once, if the page begins behind them.
    fn pass_over(&mut self, count: u64) -> bool {
        let pass = count <= self.skip;
        if pass {
            self.skip -= count;
        }
        pass
    }

    fn take(&mut self, entry: Entry) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if !self.is_done() {
            self.found.push(entry);
        }
    }

    /// The page.
    pub fn page(mut self, total: Option<u64>) -> Page<Entry> {
        let more = self.is_done();
        self.found.truncate(self.want);
        Page { items: self.found, more, total }
    }
}

/// Walks the entries of an import from its highest row. Only committed chunks are seen; those that the page begins
/// behind, or that cannot match by what their ledger page says, are not read.
pub async fn import_entries(
    services: &Services,
    import: &Import,
    filter: &EntryFilter,
    walk: &mut Walk,
) -> Result<(), StoreError> {
    let (account, id) = (import.account, import.id);
    let chunks = keys::chunks(account, id, ChunkNo(0), ChunkNo(import.chunk_count())).descending();
    let mut chunks = chunks.limit(walk.want.max(50));
    loop {
        let (items, last) = services.store.page(&chunks).await?;
        for item in items {
            let chunk = Chunk::decode(item)?;
            let Some(page) = chunk.page.as_ref().filter(|_| chunk.state == ChunkState::Committed) else {
                continue;
            };
            let skipped = filter.is_empty() && walk.pass_over(chunk.standing());
            if skipped || (!chunk.edited && !filter.may_match(page)) {
                continue;
            }
            partition(services, account, id, chunk.number, filter, walk).await?;
            if walk.is_done() {
                return Ok(());
            }
        }
        match last {
            Some(last) => chunks = chunks.after(last),
            None => return Ok(()),
        }
    }
}

async fn partition(
    services: &Services,
    account: AccountId,
    import: ImportId,
    chunk: ChunkNo,
    filter: &EntryFilter,
    walk: &mut Walk,
) -> Result<(), StoreError> {
    let mut query = keys::entries(account, import, chunk).descending();
    if filter.is_empty() {
        let most = usize::try_from(walk.skip).unwrap_or(usize::MAX).saturating_add(walk.want + 1);
        query = query.limit(most.min(1000));
    }
    loop {
        let (items, last) = services.store.page(&query).await?;
        for item in items {
            let entry: Entry = decode(item)?;
            if filter.matches(&entry) {
                walk.take(entry);
            }
        }
        match last {
            Some(last) if !walk.is_done() => query = query.after(last),
            _ => return Ok(()),
        }
    }
}

#[derive(Deserialize)]
struct Numbered {
    #[serde(alias = "number")]
    n: u64,
}

/// Walks all entries of an account.
async fn account_entries(
    services: &Services,
    account: AccountId,
    filter: &EntryFilter,
    walk: &mut Walk,
) -> Result<(), StoreError> {
    if filter.admits_import(0) {
        let counter: Option<Numbered> = services.store.read(&keys::counter(account, Counter::Entries)).await?;
        let last = counter.map_or(0, |counter| counter.n);
        let chunks = if last == 0 { 0 } else { Row(last).chunk(HAND_CHUNK).0 + 1 };
        for chunk in (0..chunks).rev() {
            partition(services, account, ImportId::HAND, ChunkNo(chunk), filter, walk).await?;
            if walk.is_done() {
                return Ok(());
            }
        }
    }
    let mut imports = keys::import_list(account).descending();
    loop {
        let (items, last) = services.store.page(&imports).await?;
        for item in items {
            let listed: Numbered = decode(item)?;
            if !filter.admits_import(listed.n) {
                continue;
            }
            let Some(import) = Import::get(services, account, ImportId(listed.n)).await? else {
                continue;
            };
            if matches!(import.status, Status::RollingBack | Status::RolledBack) {
                continue;
            }
            if filter.is_empty() {
                let counts = import.counts(services).await?;
                if walk.pass_over(counts.created - counts.dropped) {
                    continue;
                }
            }
            import_entries(services, &import, filter, walk).await?;
            if walk.is_done() {
                return Ok(());
            }
        }
        match last {
            Some(last) => imports = imports.after(last),
            None => return Ok(()),
        }
    }
}

/// `GET /entries`.
pub async fn list(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    OriginalUri(uri): OriginalUri,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let (paging, filter) = (Paging::of(&query)?, EntryFilter::of(&query)?);
    let mut walk = Walk::new(&paging);
    account_entries(&door.services, caller.account, &filter, &mut walk).await?;
    let page = walk.page(None);
    let mut shapes = Shapes::new(&base, caller.account);
    shapes.learn_entries(&door.services, &page.items).await?;
    let links = paging.links(&base, &uri, &page);
    Ok((links, Json(page.items.iter().map(|entry| shapes.entry(entry)).collect())))
}

fn id_of(path: &str) -> Result<EntryId, NokoError> {
    path.parse().map(EntryId).map_err(|_| NokoError::not_found())
}

async fn shown(services: &Services, account: AccountId, base: &str, entry: &Entry) -> Result<Json<Value>, NokoError> {
    let mut shapes = Shapes::new(base, account);
    shapes.learn_entries(services, std::slice::from_ref(entry)).await?;
    Ok(Json(shapes.entry(entry)))
}

/// `GET /entries/:id`.
pub async fn get(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    Path(id): Path<String>,
) -> Result<Json<Value>, NokoError> {
    let entry = by_hand::get(&door.services, caller.account, id_of(&id)?).await.map_err(wrong)?;
    shown(&door.services, caller.account, &base, &entry).await
}

/// `POST /entries`.
pub async fn create(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    input: Input,
) -> Result<(StatusCode, HeaderMap, Json<Value>), NokoError> {
    let input = entry_input(&input, None)?;
    let entry = by_hand::create(&door.services, caller.account, caller.user, &input).await.map_err(wrong)?;
    let shown = shown(&door.services, caller.account, &base, &entry).await?;
    Ok((StatusCode::CREATED, location(&shown), shown))
}

/// `PUT` and `PATCH /entries/:id`.
pub async fn update(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    Path(id): Path<String>,
    input: Input,
) -> Result<Json<Value>, NokoError> {
    let before = by_hand::get(&door.services, caller.account, id_of(&id)?).await.map_err(wrong)?;
    let input = entry_input(&input, Some(&before))?;
    let entry = by_hand::update(&door.services, caller.account, before.id, &input).await.map_err(wrong)?;
    shown(&door.services, caller.account, &base, &entry).await
}

/// `DELETE /entries/:id`.
pub async fn delete(
    State(door): State<Door>,
    Member(caller): Member,
    Path(id): Path<String>,
) -> Result<StatusCode, NokoError> {
    by_hand::delete(&door.services, caller.account, id_of(&id)?).await.map_err(wrong)?;
    Ok(StatusCode::NO_CONTENT)
}

fn wrong(error: EditError) -> NokoError {
    NokoError::of_edit(error, ENTRY)
}

/// The `Location` of what was made.
pub(super) fn location(shown: &Json<Value>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let url = shown.0["url"].as_str().and_then(|url| HeaderValue::from_str(url).ok());
    headers.extend(url.map(|url| (LOCATION, url)));
    headers
}

fn entry_input(input: &Input, before: Option<&Entry>) -> Result<EntryInput, NokoError> {
    let mut fields = input.of(ENTRY);
    let date = fields.value("date", |value| value.as_str()?.trim().parse().ok());
    let shown_minutes = fields.value("minutes", |value| number(value).filter(|&minutes| minutes <= MOST_MINUTES));
    let hours = fields
        .value("hours", |value| value.as_f64().filter(|hours| (0.0..=MOST_MINUTES as f64 / 60.0).contains(hours)));
    let user = fields.value("user_id", number).map(ThingId);
    let project = fields.nullable("project_id", number).map(|id| id.map(ThingId));
    let project_name = fields.nullable("project_name", text);
    let description = fields.nullable("description", any_text);
    let tags = fields.value("tags", |value| {
        let names = value.as_array().filter(|names| names.len() <= MOST_TAGS)?;
        names.iter().map(super::tags::name).collect::<Option<Vec<_>>>()
    });
    let billable = fields.value("billable", flag);
    let source_url = fields.nullable("source_url", any_text);
    if before.is_none() {
        fields.required(&["date"]);
        fields.required(&["minutes", "hours"]);
    }
    fields.done()?;

    let by_id = project.map(|id| id.map(ProjectInput::Id));
    let project = by_id.or(project_name.map(|name| name.map(ProjectInput::Name)));
    // The minutes shown are rounded: sent back unchanged they change no seconds.
    let unchanged = |minutes_sent: u64| before.is_some_and(|before| minutes(before.seconds) == minutes_sent);
    let seconds = match (shown_minutes, hours) {
        (Some(minutes), _) if unchanged(minutes) => None,
        (Some(minutes), _) => Some(minutes.saturating_mul(60)),
        (None, Some(hours)) => Some((hours * 3600.0).round() as u64),
        (None, None) => None,
    };
    Ok(EntryInput {
        date,
        seconds,
        user,
        project,
        tags,
        text: description.map(|text| text.filter(|text| !text.is_empty())),
        billable,
        source_url,
    })
}
