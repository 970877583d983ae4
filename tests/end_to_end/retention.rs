//! Tests of the time for which an undo can be asked for: the last moment, on each door, and the items that expire.

mod expired;

use std::time::Duration;

use anyhow::{Context, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::id::{AccountId, ImportId};
use shared::import::Import;
use shared::inbox::shown::time;
use shared::plan::plan;
use shared::retention::Retention;
use shared::services::Services;
use shared::store::{Key, Table};
use waybill::system::Options;

use crate::dump::{Dump, differences};
use crate::faults::Faults;
use crate::files::TOGGL;
use crate::native::of_user;
use crate::postman::Postman;
use crate::profiles::Harbour;
use crate::stack::Stack;
use crate::{copernica, productive};

const ACCOUNT: AccountId = AccountId(1);
/// The time on the clock at the start, in milliseconds since the epoch.
const START: i64 = 1_790_000_000_000;
const DAY: i64 = 24 * 3600 * 1000;

/// A database with a profile of people, in a system without delivery whose clock stands.
struct Desk {
    harbour: Harbour,
    postman: Postman,
    /// The profile that people made, with the name `Hand`.
    ada: u64,
}

impl Desk {
    /// A system in which an undo can be asked for during some days, or for ever with 0.
    async fn open(undo_days: &str) -> anyhow::Result<Self> {
        let retention = Retention { undo: undo_days.parse()?, ..Retention::default() };
        let clock = Clock::standing_at(START);
        let stack =
            Stack::with(Options { rows_per_chunk: 2, workers: 0, clock, retention, ..Options::default() }).await?;
        let postman = Postman::of(&stack.system);
        let harbour = Harbour::on(stack).await?;
        let ada = harbour.profile(&json!({ "Email": "ada@example.com", "Name": "Hand" })).await?;
        Ok(Self { harbour, postman, ada })
    }

    fn services(&self) -> &Services {
        self.harbour.stack.system.services()
    }

    async fn drain(&self) {
        self.postman.drain_all(self.harbour.stack.functions(), &Faults::default()).await;
    }

    /// Makes an import without loading it.
    async fn make(&self, asked: &Value) -> anyhow::Result<u64> {
        let request = of_user(&self.harbour.stack, Method::POST, "/imports").json(asked);
        let made = self.harbour.stack.answer(request).await?.expect(202)?;
        made["id"].as_u64().context("no id")
    }

    /// Imports a file to its end.
    async fn import(&self, asked: &Value) -> anyhow::Result<u64> {
        let id = self.make(asked).await?;
        self.drain().await;
        let import = self.harbour.stack.native(id).await?;
        ensure!(import["status"] == "complete", "{import}");
        Ok(id)
    }

    /// Imports other names of the profile.
    async fn rename(&self, name: &str) -> anyhow::Result<u64> {
        self.import(&self.profiles(&format!("Email,Name\nada@example.com,{name}\n"), "update or add")).await
    }

    fn profiles(&self, source: &str, action: &str) -> Value {
        let database = self.harbour.database;
        json!({ "type": "ProfileImport", "database": database, "source": source, "action": action, "key_fields": ["Email"] })
    }

    /// An import of each type: time entries, contacts, and profiles of which one stands.
    fn of_each_type(&self) -> [Value; 3] {
        let people = "Name,Email,Company\nRobin Quay,robin@example.com,Alder\nKim Brook,kim@example.com,Birch\n";
        let profiles = "Email,Name\nada@example.com,New\nbea@example.com,Bea\ncleo@example.com,Cleo\n";
        [
            json!({ "type": "TimeEntryImport", "source": TOGGL }),
            json!({ "type": "ContactImport", "source": people }),
            self.profiles(profiles, "update or add"),
        ]
    }

    async fn stored(&self, id: u64) -> anyhow::Result<Import> {
        Import::get(self.services(), ACCOUNT, ImportId(id)).await?.context("no such import")
    }

    /// Turns the clock to some seconds after the last moment for the undo of an import.
    async fn turn_past(&self, id: u64, seconds: i64) -> anyhow::Result<()> {
        let until = self.stored(id).await?.undo_until.context("no last moment")?;
        let ahead = until + seconds * 1000 - self.services().clock.now_ms();
        self.services().clock.turn(Duration::from_millis(u64::try_from(ahead)?));
        Ok(())
    }

    async fn post(&self, path: &str, status: u16) -> anyhow::Result<Value> {
        let stack = &self.harbour.stack;
        stack.answer(of_user(stack, Method::POST, path)).await?.expect(status)
    }

    /// Undoes an import, and returns what the undo says of itself.
    async fn undo(&self, id: u64) -> anyhow::Result<Value> {
        self.post(&format!("/imports/{id}/revert"), 202).await?;
        self.drain().await;
        let import = self.harbour.stack.native(id).await?;
        ensure!(import["status"] == "rolled_back", "{import}");
        Ok(import["undone"].clone())
    }

    /// The workspace, without the marks of who wrote last to a record, which no undo takes back.
    async fn workspace(&self) -> anyhow::Result<Dump> {
        let mut dump = self.harbour.stack.workspace().await?;
        for item in dump.values_mut().filter(|item| item.contains_key("version")) {
            for mark in ["version", "by", "undone_at"] {
                item.remove(mark);
            }
            if matches!(item.get("writers"), Some(AttributeValue::M(writers)) if writers.is_empty()) {
                item.remove("writers");
            }
        }
        Ok(dump)
    }

    /// All tables as they are.
    async fn tables(&self) -> anyhow::Result<[Dump; 3]> {
        let stack = &self.harbour.stack;
        Ok([stack.dump(Table::Imports).await?, stack.workspace().await?, stack.dump(Table::Events).await?])
    }

    /// The keys of the before-images of an import.
    async fn images(&self, id: u64) -> anyhow::Result<Vec<Key>> {
        let partition = format!("#I#{id}#images#");
        let imports = self.harbour.stack.dump(Table::Imports).await?;
        let keys = imports.values().map(|item| Key::of(Table::Imports, item));
        Ok(keys.filter(|key| key.pk.contains(&partition)).collect())
    }

    /// The values of `expires` of the items that undos need: each before-image, and each record.
    async fn lifetimes(&self) -> anyhow::Result<Vec<(String, Option<i64>)>> {
        let [imports, workspace, _] = self.tables().await?;
        let images = imports.into_iter().filter(|((pk, _), _)| pk.contains("#images#"));
        let records = workspace.into_iter().filter(|((pk, _), _)| pk.contains("#profile#"));
        let lifetime = |((pk, _), item): ((String, String), shared::store::Item)| {
            let expires = item.get("expires").and_then(|value| value.as_n().ok()?.parse().ok());
            (pk, expires)
        };
        Ok(images.chain(records).map(lifetime).collect())
    }
}

/// The moment as an error names it: without milliseconds, which are zero.
fn said(until: i64) -> String {
    time(until).replace(".000Z", "Z")
}

#[tokio::test]
async fn an_undo_is_done_a_second_before_the_last_moment() -> anyhow::Result<()> {
    for kind in 0..3 {
        let desk = Desk::open("7").await?;
        let asked = &desk.of_each_type()[kind];
        let before = desk.workspace().await?;
        let id = desk.import(asked).await?;
        let import = desk.stored(id).await?;
        assert_eq!(import.undo_until, import.started_at.map(|started| started + 7 * DAY));
        desk.turn_past(id, -1).await?;
        desk.undo(id).await?;
        assert_eq!(differences(&desk.workspace().await?, &before), [""; 0], "{asked}");
        // An import that is undone stays undone, whatever the time.
        desk.turn_past(id, 1).await?;
        desk.undo(id).await?;
        assert_eq!(differences(&desk.workspace().await?, &before), [""; 0], "{asked}");
    }
    Ok(())
}

#[tokio::test]
async fn an_undo_is_refused_by_each_door_a_second_after_the_last_moment_and_nothing_is_written() -> anyhow::Result<()> {
    let desk = Desk::open("7").await?;
    let stack = &desk.harbour.stack;
    let mut ids = Vec::new();
    for asked in desk.of_each_type() {
        ids.push(desk.import(&asked).await?);
    }
    let [entries, contacts, profiles] = ids[..] else { anyhow::bail!("three imports") };
    desk.turn_past(profiles, 1).await?;
    let before = desk.tables().await?;
    let mut sentences = Vec::new();
    for id in [entries, contacts, profiles] {
        let until = said(desk.stored(id).await?.undo_until.context("no last moment")?);
        let sentence = format!("import {id} could be undone until {until}");
        let refused = desk.post(&format!("/imports/{id}/revert"), 409).await?;
        assert_eq!((&refused["detail"], &refused["status_now"]), (&json!(sentence), &json!("complete")));
        sentences.push(sentence);
    }
    let noko = stack.delete(&format!("/v2/imports/{entries}")).await?.expect(422)?;
    let error = json!({ "resource": "Import", "field": "base", "code": "deletable" });
    assert_eq!(noko, json!({ "message": sentences[0], "errors": [error] }));

    let path = format!("/imports/{contacts}/revert");
    let productive = productive::send(stack, Method::PATCH, &path, &Value::Null).await?;
    assert_eq!(productive.status, StatusCode::CONFLICT);
    let error = json!({
        "status": "409", "code": "import_revert_expired", "title": "Import Revert Expired", "detail": sentences[1],
    });
    assert_eq!(productive.json(), json!({ "errors": [error] }));

    let path = format!("/import/{profiles}/revert");
    let copernica = copernica::refused(stack, Method::POST, &path, &Value::Null).await?;
    assert_eq!(copernica, format!("Invalid data provided: {}", sentences[2]));

    assert!(desk.postman.is_empty());
    for (now, before) in desk.tables().await?.iter().zip(&before) {
        assert_eq!(differences(now, before), [""; 0]);
    }
    Ok(())
}

#[tokio::test]
async fn a_stopped_import_is_resumed_until_the_last_moment_of_its_undo_and_not_later() -> anyhow::Result<()> {
    for (seconds, status) in [(-1, 202), (1, 409)] {
        let desk = Desk::open("7").await?;
        let id = desk.make(&desk.of_each_type()[0]).await?;
        plan(&desk.harbour.stack.functions().parser, ACCOUNT, ImportId(id)).await?;
        desk.post(&format!("/imports/{id}/cancel"), 202).await?;
        desk.drain().await;
        desk.turn_past(id, seconds).await?;
        let until = desk.stored(id).await?.undo_until;
        let resumed = desk.post(&format!("/imports/{id}/resume"), status).await?;
        desk.drain().await;
        let ended = desk.stored(id).await?;
        // A resume does not move the last moment.
        assert_eq!(ended.undo_until, until);
        if status == 202 {
            assert_eq!(ended.status.name(), "complete");
            continue;
        }
        let said = format!(
            "import {id} cannot be resumed: the import could be undone until {}, and rows loaded now could not be undone",
            said(until.context("no last moment")?)
        );
        assert_eq!((&resumed["detail"], ended.status.name()), (&json!(said), "incomplete"));
    }
    Ok(())
}

#[tokio::test]
async fn an_undo_that_was_asked_for_in_time_goes_on_to_its_end() -> anyhow::Result<()> {
    for kind in 0..3 {
        let desk = Desk::open("7").await?;
        let before = desk.workspace().await?;
        let id = desk.import(&desk.of_each_type()[kind]).await?;
        desk.turn_past(id, -1).await?;
        desk.post(&format!("/imports/{id}/revert"), 202).await?;
        desk.turn_past(id, 2 * 24 * 3600).await?;
        let again = desk.post(&format!("/imports/{id}/revert"), 202).await?;
        assert_eq!(again["status"], "rolling_back");
        desk.drain().await;
        assert_eq!(desk.stored(id).await?.status.name(), "rolled_back");
        assert_eq!(differences(&desk.workspace().await?, &before), [""; 0], "{kind}");
    }
    Ok(())
}

#[tokio::test]
async fn images_and_tombstones_expire_after_twice_the_time_of_an_undo() -> anyhow::Result<()> {
    let desk = Desk::open("7").await?;
    let later = Some((START + 14 * DAY) / 1000);
    let mut expected = desk.lifetimes().await?;
    assert_eq!(expected.iter().map(|(_, expires)| *expires).collect::<Vec<_>>(), [None]);
    let of_record = expected.remove(0).0;

    let renamed = desk.rename("New").await?;
    let images = |id: u64| format!("A#1#I#{id}#images#0");
    assert_eq!(desk.lifetimes().await?, [(images(renamed), later), (of_record.clone(), None)]);
    let deleted = desk.import(&desk.profiles("Email\nada@example.com\n", "delete")).await?;
    let all = [(images(renamed), later), (images(deleted), later), (of_record.clone(), later)];
    assert_eq!(desk.lifetimes().await?, all);
    // The undo of the deletion takes the tombstone off, with its lifetime.
    desk.undo(deleted).await?;
    assert_eq!(desk.lifetimes().await?.last(), Some(&(of_record.clone(), None)));
    copernica::delete(&desk.harbour.stack, &format!("/profile/{}", desk.ada)).await?;
    let now = desk.services().clock.now_ms();
    assert_eq!(desk.lifetimes().await?.last(), Some(&(of_record, Some((now + 14 * DAY) / 1000))));
    Ok(())
}

#[tokio::test]
async fn nothing_that_an_undo_needs_expires_without_a_retention() -> anyhow::Result<()> {
    let desk = Desk::open("0").await?;
    let renamed = desk.rename("New").await?;
    desk.import(&desk.profiles("Email\nada@example.com\n", "delete")).await?;
    let bea = desk.harbour.profile(&json!({ "Email": "bea@example.com" })).await?;
    copernica::delete(&desk.harbour.stack, &format!("/profile/{bea}")).await?;
    let lifetimes = desk.lifetimes().await?;
    assert_eq!(lifetimes.len(), 4, "{lifetimes:?}");
    assert!(lifetimes.iter().all(|(_, expires)| expires.is_none()), "{lifetimes:?}");
    desk.services().clock.turn(Duration::from_secs(20 * 365 * 24 * 3600));
    desk.undo(renamed).await?;
    Ok(())
}

#[tokio::test]
async fn the_last_moment_is_shown_from_the_beginning_of_the_load() -> anyhow::Result<()> {
    let desk = Desk::open("7").await?;
    let id = desk.make(&desk.of_each_type()[0]).await?;
    assert_eq!(desk.harbour.stack.native(id).await?["undo_until"], Value::Null);
    plan(&desk.harbour.stack.functions().parser, ACCOUNT, ImportId(id)).await?;
    let until = time(START + 7 * DAY);
    assert_eq!(desk.harbour.stack.native(id).await?["undo_until"], until);
    desk.drain().await;
    assert_eq!(desk.harbour.stack.native(id).await?["undo_until"], until);

    let ever = Desk::open("0").await?;
    let id = ever.import(&ever.of_each_type()[0]).await?;
    let shown = ever.harbour.stack.native(id).await?;
    assert_eq!(shown.get("undo_until"), Some(&Value::Null));
    Ok(())
}
