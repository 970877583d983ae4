//! Users, clients, projects and tags, made, edited and deleted by hand.

use super::{EditError, Rule, Tries, unused};
use crate::entries::made::unmade;
use crate::id::{AccountId, ImportId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Counter, Kind};
use crate::store::{StoreError, Write, decode};
use crate::things::find::{Found, Place, find, is_home};
use crate::things::names::{is_short, normal, project_key, tidy};
use crate::things::reference::{self, count, let_go};
use crate::things::retired::Retirements;
use crate::things::{ProjectFields, Role, Thing, UserFields, UserState, user};

/// A project or tag as a caller describes it; what is absent keeps its value, or gets the default.
#[derive(Clone, Debug, Default)]
pub struct ThingInput {
    /// The name.
    pub name: Option<String>,
    /// Whether entries of it can be billed.
    pub billable: Option<bool>,
    /// A project's client; none: no client.
    pub client: Option<Option<ClientInput>>,
    /// Whether a project is in use.
    pub enabled: Option<bool>,
    /// A project's billing step in minutes.
    pub stepping: Option<u32>,
    /// A project's colour.
    pub color_hex: Option<String>,
    /// A project's budget in minutes; none: no budget.
    pub budget_minutes: Option<Option<u64>>,
}

/// How a caller names a project's client.
#[derive(Clone, Debug)]
pub enum ClientInput {
    /// One that is there.
    Id(ThingId),
    /// One to be made if it is not there.
    Name(String),
}

/// A user as a caller describes it.
#[derive(Clone, Debug, Default)]
pub struct UserInput {
    /// The address.
    pub email: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// The role.
    pub role: Option<Role>,
    /// Whether the user is in use.
    pub state: Option<UserState>,
}

impl UserInput {
    /// The fields that a user with these has after the input.
    fn over(&self, fields: UserFields) -> UserFields {
        UserFields {
            email: self.email.clone().unwrap_or(fields.email),
            first_name: self.first_name.clone().unwrap_or(fields.first_name),
            last_name: self.last_name.clone().unwrap_or(fields.last_name),
            role: self.role.unwrap_or(fields.role),
            state: self.state.unwrap_or(fields.state),
        }
    }
}

/// Makes a project or tag.
pub async fn create(
    services: &Services,
    account: AccountId,
    kind: Kind,
    input: &ThingInput,
) -> Result<Thing, EditError> {
    let mut tries = Tries::new();
    loop {
        let now = services.clock.now_ms();
        let name = tidy(input.name.as_deref().unwrap_or_default());
        let blank = Thing::new(kind, ThingId(0), String::new(), name, ImportId::HAND, now);
        let (mut thing, mut writes) = applied(services, account, blank, input).await?;
        let place = free_place(services, account, kind, &thing.key).await?.ok_or(EditError::Taken("name"))?;
        thing.id = place.id;
        writes.extend(place.put(account, &thing));
        if made(services, writes).await? {
            return Ok(thing);
        }
        tries.again().await?;
    }
}

/// Edits a project or tag.
pub async fn update(
    services: &Services,
    account: AccountId,
    kind: Kind,
    id: ThingId,
    input: &ThingInput,
) -> Result<Thing, EditError> {
    let mut tries = Tries::new();
    loop {
        let before = Thing::get(services, account, kind, id).await?.ok_or(EditError::NotFound)?;
        let (mut after, mut writes) = applied(services, account, before.clone(), input).await?;
        if after == before {
            return Ok(before);
        }
        if after.key != before.key {
            let place = free_place(services, account, kind, &after.key).await?.ok_or(EditError::Taken("name"))?;
            if let Some(old) = before.alias_at {
                writes.push(Write::delete(keys::thing(account, kind, old)));
            }
            after.alias_at = None;
            // With the name that it was made under it needs no sign: it lies where that one leads to.
            if !is_home(account, kind, &after.key, id) {
                let mut sign = Thing::new(kind, place.id, after.key.clone(), String::new(), ImportId::HAND, 0);
                sign.alias_of = Some(id);
                writes.extend(place.put(account, &sign));
                after.alias_at = Some(place.id);
            }
        }
        after.version += 1;
        after.updated_at = services.clock.now_ms();
        writes.push(replace(account, &before, &after));
        if made(services, writes).await? {
            return Ok(after);
        }
        tries.again().await?;
    }
}

