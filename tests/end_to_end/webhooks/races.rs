//! Records and messages that come twice, and functions that die in between.

use anyhow::ensure;
use futures::TryStreamExt;
use reqwest::Method;
use serde_json::json;
use shared::account;
use shared::id::AccountId;
use shared::store::{Key, Table};

use super::receiver::Receiver;
use super::{API, Hooks};
use crate::faults::{Fault, Faults};

#[tokio::test]
async fn a_notifier_that_dies_between_a_delivery_and_its_message_delivers_when_the_pipe_repeats_the_batch()
-> anyhow::Result<()> {
    let (hooks, receiver) = (Hooks::start().await?, Receiver::open(|_| (200, None)).await?);
    let (hook, _) = hooks.hook(&json!({ "url": receiver.url, "types": ["Import Completed"] })).await?;
    hooks.import().await?;
    let records = hooks.records(true).await?;
    let faults = Faults::default();
    let notifier = faults.connect(&hooks.stack.system)?.notifier;
    faults.plan(|_, operation| (operation == "SendMessage").then_some(Fault::DeathBefore));
    let died = faults.outlive(notifier::publish(&notifier, records.clone(), API)).await;
    ensure!(
        died.is_none() && hooks.deliveries(&hook).await?.len() == 1,
        "the delivery was stored, and its message lost"
    );
    hooks.deliver().await?;
    assert_eq!(receiver.take().len(), 0);
    notifier::publish(hooks.notifier(), records, API).await?;
    hooks.deliver().await?;
    assert_eq!((receiver.take().len(), hooks.deliveries(&hook).await?.len()), (1, 1));
    Ok(())
}

#[tokio::test]
async fn a_record_that_comes_twice_makes_one_delivery_and_a_message_that_comes_twice_one_request() -> anyhow::Result<()>
{
    let (hooks, receiver) = (Hooks::start().await?, Receiver::open(|_| (200, None)).await?);
    let (hook, _) = hooks.hook(&json!({ "url": receiver.url, "types": ["Import Completed"] })).await?;
    hooks.import().await?;
    let records = hooks.records(true).await?;
    for _ in 0..2 {
        notifier::publish(hooks.notifier(), records.clone(), API).await?;
    }
    hooks.deliver().await?;
    assert_eq!((receiver.take().len(), hooks.deliveries(&hook).await?.len()), (1, 1));
    Ok(())
}

#[tokio::test]
async fn a_function_that_dies_after_its_request_sends_the_event_once_more_and_no_more() -> anyhow::Result<()> {
    let (hooks, receiver) = (Hooks::start().await?, Receiver::open(|_| (500, None)).await?);
    let (hook, _) = hooks.hook(&json!({ "url": receiver.url, "types": ["Import Completed"] })).await?;
    hooks.import().await?;
    notifier::publish(hooks.notifier(), hooks.records(true).await?, API).await?;
    let faults = Faults::default();
    let functions = faults.connect(&hooks.stack.system)?;
    let functions =
        functions.map(|services| shared::services::Services { fetcher: hooks.notifier().fetcher.clone(), ..services });
    // The message of the next attempt has gone out, and the attempt is not marked.
    faults.plan(|_, operation| (operation == "UpdateItem").then_some(Fault::DeathBefore));
    ensure!(!hooks.postman.drain(&functions, &faults).await, "the worker dies");
    let marked = hooks.deliveries(&hook).await?[0]["attempts"].clone();
    assert_eq!((receiver.take().len(), marked), (1, json!(0)));
    // Both messages come: that of the next attempt makes the attempt anew, and that of the dead worker finds it made.
    hooks.pass(std::time::Duration::from_secs(200)).await?;
    assert_eq!(receiver.take().len(), 1);
    let marked = hooks.deliveries(&hook).await?[0]["attempts"].clone();
    assert_eq!(marked, json!(1));
    Ok(())
}

#[tokio::test]
async fn deliveries_of_a_deleted_webhook_are_neither_made_nor_shown_and_belong_to_the_account_until_they_expire()
-> anyhow::Result<()> {
    let (hooks, receiver) = (Hooks::start().await?, Receiver::open(|_| (200, None)).await?);
    let (hook, _) = hooks.hook(&json!({ "url": receiver.url })).await?;
    hooks.import().await?;
    notifier::publish(hooks.notifier(), hooks.records(true).await?, API).await?;
    let id = hooks.deliveries(&hook).await?[0]["id"].as_str().unwrap_or_default().to_owned();
    hooks.ask(Method::DELETE, &hook, None).await?.expect(204)?;
    hooks.deliver().await?;
    assert_eq!(receiver.take().len(), 0);
    for path in [hook.clone(), format!("{hook}/deliveries"), format!("{hook}/deliveries/{id}")] {
        hooks.ask(Method::GET, &path, None).await?.expect(404)?;
    }
    // A new webhook has another number, and so no deliveries of the deleted one.
    let (another, _) = hooks.hook(&json!({ "url": receiver.url })).await?;
    assert_eq!((another.as_str(), hooks.deliveries(&another).await?.len()), ("/webhooks/2", 0));
    // The deletion and the export of an account find all of it.
    let store = &hooks.stack.system.services().store;
    let of_account: Vec<_> =
        store.items_of_account(Table::Imports, AccountId(1)).try_collect::<Vec<_>>().await?.concat();
    let keys: Vec<_> = of_account.iter().map(|item| Key::of(Table::Imports, item).pk).collect();
    for (partition, items) in [("A#1#webhooks", 1), ("A#1#webhook#1", 3)] {
        assert_eq!(keys.iter().filter(|key| *key == partition).count(), items, "{partition}");
    }
    ensure!(account::all(hooks.stack.system.services()).await?.len() == 2);
    Ok(())
}
