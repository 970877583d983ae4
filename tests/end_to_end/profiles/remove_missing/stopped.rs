//! Imports which are stopped, disturbed or overtaken before or during the removal of missing profiles.

use std::time::Duration;

use anyhow::ensure;
use serde_json::{Value, json};
use shared::id::{ChunkNo, ImportId};
use shared::import::{Import, Status};
use shared::load::load;
use shared::plan::plan;
use shared::settle::settle;
use shared::store::Table;

use super::super::Harbour;
use super::super::joined::{ACCOUNT, made};
use super::{ids, removal, sorted};
use crate::copernica::delete;
use crate::faults::Faults;
use crate::native::post;
use crate::postman::{LONG, Postman};
use crate::stack::Stack;

/// The file, in two chunks, which matches the first two of six people.
const FILE: &str = "Email,City\na@example.com,Delft\nno@example.com,Delft\nb@example.com,Delft\n";

/// A database in which nothing happens by itself, with six people and an import which is to remove four of them.
struct Quiet {
    harbour: Harbour,
    postman: Postman,
    people: Vec<u64>,
    import: ImportId,
}

impl Quiet {
    async fn start() -> anyhow::Result<Self> {
        Self::with(FILE, &removal(&json!({}))).await
    }

    /// The same with an import of another file.
    async fn with(file: &str, options: &Value) -> anyhow::Result<Self> {
        let harbour = Harbour::on(Stack::by_hand(2).await?).await?;
        let postman = Postman::of(&harbour.stack.system);
        let people = ["a", "b", "c", "d", "e", "f"].map(|name| format!("{name}@example.com"));
        let people = harbour.people(&people.each_ref().map(String::as_str)).await?;
        let import = made(&harbour, file, options).await?;
        let quiet = Self { harbour, postman, people, import };
        quiet.wait();
        Ok(quiet)
    }

    /// Lets a moment pass, so that later writes are later.
    fn wait(&self) {
        self.harbour.stack.system.services().clock.turn(Duration::from_millis(5));
    }

    async fn plan(&self) -> anyhow::Result<()> {
        plan(&self.harbour.stack.functions().parser, ACCOUNT, self.import).await?;
        self.wait();
        Ok(())
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
        Ok(())
    }

    async fn stored(&self) -> anyhow::Result<Import> {
        Ok(Import::find(self.harbour.stack.system.services(), ACCOUNT, self.import).await?)
    }

    async fn shown(&self) -> anyhow::Result<Value> {
        self.harbour.stack.native(self.import.0).await
    }

    /// The number of the import's notes and of the items of its chunks.
    async fn notes(&self) -> anyhow::Result<(usize, usize)> {
        let items = self.harbour.stack.system.services().store.dump(Table::Imports).await?;
        let text = |item: &shared::store::Item, name: &str| item[name].as_s().cloned().unwrap_or_default();
        let keys: Vec<(String, String)> = items.iter().map(|item| (text(item, "pk"), text(item, "sk"))).collect();
        let of_import = format!("#I#{}", self.import);
        let notes = keys.iter().filter(|(pk, _)| pk.contains(&format!("{of_import}#plans#"))).count();
        let chunks = keys.iter().filter(|(pk, sk)| pk.ends_with(&of_import) && sk.starts_with("chunk#")).count();
        Ok((notes, chunks))
    }

    /// Undoes the import, and compares the workspace with the one before and the people with all six.
    async fn undo(&self, before: &crate::dump::Dump) -> anyhow::Result<()> {
        self.ask("revert").await?;
        self.deliver().await;
        ensure!(self.stored().await?.status == Status::RolledBack);
        ensure!(self.notes().await?.0 == 0, "the undo leaves notes");
        self.harbour.is_as(before).await
    }
}