/// Deletes a shared thing that no entry refers to, with those that were merged into it.
pub async fn delete(services: &Services, account: AccountId, kind: Kind, id: ThingId) -> Result<(), EditError> {
    let mut tries = Tries::new();
    loop {
        let thing = Thing::get(services, account, kind, id).await?.ok_or(EditError::NotFound)?;
        let mut things = vec![thing];
        if things[0].merges > 0 {
            let merged = Retirements::read(services, account).await?.meaning(kind, id);
            let merged: Vec<_> = merged.into_iter().skip(1).map(|merged| (kind, merged)).collect();
            things.extend(Thing::get_many(services, account, &merged).await?);
        }
        // References without entries are those of entries that were deleted by hand.
        let empty = unused::all_without_entries(services, account, &things).await?.ok_or(EditError::InUse)?;
        let mut writes = reference::removals(services, account, &things).await?;
        writes.extend(empty);
        if things[0].created_by != ImportId::HAND {
            writes.extend(unmade(services, account, &things[0]).await?);
        }
        if made(services, writes).await? {
            return Ok(());
        }
        tries.again().await?;
    }
}

/// Archives a project that somebody refers to, or takes it back into use.
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

/// The project or tag that a name means, made if there is none.
///
/// Two requests with a new name make one thing: both would put it at the place of its key, and the second looks again.
pub async fn named(services: &Services, account: AccountId, kind: Kind, name: &str) -> Result<ThingId, EditError> {
    let input = ThingInput { name: Some(name.to_owned()), ..ThingInput::default() };
    let mut tries = Tries::new();
    loop {
        let found = match kind {
            Kind::Project => project_named(services, account, name).await?,
            _ => match find(services, account, kind, &normal(name)).await? {
                Found::There(thing) => Some(thing.id),
                Found::Absent(_) => None,
            },
        };
        if let Some(id) = found {
            return Ok(id);
        }
        match create(services, account, kind, &input).await {
            Ok(thing) => return Ok(thing.id),
            Err(EditError::Taken(_)) => {}
            Err(error) => return Err(error),
        }
        tries.again().await?;
    }
}

/// The project that a name alone means, whatever its client, if there is one.
///
/// Of several projects, one in use comes before archived ones, then the one without a client, then the oldest, then the
/// lowest id. A project's key holds its client, so the name alone leads only to the project without a client; if that one
/// is in use, the search ends. Otherwise all projects of the account are read, at the price of a page of their list.
async fn project_named(services: &Services, account: AccountId, name: &str) -> Result<Option<ThingId>, StoreError> {
    let in_use = |project: &Thing| project.project.as_ref().is_some_and(|fields| fields.enabled);
    if let Found::There(project) = find(services, account, Kind::Project, &project_key(None, name)).await?
        && in_use(&project)
    {
        return Ok(Some(project.id));
    }
    let name = normal(name);
    let mut first = None;
    let mut pages = services.store.pages(keys::things(account, Kind::Project));
    while let Some(items) = pages.next().await? {
        for item in items {
            let project: Thing = decode(item)?;
            if !project.is_spent() && normal(&project.name) == name {
                let this = (!in_use(&project), project.client().is_some(), project.created_at, project.id);
                first = Some(first.map_or(this, |first| this.min(first)));
            }
        }
    }
    Ok(first.map(|(_, _, _, id)| id))
}

/// Makes a user.
pub async fn create_user(services: &Services, account: AccountId, input: &UserInput) -> Result<Thing, EditError> {
    let number = services.store.next_number(keys::counter(account, Counter::Users)).await?;
    let fields = input.over(UserFields::default());
    let user = named_shortly(user::new(ThingId(number), fields, services.clock.now_ms()))?;
    put_user(services, account, &user).await?;
    Ok(user)
}

/// The user, if first and last name together are no longer than names may be.
fn named_shortly(user: Thing) -> Result<Thing, EditError> {
    if is_short(&user.name) { Ok(user) } else { Err(EditError::Invalid("first_name")) }
}

/// Puts a user with its claims.
pub async fn put_user(services: &Services, account: AccountId, user: &Thing) -> Result<(), EditError> {
    let mut writes = user::claims(account, user, None);
    writes.push(Write::put(keys::thing(account, Kind::User, user.id), user).when_absent());
    if made(services, writes).await? { Ok(()) } else { Err(EditError::Taken("email")) }
}

/// Edits a user.
pub async fn update_user(
    services: &Services,
    account: AccountId,
    id: ThingId,
    input: &UserInput,
) -> Result<Thing, EditError> {
    let mut tries = Tries::new();
    loop {
        let before = Thing::get(services, account, Kind::User, id).await?.ok_or(EditError::NotFound)?;
        let fields = input.over(before.user.clone().unwrap_or_default());
        if fields.state == UserState::Disabled && before.user.as_ref().is_some_and(|user| *user != fields) {
            return Err(EditError::Forbidden(Rule::Deactivated));
        }
        let now = services.clock.now_ms();
        let next = named_shortly(user::new(id, fields, now))?;
        let after = Thing {
            key: next.key,
            name: next.name,
            user: next.user,
            version: before.version + 1,
            updated_at: now,
            ..before.clone()
        };
        let new_email = after.key != before.key;
        if new_email && user::by_email(services, account, &after.key).await?.is_some() {
            return Err(EditError::Taken("email"));
        }
        let mut writes = user::claims(account, &after, Some(&before));
        writes.extend(user::release(account, &before, Some(&after)));
        writes.push(replace(account, &before, &after));
        if made(services, writes).await? {
            return Ok(after);
        }
        tries.again().await?;
    }
}

