//! Lists of profiles and subprofiles with filters, and changes of all that match.
//!
//! Parameters are the vendor's: `fields[]=name==value`, `orderby`, `order`, `start`, `limit`, `total`, `dataonly`. A list
//! ignores a condition that cannot be read and an unknown field, like the vendor. A change of all that match refuses both,
//! because such a condition would let it change everything.

use shared::id::RecordId;
use shared::profiles::by_hand::{self, Found};
use shared::profiles::filter::{Filter, Reading, Subject};
use shared::profiles::list::{self, ListOrder, ListQuery, Source};
use shared::profiles::selection::MemberWalk;
use shared::profiles::walk::OwnedWalk;
use shared::profiles::{Columns, Owned, ProfileError, RecordInput};
use shared::records::Record;
use shared::schema::view::View;
use shared::store::keys::RecordKind;

use super::answer::{Window, changed, created, document};
use super::caller::{At, shown_time};
use super::error::CopernicaError;
use super::given::Given;
use super::profiles::{ProfileShape, new_input, pairs};
use super::request::Asked;
use super::routes::Answered;
use super::subprofiles::SubprofileShape;

/// The highest `start` of a list.
const FARTHEST: i64 = 10_000;
/// The most records that one request changes.
const MOST_CHANGED: usize = 1000;
/// The most ids in an answer: each takes at most 22 of its bytes.
const MOST_IDS: usize = 150_000;

/// The conditions of a query, as texts.
fn conditions(query: &Given) -> Vec<String> {
    let fields = query.member("fields").and_then(Given::items).unwrap_or_default();
    fields.into_iter().filter_map(Given::text).collect()
}

/// Lists the records of a table, or of a view as it was built.
pub async fn list(at: &At, owned: Owned<'_>, view: Option<&View>, asked: &Asked) -> Answered {
    let window = Window::read(&asked.query);
    if window.start > FARTHEST {
        let ids = if owned.kind() == RecordKind::Subprofile { "subprofileids" } else { "profileids" };
        return Err(CopernicaError::saying(format!(
            "Invalid data provided: start may be {FARTHEST} at most; {ids} lists all ids"
        )));
    }
    let columns = Columns::of(owned, at.now());
    let zone = at.zone.clone();
    let time = move |ms| shown_time(&zone, ms);
    let reading = Reading { schema: owned.schema, columns: &columns, time: &time };
    let text = |name: &str| asked.query.member(name).and_then(Given::text).unwrap_or_default().to_ascii_lowercase();
    let order = match text("orderby").as_str() {
        "random" => ListOrder::Random,
        name => ListOrder::By(reading.subject(name).unwrap_or(Subject::Id)),
    };
    let (start, limit) = window.range();
    let query = ListQuery {
        filters: conditions(&asked.query).iter().filter_map(|condition| reading.filter(condition)).collect(),
        order,
        descending: matches!(text("order").as_str(), "desc" | "descending"),
        start,
        limit,
        with_total: window.with_total,
    };
    let (records, total) = list::page(source(at, owned, view, None).await?, reading, &query).await?;
    let total = total.unwrap_or_default();
    let is_short = asked.query.member("dataonly").is_some_and(Given::is_true);
    match owned.kind() {
        RecordKind::Subprofile => {
            let shape = |record: &Record| SubprofileShape::of(at, owned.schema, &columns, record, None);
            let shapes = records.iter().map(shape);
            match is_short {
                true => document(&window.list(shapes.map(SubprofileShape::into_data).collect(), total)),
                false => document(&window.list(shapes.collect(), total)),
            }
        }
        _ => {
            let shape = |record: &Record| ProfileShape::of(at, owned.schema, &columns, record, None);
            let shapes = records.iter().map(shape);
            match is_short {
                true => document(&window.list(shapes.map(ProfileShape::into_data).collect(), total)),
                false => document(&window.list(shapes.collect(), total)),
            }
        }
    }
}

/// The records of a table behind an id, or the profiles of a view.
async fn source<'a>(
    at: &'a At,
    owned: Owned<'_>,
    view: Option<&View>,
    after: Option<RecordId>,
) -> Result<Source<'a>, CopernicaError> {
    Ok(match view {
        None => Source::Table(OwnedWalk::begin(&at.services, at.id(), owned, after).await?),
        Some(view) => Source::View(Box::new(MemberWalk::begin(&at.services, at.id(), view.id, view.built))),
    })
}

