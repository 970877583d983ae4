//! Users made and edited by hand. Addresses and names are unique because of their claims, which move with the user in the same
//! transaction.

use super::things::replace;
use super::{EditError, Rule, repeated};
use crate::id::{AccountId, ThingId};
use crate::services::Services;
use crate::store::Write;
use crate::store::keys::{self, Counter, Kind};
use crate::things::names::is_short;
use crate::things::{Body, Thing, UserFields, UserRole, UserState, claim, user};

/// The fields of a user as given by a caller. An absent field (`None`) keeps its value in an edit, and has its default
/// in a new user.
#[derive(Clone, Debug, Default)]
pub struct UserInput {
    /// The e-mail address as the caller writes the address.
    pub email: Option<String>,
    /// The first name, or all first names.
    pub first_name: Option<String>,
    /// The last name, or all last names.
    pub last_name: Option<String>,
    /// The role of the user, in the Noko vendor's words.
    pub role: Option<UserRole>,
    /// Active, or deactivated by an edit by hand.
    pub state: Option<UserState>,
}

impl UserInput {
    /// The fields of a user after the input is applied to `fields`.
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

/// Makes a user, with the next number of the account's counter of users as id.
pub async fn create(services: &Services, account: AccountId, input: &UserInput) -> Result<Thing, EditError> {
    let number = services.store.next_number(keys::counter(account, Counter::Users)).await?;
    let fields = input.over(UserFields::default());
    let user = named_shortly(user::new(ThingId(number), fields, services.clock.now_ms()))?;
    put(services, account, &user).await?;
    Ok(user)
}

/// Refuses a user whose first and last name are together longer than a name may be.
fn named_shortly(user: Thing) -> Result<Thing, EditError> {
    if is_short(&user.name) { Ok(user) } else { Err(EditError::Invalid("first_name")) }
}

/// Puts a new user with the claims of address and name.
pub async fn put(services: &Services, account: AccountId, user: &Thing) -> Result<(), EditError> {
    let mut writes = user::claims(account, user, None);
    writes.push(Write::put(keys::thing(account, Kind::User, user.id), user).when_absent());
    if services.store.attempt_all(writes).await? { Ok(()) } else { Err(EditError::Taken("email")) }
}

/// Edits a user, including address and name, whose claims move in the same transaction.
pub async fn update(
    services: &Services,
    account: AccountId,
    id: ThingId,
    input: &UserInput,
) -> Result<Thing, EditError> {
    repeated(|| async {
        let before = Thing::get(services, account, Kind::User, id).await?.ok_or(EditError::NotFound)?;
        let fields = input.over(before.user().cloned().unwrap_or_default());
        if fields.state == UserState::Disabled && before.user().is_some_and(|user| *user != fields) {
            return Err(EditError::Forbidden(Rule::Deactivated));
        }
        let now = services.clock.now_ms();
        let next = named_shortly(user::new(id, fields, now))?;
        if (&next.key, &next.name, &next.body) == (&before.key, &before.name, &before.body) {
            return Ok(Some(before));
        }
        let after = Thing {
            key: next.key,
            name: next.name,
            body: next.body,
            version: before.version + 1,
            updated_at: now,
            ..before.clone()
        };
        let new_email = after.key != before.key;
        if new_email && claim::holder(services, account, &after.key).await?.is_some() {
            return Err(EditError::Taken("email"));
        }
        let mut writes = user::claims(account, &after, Some(&before));
        writes.extend(user::release(account, &before, Some(&after)));
        writes.push(replace(account, &before, &after));
        Ok(services.store.attempt_all(writes).await?.then_some(after))
    })
    .await
}

/// Deactivates a user who has references, or activates a user who was deactivated.
pub async fn set_active(services: &Services, account: AccountId, id: ThingId, active: bool) -> Result<(), EditError> {
    repeated(|| async {
        let before = Thing::get(services, account, Kind::User, id).await?.ok_or(EditError::NotFound)?;
        let mut after = before.clone();
        let Body::User(fields) = &mut after.body else { return Err(EditError::NotFound) };
        if active && fields.state == UserState::Active {
            return Err(EditError::Forbidden(Rule::NotDeactivated));
        }
        if !active && before.refs == 0 {
            return Err(EditError::Forbidden(Rule::Deletable));
        }
        fields.state = if active { UserState::Active } else { UserState::Disabled };
        if after == before {
            return Ok(Some(()));
        }
        after.version += 1;
        after.updated_at = services.clock.now_ms();
        Ok(services.store.attempt_all(vec![replace(account, &before, &after)]).await?.then_some(()))
    })
    .await
}
