//! The paths `/account` and `/current_user`, for the account and the user of the token.

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

/// The user with whom an account is created.
const OWNER: ThingId = ThingId(1);

/// `GET /account` returns the caller's account. The times are those of the first user, who was
/// created with the account.
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

/// `GET /current_user` returns the caller's user in full form.
pub async fn user(Member(at): Member) -> Result<Json<Value>, NokoError> {
    let user = thing(&at, Kind::User, at.caller.user.0).await?;
    Ok(Json(in_full(&at, &user)))
}

/// `PUT /current_user` changes the caller's user. Waybill does not store preferences, so preferences are accepted only
/// with the values that a response shows.
pub async fn change(Member(at): Member, input: Input) -> Result<Json<Value>, NokoError> {
    let shown = in_full(&at, &thing(&at, Kind::User, at.caller.user.0).await?);
    let input = PREFERENCES.iter().fold(input, |input, name| input.without(name, &shown[*name]));
    let user = changed::<Users>(&at, at.caller.user.0, &input).await?;
    Ok(Json(in_full(&at, &user)))
}

/// The fields that the vendor shows for the current user only.
const PREFERENCES: [&str; 5] =
    ["time_format", "week_start", "utc_offset", "send_personal_weekly_report_email", "send_team_weekly_report_email"];

/// The user in full form with preferences, which have fixed values: Waybill stores no preferences and sends no reports.
fn in_full(at: &At, user: &Thing) -> Value {
    let mut shape = at.shapes().full_user(user);
    let values = [Value::Null, Value::Null, json!(0), json!(false), json!(false)];
    PREFERENCES.iter().zip(values).for_each(|(name, value)| shape[*name] = value);
    shape
}
