//! The JSON that the Noko door sends. Blank fields are null.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use shared::entries::Entry;
use shared::entries::entry::minutes;
use shared::entries::totals::Told;
use shared::id::{AccountId, ImportId, ThingId};
use shared::import::{Import, Tally};
use shared::services::Services;
use shared::store::StoreError;
use shared::store::keys::Kind;
use shared::things::Thing;
use shared::things::sums::Sums;

/// A builder for the door's JSON. The builder knows the base URL of links and the things whose names the JSON shows.
pub struct Shapes {
    base: String,
    account: AccountId,
    things: HashMap<(Kind, ThingId), Thing>,
}

/// A time in the vendor's form, e.g. `2024-03-04T09:05:00Z`. `ms` is in milliseconds since 1970.
pub fn time(ms: i64) -> String {
    let at = Timestamp::from_millisecond(ms).unwrap_or_default();
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl Shapes {
    /// A builder for the JSON of an account, which knows no things until [`learn`](Self::learn).
    pub fn new(base: &str, account: AccountId) -> Self {
        Self { base: format!("{base}/v2"), account, things: HashMap::new() }
    }

    /// Reads the things with these ids, and the clients of projects among them, so that the JSON can show their names.
    pub async fn learn(&mut self, services: &Services, wanted: Vec<(Kind, ThingId)>) -> Result<(), StoreError> {
        let mut wanted: HashSet<_> = wanted.into_iter().collect();
        while !wanted.is_empty() {
            let new: Vec<_> = wanted.drain().filter(|thing| !self.things.contains_key(thing)).collect();
            let there = Thing::get_many(services, self.account, &new).await?;
            for thing in there {
                wanted.extend(thing.client().map(|client| (Kind::Client, client)));
                self.things.insert((thing.kind(), thing.id), thing);
            }
        }
        Ok(())
    }

    /// Reads the users, projects and tags to which entries refer.
    pub async fn learn_entries(&mut self, services: &Services, entries: &[Entry]) -> Result<(), StoreError> {
        let named = entries.iter().flat_map(|entry| {
            let tags = entry.tags.iter().map(|&tag| (Kind::Tag, tag));
            let users = [Some(entry.user), entry.approved_by].into_iter().flatten().map(|user| (Kind::User, user));
            tags.chain(users).chain(entry.project.map(|project| (Kind::Project, project)))
        });
        self.learn(services, named.collect()).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }

    fn known(&self, kind: Kind, id: ThingId, shape: impl Fn(&Thing) -> Value) -> Value {
        self.things.get(&(kind, id)).map_or(Value::Null, shape)
    }

    /// The JSON of a user inside other JSON. `avatar` is the older name of `profile_image_url`;
    /// Waybill stores no pictures.
    pub fn user(&self, user: &Thing) -> Value {
        let fields = user.user().cloned().unwrap_or_default();
        let blank = |text: String| {
            if text.is_empty() { Value::Null } else { Value::String(text) }
        };
        json!({
            "id": user.id,
            "email": fields.email,
            "first_name": blank(fields.first_name),
            "last_name": blank(fields.last_name),
            "avatar": { "id": null, "thumbnail": null, "avatar": null },
            "profile_image_url": null,
            "url": self.url(&format!("users/{}", user.id)),
        })
    }

    /// The JSON of a user in full form. Waybill has no teams and no expenses.
    pub fn full_user(&self, user: &Thing) -> Value {
        let mut shape = self.user(user);
        let fields = user.user().cloned().unwrap_or_default();
        shape["state"] = json!(fields.state);
        shape["role"] = json!(fields.role);
        shape["teams"] = json!([]);
        shape["entries_url"] = json!(self.url(&format!("entries?user_ids={}", user.id)));
        shape["expenses"] = json!(0);
        shape["expenses_url"] = json!(self.url(&format!("expenses?user_ids={}", user.id)));
        shape["created_at"] = json!(time(user.created_at));
        shape["updated_at"] = json!(time(user.updated_at));
        shape
    }

    /// The JSON of a client in short form, as other JSON shows the client of a project.
    pub fn group(&self, client: &Thing) -> Value {
        json!({ "id": client.id, "name": client.name, "url": self.url(&format!("groups/{}", client.id)) })
    }

    /// The JSON of a client in full form, with some of the client's projects.
    pub fn full_group(&self, group: &Thing, projects: &[Thing]) -> Value {
        let url = self.url(&format!("project_groups/{}", group.id));
        let mut shape = self.group(group);
        shape["projects"] = projects.iter().map(|project| self.short_project(project)).collect();
        for path in ["entries", "projects", "add_projects", "remove_projects", "remove_all_projects"] {
            shape[format!("{path}_url")] = json!(format!("{url}/{path}"));
        }
        shape["url"] = json!(url);
        shape["created_at"] = json!(time(group.created_at));
        shape["updated_at"] = json!(time(group.updated_at));
        shape
    }

    /// The JSON of users in short form. Users that [`learn`](Self::learn) has not read are left out.
    pub fn users(&self, users: &[ThingId]) -> Vec<Value> {
        users.iter().filter_map(|&user| self.things.get(&(Kind::User, user))).map(|user| self.user(user)).collect()
    }

    fn import_link(&self, import: Option<ImportId>) -> Value {
        import.map_or(Value::Null, |import| json!({ "id": import, "url": self.url(&format!("imports/{import}")) }))
    }

    fn short_tag(&self, tag: &Thing) -> Value {
        json!({
            "id": tag.id,
            "name": tag.name,
            "billable": tag.billable(),
            "formatted_name": format!("#{}", tag.name),
            "url": self.url(&format!("tags/{}", tag.id)),
        })
    }

    fn short_project(&self, project: &Thing) -> Value {
        let fields = project.project().cloned().unwrap_or_default();
        json!({
            "id": project.id,
            "name": project.name,
            "billing_increment": fields.stepping,
            "stepping": fields.stepping,
            "enabled": fields.enabled,
            "billable": fields.billable,
            "color": fields.color_hex,
            "color_hex": fields.color_hex,
            "url": self.url(&format!("projects/{}", project.id)),
        })
    }

    /// The JSON of a tag, with the number of entries and the import that created the tag.
    pub fn tag(&self, tag: &Thing, told: &Told) -> Value {
        let mut shape = self.short_tag(tag);
        shape["import"] = self.import_link(told.import);
        shape["entries"] = json!(told.sums.entries);
        shape["entries_url"] = json!(self.url(&format!("entries?tag_ids={}", tag.id)));
        shape["created_at"] = json!(time(tag.created_at));
        shape["updated_at"] = json!(time(tag.updated_at));
        shape
    }

    /// The JSON of a project, with totals of minutes. [`learn`](Self::learn) must have read the
    /// client and the participants.
    pub fn project(&self, project: &Thing, told: &Told) -> Value {
        let fields = project.project().cloned().unwrap_or_default();
        let group = fields.client.map_or(Value::Null, |client| self.known(Kind::Client, client, |c| self.group(c)));
        let mut shape = self.short_project(project);
        shape["group"] = group;
        minute_totals(&mut shape, &told.sums, fields.budget_minutes);
        shape["import"] = self.import_link(told.import);
        let participants = told.participants.iter().filter_map(|&user| self.things.get(&(Kind::User, user)));
        shape["participants"] = participants.map(|user| self.user(user)).collect();
        for none in ["invoices", "goals", "recurring_goals"] {
            shape[none] = json!([]);
        }
        let url = |what: &str| self.url(&format!("{what}?project_ids={}", project.id));
        shape["entries"] = json!(told.sums.entries);
        shape["entries_url"] = json!(url("entries"));
        shape["expenses"] = json!(0);
        shape["expenses_url"] = json!(url("expenses"));
        shape["created_at"] = json!(time(project.created_at));
        shape["updated_at"] = json!(time(project.updated_at));
        shape
    }

    /// The JSON of an entry. [`learn_entries`](Self::learn_entries) must have read the things to
    /// which the entry refers.
    pub fn entry(&self, entry: &Entry) -> Value {
        let project = |id| self.known(Kind::Project, id, |project| self.short_project(project));
        let tags: Vec<_> =
            entry.tags.iter().filter_map(|&id| self.things.get(&(Kind::Tag, id))).map(|t| self.short_tag(t)).collect();
        json!({
            "id": entry.id,
            "date": entry.date.to_string(),
            "user": self.known(Kind::User, entry.user, |user| self.user(user)),
            "billable": entry.billable,
            "minutes": entry.minutes(),
            "description": entry.text,
            "project": entry.project.map_or(Value::Null, project),
            "tags": tags,
            "source_url": entry.source_url,
            "invoiced_at": entry.invoiced_at.map(|day| format!("{day}T00:00:00Z")),
            "invoice": null,
            "approved_at": entry.approved_at.map(time),
            "approved_by": entry.approved_by.map(|by| self.known(Kind::User, by, |user| self.user(user))),
            "import": self.import_link(Some(entry.id.import()).filter(|&import| import != ImportId::HAND)),
            "url": self.url(&format!("entries/{}", entry.id)),
            "created_at": time(entry.created_at),
            "updated_at": time(entry.updated_at),
        })
    }

    /// The JSON of an import in the response to its creation, the same for every repetition of the request.
    /// [`learn`](Self::learn) must have read the import's users.
    pub fn created_import(&self, import: &Import) -> Value {
        let mut shape = self.short_import(import);
        shape["status"] = json!(IN_PROGRESS);
        shape["updated_at"] = shape["created_at"].clone();
        shape
    }

    fn short_import(&self, import: &Import) -> Value {
        let user = |id| self.known(Kind::User, id, |user| self.user(user));
        json!({
            "id": import.id,
            "import_tags": import.options.entries.import_tags,
            "autocreate_projects": import.options.entries.autocreate_projects,
            "user": user(import.user),
            "fallback_user": import.options.entries.fallback_user.map_or(Value::Null, user),
            "status": word(import),
            "url": self.url(&format!("imports/{}", import.id)),
            "created_at": time(import.created_at),
            "updated_at": time(import.updated_at),
        })
    }

    /// The JSON of an import, with the numbers of things that it created. [`learn`](Self::learn) must have
    /// read the import's users.
    pub fn import(&self, import: &Import, tally: &Tally) -> Value {
        let format = import.format.or(import.options.reading.format);
        let mut shape = self.short_import(import);
        shape["type"] = format.map_or(json!("auto"), |format| json!(format.to_string()));
        for (name, count) in [("entries", tally.entries), ("tags", tally.tags), ("projects", tally.projects)] {
            shape[name] = json!(count);
            shape[format!("{name}_url")] = json!(self.url(&format!("imports/{}/{name}", import.id)));
        }
        shape["report_url"] = json!(self.url(&format!("imports/{}/report", import.id)));
        shape
    }

    /// The users to which an import refers, for [`learn`](Self::learn).
    pub fn named_by(import: &Import) -> Vec<(Kind, ThingId)> {
        [Some(import.user), import.options.entries.fallback_user]
            .into_iter()
            .flatten()
            .map(|user| (Kind::User, user))
            .collect()
    }

    /// The URL at which an import's status is shown.
    pub fn status_url(&self, import: ImportId) -> String {
        self.url(&format!("imports/{import}/status"))
    }
}

const IN_PROGRESS: &str = "in_progress";

/// The vendor's word for an import's status. An import is complete when it no longer changes by itself.
pub fn word(import: &Import) -> &'static str {
    if import.is_sealed() { "complete" } else { IN_PROGRESS }
}

fn minute_totals(shape: &mut Value, sums: &Sums, budget: Option<u64>) {
    let whole = |seconds: i64| minutes(seconds.max(0).unsigned_abs());
    let all = whole(sums.seconds);
    shape["minutes"] = json!(all);
    shape["billable_minutes"] = json!(whole(sums.billable_seconds));
    shape["unbillable_minutes"] = json!(whole(sums.seconds - sums.billable_seconds));
    shape["invoiced_minutes"] = json!(whole(sums.invoiced_seconds));
    shape["budgeted_minutes"] = json!(budget);
    shape["budget_minutes"] = json!(budget);
    let left = budget.map(|budget| i64::try_from(budget).unwrap_or(i64::MAX) - i64::try_from(all).unwrap_or(i64::MAX));
    shape["remaining_minutes"] = json!(left);
}
