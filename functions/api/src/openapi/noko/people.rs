//! The shapes of people and of their account in the Noko door's answers.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use serde_json::Value;
use utoipa::ToSchema;

use super::answers::TimeShown;

/// A user inside something else.
#[derive(ToSchema)]
#[schema(as = NokoUserLink)]
pub struct UserLink {
    id: u64,
    email: String,
    #[schema(required)]
    first_name: Option<String>,
    #[schema(required)]
    last_name: Option<String>,
    avatar: Avatar,
    #[schema(required)]
    profile_image_url: Option<String>,
    url: String,
}

/// Pictures, which Waybill does not store.
#[derive(ToSchema)]
#[schema(as = NokoAvatar)]
struct Avatar {
    #[schema(required)]
    id: Option<u64>,
    #[schema(required)]
    thumbnail: Option<String>,
    #[schema(required)]
    avatar: Option<String>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = NokoState)]
enum State {
    Active,
    Disabled,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = NokoRole)]
enum Role {
    Supervisor,
    Leader,
    Coworker,
    Contractor,
}

/// Declares the shape of a user, with members of its own behind those that all users have.
macro_rules! user {
    ($(#[$about:meta])* $name:ident as $shown:ident { $($own:tt)* }) => {
        #[derive(ToSchema)]
        $(#[$about])*
        #[schema(as = $shown)]
        pub struct $name {
            id: u64,
            email: String,
            #[schema(required)]
            first_name: Option<String>,
            #[schema(required)]
            last_name: Option<String>,
            avatar: Avatar,
            #[schema(required)]
            profile_image_url: Option<String>,
            url: String,
            state: State,
            role: Role,
            /// Always empty
            teams: Vec<Value>,
            entries_url: String,
            /// Always 0
            expenses: u64,
            expenses_url: String,
            created_at: TimeShown,
            updated_at: TimeShown,
            $($own)*
        }
    };
}

user! {
    /// A user.
    UserShown as NokoUser {}
}

user! {
    /// The caller, with preferences that always have the same values.
    CurrentUser as NokoCurrentUser {
        #[schema(required)]
        time_format: Option<String>,
        #[schema(required)]
        week_start: Option<String>,
        utc_offset: i64,
        send_personal_weekly_report_email: bool,
        send_team_weekly_report_email: bool,
    }
}

/// An account.
#[derive(ToSchema)]
#[schema(as = NokoAccount)]
pub struct AccountShown {
    id: u64,
    #[schema(required)]
    name: Option<String>,
    /// Always false
    invoicing_enabled: bool,
    #[schema(required)]
    owner: Option<UserLink>,
    url: String,
    #[schema(required)]
    created_at: Option<TimeShown>,
    #[schema(required)]
    updated_at: Option<TimeShown>,
}
