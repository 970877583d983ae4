//! Tests of runs that find the file changed.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use shared::id::ImportId;
use shared::import::Import;

use super::{ACCOUNT, Proof, Workshop, complete, hours};
use crate::faults::{Faults, Gate};
use crate::files::TOGGL;
use crate::native::post;

#[tokio::test]
async fn a_changed_file_makes_exactly_one_import_whose_rows_are_there() -> anyhow::Result<()> {
    for proof in [Proof::Etag, Proof::Time, Proof::Nothing] {
        let workshop = Workshop::open(proof).await?;
        workshop.schedule(json!({})).await?;
        workshop.tick().await?;
        workshop.publish(&hours("planing"));
        workshop.next_run().await?;
        workshop.next_run().await?;
        assert_eq!(workshop.imports().await?, [complete(5), complete(1)], "{proof:?}");
        assert_eq!(workshop.outcomes().await?, ["unchanged", "imported 2", "imported 1"], "{proof:?}");
        let entries = workshop.stack.pages("/v2/entries").await?;
        let planed = entries.iter().filter(|entry| entry["description"] == "planing").count();
        assert_eq!((entries.len(), planed), (6, 1), "{proof:?}");
        let import = workshop.stack.native(2).await?;
        assert_eq!((&import["schedule"], &import["file_name"]), (&json!(1), &json!("hours.csv")), "{import}");
        assert!(!workshop.shown().await?.to_string().contains("secret"));
    }
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_replaced_between_the_question_and_the_fetch_is_compared_as_it_was_fetched() -> anyhow::Result<()>
{
    for proof in [Proof::Etag, Proof::Nothing] {
        let workshop = Workshop::open(proof).await?;
        workshop.schedule(json!({})).await?;
        // The run asks for the first version, and the import fetches the second.
        let published = Arc::clone(&workshop.file);
        let gate: Gate = Arc::new(move |operation: &str| {
            if operation == "TransactWriteItems" {
                let mut file = published.lock().expect("no test panics with the lock");
                (file.bytes, file.version) = (hours("replaced"), 2);
            }
            Box::pin(async { Box::new(()) as Box<dyn Send> })
        });
        let replacing = Faults::behind(gate).connect(&workshop.stack.system)?;
        let replacing = crate::native::location::with(&replacing, &workshop.site);
        sweep::handle(&workshop.functions.sweep).await?;
        let run = workshop.postman.next().expect("the message of the run");
        assert!(workshop.postman.deliver(&run, &replacing).await);
        workshop.deliver().await?;
        assert_eq!(workshop.imports().await?, [complete(1)], "{proof:?}");
        workshop.next_run().await?;
        assert_eq!(workshop.outcomes().await?, ["unchanged", "imported 1"], "{proof:?}");
        // The first version is a change again.
        {
            let mut file = workshop.file();
            (file.bytes, file.version) = (TOGGL.to_owned(), 1);
        }
        workshop.next_run().await?;
        assert_eq!(workshop.imports().await?, [complete(1), complete(5)], "{proof:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_message_that_comes_twice_or_late_makes_one_import() -> anyhow::Result<()> {
    let workshop = Workshop::open(Proof::Nothing).await?;
    workshop.schedule(json!({})).await?;
    // Three sweeps find the schedule due before anybody runs it.
    for _ in 0..3 {
        sweep::handle(&workshop.functions.sweep).await?;
    }
    let late = workshop.postman.take("WorkQueue").expect("a message");
    workshop.deliver().await?;
    assert_eq!(workshop.outcomes().await?, ["imported 1"]);
    workshop.publish(&hours("planing"));
    assert!(workshop.postman.deliver(&late, &workshop.functions).await);
    assert_eq!((workshop.imports().await?, workshop.requests()), (vec![complete(5)], 2));
    Ok(())
}

#[tokio::test]
async fn two_runs_for_the_same_time_at_once_make_one_import() -> anyhow::Result<()> {
    let workshop = Workshop::open(Proof::Etag).await?;
    workshop.schedule(json!({})).await?;
    let due = workshop.stored().await?.due.expect("it is due");
    let parser = &workshop.functions.parser;
    let run = || shared::schedules::run(parser, ACCOUNT, super::FIRST, due);
    let (one, two, three) = futures::join!(run(), run(), run());
    one.and(two).and(three)?;
    workshop.deliver().await?;
    assert_eq!(
        (workshop.imports().await?, workshop.outcomes().await?),
        (vec![complete(5)], vec!["imported 1".to_owned()])
    );
    Ok(())
}

#[tokio::test]
async fn a_run_is_busy_while_the_last_import_has_not_ended() -> anyhow::Result<()> {
    let workshop = Workshop::open(Proof::Etag).await?;
    workshop.schedule(json!({ "import": { "location": super::URL, "autostart": false } })).await?;
    workshop.tick().await?;
    assert_eq!(workshop.imports().await?, [("new".to_owned(), 0)]);
    workshop.requests();
    workshop.publish(&hours("planing"));
    workshop.next_run().await?;
    assert_eq!(
        (workshop.outcomes().await?, workshop.requests()),
        (vec!["busy 1".to_owned(), "imported 1".to_owned()], 0)
    );
    post(&workshop.stack, "/imports/1/start", 202).await?;
    workshop.deliver().await?;
    workshop.next_run().await?;
    assert_eq!(workshop.imports().await?, [complete(5), ("new".to_owned(), 0)]);
    Ok(())
}

#[tokio::test]
async fn an_undone_import_comes_back_only_if_a_person_asks_or_the_file_changes() -> anyhow::Result<()> {
    let workshop = Workshop::open(Proof::Etag).await?;
    workshop.schedule(json!({})).await?;
    workshop.tick().await?;
    post(&workshop.stack, "/imports/1/revert", 202).await?;
    workshop.deliver().await?;
    workshop.next_run().await?;
    assert_eq!(workshop.imports().await?, [("rolled_back".to_owned(), 5)]);
    assert_eq!(workshop.outcomes().await?, ["unchanged", "imported 1"]);
    let asked = workshop.send(Method::POST, "/schedules/1/run", &Value::Null).await?.expect(202)?;
    assert_eq!(asked["state"], "active");
    workshop.deliver().await?;
    assert_eq!(workshop.imports().await?[1], complete(5));
    // Rows that stand are not loaded again, whoever asks.
    workshop.send(Method::POST, "/schedules/1/run", &Value::Null).await?.expect(202)?;
    workshop.deliver().await?;
    assert_eq!(workshop.outcomes().await?[0], "unchanged");
    Ok(())
}

#[tokio::test]
async fn an_import_of_a_person_has_neither_schedule_nor_content() -> anyhow::Result<()> {
    let workshop = Workshop::open(Proof::Etag).await?;
    let body = json!({ "location": super::URL });
    workshop.send(Method::POST, "/imports", &body).await?.expect(202)?;
    workshop.deliver().await?;
    let import = Import::find(workshop.stack.system.services(), ACCOUNT, ImportId(1)).await?;
    assert_eq!((import.schedule, import.content), (None, None));
    assert_eq!(workshop.stack.native(1).await?["schedule"], Value::Null);
    Ok(())
}
