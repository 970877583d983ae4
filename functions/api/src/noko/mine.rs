//! `/account` and `/current_user`: the account that a token opens, and the user that it is of.

use axum::Json;
use serde_json::{Value, json};
use shared::account::Account;
use shared::id::ThingId;
use shared::store::keys::{self, Kind};
use shared::things::Thing;

use super::NokoError;
use super::caller::{At, Member};
use super::input::Input;
use super::resource::{changed, thing};
use super::shape::time;
use super::users::Users;

/// The user that an account is founded with.
const OWNER: ThingId = ThingId(1);

/// `GET /account`. It is as old as the user that it was founded with.
pub async fn account(Member(at): Member) -> Result<Json<Value>, NokoError> {
    let account: Option<Account> = at.services.store.read(&keys::account(at.caller.account)).await?;
    let owner = Thing::get(&at.services, at.caller.account, Kind::User, OWNER).await?;
    let shapes = at.shapes();
    Ok(Json(json!({
        "id": at.caller.account,
        "name": account.map(|account| account.name),
        "invoicing_enabled": false,
        "owner": owner.as_ref().map(|owner| shapes.user(owner)),
        "url": format!("{}/v2/account", at.base),
        "created_at": owner.as_ref().map(|owner| time(owner.created_at)),
        "updated_at": owner.as_ref().map(|owner| time(owner.created_at)),
    })))
}

/// `GET /current_user`.
pub async fn user(Member(at): Member) -> Result<Json<Value>, NokoError> {
    let user = thing(&at, Kind::User, at.caller.user.0).await?;
    Ok(Json(in_full(&at, &user)))
}

/// `PUT /current_user`. The preferences are not kept; sent back as they are shown they change nothing.
pub async fn change(Member(at): Member, input: Input) -> Result<Json<Value>, NokoError> {
    let shown = in_full(&at, &thing(&at, Kind::User, at.caller.user.0).await?);
    let input = PREFERENCES.iter().fold(input, |input, name| input.without(name, &shown[*name]));
    let user = changed::<Users>(&at, at.caller.user.0, &input).await?;
    Ok(Json(in_full(&at, &user)))
}

/// Fields that the vendor shows of the current user alone.
const PREFERENCES: [&str; 5] =
    ["time_format", "week_start", "utc_offset", "send_personal_weekly_report_email", "send_team_weekly_report_email"];

/// The user with what the vendor tells of nobody else. Preferences are not kept, and no reports are sent.
fn in_full(at: &At, user: &Thing) -> Value {
    let mut shape = at.shapes().full_user(user);
    let values = [Value::Null, Value::Null, json!(0), json!(false), json!(false)];
    PREFERENCES.iter().zip(values).for_each(|(name, value)| shape[*name] = value);
    shape
}
