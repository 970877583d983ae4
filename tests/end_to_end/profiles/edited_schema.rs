//! Edits of the schema while an import is under way, in an order which the test gives: between the plan and the load, between two
//! chunks, and before a stopped import is resumed.

use anyhow::ensure;
use serde_json::{Value, json};
use shared::id::{ChunkNo, ImportId};
use shared::load::load;
use shared::plan::plan;

use super::Harbour;
use super::indexed::LONG;
use super::joined::{ACCOUNT, made};
use crate::copernica::{delete, put};
use crate::faults::Faults;
use crate::native::post;
use crate::postman::Postman;
use crate::stack::Stack;

/// A file in two chunks, whose rows match the people of [`Slow::start`].
const FILE: &str = "Email,Name,interest.Tea\na@example.com,Ada,yes\nno@example.com,Nobody,\nb@example.com,Bea,yes\n";

/// A database in which nothing happens by itself, with two people and an import that changes both.
struct Slow {
    harbour: Harbour,
    postman: Postman,
    people: Vec<u64>,
    import: ImportId,
}

impl Slow {
    async fn start(options: &Value) -> anyhow::Result<Self> {
        let harbour = Harbour::on(Stack::by_hand(2).await?).await?;
        let postman = Postman::of(&harbour.stack.system);
        let mut people = Vec::new();
        for name in ["a", "b"] {
            let fields = json!({ "Email": format!("{name}@example.com"), "City": format!("City of {name}") });
            people.push(harbour.profile(&fields).await?);
        }
        let mut all = json!({ "action": "update or add", "key_fields": ["Email"] });
        for (name, value) in options.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        let import = made(&harbour, FILE, &all).await?;
        let slow = Self { harbour, postman, people, import };
        plan(&slow.harbour.stack.functions().parser, ACCOUNT, import).await?;
        Ok(slow)
    }

    async fn load(&self, chunk: u64) -> anyhow::Result<()> {
        load(&self.harbour.stack.functions().loader, ACCOUNT, self.import, ChunkNo(chunk)).await?;
        Ok(())
    }

    /// Delivers all messages.
    async fn deliver(&self) {
        self.postman.drain_all(self.harbour.stack.functions(), &Faults::default()).await;
    }

    async fn ask(&self, deed: &str) -> anyhow::Result<()> {
        post(&self.harbour.stack, &format!("/imports/{}/{deed}", self.import), 202).await?;
        self.deliver().await;
        Ok(())
    }

    async fn shown(&self) -> anyhow::Result<Value> {
        self.harbour.stack.native(self.import.0).await
    }

    /// Loads the first chunk and stops the import, so the second chunk is left.
    async fn stop_midway(&self) -> anyhow::Result<()> {
        self.load(0).await?;
        self.ask("cancel").await?;
        let status = self.shown().await?["status"].clone();
        ensure!(status == "incomplete", "the import is {status}");
        Ok(())
    }

    fn path_of(&self, field: u64) -> String {
        format!("/database/{}/field/{field}", self.harbour.database)
    }

    async fn sweep_later(&self) -> anyhow::Result<()> {
        self.harbour.stack.system.services().clock.turn(LONG);
        sweep::handle(&self.harbour.stack.functions().sweep).await?;
        Ok(())
    }
}

#[tokio::test]
async fn an_import_is_loaded_by_the_schema_of_its_plan_and_the_undo_names_what_is_gone() -> anyhow::Result<()> {
    let slow = Slow::start(&json!({})).await?;
    let harbour = &slow.harbour;
    let (email, name) = (harbour.field("Email").await?, harbour.field("Name").await?);
    put(&harbour.stack, &slow.path_of(email), &json!({ "name": "Address" })).await?;
    put(&harbour.stack, &slow.path_of(name), &json!({ "name": "Email" })).await?;
    slow.load(0).await?;
    delete(&harbour.stack, &slow.path_of(name)).await?;
    delete(&harbour.stack, "/interest/1").await?;
    slow.deliver().await;
    let import = slow.shown().await?;
    assert_eq!(harbour.outcomes(&import).await?, ["updated", "created", "updated"]);
    assert_eq!(harbour.interests(slow.people[0]).await?, json!([]));
    slow.ask("revert").await?;
    let undone = slow.shown().await?["undone"].clone();
    assert_eq!(
        (&undone["removed"], &undone["gone"], &undone["restored"]),
        (&json!(1), &json!(2), &json!(0)),
        "{undone}"
    );
    Ok(())
}

#[tokio::test]
async fn a_resumed_import_is_not_looked_up_in_an_index_which_is_gone() -> anyhow::Result<()> {
    for edit in [json!({ "index": false }), json!({ "type": "text", "index": false }), Value::Null] {
        let slow = Slow::start(&json!({})).await?;
        slow.stop_midway().await?;
        let email = slow.path_of(slow.harbour.field("Email").await?);
        match &edit {
            Value::Null => drop(delete(&slow.harbour.stack, &email).await?),
            edit => put(&slow.harbour.stack, &email, edit).await?,
        }
        slow.sweep_later().await?;
        slow.ask("resume").await?;
        let import = slow.shown().await?;
        assert_eq!((&import["status"], &import["cost"]["search"]), (&json!("complete"), &json!("scan")), "{import}");
        assert_eq!(slow.harbour.outcomes(&import).await?, ["updated", "created", "updated"], "{edit}");
    }
    Ok(())
}

#[tokio::test]
async fn an_import_resumed_after_its_database_was_deleted_stops_with_the_reason() -> anyhow::Result<()> {
    for key in ["Email", "Name"] {
        let slow = Slow::start(&json!({ "key_fields": [key] })).await?;
        slow.stop_midway().await?;
        delete(&slow.harbour.stack, &format!("/database/{}", slow.harbour.database)).await?;
        slow.ask("resume").await?;
        let import = slow.shown().await?;
        assert_eq!(import["status"], "incomplete", "{import}");
        assert!(import["reasons"].to_string().contains("was deleted"), "{import}");
        slow.ask("revert").await?;
        assert_eq!(slow.shown().await?["status"], "rolled_back");
    }
    Ok(())
}