#[tokio::test]
async fn a_cancelled_import_removes_nothing_until_it_is_resumed() -> anyhow::Result<()> {
    let quiet = Quiet::start().await?;
    quiet.plan().await?;
    quiet.load(0).await?;
    quiet.ask("cancel").await?;
    quiet.deliver().await;
    assert_eq!(quiet.shown().await?["status"], "incomplete");
    assert_eq!(quiet.harbour.standing().await?, quiet.people);
    // Somebody comes, and somebody is edited, while the import is stopped.
    let new = quiet.harbour.people(&["new@example.com"]).await?[0];
    quiet.harbour.edit(quiet.people[3], &json!({ "City": "Breda" })).await?;
    quiet.ask("resume").await?;
    quiet.deliver().await;
    let import = quiet.shown().await?;
    assert_eq!((&import["status"], &import["counts"]["removed_missing"]), (&json!("complete"), &json!(3)), "{import}");
    let [a, b, _, d, ..] = quiet.people[..] else { panic!("six people") };
    assert_eq!(quiet.harbour.standing().await?, sorted(&[a, b, d, new]));
    quiet.harbour.edit(d, &json!({ "City": "Utrecht" })).await?;
    delete(&quiet.harbour.stack, &format!("/profile/{new}")).await?;
    quiet.ask("revert").await?;
    quiet.deliver().await;
    assert_eq!(quiet.harbour.standing().await?, quiet.people);
    assert_eq!(quiet.notes().await?.0, 0);
    Ok(())
}

#[tokio::test]
async fn a_profile_that_the_undo_of_another_import_restores_meanwhile_stays() -> anyhow::Result<()> {
    let update = json!({ "action": "update", "key_fields": ["Email"] });
    let mut quiet = Quiet::with("Email,City\nc@example.com,Breda\n", &update).await?;
    quiet.deliver().await;
    assert_eq!(quiet.shown().await?["status"], "complete");
    let earlier = std::mem::replace(&mut quiet.import, made(&quiet.harbour, FILE, &removal(&json!({}))).await?);
    quiet.wait();
    quiet.plan().await?;
    quiet.postman.lose_everything();
    post(&quiet.harbour.stack, &format!("/imports/{earlier}/revert"), 202).await?;
    quiet.deliver().await;
    quiet.load(0).await?;
    quiet.load(1).await?;
    quiet.deliver().await;
    let import = quiet.shown().await?;
    assert_eq!((&import["status"], &import["counts"]["removed_missing"]), (&json!("complete"), &json!(3)), "{import}");
    let [a, b, c, ..] = quiet.people[..] else { panic!("six people") };
    assert_eq!(quiet.harbour.standing().await?, sorted(&[a, b, c]));
    Ok(())
}

#[tokio::test]
async fn an_import_that_is_undone_before_the_removal_leaves_no_notes_and_no_chunks_behind_its_own() -> anyhow::Result<()>
{
    let quiet = Quiet::start().await?;
    let before = quiet.harbour.workspace().await?;
    quiet.plan().await?;
    assert_eq!(quiet.notes().await?.1, 2);
    quiet.load(0).await?;
    quiet.undo(&before).await?;
    assert_eq!(quiet.notes().await?.1, 2);
    assert_eq!(quiet.harbour.standing().await?, quiet.people);
    Ok(())
}

#[tokio::test]
async fn an_import_given_up_before_the_removal_removes_nothing() -> anyhow::Result<()> {
    let quiet = Quiet::start().await?;
    quiet.plan().await?;
    quiet.load(0).await?;
    let functions = quiet.harbour.stack.functions();
    for _ in 0..60 {
        quiet.postman.lose_everything();
        quiet.harbour.stack.system.services().clock.turn(4 * LONG);
        sweep::handle(&functions.sweep).await?;
        if quiet.stored().await?.status != Status::Processing {
            break;
        }
    }
    assert_eq!(quiet.stored().await?.status, Status::Incomplete);
    quiet.deliver().await;
    assert_eq!(quiet.harbour.standing().await?, quiet.people);
    Ok(())
}

