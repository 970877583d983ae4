//! The rows of a day: at the edge, across midnight, after an undo, and when the parser dies.

use std::time::Duration;

use anyhow::Context;
use aws_sdk_s3::primitives::ByteStream;
use reqwest::Method;
use serde_json::{Value, json};
use shared::account::day::QuotaDay;
use shared::id::AccountId;

use super::{rows_a_day, set};
use crate::dump::differences;
use crate::faults::{Fault, Faults};
use crate::files::{TOGGL, toggl};
use crate::invariants::at_rest;
use crate::native::{of_user, post};
use crate::outbox;
use crate::postman::{Postman, hand_over};
use crate::productive;
use crate::stack::Stack;

/// The number of rows of [`TOGGL`].
const ROWS: u64 = 5;
/// The time from the clock of the tests, 14:13:20 on 21 September 2026, to the last second of that day of UTC.
const TO_THE_LAST_SECOND: Duration = Duration::from_secs(9 * 3600 + 46 * 60 + 39);
/// The reason for which an import of 5 rows is not loaded when 4 rows are left.
const REASON: &str = "the account may load 9 rows a day; the file has 5 rows, 4 rows of the day are left, and the day ends at \
                      2026-09-22T00:00:00Z; send the file again then";

/// A system whose clock stands, and its messages.
struct Day {
    stack: Stack,
    postman: Postman,
}

impl Day {
    async fn begin(most: u64) -> anyhow::Result<Self> {
        let stack = Stack::by_hand(2).await?;
        let postman = Postman::of(&stack.system);
        set(&stack, 1, rows_a_day(most)).await?;
        Ok(Self { stack, postman })
    }

    async fn drain(&self) {
        self.postman.drain(self.stack.functions(), &Faults::default()).await;
    }

    async fn make(&self, token: &str, source: &str) -> anyhow::Result<u64> {
        let request =
            self.stack.bare(Method::POST, "/api/v1/imports").header("Authorization", format!("Token {token}"));
        let made = self.stack.answer(request.json(&json!({ "source": source }))).await?.expect(202)?;
        made["id"].as_u64().context("no id")
    }

    /// Imports five rows of account 1, and returns the status and the reasons at the end.
    async fn import(&self) -> anyhow::Result<(Value, Value)> {
        let id = self.make("demo", TOGGL).await?;
        self.drain().await;
        let import = self.stack.native(id).await?;
        Ok((import["status"].clone(), import["reasons"].clone()))
    }

    /// The rows that account 1 has loaded today.
    async fn rows(&self) -> anyhow::Result<u64> {
        let services = self.stack.system.services();
        Ok(QuotaDay::today(services).rows(services, AccountId(1)).await?)
    }

    /// The rows that are left of the day, and its end, as `GET /limits` shows them.
    async fn left(&self) -> anyhow::Result<(Value, Value)> {
        let limits = self.stack.answer(of_user(&self.stack, Method::GET, "/limits")).await?.expect(200)?;
        Ok((limits["quotas"]["rows_left_today"].clone(), limits["quotas"]["day_ends_at"].clone()))
    }
}

fn complete() -> (Value, Value) {
    (json!("complete"), json!([]))
}

#[tokio::test]
async fn a_file_is_loaded_if_the_day_has_all_its_rows_left() -> anyhow::Result<()> {
    for (most, ends) in [(4, "failed"), (5, "complete"), (6, "complete")] {
        let day = Day::begin(most).await?;
        assert_eq!(day.import().await?.0, ends, "{most}");
        assert_eq!(day.rows().await?, if ends == "complete" { ROWS } else { 0 }, "{most}");
    }
    Ok(())
}

