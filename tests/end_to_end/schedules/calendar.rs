//! Tests of the times at which schedules run, with the stack's clock.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use shared::clock::Clock;
use waybill::system::Options;

use super::{HOUR, Proof, Workshop};
use crate::stack::Stack;

/// A workshop whose clock stands at a time.
async fn at(time: &str) -> anyhow::Result<Workshop> {
    let time: jiff::Timestamp = time.parse()?;
    let clock = Clock::standing_at(time.as_millisecond());
    Workshop::on(Stack::with(Options { workers: 0, clock, ..Options::default() }).await?, Proof::Etag).await
}

async fn next_at(workshop: &Workshop) -> anyhow::Result<Value> {
    Ok(workshop.shown().await?["next_at"].clone())
}

#[tokio::test]
async fn a_daily_run_stays_at_its_hour_when_the_clocks_change() -> anyhow::Result<()> {
    let workshop = at("2027-03-27T06:00:00Z").await?;
    let body = json!({ "every": "P1D", "starts_at": "2027-03-27T08:00:00+01:00", "time_zone": "Europe/Berlin" });
    workshop.schedule(body).await?;
    assert_eq!(next_at(&workshop).await?, "2027-03-27T07:00:00.000Z");
    workshop.tick().await?;
    assert_eq!(workshop.requests(), 0);
    workshop.next_run().await?;
    assert_eq!((workshop.outcomes().await?.len(), next_at(&workshop).await?), (1, json!("2027-03-28T06:00:00.000Z")));
    Ok(())
}

#[tokio::test]
async fn a_monthly_run_of_the_31st_does_not_drift() -> anyhow::Result<()> {
    let workshop = at("2027-01-31T08:00:00Z").await?;
    workshop.schedule(json!({ "every": "P1M", "time_zone": "UTC" })).await?;
    workshop.tick().await?;
    for expected in ["2027-02-28T08:00:00.000Z", "2027-03-31T08:00:00.000Z", "2027-04-30T08:00:00.000Z"] {
        assert_eq!(next_at(&workshop).await?, expected);
        while workshop.shown().await?["next_at"] == expected {
            workshop.turn(24 * HOUR);
            workshop.tick().await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn times_that_were_missed_are_one_run_and_the_grid_stays() -> anyhow::Result<()> {
    let workshop = at("2027-01-01T08:00:00Z").await?;
    workshop.schedule(json!({})).await?;
    workshop.tick().await?;
    workshop.requests();
    workshop.turn(24 * HOUR + Duration::from_secs(600));
    workshop.tick().await?;
    workshop.tick().await?;
    assert_eq!((workshop.requests(), workshop.outcomes().await?.len()), (1, 2));
    assert_eq!(next_at(&workshop).await?, "2027-01-02T09:00:00.000Z");
    Ok(())
}

#[tokio::test]
async fn other_times_are_counted_from_the_first_run() -> anyhow::Result<()> {
    let workshop = at("2027-01-01T08:00:00Z").await?;
    workshop.schedule(json!({})).await?;
    workshop.tick().await?;
    let change = json!({ "every": "PT6H", "starts_at": "2027-01-01T03:00:00+01:00" });
    let changed = workshop.send(Method::PATCH, "/schedules/1", &change).await?.expect(200)?;
    let seen = ["every", "starts_at", "next_at"].map(|name| changed[name].clone());
    assert_eq!(seen, [json!("PT6H"), json!("2027-01-01T02:00:00.000Z"), json!("2027-01-01T08:00:00.000Z")]);
    let zone =
        workshop.send(Method::PATCH, "/schedules/1", &json!({ "time_zone": "Asia/Tokyo" })).await?.expect(200)?;
    assert_eq!(zone["time_zone"], "Asia/Tokyo");
    Ok(())
}