/// The ids of all records, as texts, in the order of the numbers. `after` begins behind an id, and `limit` is the most ids.
pub async fn ids(at: &At, owned: Owned<'_>, view: Option<&View>, asked: &Asked) -> Answered {
    let after = asked.query.member("after").and_then(Given::text);
    let wrong = || CopernicaError::saying("Invalid data provided: after must be an id");
    let after: Option<RecordId> = after.map(|after| after.parse().map_err(|_| wrong())).transpose()?;
    let limit = asked.query.member("limit").map(|limit| usize::try_from(limit.integer()).unwrap_or(0));
    let most = limit.unwrap_or(MOST_IDS).min(MOST_IDS);
    let mut records = source(at, owned, view, after).await?;
    let mut ids: Vec<String> = Vec::new();
    while (ids.len() < most || (limit.is_none() && ids.len() <= most))
        && let Some(records) = records.next().await?
    {
        let behind = records.iter().filter(|record| after.is_none_or(|after| record.id > after));
        ids.extend(behind.map(|record| record.id.to_string()));
    }
    if limit.is_none() && ids.len() > most {
        let message = format!("Invalid data provided: there are more than {most} ids; ask with limit and after");
        return Err(CopernicaError::saying(message));
    }
    ids.truncate(most);
    document(&ids)
}

/// The filters of a change of all that match. There must be one, and every condition must be understood.
fn strict(reading: Reading<'_>, query: &Given) -> Result<Vec<Filter>, CopernicaError> {
    let given = query.member("fields").and_then(Given::items).filter(|given| !given.is_empty());
    let given = given.ok_or_else(CopernicaError::invalid_data)?;
    let filter = |condition: &Given| {
        let text = condition.text().unwrap_or_default();
        reading.filter(&text).ok_or_else(|| {
            CopernicaError::saying(format!("Invalid data provided: fields has no condition on a field: {text:?}"))
        })
    };
    given.into_iter().map(filter).collect()
}

/// Changes all records that match. With `create`, a record is made if none matches. `parent` limits the change to the
/// subprofiles of a profile, and is the profile of a new subprofile.
pub async fn update(at: &At, owned: Owned<'_>, parent: Option<&Found>, asked: &Asked) -> Answered {
    // Subprofiles take the values themselves, profiles take them as `fields`.
    let input = match owned.kind() {
        RecordKind::Subprofile => {
            let body = asked.body.member("fields").unwrap_or(&asked.body);
            let fields = pairs(body).ok_or_else(CopernicaError::invalid_data)?;
            RecordInput { fields, ..RecordInput::default() }
        }
        _ => new_input(&asked.body)?,
    };
    let columns = Columns::of(owned, at.now());
    let zone = at.zone.clone();
    let time = move |ms| shown_time(&zone, ms);
    let reading = Reading { schema: owned.schema, columns: &columns, time: &time };
    let filters = strict(reading, &asked.query)?;
    if parent.is_some_and(|parent| parent.removed.is_some()) {
        return Err(CopernicaError::saying("This profile has already been removed"));
    }
    let mut matching: Vec<RecordId> = Vec::new();
    let mut add = |records: Vec<Record>| {
        matching.extend(records.iter().filter(|record| reading.matches(&filters, record)).map(|record| record.id));
        if matching.len() > MOST_CHANGED { Err(ProfileError::TooMany(MOST_CHANGED)) } else { Ok(()) }
    };
    match parent {
        Some(parent) => {
            add(list::subprofiles_of(&at.services, at.id(), owned, parent.seen.record.id).await?)?;
        }
        None => {
            let mut walk = OwnedWalk::begin(&at.services, at.id(), owned, None).await?;
            while let Some(records) = walk.next().await? {
                add(records)?;
            }
        }
    }
    let can_create = owned.kind() == RecordKind::Profile || parent.is_some();
    let given = [&asked.query, &asked.body].into_iter();
    let is_asked = given.filter_map(|given| given.member("create")).any(Given::is_true);
    if matching.is_empty() && is_asked && can_create {
        let parent = parent.map(|parent| parent.seen.record.id);
        let id = by_hand::create(&at.services, at.id(), owned, parent, (&input, &at.now())).await?;
        return Ok(created(at, id.0, &format!("{}/{id}", owned.kind().name())));
    }
    for id in matching {
        match by_hand::update(&at.services, at.id(), (owned.kind(), id), (&input, &at.now())).await {
            // Somebody removed the record in this moment.
            Ok(_) | Err(ProfileError::Removed | ProfileError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(changed())
}