#[tokio::test]
async fn a_file_replaced_midway_removes_nothing() -> anyhow::Result<()> {
    let quiet = Quiet::start().await?;
    quiet.plan().await?;
    quiet.load(0).await?;
    let source = quiet.stored().await?.source.map(|source| source.key).unwrap_or_default();
    quiet.harbour.stack.system.services().files.put(&source, "Email,City\na@example.com,Delft\n".into()).await?;
    quiet.deliver().await;
    let import = quiet.shown().await?;
    assert_eq!(
        (&import["status"], &import["counts"]["removed_missing"]),
        (&json!("incomplete"), &json!(0)),
        "{import}"
    );
    assert_eq!(quiet.harbour.standing().await?, quiet.people);
    Ok(())
}

#[tokio::test]
async fn what_people_make_or_edit_between_plan_and_removal_stays() -> anyhow::Result<()> {
    let quiet = Quiet::start().await?;
    quiet.plan().await?;
    let [a, b, c, d, e, f] = quiet.people[..] else { panic!("six people") };
    // One is edited before any row is loaded, one just before the removal, one is deleted, and one comes.
    quiet.harbour.edit(c, &json!({ "City": "Breda" })).await?;
    delete(&quiet.harbour.stack, &format!("/profile/{d}")).await?;
    let new = quiet.harbour.people(&["new@example.com"]).await?[0];
    quiet.load(0).await?;
    quiet.load(1).await?;
    let import = quiet.stored().await?;
    assert_eq!((import.file_chunks, import.chunks), (Some(2), Some(4)));
    quiet.harbour.edit(f, &json!({ "City": "Breda" })).await?;
    let before = quiet.harbour.stack.native(quiet.import.0).await?;
    assert_eq!((&before["status"], &before["progress"]["percent"]), (&json!("processing"), &json!(100.0)), "{before}");
    quiet.deliver().await;
    let import = quiet.shown().await?;
    assert_eq!((&import["status"], &import["counts"]["removed_missing"]), (&json!("complete"), &json!(1)), "{import}");
    assert_eq!(ids(&quiet.harbour.removed(&import).await?), [e]);
    assert_eq!(quiet.harbour.standing().await?, sorted(&[a, b, c, f, new]));
    quiet.ask("revert").await?;
    quiet.deliver().await;
    assert_eq!(quiet.harbour.standing().await?, sorted(&[a, b, c, e, f, new]));
    assert_eq!(quiet.shown().await?["undone"]["brought_back"], 1);
    Ok(())
}

#[tokio::test]
async fn an_import_cancelled_during_the_removal_goes_on_with_the_same_records() -> anyhow::Result<()> {
    let quiet = Quiet::start().await?;
    let before = quiet.harbour.workspace().await?;
    quiet.plan().await?;
    quiet.load(0).await?;
    quiet.load(1).await?;
    quiet.postman.lose_everything();
    quiet.load(3).await?;
    let joined = quiet.stored().await?.joined;
    assert_eq!(quiet.shown().await?["counts"]["removed_missing"], 2);
    quiet.ask("cancel").await?;
    quiet.deliver().await;
    assert_eq!(quiet.shown().await?["status"], "incomplete");
    let [a, b, c, d, ..] = quiet.people[..] else { panic!("six people") };
    assert_eq!(quiet.harbour.standing().await?, [a, b, c, d]);
    quiet.ask("resume").await?;
    quiet.deliver().await;
    let import = quiet.shown().await?;
    assert_eq!((&import["status"], &import["counts"]["removed_missing"]), (&json!("complete"), &json!(4)), "{import}");
    assert_eq!(quiet.stored().await?.joined, joined);
    assert_eq!(quiet.harbour.standing().await?, [a, b]);
    quiet.undo(&before).await
}

#[tokio::test]
async fn an_undo_asked_for_during_the_removal_brings_back_what_was_removed() -> anyhow::Result<()> {
    let quiet = Quiet::start().await?;
    let before = quiet.harbour.workspace().await?;
    quiet.plan().await?;
    quiet.load(0).await?;
    quiet.load(1).await?;
    quiet.load(2).await?;
    let [a, b, _, _, e, f] = quiet.people[..] else { panic!("six people") };
    assert_eq!(quiet.harbour.standing().await?, [a, b, e, f]);
    quiet.undo(&before).await?;
    assert_eq!(quiet.harbour.standing().await?, quiet.people);
    Ok(())
}

