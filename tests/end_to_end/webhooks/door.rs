//! The endpoints of webhooks: what they take, what they refuse, and what another account sees.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use super::Hooks;
use super::receiver::Receiver;
use crate::native::scan_all;

const URL: &str = "https://hooks.example.com/waybill";

#[tokio::test]
async fn a_webhook_is_made_listed_changed_and_deleted_and_its_secret_is_shown_once() -> anyhow::Result<()> {
    let hooks = Hooks::start().await?;
    let asked = json!({ "url": format!("{URL}?key=1"), "description": " Books ", "types": ["Import Failed", "Import Completed"] });
    let mut made = hooks.ask(Method::POST, "/webhooks", Some(&asked)).await?.expect(201)?;
    let secret = made.as_object_mut().and_then(|made| made.remove("secret")).context("no secret")?;
    ensure!(secret.as_str().is_some_and(|secret| secret.starts_with("whsec_") && secret.len() == 50), "{secret}");
    let at = "2026-09-21T14:13:20.000Z";
    let expected = json!({
        "id": 1, "url": URL, "description": "Books", "types": ["Import Completed", "Import Failed"], "enabled": true,
        "disabled": null, "failing_since": null, "created_by": "user 1", "created_at": at, "updated_at": at,
    });
    assert_eq!(made, expected);
    assert_eq!(hooks.show("/webhooks/1").await?, expected);
    hooks.hook(&json!({ "url": URL })).await?;
    let list = hooks.show("/webhooks").await?;
    assert_eq!(
        list["records"].as_array().map(|all| all.iter().map(|hook| hook["id"].clone()).collect()),
        Some(vec![json!(2), json!(1)])
    );
    assert_eq!(list["records"][1], expected);
    hooks.clock.turn(Duration::from_secs(1));
    let changes = json!({ "url": "https://other.example.com/", "description": null, "types": null, "enabled": false });
    let changed = hooks.ask(Method::PATCH, "/webhooks/1", Some(&changes)).await?.expect(200)?;
    let later = "2026-09-21T14:13:21.000Z";
    let expected = json!({
        "id": 1, "url": "https://other.example.com/", "description": null, "types": null, "enabled": false,
        "disabled": { "at": later, "reason": "asked" }, "failing_since": null, "created_by": "user 1", "created_at": at,
        "updated_at": later,
    });
    assert_eq!(changed, expected);
    // A change of one member leaves the others.
    let changed =
        hooks.ask(Method::PATCH, "/webhooks/1", Some(&json!({ "description": "Ledger" }))).await?.expect(200)?;
    assert_eq!((&changed["description"], &changed["enabled"]), (&json!("Ledger"), &json!(false)));
    hooks.ask(Method::DELETE, "/webhooks/1", None).await?.expect(204)?;
    for method in [Method::GET, Method::DELETE] {
        hooks.ask(method, "/webhooks/1", None).await?.expect(404)?;
    }
    Ok(())
}

#[tokio::test]
async fn wrong_members_are_named_and_addresses_that_are_not_public_are_refused() -> anyhow::Result<()> {
    let hooks = Hooks::with(shared::fetch::Fetcher::default()).await?;
    let answer = async |body: &Value| hooks.ask(Method::POST, "/webhooks", Some(body)).await;
    for (body, name, said) in [
        (json!({}), "url", "is missing"),
        (json!({ "url": "here" }), "url", "is no URL"),
        (json!({ "url": 7 }), "url", "must be a URL"),
        (json!({ "url": URL, "secret": "x" }), "secret", "is not known"),
        (json!({ "url": URL, "enabled": true }), "enabled", "is not known"),
        (json!({ "url": URL, "types": [] }), "types", "must name a type"),
        (json!({ "url": URL, "types": "Import Failed" }), "types", "must be a list"),
        (
            json!({ "url": URL, "types": ["Import Ended"] }),
            "types",
            "\"Import Ended\" is no type of an event; the types are Import Created",
        ),
        (json!({ "url": URL, "description": 1 }), "description", "must be a text"),
        (json!({ "url": URL, "description": "x".repeat(201) }), "description", "has more than 200 letters"),
    ] {
        let told = answer(&body).await?.expect(400)?;
        let reasons = &told["errors"][name];
        ensure!(reasons[0].as_str().is_some_and(|reason| reason.starts_with(said)), "{body}: {told}");
    }
    for url in [
        "http://hooks.example.com/",
        "http://127.0.0.1:9000/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest",
        "https://localhost/",
        "https://hooks.example.com:8443/",
        "https://user:password@hooks.example.com/",
    ] {
        let told = answer(&json!({ "url": url })).await?.expect(422)?;
        ensure!(told["errors"]["url"].is_array(), "{url}: {told}");
        hooks.hook(&json!({ "url": URL })).await.ok();
        hooks.ask(Method::PATCH, "/webhooks/1", Some(&json!({ "url": url }))).await?.expect(422)?;
    }
    hooks.ask(Method::PATCH, "/webhooks/1", Some(&json!({ "enabled": "yes" }))).await?.expect(400)?;
    hooks.ask(Method::PATCH, "/webhooks/01", Some(&json!({}))).await?.expect(404)?;
    hooks.ask(Method::GET, "/webhooks/1/deliveries/1-2", None).await?.expect(404)?;
    Ok(())
}

