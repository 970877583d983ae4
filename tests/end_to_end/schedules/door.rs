//! Tests of the shapes of schedules at the native door, and of their times at the Copernica door.

use reqwest::Method;
use serde_json::{Value, json};
use shared::id::{AccountId, ThingId};

use super::{Proof, Workshop, complete};
use crate::copernica::get;
use crate::native::scan_all;

#[tokio::test]
async fn a_schedule_is_shown_with_its_order_its_times_and_its_runs() -> anyhow::Result<()> {
    let workshop = Workshop::open(Proof::Etag).await?;
    let import = json!({ "location": super::URL, "note": "from the shelf", "duplicates": "skip" });
    let made = workshop.schedule(json!({ "name": " Hours ", "import": import })).await?;
    let expected = json!({
        "id": 1,
        "name": "Hours",
        "state": "active",
        "every": "PT1H",
        "starts_at": "2026-09-21T14:13:20.000Z",
        "time_zone": "UTC",
        "next_at": "2026-09-21T14:13:20.000Z",
        "last_run": null,
        "failures": 0,
        "import": {
            "type": "TimeEntryImport",
            "location": "https://files.example.com/exports/hours.csv",
            "file_name": "hours.csv",
            "note": "from the shelf",
            "user": 1,
        },
        "created_at": "2026-09-21T14:13:20.000Z",
    });
    assert_eq!(made, expected);
    workshop.tick().await?;
    let shown = workshop.shown().await?;
    let run = json!({
        "due_at": "2026-09-21T14:13:20.000Z",
        "at": "2026-09-21T14:13:20.000Z",
        "outcome": "imported",
        "import": 1,
        "reason": null,
    });
    let seen = ["next_at", "last_run"].map(|name| shown[name].clone());
    assert_eq!(seen, [json!("2026-09-21T15:13:20.000Z"), run]);
    assert_eq!(workshop.stack.native(1).await?["note"], "from the shelf");
    Ok(())
}

#[tokio::test]
async fn wrong_members_are_named_all_at_once() -> anyhow::Result<()> {
    let workshop = Workshop::open(Proof::Etag).await?;
    let order = json!({ "location": super::URL });
    for (body, wrong) in [
        (json!({}), vec!["every", "import", "name"]),
        (json!({ "name": " ", "every": "PT1M", "import": order }), vec!["every", "name"]),
        (json!({ "name": "a", "every": "P1D", "import": order, "starts_at": "soon" }), vec!["starts_at"]),
        (
            json!({ "name": "a", "every": "P1D", "import": order, "starts_at": "1999-12-31T00:00:00Z" }),
            vec!["starts_at"],
        ),
        (json!({ "name": "a", "every": "P1D", "import": order, "time_zone": "Mars/Base" }), vec!["time_zone"]),
        (json!({ "name": "a", "every": "P1D", "import": order, "paused": true }), vec!["paused"]),
        (json!({ "name": "a", "every": "P1D", "import": 5 }), vec!["import"]),
        (json!({ "name": "a", "every": "P1D", "import": {} }), vec!["import.location"]),
        (
            json!({ "name": "a", "every": 5, "import": { "location": "x", "source": "a,b", "format": "?" } }),
            vec!["every", "import.format", "import.location", "import.source"],
        ),
    ] {
        let answer = workshop.send(Method::POST, "/schedules", &body).await?.expect(400)?;
        let named: Vec<_> = answer["errors"].as_object().into_iter().flat_map(|errors| errors.keys()).collect();
        assert_eq!(named, wrong, "{body}: {answer}");
    }
    let refused = json!({ "name": "a", "every": "P1D", "import": { "location": "https://10.0.0.1/a.csv" } });
    let answer = workshop.send(Method::POST, "/schedules", &refused).await?.expect(422)?;
    assert!(answer["errors"]["import.location"].is_array(), "{answer}");
    workshop.schedule(json!({})).await?;
    for body in [json!({ "import": {} }), json!({ "paused": "no" }), json!({ "every": null }), json!([])] {
        workshop.send(Method::PATCH, "/schedules/1", &body).await?.expect(400)?;
    }
    for path in ["/schedules/2", "/schedules/01", "/schedules/x"] {
        workshop.send(Method::GET, path, &Value::Null).await?.expect(404)?;
    }
    Ok(())
}