#[tokio::test]
async fn an_import_above_the_rows_of_the_day_writes_nothing_and_says_when_the_day_ends() -> anyhow::Result<()> {
    let day = Day::begin(9).await?;
    let end = json!("2026-09-22T00:00:00Z");
    assert_eq!((day.import().await?, day.left().await?), (complete(), (json!(4), end.clone())));
    let before = day.stack.workspace().await?;
    assert_eq!(day.import().await?, (json!("failed"), json!([REASON])));
    // The import refers to its user until it is undone.
    let after = day.stack.workspace().await?;
    assert!(differences(&before, &after).iter().all(|line| line.contains("user")), "{after:?}");
    assert_eq!(day.left().await?, (json!(4), end));
    // Fewer rows fit still, and an account with another quota has its own day.
    let four = TOGGL.lines().take(5).collect::<Vec<_>>().join("\n");
    let (small, other) = (day.make("demo", &four).await?, day.make("other", TOGGL).await?);
    day.drain().await;
    assert_eq!(day.stack.native(small).await?["status"], "complete");
    let of_another = day.stack.bare(Method::GET, &format!("/api/v1/imports/{other}"));
    let of_another = day.stack.answer(of_another.header("Authorization", "Token other")).await?.expect(200)?;
    assert_eq!((&of_another["status"], day.rows().await?), (&json!("complete"), 9));
    let refused = day.stack.answer(of_user(&day.stack, Method::POST, "/imports/2/resume")).await?.expect(409)?;
    assert_eq!(refused["status_now"], "failed");
    day.stack.answer(of_user(&day.stack, Method::POST, "/imports/2/revert")).await?.expect(202)?;
    day.drain().await;
    assert_eq!(day.stack.native(2).await?["status"], "rolled_back");
    at_rest(&day.stack).await
}

#[tokio::test]
async fn the_next_day_of_utc_has_all_rows_again() -> anyhow::Result<()> {
    let day = Day::begin(9).await?;
    assert_eq!(day.import().await?, complete());
    let turn = |by| day.stack.system.services().clock.turn(by);
    turn(TO_THE_LAST_SECOND);
    assert_eq!(day.import().await?.0, "failed");
    turn(Duration::from_secs(1));
    assert_eq!(day.left().await?, (json!(9), json!("2026-09-23T00:00:00Z")));
    assert_eq!((day.import().await?, day.rows().await?), (complete(), ROWS));
    Ok(())
}

#[tokio::test]
async fn the_day_of_an_import_is_that_of_its_plan() -> anyhow::Result<()> {
    let day = Day::begin(5).await?;
    day.stack.system.services().clock.turn(TO_THE_LAST_SECOND);
    let id = day.make("demo", TOGGL).await?;
    day.stack.system.services().clock.turn(Duration::from_secs(1));
    day.drain().await;
    assert_eq!((day.stack.native(id).await?["status"].clone(), day.rows().await?), (json!("complete"), ROWS));
    Ok(())
}

#[tokio::test]
async fn an_undo_gives_no_rows_back() -> anyhow::Result<()> {
    let day = Day::begin(9).await?;
    assert_eq!(day.import().await?, complete());
    post(&day.stack, "/imports/1/revert", 202).await?;
    day.drain().await;
    assert_eq!(day.stack.native(1).await?["status"], "rolled_back");
    assert_eq!((day.import().await?.0, day.rows().await?), (json!("failed"), ROWS));
    Ok(())
}

#[tokio::test]
async fn an_import_that_is_stopped_and_resumed_counts_once() -> anyhow::Result<()> {
    let day = Day::begin(9).await?;
    let id = day.make("demo", TOGGL).await?;
    // The plan alone: the chunks are not loaded.
    let letter = day.postman.take("WorkQueue").context("no message")?;
    assert!(day.postman.deliver(&letter, day.stack.functions()).await);
    post(&day.stack, &format!("/imports/{id}/cancel"), 202).await?;
    day.drain().await;
    assert_eq!((day.stack.native(id).await?["status"].clone(), day.rows().await?), (json!("incomplete"), ROWS));
    post(&day.stack, &format!("/imports/{id}/resume"), 202).await?;
    day.postman.drain_all(day.stack.functions(), &Faults::default()).await;
    assert_eq!(day.stack.native(id).await?["status"], "complete");
    assert_eq!(day.rows().await?, ROWS);
    Ok(())
}

