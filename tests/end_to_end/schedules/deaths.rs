//! Tests of deaths: the sweep after its message, and the parser before and after each of its requests.

use std::time::Duration;

use serde_json::json;
use shared::schedules::run;

use super::{ACCOUNT, FIRST, HOUR, Proof, Workshop, complete, hours};
use crate::faults::{Fault, Faults};
use crate::native::location::with;

/// Longer than a run may read a file, and than the sweep lets an import stand still.
const LATER: Duration = Duration::from_secs(1000);

#[tokio::test]
async fn a_lost_message_is_sent_again_by_the_next_sweep() -> anyhow::Result<()> {
    let workshop = Workshop::open(Proof::Etag).await?;
    workshop.schedule(json!({})).await?;
    sweep::handle(&workshop.functions.sweep).await?;
    workshop.postman.lose_everything();
    workshop.turn(Duration::from_secs(60));
    workshop.tick().await?;
    assert_eq!(
        (workshop.outcomes().await?, workshop.imports().await?),
        (vec!["imported 1".to_owned()], vec![complete(5)])
    );
    Ok(())
}

/// Runs the schedule of a workshop, where the n-th request of the parser is its last. Returns the number of requests of a run
/// without a death, for `n` 0.
async fn run_and_die(workshop: &Workshop, n: u64, fault: Fault) -> anyhow::Result<u64> {
    let faults = Faults::default();
    let parser = with(&faults.connect(&workshop.stack.system)?, &workshop.site).parser;
    match n {
        0 => faults.plan(|_, _| None),
        n => faults.at(n, 1, fault),
    }
    let due = workshop.stored().await?.due.expect("it is due");
    let ended = faults.outlive(run(&parser, ACCOUNT, FIRST, due)).await;
    assert_eq!(ended.is_none(), n > 0, "request {n}: {:?}", faults.log());
    Ok(faults.requests())
}

#[tokio::test]
async fn a_death_at_any_request_of_a_run_makes_one_import_of_a_changed_file() -> anyhow::Result<()> {
    for proof in [Proof::Etag, Proof::Nothing] {
        for fault in [Fault::DeathBefore, Fault::DeathAfter] {
            let (mut n, mut requests) = (0, 0);
            while n <= requests {
                let workshop = Workshop::open(proof).await?;
                workshop.schedule(json!({})).await?;
                workshop.tick().await?;
                workshop.publish(&hours("planing"));
                workshop.turn(HOUR);
                let seen = run_and_die(&workshop, n, fault).await?;
                requests = requests.max(if n == 0 { seen } else { 0 });
                // The next sweeps find what the run left.
                for _ in 0..3 {
                    workshop.turn(LATER);
                    workshop.tick().await?;
                }
                let what = format!("{proof:?} {fault:?} at request {n} of {requests}");
                assert_eq!(workshop.imports().await?, [complete(5), complete(1)], "{what}");
                let outcomes = workshop.outcomes().await?;
                assert_eq!(outcomes.last().map(String::as_str), Some("imported 1"), "{what}");
                // The number that the run drew before its death may be a gap.
                let made = outcomes.iter().filter(|outcome| outcome.starts_with("imported")).count();
                assert_eq!(made, 2, "{what}: {outcomes:?}");
                n += 1;
            }
            assert!(requests >= 5, "{requests} requests");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_death_at_any_request_of_the_fetch_leaves_a_content_to_compare_with() -> anyhow::Result<()> {
    for fault in [Fault::DeathBefore, Fault::DeathAfter] {
        let (mut n, mut requests) = (0, 0);
        while n <= requests {
            let workshop = Workshop::open(Proof::Nothing).await?;
            workshop.schedule(json!({})).await?;
            sweep::handle(&workshop.functions.sweep).await?;
            let run = workshop.postman.next().expect("the message of the run");
            assert!(workshop.postman.deliver(&run, &workshop.functions).await);
            workshop.postman.lose_everything();
            let faults = Faults::default();
            let parser = with(&faults.connect(&workshop.stack.system)?, &workshop.site).parser;
            match n {
                0 => faults.plan(|_, _| None),
                n => faults.at(n, 1, fault),
            }
            let ended = faults.outlive(shared::plan::plan(&parser, ACCOUNT, shared::id::ImportId(1))).await;
            assert_eq!(ended.is_none(), n > 0, "request {n}: {:?}", faults.log());
            requests = requests.max(if n == 0 { faults.requests() } else { 0 });
            for _ in 0..4 {
                workshop.turn(HOUR);
                workshop.tick().await?;
                workshop.postman.drain_all(&workshop.functions, &Faults::default()).await;
            }
            let what = format!("{fault:?} at request {n} of {requests}");
            assert_eq!(workshop.imports().await?, [complete(5)], "{what}");
            assert_eq!(workshop.outcomes().await?[0], "unchanged", "{what}");
            n += 1;
        }
    }
    Ok(())
}
