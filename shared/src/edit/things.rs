//! Clients, projects and tags made, edited and deleted by hand; users are deleted here too, and [`users`](super::users) has their
//! other edits. Every edit is a single transaction, which is refused and retried if the thing's version has changed since the
//! read. Names are unique because a thing lies at the place of its key.

use super::{EditError, Rule, repeated, unused};
use crate::id::{AccountId, ImportId, ThingId};
use crate::results::made::unmade;
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, Write};
use crate::things::find::{Found, KeyPlace, find, is_home};
use crate::things::names::{normal, project_key, tidy};
use crate::things::reference::{self, count, let_go};
use crate::things::retired::Retirements;
use crate::things::{Body, ProjectFields, Thing};

/// The fields of a project, client or tag as given by a caller. An absent field (`None`) keeps its value in an edit,
/// and has its default in a new thing.
#[derive(Clone, Debug, Default)]
pub struct ThingInput {
    /// The name as people write it; tidied before storing.
    pub name: Option<String>,
    /// `true` if entries of the thing can be billed.
    pub billable: Option<bool>,
    /// The client of a project; `Some(None)` removes the client.
    pub client: Option<Option<ClientInput>>,
    /// `false` to archive the project, `true` to take the project back into use.
    pub enabled: Option<bool>,
    /// The billing step of a project in minutes.
    pub stepping: Option<u32>,
    /// The colour of a project as `#rrggbb`.
    pub color_hex: Option<String>,
    /// The budget of a project in minutes; `Some(None)` removes the budget.
    pub budget_minutes: Option<Option<u64>>,
}

/// The client of a project, by id or by name.
#[derive(Clone, Debug)]
pub enum ClientInput {
    /// The id of an existing client.
    Id(ThingId),
    /// The name of a client, made unless the client exists.
    Name(String),
}

/// Makes a project, client or tag.
pub async fn create(
    services: &Services,
    account: AccountId,
    kind: Kind,
    input: &ThingInput,
) -> Result<Thing, EditError> {
    repeated(|| async {
        let now = services.clock.now_ms();
        let name = tidy(input.name.as_deref().unwrap_or_default());
        let blank = Thing::new(kind, ThingId(0), String::new(), name, ImportId::HAND, now);
        let (mut thing, mut writes) = applied(services, account, blank, input).await?;
        let place = free_place(services, account, kind, &thing.key).await?.ok_or(EditError::Taken("name"))?;
        thing.id = place.id;
        writes.extend(place.put(account, &thing));
        Ok(services.store.attempt_all(writes).await?.then_some(thing))
    })
    .await
}

/// Makes a thing whose fields and key the caller has set; the id comes from the key.
pub(super) async fn put(services: &Services, account: AccountId, thing: &Thing) -> Result<Thing, EditError> {
    repeated(|| async {
        let kind = thing.kind();
        let place = free_place(services, account, kind, &thing.key).await?.ok_or(EditError::Taken("name"))?;
        let thing = Thing { id: place.id, ..thing.clone() };
        Ok(services.store.attempt_all(place.put(account, &thing)).await?.then_some(thing))
    })
    .await
}

/// Edits a project, client or tag.
pub async fn update(
    services: &Services,
    account: AccountId,
    kind: Kind,
    id: ThingId,
    input: &ThingInput,
) -> Result<Thing, EditError> {
    repeated(|| async {
        let before = Thing::get(services, account, kind, id).await?.ok_or(EditError::NotFound)?;
        let (after, writes) = applied(services, account, before.clone(), input).await?;
        rewrite(services, account, before, after, writes).await
    })
    .await
}

/// Edits a thing by a function of the thing as it stands, which sets name, key and fields.
pub(super) async fn edit(
    services: &Services,
    account: AccountId,
    kind: Kind,
    id: ThingId,
    apply: impl Fn(Thing) -> Thing,
) -> Result<Thing, EditError> {
    repeated(|| async {
        let before = Thing::get(services, account, kind, id).await?.ok_or(EditError::NotFound)?;
        let after = apply(before.clone());
        rewrite(services, account, before, after, Vec::new()).await
    })
    .await
}