#[tokio::test]
async fn an_account_has_twenty_webhooks_at_most_also_when_they_are_made_at_once() -> anyhow::Result<()> {
    let hooks = Hooks::start().await?;
    let body = json!({ "url": URL });
    let answers = futures::future::join_all((0..24).map(|_| hooks.ask(Method::POST, "/webhooks", Some(&body)))).await;
    let answers = answers.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    let count = |status: u16| answers.iter().filter(|answer| answer.status.as_u16() == status).count();
    assert_eq!((count(201), count(409)), (20, 4));
    let ids: BTreeSet<_> = answers.iter().filter_map(|answer| answer.json()["id"].as_u64()).collect();
    assert_eq!(ids, (1..=20).collect());
    hooks.ask(Method::DELETE, "/webhooks/7", None).await?.expect(204)?;
    assert_eq!(hooks.hook(&body).await?.0, "/webhooks/21");
    hooks.ask(Method::POST, "/webhooks", Some(&body)).await?.expect(409)?;
    Ok(())
}

#[tokio::test]
async fn another_account_sees_and_changes_nothing_and_gets_no_events() -> anyhow::Result<()> {
    let (hooks, receiver) = (Hooks::start().await?, Receiver::open(|_| (200, None)).await?);
    let foreign = async |method: Method, path: &str, body: Option<&Value>| {
        let request = hooks.stack.bare(method, &format!("/api/v1{path}")).header("Authorization", "Token other");
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        hooks.stack.answer(request).await
    };
    foreign(Method::POST, "/webhooks", Some(&json!({ "url": receiver.url }))).await?.expect(201)?;
    foreign(Method::POST, "/webhooks", Some(&json!({ "url": receiver.url }))).await?.expect(201)?;
    foreign(Method::DELETE, "/webhooks/1", None).await?.expect(204)?;
    let own = Receiver::open(|_| (200, None)).await?;
    let (hook, _) = hooks.hook(&json!({ "url": own.url, "types": ["Import Completed"] })).await?;
    hooks.import().await?;
    hooks.publish().await?;
    assert_eq!((own.take().len(), receiver.take().len()), (1, 0));
    let delivery = hooks.deliveries(&hook).await?[0]["id"].as_str().context("no id")?.to_owned();
    for (method, path) in [
        (Method::GET, "/webhooks/1".to_owned()),
        (Method::PATCH, "/webhooks/1".to_owned()),
        (Method::DELETE, "/webhooks/1".to_owned()),
        (Method::POST, "/webhooks/1/rotate".to_owned()),
        (Method::POST, "/webhooks/1/test".to_owned()),
        (Method::GET, "/webhooks/1/deliveries".to_owned()),
        (Method::GET, format!("/webhooks/1/deliveries/{delivery}")),
        (Method::POST, format!("/webhooks/1/deliveries/{delivery}/retry")),
    ] {
        let body = (method == Method::PATCH).then(|| json!({}));
        foreign(method.clone(), &path, body.as_ref()).await?.expect(404).with_context(|| format!("{method} {path}"))?;
    }
    Ok(())
}