#[tokio::test]
async fn a_removal_whose_messages_are_lost_begins_with_the_next_look() -> anyhow::Result<()> {
    let quiet = Quiet::start().await?;
    quiet.plan().await?;
    quiet.load(0).await?;
    quiet.load(1).await?;
    // The message of the last chunk comes again.
    quiet.postman.lose_everything();
    quiet.load(1).await?;
    quiet.deliver().await;
    assert_eq!(quiet.shown().await?["counts"]["removed_missing"], 4);
    assert_eq!(quiet.shown().await?["status"], "complete");
    // A worker with an old import in hand changes nothing any more.
    let loader = &quiet.harbour.stack.functions().loader;
    let old = Import { status: Status::Processing, file_chunks: None, chunks: Some(2), ..quiet.stored().await? };
    settle(loader, &old, &loader.begin()).await?;
    assert_eq!(quiet.stored().await?.chunks, Some(4));
    Ok(())
}

#[tokio::test]
async fn a_resumed_import_is_compared_again_and_ends_if_its_file_fits_no_more() -> anyhow::Result<()> {
    for (loaded, status) in [(false, "failed"), (true, "incomplete")] {
        let harbour = Harbour::on(Stack::by_hand(2).await?).await?;
        let postman = Postman::of(&harbour.stack.system);
        let people = harbour.people(&["a@example.com", "b@example.com", "c@example.com"]).await?;
        let import = made(&harbour, FILE, &removal(&json!({ "remove_missing_share": 0.4 }))).await?;
        let quiet = Quiet { harbour, postman, people, import };
        quiet.wait();
        quiet.plan().await?;
        if loaded {
            quiet.load(0).await?;
        }
        quiet.postman.lose_everything();
        quiet.ask("cancel").await?;
        quiet.deliver().await;
        // One of two people is missing now, in place of one of three.
        delete(&quiet.harbour.stack, &format!("/profile/{}", quiet.people[1])).await?;
        quiet.ask("resume").await?;
        quiet.deliver().await;
        let import = quiet.shown().await?;
        assert_eq!((&import["status"], &import["counts"]["removed_missing"]), (&json!(status), &json!(0)), "{import}");
        assert!(import["reasons"].to_string().contains("1 of the 2 profiles"), "{import}");
        assert_eq!(quiet.harbour.standing().await?, [quiet.people[0], quiet.people[2]]);
        quiet.ask("revert").await?;
        quiet.deliver().await;
        assert_eq!(quiet.notes().await?.0, 0);
        crate::invariants::at_rest(&quiet.harbour.stack).await?;
    }
    Ok(())
}

#[tokio::test]
async fn records_of_the_import_itself_are_not_missing_when_it_is_resumed() -> anyhow::Result<()> {
    let harbour = Harbour::on(Stack::by_hand(2).await?).await?;
    let postman = Postman::of(&harbour.stack.system);
    let people = harbour.people(&["a@example.com", "b@example.com"]).await?;
    // A row without a key makes a profile which no row matches.
    let file = "Email,City\n,Delft\na@example.com,Delft\nnew@example.com,Delft\n";
    let import = made(&harbour, file, &removal(&json!({ "action": "update or add" }))).await?;
    let quiet = Quiet { harbour, postman, people, import };
    quiet.wait();
    quiet.plan().await?;
    quiet.load(0).await?;
    quiet.ask("cancel").await?;
    quiet.deliver().await;
    quiet.ask("resume").await?;
    quiet.deliver().await;
    let shown = quiet.shown().await?;
    assert_eq!((&shown["status"], &shown["counts"]["removed_missing"]), (&json!("complete"), &json!(1)), "{shown}");
    let own = |row: u64| import.0 * 1_000_000_000 + row;
    assert_eq!(quiet.harbour.standing().await?, sorted(&[quiet.people[0], own(1), own(3)]));
    Ok(())
}
