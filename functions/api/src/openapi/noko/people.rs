//! The shapes of people and of their account in the Noko door's answers.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use serde_json::Value;
use utoipa::ToSchema;

use super::answers::TimeShown;

/// A user inside something else, in short form.
#[derive(ToSchema)]
#[schema(as = NokoUserLink)]
pub struct UserLink {
    /// The id of the user, for `GET /users/{id}`.
    id: u64,
    /// The address of the user as somebody gave the address, or an empty text for a user known by name only.
    email: String,
    /// The first name, or `null` without one. A user made by an import gets all words of the name but the last.
    #[schema(required)]
    first_name: Option<String>,
    /// The last name, or `null` without one.
    #[schema(required)]
    last_name: Option<String>,
    /// The picture under an older name, whose members are all `null`.
    avatar: Avatar,
    /// The address of a picture, which is always `null`.
    #[schema(required)]
    profile_image_url: Option<String>,
    /// The address of the user in full form.
    url: String,
}

/// A picture of a user under the vendor's older name. Waybill stores no pictures, so all members are `null`.
#[derive(ToSchema)]
#[schema(as = NokoAvatar)]
struct Avatar {
    /// The id of the picture, which is always `null`.
    #[schema(required)]
    id: Option<u64>,
    /// The address of the small picture, which is always `null`.
    #[schema(required)]
    thumbnail: Option<String>,
    /// The address of the picture, which is always `null`.
    #[schema(required)]
    avatar: Option<String>,
}

/// The state of a user. The tokens of a disabled user are answered with 401 at this door, and the user's entries stay.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = NokoState)]
enum State {
    Active,
    Disabled,
}

/// The role of a user in the vendor's words, which is kept and shown and permits nothing by itself.
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
            /// The id of the user within the account.
            id: u64,
            /// The address of the user as somebody gave the address, unique without regard to case, or an empty text
            /// for a user known by name only.
            email: String,
            /// The first name, or `null` without one. A user made by an import gets all words of the name but the last.
            #[schema(required)]
            first_name: Option<String>,
            /// The last name, or `null` without one.
            #[schema(required)]
            last_name: Option<String>,
            /// The picture under an older name, whose members are all `null`.
            avatar: Avatar,
            /// The address of a picture, which is always `null`.
            #[schema(required)]
            profile_image_url: Option<String>,
            /// The address of the user, to which changes are sent as well.
            url: String,
            /// The state: `active`, or `disabled` after `PUT /users/{id}/deactivate`.
            state: State,
            /// The role, by default `leader`, which permits nothing by itself.
            role: Role,
            /// A list which is always empty, because Waybill keeps no teams.
            teams: Vec<Value>,
            /// The address of the list with the entries of the user.
            entries_url: String,
            /// The number of expenses, which is always 0.
            expenses: u64,
            /// The address of the list of expenses, which is always empty.
            expenses_url: String,
            /// The time at which a person or an import made the user.
            created_at: TimeShown,
            /// The time of the last edit of the user, which a change of the user's entries is not.
            updated_at: TimeShown,
            $($own)*
        }
    };
}

user! {
    /// A user of the account, who is also the person of imported entries.
    UserShown as NokoUser {}
}

user! {
    /// The caller, with preferences that always have the same values, because Waybill stores no preferences.
    CurrentUser as NokoCurrentUser {
        /// The format of times, which is always `null`.
        #[schema(required)]
        time_format: Option<String>,
        /// The first day of the week, which is always `null`.
        #[schema(required)]
        week_start: Option<String>,
        /// The offset of the caller's zone, which is always 0.
        utc_offset: i64,
        /// Whether the caller gets weekly reports, which is always false.
        send_personal_weekly_report_email: bool,
        /// Whether the caller gets weekly reports of a team, which is always false.
        send_team_weekly_report_email: bool,
    }
}

/// The account of the caller's token.
#[derive(ToSchema)]
#[schema(as = NokoAccount)]
pub struct AccountShown {
    /// The number of the account, which the other doors use as well.
    id: u64,
    /// The name of the account, or `null` for an account without a stored name.
    #[schema(required)]
    name: Option<String>,
    /// Whether the account has invoices, which is always false.
    invoicing_enabled: bool,
    /// The user with whom the account was made, or `null` once that user is deleted.
    #[schema(required)]
    owner: Option<UserLink>,
    /// The address of the account at this door.
    url: String,
    /// The time at which the account's first user was made, or `null` without that user.
    #[schema(required)]
    created_at: Option<TimeShown>,
    /// The same time as `created_at`.
    #[schema(required)]
    updated_at: Option<TimeShown>,
}