#[tokio::test]
async fn a_test_is_delivered_once_whether_or_not_the_webhook_chose_types_or_is_disabled() -> anyhow::Result<()> {
    let (hooks, receiver) = (Hooks::start().await?, Receiver::open(|_| (500, None)).await?);
    let (hook, secret) = hooks.hook(&json!({ "url": receiver.url, "types": ["Import Failed"] })).await?;
    hooks.ask(Method::PATCH, &hook, Some(&json!({ "enabled": false }))).await?.expect(200)?;
    let test = hooks.ask(Method::POST, &format!("{hook}/test"), None).await?.expect(202)?;
    assert_eq!(
        (&test["type"], &test["state"], &test["attempts"]),
        (&json!("Webhook Test"), &json!("waiting"), &json!(0))
    );
    hooks.deliver().await?;
    hooks.pass(Duration::from_secs(2000)).await?;
    let [request] = &receiver.take()[..] else { anyhow::bail!("not one request") };
    request.verify(&secret, hooks.seconds() - 2000)?;
    let body = request.json();
    let data = &body["data"];
    assert_eq!(test["body"], request.body);
    let members: Vec<_> = data.as_object().context("no object")?.keys().collect();
    assert_eq!(members, ["account", "id", "occurred_at", "type", "version", "webhook"]);
    assert_eq!(
        (&body["type"], &data["type"], &data["webhook"]),
        (&json!("Webhook Test"), &json!("Webhook Test"), &json!(1))
    );
    assert_eq!(hooks.deliveries(&hook).await?[0]["state"], "failed");
    Ok(())
}

#[tokio::test]
async fn deliveries_are_listed_latest_first_over_pages_and_a_cursor_belongs_to_one_webhook() -> anyhow::Result<()> {
    let (hooks, receiver) = (Hooks::start().await?, Receiver::open(|_| (200, None)).await?);
    let (hook, _) = hooks.hook(&json!({ "url": receiver.url })).await?;
    let (other, _) = hooks.hook(&json!({ "url": receiver.url })).await?;
    for _ in 0..5 {
        hooks.ask(Method::POST, &format!("{hook}/test"), None).await?.expect(202)?;
        hooks.clock.turn(Duration::from_secs(60));
    }
    let all = scan_all(&hooks.stack, &format!("{hook}/deliveries"), "", 2).await?;
    let times: Vec<_> = all.iter().map(|delivery| delivery["created_at"].to_string()).collect();
    ensure!(times.len() == 5 && times.is_sorted_by(|later, earlier| later > earlier), "{times:?}");
    let page = hooks.show(&format!("{hook}/deliveries?per_page=2")).await?;
    let cursor = page["next_cursor"].as_str().context("no cursor")?;
    hooks.ask(Method::GET, &format!("{other}/deliveries?start_cursor={cursor}"), None).await?.expect(400)?;
    Ok(())
}

#[tokio::test]
async fn a_person_has_a_waiting_delivery_tried_before_it_is_due_and_the_schedule_goes_on() -> anyhow::Result<()> {
    let (hooks, receiver) = (Hooks::start().await?, Receiver::open(|_| (500, None)).await?);
    let (hook, _) = hooks.hook(&json!({ "url": receiver.url, "types": ["Import Completed"] })).await?;
    hooks.import().await?;
    hooks.publish().await?;
    hooks.pass(Duration::from_secs(10)).await?;
    let delivery = hooks.deliveries(&hook).await?[0]["id"].as_str().context("no id")?.to_owned();
    hooks.ask(Method::POST, &format!("{hook}/deliveries/{delivery}/retry"), None).await?.expect(202)?;
    hooks.deliver().await?;
    assert_eq!(receiver.take().len(), 3);
    // The message of the attempt that was brought forward finds the attempt made, so half an hour passes before the next.
    hooks.pass(Duration::from_secs(1790)).await?;
    assert_eq!(receiver.take().len(), 0);
    hooks.pass(Duration::from_secs(1200)).await?;
    assert_eq!(receiver.take().len(), 1);
    Ok(())
}