/// Writes an edited thing, together with further writes; `None` if somebody edited the thing in between. A thing which is
/// as before is not written.
async fn rewrite(
    services: &Services,
    account: AccountId,
    before: Thing,
    mut after: Thing,
    mut writes: Vec<Write>,
) -> Result<Option<Thing>, EditError> {
    if after == before {
        return Ok(Some(before));
    }
    let (kind, id) = (before.kind(), before.id);
    if after.key != before.key {
        let place = free_place(services, account, kind, &after.key).await?.ok_or(EditError::Taken("name"))?;
        if let Some(old) = before.alias_at {
            writes.push(Write::delete(keys::thing(account, kind, old)));
        }
        after.alias_at = None;
        // A thing renamed to the name under which it was made lies at home again, where a search finds it without a
        // sign.
        if !is_home(account, kind, &after.key, id) {
            writes.extend(place.put_sign(account, kind, &after.key, id));
            after.alias_at = Some(place.id);
        }
    }
    after.version += 1;
    after.updated_at = services.clock.now_ms();
    writes.push(replace(account, &before, &after));
    Ok(services.store.attempt_all(writes).await?.then_some(after))
}

/// Deletes a shared thing without entries, together with everything merged into the thing.
pub async fn delete(services: &Services, account: AccountId, kind: Kind, id: ThingId) -> Result<(), EditError> {
    repeated(|| async {
        let thing = Thing::get(services, account, kind, id).await?.ok_or(EditError::NotFound)?;
        let mut things = vec![thing];
        if things[0].merges > 0 {
            let merged = Retirements::read(services, account).await?.meaning(kind, id);
            let merged: Vec<_> = merged.into_iter().skip(1).map(|merged| (kind, merged)).collect();
            things.extend(Thing::standing_many(services, account, &merged).await?);
        }
        // References can be left without entries when people deleted all entries; such references do not hold the
        // thing.
        let empty = unused::all_without_entries(services, account, &things).await?.ok_or(EditError::InUse)?;
        let mut writes = reference::removals(services, account, &things).await?;
        writes.extend(empty);
        if things[0].created_by != ImportId::HAND {
            unused::maker_has_settled(services, account, &things[0]).await?;
            writes.extend(unmade(services, account, &things[0]).await?);
        }
        Ok(services.store.attempt_all(writes).await?.then_some(()))
    })
    .await
}

/// Archives a project which has references, or takes an archived project back into use.
pub async fn set_enabled(
    services: &Services,
    account: AccountId,
    project: ThingId,
    enabled: bool,
) -> Result<(), EditError> {
    let thing = Thing::get(services, account, Kind::Project, project).await?.ok_or(EditError::NotFound)?;
    if !enabled && thing.refs == 0 {
        return Err(EditError::Forbidden(Rule::Deletable));
    }
    let input = ThingInput { enabled: Some(enabled), ..ThingInput::default() };
    update(services, account, Kind::Project, project, &input).await.map(drop)
}

/// The id of the project or tag with this name, which is made unless it exists.
///
/// Two simultaneous requests with a new name make a single thing: both try to put the thing at the place of its key,
/// and the loser finds the winner's thing.
pub async fn named(services: &Services, account: AccountId, kind: Kind, name: &str) -> Result<ThingId, EditError> {
    let input = ThingInput { name: Some(name.to_owned()), ..ThingInput::default() };
    repeated(|| async {
        let found = match kind {
            Kind::Project => project_named(services, account, name).await?,
            _ => match find(services, account, kind, &normal(name)).await? {
                Found::There(thing) => Some(thing.id),
                Found::Absent(_) => None,
            },
        };
        if let Some(id) = found {
            return Ok(Some(id));
        }
        match create(services, account, kind, &input).await {
            Ok(thing) => Ok(Some(thing.id)),
            Err(EditError::Taken(_)) => Ok(None),
            Err(error) => Err(error),
        }
    })
    .await
}

/// The project meant by a name alone, whichever client the project has, or `None` if no project has the name.
///
/// If several projects have the name, the order of preference is: in use before archived, without a client before with
/// a client, older before newer, lower id before higher id. The key of a project contains its client, so the name alone
/// leads only to the project without a client. If this project is in use, the search ends. Otherwise all projects of
/// the account are read, at the price of a page of the list of projects.
async fn project_named(services: &Services, account: AccountId, name: &str) -> Result<Option<ThingId>, StoreError> {
    if let Found::There(project) = find(services, account, Kind::Project, &project_key(None, name)).await?
        && !project.is_archived()
    {
        return Ok(Some(project.id));
    }
    let name = normal(name);
    let mut first = None;
    let mut pages = services.store.pages(keys::things(account, Kind::Project));
    while let Some(items) = pages.next().await? {
        for project in Thing::get_listed(items)? {
            if normal(&project.name) == name {
                let this = (project.is_archived(), project.client().is_some(), project.created_at, project.id);
                first = Some(first.map_or(this, |first| this.min(first)));
            }
        }
    }
    Ok(first.map(|(_, _, _, id)| id))
}

