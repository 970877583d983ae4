//! `/users`.

use serde_json::Value;
use shared::entity::Thing;
use shared::entity::by_hand::EditError;
use shared::entity::by_hand::things::{self, UserInput};
use shared::id::ThingId;
use shared::store::keys::Kind;

use super::NokoError;
use super::caller::At;
use super::filter::Query;
use super::input::{Input, any_text, text};
use super::paging::{Page, Paging};
use super::resource::{Edited, Shown, delete_thing, page_of_things, thing};

/// Users.
pub struct Users;

impl Shown for Users {
    type Item = Thing;

    async fn page(at: &At, _: &Query, paging: &Paging) -> Result<Page<Thing>, NokoError> {
        page_of_things(at, Kind::User, paging, |_| true).await
    }

    async fn find(at: &At, id: u64) -> Result<Thing, NokoError> {
        thing(at, Kind::User, id).await
    }

    async fn show(at: &At, users: &[Thing]) -> Result<Vec<Value>, NokoError> {
        let shapes = at.shapes();
        Ok(users.iter().map(|user| shapes.user(user)).collect())
    }
}

impl Edited for Users {
    const NAME: &'static str = "User";

    async fn create(at: &At, input: &Input) -> Result<Thing, NokoError> {
        let input = read(input, true)?;
        things::create_user(&at.services, at.caller.account, &input).await.map_err(Self::wrong)
    }

    async fn update(at: &At, before: Thing, input: &Input) -> Result<Thing, NokoError> {
        let input = read(input, false)?;
        things::update_user(&at.services, at.caller.account, before.id, &input).await.map_err(Self::wrong)
    }

    /// Nobody deletes themselves: their token would be left without a user.
    async fn delete(at: &At, id: u64) -> Result<(), NokoError> {
        if ThingId(id) == at.caller.user {
            return Err(Self::wrong(EditError::InUse));
        }
        delete_thing::<Self>(at, Kind::User, id).await
    }
}

fn read(input: &Input, creating: bool) -> Result<UserInput, NokoError> {
    let mut fields = input.of(Users::NAME);
    let email = fields.value("email", |value| text(value).filter(|email| is_email(email)));
    let mut name = |field| fields.nullable(field, any_text).map(Option::unwrap_or_default);
    let input = UserInput { email, first_name: name("first_name"), last_name: name("last_name") };
    if creating {
        fields.required(&["email"]);
    }
    fields.done()?;
    Ok(input)
}

/// Something, an `@`, something: whether mail arrives only sending can tell.
fn is_email(text: &str) -> bool {
    let ends = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    ends && text.matches('@').count() == 1 && !text.contains(char::is_whitespace)
}