#[tokio::test]
async fn a_plan_that_dies_at_any_request_and_is_repeated_counts_once() -> anyhow::Result<()> {
    let day = Day::begin(1_000_000).await?;
    let (faults, mut imports, mut deaths) = (Faults::default(), 0, 0);
    let worker = faults.connect(&day.stack.system)?;
    for fault in [Fault::DeathBefore, Fault::DeathAfter] {
        for n in 1.. {
            let id = day.make("demo", TOGGL).await?;
            imports += 1;
            let letter = day.postman.take("WorkQueue").context("no message")?;
            faults.at(n, 1, fault);
            let died = faults.outlive(day.postman.deliver(&letter, &worker)).await.is_none();
            faults.none();
            // The message comes again, and a second time for good measure.
            for _ in 0..2 {
                hand_over(&letter, day.stack.functions()).await;
            }
            day.postman.delete(&letter);
            day.drain().await;
            assert_eq!(day.stack.native(id).await?["status"], "complete", "{fault:?} at {n}");
            assert_eq!(day.rows().await?, imports * ROWS, "{fault:?} at {n}");
            if !died {
                break;
            }
            deaths += 1;
        }
    }
    assert!(deaths > 20, "{deaths}");
    Ok(())
}

#[tokio::test]
async fn of_imports_that_are_planned_at_once_only_as_many_are_loaded_as_the_day_has_rows() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    set(&stack, 1, rows_a_day(29)).await?;
    for _ in 0..8 {
        stack
            .answer(of_user(&stack, Method::POST, "/imports").json(&json!({ "source": toggl(5, 2, 2) })))
            .await?
            .expect(202)?;
    }
    stack.idle().await?;
    let mut ends = Vec::new();
    for id in 1..=8 {
        ends.push(stack.native(id).await?["status"].as_str().unwrap_or_default().to_owned());
    }
    ends.sort();
    assert_eq!(ends, [["complete"; 5].as_slice(), &["failed"; 3]].concat());
    at_rest(&stack).await
}

#[tokio::test]
async fn a_drop_above_the_rows_of_the_day_has_a_report_and_lets_the_next_drop_pass() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    set(&stack, 1, rows_a_day(4)).await?;
    for (name, file) in [("a", TOGGL.to_owned()), ("b", toggl(4, 1, 1))] {
        let put = stack.system.s3().put_object().bucket(stack.system.services().files.bucket());
        let put = put.key(format!("inbox/1/toggl/{name}.csv"));
        put.body(ByteStream::from(file.into_bytes())).send().await?;
        stack.idle().await?;
    }
    let reports = outbox::reports(&stack).await?;
    let ended: Vec<_> = reports.values().map(|report| &report["status"]).collect();
    assert_eq!(ended, ["failed", "complete"]);
    let reason = reports["outbox/1/a.csv.1.report.json"]["reasons"][0].as_str().context("no reason")?;
    assert!(
        reason.starts_with("the account may load 4 rows a day; the file has 5 rows, 4 rows of the day are left"),
        "{reason}"
    );
    at_rest(&stack).await
}

#[tokio::test]
async fn the_run_of_an_import_above_the_rows_of_the_day_is_refused_and_nothing_of_it_stands() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let rows = json!({ "company": [{ "name": "Quay" }], "person": [{ "company": "Quay", "first_name": "Kim" }] });
    set(&stack, 1, rows_a_day(1)).await?;
    let id = productive::made(&stack, &rows).await?;
    let path = format!("/imports/{id}/import");
    let refused = productive::send(&stack, Method::POST, &path, &Value::Null).await?;
    refused.expect(422)?;
    let errors = productive::errors(&refused);
    let said = errors[0].1.as_str().context("no detail")?;
    assert!(
        said.starts_with("the account may load 1 rows a day; the file has 2 rows, 1 rows of the day are left"),
        "{said}"
    );
    assert!(productive::contacts(&stack).await?.is_empty() && productive::companies(&stack).await?.is_empty());
    set(&stack, 1, rows_a_day(2)).await?;
    let id = productive::made(&stack, &rows).await?;
    productive::send(&stack, Method::POST, &format!("/imports/{id}/import"), &Value::Null).await?.expect(200)?;
    assert_eq!(productive::contacts(&stack).await?, ["Kim"]);
    stack.idle().await?;
    at_rest(&stack).await
}
