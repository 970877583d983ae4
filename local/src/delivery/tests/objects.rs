//! Tests of new objects, from S3's notification over the queue to the function.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn idle_waits_for_what_follows_from_what_runs() -> Test {
    let stack = stack().await?;
    let queues = stack.emulators.queues();
    let seen = Seen::default();
    let mut delivery = Delivery::new(&stack.emulators, stack.clock.clone());
    let (s3, sent) = (stack.s3.clone(), Arc::clone(&queues));
    // Each message puts a file, and the file's event sends the next message, ten times in a row.
    delivery.messages(&function(), 2, move |event: SqsEvent| {
        let s3 = s3.clone();
        async move {
            for message in event.records {
                let left: u32 = message.body.unwrap_or_default().parse().map_err(|_| "no number".to_owned())?;
                let put = s3.put_object().bucket("files").key(format!("inbox/{left}"));
                put.body(ByteStream::default()).send().await.map_err(|error| error.to_string())?;
            }
            Answer::Ok(SqsBatchResponse::default())
        }
    })?;
    let noted = seen.clone();
    delivery.notifications(stack.emulators.created_objects());
    delivery.messages(&arrivals(), 2, move |event: SqsEvent| {
        let (queues, seen) = (Arc::clone(&sent), noted.clone());
        async move {
            for key in keys(&event) {
                seen.add(Some(&key));
                let left: u32 = key.trim_start_matches("inbox/").parse().map_err(|_| "no number".to_owned())?;
                if left > 0 {
                    queues.send("work", &(left - 1).to_string(), None).map_err(|error| error.to_string())?;
                }
            }
            Answer::Ok(SqsBatchResponse::default())
        }
    })?;
    queues.send("work", "9", None)?;
    soon(delivery.idle()).await?;
    assert_eq!(seen.sorted(), (0..10).map(|left| format!("inbox/{left}")).collect::<Vec<_>>());
    soon(delivery.stop()).await
}

#[tokio::test]
async fn an_object_that_nobody_can_deal_with_ends_among_the_dead_letters_of_its_own_queue() -> Test {
    let stack = stack().await?;
    let mut delivery = Delivery::new(&stack.emulators, stack.clock.clone());
    delivery.notifications(stack.emulators.created_objects());
    delivery.messages(&arrivals(), 1, |_| async { Answer::Err("not yet".to_owned()) })?;
    stack.s3.put_object().bucket("files").key("inbox/given up").body(ByteStream::default()).send().await?;
    // No notification covers this object's key, so no queue hears of the object.
    stack.s3.put_object().bucket("files").key("outbox/inbox/").body(ByteStream::default()).send().await?;
    let mut running = delivery.service.running.watch();
    for call in 1..=2 {
        soon(running.wait_for(|load| load.begun == call && load.unsettled == 0)).await??;
        stack.clock.turn(Duration::from_secs(10));
    }
    soon(delivery.idle()).await?;
    let queues = stack.emulators.queues();
    assert_eq!(queues.depth("dead")?, Depth::default());
    let dead = queues.take("dead-arrivals", 10, None)?;
    assert_eq!(dead.len(), 1);
    let event: serde_json::Value = serde_json::from_str(&dead[0].body)?;
    assert_eq!(event["Records"][0]["s3"]["object"]["key"], "inbox/given+up");
    assert_eq!(event["Records"][0]["eventSource"], "aws:s3");
    soon(delivery.stop()).await
}

#[tokio::test]
async fn what_s3_told_of_is_told_again_by_the_next_run_until_its_message_is_deleted() -> Test {
    let data = tempfile::tempdir()?;
    for (run, fails, expected) in [(1, true, ["inbox/a"].as_slice()), (2, false, &["inbox/a"]), (3, false, &[])] {
        let stack = stack_on(Some(data.path().to_owned())).await?;
        let seen = Seen::default();
        let mut delivery = Delivery::new(&stack.emulators, stack.clock.clone());
        delivery.notifications(stack.emulators.created_objects());
        let noted = seen.clone();
        delivery.messages(&arrivals(), 1, move |event: SqsEvent| {
            keys(&event).iter().for_each(|key| noted.add(Some(key)));
            async move { if fails { Answer::Err("not yet".to_owned()) } else { Ok(SqsBatchResponse::default()) } }
        })?;
        if run == 1 {
            stack.s3.put_object().bucket("files").key("inbox/a").body(ByteStream::default()).send().await?;
            until(&stack, "arrivals", ONE_IN_FLIGHT).await?;
            let mut running = delivery.service.running.watch();
            soon(running.wait_for(|load| load.begun == 1 && load.unsettled == 0)).await??;
        } else {
            soon(delivery.idle()).await?;
        }
        assert_eq!(seen.sorted(), expected, "run {run}");
        soon(delivery.stop()).await?;
        soon(stack.emulators.shutdown()).await?;
    }
    Ok(())
}