#[tokio::test]
async fn schedules_are_listed_by_pages_and_an_account_has_a_hundred_at_most() -> anyhow::Result<()> {
    let workshop = Workshop::open(Proof::Etag).await?;
    for _ in 0..100 {
        workshop.schedule(json!({ "starts_at": "2099-01-01T00:00:00Z" })).await?;
    }
    let all = scan_all(&workshop.stack, "/schedules", "sort[id]=asc", 30).await?;
    let ids: Vec<_> = all.iter().filter_map(|schedule| schedule["id"].as_u64()).collect();
    assert_eq!(ids, (1..=100).collect::<Vec<_>>());
    let body = json!({ "name": "a", "every": "P1D", "import": { "location": super::URL } });
    let refused = workshop.send(Method::POST, "/schedules", &body).await?.expect(422)?;
    assert!(refused["errors"]["name"][0].as_str().is_some_and(|why| why.contains("100")), "{refused}");
    Ok(())
}

#[tokio::test]
async fn the_zone_of_a_schedule_is_the_zone_of_its_account_by_default() -> anyhow::Result<()> {
    let workshop = Workshop::open(Proof::Etag).await?;
    let time_zone = Some("Europe/Berlin".to_owned());
    let settings = shared::account::Settings { time_zone, ..shared::account::Settings::default() };
    shared::account::settings::set(workshop.stack.system.services(), AccountId(1), &settings).await?;
    assert_eq!(workshop.schedule(json!({})).await?["time_zone"], "Europe/Berlin");
    Ok(())
}

#[tokio::test]
async fn a_token_that_only_reads_makes_and_runs_no_schedule() -> anyhow::Result<()> {
    let workshop = Workshop::open(Proof::Etag).await?;
    workshop.schedule(json!({})).await?;
    let scopes = vec![shared::account::Scope::Read];
    let principal = shared::account::Principal { account: AccountId(1), user: ThingId(1), scopes };
    shared::account::grant(workshop.stack.system.services(), "reader", &principal).await?;
    let asking = |method: Method, path: &str| {
        workshop.stack.bare(method, &format!("/api/v1{path}")).header("Authorization", "Token reader")
    };
    workshop.stack.answer(asking(Method::GET, "/schedules/1")).await?.expect(200)?;
    for (method, path) in [
        (Method::POST, "/schedules"),
        (Method::PATCH, "/schedules/1"),
        (Method::POST, "/schedules/1/run"),
        (Method::DELETE, "/schedules/1"),
    ] {
        workshop.stack.answer(asking(method, path)).await?.expect(403)?;
    }
    Ok(())
}

#[tokio::test]
async fn the_copernica_door_tells_the_next_and_the_last_run_of_an_imports_schedule() -> anyhow::Result<()> {
    let (workshop, _) = Workshop::of_profiles().await?;
    assert_eq!(workshop.imports().await?, [complete(1)]);
    workshop.next_run().await?;
    let shown = get(&workshop.stack, "/import/1").await?;
    let seen = ["lastrun", "nextrun"].map(|name| shown[name].clone());
    assert_eq!(seen, [json!("2026-09-21 15:13:20"), json!("2026-09-21 16:13:20")], "{shown}");
    let listed = get(&workshop.stack, "/imports").await?;
    assert_eq!((&listed["data"][0]["nextrun"], &listed["data"][0]["lastrun"]), (&seen[1], &seen[0]));
    workshop.send(Method::DELETE, "/schedules/1", &Value::Null).await?.expect(204)?;
    let alone = get(&workshop.stack, "/import/1").await?;
    assert_eq!((&alone["nextrun"], &alone["lastrun"]), (&json!(false), &json!("2026-09-21 14:13:20")));
    Ok(())
}