/// Applies the input to a thing. Returns the thing with its new key, and the writes which move references between
/// clients.
async fn applied(
    services: &Services,
    account: AccountId,
    mut thing: Thing,
    input: &ThingInput,
) -> Result<(Thing, Vec<Write>), EditError> {
    let mut writes = Vec::new();
    if let Some(name) = &input.name {
        thing.name = tidy(name);
    }
    let Body::Project(project) = thing.body.clone() else {
        if let Body::Tag { billable } = &mut thing.body {
            *billable = input.billable.unwrap_or(*billable);
        }
        thing.key = normal(&thing.name);
        return Ok((thing, writes));
    };
    let client = match &input.client {
        None => project.client,
        Some(None) => None,
        Some(Some(ClientInput::Id(id))) => {
            Thing::get(services, account, Kind::Client, *id).await?.ok_or(EditError::Missing("project_group_id"))?;
            Some(*id)
        }
        Some(Some(ClientInput::Name(name))) => Some(client_named(services, account, name).await?),
    };
    if client != project.client {
        if let Some(old) = project.client {
            writes.extend(let_go(services, account, Kind::Client, old).await?);
        }
        writes.extend(client.map(|new| count(account, Kind::Client, new, 1)));
    }
    thing.key = project_key(client, &thing.name);
    thing.body = Body::Project(ProjectFields {
        billable: input.billable.unwrap_or(project.billable),
        client,
        enabled: input.enabled.unwrap_or(project.enabled),
        stepping: input.stepping.unwrap_or(project.stepping),
        color_hex: input.color_hex.clone().unwrap_or(project.color_hex),
        budget_minutes: input.budget_minutes.unwrap_or(project.budget_minutes),
    });
    Ok((thing, writes))
}

/// The id of the client with this name, who is made unless the client exists.
async fn client_named(services: &Services, account: AccountId, name: &str) -> Result<ThingId, EditError> {
    let key = normal(name);
    repeated(|| async {
        let place = match find(services, account, Kind::Client, &key).await? {
            Found::There(client) => return Ok(Some(client.id)),
            Found::Absent(place) => place,
        };
        let now = services.clock.now_ms();
        let client = Thing::new(Kind::Client, place.id, key.clone(), tidy(name), ImportId::HAND, now);
        Ok(services.store.attempt_all(place.put(account, &client)).await?.then_some(client.id))
    })
    .await
}

async fn free_place(
    services: &Services,
    account: AccountId,
    kind: Kind,
    key: &str,
) -> Result<Option<KeyPlace>, StoreError> {
    Ok(match find(services, account, kind, key).await? {
        Found::There(_) => None,
        Found::Absent(place) => Some(place),
    })
}

/// Replaces the attributes which people can edit. The count of references may change at the same time, so the write
/// leaves the count alone.
pub(super) fn replace(account: AccountId, before: &Thing, after: &Thing) -> Write {
    let mut sets = "SET #key = :key, #name = :name, #version = :next, #updated_at = :now".to_owned();
    for (field, there) in [
        (", #billable = :billable", after.billable().is_some()),
        (", #project = :project", after.project().is_some()),
        (", #user = :user", after.user().is_some()),
        (", #company = :company", after.company().is_some()),
        (", #alias_at = :alias_at", after.alias_at.is_some()),
    ] {
        if there {
            sets.push_str(field);
        }
    }
    if after.alias_at.is_none() {
        sets.push_str(" REMOVE #alias_at");
    }
    let mut write = Write::update(keys::thing(account, after.kind(), after.id), &sets)
        .if_version(before.version)
        .bind(":key", &after.key)
        .bind(":name", &after.name)
        .bind(":next", after.version)
        .bind(":now", after.updated_at);
    if let Some(billable) = after.billable() {
        write = write.bind(":billable", billable);
    }
    if let Some(project) = after.project() {
        write = write.bind(":project", project);
    }
    if let Some(user) = after.user() {
        write = write.bind(":user", user);
    }
    if let Some(company) = after.company() {
        write = write.bind(":company", company);
    }
    if let Some(alias_at) = after.alias_at {
        write = write.bind(":alias_at", alias_at);
    }
    write
}
