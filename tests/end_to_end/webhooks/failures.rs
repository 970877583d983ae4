//! Receivers that fail: attempts follow the schedule, and a webhook ends after five days or at an answer of 410.

use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use shared::events::DISABLED;

use super::receiver::{Receiver, Request};
use super::{Hooks, START};
use crate::invariants::{disabled_schema, wrong_event};
use crate::native::site::{Reply, Site};

const HOUR: Duration = Duration::from_secs(3600);

/// The events of disabled webhooks among requests.
fn disabled(requests: &[Request]) -> Vec<Value> {
    requests.iter().map(Request::event).filter(|event| event["type"] == DISABLED).collect()
}

#[tokio::test]
async fn a_failed_attempt_is_made_again_with_the_same_id_and_a_new_time() -> anyhow::Result<()> {
    let hooks = Hooks::start().await?;
    let receiver = Receiver::open(|requests| if requests.len() < 3 { (500, None) } else { (200, None) }).await?;
    let (hook, secret) = hooks.hook(&json!({ "url": receiver.url, "types": ["Import Completed"] })).await?;
    hooks.import().await?;
    hooks.publish().await?;
    let waiting = hooks.deliveries(&hook).await?;
    assert_eq!((waiting.len(), &waiting[0]["state"], &waiting[0]["attempts"]), (1, &json!("waiting"), &json!(1)));
    assert_eq!(waiting[0]["last_attempt"]["status"], 500);
    ensure!(hooks.show(&hook).await?["failing_since"].is_string());
    hooks.pass(Duration::from_secs(10)).await?;
    hooks.pass(Duration::from_secs(400)).await?;
    let requests = receiver.take();
    assert_eq!(requests.len(), 3);
    for (request, before) in requests.iter().zip([410, 400, 0]) {
        request.verify(&secret, hooks.seconds() - before)?;
        assert_eq!(
            (request.header("webhook-id"), &request.body),
            (requests[0].header("webhook-id"), &requests[0].body)
        );
    }
    let times: Vec<i64> =
        requests.iter().map(|request| request.header("webhook-timestamp").parse()).collect::<Result<_, _>>()?;
    assert_eq!(times, [0, 10, 410].map(|later| START / 1000 + later));
    let delivered = hooks.deliveries(&hook).await?;
    assert_eq!((&delivered[0]["state"], &delivered[0]["attempts"]), (&json!("delivered"), &json!(3)));
    assert_eq!((&delivered[0]["due"], &hooks.show(&hook).await?["failing_since"]), (&Value::Null, &Value::Null));
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_is_busy_is_given_the_time_that_it_asks_for() -> anyhow::Result<()> {
    let hooks = Hooks::start().await?;
    let receiver = Receiver::open(|_| (503, Some("7200"))).await?;
    let (hook, _) = hooks.hook(&json!({ "url": receiver.url, "types": ["Import Completed"] })).await?;
    hooks.import().await?;
    hooks.publish().await?;
    assert_eq!(hooks.deliveries(&hook).await?[0]["due"], "2026-09-21T16:13:20.000Z");
    hooks.pass(2 * HOUR - Duration::from_secs(1)).await?;
    assert_eq!(receiver.take().len(), 1);
    receiver.reply(|_| (200, None));
    hooks.pass(Duration::from_secs(900)).await?;
    assert_eq!((receiver.take().len(), &hooks.deliveries(&hook).await?[0]["state"]), (1, &json!("delivered")));
    Ok(())
}

#[tokio::test]
async fn five_days_of_failures_disable_a_webhook_and_every_webhook_gets_a_last_event_about_that() -> anyhow::Result<()>
{
    let (hooks, failing) = (Hooks::start().await?, Receiver::open(|_| (500, None)).await?);
    let (well, uninterested) = (Receiver::open(|_| (200, None)).await?, Receiver::open(|_| (200, None)).await?);
    let (hook, secret) = hooks.hook(&json!({ "url": failing.url, "types": ["Import Completed"] })).await?;
    hooks.hook(&json!({ "url": well.url })).await?;
    hooks.hook(&json!({ "url": uninterested.url, "types": ["Import Failed"] })).await?;
    hooks.import().await?;
    hooks.publish().await?;
    // The ten attempts of the first delivery take a little more than three days.
    hooks.pass(84 * HOUR).await?;
    let deliveries = hooks.deliveries(&hook).await?;
    assert_eq!((&deliveries[0]["state"], &deliveries[0]["attempts"]), (&json!("failed"), &json!(10)));
    assert_eq!(failing.take().len(), 10);
    ensure!(hooks.show(&hook).await?["enabled"] == true);
    // A second delivery fails before and after the five days, and a third one waits meanwhile.
    hooks.import().await?;
    hooks.publish().await?;
    hooks.pass(35 * HOUR).await?;
    hooks.import().await?;
    hooks.publish().await?;
    hooks.pass(30 * HOUR).await?;
    let shown = hooks.show(&hook).await?;
    assert_eq!((&shown["enabled"], &shown["disabled"]["reason"]), (&json!(false), &json!("failing")));
    assert_eq!(shown["failing_since"], "2026-09-21T14:13:20.000Z");
    failing.take();
    well.take();
    hooks.publish().await?;
    for receiver in [&failing, &well] {
        let events = disabled(&receiver.take());
        let [event] = &events[..] else { anyhow::bail!("{events:?}") };
        assert_eq!(wrong_event(&disabled_schema()?, event)?, [""; 0]);
        let facts = ["account", "webhook", "host", "reason", "failing_since"].map(|name| event[name].clone());
        let expected = [json!(1), json!(1), json!("127.0.0.1"), json!("failing"), shown["failing_since"].clone()];
        assert_eq!(facts, expected);
        assert_eq!((&event["occurred_at"], &event["version"]), (&shown["disabled"]["at"], &json!("1")));
    }
    assert_eq!(uninterested.take().len(), 0);
    // Nothing else comes, whatever happens: the waiting deliveries are dropped, and the last event was one attempt.
    hooks.import().await?;
    hooks.publish().await?;
    hooks.pass(48 * HOUR).await?;
    assert_eq!(failing.take().len(), 0);
    let states: Vec<_> = hooks.deliveries(&hook).await?.iter().map(|delivery| delivery["state"].clone()).collect();
    assert_eq!(states, ["failed", "dropped", "dropped", "failed"]);
    // A person enables the webhook, and has a dropped delivery tried again.
    failing.reply(|_| (200, None));
    let dropped = hooks.deliveries(&hook).await?[1]["id"].as_str().context("no id")?.to_owned();
    let retry = format!("{hook}/deliveries/{dropped}/retry");
    hooks.ask(Method::POST, &retry, None).await?.expect(409)?;
    let enabled = hooks.ask(Method::PATCH, &hook, Some(&json!({ "enabled": true }))).await?.expect(200)?;
    assert_eq!((&enabled["enabled"], &enabled["failing_since"]), (&json!(true), &Value::Null));
    let retried = hooks.ask(Method::POST, &retry, None).await?.expect(202)?;
    assert_eq!(retried["state"], "waiting");
    hooks.deliver().await?;
    let [request] = &failing.take()[..] else { anyhow::bail!("not one request") };
    request.verify(&secret, hooks.seconds())?;
    assert_eq!(hooks.show(&format!("{hook}/deliveries/{dropped}")).await?["state"], "delivered");
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_is_gone_gets_nothing_more_and_the_others_are_told() -> anyhow::Result<()> {
    let (hooks, gone) = (Hooks::start().await?, Receiver::open(|_| (410, None)).await?);
    let well = Receiver::open(|_| (200, None)).await?;
    let (hook, _) = hooks.hook(&json!({ "url": gone.url, "types": ["Import Completed", "Webhook Disabled"] })).await?;
    hooks.hook(&json!({ "url": well.url })).await?;
    hooks.import().await?;
    hooks.publish().await?;
    hooks.import().await?;
    hooks.publish().await?;
    hooks.pass(48 * HOUR).await?;
    assert_eq!(gone.take().len(), 1);
    let shown = hooks.show(&hook).await?;
    assert_eq!((&shown["enabled"], &shown["disabled"]["reason"]), (&json!(false), &json!("gone")));
    let told = disabled(&well.take());
    assert_eq!(
        told.iter().map(|event| (&event["reason"], &event["webhook"])).collect::<Vec<_>>(),
        [(&json!("gone"), &json!(1))]
    );
    let states: Vec<_> = hooks.deliveries(&hook).await?.iter().map(|delivery| delivery["state"].clone()).collect();
    assert_eq!(states, ["failed"]);
    Ok(())
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_a_private_address_is_never_dialled() -> anyhow::Result<()> {
    let site = Site::open(|_, _| Reply::to("https://10.0.0.1/hook")).await?;
    let hooks = Hooks::with(site.fetcher()).await?;
    let (hook, _) = hooks.hook(&json!({ "url": "https://files.example.com/hook?key=SECRET" })).await?;
    let test = format!("{hook}/test");
    let result = async || -> anyhow::Result<Value> {
        hooks.ask(Method::POST, &test, None).await?.expect(202)?;
        hooks.clock.turn(Duration::from_millis(1));
        hooks.deliver().await?;
        Ok(hooks.deliveries(&hook).await?[0]["last_attempt"].clone())
    };
    assert_eq!(result().await?["status"], 302);
    let dialled: Vec<_> = site.dialled().iter().map(ToString::to_string).collect();
    assert_eq!(dialled, ["93.184.215.14:443"]);
    let heads = site.heads();
    ensure!(heads.len() == 1 && heads[0].starts_with("POST /hook?key=SECRET HTTP/1.1"), "{heads:?}");
    // The name leads to the metadata of the machine by now.
    site.resolves("files.example.com", &[&["169.254.169.254", "10.0.0.1", "127.0.0.1"]]);
    let refused = result().await?;
    assert_eq!(
        (&refused["status"], &refused["error"]),
        (&Value::Null, &json!("its name leads to an address that is not public"))
    );
    ensure!(site.dialled().is_empty());
    // The query is sent and shown to nobody.
    let shown = [hooks.show(&hook).await?, hooks.show("/webhooks").await?, json!(hooks.deliveries(&hook).await?)];
    ensure!(shown.iter().all(|shown| !shown.to_string().contains("SECRET")), "{shown:?}");
    assert_eq!(shown[0]["url"], "https://files.example.com/hook");
    Ok(())
}