/// Deactivates a user whom somebody refers to, or activates one that was deactivated.
pub async fn set_active(services: &Services, account: AccountId, id: ThingId, active: bool) -> Result<(), EditError> {
    let mut tries = Tries::new();
    loop {
        let before = Thing::get(services, account, Kind::User, id).await?.ok_or(EditError::NotFound)?;
        let mut after = before.clone();
        let fields = after.user.get_or_insert_default();
        if active && fields.state == UserState::Active {
            return Err(EditError::Forbidden(Rule::NotDeactivated));
        }
        if !active && before.refs == 0 {
            return Err(EditError::Forbidden(Rule::Deletable));
        }
        fields.state = if active { UserState::Active } else { UserState::Disabled };
        if after == before {
            return Ok(());
        }
        after.version += 1;
        after.updated_at = services.clock.now_ms();
        if made(services, vec![replace(account, &before, &after)]).await? {
            return Ok(());
        }
        tries.again().await?;
    }
}

/// The thing with the input's fields and the key that follows from them, and what that means for clients.
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
    if let Some(billable) = input.billable {
        thing.billable = billable;
    }
    let Some(project) = thing.project.clone() else {
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
    thing.project = Some(ProjectFields {
        client,
        enabled: input.enabled.unwrap_or(project.enabled),
        stepping: input.stepping.unwrap_or(project.stepping),
        color_hex: input.color_hex.clone().unwrap_or(project.color_hex),
        budget_minutes: input.budget_minutes.unwrap_or(project.budget_minutes),
    });
    Ok((thing, writes))
}

/// The client with this name, made if it is not there.
async fn client_named(services: &Services, account: AccountId, name: &str) -> Result<ThingId, EditError> {
    let key = normal(name);
    let mut tries = Tries::new();
    loop {
        let place = match find(services, account, Kind::Client, &key).await? {
            Found::There(client) => return Ok(client.id),
            Found::Absent(place) => place,
        };
        let now = services.clock.now_ms();
        let client = Thing::new(Kind::Client, place.id, key.clone(), tidy(name), ImportId::HAND, now);
        if made(services, place.put(account, &client)).await? {
            return Ok(client.id);
        }
        tries.again().await?;
    }
}

async fn free_place(
    services: &Services,
    account: AccountId,
    kind: Kind,
    key: &str,
) -> Result<Option<Place>, StoreError> {
    Ok(match find(services, account, kind, key).await? {
        Found::There(_) => None,
        Found::Absent(place) => Some(place),
    })
}

/// Sets what people can edit; who refers to the thing changes meanwhile and is left alone.
fn replace(account: AccountId, before: &Thing, after: &Thing) -> Write {
    let set = "SET #key = :key, #name = :name, #billable = :billable, #version = :next, #updated_at = :now";
    let mut sets = set.to_owned();
    for (field, there) in [
        (", #project = :project", after.project.is_some()),
        (", #user = :user", after.user.is_some()),
        (", #alias_at = :alias_at", after.alias_at.is_some()),
    ] {
        if there {
            sets.push_str(field);
        }
    }
    if after.alias_at.is_none() {
        sets.push_str(" REMOVE #alias_at");
    }
    let mut write = Write::update(keys::thing(account, after.kind, after.id), &sets)
        .when("#version = :seen")
        .bind(":seen", before.version)
        .bind(":key", &after.key)
        .bind(":name", &after.name)
        .bind(":billable", after.billable)
        .bind(":next", after.version)
        .bind(":now", after.updated_at);
    if let Some(project) = &after.project {
        write = write.bind(":project", project);
    }
    if let Some(user) = &after.user {
        write = write.bind(":user", user);
    }
    if let Some(alias_at) = after.alias_at {
        write = write.bind(":alias_at", alias_at);
    }
    write
}

/// Whether the transaction was made; false if the ground moved.
pub(super) async fn made(services: &Services, writes: Vec<Write>) -> Result<bool, StoreError> {
    match services.store.transact(writes).await {
        Ok(()) => Ok(true),
        Err(error) if error.is_refused() => Ok(false),
        Err(error) => Err(error),
    }
}
